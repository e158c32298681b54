//! `aws …` of the runbooks: what is sent, what is answered, and what is known when AWS does not answer.

use vaultdeck::exec::{Failure, Reply};
use wiremock::Request;

use super::{Amazon, INSTANCE, KEYS};
use crate::orders::{Acting, CANARY, no_vault, order};

const DESCRIBE: &str = "aws rds describe-db-instances --db-instance-identifier one --profile shared-services";
const MODIFY: &str = "aws rds modify-db-instance --db-instance-identifier one \
    --master-user-password \"${SECRET}\" --apply-immediately --profile shared-services";

fn modified() -> String {
    INSTANCE
        .replace("DescribeDBInstances", "ModifyDBInstance")
        .replace("<DBInstances>", "")
        .replace("</DBInstances>", "")
}

impl Amazon {
    async fn carry_out(&self, account: Option<&str>, command: &str) -> Result<Reply, Failure> {
        let door = self.door().in_the_name_of("shared-services");
        Acting::through(no_vault(), door, account, None).carry_out(&order(command)).await
    }

    async fn sent(&self, action: &str) -> Vec<String> {
        let text = |request: &Request| String::from_utf8(request.body.clone()).unwrap();
        let requests = self.front.received_requests().await.unwrap();
        requests.iter().map(text).filter(|body| body.contains(&format!("Action={action}"))).collect()
    }
}

#[tokio::test]
async fn an_instance_is_told_under_the_names_of_the_cli() {
    let amazon = Amazon::healthy().await;
    amazon.answers_everything().await;
    let answer = amazon.carry_out(None, DESCRIBE).await.unwrap().answer;
    let told = |place: &str| answer.at(&format!("/DBInstances/0/{place}")).unwrap_or_default();
    assert_eq!(told("DBInstanceStatus"), "resetting-master-credentials");
    assert!(told("Endpoint/Address").ends_with(".us-west-2.rds.amazonaws.com"));
    assert_eq!((told("Endpoint/Port"), told("MasterUsername")), ("5432".to_owned(), "authentik".to_owned()));
    assert_eq!(told("PendingModifiedValues/MasterUserPassword"), "****");
    assert!(answer.output.contains("\"MasterUserPassword\""), "a condition may read it as text");
    assert!(amazon.sent("DescribeDBInstances").await[0].contains("DBInstanceIdentifier=one"));
}

#[tokio::test]
async fn a_password_is_set_once_in_the_right_account() {
    let amazon = Amazon::healthy().await;
    amazon.answers_everything().await;
    amazon.answers("ModifyDBInstance", 200, &modified()).await;
    let reply = amazon.carry_out(Some("123456789012"), MODIFY).await.unwrap();
    assert_eq!(reply.answer.status, 0);
    assert!(!reply.answer.output.contains(CANARY));
    let sent = amazon.sent("ModifyDBInstance").await;
    let wanted = [format!("MasterUserPassword={CANARY}"), "ApplyImmediately=true".to_owned()];
    assert!(sent.len() == 1 && wanted.iter().all(|part| sent[0].contains(part.as_str())), "{sent:?}");
}

#[tokio::test]
async fn nothing_is_set_in_another_account() {
    let amazon = Amazon::healthy().await;
    amazon.answers_everything().await;
    let failure = amazon.carry_out(Some("999999999999"), MODIFY).await.unwrap_err();
    assert!(failure.definite && failure.trouble.what.contains("another account"), "{}", failure.trouble);
    assert!(amazon.sent("ModifyDBInstance").await.is_empty());
}

#[tokio::test]
async fn a_refusal_of_aws_is_told_as_the_cli_tells_it_and_has_changed_nothing() {
    let amazon = Amazon::healthy().await;
    amazon.refuses("ModifyDBInstance", 400, "InvalidDBInstanceState", "not in available state").await;
    let reply = amazon.carry_out(None, MODIFY).await.unwrap();
    assert_eq!((reply.answer.status, reply.refused, reply.answer.missing), (254, true, false));
    let words = "An error occurred (InvalidDBInstanceState) when calling the ModifyDBInstance operation: not in available state";
    assert_eq!(reply.answer.errors, words);
    amazon.refuses("DescribeDBInstances", 404, "DBInstanceNotFound", "no such instance").await;
    assert!(amazon.carry_out(None, DESCRIBE).await.unwrap().answer.missing);
}

#[tokio::test]
async fn an_error_inside_aws_may_come_after_the_deed_and_is_not_tried_again() {
    let amazon = Amazon::healthy().await;
    amazon.refuses("ModifyDBInstance", 500, "InternalFailure", "something broke").await;
    let failure = amazon.carry_out(None, MODIFY).await.unwrap_err();
    assert!(!failure.definite, "{}", failure.trouble);
    assert!(!failure.trouble.to_string().contains(CANARY));
    assert_eq!(amazon.sent("ModifyDBInstance").await.len(), 1);
}

/// A front that takes a request and hangs up, or that is not there at all.
async fn through_a_broken_front(hangs_up: bool) -> Failure {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    if hangs_up {
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                stream.readable().await.unwrap();
            }
        });
    } else {
        drop(listener);
    }
    let amazon = Amazon::healthy().await;
    let keys =
        KEYS.replace("region = us-west-2\n", &format!("region=us-west-2\nendpoint_url = http://{address}\n"));
    std::fs::write(amazon.home.path().join("config"), keys).unwrap();
    amazon.carry_out(None, MODIFY).await.unwrap_err()
}

#[tokio::test]
async fn a_lost_reply_is_told_from_a_call_that_never_left() {
    let lost = through_a_broken_front(true).await;
    assert!(!lost.definite, "{}", lost.trouble);
    let never_left = through_a_broken_front(false).await;
    assert!(never_left.definite, "{}", never_left.trouble);
}

#[tokio::test]
async fn what_is_not_known_here_is_not_half_done() {
    let amazon = Amazon::healthy().await;
    for command in [
        "aws rds modify-db-instance --db-instance-identifier one --master-user-password x --multi-az",
        "aws rds describe-db-instances --query DBInstances",
        "aws rds delete-db-instance --db-instance-identifier one",
        "aws rds describe-db-instances --output text",
    ] {
        let failure = amazon.carry_out(None, command).await.unwrap_err();
        assert!(failure.definite, "{command}");
    }
    assert!(amazon.front.received_requests().await.unwrap().is_empty());
}

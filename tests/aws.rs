//! The AWS door against a local front that answers as RDS and STS document it, each class of refusal included.

mod acts;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tempfile::TempDir;
use vaultdeck::config::RdsSettings;
use vaultdeck::model::facts::{AccountFacts, Facts, RdsFacts};
use vaultdeck::model::trouble::{Trouble, TroubleKind};
use vaultdeck::probe::Probe;
use vaultdeck::probe::account::AccountProbe;
use vaultdeck::probe::rds::RdsProbe;
use vaultdeck::world::rds::{AwsFiles, Rds};
use wiremock::matchers::body_string_contains;
use wiremock::{Mock, MockServer, ResponseTemplate};

const INSTANCE: &str = include_str!("fixtures/rds/instance.xml");
const EVENTS: &str = include_str!("fixtures/rds/events.xml");
const MAINTENANCE: &str = include_str!("fixtures/rds/maintenance.xml");
const CALLER: &str = include_str!("fixtures/rds/caller.xml");
const KEYS: &str = "[profile shared-services]\nregion = us-west-2\naws_access_key_id = AKIAEXAMPLE\naws_secret_access_key = example\n";

/// A front of AWS and a home folder whose profile points at it.
struct Amazon {
    front: MockServer,
    home: TempDir,
}

impl Amazon {
    async fn healthy() -> Self {
        let amazon = Self { front: MockServer::start().await, home: tempfile::tempdir().unwrap() };
        amazon.write_profile(KEYS);
        amazon
    }

    fn write_profile(&self, text: &str) {
        let text = text.replace(
            "region = us-west-2\n",
            &format!("region = us-west-2\nendpoint_url = {}\n", self.front.uri()),
        );
        std::fs::write(self.home.path().join("config"), text).unwrap();
    }

    async fn answers(&self, action: &str, status: u16, body: &str) {
        Mock::given(body_string_contains(format!("Action={action}")))
            .respond_with(ResponseTemplate::new(status).set_body_raw(body.to_owned(), "text/xml"))
            .mount(&self.front)
            .await;
    }

    async fn answers_everything(&self) {
        self.answers("DescribeDBInstances", 200, INSTANCE).await;
        self.answers("DescribeEvents", 200, EVENTS).await;
        self.answers("DescribePendingMaintenanceActions", 200, MAINTENANCE).await;
        self.answers("GetCallerIdentity", 200, CALLER).await;
    }

    async fn refuses(&self, action: &str, status: u16, code: &str, message: &str) {
        let body = format!(
            "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>"
        );
        self.answers(action, status, &body).await;
    }

    fn door(&self) -> Arc<Rds> {
        door(self.home.path(), "shared-services")
    }

    async fn look(&self) -> Result<RdsFacts, Trouble> {
        look_through(self.door()).await
    }
}

fn door(home: &Path, profile: &str) -> Arc<Rds> {
    let settings = RdsSettings {
        instance: "cwiq-shared-authentik-postgres".to_owned(),
        aws_profile: profile.to_owned(),
        region: None,
        account: None,
        endpoint_url: None,
    };
    let files = AwsFiles { config: home.join("config"), credentials: home.join("credentials") };
    Arc::new(Rds::new(&settings, files))
}

async fn look_through(door: Arc<Rds>) -> Result<RdsFacts, Trouble> {
    match RdsProbe::new(door, Arc::new(|| moment("2026-03-04T14:00:00Z"))).look().await? {
        Facts::Rds(facts) => Ok(*facts),
        other => panic!("not about rds: {other:?}"),
    }
}

async fn account_through(door: Arc<Rds>) -> Result<AccountFacts, Trouble> {
    match AccountProbe::new(door).look().await? {
        Facts::Account(facts) => Ok(facts),
        other => panic!("not about the account: {other:?}"),
    }
}

fn moment(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[tokio::test]
async fn the_instance_is_told_with_its_events_and_maintenance() {
    let amazon = Amazon::healthy().await;
    amazon.answers_everything().await;
    let facts = amazon.look().await.unwrap();
    insta::assert_debug_snapshot!(facts);
}

#[tokio::test]
async fn a_pending_password_is_told_without_its_value_and_since_the_first_look_that_saw_it() {
    let amazon = Amazon::healthy().await;
    amazon.answers_everything().await;
    let facts = amazon.look().await.unwrap();
    assert!(facts.pending_password);
    assert_eq!(facts.pending_password_since, Some(moment("2026-03-04T14:00:00Z")));
    assert!(facts.events.unwrap()[0].resets_master_password());
}

#[tokio::test]
async fn the_account_is_told_with_the_profile_it_comes_from() {
    let amazon = Amazon::healthy().await;
    amazon.answers_everything().await;
    let facts = account_through(amazon.door()).await.unwrap();
    assert_eq!(facts.account, "123456789012");
    assert_eq!(facts.arn, "arn:aws:sts::123456789012:assumed-role/OperatorAccess/jane");
    assert_eq!(facts.provider, "profile shared-services");
}

#[tokio::test]
async fn one_missing_permission_hides_one_part_only() {
    let amazon = Amazon::healthy().await;
    let message =
        "User: arn:aws:iam::123456789012:user/jane is not authorized to perform: rds:DescribeEvents";
    amazon.refuses("DescribeEvents", 403, "AccessDenied", message).await;
    amazon.answers_everything().await;
    let facts = amazon.look().await.unwrap();
    assert_eq!(facts.maintenance.unwrap().len(), 1);
    let trouble = facts.events.unwrap_err();
    assert_eq!(trouble.kind, TroubleKind::Denied);
    assert_eq!(trouble.because, Some(format!("AccessDenied: {message}")));
    assert_eq!(
        trouble.hint.as_deref(),
        Some("grant rds:DescribeEvents to the identity of aws profile shared-services")
    );
}

#[tokio::test]
async fn refusals_are_told_by_their_code_with_what_to_do() {
    let cases = [
        (
            404,
            "DBInstanceNotFound",
            "DBInstance cwiq-shared-authentik-postgres not found.",
            "check rds.instance",
        ),
        (
            403,
            "ExpiredToken",
            "The security token included in the request is expired",
            "aws sso login --profile shared-services",
        ),
        (
            403,
            "InvalidClientTokenId",
            "The security token included in the request is invalid.",
            "keys of aws profile",
        ),
        (403, "SignatureDoesNotMatch", "Signature expired: 20260304T140000Z is now earlier", "timedatectl"),
        (400, "Throttling", "Rate exceeded", "fewer calls"),
    ];
    for (status, code, message, remedy) in cases {
        let amazon = Amazon::healthy().await;
        amazon.refuses("Describe", status, code, message).await;
        let trouble = amazon.look().await.unwrap_err();
        assert_eq!(trouble.what, "cannot read rds instance cwiq-shared-authentik-postgres");
        assert_eq!(trouble.because, Some(format!("{code}: {message}")));
        assert!(trouble.hint.as_deref().unwrap_or_default().contains(remedy), "{code}: {:?}", trouble.hint);
    }
}

#[tokio::test]
async fn html_in_place_of_an_answer_is_told_as_such() {
    let amazon = Amazon::healthy().await;
    amazon.answers("Describe", 502, "<html><body>Bad Gateway</body></html>").await;
    let trouble = amazon.look().await.unwrap_err();
    assert_eq!(trouble.because.as_deref(), Some("http 502, and the answer is not one of aws"));
}

#[tokio::test]
async fn a_hostile_message_moves_no_cursor() {
    let amazon = Amazon::healthy().await;
    amazon.refuses("Describe", 400, "Throttling", "slow&#xD;down\u{202E}").await;
    let because = amazon.look().await.unwrap_err().because.unwrap();
    assert_eq!(because, "Throttling: slowdown");
}

#[tokio::test]
async fn a_profile_that_does_not_exist_names_those_that_do() {
    let home = tempfile::tempdir().unwrap();
    std::fs::write(
        home.path().join("config"),
        "[profile sandbox]\nregion = us-west-2\n[sso-session corp]\n[default]\n",
    )
    .unwrap();
    std::fs::write(home.path().join("credentials"), "[audit]\naws_access_key_id = x\n").unwrap();
    let trouble = look_through(door(home.path(), "shared-services")).await.unwrap_err();
    assert_eq!(trouble.what, "aws profile shared-services is not defined");
    assert_eq!(
        trouble.hint.as_deref(),
        Some("profiles that exist: audit, default, sandbox; set rds.aws_profile")
    );
    assert_eq!(trouble.kind, TroubleKind::Credentials);
}

#[tokio::test]
async fn where_aws_was_never_set_up_that_is_said() {
    let home = tempfile::tempdir().unwrap();
    let trouble = look_through(door(home.path(), "shared-services")).await.unwrap_err();
    assert_eq!(trouble.what, "aws profile shared-services is not defined");
    assert_eq!(trouble.hint.as_deref(), Some("aws configure sso --profile shared-services"));
    account_through(door(home.path(), "shared-services")).await.unwrap_err();
}

#[tokio::test]
async fn a_profile_without_credentials_falls_through_to_nothing() {
    let amazon = Amazon::healthy().await;
    amazon.write_profile("[profile shared-services]\nregion = us-west-2\n");
    amazon.answers_everything().await;
    let trouble = amazon.look().await.unwrap_err();
    assert_eq!(trouble.kind, TroubleKind::Credentials);
    assert!(
        amazon.front.received_requests().await.unwrap().is_empty(),
        "nothing may be asked without the profile's own credentials"
    );
}

#[tokio::test]
async fn a_profile_without_region_says_so() {
    let amazon = Amazon::healthy().await;
    amazon.write_profile(&KEYS.replace("region = us-west-2\n", ""));
    assert_eq!(amazon.look().await.unwrap_err().what, "no aws region for profile shared-services");
}

#[tokio::test]
async fn who_has_never_logged_in_by_sso_is_told_how() {
    let amazon = Amazon::healthy().await;
    amazon.write_profile(
        "[sso-session never-used]\nsso_start_url = https://never-used.invalid/start\nsso_region = us-west-2\n\
         [profile shared-services]\nregion = us-west-2\nsso_session = never-used\nsso_account_id = 123456789012\nsso_role_name = Operator\n",
    );
    let trouble = amazon.look().await.unwrap_err();
    assert_eq!(trouble.because.as_deref(), Some("nobody has logged in by sso on this machine yet"));
    assert_eq!(trouble.hint.as_deref(), Some("aws sso login --profile shared-services"));
}

#[tokio::test]
async fn credentials_may_come_from_a_command_and_a_failing_one_is_told() {
    let amazon = Amazon::healthy().await;
    amazon.answers_everything().await;
    let answer = r#"{"Version": 1, "AccessKeyId": "AKIAEXAMPLE", "SecretAccessKey": "example"}"#;
    amazon.write_profile(&format!(
        "[profile shared-services]\nregion = us-west-2\ncredential_process = echo '{answer}'\n"
    ));
    let door = amazon.door();
    assert_eq!(look_through(door).await.unwrap().engine, "postgres 15.18");

    amazon.write_profile("[profile shared-services]\nregion = us-west-2\ncredential_process = false\n");
    let trouble = amazon.look().await.unwrap_err();
    assert_eq!(trouble.what, "no credentials from aws profile shared-services");
    assert_eq!(
        trouble.because.as_deref(),
        Some("Error retrieving credentials: external process exited with code exit status: 1. Stderr: ")
    );
}

#[tokio::test]
async fn two_looks_that_fail_together_give_the_same_reason() {
    let home = tempfile::tempdir().unwrap();
    std::fs::write(
        home.path().join("config"),
        "[profile shared-services]\nregion = us-west-2\ncredential_process = false\n",
    )
    .unwrap();
    let door = door(home.path(), "shared-services");
    let (instance, caller) = tokio::join!(door.instance(), door.caller());
    assert_eq!(instance.unwrap_err(), caller.unwrap_err());
}

#[tokio::test]
async fn a_mended_profile_counts_at_the_next_look() {
    let amazon = Amazon::healthy().await;
    amazon.answers_everything().await;
    amazon.write_profile("[profile shared-services]\nregion = us-west-2\n");
    let door = amazon.door();
    assert!(door.instance().await.is_err());
    amazon.write_profile(KEYS);
    assert!(door.instance().await.is_ok());
}

#[tokio::test]
async fn an_endpoint_that_is_not_there_is_a_matter_of_network() {
    let amazon = Amazon::healthy().await;
    amazon.write_profile(
        &KEYS.replace("region = us-west-2\n", "region = us-west-2 \nendpoint_url = http://127.0.0.1:1\n"),
    );
    let look = tokio::time::timeout(Duration::from_secs(15), amazon.look());
    let trouble = look.await.unwrap().unwrap_err();
    assert_eq!(trouble.kind, TroubleKind::Unreachable);
    assert!(trouble.because.unwrap().to_lowercase().contains("connection refused"));
}

#[tokio::test]
async fn what_is_wrong_with_a_profile_is_told_by_the_end_of_the_chain() {
    let role = "role_arn = arn:aws:iam::123456789012:role/operator";
    let cases = [
        ("sso_session = gone\nsso_account_id = 1\nsso_role_name = x", "sso-session named `gone`"),
        (
            &format!("{role}\nsource_profile = shared-services\n"),
            "names no keys, role, sso session or command",
        ),
        (&format!("{role}\nsource_profile = gone\n"), "profile `gone` was not defined"),
        (
            &format!("{role}\nsource_profile = b\n[profile b]\n{role}\nsource_profile = shared-services"),
            "infinite loop",
        ),
        ("aws_access_key_id = x", "profile missing aws_secret_access_key"),
        ("[profile", "could not parse profile file"),
    ];
    for (text, because) in cases {
        let amazon = Amazon::healthy().await;
        amazon.write_profile(&format!("[profile shared-services]\nregion = us-west-2\n{text}\n"));
        let trouble = amazon.look().await.unwrap_err();
        let told = trouble.because.unwrap_or_default();
        assert!(told.contains(because), "{text}\n{told}");
        assert_eq!(trouble.kind, TroubleKind::Credentials);
        assert!(trouble.hint.unwrap().starts_with("check profile shared-services in "));
    }
}

#[tokio::test]
async fn a_role_that_may_not_be_assumed_is_told_in_the_words_of_aws() {
    let amazon = Amazon::healthy().await;
    let message = "User: jane is not authorized to perform: sts:AssumeRole";
    amazon.refuses("AssumeRole", 403, "AccessDenied", message).await;
    let keys = KEYS.replace("shared-services", "base");
    amazon.write_profile(&format!(
        "{keys}[profile shared-services]\nregion = us-west-2\nrole_arn = arn:aws:iam::123456789012:role/x\nsource_profile = base\n"
    ));
    assert_eq!(amazon.look().await.unwrap_err().because, Some(format!("AccessDenied: {message}")));
}

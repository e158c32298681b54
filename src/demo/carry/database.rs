//! `aws rds …`, `aws sts …` and `psql …` on the pretend database.

use serde_json::json;
use zeroize::Zeroizing;

use super::{refused, said};
use crate::demo::pretend::Pretend;
use crate::demo::stage::Stage;
use crate::demo::values;
use crate::exec::{Failure, Order, Reply};
use crate::model::runbook::Answer;
use crate::model::trouble::Trouble;

/// Carries an `aws` command out.
pub(super) fn aws(stage: &Stage, words: &[Zeroizing<String>]) -> Result<Reply, Failure> {
    let word = |index: usize| words.get(index).map(|word| word.as_str()).unwrap_or_default();
    let flag = |name: &str| {
        let at = words.iter().position(|word| word.as_str() == name)?;
        words.get(at + 1).map(|word| word.as_str())
    };
    match (word(1), word(2)) {
        ("sts", _) => {
            let account = stage.deployment.aws_account.clone().unwrap_or_default();
            Ok(told(
                json!({ "Account": account, "Arn": format!("arn:aws:sts::{account}:assumed-role/jane") }),
            ))
        }
        ("rds", "describe-db-instances") => Ok(stage.see(|pretend| told(instance(pretend)))),
        ("rds", "modify-db-instance") => {
            let Some(password) = flag("--master-user-password") else {
                return Ok(refused(254, "InvalidParameterCombination: No modifications were requested"));
            };
            let acted = stage.act(|pretend| {
                if pretend.database.status() != "available" {
                    return refused(
                        254,
                        "InvalidDBInstanceState: Database instance is not in available state",
                    );
                }
                let now = pretend.now;
                pretend.texts.insert(values::hidden(password).id, password.to_owned());
                pretend.database.modify_password(now, values::hidden(password));
                told(instance(pretend))
            });
            acted.map_err(Failure::in_the_act)
        }
        (service, verb) => {
            Err(Failure::before_the_act(Trouble::new(format!("`aws {service} {verb}` is not known here"))))
        }
    }
}

fn instance(pretend: &Pretend) -> serde_json::Value {
    let database = &pretend.database;
    let pending = database.change.as_ref().filter(|change| !change.resetting);
    let pending = pending.map_or_else(|| json!({}), |_| json!({ "MasterUserPassword": "****" }));
    let one = json!({
        "DBInstanceStatus": database.status(),
        "MasterUsername": database.master_user,
        "Endpoint": { "Address": database.endpoint, "Port": 5432 },
        "PendingModifiedValues": pending,
    });
    json!({ "DBInstances": [one], "DBInstance": one })
}

fn told(json: serde_json::Value) -> Reply {
    Reply {
        answer: Answer { output: json.to_string(), json: Some(json), ..Answer::default() },
        ..Reply::default()
    }
}

/// Carries a `psql` command out: a login with the password of the passfile.
pub(super) fn psql(stage: &Stage, order: &Order) -> Result<Reply, Failure> {
    let words = order.spoken().map_err(Failure::before_the_act)?;
    let place = words.get(1).map(|word| word.to_string()).unwrap_or_default();
    let of = |name: &str| {
        let parts = place.split_whitespace().filter_map(|part| part.split_once('='));
        parts.into_iter().find(|(key, _)| *key == name).map(|(_, value)| value.to_owned()).unwrap_or_default()
    };
    let passfile = order.file_bytes().map_err(Failure::before_the_act)?.unwrap_or_default();
    let password = last_field(&passfile);
    let (host, user) = (of("host"), of("user"));
    Ok(stage.see(|pretend| {
        if host != pretend.database.endpoint {
            return refused(2, format!("could not translate host name \"{host}\" to address"));
        }
        let accepted = pretend.database.password_at(pretend.now);
        if user == pretend.database.master_user && accepted == Some(values::hidden(&password)) {
            return said("1\n");
        }
        refused(2, format!("FATAL:  password authentication failed for user \"{user}\""))
    }))
}

/// The last field of a password file's line, its escapes undone.
fn last_field(line: &str) -> Zeroizing<String> {
    let mut field = Zeroizing::new(String::new());
    let mut signs = line.trim_end_matches('\n').chars();
    while let Some(sign) = signs.next() {
        match sign {
            ':' => field.clear(),
            '\\' => field.extend(signs.next()),
            sign => field.push(sign),
        }
    }
    field
}

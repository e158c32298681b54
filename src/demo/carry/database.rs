//! `aws rds …`, `aws sts …` and `psql …` on the pretend database.

use serde_json::json;

use super::refused as turned_away;
use crate::demo::pretend::Pretend;
use crate::demo::stage::Stage;
use crate::demo::values;
use crate::exec::aws::{Call, Said, refused, told};
use crate::exec::{Failure, Order, Reply, psql};

/// How AWS calls the operation.
const MODIFY: &str = "ModifyDBInstance";

/// Carries an `aws` command out.
pub(super) fn aws(stage: &Stage, order: &Order) -> Result<Reply, Failure> {
    match Said::of(order).map_err(Failure::before_the_act)?.call {
        Call::CallerIdentity => {
            let account = stage.deployment.aws_account.clone().unwrap_or_default();
            let arn = format!("arn:aws:sts::{account}:assumed-role/jane");
            Ok(told(json!({ "Account": account, "Arn": arn }), Vec::new()))
        }
        Call::DescribeInstances { .. } => {
            Ok(stage.see(|pretend| told(json!({ "DBInstances": [instance(pretend)] }), Vec::new())))
        }
        Call::ModifyInstance { password: Some(password), .. } => {
            stage.act(|pretend| modified(pretend, &password)).map_err(Failure::in_the_act)
        }
        Call::ModifyInstance { .. } => {
            Ok(refused(MODIFY, "InvalidParameterCombination", "No modifications were requested"))
        }
    }
}

fn modified(pretend: &mut Pretend, password: &str) -> Reply {
    if pretend.database.status() != "available" {
        let words = "Database instance is not in available state";
        return refused(MODIFY, "InvalidDBInstanceState", words);
    }
    let now = pretend.now;
    pretend.texts.insert(values::hidden(password).id, password.to_owned());
    pretend.database.modify_password(now, values::hidden(password));
    told(json!({ "DBInstance": instance(pretend) }), Vec::new())
}

fn instance(pretend: &Pretend) -> serde_json::Value {
    let database = &pretend.database;
    let pending = database.change.as_ref().filter(|change| !change.resetting);
    let pending = pending.map_or_else(|| json!({}), |_| json!({ "MasterUserPassword": "****" }));
    json!({
        "DBInstanceStatus": database.status(),
        "MasterUsername": database.master_user,
        "Endpoint": { "Address": database.endpoint, "Port": 5432 },
        "PendingModifiedValues": pending,
    })
}

/// Carries a `psql` command out: a login with the password of the passfile.
pub(super) fn psql(stage: &Stage, order: &Order) -> Result<Reply, Failure> {
    let unsaid = Failure::before_the_act;
    let said = psql::Said::of(order).map_err(unsaid)?;
    let (host, user) = (said.parameter("host").map_err(unsaid)?, said.parameter("user").map_err(unsaid)?);
    Ok(stage.see(|pretend| {
        if host != pretend.database.endpoint {
            return turned_away(2, format!("could not translate host name \"{host}\" to address"));
        }
        let accepted = pretend.database.password_at(pretend.now);
        if user == pretend.database.master_user && accepted == Some(values::hidden(&said.password)) {
            return super::said("1\n");
        }
        turned_away(2, format!("FATAL:  password authentication failed for user \"{user}\""))
    }))
}

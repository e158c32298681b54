//! The real AWS as `aws …` speaks to it: with the credentials of one profile, and in one account only where one is named.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_sdk_rds::types::{DbInstance, PendingModifiedValues};
use serde_json::{Map, Value, json};
use tokio::sync::Mutex;

use crate::exec::aws::{Call, Said, refused, told};
use crate::exec::{Failure, Order, Reply};
use crate::model::trouble::{Trouble, TroubleKind};
use crate::world::rds::{Modification, Rds, Unserved};

/// AWS in the name of the deployment's profile, and of any other that a command names.
pub(super) struct Amazon {
    own: Arc<Rds>,
    account: Option<String>,
    others: Mutex<BTreeMap<String, Arc<Rds>>>,
}

impl Amazon {
    pub(super) fn new(own: Arc<Rds>, account: Option<String>) -> Self {
        Self { own, account, others: Mutex::default() }
    }

    /// Carries an `aws` command out.
    pub(super) async fn carry_out(&self, order: &Order) -> Result<Reply, Failure> {
        let said = Said::of(order).map_err(Failure::before_the_act)?;
        let door = self.door(said.profile.as_deref()).await;
        match said.call {
            Call::CallerIdentity => {
                let answered = door.identity().await.map(|served| {
                    let caller = served.answer;
                    let json = json!({ "Account": caller.account, "Arn": caller.arn });
                    told(json, served.request_id.into_iter().collect())
                });
                answered.or_else(|unserved| answer_of("GetCallerIdentity", unserved))
            }
            Call::DescribeInstances { instance } => {
                let answered = door.describe(instance.as_deref()).await.map(|served| {
                    let instances: Vec<Value> = served.answer.iter().map(instance_in_json).collect();
                    told(json!({ "DBInstances": instances }), served.request_id.into_iter().collect())
                });
                answered.or_else(|unserved| answer_of("DescribeDBInstances", unserved))
            }
            Call::ModifyInstance { instance, password, at_once } => {
                let none = || Trouble::new("there is nothing to modify").hint("--master-user-password");
                let password = password.ok_or_else(none).map_err(Failure::before_the_act)?;
                self.right_account(&door).await?;
                let answered = door.modify(&instance, Modification { password, at_once }).await;
                let answered = answered.map(|served| {
                    let instance = served.answer.as_ref().map(instance_in_json);
                    told(json!({ "DBInstance": instance }), served.request_id.into_iter().collect())
                });
                answered.or_else(|unserved| answer_of("ModifyDBInstance", unserved))
            }
        }
    }

    async fn door(&self, profile: Option<&str>) -> Arc<Rds> {
        match profile.filter(|profile| *profile != self.own.profile()) {
            None => Arc::clone(&self.own),
            Some(profile) => {
                let mut others = self.others.lock().await;
                let door = || Arc::new(self.own.in_the_name_of(profile));
                Arc::clone(others.entry(profile.to_owned()).or_insert_with(door))
            }
        }
    }

    /// Nothing is changed in an account that the deployment does not live in.
    async fn right_account(&self, door: &Rds) -> Result<(), Failure> {
        let Some(wanted) = &self.account else { return Ok(()) };
        let caller = door.caller().await.map_err(Failure::before_the_act)?;
        if caller.account == *wanted {
            return Ok(());
        }
        let trouble = Trouble::new(format!("aws profile {} is of another account", door.profile()))
            .because(format!("it is {}, and the deployment lives in {wanted}", caller.account))
            .hint("check rds.aws_profile and rds.account")
            .kind(TroubleKind::Denied);
        Err(Failure::before_the_act(trouble))
    }
}

fn answer_of(operation: &str, unserved: Unserved) -> Result<Reply, Failure> {
    match unserved {
        Unserved::Refused { code, message } => Ok(refused(operation, &code, &message)),
        Unserved::Unanswered { trouble, sent } => Err(Failure { trouble, definite: !sent }),
    }
}

/// An instance under the CLI's names, as far as a runbook may ask.
fn instance_in_json(instance: &DbInstance) -> Value {
    let endpoint = instance
        .endpoint
        .as_ref()
        .map(|endpoint| present([("Address", json!(endpoint.address)), ("Port", json!(endpoint.port))]));
    let managed = instance.master_user_secret.as_ref().map(|secret| {
        present([("SecretArn", json!(secret.secret_arn)), ("SecretStatus", json!(secret.secret_status))])
    });
    present([
        ("DBInstanceIdentifier", json!(instance.db_instance_identifier)),
        ("DBInstanceClass", json!(instance.db_instance_class)),
        ("Engine", json!(instance.engine)),
        ("EngineVersion", json!(instance.engine_version)),
        ("DBInstanceStatus", json!(instance.db_instance_status)),
        ("MasterUsername", json!(instance.master_username)),
        ("MasterUserSecret", json!(managed)),
        ("DBName", json!(instance.db_name)),
        ("Endpoint", json!(endpoint)),
        ("AllocatedStorage", json!(instance.allocated_storage)),
        ("AvailabilityZone", json!(instance.availability_zone)),
        ("MultiAZ", json!(instance.multi_az)),
        ("PubliclyAccessible", json!(instance.publicly_accessible)),
        ("StorageEncrypted", json!(instance.storage_encrypted)),
        ("DeletionProtection", json!(instance.deletion_protection)),
        ("IAMDatabaseAuthenticationEnabled", json!(instance.iam_database_authentication_enabled)),
        ("CACertificateIdentifier", json!(instance.ca_certificate_identifier)),
        ("DbiResourceId", json!(instance.dbi_resource_id)),
        ("DBInstanceArn", json!(instance.db_instance_arn)),
        ("PendingModifiedValues", json!(instance.pending_modified_values.as_ref().map(pending_in_json))),
    ])
}

/// AWS tells a pending password as stars.
fn pending_in_json(pending: &PendingModifiedValues) -> Value {
    present([
        ("MasterUserPassword", json!(pending.master_user_password)),
        ("DBInstanceClass", json!(pending.db_instance_class)),
        ("DBInstanceIdentifier", json!(pending.db_instance_identifier)),
        ("AllocatedStorage", json!(pending.allocated_storage)),
        ("Port", json!(pending.port)),
        ("EngineVersion", json!(pending.engine_version)),
        ("MultiAZ", json!(pending.multi_az)),
        ("CACertificateIdentifier", json!(pending.ca_certificate_identifier)),
    ])
}

/// What AWS does not tell, the CLI leaves out.
fn present<const N: usize>(fields: [(&str, Value); N]) -> Value {
    let told = fields.into_iter().filter(|(_, value)| !value.is_null());
    Value::Object(told.map(|(name, value)| (name.to_owned(), value)).collect::<Map<_, _>>())
}

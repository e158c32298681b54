//! What a runbook asks of AWS, one call each: told is not only what failed, but whether AWS may have done it all the same.
//!
//! `ModifyDBInstance` is never tried twice. The same password given twice changes nothing, but when the first try was obeyed
//! and its reply lost, the second is turned away because the instance is busy with the first: a refusal that would be taken
//! for the whole truth.

use std::error::Error;
use std::io;
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_rds::operation::RequestId;
use aws_sdk_rds::types::DbInstance;
use zeroize::Zeroizing;

use super::wording::{Call, Coded, SdkError};
use super::{CONNECT, Caller, Rds};
use crate::model::trouble::Trouble;
use crate::world::clean;

/// Longest wait for the answer to a modification.
const MODIFICATION: Duration = Duration::from_secs(30);

/// What AWS answered, and the id that it gave the request.
#[derive(Debug)]
pub struct Served<T> {
    /// The answer.
    pub answer: T,
    /// The request's id, by which AWS finds it again.
    pub request_id: Option<String>,
}

/// Why AWS did not do it, or why nobody knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unserved {
    /// AWS itself says no: nothing has been changed.
    Refused {
        /// `InvalidDBInstanceState`.
        code: String,
        /// Its words, cleaned.
        message: String,
    },
    /// No answer of AWS.
    Unanswered {
        /// Why.
        trouble: Trouble,
        /// Whether the call may have arrived.
        sent: bool,
    },
}

/// What is to be changed.
pub struct Modification {
    /// The new master password.
    pub password: Zeroizing<String>,
    /// `ApplyImmediately`.
    pub at_once: bool,
}

impl Rds {
    /// Instances with all that AWS tells of them: one, or every one.
    ///
    /// # Errors
    /// As [`Unserved`] tells.
    pub async fn describe(&self, instance: Option<&str>) -> Result<Served<Vec<DbInstance>>, Unserved> {
        let call = Call::new("cannot read the rds instance".to_owned(), "rds:DescribeDBInstances");
        let connection = self.connection().await.map_err(not_sent)?;
        let request = connection.rds.describe_db_instances();
        let answer = request.set_db_instance_identifier(instance.map(str::to_owned)).send().await;
        let answer = self.served(&call, answer).await?;
        let request_id = answer.request_id().map(str::to_owned);
        Ok(Served { answer: answer.db_instances.unwrap_or_default(), request_id })
    }

    /// Changes an instance, tried once.
    ///
    /// # Errors
    /// As [`Unserved`] tells.
    pub async fn modify(
        &self,
        instance: &str,
        wanted: Modification,
    ) -> Result<Served<Option<DbInstance>>, Unserved> {
        let call = Call::new(format!("cannot modify rds instance {instance}"), "rds:ModifyDBInstance");
        let connection = self.connection().await.map_err(not_sent)?;
        let timeouts =
            TimeoutConfig::builder().connect_timeout(CONNECT).operation_timeout(MODIFICATION).build();
        let once = aws_sdk_rds::config::Builder::new()
            .retry_config(RetryConfig::disabled())
            .timeout_config(timeouts);
        let request = connection
            .rds
            .modify_db_instance()
            .db_instance_identifier(instance)
            .master_user_password(wanted.password.as_str())
            .apply_immediately(wanted.at_once);
        let answer = self.served(&call, request.customize().config_override(once).send().await).await?;
        let request_id = answer.request_id().map(str::to_owned);
        Ok(Served { answer: answer.db_instance, request_id })
    }

    /// As [`Rds::caller`], told as an act.
    ///
    /// # Errors
    /// As [`Unserved`] tells; asking changes nothing.
    pub async fn identity(&self) -> Result<Served<Caller>, Unserved> {
        let call = Call::new("cannot tell which aws account is in use".to_owned(), "sts:GetCallerIdentity");
        let connection = self.connection().await.map_err(not_sent)?;
        let answer = self.served(&call, connection.sts.get_caller_identity().send().await).await?;
        let request_id = answer.request_id().map(str::to_owned);
        match (answer.account, answer.arn) {
            (Some(account), Some(arn)) => Ok(Served { answer: Caller { account, arn }, request_id }),
            _ => Err(not_sent(call.nothing_came_back("the answer names no account"))),
        }
    }

    async fn served<T, E: Coded>(&self, call: &Call, answer: Result<T, SdkError<E>>) -> Result<T, Unserved> {
        let error = match answer {
            Ok(answer) => return Ok(answer),
            Err(error) => error,
        };
        if let Some(refused) = refusal(&error) {
            return Err(refused);
        }
        let sent = may_have_arrived(&error);
        let Err(trouble) = self.told::<T, E>(call, Err(error)).await else {
            return Err(not_sent(call.nothing_came_back("nothing")));
        };
        Err(Unserved::Unanswered { trouble, sent })
    }
}

/// AWS's own no: a code, with a status that blames the caller.
fn refusal<E: Coded>(error: &SdkError<E>) -> Option<Unserved> {
    let SdkError::ServiceError(refused) = error else { return None };
    let status = refused.raw().status().as_u16();
    let code = refused.err().code().filter(|_| (400..500).contains(&status))?;
    let message = refused.err().message().unwrap_or_default();
    Some(Unserved::Refused { code: clean::line(code.as_bytes()), message: clean::line(message.as_bytes()) })
}

/// Only what certainly ended before the first byte of the call has not arrived.
fn may_have_arrived<E: Coded>(error: &SdkError<E>) -> bool {
    match error {
        SdkError::ConstructionFailure(_) => false,
        SdkError::DispatchFailure(failure) => {
            !failure.as_connector_error().is_some_and(|error| nobody_listened(error))
        }
        _ => true,
    }
}

fn nobody_listened(error: &(dyn Error + 'static)) -> bool {
    std::iter::successors(Some(error), |error| (*error).source()).any(|level| {
        let kind = level.downcast_ref::<io::Error>().map(io::Error::kind);
        let unreachable = matches!(
            kind,
            Some(
                io::ErrorKind::ConnectionRefused
                    | io::ErrorKind::HostUnreachable
                    | io::ErrorKind::NetworkUnreachable
            )
        );
        unreachable || level.to_string().starts_with("dns error")
    })
}

fn not_sent(trouble: Trouble) -> Unserved {
    Unserved::Unanswered { trouble, sent: false }
}

//! Which AWS account and identity the looks are made in, and what in the environment the AWS CLI would take instead.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use super::Probe;
use crate::model::facts::{AccountFacts, Facts};
use crate::model::subject::Subject;
use crate::model::trouble::Trouble;
use crate::world::clean;
use crate::world::rds::{Caller, LONGEST_LOOK, Rds};

/// Time between two looks: an identity changes when somebody logs in anew.
const EVERY: Duration = Duration::from_secs(300);

/// Variables from which the AWS CLI and SDKs take credentials or a profile when nobody names one.
const TAKEN_FIRST: [&str; 6] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_PROFILE",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
];

/// Looks at the identity in use.
pub struct AccountProbe {
    door: Arc<Rds>,
}

impl AccountProbe {
    /// A probe through this door.
    pub fn new(door: Arc<Rds>) -> Self {
        Self { door }
    }
}

#[async_trait]
impl Probe for AccountProbe {
    fn subject(&self) -> Subject {
        Subject::Account
    }

    fn every(&self) -> Option<Duration> {
        Some(EVERY)
    }

    fn deadline(&self) -> Duration {
        LONGEST_LOOK
    }

    async fn look(&self) -> Result<Facts, Trouble> {
        let caller = self.door.caller().await?;
        Ok(Facts::Account(facts_of(&caller, self.door.profile(), |name| std::env::var(name).ok())))
    }
}

fn facts_of(caller: &Caller, profile: &str, variable: impl Fn(&str) -> Option<String>) -> AccountFacts {
    let set = |name: &&str| variable(name).is_some_and(|value| !value.is_empty());
    let another = |name: &&str| *name != "AWS_PROFILE" || variable(name).as_deref() != Some(profile);
    let shadowed_by = TAKEN_FIRST.iter().filter(|name| set(name) && another(name));
    AccountFacts {
        account: clean::line(caller.account.as_bytes()),
        arn: clean::line(caller.arn.as_bytes()),
        provider: format!("profile {profile}"),
        shadowed_by: shadowed_by.map(|name| (*name).to_owned()).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shadowed_by(set: &[(&str, &str)]) -> Vec<String> {
        let caller = Caller {
            account: "123456789012".to_owned(),
            arn: "arn:aws:iam::123456789012:user/jane".to_owned(),
        };
        let variable =
            |name: &str| set.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        facts_of(&caller, "shared-services", variable).shadowed_by
    }

    #[test]
    fn keys_in_the_environment_are_named() {
        assert_eq!(shadowed_by(&[("AWS_ACCESS_KEY_ID", "AKIA"), ("HOME", "/root")]), ["AWS_ACCESS_KEY_ID"]);
    }

    #[test]
    fn a_profile_in_the_environment_counts_only_when_it_is_another_one() {
        assert_eq!(shadowed_by(&[("AWS_PROFILE", "sandbox")]), ["AWS_PROFILE"]);
        assert!(shadowed_by(&[("AWS_PROFILE", "shared-services"), ("AWS_SESSION_TOKEN", "")]).is_empty());
    }
}

//! The pretend fleet's side of the port [`SignIn`]: any password will do, none will not, and the token is new.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::SignedDuration;
use secrecy::{ExposeSecret as _, SecretString};

use super::stage::Stage;
use crate::model::deployment::LoginWay;
use crate::model::trouble::{Trouble, TroubleKind};
use crate::probe::SignIn;

/// How long the pretend operator's token lives.
const TTL: SignedDuration = SignedDuration::from_hours(8);

/// How the pretend operator logs in.
pub(super) fn way() -> LoginWay {
    LoginWay { name: "userpass".to_owned(), question: Some("password of jane, anything will do".to_owned()) }
}

/// Logs in to the pretend Vault.
pub(super) struct PretendSignIn(Arc<Stage>);

impl PretendSignIn {
    pub(super) fn of(stage: &Arc<Stage>) -> Arc<dyn SignIn> {
        Arc::new(Self(Arc::clone(stage)))
    }
}

#[async_trait]
impl SignIn for PretendSignIn {
    async fn sign_in(
        &self,
        answer: Option<SecretString>,
        _say: &(dyn Fn(String) + Sync),
    ) -> Result<(), Trouble> {
        let refused = |because: &str| {
            Err(Trouble::new("vault refuses the login").because(because).kind(TroubleKind::Credentials))
        };
        if answer.is_none_or(|password| password.expose_secret().is_empty()) {
            return refused("invalid username or password");
        }
        if self.0.see(|pretend| pretend.vault.sealed || !pretend.vault.up) {
            return refused("vault is sealed or does not run");
        }
        self.0.act(|pretend| pretend.operator_logs_in(TTL))
    }
}

//! Logging in to Vault again: called signing in, to tell it from the proof of a database login.

use std::sync::Arc;

use async_trait::async_trait;
use secrecy::SecretString;

use super::SignIn;
use crate::model::trouble::Trouble;
use crate::world::vault::Vault;

/// The profile's way into Vault. The token it brings is held by the door itself, so every later look uses it.
pub struct VaultSignIn(Arc<Vault>);

impl VaultSignIn {
    /// Through this door.
    pub fn new(vault: Arc<Vault>) -> Self {
        Self(vault)
    }
}

#[async_trait]
impl SignIn for VaultSignIn {
    async fn sign_in(
        &self,
        answer: Option<SecretString>,
        say: &(dyn Fn(String) + Sync),
    ) -> Result<(), Trouble> {
        self.0.log_in_again(answer, say).await
    }
}

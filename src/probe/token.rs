//! The operator's own token: how long it lives, where it came from and what it hides.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use serde::Deserialize;

use super::Probe;
use crate::model::facts::{Facts, ShadowedToken, TokenFacts, TokenSource};
use crate::model::subject::Subject;
use crate::model::trouble::{Trouble, TroubleKind};
use crate::world::vault::{Answer, Refusal, Vault, moment};

/// Looks the token up.
pub struct TokenProbe {
    vault: Arc<Vault>,
}

impl TokenProbe {
    /// A probe of the token that the CLI would use.
    pub fn new(vault: Arc<Vault>) -> Self {
        Self { vault }
    }
}

#[async_trait]
impl Probe for TokenProbe {
    fn subject(&self) -> Subject {
        Subject::Token
    }

    fn every(&self) -> Option<Duration> {
        Some(Duration::from_secs(30))
    }

    fn deadline(&self) -> Duration {
        self.vault.deadline()
    }

    async fn look(&self) -> Result<Facts, Trouble> {
        let answer = self.vault.read("auth/token/lookup-self").await;
        let (source, shadows) = self.vault.tokens().provenance().await;
        token_facts(answer, Provenance { source, shadows }).map(Facts::Token)
    }
}

/// Where a token came from and what it hides.
#[derive(Debug, Clone)]
pub struct Provenance {
    /// Its source.
    pub source: TokenSource,
    /// What it hides.
    pub shadows: Option<ShadowedToken>,
}

#[derive(Deserialize)]
struct Lookup {
    display_name: String,
    accessor: String,
    r#type: Option<String>,
    policies: Option<BTreeSet<String>>,
    identity_policies: Option<BTreeSet<String>>,
    #[serde(default, deserialize_with = "moment")]
    expire_time: Option<Timestamp>,
    #[serde(default, deserialize_with = "moment")]
    issue_time: Option<Timestamp>,
    creation_ttl: i64,
    explicit_max_ttl: i64,
    period: Option<i64>,
    #[serde(default)]
    renewable: bool,
    num_uses: i64,
}

/// What `auth/token/lookup-self` says. A refusal says something of the token as well: that it is dead, or blind.
///
/// # Errors
/// Trouble when nothing was learned about the token.
pub fn token_facts(answer: Result<Answer, Trouble>, provenance: Provenance) -> Result<TokenFacts, Trouble> {
    let answer = match answer {
        Err(trouble) if trouble.kind == TroubleKind::Credentials => {
            return Ok(TokenFacts { dead: Some(trouble.sentence()), ..unknown(provenance) });
        }
        answer => answer?,
    };
    match (answer.data::<Lookup>(), answer.refusal()) {
        (Ok(lookup), _) => Ok(known(lookup, provenance)),
        (Err(_), Some(Refusal::Denied)) => Ok(TokenFacts { blind: true, ..unknown(provenance) }),
        (Err(trouble), Some(Refusal::DeadToken)) => {
            Ok(TokenFacts { dead: Some(trouble.sentence()), ..unknown(provenance) })
        }
        (Err(trouble), _) => Err(trouble),
    }
}

fn known(lookup: Lookup, provenance: Provenance) -> TokenFacts {
    let policies = [lookup.policies, lookup.identity_policies];
    TokenFacts {
        display_name: lookup.display_name,
        batch: lookup.r#type.as_deref() == Some("batch") || lookup.accessor.is_empty(),
        accessor: lookup.accessor,
        policies: policies.into_iter().flatten().flatten().collect(),
        expires: lookup.expire_time,
        issued: lookup.issue_time,
        creation_ttl_seconds: lookup.creation_ttl,
        explicit_max_ttl_seconds: lookup.explicit_max_ttl,
        period_seconds: lookup.period,
        renewable: lookup.renewable,
        uses_left: lookup.num_uses,
        ..unknown(provenance)
    }
}

fn unknown(provenance: Provenance) -> TokenFacts {
    TokenFacts {
        display_name: String::new(),
        accessor: String::new(),
        batch: false,
        policies: BTreeSet::new(),
        expires: None,
        issued: None,
        creation_ttl_seconds: 0,
        explicit_max_ttl_seconds: 0,
        period_seconds: None,
        renewable: false,
        uses_left: 0,
        source: provenance.source,
        shadows: provenance.shadows,
        blind: false,
        dead: None,
    }
}

//! What the console sees of a real Vault, well and broken.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use secrecy::ExposeSecret as _;
use vaultdeck::model::deployment::Deployment;
use vaultdeck::model::facts::{
    Facts, NodeState, RoleFacts, SecretFacts, SecretIdState, TokenFacts, TokenSource,
};
use vaultdeck::model::fleet::Kind;
use vaultdeck::model::runbook::{Access, built_in};
use vaultdeck::model::trouble::{Trouble, TroubleKind};
use vaultdeck::probe::access::{AccessProbe, VaultRights};
use vaultdeck::probe::mounts::MountsProbe;
use vaultdeck::probe::policy::PolicyProbe;
use vaultdeck::probe::role::RoleProbe;
use vaultdeck::probe::secret::SecretProbe;
use vaultdeck::probe::token::TokenProbe;
use vaultdeck::probe::vault::VaultProbe;
use vaultdeck::probe::{Probe, Rights as _};
use vaultdeck::world::vault::Vault;

use super::stack::Stack;

const DATABASE: &str = "cwiq/shared/authentik/database";

/// The stack's Vault as the operator reaches it.
struct Console {
    vault: Arc<Vault>,
    deployment: Deployment,
}

impl Console {
    fn of(stack: &Stack) -> Self {
        let profile = stack.profile();
        let vault = Arc::new(Vault::new(&profile.vault, &stack.surroundings()));
        Self { vault, deployment: profile.deployment(vec![]) }
    }

    fn vault(&self) -> Arc<Vault> {
        Arc::clone(&self.vault)
    }

    async fn token(&self) -> TokenFacts {
        seen(&TokenProbe::new(self.vault())).await.unwrap()
    }

    async fn role(&self) -> RoleFacts {
        seen(&RoleProbe::new(self.vault(), &self.deployment)).await.unwrap()
    }

    async fn database(&self) -> Result<SecretFacts, Trouble> {
        seen(&SecretProbe::new(self.vault(), &self.deployment, DATABASE)).await
    }
}

async fn seen<T: Kind + Clone>(probe: &dyn Probe) -> Result<T, Trouble> {
    let facts: Facts = probe.look().await?;
    Ok(T::of(&facts).cloned().unwrap())
}

#[tokio::test]
#[ignore = "needs the real stack"]
async fn a_healthy_vault_shows_every_part_of_itself() {
    let stack = Stack::take();
    let console = Console::of(&stack);
    let facts: vaultdeck::model::facts::VaultFacts = seen(&VaultProbe::new(console.vault())).await.unwrap();
    assert_eq!(facts.node, NodeState::Active);
    assert_eq!(
        (facts.address.as_str(), facts.address_source.as_str()),
        (stack.fact("/vault/address"), "profile")
    );
    assert!(!facts.seal.unwrap().sealed);
    assert!(facts.leader.is_ok());
    assert!(facts.clock_offset_seconds.abs() < 2.0, "{}", facts.clock_offset_seconds);

    let mounts: vaultdeck::model::facts::MountsFacts =
        seen(&MountsProbe::new(console.vault(), &console.deployment)).await.unwrap();
    assert_eq!(mounts.kv.unwrap().version, 2);
    assert!(mounts.approle.unwrap().accessor.is_none_or(|accessor| accessor.starts_with("auth_approle_")));
    assert_eq!(mounts.audit.unwrap().len(), 1);

    let policy: vaultdeck::model::facts::PolicyFacts =
        seen(&PolicyProbe::new(console.vault(), &console.deployment)).await.unwrap();
    assert_eq!(policy.drift, Vec::<String>::new());
}

#[tokio::test]
#[ignore = "needs the real stack"]
async fn the_operator_is_seen_with_a_token_from_the_file_and_all_rights_that_are_needed() {
    let stack = Stack::take();
    let console = Console::of(&stack);
    let token = console.token().await;
    assert_eq!(token.display_name, "userpass-operator");
    assert_eq!(token.source, TokenSource::File(stack.fact("/vault/operator_token_file").to_owned()));
    assert!(token.expires.unwrap() > Timestamp::now());
    assert_eq!((token.blind, token.dead, token.shadows), (false, None, None));

    let access: vaultdeck::model::facts::AccessFacts =
        seen(&AccessProbe::new(console.vault(), &console.deployment)).await.unwrap();
    for need in &console.deployment.needs {
        for capability in &need.capabilities {
            assert_eq!(access.allows(&need.path, capability), Some(true), "{capability} on {}", need.path);
        }
    }
}

#[tokio::test]
#[ignore = "needs the real stack"]
async fn an_operator_with_vaultdeck_s_own_policies_has_every_right_that_they_are_said_to_give() {
    let stack = Stack::take();
    let console = Console::of(&stack);
    let slots = stack.profile().slots(&[]);
    // which secret is asked; the policies are for those of the deployment
    let slot = |slot: &str| slots.get(if slot == "secret" { "database_secret" } else { slot });
    let value = |name: &str| Some(slot(name).map_or("any", String::as_str));
    let needed = built_in().unwrap().iter().flat_map(|runbook| &runbook.access);
    let needed = needed.filter(|access| access.granted_by.is_some()).map(|access| Access {
        path: access.path.fill(&value).unwrap().plain().unwrap().as_str().into(),
        ..access.clone()
    });
    let needed: Vec<Access> = needed.collect();
    let paths = needed.iter().map(|access| access.path.to_string()).collect();
    let granted = VaultRights::new(console.vault()).granted(&paths).await;
    for access in &needed {
        assert!(access.judge(&granted).holds(), "{}: {:?}", access.sentence(), access.judge(&granted));
    }
}

#[tokio::test]
#[ignore = "needs the real stack"]
async fn the_ledger_has_one_live_secret_id_for_each_host() {
    let stack = Stack::take();
    let role = Console::of(&stack).role().await;
    let live = role.ledger.unwrap();
    let live: Vec<_> = live.iter().filter(|row| row.live(Timestamp::now())).collect();
    let hosts: BTreeSet<_> = live.iter().filter_map(|row| row.host.as_deref()).collect();
    assert_eq!(hosts, BTreeSet::from(["authentik-1", "authentik-2", "authentik-3"]));
    assert!(live.iter().all(|row| row.expires.is_some() && row.created.is_some()));
    assert_eq!((role.locked, role.role_id_readable), (Ok(false), Ok(true)));
    assert_eq!((role.token_ttl_seconds, role.token_max_ttl_seconds), (300, 1200));
}

#[tokio::test]
#[ignore = "needs the real stack"]
async fn a_secret_shows_versions_and_key_names_and_its_values_only_on_request() {
    let stack = Stack::take();
    let console = Console::of(&stack);
    let secret = console.database().await.unwrap();
    let keys: Vec<_> = secret.keys.as_ref().unwrap().iter().map(String::as_str).collect();
    assert_eq!(keys, ["pg_host", "pg_name", "pg_password", "pg_port", "pg_user"]);
    assert!(secret.current_version().unwrap().created.unwrap() <= Timestamp::now());
    let values = console.vault.read_secret("secret", DATABASE).await.unwrap();
    assert_eq!(values.version, secret.current);
    let password = stack.file("/database/password_file");
    assert_eq!(values.values["pg_password"].expose_secret(), password.trim_end());
    assert!(!format!("{values:?}").contains(password.trim_end()));
}

#[tokio::test]
#[ignore = "needs the real stack"]
async fn a_kv_version_1_mount_is_named_as_what_it_is() {
    let stack = Stack::take();
    let mut console = Console::of(&stack);
    console.vault = Arc::new(Vault::new(&stack.profile().vault, &as_root(&stack)));
    console.deployment.kv_mount = "kv1".to_owned();
    let trouble = console.database().await.unwrap_err();
    assert_eq!(trouble.because.as_deref(), Some("kv1/ is a KV v1 mount"));
}

fn as_root(stack: &Stack) -> vaultdeck::config::Surroundings {
    let mut surroundings = stack.surroundings();
    let root = stack.file("/vault/root_token_file").trim().to_owned();
    surroundings.variables.insert("VAULT_TOKEN".to_owned(), root);
    surroundings
}

#[tokio::test]
#[ignore = "needs the real stack"]
async fn a_variable_with_another_token_shadows_the_file() {
    let stack = Stack::take();
    let vault = Arc::new(Vault::new(&stack.profile().vault, &as_root(&stack)));
    let token: TokenFacts = seen(&TokenProbe::new(vault)).await.unwrap();
    assert!(token.policies.contains("root") && token.expires.is_none());
    let shadow = token.shadows.unwrap();
    assert!(shadow.differs, "{shadow:?}");
}

#[tokio::test]
#[ignore = "needs the real stack"]
async fn a_sealed_vault_is_seen_as_sealed_and_every_other_look_says_so() {
    let stack = Stack::take();
    let console = Console::of(&stack);
    let _sealed = stack.fault("seal");
    let facts: vaultdeck::model::facts::VaultFacts = seen(&VaultProbe::new(console.vault())).await.unwrap();
    assert_eq!(facts.node, NodeState::Sealed);
    assert!(facts.seal.unwrap().sealed);
    for probe in every_look(&console) {
        let trouble = probe.look().await.unwrap_err();
        assert_eq!(trouble.what, "vault is sealed", "{}", probe.subject());
    }
}

/// Every look that needs a token.
fn every_look(console: &Console) -> Vec<Box<dyn Probe>> {
    let (vault, deployment) = (|| console.vault(), &console.deployment);
    vec![
        Box::new(TokenProbe::new(vault())),
        Box::new(AccessProbe::new(vault(), deployment)),
        Box::new(MountsProbe::new(vault(), deployment)),
        Box::new(PolicyProbe::new(vault(), deployment)),
        Box::new(RoleProbe::new(vault(), deployment)),
        Box::new(SecretProbe::new(vault(), deployment, DATABASE)),
    ]
}

#[tokio::test]
#[ignore = "needs the real stack"]
async fn a_vault_that_does_not_run_is_unreachable() {
    let stack = Stack::take();
    let console = Console::of(&stack);
    let _down = stack.fault("vault-down");
    let trouble = VaultProbe::new(console.vault()).look().await.unwrap_err();
    assert_eq!(trouble.because.as_deref(), Some("connection refused: nothing listens there"));
    assert_eq!(trouble.kind, TroubleKind::Unreachable);
}

#[tokio::test]
#[ignore = "needs the real stack"]
async fn a_locked_role_is_seen_as_locked() {
    let stack = Stack::take();
    let console = Console::of(&stack);
    let _locked = stack.fault("role-locked");
    assert_eq!(console.role().await.locked, Ok(true));
}

#[tokio::test]
#[ignore = "needs the real stack"]
async fn a_policy_that_grants_more_has_drifted() {
    let stack = Stack::take();
    let console = Console::of(&stack);
    let _drift = stack.fault("policy-drift");
    let policy: vaultdeck::model::facts::PolicyFacts =
        seen(&PolicyProbe::new(console.vault(), &console.deployment)).await.unwrap();
    assert_eq!(policy.drift, ["secret/data/*: grants read, undocumented"]);
}

#[tokio::test]
#[ignore = "needs the real stack"]
async fn a_revoked_token_is_dead_until_somebody_logs_in() {
    let stack = Stack::take();
    let console = Console::of(&stack);
    let _dead = stack.fault("token-dead");
    let token = console.token().await;
    assert!(token.dead.unwrap().starts_with("vault does not accept the token"));
    let trouble = console.database().await.unwrap_err();
    assert_eq!(trouble.kind, TroubleKind::Credentials);

    let method = stack.profile().vault.login.unwrap();
    assert_eq!(method.way().question.as_deref(), Some("password of operator at userpass"));
    let wrong = console.vault.log_in(&method, Some("wrong".into()), &|_| {}).await.unwrap_err();
    assert!(wrong.because.unwrap().contains("400"), "a wrong password is refused");
    let password = stack.file("/vault/operator_password_file").trim().into();
    console.vault.log_in(&method, Some(password), &|_| {}).await.unwrap();
    let token = console.token().await;
    assert_eq!((token.dead, token.source), (None, TokenSource::Profile("userpass".to_owned())));
    assert!(console.database().await.is_ok());
}

#[tokio::test]
#[ignore = "needs the real stack"]
async fn a_token_that_may_only_look_lacks_what_actions_need() {
    let stack = Stack::take();
    let console = Console::of(&stack);
    let _observes = stack.fault("operator-observes");
    let access: vaultdeck::model::facts::AccessFacts =
        seen(&AccessProbe::new(console.vault(), &console.deployment)).await.unwrap();
    assert_eq!(access.allows("auth/approle/role/authentik/secret-id", "update"), Some(false));
    assert_eq!(access.allows("auth/approle/role/authentik", "read"), Some(true));
}

#[tokio::test]
#[ignore = "needs the real stack"]
async fn a_deleted_secret_keeps_its_versions_and_hides_its_keys() {
    let stack = Stack::take();
    let console = Console::of(&stack);
    let _deleted = stack.fault("kv-deleted");
    let secret = console.database().await.unwrap();
    assert!(secret.current_version().unwrap().deleted.is_some());
    assert!(secret.keys.unwrap_err().because.unwrap().ends_with("is deleted or destroyed"));
    let trouble = console.vault.read_secret("secret", DATABASE).await.unwrap_err();
    assert!(trouble.because.unwrap().ends_with("is deleted"));
}

#[tokio::test]
#[ignore = "needs the real stack"]
async fn a_missing_key_is_missing_from_the_names() {
    let stack = Stack::take();
    let console = Console::of(&stack);
    let _missing = stack.fault("key-missing");
    assert!(!console.database().await.unwrap().keys.unwrap().contains("pg_name"));
}

#[tokio::test]
#[ignore = "needs the real stack"]
async fn a_secret_id_shows_its_true_expiry() {
    let stack = Stack::take();
    let console = Console::of(&stack);
    let _expiring = stack.fault_on("authentik-2", "secret-id-expiring");
    let ledger = console.role().await.ledger.unwrap();
    let newest = ledger.iter().rfind(|row| row.host.as_deref() == Some("authentik-2")).unwrap();
    assert_eq!(newest.state, SecretIdState::Live);
    let left = newest.expires.unwrap().duration_since(Timestamp::now());
    assert!(left < SignedDuration::from_hours(24) && left > SignedDuration::from_hours(23), "{left:?}");
}

//! What a runbook says that the operator's token must be allowed, held against what its commands send to Vault, and against the
//! policies that vaultdeck writes for itself.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use async_trait::async_trait;
use serde_json::json;
use vaultdeck::config;
use vaultdeck::exec::vault::{Method, Request, Response, Server, carry_out};
use vaultdeck::exec::{Failure, Order, Secrets, Target};
use vaultdeck::model::command::Route;
use vaultdeck::model::facts::AccessFacts;
use vaultdeck::model::runbook::{Access, Act, Runbook, Standing, Step, built_in};
use vaultdeck::model::trouble::Trouble;
use zeroize::Zeroizing;

/// Paths on which the policy `default` grants what is needed, or that need no token.
const FREE: [&str; 6] = [
    "sys/internal/ui/mounts/",
    "sys/seal-status",
    "sys/capabilities-self",
    "auth/token/lookup-self",
    "auth/token/renew-self",
    "auth/token/revoke-self",
];

/// Paths below which Vault wants `sudo` besides.
const ROOT: [&str; 2] = ["sys/auth/", "auth/token/accessors/"];

/// What looks read on behalf of a step that only waits.
const READ_BY_LOOKS: [(&str, &str); 1] = [("verify-secrets", "secret/data/")];

/// A Vault that agrees to everything and remembers what it was asked.
#[derive(Default)]
struct Agreeing(Mutex<Vec<(Method, String)>>);

#[async_trait]
impl Server for Agreeing {
    async fn send(&self, request: Request) -> Result<Response, Failure> {
        self.0.lock().unwrap().push((request.method, request.path));
        let data = json!({
            "path": "secret/", "options": { "version": "2" }, "current_version": 1,
            "data": {}, "metadata": { "version": 1 },
        });
        Ok(Response { status: 200, json: Some(json!({ "data": data })) })
    }
}

/// The documented values; what only a run finds out is `any`.
fn documented(slot: &str) -> &'static str {
    use std::sync::LazyLock;
    static SLOTS: LazyLock<BTreeMap<String, String>> =
        LazyLock::new(|| config::documented("documented").unwrap().slots(&["one".to_owned()]));
    // which secret is asked; the policies are for those of the deployment
    let slot = if slot == "secret" { "database_secret" } else { slot };
    let found = if slot.ends_with("version") { "1" } else { "any" };
    SLOTS.get(slot).map_or(found, String::as_str)
}

/// Every command of a step, whatever it is for.
fn acts(step: &Step) -> Vec<Act<'_>> {
    let captured = step.capture.values().filter_map(|capture| capture.recall.as_ref());
    let generated = step.generate.values().filter_map(|generate| generate.recall.as_ref());
    let recalls = captured.chain(generated).map(|recall| step.recall_act(recall));
    let undos = step.undo.iter().map(|undo| step.undo_act(undo));
    step.act().into_iter().chain(step.check_act()).chain(undos).chain(recalls).collect()
}

/// Path to the ways in which a runbook's commands use it.
async fn used(runbook: &Runbook) -> BTreeMap<String, BTreeSet<&'static str>> {
    let vault = Agreeing::default();
    for act in runbook.steps.iter().flat_map(acts).filter(|act| act.command.route() == Route::Vault) {
        let secrets = Secrets::default();
        for name in act.secrets() {
            secrets.keep(None, name, Zeroizing::new("any".to_owned()));
        }
        let held = secrets.held_for(None, act.secrets());
        let order = Order::fill(
            "r1",
            &act,
            Target::Process,
            "/dev/shm/any",
            &|slot: &str| Some(documented(slot)),
            held,
        )
        .unwrap();
        let reply = carry_out(&vault, &order).await;
        assert!(reply.is_ok(), "{} {}", runbook.id, act.command);
    }
    let mut used: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for (method, path) in vault.0.into_inner().unwrap() {
        let (path, capability) = match method {
            Method::Get => (path, "read"),
            Method::List => (format!("{path}/"), "list"),
            Method::Put => (path, "update"),
            Method::Patch => (path, "patch"),
            Method::Delete => (path, "delete"),
        };
        if !FREE.iter().any(|free| path.starts_with(free)) {
            let there = used.entry(path.clone()).or_default();
            there.insert(capability);
            there.extend(ROOT.iter().filter(|root| path.starts_with(**root)).map(|_| "sudo"));
        }
    }
    used
}

/// Path to what a runbook says it needs there. What is made where nothing was needs `create` in place of `update`.
fn declared(runbook: &Runbook) -> BTreeMap<String, BTreeSet<&str>> {
    let mut declared: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for access in &runbook.access {
        // which secret is asked; the policies are for those of the deployment
        let value = |slot: &str| Some(documented(if slot == "secret" { "database_secret" } else { slot }));
        let path = access.path.fill(&value).unwrap().plain().unwrap();
        let said = access.capabilities.iter().map(String::as_str);
        let said = said.map(|capability| if capability == "create" { "update" } else { capability });
        assert!(declared.insert(path.clone(), said.collect()).is_none(), "{}: {path} twice", runbook.id);
    }
    declared
}

#[tokio::test]
async fn a_runbook_names_every_right_that_its_commands_use_and_no_other() {
    for runbook in built_in().unwrap() {
        let looked_at =
            |path: &str| READ_BY_LOOKS.iter().any(|(id, below)| *id == runbook.id && path.starts_with(below));
        let mut declared = declared(runbook);
        declared.retain(|path, _| !looked_at(path));
        let mut used = used(runbook).await;
        used.retain(|path, _| !looked_at(path));
        assert_eq!(declared, used, "{}", runbook.id);
    }
}

/// What the policies that console-policy writes grant, by their names.
fn policies() -> BTreeMap<String, Vec<(String, BTreeSet<String>)>> {
    let runbook = built_in().unwrap().iter().find(|runbook| runbook.id == "console-policy").unwrap();
    let writing = runbook.steps.iter().filter(|step| step.id.starts_with("write-"));
    let text = |step: &Step| {
        let content = step.stdin.as_ref().unwrap().fill(&|slot: &str| Some(documented(slot))).unwrap();
        content.reveal(&|_| None).unwrap().to_string()
    };
    writing.map(|step| (step.id.replace("write-", "vaultdeck-"), rules(&text(step)))).collect()
}

fn rules(text: &str) -> Vec<(String, BTreeSet<String>)> {
    let body: hcl_edit::structure::Body = text.parse().unwrap();
    let rule = |block: &hcl_edit::structure::Block| {
        let words = block.body.get_attribute("capabilities").unwrap().value.as_array().unwrap().iter();
        let words = words.map(|word| word.as_str().unwrap().to_owned()).collect();
        (block.labels[0].as_str().to_owned(), words)
    };
    body.blocks().map(rule).collect()
}

/// `+` stands for one segment, `*` at the end for anything; a list matches with and without its last slash.
fn covers(rule: &str, path: &str) -> bool {
    let (begin, open) = rule.strip_suffix('*').map_or((rule, false), |begin| (begin, true));
    let (rule, path): (Vec<&str>, Vec<&str>) =
        (begin.split('/').collect(), path.trim_end_matches('/').split('/').collect());
    let alike = |(one, other): (&&str, &&str)| *one == "+" || one == other;
    if open {
        let folders = rule.len() - 1;
        return path.len() > folders
            && rule[..folders].iter().zip(&path).all(alike)
            && path[folders].starts_with(rule[folders]);
    }
    rule.len() == path.len() && rule.iter().zip(&path).all(alike)
}

fn grants(rules: &[(String, BTreeSet<String>)], access: &Access) -> bool {
    let path = access.path.fill(&|slot: &str| Some(documented(slot))).unwrap().plain().unwrap();
    let granted: BTreeSet<&String> =
        rules.iter().filter(|(rule, _)| covers(rule, &path)).flat_map(|(_, words)| words).collect();
    access.capabilities.iter().all(|capability| granted.contains(capability))
}

#[test]
fn a_policy_that_is_named_as_the_way_to_a_right_grants_it_and_where_none_is_named_none_does() {
    let policies = policies();
    assert_eq!(policies.keys().collect::<Vec<_>>(), ["vaultdeck-observe", "vaultdeck-operate"]);
    for runbook in built_in().unwrap() {
        for access in &runbook.access {
            let place = format!("{}: {}", runbook.id, access.sentence());
            match &access.granted_by {
                Some(policy) => assert!(grants(&policies[policy], access), "{place} by {policy}"),
                None => assert!(policies.values().all(|rules| !grants(rules, access)), "{place}"),
            }
        }
    }
}

#[test]
fn an_operator_with_both_policies_can_do_all_but_what_sets_vault_up() {
    let administrators = |runbook: &&Runbook| runbook.access.iter().any(|one| one.granted_by.is_none());
    let ids: Vec<_> =
        built_in().unwrap().iter().filter(administrators).map(|runbook| runbook.id.as_str()).collect();
    assert_eq!(ids, ["console-policy", "setup-policy", "setup-approle", "seed-secrets", "ansible-policy"]);
}

#[test]
fn a_right_holds_fails_with_a_way_out_or_is_unknown() {
    let access = |granted_by: Option<&str>| Access {
        path: "secret/data/a".into(),
        capabilities: vec!["read".to_owned(), "patch".to_owned()],
        why: "to write the password".to_owned(),
        granted_by: granted_by.map(str::to_owned),
        when: Vec::new(),
    };
    let granted = |words: &[&str]| {
        let there = words.iter().map(|word| (*word).to_owned()).collect();
        Ok(AccessFacts { granted: [("secret/data/a".to_owned(), there)].into() })
    };
    let whole = access(None);
    assert!(whole.judge(&granted(&["list", "patch", "read"])).holds());
    assert!(whole.judge(&granted(&["root"])).holds(), "root may do everything");
    let Standing::Fails { trouble } = whole.judge(&granted(&["list", "read"])) else { panic!("it holds") };
    assert_eq!(
        trouble.in_one_line(),
        "your token may not patch secret/data/a: to write the password; granted there: list, read (log in with an administrator's token)"
    );
    let Standing::Fails { trouble } = access(Some("vaultdeck-operate")).judge(&granted(&["deny"])) else {
        panic!("it holds")
    };
    let hint = trouble.hint.unwrap();
    assert!(hint.contains("vaultdeck-operate") && hint.contains("console-policy"), "{hint}");
    let nobody = AccessFacts { granted: BTreeMap::new() };
    assert!(matches!(whole.judge(&Ok(nobody)), Standing::Unknown { .. }), "not asked is not granted");
    let sealed = Err(Trouble::new("vault is sealed"));
    assert!(matches!(whole.judge(&sealed), Standing::Unknown { .. }));
}

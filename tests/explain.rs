//! What `vaultdeck explain` says about real Vault Agent logs, and about the same logs cut, wrapped, re-encoded and
//! spoilt. `fixtures/agent-logs/expected.toml` holds what is right.

mod carriers;
mod cuts;
mod hostile;

use std::fs;
use std::sync::LazyLock;

use serde::Deserialize;
use vaultdeck::cli::exit::Exit;
use vaultdeck::cli::explain::{Format, explain};
use vaultdeck::model::agent_log::{AgentLog, AgentReading};

const FOLDER: &str = "tests/fixtures/agent-logs";

#[derive(Deserialize)]
struct Table {
    log: Vec<Expected>,
}

/// What one log says.
#[derive(Deserialize)]
struct Expected {
    file: String,
    since: String,
    attempts: u64,
    evidence: String,
    steps: Vec<Step>,
    #[serde(skip)]
    text: String,
}

/// What it says when cut after this line or a later one, up to the next step.
#[derive(Deserialize)]
struct Step {
    line: usize,
    state: String,
    class: String,
}

impl Expected {
    fn after(&self, lines: usize) -> (&str, &str) {
        let step = self.steps.iter().rev().find(|step| step.line <= lines).unwrap();
        (&step.state, &step.class)
    }
}

fn table() -> &'static [Expected] {
    static TABLE: LazyLock<Vec<Expected>> = LazyLock::new(|| {
        let mut logs = toml::from_str::<Table>(&fixture("expected.toml")).unwrap().log;
        for expected in &mut logs {
            expected.text = fixture(&expected.file);
        }
        logs
    });
    &TABLE
}

fn fixture(file: &str) -> String {
    fs::read_to_string(format!("{FOLDER}/{file}")).unwrap()
}

fn reading(text: &str) -> AgentReading {
    let mut log = AgentLog::default();
    log.read(text.as_bytes());
    log.reading(None)
}

#[test]
fn every_log_in_the_folder_is_in_the_table() {
    let mut found: Vec<_> = fs::read_dir(FOLDER).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    found.retain(|name| name.to_string_lossy().ends_with(".log"));
    assert_eq!(found.len(), table().len());
}

#[test]
fn the_json_says_what_the_table_says() {
    for expected in table() {
        let answer = explain(expected.text.as_bytes(), Format::Json, None).unwrap();
        let json: serde_json::Value = serde_json::from_str(&answer.text).unwrap();
        let (state, class) = expected.after(usize::MAX);
        assert_eq!(
            (json["state"].as_str(), json["class"].as_str()),
            (Some(state), Some(class)),
            "{}",
            expected.file
        );
        assert_eq!(json["since"].as_str().unwrap_or_default(), expected.since, "{}", expected.file);
        assert_eq!(json["attempts"], expected.attempts, "{}", expected.file);
        let evidence = json["evidence"].as_str().unwrap();
        assert!(
            evidence.contains(&expected.evidence) && !evidence.contains('\n'),
            "{}: {evidence}",
            expected.file
        );
        assert!(!json["remedy"].as_str().unwrap().is_empty(), "{}", expected.file);
        assert_eq!(answer.exit == Exit::Ok, class == "none", "{}", expected.file);
    }
}

#[test]
fn the_json_has_the_documented_keys_and_no_others() {
    let answer = explain(table()[0].text.as_bytes(), Format::Json, None).unwrap();
    let json: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&answer.text).unwrap();
    let mut keys: Vec<_> = json.keys().map(String::as_str).collect();
    keys.sort_unstable();
    assert_eq!(keys, ["attempts", "class", "evidence", "remedy", "since", "state"]);
}

#[test]
fn the_text_leads_from_the_state_to_the_guided_action() {
    let now = "2026-11-22T04:12:12Z".parse().ok();
    let text = fixture("restart_no_sid.log");
    insta::assert_snapshot!(explain(text.as_bytes(), Format::Text, now).unwrap().text);
}

#[test]
fn of_several_agents_the_worst_is_explained_and_the_others_are_named() {
    let text = fixture("compose_two_agents.log");
    insta::assert_snapshot!(explain(text.as_bytes(), Format::Text, None).unwrap().text);
    let json: serde_json::Value =
        serde_json::from_str(&explain(text.as_bytes(), Format::Json, None).unwrap().text).unwrap();
    assert_eq!(json["source"], "authentik-2-vault-agent-1");
}

#[test]
fn the_facts_for_the_console_are_read() {
    let reading = reading(&fixture("ver.log"));
    assert_eq!((reading.product.as_deref(), reading.version.as_deref()), (Some("OpenBao"), Some("2.7.2")));
    assert_eq!(reading.started_at, "2026-11-22T03:39:25.013Z".parse().ok());
    assert_eq!(reading.last_login, "2026-11-22T03:39:25.019Z".parse().ok());
    assert_eq!(reading.last_renewal, "2026-11-22T03:39:25.02Z".parse().ok());
    assert_eq!(reading.logins, 1);
    let renders: Vec<_> =
        reading.renders.iter().map(|render| (render.template.as_str(), render.at)).collect();
    let at = |at: &str| at.parse().ok();
    assert_eq!(
        renders,
        [
            ("/lab/t/ver/t.tpl", at("2026-11-22T03:39:25.029Z")),
            ("/lab/t/ver/t.tpl", at("2026-11-22T03:39:33.705Z"))
        ]
    );
}

#[test]
fn the_next_try_is_the_announced_one() {
    let text = fixture("nosid.log");
    let until = |line: usize| text.lines().take(line).fold(String::new(), |text, line| text + line + "\n");
    assert_eq!(reading(&until(33)).next_attempt, "2026-11-22T03:12:22.137Z".parse().ok());
    assert_eq!(reading(&until(32)).next_attempt, None, "it is trying");
    assert_eq!(reading(&text).next_attempt, None, "it is stopped");
}

#[test]
fn a_read_that_fails_is_told_with_its_path() {
    let text = fixture("two_templates.log");
    let fetches = reading(&text).fetches;
    assert_eq!(fetches.len(), 1);
    assert_eq!(fetches[0].path, "secret/data/cwiq/shared/authentik/nothere2");
}

#[test]
fn time_that_passes_ends_a_failed_read_but_not_a_failed_login() {
    let cut = |file: &str, line: usize| {
        let text = fixture(file);
        let mut log = AgentLog::default();
        text.lines().take(line).for_each(|line| log.push_line(line));
        log.reading("2026-11-22T09:00:00Z".parse().ok()).class.name()
    };
    assert_eq!(cut("denied.log", 101), "none");
    assert_eq!(cut("denied.log", 103), "permission_denied", "a stopped agent tries no more");
    assert_eq!(cut("nosid.log", 33), "no_secret_id");
}

#[test]
fn a_text_without_a_line_of_an_agent_is_no_failure() {
    for text in ["", "hello\n", "GET / 200\nGET / 500 error\n"] {
        let answer = explain(text.as_bytes(), Format::Text, None).unwrap();
        assert_eq!(answer.exit, Exit::Unknown, "{text}");
        assert!(answer.text.starts_with("no line of a vault agent is in it"), "{}", answer.text);
    }
}

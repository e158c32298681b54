//! Logs that nobody would write by mistake: too long, broken, or meant to deceive.

use vaultdeck::cli::explain::{Format, explain};
use vaultdeck::model::agent_log::AgentLog;

use super::{fixture, reading};

fn looping() -> String {
    fixture("nosid.log").lines().take(33).fold(String::new(), |text, line| {
        text + line
            + "
"
    })
}

#[test]
fn memory_stays_bounded_whatever_comes_in() {
    let mut log = AgentLog::default();
    let line = "2026-11-22T03:11:28.005Z [ERROR] agent.auth.handler: error authenticating:\n";
    for number in 0..80_u32 {
        log.read(format!("container-{number}  | {line}").as_bytes());
        log.read(&vec![b'x'; 1 << 20]);
        log.read(b"\n");
        log.read(&b"  | more\n".repeat(2_000));
        log.read(format!("c  | 2026-11-22T03:11:28.005Z [WARN]  agent: (view) vault.read(a/{number}): no secret exists at a (retry attempt 1 after \"1s\")\n").as_bytes());
    }
    let size = format!("{log:?}").len();
    assert!(size < 8 << 20, "{size} bytes");
}

#[test]
fn a_line_of_a_megabyte_hides_nothing() {
    let noise = "x".repeat(1 << 20);
    for log in [
        format!("{noise}\n{}", looping()),
        format!("{}{noise}", looping()),
        format!("{}{noise}\n{noise}\n", looping()),
        format!("{}2026-11-22T03:12:00.000Z [INFO]  agent.auth.handler: authenticating {noise}\n", looping()),
    ] {
        assert_eq!(reading(&log).class.name(), "no_secret_id");
    }
}

#[test]
fn an_error_of_a_megabyte_keeps_its_cause() {
    let noise = "x".repeat(1 << 20);
    let text = format!(
        "2026-11-22T03:11:28.005Z [ERROR] agent.auth.handler: error authenticating: error=\"dial tcp: connection refused {noise}\" backoff=1s\n"
    );
    assert_eq!(reading(&text).class.name(), "unreachable");
    let json = format!(
        "{{\"@level\":\"error\",\"@message\":\"error authenticating\",\"@module\":\"agent.auth.handler\",\"@timestamp\":\"2026-11-22T03:11:28.005Z\",\"error\":\"dial tcp: connection refused {noise}\"}}\n"
    );
    assert_eq!(reading(&json).class.name(), "unreachable");
}

#[test]
fn broken_utf8_and_control_characters_reach_nobody() {
    let mut log = b"  Version: Vault\x07 v1\x1b]0;x\x07\n".to_vec();
    log.extend(looping().into_bytes());
    log.extend(b"2026-11-22T03:12:22.137Z [ERROR] agent.auth.handler: error authenticating: error=\"dial tcp \xff\xfe \x07 \xc2\x9b connection refused\" backoff=1s\n");
    let answer = explain(log.as_slice(), Format::Text, None).unwrap().text;
    assert!(answer.contains("unreachable"), "{answer}");
    assert!(!answer.chars().any(|c| c.is_control() && c != '\n'), "{answer:?}");
}

#[test]
fn secrets_in_a_log_are_shown_to_nobody() {
    let token = "hvs.CAESIJlU5hm2kpbs3cOIQzQ3pYZRJ8BnGh4KHGh2cy5";
    let secret_id = "0f6b1c2d-aaaa-bbbb-cccc-0123456789ab";
    let log = format!(
        "2026-11-22T03:12:22.137Z [ERROR] agent.auth.handler: error authenticating: error=\"bad {token} and {secret_id}\" backoff=1s\n"
    );
    for format in [Format::Text, Format::Json] {
        let answer = explain(log.as_bytes(), format, None).unwrap().text;
        assert!(!answer.contains(token) && !answer.contains(secret_id), "{answer}");
    }
    let events = format!("{:?}", reading(&log).timeline);
    assert!(!events.contains(token) && !events.contains(secret_id), "{events}");
}

#[test]
fn other_programs_cannot_speak_for_the_agent() {
    let mut log = AgentLog::default();
    log.push_line("vault-agent-1  | 2026-11-22T03:11:28.005Z [INFO]  agent.auth.handler: renewed auth token");
    for number in 0..1000 {
        log.push_line(&format!("fake-{number}  | error authenticating: no known secret ID backoff=1s"));
    }
    log.push_line("vault-agent-1  | 2026-11-22T03:11:29.005Z [INFO]  agent: (child) spawning: /bin/true");
    log.push_line("vault-agent-1  |   | * Vault is sealed");
    assert_eq!(log.reading(None).class.name(), "none");
}

#[test]
fn what_is_no_agents_log_gets_no_all_clear() {
    for text in ["", "hello\n", "{\"level\":\"info\"}\n", "2026-11-22T03:11:29.005Z [INFO]  core: unsealed\n"]
    {
        assert_eq!(reading(text).class.name(), "unknown", "{text}");
    }
}

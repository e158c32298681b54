//! The same log through every carrier, and in the other format, says the same.

use vaultdeck::model::agent_log::AgentReading;

use super::{Expected, reading, table};

/// Logs that come from the agent itself, without a carrier.
fn bare() -> impl Iterator<Item = &'static Expected> {
    table()
        .iter()
        .filter(|expected| !expected.file.starts_with("compose_") && !expected.file.starts_with("journal_"))
}

fn wrapped(text: &str, wrap: impl Fn(&str, &str) -> String) -> AgentReading {
    let mut stamp = String::from("2020-01-01T00:00:00.000000001Z");
    let lines = text.lines().map(|line| {
        if let Some(own) = line.split(' ').next().filter(|word| word.ends_with('Z') && word.starts_with("20"))
        {
            stamp = own.to_owned();
        }
        wrap(&stamp, line)
    });
    reading(&lines.collect::<Vec<_>>().join("\n"))
}

/// Everything but the name of the container.
fn unnamed(reading: AgentReading) -> AgentReading {
    AgentReading { source: None, ..reading }
}

/// What a carrier's own times cannot change.
fn verdict(reading: &AgentReading) -> (&'static str, &'static str, u32, String, String) {
    let (evidence, remedy) = (reading.evidence.clone(), reading.remedy.clone());
    (reading.state.name(), reading.class.name(), reading.attempts, evidence, remedy)
}

#[test]
fn compose_adds_nothing_but_the_name() {
    for expected in bare() {
        let text = &expected.text;
        for wrap in [
            |_: &str, line: &str| format!("vault-agent-1  | {line}"),
            |_: &str, line: &str| format!("vault-agent_1  | {line}").trim_end().to_owned(),
            |_: &str, line: &str| format!("\u{1b}[36mvault-agent-1  | \u{1b}[0m{line}\r"),
            |_: &str, line: &str| format!("[pod/authentik-0/vault-agent] {line}"),
            |_: &str, line: &str| format!("Nov 22 03:11:28 authentik-1 vault-agent[77]: {line}"),
        ] {
            assert_eq!(unnamed(wrapped(text, wrap)), reading(text), "{}", expected.file);
        }
    }
}

#[test]
fn a_carriers_time_changes_no_verdict() {
    for expected in bare().filter(|expected| !expected.file.starts_with("hashicorp_old")) {
        let text = &expected.text;
        for wrap in [
            |stamp: &str, line: &str| format!("{stamp} {line}"),
            |stamp: &str, line: &str| format!("vault-agent-1  | {stamp} {line}"),
            |stamp: &str, line: &str| {
                serde_json::json!({"log": format!("{line}\n"), "stream": "stderr", "time": stamp}).to_string()
            },
        ] {
            assert_eq!(verdict(&wrapped(text, wrap)), verdict(&reading(text)), "{}", expected.file);
        }
    }
}

#[test]
fn the_json_format_says_what_the_text_format_says() {
    for expected in bare().filter(|expected| !expected.file.starts_with("tail_")) {
        let text = &expected.text;
        let json = reading(&as_json(text));
        assert_eq!(verdict(&json), verdict(&reading(text)), "{}", expected.file);
        assert_eq!(json.since, reading(text).since, "{}", expected.file);
    }
}

/// Re-encodes a text log as the agent would have written it with `log_format = "json"`.
fn as_json(text: &str) -> String {
    let mut out = Vec::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let Some((stamp, level, module, message)) = header(line) else {
            out.push(line.to_owned());
            continue;
        };
        let mut rest = Vec::new();
        if matches!(level, "WARN" | "ERROR") {
            while let Some(more) = lines.next_if(|more| header(more).is_none() && !is_unlevelled(more)) {
                rest.push(more);
            }
        }
        let mut entry = serde_json::json!({
            "@level": level.to_ascii_lowercase(), "@module": module, "@timestamp": stamp, "@message": message,
        });
        if message.starts_with('(') || message.starts_with("vault.") {
            entry["@message"] = [&[message], rest.as_slice()].concat().join("\n").into();
        } else {
            add_fields(&mut entry, message, &rest);
        }
        out.push(entry.to_string());
    }
    out.join("\n")
}

fn is_unlevelled(line: &str) -> bool {
    line.starts_with("==> ") || line.starts_with("Error encountered") || line.starts_with("error ")
}

fn header(line: &str) -> Option<(&str, &str, &str, &str)> {
    let (stamp, rest) = line.split_once(" [")?;
    let (level, rest) = rest.split_once(']')?;
    let (module, message) =
        rest.trim_start().split_once(": ").or_else(|| Some((rest.trim().strip_suffix(':')?, "")))?;
    (stamp.starts_with("20") && !module.contains(' ')).then_some((stamp, level, module, message))
}

/// `message: error="…" backoff=1s`, or the error as a block of `  | ` lines.
fn add_fields(entry: &mut serde_json::Value, message: &str, rest: &[&str]) {
    let (said, fields) = message.split_once(": error=").unwrap_or((message.trim_end_matches(':'), ""));
    entry["@message"] = said.into();
    let block: Vec<_> =
        rest.iter().filter_map(|line| line.strip_prefix("  | ").or(line.strip_prefix("  |"))).collect();
    if !block.is_empty() {
        entry["error"] = block.join("\n").replace("\\t", "\t").into();
    } else if let Some((error, _)) = fields.strip_prefix('"').and_then(|fields| fields.rsplit_once('"')) {
        entry["error"] = error.replace("\\\"", "\"").into();
    }
    for words in [message, rest.last().copied().unwrap_or_default()] {
        for key in ["backoff", "exitCode"] {
            if let Some((_, value)) = words.rsplit_once(&format!("{key}=")) {
                entry[key] = value.into();
            }
        }
    }
}

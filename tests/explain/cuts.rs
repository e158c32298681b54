//! Logs that end, or begin, anywhere.

use proptest::prelude::*;
use vaultdeck::model::agent_log::AgentLog;

use super::{fixture, reading, table};

#[test]
fn every_cut_reads_as_the_table_says() {
    for expected in table() {
        let mut log = AgentLog::default();
        for (number, line) in (1..).zip(expected.text.lines()) {
            log.push_line(line);
            let reading = log.reading(None);
            let found = (reading.state.name(), reading.class.name());
            assert_eq!(found, expected.after(number), "{} cut after line {number}", expected.file);
        }
    }
}

#[test]
fn asking_in_between_changes_nothing() {
    for expected in table() {
        let mut log = AgentLog::default();
        for piece in expected.text.as_bytes().chunks(37) {
            log.read(piece);
            _ = log.reading(None);
        }
        assert_eq!(log.reading(None), reading(&expected.text), "{}", expected.file);
    }
}

#[test]
fn a_login_loop_that_the_log_begins_within_is_recognised_wherever_it_begins() {
    for (file, class) in
        [("nosid.log", "no_secret_id"), ("cidr.log", "cidr_denied"), ("unreachable.log", "unreachable")]
    {
        let text = fixture(file);
        let lines: Vec<_> = text.lines().collect();
        let last_error = lines.iter().rposition(|line| line.contains("[ERROR]")).unwrap();
        for first in 0..=last_error {
            assert_eq!(reading(&lines[first..].join("\n")).class.name(), class, "{file} from line {first}");
        }
    }
}

proptest! {
    #[test]
    fn no_part_of_a_log_is_too_much(pick in any::<prop::sample::Index>(), from in any::<prop::sample::Index>(), to in any::<prop::sample::Index>()) {
        let bytes = pick.get(table()).text.as_bytes();
        let (from, to) = (from.index(bytes.len()), to.index(bytes.len()));
        let mut log = AgentLog::default();
        log.read(&bytes[from.min(to)..from.max(to)]);
        let reading = log.reading(None);
        prop_assert!(!reading.evidence.contains('\n'));
        prop_assert!(reading.since <= reading.last_event_at || reading.last_event_at.is_none());
    }

    #[test]
    fn a_cut_within_a_line_says_what_the_line_before_or_the_line_itself_says(pick in any::<prop::sample::Index>(), at in any::<prop::sample::Index>()) {
        let expected = pick.get(table());
        let text = &expected.text;
        let Some(cut) = text.get(..at.index(text.len()).max(1)) else { return Ok(()) };
        let kept = cut.rsplit('\n').next().unwrap_or_default();
        if !kept.is_empty() && kept.len() < 60 {
            // a line without its message is only a time
            return Ok(());
        }
        let lines = cut.lines().count();
        let found = reading(cut);
        let found = (found.state.name(), found.class.name());
        // how a template failed stands at the end of the line
        let cause_is_cut = found.1 == "template_error" && kept.contains("template server error");
        let before = if lines > 1 { expected.after(lines - 1) } else { ("starting", "none") };
        prop_assert!(
            found == before || found == expected.after(lines) || found.1 == "unknown" || cause_is_cut,
            "{} cut within line {lines}: {found:?}", expected.file
        );
    }
}

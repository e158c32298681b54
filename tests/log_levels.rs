//! How loud a line says it is: cases from real programs in `log_levels.toml`, and every agent's log among the fixtures.

use std::fs;

use serde::Deserialize;
use vaultdeck::model::log_level::{LogLevel, goes_on};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Cases {
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    from: String,
    line: String,
    level: Level,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Level {
    Error,
    Warn,
    Info,
    Debug,
    None,
    GoesOn,
}

impl Level {
    fn of(line: &str) -> Self {
        match LogLevel::of(line) {
            Some(LogLevel::Error) => Self::Error,
            Some(LogLevel::Warn) => Self::Warn,
            Some(LogLevel::Info) => Self::Info,
            Some(LogLevel::Debug) => Self::Debug,
            None if goes_on(line) => Self::GoesOn,
            None => Self::None,
        }
    }
}

#[test]
fn a_line_is_as_loud_as_its_program_meant_it() {
    let cases: Cases = toml::from_str(include_str!("log_levels.toml")).unwrap();
    let wrong: Vec<_> = cases
        .case
        .iter()
        .filter(|case| Level::of(&case.line) != case.level)
        .map(|case| {
            format!("{}: {:?} is no {:?}: {}", case.from, Level::of(&case.line), case.level, case.line)
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_entry_of_every_agents_log_is_as_loud_as_it_says() {
    let marks = [
        ("[ERROR]", Level::Error),
        ("[ERR]", Level::Error),
        ("[WARN]", Level::Warn),
        ("[INFO]", Level::Info),
        ("[DEBUG]", Level::Debug),
        ("\"@level\":\"error\"", Level::Error),
        ("\"@level\":\"warn\"", Level::Warn),
        ("\"@level\":\"info\"", Level::Info),
    ];
    let (mut entries, mut errors) = (0, 0);
    for file in fs::read_dir("tests/fixtures/agent-logs").unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "log") {
            continue;
        }
        for line in String::from_utf8_lossy(&fs::read(&path).unwrap()).lines() {
            let Some((mark, level)) = marks.iter().find(|(mark, _)| line.contains(mark)) else { continue };
            assert_eq!(Level::of(line), *level, "{mark} in {}: {line}", path.display());
            entries += 1;
            errors += usize::from(*level == Level::Error);
        }
    }
    assert!(entries > 500 && errors > 100, "{entries} entries, {errors} errors");
}

#[test]
fn the_block_below_an_agents_error_goes_on_with_it() {
    let log = fs::read_to_string("tests/fixtures/agent-logs/badsid.log").unwrap();
    let block: Vec<_> = log
        .lines()
        .skip_while(|line| Level::of(line) != Level::Error)
        .skip(1)
        .take_while(|line| !line.contains("[INFO]"))
        .map(Level::of)
        .collect();
    assert_eq!(block, [Level::GoesOn; 8]);
}

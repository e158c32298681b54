//! How it reads: pages as snapshots, and the two formats that machines read by their own grammar.

use std::collections::BTreeSet;

use vaultdeck::cli::args::CheckFormat;
use vaultdeck::cli::paint::Paint;

use super::{Format, SCENARIOS, check_of, pretend, seen, status_of};
use crate::judgement::evening::Evening;

#[tokio::test]
async fn the_page_of_a_fleet_in_trouble() {
    insta::assert_snapshot!(status_of(pretend("trouble"), Format::Page(Paint::Plain)).await);
}

#[tokio::test]
async fn the_page_of_a_healthy_fleet() {
    insta::assert_snapshot!(status_of(pretend("healthy"), Format::Page(Paint::Plain)).await);
}

#[tokio::test]
async fn a_check_of_a_fleet_in_trouble() {
    insta::assert_snapshot!(check_of(pretend("trouble"), CheckFormat::Text, false).await.1);
}

#[tokio::test]
async fn nagios_gets_one_line_with_state_and_performance_data() {
    let (_, line) = check_of(pretend("trouble"), CheckFormat::Nagios, false).await;
    insta::assert_snapshot!(line);
    for scenario in SCENARIOS {
        let (exit, line) = check_of(pretend(scenario), CheckFormat::Nagios, false).await;
        assert_eq!((line.matches('\n').count(), line.matches('|').count()), (1, 1), "{line}");
        let state = ["OK", "WARNING", "CRITICAL", "UNKNOWN"][usize::from(exit as u8)];
        assert!(line.starts_with(&format!("VAULTDECK {state} - ")), "{line}");
    }
}

#[tokio::test]
async fn a_bar_in_a_name_does_not_begin_the_performance_data() {
    let evening = Evening::with(|evening| evening.rds(|rds| "storage|full".clone_into(&mut rds.status)));
    let (_, line) = check_of(seen(&evening), CheckFormat::Nagios, false).await;
    assert_eq!(line.matches('|').count(), 1, "{line}");
}

#[tokio::test]
async fn prometheus_gets_families_with_help_type_and_unique_series() {
    for scenario in SCENARIOS {
        let (_, text) = check_of(pretend(scenario), CheckFormat::Prometheus, false).await;
        let mut family = String::new();
        let mut series = BTreeSet::new();
        for line in text.lines() {
            if let Some(rest) = line.strip_prefix("# HELP ") {
                family = rest.split(' ').next().unwrap().to_owned();
            } else if let Some(rest) = line.strip_prefix("# TYPE ") {
                assert_eq!(rest, format!("{family} gauge"));
            } else {
                let (name, value) = line.rsplit_once(' ').unwrap();
                assert!(name.starts_with(&format!("{family}{{")) && name.ends_with("\"}"), "{line}");
                assert!(value.parse::<f64>().is_ok(), "{line}");
                assert!(series.insert(name.to_owned()), "twice: {line}");
            }
        }
        assert!(series.len() > 100, "{scenario}: {}", series.len());
    }
}

#[tokio::test]
async fn prometheus_labels_are_escaped() {
    let evening = Evening::with(|evening| evening.deployment.name = "a\"b\\c\nd".to_owned());
    let (_, text) = check_of(seen(&evening), CheckFormat::Prometheus, false).await;
    assert!(text.contains(r#"vaultdeck_check_exit_code{deployment="a\"b\\c\nd"} 0"#), "{text}");
}

#[tokio::test]
async fn colour_only_repeats_what_a_sign_or_word_says() {
    let coloured = status_of(pretend("trouble"), Format::Page(Paint::Colour)).await;
    let plain = status_of(pretend("trouble"), Format::Page(Paint::Plain)).await;
    assert!(coloured.contains("\x1b[31m"));
    assert_eq!(strip_ansi_escapes::strip_str(&coloured), plain);
}

#[tokio::test]
async fn check_as_json_carries_its_exit_code() {
    let (exit, text) = check_of(pretend("trouble"), CheckFormat::Json, false).await;
    let document: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(document["schema"], "vaultdeck.check/1");
    assert_eq!(document["exit"], exit as u8);
    assert_eq!(document["state"], "critical");
}

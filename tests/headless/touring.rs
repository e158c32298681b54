//! The tour without a terminal: each page with what it shows and how its checks stand.

use std::collections::BTreeMap;

use vaultdeck::cli::exit::Exit;
use vaultdeck::cli::paint::Paint;
use vaultdeck::cli::tour::{self, Format};
use vaultdeck::config;

use super::pretend;

async fn tour_of(scenario: &str, format: Format) -> String {
    let (mut deck, mut fleet) = pretend(scenario);
    let slots: BTreeMap<_, _> = config::documented("demo").unwrap().slots(&fleet.deployment.hosts);
    let mut out = Vec::new();
    let exit = tour::tour(&mut deck, &mut fleet, &slots, format, &mut out).await.unwrap();
    assert_eq!(exit, Exit::Ok);
    String::from_utf8(out).unwrap()
}

#[tokio::test]
async fn every_page_is_printed_with_its_checks() {
    insta::assert_snapshot!(tour_of("trouble", Format::Pages(Paint::Plain)).await);
}

#[tokio::test]
async fn a_list_tells_what_is_done_and_nothing_unmeasured_counts_as_done() {
    let empty = tour_of("empty", Format::List(Paint::Plain)).await;
    let signs: String = empty.lines().map(|line| line.chars().nth(1).unwrap()).collect();
    assert_eq!(signs, "✓✓✗?✗✗?✗✗ ", "{empty}");
    let healthy = tour_of("healthy", Format::List(Paint::Plain)).await;
    assert!(healthy.contains("✓ deploy") && healthy.contains("? verify"), "{healthy}");
}

#[tokio::test]
async fn as_json_it_is_one_array_of_pages_with_facts_and_standings() {
    let json: serde_json::Value = serde_json::from_str(&tour_of("healthy", Format::Json).await).unwrap();
    let pages = json.as_array().unwrap();
    assert_eq!((pages.len(), &pages[2]["id"], &pages[2]["progress"]), (10, &"policy".into(), &"done".into()));
    assert_eq!(pages[2]["checks"][0]["standing"]["standing"], "holds");
    assert_eq!(pages[0]["shows"].as_array().unwrap().len(), 7, "every station of the flow is found");
}

#[test]
fn the_exercises_are_listed_without_giving_anything_away() {
    let text = tour::exercises(Paint::Plain).unwrap();
    assert!(text.contains("all-red") && !text.contains("seal"), "{text}");
}

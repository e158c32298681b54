//! Evenings with many rows: which are shown, and in which order.

use vaultdeck::model::subject::Subject;
use vaultdeck::model::trouble::Trouble;

use super::procedures::evening;
use super::stage::{Stage, stage};

#[test]
fn letters_patterns_and_their_reverse_filter_every_table() {
    stage().press("4 /").paste("~ak2").shows("authentik-2").hides("authentik-1");
    stage().press("4 /").paste("=~ik-[12]$").shows("authentik-2").hides("authentik-3");
    stage().press("4 /").paste("!=~ik-[12]$").shows("authentik-3").hides("authentik-1");
    stage().press("2 /").paste("=~^ACCESSOR|dangling|seal").shows("unsealed").hides("token lives");
    stage().press("3 /").paste("~vers8").shows("version 8").hides("version 7");
    stage().press("6 /").paste("!identifier").hides("  identifier").shows("endpoint");
    evening("trouble").press("7 /").types("=~^rotate").shows("rotate-secret-key").hides("deploy ");
}

#[test]
fn a_pattern_that_is_none_is_told_and_hides_nothing() {
    stage()
        .press("4 /")
        .paste("=~authentik-(")
        .shows("✗ no regular expression yet, so every row is shown")
        .shows("authentik-1")
        .shows("authentik-3")
        .paste("3)")
        .hides("no regular expression")
        .hides("authentik-1");
}

#[test]
fn a_filter_that_nothing_passes_says_so() {
    stage().press("2 /").paste("zzz").shows("nothing here has these words");
    evening("trouble").press("8 /").types("zzz").shows("no run");
}

/// Names of hosts in the order in which the screen has them.
fn hosts(stage: &mut Stage) -> Vec<String> {
    let text = stage.text();
    let words = text.lines().filter_map(|line| line.split_whitespace().find(|word| *word != "▌"));
    words.filter(|word| word.starts_with("authentik-")).map(str::to_owned).collect()
}

#[test]
fn hosts_are_ordered_by_any_column_and_the_selection_stays_on_its_host() {
    let mut stage = stage();
    stage.press("4 j");
    assert_eq!(hosts(&mut stage), ["authentik-1", "authentik-2", "authentik-3"]);
    stage.press("> >").shows("WORST ▲").shows("by WORST ▲").shows("▌ authentik-2");
    assert_eq!(hosts(&mut stage), ["authentik-3", "authentik-1", "authentik-2"]);
    stage.press(",").shows("WORST ▼").shows("▌ authentik-2");
    assert_eq!(hosts(&mut stage), ["authentik-1", "authentik-2", "authentik-3"]);
    stage.press("< ,").shows("HOST ▼");
    assert_eq!(hosts(&mut stage), ["authentik-3", "authentik-2", "authentik-1"]);
    stage.press("<").shows("in the order in which they come").hides("▼");
    assert_eq!(hosts(&mut stage), ["authentik-1", "authentik-2", "authentik-3"]);
}

#[test]
fn an_order_is_kept_while_the_picture_changes_below_it() {
    let mut stage = stage();
    stage.press("4 > > G").shows("▌ authentik-2");
    stage.fails("authentik-1", "cannot reach authentik-1").shows("▌ authentik-2").shows("WORST ▲");
    stage.press("2 4").shows("WORST ▲").shows("▌ authentik-2");
}

#[test]
fn the_matrix_on_home_is_ordered_where_the_cursor_is_in_it() {
    let mut stage = stage();
    stage.press("> > >").shows("AGENT ▲");
    stage.press("tab >").shows("AGENT ▲").hides("SECRET-ID ▲");
}

#[test]
fn secret_ids_are_a_table_that_can_be_ordered() {
    let mut stage = stage();
    stage.press("2 /").paste("authentik-").press("enter");
    let mut seen = Vec::new();
    for _ in 0..8 {
        stage.press("tab");
        if stage.press(">").text().contains("ACCESSOR ▲") {
            seen = stage.press("> > >").shows("EXPIRES ▲").text().lines().map(str::to_owned).collect();
            break;
        }
    }
    assert!(seen.iter().any(|line| line.contains("live")), "{seen:?}");
}

#[test]
fn actions_and_runs_are_ordered_too() {
    evening("trouble").press("7 > ,").shows("ACTION ▼").press("8 >").shows("no runs yet");
}

#[test]
fn going_back_leads_the_way_that_was_taken() {
    stage()
        .press("2 / s e a l enter :")
        .paste("authentik-3")
        .press("enter")
        .shows("vault ▸ hosts ▸ authentik-3")
        .press("n enter")
        .shows("vault ▸ hosts ▸ authentik-3 ▸")
        .press("esc L")
        .shows("vault ▸ hosts ▸ authentik-3 ▸ logs")
        .press("esc")
        .shows("CONTAINERS")
        .shows("vault ▸ hosts ▸ authentik-3")
        .press("esc esc")
        .shows("/seal")
        .hides("vault ▸");
}

#[test]
fn the_row_under_the_cursor_stays_chosen_while_a_filter_is_typed_and_after_it() {
    let mut stage = stage();
    stage.press("4 g j").shows("▌ authentik-2").press("/").paste("=~[23]").shows("▌ authentik-2");
    let mut stage = self::stage();
    stage.press("4 g j /").paste("k-2").shows("▌ authentik-2").hides("authentik-1").press("esc");
    stage.shows("▌ authentik-2").shows("authentik-1");
    stage.press("/").paste("k-3").shows("▌ authentik-3").press("esc").shows("▌ authentik-2");
    stage.press("/").paste("k-2").press("enter esc").shows("▌ authentik-2").shows("authentik-1");
}

#[test]
fn what_is_unknown_for_one_reason_is_one_line() {
    let mut scene = super::fleet::of_hosts(3);
    for observation in &mut scene.observations {
        if matches!(observation.subject, Subject::Vault | Subject::Role | Subject::Policy | Subject::Token) {
            observation.facts = Err(Trouble::new("cannot reach vault").because("connection refused"));
        }
    }
    let mut stage = super::stage::with(scene).sized(200, 60);
    stage.shows("things are not known: cannot reach vault: connection refused");
}

#[test]
fn a_key_that_does_nothing_here_says_so() {
    stage().press("1 tab K").shows("K does nothing here");
}

#[test]
fn a_filter_on_home_keeps_findings_and_clocks_too() {
    let mut stage = stage();
    stage.press("1 /").paste("certificate").shows("the rds certificate").shows("rds certificate rds-ca");
    stage.hides("cannot log in").hides("logs in again").press("enter tab enter").shows("RDS-CERT");
    stage.press("esc esc").shows("cannot log in");
    stage.press("/").paste("zzz").shows("no finding has these words").shows("no clock has these words");
}

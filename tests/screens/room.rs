//! Evenings on small and on large screens: what must be read is never cut, and what lies outside is said where no text stands.

use std::collections::BTreeMap;
use std::time::Duration;

use vaultdeck::config;
use vaultdeck::model::fleet::Observation;
use vaultdeck::model::subject::Subject;
use vaultdeck::model::trouble::Trouble;
use vaultdeck::tui::app::Message;

use super::fleet;
use super::procedures::evening;
use super::stage::{self, Stage, stage};

/// From the smallest to the largest.
const SIZES: [(u16, u16); 4] = [(60, 16), (80, 24), (120, 40), (200, 60)];

/// What stands in the window in front, or on the whole screen, as it is read: line after line, without frames.
fn read(stage: &Stage) -> String {
    let text = stage.text();
    let framed = text.lines().filter_map(|line| {
        let (start, end) = (line.find('│')?, line.rfind('│')?);
        line.get(start..end)
    });
    let framed: Vec<_> = framed.collect();
    let lines = if framed.is_empty() { text.lines().collect() } else { framed };
    let words = lines.into_iter().flat_map(str::split_whitespace);
    words
        .map(|word| word.trim_matches(['│', '▌']))
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

#[track_caller]
fn reads(stage: &Stage, words: &str) {
    let seen = read(stage);
    assert!(seen.contains(words), "`{words}` cannot be read:\n{}", stage.text());
}

#[test]
fn the_sentence_of_a_finding_is_read_in_full_behind_it() {
    for (width, height) in SIZES {
        let mut stage = stage().sized(width, height);
        stage.press("tab j j j enter");
        reads(&stage, "! a restart would leave the agent of authentik-3 without a secret-id:");
        reads(&stage, "/data/authentik/vault/config/secret-id is not there");
    }
}

#[test]
fn reasons_and_what_helps_are_read_in_full_on_a_page() {
    let because = "no such section in /home/jane/.aws/config, /home/jane/.aws/credentials or the environment";
    for (width, height) in SIZES {
        let mut scene = fleet::of_hosts(3);
        scene.observations.retain(|observation| observation.subject != Subject::Account);
        let mut stage = stage::with(scene).sized(width, height);
        let facts = Err(Trouble::new("aws profile shared-services is not defined").because(because));
        let (subject, at, took) = (Subject::Account, fleet::now(), Duration::ZERO);
        stage.take(Message::Observed(vec![Observation { subject, at, took, facts }]));
        stage.judge();
        stage.press("6 /").paste("not defined").press("enter");
        reads(&stage, "aws profile shared-services is not defined: no such section in");
        reads(&stage, "/home/jane/.aws/credentials or the environment");
    }
}

#[test]
fn a_row_that_takes_several_lines_is_one_step_of_the_cursor() {
    let mut stage = stage().sized(200, 60);
    stage.press("4 G enter g tab j").shows("▌ last login").press("j j j").shows("▌ remedy");
    stage.press("j").shows("▌ log of").press("k").shows("▌ remedy");
}

#[test]
fn a_long_name_is_not_broken_before_its_stand_in_is_put_in_its_place() {
    for (width, height) in SIZES {
        let mut stage = stage().sized(width, height);
        stage.press("S 6").hides("authentik-postgres").press("G").hides("authentik-postgres");
        stage.press("4 G enter").hides("authentik-3").press("G").hides("authentik-3");
    }
}

#[test]
fn the_help_opens_at_the_place_and_every_sentence_in_it_is_whole() {
    for (width, height) in SIZES {
        for keys in ["5 ?", "7 ?", "?"] {
            let mut stage = stage().sized(width, height);
            stage.press(keys);
            for _ in 0..8 {
                assert!(!read(&stage).contains('…'), "{}", stage.text());
                stage.press("ctrl-f");
            }
        }
        let mut stage = stage().sized(width, height);
        let text = stage.press("5 ?").text();
        let (log, everywhere) = (text.find("in a log"), text.find("everywhere"));
        assert!(log.is_some_and(|log| everywhere.is_none_or(|everywhere| log < everywhere)), "{text}");
    }
}

#[test]
fn a_page_of_the_help_is_what_is_seen_of_it() {
    let mut stage = stage().sized(80, 24);
    let first = read(stage.press("?"));
    let second = read(stage.press("ctrl-f"));
    let last_seen = first.split(' ').rev().take(6).collect::<Vec<_>>();
    let last_seen = last_seen.into_iter().rev().collect::<Vec<_>>().join(" ");
    assert!(!second.contains(&last_seen), "{first}\n{second}");
    let back = read(stage.press("ctrl-b"));
    assert_eq!(back, first);
    let half = read(stage.press("ctrl-d"));
    assert!(half.contains(&last_seen), "{half}");
    stage.press("G").shows("↑").press("k").shows("↓");
}

#[test]
fn what_lies_outside_a_window_is_said_where_no_text_stands() {
    let mut evening = evening("trouble").sized(80, 24);
    let text = evening.press("7").shows("↓ 3").stage.text();
    assert!(text.lines().any(|line| line.contains("ASKS FIRST") && line.ends_with("↓ 3")), "{text}");
    let text = evening.plans("rotate-secret-key").shows("↓").press("ctrl-f").shows("↑").stage.text();
    let rule = text.lines().find(|line| line.contains('↓')).unwrap();
    assert!(rule.trim_start().starts_with('─'), "{text}");
    let above = text.lines().find(|line| line.contains('↑')).unwrap();
    assert!(above.trim().starts_with('↑'), "{text}");
}

#[test]
fn the_worst_findings_are_seen_on_the_smallest_screen() {
    for hosts in [3, 200] {
        let mut stage = stage::with(fleet::of_hosts(hosts)).sized(60, 16);
        stage
            .shows("✗ the agent of authentik-")
            .shows("looks healthy but cannot")
            .shows("! role lockout needs");
        stage
            .press("tab tab")
            .shows("NEXT TO EXPIRE")
            .shows("your token")
            .press("j j")
            .shows("logs in again");
        stage.press("tab").shows("FINDINGS").shows("! role lockout needs");
    }
}

#[test]
fn the_clock_gives_way_to_what_is_not_well() {
    stage().sized(60, 16).shows("rds !").hides("!Z");
    stage().sized(80, 24).shows("rds !     14:02Z");
}

#[test]
fn rows_that_begin_alike_can_be_told_apart() {
    for (width, height) in [(60, 16), (80, 24), (120, 40)] {
        let mut stage = stage().sized(width, height);
        stage.press("4 G enter /").paste("running").press("enter");
        stage.shows("agent-1 ").shows("server-1 ").shows("worker-1 ");
        stage.press("esc esc 2 /").paste("auth/approle/role").press("enter");
        let text = stage.text();
        let paths =
            text.lines().filter_map(|line| line.split_whitespace().find(|word| word.starts_with("auth/")));
        let mut paths: Vec<_> = paths.collect();
        let all = paths.len();
        paths.sort_unstable();
        paths.dedup();
        assert!(all > 2 && paths.len() == all, "{text}");
    }
}

#[test]
fn a_run_of_today_is_told_by_its_time_and_one_of_before_by_its_day() {
    let mut evening = evening("trouble").sized(80, 24);
    evening.runs("setup-policy").press("q 8").shows(" 14:02Z").hides("2026-11-2 ").hides("22 Nov");
    evening.stage.at(fleet::now() + jiff::SignedDuration::from_hours(30));
    evening.shows("22 Nov ").hides(" 14:02Z");
}

#[test]
fn the_title_of_a_step_is_read_in_full_below_the_list() {
    let mut evening = evening("healthy").sized(60, 16);
    evening.runs("setup-policy").press("g j j").shows("issue a token with just this pol");
    reads(&evening.stage, "step issue a token with just this policy, for a minute");
}

#[test]
fn every_question_of_a_form_is_read_in_full_and_nothing_lies_over_its_last_word() {
    for (width, height) in SIZES {
        for id in ["rotate-rds-password", "deploy", "regenerate-secret-id", "rollback-secret"] {
            let mut evening = evening("healthy").sized(width, height);
            evening.opens(id).hides("ticket note");
            let mut seen = String::new();
            for _ in 0..8 {
                evening.shows("show the plan").shows("esc give up");
                seen += &read(&evening.stage);
                evening.press("tab");
            }
            let shelf = config::runbooks(None);
            let runbook = shelf.runbooks.iter().find(|shelved| shelved.runbook.id == id).unwrap();
            let asked =
                runbook.runbook.inputs.iter().filter(|input| !input.is_secret() && input.when.is_empty());
            for input in asked {
                assert!(seen.contains(&input.title), "{width}x{height} {id}: {}\n{seen}", input.title);
            }
        }
    }
}

#[test]
fn what_nobody_has_typed_gives_way_to_what_is_typed_and_a_key_clears_a_field() {
    let mut evening = evening("healthy");
    evening.opens("rotate-rds-password").press("tab tab").shows("none ").shows("typing replaces it");
    evening.press("2 0").shows(" 20 ").hides("none20").hides("typing replaces it");
    evening.press("ctrl-u").hides(" 20 ").press("a b backspace").shows(" a ");
    evening.press("esc").opens("rotate-rds-password").press("tab tab backspace x").shows("nonx");
}

#[test]
fn a_form_over_two_hundred_hosts_stays_in_its_window() {
    for (width, height) in SIZES {
        for id in ["fix-render", "regenerate-secret-id", "fix-agent-auth"] {
            let mut stage = stage::with(fleet::of_hosts(200)).sized(width, height);
            stage.take(Message::CanAct(Ok(BTreeMap::new())));
            stage.take(Message::Shelved(config::runbooks(None)));
            stage.press("7 /").paste(id).press("enter enter");
            let text = stage.shows("show the plan").shows("esc give up").text();
            assert!(text.matches("authentik-").count() < 20, "{text}");
        }
        let mut stage = stage::with(fleet::of_hosts(200)).sized(width, height);
        stage.take(Message::CanAct(Ok(BTreeMap::new())));
        stage.take(Message::Shelved(config::runbooks(None)));
        stage.press("7 /").paste("fix-render").press("enter enter");
        reads(&stage, "some of 200 hosts, names with commas between them");
        stage.paste("nobody").press("tab tab tab tab enter").shows("✗ `nobody` is").shows("esc give up");
        assert!(stage.text().matches("authentik-").count() < 40, "{}", stage.text());
    }
}

#[test]
fn a_plan_says_how_many_it_would_change_in_full_on_a_narrow_screen() {
    let mut evening = evening("healthy").sized(80, 24);
    evening.plans("rotate-rds-password").shows("16 steps, 7 write, 1 cannot be undone");
}

#[test]
fn the_whole_name_and_enter_run_it_and_cancel_says_that_nothing_was_run() {
    let mut evening = evening("healthy");
    evening
        .plans("rotate-secret-key")
        .press("enter")
        .shows("▸ cancel")
        .press("enter")
        .shows("nothing was run");
    evening.press("enter").types("demo").shows("▸ run it").press("left enter").shows("nothing was run");
    evening.press("enter").types("demo").press("backspace enter").shows("nothing was run");
    evening.press("enter").types("demo").press("enter").shows("run ▸ rotate-secret-key");
}

#[test]
fn a_column_that_is_shown_and_has_no_room_says_so() {
    let mut stage = stage().sized(60, 16);
    stage.press("K").shows("– SSH").shows("no room").shows("✓ AGENT");
    let mut wide = super::stage::stage().sized(200, 60);
    wide.press("K").shows("✓ SSH").hides("no room");
}

#[test]
fn what_is_wrong_with_a_pattern_is_said_as_long_as_it_stands_there() {
    stage()
        .press("4 /")
        .paste("=~[")
        .press("enter")
        .shows("✗ no regular expression yet")
        .press("j")
        .shows("✗ no regular expression yet")
        .press("esc")
        .hides("no regular expression");
}

#[test]
fn among_the_actions_the_key_for_actions_says_that_enter_opens_one() {
    evening("trouble").press("7 x").shows("enter opens it").hides("a lists them all");
}

#[test]
fn the_menu_is_as_wide_as_its_titles_where_there_is_room() {
    let mut evening = evening("trouble").sized(200, 60);
    evening.press("x");
    let text = evening.stage.text();
    let menu = read(&evening.stage);
    assert!(menu.contains("mends this") && !menu.contains('…'), "{text}");
}

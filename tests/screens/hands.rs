//! Evenings of choosing: hosts that are marked, the menu of what is selected, columns, and the mouse.

use crossterm::event::{KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use vaultdeck::config::Choices;
use vaultdeck::tui::app::{Effect, Message};

use super::procedures::{Evening, evening};
use super::stage::{Stage, stage};

#[test]
fn hosts_are_marked_and_their_marks_are_seen_on_home_too() {
    let mut stage = stage();
    stage.press("4 space j j space").shows("● authentik-1").shows("● authentik-3").shows("● 2 marked");
    stage.press("1").shows("● authentik-1").shows("  authentik-2");
    stage.press("4 space").shows("● 1 marked").press("esc").hides("marked").shows("HOST");
}

#[test]
fn an_action_is_opened_for_the_marked_hosts_also_for_those_that_a_filter_hides() {
    let mut evening = evening("trouble");
    evening.press("4 space j space /").types("authentik-3").press("enter");
    evening.press("x").shows("authentik-1, authentik-2").shows("regenerate-secret-id").shows("deploy");
    evening.hides("setup-policy").press("esc").opens("regenerate-secret-id").shows("authentik-1,authentik-2");
}

#[test]
fn the_marks_are_gone_when_the_run_has_begun() {
    let mut evening = evening("healthy");
    evening.press("4 space").opens("fix-render").shows("▌ authentik-1").press("enter enter enter");
    evening.shows("plan ▸").press("enter right enter 4").hides("marked");
}

#[test]
fn the_menu_lists_what_applies_and_what_mends_stands_first() {
    let mut evening = evening("secret-id-expired");
    evening.press("x").shows("mends this").shows("fix-render").shows("deploy").hides("console-policy");
    evening
        .press("j esc")
        .hides("mends this")
        .press("x enter")
        .shows("[ show the plan ]")
        .shows("regenerate-secret-id:");
    evening.press("esc 3 x").shows("rotate-secret-key").hides("deploy").press("q");
    evening.press("6 x").shows("rotate-rds-password").hides("fix-agent-auth");
}

#[test]
fn a_thing_that_no_action_is_for_says_so() {
    evening("healthy").press("2 x").shows("no action is for this; a lists them all");
}

#[test]
fn columns_that_are_hidden_leave_their_room_to_the_others() {
    let mut stage = stage().sized(80, 24);
    stage
        .press("4")
        .hides("SEEN")
        .press("K")
        .shows("✓ WORST")
        .press("j j j space j space")
        .shows("· RESTARTS");
    stage.press("esc").hides("RESTARTS").shows("SEEN").press("K j j j j space esc").shows("RESTARTS");
    stage
        .press("1")
        .shows("AGENT")
        .press("K j space esc")
        .hides("AGENT")
        .press("h h h l enter")
        .shows("authentik-3 · ssh");
}

#[test]
fn columns_and_the_mouse_are_as_they_were_left_at_the_next_start() {
    let mut first = stage();
    first.press("4 K j j j space esc M");
    let kept = first.take_effects().into_iter().find_map(|effect| match effect {
        Effect::KeepChoices(choices) => Some(choices),
        _ => None,
    });
    let mut second = stage();
    second.knows(kept.unwrap());
    assert_eq!(second.take_effects(), [Effect::Mouse(true)]);
    second.press("4").hides("CONTAINERS").press("K").shows("· CONTAINERS").press("j j j space esc");
    second.shows("CONTAINERS");
    let other = Choices { hidden: [("hosts".to_owned(), ["NONE".to_owned()].into())].into(), mouse: false };
    let mut third = stage();
    third.knows(other);
    assert_eq!(third.take_effects(), []);
    third.press("4 K").hides("·  ").shows("✓ CONTAINERS");
}

#[test]
fn a_slow_line_is_asked_for_by_name() {
    let mut stage = stage();
    stage.press(":").paste("slow line").press("enter").shows("few frames, for a slow line");
    stage.press(":").paste("slow line").press("enter").shows("as many frames as the eye follows");
}

/// A click on the first place where words stand.
#[track_caller]
fn click(stage: &mut Stage, words: &str) {
    let text = stage.text();
    let (y, line) =
        text.lines().enumerate().find(|(_, line)| line.contains(words)).expect("the words are there");
    let x = line.split(words).next().unwrap_or_default().chars().count();
    point(stage, MouseEventKind::Down(MouseButton::Left), (x, y));
}

fn point(stage: &mut Stage, kind: MouseEventKind, (x, y): (usize, usize)) {
    stage.draw();
    let (column, row) = (u16::try_from(x).unwrap(), u16::try_from(y).unwrap());
    stage.take(Message::Pointed(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE }));
}

#[test]
fn the_mouse_does_nothing_until_it_is_lent() {
    let mut stage = stage();
    stage.press("4");
    click(&mut stage, "authentik-3");
    stage.shows("▌ authentik-1").press("M").shows("the mouse chooses");
    assert!(stage.take_effects().contains(&Effect::Mouse(true)));
    click(&mut stage, "authentik-3");
    stage.shows("▌ authentik-3");
    click(&mut stage, "authentik-3");
    stage.shows("CONTAINERS").press("M");
    assert!(stage.take_effects().contains(&Effect::Mouse(false)));
}

#[test]
fn a_click_chooses_a_cell_a_finding_and_a_view_and_the_wheel_moves() {
    let mut stage = stage().sized(200, 60);
    stage.press("M");
    click(&mut stage, "27d");
    stage.press("enter").shows("authentik-1 · secret-id").press("esc");
    click(&mut stage, "the rds certificate rds-ca");
    click(&mut stage, "the rds certificate rds-ca");
    stage.shows("because, newest first").press("esc");
    click(&mut stage, "rds system-update");
    stage.press("enter").shows("next to expire").press("esc");
    click(&mut stage, "vault  3 secrets");
    stage.shows("SERVER");
    let before = stage.text();
    point(&mut stage, MouseEventKind::ScrollDown, (5, 5));
    assert_ne!(stage.text(), before, "the wheel moves nothing");
    stage.press(":");
    click(&mut stage, "every host with its");
    click(&mut stage, "every host with its");
    stage.shows("RESTARTS");
}

#[test]
fn a_question_is_never_answered_by_a_click() {
    let mut evening = evening("healthy");
    evening.press("M").plans("rotate-secret-key").press("enter").shows("type demo to confirm");
    let before = evening.stage.text();
    let clicks = |evening: &mut Evening| {
        for (y, line) in before.lines().enumerate() {
            for x in (0..line.chars().count()).step_by(3) {
                point(&mut evening.stage, MouseEventKind::Down(MouseButton::Left), (x, y));
            }
        }
    };
    clicks(&mut evening);
    assert_eq!(evening.stage.text(), before);
    assert!(!evening.stage.asked().contains("Begin"));
}

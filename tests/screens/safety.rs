//! Evenings that could go wrong: production, an operator who has left the room, and a screen that others see.

use jiff::{SignedDuration, ToSpan as _};
use ratatui::style::Color;
use secrecy::SecretString;
use vaultdeck::model::deployment::Habits;
use vaultdeck::tui::app::Message;

use super::fleet;
use super::procedures::evening;
use super::stage::{self, Stage, stage};

/// The colour that stands for danger in the theme of these evenings.
const DANGER: Color = Color::Rgb(0xb3, 0x26, 0x2e);

/// A stage whose profile says how the console behaves.
fn with_habits(habits: Habits) -> Stage {
    let mut scene = fleet::of_hosts(3);
    scene.deployment.habits = habits;
    stage::with(scene)
}

#[test]
fn production_is_framed_at_every_size() {
    for (width, height) in [(60, 16), (80, 24), (120, 40), (200, 60)] {
        for view in ["1", "4", "6", "7"] {
            let mut stage = stage().sized(width, height);
            let screen = stage.press(view).shows("PROD read-only").draw();
            assert!((0..width).all(|x| screen[(x, 0)].bg == DANGER), "the top line at {width}x{height}");
            let edges = (1..height).filter(|y| screen[(0, *y)].bg == DANGER).count();
            assert!(edges > usize::from(height) / 2, "the left edge at {width}x{height}");
        }
    }
}

#[test]
fn what_was_unlocked_is_locked_again_when_nobody_presses_a_key() {
    let mut evening = evening("healthy");
    evening.stage.becomes_prod();
    evening.plans("setup-policy").press("enter right").types("demo").press("enter").shows("PROD UNLOCKED");
    evening.stage.at(fleet::now() + 9.minutes());
    evening.shows("PROD UNLOCKED").shows("run setup-policy on demo?");
    evening.stage.at(fleet::now() + 11.minutes());
    evening.shows("PROD read-only").hides("run setup-policy on demo?").shows("no key for a while");
    assert_eq!(evening.stage.asked(), "[Lock]");
}

#[test]
fn a_key_puts_the_lock_off_and_stepping_aside_closes_it() {
    let mut evening = evening("healthy");
    evening.stage.becomes_prod();
    evening.plans("setup-policy").press("enter right").types("demo").press("enter");
    evening.stage.at(fleet::now() + 9.minutes());
    evening.stage.press("esc");
    evening.stage.at(fleet::now() + 18.minutes());
    evening.shows("PROD UNLOCKED");
    evening.stage.press("ctrl-z");
    assert_eq!(evening.stage.asked(), "[Lock, Suspend]");
    evening.shows("PROD read-only");
}

#[test]
fn a_screen_that_nobody_sits_at_is_covered_and_the_first_key_only_uncovers_it() {
    let mut stage = with_habits(Habits { cover_minutes: 5, ..Habits::default() });
    let seen = stage.text();
    let value = SecretString::from("s3cret-value");
    stage.take(Message::Revealed("secret_key".to_owned(), value, 3600));
    stage.shows("s3cret-value");
    stage.at(fleet::now() + SignedDuration::from_mins(6));
    stage.shows("covered").shows("PROD read-only").hides("authentik-3").hides("s3cret-value");
    stage.press("q").hides("covered").hides("s3cret-value");
    assert!(!stage.left());
    stage.at(fleet::now());
    assert_eq!(stage.text(), seen);
}

#[test]
fn a_screen_is_never_covered_where_the_profile_does_not_say_so() {
    let mut stage = stage();
    stage.at(fleet::now() + 600.minutes());
    stage.hides("covered").shows("authentik-3");
}

/// What a view shows of names, in any of its corners.
const NAMES: [&str; 11] = [
    "authentik-1 ",
    "authentik-2",
    "authentik-3",
    "cwiq/shared",
    "/vault/secrets",
    "/data/authentik",
    "authentik-postgres",
    "amazonaws.com",
    "https://",
    "123456789012",
    "shared-services",
];

#[test]
fn a_shared_screen_names_nothing_in_any_view_or_overlay() {
    for (width, height) in [(80, 24), (120, 40), (200, 60)] {
        for keys in [
            "",
            "enter",
            "2",
            "2 enter",
            "3",
            "3 enter",
            "4",
            "4 G enter",
            "4 G L c",
            "5",
            "6",
            "6 enter",
            "?",
        ] {
            let mut stage = stage().sized(width, height);
            stage.press("S").press(keys);
            for name in NAMES {
                stage.hides(name);
            }
        }
    }
}

#[test]
fn stand_ins_keep_apart_what_is_apart_and_go_as_they_came() {
    let mut stage = stage();
    let named = stage.press("4").text();
    stage.press("S").shows("shared").shows("host-1").shows("host-2").shows("host-3");
    stage.press("G L").logs(&["cannot reach https://vault.example:8200 from authentik-3"]);
    stage.shows("from host-3").hides("vault.example");
    assert_eq!(stage.press("esc S").without_notice().press("4 g").text(), named);
}

#[test]
fn a_profile_may_start_with_a_shared_screen() {
    with_habits(Habits { screen_share: true, ..Habits::default() })
        .press("4")
        .shows("host-3")
        .hides("authentik-3");
}

#[test]
fn a_plan_on_a_shared_screen_names_no_host_and_no_path() {
    let mut evening = evening("healthy");
    evening.stage.press("S");
    evening.plans("setup-policy");
    evening.hides("cwiq/shared").hides("authentik-1 ");
}

#[test]
fn a_screen_that_becomes_too_small_and_large_again_is_as_it_was() {
    let mut stage = stage();
    let before = stage.press("4 G enter").text();
    let mut stage = stage.sized(59, 15);
    stage.shows("this terminal is 59x15; vaultdeck needs 60x16").hides("CONTAINERS");
    assert_eq!(stage.sized(120, 40).text(), before);
}

#[test]
fn a_screen_below_the_smallest_says_so_at_every_size_and_says_what_would_not_wait() {
    for (width, height) in [(59, 16), (60, 15), (59, 40), (200, 15), (30, 8)] {
        let mut stage = stage().sized(width, height);
        stage.press("4").shows("vaultdeck needs").shows("leave with").shows("ctrl-c");
        stage.shows("✗ 2 critical").hides("CONTAINERS").hides("authentik-3");
    }
    stage().sized(60, 16).hides("vaultdeck needs");
    for (width, height) in [(1, 1), (2, 30), (200, 1), (9, 3)] {
        assert!(!stage().sized(width, height).text().trim().is_empty(), "{width}x{height} says nothing");
    }
    let mut covered = with_habits(Habits { cover_minutes: 5, ..Habits::default() }).sized(50, 12);
    covered.at(fleet::now() + SignedDuration::from_mins(6));
    covered.shows("vaultdeck needs").hides("critical");
}

#[test]
fn wide_characters_leave_the_columns_where_they_are() {
    let scene = |name: &str| {
        let mut scene = fleet::of_hosts(3);
        scene.deployment.hosts[1] = name.to_owned();
        let mut stage = stage::with(scene);
        stage.press("4").draw()
    };
    let (narrow, wide) = (scene("authentik-x"), scene("主机🔥stxxx"));
    let row = (0..narrow.area.height)
        .find(|y| narrow[(0, *y)].symbol() != "" && row_of(&narrow, *y).contains("authentik-x"));
    let row = row.expect("the host is not on the screen");
    for x in 20..narrow.area.width {
        assert_eq!(narrow[(x, row)].symbol(), wide[(x, row)].symbol(), "column {x}");
    }
}

fn row_of(screen: &ratatui::buffer::Buffer, y: u16) -> String {
    (0..screen.area.width).map(|x| screen[(x, y)].symbol()).collect()
}

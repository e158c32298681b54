//! What the console says of itself: what has changed since it was last open, what it tells of, and where it comes back to.

use jiff::{SignedDuration, ToSpan as _};
use vaultdeck::model::deployment::Habits;
use vaultdeck::model::finding::Severity;
use vaultdeck::model::last_look::{LastLook, Place, Standing};
use vaultdeck::model::notice::Notices;
use vaultdeck::model::subject::Subject;
use vaultdeck::model::trouble::Trouble;
use vaultdeck::tui::app::{Effect, Message};

use super::fleet::{self, Scene};
use super::snapshot;
use super::stage::{self, Stage, stage};

/// The usual hosts; the profile wants to be told.
fn scene() -> Scene {
    let mut scene = fleet::of_hosts(3);
    scene.deployment.notices = Notices { bell: true, ..Notices::default() };
    scene
}

/// What was seen four hours ago, when less was wrong and a secret had another version.
fn four_hours_ago() -> LastLook {
    let mut look = stage::with(scene()).noted().last_look(false);
    let looked = look.looked.as_mut().unwrap();
    looked.at = fleet::now() - 4.hours();
    let picture = &mut looked.picture;
    let first = picture.standing.iter().position(|standing| standing.severity == Severity::Critical).unwrap();
    picture.standing[first].rule = "SEALED".to_owned();
    picture.standing[first].sentence = "vault is sealed".to_owned();
    *picture.secrets.values_mut().max().unwrap() -= 1;
    look
}

/// A console that knows what was seen.
fn knowing(last: LastLook) -> Stage {
    let mut stage = stage::with(scene());
    stage.take(Message::Remembered(Some(Box::new(last))));
    stage.noted();
    stage
}

fn announced(stage: &mut Stage) -> Vec<(String, usize)> {
    let told = stage.take_effects().into_iter().filter_map(|effect| match effect {
        Effect::Announce { words, news } => Some((words, news.len())),
        _ => None,
    });
    told.collect()
}

#[test]
fn home_says_in_a_line_what_has_changed_and_lists_it_at_a_key() {
    for (width, height) in [(60, 16), (120, 40)] {
        let mut stage = knowing(four_hours_ago()).sized(width, height);
        stage.shows("1 new (1 critical), 1 ended").shows("since 10:02").shows("esc");
        snapshot(&format!("changes_line_{width}x{height}"), &stage);
    }
    let mut stage = knowing(four_hours_ago());
    stage.shows("since 10:02, 4h00m ago  1 new").shows("C lists them  esc puts them away");
    stage.press("C").shows("changes · ✗ 3 since 10:02").shows("no longer: vault is sealed").shows("ended");
    stage.press("esc").hides("no longer: vault").shows("since 10:02");
    stage.press("4").hides("since 10:02").press("1").shows("since 10:02");
    stage.press("esc").hides("since 10:02");
    stage.press("C").shows("nothing is known to have changed");
    assert!(!stage.left());
}

#[test]
fn where_nobody_has_looked_before_and_where_nothing_has_changed_there_is_no_line() {
    let mut first = stage::with(scene());
    first.noted().hides("puts them away");
    let look = first.last_look(false);
    let mut second = knowing(look);
    second.hides("puts them away").token_dies().noted().hides("puts them away");
}

#[test]
fn before_everything_was_seen_nothing_is_told_and_the_last_look_is_kept_as_it_was() {
    let mut stage = stage::with(scene());
    let last = four_hours_ago();
    stage.take(Message::Remembered(Some(Box::new(last.clone()))));
    assert_eq!(stage.last_look(false).looked, last.looked);
    stage.hides("since 10:02");
}

#[test]
fn a_line_that_the_loss_of_the_terminal_took_away_is_there_again() {
    let last = four_hours_ago();
    let stage = knowing(last.clone());
    assert_eq!(stage.last_look(true).looked, last.looked);
    assert_ne!(stage.last_look(false).looked, last.looked);
}

#[test]
fn what_is_new_is_told_and_what_was_there_is_not() {
    let mut stage = stage::with(scene());
    assert_eq!(announced(stage.noted()), []);
    let told = announced(stage.token_dies().noted());
    assert_eq!(told.len(), 1);
    assert!(told[0].0.starts_with("critical: the token of"), "{told:?}");
    assert_eq!(announced(stage.noted()), []);
}

#[test]
fn where_the_profile_wants_nothing_nothing_is_told() {
    let mut stage = stage();
    stage.noted();
    assert_eq!(announced(stage.token_dies().noted()), []);
}

#[test]
fn a_start_tells_what_has_come_since_the_last_look() {
    let told = announced(&mut knowing(four_hours_ago()));
    assert_eq!(told.iter().map(|(_, count)| *count).collect::<Vec<_>>(), [1]);
}

#[test]
fn a_terminal_says_nothing_aloud_that_its_screen_would_not_show() {
    let mut shared = knowing(LastLook { looked: None, ..four_hours_ago() });
    shared.press("S");
    let told = announced(shared.token_dies().noted());
    assert!(told.iter().all(|(words, _)| !words.contains("authentik-")), "{told:?}");
    let mut scene = scene();
    scene.deployment.habits = Habits { cover_minutes: 5, ..Habits::default() };
    let mut covered = stage::with(scene);
    covered.noted();
    covered.at(fleet::now() + 6.minutes());
    let told = announced(covered.token_dies().noted());
    assert_eq!(told, [("1 new, the worst critical".to_owned(), 1)]);
    // and whoever sits down again is told what has happened meanwhile
    covered.press("j").shows("since 14:08").shows("new, critical: the token of");
}

#[test]
fn what_was_seen_is_kept_from_time_to_time_but_not_while_nobody_looks() {
    let kept = |stage: &mut Stage| {
        stage.noted();
        stage.take_effects().iter().filter(|effect| matches!(effect, Effect::KeepLook(_))).count()
    };
    let mut stage = stage::with(scene());
    assert_eq!(kept(&mut stage), 0);
    stage.token_dies();
    assert_eq!(kept(&mut stage), 0);
    stage.at(fleet::now() + SignedDuration::from_secs(61));
    assert_eq!((kept(&mut stage), kept(&mut stage)), (1, 0));
    stage.at(fleet::now() + SignedDuration::from_mins(15));
    assert_eq!(kept(&mut stage), 1);
}

#[test]
fn what_is_kept_names_no_accessor_whole_and_says_each_thing_once() {
    let mut stage = stage::with(scene());
    // nine minutes are left of the token: a finding says so, and so the clock does not
    stage.at(fleet::now() + 38.minutes());
    stage.take(Message::Observed(Vec::new()));
    let look = stage.noted().last_look(true);
    let standing = look.looked.as_ref().unwrap().picture.standing.iter();
    let of_token = standing.clone().filter(|standing| standing.subject.contains("token"));
    assert_eq!(of_token.map(|standing| standing.rule.as_str()).collect::<Vec<_>>(), ["TOK-EXPIRING"]);
    let names: std::collections::BTreeSet<_> = standing.clone().map(Standing::name).collect();
    assert_eq!(names.len(), standing.count());
    let text = serde_json::to_string(&look).unwrap();
    assert!(text.contains("a1b2c3d4"), "{text}");
    for hidden in ["4c1d-9e77", "6c1f9d2e8a"] {
        assert!(!text.contains(hidden), "{text}");
    }
}

#[test]
fn a_program_that_could_not_be_told_is_said_on_home_until_it_is_put_away() {
    let mut stage = knowing(four_hours_ago());
    let trouble = Trouble::new("the notice command page-me failed").because("exit status: 1");
    stage.take(Message::Failed(trouble));
    stage.shows("✗ the notice command page-me failed: exit status: 1").shows("esc puts it away");
    stage.press("esc").hides("page-me").shows("since 10:02");
}

#[test]
fn a_console_that_lost_its_terminal_comes_back_to_its_row_and_one_that_was_left_does_not() {
    let mut before = stage();
    before.noted().press("4 g j");
    assert_eq!(before.last_look(false).place, None);
    let place = before.last_look(true).place.unwrap();
    let expected =
        Place { view: "hosts".to_owned(), row: Some("authentik-2".to_owned()), ..Place::default() };
    assert_eq!(place, expected);
    let mut after = stage::with(scene());
    after.take(Message::Remembered(Some(Box::new(before.last_look(true)))));
    assert!(after.take_effects().contains(&Effect::FindRun));
    after.noted().press("enter").shows("hosts ▸ authentik-2");
}

#[test]
fn every_view_is_come_back_to_with_its_row_its_page_and_its_log() {
    for (keys, shown) in [
        ("2 j j", "YOUR TOKEN"),
        ("3 j", "cwiq/shared/authentik"),
        ("6 j", "INSTANCE"),
        ("4 g enter", "hosts ▸ authentik-1"),
        ("4 G L", "authentik-3 ▸ authentik-vault-agent-1"),
        ("4 G L m", "every host ▸ agent"),
        ("4 G L m m m", "every host ▸ every container"),
        ("1 g l l", "FINDINGS"),
    ] {
        let mut before = stage();
        before.noted().press(keys).shows(shown);
        let last = before.last_look(true);
        let mut after = stage();
        after.take(Message::Remembered(Some(Box::new(last.clone()))));
        after.noted().shows(shown);
        assert_eq!(after.last_look(true).place, last.place, "after {keys}");
    }
}

#[test]
fn a_merged_log_is_whole_again_as_soon_as_its_containers_are_known() {
    let mut before = stage();
    let last = before.noted().press("4 G L m").shows("3 logs following").last_look(true);
    let scene = scene();
    let (mut of_last_host, mut others) = (Vec::new(), Vec::new());
    for observation in scene.observations {
        let last = observation.subject == Subject::Containers("authentik-3".to_owned());
        if last { &mut of_last_host } else { &mut others }.push(observation);
    }
    let mut after = stage::unopened();
    after.take(Message::Opened(Box::new(scene.deployment)));
    after.take(Message::Remembered(Some(Box::new(last))));
    after.take(Message::Observed(others));
    assert_eq!(after.followed().requests.len(), 1);
    after.take(Message::Observed(of_last_host));
    after.judge();
    after.shows("every host ▸ agent").shows("3 logs following");
}

#[test]
fn an_operator_who_has_gone_elsewhere_already_is_not_taken_back() {
    let mut before = stage();
    let last = before.noted().press("4 g j").last_look(true);
    let mut after = stage();
    after.press("6").take(Message::Remembered(Some(Box::new(last))));
    after.noted().hides("CONTAINERS");
}

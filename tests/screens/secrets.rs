//! Evenings with the versions of a secret: two side by side, one value shown for seconds, one sent to the clipboard.

use jiff::SignedDuration;
use vaultdeck::model::comparison::{Change, Comparison};
use vaultdeck::tui::app::{Answer, Effect};

use super::procedures::{Evening, evening};
use super::{fleet, stage};

/// How every pretend value begins that nobody has written.
const VALUE: &str = "Pretend";

/// The page of the database's secret, opened at the version before the current one.
fn opened() -> Evening {
    let mut evening = evening("trouble");
    evening.press("3 / k e p t enter j enter").shows("secrets ▸ cwiq/shared/authentik/database");
    evening
}

/// The same with the cursor on the password in the comparison.
pub(super) fn compared() -> Evening {
    let mut evening = opened();
    evening.press("enter tab j j");
    evening
}

/// Digests differ from look to look; those of the pictures are told apart by their place alone.
pub(super) fn same_every_evening(mut compared: Comparison) -> Comparison {
    for (place, pair) in (0_u32..).zip(&mut compared.keys) {
        let told = |change| format!("{:08x}", 0x9e37_79b9_u32.wrapping_mul(place * 2 + change));
        let changed = u32::from(pair.change() == Change::Changed);
        pair.older = pair.older.take().map(|_| told(1));
        pair.newer = pair.newer.take().map(|_| told(1 + changed));
    }
    compared
}

#[test]
fn the_page_of_a_secret_at_every_size() {
    for (width, height) in super::SIZES {
        let name = format!("secret_{width}x{height}");
        super::snapshot(&name, compared().sized(width, height).stage.without_notice());
    }
}

#[test]
fn two_versions_are_compared_only_when_that_is_asked_for_and_no_value_is_shown() {
    let mut evening = opened();
    evening.shows("into memory, compares them and wipes them").hides("≠ changed");
    evening.press("enter").shows("≠ changed").shows("= same").shows("••••••••").hides(VALUE);
    evening.press("q").shows("RENDERED ON THE HOSTS");
}

#[test]
fn another_version_is_chosen_and_the_comparison_is_asked_for_anew() {
    let mut evening = opened();
    let before = evening.stage.text();
    evening.press("enter").shows("≠ changed").press("G g j j j space").hides("≠ changed");
    assert_ne!(before, evening.stage.text());
}

#[test]
fn a_value_is_shown_behind_a_question_for_ten_seconds() {
    let mut evening = compared();
    evening.press("enter").shows("show pg_password?").shows("▸ cancel").press("enter").hides(VALUE);
    evening.press("enter tab enter").shows(VALUE).shows("gone in 10s");
    evening.stage.at(fleet::now() + SignedDuration::from_secs(11));
    evening.hides(VALUE);
}

#[test]
fn a_copied_value_is_said_to_be_sent_and_cleared_after_half_a_minute() {
    let mut evening = compared();
    evening.press("y").shows("clipboard?").press("enter");
    assert_eq!(evening.sent, []);
    evening.press("y tab enter").shows("sent to your terminal, not verified").hides(VALUE);
    assert!(matches!(evening.sent.as_slice(), [Effect::Copy(Answer(Some(_)))]));
    assert!(!format!("{:?}", evening.sent).contains(VALUE));
    evening.stage.at(fleet::now() + SignedDuration::from_secs(31));
    assert_eq!(evening.stage.take_effects(), [Effect::ClearClipboard]);
}

#[test]
fn a_profile_that_says_so_shows_and_copies_nothing() {
    let mut evening = compared();
    evening.stage.reveals_nothing();
    evening.press("enter").hides("show pg_password?").shows("reveal = \"off\"");
    evening.press("y").hides("clipboard?").shows("reveal = \"off\"");
}

#[test]
fn enter_on_a_secret_opens_its_page_with_the_newest_two_versions_chosen() {
    stage::stage().press("3 enter").shows("secrets ▸ cwiq").shows("VERSION 7 BESIDE VERSION 8");
}

#[test]
fn a_version_that_is_selected_is_the_one_that_is_gone_back_to() {
    let mut evening = evening("healthy");
    evening.press("3 / k e p t enter j enter").shows("VERSIONS").press("j x");
    evening.shows("rollback-secret").shows("undelete-secret");
    let menu = evening.stage.text();
    let rows = menu.lines().skip_while(|line| !line.contains("╭─")).skip(1);
    let down = rows.take_while(|line| !line.contains("rollback-secret")).count();
    for _ in 0..down {
        evening.press("j");
    }
    evening
        .press("enter")
        .shows("rollback-secret: go back")
        .shows("cwiq/shared/authentik/database")
        .shows("▌ 7");
}

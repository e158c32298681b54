//! Evenings at the console: the real app, driven by keys over a fleet, without a terminal.

mod fleet;
mod game_day;
mod hands;
mod keys;
mod logs;
mod looks;
mod news;
mod palette;
mod picture;
mod procedures;
mod room;
mod safety;
mod secrets;
mod stage;
mod tables;
mod tour;

use vaultdeck::model::trouble::Trouble;

use stage::{Stage, stage};

/// The sizes that every view must look right at.
const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (200, 60)];

fn snapshot(name: &str, stage: &Stage) {
    insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!(name, stage.text());
    });
}

/// Each view at each size, reached by keys from Home.
fn at_every_size(view: &str, keys: &str) {
    for (width, height) in SIZES {
        let mut stage = stage().sized(width, height);
        snapshot(&format!("{view}_{width}x{height}"), stage.press(keys));
    }
}

#[test]
fn home_at_every_size() {
    at_every_size("home", "");
}

#[test]
fn evidence_at_every_size() {
    at_every_size("evidence", "enter");
}

#[test]
fn vault_at_every_size() {
    at_every_size("vault", "2");
}

#[test]
fn secrets_at_every_size() {
    at_every_size("secrets", "3");
}

#[test]
fn hosts_at_every_size() {
    at_every_size("hosts", "4");
}

#[test]
fn host_at_every_size() {
    at_every_size("host", "4 G enter");
}

#[test]
fn logs_at_every_size() {
    at_every_size("logs", "5");
}

#[test]
fn database_at_every_size() {
    at_every_size("database", "6");
}

#[test]
fn an_operator_asks_why_and_gets_the_reasons() {
    stage()
        .shows("authentik-3")
        .press("enter")
        .shows("because, newest first")
        .press("esc")
        .hides("because, newest first");
}

#[test]
fn an_operator_walks_into_a_host_and_out_again() {
    stage()
        .press("4 j j enter")
        .shows("hosts ▸ authentik-3")
        .shows("CONTAINERS")
        .press("q")
        .hides("hosts ▸")
        .press("q")
        .shows("NEXT TO EXPIRE");
}

#[test]
fn escape_and_the_next_key_are_two_keys_however_close_they_come() {
    stage()
        .press("enter")
        .shows("because, newest first")
        .press("alt-2")
        .hides("because, newest first")
        .shows("SECRET-IDS");
}

#[test]
fn leaving_is_asked_for_only_where_there_is_nothing_to_go_back_to() {
    let mut stage = stage();
    assert!(!stage.press("2 q").left());
    assert!(stage.press("q").left());
}

#[test]
fn a_filter_shows_only_what_was_typed_and_esc_brings_all_back() {
    stage()
        .press("4 / 3")
        .shows("authentik-3")
        .hides("authentik-1")
        .press("enter")
        .hides("authentik-2")
        .press("esc")
        .shows("authentik-1");
    stage().press("4 / ! 3 enter").hides("authentik-3").shows("authentik-2");
}

#[test]
fn verifying_asks_for_the_login_and_for_nothing_else() {
    let mut stage = stage();
    assert_eq!(stage.press("6 v").asked(), "[Refresh(Login)]");
}

#[test]
fn an_operator_whose_token_has_died_logs_in_again_without_leaving() {
    let mut stage = stage();
    stage.token_dies().shows("i logs in").press("2 i").shows("password of jane at userpass");
    stage.press("h u n t e r").paste("-2\n").shows("••••••••▏").hides("hunter");
    assert_eq!(stage.press("enter").asked(), "[SignIn(Answer(Some(SecretBox<str>([REDACTED]))))]");
    stage.shows("waiting for an answer");
    stage.signed_in(Err(Trouble::new("vault refuses the login").because("invalid username or password")));
    stage.shows("✗ vault refuses the login: invalid username or password").hides("•");
    stage
        .press("x enter")
        .signed_in(Ok(()))
        .hides("password of jane")
        .shows("logged in to vault by userpass");
    assert_eq!(stage.asked(), "[RefreshAll]");
    stage.press("i esc").hides("password of jane");
    assert_eq!(stage.asked(), "[LetGoOfSignIn]");
}

#[test]
fn refreshing_a_cell_looks_again_at_what_it_rests_on() {
    let mut stage = stage();
    stage.press("4 r");
    assert_eq!(
        stage.asked(),
        r#"[Refresh(Host("authentik-1")), Refresh(Containers("authentik-1")), Refresh(Agent("authentik-1"))]"#
    );
}

#[test]
fn every_key_of_the_keymap_is_in_the_help() {
    let mut stage = stage().sized(120, 80);
    stage
        .press("?")
        .shows("everywhere")
        .shows("in a log")
        .shows("log in to the database")
        .press("?")
        .press("q");
    stage.hides("in a log");
}

#[test]
fn a_screen_that_is_too_small_says_so() {
    stage().sized(50, 12).shows("this terminal is 50x12; vaultdeck needs 60x16");
}

#[test]
fn before_anything_is_known_the_frame_stands_and_a_broken_profile_is_explained() {
    let mut stage = stage::unopened();
    stage.shows("opening");
    stage.cannot_open("cannot read the profile").shows("✗").shows("cannot read the profile");
}

#[test]
fn two_hundred_hosts_fit_and_the_selection_stays_in_sight() {
    let mut stage = stage::with(fleet::of_hosts(200)).sized(120, 40);
    stage
        .press("4 G")
        .shows("authentik-200")
        .press("g")
        .shows("authentik-1 ")
        .press("ctrl-d")
        .hides("200 hosts, 0");
    snapshot("hosts_200", &stage);
    snapshot("home_200", stage.press("1"));
}

#[test]
fn a_failed_look_ages_the_picture_and_never_empties_it() {
    let mut stage = stage();
    stage.press("4 G enter").shows("authentik-vault-agent-1");
    stage.fails("authentik-3", "cannot reach authentik-3").shows("authentik-vault-agent-1");
}

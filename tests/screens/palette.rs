//! Evenings at which an operator knows what they want and not where it is: the palette.

use std::collections::BTreeMap;

use ratatui::layout::Position;
use ratatui::style::{Color, Style};
use vaultdeck::config;
use vaultdeck::tui::app::Message;

use super::stage::{Stage, stage};
use super::{at_every_size, snapshot};

/// The palette after some letters.
fn typed(letters: &str) -> Stage {
    let mut stage = stage();
    stage.press(":").paste(letters);
    stage
}

#[test]
fn the_palette_at_every_size() {
    at_every_size("palette", ":");
}

#[test]
fn a_few_letters_find_a_view_and_tell_its_key() {
    let mut stage = typed("datab");
    stage.shows("view    database").shows(" 6 │").press("enter").shows("PROOF OF A LOGIN").hides("go to ─");
}

#[test]
fn a_host_opens_its_page_and_esc_leads_back_the_same_way() {
    typed("ak3")
        .shows("host    authentik-3")
        .press("enter")
        .shows("hosts ▸ authentik-3")
        .press("esc")
        .hides("hosts ▸ authentik-3")
        .shows("3 hosts, 1 not well")
        .press("esc")
        .shows("NEXT TO EXPIRE");
}

#[test]
fn a_secret_is_gone_to_where_it_stands() {
    let mut stage = typed("secret config");
    stage.shows("secret  config").press("enter").shows("check-and-set");
    assert_eq!(stage.press("r").asked(), r#"[Refresh(Secret("cwiq/shared/authentik/config"))]"#);
}

#[test]
fn an_action_is_only_opened_and_nothing_is_asked_of_the_world() {
    let mut stage = stage();
    stage.take(Message::CanAct(Ok(BTreeMap::new())));
    stage.take(Message::Shelved(config::runbooks(None)));
    stage.press(":").paste("rsi").shows("action  regenerate-secret-id").take_effects();
    stage.press("enter").hides("go to ─").shows("regenerate-secret-id");
    assert_eq!(stage.take_effects(), []);
    stage.press("esc").hides("regenerate-secret-id ");
}

#[test]
fn what_keys_do_here_is_found_and_what_they_do_elsewhere_is_not() {
    typed("look again").shows("refresh all").shows("R │");
    typed("pause").shows("nothing has these letters");
    stage().press("5 :").paste("wrap").shows("key     wrap").press("enter").hides("go to ─");
}

#[test]
fn a_theme_is_chosen_by_its_name() {
    typed("mono").press("enter").shows("theme mono");
}

#[test]
fn esc_and_an_emptied_line_close_it_without_a_trace() {
    let before = stage().text();
    assert_eq!(typed("vault").press("esc").text(), before);
    assert_eq!(typed("x").press("backspace backspace").text(), before);
    assert_eq!(typed("zzz").shows("nothing has these letters").press("enter").press("esc").text(), before);
}

#[test]
fn the_letters_that_were_typed_are_marked() {
    let stage = typed("vlt");
    let buffer = stage.draw();
    let lines: Vec<_> = stage.text().lines().map(str::to_owned).collect();
    let y = lines.iter().position(|line| line.contains("view    vault")).unwrap();
    let x = lines[y].split("vault").next().unwrap().chars().count();
    let marked = |offset: usize| {
        let place = Position::new(u16::try_from(x + offset).unwrap(), u16::try_from(y).unwrap());
        buffer[place].style().bg
    };
    let mark = Style::new().bg(Color::Rgb(0xf2, 0xc5, 0x5c)).bg;
    assert_eq!([0, 1, 2, 3, 4].map(|offset| marked(offset) == mark), [true, false, false, true, true]);
}

#[test]
fn the_runbooks_are_read_when_the_palette_first_wants_them() {
    let mut stage = stage();
    assert_eq!(stage.press(":").asked(), "[LoadRunbooks, LoadThemes]");
    stage.shows("reading the runbooks");
}

#[test]
fn two_hundred_hosts_can_be_looked_through() {
    let mut stage = super::stage::with(super::fleet::of_hosts(200));
    stage.press(":").paste("authentik-17").shows("authentik-17 ");
    snapshot("palette_hosts", &stage);
}

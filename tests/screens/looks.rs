//! What the console looks like: themes, chosen while the whole screen shows them.

use ratatui::style::Color;
use vaultdeck::tui::theme::{Depth, Shelf};

use super::stage::{Stage, stage};

/// Colours of the cell in which the screen shows some words.
fn colours(stage: &Stage, words: &str) -> (Color, Color) {
    let text = stage.text();
    let (y, line) = text.lines().enumerate().find(|(_, line)| line.contains(words)).expect(words);
    let x = line.split(words).next().unwrap().chars().count();
    let cell = &stage.draw()[(u16::try_from(x).unwrap(), u16::try_from(y).unwrap())];
    (cell.fg, cell.bg)
}

#[test]
fn every_theme_says_the_same_words() {
    let dark = stage().text();
    for downs in 1..Shelf::of(Vec::new(), Depth::True).themes.len() {
        let mut stage = stage();
        stage.press("T").press(&"j ".repeat(downs)).press("enter");
        assert_eq!(stage.without_notice().text(), dark);
    }
}

#[test]
fn an_operator_looks_at_themes_and_goes_back_to_the_one_before() {
    let mut stage = stage();
    let before = colours(&stage, "NEXT TO EXPIRE");
    stage.press("T").shows("high-contrast").shows("esc as before").press("j");
    assert_ne!(colours(&stage, "NEXT TO EXPIRE"), before);
    stage.press("q").hides("esc as before");
    assert_eq!(colours(&stage, "NEXT TO EXPIRE"), before);
}

#[test]
fn a_theme_that_is_kept_stays_and_is_remembered() {
    let mut stage = stage();
    let before = colours(&stage, "NEXT TO EXPIRE");
    stage.press("T j j").press("enter");
    assert_eq!(stage.asked(), r#"[KeepTheme("high-contrast")]"#);
    stage.hides("esc as before").shows("theme high-contrast");
    assert_ne!(colours(&stage, "NEXT TO EXPIRE"), before);
    assert_eq!(colours(&stage, "NEXT TO EXPIRE").1, Color::Rgb(0, 0, 0));
    assert!(stage.press("T").text().contains("▌ high-contrast"));
}

#[test]
fn only_a_theme_that_says_so_paints_a_background() {
    let mut stage = stage();
    let painted = |stage: &Stage| stage.draw().content.iter().filter(|cell| cell.bg != Color::Reset).count();
    assert!(painted(&stage) < 500);
    stage.press("T j j enter");
    assert_eq!(painted(&stage), 120 * 40);
}

#[test]
fn an_own_theme_is_offered_and_a_faulty_one_is_told_and_passed_over() {
    let mut stage = stage()
        .own_theme(
            "night.toml",
            "name = \"night\"\ninherits = \"dark\"\n[roles]\ntitle = { fg = \"#123456\" }",
        )
        .own_theme("faulty.toml", "name = \"faulty\"\n[roles]\ntitel = {}");
    stage.press("T").shows("night").shows("faulty.toml: cannot read the").hides("▌ faulty").press("G enter");
    assert_eq!(colours(&stage, "NEXT TO EXPIRE").0, Color::Rgb(0x12, 0x34, 0x56));
}

#[test]
fn a_theme_is_chosen_on_a_small_screen_too() {
    stage().sized(80, 24).press("T").shows("mono").shows("enter keep");
}

//! Whether every theme can be read: the ratio of WCAG 2 between each role and what it stands on, at every depth.

use ratatui::style::{Color, Style};

use super::depth::{Depth, rgb};
use super::shelf::BUILT_IN;
use super::{Role, Theme};

/// What WCAG asks for text.
const TEXT: f64 = 4.5;
/// What it asks for large or bold text, and what a row under the cursor keeps where there are sixteen colours.
const WEIGHTY: f64 = 3.0;

/// Roles of words; the border is none.
const WORDS: [Role; 12] = [
    Role::Text,
    Role::Muted,
    Role::Label,
    Role::Title,
    Role::Accent,
    Role::Key,
    Role::Ok,
    Role::Busy,
    Role::Unknown,
    Role::Warn,
    Role::Bad,
    Role::Danger,
];

fn luminance(color: Color) -> f64 {
    let channel = |value: u8| {
        let value = f64::from(value) / 255.0;
        if value <= 0.03928 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    };
    let [red, green, blue] = rgb(color);
    0.2126 * channel(red) + 0.7152 * channel(green) + 0.0722 * channel(blue)
}

fn ratio(one: Color, other: Color) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

/// Ratio of words on what lies under them; what is turned round keeps it. Words that the terminal chooses are `plain`.
fn contrast(style: Style, under: Color, plain: Color) -> f64 {
    let (fg, bg) = (style.fg.unwrap_or(plain), style.bg.unwrap_or(under));
    ratio(fg, bg)
}

fn complaints(name: &str, text: &str, depth: Depth) -> Vec<String> {
    let theme = Theme::read(text, depth).unwrap();
    let background = theme.style(Role::Background);
    let on = background.bg.or(theme.on).unwrap_or_else(|| panic!("{name} names no background"));
    let light = luminance(on) > 0.5;
    let on = match (depth, background.bg, light) {
        (Depth::Sixteen, None, true) => Color::White,
        (Depth::Sixteen, None, false) => Color::Black,
        _ => on,
    };
    let plain = background.fg.unwrap_or(if light { Color::Black } else { Color::Gray });
    let selected = theme.style(Role::Selected).bg.unwrap_or(on);
    let under_cursor = if depth == Depth::Sixteen || name == "sixteen" { WEIGHTY } else { TEXT };
    let mut complaints = Vec::new();
    for role in WORDS.into_iter().chain([Role::Match]) {
        for (under, least) in [(on, TEXT), (selected, under_cursor)] {
            let found = contrast(theme.style(role), under, plain);
            if found < least {
                complaints.push(format!("{name} {depth:?} {role:?} on {under:?}: {found:.2} < {least}"));
            }
        }
    }
    complaints
}

#[test]
fn every_theme_can_be_read_at_every_depth() {
    let depths = [Depth::True, Depth::Indexed, Depth::Sixteen];
    let all = BUILT_IN.iter().flat_map(|(name, text)| depths.map(|depth| complaints(name, text, depth)));
    let all: Vec<_> = all.flatten().collect();
    assert!(all.is_empty(), "{}", all.join("\n"));
}

#[test]
fn black_on_white_is_as_far_apart_as_it_gets() {
    assert!((ratio(Color::Black, Color::White) - 21.0).abs() < 0.01);
    assert!(ratio(Color::Rgb(0x77, 0x77, 0x77), Color::White) < TEXT);
}

/// Seen with the eyes of somebody without red or without green, the states still differ in lightness or in blue.
#[test]
fn no_two_states_of_the_colour_blind_themes_differ_by_red_and_green_alone() {
    for name in ["colour-blind", "colour-blind-light"] {
        let theme = Theme::named(name, Depth::True).unwrap();
        let [ok, bad] = [Role::Ok, Role::Bad].map(|role| rgb(theme.style(role).fg.unwrap()));
        assert!(ok[2].abs_diff(bad[2]) > 100, "{name}: {ok:?} and {bad:?}");
    }
}

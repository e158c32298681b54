//! Answers being given: one field below the other, what each takes, and why one is not taken.

use ratatui::layout::Rect;
use ratatui::style::Modifier;
use tui_textarea::TextArea;

use crate::tui::app::{Blank, Field, Filling, Form};
use crate::tui::canvas::Canvas;
use crate::tui::text;
use crate::tui::theme::Role;

/// Lines of a field for several lines.
const SEVERAL: u16 = 6;

/// Draws it over a view.
pub(super) fn draw(form: &Form, canvas: &mut Canvas<'_>, body: Rect) {
    let width = body.width.min(100) - 2;
    let asked: Vec<&Field> = form.asked().into_iter().map(|place| &form.fields[place]).collect();
    let wanted: u16 = asked.iter().map(|field| height(field, width - 4)).sum::<u16>() + 4;
    let height_of_all = wanted.min(body.height);
    let area = Rect {
        x: (body.width - width) / 2,
        y: body.y + (body.height - height_of_all) / 3,
        width,
        height: height_of_all,
    };
    let inside = canvas.window(area, &form.title, Role::Border);
    let inside = Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside };
    let mut y = inside.y;
    let first = first_shown(&asked, form.focus, inside.height.saturating_sub(2), inside.width);
    for (place, field) in asked.iter().enumerate().skip(first) {
        let height = height(field, inside.width);
        if y + height > inside.bottom().saturating_sub(2) && place != form.focus {
            break;
        }
        draw_field(field, place == form.focus, canvas, Rect { y, height, ..inside });
        y += height;
    }
    last_word(form, canvas, Rect { y: inside.bottom() - 1, height: 1, ..inside });
}

/// Fields above the focused one give way where there is no room for all.
fn first_shown(asked: &[&Field], focus: usize, room: u16, width: u16) -> usize {
    let focus = focus.min(asked.len().saturating_sub(1));
    (0..=focus)
        .find(|first| {
            asked.iter().take(focus + 1).skip(*first).map(|field| height(field, width)).sum::<u16>() <= room
        })
        .unwrap_or(focus)
}

fn height(field: &Field, width: u16) -> u16 {
    let blank = if matches!(field.blank, Blank::Text(_)) { SEVERAL } else { 1 };
    let said = said(field, width).len();
    blank + 2 + u16::try_from(said).unwrap_or(0)
}

/// Below the field: why it is not taken, or what it takes.
fn said(field: &Field, width: u16) -> Vec<(String, Role)> {
    let lines = |words: &str, role: Role| {
        text::wrap(words, width.saturating_sub(2))
            .into_iter()
            .map(move |line| (line, role))
            .collect::<Vec<_>>()
    };
    match &field.trouble {
        Some(trouble) => lines(&format!("✗ {}", trouble.in_one_line()), Role::Bad),
        None if field.takes.is_empty() => Vec::new(),
        None => lines(&field.takes, Role::Muted),
    }
}

fn draw_field(field: &Field, focused: bool, canvas: &mut Canvas<'_>, area: Rect) {
    let role = if focused { Role::Accent } else { Role::Label };
    let name = canvas.put(area.x, area.y, area.width, &field.title, role);
    canvas.put(area.x + name + 2, area.y, area.width.saturating_sub(name + 2), &field.name, Role::Muted);
    let lines = if matches!(field.blank, Blank::Text(_)) { SEVERAL } else { 1 };
    let blank = Rect { x: area.x + 2, y: area.y + 1, width: area.width.saturating_sub(2), height: lines };
    if focused {
        canvas.lay(Rect { x: area.x, width: area.width, ..blank }, Role::Selected);
        canvas.put(area.x, blank.y, 1, "▌", Role::Accent);
    }
    match &field.blank {
        Blank::Line(area) | Blank::Text(area) => draw_text(area, focused, canvas, blank),
        Blank::Choice(options, at) => choice(options, *at, focused, canvas, blank),
        Blank::Masked(masked) => {
            let dots = "•".repeat(masked.typed().min(usize::from(blank.width.saturating_sub(1))));
            canvas.put(blank.x, blank.y, blank.width, &format!("{dots}▏"), Role::Title);
        }
    }
    for (y, (line, role)) in (blank.bottom()..area.bottom()).zip(said(field, area.width)) {
        canvas.put(area.x + 2, y, area.width.saturating_sub(2), &line, role);
    }
}

fn draw_text(area: &TextArea<'_>, focused: bool, canvas: &mut Canvas<'_>, place: Rect) {
    let mut area = area.clone();
    let plain = canvas.style(Role::Title);
    area.set_style(plain);
    area.set_cursor_line_style(plain);
    area.set_cursor_style(if focused { plain.add_modifier(Modifier::REVERSED) } else { plain });
    canvas.widget(place, &area);
    if focused {
        canvas.lay(place, Role::Selected);
    }
}

fn choice(options: &[String], at: usize, focused: bool, canvas: &mut Canvas<'_>, place: Rect) {
    let mut x = place.x;
    for (index, option) in options.iter().enumerate() {
        let chosen = index == at;
        let words = if chosen { format!("● {option}") } else { format!("○ {option}") };
        let role = match (chosen, focused) {
            (true, true) => Role::Accent,
            (true, false) => Role::Title,
            _ => Role::Muted,
        };
        x += canvas.put(x, place.y, place.right().saturating_sub(x), &words, role) + 3;
    }
    if focused {
        canvas.put_right(place.right(), place.y, 14, "← → chooses", Role::Muted);
    }
}

fn last_word(form: &Form, canvas: &mut Canvas<'_>, line: Rect) {
    let word = match form.purpose {
        Filling::Plan(_) => "show the plan",
        Filling::Answer(_) | Filling::Prompt => "answer",
    };
    let word = if form.at_end() { format!("▸ {word}  ") } else { format!("[ {word} ]") };
    let role = if form.at_end() { Role::Accent } else { Role::Label };
    let taken = canvas.put(line.x, line.y, line.width, &word, role);
    if form.at_end() {
        canvas.lay(Rect { width: taken, ..line }, Role::Selected);
    }
    canvas.put_right(
        line.right(),
        line.y,
        line.width - taken,
        "tab next   enter on   esc give up",
        Role::Muted,
    );
}

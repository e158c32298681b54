//! Answers being given: one field below the other, what each takes, and why one is not taken.

use ratatui::layout::Rect;
use ratatui::style::Modifier;
use tui_textarea::TextArea;

use crate::tui::app::{Blank, Field, Filling, Form};
use crate::tui::canvas::Canvas;
use crate::tui::text;
use crate::tui::theme::Role;
use crate::tui::widgets::marks;

/// Lines of a field for several lines.
const SEVERAL: u16 = 6;

/// Lines that a field says below it; a longer list of what it takes helps nobody.
const MOST_SAID: usize = 4;

/// A form is no wider than this, and no narrower where there is room: longer lines are hard to read.
const WIDTHS: (u16, u16) = (78, 140);

/// Lines below the fields: an empty one and the last word.
const BELOW: u16 = 2;

/// Draws it over a view.
pub(super) fn draw(form: &Form, canvas: &mut Canvas<'_>, body: Rect) {
    let asked: Vec<&Field> = form.asked().into_iter().map(|place| &form.fields[place]).collect();
    let width = width(form, &asked).min(body.width - 2);
    let title = title(form, width - 4);
    let title_height = u16::try_from(title.len()).unwrap_or(0);
    let heights: Vec<u16> = asked.iter().map(|field| height(field, width - 4)).collect();
    let wanted: u16 = heights.iter().sum::<u16>() + title_height + BELOW + 2;
    let height = wanted.min(body.height);
    let area = Rect { x: (body.width - width) / 2, y: body.y + (body.height - height) / 3, width, height };
    let inside = canvas.window(area, if title.is_empty() { &form.title } else { "" }, Role::Border);
    let inside = Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside };
    for (y, line) in (inside.y..inside.bottom()).zip(&title) {
        canvas.put(inside.x, y, inside.width, line, Role::Title);
    }
    let fields = Rect {
        y: inside.y + title_height,
        height: inside.height.saturating_sub(title_height + BELOW),
        ..inside
    };
    let (above, below) = draw_fields(form, &asked, &heights, canvas, fields);
    marks::draw(canvas, inside, above, below);
    last_word(form, canvas, Rect { y: inside.bottom() - 1, height: 1, ..inside });
}

/// Wide enough for the longest of what is asked and what it takes.
fn width(form: &Form, asked: &[&Field]) -> u16 {
    let words = asked.iter().flat_map(|field| [field.title.as_str(), field.takes.as_str()]);
    let longest = words.chain([form.title.as_str()]).map(text::width).max().unwrap_or(0);
    (longest + 8).clamp(WIDTHS.0, WIDTHS.1)
}

/// The heading, where it has no room in the frame.
fn title(form: &Form, width: u16) -> Vec<String> {
    if text::width(&form.title) + marks::CELLS <= width { Vec::new() } else { text::wrap(&form.title, width) }
}

/// Draws those that have room, the one in hand among them; how many there are above and below.
fn draw_fields(
    form: &Form,
    asked: &[&Field],
    heights: &[u16],
    canvas: &mut Canvas<'_>,
    area: Rect,
) -> (usize, usize) {
    let mut y = area.y;
    let first = first_shown(heights, form.focus, area.height);
    let mut shown = first;
    for (place, field) in asked.iter().enumerate().skip(first) {
        let room = area.bottom().saturating_sub(y);
        if heights[place] > room + 1 && place != form.focus {
            break; // the empty line below a field may be missing, nothing else
        }
        draw_field(field, place == form.focus, canvas, Rect { y, height: heights[place].min(room), ..area });
        y = (y + heights[place]).min(area.bottom());
        shown = place + 1;
    }
    (first, asked.len().saturating_sub(shown))
}

/// Fields above the focused one give way where there is no room for all.
fn first_shown(heights: &[u16], focus: usize, room: u16) -> usize {
    let focus = focus.min(heights.len().saturating_sub(1));
    (0..=focus)
        .find(|first| heights.iter().take(focus + 1).skip(*first).sum::<u16>() <= room + 1)
        .unwrap_or(focus)
}

fn height(field: &Field, width: u16) -> u16 {
    let lines = question(field, width).len() + said(field, width).len();
    lines_of(field) + 1 + u16::try_from(lines).unwrap_or(0)
}

/// Lines that are typed in.
fn lines_of(field: &Field) -> u16 {
    if matches!(field.blank, Blank::Text(_)) { SEVERAL } else { 1 }
}

/// Above the field: what is asked.
fn question(field: &Field, width: u16) -> Vec<String> {
    text::wrap(&field.title, width)
}

/// Below the field: why it is not taken, or what it takes.
fn said(field: &Field, width: u16) -> Vec<(String, Role)> {
    let (words, role) = match &field.trouble {
        Some(trouble) => (format!("✗ {}", trouble.in_one_line()), Role::Bad),
        None if field.takes.is_empty() => return Vec::new(),
        None => (field.takes.clone(), Role::Muted),
    };
    let lines = text::wrap_at_most(&words, width.saturating_sub(2), MOST_SAID);
    lines.into_iter().map(|line| (line, role)).collect()
}

fn draw_field(field: &Field, focused: bool, canvas: &mut Canvas<'_>, area: Rect) {
    let role = if focused { Role::Accent } else { Role::Label };
    let question = question(field, area.width);
    for (y, line) in (area.y..area.bottom()).zip(&question) {
        canvas.put(area.x, y, area.width, line, role);
    }
    let asked = u16::try_from(question.len()).unwrap_or(0);
    name(field, question.last(), canvas, Rect { y: area.y + asked.saturating_sub(1), height: 1, ..area });
    let y = (area.y + asked).min(area.bottom());
    let height = lines_of(field).min(area.bottom() - y);
    let blank = Rect { x: area.x + 2, y, width: area.width.saturating_sub(2), height };
    if focused {
        canvas.lay(Rect { x: area.x, width: area.width, ..blank }, Role::Selected);
        canvas.put(area.x, blank.y, 1, "▌", Role::Accent);
    }
    match &field.blank {
        Blank::Line(text) | Blank::Text(text) => draw_text(text, field.untouched, focused, canvas, blank),
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

/// The name by which a plan calls the answer, where it has room behind the question.
fn name(field: &Field, last: Option<&String>, canvas: &mut Canvas<'_>, line: Rect) {
    let taken = last.map_or(0, |last| text::width(last)) + 2;
    if field.is_named() && taken + text::width(&field.name) <= line.width {
        canvas.put(line.x + taken, line.y, line.width - taken, &field.name, Role::Muted);
    }
}

/// What nobody has typed is dimmer, and is told to give way to what is.
fn draw_text(area: &TextArea<'_>, untouched: bool, focused: bool, canvas: &mut Canvas<'_>, place: Rect) {
    let mut area = area.clone();
    let plain = canvas.style(if untouched { Role::Muted } else { Role::Title });
    area.set_style(plain);
    area.set_cursor_line_style(plain);
    area.set_cursor_style(if focused { plain.add_modifier(Modifier::REVERSED) } else { plain });
    canvas.widget(place, &area);
    if focused {
        canvas.lay(place, Role::Selected);
    }
    let hint = "typing replaces it";
    let taken = area.lines().first().map_or(0, |line| text::width(line));
    if untouched && focused && taken + text::width(hint) + 3 <= place.width {
        canvas.put_right(place.right(), place.y, place.width, hint, Role::Muted);
    }
}

/// The options, the chosen one always among those that are seen.
fn choice(options: &[String], at: usize, focused: bool, canvas: &mut Canvas<'_>, place: Rect) {
    let cells = |option: &String| text::width(option) + 5;
    let all: u16 = options.iter().map(cells).fold(0, u16::saturating_add);
    let hint = match (focused, all > place.width) {
        (true, true) => format!("← → chooses, {} of {}", at + 1, options.len()),
        (true, false) => "← → chooses".to_owned(),
        (false, true) => format!("{} of {}", at + 1, options.len()),
        (false, false) => String::new(),
    };
    let reserved = if all > place.width { text::width(&hint) + 1 } else { 0 };
    let right = place.right().saturating_sub(reserved);
    let room = right.saturating_sub(place.x);
    let until_chosen = options.get(..=at).unwrap_or(options);
    let seen =
        |first: &usize| until_chosen.iter().skip(*first).map(cells).fold(0, u16::saturating_add) <= room;
    let first = (0..at).find(seen).unwrap_or(at);
    let mut x = place.x;
    for (index, option) in options.iter().enumerate().skip(first) {
        let chosen = index == at;
        let words = if chosen { format!("● {option}") } else { format!("○ {option}") };
        let role = match (chosen, focused) {
            (true, true) => Role::Accent,
            (true, false) => Role::Title,
            _ => Role::Muted,
        };
        x += canvas.put(x, place.y, right.saturating_sub(x), &words, role) + 3;
    }
    if reserved > 0 || x + text::width(&hint) <= place.right() {
        canvas.put_right(place.right(), place.y, place.width, &hint, Role::Muted);
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

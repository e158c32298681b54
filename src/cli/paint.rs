//! Colour for a terminal, and columns that line up. Colour repeats what a sign or word already says.

use unicode_width::UnicodeWidthStr as _;

use crate::model::verdict::Health;

/// Whether colour is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paint {
    /// None.
    Plain,
    /// The terminal's own red, yellow and so on.
    Colour,
}

impl Paint {
    /// Colour on a terminal whose user has not said `NO_COLOR`.
    pub fn for_output(is_terminal: bool, no_color: Option<&str>) -> Self {
        if is_terminal && no_color.is_none_or(str::is_empty) { Self::Colour } else { Self::Plain }
    }

    /// Text in the colour of a health.
    pub fn health(self, health: Health, text: &str) -> String {
        match health {
            Health::Ok => text.to_owned(),
            Health::Busy => self.wrapped("36", text),
            Health::Unknown => self.wrapped("35", text),
            Health::Warn => self.wrapped("33", text),
            Health::Bad => self.wrapped("31", text),
        }
    }

    /// A heading.
    pub fn heading(self, text: &str) -> String {
        self.wrapped("1", text)
    }

    /// What matters less.
    pub fn faint(self, text: &str) -> String {
        self.wrapped("2", text)
    }

    fn wrapped(self, code: &str, text: &str) -> String {
        match self {
            Self::Colour if !text.trim().is_empty() => format!("\x1b[{code}m{text}\x1b[0m"),
            _ => text.to_owned(),
        }
    }
}

/// One field of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Text without colour.
    pub text: String,
    /// What its colour says.
    pub health: Health,
}

impl Field {
    /// A field without judgement.
    pub fn plain(text: impl Into<String>) -> Self {
        Self { text: text.into(), health: Health::Ok }
    }
}

/// Lines of fields in columns two spaces apart, each line indented by one.
pub fn columns(rows: &[Vec<Field>], paint: Paint) -> String {
    let width = |column: usize| {
        rows.iter()
            .filter_map(|row| row.get(column))
            .map(|field| field.text.width())
            .max()
            .unwrap_or_default()
    };
    let widths: Vec<usize> = (0..rows.iter().map(Vec::len).max().unwrap_or_default()).map(width).collect();
    let mut text = String::new();
    for row in rows {
        let mut line = String::from(" ");
        for (column, field) in row.iter().enumerate() {
            let is_last = column + 1 == row.len();
            let room = widths.get(column).copied().unwrap_or_default() - field.text.width();
            line.push_str(&paint.health(field.health, &field.text));
            line.push_str(&" ".repeat(if is_last { 0 } else { room + 2 }));
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colour_needs_a_terminal_and_no_objection() {
        assert_eq!(Paint::for_output(true, None), Paint::Colour);
        assert_eq!(Paint::for_output(true, Some("")), Paint::Colour);
        assert_eq!(Paint::for_output(true, Some("1")), Paint::Plain);
        assert_eq!(Paint::for_output(false, None), Paint::Plain);
    }

    #[test]
    fn columns_line_up_with_and_without_colour() {
        let bad = Field { text: "gone".to_owned(), health: Health::Bad };
        let rows = [
            vec![Field::plain("a"), bad, Field::plain("x")],
            vec![Field::plain("longer"), Field::plain("中"), Field::plain("y")],
        ];
        assert_eq!(columns(&rows, Paint::Plain), " a       gone  x\n longer  中    y\n");
        assert_eq!(columns(&rows, Paint::Colour), " a       \x1b[31mgone\x1b[0m  x\n longer  中    y\n");
    }
}

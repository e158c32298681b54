//! What makes a terminal call its operator: the bell, and the notification of the desktop it stands on, by OSC 9 or OSC 777.

use crate::model::notice::NoticeWay;
use crate::tui::text;

use super::clipboard::Between;

/// Cells of a text that a notification shows.
const LONGEST: u16 = 200;

/// A call to the operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Announcement {
    /// Whether the bell rings.
    pub bell: bool,
    /// How the terminal is asked to notify.
    pub way: NoticeWay,
    /// From whom it comes.
    pub title: String,
    /// What is said.
    pub words: String,
}

impl Announcement {
    /// The bytes that ask for it. A multiplexer rings its own bell; only the notification must pass through it.
    pub fn bytes(&self, between: Between) -> Vec<u8> {
        let mut bytes = Vec::new();
        if let Some(sequence) = self.sequence() {
            bytes.extend(between.passing(sequence.as_bytes()));
        }
        if self.bell {
            bytes.push(b'\x07');
        }
        bytes
    }

    fn sequence(&self) -> Option<String> {
        let (title, words) = (plain(&self.title), plain(&self.words));
        match self.way {
            NoticeWay::Off => None,
            NoticeWay::Osc9 => Some(format!("\x1b]9;{title}: {words}\x07")),
            // a semicolon would begin another part
            NoticeWay::Osc777 => {
                Some(format!("\x1b]777;notify;{};{}\x07", title.replace(';', ","), words.replace(';', ",")))
            }
        }
    }
}

/// One line without anything that could end the sequence early, or be taken for another.
fn plain(words: &str) -> String {
    let visible: String = words.chars().map(|sign| if sign == '\n' { ' ' } else { sign }).collect();
    let visible: String = visible.chars().filter(|sign| !sign.is_control()).collect();
    text::clip(&visible, LONGEST).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(bell: bool, way: NoticeWay, words: &str, between: Between) -> String {
        let announcement =
            Announcement { bell, way, title: "vaultdeck shared".to_owned(), words: words.to_owned() };
        String::from_utf8(announcement.bytes(between)).unwrap()
    }

    #[test]
    fn each_way_has_exactly_these_bytes() {
        let told = |way, between| bytes(true, way, "vault is sealed; now", between);
        assert_eq!(told(NoticeWay::Off, Between::Tmux), "\x07");
        assert_eq!(
            told(NoticeWay::Osc9, Between::Nothing),
            "\x1b]9;vaultdeck shared: vault is sealed; now\x07\x07"
        );
        assert_eq!(
            told(NoticeWay::Osc777, Between::Nothing),
            "\x1b]777;notify;vaultdeck shared;vault is sealed, now\x07\x07"
        );
        assert_eq!(
            told(NoticeWay::Osc9, Between::Tmux),
            "\x1bPtmux;\x1b\x1b]9;vaultdeck shared: vault is sealed; now\x07\x1b\\\x07"
        );
        assert_eq!(bytes(false, NoticeWay::Off, "", Between::Nothing), "");
    }

    #[test]
    fn screen_gets_short_pieces_that_make_the_whole() {
        let sent = bytes(false, NoticeWay::Osc9, &"x".repeat(190), Between::Screen);
        let pieces: Vec<_> = sent.trim_end_matches("\x1b\\").split("\x1b\\").collect();
        assert!(
            pieces.len() > 2 && pieces.iter().all(|piece| piece.starts_with("\x1bP") && piece.len() <= 78)
        );
        assert!(sent.replace("\x1bP", "").replace("\x1b\\", "").contains(&"x".repeat(190)));
    }

    #[test]
    fn foreign_words_can_neither_end_the_sequence_nor_begin_another_and_are_cut() {
        let hostile = format!("a\x07b\x1b]52;c;aGk=\x07\u{9c}c\nd{}", "e".repeat(500));
        for way in [NoticeWay::Osc9, NoticeWay::Osc777] {
            let sent = bytes(false, way, &hostile, Between::Nothing);
            assert_eq!(sent.matches(['\x1b', '\x07', '\u{9c}', '\n']).count(), 2, "{sent:?}");
            assert!(sent.len() < 300 && sent.contains('…'));
        }
    }
}

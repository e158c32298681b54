//! What asks a terminal to put a text into its clipboard: OSC 52, wrapped where tmux or GNU screen stand between.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

/// Bytes of a text that terminals take: 74 994 of base64 at most.
pub const MOST_COPIED: usize = 74_994 / 4 * 3;

/// Bytes that GNU screen passes on at once.
const SCREEN_CHUNK: usize = 76;

/// What stands between us and the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Between {
    /// Nothing.
    Nothing,
    /// tmux: passes on what is wrapped, with every escape doubled.
    Tmux,
    /// GNU screen: passes on what is wrapped in short pieces.
    Screen,
}

impl Between {
    /// As the environment tells.
    pub fn told_by(variable: impl Fn(&str) -> Option<String>) -> Self {
        let terminal = variable("TERM").unwrap_or_default();
        if variable("TMUX").is_some() || terminal.starts_with("tmux") {
            return Self::Tmux;
        }
        if variable("STY").is_some() || terminal.starts_with("screen") { Self::Screen } else { Self::Nothing }
    }

    /// The bytes that bring a sequence to the terminal, which ends in BEL and has no ESC but at its start.
    pub fn passing(self, sequence: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(sequence.len() * 2 + 16);
        match self {
            Self::Nothing => in_turn(&mut bytes, &[sequence]),
            Self::Tmux => in_turn(&mut bytes, &[b"\x1bPtmux;\x1b", sequence, b"\x1b\\"]),
            Self::Screen => {
                for chunk in sequence.chunks(SCREEN_CHUNK) {
                    in_turn(&mut bytes, &[b"\x1bP", chunk, b"\x1b\\"]);
                }
            }
        }
        bytes
    }

    /// The bytes that put a text into the clipboard; an empty text clears it. `None` for one that is too long.
    pub fn copying(self, text: &str) -> Option<Zeroizing<Vec<u8>>> {
        if text.len() > MOST_COPIED {
            return None;
        }
        let encoded = Zeroizing::new(STANDARD.encode(text));
        // room for all at once, so that no copy is left behind while it grows
        let mut bytes = Zeroizing::new(Vec::with_capacity(encoded.len() * 2 + 64));
        match self {
            Self::Nothing => in_turn(&mut bytes, &[b"\x1b]52;c;", encoded.as_bytes(), b"\x07"]),
            Self::Tmux => {
                in_turn(&mut bytes, &[b"\x1bPtmux;\x1b\x1b]52;c;", encoded.as_bytes(), b"\x07\x1b\\"]);
            }
            Self::Screen => {
                in_turn(&mut bytes, &[b"\x1bP\x1b]52;c;"]);
                for (index, chunk) in encoded.as_bytes().chunks(SCREEN_CHUNK).enumerate() {
                    in_turn(&mut bytes, &[if index == 0 { b"" } else { b"\x1b\\\x1bP" }, chunk]);
                }
                in_turn(&mut bytes, &[b"\x07\x1b\\"]);
            }
        }
        Some(bytes)
    }
}

fn in_turn(bytes: &mut Vec<u8>, pieces: &[&[u8]]) {
    for piece in pieces {
        bytes.extend_from_slice(piece);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn copying(between: Between, text: &str) -> String {
        String::from_utf8(between.copying(text).unwrap().to_vec()).unwrap()
    }

    #[test]
    fn a_text_goes_to_the_terminal_in_exactly_these_bytes() {
        assert_eq!(copying(Between::Nothing, "hunter2"), "\x1b]52;c;aHVudGVyMg==\x07");
        assert_eq!(copying(Between::Tmux, "hunter2"), "\x1bPtmux;\x1b\x1b]52;c;aHVudGVyMg==\x07\x1b\\");
        assert_eq!(copying(Between::Screen, "hunter2"), "\x1bP\x1b]52;c;aHVudGVyMg==\x07\x1b\\");
        assert_eq!(copying(Between::Nothing, ""), "\x1b]52;c;\x07");
    }

    #[test]
    fn screen_gets_a_long_text_in_short_pieces_that_make_the_whole() {
        let text = "x".repeat(200);
        let sent = copying(Between::Screen, &text);
        let pieces: Vec<_> = sent.split("\x1b\\\x1bP").collect();
        assert!(pieces.len() > 3 && pieces.iter().all(|piece| piece.len() < SCREEN_CHUNK + 16));
        assert!(pieces.concat().contains(&STANDARD.encode(&text)));
    }

    #[test]
    fn what_no_terminal_would_take_is_not_sent() {
        assert!(Between::Nothing.copying(&"x".repeat(MOST_COPIED)).is_some());
        assert!(Between::Nothing.copying(&"x".repeat(MOST_COPIED + 1)).is_none());
    }

    #[test]
    fn the_environment_tells_what_stands_between() {
        let told = |name: &'static str, value: &'static str| {
            Between::told_by(move |asked| (asked == name).then(|| value.to_owned()))
        };
        assert_eq!(told("TMUX", "/tmp/tmux-0/default,1,0"), Between::Tmux);
        assert_eq!(told("STY", "1.pts-0"), Between::Screen);
        assert_eq!(told("TERM", "xterm-256color"), Between::Nothing);
    }
}

//! What `host.sh` printed, read back. Only lines between its own marks count, and a line that is not as the script
//! writes it is an error: nothing is guessed.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::model::facts::FileStat;
use crate::world::clean;

/// Bytes of a file that the script hands over at most; a text of this length was cut.
pub(super) const LONGEST_TEXT: usize = 65536;

/// A report in full.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Report {
    /// The host's clock when the script began and ended, in seconds.
    pub(super) began: Option<f64>,
    pub(super) ended: Option<f64>,
    /// Whether a swap on disk is active.
    pub(super) swap: Option<bool>,
    /// Files by the script's names for them.
    pub(super) files: BTreeMap<String, Seen>,
    /// Contents of `config` and `template`.
    pub(super) texts: BTreeMap<String, Vec<u8>>,
    /// Type of the file system under `.env`.
    pub(super) file_system: Option<String>,
    /// Whether `.env` could be read.
    pub(super) env_read: bool,
    /// Keys of `.env` in order.
    pub(super) keys: Vec<Key>,
    /// Versions from marker comments.
    pub(super) markers: BTreeMap<String, u64>,
}

/// What `stat` said of a file.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Seen {
    Present(FileStat),
    Absent,
    /// Why it could not be looked at.
    Closed(String),
}

/// One line of `.env` without its value.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Key {
    pub(super) name: String,
    pub(super) shape: Shape,
    /// `None` where the host has no tool for it.
    pub(super) digest: Option<String>,
}

/// What a value looks like.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Shape {
    Full,
    Empty,
    NoValue,
}

impl Report {
    /// Reads what the script printed between `begin NONCE` and `end NONCE`.
    pub(super) fn read(printed: &[u8], nonce: &str) -> Result<Self, String> {
        let printed = String::from_utf8_lossy(printed);
        let (begin, end) = (format!("begin {nonce}"), format!("end {nonce}"));
        let mut lines = printed.lines().skip_while(|line| *line != begin).skip(1);
        let mut report = Self::default();
        for line in lines.by_ref() {
            if line == end {
                return Ok(report);
            }
            report
                .take(line)
                .ok_or_else(|| format!("a line that makes no sense: {}", clean::line(line.as_bytes())))?;
        }
        Err("the report ended early".to_owned())
    }

    fn take(&mut self, line: &str) -> Option<()> {
        let words: Vec<&str> = line.split(' ').filter(|word| !word.is_empty()).collect();
        match *words.as_slice() {
            ["began", time] => self.began = Some(seconds(time)?),
            ["ended", time] => self.ended = Some(seconds(time)?),
            ["swap", active] => self.swap = Some(active == "yes"),
            ["file", name, mode, uid, gid, size, modified] => {
                let stat = stat(mode, uid, gid, size, modified)?;
                self.files.insert(name.to_owned(), Seen::Present(stat));
            }
            ["absent", name] => drop(self.files.insert(name.to_owned(), Seen::Absent)),
            ["closed", name, why] => {
                self.files.insert(name.to_owned(), Seen::Closed(clean::line(bytes(why)?.trim_ascii())));
            }
            ["text", name] => drop(self.texts.insert(name.to_owned(), Vec::new())),
            ["text", name, text] => drop(self.texts.insert(name.to_owned(), bytes(text)?)),
            ["filesystem", kind] => self.file_system = Some(kind.to_owned()),
            ["marker", name, version] => drop(self.markers.insert(name.to_owned(), version.parse().ok()?)),
            ["key", name, shape] => self.keys.push(key(name, shape, None)?),
            ["key", name, shape, digest] => self.keys.push(key(name, shape, Some(digest))?),
            ["read", "env"] => self.env_read = true,
            _ => return None,
        }
        Some(())
    }
}

fn key(name: &str, shape: &str, digest: Option<&str>) -> Option<Key> {
    let shape = match shape {
        "full" => Shape::Full,
        "empty" => Shape::Empty,
        "no-value" => Shape::NoValue,
        _ => return None,
    };
    let plain =
        |name: &str| name.chars().all(|character| character.is_ascii_alphanumeric() || character == '_');
    let whole = |digest: &&str| digest.len() == 64 && digest.chars().all(|digit| digit.is_ascii_hexdigit());
    let digest = match digest {
        Some(digest) => Some(Some(digest).filter(whole)?.to_owned()),
        None => None,
    };
    plain(name).then(|| Key { name: name.to_owned(), shape, digest })
}

/// Seconds since 1970; a `date` without nanoseconds prints something else behind the point.
fn seconds(word: &str) -> Option<f64> {
    let (whole, fraction) = word.split_once('.').unwrap_or((word, ""));
    let fraction = if fraction.bytes().all(|digit| digit.is_ascii_digit()) { fraction } else { "" };
    format!("{whole}.{fraction}0").parse().ok().filter(|seconds: &f64| seconds.is_finite())
}

fn stat(mode: &str, uid: &str, gid: &str, size: &str, modified: &str) -> Option<FileStat> {
    Some(FileStat {
        mode: u32::from_str_radix(mode, 8).ok()?,
        uid: uid.parse().ok()?,
        gid: gid.parse().ok()?,
        size: size.parse().ok()?,
        modified: Timestamp::from_second(modified.parse().ok()?).ok()?,
    })
}

fn bytes(hexadecimal: &str) -> Option<Vec<u8>> {
    let digits = hexadecimal.as_bytes();
    if !digits.len().is_multiple_of(2) {
        return None;
    }
    digits.chunks_exact(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_recorded_report_of_a_host_is_read() {
        let report =
            Report::read(include_bytes!("../../../tests/fixtures/host/host.report"), "0f1e").unwrap();
        assert_eq!(report.swap, Some(false));
        assert!(matches!(report.files.get("config"), Some(Seen::Present(stat)) if stat.mode == 0o644));
        assert_eq!(report.files.get("secret_id"), Some(&Seen::Absent));
        assert!(
            matches!(report.files.get("role_id"), Some(Seen::Closed(why)) if why.ends_with("Permission denied"))
        );
        assert!(report.texts.get("config").unwrap().starts_with(b"vault {"));
        assert!(report.ended.unwrap() > report.began.unwrap());
    }

    #[test]
    fn a_recorded_report_of_an_env_is_read() {
        let report = Report::read(include_bytes!("../../../tests/fixtures/host/env.report"), "0f1e").unwrap();
        let names: Vec<_> = report.keys.iter().map(|key| (key.name.as_str(), key.shape)).collect();
        assert_eq!(names, [("A", Shape::Full), ("C", Shape::Empty), ("D", Shape::NoValue)]);
        assert_eq!(report.markers, BTreeMap::from([("database".to_owned(), 8)]));
        assert_eq!((report.file_system.as_deref(), report.env_read), (Some("tmpfs"), true));
    }

    #[test]
    fn what_a_login_shell_prints_around_the_report_is_passed_over() {
        let noisy = b"Welcome!\nswap yes\nbegin 1\nswap no\nend 1\nswap yes\n";
        assert_eq!(Report::read(noisy, "1").unwrap().swap, Some(false));
    }

    #[test]
    fn a_report_that_ends_early_or_is_forged_is_refused() {
        for (printed, expected) in [
            ("", "ended early"),
            ("begin 2\nend 2\n", "ended early"),
            ("begin 1\nswap no\n", "ended early"),
            ("begin 1\nkey A full nothex\nend 1\n", "makes no sense"),
            ("begin 1\nfile config 9 0 0 0 0\nend 1\n", "makes no sense"),
            ("begin 1\nclosed config \u{1b}[2J\nend 1\n", "makes no sense"),
        ] {
            assert!(Report::read(printed.as_bytes(), "1").unwrap_err().contains(expected), "{printed:?}");
        }
    }

    #[test]
    fn a_date_without_nanoseconds_is_good_enough() {
        assert_eq!(seconds("1795328422.%N"), Some(1_795_328_422.0));
        assert_eq!(seconds("1795328422.25"), Some(1_795_328_422.25));
        assert_eq!(seconds("soon"), None);
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(printed in prop::collection::vec(any::<u8>(), 0..300)) {
            let mut framed = b"begin 1\n".to_vec();
            framed.extend(printed);
            framed.extend(b"\nend 1\n");
            let _ = Report::read(&framed, "1");
        }

        #[test]
        fn every_line_the_script_can_print_is_read_or_refused(line in "(file|absent|closed|text|key|marker|swap|began) [a-z0-9. -]{0,40}") {
            let _ = Report::read(format!("begin 1\n{line}\nend 1\n").as_bytes(), "1");
        }
    }
}

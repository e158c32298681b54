//! Which news an operator is told who looks elsewhere: what was not there before, is bad enough, and comes outside of the
//! hours in which nobody wants to be told.
//!
//! ```text
//! Picture ──know──▶ Told        what was there at the last look rings nothing
//! Picture ──due(now)──▶ news    new or worse │ from │ quiet │ repeat_after
//! ```

use std::collections::BTreeMap;
use std::fmt;

use jiff::civil::Time;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::finding::Severity;
use super::last_look::{Key, Picture, Standing};

/// What the console tells of by itself, and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Notices {
    /// Whether the terminal's bell rings.
    pub bell: bool,
    /// A notification of the terminal.
    pub terminal: NoticeWay,
    /// Words of a program that is started for each; empty for none.
    pub command: Vec<String>,
    /// Seconds after which that program is ended.
    pub command_seconds: u64,
    /// The least that is told.
    pub from: NoticeFrom,
    /// Hours in which nothing is told.
    pub quiet: Quiet,
    /// What went away and came again within so many minutes after it was told is not told again.
    pub repeat_after_minutes: i64,
}

impl Default for Notices {
    fn default() -> Self {
        Self {
            bell: false,
            terminal: NoticeWay::Off,
            command: Vec::new(),
            command_seconds: 10,
            from: NoticeFrom::Critical,
            quiet: Quiet::default(),
            repeat_after_minutes: 60,
        }
    }
}

impl Notices {
    /// Whether anything is told at all.
    pub fn wanted(&self) -> bool {
        self.bell || self.terminal != NoticeWay::Off || !self.command.is_empty()
    }

    fn concern(&self, standing: &Standing) -> bool {
        !standing.acknowledged && standing.severity >= self.from.severity()
    }
}

/// How a terminal is asked to notify.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NoticeWay {
    /// Not at all.
    Off,
    /// By OSC 9.
    Osc9,
    /// By OSC 777.
    Osc777,
}

/// The least severity that is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NoticeFrom {
    /// What hurts now.
    Critical,
    /// What hurts soon, too.
    High,
    /// What will hurt later, too.
    Warning,
}

impl NoticeFrom {
    fn severity(self) -> Severity {
        match self {
            Self::Critical => Severity::Critical,
            Self::High => Severity::High,
            Self::Warning => Severity::Warning,
        }
    }
}

/// Hours of every day, in UTC: from a time on and up to another, which may lie on the next day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Quiet(Option<(Time, Time)>);

impl Quiet {
    /// Whether a moment lies in them. The same time twice is the whole day.
    pub fn covers(self, moment: Timestamp) -> bool {
        let Some((from, to)) = self.0 else { return false };
        let time = moment.to_zoned(TimeZone::UTC).time();
        if from < to { from <= time && time < to } else { from <= time || time < to }
    }
}

impl TryFrom<String> for Quiet {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if text.is_empty() {
            return Ok(Self(None));
        }
        let ends = text.split_once('-').and_then(|(from, to)| Some((time(from)?, time(to)?)));
        ends.map(|ends| Self(Some(ends)))
            .ok_or_else(|| format!("quiet hours are written 22:00-07:00, in UTC, not {text}"))
    }
}

impl From<Quiet> for String {
    fn from(quiet: Quiet) -> Self {
        quiet.to_string()
    }
}

impl fmt::Display for Quiet {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some((from, to)) = self.0 else { return Ok(()) };
        write!(formatter, "{}-{}", from.strftime("%H:%M"), to.strftime("%H:%M"))
    }
}

fn time(text: &str) -> Option<Time> {
    let (hour, minute) = text.split_once(':').filter(|_| text.len() == 5)?;
    Time::new(hour.parse().ok()?, minute.parse().ok()?, 0, 0).ok()
}

/// What was told, and what stands without having been told.
#[derive(Debug, Clone, Default)]
pub struct Told(BTreeMap<Key, Heard>);

/// What is known of one thing that may be told.
#[derive(Debug, Clone, Copy, Default)]
struct Heard {
    /// How bad it is, as long as it stands and need not be told.
    stands: Option<Severity>,
    /// When it was told last, and how bad it was.
    told: Option<(Timestamp, Severity)>,
}

impl Told {
    /// Takes note of what was seen before: it is no news.
    pub fn know(&mut self, picture: &Picture) {
        for standing in &picture.standing {
            self.0.entry(standing.key()).or_default().stands = Some(standing.severity);
        }
    }

    /// What is to be told of a picture at a moment, worst first; it counts as told from then on. What comes in quiet hours is
    /// due when they have ended, if it still stands.
    pub fn due(&mut self, picture: &Picture, notices: &Notices, now: Timestamp) -> Vec<Standing> {
        self.forget_what_ended(picture, notices, now);
        let quiet = notices.quiet.covers(now);
        let concerned = picture.standing.iter().filter(|standing| notices.concern(standing));
        let mut due = Vec::new();
        for standing in concerned {
            let heard = self.0.entry(standing.key()).or_default();
            if heard.stands >= Some(standing.severity) {
                heard.stands = Some(standing.severity);
                continue;
            }
            if quiet {
                continue;
            }
            heard.stands = Some(standing.severity);
            if !heard.told_lately(standing.severity, notices, now) {
                heard.told = Some((now, standing.severity));
                due.push(standing.clone());
            }
        }
        due.sort_by_key(|standing| std::cmp::Reverse(standing.severity));
        due
    }

    /// What cannot be seen has not ended.
    fn forget_what_ended(&mut self, picture: &Picture, notices: &Notices, now: Timestamp) {
        let present = picture.by_key();
        let stands = |(rule, subject): &Key| {
            let standing = present.get(&(rule.as_str(), subject.as_str()));
            standing.map_or_else(|| picture.is_unsure(rule, subject), |standing| notices.concern(standing))
        };
        self.0.retain(|key, heard| {
            if !stands(key) {
                heard.stands = None;
            }
            heard.stands.is_some() || heard.told_lately(Severity::Info, notices, now)
        });
    }
}

impl Heard {
    fn told_lately(self, severity: Severity, notices: &Notices, now: Timestamp) -> bool {
        let window = SignedDuration::from_mins(notices.repeat_after_minutes.clamp(0, MOST_MINUTES));
        self.told.is_some_and(|(at, told)| told >= severity && now.duration_since(at) < window)
    }
}

/// Minutes of a year; nothing is held back for longer.
const MOST_MINUTES: i64 = 366 * 24 * 60;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A minute of the first day there is.
    fn minute(minute: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_mins(minute)
    }

    fn notices(quiet: &str, repeat_after_minutes: i64) -> Notices {
        let quiet = quiet.to_owned().try_into().unwrap();
        Notices { bell: true, quiet, repeat_after_minutes, ..Notices::default() }
    }

    fn picture(standing: &[(&str, Severity)]) -> Picture {
        let standing = standing.iter().map(|(rule, severity)| Standing {
            rule: (*rule).to_owned(),
            subject: "authentik-1".to_owned(),
            severity: *severity,
            sentence: format!("{rule} since a while"),
            acknowledged: false,
        });
        Picture { standing: standing.collect(), ..Picture::default() }
    }

    /// The rules told at each minute of an evening.
    fn told(notices: &Notices, evening: &[(i64, &[(&str, Severity)])]) -> Vec<(i64, String)> {
        let mut told = Told::default();
        let mut heard = Vec::new();
        for (at, standing) in evening {
            let due = told.due(&picture(standing), notices, minute(*at));
            heard.extend(due.into_iter().map(|standing| (*at, standing.rule)));
        }
        heard
    }

    use Severity::{Critical, High, Warning};

    const SEALED: &[(&str, Severity)] = &[("SEALED", Critical)];

    #[test]
    fn what_is_new_is_told_once_as_long_as_it_stands() {
        let evening: &[(i64, &[_])] = &[(0, &[]), (1, SEALED), (2, SEALED), (500, SEALED)];
        assert_eq!(told(&notices("", 60), evening), [(1, "SEALED".to_owned())]);
    }

    #[test]
    fn what_flaps_is_told_again_only_when_its_window_has_passed() {
        let evening: &[(i64, &[_])] =
            &[(1, SEALED), (5, &[]), (6, SEALED), (7, &[]), (60, SEALED), (61, &[]), (62, SEALED)];
        assert_eq!(told(&notices("", 60), evening), [(1, "SEALED".to_owned()), (62, "SEALED".to_owned())]);
        assert_eq!(told(&notices("", 0), evening).len(), 4);
    }

    #[test]
    fn what_becomes_worse_is_told_and_what_becomes_better_is_not() {
        let evening: &[(i64, &[_])] = &[
            (1, &[("TOK-EXPIRING", Warning)]),
            (2, &[("TOK-EXPIRING", High)]),
            (3, &[("TOK-EXPIRING", Critical)]),
            (4, &[("TOK-EXPIRING", High)]),
            (5, &[("TOK-EXPIRING", Critical)]),
        ];
        let from = |from| Notices { from, ..notices("", 60) };
        let minutes = |from_what| {
            told(&from(from_what), evening).into_iter().map(|(minute, _)| minute).collect::<Vec<_>>()
        };
        assert_eq!(minutes(NoticeFrom::Warning), [1, 2, 3]);
        assert_eq!(minutes(NoticeFrom::High), [2, 3]);
        assert_eq!(minutes(NoticeFrom::Critical), [3]);
    }

    #[test]
    fn what_comes_in_quiet_hours_is_told_when_they_end_if_it_still_stands() {
        let both: &[_] = &[("SEALED", Critical), ("TOK-DEAD", Critical)];
        let evening: &[(i64, &[_])] =
            &[(23 * 60, both), (24 * 60 + 1, both), (30 * 60, SEALED), (31 * 60, SEALED)];
        assert_eq!(told(&notices("22:00-07:00", 60), evening), [(31 * 60, "SEALED".to_owned())]);
    }

    #[test]
    fn what_was_there_at_the_last_look_is_no_news_and_what_came_since_is() {
        let mut heard = Told::default();
        heard.know(&picture(SEALED));
        let now = picture(&[("SEALED", Critical), ("TOK-DEAD", Critical)]);
        let due = heard.due(&now, &notices("", 60), minute(0));
        assert_eq!(due.iter().map(|standing| standing.rule.as_str()).collect::<Vec<_>>(), ["TOK-DEAD"]);
    }

    #[test]
    fn what_cannot_be_seen_for_a_while_has_not_ended() {
        let mut heard = Told::default();
        let unseen = Picture { unsure: [("SEALED".to_owned(), None)].into(), ..Picture::default() };
        let notices = notices("", 0);
        assert_eq!(heard.due(&picture(SEALED), &notices, minute(0)).len(), 1);
        assert!(heard.due(&unseen, &notices, minute(100)).is_empty());
        assert!(heard.due(&picture(SEALED), &notices, minute(200)).is_empty());
    }

    #[test]
    fn what_somebody_has_taken_on_is_not_told() {
        let mut taken_on = picture(SEALED);
        taken_on.standing[0].acknowledged = true;
        assert!(Told::default().due(&taken_on, &notices("", 60), minute(0)).is_empty());
    }

    #[test]
    fn quiet_hours_are_in_utc_and_may_pass_midnight() {
        let covers =
            |quiet: &str, hour: i64| Quiet::try_from(quiet.to_owned()).unwrap().covers(minute(hour * 60));
        for (quiet, hours) in [
            ("", &[][..]),
            ("22:00-07:00", &[22, 23, 0, 6]),
            ("00:00-02:30", &[0, 1, 2]),
            ("12:00-12:00", &[0, 6, 12, 22, 23, 1, 2, 7]),
        ] {
            for hour in [0, 1, 2, 6, 7, 12, 21, 22, 23] {
                let expected = hours.contains(&hour) || (quiet == "22:00-07:00" && hour < 7);
                let expected = expected || quiet == "12:00-12:00";
                assert_eq!(covers(quiet, hour), expected, "{quiet} at {hour}");
            }
        }
    }

    #[test]
    fn quiet_hours_read_back_as_they_were_written_and_nothing_else_is_taken() {
        for text in ["", "22:00-07:00", "00:30-00:30"] {
            assert_eq!(Quiet::try_from(text.to_owned()).unwrap().to_string(), text);
        }
        for text in ["22-7", "22:00", "24:00-07:00", "22:60-07:00", "7:00-8:00", "22:00-07:00 UTC", "-"] {
            assert!(Quiet::try_from(text.to_owned()).is_err(), "{text}");
        }
    }

    fn severity() -> impl Strategy<Value = Severity> {
        prop_oneof![Just(Severity::Info), Just(Warning), Just(High), Just(Critical)]
    }

    fn evening() -> impl Strategy<Value = Vec<(i64, BTreeMap<usize, Severity>)>> {
        let standing = prop::collection::btree_map(0_usize..4, severity(), 0..4);
        prop::collection::vec((1_i64..90, standing), 1..40)
    }

    proptest! {
        #[test]
        fn no_thing_is_told_twice_within_its_window_unless_it_is_worse(evening in evening(), window in 0_i64..200) {
            let notices = Notices { from: NoticeFrom::Warning, ..notices("22:00-07:00", window) };
            let (mut told, mut at) = (Told::default(), 0);
            let mut latest: BTreeMap<Key, (i64, Severity)> = BTreeMap::new();
            for (pause, standing) in evening {
                at += pause;
                let names = ["A", "B", "C", "D"];
                let standing: Vec<_> = standing.iter().map(|(index, severity)| (names[*index], *severity)).collect();
                let seen = picture(&standing);
                let due = told.due(&seen, &notices, minute(at));
                prop_assert!(due.is_empty() || !notices.quiet.covers(minute(at)));
                for standing in &due {
                    prop_assert!(standing.severity >= Warning && seen.standing.contains(standing));
                    if let Some((before, severity)) = latest.get(&standing.key()) {
                        prop_assert!(at - before >= window || *severity < standing.severity);
                    }
                    latest.insert(standing.key(), (at, standing.severity));
                }
                // outside of quiet hours nothing stands that was not told at least once
                if !notices.quiet.covers(minute(at)) {
                    for standing in seen.standing.iter().filter(|standing| standing.severity >= Warning) {
                        prop_assert!(latest.contains_key(&standing.key()));
                    }
                }
                prop_assert!(told.due(&seen, &notices, minute(at)).is_empty(), "the same picture twice");
            }
        }
    }
}

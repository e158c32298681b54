//! What is otherwise in one picture than in an earlier one, each change a sentence.

use jiff::Timestamp;

use super::{EXPIRES, Issued, Picture, Standing};
use crate::model::span;
use crate::model::verdict::Health;

/// One thing that is otherwise than it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What kind it is of.
    pub kind: Kind,
    /// How it is now.
    pub health: Health,
    /// What has changed, in a sentence.
    pub words: String,
}

/// Kinds of changes, in the order in which they are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Something is wrong that was not.
    New,
    /// Something is worse than it was.
    Worse,
    /// Something is not wrong any more.
    Ended,
    /// A secret has another version.
    Version,
    /// A secret-id was issued, or is none any more.
    SecretId,
}

impl Kind {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Worse => "worse",
            Self::Ended => "ended",
            Self::Version => "version",
            Self::SecretId => "approle",
        }
    }
}

/// What is otherwise in one picture than in an earlier one, worst first. What cannot be seen now is not said to have ended.
pub fn changes(before: &Picture, after: &Picture, now: Timestamp) -> Vec<Change> {
    let mut changes = came(before, after);
    changes.extend(ended(before, after));
    changes.extend(versions(before, after));
    changes.extend(issued(before, after, now));
    changes.sort_by_key(|change| change.kind);
    changes
}

fn came(before: &Picture, after: &Picture) -> Vec<Change> {
    let earlier = before.by_key();
    let open = after.standing.iter().filter(|standing| !standing.acknowledged);
    let changed = open.filter_map(|standing| {
        let kind = match earlier.get(&standing.name()) {
            None => Kind::New,
            Some(earlier) if earlier.severity < standing.severity => Kind::Worse,
            Some(_) => return None,
        };
        let words = format!("{}: {}", standing.severity.name(), standing.sentence);
        Some(Change { kind, health: standing.severity.health(), words })
    });
    changed.collect()
}

fn ended(before: &Picture, after: &Picture) -> Vec<Change> {
    let present = after.by_key();
    let gone = before.standing.iter().filter(|standing| {
        let key = standing.name();
        // a clock that has run out is told by what follows from it
        standing.rule != EXPIRES
            && !standing.acknowledged
            && !present.contains_key(&key)
            && !after.is_unsure(key.0, key.1)
    });
    let change = |standing: &Standing| Change {
        kind: Kind::Ended,
        health: Health::Ok,
        words: format!("no longer: {}", standing.sentence),
    };
    gone.map(change).collect()
}

fn versions<'a>(before: &'a Picture, after: &'a Picture) -> impl Iterator<Item = Change> + 'a {
    after.secrets.iter().filter_map(|(path, version)| {
        let earlier = before.secrets.get(path).filter(|earlier| *earlier != version)?;
        Some(Change {
            kind: Kind::Version,
            health: Health::Ok,
            words: format!("{} {earlier} → {version}", path.rsplit('/').next().unwrap_or(path)),
        })
    })
}

fn issued(before: &Picture, after: &Picture, now: Timestamp) -> Vec<Change> {
    let (Some(earlier), Some(present)) = (&before.secret_ids, &after.secret_ids) else { return Vec::new() };
    let change = |health, words| Change { kind: Kind::SecretId, health, words };
    let gone = earlier.iter().filter(|(accessor, _)| !present.contains_key(*accessor));
    let gone = gone.map(|(accessor, issued)| match issued.expires.filter(|expires| *expires <= now) {
        Some(at) => {
            change(Health::Warn, format!("{} has expired, {}", name(accessor, issued), span::clock(at, now)))
        }
        None => change(Health::Ok, format!("{} was destroyed", name(accessor, issued))),
    });
    let fresh = present.iter().filter(|(accessor, _)| !earlier.contains_key(*accessor));
    let fresh =
        fresh.map(|(accessor, issued)| change(Health::Ok, format!("{} was issued", name(accessor, issued))));
    gone.chain(fresh).collect()
}

fn name(accessor: &str, issued: &Issued) -> String {
    match &issued.host {
        Some(host) => format!("secret-id {accessor}… of {host}"),
        None => format!("secret-id {accessor}…"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::finding::Severity;

    fn standing(rule: &str, severity: Severity) -> Standing {
        Standing {
            rule: rule.to_owned(),
            subject: "authentik-3".to_owned(),
            severity,
            sentence: format!("authentik-3 has {rule}"),
            acknowledged: false,
        }
    }

    fn picture(standing: Vec<Standing>, database: u64, secret_ids: &[(&str, &str)]) -> Picture {
        let issued = secret_ids.iter().map(|(accessor, expires)| {
            let host = Some("authentik-1".to_owned());
            ((*accessor).to_owned(), Issued { host, expires: Some(expires.parse().unwrap()) })
        });
        Picture {
            standing,
            secrets: [("cwiq/shared/authentik/database".to_owned(), database)].into(),
            secret_ids: Some(issued.collect()),
            ..Picture::default()
        }
    }

    fn words(before: &Picture, after: &Picture) -> Vec<String> {
        let changes = changes(before, after, "2026-11-22T14:00:00Z".parse().unwrap());
        changes.into_iter().map(|change| format!("{} | {}", change.kind.name(), change.words)).collect()
    }

    #[test]
    fn every_kind_of_change_is_told_in_a_sentence() {
        let before = picture(
            vec![standing("SEALED", Severity::Critical), standing("SID-EXPIRING", Severity::Warning)],
            7,
            &[("a1b2c3d4", "2026-11-22T09:41:00Z"), ("b2c3d4e5", "2026-12-24T00:00:00Z")],
        );
        let after = picture(
            vec![standing("SID-EXPIRING", Severity::High), standing("AG-AUTH-LOOP", Severity::Critical)],
            8,
            &[("c3d4e5f6", "2026-12-24T00:00:00Z")],
        );
        assert_eq!(
            words(&before, &after),
            [
                "new | critical: authentik-3 has AG-AUTH-LOOP",
                "worse | high: authentik-3 has SID-EXPIRING",
                "ended | no longer: authentik-3 has SEALED",
                "version | database 7 → 8",
                "approle | secret-id a1b2c3d4… of authentik-1 has expired, 09:41",
                "approle | secret-id b2c3d4e5… of authentik-1 was destroyed",
                "approle | secret-id c3d4e5f6… of authentik-1 was issued",
            ]
        );
        assert_eq!(words(&after, &after), Vec::<String>::new());
    }

    #[test]
    fn what_cannot_be_seen_is_not_said_to_have_ended_and_is_kept() {
        let before = picture(vec![standing("SEALED", Severity::Critical)], 7, &[]);
        let unseen = |subject: &str| ("SEALED".to_owned(), Some(subject.to_owned()));
        let elsewhere = Picture { unsure: [unseen("authentik-30")].into(), ..Picture::default() };
        assert_eq!(words(&before, &elsewhere), ["ended | no longer: authentik-3 has SEALED"]);
        let after = Picture { unsure: [unseen("authentik-3")].into(), ..Picture::default() };
        assert_eq!(words(&before, &after), Vec::<String>::new());
        let kept = after.over(&before);
        assert_eq!(kept.standing, before.standing);
        assert_eq!((kept.secrets, kept.secret_ids), (before.secrets, before.secret_ids));
    }

    #[test]
    fn what_somebody_has_taken_on_is_neither_new_nor_ended() {
        let taken_on = Standing { acknowledged: true, ..standing("SEALED", Severity::Critical) };
        let (with, without) = (picture(vec![taken_on], 7, &[]), picture(vec![], 7, &[]));
        assert_eq!(words(&without, &with), Vec::<String>::new());
        assert_eq!(words(&with, &without), Vec::<String>::new());
    }
}

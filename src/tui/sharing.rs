//! What a screen that others see may not show: names of hosts, paths, account ids, accessors and endpoints. Each has a
//! stand-in that stays its own as long as the console runs. Words are looked at where they reach the canvas, so that every
//! view, overlay and log line goes through here.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashMap;

use crate::model::deployment::Deployment;
use crate::model::facts::Facts;

/// Ends of names that only endpoints have, where they are not known.
const TOP_DOMAINS: [&str; 13] = [
    "com", "net", "org", "io", "dev", "cloud", "internal", "local", "lan", "corp", "example", "test", "home",
];
/// Letters of a name that was cut before it could be told from other words.
const TELLING: usize = 4;
/// Letters and digits of a token's accessor.
const ACCESSOR: usize = 20;
/// Digits of an AWS account.
const ACCOUNT: usize = 12;

/// What has a stand-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Kind {
    Host,
    Path,
    Account,
    Accessor,
    Endpoint,
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::Path => "path",
            Self::Account => "account",
            Self::Accessor => "accessor",
            Self::Endpoint => "endpoint",
        }
    }
}

/// The stand-ins that were given so far.
#[derive(Debug, Default)]
pub struct StandIns {
    known: HashMap<String, Kind>,
    mounts: Vec<String>,
    given: RefCell<HashMap<(Kind, String), usize>>,
}

impl StandIns {
    /// Learns the names of a deployment; its hosts are numbered in the operator's order.
    pub fn learn(&mut self, deployment: &Deployment) {
        for host in &deployment.hosts {
            self.know(host, Kind::Host);
            self.stand_in(Kind::Host, host);
        }
        let short = deployment.hosts.iter().filter_map(|host| host.split_once('.'));
        short.for_each(|(name, _)| self.know(name, Kind::Host));
        deployment.secrets.iter().for_each(|secret| self.know(&secret.path, Kind::Path));
        let account = [&deployment.aws_account, &deployment.aws_profile];
        account.into_iter().flatten().for_each(|account| self.know(account, Kind::Account));
        deployment.rds_instance.iter().for_each(|instance| self.know(instance, Kind::Endpoint));
        let mounts = [deployment.kv_mount.as_str(), "auth", "sys"];
        self.mounts = mounts.iter().map(|mount| format!("{mount}/")).collect();
    }

    /// Learns the names that a look has brought to light.
    pub fn learn_from(&mut self, facts: &Facts) {
        match facts {
            Facts::Rds(rds) => {
                self.know(&rds.identifier, Kind::Endpoint);
                rds.endpoint_address.iter().for_each(|address| self.know(address, Kind::Endpoint));
            }
            Facts::Account(account) => self.know(&account.account, Kind::Account),
            Facts::Login(login) => self.know(&login.host, Kind::Endpoint),
            Facts::Token(token) => self.know(&token.accessor, Kind::Accessor),
            Facts::Role(role) => {
                let ledger = role.ledger.as_deref().unwrap_or_default();
                for secret_id in ledger {
                    self.know(&secret_id.accessor, Kind::Accessor);
                    secret_id.host.iter().for_each(|host| self.know(host, Kind::Host));
                }
            }
            _ => {}
        }
    }

    /// The words, with a stand-in for each thing that others may not see.
    pub fn over<'a>(&self, words: &'a str) -> Cow<'a, str> {
        let mut shown = String::new();
        let mut changed = false;
        for token in words.split_inclusive(separates) {
            let end = token.char_indices().next_back().filter(|(_, last)| separates(*last));
            let (token, separator) = token.split_at(end.map_or(token.len(), |(at, _)| at));
            let stood_in = self.token(token);
            changed |= matches!(stood_in, Cow::Owned(_));
            shown.push_str(&stood_in);
            shown.push_str(separator);
        }
        if changed { Cow::Owned(shown) } else { Cow::Borrowed(words) }
    }

    fn know(&mut self, word: &str, kind: Kind) {
        if !word.is_empty() && !self.known.contains_key(word) {
            self.known.insert(word.to_owned(), kind);
        }
    }

    /// A token is one thing as a whole, or made of pieces that each may be one.
    fn token<'a>(&self, token: &'a str) -> Cow<'a, str> {
        let core = token.trim_end_matches(['.', ':', '!', '?']);
        let whole = match () {
            () if core.contains("://") => Some(Kind::Endpoint),
            () if self.is_path(core) => Some(Kind::Path),
            () => None,
        };
        if let Some(kind) = whole {
            let behind = token.strip_prefix(core).unwrap_or_default();
            return Cow::Owned(format!("{}{behind}", self.stand_in(kind, core)));
        }
        self.pieces(token)
    }

    fn pieces<'a>(&self, token: &'a str) -> Cow<'a, str> {
        let mut shown = String::new();
        let mut rest = token;
        while !rest.is_empty() {
            let end = rest.find(|letter| !in_name(letter)).unwrap_or(rest.len());
            let (piece, after) = rest.split_at(end);
            let core = piece.trim_end_matches('.');
            match self.kind_of(core) {
                Some(kind) => shown.push_str(&self.stand_in(kind, core)),
                None if after.starts_with('…') => shown.push_str(&self.cut(core)),
                None => shown.push_str(core),
            }
            shown.push_str(piece.strip_prefix(core).unwrap_or_default());
            let (between, beyond) = after.split_at(after.find(in_name).unwrap_or(after.len()));
            shown.push_str(between);
            rest = beyond;
        }
        if shown == token { Cow::Borrowed(token) } else { Cow::Owned(shown) }
    }

    fn kind_of(&self, piece: &str) -> Option<Kind> {
        if let Some(kind) = self.known.get(piece) {
            return Some(*kind);
        }
        match () {
            () if piece.len() == ACCOUNT && piece.bytes().all(|byte| byte.is_ascii_digit()) => {
                Some(Kind::Account)
            }
            () if is_accessor(piece) => Some(Kind::Accessor),
            () if is_address(piece) || is_domain(piece) => Some(Kind::Endpoint),
            () => None,
        }
    }

    /// A single slash is not enough: `3/3` and `userpass/jane` are no paths.
    fn is_path(&self, token: &str) -> bool {
        let mut letters = token.chars();
        let rooted = match (letters.next(), letters.next()) {
            (Some('/'), Some(next)) => next.is_alphanumeric() || next == '.',
            (Some('~' | '.'), Some('/')) => true,
            _ => false,
        };
        let named = token.split('/').filter(|part| part.chars().any(char::is_alphabetic)).count();
        rooted
            || named > 2
            || self.known.get(token) == Some(&Kind::Path)
            || self.mounts.iter().any(|mount| token.len() > mount.len() && token.starts_with(mount.as_str()))
    }

    /// The start of a name, cut before it came here: the stand-in where only one begins so, nothing where several do.
    fn cut<'a>(&self, piece: &'a str) -> Cow<'a, str> {
        let mut names =
            self.known.iter().filter(|(name, _)| piece.len() >= TELLING && name.starts_with(piece));
        match (names.next(), names.next()) {
            (None, _) => Cow::Borrowed(piece),
            (Some((name, kind)), None) => Cow::Owned(self.stand_in(*kind, name)),
            _ => Cow::Borrowed(""),
        }
    }

    /// Two things never get the same one, and one never gets two.
    fn stand_in(&self, kind: Kind, thing: &str) -> String {
        let mut given = self.given.borrow_mut();
        let next = given.keys().filter(|(other, _)| *other == kind).count() + 1;
        let number = given.entry((kind, thing.to_owned())).or_insert(next);
        format!("{}-{number}", kind.word())
    }
}

fn separates(letter: char) -> bool {
    letter.is_whitespace() || "\"'`()[]{}<>,;|=│─".contains(letter)
}

fn in_name(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || "-_.".contains(letter)
}

/// Of a secret-id (`8-4-4-4-12` in hex, whole or cut) or of a token (mixed letters and digits).
fn is_accessor(piece: &str) -> bool {
    let hex = |byte: u8| byte.is_ascii_hexdigit() || byte == b'-';
    let any = |test: fn(&u8) -> bool| piece.as_bytes().iter().any(test);
    let of_secret_id = piece.len() >= 13
        && piece.bytes().all(hex)
        && piece.as_bytes().get(8) == Some(&b'-')
        && any(u8::is_ascii_digit);
    let of_token = piece.len() >= ACCESSOR
        && piece.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.')
        && any(u8::is_ascii_digit)
        && any(u8::is_ascii_lowercase)
        && any(u8::is_ascii_uppercase);
    of_secret_id || of_token
}

fn is_address(piece: &str) -> bool {
    piece.parse::<std::net::Ipv4Addr>().is_ok()
}

fn is_domain(piece: &str) -> bool {
    piece.rsplit_once('.').is_some_and(|(name, top)| !name.is_empty() && TOP_DOMAINS.contains(&top))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config;

    fn stand_ins() -> StandIns {
        let mut stand_ins = StandIns::default();
        let hosts = vec!["authentik-1".to_owned(), "auth2.corp.example".to_owned()];
        stand_ins.learn(&config::documented("shared").unwrap().deployment(hosts));
        stand_ins
    }

    #[test]
    fn each_thing_has_a_stand_in_of_its_own_and_keeps_it() {
        let shared = stand_ins();
        let cases = [
            ("authentik-1: agent loops", "host-1: agent loops"),
            ("ssh auth2.corp.example", "ssh host-2"),
            ("/vault/secrets/.env, mode 0600", "path-1, mode 0600"),
            ("vault kv get secret/cwiq/shared/authentik/database", "vault kv get path-2"),
            ("https://vault.example:8200", "endpoint-1"),
            ("arn:aws:rds:us-west-2:123456789012:db", "arn:aws:rds:us-west-2:account-1:db"),
            ("9f2c1a7e-4b0d-4c8e-9a51-3d2b6f0e8c77 expires", "accessor-1 expires"),
            ("connect 10.0.3.7:5432 refused", "connect endpoint-2:5432 refused"),
            ("/vault/secrets/.env again", "path-1 again"),
            ("cut: authenti…", "cut: host-1…"),
            ("cut: auth…", "cut: …"),
        ];
        for (words, wanted) in cases {
            assert_eq!(shared.over(words), wanted);
        }
    }

    #[test]
    fn other_words_stay_as_they_are() {
        let shared = stand_ins();
        for words in
            ["3/3 up", "2025.10.2", "2026-11-22T13:47:11Z", "agent.auth.handler: ok", "userpass/jane", "…"]
        {
            assert!(matches!(shared.over(words), Cow::Borrowed(_)), "{words}");
        }
    }
}

//! The hosts and the control host: out of reach, loose modes, swap, clocks, settings that leak.

use jiff::Timestamp;

use super::sight::{Sight, finding};
use super::{Finding, Rule, Severity, Signal};
use crate::model::facts::{FileFacts, HostFacts, Part};
use crate::model::fleet::Fleet;
use crate::model::subject::Subject;
use crate::model::trouble::{Trouble, TroubleKind};
use crate::model::verdict::Evidence;

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "HOST-UNREACHABLE",
        severity: Severity::High,
        title: "a host cannot be looked at",
        about: "nothing about it is known now; what the screen shows of it is old",
        reads: &[Signal::Hosts],
        judge: unreachable,
    },
    Rule {
        id: "CLOCK-SKEW",
        severity: Severity::Critical,
        title: "clocks disagree",
        about: "countdowns are off; beyond five minutes AWS refuses signatures and logins fail",
        reads: &[Signal::Vault, Signal::Hosts],
        judge: clock_skew,
    },
    Rule {
        id: "PERM-LOOSE",
        severity: Severity::Warning,
        title: "a secret file can be read by others",
        about: "the agent renders with mode 0644 unless perms says otherwise; a secret-id or token needs 0600",
        reads: &[Signal::Hosts, Signal::Station],
        judge: loose_modes,
    },
    Rule {
        id: "SWAP-ON",
        severity: Severity::Warning,
        title: "swap is active",
        about: "pages of a tmpfs can reach the disk: \"never touches disk\" does not hold",
        reads: &[Signal::Hosts],
        judge: swap,
    },
    Rule {
        id: "ANSIBLE-DIFF-ON",
        severity: Severity::Warning,
        title: "ansible prints differences by default",
        about: "a play that delivers a secret-id would print it and write it to the log file",
        reads: &[Signal::Station],
        judge: ansible_diff,
    },
    Rule {
        id: "VAULT-FILE-CONFLICT",
        severity: Severity::Warning,
        title: "~/.vault is not vault's",
        about: "a file made for Ansible Vault makes the vault CLI fail before it starts",
        reads: &[Signal::Station],
        judge: foreign_file,
    },
];

fn subject(host: &str) -> Subject {
    Subject::Host(host.to_owned())
}

fn unreachable(fleet: &Fleet, now: Timestamp) -> Sight {
    Sight::each_host(fleet, |host| {
        let Err(trouble) = fleet.reached::<HostFacts>(&subject(host), now) else { return Ok(None) };
        if trouble.kind == TroubleKind::NotLooked {
            return Err(trouble);
        }
        let headline = format!("{host} cannot be looked at: {}", trouble.sentence());
        let look = fleet.look(&subject(host));
        let latest = look.and_then(|look| look.trouble.as_ref());
        let told = latest.map(|(at, trouble)| Evidence::at(*at, "ssh", trouble.sentence()));
        let last = look.and_then(|look| look.facts.as_ref());
        let last = last.map(|(at, _)| Evidence::at(*at, "ssh", "last seen"));
        Ok(Some(finding(Severity::High, subject(host), headline).because_all(told).because_all(last)))
    })
}

fn clock_skew(fleet: &Fleet, now: Timestamp) -> Sight {
    let vault = Sight::of(fleet.vault(now).map(|vault| {
        let severity = skew_severity(fleet, vault.clock_offset_seconds)?;
        Some(skew("vault", severity, Subject::Vault, vault.clock_offset_seconds, vault.at))
    }));
    let hosts = Sight::each_host(fleet, |host| {
        let seen = fleet.host(host, now)?;
        let offset = seen.clock_offset_seconds;
        let severity = skew_severity(fleet, offset);
        Ok(severity.map(|severity| skew(host, severity, subject(host), offset, seen.at)))
    });
    vault.and(hosts)
}

fn skew_severity(fleet: &Fleet, offset: f64) -> Option<Severity> {
    let thresholds = &fleet.deployment.thresholds;
    match offset.abs() {
        offset if offset > thresholds.clock_critical_seconds => Some(Severity::Critical),
        offset if offset > thresholds.clock_warn_seconds => Some(Severity::Warning),
        _ => None,
    }
}

fn skew(whose: &str, severity: Severity, subject: Subject, offset: f64, at: Timestamp) -> Finding {
    let direction = if offset > 0.0 { "ahead" } else { "behind" };
    let headline = format!("the clock of {whose} is {:.0} s {direction}", offset.abs());
    let told = format!("{offset:+.1} s against the control host");
    finding(severity, subject, headline).because(Evidence::at(at, "clock", told))
}

fn loose_modes(fleet: &Fleet, now: Timestamp) -> Sight {
    let hosts = Sight::each_host(fleet, |host| {
        let seen = fleet.host(host, now)?;
        let env = seen.facts.env.as_ref().map(|env| &env.file).map_err(Trouble::clone)?;
        let secret_id = seen.facts.secret_id_file.as_ref().map_err(Trouble::clone)?;
        let loose = loose(env, 0o007).into_iter().chain(loose(secret_id, 0o177));
        Ok(loose.map(|told| mode_finding(subject(host), host, &told, seen.at)).collect::<Vec<_>>())
    });
    let station = Sight::of(fleet.station(now).and_then(|station| {
        let file = station.facts.token_file.as_ref().map_err(Trouble::clone)?;
        Ok(loose(file, 0o177)
            .map(|told| mode_finding(Subject::Station, "the control host", &told, station.at)))
    }));
    station.and(hosts)
}

/// A file with any of the bits that it should not have, in words.
fn loose(file: &FileFacts, unwanted: u32) -> Option<String> {
    let mode = file.stat.as_ref()?.mode;
    (mode & unwanted != 0).then(|| format!("{} has mode {:04o}", file.path, mode & 0o7777))
}

fn mode_finding(subject: Subject, whose: &str, told: &str, at: Timestamp) -> Finding {
    let headline = format!("{told} on {whose}: others can use it");
    finding(Severity::Warning, subject, headline).because(Evidence::at(at, "file", told))
}

fn swap(fleet: &Fleet, now: Timestamp) -> Sight {
    Sight::each_host(fleet, |host| {
        let seen = fleet.host(host, now)?;
        let active = part(&seen.facts.swap_active)?;
        let headline = format!("swap is active on {host}: .env can reach the disk");
        let evidence = Evidence::at(seen.at, "file", "/proc/swaps lists a device");
        Ok(active.then(|| finding(Severity::Warning, subject(host), headline).because(evidence)))
    })
}

fn part(part: &Part<bool>) -> Result<bool, Trouble> {
    part.clone()
}

fn ansible_diff(fleet: &Fleet, now: Timestamp) -> Sight {
    Sight::of(fleet.station(now).and_then(|station| {
        let on = part(&station.facts.ansible_diff)?;
        let headline = "ansible prints differences by default: a play that delivers a secret-id prints it";
        let evidence = Evidence::at(station.at, "ansible", "diff_always is on");
        Ok(on.then(|| finding(Severity::Warning, Subject::Station, headline).because(evidence)))
    }))
}

fn foreign_file(fleet: &Fleet, now: Timestamp) -> Sight {
    Sight::of(fleet.station(now).map(|station| {
        let path = station.foreign_cli_config.as_ref()?;
        let headline = format!("{path} is not the vault CLI's: every vault command fails until it is moved");
        let evidence = Evidence::at(station.at, "file", format!("{path} is no CLI configuration"));
        Some(finding(Severity::Warning, Subject::Station, headline).because(evidence))
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::facts::FileStat;

    #[test]
    fn only_the_unwanted_bits_of_a_mode_matter() {
        let file = |mode| FileFacts {
            path: "/x".to_owned(),
            stat: Some(FileStat { mode, uid: 0, gid: 0, size: 1, modified: Timestamp::UNIX_EPOCH }),
        };
        assert_eq!(loose(&file(0o600), 0o177), None);
        assert_eq!(loose(&file(0o400), 0o177), None);
        assert_eq!(loose(&file(0o640), 0o007), None);
        assert!(loose(&file(0o644), 0o007).is_some());
    }
}

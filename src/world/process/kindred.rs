//! A child with everything that it has started, wherever that has moved to: how it is asked to end, and ended.

use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process, kill_process_group};

/// How often it is looked whether they have gone; the system tells a parent of its children only.
const A_BREATH: Duration = Duration::from_millis(20);

/// Time that the killed get to disappear.
const LAST_BREATH: Duration = Duration::from_secs(2);

/// Processes by number, with the moment at which each began: a number that is used again is another process.
type Kindred = BTreeMap<i32, u64>;

/// What the system tells of one process.
struct Process {
    number: i32,
    parent: i32,
    session: i32,
    began: u64,
    dead: bool,
}

/// Asks the leader of a session and all its kindred to end, and kills after the grace those who have not.
pub(super) async fn end(leader: Pid, grace: Duration) {
    let mut kindred = of(leader);
    signal(leader, &kindred, Signal::TERM);
    if gone_within(grace, &kindred).await {
        return;
    }
    kindred.extend(of(leader));
    signal(leader, &kindred, Signal::KILL);
    gone_within(LAST_BREATH, &kindred).await;
}

/// Kills the leader of a session and all its kindred, without waiting.
pub(super) fn kill(leader: Pid) {
    signal(leader, &of(leader), Signal::KILL);
}

fn signal(leader: Pid, kindred: &Kindred, signal: Signal) {
    let _ = kill_process_group(leader, signal);
    for number in living(kindred) {
        if let Some(process) = Pid::from_raw(number) {
            let _ = kill_process(process, signal);
        }
    }
}

async fn gone_within(patience: Duration, kindred: &Kindred) -> bool {
    let gone = async {
        while !living(kindred).is_empty() {
            tokio::time::sleep(A_BREATH).await;
        }
    };
    tokio::time::timeout(patience, gone).await.is_ok()
}

fn living(kindred: &Kindred) -> Vec<i32> {
    let lives = |process: &Process| !process.dead && kindred.get(&process.number) == Some(&process.began);
    all().iter().filter(|process| lives(process)).map(|process| process.number).collect()
}

/// The leader, those of its session, and those who descend from any of them.
fn of(leader: Pid) -> Kindred {
    let leader = leader.as_raw_nonzero().get();
    let all = all();
    let mut kindred = Kindred::new();
    loop {
        let before = kindred.len();
        for process in &all {
            let ours = process.number == leader
                || process.session == leader
                || kindred.contains_key(&process.parent);
            if ours {
                kindred.insert(process.number, process.began);
            }
        }
        if kindred.len() == before {
            return kindred;
        }
    }
}

fn all() -> Vec<Process> {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    processes.filter_map(|process| read(&fs::read_to_string(process.path().join("stat")).ok()?)).collect()
}

/// When a process began, in the system's own measure; `None` when there is none.
pub(in crate::world) fn began(number: u32) -> Option<u64> {
    let process = read(&fs::read_to_string(format!("/proc/{number}/stat")).ok()?)?;
    (!process.dead).then_some(process.began)
}

/// One line of `/proc/N/stat`: the name in brackets may hold anything, also brackets.
fn read(line: &str) -> Option<Process> {
    let (number, rest) = line.split_once(' ')?;
    let (_, rest) = rest.rsplit_once(") ")?;
    let fields: Vec<&str> = rest.split(' ').collect();
    let number_at = |index: usize| fields.get(index)?.parse().ok();
    Some(Process {
        number: number.parse().ok()?,
        parent: number_at(1)?,
        session: number_at(3)?,
        began: fields.get(19)?.trim().parse().ok()?,
        dead: matches!(*fields.first()?, "Z" | "X"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_read_whatever_its_name_is() {
        let line = "77 (a) R 1 (b) S 4 77 12 0 -1 4194304 1 2 3 4 5 6 7 8 20 0 1 0 991 1 2";
        let process = read(line).unwrap();
        assert_eq!((process.number, process.parent, process.session), (77, 4, 12));
        assert_eq!((process.began, process.dead), (991, false));
    }

    #[test]
    fn this_process_began_and_one_without_a_number_did_not() {
        assert!(began(std::process::id()).is_some());
        assert!(began(0).is_none());
    }
}

//! What holds of every run, whatever happens to it.

use proptest::prelude::*;
use vaultdeck::model::run::{Choice, Entry, Errand, Next, Progress, Run};

use super::walk::{Fate, Walk};

fn fates() -> impl Strategy<Value = Vec<(Fate, Choice)>> {
    let fate = prop_oneof![
        6 => Just(Fate::Succeeds),
        1 => Just(Fate::Refused),
        1 => Just(Fate::Lost),
        1 => Just(Fate::Killed),
    ];
    let choice = prop_oneof![5 => Just(Choice::Retry), 1 => Just(Choice::Skip), 1 => Just(Choice::Undo), 1 => Just(Choice::Stop)];
    prop::collection::vec((fate, choice), 0..40)
}

/// A run to which these fates have happened in turn.
fn walked(fates: &[(Fate, Choice)]) -> Walk {
    let mut walk = Walk::new();
    for (fate, choice) in fates {
        let next = walk.run.next();
        walk.meet(&next, *fate, *choice);
    }
    walk
}

fn begun(run: &Run) -> Vec<Errand> {
    run.errands().iter().filter(|errand| *run.progress(errand) == Progress::InHand).cloned().collect()
}

proptest! {
    #[test]
    fn a_run_is_what_its_journal_tells(fates in fates()) {
        let walk = walked(&fates);
        prop_assert_eq!(&Run::replay(&walk.entries).unwrap(), &walk.run);
        let lines: Vec<String> = walk.entries.iter().map(|entry| serde_json::to_string(entry).unwrap()).collect();
        let read: Vec<Entry> = lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
        prop_assert_eq!(Run::replay(&read).unwrap(), walk.run);
    }

    #[test]
    fn what_has_begun_and_was_not_seen_to_end_is_never_carried_out_again_unverified(fates in fates()) {
        let mut walk = walked(&fates);
        for _ in 0..40 {
            let open = begun(&walk.run);
            let next = walk.run.next();
            if let Next::Execute { errands } = &next {
                prop_assert!(errands.iter().all(|errand| !open.contains(errand)), "{:?}", next);
            }
            walk.meet(&next, Fate::Succeeds, Choice::Retry);
        }
    }

    #[test]
    fn every_run_comes_to_an_end_when_nothing_fails_any_more(fates in fates()) {
        let mut walk = walked(&fates);
        walk.until_end();
        let ended = matches!(walk.run.next(), Next::Ended { .. });
        prop_assert!(ended);
    }

    #[test]
    fn nothing_is_carried_out_before_it_is_confirmed(fates in fates()) {
        let mut walk = Walk::new();
        for (fate, choice) in &fates {
            let next = walk.run.next();
            let acts = matches!(next, Next::Execute { .. });
            prop_assert!(!acts || walk.run.is_confirmed());
            walk.meet(&next, *fate, *choice);
        }
    }

    #[test]
    fn a_command_is_carried_out_only_with_its_secrets_in_hand(fates in fates()) {
        let mut walk = walked(&fates);
        for _ in 0..40 {
            let next = walk.run.next();
            if let Next::Execute { errands } = &next {
                for errand in errands {
                    let step = walk.run.step(errand).unwrap();
                    let needed = step.act().map(|act| act.secrets().into_iter().map(str::to_owned).collect::<Vec<_>>());
                    for secret in needed.unwrap_or_default() {
                        prop_assert!(walk.run.holds_secret(errand, &secret), "{} lacks {}", errand, secret);
                    }
                }
            }
            walk.meet(&next, Fate::Succeeds, Choice::Retry);
        }
    }
}

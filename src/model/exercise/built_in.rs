//! The exercises that vaultdeck brings: `src/exercises/*.toml`, compiled in.

use std::sync::LazyLock;

use super::Exercise;
use crate::model::trouble::Trouble;

macro_rules! texts {
    ($($id:literal)*) => {
        /// Names of the exercises, from the easy ones to the hard.
        pub const IDS: &[&str] = &[$($id),*];

        const TEXTS: &[&str] = &[$(include_str!(concat!("../../exercises/", $id, ".toml"))),*];
    };
}

texts! {
    "quiet-host"
    "odd-hours"
    "all-red"
    "everybody-refused"
    "no-room"
    "after-patching"
    "wrong-door"
    "half-way"
}

static EXERCISES: LazyLock<Result<Vec<Exercise>, Trouble>> = LazyLock::new(|| {
    let read = |(id, text): (&&str, &&str)| {
        toml::from_str(text).map_err(|error| Trouble::new(format!("exercise {id}")).because(error))
    };
    IDS.iter().zip(TEXTS).map(read).collect()
});

/// Every exercise, from the easy ones to the hard.
///
/// # Errors
/// Trouble when one of them is not understood, which no release has.
pub fn exercises() -> Result<&'static [Exercise], Trouble> {
    EXERCISES.as_deref().map_err(Trouble::clone)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{finding, runbook, tour};

    #[test]
    fn every_exercise_is_understood_and_can_be_won() {
        for (exercise, id) in exercises().unwrap().iter().zip(IDS) {
            assert_eq!(exercise.id, *id);
            assert!(!exercise.breaks.is_empty() && !exercise.repaired.is_empty(), "{id}");
            assert!(!exercise.helps.is_empty() && !exercise.shortest.is_empty(), "{id}");
            assert!(exercise.hints.iter().map(|hint| hint.costs).sum::<i64>() < 100, "{id}");
            let named = |cause: &super::super::Cause| cause.answers.contains(&cause.right);
            assert!(exercise.cause.iter().all(named), "{id}");
        }
    }

    #[test]
    fn every_fault_is_mended_by_an_action_that_there_is_or_by_naming_its_cause() {
        let actions = runbook::built_in().unwrap();
        for exercise in exercises().unwrap() {
            let told = exercise.shortest.join(" ");
            let acts = actions.iter().any(|action| told.contains(&action.id));
            assert!(acts != exercise.cause.is_some(), "{}", exercise.id);
        }
    }

    #[test]
    fn every_rule_that_an_exercise_names_is_there() {
        let known = |rule: &str| finding::rules().any(|known| known.id == rule);
        for exercise in exercises().unwrap() {
            for condition in &exercise.repaired {
                if let runbook::Condition::RuleQuiet { rule } = condition {
                    assert!(known(rule), "{}: {rule}", exercise.id);
                }
            }
        }
        let played = |id: &String| IDS.contains(&id.as_str());
        assert!(tour::pages().unwrap().iter().filter_map(|page| page.exercise.as_ref()).all(played));
    }
}

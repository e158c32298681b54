//! A game day in hand: what of the evidence was seen, which hints were taken, what was named, and what that is worth at the end.
//!
//! ```text
//! begun ──see, hint, name──▶ … ──judge: it was broken, and is repaired──▶ ended ──▶ Score
//! ```

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::exercise::{Exercise, Sight};
use super::runbook::{Scene, Standing};
use super::span;

/// Points at the beginning.
const ALL: i64 = 100;

/// What a wrong cause costs.
pub const WRONG: i64 = 10;

/// What evidence costs that would have helped and was not looked at.
const UNSEEN: i64 = 5;

/// What time costs at most.
const MOST_FOR_TIME: i64 = 20;

/// An exercise that is played.
#[derive(Debug, Clone)]
pub struct Game {
    /// Which.
    pub exercise: &'static Exercise,
    /// When it began.
    pub began: Timestamp,
    /// Hints taken so far.
    pub hints: usize,
    /// Wrong causes that were named.
    pub wrong: BTreeSet<usize>,
    /// Whether the cause was named.
    pub named: bool,
    /// How it ended.
    pub ended: Option<Ending>,
    /// Evidence that was seen, by its place in the exercise.
    seen: BTreeSet<usize>,
    /// Whether the fault was seen by the console: before that, nothing tells a repaired fleet from one that has not broken yet.
    broken: bool,
}

/// How a game ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ending {
    /// When.
    pub at: Timestamp,
    /// Whether the fault is repaired; otherwise it was given up.
    pub repaired: bool,
}

/// What a game is worth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Score {
    /// Out of a hundred.
    pub points: i64,
    /// What was taken off for what, in words.
    pub items: Vec<(String, i64)>,
}

impl Game {
    /// A game that begins.
    pub fn new(exercise: &'static Exercise, began: Timestamp) -> Self {
        Self {
            exercise,
            began,
            hints: 0,
            wrong: BTreeSet::new(),
            named: false,
            ended: None,
            seen: BTreeSet::new(),
            broken: false,
        }
    }

    /// Takes note of where the player looks.
    pub fn see(&mut self, places: &[Sight]) {
        if self.ended.is_some() {
            return;
        }
        let helps = self.exercise.helps.iter().enumerate();
        let at = |sight: &Sight| places.iter().any(|place| sight.is_seen_at(place));
        self.seen.extend(helps.filter(|(_, clue)| clue.sights.iter().any(at)).map(|(number, _)| number));
    }

    /// Whether this piece of evidence was seen.
    pub fn has_seen(&self, clue: usize) -> bool {
        self.seen.contains(&clue)
    }

    /// How many pieces of evidence were seen.
    pub fn count_seen(&self) -> usize {
        self.seen.len()
    }

    /// Takes the next hint; says whether there was one.
    pub fn hint(&mut self) -> bool {
        let more = self.ended.is_none() && self.hints < self.exercise.hints.len();
        self.hints += usize::from(more);
        more
    }

    /// Names a cause by its place; says whether it is the one.
    pub fn name(&mut self, answer: usize) -> bool {
        let Some(cause) = self.exercise.cause.as_ref().filter(|_| self.ended.is_none()) else { return false };
        self.named |= cause.answers.get(answer) == Some(&cause.right);
        if !self.named {
            self.wrong.insert(answer);
        }
        self.named
    }

    /// Looks whether the fleet is repaired; says whether the game has just ended.
    pub fn judge(&mut self, scene: &Scene<'_>) -> bool {
        if self.ended.is_some() {
            return false;
        }
        let repaired = self.exercise.repaired.iter().all(|condition| condition.judge(scene).holds());
        self.broken |= !repaired;
        let found = self.named || self.exercise.cause.is_none();
        if repaired && found && self.broken {
            self.ended = Some(Ending { at: scene.now, repaired: true });
        }
        self.ended.is_some()
    }

    /// Gives up.
    pub fn give_up(&mut self, at: Timestamp) {
        self.ended.get_or_insert(Ending { at, repaired: false });
    }

    /// What it is worth, at its end or if it ended now.
    pub fn score(&self, now: Timestamp) -> Score {
        if self.ended.is_some_and(|ended| !ended.repaired) {
            return Score { points: 0, items: vec![("given up".to_owned(), ALL)] };
        }
        let items: Vec<_> = [self.for_hints(), self.for_names(), self.for_unseen(), self.for_time(now)]
            .into_iter()
            .filter(|(_, costs)| *costs > 0)
            .collect();
        let lost: i64 = items.iter().map(|(_, costs)| costs).sum();
        Score { points: (ALL - lost).max(0), items }
    }

    fn for_hints(&self) -> (String, i64) {
        let costs = self.exercise.hints.iter().take(self.hints).map(|hint| hint.costs).sum();
        (format!("{} hints", self.hints), costs)
    }

    fn for_names(&self) -> (String, i64) {
        let wrong = i64::try_from(self.wrong.len()).unwrap_or(ALL);
        (format!("{wrong} wrong causes named"), wrong * WRONG)
    }

    fn for_unseen(&self) -> (String, i64) {
        let unseen = i64::try_from(self.exercise.helps.len() - self.seen.len()).unwrap_or(0);
        (format!("{unseen} pieces of evidence that help and were not looked at"), unseen * UNSEEN)
    }

    fn for_time(&self, now: Timestamp) -> (String, i64) {
        let end = self.ended.map_or(now, |ended| ended.at);
        let over = span::seconds(self.began, end) / 60 - self.exercise.minutes;
        (format!("{over} minutes more than {}", self.exercise.minutes), over.clamp(0, MOST_FOR_TIME))
    }
}

/// What keeps an exercise from beginning: the fleet has that trouble already.
pub fn hindrance(exercise: &Exercise, scene: &Scene<'_>) -> Option<String> {
    let standings = exercise.repaired.iter().map(|condition| condition.judge(scene));
    let standings: Vec<Standing> = standings.collect();
    standings.iter().find_map(|standing| standing.failure().map(|trouble| trouble.what.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::exercise::exercises;

    fn game(id: &str) -> Game {
        let exercise = exercises().unwrap().iter().find(|exercise| exercise.id == id).unwrap();
        Game::new(exercise, Timestamp::UNIX_EPOCH)
    }

    fn minute(minute: i64) -> Timestamp {
        span::after(Timestamp::UNIX_EPOCH, minute * 60)
    }

    #[test]
    fn hints_wrong_causes_unseen_evidence_and_time_cost_points() {
        let mut game = game("odd-hours");
        game.see(&[Sight::Why("CLOCK-SKEW · host authentik-3".to_owned())]);
        assert_eq!(game.score(minute(15)).points, 100);
        assert!(game.hint() && game.hint() && !game.hint());
        assert!(!game.name(0) && !game.name(0) && game.name(1));
        let score = game.score(minute(18));
        let costs: Vec<_> = score.items.iter().map(|(_, costs)| *costs).collect();
        assert_eq!((score.points, costs), (72, vec![15, 10, 3]));
        assert_eq!(game.score(minute(600)).points, 55, "time alone never takes all");
    }

    #[test]
    fn acting_without_looking_costs_and_giving_up_is_worth_nothing() {
        let mut game = game("quiet-host");
        assert_eq!(game.score(minute(1)).points, 90);
        game.see(&[Sight::View("home".to_owned()), Sight::Log("authentik-1".to_owned())]);
        assert_eq!(game.count_seen(), 0);
        game.give_up(minute(2));
        game.see(&[Sight::Log("authentik-2".to_owned())]);
        assert!(!game.has_seen(1) && !game.hint());
        assert_eq!(game.score(minute(3)).points, 0);
    }
}

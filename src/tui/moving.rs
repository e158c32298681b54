//! Moving among rows by how they are.

use crate::model::verdict::Health;

/// The next row that is not well, starting after `from` and going round; `from` where all is well.
pub fn next_trouble(healths: &[Health], from: usize, forward: bool) -> usize {
    let count = healths.len();
    let steps = 1..=count;
    let ahead = steps.map(|step| if forward { (from + step) % count } else { (from + count - step) % count });
    ahead.into_iter().find(|index| troubled(healths[*index])).unwrap_or(from)
}

/// The first of the worst rows; the first of all where all is well.
pub fn worst(healths: impl Iterator<Item = Health>) -> usize {
    let ranked = healths
        .enumerate()
        .map(|(index, health)| (if troubled(health) { health } else { Health::Ok }, index));
    ranked.max_by_key(|(health, index)| (*health, std::cmp::Reverse(*index))).map_or(0, |(_, index)| index)
}

fn troubled(health: Health) -> bool {
    matches!(health, Health::Warn | Health::Bad | Health::Unknown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_trouble_is_sought_round_the_end() {
        let healths = [Health::Bad, Health::Ok, Health::Warn, Health::Ok];
        assert_eq!(next_trouble(&healths, 2, true), 0);
        assert_eq!(next_trouble(&healths, 2, false), 0);
        assert_eq!(next_trouble(&healths, 0, true), 2);
        assert_eq!(next_trouble(&[Health::Ok; 3], 1, true), 1);
        assert_eq!(next_trouble(&[], 0, true), 0);
    }

    #[test]
    fn the_first_of_the_worst_is_the_worst() {
        assert_eq!(worst([Health::Ok, Health::Bad, Health::Bad].into_iter()), 1);
        assert_eq!(worst([Health::Ok, Health::Busy].into_iter()), 0);
    }
}

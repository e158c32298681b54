//! The order of a table's rows: by which column, and which way round. Rows of equal worth stay as they come, and what is
//! not known stands last either way.

use std::cmp::{Ordering, Reverse};

use crate::model::verdict::Health;

/// Which column orders the rows; none leaves them as they come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Order {
    column: Option<usize>,
    reversed: bool,
}

/// What a cell counts for among others of its column.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Worth {
    /// By number: seconds, times, counts.
    Number(i64),
    /// What is worse first, then by its words.
    Judged(Reverse<Health>, Vec<Piece>),
    /// Not known.
    Nothing,
}

/// A piece of a text: a number counts as one, so that `authentik-2` stands before `authentik-10`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Piece {
    /// Digits.
    Number(u64),
    /// What is no digit, in lower case.
    Letter(char),
}

impl Worth {
    /// Of words that say how something is.
    pub fn judged(health: Health, words: &str) -> Self {
        if matches!(words, "" | "-") { Self::Nothing } else { Self::Judged(Reverse(health), pieces(words)) }
    }

    /// Of a number that may not be known.
    pub fn number(number: Option<impl Into<i64>>) -> Self {
        number.map_or(Self::Nothing, |number| Self::Number(number.into()))
    }
}

impl Order {
    /// By the column to the right, or to the left; beyond the last one rows stand as they come.
    #[must_use]
    pub fn beside(self, columns: usize, right: bool) -> Self {
        let here = self.column.map_or(0, |column| column + 1);
        let steps = if right { 1 } else { columns };
        Self { column: ((here + steps) % (columns + 1)).checked_sub(1), reversed: false }
    }

    /// The other way round.
    #[must_use]
    pub fn turned(self) -> Self {
        Self { reversed: self.column.is_some() && !self.reversed, ..self }
    }

    /// The column that orders, if one does.
    pub fn column(self) -> Option<usize> {
        self.column
    }

    /// The sign that a column's heading carries.
    pub fn sign(self, column: usize) -> &'static str {
        match (self.column == Some(column), self.reversed) {
            (false, _) => "",
            (true, false) => " ▲",
            (true, true) => " ▼",
        }
    }

    /// Orders rows by what their cells in the column count for.
    pub fn sort<T>(self, rows: &mut Vec<T>, worth: impl Fn(&T, usize) -> Worth) {
        let Some(column) = self.column else { return };
        let mut weighed: Vec<_> = rows.drain(..).map(|row| (worth(&row, column), row)).collect();
        weighed.sort_by(|(one, _), (other, _)| self.compare(one, other));
        rows.extend(weighed.into_iter().map(|(_, row)| row));
    }

    fn compare(self, one: &Worth, other: &Worth) -> Ordering {
        let known = (*one == Worth::Nothing).cmp(&(*other == Worth::Nothing));
        known.then_with(|| if self.reversed { other.cmp(one) } else { one.cmp(other) })
    }
}

fn pieces(words: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for letter in words.chars().flat_map(char::to_lowercase) {
        match (letter.to_digit(10), pieces.last_mut()) {
            (Some(digit), Some(Piece::Number(number))) => {
                *number = number.saturating_mul(10).saturating_add(digit.into());
            }
            (Some(digit), _) => pieces.push(Piece::Number(digit.into())),
            (None, _) => pieces.push(Piece::Letter(letter)),
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(order: Order, cells: &[(Health, &'static str)]) -> Vec<&'static str> {
        let mut rows = cells.to_vec();
        order.sort(&mut rows, |(health, words), _| Worth::judged(*health, words));
        rows.into_iter().map(|(_, words)| words).collect()
    }

    const CELLS: [(Health, &str); 4] =
        [(Health::Ok, "host-10"), (Health::Ok, "-"), (Health::Bad, "sealed"), (Health::Ok, "host-2")];

    #[test]
    fn the_worst_stands_first_then_numbers_count_as_numbers_and_the_unknown_is_last_either_way() {
        let order = Order::default().beside(1, true);
        assert_eq!(sorted(order, &CELLS), ["sealed", "host-2", "host-10", "-"]);
        assert_eq!(sorted(order.turned(), &CELLS), ["host-10", "host-2", "sealed", "-"]);
    }

    #[test]
    fn going_past_the_last_column_brings_rows_back_as_they_come() {
        let mut order = Order::default();
        let columns: Vec<_> = (0..4)
            .map(|_| {
                order = order.beside(3, true);
                order.column()
            })
            .collect();
        assert_eq!(columns, [Some(0), Some(1), Some(2), None]);
        assert_eq!(order.beside(3, false).column(), Some(2));
        assert_eq!(order.turned(), Order::default());
        assert_eq!(sorted(order, &CELLS), ["host-10", "-", "sealed", "host-2"]);
    }

    #[test]
    fn rows_of_equal_worth_stay_as_they_come() {
        let mut rows = vec![(1, 'b'), (0, 'x'), (1, 'a')];
        Order::default().beside(1, true).turned().sort(&mut rows, |row, _| Worth::Number(row.0));
        assert_eq!(rows, [(1, 'b'), (1, 'a'), (0, 'x')]);
    }
}

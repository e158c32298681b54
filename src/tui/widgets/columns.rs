//! How columns share a width: what matters least goes first, what is left grows towards what it would like.

/// What one column needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Heading.
    pub title: &'static str,
    /// Cells without which it is of no use.
    pub least: u16,
    /// Cells that what is not well in it takes; wanted before anything else.
    pub urgent: u16,
    /// Cells beyond which it has no use for more.
    pub ideal: u16,
    /// The highest rank goes first when there is no room for all; rank 0 never goes.
    pub rank: u8,
}

/// Cells between two columns; a sign hangs there, with a space on both sides.
pub const GAP: u16 = 3;

impl Column {
    /// A column by its heading; what it wants beyond the least is learnt from its cells.
    pub const fn new(title: &'static str, least: u16, ideal: u16, rank: u8) -> Self {
        Self { title, least, urgent: 0, ideal, rank }
    }
}

/// The width of each column, `None` for one that has no room.
pub fn fit(columns: &[Column], width: u16) -> Vec<Option<u16>> {
    let mut widths: Vec<Option<u16>> = columns.iter().map(|column| Some(column.least)).collect();
    while taken(&widths) > width {
        let ranked =
            columns.iter().enumerate().filter(|(index, column)| column.rank > 0 && widths[*index].is_some());
        let Some((least_wanted, _)) = ranked.max_by_key(|(_, column)| column.rank) else { break };
        widths[least_wanted] = None;
    }
    grow(columns, &mut widths, width, |column| column.urgent);
    grow(columns, &mut widths, width, |column| column.ideal);
    widths
}

fn grow(columns: &[Column], widths: &mut [Option<u16>], width: u16, wish: impl Fn(&Column) -> u16) {
    for _ in taken(widths)..width {
        let wishes = columns.iter().zip(widths.iter_mut());
        let growing = wishes.filter_map(|(column, width)| {
            let width = width.as_mut()?;
            (*width < wish(column)).then(|| (wish(column) - *width, width))
        });
        let Some((_, hungriest)) = growing.max_by_key(|(wish, _)| *wish) else { return };
        *hungriest += 1;
    }
}

/// Cells that the columns take with their gaps.
pub fn taken(widths: &[Option<u16>]) -> u16 {
    let shown = widths.iter().flatten();
    shown.map(|width| width + GAP).sum::<u16>().saturating_sub(GAP)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const fn column(least: u16, ideal: u16, rank: u8) -> Column {
        Column::new("", least, ideal, rank)
    }

    #[test]
    fn the_column_that_matters_least_goes_first() {
        let columns = [column(10, 20, 0), column(6, 6, 2), column(8, 30, 1)];
        assert_eq!(fit(&columns, 21), [Some(10), None, Some(8)]);
        assert_eq!(fit(&columns, 15), [Some(15), None, None]);
    }

    #[test]
    fn spare_cells_go_where_they_are_missed_most() {
        let columns = [column(10, 12, 0), column(10, 40, 1)];
        assert_eq!(fit(&columns, 45), [Some(10), Some(32)]);
        assert_eq!(fit(&columns, 200), [Some(12), Some(40)]);
    }

    #[test]
    fn what_is_not_well_is_told_in_full_before_what_is() {
        let columns = [column(8, 30, 1), Column { urgent: 30, ..column(8, 30, 2) }];
        assert_eq!(fit(&columns, 45), [Some(12), Some(30)]);
    }

    proptest! {
        #[test]
        fn columns_never_take_more_than_there_is(
            sizes in prop::collection::vec((1_u16..30, 0_u16..40, 1_u8..9), 1..9),
            width in 0_u16..250,
        ) {
            let columns: Vec<_> = sizes.iter().map(|(least, more, rank)| column(*least, least + more, *rank)).collect();
            let widths = fit(&columns, width);
            prop_assert!(taken(&widths) <= width);
        }
    }
}

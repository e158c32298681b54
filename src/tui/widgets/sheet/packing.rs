//! Where each section of a sheet stands: in the shortest column so far, a wide one below all of them.

use super::Sheet;

/// Cells between two columns of sections.
const BETWEEN: u16 = 3;

/// A column of sections narrower than this is hard to read.
const NARROWEST: u16 = 54;

/// A section's place, counted from the sheet's corner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placed {
    /// Index of the section.
    pub section: usize,
    /// Left edge.
    pub x: u16,
    /// Line of the heading.
    pub y: u16,
    /// Cells.
    pub width: u16,
    /// Lines, the empty one below included.
    pub height: u16,
    /// Whether all of its fields go on below themselves where they are too long for a line.
    pub whole: bool,
}

/// Places every section in a window's width; with every field in full where its height has room for that.
pub(super) fn pack<T>(sheet: &Sheet<T>, (width, lines): (u16, u16)) -> Vec<Placed> {
    let whole = place(sheet, width, true);
    if height(&whole) <= lines.saturating_add(1) { whole } else { place(sheet, width, false) }
}

fn place<T>(sheet: &Sheet<T>, width: u16, whole: bool) -> Vec<Placed> {
    let columns = ((width + BETWEEN) / (NARROWEST + BETWEEN)).clamp(1, 3);
    let narrow = (width + BETWEEN) / columns - BETWEEN;
    let mut filled = vec![0_u16; usize::from(columns)];
    let mut placed = Vec::with_capacity(sheet.sections.len());
    for (index, section) in sheet.sections.iter().enumerate() {
        let column = if section.wide { 0 } else { shortest(&filled) };
        let y = if section.wide { filled.iter().copied().max().unwrap_or(0) } else { filled[column] };
        let x = u16::try_from(column).unwrap_or(0) * (narrow + BETWEEN);
        let reaches_the_edge = section.wide || column + 1 == filled.len();
        let width = if reaches_the_edge { width - x } else { narrow };
        let height = section.height(width, whole);
        placed.push(Placed { section: index, x, y, width, height, whole });
        if section.wide {
            filled.fill(y + height);
        } else {
            filled[column] = y + height;
        }
    }
    placed
}

fn shortest(filled: &[u16]) -> usize {
    let columns = filled.iter().enumerate();
    columns.min_by_key(|(_, height)| **height).map_or(0, |(column, _)| column)
}

/// Lines that all of them take.
pub(super) fn height(placed: &[Placed]) -> u16 {
    placed.iter().map(|place| place.y + place.height).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use ratatui::layout::Rect;

    use crate::model::verdict::Health;
    use crate::tui::canvas::Phrase;
    use crate::tui::theme::Role;
    use crate::tui::widgets::sheet::{Row, Section};

    use super::*;

    fn section(rows: usize, wide: bool) -> Section<()> {
        let row = Row { health: Health::Ok, cells: vec![], worths: vec![], about: () };
        Section {
            title: String::new(),
            note: Phrase::new("", Role::Text),
            wide,
            headings: vec![],
            order: crate::tui::order::Order::default(),
            rows: vec![row; rows],
        }
    }

    proptest! {
        #[test]
        fn no_section_lies_over_another(
            sizes in prop::collection::vec((0_usize..12, any::<bool>()), 1..9),
            width in 20_u16..250,
        ) {
            let sheet = Sheet { sections: sizes.iter().map(|(rows, wide)| section(*rows, *wide)).collect() };
            let placed = pack(&sheet, (width, 40));
            let rects: Vec<_> = placed.iter().map(|place| Rect::new(place.x, place.y, place.width, place.height)).collect();
            for (index, rect) in rects.iter().enumerate() {
                prop_assert!(rect.right() <= width);
                prop_assert!(rects.iter().skip(index + 1).all(|other| !rect.intersects(*other)));
            }
        }
    }
}

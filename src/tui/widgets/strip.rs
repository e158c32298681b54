//! A chain of stations, each with a name and a few words below it: what flows from left to right, and where it stops. Where
//! their words have no room in one row, they stand in two.

use ratatui::layout::Rect;

use crate::model::verdict::Health;
use crate::tui::canvas::Canvas;
use crate::tui::text;
use crate::tui::theme::Role;

/// One station.
#[derive(Debug, Clone, Copy)]
pub struct Station<'a> {
    /// Its name.
    pub name: &'a str,
    /// How it does.
    pub health: Health,
    /// The same in words.
    pub words: &'a str,
}

/// Cells of an arrow with its spaces.
const ARROW: u16 = 4;
/// Cells for the sign before a station's words and the space behind them.
const GUTTER: u16 = 3;
/// Cells of a name that are always wanted.
const MOST_OF_A_NAME: u16 = 14;

/// Lines of one row of stations: their names, and their words.
pub const ROW: u16 = 2;

/// Lines that the stations want of a width: one row where all of their words have room, else two.
pub fn height(stations: &[Station<'_>], width: u16) -> u16 {
    let shares = share(stations, width);
    let last = stations.len().saturating_sub(1);
    let fits = |(index, (station, share)): (usize, (&Station<'_>, u16))| {
        text::width(station.words) <= share.saturating_sub(2 + u16::from(index != last))
    };
    if stations.iter().zip(shares).enumerate().all(fits) { ROW } else { 2 * ROW }
}

/// Draws the stations, `selected` being the one under the cursor; in two rows where the area has lines for them.
pub fn draw(canvas: &mut Canvas<'_>, area: Rect, stations: &[Station<'_>], selected: Option<usize>) {
    let rows = if area.height < 2 * ROW { 1 } else { 2 };
    let each = stations.len().div_ceil(rows).max(1);
    for (row, part) in stations.chunks(each).enumerate() {
        let first = row * each;
        let y = area.y + u16::try_from(row).unwrap_or(0) * ROW;
        let goes_on = first + part.len() < stations.len();
        let selected = selected.and_then(|selected| selected.checked_sub(first));
        draw_row(canvas, Rect { y, height: ROW, ..area }, part, selected, goes_on);
    }
}

/// A row that goes on in the next one ends in an arrow.
fn draw_row(
    canvas: &mut Canvas<'_>,
    area: Rect,
    stations: &[Station<'_>],
    selected: Option<usize>,
    goes_on: bool,
) {
    let widths = share(stations, area.width - if goes_on { ARROW } else { 0 });
    let mut x = area.x;
    for (index, (station, width)) in stations.iter().zip(widths).enumerate() {
        let last = index + 1 == stations.len() && !goes_on;
        let inside = width.saturating_sub(u16::from(!last));
        let name = canvas.put(x + 2, area.y, inside.saturating_sub(2), station.name, Role::Title) + 2;
        if !last && width >= name {
            // On the line of names the sign's cell of the next station is free for the arrow's head.
            arrow(canvas, x + name + 1, area.y, width - name);
        }
        canvas.put(x, area.y + 1, 1, station.health.sign().trim_end(), Role::of(station.health));
        canvas.put(x + 2, area.y + 1, inside.saturating_sub(2), station.words, words_role(station.health));
        if selected == Some(index) {
            canvas.lay(Rect { x, y: area.y, width: inside, height: ROW }, Role::Selected);
            canvas.put(x, area.y, 1, "▌", Role::Accent);
        }
        x += width;
    }
}

fn words_role(health: Health) -> Role {
    if health == Health::Ok { Role::Ok } else { Role::of(health) }
}

fn arrow(canvas: &mut Canvas<'_>, x: u16, y: u16, cells: u16) {
    let line = format!("{}▶", "─".repeat(usize::from(cells.saturating_sub(1))));
    canvas.put(x, y, cells, &line, Role::Border);
}

/// Each station gets room for its name; what is not well then gets room for its words, then the rest does; what is
/// left becomes arrows. Where not even the names have room, the widest gives way.
fn share(stations: &[Station<'_>], width: u16) -> Vec<u16> {
    let mut widths: Vec<u16> =
        stations.iter().map(|station| text::width(station.name).min(MOST_OF_A_NAME) + GUTTER).collect();
    while widths.iter().sum::<u16>() > width {
        let Some(widest) = widths.iter_mut().max_by_key(|width| **width) else { break };
        *widest = widest.saturating_sub(1);
    }
    let wishes: Vec<u16> = stations.iter().map(|station| text::width(station.words) + GUTTER).collect();
    let arrows: Vec<u16> =
        stations.iter().map(|station| text::width(station.name) + GUTTER + ARROW).collect();
    grow(&mut widths, &wishes, width, |index| stations[index].health == Health::Bad);
    grow(&mut widths, &wishes, width, |index| stations[index].health != Health::Ok);
    grow(&mut widths, &wishes, width, |_| true);
    let spare = width.saturating_sub(widths.iter().sum());
    if spare >= ARROW {
        grow(&mut widths, &arrows, width, |_| true);
    }
    spread(&mut widths, width);
    widths
}

/// Gives spare cells to the stations among `chosen`, the one that misses least first, so that most end up whole.
fn grow(widths: &mut [u16], wishes: &[u16], width: u16, chosen: impl Fn(usize) -> bool) {
    for _ in widths.iter().sum::<u16>()..width {
        let missing = |index: &usize| wishes[*index].saturating_sub(widths[*index]);
        let candidates = (0..widths.len()).filter(|index| chosen(*index) && missing(index) > 0);
        let Some(index) = candidates.min_by_key(missing) else { return };
        widths[index] += 1;
    }
}

/// Shares what nobody needs, up to a length of arrow that still looks like one.
fn spread(widths: &mut [u16], width: u16) {
    let count = u16::try_from(widths.len()).unwrap_or(1).max(1);
    let each = (width.saturating_sub(widths.iter().sum()) / count).min(2 * ARROW);
    for share in widths {
        *share += each;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn station(name: &'static str, health: Health, words: &'static str) -> Station<'static> {
        Station { name, health, words }
    }

    #[test]
    fn what_is_not_well_is_told_in_full_before_what_is() {
        let stations = [
            station("secrets", Health::Ok, "database 8, config 3"),
            station(".env", Health::Warn, "authentik-3 on database 7"),
        ];
        let widths = share(&stations, 44);
        assert_eq!(widths[1], text::width(stations[1].words) + GUTTER);
        assert_eq!(widths.iter().sum::<u16>(), 44);
    }

    #[test]
    fn stations_never_take_more_than_there_is() {
        let stations = [station("server, worker", Health::Ok, "6 up"); 7];
        for width in 0..200 {
            assert!(share(&stations, width).iter().sum::<u16>() <= width);
        }
    }
}

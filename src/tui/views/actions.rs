//! Every procedure there is, and what the selected one is for.

use ratatui::layout::Rect;

use crate::model::deployment::Habits;
use crate::model::runbook::{Confirm, Runbook};
use crate::model::trouble::Trouble;
use crate::tui::app::App;
use crate::tui::canvas::Canvas;
use crate::tui::text;
use crate::tui::theme::Role;
use crate::tui::widgets::columns::Column;
use crate::tui::widgets::table::{Cell, Table};

use super::labelled;

/// Its columns.
pub const COLUMNS: [Column; 3] = [
    Column::new("ACTION", 12, 30, 0),
    Column::new("WHAT IT DOES", 20, 90, 0),
    Column::new("ASKS FIRST", 12, 18, 1),
];

/// Lines that the selected one's description takes, the empty one above included.
const BELOW: u16 = 7;

/// Draws the view.
pub fn draw(app: &App, canvas: &mut Canvas<'_>, body: Rect) {
    let area = Rect { x: 1, width: body.width - 2, ..body };
    let Some(shelf) = &app.acts.shelf else {
        canvas.put(area.x + 2, area.y, area.width, "reading the runbooks …", Role::Muted);
        return;
    };
    let taken = faults(&shelf.troubles, canvas, area);
    list(app, canvas, Rect { y: area.y + taken, height: area.height - taken, ..area });
}

fn list(app: &App, canvas: &mut Canvas<'_>, area: Rect) {
    let actions = app.actions();
    if actions.is_empty() {
        canvas.put(area.x + 2, area.y + 1, area.width - 2, "no action has these words", Role::Muted);
        return;
    }
    let rows = u16::try_from(actions.len()).unwrap_or(u16::MAX).saturating_add(1);
    let height = rows.min(area.height.saturating_sub(BELOW));
    let table = Table {
        columns: &COLUMNS,
        rows: actions.len(),
        cursor: &app.acts.action,
        order: app.order("actions"),
        hidden: app.hidden("actions"),
        column: None,
        active: true,
    };
    table.draw(canvas, Rect { height, ..area }, |row, column| cell(actions[row], app.habits(), column));
    let selected = actions[app.acts.action.among(actions.len())];
    let below = Rect { y: area.y + height + 1, height: area.height.saturating_sub(height + 1), ..area };
    about(selected, canvas, below);
}

/// A cell of a row.
pub fn cell(runbook: &Runbook, habits: Habits, column: usize) -> Cell<'_> {
    match column {
        0 => Cell::of(runbook.id.as_str(), Role::Title),
        1 => Cell::plain(runbook.title.as_str()),
        _ => match (runbook.writes, runbook.confirm.on(habits)) {
            (false, Confirm::None) => Cell::of("reads", Role::Muted),
            (true, Confirm::None) => Cell::plain("writes"),
            (_, Confirm::Yes) => Cell::plain("writes, yes"),
            (_, Confirm::Typed) => Cell::of("writes, name", Role::Warn),
        },
    }
}

fn about(runbook: &Runbook, canvas: &mut Canvas<'_>, area: Rect) {
    let width = area.width.saturating_sub(2).min(120);
    let follows = runbook.sections().into_iter().map(|section| format!("\"{section}\"")).collect::<Vec<_>>();
    let irreversible = runbook.irreversible().count();
    let steps = match irreversible {
        0 => format!("{} steps, each of which can be undone or changes nothing", runbook.steps.len()),
        count => format!("{} steps, {count} of which cannot be undone", runbook.steps.len()),
    };
    let mut lines = labelled::prose(0, "why", &runbook.why, Role::Text, width);
    lines.extend(labelled::prose(0, "steps", &steps, Role::Text, width));
    if !follows.is_empty() {
        lines.extend(labelled::prose(0, "follows", &follows.join(", "), Role::Muted, width));
    }
    for (y, line) in (area.y..area.bottom()).zip(&lines) {
        canvas.phrases(area.x + 2, y, width, line);
    }
}

/// All that is wrong with runbooks that are not offered, above those that are, as `runbook list` tells it; how many lines it
/// takes.
fn faults(troubles: &[Trouble], canvas: &mut Canvas<'_>, area: Rect) -> u16 {
    if troubles.is_empty() {
        return 0;
    }
    let words =
        troubles.iter().flat_map(|trouble| text::wrap(&trouble.in_one_line(), area.width.saturating_sub(4)));
    let words: Vec<_> = words.collect();
    let heading = "runbooks of your own that are not offered until they are mended";
    canvas.put(area.x, area.y, area.width, heading, Role::Bad);
    // the rest of them is in `runbook list`: whoever came for another action is not kept from it
    let room = (area.height / 3).max(1);
    let shown = u16::try_from(words.len()).unwrap_or(u16::MAX).min(room);
    for (y, line) in (area.y + 1..area.y + 1 + shown).zip(&words) {
        canvas.put(area.x + 2, y, area.width.saturating_sub(2), line, Role::Text);
    }
    if usize::from(shown) < words.len() {
        let more = "… all of them: vaultdeck runbook list";
        canvas.put(area.x + 2, area.y + 1 + shown, area.width.saturating_sub(2), more, Role::Muted);
    }
    shown + 3
}

//! What is on the screen: a header, the open view, what lies over it, and the keys that matter now.

pub mod actions;
pub mod database;
pub mod game_day;
pub mod header;
pub mod help;
pub mod home;
pub mod host;
pub mod hosts;
pub mod logs;
pub mod plan;
pub mod run;
pub mod runs;
pub mod secret;
pub mod secrets;
pub mod tour;
pub mod vault;
pub mod why;

mod choice;
mod columns;
mod covered;
mod crumbs;
mod form;
mod host_files;
mod labelled;
mod lesson;
mod menu;
mod news;
mod palette;
mod question;
mod revealed;
mod section;
mod sign_in;
mod themes;

use jiff::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::model::deployment::Environment;
use crate::model::finding::Severity;

use super::app::{App, Layer, Prompt, Purpose, VIEWS, View};
use super::canvas::Canvas;
use super::filter::Filter;
use super::keymap::{Action, Binding};
use super::text;
use super::theme::Role;
use super::widgets::{hint_bar, sheet};

/// The smallest screen on which anything useful can be shown.
const SMALLEST: (u16, u16) = (60, 16);

/// Draws everything; returns when it will next read differently by itself.
pub fn draw(app: &App, buffer: &mut Buffer) -> Option<Timestamp> {
    let mut canvas = Canvas::new(buffer, app.theme(), app.now).shared(app.stand_ins());
    let area = canvas.area();
    if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
        too_small(app, &mut canvas, area);
        return None;
    }
    if app.covered {
        covered::draw(app, &mut canvas, area);
        return None;
    }
    [app.locks_at(), app.covers_at()].into_iter().flatten().for_each(|moment| canvas.wake(moment));
    header::draw(app, &mut canvas, Rect { height: 1, ..area });
    crumbs::draw(app, &mut canvas, Rect { y: area.y + 1, height: 1, ..area });
    let body = Rect { y: 2, height: area.height - 3, ..area };
    match (&app.fleet, &app.judged) {
        (Some(_), Some(judged)) => {
            canvas.wake(judged.until);
            page(app, &mut canvas, body);
        }
        _ => opening(app, &mut canvas, body),
    }
    layers(app, &mut canvas, body);
    app.copied.iter().for_each(|copied| canvas.wake(copied.until));
    bottom(app, &mut canvas, Rect { y: area.bottom() - 1, height: 1, ..area });
    if app.environment == Some(Environment::Prod) {
        frame(&mut canvas, area);
    }
    app.spots.replace(canvas.spots());
    canvas.changes()
}

fn page(app: &App, canvas: &mut Canvas<'_>, body: Rect) {
    match app.layers.iter().rev().find(|layer| layer.is_page()) {
        Some(Layer::Plan(page)) => return plan::draw(page, canvas, body),
        Some(Layer::Run(_)) => return run::draw(app, canvas, body),
        _ => {}
    }
    if let Some((page, state)) = app.sheet() {
        let inside = Rect { x: 1, width: body.width - 2, ..body };
        if page.sections.is_empty() {
            canvas.put(inside.x + 2, inside.y, inside.width - 2, "nothing here has these words", Role::Muted);
        }
        sheet::draw(canvas, inside, &page, state);
        return;
    }
    match app.view {
        View::Home => home::draw(app, canvas, body),
        View::Hosts => hosts::draw(app, canvas, body),
        View::Logs => logs::draw(app, canvas, body),
        View::Actions => actions::draw(app, canvas, body),
        View::Runs => runs::draw(app, canvas, body),
        View::Tour => tour::draw(app, canvas, body),
        View::GameDay => game_day::draw(app, canvas, body),
        View::Vault | View::Secrets | View::Database => {}
    }
}

fn layers(app: &App, canvas: &mut Canvas<'_>, body: Rect) {
    let page = app.layers.iter().rposition(Layer::is_page).map_or(0, |page| page + 1);
    for layer in app.layers.iter().skip(page) {
        match layer {
            Layer::Why(why) => why::draw(why, canvas, body),
            Layer::Help(help) => help::draw(app, help, canvas, body),
            Layer::Choice(cursor) => choice::draw(app, cursor, canvas, body),
            Layer::Menu(menu) => menu::draw(menu, canvas, body),
            Layer::Columns(chooser) => columns::draw(app, chooser, canvas, body),
            Layer::SignIn(signing_in) => sign_in::draw(signing_in, canvas, body),
            Layer::Form(form) => form::draw(form, canvas, body),
            Layer::Question(question) => question::draw(question, canvas, body),
            Layer::Revealed(revealed) => revealed::draw(revealed, canvas, body),
            Layer::Palette(palette) => palette::draw(app, palette, canvas, body),
            Layer::Themes(picking) => themes::draw(picking, canvas, body),
            Layer::Host(..) | Layer::Secret(_) | Layer::Plan(_) | Layer::Run(_) | Layer::Prompt(_) => {}
        }
    }
}

fn bottom(app: &App, canvas: &mut Canvas<'_>, line: Rect) {
    if let Some(Layer::Prompt(prompt)) = app.layers.last() {
        return typing(canvas, line, prompt);
    }
    if let Some(notice) = &app.notice {
        canvas.wake(app.by_the_fleets_clock(notice.until));
        canvas.put(1, line.y, line.width - 2, &notice.text, notice.role);
        return;
    }
    // what is typed goes to the window in front; a key that the bar named would be a letter there
    if matches!(
        app.layers.last(),
        Some(Layer::Form(_) | Layer::Question(_) | Layer::SignIn(_) | Layer::Palette(_) | Layer::Themes(_))
    ) {
        return;
    }
    let mut bar = line;
    if !app.filter.is_empty()
        && !app.layers.iter().any(|layer| matches!(layer, Layer::Plan(_) | Layer::Run(_)))
    {
        let taken = searched(canvas, 1, line.y, line.width / 3, app.filter.typed(), Role::Match);
        bar = Rect { x: taken + 2, width: line.width - taken - 2, ..line };
        if let Some(trouble) = app.filter.fault() {
            let words = format!("✗ {}", trouble.in_one_line());
            canvas.put(bar.x + 1, line.y, bar.width.saturating_sub(3), &words, Role::Bad);
            return;
        }
    }
    if !app.marked.is_empty() {
        let words = format!("● {} marked", app.marked.len());
        let taken = canvas.put(bar.x + 1, line.y, bar.width, &words, Role::Match) + 2;
        bar = Rect { x: bar.x + taken, width: bar.width.saturating_sub(taken), ..bar };
    }
    let hint = |binding: &Binding| app.hint_of(binding);
    hint_bar::draw(canvas, bar, &app.keymap, (&app.hinted(), &hint), action_of(app.view));
}

/// Words that were typed to find something; with their slash they would be taken for a path.
pub(super) fn searched(canvas: &mut Canvas<'_>, x: u16, y: u16, cells: u16, words: &str, role: Role) -> u16 {
    let slash = canvas.put(x, y, cells, "/", role);
    slash + canvas.put(x + slash, y, cells.saturating_sub(slash), words, role)
}

fn typing(canvas: &mut Canvas<'_>, line: Rect, prompt: &Prompt) {
    let taken = searched(canvas, 1, line.y, line.width - 4, &prompt.text, Role::Title);
    canvas.put(1 + taken, line.y, 1, "▏", Role::Accent);
    let searched = prompt.purpose == Purpose::Search;
    let (hint, role) = match Filter::read(&prompt.text).fault().filter(|_| !searched) {
        Some(trouble) => (format!("✗ {}", trouble.in_one_line()), Role::Bad),
        None if searched => ("mark these words   enter keep   esc give up".to_owned(), Role::Muted),
        None => ("words   ~letters   =~ regex   ! turns it round   esc gives up".to_owned(), Role::Muted),
    };
    let room = line.width.saturating_sub(taken + 5);
    if room >= text::width(&hint) || role == Role::Bad {
        canvas.put_right(line.right() - 1, line.y, room, &hint, role);
    }
}

/// The action whose key opens a view.
pub fn action_of(view: View) -> Action {
    match view {
        View::Home => Action::Home,
        View::Vault => Action::Vault,
        View::Secrets => Action::Secrets,
        View::Hosts => Action::Hosts,
        View::Logs => Action::Logs,
        View::Database => Action::Database,
        View::Actions => Action::Actions,
        View::Runs => Action::Runs,
        View::Tour => Action::Tour,
        View::GameDay => Action::GameDay,
    }
}

/// The view that an action opens.
pub fn opened_by(action: Action) -> Option<View> {
    let mut views = VIEWS.into_iter().chain([View::Tour, View::GameDay]);
    views.find(|view| action_of(*view) == action)
}

fn opening(app: &App, canvas: &mut Canvas<'_>, body: Rect) {
    let Some(trouble) = &app.cannot_open else {
        canvas.put(2, body.y, body.width - 4, "opening …", Role::Muted);
        return;
    };
    let lines = [Some(("✗", &trouble.what, Role::Bad))]
        .into_iter()
        .chain([trouble.because.as_ref().map(|because| ("because", because, Role::Text))])
        .chain([trouble.hint.as_ref().map(|hint| ("hint", hint, Role::Accent))]);
    for (y, (label, words, role)) in (body.y..).zip(lines.flatten()) {
        canvas.put(2, y, 8, label, if label == "✗" { Role::Bad } else { Role::Label });
        canvas.put(10, y, body.width - 12, words, role);
    }
}

/// Says what is missing and what can be done; and what would not wait, where that may be seen.
fn too_small(app: &App, canvas: &mut Canvas<'_>, area: Rect) {
    let (width, height) = SMALLEST;
    let size = format!("this terminal is {}x{}; vaultdeck needs {width}x{height}", area.width, area.height);
    let quit = app.keymap.binding(Action::Quit).and_then(|binding| binding.keys.first());
    let way_out = quit.map(|key| format!("make it larger, or leave with {key}"));
    let critical = app.judged.as_ref().map_or(0, |judged| judged.found(Severity::Critical));
    let critical = (critical > 0 && !app.covered).then(|| format!("✗ {critical} critical"));
    let in_hand = app.acts.in_hand.as_ref().filter(|in_hand| !in_hand.has_ended() && !app.covered);
    let in_hand = in_hand.map(|in_hand| format!("run {} is in hand", in_hand.story.run.plan.runbook.id));
    let lines =
        [(Some(size), Role::Warn), (way_out, Role::Text), (critical, Role::Bad), (in_hand, Role::Busy)];
    let lines = lines.into_iter().filter_map(|(words, role)| Some((words?, role)));
    let wrapped = lines.flat_map(|(words, role)| {
        text::wrap(&words, area.width.max(1)).into_iter().map(move |line| (line, role))
    });
    for (y, (line, role)) in (area.y..area.bottom()).zip(wrapped) {
        canvas.put(area.x, y, area.width, &line, role);
    }
}

/// Production is seen from any corner of the screen: the whole top line, and both edges wherever nothing stands there.
fn frame(canvas: &mut Canvas<'_>, area: Rect) {
    canvas.lay(Rect { height: 1, ..area }, Role::Danger);
    for y in area.y + 1..area.bottom() {
        for x in [area.x, area.right() - 1] {
            canvas.lay_blank(x, y, Role::Danger);
        }
    }
}

/// How the name of the deployment is dressed.
fn dress(environment: Option<Environment>, locked: bool) -> (&'static str, Role) {
    match environment {
        Some(Environment::Prod) if locked => (" PROD read-only ", Role::Danger),
        Some(Environment::Prod) => (" PROD UNLOCKED ", Role::Danger),
        Some(Environment::Staging) => ("staging", Role::Warn),
        Some(Environment::Dev) => ("dev", Role::Accent),
        Some(Environment::Demo) => ("demo", Role::Accent),
        None => ("", Role::Muted),
    }
}

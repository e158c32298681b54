//! Pictures of the views for the README, made from the views themselves. They are checked in; `UPDATE_SCREENSHOTS=1`
//! writes them anew.

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};

use super::procedures::{self, SHOWN, Shown};
use super::stage::stage;

/// Pixels of one cell.
const CELL: (u32, u32) = (9, 18);
const MARGIN: u32 = 14;

/// What the terminal itself shows behind and as plain text.
#[derive(Clone, Copy)]
struct Paper {
    background: &'static str,
    text: &'static str,
}

const DARK: Paper = Paper { background: "#12161d", text: "#d5dbe5" };
const LIGHT: Paper = Paper { background: "#fbfbfc", text: "#24292f" };

/// Where a monospaced font may lie; without one there are no PNGs.
const FONTS: [&str; 2] = [
    "/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf",
    "/usr/share/fonts/truetype/dejavu/DejaVuSansMono-Bold.ttf",
];

#[test]
fn the_pictures_in_the_readme_show_the_views_as_they_are() {
    let pictures = [
        ("home", ""),
        ("evidence", "enter"),
        ("vault", "2"),
        ("secrets", "3"),
        ("hosts", "4 G"),
        ("host", "4 G enter"),
        ("logs", ""),
        ("database", "6"),
        ("keys", "?"),
        ("light", "T j enter"),
        ("themes", "T j j j"),
        ("shared", "S"),
    ];
    let mut outdated = Vec::new();
    for (name, keys) in pictures {
        let mut stage = stage();
        stage.press(keys);
        if name == "logs" {
            super::logs::three_agents(&mut stage).press("E");
        }
        let paper = if name == "light" { LIGHT } else { DARK };
        if !same(name, &svg(&stage.without_notice().draw(), paper)) {
            outdated.push(name.to_owned());
        }
    }
    assert!(outdated.is_empty(), "views changed, see UPDATE_SCREENSHOTS in this file: {outdated:?}");
}

#[test]
fn the_pictures_in_the_readme_show_the_first_actions_as_they_are() {
    assert_shown(&SHOWN[..7]);
}

#[test]
fn the_pictures_in_the_readme_show_the_other_actions_as_they_are() {
    assert_shown(&SHOWN[7..]);
}

fn assert_shown(actions: &[(&str, &str, Shown)]) {
    let mut outdated = Vec::new();
    for (id, scenario, how_far) in actions {
        let mut evening = procedures::shown(id, scenario, *how_far);
        let name = format!("action-{id}");
        if !same(&name, &svg(&evening.stage.without_notice().draw(), DARK)) {
            outdated.push(name);
        }
    }
    assert!(outdated.is_empty(), "actions changed, see UPDATE_SCREENSHOTS in this file: {outdated:?}");
}

#[test]
fn the_pictures_in_the_readme_show_the_lists_as_they_are() {
    let secret = svg(&super::secrets::compared().stage.without_notice().draw(), DARK);
    assert!(same("secret", &secret), "see UPDATE_SCREENSHOTS in this file");
    let mut evening = procedures::evening("trouble");
    let actions = svg(&evening.press("7 j j j j j").stage.without_notice().draw(), DARK);
    let runs = svg(&evening.runs("setup-policy").press("q 8").stage.without_notice().draw(), DARK);
    assert!(same("actions", &actions) && same("runs", &runs), "see UPDATE_SCREENSHOTS in this file");
}

#[test]
fn the_pictures_in_the_readme_show_what_teaches_as_it_is() {
    let mut evening = procedures::evening("trouble");
    evening.kept_page = Some("deploy".to_owned());
    let tour = svg(&evening.press("9").stage.without_notice().draw(), DARK);
    let mut evening = procedures::evening("healthy");
    evening.plays("odd-hours").press("P enter");
    let game_day = svg(&evening.stage.without_notice().draw(), DARK);
    assert!(same("tour", &tour) && same("game-day", &game_day), "see UPDATE_SCREENSHOTS in this file");
}

/// Whether the picture on disk is this one; writes it first when that is asked for.
fn same(name: &str, svg: &str) -> bool {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("screenshots").join(name).with_extension("svg");
    if env::var_os("UPDATE_SCREENSHOTS").is_some() {
        fs::write(&path, svg).unwrap();
        png(svg, &path.with_extension("png"));
    }
    fs::read_to_string(&path).is_ok_and(|kept| kept == svg)
}

/// The cells as SVG: every run of one style is pinned by place and length, so that no font can shift it.
fn svg(buffer: &Buffer, paper: Paper) -> String {
    let (columns, lines) = (u32::from(buffer.area.width), u32::from(buffer.area.height));
    let (width, height) = (columns * CELL.0 + 2 * MARGIN, lines * CELL.1 + 2 * MARGIN);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" font-size=\"15\" \
         font-family=\"DejaVu Sans Mono, Menlo, Consolas, monospace\" xml:space=\"preserve\">\n\
         <rect width=\"{width}\" height=\"{height}\" rx=\"8\" fill=\"{}\"/>\n",
        paper.background
    );
    for y in 0..buffer.area.height {
        let mut x = 0;
        while x < buffer.area.width {
            let length = run(buffer, x, y);
            write_run(&mut svg, buffer, (x, y), length, paper.text);
            x += length;
        }
    }
    svg + "</svg>\n"
}

/// Cells from here on that look the same.
fn run(buffer: &Buffer, x: u16, y: u16) -> u16 {
    let look = |cell: &Cell| (cell.fg, cell.bg, cell.modifier);
    let first = look(&buffer[(x, y)]);
    let same = (x..buffer.area.width).take_while(|x| look(&buffer[(*x, y)]) == first);
    u16::try_from(same.count()).unwrap()
}

fn write_run(svg: &mut String, buffer: &Buffer, (x, y): (u16, u16), length: u16, text_colour: &str) {
    let cell = &buffer[(x, y)];
    let text: String = (x..x + length).map(|x| buffer[(x, y)].symbol()).collect();
    let (left, top) = (MARGIN + u32::from(x) * CELL.0, MARGIN + u32::from(y) * CELL.1);
    let width = u32::from(length) * CELL.0;
    if let Some(background) = colour(cell.bg) {
        writeln!(
            svg,
            "<rect x=\"{left}\" y=\"{top}\" width=\"{width}\" height=\"{}\" fill=\"{background}\"/>",
            CELL.1
        )
        .unwrap();
    }
    if text.trim().is_empty() {
        return;
    }
    let fill = colour(cell.fg).unwrap_or_else(|| text_colour.to_owned());
    let weight = if cell.modifier.contains(Modifier::BOLD) { " font-weight=\"bold\"" } else { "" };
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    let base = top + 14;
    writeln!(
        svg,
        "<text x=\"{left}\" y=\"{base}\" textLength=\"{width}\" fill=\"{fill}\"{weight}>{text}</text>"
    )
    .unwrap();
}

fn colour(color: Color) -> Option<String> {
    match color {
        Color::Rgb(red, green, blue) => Some(format!("#{red:02x}{green:02x}{blue:02x}")),
        _ => None,
    }
}

fn png(svg: &str, path: &Path) {
    use resvg::{tiny_skia, usvg};
    let mut options = usvg::Options::default();
    for font in FONTS {
        let _ = options.fontdb_mut().load_font_file(font);
    }
    if options.fontdb.is_empty() {
        return;
    }
    options.fontdb_mut().set_monospace_family("DejaVu Sans Mono");
    let tree = usvg::Tree::from_str(svg, &options).unwrap();
    let size = tree.size().to_int_size();
    let mut pixels = tiny_skia::Pixmap::new(size.width(), size.height()).unwrap();
    resvg::render(&tree, tiny_skia::Transform::default(), &mut pixels.as_mut());
    pixels.save_png(path).unwrap();
}

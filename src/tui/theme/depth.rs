//! How many colours a terminal shows, and which of its colours comes nearest to the one a theme asks for.

use ratatui::style::Color;

/// The colours a terminal can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// None; asked for by `NO_COLOR` or `TERM=dumb`.
    Mono,
    /// The sixteen that the terminal's own palette defines.
    Sixteen,
    /// The 256 of xterm.
    Indexed,
    /// Any.
    True,
}

/// Levels of one channel in xterm's cube of colours.
const CUBE: [u8; 6] = [0, 95, 135, 175, 215, 255];

impl Depth {
    /// What the environment tells, asked through `variable`.
    pub fn told_by(variable: impl Fn(&str) -> Option<String>) -> Self {
        let value = |name: &str| variable(name).unwrap_or_default();
        let terminal = value("TERM");
        if !value("NO_COLOR").is_empty() || terminal == "dumb" {
            return Self::Mono;
        }
        if matches!(value("COLORTERM").as_str(), "truecolor" | "24bit") || terminal.ends_with("-direct") {
            return Self::True;
        }
        if terminal.contains("256color") { Self::Indexed } else { Self::Sixteen }
    }

    /// The colour shown for the one wanted, `ansi` being what the theme wants of a small palette.
    pub fn shows(self, wanted: Option<Color>, ansi: Option<Color>) -> Option<Color> {
        match self {
            Self::Mono => None,
            Self::Sixteen => ansi,
            Self::Indexed => wanted.map(nearest_indexed),
            Self::True => wanted,
        }
    }
}

/// The nearest of xterm's cube and ramp of greys.
fn nearest_indexed(color: Color) -> Color {
    let Color::Rgb(red, green, blue) = color else { return color };
    let channels = [red, green, blue];
    let cube = channels.map(nearest_step);
    let in_cube = cube.map(|step| CUBE[usize::from(step)]);
    let grey_step = nearest_grey(channels);
    let grey = [8 + 10 * grey_step; 3];
    if distance(channels, grey) < distance(channels, in_cube) {
        return Color::Indexed(232 + grey_step);
    }
    Color::Indexed(16 + 36 * cube[0] + 6 * cube[1] + cube[2])
}

fn nearest_step(channel: u8) -> u8 {
    let nearest = (0u8..6).min_by_key(|step| channel.abs_diff(CUBE[usize::from(*step)]));
    nearest.unwrap_or_default()
}

fn nearest_grey(channels: [u8; 3]) -> u8 {
    let nearest = (0u8..24).min_by_key(|step| distance(channels, [8 + 10 * step; 3]));
    nearest.unwrap_or_default()
}

fn distance(from: [u8; 3], to: [u8; 3]) -> u32 {
    from.iter().zip(to).map(|(one, other)| u32::from(one.abs_diff(other)).pow(2)).sum()
}

/// The colour in red, green and blue, the sixteen as the Linux console and VGA have them.
#[cfg(test)]
pub(super) fn rgb(color: Color) -> [u8; 3] {
    match color {
        Color::Rgb(red, green, blue) => [red, green, blue],
        Color::Indexed(index @ 232..) => [8 + 10 * (index - 232); 3],
        Color::Indexed(index @ 16..) => {
            [(index - 16) / 36, (index - 16) / 6 % 6, (index - 16) % 6].map(|step| CUBE[usize::from(step)])
        }
        Color::Red => [0xaa, 0, 0],
        Color::Green => [0, 0xaa, 0],
        Color::Yellow => [0xaa, 0x55, 0],
        Color::Blue => [0, 0, 0xaa],
        Color::Magenta => [0xaa, 0, 0xaa],
        Color::Cyan => [0, 0xaa, 0xaa],
        Color::Gray => [0xaa; 3],
        Color::DarkGray => [0x55; 3],
        Color::LightRed => [0xff, 0x55, 0x55],
        Color::LightGreen => [0x55, 0xff, 0x55],
        Color::LightYellow => [0xff, 0xff, 0x55],
        Color::LightBlue => [0x55, 0x55, 0xff],
        Color::LightMagenta => [0xff, 0x55, 0xff],
        Color::LightCyan => [0x55, 0xff, 0xff],
        Color::White => [0xff; 3],
        Color::Black | Color::Indexed(_) | Color::Reset => [0; 3],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn depth(pairs: &[(&str, &str)]) -> Depth {
        Depth::told_by(|name| {
            pairs.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn the_environment_tells_how_many_colours_there_are() {
        assert_eq!(depth(&[("TERM", "xterm-256color")]), Depth::Indexed);
        assert_eq!(depth(&[("TERM", "xterm-256color"), ("COLORTERM", "truecolor")]), Depth::True);
        assert_eq!(depth(&[("TERM", "linux")]), Depth::Sixteen);
        assert_eq!(depth(&[("TERM", "xterm-256color"), ("NO_COLOR", "1")]), Depth::Mono);
        assert_eq!(depth(&[("TERM", "xterm"), ("NO_COLOR", "")]), Depth::Sixteen);
    }

    #[test]
    fn pure_colours_and_greys_find_themselves_in_the_256() {
        assert_eq!(nearest_indexed(Color::Rgb(255, 0, 0)), Color::Indexed(196));
        assert_eq!(nearest_indexed(Color::Rgb(8, 8, 8)), Color::Indexed(232));
        assert_eq!(nearest_indexed(Color::Rgb(255, 255, 255)), Color::Indexed(231));
    }
}

//! A backend that collects a frame and hands it to the terminal in one write, between the brackets of a synchronized
//! update, so that no half-drawn frame is ever seen over a slow line. A frame that changes nothing writes nothing.

use std::cell::RefCell;
use std::io::{self, Write};
use std::mem;
use std::rc::Rc;

use ratatui::backend::{Backend, ClearType, CrosstermBackend, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};

const BEGIN: &[u8] = b"\x1b[?2026h";
const END: &[u8] = b"\x1b[?2026l";

/// Crossterm's backend writing to a page, and the page's way to the terminal.
pub struct Bracketed<W: Write> {
    crossterm: CrosstermBackend<Page>,
    page: Page,
    out: W,
    size: Size,
    cursor_hidden: bool,
}

/// Bytes of the frame being drawn.
#[derive(Clone, Default)]
struct Page(Rc<RefCell<Vec<u8>>>);

impl Write for Page {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<W: Write> Bracketed<W> {
    /// A backend that writes to `out`, which shows `size` cells.
    pub fn new(out: W, size: Size) -> Self {
        let page = Page::default();
        Self { crossterm: CrosstermBackend::new(page.clone()), page, out, size, cursor_hidden: false }
    }

    /// Takes note of a new size.
    pub fn resized(&mut self, size: Size) {
        self.size = size;
    }
}

impl<W: Write> Backend for Bracketed<W> {
    type Error = io::Error;

    fn draw<'a, I: Iterator<Item = (u16, u16, &'a Cell)>>(&mut self, content: I) -> io::Result<()> {
        let mut content = content.peekable();
        if content.peek().is_none() {
            return Ok(());
        }
        self.crossterm.draw(content)
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        if mem::replace(&mut self.cursor_hidden, true) {
            return Ok(());
        }
        self.crossterm.hide_cursor()
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        self.cursor_hidden = false;
        self.crossterm.show_cursor()
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        self.crossterm.get_cursor_position()
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        self.crossterm.set_cursor_position(position)
    }

    fn clear(&mut self) -> io::Result<()> {
        self.cursor_hidden = false;
        self.crossterm.clear()
    }

    fn clear_region(&mut self, clear_type: ClearType) -> io::Result<()> {
        self.cursor_hidden = false;
        self.crossterm.clear_region(clear_type)
    }

    fn size(&self) -> io::Result<Size> {
        Ok(self.size)
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        self.crossterm.window_size()
    }

    fn flush(&mut self) -> io::Result<()> {
        let page = mem::take(&mut *self.page.0.borrow_mut());
        if page.is_empty() {
            return Ok(());
        }
        self.out.write_all(&[BEGIN, &page, END].concat())?;
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use ratatui::Terminal;

    use super::*;

    /// Notes every write it is given.
    #[derive(Clone, Default)]
    struct Writes(Rc<RefCell<Vec<Vec<u8>>>>);

    impl Write for Writes {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.borrow_mut().push(bytes.to_vec());
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_frame_is_one_write_inside_brackets_and_the_same_frame_again_is_none() {
        let writes = Writes::default();
        let backend = Bracketed::new(writes.clone(), Size::new(20, 2));
        let mut terminal = Terminal::new(backend).unwrap();
        for _ in 0..3 {
            terminal.draw(|frame| frame.render_widget("sealed", frame.area())).unwrap();
        }
        let writes = writes.0.borrow();
        assert_eq!(writes.len(), 1);
        assert!(writes[0].starts_with(BEGIN) && writes[0].ends_with(END));
        assert!(writes[0].windows(6).any(|window| window == b"sealed"));
    }
}

//! Lines of a log written to a file beside the loop, which goes on meanwhile.

use crate::config;
use crate::tui::app::Message;

use super::Console;

impl Console {
    /// Writes them; where they lie comes back as a message.
    pub(super) fn save_log(&self, name: String, text: String) {
        self.in_background(move || {
            Message::LogSaved(config::log_folder().and_then(|folder| config::keep_log(&folder, &name, &text)))
        });
    }
}

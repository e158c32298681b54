//! What a run needs next, whatever happens to it: laws over random evenings, and the cases that matter by name.

mod cases;
mod laws;
pub mod walk;

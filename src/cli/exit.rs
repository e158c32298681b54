//! What the process says to the shell when it ends; one table for every command.

use std::process::ExitCode;

/// Exit codes of every command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Done, or everything is ok.
    Ok = 0,
    /// `check`: the worst finding is a warning.
    Warning = 1,
    /// `check`: a finding is critical; any other command: it failed. `explain`: a problem is in force.
    Critical = 2,
    /// `check`: nothing fires, but something could not be measured. `explain`: no line of an agent. `run`, `runs resume`, `runs undo`: it is paused.
    Unknown = 3,
    /// The command line was not understood; a typo is no alarm.
    Usage = 64,
    /// The profile was not found or not understood.
    Configuration = 78,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

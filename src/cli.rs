//! The face without a screen: command line, reports, exit codes.

pub mod args;
pub mod exit;
pub mod explain;
pub mod init;

//! vaultdeck: parse, open the deck (live or pretend), hand it to a face.

use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser as _;
use clap::error::ErrorKind;
use vaultdeck::cli::args::{Arguments, Command};
use vaultdeck::cli::exit::Exit;
use vaultdeck::cli::init;

fn main() -> ExitCode {
    keep_memory_private();
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return usage(&error).into(),
    };
    match run(arguments) {
        Ok(exit) => exit.into(),
        Err(trouble) => {
            let _ = writeln!(std::io::stderr(), "{trouble}");
            Exit::Critical.into()
        }
    }
}

fn run(arguments: Arguments) -> Result<Exit, vaultdeck::model::trouble::Trouble> {
    match arguments.command {
        Some(Command::Init { name, output }) => {
            init::init(&name, &output, &mut std::io::stdout()).map(|()| Exit::Ok)
        }
        _ => Ok(Exit::Ok),
    }
}

/// Help and version are wishes granted; anything else on standard error is a usage error, not an alarm.
fn usage(error: &clap::Error) -> Exit {
    let _ = error.print();
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Exit::Ok,
        _ => Exit::Usage,
    }
}

/// No core dumps, and nobody but root may look into this process.
fn keep_memory_private() {
    use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
}

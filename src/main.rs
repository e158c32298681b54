//! vaultdeck: parse, open the deck (live or pretend), hand it to a face.

use std::fs::File;
use std::io::{Read, Write as _};
use std::path::Path;
use std::process::ExitCode;

use clap::Parser as _;
use clap::error::ErrorKind;
use jiff::Timestamp;
use vaultdeck::cli::args::{Arguments, Command};
use vaultdeck::cli::exit::Exit;
use vaultdeck::cli::explain::{Format, explain};
use vaultdeck::cli::init;
use vaultdeck::model::trouble::Trouble;

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

fn run(arguments: Arguments) -> Result<Exit, Trouble> {
    match arguments.command {
        Some(Command::Init { name, output }) => {
            init::init(&name, &output, &mut std::io::stdout()).map(|()| Exit::Ok)
        }
        Some(Command::Explain { file, json }) => explain_log(&file, json),
        _ => Ok(Exit::Ok),
    }
}

fn explain_log(file: &Path, json: bool) -> Result<Exit, Trouble> {
    let unreadable = |error| Trouble::new(format!("cannot read {}", file.display())).because(error);
    let log: Box<dyn Read> = if file == Path::new("-") {
        Box::new(std::io::stdin().lock())
    } else {
        Box::new(File::open(file).map_err(unreadable)?)
    };
    let format = if json { Format::Json } else { Format::Text };
    let explanation = explain(log, format, Some(Timestamp::now())).map_err(unreadable)?;
    std::io::stdout()
        .write_all(explanation.text.as_bytes())
        .map_err(|error| Trouble::new("cannot print").because(error))?;
    Ok(explanation.exit)
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

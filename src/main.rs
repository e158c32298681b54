//! vaultdeck: parse, open the deck (live or pretend), hand it to a face.

use std::fs::File;
use std::io::{IsTerminal as _, Read, Write as _, stderr, stdin, stdout};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser as _;
use clap::error::ErrorKind;
use jiff::Timestamp;
use vaultdeck::cli::args::{
    Arguments, CheckFormat, Command, DeploymentArguments, RunArguments, RunbookCommand, RunsCommand, Scenario,
};
use vaultdeck::cli::ending::asked_to_end;
use vaultdeck::cli::exit::Exit;
use vaultdeck::cli::paint::Paint;
use vaultdeck::cli::{self, check, completions, explain, init, manual, run, runbook, runs, status, tour};
use vaultdeck::config::{self, Asked, Profile, Surroundings};
use vaultdeck::deck::{Deck, Hand, Opened, PretendOptions, PretendTime, Prompts, Runs};
use vaultdeck::model::deployment::Environment;
use vaultdeck::model::fleet::Fleet;
use vaultdeck::model::run::Choice;
use vaultdeck::model::trouble::Trouble;
use vaultdeck::tui::app::View;
use vaultdeck::tui::{self, Shown};

/// Threads beside the one that holds the terminal: looks wait for others most of the time, and when one does not, the
/// others go on.
const WORKERS: usize = 2;

fn main() -> ExitCode {
    keep_memory_private();
    let shown = shown_at_once();
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            drop(shown); // the terminal is given back before anything is told on it
            return usage(&error).into();
        }
    };
    match obey(arguments, shown) {
        Ok(exit) => exit.into(),
        Err(failure) => {
            let told: Vec<_> = failure.troubles.iter().map(ToString::to_string).collect();
            let _ = writeln!(stderr(), "{}", told.join("\n\n"));
            failure.exit.into()
        }
    }
}

/// A command that could not do what it is for.
struct Failure {
    exit: Exit,
    troubles: Vec<Trouble>,
}

impl Failure {
    fn of(exit: Exit, trouble: Trouble) -> Self {
        Self { exit, troubles: vec![trouble] }
    }
}

impl From<Trouble> for Failure {
    fn from(trouble: Trouble) -> Self {
        Self::of(Exit::Critical, trouble)
    }
}

/// The first frame of the starts that are typed most: it does not wait until the whole command line is understood.
fn shown_at_once() -> Option<Shown> {
    let words: Vec<_> = std::env::args_os().skip(1).collect();
    let start = match words.iter().map(|word| word.to_str()).collect::<Option<Vec<_>>>()?.as_slice() {
        [] => tui::Start::default(),
        ["demo" | "--demo"] | ["demo", "--reset"] => pretend_start(),
        _ => return None,
    };
    stdout().is_terminal().then(|| tui::show(start).ok())?
}

fn pretend_start() -> tui::Start {
    tui::Start { name: "demo".to_owned(), environment: Some(Environment::Demo), ..tui::Start::default() }
}

fn obey(arguments: Arguments, shown: Option<Shown>) -> Result<Exit, Failure> {
    let which = arguments.deployment;
    match arguments.command {
        Some(Command::Init { name, output }) => {
            Ok(init::init(&name, &output, &mut stdout()).map(|()| Exit::Ok)?)
        }
        Some(Command::Config { json }) => effective_values(&which, json),
        Some(Command::Schema { what }) => printed(what.text()),
        Some(Command::Completions { shell }) => {
            printed(completions::completions(shell, &known_names(&which)))
        }
        Some(Command::Man { dir: None }) => printed(manual::page()?),
        Some(Command::Man { dir: Some(folder) }) => Ok(manual::pages(&folder).map(|()| Exit::Ok)?),
        Some(Command::Explain { file, json }) => Ok(explain_log(&file, json)?),
        Some(Command::Runbook { command }) => runbook(&which, &command),
        Some(Command::Demo { reset }) => {
            let which = DeploymentArguments { demo: true, ..which };
            if reset && !stdout().is_terminal() {
                return inside_runtime(async move { open(&which, reset).await.map(|_| Exit::Ok) });
            }
            console(which, reset, shown, View::Home)
        }
        Some(Command::Tour { list: false, json: false }) if stdout().is_terminal() => {
            console(which, false, shown, View::Tour)
        }
        Some(Command::GameDay { exercise, list: false }) if stdout().is_terminal() => {
            game_day(&which, exercise)
        }
        Some(Command::GameDay { .. }) => printed(tour::exercises(paint())?),
        Some(Command::Tour { list, json }) => inside_runtime(tell_tour(which, list, json)),
        Some(Command::Status { json, watch }) => inside_runtime(show_status(which, json, watch)),
        Some(Command::Run(run)) => inside_runtime(act(which, run)),
        Some(Command::Runs { command }) => look_after_runs(which, command),
        Some(Command::Check { format, verify }) => inside_runtime(judge(which, format, verify)),
        None => console(which, false, shown, View::Home),
    }
}

fn inside_runtime(command: impl Future<Output = Result<Exit, Failure>>) -> Result<Exit, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(WORKERS).enable_all().build();
    let runtime = runtime.map_err(|error| Trouble::new("cannot start").because(error))?;
    let outcome = runtime.block_on(command);
    runtime.shutdown_background();
    outcome
}

fn console(
    which: DeploymentArguments,
    reset: bool,
    shown: Option<Shown>,
    opens: View,
) -> Result<Exit, Failure> {
    let start = || match &which.profile {
        _ if which.demo => tui::Start { speed: which.speed, ..pretend_start() },
        profile => tui::Start { name: profile.clone().unwrap_or_default(), ..tui::Start::default() },
    };
    let slow_line = which.slow_line;
    let shown =
        shown.map_or_else(|| tui::show(tui::Start { opens: Some(opens), slow_line, ..start() }), Ok)?;
    inside_runtime(async move {
        Box::pin(shown.run(async move { open(&which, reset).await.map_err(first_trouble) })).await?;
        Ok(Exit::Ok)
    })
}

/// Practice has a fleet of its own, healthy at the start: what somebody has built in the other stays as it is.
fn game_day(which: &DeploymentArguments, exercise: Option<String>) -> Result<Exit, Failure> {
    let (speed, slow_line) = (which.speed, which.slow_line);
    let start = tui::Start { opens: Some(View::GameDay), exercise, speed, slow_line, ..pretend_start() };
    let shown = tui::show(start)?;
    let options = PretendOptions {
        folder: config::state_folder().map(|folder| folder.join("game-day")),
        reset: true,
        scenario: Some(Scenario::Healthy.name().to_owned()),
        ..pretend_options(which, true)?
    };
    inside_runtime(async move {
        Box::pin(shown.run(async move { Deck::pretend(options) })).await?;
        Ok(Exit::Ok)
    })
}

async fn show_status(which: DeploymentArguments, json: bool, watch: bool) -> Result<Exit, Failure> {
    let Opened { deployment, mut deck, .. } = open(&which, false).await?;
    let mut fleet = Fleet::new(deployment);
    let format = if json { status::Format::Json } else { status::Format::Page(paint()) };
    let printed = if watch {
        status::watch(&mut deck, &mut fleet, format, &mut stdout(), asked_to_end()).await
    } else {
        status::status(&mut deck, &mut fleet, format, &mut stdout()).await
    };
    Ok(printed.map_err(cannot_print)?)
}

async fn tell_tour(which: DeploymentArguments, list: bool, json: bool) -> Result<Exit, Failure> {
    let Opened { deployment, mut deck, hand, .. } = open(&which, false).await?;
    let slots = hand.map(|hand| hand.slots().clone()).unwrap_or_default();
    let format = match (json, list) {
        (true, _) => tour::Format::Json,
        (_, true) => tour::Format::List(paint()),
        _ => tour::Format::Pages(paint()),
    };
    Ok(tour::tour(&mut deck, &mut Fleet::new(deployment), &slots, format, &mut stdout()).await?)
}

async fn judge(which: DeploymentArguments, format: CheckFormat, verify: bool) -> Result<Exit, Failure> {
    let Opened { deployment, mut deck, .. } = open(&which, false).await?;
    let options = check::Options { format, verify, paint: paint() };
    let exit = check::check(&mut deck, &mut Fleet::new(deployment), options, &mut stdout()).await;
    Ok(exit.map_err(cannot_print)?)
}

async fn act(which: DeploymentArguments, arguments: RunArguments) -> Result<Exit, Failure> {
    let hand = hand(&which).await?;
    run::run(&hand, &arguments, &mut stdout()).await.map_err(refused)
}

fn look_after_runs(which: DeploymentArguments, command: RunsCommand) -> Result<Exit, Failure> {
    let runs = Runs::new(runs_folder(&which)?);
    let out = &mut stdout();
    match command {
        RunsCommand::List { json } => Ok(runs::list(&runs, json, out).map(|()| Exit::Ok)?),
        RunsCommand::Show { id, json } => Ok(runs::show(&runs, &id, json, out).map(|()| Exit::Ok)?),
        RunsCommand::Verify { id: Some(id) } => Ok(runs::verify(&runs, &id, out).map(|()| Exit::Ok)?),
        RunsCommand::Verify { id: None } => Ok(runs::verify_all(&runs, out).map(|()| Exit::Ok)?),
        RunsCommand::Resume { id, skip, consent } => inside_runtime(async move {
            let choice = if skip { Choice::Skip } else { Choice::Retry };
            run::resume(&hand(&which).await?, &id, choice, &consent, &mut stdout()).await.map_err(refused)
        }),
        RunsCommand::Stop { id } => {
            inside_runtime(
                async move { run::stop(&hand(&which).await?, &id, &mut stdout()).map_err(refused) },
            )
        }
        RunsCommand::Undo { id, consent } => inside_runtime(async move {
            run::undo(&hand(&which).await?, &id, &consent, &mut stdout()).await.map_err(refused)
        }),
    }
}

fn refused((exit, trouble): run::Refused) -> Failure {
    Failure::of(exit, trouble)
}

async fn hand(which: &DeploymentArguments) -> Result<Hand, Failure> {
    if which.demo {
        return Ok(Hand::pretend(pretend_options(which, false)?)?);
    }
    let configuration = |trouble| Failure::of(Exit::Configuration, trouble);
    let found = config::load(which.config.as_deref(), which.profile.as_deref()).map_err(configuration)?;
    let (prompts, asked) = Prompts::new();
    tokio::spawn(run::answer_at_the_terminal(asked));
    Hand::live(&found.profile, prompts).await.map_err(configuration)
}

/// Runs of the pretend fleet live beside it; those of a real deployment are told without reaching it.
fn runs_folder(which: &DeploymentArguments) -> Result<PathBuf, Failure> {
    if which.demo {
        let folder = config::state_folder().ok_or_else(|| Trouble::new("there is no state folder"))?;
        return Ok(folder.join("demo").join("runs"));
    }
    Ok(config::runs_folder(&known_profile(which)?.name)?)
}

fn paint() -> Paint {
    Paint::for_output(stdout().is_terminal(), std::env::var("NO_COLOR").ok().as_deref())
}

async fn open(which: &DeploymentArguments, reset: bool) -> Result<Opened, Failure> {
    if which.demo {
        return Ok(Deck::pretend(pretend_options(which, reset)?)?);
    }
    let configuration = |trouble| Failure::of(Exit::Configuration, trouble);
    let found = config::load(which.config.as_deref(), which.profile.as_deref()).map_err(configuration)?;
    Deck::live(&found.profile).await.map_err(configuration)
}

fn pretend_options(which: &DeploymentArguments, reset: bool) -> Result<PretendOptions, Trouble> {
    Ok(PretendOptions {
        documented: config::documented("demo")?.deployment(Vec::new()),
        folder: config::state_folder().map(|folder| folder.join("demo")),
        reset,
        scenario: which.scenario.map(|scenario| scenario.name().to_owned()),
        hosts: which.demo_hosts,
        time: PretendTime::Running(f64::from(which.speed.unwrap_or(1))),
    })
}

fn first_trouble(failure: Failure) -> Trouble {
    failure.troubles.into_iter().next().unwrap_or_else(|| Trouble::new("cannot open the deployment"))
}

fn runbook(which: &DeploymentArguments, command: &RunbookCommand) -> Result<Exit, Failure> {
    if let RunbookCommand::New { name, output } = command {
        let file = output.clone().or_else(|| Some(config::runbook_folder()?.join(format!("{name}.toml"))));
        let file = file.ok_or_else(|| Trouble::new("no config folder").hint("name a file with --output"))?;
        let written = runbook::new::new(name, &file)?;
        return printed(format!(
            "wrote {}; read it, then run `vaultdeck runbook show {name}`\n",
            written.display()
        ));
    }
    let shelf = config::runbooks(config::runbook_folder().as_deref());
    let find = |id: &str| runbook::find(&shelf, id).map_err(|(exit, troubles)| Failure { exit, troubles });
    match command {
        RunbookCommand::List { json } => {
            let runbooks = &shelf.runbooks;
            let text =
                if *json { runbook::list::json(runbooks) } else { runbook::list::text(runbooks, paint()) };
            let listed = printed(text)?;
            // what is sound is listed in any case
            if shelf.troubles.is_empty() {
                return Ok(listed);
            }
            Err(Failure { exit: Exit::Configuration, troubles: shelf.troubles })
        }
        RunbookCommand::Show { id } => {
            let slots = known_profile(which)?.slots_offline();
            printed(runbook::show::show(&find(id)?.runbook, &slots, paint()))
        }
        RunbookCommand::Script { id } => {
            let surroundings = runbook::script::Surroundings::of(&known_profile(which)?);
            printed(runbook::script::script(&find(id)?.runbook, &surroundings))
        }
        RunbookCommand::New { .. } => Ok(Exit::Ok),
    }
}

/// The profile that is named or found; without one, the deployment as documented.
fn known_profile(which: &DeploymentArguments) -> Result<Profile, Failure> {
    let configuration = |trouble| Failure::of(Exit::Configuration, trouble);
    let named = which.profile.is_some() || which.config.is_some();
    let found = named || config::where_profiles_live().iter().any(|place| place.exists());
    if which.demo || !found {
        let name = if which.demo { "demo" } else { "documented" };
        return config::documented(name).map_err(configuration);
    }
    let found = config::load(which.config.as_deref(), which.profile.as_deref()).map_err(configuration)?;
    Ok(found.profile)
}

/// What a shell may offer; no profile where they are not understood.
fn known_names(which: &DeploymentArguments) -> completions::Known {
    let shelf = config::runbooks(config::runbook_folder().as_deref()).runbooks;
    let profiles = config::load(which.config.as_deref(), which.profile.as_deref());
    completions::Known {
        runbooks: shelf.into_iter().map(|shelved| shelved.runbook.id).collect(),
        profiles: profiles.map(|found| found.names).unwrap_or_default(),
    }
}

fn effective_values(which: &DeploymentArguments, json: bool) -> Result<Exit, Failure> {
    let asked = Asked { file: which.config.as_deref(), profile: which.profile.as_deref(), demo: which.demo };
    let values = config::effective(asked, &Surroundings::here()?)
        .map_err(|trouble| Failure::of(Exit::Configuration, trouble))?;
    printed(if json { cli::config::json(&values)? } else { cli::config::text(&values, paint()) })
}

fn printed(text: impl AsRef<[u8]>) -> Result<Exit, Failure> {
    stdout().write_all(text.as_ref()).map_err(cannot_print)?;
    Ok(Exit::Ok)
}

fn explain_log(file: &Path, json: bool) -> Result<Exit, Trouble> {
    let unreadable = |error| Trouble::new(format!("cannot read {}", file.display())).because(error);
    let log: Box<dyn Read> = if file == Path::new("-") {
        Box::new(stdin().lock())
    } else {
        Box::new(File::open(file).map_err(unreadable)?)
    };
    let format = if json { explain::Format::Json } else { explain::Format::Text };
    let explanation = explain::explain(log, format, Some(Timestamp::now())).map_err(unreadable)?;
    stdout().write_all(explanation.text.as_bytes()).map_err(cannot_print)?;
    Ok(explanation.exit)
}

fn cannot_print(error: std::io::Error) -> Trouble {
    Trouble::new("cannot print").because(error)
}

/// Help and version are wishes granted; anything else is a usage error, not an alarm.
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

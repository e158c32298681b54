//! The command line as clap reads it.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::model::exercise::IDS;

/// Operations console of an authentik deployment whose secrets come from Vault through Vault Agent.
///
/// Without a command the console opens. Everything it shows is measured; nothing is changed without a plan.
#[derive(Debug, Clone, Parser)]
#[command(
    version,
    after_help = "Examples:\n  vaultdeck demo\n  vaultdeck --profile shared\n  vaultdeck status --json | jq .findings\n  docker compose logs vault-agent | vaultdeck explain -"
)]
pub struct Arguments {
    /// What to do; the console when left out.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Which deployment, and how.
    #[command(flatten)]
    pub deployment: DeploymentArguments,
}

/// Which deployment, and how; understood by every command.
#[derive(Debug, Clone, Default, Args)]
pub struct DeploymentArguments {
    /// Profile to use from the file.
    #[arg(long, global = true, value_name = "NAME")]
    pub profile: Option<String>,
    /// Profile file; otherwise ./vaultdeck.toml, then the XDG config folder.
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Look at the pretend fleet instead of a real deployment.
    #[arg(long, global = true)]
    pub demo: bool,
    /// How the pretend fleet starts.
    #[arg(long, global = true, value_name = "NAME")]
    pub scenario: Option<Scenario>,
    /// How many times as fast as here the time of the pretend fleet runs.
    #[arg(long, global = true, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=3600))]
    pub speed: Option<u32>,
    /// Draw few frames, for a line that is slow.
    #[arg(long, global = true)]
    pub slow_line: bool,
    /// How many hosts the pretend fleet has.
    #[arg(long, global = true, value_name = "N", hide = true)]
    pub demo_hosts: Option<usize>,
}

/// How the pretend fleet starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Scenario {
    /// Everything as it should be.
    Healthy,
    /// Alive, and not all well.
    Trouble,
    /// A secret-id has expired.
    SecretIdExpired,
    /// The role is locked for everybody.
    RoleLocked,
    /// A rotation died between Vault and RDS.
    HalfRotation,
    /// A Vault in which nothing is set up yet.
    Empty,
}

impl Scenario {
    /// The scenario's name as it is written on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Trouble => "trouble",
            Self::SecretIdExpired => "secret-id-expired",
            Self::RoleLocked => "role-locked",
            Self::HalfRotation => "half-rotation",
            Self::Empty => "empty",
        }
    }
}

/// The commands.
#[derive(Debug, Clone, Subcommand)]
#[command(defer = true)] // the console waits for none of them
pub enum Command {
    /// Open the console over a pretend fleet: nothing to install or configure.
    #[command(
        after_help = "Examples:\n  vaultdeck demo\n  vaultdeck demo --scenario role-locked\n  vaultdeck demo --speed 60\n  vaultdeck demo --reset"
    )]
    Demo {
        /// Start the pretend fleet anew.
        #[arg(long)]
        reset: bool,
    },
    /// Be led through how it works and how it is set up, over what is measured here.
    ///
    /// Opens the console on the page where you stopped the last time; nothing is changed by turning pages. Without a terminal
    /// every page is printed with its checks.
    #[command(
        after_help = "Examples:\n  vaultdeck --demo --scenario empty tour\n  vaultdeck tour --profile shared\n  vaultdeck tour --list"
    )]
    Tour {
        /// Print a line per page with whether it is done, and open nothing.
        #[arg(long)]
        list: bool,
        /// As one JSON array.
        #[arg(long)]
        json: bool,
    },
    /// Practise: something breaks in a pretend fleet of its own, you find and repair it, and get points.
    ///
    /// Opens the console on the exercises, or begins with the one that is named. Without a terminal they are listed.
    #[command(
        after_help = "Examples:\n  vaultdeck game-day\n  vaultdeck game-day quiet-host\n  vaultdeck game-day --list"
    )]
    GameDay {
        /// The exercise to begin with.
        #[arg(value_parser = clap::builder::PossibleValuesParser::new(IDS))]
        exercise: Option<String>,
        /// List the exercises, and open nothing.
        #[arg(long)]
        list: bool,
    },
    /// Print what is seen, and exit 0 when it could look.
    #[command(
        after_help = "Examples:\n  vaultdeck status\n  vaultdeck status --json | jq '.findings[] | select(.state==\"firing\")'\n  vaultdeck status --watch --demo"
    )]
    Status {
        /// As one JSON document (schema vaultdeck.status/1).
        #[arg(long)]
        json: bool,
        /// Keep looking and print again on every change.
        #[arg(long)]
        watch: bool,
    },
    /// Judge what is seen: exit 0 ok, 1 warning, 2 critical, 3 unknown.
    #[command(
        after_help = "Examples:\n  vaultdeck check\n  vaultdeck check --format nagios --profile shared\n  vaultdeck check --verify"
    )]
    Check {
        /// Format of the answer.
        #[arg(long, default_value = "text")]
        format: CheckFormat,
        /// Also prove a database login with the current credentials.
        #[arg(long)]
        verify: bool,
    },
    /// Read a Vault Agent log and say what is wrong: exit 0 when nothing is, else 2.
    #[command(
        after_help = "Examples:\n  docker compose logs vault-agent | vaultdeck explain -\n  vaultdeck explain agent.log --json"
    )]
    Explain {
        /// Log file, or - for standard input.
        #[arg(default_value = "-")]
        file: PathBuf,
        /// As one JSON document.
        #[arg(long)]
        json: bool,
    },
    /// Run a procedure: exit 0 done, 2 failed, 3 paused.
    #[command(
        after_help = "Examples:\n  vaultdeck run setup-policy --dry-run\n  vaultdeck run rotate-rds-password --ticket OPS-12 --confirm shared\n  vaultdeck --demo run setup-policy --yes"
    )]
    Run(RunArguments),
    /// Look after runs: what was done, by whom, and what is left to do.
    #[command(
        after_help = "Examples:\n  vaultdeck runs list\n  vaultdeck runs resume 20261125-175047-3fa9\n  vaultdeck runs verify 20261125-175047-3fa9"
    )]
    Runs {
        /// What to do with them.
        #[command(subcommand)]
        command: RunsCommand,
    },
    /// The guided actions: what there is, what one would do, the same as a shell script; works offline.
    #[command(
        after_help = "Examples:\n  vaultdeck runbook list\n  vaultdeck runbook show rotate-rds-password\n  vaultdeck runbook script deploy --profile shared > deploy.sh\n  vaultdeck runbook new restart-worker"
    )]
    Runbook {
        /// What to do.
        #[command(subcommand)]
        command: RunbookCommand,
    },
    /// Write a commented profile from what is found here; never overwrites.
    #[command(
        after_help = "Examples:\n  vaultdeck init\n  vaultdeck init --name shared --output ~/.config/vaultdeck/vaultdeck.toml"
    )]
    Init {
        /// Name of the profile.
        #[arg(long, default_value = "shared")]
        name: String,
        /// File to write.
        #[arg(long, default_value = "vaultdeck.toml")]
        output: PathBuf,
    },
    /// Print every effective value of the profile and where it comes from.
    ///
    /// Without a profile these are the documented values. Secrets have no place in a profile and are never printed.
    #[command(
        after_help = "Examples:\n  vaultdeck config\n  vaultdeck config --profile shared --json\n  vaultdeck config --demo"
    )]
    Config {
        /// As one JSON document (schema vaultdeck.config/1).
        #[arg(long)]
        json: bool,
    },
    /// Print the JSON Schema of a file or of an answer.
    #[command(
        after_help = "Examples:\n  vaultdeck schema profile > ~/.config/vaultdeck/profile.schema.json\n  vaultdeck schema runbook\n  vaultdeck schema status | jq .properties"
    )]
    Schema {
        /// Of what.
        what: Schema,
    },
    /// Print the completions of a shell, with the actions and profiles that are known here.
    #[command(
        after_help = "Examples:\n  vaultdeck completions bash > ~/.local/share/bash-completion/completions/vaultdeck\n  vaultdeck completions zsh > ~/.zfunc/_vaultdeck\n  vaultdeck completions fish > ~/.config/fish/completions/vaultdeck.fish"
    )]
    Completions {
        /// Which shell.
        shell: Shell,
    },
    /// Print the manual page, or write those of all commands into a folder.
    #[command(
        after_help = "Examples:\n  vaultdeck man | man -l -\n  vaultdeck man --dir ~/.local/share/man/man1"
    )]
    Man {
        /// Folder to write the pages of all commands into.
        #[arg(long, value_name = "FOLDER")]
        dir: Option<PathBuf>,
    },
}

/// What has a JSON Schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Schema {
    /// `vaultdeck.toml`.
    Profile,
    /// A guided action.
    Runbook,
    /// A theme of the console.
    Theme,
    /// What `status --json` prints.
    Status,
}

/// Shells that can complete the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[expect(missing_docs, reason = "each says what it is")]
pub enum Shell {
    Bash,
    Zsh,
    Fish,
}

/// Run a procedure: exit 0 done, 2 failed, 3 paused.
///
/// The plan is printed first. Nothing happens before it is confirmed, and everything is written down before it is done.
#[derive(Debug, Clone, Args)]
pub struct RunArguments {
    /// Id of the procedure.
    pub id: String,
    /// Answer to one of its questions; repeat it for more.
    #[arg(long = "set", value_name = "NAME=VALUE")]
    pub answers: Vec<String>,
    /// Why it is done.
    #[arg(long)]
    pub ticket: Option<String>,
    /// Print the plan and do nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// How it is confirmed.
    #[command(flatten)]
    pub consent: Consent,
}

/// What the operator agrees to beforehand.
#[derive(Debug, Clone, Default, Args)]
pub struct Consent {
    /// Answer questions of the kind yes or no with yes.
    #[arg(long)]
    pub yes: bool,
    /// The deployment's name, where it has to be typed.
    #[arg(long, value_name = "NAME")]
    pub confirm: Option<String>,
    /// Allow writing to a deployment that is read-only.
    #[arg(long)]
    pub unlock: bool,
    /// As one JSON document at the end.
    #[arg(long)]
    pub json: bool,
}

/// Look after runs: what was done, by whom, and what is left to do.
#[derive(Debug, Clone, Subcommand)]
pub enum RunsCommand {
    /// List all runs, newest first.
    #[command(after_help = "Examples:\n  vaultdeck runs list\n  vaultdeck runs list --json | jq .")]
    List {
        /// As one JSON document.
        #[arg(long)]
        json: bool,
    },
    /// Tell all that happened in a run.
    #[command(after_help = "Examples:\n  vaultdeck runs show 20261125-175047-3fa9")]
    Show {
        /// Its id.
        id: String,
        /// As one JSON document.
        #[arg(long)]
        json: bool,
    },
    /// Go on with a run that was paused, has failed, or was left by a process that has died.
    #[command(
        after_help = "Examples:\n  vaultdeck runs resume 20261125-175047-3fa9\n  vaultdeck runs resume 20261125-175047-3fa9 --skip --confirm shared"
    )]
    Resume {
        /// Its id.
        id: String,
        /// Leave the step out that has failed, where that is allowed; otherwise it is tried again.
        #[arg(long)]
        skip: bool,
        /// How it is confirmed.
        #[command(flatten)]
        consent: Consent,
    },
    /// Undo what a run has done so far.
    #[command(after_help = "Examples:\n  vaultdeck runs undo 20261125-175047-3fa9 --confirm shared")]
    Undo {
        /// Its id.
        id: String,
        /// How it is confirmed.
        #[command(flatten)]
        consent: Consent,
    },
    /// End a run whose step has failed where it stands; nothing is taken back.
    #[command(after_help = "Examples:\n  vaultdeck runs stop 20261125-175047-3fa9")]
    Stop {
        /// Its id.
        id: String,
    },
    /// Prove that nobody has changed the journal of a run, or of any.
    #[command(
        after_help = "Examples:\n  vaultdeck runs verify\n  vaultdeck runs verify 20261125-175047-3fa9"
    )]
    Verify {
        /// Its id; every run when left out.
        id: Option<String>,
    },
}

/// The guided actions: what there is, what one would do, the same as a shell script; works offline.
#[derive(Debug, Clone, Subcommand)]
pub enum RunbookCommand {
    /// Name every action in a line.
    #[command(after_help = "Examples:\n  vaultdeck runbook list\n  vaultdeck runbook list --json | jq .")]
    List {
        /// As one JSON array.
        #[arg(long)]
        json: bool,
    },
    /// Print what an action would do, step by step.
    #[command(
        after_help = "Examples:\n  vaultdeck runbook show rotate-rds-password\n  vaultdeck runbook show deploy --profile shared"
    )]
    Show {
        /// Name of the action.
        id: String,
    },
    /// Print a POSIX shell script that reaches the same end without vaultdeck.
    #[command(after_help = "Examples:\n  vaultdeck runbook script deploy --profile shared > deploy.sh")]
    Script {
        /// Name of the action.
        id: String,
    },
    /// Write a commented runbook to start from; never overwrites.
    #[command(
        after_help = "Examples:\n  vaultdeck runbook new restart-worker\n  vaultdeck runbook new restart-worker --output restart-worker.toml"
    )]
    New {
        /// Name of the new runbook.
        name: String,
        /// File to write; otherwise NAME.toml among the runbooks of the XDG config folder.
        #[arg(long)]
        output: Option<PathBuf>,
    },
}

/// Formats of `check`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CheckFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
    /// One line with performance data.
    Nagios,
    /// Text exposition format.
    Prometheus,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Arguments::command().debug_assert();
    }

    /// Lines below `Examples:`, of this command and those below it, with the names that lead there.
    fn examples(command: &clap::Command, path: &[String]) -> Vec<(Vec<String>, Vec<String>)> {
        let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        let lines = help.strip_prefix("Examples:\n").unwrap_or_default().lines();
        let mut all = vec![(path.to_vec(), lines.map(|line| line.trim().to_owned()).collect())];
        for below in command.get_subcommands().filter(|below| below.get_name() != "help") {
            all.extend(examples(below, &[path, &[below.get_name().to_owned()]].concat()));
        }
        all
    }

    /// The words of ours in a line of shell: `docker logs a | vaultdeck explain - > b`.
    fn ours(line: &str) -> Vec<&str> {
        let part = line.split('|').map(str::trim).find(|part| part.starts_with("vaultdeck"));
        part.unwrap_or_default().split_whitespace().take_while(|word| *word != ">").collect()
    }

    #[test]
    fn a_command_says_of_itself_what_the_listing_says_of_it() {
        let mut tree = Arguments::command();
        let listed: Vec<_> =
            tree.get_subcommands().map(|one| one.get_about().map(ToString::to_string)).collect();
        tree.build();
        let own = tree.get_subcommands().filter(|one| one.get_name() != "help");
        assert_eq!(own.map(|one| one.get_about().map(ToString::to_string)).collect::<Vec<_>>(), listed);
    }

    #[test]
    fn every_command_has_examples_that_are_understood_and_lead_to_it() {
        let mut tree = Arguments::command();
        tree.build();
        let all = examples(&tree, &[]);
        assert!(all.len() > 20, "{all:?}");
        for (path, lines) in all {
            assert!(!lines.is_empty(), "{path:?} has no examples");
            for line in lines {
                let words = ours(&line);
                let understood = Arguments::try_parse_from(&words);
                assert!(!words.is_empty() && understood.is_ok(), "{path:?}: {line}: {:?}", understood.err());
                assert!(path.iter().all(|name| words.contains(&name.as_str())), "{path:?}: {line}");
            }
        }
    }
}

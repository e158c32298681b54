//! `vaultdeck completions`: what a shell offers for a half-typed command line, with the names that are known here.

use clap::{Arg, Command, CommandFactory as _, builder::PossibleValuesParser};
use clap_complete::{generate, shells};

use super::args::{Arguments, Shell};

/// Names that are offered beside those of the commands.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// Ids of the actions.
    pub runbooks: Vec<String>,
    /// Profiles in the file.
    pub profiles: Vec<String>,
}

/// The script that the shell reads.
pub fn completions(shell: Shell, known: &Known) -> Vec<u8> {
    let mut tree = tree(known);
    let mut script = Vec::new();
    match shell {
        Shell::Bash => generate(shells::Bash, &mut tree, "vaultdeck", &mut script),
        Shell::Zsh => generate(shells::Zsh, &mut tree, "vaultdeck", &mut script),
        Shell::Fish => {
            generate(shells::Fish, &mut tree, "vaultdeck", &mut script);
            script.extend(actions_for_fish(known).into_bytes());
        }
    }
    script
}

/// The generator for fish passes over words that are no option.
fn actions_for_fish(known: &Known) -> String {
    let using = "__fish_vaultdeck_using_subcommand";
    let places = [
        format!("{using} run"),
        format!("{using} runbook; and __fish_seen_subcommand_from show"),
        format!("{using} runbook; and __fish_seen_subcommand_from script"),
    ];
    let ids = known.runbooks.join(" ");
    places.map(|place| format!("complete -c vaultdeck -n \"{place}\" -f -a \"{ids}\"\n")).concat()
}

/// The command line in which an id or a profile is one of those known; the one that is parsed takes any.
fn tree(known: &Known) -> Command {
    let mut tree = Arguments::command();
    tree.build();
    let action = |command: Command| offering(command, "id", &known.runbooks);
    let tree = tree.mut_subcommand("run", action);
    let tree = tree.mut_subcommand("runbook", |runbook| {
        runbook.mut_subcommand("show", action).mut_subcommand("script", action)
    });
    offering_everywhere(tree, "profile", &known.profiles)
}

fn offering_everywhere(command: Command, argument: &'static str, names: &[String]) -> Command {
    let command = offering(command, argument, names);
    command.mut_subcommands(|below| offering_everywhere(below, argument, names))
}

fn offering(command: Command, argument: &'static str, names: &[String]) -> Command {
    let takes = |known: &Arg| known.get_id() == argument && !names.is_empty();
    if !command.get_arguments().any(takes) {
        return command;
    }
    let names = names.to_vec();
    command.mut_arg(argument, |argument| argument.value_parser(PossibleValuesParser::new(names)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn script(shell: Shell) -> String {
        let known = Known { runbooks: vec!["mine".to_owned()], profiles: vec!["lab".to_owned()] };
        String::from_utf8(completions(shell, &known)).unwrap()
    }

    #[test]
    fn every_shell_is_offered_commands_scenarios_actions_and_profiles() {
        for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
            let script = script(shell);
            for word in ["runbook", "resume", "half-rotation", "mine", "lab", "nagios"] {
                assert!(script.contains(word), "{shell:?} is not offered {word}");
            }
        }
    }

    #[test]
    fn where_nothing_is_known_a_name_is_free() {
        let script = String::from_utf8(completions(Shell::Bash, &Known::default())).unwrap();
        assert!(script.contains("--profile") && !script.contains("mine"));
    }
}

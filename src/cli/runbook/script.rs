//! `vaultdeck runbook script`: a runbook as a POSIX shell script over the real command lines, for a change board or a host
//! without vaultdeck. It reaches the same end and keeps the same rule: no secret is an argument or a variable of a process.
//!
//! ```text
//! heading, what must be told ──▶ main() { a block per step } ──▶ library.sh ──▶ main
//! ```

mod condition;
mod outcome;
mod step;
mod words;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::PathBuf;

use crate::config::Profile;
use crate::model::deployment::SecretSpec;
use crate::model::runbook::{
    Confirm, Input, Kind, PROFILE_SLOTS, Pace, Requirement, Runbook, Step, is_secret_name,
};

/// Shell functions that every script is made of.
const LIBRARY: &str = include_str!("script/library.sh");

/// Programs of this house's commands that a script needs, as far as its steps use them.
const TOOLS: [&str; 6] = ["vault", "aws", "psql", "ansible-playbook", "terraform", "ssh"];

/// What a script knows of the deployment.
#[derive(Debug, Clone, Default)]
pub struct Surroundings {
    /// Values of the profile's slots; one that is missing is told when the script is run.
    pub slots: BTreeMap<String, String>,
    /// Secrets with the keys that they must have.
    pub secrets: Vec<SecretSpec>,
    /// AWS account that must be in use.
    pub account: Option<String>,
    /// Whether commands on a host need `sudo -n`.
    pub becomes: bool,
    /// ssh configuration file.
    pub ssh_config: Option<PathBuf>,
    /// Variables that are set unless the caller has set them: the profile's Vault and AWS.
    pub variables: BTreeMap<String, String>,
}

impl Surroundings {
    /// What a profile tells.
    pub fn of(profile: &Profile) -> Self {
        let vault = &profile.vault;
        let path = |file: &Option<PathBuf>| file.as_ref().map(|file| file.display().to_string());
        let variables = [
            ("VAULT_ADDR", vault.address.clone()),
            ("VAULT_NAMESPACE", vault.namespace.clone()),
            ("VAULT_CACERT", path(&vault.ca_file)),
            ("VAULT_TLS_SERVER_NAME", vault.tls_server_name.clone()),
            ("AWS_DEFAULT_REGION", profile.rds.region.clone()),
            ("AWS_ENDPOINT_URL_RDS", profile.rds.endpoint_url.clone()),
        ];
        let said = variables.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
        Self {
            slots: profile.slots_offline(),
            secrets: profile.secrets.clone(),
            account: profile.rds.account.clone(),
            becomes: profile.hosts.r#become,
            ssh_config: profile.hosts.ssh_config.clone(),
            variables: said.collect(),
        }
    }
}

/// A runbook as a script, ending with a line break.
pub fn script(runbook: &Runbook, surroundings: &Surroundings) -> String {
    let mut script = Script { runbook, surroundings, text: String::new(), depth: 0 };
    script.heading();
    script.line("main() {");
    script.depth = 1;
    script.told();
    script.preconditions();
    script.steps();
    if runbook.steps.iter().any(|step| step.asserts.is_some()) {
        script.line("ERR=''");
        script.line(
            "[ \"$UNMET\" -eq 0 ] || die \"$UNMET of what was asked does not hold, or cannot be told\"",
        );
    }
    script.line("say 'done'");
    script.depth = 0;
    script.line("}");
    script.blank();
    script.text.push_str(LIBRARY);
    script.blank();
    script.line("main \"$@\"");
    script.text
}

/// A script in the making.
struct Script<'a> {
    runbook: &'a Runbook,
    surroundings: &'a Surroundings,
    text: String,
    depth: usize,
}

impl Script<'_> {
    fn line(&mut self, line: impl AsRef<str>) {
        let _ = writeln!(self.text, "{}{}", "  ".repeat(self.depth), line.as_ref());
    }

    /// One empty line, never two.
    fn blank(&mut self) {
        if !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }

    fn comment(&mut self, text: &str) {
        for line in text.lines() {
            self.line(format!("# {line}").trim_end());
        }
    }

    fn heading(&mut self) {
        let runbook = self.runbook;
        self.line("#!/bin/sh");
        self.comment(&format!("{}: {}", runbook.id, runbook.title));
        self.line("#");
        self.comment(&runbook.why);
        self.line("#");
        self.comment(&format!("Hits: {}", self.filled(&runbook.blast_radius.to_string())));
        let irreversible: Vec<_> =
            runbook.irreversible().map(|(step, why)| format!("{}: {why}", step.id)).collect();
        if !irreversible.is_empty() {
            self.comment(&format!("Cannot be undone:\n  {}", irreversible.join("\n  ")));
        }
        self.line("#");
        self.comment("Exit status: 0 done, 2 failed, 3 held: nobody knows whether the last step happened.");
        self.comment("Written by `vaultdeck runbook script`; needs python3 for JSON. Run it with sh.");
        self.line("set -eu");
        self.blank();
    }

    /// Everything that the steps are told from outside: questions, the profile, the run.
    fn told(&mut self) {
        let tools = self.tools().join(" ");
        self.line(format!("prepare {tools}"));
        let secrets: Vec<_> = self.secrets().into_iter().collect();
        if !secrets.is_empty() {
            self.comment("a variable of this name in the environment would be handed on to every process");
            self.line(format!("unset {}", secrets.join(" ")));
        }
        self.blank();
        self.comment("the deployment");
        for (slot, _) in
            PROFILE_SLOTS.iter().filter(|(slot, _)| !matches!(*slot, "home" | "hosts" | "policy_text"))
        {
            if let Some(value) = self.surroundings.slots.get(*slot) {
                self.line(format!("{}={}", words::variable(slot), words::single_quoted(value)));
            }
        }
        self.line(format!(
            "ACCOUNT={}",
            words::single_quoted(self.surroundings.account.as_deref().unwrap_or_default())
        ));
        self.line(format!("BECOME={}", if self.surroundings.becomes { "'sudo -n'" } else { "''" }));
        self.line(format!("SSH=\"${{SSH:-{}}}\"", self.ssh()));
        let variables: Vec<_> = self.surroundings.variables.iter().collect();
        for (name, value) in variables {
            self.line(format!("export {name}=\"${{{name}:-{value}}}\""));
        }
        self.run();
        self.questions();
        self.captured();
    }

    fn ssh(&self) -> String {
        let config = self.surroundings.ssh_config.as_ref().map(|file| format!(" -F {}", file.display()));
        format!("ssh{}", config.unwrap_or_default())
    }

    fn run(&mut self) {
        self.blank();
        self.comment("the run");
        self.line("STARTED=$(date -u +%Y-%m-%dT%H:%M:%SZ)");
        self.line("RUN=\"${RUN:-script-$(date -u +%Y%m%dT%H%M%SZ)-$$}\"");
        self.line("TICKET=\"${TICKET:-none}\"");
        self.line("OPERATOR=\"${OPERATOR:-${SUDO_USER:-$(id -un)}}\"");
        self.line("CONTROL_HOST=$(uname -n)");
        self.line("for told in \"$RUN\" \"$TICKET\" \"$OPERATOR\"; do");
        self.line("  printf '%s' \"$told\" | whole '[A-Za-z0-9_.:/#@ -]*' || die \"$told: letters, digits and _ . : / # @ - only\"");
        self.line("done");
    }

    /// Questions that are answered in the environment; secrets are asked when their step is reached.
    fn questions(&mut self) {
        let runbook = self.runbook;
        let open: Vec<&Input> = runbook.questions().filter(|input| !input.is_secret()).collect();
        let asks_hosts = open.iter().any(|input| input.name == "hosts");
        if runbook.visits_hosts() && !asks_hosts {
            self.hosts("hosts of the deployment");
        }
        if open.is_empty() {
            return;
        }
        self.blank();
        self.comment("answers, given in the environment");
        for input in open {
            self.question(input);
        }
    }

    fn question(&mut self, input: &Input) {
        if input.name == "hosts" {
            return self.hosts(&input.title);
        }
        let name = words::variable(&input.name);
        let choices =
            if input.choices.is_empty() { String::new() } else { format!(" ({})", input.choices.join(", ")) };
        let title = format!("{}{choices}", input.title).replace(['"', '$', '`', '\\', '{', '}'], "");
        match &input.default {
            Some(default) => {
                self.line(format!("{name}=\"${{{name}:-{}}}\"", self.filled(&default.to_string())));
            }
            None => self.line(format!("{name}=\"${{{name}:?{title}}}\"")),
        }
        if input.kind == Kind::Choice {
            self.line(format!("one_of {name} \"${name}\" {}", input.choices.join(" ")));
        }
        if let Some(pattern) = &input.pattern {
            let says = input.pattern_says.as_deref().unwrap_or("its form");
            let (pattern, says) = (words::single_quoted(pattern), words::single_quoted(says));
            self.line(format!("takes {name} \"${name}\" {pattern} {says}"));
        }
    }

    fn hosts(&mut self, title: &str) {
        let line = match self.surroundings.slots.get("hosts") {
            Some(hosts) => format!("HOSTS=\"${{HOSTS:-{hosts}}}\""),
            None => format!("HOSTS=\"${{HOSTS:?{title}, separated by commas}}\""),
        };
        self.line(line);
    }

    /// What steps will find out is empty until they have.
    fn captured(&mut self) {
        let steps = self.runbook.steps.iter();
        let names: BTreeSet<String> = steps
            .flat_map(|step| step.capture.keys().chain(step.generate.keys()))
            .map(|name| format!("{}=''", words::variable(name)))
            .collect();
        if !names.is_empty() {
            self.blank();
            self.line(names.into_iter().collect::<Vec<_>>().join(" "));
        }
        let one_host = self.runbook.questions().any(|input| input.name == "host");
        self.line(if one_host { "NUMBER=''" } else { "HOST='' NUMBER=''" });
        self.blank();
    }

    fn preconditions(&mut self) {
        let runbook = self.runbook;
        if runbook.confirm == Confirm::Typed {
            let (name, hits) = (self.filled("{deployment}"), self.filled(&runbook.blast_radius.to_string()));
            let (name, hits) = (words::single_quoted(&name), words::single_quoted(&hits));
            self.line(format!("confirm {name} {hits}"));
        }
        let known = runbook.requires.iter().filter(|requirement| self.found_by(requirement).is_none());
        for requirement in known.collect::<Vec<_>>() {
            self.requirement(requirement);
        }
    }

    /// What must hold as soon as a step has found out what it is about.
    fn requirements_after(&mut self, step: &Step) {
        let runbook = self.runbook;
        let now = runbook
            .requires
            .iter()
            .filter(|requirement| self.found_by(requirement) == Some(step.id.as_str()));
        for requirement in now.collect::<Vec<_>>() {
            self.requirement(requirement);
        }
    }

    /// The step after which everything that a requirement names is known; `None` when it is known from the beginning.
    fn found_by(&self, requirement: &Requirement) -> Option<&str> {
        let slots = requirement.condition.slots();
        let finds = |step: &&Step| slots.iter().any(|slot| step.capture.contains_key(*slot));
        self.runbook.steps.iter().rfind(finds).map(|step| step.id.as_str())
    }

    fn requirement(&mut self, requirement: &Requirement) {
        let words = self.text(&requirement.condition.sentence().as_str().into());
        let line = match condition::call(&requirement.condition, self) {
            Some(test) => format!("{test} || needs {words}"),
            None => format!("unasked {words}"),
        };
        self.when(&requirement.when, |script| script.line(line));
    }

    fn steps(&mut self) {
        let runbook = self.runbook;
        let both =
            |one: &Step, next: &Step| one.pace() == Pace::HostByHost && next.pace() == Pace::HostByHost;
        for block in runbook.steps.chunk_by(both) {
            self.blank();
            match block.first().map(Step::pace) {
                None | Some(Pace::Once) => block.iter().for_each(|step| {
                    self.step(step);
                    self.requirements_after(step);
                }),
                Some(Pace::HostByHost) => self.on_each_host(block),
                Some(Pace::Together) => block.iter().for_each(|step| self.together(step)),
            }
        }
    }

    fn tools(&self) -> Vec<&'static str> {
        let lines: BTreeSet<&str> =
            self.runbook.steps.iter().filter_map(|step| Some(step.command.as_ref()?.program())).collect();
        let used = |tool: &&str| match *tool {
            "vault" => true,
            "ssh" => self.runbook.visits_hosts(),
            tool => lines.contains(tool),
        };
        TOOLS.into_iter().filter(used).collect()
    }

    /// Every secret of the runbook, by the name of its variable.
    fn secrets(&self) -> BTreeSet<String> {
        let filled = self.runbook.steps.iter().flat_map(Step::fills);
        let asked = self.runbook.inputs.iter().map(|input| input.name.as_str());
        filled.chain(asked).filter(|name| is_secret_name(name)).map(str::to_owned).collect()
    }

    /// A sentence with the slots that are known.
    fn filled(&self, text: &str) -> String {
        let mut filled = text.to_owned();
        for (slot, value) in &self.surroundings.slots {
            filled = filled.replace(&format!("{{{slot}}}"), value);
        }
        filled
    }
}

//! Programs of the control host and of the pretend hosts, as far as the runbooks start them.

use jiff::{SignedDuration, Timestamp};

use super::{refused, said};
use crate::demo::host::{Host, Process};
use crate::demo::pretend::Pretend;
use crate::demo::serve::{accessor_in, role_id, secret_id_text};
use crate::demo::stage::Stage;
use crate::exec::{Failure, Lines, Order, Reply, Target};
use crate::model::deployment::Deployment;
use crate::model::facts::Service;
use crate::model::trouble::Trouble;

/// How long a program takes before what it does is done.
const A_MOMENT: SignedDuration = SignedDuration::from_secs(2);

/// How long the token lives that `vault-login` gets.
const LOGIN: SignedDuration = SignedDuration::from_hours(8);

/// Carries a child's command out.
pub(super) fn carry_out(stage: &Stage, order: &Order, lines: &Lines) -> Result<Reply, Failure> {
    let argv = order.line.argv().map_err(Failure::before_the_act)?;
    let words: Vec<&str> = argv.iter().map(String::as_str).collect();
    let file = order.file_bytes().map_err(Failure::before_the_act)?.unwrap_or_default();
    let deployment = &stage.deployment;
    if order.writes {
        stage.skip(A_MOMENT).map_err(Failure::before_the_act)?;
    }
    let acted = stage.act(|pretend| match &order.target {
        Target::Host(host) => on_host(pretend, host, &words, lines),
        Target::ControlHost | Target::Process => here(pretend, deployment, &words, &file, lines),
    });
    acted.map_err(Failure::in_the_act)?.ok_or_else(|| unknown(order))
}

fn unknown(order: &Order) -> Failure {
    let trouble = Trouble::new(format!("the pretend fleet does not know `{}`", order.line));
    Failure::before_the_act(trouble.because("it has only the programs that the built-in runbooks start"))
}

fn here(
    pretend: &mut Pretend,
    deployment: &Deployment,
    words: &[&str],
    file: &str,
    lines: &Lines,
) -> Option<Reply> {
    match words {
        ["terraform", "output", "-raw", "db_address"] => Some(said(pretend.database.endpoint.clone())),
        ["ansible-playbook", rest @ ..] => Some(play(pretend, deployment, rest, file, lines)),
        ["rm", ..] => Some(said("")),
        [program] if program.contains("login") => {
            pretend.operator_logs_in(LOGIN);
            Some(said("Success! You are now authenticated.\n"))
        }
        _ => None,
    }
}

/// A playbook: with variables it deploys, without it restarts, agent and all.
fn play(pretend: &mut Pretend, deployment: &Deployment, words: &[&str], file: &str, lines: &Lines) -> Reply {
    let limit = words.iter().position(|word| *word == "--limit").and_then(|at| words.get(at + 1));
    let hosts: Vec<String> =
        deployment.hosts.iter().filter(|host| limit.is_none_or(|limit| limit == host)).cloned().collect();
    if words.contains(&"--list-hosts") {
        return said(format!("  hosts ({}):\n    {}\n", hosts.len(), hosts.join("\n    ")));
    }
    let variables: serde_json::Value = serde_json::from_str(file).unwrap_or_default();
    let accessor = variables.get("vault_secret_id").and_then(|text| accessor_in(text.as_str()?));
    for host in &hosts {
        if pretend.host(host).is_none_or(|host| !host.up) {
            let words = format!("fatal: [{host}]: UNREACHABLE! => ssh: connection timed out");
            lines.say(words.clone());
            let reply = refused(4, words);
            return Reply { refused: false, ..reply };
        }
        lines.say(format!("ok: [{host}]"));
        match &accessor {
            Some(accessor) => {
                pretend.deliver(host, accessor);
                pretend.deploy(host);
            }
            None => {
                for service in [Service::Agent, Service::Server, Service::Worker] {
                    pretend.restart(host, service);
                }
            }
        }
    }
    said("PLAY RECAP\n")
}

fn on_host(pretend: &mut Pretend, name: &str, words: &[&str], lines: &Lines) -> Option<Reply> {
    if pretend.host(name).is_none_or(|host| !host.up) {
        return Some(refused(255, format!("ssh: connect to host {name} port 22: Connection timed out")));
    }
    match words {
        ["docker", "compose", verb, services @ ..] => compose(pretend, name, verb, services, lines),
        ["docker", "inspect", .., container] => {
            let process = process(pretend.host(name)?, service_in(container));
            Some(match process.started {
                Some(started) => said(format!("{started}\n")),
                None => refused(1, format!("Error: No such object: {container}")),
            })
        }
        ["grep", ..] => Some(refused(1, "")),
        ["find", .., "-newermt", moment] => {
            let moment: Option<Timestamp> = moment.parse().ok();
            let file = pretend.host(name)?.secret_id_file.as_ref();
            let newer = file.is_some_and(|file| moment.is_none_or(|moment| file.modified > moment));
            Some(said(if newer { format!("{}\n", words.get(1)?) + "secret-id\n" } else { String::new() }))
        }
        ["test", "-s", ..] => {
            let there = pretend.host(name)?.secret_id_file.is_some();
            Some(if there { said("") } else { refused(1, "") })
        }
        ["cat", path] if path.ends_with("role-id") => Some(said(role_id(pretend))),
        ["cat", path] if path.ends_with("secret-id") => {
            let file = pretend.host(name)?.secret_id_file.as_ref();
            let text = file.map(|file| secret_id_text(&file.accessor));
            Some(text.map_or_else(|| refused(1, format!("cat: {path}: No such file or directory")), said))
        }
        _ => None,
    }
}

fn compose(pretend: &mut Pretend, host: &str, verb: &str, words: &[&str], lines: &Lines) -> Option<Reply> {
    let services = || words.iter().filter(|word| !word.starts_with('-')).map(|word| service_in(word));
    match verb {
        "restart" => {
            for (service, name) in services().zip(words) {
                pretend.restart(host, service);
                lines.say(format!("Container authentik-{name}-1  Started"));
            }
            Some(said(""))
        }
        "stop" => {
            pretend.kill_agent(host);
            Some(said(""))
        }
        "start" => {
            pretend.restart(host, Service::Agent);
            Some(said(""))
        }
        "ps" => Some(said(format!("authentik-{}-1\n", words.last()?))),
        "logs" => Some(said(pretend.agent_lines(host).join("\n"))),
        "exec" => {
            let env = pretend.host(host)?.env.as_ref();
            let names = env.map(|env| env.values.keys().cloned().collect::<Vec<_>>().join("\n"));
            Some(names.map_or_else(|| refused(1, "No such file or directory"), said))
        }
        _ => None,
    }
}

fn service_in(word: &str) -> Service {
    match word {
        word if word.contains("agent") => Service::Agent,
        word if word.contains("server") => Service::Server,
        word if word.contains("worker") => Service::Worker,
        _ => Service::Other,
    }
}

fn process(host: &Host, service: Service) -> Process {
    match service {
        Service::Server => host.server.process,
        Service::Worker => host.worker.process,
        Service::Agent | Service::Other => host.agent_container,
    }
}

//! One host: a script over ssh tells its clock, swap and the agent's files; the same script inside a container that
//! mounts it tells the rendered `.env`. Names, flags and digests come back, values never do.

mod agent_config;
mod report;
mod salt;
mod template;

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bollard::models::ContainerSummary;
use jiff::Timestamp;

use self::report::{LONGEST_TEXT, Report, Seen, Shape};
use super::containers::{DEADLINE, SERVICE, is_running, listed};
use super::{Clock, Probe};
use crate::model::facts::{AgentConfig, EnvFacts, Facts, FileFacts, HostFacts, Part, TemplateFacts};
use crate::model::subject::Subject;
use crate::model::trouble::{Trouble, TroubleKind};
use crate::world::docker::Printed;
use crate::world::host::Host;
use crate::world::ssh::{Origin, Output, quoted};

pub use self::salt::Salt;

/// The script, for both places.
const SCRIPT: &str = include_str!("host.sh");

/// Time between two looks.
const EVERY: Duration = Duration::from_secs(15);

/// Looks at one host.
pub struct HostProbe {
    host: Arc<Host>,
    clock: Clock,
    salt: Salt,
}

impl HostProbe {
    /// A probe of this host. All hosts that are to be compared get the same salt.
    pub fn new(host: Arc<Host>, clock: Clock, salt: Salt) -> Self {
        Self { host, clock, salt }
    }

    async fn look_at_host(&self) -> Result<(Report, Output, Timestamp), Trouble> {
        let layout = &self.host.layout;
        let nonce = nonce();
        let script = script(
            "host",
            &nonce,
            &[
                ("config", &shown(&layout.config_folder.join("config.hcl"))),
                ("role_id", &shown(&layout.config_folder.join("role-id"))),
                ("secret_id", &shown(&layout.config_folder.join("secret-id"))),
                ("template", &shown(&layout.template_file)),
            ],
        );
        let shell = if self.host.r#become { "sudo -n sh -s" } else { "sh -s" };
        let output = self.host.connection.run(shell, script.as_bytes()).await?;
        let received = (self.clock)();
        match Report::read(&output.stdout, &nonce) {
            Ok(report) => Ok((report, output, received)),
            Err(why) => Err(no_report(&self.host.name, &why, &output)),
        }
    }

    /// # Errors
    /// Trouble when the connection broke in the middle: nothing was learned then, and what was seen before stays.
    async fn look_at_env(&self) -> Result<Part<EnvFacts>, Trouble> {
        let (path, nonce) = (shown(&self.host.layout.env_file), nonce());
        let printed = match self.told_of_env(&path, &nonce).await {
            Ok(printed) => printed,
            Err(trouble) => return Ok(Err(trouble)),
        };
        let cannot = || Trouble::new(format!("cannot look at {path}"));
        match Report::read(&printed.stdout, &nonce) {
            Ok(report) => Ok(env_facts(&report, &path)),
            Err(_) if is_cut_off(&printed, &nonce) => {
                let because = "the connection broke before all was told";
                Err(cannot().because(because).kind(TroubleKind::Unreachable))
            }
            Err(why) => {
                let said = printed.stderr.lines().next().unwrap_or(&why).to_owned();
                Ok(Err(cannot().because(said).hint("the container has no POSIX shell")))
            }
        }
    }

    async fn told_of_env(&self, path: &str, nonce: &str) -> Result<Printed, Trouble> {
        let docker = self.host.engine.reach().await?;
        let container = mounts_env(&self.host, listed(&self.host, &docker).await?)?;
        let script = script("env", nonce, &[("env", path), ("salt", self.salt.word())]);
        self.host.engine.run_script(&container, script.as_bytes()).await
    }
}

/// A shell that is missing or forbidden complains; one whose connection breaks says nothing more.
fn is_cut_off(printed: &Printed, nonce: &str) -> bool {
    let begun = String::from_utf8_lossy(&printed.stdout).contains(&format!("begin {nonce}"));
    printed.stderr.is_empty() && (begun || printed.stdout.is_empty())
}

#[async_trait]
impl Probe for HostProbe {
    fn subject(&self) -> Subject {
        Subject::Host(self.host.name.clone())
    }

    fn every(&self) -> Option<Duration> {
        Some(EVERY)
    }

    fn deadline(&self) -> Duration {
        DEADLINE
    }

    async fn look(&self) -> Result<Facts, Trouble> {
        let (seen, env) = tokio::join!(self.look_at_host(), self.look_at_env());
        let (report, output, received) = seen?;
        let env = env?;
        let layout = &self.host.layout;
        let file = |name: &str, path: &Path| file_facts(&report, name, path, self.host.r#become);
        let config_file = file("config", &layout.config_folder.join("config.hcl"));
        let template_file = file("template", &layout.template_file);
        let timing = Timing::of(&report, &output, received);
        Ok(Facts::Host(Box::new(HostFacts {
            round_trip_millis: u64::try_from(timing.round_trip.as_millis()).unwrap_or(u64::MAX),
            session: match output.origin {
                Origin::Ours => "ssh config".to_owned(),
                Origin::Operator => "existing control master".to_owned(),
            },
            clock_offset_seconds: timing.clock_offset_seconds,
            swap_active: report.swap.ok_or_else(|| Trouble::new("cannot read /proc/swaps")),
            role_id_file: file("role_id", &layout.config_folder.join("role-id")),
            secret_id_file: file("secret_id", &layout.config_folder.join("secret-id")),
            agent_config: agent_config(&report, &config_file),
            template: template_facts(&report, &template_file),
            config_file,
            template_file,
            env,
        })))
    }
}

/// What the clocks at both ends tell.
struct Timing {
    round_trip: Duration,
    clock_offset_seconds: f64,
}

impl Timing {
    /// The script tells how long it worked; the rest of the time was the way there and back, half of it each.
    fn of(report: &Report, output: &Output, received: Timestamp) -> Self {
        let began = report.began.unwrap_or_default();
        let worked = Duration::try_from_secs_f64(report.ended.unwrap_or(began) - began).unwrap_or_default();
        let round_trip = output.took.saturating_sub(worked);
        #[expect(
            clippy::cast_precision_loss,
            reason = "microseconds are exact enough in an f64 for 200 years"
        )]
        let received = received.as_microsecond() as f64 / 1e6;
        let here_when_it_began = received - output.took.as_secs_f64() + round_trip.as_secs_f64() / 2.0;
        Self { round_trip, clock_offset_seconds: began - here_when_it_began }
    }
}

/// Lines that set what the script asks for, then the script.
fn script(part: &str, nonce: &str, variables: &[(&str, &str)]) -> String {
    let mut text = format!("part={part}\nnonce={nonce}\n");
    for (name, value) in variables {
        let _ = writeln!(text, "{name}={}", quoted(value));
    }
    text + SCRIPT
}

fn nonce() -> String {
    format!("{:016x}", rand::random::<u64>())
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

fn no_report(host: &str, why: &str, output: &Output) -> Trouble {
    let trouble = Trouble::new(format!("cannot look around on {host}"));
    let said = output.stderr.lines().last().unwrap_or(why);
    if said.contains("sudo") || said.contains("password is required") {
        return trouble
            .because(said)
            .hint(
                "allow sudo without a password there (NOPASSWD), or set hosts.become = false in the profile",
            )
            .kind(TroubleKind::Denied);
    }
    trouble.because(said).hint("the login shell must be able to run sh -s")
}

/// The running container to look from: the agent first, for it writes the file.
fn mounts_env(host: &Host, listed: Vec<ContainerSummary>) -> Result<String, Trouble> {
    let layout = &host.layout;
    let order = [&layout.agent_service, &layout.server_service, &layout.worker_service];
    let rank = |container: &ContainerSummary| {
        let service = container.labels.as_ref()?.get(SERVICE)?;
        order.iter().position(|known| *known == service)
    };
    let ranked = listed
        .into_iter()
        .filter(is_running)
        .filter_map(|container| Some((rank(&container)?, container.id?)));
    ranked.min().map(|(_, id)| id).ok_or_else(|| {
        Trouble::new(format!("no {} on {}", shown(&layout.env_file), host.name))
            .because(
                "none of the containers that mount it runs, and what lies in RAM lives only while one does",
            )
            .hint("bring the agent up first, then server and worker")
    })
}

fn file_facts(report: &Report, name: &str, path: &Path, r#become: bool) -> Part<FileFacts> {
    let path = shown(path);
    match report.files.get(name) {
        Some(Seen::Present(stat)) => Ok(FileFacts { path, stat: Some(stat.clone()) }),
        Some(Seen::Absent) => Ok(FileFacts { path, stat: None }),
        Some(Seen::Closed(why)) => {
            let trouble =
                Trouble::new(format!("cannot look at {path}")).because(why).kind(TroubleKind::Denied);
            Err(if r#become {
                trouble
            } else {
                trouble.hint("set hosts.become = true in the profile to use sudo")
            })
        }
        None => Err(Trouble::new(format!("the host said nothing of {path}"))),
    }
}

/// A text of the report, with the reason where there is none.
fn text(report: &Report, name: &str, file: &Part<FileFacts>) -> Part<String> {
    let file = file.as_ref().map_err(Clone::clone)?;
    let path = &file.path;
    let Some(stat) = &file.stat else {
        return Err(Trouble::new(format!("cannot read {path}"))
            .because("there is no such file")
            .hint("correct agent.config_folder and agent.template_file in the profile, or deploy the file"));
    };
    let Some(text) = report.texts.get(name) else {
        return Err(Trouble::new(format!("cannot read {path}"))
            .because(format!("its mode is {:04o} and it is not ours", stat.mode))
            .hint("set hosts.become = true in the profile to use sudo")
            .kind(TroubleKind::Denied));
    };
    if text.len() >= LONGEST_TEXT {
        return Err(
            Trouble::new(format!("cannot read {path}")).because(format!("it has {} bytes", stat.size))
        );
    }
    Ok(String::from_utf8_lossy(text).into_owned())
}

fn agent_config(report: &Report, file: &Part<FileFacts>) -> Part<AgentConfig> {
    agent_config::read(&text(report, "config", file)?).map_err(|why| {
        Trouble::new("cannot understand config.hcl")
            .because(why)
            .hint("the agent itself may refuse it at its next start")
    })
}

fn template_facts(report: &Report, file: &Part<FileFacts>) -> Part<TemplateFacts> {
    Ok(template::read(&text(report, "template", file)?))
}

fn env_facts(report: &Report, path: &str) -> Part<EnvFacts> {
    let file = file_facts(report, "env", Path::new(path), true)?;
    if file.present() && !report.env_read {
        return Err(
            Trouble::new(format!("cannot read {path}")).because("the container's root may not read it")
        );
    }
    let of_shape = |shape: Shape| {
        report.keys.iter().filter(move |key| key.shape == shape).map(|key| key.name.clone()).collect()
    };
    let digests = report.keys.iter().filter_map(|key| Some((key.name.clone(), key.digest.clone()?)));
    Ok(EnvFacts {
        on_ram: report.file_system.as_deref().map(|kind| matches!(kind, "tmpfs" | "ramfs")),
        keys: report.keys.iter().map(|key| key.name.clone()).collect(),
        no_value: of_shape(Shape::NoValue),
        empty: of_shape(Shape::Empty),
        markers: report.markers.clone(),
        digests: digests.collect(),
        file,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(text: &str) -> Report {
        Report::read(format!("begin 1\n{text}end 1\n").as_bytes(), "1").unwrap()
    }

    fn output(took: Duration) -> Output {
        Output { stdout: Vec::new(), stderr: String::new(), status: Some(0), took, origin: Origin::Ours }
    }

    #[test]
    fn what_ends_early_without_a_complaint_was_cut_off() {
        let cases = [
            ("", "", true),
            ("begin 1\nswap no\n", "", true),
            ("OCI runtime exec failed: no such file\n", "", false),
            ("", "sh: permission denied", false),
        ];
        for (stdout, stderr, cut_off) in cases {
            let printed = Printed { stdout: stdout.into(), stderr: stderr.to_owned() };
            assert_eq!(is_cut_off(&printed, "1"), cut_off, "{printed:?}");
        }
    }

    #[test]
    fn the_time_the_script_worked_is_no_round_trip() {
        let report = report("began 1000.5\nended 1000.6\n");
        let received = Timestamp::from_millisecond(998_300).unwrap();
        let timing = Timing::of(&report, &output(Duration::from_millis(300)), received);
        assert_eq!(timing.round_trip.as_millis().abs_diff(200), 0);
        assert!((timing.clock_offset_seconds - 2.4).abs() < 0.001, "{}", timing.clock_offset_seconds);
    }

    #[test]
    fn an_absent_file_is_a_fact_and_a_closed_one_trouble_with_its_way_out() {
        let report = report("absent secret_id\nclosed config 64656e696564\n");
        let path = Path::new("/data/x");
        assert!(!file_facts(&report, "secret_id", path, false).unwrap().present());
        let trouble = file_facts(&report, "config", path, false).unwrap_err();
        assert_eq!(trouble.because.as_deref(), Some("denied"));
        assert!(trouble.hint.unwrap().contains("hosts.become"));
    }

    #[test]
    fn a_malformed_config_hides_itself_and_nothing_else() {
        let hexadecimal: String =
            "vault {\n".bytes().fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
        let report =
            report(&format!("file config 644 0 0 8 0\ntext config {hexadecimal}\nabsent template\n"));
        let config = file_facts(&report, "config", Path::new("/c"), false);
        assert!(config.as_ref().unwrap().present());
        assert!(agent_config(&report, &config).unwrap_err().because.unwrap().starts_with("line "));
    }

    #[test]
    fn a_path_with_a_quote_stays_one_word_of_the_script() {
        let text = script("host", "1", &[("config", "/a'b; rm -rf /")]);
        assert!(text.starts_with("part=host\nnonce=1\nconfig='/a'\\''b; rm -rf /'\n"));
    }

    #[test]
    fn of_an_env_names_flags_and_digests_are_facts() {
        let printed = include_str!("../../tests/fixtures/host/env.report");
        let env =
            env_facts(&Report::read(printed.as_bytes(), "0f1e").unwrap(), "/vault/secrets/.env").unwrap();
        assert_eq!(env.keys, ["A", "C", "D"]);
        assert_eq!((env.no_value.len(), env.empty.len(), env.digests.len()), (1, 1, 3));
        assert_eq!((env.on_ram, env.markers.get("database")), (Some(true), Some(&8)));
    }
}

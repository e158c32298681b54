//! Every rule fires for its real fault, names its cause, and no other rule does: the evenings of `evenings.toml`, each a
//! set of faults that do not disturb one another, broken together and looked at as an operator looks.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use serde::Deserialize;

use super::sockets::Sockets;
use super::stack::{Fault, Stack};

/// How long an evening may take to show what is wrong: an agent's back-off and two render intervals.
const PATIENCE: Duration = Duration::from_secs(90);

/// The evenings by the name of their test.
static EVENINGS: LazyLock<Evenings> = LazyLock::new(|| {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/real/evenings.toml");
    toml::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
});

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Evenings {
    /// Rules that fire on the healthy stack already.
    always: BTreeSet<String>,
    evening: BTreeMap<String, Evening>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Evening {
    /// Faults in the order in which they are broken, `NAME [HOST]`; healed in the reverse order.
    faults: Vec<String>,
    /// What fires, and what for.
    fires: Vec<Firing>,
    /// What may fire beside that, as a consequence that takes its time.
    may: BTreeSet<String>,
    /// What every unknown rule names as its reason, one of these; without any no rule is unknown.
    blind: Vec<String>,
    /// Whether the login is proved too.
    verify: bool,
    /// Thresholds of the profile that are crossed sooner than the documented ones.
    thresholds: toml::Table,
    /// Variables of vaultdeck by the file of the stack, a JSON pointer into its facts, that holds their value.
    environment: BTreeMap<String, String>,
    /// Scheme of the address that the profile gives Vault.
    scheme: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Firing {
    rule: String,
    /// The fault, without its host, that makes it fire; none where vaultdeck's own environment does.
    by: Option<String>,
    subject: String,
    /// Words of its headline or evidence.
    because: String,
}

#[derive(Deserialize)]
struct Report {
    findings: Vec<Finding>,
}

#[derive(Deserialize)]
struct Finding {
    id: String,
    state: String,
    severity: String,
    why: Option<String>,
    not_asked: bool,
    subjects: Vec<Found>,
}

#[derive(Deserialize)]
struct Found {
    subject: String,
    headline: String,
    evidence: Vec<Evidence>,
}

#[derive(Deserialize)]
struct Evidence {
    text: String,
}

/// A test for each evening, and one that none is forgotten.
macro_rules! evenings {
    ($($name:ident)+) => {
        $(
            #[test]
            #[ignore = "needs the real stack"]
            fn $name() {
                play(stringify!($name));
            }
        )+

        #[test]
        fn every_evening_is_played() {
            let played = BTreeSet::from([$(stringify!($name)),+]);
            assert_eq!(played, EVENINGS.evening.keys().map(String::as_str).collect());
        }
    };
}

evenings! {
    agents_that_cannot_log_in_say_why
    a_locked_role_and_a_database_with_another_password
    secret_ids_end_stay_behind_or_belong_to_nobody
    containers_files_and_clocks_go_wrong_on_every_host
    policies_are_taken_away_while_the_token_runs_out
    a_deleted_secret_and_a_root_token
    a_rotation_stops_half_way
    a_host_lags_behind_and_another_cannot_render
    a_secret_loses_a_key
    no_host_lets_anybody_in_and_the_token_is_dead
    vault_is_sealed_and_a_host_shows_another_key
    vault_does_not_run
    one_token_hides_another
    plain_http_meets_a_tls_listener
}

/// Breaks what the evening says, looks until it shows exactly that, and heals it.
fn play(name: &'static str) {
    let (stack, evening) = (Stack::take(), &EVENINGS.evening[name]);
    let began = Instant::now();
    let faults: Vec<_> =
        evening.faults.iter().map(|fault| stack.break_it(fault.split(' ').collect())).collect();
    let broken = Instant::now();
    let looks = Console::of(&stack, evening).look_until_right();
    let seen = Instant::now();
    heal(faults);
    let (took, healed) = (broken.duration_since(began), seen.elapsed());
    let shown = seen.duration_since(broken);
    eprintln!("{name}: broken in {took:.1?}, seen after {shown:.1?} ({looks} looks), healed in {healed:.1?}");
}

/// The last broken is the first healed.
fn heal(mut faults: Vec<Fault<'_>>) {
    while faults.pop().is_some() {}
}

/// vaultdeck with the evening's profile, environment and connections of its own.
struct Console<'a> {
    stack: &'a Stack,
    evening: &'a Evening,
    folder: tempfile::TempDir,
    sockets: Sockets,
}

impl<'a> Console<'a> {
    fn of(stack: &'a Stack, evening: &'a Evening) -> Self {
        let console = Self { stack, evening, folder: tempfile::tempdir().unwrap(), sockets: Sockets::own() };
        std::fs::write(console.profile(), evening.profile(stack)).unwrap();
        console
    }

    fn profile(&self) -> PathBuf {
        self.folder.path().join("vaultdeck.toml")
    }

    fn run(&self, words: &[&str]) -> Output {
        let mut command = self.stack.operator(env!("CARGO_BIN_EXE_vaultdeck"));
        command.arg("--config").arg(self.profile()).args(words);
        command.env("XDG_RUNTIME_DIR", self.sockets.path());
        for (name, pointer) in &self.evening.environment {
            command.env(name, self.stack.file(pointer).trim());
        }
        command.output().unwrap()
    }

    /// Looks until there is nothing to complain about; how often that was.
    fn look_until_right(&self) -> usize {
        let began = Instant::now();
        for looks in 1.. {
            let complaints = self.evening.complaints(&self.look().findings);
            if complaints.is_empty() {
                return looks;
            }
            assert!(began.elapsed() < PATIENCE, "after {looks} looks\n{}", complaints.join("\n"));
        }
        unreachable!()
    }

    fn look(&self) -> Report {
        let words: &[&str] = if self.evening.verify {
            &["check", "--verify", "--format", "json"]
        } else {
            &["status", "--json"]
        };
        let output = self.run(words);
        let said = String::from_utf8_lossy(&output.stderr);
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{words:?}: {error}; {said}"))
    }
}

impl Evening {
    /// The stack's profile with the evening's thresholds and scheme.
    fn profile(&self, stack: &Stack) -> String {
        let text = std::fs::read_to_string(stack.fact("/profile")).unwrap();
        let mut file: toml::Table = toml::from_str(&text).unwrap();
        let profile = file["profiles"]["stack"].as_table_mut().unwrap();
        profile.insert("thresholds".to_owned(), self.thresholds.clone().into());
        if let Some(scheme) = &self.scheme {
            let address = stack.fact("/vault/address").replacen("https", scheme, 1);
            profile["vault"]["address"] = address.into();
        }
        file.to_string()
    }

    /// What a look shows otherwise than it should.
    fn complaints(&self, findings: &[Finding]) -> Vec<String> {
        let said =
            |firing: &Firing| findings.iter().find(|finding| finding.id == firing.rule).map(Finding::told);
        let missing =
            self.fires.iter().filter(|firing| !findings.iter().any(|finding| firing.is_met_by(finding)));
        let missing = missing.map(|firing| {
            let said = said(firing).unwrap_or_default();
            format!("missing: {} on {}: {}; instead {said}", firing.rule, firing.subject, firing.because)
        });
        let others = findings.iter().filter_map(|finding| self.complaint(finding));
        missing.chain(others).collect()
    }

    fn complaint(&self, finding: &Finding) -> Option<String> {
        let expected = self.fires.iter().any(|firing| firing.rule == finding.id);
        let allowed = expected || EVENINGS.always.contains(&finding.id) || self.may.contains(&finding.id);
        if finding.state == "firing" && !allowed {
            return Some(format!("not expected: {}", finding.told()));
        }
        let why = finding.why.as_deref().unwrap_or_default();
        let excused =
            finding.not_asked && !self.verify || self.blind.iter().any(|reason| why.contains(reason));
        if finding.is_blind() && !excused {
            return Some(format!("unknown: {}: {why}", finding.id));
        }
        self.stranger(finding).map(|found| format!("not expected: {}: {}", finding.id, found.told()))
    }

    /// Something that an expected rule found where nothing is broken.
    fn stranger<'a>(&self, finding: &'a Finding) -> Option<&'a Found> {
        let mut expected = self.fires.iter().filter(|firing| firing.rule == finding.id).peekable();
        expected.peek()?;
        let subjects: BTreeSet<_> = expected.map(|firing| firing.subject.as_str()).collect();
        finding
            .subjects
            .iter()
            .find(|found| !subjects.contains(found.subject.as_str()) && !self.may.contains(&finding.id))
    }
}

impl Firing {
    fn is_met_by(&self, finding: &Finding) -> bool {
        let says = |found: &Found| {
            found.headline.contains(&self.because)
                || found.evidence.iter().any(|evidence| evidence.text.contains(&self.because))
        };
        finding.id == self.rule
            && finding.subjects.iter().any(|found| found.subject == self.subject && says(found))
    }
}

impl Finding {
    /// Whether something could not be seen, also beside what was found.
    fn is_blind(&self) -> bool {
        self.state == "unknown" || self.state == "firing" && self.why.is_some()
    }

    fn told(&self) -> String {
        let found: Vec<_> = self.subjects.iter().map(Found::told).collect();
        format!("{} ({})\n    {}", self.id, self.severity, found.join("\n    "))
    }
}

impl Found {
    fn told(&self) -> String {
        let evidence: Vec<_> = self.evidence.iter().map(|evidence| evidence.text.as_str()).collect();
        format!("{}: {} [{}]", self.subject, self.headline, evidence.join("; "))
    }
}

/// A row of `rules.toml`.
#[derive(Deserialize)]
struct Row {
    fault: Option<String>,
    #[serde(default)]
    other: Vec<String>,
}

#[derive(Deserialize)]
struct Rows {
    rules: BTreeMap<String, Row>,
}

#[test]
fn every_fault_of_every_rule_has_its_evening() {
    let rows: Rows = toml::from_str(include_str!("../rules.toml")).unwrap();
    let firings = EVENINGS.evening.values().flat_map(|evening| &evening.fires);
    let proved: BTreeSet<_> =
        firings.filter_map(|firing| Some((firing.rule.as_str(), firing.by.as_deref()?))).collect();
    let named = rows.rules.iter().flat_map(|(rule, row)| {
        row.fault.iter().chain(&row.other).map(move |fault| (rule.as_str(), fault.as_str()))
    });
    let without: Vec<_> = named.filter(|pair| !proved.contains(pair)).collect();
    assert!(without.is_empty(), "no evening shows {without:?}");
}

#[test]
fn an_evening_blames_only_what_it_breaks() {
    for (name, evening) in &EVENINGS.evening {
        let broken: BTreeSet<_> = evening.faults.iter().filter_map(|fault| fault.split(' ').next()).collect();
        for firing in &evening.fires {
            let blamed = firing.by.as_deref();
            assert!(
                blamed.is_none_or(|fault| broken.contains(fault)),
                "{name}: {blamed:?} for {}",
                firing.rule
            );
        }
    }
}

#[test]
#[ignore = "needs the real stack"]
fn on_a_healthy_evening_all_is_well_and_nothing_is_unknown() {
    let stack = Stack::take();
    let well = |verify| Evening { verify, ..Evening::default() };
    for evening in [well(false), well(true)] {
        let console = Console::of(&stack, &evening);
        let complaints = evening.complaints(&console.look().findings);
        assert!(complaints.is_empty(), "{}", complaints.join("\n"));
        let words: &[&str] = if evening.verify { &["check", "--verify"] } else { &["check"] };
        let output = console.run(words);
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stdout));
    }
}

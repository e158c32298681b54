//! One agent's life as its log tells it: every entry changes the state here and nowhere else.
//!
//! ```text
//! starting ──▶ running ──▶ stopped | failed ──▶ starting …
//!     └── a failed login, read, render or write opens a problem; a success of the same kind closes it ──┘
//! ```

use std::collections::{BTreeMap, VecDeque};

use jiff::{SignedDuration, Timestamp};

use super::class::Class;
use super::event::{EventKind, Timeline};
use super::evidence;
use super::happening::{Fetch, Happening};
use super::problem::{Failure, Problem};
use super::reading::{AgentReading, FetchProblem, Render, State};
use super::record::Record;

const MOST_PATHS: usize = 32;
const MOST_RENDERS: usize = 20;

/// A healthy token is renewed at once after the login. This many logins in a row without that, each this soon after
/// the one before, are no logins of a token that cannot be renewed by design.
const FUTILE_LOGINS: u32 = 3;
const SOON: SignedDuration = SignedDuration::from_secs(60);

/// What is known of one agent.
#[derive(Debug, Clone, Default)]
pub(super) struct Agent {
    phase: Phase,
    /// Whether the process has begun and not come to its first login yet.
    is_booting: bool,
    /// Whether a login is under way.
    is_trying: bool,
    /// Whether this process has failed at anything yet.
    has_failed: bool,
    /// Whether the start has no time yet.
    is_undated: bool,
    auth: Option<Problem>,
    fetches: BTreeMap<String, Problem>,
    render: Option<(Option<String>, Problem)>,
    sink: Option<Problem>,
    exit: Option<Problem>,
    /// The agent does not say that a renewal failed; it only logs in again and again.
    futile: Option<Problem>,
    /// Logins since the token was last renewed.
    unrenewed_logins: u32,
    good_evidence: String,
    product: Option<String>,
    version: Option<String>,
    server: Option<String>,
    started_at: Option<Timestamp>,
    last_login: Option<Timestamp>,
    last_renewal: Option<Timestamp>,
    last_at: Option<Timestamp>,
    logins: u32,
    renders: VecDeque<Render>,
    timeline: Timeline,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Phase {
    #[default]
    Unseen,
    Starting,
    Running,
    Stopped,
    Failed,
}

impl Agent {
    /// Takes in an entry.
    pub(super) fn take(&mut self, record: &Record) {
        self.clock(record.at);
        self.happened(Happening::of(record), record);
    }

    /// Takes in an entry whose first line lies before the start of the log.
    pub(super) fn take_headless(&mut self, record: &Record) {
        self.happened(Happening::of_headless(record), record);
    }

    /// Takes in a line `==> …`.
    pub(super) fn take_banner(&mut self, banner: &str, at: Option<Timestamp>) {
        self.clock(at);
        if banner.contains("started!") {
            self.start(at);
        } else if banner.contains("shutdown triggered") {
            self.stop(at);
        } else if banner.contains("reload triggered") {
            self.timeline.add(at, EventKind::Noted, "configuration reloaded".to_owned());
        }
    }

    /// Takes in a line that the program prints when it cannot begin or has given up.
    pub(super) fn take_last_words(&mut self, happening: Happening, line: &str, at: Option<Timestamp>) {
        self.clock(at);
        let mut record = Record::headless(line);
        record.at = at.or(self.last_at);
        self.happened(happening, &record);
    }

    /// Takes in the version: `OpenBao v2.7.2, committed …`.
    pub(super) fn take_version(&mut self, version: &str) {
        let version = evidence::one_line(version);
        let mut words = version.split([' ', ',']);
        self.product = words.next().map(str::to_owned);
        self.version = words.next().map(|word| word.trim_start_matches('v').to_owned());
    }

    /// The sum so far, as of a moment or of the latest entry.
    pub(super) fn reading(&self, source: &str, now: Option<Timestamp>) -> AgentReading {
        let now = if self.is_over() { self.last_at } else { now.max(self.last_at) };
        let problem = self.problem(now);
        let class = problem.as_ref().map_or(Class::None, |problem| problem.class);
        AgentReading {
            source: (!source.is_empty()).then(|| evidence::one_line(source)),
            state: self.state(class),
            class,
            since: problem.as_ref().and_then(|problem| problem.since),
            attempts: problem.as_ref().map_or(0, |problem| problem.attempts),
            evidence: problem
                .as_ref()
                .map_or_else(|| self.good_evidence.clone(), |problem| problem.evidence.clone()),
            remedy: self.remedy(class, problem.as_ref()),
            next_attempt: self.next_attempt(problem.as_ref()),
            product: self.product.clone(),
            version: self.version.clone(),
            server: self.server.clone(),
            started_at: self.started_at,
            last_login: self.last_login,
            last_renewal: self.last_renewal,
            logins: self.logins,
            renders: self.renders.iter().cloned().collect(),
            fetches: self.fetch_problems(now),
            last_event_at: self.last_at,
            timeline: self.timeline.to_vec(),
        }
    }

    fn clock(&mut self, at: Option<Timestamp>) {
        let Some(at) = at else { return };
        self.last_at = self.last_at.max(Some(at));
        if self.is_undated {
            self.started_at = Some(at);
            self.is_undated = false;
        }
        for problem in self.problems_mut() {
            problem.date(at);
        }
    }

    fn happened(&mut self, happening: Happening, record: &Record) {
        if let Some(server) = server(&record.text()) {
            self.server = Some(server);
        }
        match happening {
            Happening::Starting => self.start(record.at),
            Happening::Authenticating => self.try_login(),
            Happening::LoginFailed(class) => self.fail_login(class, record),
            Happening::LoggedIn => self.log_in(record),
            Happening::Renewed => self.renew(record),
            Happening::RenewFailed => self.fail_renewal(record),
            Happening::WatcherDone => self.end_watch(record),
            Happening::SinkWritten => self.write_sink(),
            Happening::SinkFailed(class) => self.fail_sink(class, record),
            Happening::RunnerStarting => self.restart_reads(),
            Happening::FetchFailed(fetch) => self.fail_fetch(fetch, record),
            Happening::Fetched(path) => drop(self.fetches.remove(&path)),
            Happening::Rendered { template, destination } => self.render(template, destination, record),
            Happening::RenderFailed { template, class } => self.fail_render(template, class, record),
            Happening::Stopping => self.stop(record.at),
            Happening::Exited(class) => self.exit(class, record),
            Happening::Noted => self.note(EventKind::Noted, record),
            Happening::Nothing => {}
        }
    }

    fn start(&mut self, at: Option<Timestamp>) {
        self.is_trying = false;
        self.has_failed = false;
        self.unrenewed_logins = 0;
        self.restart_reads();
        if self.is_booting && !self.is_over() {
            return;
        }
        self.is_booting = true;
        self.phase = Phase::Starting;
        self.started_at = at;
        self.is_undated = at.is_none();
        self.timeline.add(at, EventKind::Started, "agent started".to_owned());
    }

    fn try_login(&mut self) {
        self.is_trying = true;
        self.is_booting = false;
        // whoever tries is alive, also where its banner was lost or came through another pipe
        if self.phase == Phase::Unseen || self.is_over() {
            self.phase = Phase::Starting;
        }
    }

    fn fail_login(&mut self, class: Option<Class>, record: &Record) {
        let earlier = self.auth.as_ref().map(|problem| problem.class);
        let failure = failure(class, earlier, record);
        self.auth = Some(Problem::after(self.auth.take(), failure));
        self.is_trying = false;
        self.has_failed = true;
        self.note(EventKind::AuthFailed, record);
    }

    fn log_in(&mut self, record: &Record) {
        let is_soon = match (self.last_login, record.at) {
            (Some(last), Some(at)) => at.duration_since(last) < SOON,
            _ => false,
        };
        self.unrenewed_logins = if is_soon { self.unrenewed_logins.saturating_add(1) } else { 1 };
        if self.unrenewed_logins <= FUTILE_LOGINS {
            self.futile = None;
        }
        self.auth = None;
        self.logins = self.logins.saturating_add(1);
        self.last_login = record.at;
        self.run(record);
        self.note(EventKind::LoggedIn, record);
    }

    fn renew(&mut self, record: &Record) {
        self.auth = None;
        self.futile = None;
        self.unrenewed_logins = 0;
        self.last_renewal = record.at;
        self.run(record);
        self.note(EventKind::Renewed, record);
    }

    fn fail_renewal(&mut self, record: &Record) {
        self.auth = Some(Problem::after(self.auth.take(), failure(Some(Class::RenewFailed), None, record)));
        self.has_failed = true;
        self.note(EventKind::AuthFailed, record);
    }

    fn end_watch(&mut self, record: &Record) {
        self.note(EventKind::Noted, record);
        if self.unrenewed_logins >= FUTILE_LOGINS {
            self.futile =
                Some(Problem::after(self.futile.take(), failure(Some(Class::RenewFailed), None, record)));
            self.has_failed = true;
        }
    }

    fn write_sink(&mut self) {
        self.sink = None;
        if self.phase == Phase::Unseen {
            self.phase = Phase::Running;
        }
    }

    fn fail_sink(&mut self, class: Class, record: &Record) {
        self.sink = Some(Problem::after(self.sink.take(), failure(Some(class), None, record)));
        self.has_failed = true;
        self.note(EventKind::SinkFailed, record);
    }

    fn restart_reads(&mut self) {
        for problem in self.fetches.values_mut() {
            problem.is_restarted = true;
        }
    }

    fn fail_fetch(&mut self, fetch: Fetch, record: &Record) {
        self.has_failed = true;
        let before = self.fetches.remove(&fetch.path);
        let earlier = before.as_ref().map(|problem| problem.class);
        let failure = Failure { attempt: fetch.attempt, ..failure(fetch.class, earlier, record) };
        let before = before.filter(|before| before.goes_on_with(&failure));
        let problem = match before {
            Some(mut before) if fetch.is_retold && before.class == failure.class => {
                before.told_again(&failure);
                before
            }
            before => {
                self.note(EventKind::FetchFailed, record);
                Problem::after(before, failure)
            }
        };
        if self.fetches.len() < MOST_PATHS {
            self.fetches.insert(fetch.path, problem);
        }
    }

    fn render(&mut self, template: String, destination: String, record: &Record) {
        self.run(record);
        self.fetches.retain(|_, problem| !problem.can_end_at(record.at));
        self.render.take_if(|(failed, _)| failed.as_ref().is_none_or(|failed| *failed == template));
        self.note(EventKind::Rendered, record);
        if self.renders.len() == MOST_RENDERS {
            self.renders.pop_front();
        }
        self.renders.push_back(Render { at: record.at, template, destination });
    }

    fn fail_render(&mut self, template: Option<String>, class: Option<Class>, record: &Record) {
        let before = self.render.take();
        let earlier = before.as_ref().map(|(_, problem)| problem.class);
        let failure = failure(class, earlier, record);
        let template = template.or_else(|| before.as_ref().and_then(|(template, _)| template.clone()));
        let before = before.map(|(_, problem)| problem).filter(|problem| problem.goes_on_with(&failure));
        self.render = Some((template, Problem::after(before, failure)));
        self.has_failed = true;
        self.note(EventKind::RenderFailed, record);
    }

    fn stop(&mut self, at: Option<Timestamp>) {
        if self.is_over() {
            return;
        }
        self.phase = Phase::Stopped;
        self.is_trying = false;
        self.timeline.add(at, EventKind::Stopped, "agent stopped".to_owned());
    }

    fn exit(&mut self, class: Option<Class>, record: &Record) {
        let is_first = self.phase != Phase::Failed;
        self.phase = Phase::Failed;
        self.is_trying = false;
        if !is_first {
            return;
        }
        self.note(EventKind::Exited, record);
        if self.problem(self.last_at).is_none() {
            self.exit = Some(Problem::after(None, failure(class, None, record)));
        }
    }

    /// A sign of life that only a working agent gives.
    fn run(&mut self, record: &Record) {
        self.good_evidence = record.evidence();
        self.is_trying = false;
        self.exit = None;
        if !self.is_over() {
            self.phase = Phase::Running;
        }
    }

    fn note(&mut self, kind: EventKind, record: &Record) {
        self.timeline.add(record.at, kind, record.gist());
    }

    fn is_over(&self) -> bool {
        matches!(self.phase, Phase::Stopped | Phase::Failed)
    }

    fn problems_mut(&mut self) -> impl Iterator<Item = &mut Problem> {
        let render = self.render.as_mut().map(|(_, problem)| problem);
        let single =
            [self.auth.as_mut(), self.sink.as_mut(), self.exit.as_mut(), self.futile.as_mut(), render];
        single.into_iter().flatten().chain(self.fetches.values_mut())
    }

    /// The problem to report: the root first, for without a login nothing else can work; a named
    /// cause before an unnamed one. With the failures of everything that fails for the same reason.
    fn problem(&self, now: Option<Timestamp>) -> Option<Problem> {
        let in_force = self.in_force(now);
        let is_named = |problem: &&&Problem| problem.class != Class::Unknown;
        let mut root = (*in_force.iter().find(is_named).or(in_force.first())?).clone();
        let alike = || in_force.iter().filter(|problem| problem.class == root.class);
        let (since, attempts) = (
            alike().filter_map(|problem| problem.since).min(),
            alike().map(|problem| problem.attempts).sum(),
        );
        root.since = since;
        root.attempts = attempts;
        Some(root)
    }

    /// All problems in force, the root first, of the reads the oldest.
    fn in_force(&self, now: Option<Timestamp>) -> Vec<&Problem> {
        let render = self.render.as_ref().map(|(_, problem)| problem);
        let mut fetches: Vec<_> = self.fetches.values().collect();
        fetches.sort_by_key(|problem| problem.since);
        let lapsing =
            fetches.into_iter().chain(render).chain(&self.sink).filter(|problem| !problem.is_lapsed(now));
        self.auth.iter().chain(lapsing).chain(&self.futile).chain(&self.exit).collect()
    }

    fn fetch_problems(&self, now: Option<Timestamp>) -> Vec<FetchProblem> {
        let lasting = self.fetches.iter().filter(|(_, problem)| !problem.is_lapsed(now));
        let shown = lasting.map(|(path, problem)| FetchProblem {
            path: path.clone(),
            class: problem.class,
            since: problem.since,
            attempts: problem.attempts,
            next_attempt: problem.due(),
        });
        shown.collect()
    }

    fn state(&self, class: Class) -> State {
        match self.phase {
            Phase::Failed => State::Failed,
            Phase::Stopped => State::Stopped,
            Phase::Starting if !self.has_failed => State::Starting,
            _ if class != Class::None => State::Looping,
            Phase::Running => State::Ok,
            Phase::Starting | Phase::Unseen => State::Starting,
        }
    }

    fn next_attempt(&self, problem: Option<&Problem>) -> Option<Timestamp> {
        if self.is_over() || self.is_trying {
            return None;
        }
        problem?.due()
    }

    fn remedy(&self, class: Class, problem: Option<&Problem>) -> String {
        let own_fault = problem.and_then(|problem| problem.earlier) == Some(Class::SecretIdRefused);
        match (class, self.phase) {
            (Class::RoleLocked, _) if own_fault => format!(
                "this agent itself locked the role with its refused secret-id: stop it or give it a new one first; {}",
                class.remedy()
            ),
            (Class::None, Phase::Stopped) => {
                "before you start the agent again, see that its secret-id file is there: it removes the file after its \
                 first read unless configured otherwise"
                    .to_owned()
            }
            _ => class.remedy().to_owned(),
        }
    }
}

/// A failure; one whose entry was cut before its cause is taken for more of what was before.
fn failure(class: Option<Class>, earlier: Option<Class>, record: &Record) -> Failure {
    Failure {
        at: record.at,
        class: class.or(earlier).unwrap_or(Class::Unknown),
        retry: record.retry(),
        attempt: None,
        evidence: record.evidence(),
        is_named: class.is_some(),
    }
}

/// `http://127.0.0.1:8220` in `URL: PUT http://127.0.0.1:8220/v1/auth/approle/login`.
fn server(text: &str) -> Option<String> {
    let (before, _) = text.split_once("/v1/")?;
    let start = before.rfind("http")?;
    let address = before.get(start..)?;
    let is_address = address.contains("://") && !address.contains([' ', '"', '@']) && address.len() < 256;
    is_address.then(|| evidence::one_line(address))
}

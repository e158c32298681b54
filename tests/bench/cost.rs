//! What the console costs its user, measured through a real pseudo-terminal: start, idle CPU, bytes to the terminal,
//! memory, key latency, and the size of the binary; on the pretend fleet or, where `VAULTDECK_STACK` names a real stack, on
//! that: a stack that runs beside a start takes part of its time. Prints a table that marks what is over its limit, and fails
//! when something is far over it: a busy machine is no defect of the console.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "a benchmark fails by panicking and speaks by printing"
)]

mod pty;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use pty::Pty;

const ROWS: u16 = 40;
const COLS: u16 = 120;
/// How often over its limit a figure fails the run.
const FAR_OVER: f64 = 10.0;
const STARTS: usize = 15;
const KEYS: usize = 200;
const SETTLE: Duration = Duration::from_secs(5);
const IDLE: Duration = Duration::from_secs(60);

/// A program with all it needs to start.
struct Subject {
    name: &'static str,
    words: Vec<String>,
    environment: Vec<(String, String)>,
}

/// One line of the table.
struct Row {
    what: String,
    figure: f64,
    limit: Option<f64>,
    unit: &'static str,
}

fn main() -> ExitCode {
    let folder = tempfile::tempdir().unwrap();
    let quick = std::env::args().any(|argument| argument == "--quick");
    let idle = if quick { Duration::from_secs(10) } else { IDLE };
    let mut rows = match std::env::var_os("VAULTDECK_STACK").map(PathBuf::from) {
        Some(stack) => on_the_stack(&stack, idle),
        None => on_the_pretend_fleet(folder.path(), idle),
    };
    rows.push(binary());
    report(&rows)
}

fn on_the_pretend_fleet(folder: &Path, idle: Duration) -> Vec<Row> {
    let mut rows = first_frames(folder);
    rows.extend(running(&demo("demo, 3 hosts", &["--scenario", "trouble"]), folder, idle));
    rows.extend(keys(&demo("demo, 200 hosts", &["--demo-hosts", "200"]), folder));
    rows
}

fn on_the_stack(stack: &Path, idle: Duration) -> Vec<Row> {
    let real = real(stack);
    let mut rows = running(&real, stack, idle);
    rows.extend(status(&real, stack));
    rows
}

/// What is copied to a control host.
fn binary() -> Row {
    let bytes = std::fs::metadata(env!("CARGO_BIN_EXE_vaultdeck")).unwrap().len();
    row("binary", bytes as f64 / 1_000_000.0, Some(15.0), "MB")
}

fn demo(name: &'static str, more: &[&str]) -> Subject {
    let mut words = vec![env!("CARGO_BIN_EXE_vaultdeck").to_owned(), "demo".to_owned(), "--reset".to_owned()];
    words.extend(more.iter().map(|&word| word.to_owned()));
    Subject { name, words, environment: Vec::new() }
}

fn real(stack: &Path) -> Subject {
    let profile = stack.join("vaultdeck.toml").display().to_string();
    let words = [env!("CARGO_BIN_EXE_vaultdeck"), "--config", &profile].map(str::to_owned).to_vec();
    // a console remembers where another one lost its terminal, and would open there
    let mut environment = environment_of(&stack.join("env"));
    environment.retain(|(name, _)| name != "XDG_STATE_HOME");
    Subject { name: "real stack", words, environment }
}

/// Reads `NAME=value` and `export NAME=value` lines.
fn environment_of(file: &Path) -> Vec<(String, String)> {
    let text = std::fs::read_to_string(file).unwrap();
    let pair = |line: &str| {
        let (name, value) = line.trim().trim_start_matches("export ").split_once('=')?;
        Some((name.to_owned(), value.trim_matches(['"', '\'']).to_owned()))
    };
    text.lines().filter(|line| !line.starts_with('#')).filter_map(pair).collect()
}

fn first_frames(folder: &Path) -> Vec<Row> {
    let empty = Subject { name: "empty", words: vec![empty_program()], environment: Vec::new() };
    let demo = demo("demo", &[]);
    let (mut empty_times, mut first_times, mut complete_times) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..STARTS {
        empty_times.push(first_frame(&mut empty.start(folder)));
        let mut started = demo.start(folder);
        let first = first_frame(&mut started);
        let home = |screen: &str| screen.contains("FINDINGS") && screen.contains("authentik-3");
        let complete = if home(&started.contents()) {
            first
        } else {
            started
                .until(Duration::from_secs(5), home)
                .map_or(f64::INFINITY, |at| millis(at - started.started))
        };
        first_times.push(first);
        complete_times.push(complete - first);
    }
    let yardstick = median(empty_times);
    vec![
        row("first frame, empty program", yardstick, None, "ms"),
        row("first frame, demo", median(first_times), Some(1.3 * yardstick), "ms"),
        row("complete home after it, demo", median(complete_times), Some(5.0), "ms"),
    ]
}

/// The yardstick, built here: cargo builds no example for a benchmark. It lies beside this benchmark's own binary.
fn empty_program() -> String {
    let mut cargo = Command::new(env!("CARGO"));
    let built = cargo.args(["build", "--quiet", "--release", "--example", "empty"]);
    assert!(built.current_dir(env!("CARGO_MANIFEST_DIR")).status().unwrap().success());
    let own = std::env::current_exe().unwrap();
    own.parent().and_then(Path::parent).unwrap().join("examples/empty").display().to_string()
}

fn first_frame(pty: &mut Pty) -> f64 {
    let started = pty.started;
    let shown = pty.until(Duration::from_secs(10), |screen| !screen.trim().is_empty());
    shown.map_or(f64::INFINITY, |at| millis(at - started))
}

fn running(subject: &Subject, folder: &Path, idle: Duration) -> Vec<Row> {
    let mut pty = subject.start(folder);
    pty.listen(SETTLE);
    let (bytes, cpu, began) = (pty.output.len(), cpu_seconds(pty.pid()), Instant::now());
    pty.listen(idle);
    let seconds = began.elapsed().as_secs_f64();
    let written = (pty.output.len() - bytes) as f64 / seconds * 60.0 / 1000.0;
    let busy = (cpu_seconds(pty.pid()) - cpu) / seconds * 100.0;
    let memory = pss_mebibytes(pty.pid());
    let mut rows = vec![
        row(&format!("idle cpu, {}", subject.name), busy, Some(0.3), "%"),
        row(&format!("bytes to the terminal, {}", subject.name), written, Some(10.0), "kB/min"),
        row(&format!("memory (pss), {}", subject.name), memory, Some(15.0), "MiB"),
    ];
    let children = children_pss_mebibytes(pty.pid());
    if children > 0.0 {
        rows.push(row(&format!("memory of ssh children, {}", subject.name), children, None, "MiB"));
    }
    rows.extend(key_latency(subject.name, &mut pty));
    pty.send("q");
    assert_eq!(pty.ended(SETTLE), Some(0), "the console did not end");
    rows
}

fn keys(subject: &Subject, folder: &Path) -> Vec<Row> {
    let mut pty = subject.start(folder);
    pty.listen(SETTLE);
    key_latency(subject.name, &mut pty)
}

fn key_latency(name: &str, pty: &mut Pty) -> Vec<Row> {
    let mut times: Vec<f64> = Vec::new();
    for press in 0..KEYS {
        pty.listen(Duration::from_millis(15));
        if let Some(took) = pty.key(if press % 2 == 0 { "j" } else { "k" }) {
            times.push(millis(took));
        }
    }
    times.sort_by(f64::total_cmp);
    let answered = times.len();
    let p95 = times.get(answered * 95 / 100).copied().unwrap_or(f64::INFINITY);
    vec![row(&format!("key to screen p95, {name}"), p95, Some(4.0), "ms")]
}

fn status(subject: &Subject, folder: &Path) -> Vec<Row> {
    let mut worst: f64 = 0.0;
    for _ in 0..3 {
        let began = Instant::now();
        let output = Command::new(&subject.words[0])
            .args(&subject.words[1..])
            .args(["status", "--json"])
            .envs(subject.environment.iter().cloned())
            .current_dir(folder)
            .output()
            .unwrap();
        let total = millis(began.elapsed());
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let slowest = report["sources"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|source| source["took_ms"].as_f64())
            .fold(1.0, f64::max);
        worst = worst.max(total / slowest);
    }
    vec![row("status over its slowest source, real stack", worst, Some(1.1), "x")]
}

impl Subject {
    fn start(&self, folder: &Path) -> Pty {
        Pty::start(&self.words, &self.environment, folder, ROWS, COLS)
    }
}

fn cpu_seconds(pid: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let fields: Vec<f64> = stat
        .rsplit(')')
        .next()
        .unwrap()
        .split_whitespace()
        .skip(11)
        .take(2)
        .map(|field| field.parse().unwrap())
        .collect();
    fields.iter().sum::<f64>() / 100.0
}

fn pss_mebibytes(pid: u32) -> f64 {
    let rollup = std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap_or_default();
    let kibibytes = rollup
        .lines()
        .find_map(|line| line.strip_prefix("Pss:")?.trim().strip_suffix(" kB")?.trim().parse::<f64>().ok());
    kibibytes.unwrap_or(0.0) / 1024.0
}

fn children_pss_mebibytes(pid: u32) -> f64 {
    let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).unwrap();
    let children =
        tasks.flatten().filter_map(|task| std::fs::read_to_string(task.path().join("children")).ok());
    let pids: Vec<u32> = children
        .flat_map(|line| line.split_whitespace().filter_map(|pid| pid.parse().ok()).collect::<Vec<_>>())
        .collect();
    pids.into_iter().map(|child| pss_mebibytes(child) + children_pss_mebibytes(child)).sum()
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

fn millis(span: Duration) -> f64 {
    span.as_secs_f64() * 1000.0
}

fn row(what: &str, figure: f64, limit: Option<f64>, unit: &'static str) -> Row {
    Row { what: what.to_owned(), figure, limit, unit }
}

fn report(rows: &[Row]) -> ExitCode {
    println!("{:<46} {:>10} {:>10}  unit", "what", "measured", "limit");
    let mut failed = false;
    for row in rows {
        let limit = row.limit.map_or_else(|| "-".to_owned(), |limit| format!("{limit:.2}"));
        let sign = if row.limit.is_some_and(|limit| row.figure > limit) { "OVER" } else { "" };
        failed |= row.limit.is_some_and(|limit| row.figure > FAR_OVER * limit);
        println!("{:<46} {:>10.2} {limit:>10}  {:<7} {sign}", row.what, row.figure, row.unit);
    }
    if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

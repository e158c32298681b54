//! Children of the control host: what they are given, what of them is heard, what they ask, and that nothing of them is left.

mod elsewhere;
mod interrupted;

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use tokio::sync::mpsc::UnboundedReceiver;
use vaultdeck::config::Surroundings;
use vaultdeck::exec::child::Children;
use vaultdeck::exec::{Failure, Held, Lines, Order, Prompt, Prompts, Reply, Target};
use vaultdeck::model::command::{CommandLine, Route, Word};
use vaultdeck::model::runbook::Content;
use vaultdeck::world::process::Environment;
use zeroize::Zeroizing;

const CANARY: &str = "canary-7f3a90";
const PATIENCE: Duration = Duration::from_secs(10);

/// A folder with programs, and the children that are started from it.
struct Bench {
    folder: tempfile::TempDir,
    children: Children,
    prompts: UnboundedReceiver<Prompt>,
    lines: Lines,
    printed: UnboundedReceiver<(usize, String)>,
}

impl Bench {
    fn new() -> Self {
        let mut surroundings = Surroundings::here().unwrap();
        for name in ["VAULT_TOKEN", "BAO_TOKEN", "AWS_SECRET_ACCESS_KEY", "PGPASSWORD", "OWN_SETTING"] {
            surroundings.variables.insert(name.into(), CANARY.into());
        }
        let (asking, prompts) = Prompts::new();
        let children = Children::new(Vec::new(), Environment::of(&surroundings), asking);
        let (lines, printed) = Lines::new(0);
        Self { folder: tempfile::tempdir().unwrap(), children, prompts, lines, printed }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// An order for a program with this text.
    fn order(&self, script: &str) -> Order {
        self.order_with(script, &[])
    }

    fn order_with(&self, script: &str, arguments: &[&str]) -> Order {
        let program = self.path("program");
        fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        let program = program.display().to_string();
        order(&[&[program.as_str()], arguments].concat())
    }

    async fn run(&self, order: &Order) -> Result<Reply, Failure> {
        tokio::time::timeout(PATIENCE, self.children.execute(order, &self.lines)).await.unwrap()
    }

    fn told(&mut self) -> Vec<String> {
        std::iter::from_fn(|| self.printed.try_recv().ok()).map(|(_, line)| line).collect()
    }

    /// The number that a program wrote into a file, once it is there.
    async fn number_in(&self, name: &str) -> u32 {
        let found = async {
            loop {
                let text = fs::read_to_string(self.path(name)).unwrap_or_default();
                if let Some(number) = text.strip_suffix('\n') {
                    return number.parse().unwrap();
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(PATIENCE, found).await.unwrap()
    }
}

fn order(words: &[&str]) -> Order {
    let line = CommandLine::new(words.iter().map(|word| Word::text(*word)).collect()).unwrap();
    let line = line.fill(&|_: &str| None).unwrap();
    Order {
        run: "r1".into(),
        held: Held::default().and("SECRET", Zeroizing::new(CANARY.to_owned())),
        ..Order::of_words(line, Route::Child, Target::ControlHost, PATIENCE)
    }
}

fn content(content: &Content) -> vaultdeck::model::runbook::FilledContent {
    content.fill(&|_: &str| None).unwrap()
}

fn runs(number: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{number}/stat"));
    stat.is_ok_and(|stat| !stat.contains(") Z "))
}

async fn is_gone(number: u32) -> bool {
    let gone = async {
        while runs(number) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(3), gone).await.is_ok()
}

#[tokio::test]
async fn its_words_arrive_as_they_are_and_no_shell_reads_them() {
    let bench = Bench::new();
    let hostile = ["$(id)", "a b", "", "'", "\"", "*", "~", "; rm -rf /", "-e", "ü\\n"];
    let reply = bench.run(&bench.order_with(r#"printf '%s\n' "$@""#, &hostile)).await.unwrap();
    assert_eq!(reply.answer.output, hostile.map(|word| format!("{word}\n")).concat());
}

#[tokio::test]
async fn it_inherits_what_its_tools_need_and_no_secret() {
    let bench = Bench::new();
    let reply = bench.run(&bench.order("env")).await.unwrap();
    assert!(reply.answer.output.contains("PATH="));
    assert!(!reply.answer.output.contains(CANARY), "{}", reply.answer.output);
    assert!(!reply.answer.output.contains("OWN_SETTING"), "only what is on the list is inherited");
}

#[tokio::test]
async fn its_exit_status_and_both_outputs_are_the_answer_each_apart() {
    let mut bench = Bench::new();
    let reply = bench.run(&bench.order("echo out; echo err >&2; exit 4")).await.unwrap();
    let answer = reply.answer;
    assert_eq!((answer.status, answer.output.as_str(), answer.errors.as_str()), (4, "out\n", "err"));
    assert!(!reply.refused, "whether a program has changed anything before it failed, nobody knows");
    let mut told = bench.told();
    told.sort();
    assert_eq!(told, ["err", "out"]);
}

#[tokio::test]
async fn its_lines_come_as_it_prints_them_and_are_cleaned() {
    let mut bench = Bench::new();
    let stop = bench.path("stop");
    let order = bench.order_with(
        r#"printf '\033[31mred\033[0m \033]0;title\007\302\233line\n'; while [ ! -e "$1" ]; do sleep 0.05; done"#,
        &[stop.to_str().unwrap()],
    );
    let run = bench.children.execute(&order, &bench.lines);
    let (reply, line) = tokio::join!(run, async {
        let line = bench.printed.recv().await.unwrap();
        fs::write(&stop, "").unwrap();
        line
    });
    assert_eq!((reply.unwrap().answer.status, line.1.as_str()), (0, "red line"));
}

#[tokio::test]
async fn of_an_answer_that_is_a_secret_no_line_is_told() {
    let mut bench = Bench::new();
    let order = Order { answers_a_secret: true, ..bench.order("echo hidden; echo warned >&2") };
    let reply = bench.run(&order).await.unwrap();
    assert_eq!(reply.answer.output, "hidden\n");
    let failed = Order { answers_a_secret: true, ..bench.order("echo hidden; exit 1") };
    let reply = bench.run(&failed).await.unwrap();
    assert_eq!((reply.answer.output.as_str(), reply.answer.status), ("", 1));
    assert_eq!(bench.told(), [""; 0]);
}

#[tokio::test]
async fn what_it_is_given_goes_through_a_pipe_and_not_through_its_terminal() {
    let mut bench = Bench::new();
    let stdin = Some(content(&Content::Text("say ${SECRET}\n".into())));
    let order = Order { stdin, ..bench.order("[ -t 0 ] && exit 9; cat > \"$(dirname $0)/got\"") };
    let reply = bench.run(&order).await.unwrap();
    assert_eq!(reply.answer.status, 0);
    assert_eq!(fs::read_to_string(bench.path("got")).unwrap(), format!("say {CANARY}\n"));
    assert!(!format!("{:?}{}", bench.told(), reply.answer.errors).contains(CANARY));
}

#[tokio::test]
async fn a_program_that_reads_nothing_is_not_waited_for() {
    let bench = Bench::new();
    let long = "x".repeat(1 << 20);
    let stdin = Some(content(&Content::Text(long.as_str().into())));
    let reply = bench.run(&Order { stdin, ..bench.order("exit 3") }).await.unwrap();
    assert_eq!(reply.answer.status, 3);
}

/// An order whose program writes down what it sees of its file, which is made of a secret.
fn order_with_file(bench: &Bench, script: &str) -> Order {
    let path = bench.children.file_path("r1", "deliver on one");
    let order = bench.order_with(script, &[&format!("@{path}"), bench.folder.path().to_str().unwrap()]);
    let json = Content::Json([("vault_secret_id".to_owned(), "${SECRET}".into())].into());
    Order { file: Some((path, content(&json))), ..order }
}

#[tokio::test]
async fn its_file_is_in_memory_for_the_owner_alone_and_gone_when_it_has_ended() {
    let bench = Bench::new();
    let order = order_with_file(&bench, r#"stat -c %a "${1#@}"; stat -f -c %T "${1#@}"; cat "${1#@}"; env"#);
    let reply = bench.run(&order).await.unwrap();
    let lines: Vec<&str> = reply.answer.output.lines().collect();
    assert_eq!(lines[..3], ["600", "tmpfs", &format!(r#"{{"vault_secret_id":"{CANARY}"}}"#)]);
    assert!(lines.contains(&"ANSIBLE_DIFF_ALWAYS=false"), "no setting of the site shows what the file holds");
    let (path, _) = order.file.unwrap();
    assert!(order.line.to_string().contains(&format!("@{path}")), "it is shown as it is run");
    assert!(!Path::new(&path).exists());
}

#[tokio::test]
async fn its_file_is_gone_when_the_order_is_dropped_and_so_is_everything_it_started() {
    let bench = Bench::new();
    let order =
        order_with_file(&bench, r#"setsid sleep 1000 & echo $! > "$2/other"; echo $$ > "$2/own"; wait"#);
    let path = PathBuf::from(&order.file.as_ref().unwrap().0);
    let run = bench.children.execute(&order, &bench.lines);
    let (own, other) = tokio::select! {
        _ = run => panic!("it ended by itself"),
        numbers = async { (bench.number_in("own").await, bench.number_in("other").await) } => numbers,
    };
    assert!(!path.exists());
    assert!(is_gone(own).await && is_gone(other).await);
}

#[tokio::test]
async fn no_secret_is_in_its_command_line_or_environment_or_in_those_of_what_it_starts() {
    let bench = Bench::new();
    let order = order_with_file(
        &bench,
        r#"cat "${1#@}" > "$2/read"; cat >> "$2/read"; sleep 1000 & echo $! > "$2/other"; echo $$ > "$2/own"; wait"#,
    );
    let order = Order { stdin: Some(content(&Content::Text("${SECRET}".into()))), ..order };
    let run = bench.children.execute(&order, &bench.lines);
    let seen = async {
        let numbers = [bench.number_in("other").await, bench.number_in("own").await];
        let of = |number: u32| {
            ["cmdline", "environ"].map(|what| fs::read(format!("/proc/{number}/{what}")).unwrap())
        };
        numbers.map(of)
    };
    let seen = tokio::select! { _ = run => panic!("it ended by itself"), seen = seen => seen };
    let read = fs::read_to_string(bench.path("read")).unwrap();
    assert_eq!(read.matches(CANARY).count(), 2, "it had the secrets");
    for bytes in seen.iter().flatten() {
        assert!(!bytes.is_empty() && !String::from_utf8_lossy(bytes).contains(CANARY));
    }
}

#[tokio::test]
async fn a_hidden_question_is_asked_and_its_answer_is_shown_nowhere() {
    let mut bench = Bench::new();
    let order = bench.order(
        r#"exec </dev/tty; stty -echo; printf 'BECOME password: ' >/dev/tty; read -r typed; stty echo; echo; echo "got ${#typed} $typed"; echo "bad $typed" >&2"#,
    );
    let run = bench.children.execute(&order, &bench.lines);
    let (reply, (text, hidden)) = tokio::join!(run, async {
        let prompt = bench.prompts.recv().await.unwrap();
        let asked = (prompt.text.clone(), prompt.hidden);
        prompt.answer(Zeroizing::new(CANARY.to_owned()));
        asked
    });
    assert_eq!((text.as_str(), hidden), ("BECOME password:", true));
    let answer = reply.unwrap().answer;
    assert!(answer.output.contains(&format!("got {} {CANARY}", CANARY.len())), "it was typed in full");
    assert_eq!(answer.errors.lines().next(), Some("bad [typed]"));
    let told = bench.told().join("\n");
    assert!(told.contains("it asked: BECOME password:") && told.contains("got 13 [typed]"), "{told}");
    assert!(!told.contains(CANARY) && !answer.errors.contains(CANARY), "{told}");
}

#[tokio::test]
async fn two_questions_one_after_the_other_are_both_asked() {
    let mut bench = Bench::new();
    let order = bench.order(
        r#"stty -echo; printf 'Password: '; read -r a; echo; printf 'Again: '; read -r b; stty echo; [ "$a" = one ] && [ "$b" = two ]"#,
    );
    let run = bench.children.execute(&order, &bench.lines);
    let (reply, ()) = tokio::join!(run, async {
        for (asked, answer) in [("Password:", "one"), ("Again:", "two")] {
            let prompt = bench.prompts.recv().await.unwrap();
            assert_eq!((prompt.text.as_str(), prompt.hidden), (asked, true));
            prompt.answer(Zeroizing::new(answer.to_owned()));
        }
    });
    assert_eq!(reply.unwrap().answer.status, 0);
}

#[tokio::test]
async fn a_question_that_shows_its_answer_is_asked_as_one() {
    let mut bench = Bench::new();
    let order = bench.order(r#"printf 'Continue? [yes/no]: '; read -r said; [ "$said" = yes ]"#);
    let run = bench.children.execute(&order, &bench.lines);
    let (reply, ()) = tokio::join!(run, async {
        let prompt = bench.prompts.recv().await.unwrap();
        assert_eq!((prompt.text.as_str(), prompt.hidden), ("Continue? [yes/no]:", false));
        prompt.answer(Zeroizing::new("yes".to_owned()));
    });
    assert_eq!(reply.unwrap().answer.status, 0);
}

#[tokio::test]
async fn a_line_that_only_takes_its_time_is_no_question() {
    let mut bench = Bench::new();
    let reply = bench.run(&bench.order("printf 'working'; sleep 0.7; echo ' done'")).await.unwrap();
    assert_eq!(reply.answer.output, "working done\n");
    assert!(bench.prompts.try_recv().is_err());
}

#[tokio::test]
async fn a_hidden_question_that_is_refused_ends_the_program_and_is_named() {
    let mut bench = Bench::new();
    let order = bench.order("stty -echo; printf 'Vault password: '; read -r typed; sleep 1000");
    let run = bench.children.execute(&order, &bench.lines);
    let (failure, ()) = tokio::join!(run, async { drop(bench.prompts.recv().await) });
    let failure = failure.unwrap_err();
    assert!(!failure.definite);
    assert_eq!(failure.trouble.because.as_deref(), Some("it asked `Vault password:` and nobody answered"));
}

#[tokio::test]
async fn a_question_that_nobody_answers_in_time_is_named() {
    let mut bench = Bench::new();
    let order = bench.order("stty -echo; printf 'Vault password: '; read -r typed");
    let order = Order { timeout: Duration::from_millis(900), ..order };
    let run = bench.children.execute(&order, &bench.lines);
    let (failure, mut prompt) = tokio::join!(run, async { bench.prompts.recv().await.unwrap() });
    assert_eq!(
        failure.unwrap_err().trouble.because.as_deref(),
        Some("it stood at the question `Vault password:`")
    );
    tokio::time::timeout(PATIENCE, prompt.withdrawn()).await.unwrap();
}

#[tokio::test]
async fn when_its_time_is_up_it_may_clean_up_and_everything_it_started_is_ended() {
    let bench = Bench::new();
    let order = bench.order_with(
        r#"trap 'echo cleaned > "$1/cleaned"; exit 1' TERM
        setsid sh -c 'trap "" TERM; sleep 1000' & echo $! > "$1/stubborn"; sleep 1000 & echo $! > "$1/other"; wait"#,
        &[bench.folder.path().to_str().unwrap()],
    );
    let order = Order { timeout: Duration::from_millis(500), ..order };
    let began = Instant::now();
    let failure = bench.run(&order).await.unwrap_err();
    assert!(!failure.definite, "nobody knows how far it came");
    assert!(failure.trouble.what.contains("did not end within"), "{}", failure.trouble);
    assert!(began.elapsed() < Duration::from_secs(8));
    assert_eq!(fs::read_to_string(bench.path("cleaned")).unwrap(), "cleaned\n");
    for name in ["stubborn", "other"] {
        assert!(!runs(bench.number_in(name).await), "{name} runs on");
    }
}

#[tokio::test]
async fn what_it_leaves_running_with_its_output_open_keeps_nobody_waiting() {
    let bench = Bench::new();
    let order = bench.order_with(
        r#"setsid sleep 1000 & echo $! > "$1/other"; echo done"#,
        &[bench.folder.path().to_str().unwrap()],
    );
    let reply = bench.run(&order).await.unwrap();
    assert_eq!(reply.answer.output, "done\n");
    let other = rustix::process::Pid::from_raw(bench.number_in("other").await.try_into().unwrap()).unwrap();
    rustix::process::kill_process(other, rustix::process::Signal::KILL).unwrap();
}

#[tokio::test]
async fn it_has_a_session_and_a_terminal_of_its_own() {
    let bench = Bench::new();
    let reply = bench.run(&bench.order("cut -d' ' -f4,6 /proc/$$/stat; echo $$; tty")).await.unwrap();
    let lines: Vec<&str> = reply.answer.output.lines().collect();
    let [ids, own, terminal] = lines[..] else { panic!("{lines:?}") };
    assert_eq!(ids.split(' ').next_back(), Some(own), "a signal typed into our terminal does not reach it");
    assert!(terminal.starts_with("/dev/pts/"), "{terminal}");
}

#[tokio::test]
async fn a_program_that_a_signal_ends_may_have_done_anything() {
    let bench = Bench::new();
    let failure = bench.run(&bench.order("kill -9 $$")).await.unwrap_err();
    assert!(!failure.definite);
    assert!(failure.trouble.because.unwrap().contains("signal 9"));
}

#[tokio::test]
async fn what_cannot_be_started_has_certainly_not_been_done() {
    let bench = Bench::new();
    let missing = bench.run(&order(&["no-such-program-anywhere"])).await.unwrap_err();
    assert!(missing.definite);
    assert_eq!(
        missing.trouble.sentence(),
        "cannot start no-such-program-anywhere: there is no such program on this host"
    );
    let nowhere = Order { directory: Some("/no/such/folder".into()), ..bench.order("true") };
    let nowhere = bench.run(&nowhere).await.unwrap_err();
    assert!(nowhere.definite);
    assert!(nowhere.trouble.because.unwrap().contains("/no/such/folder"));
    let elsewhere = Order { target: Target::Host("one".into()), ..order(&["true"]) };
    assert!(bench.run(&elsewhere).await.unwrap_err().definite);
}

#[tokio::test]
async fn it_is_started_in_its_directory() {
    let bench = Bench::new();
    let order = Order { directory: Some(bench.folder.path().display().to_string()), ..bench.order("pwd -P") };
    let reply = bench.run(&order).await.unwrap();
    let inode = |path: &Path| fs::metadata(path).unwrap().ino();
    assert_eq!(inode(Path::new(reply.answer.output.trim())), inode(bench.folder.path()));
}

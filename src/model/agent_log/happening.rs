//! What one entry of the log says has happened: the agent's wording, of any release, to a value.

use super::cause;
use super::class::Class;
use super::evidence;
use super::record::{Level, Record};

/// What an entry says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Happening {
    /// The process begins.
    Starting,
    /// A login begins.
    Authenticating,
    /// A login failed; no class when the entry was cut before its cause.
    LoginFailed(Option<Class>),
    /// A login succeeded.
    LoggedIn,
    /// The token's life was prolonged.
    Renewed,
    /// It was not.
    RenewFailed,
    /// Nobody prolongs the token any more: the agent will log in again.
    WatcherDone,
    /// The token is in its sink.
    SinkWritten,
    /// It is not.
    SinkFailed(Class),
    /// The template engine begins anew, with all reads.
    RunnerStarting,
    /// A secret could not be read.
    FetchFailed(Fetch),
    /// A secret was read (seen at level debug only).
    Fetched(String),
    /// A file was written anew.
    Rendered { template: String, destination: String },
    /// A file could not be rendered or written.
    RenderFailed { template: Option<String>, class: Option<Class> },
    /// The agent is asked to stop, or has stopped.
    Stopping,
    /// The agent gives up.
    Exited(Option<Class>),
    /// Worth a line in the timeline.
    Noted,
    /// The ordinary noise.
    Nothing,
}

/// A failed read of a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fetch {
    /// What was read, `secret/data/…`; empty when unknown.
    pub(super) path: String,
    /// Why it failed; nothing when the entry was cut before its cause.
    pub(super) class: Option<Class>,
    /// The agent's own count.
    pub(super) attempt: Option<u32>,
    /// Whether the template server tells what the read told before.
    pub(super) is_retold: bool,
}

impl Happening {
    /// Reads an entry.
    pub(super) fn of(record: &Record) -> Self {
        if record.is_from("auth.handler") {
            return auth(record);
        }
        if record.is_from("template.server") || record.is_from("exec.server") {
            return template_server(record);
        }
        if record.is_from("sink.file") || record.is_from("sink.server") {
            return sink(record);
        }
        if record.is_from("auth.approle") {
            return Self::Noted;
        }
        root(record)
    }

    /// Reads an entry whose first line lies before the start of the log.
    pub(super) fn of_headless(record: &Record) -> Self {
        let text = record.text();
        if cause::is_fetch(&text) || text.contains("(retry attempt ") || text.contains("(exceeded maximum") {
            return fetch(&text, true, false);
        }
        if text.contains("exitCode=") {
            return Self::Exited(cause::of_exit(&text));
        }
        if cause::of_template(&text).is_some_and(|class| class != Class::PermissionDenied) {
            return render_failed(&text, true);
        }
        let is_login = ["backoff=", "/v1/auth/", "/v1/sys/wrapping/"].iter().any(|part| text.contains(part));
        if is_login && !cause::is_shutdown(&text) {
            return Self::LoginFailed(cause::of_login(&text));
        }
        Self::Nothing
    }

    /// Reads a line that the program prints without time or level when it cannot begin or has given up.
    pub(super) fn of_last_words(line: &str) -> Option<Self> {
        const LAST_WORDS: [&str; 7] = [
            "Error encountered during run",
            "error loading configuration",
            "error validating configuration",
            "error creating ",
            "error parsing ",
            "error starting ",
            "error fetching client",
        ];
        let line = line.trim_end();
        let begins =
            |words: &&str| line.get(..words.len()).is_some_and(|start| start.eq_ignore_ascii_case(words));
        LAST_WORDS.iter().any(begins).then(|| Self::Exited(cause::of_last_words(line)))
    }
}

/// The first secret read that an entry names: `secret/data/…` in `vault.read(secret/data/…)`.
fn path(text: &str) -> Option<String> {
    let (_, after) = text.split_once("vault.")?;
    let (_, path) = after.split_once('(')?;
    Some(evidence::one_line(path.split_once(')')?.0))
}

fn auth(record: &Record) -> Happening {
    const PLAIN: [(&str, Happening); 9] = [
        ("authenticating", Happening::Authenticating),
        ("authentication successful", Happening::LoggedIn),
        ("renewed auth token", Happening::Renewed),
        ("lifetime watcher done channel triggered", Happening::WatcherDone),
        ("starting auth handler", Happening::Starting),
        ("auth handler stopped", Happening::Stopping),
        ("shutdown triggered", Happening::Stopping),
        ("invalid token found", Happening::Noted),
        ("auth method found new credentials", Happening::Noted),
    ];
    if record.says("error renewing token") {
        return Happening::RenewFailed;
    }
    if record.level == Level::Error {
        return login_failed(record);
    }
    let plain = PLAIN.into_iter().find(|(message, _)| record.says(message));
    plain.map_or(Happening::Nothing, |(_, happening)| happening)
}

fn login_failed(record: &Record) -> Happening {
    let text = record.text();
    if cause::is_shutdown(&text) {
        return Happening::Nothing;
    }
    Happening::LoginFailed(cause::of_login(&text).or(record.is_whole().then_some(Class::Unknown)))
}

fn template_server(record: &Record) -> Happening {
    if record.says("starting template server") || record.says("template server received new token") {
        return Happening::Nothing;
    }
    if record.level != Level::Error || cause::is_shutdown(&record.text()) {
        return Happening::Nothing;
    }
    let text = record.text();
    if cause::is_fetch(&text) {
        return fetch(&text, record.is_whole(), true);
    }
    render_failed(&text, record.is_whole())
}

fn sink(record: &Record) -> Happening {
    if record.says("creating file sink") {
        return Happening::Starting;
    }
    if record.says("token written") {
        return Happening::SinkWritten;
    }
    if record.level == Level::Error && !cause::is_shutdown(&record.text()) {
        return Happening::SinkFailed(cause::of_sink(&record.text()));
    }
    Happening::Nothing
}

fn root(record: &Record) -> Happening {
    let text = record.text();
    if record.says("runtime error encountered") {
        return Happening::Exited(cause::of_exit(&text));
    }
    if record.says("(view)") {
        return view(record, &text);
    }
    if record.says("(runner) starting") {
        return Happening::RunnerStarting;
    }
    if let Some(paths) = text.strip_prefix("(runner) rendered ") {
        return rendered(paths);
    }
    if let Some(dependency) = text.strip_prefix("(runner) receiving dependency ") {
        return path(dependency).map_or(Happening::Nothing, Happening::Fetched);
    }
    let is_told_elsewhere =
        record.says("(runner) watcher reported error") || record.says("(runner) sending server error");
    let is_noteworthy = record.level == Level::Error
        || text.contains("is KVv2, assume not")
        || text.contains("renewer returned");
    if is_noteworthy && !is_told_elsewhere && !cause::is_shutdown(&text) {
        return Happening::Noted;
    }
    Happening::Nothing
}

fn view(record: &Record, text: &str) -> Happening {
    if text.ends_with("received data") || text.contains("successful contact") {
        return path(text).map_or(Happening::Nothing, Happening::Fetched);
    }
    if record.level == Level::Quiet || cause::is_shutdown(text) {
        return Happening::Nothing;
    }
    fetch(text, record.is_whole(), false)
}

fn fetch(text: &str, is_whole: bool, is_retold: bool) -> Happening {
    let attempt =
        text.rsplit_once("(retry attempt ").and_then(|(_, after)| after.split(' ').next()?.parse().ok());
    Happening::FetchFailed(Fetch {
        path: path(text).or_else(|| requested(text)).unwrap_or_default(),
        class: cause::of_fetch(text).or(is_whole.then_some(Class::Unknown)),
        attempt,
        is_retold,
    })
}

/// `secret/data/…` in `URL: GET http://vault:8200/v1/secret/data/…`.
fn requested(text: &str) -> Option<String> {
    let (_, after) = text.split_once("/v1/")?;
    after.split(|c: char| c.is_whitespace() || c == '"').next().map(evidence::one_line)
}

fn render_failed(text: &str, is_whole: bool) -> Happening {
    Happening::RenderFailed {
        template: template(text).map(evidence::one_line),
        class: cause::of_template(text).or(is_whole.then_some(Class::TemplateError)),
    }
}

/// The template an error is about, as it names it: before `: parse:`, or between the quotes of `"source" => "file"`.
fn template(text: &str) -> Option<&str> {
    if let Some((before, _)) = text.split_once("\" => \"") {
        return before.rsplit_once('"').map(|(_, source)| source);
    }
    let (before, _) = text.split_once(": parse: ").or_else(|| text.split_once(": execute: "))?;
    before.rsplit(['"', '=', ' ']).next()
}

/// `"source" => "file"`.
fn rendered(paths: &str) -> Happening {
    let (template, destination) = paths.split_once(" => ").unwrap_or((paths, ""));
    let unquoted = |quoted: &str| evidence::one_line(quoted.trim().trim_matches('"'));
    Happening::Rendered { template: unquoted(template), destination: unquoted(destination) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(line: &str) -> Happening {
        Happening::of(&Record::begin(&format!("2026-11-22T03:11:28.005Z {line}")).unwrap())
    }

    #[test]
    fn every_release_says_it_its_own_way() {
        assert_eq!(of("[INFO]  auth.handler: authenticating"), Happening::Authenticating);
        assert_eq!(
            of(
                "[INFO]  agent.auth.handler: authentication successful, sending wrapped token to sinks and pausing"
            ),
            Happening::LoggedIn
        );
        assert_eq!(
            of("[INFO]  agent.auth.handler: lifetime watcher done channel triggered, re-authenticating"),
            Happening::WatcherDone
        );
        assert_eq!(
            of("[ERROR] auth.handler: error renewing token: error=\"x\" backoff=1s"),
            Happening::RenewFailed
        );
        assert_eq!(
            of("[ERROR] agent.auth.handler: authentication returned nil auth info: backoff=1s"),
            Happening::LoginFailed(Some(Class::Unknown))
        );
        assert_eq!(
            of("[INFO]  agent: (runner) rendered \"/t.tpl\" => \"/out/.env\""),
            Happening::Rendered { template: "/t.tpl".into(), destination: "/out/.env".into() }
        );
    }

    #[test]
    fn a_read_names_its_path_and_its_count() {
        let line = "[WARN]  agent: (view) vault.read(secret/data/x): no secret exists at secret/data/x (retry attempt 3 after \"1s\")";
        let fetch = Fetch {
            path: "secret/data/x".into(),
            class: Some(Class::MissingSecret),
            attempt: Some(3),
            is_retold: false,
        };
        assert_eq!(of(line), Happening::FetchFailed(fetch));
    }

    #[test]
    fn a_render_error_names_its_template() {
        for (error, template) in [
            (r#""/t.tpl: parse: template: :3: unclosed action""#, "/t.tpl"),
            (r#""error rendering \"/t.tpl\" => \"/out/.env\": failed writing file: x""#, "/t.tpl"),
            (r#""(dynamic): execute: template: :1: map has no entry for key \"x\"""#, "(dynamic)"),
        ] {
            let line =
                format!("[ERROR] agent.template.server: template server error: error={error} backoff=1s");
            let Happening::RenderFailed { template: found, .. } = of(&line) else { panic!("{line}") };
            assert_eq!(found.as_deref(), Some(template), "{line}");
        }
    }

    #[test]
    fn what_stopping_interrupts_is_no_failure() {
        assert_eq!(
            of("[ERROR] agent.auth.handler: error authenticating: error=\"context canceled\" backoff=1s"),
            Happening::Nothing
        );
    }

    #[test]
    fn a_secret_id_file_that_stays_is_worth_a_line_and_no_more() {
        assert_eq!(
            of("[ERROR] agent.auth.approle: error removing secret ID file after reading: error=\"x\""),
            Happening::Noted
        );
    }

    #[test]
    fn last_words_are_recognised_and_answers_of_vault_are_not() {
        assert!(
            Happening::of_last_words("Error encountered during run, refer to logs for more details.")
                .is_some()
        );
        assert_eq!(
            Happening::of_last_words(
                "error creating file sink: error during write check: open /x: permission denied"
            ),
            Some(Happening::Exited(Some(Class::WriteFailed)))
        );
        assert_eq!(Happening::of_last_words("Error making API request."), None);
    }
}

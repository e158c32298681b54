//! Evenings with logs: one, many, and what is taken along from them.

use jiff::tz::{TimeZone, offset};
use jiff::{SignedDuration, Timestamp};
use vaultdeck::deck::LogLine;
use vaultdeck::model::fleet::Observation;
use vaultdeck::model::subject::Subject;
use vaultdeck::model::trouble::Trouble;
use vaultdeck::tui::app::{Effect, Message};

use super::fleet;
use super::stage::{self, Stage, stage};

#[test]
fn the_log_of_the_selected_host_opens_follows_and_is_searched() {
    stage()
        .press("4 G L")
        .shows("authentik-3 ▸ authentik-vault-agent-1")
        .logs(&[
            "[INFO] agent.auth.handler: starting auth handler",
            "[ERROR] error authenticating: no known secret ID",
        ])
        .shows("no known secret ID")
        .press("/ s e c r e t enter")
        .shows("/secret 1 line ")
        .shows("1 line with these words; N goes further up")
        .shows("stopped")
        .press("/ n o t h i n g enter")
        .shows("no line has these words")
        .press("esc esc")
        .shows("CONTAINERS");
}

#[test]
fn a_time_range_in_a_log_asks_for_the_log_anew() {
    let mut stage = stage();
    stage.press("4 G L 3").shows("last 15m");
    assert!(stage.asked().contains("since: Some(2026-11-22T13:47:11Z)"), "{}", stage.asked());
}

/// So many seconds before it is shown, from standard error.
fn said(seconds_ago: i64, text: &str) -> LogLine {
    let at: Timestamp = fleet::now() - SignedDuration::from_secs(seconds_ago);
    LogLine { at, stderr: true, text: text.to_owned() }
}

/// The agents of all three hosts, merged, in the middle of a night.
pub(super) fn three_agents(stage: &mut Stage) -> &mut Stage {
    stage.press("4 G L m").logged(a_minute_of_three_agents())
}

fn a_minute_of_three_agents() -> Vec<(usize, LogLine)> {
    vec![
        (0, said(95, "[INFO]  agent.auth.handler: renewed auth token")),
        (
            0,
            said(
                35,
                r#"[INFO]  agent: (runner) rendered "/vault/templates/.env.tpl" => "/vault/secrets/.env""#,
            ),
        ),
        (1, said(61, "[INFO]  agent.auth.handler: renewed auth token")),
        (
            1,
            said(
                34,
                r#"[WARN]  agent: (view) vault.read(secret/data/cwiq/shared/authentik/database): retry attempt 1 after "250ms""#,
            ),
        ),
        (
            1,
            said(
                33,
                r#"[INFO]  agent: (runner) rendered "/vault/templates/.env.tpl" => "/vault/secrets/.env""#,
            ),
        ),
        (2, said(80, "[INFO]  agent.auth.handler: authenticating")),
        (2, said(79, "[ERROR] agent.auth.handler: error authenticating:")),
        (2, said(79, "  | URL: PUT https://vault.example:8200/v1/auth/approle/login")),
        (2, said(79, "  | Code: 400. Errors:")),
        (2, said(79, "  | * invalid role or secret ID")),
        (2, said(20, "[INFO]  agent.auth.handler: authenticating")),
        (
            2,
            said(
                19,
                r#"[ERROR] agent.auth.handler: error getting path or data from method: error="no known secret ID""#,
            ),
        ),
    ]
}

/// What was sent to the terminal's clipboard.
fn copied(stage: &mut Stage) -> String {
    let effects = stage.take_effects();
    let copied = effects.into_iter().find_map(|effect| match effect {
        Effect::CopyLog(text) => Some(text),
        _ => None,
    });
    copied.expect("nothing was copied")
}

#[test]
fn merged_logs_at_every_size() {
    for (width, height) in super::SIZES {
        let mut stage = stage().sized(width, height);
        three_agents(&mut stage);
        super::snapshot(&format!("merged_{width}x{height}"), &stage);
    }
}

#[test]
fn one_key_widens_a_log_from_a_container_to_everything_and_back() {
    let mut stage = stage();
    stage.press("4 G L").shows("authentik-3 ▸ authentik-vault-agent-1").hides("logs following");
    stage.press("m").shows("every host ▸ agent").shows("3 logs following");
    stage.press("m").shows("authentik-3 ▸ every container").shows("3 logs following");
    stage.press("m").shows("every host ▸ every container").shows("9 logs following");
    assert_eq!(stage.followed().requests.len(), 9);
    stage.press("m").shows("authentik-3 ▸ authentik-vault-agent-1");
    assert_eq!(stage.followed().requests.len(), 1);
}

#[test]
fn lines_of_several_hosts_stand_in_the_order_of_their_times_each_with_its_name() {
    let mut stage = stage();
    stage.press("4 G L m").logged(vec![(2, said(10, "third")), (0, said(30, "first"))]);
    stage.logged(vec![(1, said(20, "second"))]);
    let text = stage.text();
    let lines: Vec<&str> = text.lines().filter(|line| line.contains("/agent")).map(str::trim).collect();
    assert_eq!(
        lines,
        [
            "14:01:41    authentik-1/agent  first",
            "14:01:51    authentik-2/agent  second",
            "14:02:01    authentik-3/agent  third"
        ]
    );
}

#[test]
fn a_log_is_chosen_from_a_list_that_opens_at_the_one_that_is_open() {
    let mut stage = stage();
    stage.press("4 G L m c").shows("which log").shows("every host   every container");
    stage.press("g enter").shows("every host ▸ every container").shows("9 logs following");
    stage.press("c j j enter").shows("every host ▸").shows("3 logs following");
}

#[test]
fn a_host_that_answers_late_joins_the_merged_log_and_what_is_there_stays() {
    let mut scene = fleet::of_hosts(3);
    let of_third =
        |observation: &Observation| observation.subject == Subject::Containers("authentik-3".to_owned());
    let late: Vec<_> = scene.observations.extract_if(.., |observation| of_third(observation)).collect();
    let mut stage = stage::with(scene);
    stage.press("4 g L m").shows("2 logs following").logged(vec![(0, said(9, "early"))]);
    let number = stage.followed().number;
    stage.take(Message::Observed(late));
    stage.judge();
    stage.shows("3 logs following").shows("early");
    let joined = stage.followed();
    assert_eq!((joined.number, joined.first, joined.requests.len()), (number, 2, 1));
}

#[test]
fn a_host_whose_log_cannot_be_read_is_named_below_those_that_can() {
    let mut stage = stage();
    three_agents(&mut stage);
    let number = stage.followed().number;
    let trouble = Trouble::new("cannot read the log").because("no route to host");
    stage.take(Message::LogEnded(number, 1, Some(trouble)));
    stage.shows("2 of 3 logs").shows("✗ authentik-2/agent: cannot read the log: no route to host");
    stage.shows("no known se…");
}

#[test]
fn levels_are_told_by_a_sign_and_counted() {
    let mut stage = stage();
    three_agents(&mut stage).shows("✗ 2   ! 1");
    stage.shows("✗ authentik-3/agent  [ERROR]").shows("! authentik-2/agent  [WARN]");
    stage.shows("  authentik-3/agent    | * invalid role").shows("  authentik-1/agent  [INFO]");
}

#[test]
fn an_operator_walks_from_error_to_error_and_searches_on_from_there() {
    let mut stage = stage().sized(80, 24);
    three_agents(&mut stage);
    let filler =
        (0..60).map(|second| (0, said(3 * 3600 - second, "[INFO]  agent: (runner) creating watcher")));
    stage.press("4 G L m").logged(filler.collect()).logged(a_minute_of_three_agents());
    stage.press("E").shows("72 of 72");
    stage.press("E").shows("69 of 72").press("E").shows("63 of 72");
    stage.press("E").shows("from the bottom again").shows("72 of 72");
    stage.press("e").shows("from the top again").shows("63 of 72");
    stage.press("/ c r e a t i n g enter n").shows("from the top again").shows("1 of 72");
    stage.press("e").shows("63 of 72").shows("stopped");
}

#[test]
fn where_there_is_no_error_the_key_says_so() {
    let mut stage = stage();
    stage.press("4 g L").logs(&["[INFO] well"]).press("e").shows("no error and no warning in these lines");
    stage.press("n").shows("nothing is searched for");
    stage.press("/ z z enter n").shows("no line has these words");
}

#[test]
fn selected_lines_are_sent_to_the_terminal_with_their_times_and_names() {
    let mut stage = stage();
    three_agents(&mut stage).press("v k k").shows("3 selected").shows("▌14:01:38");
    stage.press("y").shows("3 lines sent to your terminal, not verified").hides("selected");
    assert_eq!(
        copied(&mut stage),
        "2026-11-22T14:01:38.000Z authentik-2/agent [INFO]  agent: (runner) rendered \
         \"/vault/templates/.env.tpl\" => \"/vault/secrets/.env\"\n\
         2026-11-22T14:01:51.000Z authentik-3/agent [INFO]  agent.auth.handler: authenticating\n\
         2026-11-22T14:01:52.000Z authentik-3/agent [ERROR] agent.auth.handler: error getting path or data from \
         method: error=\"no known secret ID\"\n"
    );
}

#[test]
fn a_selection_is_given_up_before_anything_else() {
    let mut stage = stage();
    three_agents(&mut stage).press("/ r e n e w e d enter v k").shows("2 selected");
    stage.press("esc").hides("selected").shows("/renewed");
    stage.press("esc").hides("/renewed").shows("every host ▸ agent");
}

#[test]
fn what_was_selected_stays_selected_while_new_lines_come_in() {
    let mut stage = stage();
    three_agents(&mut stage).press("v k").shows("2 selected");
    stage.logged(vec![(0, said(200, "much older")), (1, said(1, "newest"))]).shows("2 selected");
    stage.press("y");
    let copied = copied(&mut stage);
    assert!(copied.contains("no known secret ID") && !copied.contains("newest"), "{copied}");
}

#[test]
fn what_no_terminal_would_take_is_not_sent_and_the_way_out_is_named() {
    let mut stage = stage();
    let long = "x".repeat(9_000);
    stage.press("4 g L").logs(&[long.as_str(); 9]).press("y");
    stage.shows("too long for a terminal's clipboard").shows("W saves them");
    assert!(!stage.take_effects().iter().any(|effect| matches!(effect, Effect::CopyLog(_))));
}

#[test]
fn a_log_is_saved_under_a_name_that_tells_what_it_is_and_the_path_is_said() {
    let mut stage = stage();
    three_agents(&mut stage).press("W").shows("saving 12 lines");
    let effects = stage.take_effects();
    let [Effect::SaveLog { name, text }] = effects.as_slice() else { panic!("{effects:?}") };
    assert_eq!(name, "every-host-agent-20261122T140211Z");
    assert_eq!(text.lines().count(), 12);
    stage.take(Message::LogSaved(Ok("/home/jane/.local/state/vaultdeck/logs/one.log".into())));
    stage.shows("saved, for you alone, as /home/jane/.local/state/vaultdeck/logs/one.log");
    stage.take(Message::LogSaved(Err(Trouble::new("cannot save the log").because("disk full"))));
    stage.shows("cannot save the log: disk full");
}

#[test]
fn a_secret_in_a_log_reaches_neither_screen_nor_clipboard_nor_file() {
    let mut stage = stage();
    let secrets = ["hvs.CAESIJlU5hm2kpbs3cOIQzQ3pYZRJ8Bn", "hunter2", "0f6b1c2d-aaaa-bbbb-cccc-0123456789ab"];
    stage.press("4 g L").logs(&[
        "token hvs.CAESIJlU5hm2kpbs3cOIQzQ3pYZRJ8Bn sent",
        "login password=hunter2 refused",
        r#"{"level": "info", "secret_id": "0f6b1c2d-aaaa-bbbb-cccc-0123456789ab"}"#,
    ]);
    stage.shows("token [hidden] sent").shows("password=[hidden] refused");
    stage.press("y");
    let copied = copied(&mut stage);
    stage.press("W");
    let saved = format!("{:?}", stage.take_effects());
    for secret in secrets {
        stage.hides(secret);
        assert!(!copied.contains(secret) && !saved.contains(secret), "{secret}");
    }
    stage.press("/").paste("hunter2").shows("/hunter2 0 lines");
}

#[test]
fn times_are_utc_until_the_operator_wants_their_own() {
    let mut stage = stage();
    stage.in_zone(TimeZone::fixed(offset(2)));
    stage.press("4 g L").logged(vec![(0, said(11, "renewed"))]).shows("14:02:00    renewed");
    stage.press("z").shows("times are +02").shows("16:02:00    renewed").without_notice().shows("+02");
    stage.press("y");
    assert_eq!(copied(&mut stage), "2026-11-22T16:02:00.000+02:00 renewed\n");
    stage.press("z").shows("times are UTC").shows("14:02:00    renewed");
}

#[test]
fn one_output_alone_can_be_asked_for() {
    let mut stage = stage();
    let quiet = LogLine { stderr: false, ..said(5, "from stdout") };
    let lines = || vec![(0, quiet.clone()), (0, said(4, "from stderr"))];
    stage.press("4 g L").logged(lines()).shows("from stdout").shows("from stderr");
    stage.press("f").logged(lines()).shows("only stderr").hides("from stdout").shows("from stderr");
    stage.press("f").logged(lines()).shows("only stdout").shows("from stdout").hides("from stderr");
    stage.press("f").logged(lines()).hides("only std").shows("from stdout").shows("from stderr");
}

#[test]
fn a_shared_screen_names_no_host_in_a_merged_log() {
    let mut stage = stage();
    three_agents(&mut stage).press("S").without_notice();
    stage.shows("host-3/agent").hides("authentik-3");
}

#[test]
fn asking_why_in_a_merged_log_is_about_the_host_of_the_line() {
    let mut stage = stage();
    three_agents(&mut stage).press("E E E r");
    stage.shows("looking again at").shows("authentik-2");
}

#[test]
fn two_hundred_hosts_are_merged_and_no_key_waits_for_them() {
    let mut stage = stage::with(fleet::of_hosts(200));
    stage.press("4 g L m m m").shows("600 logs following");
    let burst = |from: i64| {
        (0..500).map(move |number| {
            let source = usize::try_from(number * 7 % 600).unwrap();
            (source, said(9_000 - from - number / 3, "[INFO]  agent.auth.handler: renewed auth token"))
        })
    };
    for batch in 0..30 {
        stage.logged(burst(batch * 170).collect());
    }
    stage.shows("10000 of 10000").shows("5000 older dropped");
    stage.press("E").shows("no error and no warning in these lines");
}

#[test]
fn a_log_that_broke_off_goes_on_where_its_container_is_up_again() {
    let mut stage = stage();
    stage.press("4 G L").logs(&["[INFO] agent: starting"]).shows("following");
    let number = stage.followed().number;
    stage.take(Message::LogEnded(
        number,
        0,
        Some(Trouble::new("cannot read the log").because("no route to host")),
    ));
    stage.shows("no route to host").take_effects();
    let seen = fleet::of_hosts(3).observations;
    let of_third = |subject: &Subject| *subject == Subject::Containers("authentik-3".to_owned());
    let seen = seen.into_iter().find(|observation| of_third(&observation.subject)).unwrap();
    let failed = Observation { facts: Err(Trouble::new("no route to host")), ..seen.clone() };
    stage.take(Message::Observed(vec![failed]));
    assert_eq!(stage.take_effects(), []);
    stage.take(Message::Observed(vec![seen]));
    let followed = stage.followed().clone();
    assert_eq!((followed.number, followed.first, followed.anew), (number, 0, false));
    let last = fleet::now() + SignedDuration::from_nanos(1);
    assert_eq!(followed.requests[0].since, Some(last), "no line comes twice");
    stage.hides("no route to host").logs(&["[INFO] agent: and on"]).shows("starting").shows("and on");
}

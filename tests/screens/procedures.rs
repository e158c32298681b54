//! Evenings with the guided actions: the real app over the pretend fleet, keys in, and behind it the hand that acts.

use std::collections::BTreeMap;
use std::path::PathBuf;

use secrecy::ExposeSecret as _;
use tokio::runtime::Runtime;
use tokio::sync::mpsc::UnboundedReceiver;
use vaultdeck::config;
use vaultdeck::deck::{
    Carrier, Deck, Drill, Hand, Opened, Owner, PretendOptions, PretendTime, RunState, Switch,
};
use vaultdeck::model::exercise::Fault;
use vaultdeck::model::fleet::Observation;
use vaultdeck::model::run::{Entry, Errand, Next, Run, RunEvent};
use vaultdeck::model::runbook::Confirm;
use vaultdeck::model::subject::Subject;
use vaultdeck::model::trouble::Trouble;
use vaultdeck::tui::app::{Answer, Effect, Kept, KeptStory, Message, Prompted, Story, Wanted, Word};
use zeroize::Zeroizing;

use super::fleet;
use super::stage::{self, Stage};

/// The run of every picture.
const RUN: &str = "20261122-140211-3fa9";

/// An evening over a pretend fleet.
pub(super) struct Evening {
    pub(super) stage: Stage,
    runtime: Runtime,
    deck: Deck,
    hand: Hand,
    carrier: Option<(Carrier, UnboundedReceiver<Entry>)>,
    left: bool,
    /// The page of the tour that was kept last.
    pub(super) kept_page: Option<String>,
    /// What went to the terminal's clipboard.
    pub(super) sent: Vec<Effect>,
    folder: tempfile::TempDir,
    scenario: String,
}

/// The pretend fleet as it starts in a scenario.
pub(super) fn evening(scenario: &str) -> Evening {
    let folder = tempfile::tempdir().unwrap();
    over(scenario, folder.path().to_owned(), folder)
}

fn over(scenario: &str, path: PathBuf, folder: tempfile::TempDir) -> Evening {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let options = PretendOptions {
        documented: config::documented("demo").unwrap().deployment(Vec::new()),
        folder: Some(path),
        reset: false,
        scenario: Some(scenario.to_owned()),
        hosts: Some(3),
        time: PretendTime::Still(fleet::now()),
    };
    let Opened { deployment, deck, hand, .. } = runtime.block_on(async { Deck::pretend(options).unwrap() });
    let hand = hand.unwrap();
    let mut stage = stage::unopened();
    stage.take(Message::CanAct(Ok(hand.slots().clone())));
    stage.take(Message::Opened(Box::new(deployment)));
    let mut evening = Evening {
        stage,
        runtime,
        deck,
        hand,
        carrier: None,
        left: false,
        kept_page: None,
        sent: Vec::new(),
        folder,
        scenario: scenario.to_owned(),
    };
    evening.look();
    evening
}

impl Evening {
    pub(super) fn sized(mut self, width: u16, height: u16) -> Self {
        self.stage = self.stage.sized(width, height);
        self
    }

    /// Types keys; what they want of the outside is done at once.
    pub(super) fn press(&mut self, keys: &str) -> &mut Self {
        for key in keys.split_whitespace() {
            self.stage.press(key);
            self.settle();
        }
        self
    }

    /// Types words.
    pub(super) fn types(&mut self, words: &str) -> &mut Self {
        self.stage.paste(words);
        self
    }

    #[track_caller]
    pub(super) fn shows(&mut self, words: &str) -> &mut Self {
        self.stage.shows(words);
        self
    }

    #[track_caller]
    pub(super) fn hides(&mut self, words: &str) -> &mut Self {
        self.stage.hides(words);
        self
    }

    /// Opens an action of the list by its name, up to its form or its plan.
    pub(super) fn opens(&mut self, id: &str) -> &mut Self {
        self.press("7 /");
        for letter in id.chars() {
            self.press(&letter.to_string());
        }
        self.press("enter enter")
    }

    /// From a form to its plan, with everything as it stands there.
    pub(super) fn plans(&mut self, id: &str) -> &mut Self {
        self.opens(id);
        for _ in 0..12 {
            if self.stage.text().contains("plan ▸") {
                return self;
            }
            if self.stage.text().contains("hosts is not answered") {
                self.types("authentik-3").press("tab tab");
            }
            if self.stage.text().contains("version is not answered") {
                self.types("2");
            }
            self.press("enter");
        }
        panic!("no plan:\n{}", self.stage.text());
    }

    /// From the list to the end of the run, or to what it asks that is neither confirmed nor known.
    pub(super) fn runs(&mut self, id: &str) -> &mut Self {
        self.plans(id).press("enter");
        if self.stage.text().contains("type demo to confirm") {
            self.types("demo").press("enter");
        }
        if self.stage.text().contains("▸ cancel") {
            self.press("tab enter");
        }
        while self.stage.text().contains("▸ not yet") {
            self.press("right enter");
        }
        self
    }

    /// Everything that is looked at by the clock is seen.
    fn look(&mut self) {
        let periodic = self.deck.periodic().to_vec();
        let mut seen: BTreeMap<_, _> = BTreeMap::new();
        while !periodic.iter().all(|subject| seen.contains_key(subject)) {
            let observation = self.runtime.block_on(self.deck.observed()).unwrap();
            seen.insert(observation.subject.clone(), observation);
        }
        self.stage.take(Message::Observed(seen.into_values().collect()));
        self.stage.judge();
    }

    /// So many minutes pass in the pretend fleet, and everything is seen again.
    pub(super) fn minutes(&mut self, minutes: i64) -> &mut Self {
        self.drill().lets_pass(jiff::SignedDuration::from_mins(minutes)).unwrap();
        self.looks_again()
    }

    fn drill(&self) -> Drill {
        self.deck.drill().unwrap()
    }

    /// Everything is seen again, what is looked at only on demand too.
    pub(super) fn looks_again(&mut self) -> &mut Self {
        while let Some(observation) = self.deck.observed_already() {
            self.stage.take(Message::Observed(vec![observation]));
        }
        let mut awaited: Vec<_> = self.deck.periodic().iter().cloned().chain(self.deck.on_demand()).collect();
        for subject in &awaited {
            self.deck.refresh(subject);
        }
        while !awaited.is_empty() {
            let observation = self.runtime.block_on(self.deck.observed()).unwrap();
            awaited.retain(|subject| *subject != observation.subject);
            self.stage.take(Message::Observed(vec![observation]));
        }
        self.stage.at(self.deck.now());
        self.stage.judge();
        self
    }

    fn settle(&mut self) {
        for effect in self.stage.take_effects() {
            self.done(effect);
            self.settle();
        }
    }

    fn done(&mut self, effect: Effect) {
        let message = match effect {
            Effect::LoadRunbooks => Message::Shelved(config::runbooks(None)),
            Effect::Plan(number, wanted) => Message::Planned(number, self.plan(*wanted).map(Box::new)),
            Effect::Unlock => return self.hand.unlock(),
            Effect::Lock => return self.hand.lock(),
            Effect::Begin(plan) => {
                let carrier = self.hand.begin(*plan);
                return self.taken(carrier.map(|carrier| (carrier, None)));
            }
            Effect::TakeUp { id, back } => {
                let taken = self.hand.take_up(&id).map(|(mut carrier, torn)| {
                    if back {
                        carrier.turn_back().unwrap();
                    }
                    (carrier, torn)
                });
                return self.taken(taken);
            }
            Effect::Tell(word) => return self.told(word),
            Effect::Compare { number, path, older, newer } => {
                let versions = self.deck.versions().unwrap();
                let compared = self.runtime.block_on(versions.compare(&path, older, newer));
                Message::Compared(number, compared.map(super::secrets::same_every_evening))
            }
            Effect::ReadValue(number, wanted) => {
                let versions = self.deck.versions().unwrap();
                let value = versions.value(&wanted.path, wanted.version, &wanted.key);
                let value = self.runtime.block_on(value);
                Message::ValueRead(number, wanted, value)
            }
            Effect::Copy(_) | Effect::ClearClipboard => return self.sent.push(effect),
            Effect::RunAt(speed) => return self.drill().runs_at(speed),
            Effect::Break(faults) => {
                let broken = self.drill().breaks(&faults);
                self.stage.at(self.deck.now());
                Message::Drilled(broken)
            }
            Effect::Mend(faults) => Message::Drilled(self.drill().mends(&faults)),
            Effect::FindTour(_) => Message::TourFound(Ok(self.kept_page.clone())),
            Effect::KeepTour { page, .. } => return self.kept_page = Some(page),
            Effect::ListRuns => Message::Runs(self.listed()),
            Effect::ReadRun(id) => Message::Read(self.read(&id)),
            Effect::Refresh(Subject::Login) => Message::Observed(vec![self.looks_at(&Subject::Login)]),
            Effect::Quit => return self.left = true,
            _ => return,
        };
        self.stage.take(message);
        self.stage.judge();
    }

    /// One subject is looked at because the console asks.
    fn looks_at(&mut self, subject: &Subject) -> Observation {
        self.deck.refresh(subject);
        loop {
            let observation = self.runtime.block_on(self.deck.observed()).unwrap();
            if observation.subject == *subject {
                return observation;
            }
        }
    }

    /// Everything in it that differs from one evening to the next is made the same.
    fn plan(&self, wanted: Wanted) -> Result<vaultdeck::model::run::Plan, Trouble> {
        let runbook = wanted.runbook.clone();
        let mut plan = self.runtime.block_on(self.hand.plan(&runbook, &wanted.into()))?;
        let before = self.hand.runs().list()?.len();
        let run = if before == 0 { RUN.to_owned() } else { format!("20261122-1402{}-3fa9", 11 + before) };
        plan.run.clone_from(&run);
        plan.operator = "jane@ansible from 10.0.0.7".to_owned();
        let same = [("run", run.as_str()), ("operator", "jane@ansible"), ("control_host", "ansible")];
        for (slot, value) in same {
            plan.slots.insert(slot.to_owned(), value.to_owned());
        }
        Ok(plan)
    }

    fn taken(&mut self, taken: Result<(Carrier, Option<Trouble>), Trouble>) {
        match taken {
            Ok((mut carrier, torn)) => {
                let (_, recovered) = self.hand.runs().read(&carrier.run().plan.run).unwrap();
                let story = Story::of(carrier.run().clone(), &recovered.entries);
                let entries = carrier.watch();
                self.carrier = Some((carrier, entries));
                self.stage.take(Message::Taken(Ok((Box::new(story), torn))));
                self.settle();
                self.proceed();
            }
            Err(trouble) => self.stage.take(Message::Taken(Err(trouble))),
        }
    }

    fn told(&mut self, word: Word) {
        let Some((carrier, _)) = &mut self.carrier else { return };
        let taken = match word {
            Word::Answer(slot, Answer(answer)) => {
                carrier.answer(&slot, Zeroizing::new(answer.unwrap().expose_secret().to_owned()))
            }
            Word::Confirm(typed) => carrier.confirm(typed.as_deref()),
            Word::Decide(choice) => carrier.decide(choice),
            Word::Resume => carrier.resume("jane@ansible"),
            Word::TurnBack => carrier.turn_back(),
            Word::Pause => return,
        };
        match taken {
            Ok(()) => self.proceed(),
            Err(trouble) => self.stage.take(Message::Refused(trouble)),
        }
    }

    fn proceed(&mut self) {
        let Some((mut carrier, mut entries)) = self.carrier.take() else { return };
        let next = self.runtime.block_on(carrier.proceed(&Switch::default())).unwrap();
        let mut happened = Vec::new();
        while let Ok(entry) = entries.try_recv() {
            happened.push(entry);
        }
        let revealed: Vec<_> =
            carrier.run().errands().iter().filter_map(|errand| carrier.revealed(errand)).collect();
        self.stage.at(self.deck.now());
        if !matches!(next, Next::Ended { .. }) {
            self.carrier = Some((carrier, entries));
        }
        if !happened.is_empty() {
            self.stage.take(Message::Happened(happened));
        }
        for (title, value, seconds) in revealed {
            self.stage.take(Message::Revealed(title, value.as_str().into(), seconds));
        }
    }

    fn listed(&self) -> Result<Vec<Kept>, Trouble> {
        let runs = self.hand.runs().list()?;
        Ok(runs.into_iter().map(|listed| Kept { owner: None, listed }).collect())
    }

    fn read(&self, id: &str) -> Result<Box<KeptStory>, Trouble> {
        let (run, recovered) = self.hand.runs().read(id)?;
        let state = self.listed()?.into_iter().find(|kept| kept.listed.id == id).unwrap().listed.state;
        Ok(Box::new(KeptStory { story: Story::of(run, &recovered.entries), owner: None, state }))
    }

    /// The console dies, and another one is opened over the same fleet.
    pub(super) fn opened_again(self) -> Self {
        let path = self.folder.path().to_owned();
        let Self { folder, scenario, .. } = self;
        over(&scenario, path, folder)
    }
}

#[test]
fn an_operator_writes_the_policy_from_the_list_to_the_end() {
    let mut evening = evening("trouble");
    evening.press("7").shows("setup-policy").shows("writes, yes").press("j enter").shows("[ show the plan ]");
    evening.types("OPS-12").press("enter enter").shows("plan ▸ setup-policy").shows("because OPS-12");
    evening.shows("✓ holds").shows("vault policy read cwiq-shared-authentik-read").shows("added, reads");
    evening.press("enter").shows("run setup-policy on demo?").shows("▸ cancel");
    evening.press("right enter").shows("run ▸ setup-policy").shows("✓ done, 7 of 7");
    evening.press("q 8").shows(RUN).shows("OPS-12").press("enter").shows("✓ done, 7 of 7");
}

#[test]
fn enter_on_the_question_before_a_run_cancels_it() {
    let mut evening = evening("trouble");
    evening.plans("setup-policy").press("enter").shows("run setup-policy on demo?");
    evening.press("enter").hides("run setup-policy on demo?").shows("plan ▸ setup-policy");
    evening.press("8").shows("no runs yet");
}

#[test]
fn what_disturbs_asks_for_the_name_of_the_deployment() {
    let mut evening = evening("healthy");
    evening.plans("rotate-secret-key").press("enter").shows("type demo to confirm").shows("cannot be undone");
    evening.types("dmo").press("right enter").shows("the name that was typed is another one");
    evening.press("8").shows("type demo").press("esc").press("8").shows("no runs yet");
}

#[test]
fn a_finding_opens_the_action_that_helps() {
    let mut evening = evening("trouble");
    evening.press("tab enter").shows("x or enter opens the action").press("x").shows("[ show the plan ]");
}

/// Where each action is shown: the start of the fleet, and how far it goes.
pub(super) const SHOWN: [(&str, &str, Shown); 16] = [
    ("console-policy", "empty", Shown::Plan),
    ("setup-policy", "trouble", Shown::Run),
    ("setup-approle", "healthy", Shown::Plan),
    ("seed-secrets", "empty", Shown::Form),
    ("update-rds-endpoint", "healthy", Shown::Run),
    ("deploy", "healthy", Shown::Run),
    ("rotate-rds-password", "healthy", Shown::Run),
    ("rotate-secret-key", "healthy", Shown::Question),
    ("regenerate-secret-id", "trouble", Shown::Form),
    ("ansible-policy", "healthy", Shown::Plan),
    ("fix-agent-auth", "secret-id-expired", Shown::Run),
    ("fix-render", "half-rotation", Shown::Run),
    ("rollback-secret", "healthy", Shown::Plan),
    ("undelete-secret", "healthy", Shown::Form),
    ("verify-secrets", "healthy", Shown::Run),
    ("security-check", "trouble", Shown::Run),
];

/// How far an action goes for its picture.
#[derive(Debug, Clone, Copy)]
pub(super) enum Shown {
    Form,
    Plan,
    Question,
    Run,
}

/// An action as its picture shows it.
pub(super) fn shown(id: &str, scenario: &str, shown: Shown) -> Evening {
    let mut evening = evening(scenario);
    match shown {
        Shown::Form => evening.opens(id),
        Shown::Plan => evening.plans(id),
        Shown::Question => evening.plans(id).press("enter"),
        Shown::Run => evening.runs(id),
    };
    evening
}

#[test]
fn every_action_can_be_planned_and_read_on_a_small_screen() {
    for (id, scenario, _) in SHOWN {
        let mut evening = evening(scenario).sized(80, 24);
        evening.plans(id).shows("plan ▸").press("G").shows("↑");
    }
}

#[test]
fn a_secret_that_a_run_asks_for_is_masked_and_the_run_can_be_left_and_come_back_to() {
    let mut evening = evening("empty");
    evening.runs("seed-secrets").shows("the run asks").shows("written nowhere");
    evening.types("hunter2-hunter2").shows("•••••••••••••••▏").hides("hunter2");
    evening.press("esc").shows("? waits for your word").press("1").shows("? seed-secrets").hides("run ▸");
    evening.press("o").shows("run ▸ seed-secrets").shows("the run asks");
    evening
        .press("esc 1 ctrl-c")
        .shows("leave while run")
        .shows("▸ stay")
        .press("enter")
        .hides("leave while run");
    assert!(!evening.left);
    evening.press("q").shows("leave while run").press("tab enter");
    assert!(evening.left);
}

#[test]
fn a_run_that_was_left_is_found_again_and_undone() {
    let mut evening = evening("empty");
    evening.runs("seed-secrets").shows("the run asks").press("esc");
    let mut evening = evening.opened_again();
    evening.press("1").shows("! seed-secrets was left half-way").shows("8 leads to it");
    evening
        .press("8")
        .shows("! left")
        .shows("p goes on and u undoes it")
        .press("enter")
        .shows("run ▸ seed-secrets");
    evening
        .press("u")
        .shows("take run")
        .shows("jane@ansible from 10.0.0.7 began it")
        .press("enter")
        .hides("take run");
    evening.press("u tab enter").shows("✓ undone").press("q 8").shows("undone");
}

#[test]
fn the_list_tells_of_the_run_in_hand_what_its_page_tells_and_the_bar_names_only_keys_that_do_something() {
    let mut evening = evening("empty");
    evening.runs("seed-secrets").press("esc").shows("enter answer").hides("p pause").hides("p go on");
    evening.press("8").shows("carried by   this console").shows("o from anywhere").hides("must end before");
    evening.stage.take(Message::Happened(vec![Entry {
        at: fleet::now(),
        event: RunEvent::Paused { because: Trouble::new("the operator paused it") },
    }]));
    evening.shows("! paused").press("o").shows("‖            the operator paused it").hides("✗");
    evening.shows("p go on").hides("enter answer");
}

#[test]
fn a_password_that_was_given_and_is_refused_is_not_tried_for_a_quarter_of_an_hour() {
    let mut evening = evening("empty");
    evening.runs("seed-secrets").types("hunter2-hunter2").press("enter");
    evening
        .shows("how does it go on?")
        .shows("password authentication failed")
        .shows("decide later")
        .hides("try 2");
    let run = evening.hand.runs().read(RUN).unwrap().0;
    assert!(run.latest_at < fleet::now() + jiff::SignedDuration::from_mins(5), "{}", run.latest_at);
}

#[test]
fn a_step_that_is_tried_again_and_again_shows_for_how_long_it_may_be_while_somebody_carries_it() {
    let mut evening = evening("healthy");
    evening.runs("rotate-rds-password").press("q");
    let plan = evening.hand.runs().read(RUN).unwrap().0.plan;
    let errand = Errand { step: "applied".to_owned(), host: None };
    let events = [
        RunEvent::Confirmed { level: Confirm::Typed, step: None },
        RunEvent::Started { errand: errand.clone(), attempt: 1 },
        RunEvent::Output { errand, line: "try 4: password authentication failed".to_owned() },
    ];
    let now = evening.deck.now();
    let entries = events.map(|event| Entry { at: now, event });
    let mut run = Run::planned(now, plan);
    for entry in &entries {
        run.apply(entry);
    }
    let kept = |owner| {
        let story = Story::of(run.clone(), &entries);
        Message::Read(Ok(Box::new(KeptStory { story, owner, state: RunState::Running })))
    };
    evening.stage.take(kept(Some(Owner::here("jane@ansible", now))));
    evening.stage.at(now + jiff::SignedDuration::from_secs(12));
    evening.shows("12 s of 900 s").press("esc");
    evening.stage.take(kept(None));
    evening.hides("of 900 s");
}

#[test]
fn a_reset_puts_the_runs_of_the_old_fleet_away() {
    let mut evening = evening("trouble");
    evening.runs("setup-policy").press("q 8").shows(RUN);
    let mut evening = evening.opened_again();
    evening.press("8").shows(RUN);
    let path = evening.folder.path().to_owned();
    let Evening { folder, .. } = evening;
    over("healthy", path, folder).press("8").shows("no runs yet");
}

#[test]
fn a_failure_says_what_and_why_and_offers_how_to_go_on() {
    let mut evening = evening("trouble");
    evening.runs("fix-agent-auth").shows("how does it go on?").shows("▸ decide later").shows("undo so far");
    evening.press("enter").hides("how does it go on?").shows("because").shows("enter decides");
    evening.press("i").shows("log in to vault").press("esc").hides("log in to vault by");
    evening
        .press("enter")
        .shows("how does it go on?")
        .press("right right right right enter")
        .shows("✗ stopped");
}

#[test]
fn a_security_check_goes_to_its_end_and_shows_what_does_not_hold_with_what_was_seen() {
    let mut evening = evening("trouble");
    evening.runs("security-check").hides("how does it go on?").shows("of 30 assertions");
    evening.shows("asserts      the agent is logged in").shows("the agent is not logged in: no secret-id");
    let mut evening = self::evening("healthy");
    evening
        .runs("security-check")
        .shows("✓ done")
        .press("g")
        .shows("holds")
        .shows("seen         token_ttl is 1h00m");
}

#[test]
fn a_plan_says_what_the_token_may_not_and_does_not_begin() {
    let evening = evening("trouble");
    let file = evening.folder.path().join("demo.json");
    let kept = std::fs::read_to_string(&file).unwrap();
    let lacking = kept.replace(r#""lacks":["#, r#""lacks":["auth/token/create","#);
    assert_ne!(kept, lacking);
    std::fs::write(file, lacking).unwrap();
    let mut evening = evening.opened_again();
    evening.plans("setup-policy").shows("✗ fails").shows("your token may not update auth/token/create");
    evening
        .shows("log in with an administrator's")
        .shows("✓ holds      your token may update sys/capabilities");
    evening.shows("✗ it cannot begin: 1 of what it requires does not hold");
    evening
        .press("enter")
        .shows("it cannot begin: your token may not update")
        .hides("run setup-policy on demo?");
    let mut evening = evening.sized(80, 24);
    evening.press("r").shows("✗ fails").shows("log in with an administrator's").hides("enter go on");
}

#[test]
fn a_read_only_deployment_is_unlocked_explicitly_and_for_one_run() {
    let mut evening = evening("healthy");
    evening.stage.becomes_prod();
    evening.shows("PROD read-only").plans("setup-policy").press("enter");
    evening
        .shows("read-only; unlock it for this run?")
        .press("enter")
        .shows("plan ▸")
        .shows("PROD read-only");
    evening.press("enter right enter").shows("it is not confirmed").shows("PROD read-only");
    evening.types("demo").press("enter").shows("PROD UNLOCKED").shows("run setup-policy on demo?");
    evening.press("right enter").shows("✓ done").shows("PROD read-only");
}

#[test]
fn an_answer_that_is_not_taken_says_why_below_its_question() {
    let mut evening = evening("healthy");
    evening.opens("fix-render").types("authentik-9").press("tab tab enter");
    evening.shows("✗ `authentik-9` is not accepted").shows("[ show the plan ]");
}

#[test]
fn the_list_is_read_at_every_size() {
    for (width, height) in super::SIZES {
        let mut evening = evening("healthy").sized(width, height);
        super::snapshot(&format!("actions_{width}x{height}"), &evening.press("7").stage);
        super::snapshot(&format!("plan_{width}x{height}"), &evening.plans("rotate-rds-password").stage);
        evening.press("esc esc");
        super::snapshot(&format!("run_{width}x{height}"), &evening.runs("setup-policy").stage);
    }
}

#[test]
fn what_a_program_asks_is_masked_and_never_put_under_the_fingers_of_somebody_who_types() {
    let mut evening = evening("healthy");
    let asks =
        |text: &str| Prompted { asker: "ansible-playbook".to_owned(), text: text.to_owned(), hidden: true };
    evening.press("4 / a");
    evening.stage.take(Message::Prompted(Some(asks("BECOME password:"))));
    evening.hides("BECOME").press("enter").shows("ansible-playbook asks").shows("BECOME password:");
    evening.types("hunter2").shows("•••••••▏").hides("hunter2");
    assert!(
        evening
            .stage
            .press("enter")
            .asked()
            .contains("AnswerPrompt(Answer(Some(SecretBox<str>([REDACTED]))))")
    );
    evening.hides("BECOME");
    evening.stage.take(Message::Prompted(Some(asks("Vault password:"))));
    evening.shows("Vault password:");
    evening.stage.take(Message::Prompted(None));
    evening.hides("Vault password:");
}

#[test]
fn nothing_is_restarted_while_a_rotation_is_half_done() {
    let mut evening = evening("half-rotation");
    evening.opens("fix-render").types("authentik-1").press("enter enter enter");
    evening.shows("✗ fails").shows("another run holds cwiq/shared/authentik/database");
    evening.press("enter").shows("it cannot begin");
}

#[test]
fn server_and_worker_are_not_restarted_onto_a_login_that_fails() {
    let mut evening = evening("healthy");
    evening.drill().breaks(&[Fault::DriftDatabaseAddress]).unwrap();
    evening.looks_again();
    evening
        .runs("fix-render")
        .shows("✗ log in to t")
        .shows("the name does not resolve")
        .shows("· restart ser");
}

#[test]
fn a_plan_warns_only_of_what_its_answers_lead_to() {
    let mut evening = evening("healthy");
    evening.plans("rotate-rds-password").shows("1 cannot be undone").press("enter");
    evening.shows("cannot be undone: ").hides("restart by the documented playbook");
}

#[test]
fn that_one_run_goes_at_a_time_is_said_before_a_form_is_filled_in() {
    let mut evening = evening("empty");
    evening.runs("seed-secrets").shows("the run asks").press("esc 7");
    evening.opens("setup-policy").shows("is in hand (o); one at a time");
}

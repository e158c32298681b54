//! Orders as runbooks give them, and the real executor before doors that lead to servers of the test.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use vaultdeck::config::Surroundings;
use vaultdeck::exec::child::Children;
use vaultdeck::exec::{Doors, Failure, Held, Lines, LiveExecutor, Order, Prompts, Reply, Target};
use vaultdeck::exec::{Executor, Prompt};
use vaultdeck::model::command::CommandLine;
use vaultdeck::model::runbook::Content;
use vaultdeck::model::trouble::Trouble;
use vaultdeck::world::postgres::Direct;
use vaultdeck::world::process::Environment;
use vaultdeck::world::rds::{AwsFiles, Rds};
use vaultdeck::world::vault::Vault;
use zeroize::Zeroizing;

/// A secret that must stand nowhere but in the body of a request.
pub const CANARY: &str = "canary-9a3e";

/// Where an order's file would be.
pub const FILE: &str = "/dev/shm/vaultdeck-test/one";

/// An order for a command; it holds `${SECRET}`, and `{file}` is filled.
pub fn order(command: &str) -> Order {
    let command: CommandLine = command.parse().unwrap();
    let line = command.fill(&|slot: &str| (slot == "file").then_some(FILE)).unwrap();
    Order {
        run: "r1".to_owned(),
        held: Held::default().and("SECRET", Zeroizing::new(CANARY.to_owned())),
        ..Order::of_words(line, command.route(), Target::Process, Duration::from_secs(20))
    }
}

/// The same with something on its standard input.
pub fn with_stdin(order: Order, stdin: &Content) -> Order {
    Order { stdin: Some(stdin.fill(&|_: &str| None).unwrap()), ..order }
}

/// The real executor; whatever it asks is answered so, or refused.
pub struct Acting {
    executor: LiveExecutor,
    lines: Lines,
    printed: tokio::sync::mpsc::UnboundedReceiver<(usize, String)>,
}

impl Acting {
    /// Before these doors. Must be called inside a tokio runtime.
    pub fn through(vault: Vault, rds: Rds, account: Option<&str>, answer: Option<&'static str>) -> Self {
        let (prompts, mut asked) = Prompts::new();
        tokio::spawn(async move {
            while let Some(prompt) = asked.recv().await {
                let prompt: Prompt = prompt;
                if let Some(answer) = answer {
                    prompt.answer(Zeroizing::new(answer.to_owned()));
                }
            }
        });
        let environment = Environment::of(&Surroundings::here().unwrap());
        let executor = LiveExecutor::behind(Doors {
            vault: Arc::new(vault),
            rds: Arc::new(rds),
            account: account.map(str::to_owned),
            database: Arc::new(Direct),
            children: Children::new(Vec::new(), environment, prompts.clone()),
            prompts,
        });
        let (lines, printed) = Lines::new(0);
        Self { executor, lines, printed }
    }

    /// Carries an order out.
    pub async fn carry_out(&self, order: &Order) -> Result<Reply, Failure> {
        self.executor.execute(order, &self.lines).await
    }

    /// Logs in again where the token is dead.
    pub async fn logged_in_anew(&self) -> Result<bool, Trouble> {
        self.executor.logged_in_anew(&self.lines).await
    }

    /// What was said meanwhile.
    pub fn said(&mut self) -> Vec<String> {
        std::iter::from_fn(|| self.printed.try_recv().ok()).map(|(_, line)| line).collect()
    }
}

/// A Vault that nobody will speak to.
pub fn no_vault() -> Vault {
    crate::vault::vault_at("http://127.0.0.1:1", &[])
}

/// An AWS that nobody will speak to.
pub fn no_aws() -> Rds {
    let settings = vaultdeck::config::documented("documented").unwrap().rds;
    let nowhere = Path::new("/nonexistent");
    Rds::new(&settings, AwsFiles { config: nowhere.join("config"), credentials: nowhere.join("credentials") })
}

//! The pretend fleet's side of the port [`Executor`]: what a command changes, the probes see.

mod child;
mod database;

use std::sync::Arc;

use async_trait::async_trait;

use super::serve;
use super::stage::Stage;
use crate::exec::vault::{self, Request, Response, Server};
use crate::exec::{Executor, Failure, Lines, Order, Reply};
use crate::model::command::Route;
use crate::model::runbook::Answer;
use crate::model::trouble::{Trouble, TroubleKind};

/// Carries commands out on the pretend fleet.
pub(super) struct PretendExecutor(Arc<Stage>);

impl PretendExecutor {
    pub(super) fn of(stage: &Arc<Stage>) -> Arc<dyn Executor> {
        Arc::new(Self(Arc::clone(stage)))
    }
}

#[async_trait]
impl Executor for PretendExecutor {
    async fn execute(&self, order: &Order, lines: &Lines) -> Result<Reply, Failure> {
        self.0.on_its_way().await;
        match order.route {
            Route::Vault => vault::carry_out(self, order).await,
            Route::Aws => database::aws(&self.0, order),
            Route::Postgres => database::psql(&self.0, order),
            Route::Child => child::carry_out(&self.0, order, lines),
        }
    }

    /// Nothing is written there: what the file would hold stays in memory.
    fn file_path(&self, run: &str, what: &str) -> String {
        format!("/dev/shm/vaultdeck-demo/{run}-{}", what.replace(' ', "-"))
    }
}

#[async_trait]
impl Server for PretendExecutor {
    async fn send(&self, request: Request) -> Result<Response, Failure> {
        if self.0.see(|pretend| !pretend.vault.up) {
            let trouble =
                Trouble::new("cannot reach vault").because("connection refused: nothing listens there");
            return Err(Failure::before_the_act(trouble.kind(TroubleKind::Unreachable)));
        }
        let deployment = &self.0.deployment;
        let answered = self.0.act(|pretend| serve::answer(pretend, deployment, &request));
        answered.map_err(Failure::in_the_act)
    }
}

/// An answer of a child or of the database.
fn said(output: impl Into<String>) -> Reply {
    Reply { answer: Answer { output: output.into(), ..Answer::default() }, ..Reply::default() }
}

/// A failure of a child or a refusal of the database, after which nothing has changed.
fn refused(status: i32, errors: impl Into<String>) -> Reply {
    let answer = Answer { errors: errors.into(), status, ..Answer::default() };
    Reply { answer, refused: true, ..Reply::default() }
}

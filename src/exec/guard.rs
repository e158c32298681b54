//! The one place where writing is refused: every order of every run passes here.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;

use super::{Executor, Failure, Lines, Order, Reply};
use crate::model::trouble::{Trouble, TroubleKind};

/// Hands orders on, those that write only while it is unlocked.
pub struct Guard {
    inner: Arc<dyn Executor>,
    unlocked: AtomicBool,
}

impl Guard {
    /// A guard before an executor.
    pub fn before(inner: Arc<dyn Executor>, unlocked: bool) -> Self {
        Self { inner, unlocked: AtomicBool::new(unlocked) }
    }

    /// Lets orders that write pass, or refuses them.
    pub fn set_unlocked(&self, unlocked: bool) {
        self.unlocked.store(unlocked, Ordering::SeqCst);
    }
}

#[async_trait]
impl Executor for Guard {
    async fn execute(&self, order: &Order, lines: &Lines) -> Result<Reply, Failure> {
        if order.writes && !self.unlocked.load(Ordering::SeqCst) {
            let trouble = Trouble::new("this deployment is read-only")
                .because(format!("`{}` changes it", order.line))
                .hint("unlock it first: --unlock")
                .kind(TroubleKind::Denied);
            return Err(Failure::before_the_act(trouble));
        }
        self.inner.execute(order, lines).await
    }

    async fn logged_in_anew(&self, lines: &Lines) -> Result<bool, Trouble> {
        self.inner.logged_in_anew(lines).await
    }

    fn file_path(&self, run: &str, what: &str) -> String {
        self.inner.file_path(run, what)
    }
}

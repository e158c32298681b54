//! The real systems' side of the port [`Executor`]: each route has its door, and none of them starts a process but the last.
//!
//! ```text
//! Order ──route──▶ vault    ▶ HTTP, with the operator's token ──dead token──▶ log in again, once, then the same request
//!                  aws      ▶ SDK, with the credentials of the profile
//!                  psql     ▶ one connection, with the password of the order's own file
//!                  the rest ▶ a child, here or on a host
//! ```

mod aws;
mod postgres;
mod sign_in;
mod vault;

use std::sync::Arc;

use async_trait::async_trait;

use super::child::Children;
use super::vault::carry_out;
use super::{Executor, Failure, Lines, Order, Prompts, Reply};
use crate::model::command::Route;
use crate::model::trouble::Trouble;
use crate::world::postgres::Dial;
use crate::world::rds::Rds;
use crate::world::vault::Vault;

pub use sign_in::login_program;

use aws::Amazon;
use sign_in::WayBack;
use vault::Speaker;

/// The doors that orders go through.
pub struct Doors {
    /// Vault, with the operator's token.
    pub vault: Arc<Vault>,
    /// AWS, with the profile's credentials.
    pub rds: Arc<Rds>,
    /// Account that must be in use before anything is changed there; any when absent.
    pub account: Option<String>,
    /// The way to the database.
    pub database: Arc<dyn Dial>,
    /// Programs, here and on the hosts.
    pub children: Children,
    /// Where the question of a login goes.
    pub prompts: Prompts,
}

/// Carries commands out on the real systems.
pub struct LiveExecutor {
    way_back: WayBack,
    amazon: Amazon,
    database: Arc<dyn Dial>,
    children: Arc<Children>,
}

impl LiveExecutor {
    /// An executor behind these doors.
    pub fn behind(doors: Doors) -> Self {
        let children = Arc::new(doors.children);
        Self {
            way_back: WayBack::new(doors.vault, Arc::clone(&children), doors.prompts),
            amazon: Amazon::new(doors.rds, doors.account),
            database: doors.database,
            children,
        }
    }
}

#[async_trait]
impl Executor for LiveExecutor {
    async fn execute(&self, order: &Order, lines: &Lines) -> Result<Reply, Failure> {
        if sign_in::is_asked_for(order) {
            return self.way_back.walk(lines).await;
        }
        match order.route {
            Route::Vault => carry_out(&Speaker { way_back: &self.way_back, lines }, order).await,
            Route::Aws => self.amazon.carry_out(order).await,
            Route::Postgres => postgres::carry_out(&*self.database, order).await,
            Route::Child => self.children.execute(order, lines).await,
        }
    }

    async fn logged_in_anew(&self, lines: &Lines) -> Result<bool, Trouble> {
        self.way_back.where_dead(lines).await
    }

    fn file_path(&self, run: &str, what: &str) -> String {
        self.children.file_path(run, what)
    }
}

//! A shell inside a running container, fed a script on its standard input.

use std::time::Duration;

use bollard::container::LogOutput;
use bollard::errors::Error;
use bollard::exec::{CreateExecOptions, StartExecOptions, StartExecResults};
use futures_util::StreamExt;
use tokio::io::AsyncWriteExt;

use super::Engine;
use crate::model::trouble::{Trouble, TroubleKind};
use crate::world::clean;

/// A script that takes longer hangs.
const DEADLINE: Duration = Duration::from_secs(8);

/// Bytes of output that a script may have.
const LONGEST_OUTPUT: usize = 1024 * 1024;

/// What a script printed.
#[derive(Debug, Default)]
pub struct Printed {
    /// Standard output as it came.
    pub stdout: Vec<u8>,
    /// Standard error, cleaned.
    pub stderr: String,
}

impl Engine {
    /// Feeds a script to `sh -s` inside a container, as the container's root: a rendered file may be readable by
    /// nobody else.
    ///
    /// # Errors
    /// Trouble when the container does not run, has no shell, or the script does not end.
    pub async fn run_script(&self, container: &str, script: &[u8]) -> Result<Printed, Trouble> {
        let what = format!("cannot look inside {container}");
        match tokio::time::timeout(DEADLINE, self.feed(&what, container, script)).await {
            Ok(printed) => printed,
            Err(_) => Err(Trouble::new(what)
                .because(format!("a shell in it did not end within {} s", DEADLINE.as_secs()))
                .kind(TroubleKind::Unreachable)),
        }
    }

    async fn feed(&self, what: &str, container: &str, script: &[u8]) -> Result<Printed, Trouble> {
        let docker = self.reach().await?;
        let shell = CreateExecOptions {
            cmd: Some(vec!["sh", "-s"]),
            user: Some("0"),
            attach_stdin: Some(true),
            attach_stdout: Some(true),
            attach_stderr: Some(true),
            ..CreateExecOptions::default()
        };
        let made = self.answer(what, docker.api.create_exec(container, shell)).await?;
        let started = self.answer(what, docker.api.start_exec(&made.id, None::<StartExecOptions>)).await?;
        let StartExecResults::Attached { mut output, mut input } = started else {
            return Ok(Printed::default());
        };
        let fed = async {
            // a shell that ends early does not read all of it
            let _ = input.write_all(script).await;
            let _ = input.shutdown().await;
        };
        let mut printed = Printed::default();
        let mut complaint = Vec::new();
        let read = async {
            while let Some(piece) = output.next().await {
                match piece? {
                    LogOutput::StdErr { message } => complaint.extend_from_slice(&message),
                    piece => printed.stdout.extend_from_slice(piece.as_ref()),
                }
                if printed.stdout.len() + complaint.len() > LONGEST_OUTPUT {
                    break;
                }
            }
            Ok::<(), Error>(())
        };
        let ((), read) = tokio::join!(fed, read);
        self.answer(what, std::future::ready(read)).await?;
        printed.stderr = clean::block(&complaint);
        Ok(printed)
    }
}

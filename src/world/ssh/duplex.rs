//! A command on a host as a stream: what is written goes to its standard input, what is read is its standard output.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use openssh::{Child, ChildStdin, ChildStdout, Session, Stdio};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Ends the command's input when dropped.
pub struct Duplex {
    /// `None` once it was shut down: only a pipe that is closed tells the command that nothing follows.
    stdin: Option<ChildStdin>,
    stdout: ChildStdout,
    /// Kept for its channel.
    _child: Child<Arc<Session>>,
}

impl Duplex {
    pub(super) async fn start(session: Arc<Session>, command: &str) -> Result<Self, openssh::Error> {
        let mut command = Session::to_raw_command(session, command);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().await?;
        match (child.stdin().take(), child.stdout().take()) {
            (stdin @ Some(_), Some(stdout)) => Ok(Self { stdin, stdout, _child: child }),
            _ => Err(openssh::Error::Disconnected),
        }
    }
}

impl AsyncRead for Duplex {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stdout).poll_read(context, buffer)
    }
}

impl AsyncWrite for Duplex {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match &mut self.stdin {
            Some(stdin) => Pin::new(stdin).poll_write(context, bytes),
            None => Poll::Ready(Err(io::ErrorKind::BrokenPipe.into())),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.stdin {
            Some(stdin) => Pin::new(stdin).poll_flush(context),
            None => Poll::Ready(Ok(())),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stdin = None;
        Poll::Ready(Ok(()))
    }
}

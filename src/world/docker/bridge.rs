//! A socket on this machine whose every connection is one `docker system dial-stdio` on the host, over the one ssh
//! session.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::io::copy_bidirectional;
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Semaphore;
use tokio::task::{JoinHandle, JoinSet};

use crate::world::ssh::Connection;

/// sshd allows ten sessions on a connection by default (`MaxSessions`); two stay free for commands.
const AT_ONCE: usize = 8;

/// Serves until dropped.
pub(super) struct Bridge {
    path: PathBuf,
    serving: JoinHandle<()>,
}

impl Bridge {
    pub(super) fn open(connection: Arc<Connection>, command: String) -> io::Result<Self> {
        let path = connection.place_for_socket();
        let listener = UnixListener::bind(&path)?;
        let serving = tokio::spawn(serve(listener, connection, command));
        Ok(Self { path, serving })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Bridge {
    fn drop(&mut self) {
        self.serving.abort();
        let _ = std::fs::remove_file(&self.path);
    }
}

async fn serve(listener: UnixListener, connection: Arc<Connection>, command: String) {
    let turns = Arc::new(Semaphore::new(AT_ONCE));
    let mut carried = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        while carried.try_join_next().is_some() {}
        let Ok(turn) = Arc::clone(&turns).acquire_owned().await else { return };
        let (connection, command) = (Arc::clone(&connection), command.clone());
        carried.spawn(async move {
            carry(stream, &connection, &command).await;
            drop(turn);
        });
    }
}

/// Whoever uses the socket sees a failure as a closed connection and asks the host himself.
async fn carry(mut stream: UnixStream, connection: &Connection, command: &str) {
    if let Ok(mut far) = connection.start(command).await {
        let _ = copy_bidirectional(&mut stream, &mut far).await;
    }
}

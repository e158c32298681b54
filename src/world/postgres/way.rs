//! From where a database is reached: straight from the control host, or through a host's ssh connection, for an RDS
//! instance often lets in nobody but the hosts.

use std::io;
use std::sync::Arc;

use async_trait::async_trait;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};

use super::PATIENCE;
use crate::model::trouble::{Trouble, TroubleKind};
use crate::world::ssh::{Connection, FarEnd};

/// A two-way stream of bytes to a database, however it got there.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// From where a database is reached.
#[async_trait]
pub trait Dial: Send + Sync {
    /// Where from, for people: `control host`, or a host's name.
    fn from(&self) -> String;

    /// Opens a stream to an address as that place resolves it.
    ///
    /// # Errors
    /// Trouble when the name does not resolve, nobody listens, or nothing answers.
    async fn dial(&self, host: &str, port: u16) -> Result<Box<dyn Stream>, Trouble>;
}

/// Straight from the control host.
pub struct Direct;

/// Through a host's ssh connection. That nobody listens at the far end shows only as a connection that is closed at
/// once.
pub struct ThroughHost(pub Arc<Connection>);

#[async_trait]
impl Dial for Direct {
    fn from(&self) -> String {
        "control host".to_owned()
    }

    async fn dial(&self, host: &str, port: u16) -> Result<Box<dyn Stream>, Trouble> {
        within_patience(TcpStream::connect((host, port)), host, port).await
    }
}

#[async_trait]
impl Dial for ThroughHost {
    fn from(&self) -> String {
        self.0.destination().name.clone()
    }

    async fn dial(&self, host: &str, port: u16) -> Result<Box<dyn Stream>, Trouble> {
        let socket = self.0.forward(FarEnd::Port(host, port)).await?;
        within_patience(UnixStream::connect(socket), host, port).await
    }
}

async fn within_patience<S: Stream + 'static>(
    connecting: impl Future<Output = io::Result<S>>,
    host: &str,
    port: u16,
) -> Result<Box<dyn Stream>, Trouble> {
    let unreachable = Trouble::new(format!("cannot reach {host}:{port}")).kind(TroubleKind::Unreachable);
    match tokio::time::timeout(PATIENCE, connecting).await {
        Ok(Ok(stream)) => Ok(Box::new(stream)),
        Ok(Err(error)) => Err(unreachable.because(error)),
        Err(_) => Err(unreachable.because(format!("nothing answered within {} s", PATIENCE.as_secs()))),
    }
}

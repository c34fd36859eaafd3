//! A wire to PostgreSQL that can fall silent: the connection stays open, and nothing comes through any more.

use std::net::SocketAddr;
use std::path::PathBuf;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, UnixStream};
use tokio::sync::watch;

/// A wire; silent when told so.
#[derive(Debug)]
pub(crate) struct Wire {
    pub(crate) address: SocketAddr,
    silent: watch::Sender<bool>,
}

impl Wire {
    /// From a free TCP port to a Unix socket.
    pub(crate) async fn lay(socket: PathBuf) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let silent = watch::Sender::new(false);
        let told = silent.subscribe();
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let Ok(far) = UnixStream::connect(&socket).await else { continue };
                let ((from_near, to_near), (from_far, to_far)) = (near.into_split(), far.into_split());
                tokio::spawn(pump(from_near, to_far, told.clone()));
                tokio::spawn(pump(from_far, to_near, told.clone()));
            }
        });
        Self { address, silent }
    }

    /// Nothing comes through until told otherwise; nothing is closed.
    pub(crate) fn set_silent(&self, silent: bool) {
        self.silent.send_replace(silent);
    }
}

async fn pump(mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin, mut silent: watch::Receiver<bool>) {
    let mut buffer = vec![0; 16 * 1024];
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        if silent.wait_for(|silent| !silent).await.is_err() || to.write_all(&buffer[..length]).await.is_err() {
            return;
        }
    }
}

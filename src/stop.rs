//! Tells the loops of a running program to stop. Cheap to clone; once given it stays given.

use tokio::sync::watch;

/// One end that is told, many that wait.
#[derive(Debug, Clone)]
pub struct Stop(watch::Receiver<bool>);

/// Gives the word.
#[derive(Debug)]
pub struct Stopper(watch::Sender<bool>);

/// A pair; dropping the stopper also stops.
pub fn pair() -> (Stopper, Stop) {
    let (sender, receiver) = watch::channel(false);
    (Stopper(sender), Stop(receiver))
}

impl Stopper {
    /// Everyone who waits goes on, now and later.
    pub fn stop(&self) {
        self.0.send_replace(true);
    }
}

impl Stop {
    /// Whether the word was given.
    pub fn stopped(&self) -> bool {
        *self.0.borrow() || self.0.has_changed().is_err()
    }

    /// Returns once the word was given.
    pub async fn wait(&mut self) {
        // An error means that the stopper is gone, which also stops.
        let _ = self.0.wait_for(|stopped| *stopped).await;
    }
}

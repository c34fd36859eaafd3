//! What use cases may touch, passed by reference: the store, the clock and the office's zone.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use crate::channel::Channel;
use crate::clock::Clock;
use crate::ids::ChannelId;
use crate::store::Store;

/// The long-lived parts of one running program.
#[derive(Debug, Clone)]
pub struct Ctx {
    pub store: Store,
    pub clock: Clock,
    /// The office's zone, fixed when the database was set up.
    pub zone: Tz,
    /// Folder of the items and of the shipped years of the working calendar.
    pub content_dir: Arc<Path>,
    /// Names this run of the program in leases and attempts.
    pub boot: String,
    /// Where the results of calls are kept while the database cannot take them.
    pub spool: Arc<Path>,
}

/// A channel and its row.
#[derive(Debug, Clone)]
pub struct Line {
    pub id: ChannelId,
    pub channel: Channel,
    /// When updates last reached us, as it was last read from the row, in milliseconds since 1970: what is asked for with every
    /// batch of presses is asked of the database only now and then.
    pub heard: Arc<AtomicI64>,
}

impl Ctx {
    /// The present instant.
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }
}

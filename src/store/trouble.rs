//! What keeps a database from doing its work, as far as an operator can act on it.

use std::io::ErrorKind;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::{Result, StoreError};
use crate::domain::word::words;

words! {
    /// Why the database does not work. The words stand in `/readyz` and in logs.
    Trouble {
        DiskFull = "disk full",
        ReadOnly = "read-only",
        Busy = "busy: another program holds its lock",
        DiskError = "disk I/O error",
        Damaged = "damaged file",
        Gone = "no answer",
        /// Anything else, and what a repetition does not mend.
        Other = "error",
    }
}

/// Whether something failed at a commit and is not known to be over. Shared by all that use one open database.
#[derive(Debug, Clone, Default)]
pub(super) struct Failing(Arc<AtomicBool>);

impl Failing {
    /// Notes how a commit ended; one that went well says nothing of larger ones.
    pub(super) fn of(&self, committed: Result<()>) -> Result<()> {
        if committed.as_ref().is_err_and(|error| error.trouble() != Trouble::Other) {
            self.0.store(true, Ordering::Relaxed);
        }
        committed
    }

    pub(super) fn any(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    pub(super) fn over(&self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

impl StoreError {
    /// What kept the database from doing it.
    pub fn trouble(&self) -> Trouble {
        match self {
            Self::Io(error) => of_io(error),
            Self::Db(error) | Self::Migrate(sqlx::migrate::MigrateError::Execute(error)) => of_db(error),
            Self::Newer { .. }
            | Self::Older
            | Self::UnsafeSqlite(_)
            | Self::Constraint(_)
            | Self::Unreadable(_)
            | Self::KeyChanged { .. }
            | Self::Migrate(_) => Trouble::Other,
        }
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the standard library may add kinds")]
fn of_io(error: &std::io::Error) -> Trouble {
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Trouble::DiskFull,
        ErrorKind::FileTooLarge => Trouble::DiskError,
        ErrorKind::ReadOnlyFilesystem | ErrorKind::PermissionDenied => Trouble::ReadOnly,
        ErrorKind::ConnectionRefused
        | ErrorKind::ConnectionReset
        | ErrorKind::ConnectionAborted
        | ErrorKind::NotConnected
        | ErrorKind::BrokenPipe
        | ErrorKind::UnexpectedEof
        | ErrorKind::TimedOut
        | ErrorKind::HostUnreachable
        | ErrorKind::NetworkUnreachable
        | ErrorKind::NetworkDown => Trouble::Gone,
        _ => Trouble::Other,
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the library may add errors")]
fn of_db(error: &sqlx::Error) -> Trouble {
    match error {
        sqlx::Error::Database(error) => {
            let code = error.code().unwrap_or_default();
            // SQLite tells numbers, whose low byte is the kind; PostgreSQL five letters, the first two the class.
            match code.parse::<u32>() {
                Ok(number) if code.len() < 5 => of_sqlite(number & 0xff),
                Ok(_) | Err(_) => of_postgres(&code),
            }
        }
        sqlx::Error::Io(error) => of_io(error),
        sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed
        | sqlx::Error::Tls(_)
        | sqlx::Error::Protocol(_) => Trouble::Gone,
        _ => Trouble::Other,
    }
}

/// <https://sqlite.org/rescode.html>
const fn of_sqlite(kind: u32) -> Trouble {
    match kind {
        5 | 6 => Trouble::Busy,
        8 => Trouble::ReadOnly,
        10 | 14 => Trouble::DiskError,
        11 | 26 => Trouble::Damaged,
        13 => Trouble::DiskFull,
        _ => Trouble::Other,
    }
}

/// <https://www.postgresql.org/docs/current/errcodes-appendix.html>
fn of_postgres(code: &str) -> Trouble {
    match code {
        "53100" => Trouble::DiskFull,
        "25006" => Trouble::ReadOnly,
        "55P03" | "40P01" | "57014" => Trouble::Busy,
        "58030" => Trouble::DiskError,
        _ => match code.get(..2) {
            Some("08" | "57" | "53") => Trouble::Gone,
            Some("XX") => Trouble::Damaged,
            Some(_) | None => Trouble::Other,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_are_told_apart() {
        let kinds = [5, 6, 8, 10, 11, 13, 14, 26, 1].map(|kind| of_sqlite(kind).as_str());
        let texts = ["53100", "25006", "55P03", "58030", "57P01", "57P03", "08006", "53300", "XX001", "42601"];
        let shown = [kinds.join(" · "), texts.map(|code| of_postgres(code).as_str()).join(" · ")];
        insta::assert_snapshot!(shown.join("\n"), @r"
        busy: another program holds its lock · busy: another program holds its lock · read-only · disk I/O error · damaged file · disk full · disk I/O error · damaged file · error
        disk full · read-only · busy: another program holds its lock · disk I/O error · no answer · no answer · no answer · no answer · damaged file · error
        ");
        let io = |kind| StoreError::Io(std::io::Error::from(kind)).trouble();
        assert_eq!(io(ErrorKind::StorageFull), Trouble::DiskFull);
        assert_eq!(StoreError::Db(sqlx::Error::PoolTimedOut).trouble(), Trouble::Gone);
        assert_eq!(StoreError::Older.trouble(), Trouble::Other);
    }
}

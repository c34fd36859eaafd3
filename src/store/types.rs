//! How domain values stand in columns: instants as milliseconds, words by their spelling.

use chrono::{DateTime, Utc};
use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::postgres::PgQueryResult;
use sqlx::sqlite::SqliteQueryResult;
use sqlx::{Database, Decode, Encode, Type};

use super::StoreError;

/// An instant as it is stored: UTC milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, sqlx::Type, serde::Deserialize)]
#[sqlx(transparent)]
#[serde(transparent)]
pub struct At(pub i64);

impl At {
    /// The instant as a date and time. Values outside chrono's range cannot come from our clock and clamp to the epoch.
    pub fn utc(self) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(self.0).unwrap_or_default()
    }
}

impl From<DateTime<Utc>> for At {
    fn from(at: DateTime<Utc>) -> Self {
        Self(at.timestamp_millis())
    }
}

/// Stores a word enum by its `as_str` and reads it back by its `parse`; an unknown text is an error, not a guess.
macro_rules! stored_word {
    ($($name:path),+ $(,)?) => { $(
        impl<DB: Database> Type<DB> for $name
        where
            str: Type<DB>,
        {
            fn type_info() -> DB::TypeInfo {
                <str as Type<DB>>::type_info()
            }

            fn compatible(ty: &DB::TypeInfo) -> bool {
                <str as Type<DB>>::compatible(ty)
            }
        }

        impl<'q, DB: Database> Encode<'q, DB> for $name
        where
            &'q str: Encode<'q, DB>,
        {
            fn encode_by_ref(&self, buf: &mut DB::ArgumentBuffer) -> Result<IsNull, BoxDynError> {
                self.as_str().encode_by_ref(buf)
            }
        }

        impl<'r, DB: Database> Decode<'r, DB> for $name
        where
            &'r str: Decode<'r, DB>,
        {
            fn decode(value: DB::ValueRef<'r>) -> Result<Self, BoxDynError> {
                let text = <&str as Decode<'r, DB>>::decode(value)?;
                Self::parse(text).ok_or_else(|| crate::store::StoreError::Unreadable(text.to_owned()).into())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(from)?;
                Self::parse(&text).ok_or_else(|| serde::de::Error::custom(text))
            }
        }
    )+ };
}

stored_word!(
    crate::domain::alert::AlertKind,
    crate::domain::channel::ChannelKind,
    crate::domain::delivery::AttemptOutcome,
    crate::domain::delivery::Decision,
    crate::domain::delivery::DeliveryKind,
    crate::domain::delivery::DeliveryState,
    crate::domain::delivery::HaltCause,
    crate::domain::delivery::Removal,
    crate::domain::delivery::StopReason,
    crate::domain::delivery::TargetKind,
    crate::domain::leave::LeaveCategory,
    crate::domain::policy::Role,
    crate::domain::push::PushState,
    crate::domain::quiz::Score,
    crate::domain::word::AckMethod,
    crate::domain::schedule::Missed,
    crate::domain::schedule::MovedBy,
    crate::domain::schedule::OnHoliday,
    crate::domain::slot::MissReason,
    crate::domain::slot::OccurrenceState,
    crate::domain::word::Confirm,
    crate::domain::word::GroupState,
    crate::domain::word::InboundMode,
    crate::domain::word::ItemState,
    crate::domain::word::ScheduleState,
);

/// A list as one JSON parameter: `json_each` on SQLite, `json_array_elements` on PostgreSQL. Where the list holds lists and a
/// batch of presses waits, SQLite takes it apart by `jsonb_each`, which does not spell out each of them only to read it again.
pub(super) fn json<T: serde::Serialize + ?Sized>(list: &T) -> String {
    // Lists of numbers and texts always serialise.
    serde_json::to_string(list).unwrap_or_default()
}

/// What the database made into one JSON text. SQLite hands rows over one by one, each waking whoever waits for them; what is
/// asked for every batch of presses comes as one value. A row is a list of its columns.
pub(super) fn told<T: serde::de::DeserializeOwned>(text: &str) -> super::Result<T> {
    serde_json::from_str(text).map_err(|error| StoreError::Unreadable(error.to_string()))
}

/// What one statement added.
#[derive(Debug, Clone, Copy)]
pub(super) struct Added {
    pub(super) rows: u64,
    /// The id of the last row, where one writer numbers rows one after the other.
    last: Option<i64>,
}

impl Added {
    /// The id of the first row, when all of `wanted` rows were added and numbered in their order.
    pub(super) fn first(self, wanted: usize) -> Option<i64> {
        let wanted = i64::try_from(wanted).ok().filter(|wanted| u64::try_from(*wanted) == Ok(self.rows))?;
        Some(self.last? - wanted + 1)
    }
}

impl From<SqliteQueryResult> for Added {
    fn from(done: SqliteQueryResult) -> Self {
        Self { rows: done.rows_affected(), last: Some(done.last_insert_rowid()) }
    }
}

impl From<PgQueryResult> for Added {
    fn from(done: PgQueryResult) -> Self {
        Self { rows: done.rows_affected(), last: None }
    }
}

/// A text as it was stored; one that is none begins with a mark that no text of ours begins with.
pub(super) fn lossy(text: std::result::Result<String, std::string::FromUtf8Error>) -> String {
    text.unwrap_or_else(|error| format!("\u{fffd}{}", String::from_utf8_lossy(error.as_bytes())))
}

//! The stages of a run.

pub(crate) mod backups;
pub(crate) mod cluster;
pub(crate) mod compare;
pub(crate) mod faulty;
pub(crate) mod kills;
pub(crate) mod points;
pub(crate) mod setup;
pub(crate) mod stops;

//! Turns results into the forms people and programs take away: text, tables, JSON, CSV.

/// The plan as a calendar file.
pub mod ics;
/// Slips with binding codes, to print.
pub mod invites;
/// The month report in every form.
pub mod report;
/// CSV and XLSX in and out.
pub mod sheet;
/// Aligned tables for terminals.
pub mod table;

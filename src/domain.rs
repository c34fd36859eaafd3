//! Pure rules of the office: what is due, who is expected, what counts. Nothing here reads time, files or the network.

/// Text with the little formatting that every chat platform has.
pub mod rich;
/// Small words used by several rules: kinds of staff, confirmation modes.
pub mod word;

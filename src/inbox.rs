//! Inbound: a polled batch is stored with its acks in one transaction, then answered; what is not an ack waits in the
//! inbox and is worked through one by one. Nothing here decides: intents go to `office`, answers come from `message`.

/// Buttons that only admins use.
mod decide;
/// Stores a batch and answers its presses.
pub mod intake;
/// The polling loop.
pub mod poll;
/// Texts and other presses, worked through one by one.
pub mod work;

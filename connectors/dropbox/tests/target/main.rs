//! A Dropbox account as a target, against the simulator: what is written, what it costs in calls, and what faults do to it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod calls;
mod conflicts;
mod conformance;
mod faults;
mod hanging;
mod histories;
mod hostile;
mod kit;
mod lag;
mod large;
mod moved;
mod odd;
mod removal;
mod revisions;
mod room;

//! A Dropbox account as a source, against the simulator: what it holds, what it costs in calls, and what faults do to it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod calls;
mod conformance;
mod documents;
mod faults;
mod histories;
mod kit;
mod left_out;
mod odd;

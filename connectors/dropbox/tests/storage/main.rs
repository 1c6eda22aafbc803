//! A folder in a simulated account as the storage of stores.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod calls;
mod conformance;
mod crashes;
mod create;
mod damage;
mod faults;
mod hanging;
mod kit;
mod late;
mod stepping;

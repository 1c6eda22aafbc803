//! The HTTP side from outside: what is answered, to whom, and what is never answered.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod archives;
mod browsing;
mod content;
mod kit;
mod large;
mod memory;
mod restores;
mod safety;
mod trouble;

//! The program from outside: what it prints, how it ends, and what it leaves behind.

#![allow(clippy::unwrap_used)] // A test that meets what it did not expect should stop there.

mod auth;
mod bad_input;
mod demo;
mod interrupt;
mod rclone;
mod support;
mod terminal;
mod transcripts;

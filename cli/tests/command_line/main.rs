//! The program from outside: what it prints, how it ends, and what it leaves behind.

#![allow(clippy::unwrap_used)] // A test that meets what it did not expect should stop there.

mod auth;
mod bad_input;
mod beside;
mod demo;
mod dropbox;
mod dropbox_restore;
mod dropbox_store;
mod fidelity;
mod find;
mod full_disk;
mod fuse;
mod interrupt;
mod killed;
mod memory;
mod mount;
mod rclone;
mod safe;
mod support;
mod system_calls;
mod terminal;
mod transcripts;
mod ui;

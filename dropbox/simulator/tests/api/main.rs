//! The simulator as a client sees it, call by call.

mod basics;
mod control;
mod faults;
mod kit;
mod limits;
mod listing;
mod namespaces;
mod reading;
mod relocating;
mod sessions;
mod strictness;
mod tokens;
mod writing;
mod zips;

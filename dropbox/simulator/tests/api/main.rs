//! The simulator as a client sees it, call by call.

mod basics;
mod kit;

//! One suite of tests for each trait; every connector must pass its suites.

pub mod source;
pub mod storage;
pub mod target;

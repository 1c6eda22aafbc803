//! What tests of the program share.

pub mod normal;
pub mod sandbox;
pub mod transcript;

//! What tests of the program share.

pub mod dropbox;
pub mod normal;
pub mod random;
pub mod sandbox;
pub mod transcript;

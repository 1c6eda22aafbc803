//! stub
use crate::failure::Outcome;
use crate::workspace::Workspace;
/// Compare
#[derive(clap::Args)]
pub struct Arguments {}
pub fn run(_: Arguments) -> Outcome {
    Ok(())
}
pub fn smoke(_: &Workspace) -> Outcome {
    Ok(())
}

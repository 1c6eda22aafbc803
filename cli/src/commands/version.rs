//! `larder version`

use clap::Args;
use larder_model::Result;
use serde_json::json;

use super::Outcome;
use crate::{connectors, context::Context, remotes::Role};

/// Show the version, and what this program can back up, restore to and keep stores on
#[derive(Args)]
pub struct Version {}

impl Version {
    pub fn run(self, context: &Context) -> Result<Outcome> {
        let version = env!("CARGO_PKG_VERSION");
        let [sources, destinations, stores] = Role::ALL.map(connectors::supported);
        let people = format!(
            "larder {version}\nsources: {}\ndestinations: {}\nstores: {}",
            sources.join(", "),
            destinations.join(", "),
            stores.join(", ")
        );
        let json = json!({"version": version, "sources": sources, "destinations": destinations, "stores": stores});
        context.output.result(people, &json)?;
        Ok(Outcome::Done)
    }
}

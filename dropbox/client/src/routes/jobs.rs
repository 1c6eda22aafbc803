//! Batches that Dropbox may work off behind its back: launched, asked for, and waited for under the namespace's lock.

use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::reply::{entries, parse, strange};
use crate::client::{Call, Client, Route};
use crate::error::{Class, Error, Result};

/// How long to wait between looks: short first, since most jobs are.
const FIRST_LOOK: Duration = Duration::from_millis(200);
const LOOK_MAX: Duration = Duration::from_secs(5);

#[derive(Serialize)]
struct Poll<'a> {
    async_job_id: &'a str,
}

impl Client {
    /// Results come in the order of `items`.
    pub(super) fn run_job<T: DeserializeOwned>(
        &self,
        launch: &'static Route,
        look: &'static Route,
        argument: &impl Serialize,
        items: &[&str],
    ) -> Result<Vec<Result<T>>> {
        let _alone = self.lock_commits()?;
        let mut call = Call::new(launch, argument, "")?;
        call.is_locked = true;
        let mut state: Value = parse(&call, &self.run(&call)?)?;
        let mut job = String::new();
        let mut wait = FIRST_LOOK;
        loop {
            match state[".tag"].as_str() {
                Some("complete") => {
                    let results = entries(&call, &state, Some("metadata"), items.len())?;
                    return Ok(name(results, items));
                }
                Some("async_job_id") => job = state["async_job_id"].as_str().unwrap_or_default().to_string(),
                Some("in_progress") if !job.is_empty() => {}
                Some("failed") => return Err(Error::from_entry(launch.name, &state["failed"])),
                tag => return Err(strange(&call, &format!("the job has the tag {tag:?}"))),
            }
            self.sleep(wait)?;
            wait = (wait * 2).min(LOOK_MAX);
            // Whatever keeps us from looking, the job goes on.
            let looked = self.call(look, &Poll { async_job_id: &job }, "");
            state = looked.map_err(|error| match error.class() {
                Class::Interrupted | Class::Budget | Class::Credentials => error,
                _ => error.with_class(Class::Unclear),
            })?;
        }
    }
}

fn name<T>(results: Vec<Result<T>>, items: &[&str]) -> Vec<Result<T>> {
    let named = results.into_iter().zip(items);
    named.map(|(result, item)| result.map_err(|error| error.about(item))).collect()
}

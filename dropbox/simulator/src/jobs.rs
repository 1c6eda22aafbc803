//! Batches that become jobs: the work is done at once, but the answer is kept until it has been asked for often enough.

use std::collections::HashMap;

use serde_json::Value;

#[derive(Debug, Default)]
pub struct JobTable {
    jobs: HashMap<String, Job>,
}

#[derive(Debug)]
struct Job {
    /// The route that asks for it.
    route: &'static str,
    polls_left: u32,
    result: Value,
}

impl JobTable {
    pub fn add(&mut self, id: String, route: &'static str, polls: u32, result: Value) {
        self.jobs.insert(id, Job { route, polls_left: polls, result });
    }

    /// The result, or `Ok(None)` while it is in progress, or an error where there is no such job for this route.
    pub fn poll(&mut self, id: &str, route: &str) -> Result<Option<Value>, ()> {
        let job = self.jobs.get_mut(id).filter(|job| job.route == route).ok_or(())?;
        if job.polls_left > 0 {
            job.polls_left -= 1;
            return Ok(None);
        }
        Ok(Some(job.result.clone()))
    }
}

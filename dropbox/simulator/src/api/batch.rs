//! Batches: done at once, answered at once or as a job that is asked for.

use serde_json::{Value, json};

use super::refusal::Refusal;
use super::{Call, Outcome, Reply};

/// Answers a batch whose entries are done: with the result, or with the id of a job for the route that asks.
pub fn launch(call: &mut Call<'_>, check: &'static str, entries: Vec<Value>, force_async: bool) -> Outcome {
    let jobs = &mut call.world.options.jobs;
    let is_job = force_async || jobs.above.is_some_and(|above| entries.len() > above);
    let polls = jobs.polls;
    let mut result = json!({".tag": "complete", "entries": entries});
    if !is_job {
        return Ok(Reply::Json(result));
    }
    if jobs.failing > 0 {
        jobs.failing -= 1;
        result = json!({".tag": "failed", "failed": {".tag": "too_many_write_operations"}});
    }
    let id = format!("dbjid:{}", call.world.random.letters(43));
    call.world.jobs.add(id.clone(), check, polls, result);
    Ok(Reply::Json(json!({".tag": "async_job_id", "async_job_id": id})))
}

/// All `…/check` routes: a job is known to its own one only.
pub fn check(call: &mut Call<'_>) -> Outcome {
    let id = call.arg.name("async_job_id")?;
    call.end_of_arg()?;
    match call.world.jobs.poll(&id, call.route) {
        Ok(Some(result)) => Ok(Reply::Json(result)),
        Ok(None) => Ok(Reply::Json(json!({".tag": "in_progress"}))),
        Err(()) => Err(Refusal::tag("invalid_async_job_id")),
    }
}

pub fn success(mut fields: Value) -> Value {
    let mut entry = json!({".tag": "success"});
    if let (Some(entry), Some(fields)) = (entry.as_object_mut(), fields.as_object_mut()) {
        entry.append(fields);
    }
    entry
}

pub fn failure(problem: Value) -> Value {
    json!({".tag": "failure", "failure": problem})
}

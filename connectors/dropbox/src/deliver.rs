//! Content from Dropbox to the engine: many files side by side, small ones in zips, each verified before it counts.
//!
//! One thread leads: it plans, lets others fetch, tries what failed once more, and then asks for what has changed meanwhile, at most three
//! times, so that the snapshot is of one moment as far as Dropbox allows. Nothing is written to disk on the way; what is in flight is a
//! few pieces a thread.

mod fetch;
mod lead;
mod plan;
mod queue;
mod trial;
mod zipped;

use std::{sync::Arc, time::Duration};

use larder_connect::{Forecast, Take, Wanted};
use larder_model::Result;

use crate::{
    listing::{NodeId, State, TOP},
    source::Inner,
};
use lead::Lead;
use plan::{Job, Plan};
use queue::Queue;

/// Offers what is wanted to `take`, which calls for it as it pleases.
pub fn deliver(source: &Arc<Inner>, wanted: &Wanted, take: &mut Take) -> Result<()> {
    ask(source, wanted)?;
    let plan = plan_all(source);
    let queue = Queue::new(forecast(source, &plan));
    let lead = Lead::new(source, wanted, &queue);
    std::thread::scope(|scope| {
        scope.spawn(|| lead.run());
        // However it ends, the leader must not wait for somebody who takes no more.
        let _stop = queue.stop_at_end();
        take(&queue)
    })
}

/// Asks the engine about every file that it was not asked about yet.
fn ask(source: &Inner, wanted: &Wanted) -> Result<bool> {
    let nodes: Vec<NodeId> = {
        let session = source.session();
        let listing = &session.listing;
        let is_new = |node: &NodeId| {
            let state = listing.state(*node);
            state.has(State::ALIVE) && state.has(State::NOW) && !state.has(State::FOLDER) && !state.has(State::ASKED)
        };
        let mut nodes: Vec<NodeId> = (1..listing.len()).filter(is_new).collect();
        // Folder by folder and name by name, as they lie in the last snapshot.
        nodes.sort_unstable_by_key(|node| (listing.parent(*node), listing.name(*node)));
        nodes
    };
    let mut any = false;
    for node in nodes {
        let (path, entry) = {
            let session = source.session();
            (session.listing.path(node), session.listing.entry(node))
        };
        let is_wanted = match entry.filter(|entry| entry.meta.fingerprint.is_some()) {
            Some(entry) => wanted(&path, &entry)?,
            None => false,
        };
        let mut session = source.session_mut();
        session.listing.set(node, State::ASKED);
        if is_wanted {
            session.listing.set(node, State::WANTED);
        }
        any |= is_wanted;
    }
    Ok(any)
}

fn plan_all(source: &Inner) -> Plan {
    let zips = uses_zips(source);
    let session = source.session();
    let sums = plan::sums(&session);
    let mut plan = plan::plan(&session, &sums, TOP, zips, false);
    plan.sort(&sums);
    plan
}

/// Zips are off when the user said so, or when they did not hold what the listing says a while ago.
fn uses_zips(source: &Inner) -> bool {
    source.options.zip && source.session().zips_off_until.is_none_or(|until| until <= source.now_secs())
}

fn forecast(source: &Inner, plan: &Plan) -> Forecast {
    // And one to ask what has changed meanwhile.
    let calls = plan.jobs.len() as u64 + 1;
    let options = &source.options;
    let by_calls = calls as f64 / options.calls_a_second.max(0.001);
    let by_bytes = plan.bytes as f64 / options.bytes_a_second.max(1) as f64;
    Forecast { calls, files: plan.files, bytes: plan.bytes, time: Duration::from_secs_f64(by_calls.max(by_bytes)) }
}

/// Jobs for the files of a folder that are still wanted.
fn singly(source: &Inner, folder: NodeId) -> Vec<Job> {
    let session = source.session();
    let mut jobs = Vec::new();
    session.listing.walk(folder, &mut |node| {
        if plan::is_wanted(&session.listing, node) {
            jobs.push(Job::File(node));
        }
    });
    jobs
}

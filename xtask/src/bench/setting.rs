//! Under which conditions figures were taken: tools, machine, number of runs and size of the data.

use std::fs;

use serde_json::{Map, Value, json};

use super::peer::Peer;
use crate::failure::Outcome;
use crate::program::{command, output};

pub fn setting(peers: &[Peer], runs: u64, percent: u64) -> Outcome<Value> {
    let mut versions = Map::new();
    for peer in peers {
        versions.insert(peer.name.to_owned(), version(peer)?.into());
    }
    let processors = std::thread::available_parallelism().map_or(0, usize::from);
    Ok(json!({
        "versions": versions,
        "runs": runs,
        "percent": percent,
        "processors": processors,
        "processor": processor(),
        "kernel": file("/proc/sys/kernel/osrelease"),
    }))
}

/// The machine, in a line.
pub fn machine() -> String {
    let processors = std::thread::available_parallelism().map_or(0, usize::from);
    format!("{processors} processors, {}, Linux {}", processor(), file("/proc/sys/kernel/osrelease"))
}

/// The first line of what the program says about itself, its build apart.
fn version(peer: &Peer) -> Outcome<String> {
    let said = output(&mut command(&peer.program, peer.tool.version()))?;
    let line = said.lines().next().unwrap_or_default();
    let words: Vec<_> = line.split_whitespace().take(2).collect();
    Ok(words.join(" "))
}

fn processor() -> String {
    let info = file("/proc/cpuinfo");
    let model = info.lines().find_map(|line| line.strip_prefix("model name"));
    let name = model.and_then(|rest| rest.split_once(':')).map(|(_, name)| name.trim());
    name.unwrap_or("unknown processor").to_owned()
}

fn file(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_default().trim().to_owned()
}

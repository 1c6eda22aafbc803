//! `cargo xtask tidy`: the house rules that no compiler knows.
//!
//! One file a rule. A rule looks at the project's files, tracked or about to be, and returns findings; each finding
//! says where it is and what to do. Exceptions are tables in the rule's own file, with a reason a row, so that
//! granting one is a change that somebody reads.

mod environment;
mod finding;
mod generated;
mod heads;
mod layers;
mod leaks;
mod links;
mod packages;
mod panics;
mod rust_source;
mod scan;
mod tree;
mod unsafe_code;

use crate::failure::{Failure, Outcome};
use crate::workspace::Workspace;

use finding::Finding;
use tree::Tree;

/// Check the house rules: layers, unwrap, unsafe, links, module heads and more
#[derive(clap::Args)]
pub struct Arguments {}

type Rule = fn(&Tree) -> Outcome<Vec<Finding>>;

const RULES: &[(&str, Rule)] = &[
    ("generated files are fresh", generated::check),
    ("dependencies point down", layers::check),
    ("pure crates know no environment", environment::check),
    ("no unwrap", panics::check),
    ("no unsafe", unsafe_code::check),
    ("every module has a head", heads::check),
    ("links lead somewhere", links::check),
    ("nothing of this machine", leaks::check),
];

pub fn run(workspace: &Workspace, _: &Arguments) -> Outcome {
    check(workspace)
}

/// All rules, each on a line; fails when any rule found something.
pub fn check(workspace: &Workspace) -> Outcome {
    let tree = Tree::read(workspace)?;
    let mut count = 0;
    for (name, rule) in RULES {
        let findings = rule(&tree)?;
        println!("tidy: {name}: {}", verdict(findings.len()));
        findings.iter().for_each(|finding| println!("  {finding}"));
        count += findings.len();
    }
    if count == 0 {
        return Ok(());
    }
    Err(Failure::new(format_args!("tidy found {count} things to change")))
}

fn verdict(count: usize) -> String {
    match count {
        0 => "ok".to_owned(),
        count => format!("{count} found"),
    }
}

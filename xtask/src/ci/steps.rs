//! The steps of `ci`, in order: what is cheap and fails often comes first.
//!
//! The fuzz targets have no step of their own: their stored and random cases are ordinary tests of the crate `fuzz`.

use std::process::Command;

use super::{advisories, api, python, requirements, web};
use crate::failure::Outcome;
use crate::program::{command, run};
use crate::workspace::Workspace;
use crate::{bench, tidy};

/// One named part of `ci`.
pub struct Step {
    pub name: &'static str,
    pub about: &'static str,
    pub run: fn(&Workspace) -> Outcome,
}

pub const STEPS: &[Step] = &[
    Step { name: "requirements", about: "what the tests need from this machine", run: requirements::install },
    Step { name: "format", about: "cargo fmt --check", run: |workspace| cargo(workspace, "fmt --all --check") },
    Step {
        name: "clippy",
        about: "cargo clippy, warnings are errors",
        run: |workspace| cargo(workspace, "clippy --locked --keep-going --workspace --all-targets -- -D warnings"),
    },
    Step { name: "tidy", about: "the house rules", run: tidy::check },
    Step {
        name: "deny",
        about: "licences, bans and sources of dependencies",
        run: |workspace| cargo(workspace, "deny --locked check --hide-inclusion-graph licenses bans sources"),
    },
    Step { name: "advisories", about: "known defects of dependencies", run: advisories::check },
    Step { name: "web", about: "the pages: types, lint, tests, and the same build as committed", run: web::check },
    Step {
        name: "test",
        about: "unit, property, conformance, command-line and fuzz tests",
        run: |workspace| cargo(workspace, "nextest run --locked --workspace --profile ci --no-fail-fast"),
    },
    Step {
        name: "doc-test",
        about: "the examples in the documentation",
        run: |workspace| cargo(workspace, "test --locked --doc --workspace --no-fail-fast"),
    },
    Step {
        name: "release",
        about: "cargo build --release",
        run: |workspace| cargo(workspace, "build --locked --release"),
    },
    Step { name: "api", about: "the viewer's API against its description", run: api::check },
    Step { name: "browser", about: "the pages in Chromium, over the program", run: web::browser },
    Step { name: "reader", about: "the second reader restores the golden stores", run: python::second_reader },
    Step { name: "bench", about: "a smoke run of the benchmark", run: bench::smoke },
];

fn cargo(workspace: &Workspace, arguments: &str) -> Outcome {
    run(&mut in_root(workspace, "cargo", arguments))
}

fn in_root(workspace: &Workspace, program: &str, arguments: &str) -> Command {
    let mut command = command(program, arguments.split(' '));
    command.current_dir(&workspace.root);
    command
}

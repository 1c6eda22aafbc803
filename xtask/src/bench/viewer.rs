//! `cargo xtask bench viewer`: how quickly names are found among ten million, and folders of a million entries are opened.

mod answers;
mod client;
mod files;
mod search;

use std::path::PathBuf;

use super::{Base, page};
use crate::failure::Outcome;
use crate::workspace::Workspace;

/// Measure the search over all snapshots, and the answers of `larder ui`
#[derive(clap::Args)]
pub struct Arguments {
    /// What to measure
    #[arg(long, value_name = "PART", value_delimiter = ',', default_value = "search,answers")]
    parts: Vec<Part>,
    /// Entries of the listing that is searched
    #[arg(long, default_value_t = 10_000_000)]
    entries: u64,
    /// Files of each large folder
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(10_000..))]
    files: u64,
    #[command(flatten)]
    base: Base,
    /// Put the tables into search.md and performance.md of this folder, between their marks
    #[arg(long, value_name = "DOCS")]
    write: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Part {
    /// Queries to the search index
    Search,
    /// Requests to `larder ui`
    Answers,
}

pub fn run(arguments: &Arguments) -> Outcome {
    let workspace = Workspace::find()?;
    let base = arguments.base.folder()?;
    let write = |name: &str, mark: &str, table: &str| {
        println!("\n{table}");
        arguments.write.as_ref().map_or(Ok(()), |docs| page::write_section(&docs.join(name), mark, table))
    };
    if arguments.parts.contains(&Part::Search) {
        write("search.md", search::SECTION, &search::run(&workspace, &base.join("search"), arguments.entries)?)?;
    }
    if arguments.parts.contains(&Part::Answers) {
        write("performance.md", answers::SECTION, &answers::run(&workspace, &base.join("viewer"), arguments.files)?)?;
    }
    Ok(())
}

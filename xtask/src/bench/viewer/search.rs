//! How quickly names are found among ten million.
//!
//! The rows are measured by an example of `testkit`, which feeds a made-up listing to the search index as a walk would, and times queries
//! in its own process. A build from a store reads its pages beside that.

use std::path::Path;

use serde_json::Value;

use crate::failure::{Context, Outcome};
use crate::program::{command, output};
use crate::workspace::Workspace;

/// The marks in docs/search.md are `<!-- search:begin -->` and `<!-- search:end -->`.
pub const SECTION: &str = "search";

/// The table.
pub fn run(workspace: &Workspace, folder: &Path, entries: u64) -> Outcome<String> {
    let mut example = command("cargo", ["run", "--release", "--quiet", "--package", "larder-testkit", "--example"]);
    example.arg("search").arg("--").arg(folder).arg(entries.to_string());
    let figures = output(example.current_dir(&workspace.root))?;
    let rows: Vec<Value> =
        figures.lines().map(serde_json::from_str).collect::<Result<_, _>>().context("the figures of the example")?;
    Ok(section(&rows))
}

fn section(rows: &[Value]) -> String {
    let mut text = String::new();
    for build in rows.iter().filter(|row| row["build"].is_u64()) {
        let number = |key: &str| build[key].as_f64().unwrap_or_default();
        text += &format!(
            "{:.1} million entries: built in {:.1} s, {:.1} bytes each ({:.0} MiB), {:.0} MiB of memory; a later \
             snapshot is added in {:.1} s.\n\n",
            number("build") / 1e6,
            number("seconds"),
            number("bytes_each"),
            number("bytes") / f64::from(1 << 20),
            number("memory_kib") / 1024.0,
            number("later_seconds"),
        );
    }
    text += "| query | | hits | blocks | median | slowest | processor | pages |\n|---|---|---|---|---|---|---|---|\n";
    for row in rows.iter().filter(|row| row["query"].is_string()) {
        let word = |key: &str| row[key].as_str().unwrap_or_default().replace('|', "\\|");
        let number = |key: &str| row[key].as_f64().unwrap_or_default();
        text += &format!(
            "| {} | `{}` | {} | {} | {:.1} ms | {:.1} ms | {:.1} ms | {} in {:.0} ms |\n",
            word("query"),
            word("text"),
            number("hits"),
            number("blocks"),
            number("median_ms"),
            number("most_ms"),
            number("cpu_ms"),
            number("pages"),
            number("pages_ms"),
        );
    }
    text
}

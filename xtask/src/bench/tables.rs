//! Results as Markdown tables of medians.

use std::fmt::Write;

use super::results::{Record, Results, mebibytes};
use super::rows::{Kind, ROWS, Row};

/// Ratios are taken against the faster of these.
const MAIN_PEERS: &[&str] = &["restic", "rustic"];

/// A table of medians beside that of the wall clock.
struct Table {
    title: &'static str,
    digits: usize,
    /// Only backups change the store.
    backups_only: bool,
    figure: fn(&Record) -> f64,
}

const TABLES: &[Table] = &[
    Table {
        title: "Processor time, user and system, seconds",
        digits: 2,
        backups_only: false,
        figure: |record| record.figures.processor_s,
    },
    Table {
        title: "Peak memory, MiB",
        digits: 0,
        backups_only: false,
        figure: |record| mebibytes(record.figures.memory_bytes),
    },
    Table {
        title: "Size of the store after the run, MiB",
        digits: 1,
        backups_only: true,
        figure: |record| mebibytes(record.stored_bytes),
    },
    Table {
        title: "Growth of the store by the run, MiB",
        digits: 2,
        backups_only: true,
        figure: |record| mebibytes(record.grown_bytes),
    },
];

/// All tables, and under which conditions they were taken.
pub fn tables(results: &Results) -> String {
    let tables = TABLES.iter().map(|table| table.markdown(results));
    conditions(results) + &wall_table(results) + &tables.collect::<String>()
}

/// How many times as long as Larder the faster of the main peers takes.
pub fn ratio(results: &Results, row: &str) -> Option<f64> {
    let wall = |peer: &str| results.median(row, peer, |record| record.figures.wall_s);
    let fastest = MAIN_PEERS.iter().filter_map(|peer| wall(peer)).min_by(f64::total_cmp)?;
    Some(fastest / wall("larder")?)
}

fn conditions(results: &Results) -> String {
    let setting = &results.setting;
    let mut text = format!(
        "Medians; runs of each row: {}. Peers taking turns, warm cache, sync before each run; {} processors, {}, Linux {}; data sets at {} % of their size.\n\n",
        setting["runs"],
        setting["processors"],
        text_of(&setting["processor"]),
        text_of(&setting["kernel"]),
        setting["percent"]
    );
    for peer in results.peers() {
        text += &format!("- {}\n", text_of(&setting["versions"][&peer]));
    }
    text
}

fn wall_table(results: &Results) -> String {
    let peers = results.peers();
    let mut text = head("Wall clock, seconds: median (fastest to slowest)", &peers, "larder is faster by");
    for row in ROWS {
        let cells: Vec<_> = peers.iter().map(|peer| wall_cell(results, row.name, peer)).collect();
        let ratio = ratio(results, row.name).map_or("-".to_owned(), |ratio| format!("{ratio:.2} ×"));
        push_row(&mut text, row.name, row.about, cells.into_iter().chain([Some(ratio)]).collect());
    }
    text
}

fn wall_cell(results: &Results, row: &str, peer: &str) -> Option<String> {
    let median = results.median(row, peer, |record| record.figures.wall_s)?;
    let walls = || results.of(row, peer).map(|record| record.figures.wall_s);
    let (low, high) = (walls().fold(f64::MAX, f64::min), walls().fold(0.0, f64::max));
    Some(format!("{median:.2} ({low:.2} to {high:.2})"))
}

impl Table {
    fn markdown(&self, results: &Results) -> String {
        let peers = results.peers();
        let digits = self.digits;
        let mut text = head(self.title, &peers, "");
        let is_wanted = |row: &&Row| !self.backups_only || row.kind == Kind::Backup;
        for row in ROWS.iter().filter(is_wanted) {
            let median = |peer: &String| results.median(row.name, peer, self.figure);
            let cell = |peer| Some(format!("{:.digits$}", median(peer)?));
            push_row(&mut text, row.name, row.about, peers.iter().map(cell).collect());
        }
        text
    }
}

fn head(title: &str, peers: &[String], last: &str) -> String {
    let mut text = format!("\n### {title}\n\n| row | what |");
    let columns = peers.iter().map(String::as_str).chain(Some(last).filter(|last| !last.is_empty()));
    let columns: Vec<_> = columns.collect();
    for column in &columns {
        // Writing to a string cannot fail.
        let _ = write!(text, " {column} |");
    }
    text + "\n|---|---|" + &"---:|".repeat(columns.len()) + "\n"
}

/// Leaves out rows that nobody ran.
fn push_row(text: &mut String, name: &str, about: &str, cells: Vec<Option<String>>) {
    let ran = |cell: &Option<String>| cell.as_ref().is_some_and(|cell| cell != "-");
    if cells.iter().any(ran) {
        let cells: Vec<_> = cells.into_iter().map(|cell| cell.unwrap_or("-".to_owned())).collect();
        *text += &format!("| {name} | {about} | {} |\n", cells.join(" | "));
    }
}

fn text_of(value: &serde_json::Value) -> &str {
    value.as_str().unwrap_or("?")
}

#[cfg(test)]
mod tests {
    use super::super::results::tests::{record, results};
    use super::*;

    #[test]
    fn the_ratio_is_against_the_faster_main_peer() {
        let runs = [("larder", 2.0), ("restic", 9.0), ("rustic", 5.0)];
        let runs = runs.map(|(peer, wall)| record("A.first", peer, wall));
        assert_eq!(ratio(&results(runs.to_vec()), "A.first"), Some(2.5));
    }

    #[test]
    fn rows_that_nobody_ran_are_left_out() {
        let text = tables(&results(vec![record("A.first", "larder", 2.0)]));
        assert!(text.contains("| A.first | source files: first backup | 2.00 (2.00 to 2.00) | - | - | - |"), "{text}");
        assert!(!text.contains("B.first"));
    }
}

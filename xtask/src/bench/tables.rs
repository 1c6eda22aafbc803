//! Results as Markdown tables of medians.

use std::fmt::Write;

use super::ratios::{self, Seconds};
use super::results::{Record, Results, mebibytes};
use super::rows::{Group, Kind, ROWS, Row};

/// A table of the wall clock, with ratios.
struct Clock {
    title: &'static str,
    note: &'static str,
    is_wanted: fn(&Row) -> bool,
    cell: fn(&Results, &str, &str) -> Option<String>,
    /// What the ratios are of.
    seconds: Seconds,
}

const WALL: Clock = Clock {
    title: "Wall clock, seconds: median (fastest to slowest)",
    note: "*larder is faster by* is against the faster of restic and rustic.",
    is_wanted: |_| true,
    cell: wall_cell,
    seconds: ratios::wall,
};

const WALL_WITHOUT_OPENING: Clock = Clock {
    title: "Wall clock without opening, seconds",
    note: "From each median the tool's own median of `open.ls` is taken off: what any of its commands costs that opens the store, \
           in the same way as in these rows, and lists one small snapshot. What remains counts as 0.01 at least.",
    is_wanted: |row| !matches!(row.group, Group::Fixed | Group::Open),
    cell: |results, row, peer| Some(format!("{:.2}", ratios::wall_without_opening(results, row, peer)?)),
    seconds: ratios::wall_without_opening,
};

const ANY_PEER: &str = "*any peer* is against the fastest of all others.";

/// A table of medians beside those of the wall clock.
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
    let mut text = conditions(results) + &WALL.markdown(results);
    if ratios::has_opening(results) {
        text += &WALL_WITHOUT_OPENING.markdown(results);
    }
    let tables = TABLES.iter().map(|table| table.markdown(results));
    text + &tables.collect::<String>()
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

fn wall_cell(results: &Results, row: &str, peer: &str) -> Option<String> {
    let median = results.median(row, peer, |record| record.figures.wall_s)?;
    let walls = || results.of(row, peer).map(|record| record.figures.wall_s);
    let (low, high) = (walls().fold(f64::MAX, f64::min), walls().fold(0.0, f64::max));
    Some(format!("{median:.2} ({low:.2} to {high:.2})"))
}

impl Clock {
    fn markdown(&self, results: &Results) -> String {
        let peers = results.peers();
        let mut note = self.note.to_owned();
        let mut last = vec!["larder is faster by"];
        if ratios::has_more_than_main(results) {
            note += &format!(" {ANY_PEER}");
            last.push("any peer");
        }
        let mut text = head(self.title, &note, &peers, &last);
        for row in ROWS.iter().filter(|row| (self.is_wanted)(row)) {
            let cells = peers.iter().map(|peer| (self.cell)(results, row.name, peer));
            let ratios = [ratios::against_main, ratios::against_any];
            let ratios = ratios.map(|ratio| Some(format!("{:.2} ×", ratio(results, row.name, self.seconds)?)));
            push_row(&mut text, row.name, row.about, cells.chain(ratios.into_iter().take(last.len())).collect());
        }
        text
    }
}

impl Table {
    fn markdown(&self, results: &Results) -> String {
        let peers = results.peers();
        let digits = self.digits;
        let mut text = head(self.title, "", &peers, &[]);
        let is_wanted = |row: &&Row| !self.backups_only || row.kind == Kind::Backup;
        for row in ROWS.iter().filter(is_wanted) {
            let median = |peer: &String| results.median(row.name, peer, self.figure);
            let cell = |peer| Some(format!("{:.digits$}", median(peer)?));
            push_row(&mut text, row.name, row.about, peers.iter().map(cell).collect());
        }
        text
    }
}

/// `note` stands above the table, `last` are columns after those of the peers.
fn head(title: &str, note: &str, peers: &[String], last: &[&str]) -> String {
    let mut text = format!("\n### {title}\n\n");
    if !note.is_empty() {
        text += &format!("{note}\n\n");
    }
    let columns: Vec<_> = peers.iter().map(String::as_str).chain(last.iter().copied()).collect();
    text += "| row | what |";
    for column in &columns {
        // Writing to a string cannot fail.
        let _ = write!(text, " {column} |");
    }
    text + "\n|---|---|" + &"---:|".repeat(columns.len()) + "\n"
}

/// Leaves out rows that nobody ran.
fn push_row(text: &mut String, name: &str, about: &str, cells: Vec<Option<String>>) {
    if cells.iter().any(Option::is_some) {
        let cells: Vec<_> = cells.into_iter().map(|cell| cell.unwrap_or("-".to_owned())).collect();
        *text += &format!("| {name} | {about} | {} |\n", cells.join(" | "));
    }
}

fn text_of(value: &serde_json::Value) -> &str {
    value.as_str().unwrap_or("?")
}

#[cfg(test)]
mod tests {
    use super::super::results::tests::{record, results, results_with};
    use super::*;

    #[test]
    fn rows_that_nobody_ran_are_left_out() {
        let text = tables(&results(vec![record("A.first", "larder", 2.0)]));
        assert!(text.contains("| A.first | source files: first backup | 2.00 (2.00 to 2.00) | - | - | - |"), "{text}");
        assert!(!text.contains("B.first"));
        assert!(!text.contains("any peer") && !text.contains("without opening"), "{text}");
    }

    #[test]
    fn a_peer_that_was_left_out_of_a_row_has_a_dash() {
        let runs =
            [("larder", 1.0), ("restic", 4.0), ("conserve", 2.0)].map(|(peer, wall)| record("B.check", peer, wall));
        let text = tables(&results_with(&["larder", "restic", "bupstash", "conserve"], runs.to_vec()));
        let cells = "1.00 (1.00 to 1.00) | 4.00 (4.00 to 4.00) | - | 2.00 (2.00 to 2.00) | 4.00 × | 2.00 × |";
        assert!(text.contains(cells), "{text}");
        assert!(text.contains("| conserve | larder is faster by | any peer |"), "{text}");
    }

    #[test]
    fn a_second_table_is_without_opening() {
        let runs =
            [("D.ls", "larder", 0.5), ("D.ls", "restic", 2.5), ("open.ls", "larder", 0.25), ("open.ls", "restic", 0.5)];
        let text = tables(&results(runs.map(|(row, peer, wall)| record(row, peer, wall)).to_vec()));
        assert!(text.contains("| D.ls | tiny files: list all | 0.25 | 2.00 | - | 8.00 × |"), "{text}");
        // The whole wall clock, processor time and memory have it as a row.
        assert_eq!(text.matches("| open.ls |").count(), 3, "{text}");
    }
}

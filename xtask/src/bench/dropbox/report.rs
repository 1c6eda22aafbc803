//! The runs as a Markdown table: seconds and counts, Larder's as they were, rclone's scaled to the whole account.
//!
//! Each row has its own work, and so its own whole and part.

use super::STORED_MIB;
use super::account::Account;
use super::bounds::most_calls;
use super::counts::Counts;
use super::rclone::VARIANTS;
use super::served::RESTIC;
use super::simulator::Limits;
use crate::bench::measure::Figures;
use crate::bench::results::{mebibytes, median};

pub const LARDER: &str = "larder";

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Row {
    /// Nothing was copied before.
    First,
    /// Again, and nothing has changed.
    Same,
    /// Files of this machine's store, brought into an empty folder of the account.
    Restore,
    /// Files of this machine into a store in the account.
    Store,
}

const ROWS: [Row; 4] = [Row::First, Row::Same, Row::Restore, Row::Store];

/// One run of one program.
pub struct Record {
    row: Row,
    program: &'static str,
    figures: Figures,
    counts: Counts,
}

pub struct Report {
    pub account: Share,
    pub restored: Share,
    pub versions: Vec<String>,
    pub records: Vec<Record>,
}

/// What Larder was run on, and what rclone was.
pub struct Share {
    pub whole: Account,
    pub part: Account,
}

/// A line of the table.
struct Figure {
    about: &'static str,
    of: fn(&Record) -> f64,
    /// Whether a larger account has more of it.
    grows: bool,
    /// Whether it is worth a ratio.
    compared: bool,
}

const FIGURES: &[Figure] = &[
    Figure { about: "seconds", of: |it| it.figures.wall_s, grows: true, compared: true },
    Figure { about: "calls", of: |it| it.counts.calls as f64, grows: true, compared: true },
    Figure { about: "calls refused with 429", of: |it| it.counts.refused as f64, grows: true, compared: false },
    Figure { about: "MiB of bodies", of: |it| mebibytes(it.counts.bytes), grows: true, compared: false },
    Figure { about: "processor seconds", of: |it| it.figures.processor_s, grows: true, compared: false },
    Figure {
        about: "MiB of memory at most",
        of: |it| mebibytes(it.figures.memory_bytes),
        grows: false,
        compared: false,
    },
];

impl Row {
    pub fn about(self) -> &'static str {
        match self {
            Self::First => "first backup",
            Self::Same => "unchanged again",
            Self::Restore => "restore of small files",
            Self::Store => "store in Dropbox",
        }
    }
}

impl Record {
    pub fn new(row: Row, program: &'static str, run: u64, figures: Figures, counts: Counts) -> Self {
        println!(
            "{:22} {program:22} #{run} wall {:8.2} s  calls {:6}  refused {:5}  bodies {:7.1} MiB  memory {:4} MiB",
            row.about(),
            figures.wall_s,
            counts.calls,
            counts.refused,
            mebibytes(counts.bytes),
            figures.memory_bytes >> 20,
        );
        Self { row, program, figures, counts }
    }
}

impl Report {
    pub fn markdown(&self) -> String {
        let mut text = self.conditions();
        text += "\n| what | | larder |";
        columns().for_each(|name| text += &format!(" {name} |"));
        text += " larder is better by |\n|---|---|---:|";
        text += &"---:|".repeat(columns().count() + 1);
        for row in ROWS {
            for figure in FIGURES {
                text += &self.line(row, figure);
            }
        }
        text + "\n"
    }

    fn conditions(&self) -> String {
        let Limits { latency_ms, megabits_per_second, calls_per_second } = Limits::SLOW;
        let (account, restored) = (&self.account, &self.restored);
        let mut text = format!(
            "{latency_ms} ms latency, {megabits_per_second} Mbit/s, {calls_per_second} calls a second. Larder on everything, \
             medians; runs: {}. rclone: one run on a part (what was measured stands in brackets), scaled by its counted calls: \
             downloads and uploads by files, listings by folders, and seconds, bytes and the rest by the calls that come of it. Ratios are \
             against the best of the other columns. The simulator found {} violations.\n\n\
             - First backup, unchanged again: {} files of 1 to 60 KB, {:.0} MB, in {} folders; rclone on {} files in {} folders. \
             Larder may make {} calls for the first and {} for the second.\n\
             - Restore of small files: {} files of {} bytes in {} folders, into an empty folder of the account; `rclone copy` of {} \
             files in {} folders. Larder may make {} calls.\n\
             - Store in Dropbox: {STORED_MIB} MiB that nothing compresses, in 8 files, into a new store; restic in full too. Larder \
             may make {} calls.\n",
            self.of(Row::First, LARDER).count(),
            self.records.iter().filter(|it| it.program == LARDER).map(|it| it.counts.violations.len()).sum::<usize>(),
            account.whole.files.len(),
            account.whole.bytes() as f64 / 1e6,
            account.whole.folders,
            account.part.files.len(),
            account.part.folders,
            most_calls(Row::First, &account.whole),
            most_calls(Row::Same, &account.whole),
            restored.whole.files.len(),
            restored.whole.files.first().map_or(0, |file| file.size),
            restored.whole.folders,
            restored.part.files.len(),
            restored.part.folders,
            most_calls(Row::Restore, &restored.whole),
            most_calls(Row::Store, &restored.whole),
        );
        self.versions.iter().for_each(|version| text += &format!("- {version}\n"));
        text
    }

    fn line(&self, row: Row, figure: &Figure) -> String {
        let larder = median(self.of(row, LARDER).map(figure.of).collect()).unwrap_or_default();
        let mut text = format!("\n| {} | {} | {} |", row.about(), figure.about, shown(larder));
        let mut best = f64::INFINITY;
        for name in columns() {
            let Some(record) = self.of(row, name).next() else {
                text += " - |";
                continue;
            };
            let measured = (figure.of)(record);
            let scaled = measured * self.factor(record, figure);
            // A part of a call is none.
            let scaled = if measured.fract() == 0.0 { scaled.round() } else { scaled };
            best = best.min(scaled);
            text += &match figure.grows && row != Row::Store {
                true => format!(" {} ({}) |", shown(scaled), shown(measured)),
                false => format!(" {} |", shown(measured)),
            };
        }
        match figure.compared && best.is_finite() {
            true => text + &format!(" {:.1} × |", best / larder),
            false => text + " |",
        }
    }

    fn factor(&self, record: &Record, figure: &Figure) -> f64 {
        let share = match record.row {
            Row::First | Row::Same => &self.account,
            Row::Restore => &self.restored,
            Row::Store => return 1.0,
        };
        if figure.grows { record.counts.factor(&share.part, &share.whole) } else { 1.0 }
    }

    fn of(&self, row: Row, program: &str) -> impl Iterator<Item = &Record> {
        self.records.iter().filter(move |record| record.row == row && record.program == program)
    }
}

/// What Larder is compared with.
fn columns() -> impl Iterator<Item = &'static str> {
    VARIANTS.iter().map(|variant| variant.name).chain([RESTIC])
}

/// Counts as they are, small figures with what follows the point.
fn shown(figure: f64) -> String {
    if figure.fract() == 0.0 || figure >= 1000.0 {
        return format!("{figure:.0}");
    }
    if figure >= 10.0 { format!("{figure:.1}") } else { format!("{figure:.2}") }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn record(row: Row, program: &'static str, wall_s: f64, downloads: u64) -> Record {
        let routes = BTreeMap::from([("files/download".to_owned(), downloads)]);
        let counts = Counts { calls: downloads, routes, ..Counts::default() };
        Record { row, program, figures: Figures { wall_s, ..Figures::default() }, counts }
    }

    #[test]
    fn rclone_is_scaled_and_larder_is_not() {
        let records = vec![record(Row::First, LARDER, 50.0, 400), record(Row::First, "rclone", 150.0, 200)];
        let share = || Share { whole: Account::new(2000), part: Account::new(200) };
        let report = Report { account: share(), restored: share(), versions: Vec::new(), records };
        let text = report.markdown();
        assert!(text.contains("| first backup | seconds | 50 | 1500 (150) | - | - | 30.0 × |"), "{text}");
        assert!(text.contains("| first backup | calls | 400 | 2000 (200) | - | - | 5.0 × |"), "{text}");
    }

    #[test]
    fn restic_is_not_scaled() {
        let records = vec![record(Row::Store, LARDER, 90.0, 50), record(Row::Store, RESTIC, 180.0, 100)];
        let share = || Share { whole: Account::new(2000), part: Account::new(200) };
        let report = Report { account: share(), restored: share(), versions: Vec::new(), records };
        let text = report.markdown();
        assert!(text.contains("| store in Dropbox | seconds | 90 | - | - | 180 | 2.0 × |"), "{text}");
    }
}

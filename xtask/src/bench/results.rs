//! What was measured: one JSON line a run, kept for good, so that tables can be made again and by others.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use super::measure::Figures;
use crate::failure::{Context, Failure, Outcome};

/// One run of one row by one peer.
#[derive(Clone)]
pub struct Record {
    pub row: String,
    pub peer: String,
    pub run: u64,
    pub figures: Figures,
    /// The whole store after the run.
    pub stored_bytes: u64,
    pub stored_files: u64,
    /// What the run added to the store.
    pub grown_bytes: u64,
}

/// The conditions of a race, and its runs so far.
pub struct Results {
    pub path: PathBuf,
    pub setting: Value,
    pub records: Vec<Record>,
}

impl Results {
    /// A new file below `base`; `setting` is its first line.
    pub fn create(base: &Path, setting: Value) -> Outcome<Self> {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        let seconds = since.map_or(0, |time| time.as_secs());
        let path = base.join(format!("results/{seconds}.jsonl"));
        let folder = base.join("results");
        fs::create_dir_all(&folder).context(folder.display())?;
        let results = Self { path, setting, records: Vec::new() };
        results.append(&json!({"setting": &results.setting}))?;
        Ok(results)
    }

    pub fn read(path: &Path) -> Outcome<Self> {
        let text = fs::read_to_string(path).context(path.display())?;
        let mut lines = text.lines().map(serde_json::from_str::<Value>);
        let first = lines.next().context(format_args!("{} is empty", path.display()))?;
        let setting = first.context(path.display())?["setting"].take();
        let mut records = Vec::new();
        for line in lines {
            let record = Record::from_json(&line.context(path.display())?);
            records.push(record.context(format_args!("{} has a line that is no record", path.display()))?);
        }
        let path = path.to_path_buf();
        Ok(Self { path, setting, records })
    }

    pub fn add(&mut self, record: Record) -> Outcome {
        println!("{}", record.line());
        self.append(&record.to_json())?;
        self.records.push(record);
        Ok(())
    }

    /// The runs of a row by a peer.
    pub fn of<'a>(&'a self, row: &'a str, peer: &'a str) -> impl Iterator<Item = &'a Record> {
        self.records.iter().filter(move |record| record.row == row && record.peer == peer)
    }

    /// The median of one figure over the runs, if there were any.
    pub fn median(&self, row: &str, peer: &str, figure: impl Fn(&Record) -> f64) -> Option<f64> {
        median(self.of(row, peer).map(figure).collect())
    }

    /// The peers that ran, in the order that the setting names them in.
    pub fn peers(&self) -> Vec<String> {
        let versions = self.setting["versions"].as_object();
        versions.map_or(Vec::new(), |versions| versions.keys().cloned().collect())
    }

    fn append(&self, line: &Value) -> Outcome {
        let file = File::options().create(true).append(true).open(&self.path);
        let written = file.and_then(|mut file| writeln!(file, "{line}"));
        written.context(self.path.display())
    }
}

impl Record {
    fn line(&self) -> String {
        let Figures { wall_s, processor_s, memory_bytes, sync_s } = self.figures;
        format!(
            "{:10} {:8} #{} wall {wall_s:7.2} s  cpu {processor_s:7.2} s  memory {:5} MiB  sync {sync_s:5.2} s  stored {:8.1} MiB",
            self.row,
            self.peer,
            self.run,
            memory_bytes >> 20,
            mebibytes(self.stored_bytes),
        )
    }

    fn to_json(&self) -> Value {
        let mut value = json!({
            "row": self.row,
            "peer": self.peer,
            "run": self.run,
            "stored_bytes": self.stored_bytes,
            "stored_files": self.stored_files,
            "grown_bytes": self.grown_bytes,
        });
        value["figures"] = self.figures.to_json();
        value
    }

    fn from_json(value: &Value) -> Option<Self> {
        Some(Self {
            row: value["row"].as_str()?.to_owned(),
            peer: value["peer"].as_str()?.to_owned(),
            run: value["run"].as_u64()?,
            figures: Figures::from_json(&value["figures"])?,
            stored_bytes: value["stored_bytes"].as_u64()?,
            stored_files: value["stored_files"].as_u64()?,
            grown_bytes: value["grown_bytes"].as_u64()?,
        })
    }
}

/// Fails unless every record says that the program did something.
pub fn plausible(results: &Results) -> Outcome {
    let is_empty = |record: &&Record| record.figures.wall_s <= 0.0 || record.stored_bytes == 0;
    match results.records.iter().find(is_empty) {
        None => Ok(()),
        Some(record) => Err(Failure::new(format_args!("{} took no time or stored nothing", record.row))),
    }
}

pub fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / (1 << 20) as f64
}

pub fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let (upper, lower) = (values.len() / 2, values.len().checked_sub(1)? / 2);
    Some((values[lower] + values[upper]) / 2.0)
}

#[cfg(test)]
pub mod tests {
    use super::*;

    pub fn record(row: &str, peer: &str, wall_s: f64) -> Record {
        Record {
            row: row.to_owned(),
            peer: peer.to_owned(),
            run: 1,
            figures: Figures { wall_s, ..Figures::default() },
            stored_bytes: 3 << 20,
            stored_files: 5,
            grown_bytes: 1 << 20,
        }
    }

    pub fn results(records: Vec<Record>) -> Results {
        results_with(&["larder", "restic", "rustic"], records)
    }

    pub fn results_with(peers: &[&str], records: Vec<Record>) -> Results {
        let versions = peers.iter().map(|peer| ((*peer).to_owned(), json!(format!("{peer} 1"))));
        let versions: serde_json::Map<_, _> = versions.collect();
        Results { path: PathBuf::new(), setting: json!({ "versions": versions }), records }
    }

    #[test]
    fn medians_of_odd_and_even_counts() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(vec![4.0, 1.0, 2.0, 3.0]), Some(2.5));
        assert_eq!(median(vec![]), None);
    }

    #[test]
    fn results_are_read_as_they_were_written() {
        let base = tempfile::tempdir().unwrap();
        let mut written = Results::create(base.path(), json!({"runs": 1})).unwrap();
        written.add(record("A.first", "larder", 1.5)).unwrap();
        let read = Results::read(&written.path).unwrap();
        assert_eq!(read.setting, written.setting);
        assert_eq!(read.median("A.first", "larder", |record| record.figures.wall_s), Some(1.5));
    }
}

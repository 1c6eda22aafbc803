//! What the simulator was asked during one run.

use std::collections::BTreeMap;

use serde_json::Value;

use super::account::Account;
use crate::failure::{Context, Outcome};

#[derive(Clone, Default)]
pub struct Counts {
    /// Refused ones included.
    pub calls: u64,
    /// Answered with 429.
    pub refused: u64,
    /// Of bodies, both ways.
    pub bytes: u64,
    pub routes: BTreeMap<String, u64>,
    pub violations: Vec<String>,
}

impl Counts {
    /// From `/sim/calls` and `/sim/log`.
    pub fn read(summary: &Value, log: &Value) -> Outcome<Self> {
        let number = |value: &Value| value.as_u64().context("the simulator counts in something else than numbers");
        let routes = summary["routes"].as_object().context("the simulator names no routes")?;
        let routes = routes.iter().map(|(route, sums)| Ok((route.clone(), number(&sums["calls"])?)));
        let log = log.as_array().context("the simulator's log is no list")?;
        let violations = summary["violations"].as_array().context("the simulator names no violations")?;
        let violation = |it: &Value| format!("{}: {}", it["route"], it["what"]);
        Ok(Self {
            calls: number(&summary["calls"])?,
            refused: log.iter().filter(|call| call["status"] == 429).count() as u64,
            bytes: number(&summary["bytes_in"])? + number(&summary["bytes_out"])?,
            routes: routes.collect::<Outcome<_>>()?,
            violations: violations.iter().map(violation).collect(),
        })
    }

    /// How many calls the same program would make for `whole`, if these were for `part`: downloads and uploads grow with
    /// files, listings with folders, and the rest stays.
    pub fn scaled_calls(&self, part: &Account, whole: &Account) -> f64 {
        let files = whole.files.len() as f64 / part.files.len() as f64;
        // The root is listed too.
        let folders = (whole.folders + 1) as f64 / (part.folders + 1) as f64;
        let scaled = |(route, calls): (&String, &u64)| {
            let factor = match route.as_str() {
                "files/download" => files,
                "files/list_folder" | "files/list_folder/continue" => folders,
                "files/create_folder_v2" => folders,
                upload if upload.starts_with("files/upload") => files,
                _ => 1.0,
            };
            *calls as f64 * factor
        };
        self.routes.iter().map(scaled).sum()
    }

    /// How many times this run its like for `whole` is.
    pub fn factor(&self, part: &Account, whole: &Account) -> f64 {
        self.scaled_calls(part, whole) / (self.calls as f64).max(1.0)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn counts_are_read_and_scaled() {
        let summary = json!({
            "calls": 293, "bytes_in": 10, "bytes_out": 90, "violations": [],
            "routes": {
                "files/download": {"calls": 200}, "files/list_folder": {"calls": 91}, "users/get_current_account": {"calls": 2},
            },
        });
        let log = json!([{"status": 200}, {"status": 429}]);
        let counts = Counts::read(&summary, &log).unwrap();
        assert_eq!((counts.calls, counts.refused, counts.bytes), (293, 1, 100));
        let scaled = counts.scaled_calls(&Account::new(2000), &Account::new(20_000));
        assert!((scaled - (2000.0 + 901.0 + 2.0)).abs() < 1e-6, "{scaled}");
    }
}

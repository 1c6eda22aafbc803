//! The tables of docs/scale.md.

use serde_json::Value;

use super::{STEPS, Size, Work};

const MIB: f64 = 1_048_576.0;

pub fn section(sizes: &[Size], machine: &str) -> String {
    let mut text =
        format!("{machine}. Each step in a process of its own; the page cache has what the steps before it read.\n\n");
    text += &stores(sizes);
    text += "\n### Seconds\n\n";
    text += &steps(sizes, "seconds", true, seconds);
    text += "\n### Peak memory, MiB\n\n";
    text += &steps(sizes, "memory_kib", true, |kib| format!("{:.0}", kib / 1024.0));
    text += "\n### Bytes read, MiB\n\n";
    text += &steps(sizes, "bytes_got", false, |bytes| format!("{:.2}", bytes / MIB));
    text += "\n### Reads\n\n";
    text += &steps(sizes, "gets", false, |gets| format!("{gets:.0}"));
    text += "\n### Of a thousand look-ups, each of the second half\n\n";
    text + &lookups(sizes)
}

fn stores(sizes: &[Size]) -> String {
    let mut text = head("store", sizes, "");
    let row = |what: &str, figure: &dyn Fn(&Size) -> String| {
        let cells: Vec<_> = sizes.iter().map(figure).collect();
        format!("| {what} | {} |\n", cells.join(" | "))
    };
    text += &row("files of its snapshot", &|size| count(size.files as f64));
    text += &row("claimed content, TB", &|size| format!("{:.0}", number(&size.made, "bytes") / 1e12));
    text += &row("packs", &|size| count(number(&size.made, "packs")));
    text += &row("index runs", &|size| count(number(&size.made, "runs")));
    text += &row("bytes of the index, MiB", &|size| format!("{:.0}", number(&size.made, "index_bytes") / MIB));
    text + &row("first backup of the files, seconds", &|size| seconds(number(&size.made, "files_seconds")))
}

/// A row for each step. The last two columns tell how it grew from the second size to the third, as a power of what it works on: 1 is as
/// fast as that, 0 not at all.
fn steps(sizes: &[Size], key: &str, lookups: bool, shown: impl Fn(f64) -> String) -> String {
    let mut text = head("step", sizes, " grows with | power |");
    for (number_of, step) in STEPS.iter().enumerate().filter(|(_, step)| lookups || step.work != Work::Lookup) {
        let figures: Vec<f64> = sizes.iter().map(|size| number(&size.steps[number_of], key)).collect();
        let cells: Vec<_> = figures.iter().map(|figure| shown(*figure)).collect();
        let power = match figures.as_slice() {
            [.., before, last] if *before > 0.0 && *last > 0.0 => format!("{:.2}", (last / before).log10()),
            _ => "–".to_owned(),
        };
        text += &format!("| {} | {} | {} | {power} |\n", step.about, cells.join(" | "), work(step.work));
    }
    text
}

fn lookups(sizes: &[Size]) -> String {
    let mut text = head("look-up", sizes, "");
    for (number_of, step) in STEPS.iter().enumerate().filter(|(_, step)| step.work == Work::Lookup) {
        let cell = |size: &Size| {
            let step = &size.steps[number_of];
            let (first, later) = (number(step, "gets"), number(step, "later_gets"));
            format!("{first:.0} reads, then {later:.1} in {}", milliseconds(number(step, "later_seconds")))
        };
        text += &format!("| {} | {} |\n", step.about, sizes.iter().map(cell).collect::<Vec<_>>().join(" | "));
    }
    text
}

fn head(what: &str, sizes: &[Size], more: &str) -> String {
    let names: Vec<_> = sizes.iter().map(|size| format!("{} blobs", count(size.blobs as f64))).collect();
    let rules = "---:|".repeat(sizes.len());
    let more_rules = "---|".repeat(more.matches('|').count());
    format!("| {what} | {} |{more}\n|---|{rules}{more_rules}\n", names.join(" | "))
}

fn work(work: Work) -> &'static str {
    match work {
        Work::Store => "packs and blobs",
        Work::Files => "files, and opening",
        Work::Both => "packs and files",
        Work::Lookup => "index runs",
        Work::Names => "what may hold the name",
    }
}

fn number(value: &Value, key: &str) -> f64 {
    value[key].as_f64().unwrap_or_default()
}

fn count(number: f64) -> String {
    let short = |number: f64| format!("{number:.2}").trim_end_matches('0').trim_end_matches('.').to_owned();
    match number {
        0.0..10_000.0 => format!("{number:.0}"),
        10_000.0..1_000_000.0 => format!("{} thousand", short(number / 1e3)),
        _ => format!("{} million", short(number / 1e6)),
    }
}

fn seconds(seconds: f64) -> String {
    if seconds < 0.1 { milliseconds(seconds) } else { format!("{seconds:.2}") }
}

fn milliseconds(seconds: f64) -> String {
    format!("{:.2} ms", seconds * 1e3)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn size(times: u64) -> Size {
        let figures = json!({"seconds": times as f64, "gets": 2 * times, "bytes_got": times << 20, "memory_kib": 2048});
        let made = json!({"bytes": times * 10_000_000_000_000_u64, "packs": times * 62_500});
        Size { blobs: times * 1_000_000, files: times * 100_000, made, steps: vec![figures; STEPS.len()] }
    }

    #[test]
    fn powers_tell_what_grows() {
        let section = section(&[size(1), size(10), size(100)], "a machine");
        assert!(section.contains("| opening | 1.00 | 10.00 | 100.00 | packs and blobs | 1.00 |"), "{section}");
        assert!(section.contains("| opening | 2 | 2 | 2 | packs and blobs | 0.00 |"), "{section}");
        assert!(section.contains("| store | 1 million blobs | 10 million blobs | 100 million blobs |"), "{section}");
        assert!(section.contains("| packs | 62.5 thousand | 625 thousand | 6.25 million |"), "{section}");
    }
}

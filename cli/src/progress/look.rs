//! The ways to show progress.

use std::{
    io::{IsTerminal, stderr},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::json;

use super::counters::State;
use crate::{
    output::{Output, Talk, say},
    text,
};

/// Steps of the bar: fine enough for any terminal.
const STEPS: u64 = 1_000;

pub struct Look {
    output: Arc<Output>,
    form: Form,
}

enum Form {
    Nothing,
    Bar(ProgressBar),
    /// A line on standard error, at growing intervals: somebody may read the log of a night.
    Lines(AtomicU64),
    Events,
}

impl Look {
    pub fn new(output: Arc<Output>) -> Self {
        let form = match (output.is_json(), output.talk()) {
            (true, _) => Form::Events,
            (false, Talk::Quiet) => Form::Nothing,
            (false, _) => bar().map_or_else(|| Form::Lines(AtomicU64::new(0)), Form::Bar),
        };
        Self { output, form }
    }

    pub fn is_shown(&self) -> bool {
        !matches!(self.form, Form::Nothing)
    }

    pub fn is_bar(&self) -> bool {
        matches!(self.form, Form::Bar(_))
    }

    /// How long to wait before the next look.
    pub fn pause(&self) -> Duration {
        match &self.form {
            Form::Bar(_) => Duration::from_millis(100),
            Form::Lines(shown) => Duration::from_secs(if shown.load(Relaxed) < 6 { 10 } else { 60 }),
            Form::Events | Form::Nothing => Duration::from_secs(1),
        }
    }

    pub fn show(&self, state: &State) {
        match &self.form {
            Form::Nothing => {}
            Form::Bar(bar) => draw(bar, state),
            Form::Lines(shown) => {
                shown.fetch_add(1, Relaxed);
                say(format_args!("larder: {}", sentence(state)));
            }
            // Nobody may be reading; the flow goes on.
            Form::Events => drop(self.output.json(&event(state))),
        }
    }

    /// A line that stays, above the bar if there is one.
    pub fn say(&self, text: &str) {
        self.suspended(|| say(text));
    }

    pub fn suspended(&self, act: impl FnOnce()) {
        match &self.form {
            Form::Bar(bar) => bar.suspend(act),
            _ => act(),
        }
    }

    pub fn clear(&self) {
        if let Form::Bar(bar) = &self.form {
            bar.finish_and_clear();
        }
    }
}

/// On a terminal that can move its cursor.
fn bar() -> Option<ProgressBar> {
    let bar = ProgressBar::with_draw_target(Some(STEPS), ProgressDrawTarget::stderr());
    bar.set_style(style("{spinner} {wide_msg}"));
    (stderr().is_terminal() && !bar.is_hidden()).then_some(bar)
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("=> ")
}

fn draw(bar: &ProgressBar, state: &State) {
    match state.share() {
        Some(share) => {
            bar.set_style(style("[{bar:10}] {percent:>3}% {wide_msg}"));
            bar.set_position((share * STEPS as f64) as u64);
        }
        None => bar.set_style(style("{spinner} {wide_msg}")),
    }
    let item = if state.item.is_empty() { String::new() } else { format!(" · {}", state.item) };
    bar.set_message(format!("{}{item}", sentence(state)));
    bar.tick();
}

/// What a phase does one after another.
fn counted(phase: &str) -> &'static str {
    match phase {
        "data" | "delete" => "pack",
        _ => "file",
    }
}

/// `reading: 1,234 files, 1.2 GiB, 120 MiB/s, 0:42 left`.
fn sentence(state: &State) -> String {
    let mut parts = Vec::new();
    if state.done.files > 0 {
        parts.push(text::count(state.done.files, counted(&state.phase)));
    }
    if state.done.bytes > 0 {
        parts.push(text::size(state.done.bytes));
    }
    if state.bytes_per_second() > 0 {
        parts.push(format!("{}/s", text::size(state.bytes_per_second())));
    }
    if let Some(left) = state.left() {
        parts.push(format!("{} left", text::duration(left.as_millis() as u64)));
    }
    let phase = if state.phase.is_empty() { "working" } else { &state.phase };
    if parts.is_empty() { phase.to_owned() } else { format!("{phase}: {}", parts.join(", ")) }
}

fn event(state: &State) -> serde_json::Value {
    json!({
        "event": "progress",
        "phase": state.phase,
        "files": state.done.files,
        "bytes": state.done.bytes,
        "files_total": state.total.map(|total| total.files),
        "bytes_total": state.total.map(|total| total.bytes),
        "bytes_per_second": state.bytes_per_second(),
        "seconds_left": state.left().map(|left| left.as_secs()),
        "item": state.item,
    })
}

#[cfg(test)]
mod tests {
    use larder_engine::Amount;

    use super::*;

    #[test]
    fn a_line_has_files_bytes_rate_and_rest() {
        let state = State {
            phase: "reading".to_owned(),
            done: Amount { files: 1_234, bytes: 1 << 30 },
            total: Some(Amount { files: 2_468, bytes: 2 << 30 }),
            elapsed: Duration::from_secs(10),
            item: String::new(),
        };
        assert_eq!(sentence(&state), "reading: 1,234 files, 1.0 GiB, 102 MiB/s, 10.0 s left");
        let state = State { phase: "data".to_owned(), done: Amount { files: 2, bytes: 0 }, ..State::default() };
        assert_eq!(sentence(&state), "data: 2 packs");
        assert_eq!(sentence(&State::default()), "working");
    }
}

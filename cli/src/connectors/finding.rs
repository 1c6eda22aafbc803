//! What `check` finds out about a remote, one thing at a time.

use larder_model::{Problem, ProblemKind};
use serde_json::{Value, json};

/// How good it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    Good,
    /// It works, and people should know.
    Note,
    /// It will not work in this role; the kind gives the exit code.
    Bad(ProblemKind),
}

/// One thing that was looked at.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finding {
    /// A word, such as `account`.
    pub topic: &'static str,
    pub verdict: Verdict,
    pub message: String,
    pub hint: Option<String>,
}

impl Finding {
    pub fn good(topic: &'static str, message: impl Into<String>) -> Self {
        Self { topic, verdict: Verdict::Good, message: message.into(), hint: None }
    }

    pub fn note(topic: &'static str, message: impl Into<String>) -> Self {
        Self { topic, verdict: Verdict::Note, message: message.into(), hint: None }
    }

    pub fn bad(topic: &'static str, problem: &Problem) -> Self {
        let hint = problem.hint_text().map(str::to_owned);
        Self { topic, verdict: Verdict::Bad(problem.kind()), message: problem.message().to_owned(), hint }
    }

    pub fn json(&self) -> Value {
        json!({"topic": self.topic, "verdict": self.verdict.word(), "message": self.message, "hint": self.hint})
    }
}

impl Verdict {
    pub const fn word(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Note => "note",
            Self::Bad(_) => "bad",
        }
    }
}

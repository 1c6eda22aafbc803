//! What was asked of the simulator: every call in order, its bytes, and what a well-behaved client would not have done.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};

/// One call, in the order of arrival.
#[derive(Clone, Debug)]
pub struct CallRecord {
    /// `files/download`, `oauth2/token`.
    pub route: String,
    /// 0 while it is being answered, and where the connection ended without an answer.
    pub status: u16,
    /// The argument; `null` where there is none. Never a token.
    pub arg: Value,
    /// Bytes of the request's body.
    pub bytes_in: u64,
    sent: Arc<AtomicU64>,
}

/// Something that a client should not have done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    pub route: String,
    pub what: String,
}

#[derive(Debug, Default)]
pub struct Journal {
    calls: Vec<CallRecord>,
    violations: Vec<Violation>,
    /// Calls from before the last reset have lower numbers.
    first: usize,
}

impl CallRecord {
    /// Bytes of the answer's body that were sent so far.
    pub fn bytes_out(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }
}

impl Journal {
    /// Notes a call and returns its number, and the counter of what is sent.
    pub fn begin(&mut self, route: &str) -> (usize, Arc<AtomicU64>) {
        let sent = Arc::new(AtomicU64::new(0));
        let call =
            CallRecord { route: route.to_owned(), status: 0, arg: Value::Null, bytes_in: 0, sent: Arc::clone(&sent) };
        self.calls.push(call);
        (self.first + self.calls.len() - 1, sent)
    }

    pub fn edit(&mut self, number: usize, edit: impl FnOnce(&mut CallRecord)) {
        let index = number.checked_sub(self.first);
        if let Some(call) = index.and_then(|index| self.calls.get_mut(index)) {
            edit(call);
        }
    }

    pub fn violation(&mut self, route: &str, what: impl Into<String>) {
        self.violations.push(Violation { route: route.to_owned(), what: what.into() });
    }

    pub fn reset(&mut self) {
        self.first += self.calls.len();
        self.calls.clear();
        self.violations.clear();
    }

    pub fn calls(&self) -> &[CallRecord] {
        &self.calls
    }

    pub fn violations(&self) -> &[Violation] {
        &self.violations
    }

    /// Calls and bytes by route, as `/sim/calls` shows them.
    pub fn summary(&self) -> Value {
        let mut routes: BTreeMap<&str, [u64; 3]> = BTreeMap::new();
        for call in &self.calls {
            let sums = routes.entry(&call.route).or_default();
            for (sum, more) in sums.iter_mut().zip([1, call.bytes_in, call.bytes_out()]) {
                *sum += more;
            }
        }
        let show = |(route, [calls, bytes_in, bytes_out]): (&&str, &[u64; 3])| {
            ((*route).to_owned(), json!({"calls": calls, "bytes_in": bytes_in, "bytes_out": bytes_out}))
        };
        let total = self.calls.len();
        json!({
            "calls": total,
            "bytes_in": self.calls.iter().map(|call| call.bytes_in).sum::<u64>(),
            "bytes_out": self.calls.iter().map(CallRecord::bytes_out).sum::<u64>(),
            "routes": routes.iter().map(show).collect::<serde_json::Map<_, _>>(),
            "violations": self.violations.iter().map(|it| json!({"route": it.route, "what": it.what})).collect::<Vec<_>>(),
        })
    }
}

//! From answers to typed results.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::client::{Call, Client, Reply, ReplyBody, Route};
use crate::error::{Class, Error, Result};

impl Client {
    /// Calls a route whose result is JSON in the body.
    pub(super) fn call<T: DeserializeOwned>(
        &self,
        route: &'static Route,
        argument: &impl Serialize,
        item: &str,
    ) -> Result<T> {
        self.run_until_clear(&Call::new(route, argument, item)?)
    }

    /// Runs a call and reads its result. An answer that cannot be read is asked for again where that changes nothing.
    pub(super) fn run_until_clear<T: DeserializeOwned>(&self, call: &Call) -> Result<T> {
        self.run_until_clear_noting_loss(call).1
    }

    /// The same, and whether an answer was lost or could not be read on the way, so that the call may have been done already.
    pub(super) fn run_until_clear_noting_loss<T: DeserializeOwned>(&self, call: &Call) -> (bool, Result<T>) {
        let (mut was_lost, mut failures) = (false, 0);
        loop {
            let (lost, reply) = self.run_noting_loss(call);
            was_lost |= lost;
            let read = match reply {
                Ok(reply) => parse(call, &reply),
                Err(error) => return (was_lost, Err(error)),
            };
            let may_be_clear_later = read.as_ref().is_err_and(|error| error.class() == Class::Retry);
            if !may_be_clear_later || failures >= self.retries() {
                return (was_lost, read);
            }
            (was_lost, failures) = (true, failures + 1);
            if let Err(stopped) = self.back_off(call.route.name, failures) {
                return (was_lost, Err(stopped));
            }
        }
    }
}

/// The result of a call.
pub(super) fn parse<T: DeserializeOwned>(call: &Call, reply: &Reply) -> Result<T> {
    let body: &[u8] = match &reply.body {
        ReplyBody::Whole(body) => body,
        ReplyBody::Streaming(..) => b"",
    };
    // A change was made even though its answer is strange.
    serde_json::from_slice(body).map_err(|error| strange(call, &error.to_string()))
}

/// The result of a call that streams bytes: it is in a header.
pub(crate) fn parse_header<T: DeserializeOwned>(call: &Call, reply: &Reply) -> Result<T> {
    // As bytes: what is no plain text may be UTF-8 all the same.
    let header = reply.headers.get("dropbox-api-result");
    let header = header.ok_or_else(|| strange(call, "the header Dropbox-API-Result is missing"))?;
    serde_json::from_slice(header.as_bytes()).map_err(|error| strange(call, &error.to_string()))
}

/// Each entry of a batch: `success` with fields beside the tag or below one of `under`, or `failure`.
pub(super) fn entries<T: DeserializeOwned>(
    call: &Call,
    value: &Value,
    under: Option<&str>,
    expected: usize,
) -> Result<Vec<Result<T>>> {
    let entries = value.get("entries").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    if entries.len() != expected {
        return Err(strange(call, &format!("{} entries were sent and {} came back", expected, entries.len())));
    }
    entries.iter().map(|entry| one_entry(call, entry, under)).collect()
}

fn one_entry<T: DeserializeOwned>(call: &Call, entry: &Value, under: Option<&str>) -> Result<Result<T>> {
    match entry.get(".tag").and_then(Value::as_str) {
        Some("success") => {
            let value = under.map_or(Some(entry), |under| entry.get(under)).cloned().unwrap_or(Value::Null);
            serde_json::from_value(value).map(Ok).map_err(|error| strange(call, &error.to_string()))
        }
        Some("failure") => Ok(Err(Error::from_entry(call.route.name, &entry["failure"]))),
        tag => Err(strange(call, &format!("an entry has the tag {tag:?}"))),
    }
}

pub(crate) fn strange(call: &Call, why: &str) -> Error {
    let class = if call.route.is_commit() { Class::Unclear } else { Class::Retry };
    let what = format!("The answer of Dropbox cannot be understood: {why}");
    Error::local(class, what, "If it happens again, report it").at(call.route.name).about(call.item)
}

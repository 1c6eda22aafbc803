//! The ways in which a call is refused, and their exact forms on the wire.

use hyper::{HeaderMap, StatusCode, header};
use serde_json::{Value, json};

use crate::drive::{LookupProblem, WriteProblem};
use crate::random::Random;

#[derive(Clone, Debug, PartialEq)]
pub enum Refusal {
    /// 400 with a text. The route's name is put before it.
    BadRequest(String),
    /// 401 with a tag, and for `missing_scope` the scope.
    Unauthorized(&'static str, Option<&'static str>),
    /// 403 with a union.
    Forbidden(Value),
    /// 409 with the route's own error.
    Endpoint(Value),
    /// 422 with a `PathRootError`.
    PathRoot(Value),
    /// 429.
    TooMany {
        /// `too_many_requests` or `too_many_write_operations`.
        reason: &'static str,
        retry_after_seconds: Option<u64>,
        plain_text: bool,
    },
    /// 413 from the edge.
    TooLarge,
    /// 416, whose text is that of the Python SDK's tests.
    BadRange,
    /// Nothing of the API's: status, content type, body.
    Raw(StatusCode, &'static str, &'static str),
}

/// A refusal as it is sent.
#[derive(Debug)]
pub struct RefusalParts {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Refusal {
    /// A 409 whose union has a nested value of the same name.
    pub fn nested(tag: &str, value: Value) -> Self {
        Self::Endpoint(json!({".tag": tag, tag: value}))
    }

    pub fn tag(tag: &str) -> Self {
        Self::Endpoint(json!({".tag": tag}))
    }

    pub fn lookup(problem: &LookupProblem) -> Self {
        Self::nested("path", problem.to_json())
    }

    pub fn contention() -> Self {
        Self::TooMany { reason: "too_many_write_operations", retry_after_seconds: None, plain_text: false }
    }

    pub fn into_parts(self, route: &str, random: &mut Random) -> RefusalParts {
        let mut headers = HeaderMap::new();
        let (status, kind, body) = match self {
            Self::BadRequest(why) => (
                StatusCode::BAD_REQUEST,
                "text/plain; charset=utf-8",
                format!("Error in call to API function \"{route}\": {why}"),
            ),
            Self::Unauthorized(tag, scope) => {
                let mut error = json!({".tag": tag});
                if let Some(scope) = scope {
                    error["required_scope"] = scope.into();
                }
                (StatusCode::UNAUTHORIZED, "application/json", with_summary(error, random))
            }
            Self::Forbidden(error) => (StatusCode::FORBIDDEN, "application/json", with_summary(error, random)),
            Self::Endpoint(error) => (StatusCode::CONFLICT, "application/json", with_summary(error, random)),
            Self::PathRoot(error) => {
                (StatusCode::UNPROCESSABLE_ENTITY, "application/json", with_summary(error, random))
            }
            Self::TooMany { reason, retry_after_seconds, plain_text } => {
                if let Some(seconds) = retry_after_seconds {
                    headers.insert(header::RETRY_AFTER, seconds.into());
                }
                let (kind, body) = too_many(reason, retry_after_seconds, plain_text, random);
                (StatusCode::TOO_MANY_REQUESTS, kind, body)
            }
            Self::TooLarge => {
                (StatusCode::PAYLOAD_TOO_LARGE, "text/plain; charset=utf-8", "Request body is too large".into())
            }
            Self::BadRange => {
                (StatusCode::RANGE_NOT_SATISFIABLE, "text/plain; charset=utf-8", "range/not_satisfiable".into())
            }
            Self::Raw(status, kind, body) => (status, kind, body.to_owned()),
        };
        headers.insert(header::CONTENT_TYPE, hyper::header::HeaderValue::from_static(kind));
        RefusalParts { status, headers, body }
    }
}

impl From<LookupProblem> for Refusal {
    fn from(problem: LookupProblem) -> Self {
        Self::lookup(&problem)
    }
}

/// A write that failed, for the routes whose error is `path: WriteError`. A lock that is held is a 429 of the whole call.
pub fn write_refusal(tag: &str, problem: &WriteProblem) -> Refusal {
    match problem {
        WriteProblem::Busy => Refusal::contention(),
        other => Refusal::nested(tag, other.to_json()),
    }
}

fn too_many(
    reason: &'static str,
    retry_after: Option<u64>,
    plain_text: bool,
    random: &mut Random,
) -> (&'static str, String) {
    if plain_text {
        return ("text/plain; charset=utf-8", "Too many requests. Please slow down.".into());
    }
    let mut error = json!({"reason": {".tag": reason}});
    if let Some(seconds) = retry_after {
        error["retry_after"] = seconds.into();
    }
    let body = json!({"error_summary": format!("{reason}/{}", dots(random)), "error": error});
    ("application/json", body.to_string())
}

fn with_summary(error: Value, random: &mut Random) -> String {
    let summary = format!("{}/{}", tags(&error).join("/"), dots(random));
    json!({"error_summary": summary, "error": error}).to_string()
}

/// The tags of a union, from the outside in.
fn tags(error: &Value) -> Vec<&str> {
    let mut tags = Vec::new();
    let mut at = error;
    while let Some(tag) = at.get(".tag").and_then(Value::as_str) {
        tags.push(tag);
        let inner = at.get(tag).filter(|inner| inner.is_object());
        match inner.or_else(|| at.get("reason")) {
            Some(inner) => at = inner,
            None => break,
        }
    }
    tags
}

/// The real one ends its summaries with a number of dots that varies, so that nobody compares them.
fn dots(random: &mut Random) -> String {
    ".".repeat(random.below(5) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn summaries_follow_the_tags() {
        let nested = json!({".tag": "path", "path": {".tag": "conflict", "conflict": {".tag": "file"}}});
        assert_eq!(tags(&nested), ["path", "conflict", "file"]);
        let collapsed = json!({".tag": "path", "reason": {".tag": "insufficient_space"}, "upload_session_id": "x"});
        assert_eq!(tags(&collapsed), ["path", "insufficient_space"]);
        let text = json!({".tag": "malformed_path", "malformed_path": "why"});
        assert_eq!(tags(&text), ["malformed_path"]);
    }
}

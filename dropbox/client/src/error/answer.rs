//! From an answer that is no success to an error.
//!
//! Dropbox answers 400 with plain text, 401, 403, 409, 422 and 429 mostly with JSON, 429 at times with plain text, and 5xx
//! with anything. So the body is looked at for what it is, not for what its content type says.

use std::time::Duration;

use serde_json::Value;

use super::{Class, Error, Parts, class, words};

/// An answer that is no success.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Refusal<'a> {
    pub route: &'static str,
    /// Whether the route counts towards Dropbox's data transport limit.
    pub is_upload: bool,
    pub status: u16,
    pub request_id: Option<&'a str>,
    /// The header `Retry-After`.
    pub retry_after: Option<&'a str>,
    pub body: &'a [u8],
}

impl Error {
    pub(crate) fn from_refusal(refusal: &Refusal) -> Self {
        let json: Value = serde_json::from_slice(refusal.body).unwrap_or(Value::Null);
        let detail = json.get("error").cloned();
        let tags = detail.as_ref().map(tags_of).unwrap_or_default();
        let text = readable(refusal.body, &json);
        let mut parts = Parts {
            class: Some(class_of(refusal, &tags, &text)),
            route: refusal.route,
            status: Some(refusal.status),
            request_id: refusal.request_id.map(str::to_string),
            user_message: user_message(&json),
            retry_after: retry_after(refusal.retry_after, refusal.body),
            tags,
            detail,
            ..Parts::default()
        };
        words::describe(&mut parts, &text);
        Self::from_parts(parts)
    }

    /// The failure of one entry of a batch: a union of the specification.
    pub(crate) fn from_entry(route: &'static str, failure: &Value) -> Self {
        let tags = tags_of(failure);
        let class = class::of_tags(route, &tags).unwrap_or(Class::SkipAndReport);
        let mut parts = Parts { class: Some(class), route, tags, detail: Some(failure.clone()), ..Parts::default() };
        words::describe(&mut parts, "");
        Self::from_parts(parts)
    }
}

/// The error that an answer to a call of `files/upload` stands for.
#[cfg(feature = "decoders")]
pub fn read_refusal(status: u16, retry_after: Option<&str>, body: &[u8]) -> Error {
    let route = "files/upload";
    Error::from_refusal(&Refusal { route, is_upload: true, status, request_id: None, retry_after, body })
}

/// The tags of nested unions, outermost first. A struct that wraps a union has it under `reason`.
fn tags_of(value: &Value) -> Vec<String> {
    let mut tags = Vec::new();
    let mut next = Some(value);
    while let Some(value) = next {
        next = match value {
            Value::String(tag) if tags.is_empty() => {
                tags.push(shown(tag));
                None
            }
            Value::Object(fields) => match fields.get(".tag").and_then(Value::as_str) {
                Some(tag) => {
                    tags.push(shown(tag));
                    fields.get(tag).filter(|it| it.is_object()).or_else(|| fields.get("reason"))
                }
                None => fields.get("reason"),
            },
            _ => None,
        };
    }
    tags
}

fn class_of(refusal: &Refusal, tags: &[String], text: &str) -> Class {
    match refusal.status {
        400 => class_of_text(tags, text),
        401 => class::of_tags(refusal.route, tags).unwrap_or(Class::Credentials),
        403 if refusal.is_upload && tags.iter().any(|tag| tag == "invalid_account_type") => Class::Budget,
        403 => class::of_tags(refusal.route, tags).unwrap_or(Class::Credentials),
        407 => Class::Unreachable,
        409 => class::of_tags(refusal.route, tags).unwrap_or(Class::SkipAndReport),
        410 => Class::SkipAndReport,
        422 => Class::PathRoot,
        429 => Class::RateLimited,
        408 | 500.. => Class::Retry,
        _ => Class::BadRequest,
    }
}

/// What an answer 400 means. Its text is for people; only what can be told apart for certain is.
fn class_of_text(tags: &[String], text: &str) -> Class {
    let is_oauth = |tag: &String| {
        matches!(
            tag.as_str(),
            "invalid_grant" | "invalid_client" | "invalid_scope" | "unauthorized_client" | "access_denied"
        )
    };
    if tags.iter().any(is_oauth) || words::is_about_app(text) {
        return Class::Credentials;
    }
    if words::is_about_path(text) { Class::SkipAndReport } else { Class::BadRequest }
}

/// The first 300 characters of what people can read in an answer.
fn readable(body: &[u8], json: &Value) -> String {
    let description = json.get("error_description").or_else(|| json.get("error_summary")).and_then(Value::as_str);
    let text = match description {
        Some(text) => text.to_string(),
        None => String::from_utf8_lossy(body).into_owned(),
    };
    shown(&text).trim().to_string()
}

/// A server's words as they can be shown: no more than a line or two, and nothing that drives a terminal.
pub(super) fn shown(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(300).collect()
}

fn user_message(json: &Value) -> Option<String> {
    let message = json.get("user_message")?;
    let text = message.get("text").unwrap_or(message).as_str()?.trim();
    (!text.is_empty()).then(|| text.to_string())
}

/// How long Dropbox asks to wait: the longer of header and JSON, or else what a plain text says.
pub fn retry_after(header: Option<&str>, body: &[u8]) -> Option<Duration> {
    let json: Option<Value> = serde_json::from_slice(body).ok();
    let field = json.as_ref().and_then(|json| json.get("error")?.get("retry_after")?.as_f64());
    let of_json = field.and_then(seconds);
    let told = header.and_then(of_header).max(of_json);
    told.or_else(|| if json.is_none() { of_text(&String::from_utf8_lossy(body)) } else { None })
}

fn of_header(value: &str) -> Option<Duration> {
    let value = value.trim();
    let date = || {
        let until = jiff::fmt::rfc2822::parse(value).ok()?.timestamp().as_second();
        seconds((until - jiff::Timestamp::now().as_second()) as f64)
    };
    value.parse().ok().and_then(seconds).or_else(date)
}

/// The first number behind "after", "in" or "wait": "Retry-After: 15", "try again in 15 seconds".
fn of_text(text: &str) -> Option<Duration> {
    let text = text.to_ascii_lowercase();
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '.').filter(|word| !word.is_empty());
    let mut words = words.skip_while(|word| !matches!(*word, "after" | "in" | "wait"));
    words.find_map(|word| word.trim_end_matches(['s', '.']).parse().ok()).and_then(seconds)
}

fn seconds(value: f64) -> Option<Duration> {
    Duration::try_from_secs_f64(value.max(0.0)).ok()
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;

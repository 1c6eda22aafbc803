//! Parameters and bodies of requests: what does not fit is a problem that says so.

use std::time::Duration;

use axum::{
    Json,
    extract::{
        FromRequest, FromRequestParts, Query, Request,
        rejection::{JsonRejection, QueryRejection},
    },
    http::{StatusCode, request::Parts},
};
use larder_model::{TreePath, unescape};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use utoipa::{IntoParams, ToSchema};

use crate::failure::{Failure, FailureKind};

/// Rows of an answer unless the request says otherwise, and at most.
const LIMIT_DEFAULT: u32 = 100;
const LIMIT_MAX: u32 = 1000;

/// A body has to be there in this time.
const PATIENCE: Duration = Duration::from_secs(30);

/// Parameters behind the question mark.
pub struct Params<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Params<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let query = Query::<T>::from_request_parts(parts, state).await;
        query.map(|Query(params)| Self(params)).map_err(|rejection: QueryRejection| {
            Failure::usage(plain("a parameter does not fit", &rejection.body_text()))
        })
    }
}

/// A JSON body.
pub struct Body<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, state: &S) -> Result<Self, Failure> {
        let read = tokio::time::timeout(PATIENCE, Json::<T>::from_request(request, state)).await;
        let read = read.map_err(|_| {
            let detail = "the request did not come to its end in time";
            Failure::new(StatusCode::REQUEST_TIMEOUT, FailureKind::Usage, "not a sensible request", detail)
        })?;
        read.map(|Json(body)| Self(body)).map_err(unfit)
    }
}

fn unfit(rejection: JsonRejection) -> Failure {
    let (status, text) = (rejection.status(), rejection.body_text());
    match status {
        StatusCode::PAYLOAD_TOO_LARGE => Failure::too_large("the request is larger than 1 MiB"),
        StatusCode::BAD_REQUEST => Failure::usage(plain("the request is no JSON", &text)),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => {
            let detail = "the request is not sent as application/json";
            Failure::new(status, FailureKind::Usage, "not a sensible request", detail)
        }
        status => {
            let detail = plain("the request does not fit", &text);
            Failure::new(status, FailureKind::Usage, "not a sensible request", detail)
        }
    }
}

/// What the parser says, without its words on itself.
fn plain(what: &str, told: &str) -> String {
    let why = ["Failed to deserialize query string: ", "Failed to deserialize the JSON body into the target type: "]
        .iter()
        .chain(&["Failed to parse the request body as JSON: "])
        .find_map(|start| told.strip_prefix(start));
    format!("{what}: {}", why.unwrap_or(told))
}

/// Part of a list.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Paging {
    /// How many rows at most; 100 unless given.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
    /// Where to go on: `next` of the answer before.
    cursor: Option<String>,
}

/// The number of rows that a request may ask for.
pub fn limit(given: Option<u32>) -> Result<usize, Failure> {
    match given.unwrap_or(LIMIT_DEFAULT) {
        limit @ 1..=LIMIT_MAX => Ok(limit as usize),
        _ => Err(Failure::usage(format!("`limit` is a number from 1 to {LIMIT_MAX}"))),
    }
}

impl Paging {
    pub fn limit(&self) -> Result<usize, Failure> {
        limit(self.limit)
    }

    /// A cursor as it was given.
    pub fn text(&self) -> Option<&str> {
        self.cursor.as_deref()
    }

    /// The bytes that a cursor was made of.
    pub fn cursor(&self) -> Result<Option<Vec<u8>>, Failure> {
        self.cursor.as_deref().map(|cursor| from_cursor(cursor).ok_or_else(bad_cursor)).transpose()
    }

    /// A cursor that is a number of rows.
    pub fn start(&self) -> Result<usize, Failure> {
        let Some(bytes) = self.cursor()? else { return Ok(0) };
        std::str::from_utf8(&bytes).ok().and_then(|text| text.parse().ok()).ok_or_else(bad_cursor)
    }

    /// The cursor of a number of rows.
    pub fn next_start(end: usize, total: usize) -> Option<String> {
        (end < total).then(|| to_cursor(end.to_string().as_bytes()))
    }
}

pub fn bad_cursor() -> Failure {
    Failure::usage("`cursor` is not one that an answer had as `next`").hint("read the list from its beginning")
}

pub fn to_cursor(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub fn from_cursor(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = text.chars().map(|c| c.to_digit(16).map(|digit| digit as u8)).collect();
    let digits = digits.filter(|digits| digits.len() % 2 == 0)?;
    Some(digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect())
}

/// A path out of its escaped form. Nothing is the top.
pub fn path(text: &str) -> Result<TreePath, Failure> {
    let bytes = unescape(text).ok_or_else(|| Failure::usage("the path holds a broken escape"))?;
    if !bytes.is_empty() && !bytes.starts_with(b"/") {
        return Err(Failure::usage("a path begins with /"));
    }
    Ok(TreePath::new(bytes))
}

/// A moment out of a parameter.
pub fn time(name: &str, text: Option<&str>) -> Result<Option<larder_model::Time>, Failure> {
    let parse = |text: &str| {
        crate::moment::parse(text)
            .ok_or_else(|| Failure::usage(format!("`{name}` is a moment such as 2026-01-14T06:45:00Z, or a day")))
    };
    text.filter(|text| !text.is_empty()).map(parse).transpose()
}

/// Yes or no in a parameter.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
pub enum Switch {
    #[default]
    #[serde(rename = "0")]
    Off,
    #[serde(rename = "1")]
    On,
}

impl Switch {
    pub fn is_on(self) -> bool {
        self == Self::On
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parser_says_no_more_than_what_is_wrong() {
        assert_eq!(plain("no", "Failed to deserialize query string: missing field `to`"), "no: missing field `to`");
        assert_eq!(plain("no", "something else"), "no: something else");
    }

    #[test]
    fn cursors_and_paths_are_checked() {
        assert_eq!(from_cursor(&to_cursor(b"a\xff/")).unwrap(), b"a\xff/");
        assert_eq!(from_cursor("abc"), None);
        assert_eq!(from_cursor("zz"), None);
        assert_eq!(path("/a\\xff").unwrap().as_bytes(), b"/a\xff");
        assert!(path("/a\\q").is_err() && path("a").is_err());
        assert!(path("").unwrap().is_top());
        assert!(limit(Some(0)).is_err() && limit(Some(1001)).is_err());
        assert_eq!(limit(None).unwrap(), 100);
    }
}

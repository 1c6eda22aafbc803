//! `/snapshots/{id}/content`: the bytes of a file, whole or in part.

use axum::{
    body::Body,
    extract::{Path, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use larder_engine::{FileReader, Node};
use larder_model::{Kind, Problem, ProblemKind};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{Shared, entry::content_key};
use crate::{
    app::{App, StreamPermit},
    archive::{file_name, in_header},
    failure::{Failure, FailureKind},
    media,
    parameters::{Params, Switch, path},
    stream::{self, PIECE_LEN, Pipe},
};

/// Bytes that tell what kind of file something is.
const START_LEN: usize = 4096;
/// Nothing in it runs, loads or is sent anywhere.
const SANDBOX: &str = "sandbox; default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'self'; \
                       base-uri 'none'; form-action 'none'";
/// Browsers show no PDF in a sandbox. Sent as what it is, it can be nothing else.
const PDF: &str = "default-src 'none'; object-src 'self'; plugin-types application/pdf; style-src 'unsafe-inline'; frame-ancestors 'self'; \
                   base-uri 'none'; form-action 'none'";

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Wanted {
    /// A file.
    #[param(example = "/")]
    #[serde(default)]
    path: String,
    /// 1: to be saved, whatever it is.
    #[serde(default)]
    download: Switch,
}

/// The bytes of a file
///
/// A single range may be asked for. What browsers would run is sent as a download. When a part turns out to be damaged on the way, the
/// connection breaks off.
#[utoipa::path(get, path = "/snapshots/{id}/content", tag = "browse", params(("id" = String, Path, description = "a snapshot", example = "latest"), Wanted),
    security(("session" = [])), responses(
    (status = 200, description = "the whole file", content_type = "*/*"),
    (status = 206, description = "a part of it", content_type = "*/*"),
    (status = 304, description = "it is what If-None-Match says"),
    (status = 416, description = "there is no such part", body = Failure, content_type = "application/problem+json"),
    (status = "default", body = Failure, content_type = "application/problem+json"),
))]
pub async fn get_content(
    State((app, _)): State<Shared>,
    Path(id): Path<String>,
    Params(wanted): Params<Wanted>,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let permit = app.stream().await?;
    let is_head = method == Method::HEAD;
    let opened = app.work(move |app, _| open(app, &id, &wanted, &headers, is_head)).await?;
    Ok(match opened {
        Opened::Answer(response) => *response,
        Opened::Send(mut response, sending) => {
            let (pipe, receiving) = stream::pipe(Some(sending.end - sending.at));
            tokio::task::spawn_blocking(move || sending.run(&app, pipe, permit));
            *response.body_mut() = receiving.body();
            *response
        }
    })
}

enum Opened {
    Answer(Box<Response>),
    Send(Box<Response>, Box<Sending>),
}

/// A file on its way.
struct Sending {
    file: FileReader<'static>,
    at: u64,
    end: u64,
    /// The first piece: it was read before the answer began, so that what is damaged at once is told as such.
    first: Vec<u8>,
    name: String,
}

fn open(app: &App, id: &str, wanted: &Wanted, headers: &HeaderMap, is_head: bool) -> Result<Opened, Failure> {
    let path = path(&wanted.path)?;
    let (_, tree) = app.tree(id)?;
    let told = |problem: Problem| app.failure(&problem);
    let node = tree.node(&path).map_err(told)?;
    let node = node.filter(|node| node.entry.kind == Kind::File).ok_or_else(|| {
        Failure::usage(format!("{path} is not a file, and has no content")).hint("download a folder as an archive")
    })?;
    let size = node.entry.meta.size;
    let etag = etag(&node);
    if is_matched(headers.get(header::IF_NONE_MATCH), &etag) {
        let mut response = StatusCode::NOT_MODIFIED.into_response();
        put(response.headers_mut(), header::ETAG, &etag);
        return Ok(Opened::Answer(Box::new(response)));
    }
    // Ranges are for GET alone (RFC 9110, 14.2).
    let wants_part = !is_head && headers.get(header::IF_RANGE).is_none_or(|value| value.as_bytes() == etag.as_bytes());
    let range = headers.get(header::RANGE).filter(|_| wants_part).map_or(Asked::All, |range| asked(range, size));
    let (status, start, end) = match range {
        Asked::All => (StatusCode::OK, 0, size),
        Asked::Part(start, end) => (StatusCode::PARTIAL_CONTENT, start, end),
        Asked::Nothing => return Ok(Opened::Answer(Box::new(no_such_range(size)))),
    };
    let file = tree.file(&node).map_err(told)?;
    let mut first = vec![0; (end - start).min(PIECE_LEN as u64) as usize];
    file.read_at(start, &mut first).map_err(told)?;
    let (media_type, is_inline) = kind(&file, &node, start, &first).map_err(told)?;
    let mut response = StatusCode::OK.into_response();
    *response.status_mut() = status;
    let is_inline = is_inline && !wanted.download.is_on();
    describe(response.headers_mut(), &node, &media_type, is_inline);
    put(response.headers_mut(), header::ETAG, &etag);
    if status == StatusCode::PARTIAL_CONTENT {
        put(response.headers_mut(), header::CONTENT_RANGE, &format!("bytes {start}-{}/{size}", end - 1));
    }
    if is_head || start == end {
        put(response.headers_mut(), header::CONTENT_LENGTH, &(end - start).to_string());
        return Ok(Opened::Answer(Box::new(response)));
    }
    Ok(Opened::Send(Box::new(response), Box::new(Sending { file, at: start, end, first, name: path.to_string() })))
}

/// By the name, else by the first bytes, which need not be in the range.
fn kind(file: &FileReader, node: &Node, start: u64, first: &[u8]) -> larder_model::Result<(String, bool)> {
    let name = &node.entry.name;
    let has_start = start == 0 && first.len() as u64 >= file.size().min(START_LEN as u64);
    if has_start || media::by_name(name).is_some() {
        return Ok(media::sent_as(name, &first[..first.len().min(START_LEN)]));
    }
    let mut head = vec![0; START_LEN];
    let len = file.read_at(0, &mut head)?;
    Ok(media::sent_as(name, &head[..len]))
}

fn describe(headers: &mut HeaderMap, node: &Node, media_type: &str, is_inline: bool) {
    let policy = if media_type == "application/pdf" && is_inline { PDF } else { SANDBOX };
    put(headers, header::CONTENT_TYPE, media_type);
    put(headers, header::CONTENT_SECURITY_POLICY, policy);
    put(headers, header::ACCEPT_RANGES, "bytes");
    // Content never changes under its etag, but whoever has no session any more must not see it.
    put(headers, header::CACHE_CONTROL, "private, no-cache");
    let disposition = if is_inline { "inline" } else { "attachment" };
    put(headers, header::CONTENT_DISPOSITION, &in_header(disposition, &file_name(&node.entry.name)));
}

pub fn etag(node: &Node) -> String {
    format!("\"{}\"", content_key(node).unwrap_or_default())
}

pub fn is_matched(header: Option<&HeaderValue>, etag: &str) -> bool {
    let Some(text) = header.and_then(|value| value.to_str().ok()) else { return false };
    text.split(',').any(|one| matches!(one.trim(), "*") || one.trim().trim_start_matches("W/") == etag)
}

pub fn put(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

fn no_such_range(size: u64) -> Response {
    let detail = format!("the file has {size} bytes, and no such part");
    let failure = Failure::new(StatusCode::RANGE_NOT_SATISFIABLE, FailureKind::Range, "no such range", detail);
    let mut response = failure.into_response();
    put(response.headers_mut(), header::CONTENT_RANGE, &format!("bytes */{size}"));
    response
}

/// What a `Range` header asks for.
#[derive(PartialEq, Eq, Debug)]
enum Asked {
    All,
    /// From the first byte to before the second.
    Part(u64, u64),
    Nothing,
}

/// RFC 9110, 14.1.2. Of several ranges, and of units that are not bytes, nothing is made: the whole file is a right answer.
fn asked(header: &HeaderValue, size: u64) -> Asked {
    let Some(text) = header.to_str().ok() else { return Asked::Nothing };
    let range = match text.split_once('=') {
        Some((unit, range)) if unit.trim().eq_ignore_ascii_case("bytes") => range,
        _ => return Asked::All,
    };
    if range.contains(',') {
        return Asked::All;
    }
    let Some((first, last)) = range.trim().split_once('-') else { return Asked::Nothing };
    let number = |text: &str| -> Option<u64> {
        text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().unwrap_or(u64::MAX))
    };
    match (first, last) {
        ("", "") => Asked::Nothing,
        ("", last) => match number(last) {
            Some(len) if len > 0 && size > 0 => Asked::Part(size.saturating_sub(len), size),
            _ => Asked::Nothing,
        },
        (first, "") => match number(first) {
            Some(first) if first < size => Asked::Part(first, size),
            _ => Asked::Nothing,
        },
        (first, last) => match (number(first), number(last)) {
            (Some(first), Some(last)) if first <= last && first < size => {
                Asked::Part(first, last.saturating_add(1).min(size))
            }
            _ => Asked::Nothing,
        },
    }
}

impl Sending {
    fn run(self, app: &App, pipe: Pipe, permit: StreamPermit) {
        let _permit = permit;
        match self.send(&pipe) {
            Ok(()) => drop(pipe.finish()),
            Err(problem) => {
                let text = app.hiding.hide(&problem.to_string());
                if !problem.is(ProblemKind::Interrupted) {
                    app.log(format!("{}: {text}; its download was cut off", self.name));
                }
                pipe.cut(&text);
            }
        }
    }

    fn send(&self, pipe: &Pipe) -> larder_model::Result<()> {
        pipe.send(self.first.clone())?;
        let mut at = self.at + self.first.len() as u64;
        while at < self.end {
            let mut piece = vec![0; (self.end - at).min(PIECE_LEN as u64) as usize];
            let len = self.file.read_at(at, &mut piece)?;
            piece.truncate(len);
            pipe.send(piece)?;
            at += len as u64;
        }
        Ok(())
    }
}

/// An answer of bytes that are there already.
pub fn with_bytes(bytes: impl Into<Body>, media_type: &str, etag: &str) -> Response {
    let mut response = Response::new(bytes.into());
    put(response.headers_mut(), header::CONTENT_TYPE, media_type);
    put(response.headers_mut(), header::CONTENT_SECURITY_POLICY, SANDBOX);
    put(response.headers_mut(), header::CACHE_CONTROL, "private, no-cache");
    put(response.headers_mut(), header::ETAG, etag);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_the_standard_says() {
        let range = |text: &'static str| asked(&HeaderValue::from_static(text), 100);
        assert_eq!(range("bytes=0-9"), Asked::Part(0, 10));
        assert_eq!(range("bytes=90-"), Asked::Part(90, 100));
        assert_eq!(range("bytes=-10"), Asked::Part(90, 100));
        assert_eq!(range("bytes=-1000"), Asked::Part(0, 100));
        assert_eq!(range("bytes=50-99999999999999999999999"), Asked::Part(50, 100));
        for bad in ["bytes=100-", "bytes=9-5", "bytes=-0", "bytes=-", "bytes=a-b", "bytes=", "bytes=1", "bytes=+1-2"] {
            assert_eq!(range(bad), Asked::Nothing, "{bad}");
        }
        assert_eq!(range("bytes=0-1,3-4"), Asked::All);
        assert_eq!((range("lines=0-1"), range("bytes")), (Asked::All, Asked::All));
        assert_eq!(range("Bytes=0-1"), Asked::Part(0, 2));
        assert_eq!(asked(&HeaderValue::from_static("bytes=0-"), 0), Asked::Nothing);
        assert_eq!(asked(&HeaderValue::from_static("bytes=-5"), 0), Asked::Nothing);
    }
}

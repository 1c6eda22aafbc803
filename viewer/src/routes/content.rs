//! `/snapshots/{id}/content`: the bytes of a file, whole or in part.

mod ranges;
mod sending;

use std::ops::Range;

use axum::{
    body::Body,
    extract::{Path, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use larder_engine::{FileReader, Node, Tree};
use larder_model::{Kind, Problem, TreePath};
use serde::Deserialize;
use utoipa::IntoParams;

use self::{
    ranges::{Asked, asked},
    sending::Sending,
};
use super::{PREFIX, Shared, entry::content_key};
use crate::{
    app::App,
    archive::{file_name, in_address, in_header},
    failure::{Failure, FailureKind},
    media,
    parameters::{Params, Switch, path},
    stream::{self, PIECE_LEN},
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
    /// The id of a download whose status tells how it goes.
    watch: Option<String>,
}

/// Where a file is fetched as a download that is watched.
pub fn download_address(snapshot: &str, path: &TreePath, watch: &str) -> String {
    let path = in_address(&path.to_string());
    format!("{PREFIX}/snapshots/{snapshot}/content?path={path}&download=1&watch={watch}")
}

/// The bytes of a file
///
/// A single range may be asked for. What browsers would run is sent as a download. When a part turns out to be damaged on the way, the
/// connection breaks off, and the status of the download that was asked for says what it was.
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
    // An id that is forgotten by now costs the status, not the file.
    let watch = wanted.watch.as_deref().filter(|_| !is_head).and_then(|id| app.downloads.get(id));
    let opened = app.work(move |app, _| open(app, &id, &wanted, &headers, is_head)).await;
    if let Some(download) = &watch {
        download.begin();
        match &opened {
            Ok(Opened::Answer(_)) => download.end(true),
            Ok(Opened::Send(..)) => {}
            Err(failure) => download.break_off(failure.clone()),
        }
    }
    Ok(match opened? {
        Opened::Answer(response) => *response,
        Opened::Send(mut response, sending) => {
            let (pipe, receiving) = stream::pipe(Some(sending.end - sending.at));
            tokio::task::spawn_blocking(move || sending.run(&app, pipe, permit, watch.as_deref()));
            *response.body_mut() = receiving.body();
            *response
        }
    })
}

enum Opened {
    Answer(Box<Response>),
    Send(Box<Response>, Box<Sending>),
}

fn open(app: &App, id: &str, wanted: &Wanted, headers: &HeaderMap, is_head: bool) -> Result<Opened, Failure> {
    let path = path(&wanted.path)?;
    let (_, tree) = app.tree(id)?;
    let node = file_node(app, &tree, &path)?;
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
    let (file, first) = begin(app, &tree, &path, &node, start..end)?;
    let (media_type, is_inline) = kind(&file, &node, start, &first).map_err(|problem| of(app, &path, problem))?;
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
    Ok(Opened::Send(Box::new(response), Box::new(Sending { file, at: start, end, first, path })))
}

/// The file at a path; nothing else has content.
pub fn file_node(app: &App, tree: &Tree, path: &TreePath) -> Result<Node, Failure> {
    let node = tree.node(path).map_err(|problem| app.failure(&problem))?;
    node.filter(|node| node.entry.kind == Kind::File).ok_or_else(|| {
        Failure::usage(format!("{path} is not a file, and has no content")).hint("download a folder as an archive")
    })
}

/// A file, and the first piece of what is wanted of it.
pub fn begin(
    app: &App,
    tree: &Tree<'static>,
    path: &TreePath,
    node: &Node,
    wanted: Range<u64>,
) -> Result<(FileReader<'static>, Vec<u8>), Failure> {
    let read = || {
        let file = tree.file(node)?;
        let mut first = vec![0; (wanted.end - wanted.start).min(PIECE_LEN as u64) as usize];
        file.read_at(wanted.start, &mut first)?;
        Ok((file, first))
    };
    read().map_err(|problem| of(app, path, problem))
}

/// A problem of a file, by name.
fn of(app: &App, path: &TreePath, problem: Problem) -> Failure {
    app.failure(&problem.context(path))
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

/// An answer of bytes that are there already.
pub fn with_bytes(bytes: impl Into<Body>, media_type: &str, etag: &str) -> Response {
    let mut response = Response::new(bytes.into());
    put(response.headers_mut(), header::CONTENT_TYPE, media_type);
    put(response.headers_mut(), header::CONTENT_SECURITY_POLICY, SANDBOX);
    put(response.headers_mut(), header::CACHE_CONTROL, "private, no-cache");
    put(response.headers_mut(), header::ETAG, etag);
    response
}

//! The pages: built files of `web/`, which are part of this program.
//!
//! Which file is which is known when this is compiled (`build.rs`). Each is compressed when it is asked for the first time.

use std::{
    collections::HashMap,
    io::Write,
    sync::{LazyLock, OnceLock},
};

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};

use crate::{failure::Failure, media};

include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// The page that all addresses lead to which are no file: it finds out by itself where it is.
const INDEX: &str = "index.html";

struct Asset {
    bytes: &'static [u8],
    media_type: String,
    etag: String,
    zipped: OnceLock<Option<Bytes>>,
}

static ASSETS: LazyLock<HashMap<&str, Asset>> = LazyLock::new(|| FILES.iter().map(|file| asset(file)).collect());

fn asset((path, bytes): &(&'static str, &'static [u8])) -> (&'static str, Asset) {
    let media_type = match media::by_name(path.as_bytes()) {
        Some(text) if text.starts_with("text/") => format!("{text}; charset=utf-8"),
        Some(other) => other.to_owned(),
        None if path.ends_with(".wasm") => "application/wasm".to_owned(),
        None if path.ends_with(".woff2") => "font/woff2".to_owned(),
        None => "application/octet-stream".to_owned(),
    };
    let etag = format!("\"{}\"", &blake3::hash(bytes).to_hex()[..32]);
    (path, Asset { bytes, media_type, etag, zipped: OnceLock::new() })
}

impl Asset {
    /// Compressed; `None` where that would not help.
    fn zipped(&self) -> Option<Bytes> {
        let zip = || {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
            let zipped = encoder.write_all(self.bytes).and_then(|()| encoder.finish()).ok()?;
            (zipped.len() < self.bytes.len()).then(|| Bytes::from(zipped))
        };
        self.zipped.get_or_init(zip).clone()
    }
}

/// For a program that was built without them.
const NO_PAGES: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Larder</title>\
<p>The pages are no part of this program: it was built without the files in web/dist. The API at /api/v1 is there.</p></html>\n";

/// The file at a path, or the page for all other paths.
pub fn answer(method: &Method, path: &str, headers: &HeaderMap) -> Response {
    if method != Method::GET && method != Method::HEAD {
        return Failure::not_found("there is nothing at this address").into_response();
    }
    let name = path.trim_start_matches('/');
    let is_file = ASSETS.contains_key(name);
    // A missing script must not be answered by a page.
    let Some(asset) =
        ASSETS.get(if is_file { name } else { INDEX }).filter(|_| is_file || !name.starts_with("assets/"))
    else {
        if !is_file && !name.starts_with("assets/") {
            return axum::response::Html(NO_PAGES).into_response();
        }
        return Failure::not_found("there is no such file").into_response();
    };
    let takes = |header: header::HeaderName, word: &str| {
        headers.get(header).and_then(|value| value.to_str().ok()).is_some_and(|value| value.contains(word))
    };
    let mut response = Response::new(Body::empty());
    put(response.headers_mut(), header::ETAG, &asset.etag);
    put(response.headers_mut(), header::CACHE_CONTROL, "no-cache");
    put(response.headers_mut(), header::VARY, "Accept-Encoding");
    if takes(header::IF_NONE_MATCH, &asset.etag) {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        return response;
    }
    put(response.headers_mut(), header::CONTENT_TYPE, &asset.media_type);
    let zipped = if takes(header::ACCEPT_ENCODING, "gzip") { asset.zipped() } else { None };
    if zipped.is_some() {
        put(response.headers_mut(), header::CONTENT_ENCODING, "gzip");
    }
    *response.body_mut() = Body::from(zipped.unwrap_or(Bytes::from_static(asset.bytes)));
    response
}

fn put(headers: &mut HeaderMap, name: header::HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

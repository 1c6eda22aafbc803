//! `/snapshots/{id}/thumbnail`: a picture, small.

use axum::{
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use larder_model::Problem;
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    Shared,
    content::{etag, is_matched, put, with_bytes},
    entries::content_key,
};
use crate::{
    failure::Failure,
    parameters::{Params, path},
};

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Wanted {
    /// A picture's file.
    #[param(example = "/")]
    #[serde(default)]
    path: String,
    /// Width and height at most; 256 unless given.
    #[param(minimum = 64, maximum = 512)]
    size: Option<u32>,
}

/// A picture, small
///
/// Of PNG, JPEG, GIF, WebP and BMP. 415 for what is none of these, 413 for what is too large.
#[utoipa::path(get, path = "/snapshots/{id}/thumbnail", tag = "browse", params(("id" = String, Path, description = "a snapshot", example = "latest"), Wanted),
    security(("session" = [])), responses(
    (status = 200, description = "JPEG, or PNG where it is transparent", content_type = "image/*"),
    (status = 304, description = "it is what If-None-Match says"),
    (status = 413, body = Failure, content_type = "application/problem+json", description = "too many pixels"),
    (status = 415, body = Failure, content_type = "application/problem+json", description = "no picture"),
    (status = "default", body = Failure, content_type = "application/problem+json"),
))]
pub async fn get_thumbnail(
    State((app, _)): State<Shared>,
    Path(id): Path<String>,
    Params(wanted): Params<Wanted>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let size = match wanted.size.unwrap_or(256) {
        size @ 64..=512 => size,
        _ => return Err(Failure::usage("`size` is a number from 64 to 512")),
    };
    app.work(move |app, _| {
        let path = path(&wanted.path)?;
        let (_, tree) = app.tree(&id)?;
        let node = tree.node(&path).map_err(|problem| app.failure(&problem))?;
        let node = node.ok_or_else(|| Failure::usage("the top is a folder, and no picture"))?;
        let etag = etag(&node);
        if is_matched(headers.get(header::IF_NONE_MATCH), &etag) {
            let mut response = StatusCode::NOT_MODIFIED.into_response();
            put(response.headers_mut(), header::ETAG, &etag);
            return Ok(response);
        }
        let key = content_key(&node).unwrap_or_default();
        let told = |problem: &Problem| app.failure(problem);
        let thumbnail = app.thumbnails.get(&key, size, || tree.file(&node), told)?;
        Ok(with_bytes(thumbnail.bytes.clone(), thumbnail.media_type, &etag))
    })
    .await
}

//! `/downloads`: a selection as one archive.

use axum::{
    Json,
    extract::{Path, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use bytes::BytesMut;
use larder_model::ProblemKind;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Answer, PREFIX, Shared};
use crate::{
    app::{App, StreamPermit},
    archive::{self, ArchiveFormat, Selection, file_name, in_header},
    downloads::{Download, DownloadState, DownloadStatus},
    failure::Failure,
    parameters::{Body, path},
    stream::{self, PIECE_LEN, Pipe},
};

/// Paths of a selection at most: whole folders count as one.
pub const PATHS_MAX: usize = 10_000;
/// Items of a zip at most: its directory is kept in memory until it is written.
const ZIP_ITEMS_MAX: u64 = 250_000;

#[derive(Debug, Deserialize, ToSchema)]
pub struct NewDownload {
    pub snapshot: String,
    /// Files and folders, escaped.
    #[schema(min_items = 1, max_items = 10000)]
    pub paths: Vec<String>,
    pub format: ArchiveFormat,
}

#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct NewDownloadAnswer {
    /// Where it is fetched, within ten minutes.
    pub url: String,
    pub status_url: String,
    /// The name of its file.
    pub name: String,
    pub files: u64,
    pub bytes: u64,
}

/// Ask for a selection as one archive
#[utoipa::path(post, path = "/downloads", tag = "downloads", request_body = NewDownload, security(("session" = [])), responses(
    (status = 201, body = NewDownloadAnswer),
    (status = "default", body = Failure, content_type = "application/problem+json"),
))]
pub async fn post_download(State((app, _)): State<Shared>, Body(new): Body<NewDownload>) -> Result<Response, Failure> {
    let answer = app.work(move |app, _| add(app, &new)).await?;
    Ok(super::with_status(StatusCode::CREATED, answer))
}

fn add(app: &App, new: &NewDownload) -> Result<NewDownloadAnswer, Failure> {
    let selection = selection(&new.paths)?;
    let (snapshot, tree) = app.tree(&new.snapshot)?;
    let totals = selection.totals(&tree).map_err(|problem| app.failure(&problem))?;
    if new.format == ArchiveFormat::Zip && totals.files.saturating_add(totals.folders) > ZIP_ITEMS_MAX {
        return Err(Failure::too_large(format!("a zip of more than {ZIP_ITEMS_MAX} items is not made"))
            .hint("take tar.zst, which has no such bound, or less at a time"));
    }
    let mut paths = selection.paths();
    let name = match (paths.next().and_then(|path| path.name()), paths.next()) {
        (Some(only), None) => file_name(only),
        _ => format!("larder-{}", snapshot.id.short()),
    };
    let name = format!("{name}.{}", new.format.ending());
    let download = Download::new(snapshot, selection.clone(), new.format, name.clone(), totals);
    let id = app.downloads.add(download);
    let url = format!("{PREFIX}/downloads/{id}");
    Ok(NewDownloadAnswer { status_url: format!("{url}/status"), url, name, files: totals.files, bytes: totals.bytes })
}

/// The paths of a request, checked.
pub fn selection(paths: &[String]) -> Result<Selection, Failure> {
    if paths.is_empty() {
        return Err(Failure::usage("nothing is selected"));
    }
    if paths.len() > PATHS_MAX {
        return Err(Failure::too_large(format!("more than {PATHS_MAX} paths are selected"))
            .hint("select the folder that they are in"));
    }
    Ok(Selection::new(paths.iter().map(|text| path(text)).collect::<Result<Vec<_>, _>>()?))
}

fn find(app: &App, id: &str) -> Result<std::sync::Arc<Download>, Failure> {
    app.downloads.get(id).ok_or_else(|| {
        Failure::not_found("there is no such download").hint("an address is good for ten minutes; ask for it again")
    })
}

/// The archive
///
/// It is made while it is sent. When a part turns out to be damaged, the connection breaks off, and the status says what it was.
#[utoipa::path(get, path = "/downloads/{id}", tag = "downloads", params(("id" = String, Path)), security(("session" = [])), responses(
    (status = 200, description = "the archive", content_type = "*/*"),
    (status = "default", body = Failure, content_type = "application/problem+json"),
))]
pub async fn get_download(State((app, _)): State<Shared>, Path(id): Path<String>) -> Result<Response, Failure> {
    let download = find(&app, &id)?;
    let permit = app.stream().await?;
    let (pipe, receiving) = stream::pipe(None);
    let (media_type, name) = (download.format.media_type(), in_header("attachment", &download.name));
    download.begin();
    let sent = download.clone();
    tokio::task::spawn_blocking(move || send(&app, &sent, pipe, permit));
    // What is damaged at once is told as such; later there is only the breaking off.
    let body = receiving.begun().await.map_err(|_| download.status().problem.unwrap_or_else(Failure::defect))?;
    let mut response = body.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    super::content::put(headers, header::CONTENT_DISPOSITION, &name);
    Ok(response)
}

fn send(app: &App, download: &Download, pipe: Pipe, permit: StreamPermit) {
    let _permit = permit;
    let mut buffer = BytesMut::with_capacity(2 * PIECE_LEN);
    let mut watch = download;
    let written = app.reader.tree(&download.snapshot).and_then(|tree| {
        let mut sink = |bytes: &[u8]| {
            buffer.extend_from_slice(bytes);
            if buffer.len() >= PIECE_LEN { pipe.send(buffer.split().freeze()) } else { Ok(()) }
        };
        archive::write(&tree, &download.selection, download.format, &mut sink, &mut watch)?;
        pipe.send(buffer.split().freeze())
    });
    match written {
        Ok(()) => {
            let is_taken = pipe.finish().is_ok();
            download.end(if is_taken { DownloadState::Done } else { DownloadState::Stopped }, None);
        }
        Err(problem) => {
            let failure = app.failure(&problem);
            // Whoever reads of the end finds the reason.
            if problem.is(ProblemKind::Interrupted) {
                download.end(DownloadState::Stopped, Some(failure.clone()));
            } else {
                app.log(format!("{}: {}; the archive was cut off", download.name, failure.detail));
                download.end(DownloadState::Broken, Some(failure.clone()));
            }
            pipe.cut(&failure.detail);
        }
    }
}

/// How the making of an archive goes
#[utoipa::path(get, path = "/downloads/{id}/status", tag = "downloads", params(("id" = String, Path)), security(("session" = [])), responses(
    (status = 200, body = DownloadStatus),
    (status = "default", body = Failure, content_type = "application/problem+json"),
))]
pub async fn get_download_status(State((app, _)): State<Shared>, Path(id): Path<String>) -> Answer<DownloadStatus> {
    find(&app, &id).map(|download| Json(download.status()))
}

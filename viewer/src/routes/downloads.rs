//! `/downloads`: a selection as one archive, or a file as it is, and how either goes.

use axum::{
    Json,
    extract::{Path, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use bytes::BytesMut;
use larder_engine::{SnapshotInfo, Totals, Tree};
use larder_model::{ProblemKind, TreePath};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Answer, PREFIX, Shared, content};
use crate::{
    app::{App, StreamPermit},
    archive::{self, ArchiveFormat, Selection, file_name, in_header},
    downloads::{Archive, Download, DownloadStatus},
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
    /// Without one, the path is a single file, and is sent as it is.
    pub format: Option<ArchiveFormat>,
}

#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct NewDownloadAnswer {
    /// Where it is fetched: an archive within ten minutes.
    pub url: String,
    pub status_url: String,
    /// The name of its file.
    pub name: String,
    pub files: u64,
    pub bytes: u64,
}

/// Ask for a selection as one archive, or for a file as it is
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
    let Some(format) = new.format else { return add_file(app, &snapshot, &tree, &selection, totals) };
    if format == ArchiveFormat::Zip && totals.files.saturating_add(totals.folders) > ZIP_ITEMS_MAX {
        return Err(Failure::too_large(format!("a zip of more than {ZIP_ITEMS_MAX} items is not made"))
            .hint("take tar.zst, which has no such bound, or less at a time"));
    }
    let name = selection.only().and_then(TreePath::name).map(file_name);
    let name = name.unwrap_or_else(|| format!("larder-{}", snapshot.id.short()));
    let name = format!("{name}.{}", format.ending());
    let archive = Archive { snapshot, selection, format };
    let id = app.downloads.add(Download::new(name.clone(), Some(archive), totals));
    Ok(told(&id, format!("{PREFIX}/downloads/{id}"), name, totals))
}

/// What is damaged at its beginning is told at once. Its address is that of its content, so that a browser can go on with it whenever
/// it likes; with the id in it, the status is kept.
fn add_file(
    app: &App,
    snapshot: &SnapshotInfo,
    tree: &Tree<'static>,
    selection: &Selection,
    totals: Totals,
) -> Result<NewDownloadAnswer, Failure> {
    let path = selection
        .only()
        .ok_or_else(|| Failure::usage("only a single file is sent as it is").hint("take several as an archive"))?;
    let node = content::file_node(app, tree, path)?;
    content::begin(app, tree, path, &node, 0..node.entry.meta.size)?;
    let name = file_name(&node.entry.name);
    let id = app.downloads.add(Download::new(name.clone(), None, totals));
    let url = content::download_address(&snapshot.id.to_string(), path, &id);
    Ok(told(&id, url, name, totals))
}

fn told(id: &str, url: String, name: String, totals: Totals) -> NewDownloadAnswer {
    let status_url = format!("{PREFIX}/downloads/{id}/status");
    NewDownloadAnswer { url, status_url, name, files: totals.files, bytes: totals.bytes }
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
    app.downloads.get(id).ok_or_else(no_such)
}

fn no_such() -> Failure {
    Failure::not_found("there is no such download").hint("an address is good for ten minutes; ask for it again")
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
    let archive = download.archive.as_ref().ok_or_else(no_such)?;
    let permit = app.stream().await?;
    let (pipe, receiving) = stream::pipe(None);
    let (media_type, name) = (archive.format.media_type(), in_header("attachment", &download.name));
    download.begin();
    let sent = download.clone();
    tokio::task::spawn_blocking(move || send(&app, &sent, pipe, permit));
    // What is damaged at once is told as such; later there is only the breaking off.
    let body = receiving.begun().await.map_err(|_| download.status().problem.unwrap_or_else(Failure::defect))?;
    let mut response = body.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    content::put(headers, header::CONTENT_DISPOSITION, &name);
    Ok(response)
}

fn send(app: &App, download: &Download, pipe: Pipe, permit: StreamPermit) {
    let _permit = permit;
    match download.archive.as_ref().map_or(Ok(()), |archive| fill(app, download, archive, &pipe)) {
        Ok(()) => download.end(pipe.finish().is_ok()),
        Err(problem) => {
            let failure = app.failure(&problem);
            if !problem.is(ProblemKind::Interrupted) {
                app.log(format!("{}: {}; the archive was cut off", download.name, failure.detail));
            }
            // Whoever reads of the end finds the reason.
            download.break_off(failure.clone());
            pipe.cut(&failure.detail);
        }
    }
}

fn fill(app: &App, download: &Download, archive: &Archive, pipe: &Pipe) -> larder_model::Result<()> {
    let mut buffer = BytesMut::with_capacity(2 * PIECE_LEN);
    let mut watch = download;
    let tree = app.reader.tree(&archive.snapshot)?;
    let mut sink = |bytes: &[u8]| {
        buffer.extend_from_slice(bytes);
        if buffer.len() >= PIECE_LEN { pipe.send(buffer.split().freeze()) } else { Ok(()) }
    };
    archive::write(&tree, &archive.selection, archive.format, &mut sink, &mut watch)?;
    pipe.send(buffer.split().freeze())
}

/// How a download goes
#[utoipa::path(get, path = "/downloads/{id}/status", tag = "downloads", params(("id" = String, Path)), security(("session" = [])), responses(
    (status = 200, body = DownloadStatus),
    (status = "default", body = Failure, content_type = "application/problem+json"),
))]
pub async fn get_download_status(State((app, _)): State<Shared>, Path(id): Path<String>) -> Answer<DownloadStatus> {
    find(&app, &id).map(|download| Json(download.status()))
}

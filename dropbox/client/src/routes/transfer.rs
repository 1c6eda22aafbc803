//! Whole files, up and down.

use serde::{Deserialize, Serialize};

use super::check::{self, CHANGE, LIST, READ};
use super::reply::{parse, parse_header};
use crate::client::{Call, Client, Route, Style};
use crate::content::Content;
use crate::download::{Body, Download, DownloadFile, Export, FolderZip};
use crate::error::Result;
use crate::types::{CommitInfo, FileMetadata, FolderMetadata};

pub(crate) const DOWNLOAD: Route = Route::data("files/download", Style::Download);
const ZIP: Route = Route::data("files/download_zip", Style::Download);
const EXPORT: Route = Route::data("files/export", Style::Download);
const UPLOAD: Route = Route::data("files/upload", Style::Upload).never_repeated();

#[derive(Serialize)]
struct Upload<'a> {
    #[serde(flatten)]
    commit: &'a CommitInfo,
    #[serde(skip_serializing_if = "Option::is_none")]
    content_hash: Option<String>,
}

#[derive(Serialize)]
struct OnlyPath<'a> {
    path: &'a str,
}

#[derive(Deserialize)]
struct ZipResult {
    metadata: FolderMetadata,
}

#[derive(Serialize)]
struct ExportFile<'a> {
    path: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    export_format: Option<&'a str>,
}

#[derive(Deserialize)]
struct ExportResult {
    export_metadata: ExportMetadata,
    file_metadata: FileMetadata,
}

#[derive(Deserialize)]
struct ExportMetadata {
    name: String,
    size: u64,
    export_hash: Option<String>,
}

impl Client {
    /// Uploads a file of up to 150 MiB in one call, alone in its namespace: for a few small files. A change: after
    /// [`crate::Class::Unclear`] look at the path and its content hash before uploading again.
    pub fn upload(&self, commit: &CommitInfo, content: &Content) -> Result<FileMetadata> {
        check::path(&commit.path, CHANGE)?;
        check::body(content)?;
        let argument = Upload { commit, content_hash: content.hash() };
        let call = Call::new(&UPLOAD, &argument, &commit.path)?.with_content(content);
        parse(&call, &self.run(&call)?)
    }

    /// Opens a file, or a part of it, for reading. The reader takes one of the places for downloads until it has been read to its
    /// end or dropped, so a thread should not hold many.
    pub fn download(&self, what: &DownloadFile) -> Result<Download> {
        check::path(&what.path, READ)?;
        Download::open(self.clone(), what.clone())
    }

    /// Downloads a whole small file and verifies it; what came damaged is fetched again.
    pub fn download_bytes(&self, what: &DownloadFile) -> Result<(FileMetadata, Vec<u8>)> {
        check::path(&what.path, READ)?;
        Download::read_whole(self, what)
    }

    /// Downloads a folder as a zip that Dropbox makes meanwhile: at most 20 GB and 10,000 entries. It can neither be
    /// continued nor verified by a hash.
    pub fn download_zip(&self, path: &str) -> Result<FolderZip> {
        check::path(path, LIST)?;
        let call = Call::new(&ZIP, &OnlyPath { path }, path)?;
        let reply = self.run(&call)?;
        let result: ZipResult = parse_header(&call, &reply)?;
        Ok(FolderZip { metadata: result.metadata, body: Body::new(self.clone(), &call, reply) })
    }

    /// Has a document that has no bytes of its own made into a file, in a format of
    /// [`crate::ExportInfo`] or the one that Dropbox chooses.
    pub fn export(&self, path: &str, format: Option<&str>) -> Result<Export> {
        check::path(path, READ)?;
        let call = Call::new(&EXPORT, &ExportFile { path, export_format: format }, path)?;
        let reply = self.run(&call)?;
        let ExportResult { export_metadata: made, file_metadata } = parse_header(&call, &reply)?;
        let body = Body::new(self.clone(), &call, reply);
        Ok(Export { metadata: file_metadata, name: made.name, size: made.size, export_hash: made.export_hash, body })
    }
}

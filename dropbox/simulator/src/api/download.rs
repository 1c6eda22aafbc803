//! Downloading and exporting single files.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use hyper::header;
use serde_json::{Value, json};

use super::refusal::Refusal;
use super::{Call, Outcome, Payload, Reply};
use crate::content::content_hash;
use crate::drive::node::{File, Node, Revision};
use crate::drive::{LookupProblem, PathArg, PathForm, Spot};

pub fn download(call: &mut Call<'_>) -> Outcome {
    let mut path = call.arg.path("path", PathForm::Read)?;
    if let Some(rev) = call.arg.optional_rev("rev")? {
        path = PathArg::Rev(rev);
    }
    call.end_of_arg()?;
    let (spot, file) = readable_file(call, &path)?;
    if !file.is_downloadable() {
        return Err(Refusal::tag("unsupported_file"));
    }
    let revision = revision_of(call, &path, file)?;
    let shown = call.world.drive.show_revision(call.view, spot, &revision).ok_or(LookupProblem::NotFound)?;
    if is_known(call, &revision) {
        return Ok(Reply::NotModified);
    }
    let range = range(call, revision.content.size())?;
    Ok(Reply::Content { result: Value::Object(shown), content: Payload::Revision(revision), range })
}

pub fn export(call: &mut Call<'_>) -> Outcome {
    let path = call.arg.path("path", PathForm::Read)?;
    let wanted = call.arg.optional_text("export_format")?;
    call.end_of_arg()?;
    let (spot, file) = readable_file(call, &path)?;
    let Some(export) = file.traits.export.clone() else { return Err(Refusal::tag("non_exportable")) };
    let format = match wanted {
        Some(wanted) if !export.formats.contains(&wanted) => return Err(Refusal::tag("invalid_export_format")),
        Some(wanted) => wanted,
        None => export.formats.first().cloned().unwrap_or_default(),
    };
    if export.retries > 0 {
        call.world.drive.edit_traits(spot, |traits| {
            if let Some(export) = &mut traits.export {
                export.retries -= 1;
            }
        });
        return Err(Refusal::tag("retry_error"));
    }
    let revision = revision_of(call, &path, file)?;
    let bytes = Bytes::from(revision.content.to_vec());
    let name = call.world.drive.node(spot).map(|node| node.name.clone()).unwrap_or_default();
    let name = name.rsplit_once('.').map_or(name.as_str(), |(stem, _)| stem);
    let result = json!({
        "export_metadata": {
            "name": format!("{name}.{}", ending(&format)), "size": bytes.len(),
            "export_hash": content_hash(&bytes), "paper_revision": file.revisions.len(),
        },
        "file_metadata": call.show_untagged(spot)?,
    });
    Ok(Reply::Content { result, content: Payload::Made(bytes), range: None })
}

/// The file at a path, unless reading it is forbidden.
fn readable_file<'a>(call: &'a Call<'_>, path: &PathArg) -> Result<(Spot, &'a File), Refusal> {
    let drive = &call.world.drive;
    let spot = drive.find(call.view, path)?;
    if drive.is_unseen(path, spot, call.world.options.read_lag) {
        return Err(LookupProblem::NotFound.into());
    }
    let file = drive.node(spot).and_then(Node::file).ok_or(LookupProblem::NotFile)?;
    if file.traits.failing {
        return Err(Refusal::Raw(hyper::StatusCode::INTERNAL_SERVER_ERROR, "application/grpc", ""));
    }
    match (file.traits.restricted, file.traits.locked) {
        (true, _) => Err(LookupProblem::Restricted.into()),
        (_, true) => Err(LookupProblem::Locked.into()),
        _ => Ok((spot, file)),
    }
}

/// The revision that the path names, else the current one.
fn revision_of(call: &Call<'_>, path: &PathArg, file: &File) -> Result<Arc<Revision>, Refusal> {
    let named = match path {
        PathArg::Rev(rev) => call.world.drive.revision(rev).map(|(_, _, revision)| revision),
        _ => file.current(),
    };
    Ok(Arc::clone(named.ok_or(LookupProblem::NotFound)?))
}

fn is_known(call: &Call<'_>, revision: &Revision) -> bool {
    let known = call.headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    known.is_some_and(|known| known.contains(&format!("\"{}\"", revision.rev)))
}

/// The range of the header, if there is one. What is no range at all is left out of account, as RFC 9110 says.
fn range(call: &Call<'_>, size: u64) -> Result<Option<Range<u64>>, Refusal> {
    let header = call.headers.get(header::RANGE).and_then(|value| value.to_str().ok());
    match header.and_then(read_range) {
        None => Ok(None),
        Some(Span::From(start, last)) if start < size => {
            Ok(Some(start..last.map_or(size, |last| last.saturating_add(1).min(size))))
        }
        Some(Span::Last(count)) if count > 0 && size > 0 => Ok(Some(size.saturating_sub(count)..size)),
        Some(_) => Err(Refusal::BadRange),
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Span {
    From(u64, Option<u64>),
    Last(u64),
}

fn read_range(header: &str) -> Option<Span> {
    let (first, last) = header.strip_prefix("bytes=")?.split_once('-')?;
    if first.is_empty() {
        return last.parse().ok().map(Span::Last);
    }
    let first = first.parse().ok()?;
    match last {
        "" => Some(Span::From(first, None)),
        last => last.parse().ok().filter(|last| first <= *last).map(|last| Span::From(first, Some(last))),
    }
}

fn ending(format: &str) -> &str {
    match format {
        "markdown" => "md",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_have_three_forms() {
        assert_eq!(read_range("bytes=0-9"), Some(Span::From(0, Some(9))));
        assert_eq!(read_range("bytes=7-"), Some(Span::From(7, None)));
        assert_eq!(read_range("bytes=-3"), Some(Span::Last(3)));
        for bad in ["bytes=9-1", "items=0-1", "bytes=x-", "bytes=0-1,4-5"] {
            assert_eq!(read_range(bad), None, "{bad}");
        }
    }
}

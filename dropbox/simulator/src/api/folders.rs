//! Making folders, and deleting.

use serde_json::{Value, json};

use super::arg::Fields;
use super::batch::{failure, launch, success};
use super::refusal::{Refusal, write_refusal};
use super::{Call, Outcome, Reply};
use crate::drive::node::{File, Node, SpaceId};
use crate::drive::{LookupProblem, MOST_ENTRIES, PathArg, PathForm, Spot, WriteProblem};

pub fn create_folder(call: &mut Call<'_>) -> Outcome {
    let path = call.arg.path("path", PathForm::Write)?;
    let autorename = call.arg.flag("autorename", false)?;
    call.end_of_arg()?;
    lock_for(call, &path, 1).map_err(|it| write_refusal("path", &it))?;
    let spot = make(call, &path, autorename).map_err(|it| write_refusal("path", &it))?;
    Ok(Reply::Json(json!({"metadata": call.show_untagged(spot)?})))
}

pub fn create_folder_batch(call: &mut Call<'_>) -> Outcome {
    let paths = call.arg.list("paths", 0, 10_000)?;
    let autorename = call.arg.flag("autorename", false)?;
    let force_async = call.arg.flag("force_async", false)?;
    let mut wanted = Vec::new();
    for (index, path) in paths.into_iter().enumerate() {
        let mut field = call.arg.member(json!({"path": path}), "paths", index)?;
        let path = field.path("path", PathForm::Write)?;
        // The same path twice is one folder.
        if !wanted.contains(&path) {
            wanted.push(path);
        }
    }
    call.end_of_arg()?;
    let busy = lock_all(call, &wanted);
    let mut entries = Vec::with_capacity(wanted.len());
    for path in &wanted {
        let made = match busy_space(call, &busy, path) {
            true => Err(WriteProblem::Busy),
            false => make(call, path, autorename),
        };
        entries.push(match made {
            Ok(spot) => success(json!({"metadata": call.show_untagged(spot)?})),
            Err(problem) => failure(json!({".tag": "path", "path": problem.to_json()})),
        });
    }
    launch(call, "files/create_folder_batch/check", entries, force_async)
}

/// `files.DeleteArg`.
struct Deletion {
    path: PathArg,
    parent_rev: Option<String>,
}

/// `files.DeleteError`.
enum DeleteProblem {
    Lookup(LookupProblem),
    Write(WriteProblem),
    TooManyFiles,
}

pub fn delete(call: &mut Call<'_>) -> Outcome {
    let mut arg = std::mem::take(&mut call.arg);
    let deletion = read_deletion(&mut arg)?;
    arg.finish()?;
    let refuse = |problem: DeleteProblem| match problem {
        DeleteProblem::Write(problem) => write_refusal("path_write", &problem),
        other => Refusal::Endpoint(other.to_json()),
    };
    lock_for(call, &deletion.path, 1).map_err(|it| refuse(DeleteProblem::Write(it)))?;
    let metadata = delete_one(call, &deletion).map_err(refuse)?;
    Ok(Reply::Json(json!({"metadata": metadata})))
}

pub fn delete_batch(call: &mut Call<'_>) -> Outcome {
    let list = call.arg.list("entries", 0, 1000)?;
    let mut deletions = Vec::with_capacity(list.len());
    for (index, entry) in list.into_iter().enumerate() {
        let mut fields = call.arg.member(entry, "entries", index)?;
        deletions.push(read_deletion(&mut fields)?);
        fields.finish()?;
    }
    call.end_of_arg()?;
    let paths: Vec<_> = deletions.iter().map(|it| it.path.clone()).collect();
    let busy = lock_all(call, &paths);
    let mut entries = Vec::with_capacity(deletions.len());
    for deletion in &deletions {
        let deleted = match busy_space(call, &busy, &deletion.path) {
            true => Err(DeleteProblem::Write(WriteProblem::Busy)),
            false => delete_one(call, deletion),
        };
        entries.push(match deleted {
            Ok(metadata) => success(json!({"metadata": metadata})),
            Err(problem) => failure(problem.to_json()),
        });
    }
    launch(call, "files/delete_batch/check", entries, false)
}

impl DeleteProblem {
    fn to_json(&self) -> Value {
        match self {
            Self::Lookup(problem) => json!({".tag": "path_lookup", "path_lookup": problem.to_json()}),
            Self::Write(WriteProblem::Busy) => json!({".tag": "too_many_write_operations"}),
            Self::Write(problem) => json!({".tag": "path_write", "path_write": problem.to_json()}),
            Self::TooManyFiles => json!({".tag": "too_many_files"}),
        }
    }
}

fn read_deletion(fields: &mut Fields) -> Result<Deletion, Refusal> {
    let path = fields.path("path", PathForm::WriteOrId)?;
    Ok(Deletion { path, parent_rev: fields.optional_rev("parent_rev")? })
}

/// The metadata of what was there.
fn delete_one(call: &mut Call<'_>, deletion: &Deletion) -> Result<Value, DeleteProblem> {
    let drive = &call.world.drive;
    let spot = drive.find(call.view, &deletion.path).map_err(DeleteProblem::Lookup)?;
    let is_root = drive.is_root(call.view, spot) || spot.node == crate::drive::namespace::ROOT;
    if is_root || !drive.may_write(call.view.account, spot.space) {
        return Err(DeleteProblem::Write(WriteProblem::NoPermission));
    }
    let current = drive.node(spot).and_then(Node::file).and_then(File::current);
    if deletion.parent_rev.as_ref().is_some_and(|rev| current.is_none_or(|it| it.rev != *rev)) {
        return Err(DeleteProblem::Write(WriteProblem::Conflict("file")));
    }
    if drive.count(spot) > MOST_ENTRIES {
        return Err(DeleteProblem::TooManyFiles);
    }
    let shown = drive.show(call.view, spot).ok_or(DeleteProblem::Lookup(LookupProblem::NotFound))?;
    call.world.drive.delete(spot, call.now);
    Ok(shown)
}

fn make(call: &mut Call<'_>, path: &PathArg, autorename: bool) -> Result<Spot, WriteProblem> {
    call.world.drive.make_folder(call.view, path, autorename, call.now)
}

/// The namespace that a path leads into; its lock is what a write needs.
pub fn space_of(call: &Call<'_>, path: &PathArg) -> SpaceId {
    call.world.drive.locate(call.view, path).map_or(call.view.space, |place| place.spot.space)
}

pub fn lock_for(call: &mut Call<'_>, path: &PathArg, entries: usize) -> Result<(), WriteProblem> {
    let space = space_of(call, path);
    call.take_lock(space, entries)
}

/// Takes the locks of all namespaces that a batch writes into; the answer are those that another commit has.
pub fn lock_all(call: &mut Call<'_>, paths: &[PathArg]) -> Vec<SpaceId> {
    let mut counts = std::collections::BTreeMap::new();
    for path in paths {
        *counts.entry(space_of(call, path)).or_insert(0usize) += 1;
    }
    counts
        .into_iter()
        .filter(|(space, count)| call.take_lock(*space, *count).is_err())
        .map(|(space, _)| space)
        .collect()
}

pub fn busy_space(call: &Call<'_>, busy: &[SpaceId], path: &PathArg) -> bool {
    !busy.is_empty() && busy.contains(&space_of(call, path))
}

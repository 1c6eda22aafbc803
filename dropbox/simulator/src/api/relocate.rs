//! Moving and copying, one by one and in batches.

use serde_json::json;

use super::arg::Fields;
use super::batch::{failure, launch};
use super::folders::{busy_space, lock_all};
use super::refusal::Refusal;
use super::{Call, Outcome, Reply};
use crate::drive::{PathForm, Relocation};

pub fn move_one(call: &mut Call<'_>) -> Outcome {
    one(call, false)
}

pub fn copy_one(call: &mut Call<'_>) -> Outcome {
    one(call, true)
}

pub fn move_batch(call: &mut Call<'_>) -> Outcome {
    many(call, false, "files/move_batch/check_v2")
}

pub fn copy_batch(call: &mut Call<'_>) -> Outcome {
    many(call, true, "files/copy_batch/check_v2")
}

fn one(call: &mut Call<'_>, is_copy: bool) -> Outcome {
    let mut arg = std::mem::take(&mut call.arg);
    let autorename = arg.flag("autorename", false)?;
    arg.flag("allow_shared_folder", false)?;
    arg.flag("allow_ownership_transfer", false)?;
    let relocation = read(&mut arg, autorename, is_copy)?;
    arg.finish()?;
    if !lock_all(call, &written(&relocation)).is_empty() {
        return Err(Refusal::contention());
    }
    let moved = call.world.drive.relocate(call.view, &relocation, call.now);
    let spot = moved.map_err(|problem| Refusal::Endpoint(problem.to_json()))?;
    Ok(Reply::Json(json!({"metadata": call.show(spot)?})))
}

fn many(call: &mut Call<'_>, is_copy: bool, check: &'static str) -> Outcome {
    let list = call.arg.list("entries", 1, 1000)?;
    let autorename = call.arg.flag("autorename", false)?;
    if !is_copy {
        call.arg.flag("allow_ownership_transfer", false)?;
    }
    let mut relocations = Vec::with_capacity(list.len());
    for (index, entry) in list.into_iter().enumerate() {
        let mut fields = call.arg.member(entry, "entries", index)?;
        relocations.push(read(&mut fields, autorename, is_copy)?);
        fields.finish()?;
    }
    call.end_of_arg()?;
    let paths: Vec<_> = relocations.iter().flat_map(written).collect();
    let busy = lock_all(call, &paths);
    let mut entries = Vec::with_capacity(relocations.len());
    for relocation in &relocations {
        if written(relocation).iter().any(|path| busy_space(call, &busy, path)) {
            entries.push(failure(json!({".tag": "too_many_write_operations"})));
            continue;
        }
        entries.push(match call.world.drive.relocate(call.view, relocation, call.now) {
            Ok(spot) => json!({".tag": "success", "success": call.show(spot)?}),
            Err(problem) => failure(json!({".tag": "relocation_error", "relocation_error": problem.to_json()})),
        });
    }
    launch(call, check, entries, false)
}

fn read(fields: &mut Fields, autorename: bool, is_copy: bool) -> Result<Relocation, Refusal> {
    let from = fields.path("from_path", PathForm::WriteOrId)?;
    let to = fields.path("to_path", PathForm::WriteOrId)?;
    Ok(Relocation { from, to, autorename, is_copy })
}

/// The paths whose namespaces are written to.
fn written(relocation: &Relocation) -> Vec<crate::drive::PathArg> {
    let from = (!relocation.is_copy).then(|| relocation.from.clone());
    from.into_iter().chain([relocation.to.clone()]).collect()
}

//! A folder as a zip: what goes into it is decided here, and written while it is sent (`crate::zip`).

use std::sync::Arc;

use serde_json::json;

use super::refusal::Refusal;
use super::{Call, Outcome, Reply};
use crate::clock::Seconds;
use crate::drive::node::{Node, Revision};
use crate::drive::{LookupProblem, PathForm, Spot};
use crate::random::Random;

/// What a zip holds, in order.
#[derive(Debug)]
pub struct ZipPlan {
    pub entries: Vec<ZipEntry>,
    pub deflate: bool,
}

#[derive(Debug)]
pub struct ZipEntry {
    /// With a slash at the end for a folder.
    pub name: String,
    pub modified: Seconds,
    /// None for a folder.
    pub file: Option<Arc<Revision>>,
    /// The byte that is sent as another one.
    pub flipped: Option<u64>,
}

pub fn download_zip(call: &mut Call<'_>) -> Outcome {
    let path = call.arg.path("path", PathForm::Read)?;
    call.end_of_arg()?;
    let drive = &call.world.drive;
    let spot = drive.find(call.view, &path)?;
    if drive.is_root(call.view, spot) {
        return Err(Refusal::BadRequest("request body: path: The root folder is unsupported.".into()));
    }
    if drive.node(spot).is_none_or(|node| node.folder().is_none()) {
        return Err(LookupProblem::NotFolder.into());
    }
    let options = call.world.options.zip.clone();
    let metadata = call.show_untagged(spot)?;
    let top = metadata["name"].as_str().unwrap_or_default().to_owned();
    let (mut entries, all) = gather(call, spot, if options.top_folder { &top } else { "" });
    let sizes = || entries.iter().filter_map(|entry| entry.file.as_ref()).map(|file| file.content.size());
    // What is written here has no 64-bit sizes.
    let most = options.total_bytes.min(u32::MAX.into());
    if sizes().any(|size| size >= options.file_bytes) || sizes().sum::<u64>() >= most {
        return Err(Refusal::tag("too_large"));
    }
    if all >= options.entries {
        return Err(Refusal::tag("too_many_files"));
    }
    let random = &mut call.world.random;
    entries.retain(|entry| entry.file.is_none() || !random.chance(options.missing));
    entries.iter_mut().for_each(|entry| entry.flipped = flip(entry, options.flipped, random));
    Ok(Reply::Zip { result: json!({"metadata": metadata}), plan: ZipPlan { entries, deflate: options.deflate } })
}

/// What is below a folder, mounts entered, and how many entries there would be with what cannot be downloaded.
fn gather(call: &Call<'_>, top: Spot, name: &str) -> (Vec<ZipEntry>, usize) {
    let drive = &call.world.drive;
    let mut entries = Vec::new();
    let mut count = 0;
    let mut open = vec![(top, name.to_owned())];
    while let Some((spot, path)) = open.pop() {
        count += 1;
        let Some(node) = drive.node(spot) else { continue };
        if node.folder().is_some() {
            if !path.is_empty() {
                let name = format!("{path}/");
                entries.push(ZipEntry { name, modified: call.now, file: None, flipped: None });
            }
            let inside = drive.enter(spot);
            let Some(space) = drive.space(inside.space) else { continue };
            let children = space.children(inside.node).into_iter().rev();
            open.extend(children.filter_map(|child| {
                let name = &space.get(child)?.name;
                let path = if path.is_empty() { name.clone() } else { format!("{path}/{name}") };
                Some((Spot { space: inside.space, node: child }, path))
            }));
        } else if let Some(revision) = downloadable(node) {
            let modified = revision.client_modified;
            entries.push(ZipEntry { name: path, modified, file: Some(revision), flipped: None });
        }
    }
    (entries, count)
}

fn downloadable(node: &Node) -> Option<Arc<Revision>> {
    let file = node.file()?;
    let is_readable = file.is_downloadable() && !file.traits.restricted && !file.traits.failing && !file.traits.locked;
    file.current().filter(|_| is_readable).cloned()
}

fn flip(entry: &ZipEntry, probability: f64, random: &mut Random) -> Option<u64> {
    let size = entry.file.as_ref()?.content.size();
    (size > 0 && random.chance(probability)).then(|| random.below(size))
}

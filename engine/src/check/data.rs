//! Reading packs: every byte, every frame, every blob.

use std::{
    collections::HashMap,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};

use larder_format::{
    container::{self, HASH_LEN, HEAD_LEN, Hasher, ObjectKind, Suite},
    index::PackRow,
    pack::{Directory, DirectoryFrame, END_LEN, locator},
    records::{Record, RecordKind},
};
use larder_model::{PackId, Problem, Result};

use super::{CheckReport, Damage, Finding, finding};
use crate::{
    Amount, Monitor,
    ahead::{Ahead, readers},
    blobs::{FrameBuffer, Library},
    index::{MarkSet, Place, read_directory},
    look::Look,
    names,
    store::{Listed, is_hash_name},
    trouble::about,
};

/// Reads packs and adds what is bad to `bad`; returns the packs that were read and found sound.
pub(super) fn check(
    library: &Library,
    share: f64,
    monitor: &dyn Monitor,
    report: &mut CheckReport,
    damage: &mut Damage,
) -> Result<Vec<PackId>> {
    let packs = choose(library, share, &damage.bad)?;
    let bytes = packs.iter().map(|pack| pack.size).sum();
    monitor.phase("data", Some(Amount { files: packs.len() as u64, bytes }));
    let next = AtomicUsize::new(0);
    let state = Mutex::new(State { report, damage, sound: Vec::new(), problem: None });
    std::thread::scope(|scope| {
        for _ in 0..readers(&library.store) {
            scope.spawn(|| {
                let mut buffer = FrameBuffer::default();
                while let Some(pack) = packs.get(next.fetch_add(1, Relaxed)) {
                    let interrupt = &library.store.settings().interrupt;
                    let result = interrupt.check().and_then(|()| read_pack(library, pack, &mut buffer));
                    if !state.lock().unwrap_or_else(PoisonError::into_inner).take(pack, result) {
                        return;
                    }
                    monitor.advance(Amount { files: 1, bytes: pack.size });
                }
            });
        }
    });
    let state = state.into_inner().unwrap_or_else(PoisonError::into_inner);
    match state.problem {
        Some(problem) => Err(problem),
        None => Ok(state.sound),
    }
}

/// What the threads find together.
struct State<'s> {
    report: &'s mut CheckReport,
    damage: &'s mut Damage,
    sound: Vec<PackId>,
    problem: Option<Problem>,
}

impl State<'_> {
    /// Takes a pack's result; false when the check must end.
    fn take(&mut self, pack: &PackRow, result: Result<Vec<BadPart>>) -> bool {
        let parts = match result {
            Ok(parts) => parts,
            Err(problem) => match finding(names::pack(pack.id), problem) {
                Ok(finding) => vec![BadPart { part: Part::Pack, message: finding.message }],
                Err(problem) => {
                    self.problem.get_or_insert(problem);
                    return false;
                }
            },
        };
        self.report.packs_read += 1;
        self.report.bytes_read += pack.size;
        if parts.is_empty() {
            self.sound.push(pack.id);
        }
        for part in parts {
            let Damage { known, bad, readable } = &mut *self.damage;
            let is_known = match part.part {
                Part::Pack => {
                    bad.add_pack(pack.id);
                    known.has_pack(&pack.id)
                }
                Part::Frame(offset) => {
                    bad.add_frame(pack.id, offset);
                    known.has_frame(pack.id, offset)
                }
                Part::Rest => {
                    readable.push(pack.id);
                    known.has_pack(&pack.id)
                }
            };
            self.report.problems.push(Finding::new(names::pack(pack.id), part.message).known(is_known));
        }
        self.problem.is_none()
    }
}

/// What is bad about a pack.
struct BadPart {
    part: Part,
    message: String,
}

enum Part {
    /// All of it: its directory cannot be read, or is another pack's.
    Pack,
    /// The frame at this offset.
    Frame(u32),
    /// Head or end; frames and directory are sound.
    Rest,
}

/// The packs to read: of a share, those first that were not read for the longest time.
fn choose(library: &Library, share: f64, bad: &MarkSet) -> Result<Vec<PackRow>> {
    let mut packs: Vec<_> = library.index.packs().iter().filter(|row| !bad.has_pack(&row.id)).collect();
    if share >= 1.0 {
        packs.sort_by_key(|row| row.id);
        return Ok(packs);
    }
    let last_read = last_read(library)?;
    packs.sort_by_key(|row| (last_read.get(&row.id).copied(), row.id));
    let all: u64 = packs.iter().map(|row| row.size).sum();
    let wanted = (all as f64 * share).ceil() as u64;
    let mut taken = 0;
    packs.retain(|row| {
        let take = taken < wanted;
        taken += if take { row.size } else { 0 };
        take
    });
    Ok(packs)
}

/// When each pack was last read, by the records of earlier checks.
fn last_read(library: &Library) -> Result<HashMap<PackId, i64>> {
    let mut last = HashMap::new();
    let records: Vec<Listed<Record>> =
        library.store.list_records(names::RECORDS, Look::Glance, is_hash_name, |_, _| Ok(()))?;
    for listed in records.iter().filter(|listed| listed.record.kind() == Some(RecordKind::Check)) {
        for pack in listed.record.packs() {
            let time = last.entry(pack).or_insert(listed.record.created);
            *time = (*time).max(listed.record.created);
        }
    }
    Ok(last)
}

/// Reads one pack; once more when something in it seems bad and that could be due to a network.
fn read_pack(library: &Library, pack: &PackRow, buffer: &mut FrameBuffer) -> Result<Vec<BadPart>> {
    let bad = read_pack_once(library, pack, buffer)?;
    if bad.is_empty() || !library.store.storage().doubt(&names::pack(pack.id)) {
        return Ok(bad);
    }
    read_pack_once(library, pack, buffer)
}

/// Reads one pack, frame by frame. That each byte is the one that was written follows from seals: the index tells the pack's directory
/// from all others, the directory lists the frames, and a blob is what its id stands for; what no seal covers is compared. The hash in the
/// pack's name, which serves those who have no key, would prove the same once more, and take half as long as all the rest. It is computed
/// only where the index does not tell the pack from others.
fn read_pack_once(library: &Library, pack: &PackRow, buffer: &mut FrameBuffer) -> Result<Vec<BadPart>> {
    let (name, storage) = (names::pack(pack.id), library.store.storage());
    let info = larder_connect::ObjectInfo {
        name: name.clone(),
        size: pack.size,
        modified: larder_model::Time::default(),
        hash: None,
    };
    let (own, directory) = read_directory(&library.store, pack.id, &info)?;
    let is_other_moment = pack.is_told_apart() && directory.created != pack.created;
    if is_other_moment || (own.kind, own.epoch, own.run) != (pack.kind, pack.epoch, pack.run) {
        let message = "it is not the pack that the index means".to_owned();
        return Ok(vec![BadPart { part: Part::Pack, message }]);
    }
    let mut parts = Vec::new();
    let mut hash = (!pack.is_told_apart()).then(Hasher::default);
    let mut ahead = Ahead::new(storage, &name, pack.size);
    let mut head = [0; HEAD_LEN];
    ahead.read(0, &mut head)?;
    hash.iter_mut().for_each(|hash| hash.update(&head));
    let (mut at, mut first_blob) = (HEAD_LEN as u64, 0);
    for frame in &directory.frames {
        ahead.read(at, buffer.room(frame.box_len.into()).map_err(about(&name))?)?;
        hash.iter_mut().for_each(|hash| hash.update(buffer.sealed()));
        let blobs = first_blob..first_blob + frame.blobs as usize;
        if let Err(problem) = read_frame(library, pack, &directory, frame, blobs.clone(), buffer) {
            parts.push(BadPart { part: Part::Frame(frame.offset), message: problem.to_string() });
        }
        (at, first_blob) = (at + u64::from(frame.box_len), blobs.end);
    }
    let end_at = if hash.is_none() { pack.size.saturating_sub(END_LEN as u64) } else { at };
    let mut end = vec![0; pack.size.saturating_sub(end_at) as usize];
    ahead.read(end_at, &mut end)?;
    let (rest, stored) = end.split_at(end.len().saturating_sub(HASH_LEN));
    let is_right = head == container::head(ObjectKind::Pack, Suite::Sealed, pack.epoch)
        && Directory::locate(pack.size, &end).is_ok_and(|directory| directory.start == at)
        && stored == pack.id.0
        && hash.is_none_or(|mut hash| {
            hash.update(rest);
            hash.finish().0 == pack.id.0
        });
    if !is_right && parts.is_empty() {
        // Nothing in it is lost, but it is not what was stored.
        parts.push(BadPart { part: Part::Rest, message: "its bytes do not match its name".to_owned() });
    }
    Ok(parts)
}

fn read_frame(
    library: &Library,
    pack: &PackRow,
    directory: &Directory,
    frame: &DirectoryFrame,
    blobs: std::ops::Range<usize>,
    buffer: &mut FrameBuffer,
) -> Result<()> {
    let wrong = |what: &str| Problem::damaged(format!("the frame at byte {}: {what}", frame.offset));
    if !frame.is(buffer.sealed()) {
        return Err(wrong("it is not the one that the directory lists"));
    }
    let place = Place {
        pack: pack.id,
        epoch: pack.epoch,
        frame_offset: frame.offset,
        frame_len: frame.box_len,
        offset: 0,
        len: frame.data_len,
    };
    library.open_frame(directory.kind, &place, buffer)?;
    let data = buffer.data();
    if data.len() != frame.data_len as usize {
        return Err(wrong("it has another length than the directory says"));
    }
    let mut at = 0;
    for blob in &directory.blobs[blobs] {
        let end = at + blob.len as usize;
        let id = library.store.identity().blob_id(directory.kind, &data[at..end]);
        if locator(&id) != blob.locator {
            return Err(wrong("a blob in it is not what its id stands for"));
        }
        at = end;
    }
    Ok(())
}

//! The bulk of a store goes past the page cache, where the file system offers that; whatever it offers, all bytes are there.

use std::{fs, io::IoSliceMut, path::Path};

use larder_connect::{ObjectName, PackBody, Storage};
use larder_fs::FsStorage;
use larder_model::ProblemKind;
use rustix::io::{Errno, ReadWriteFlags, preadv2};

use crate::common::{SmallDisk, tree};

const MIB: usize = 1 << 20;

fn name(text: &str) -> ObjectName {
    ObjectName::parse(text).unwrap()
}

fn bytes(len: usize) -> Vec<u8> {
    (0..len as u32).map(|number| (number.wrapping_mul(2_654_435_761) >> 24) as u8).collect()
}

/// A body of so many bytes that begins so far behind a page of its memory.
fn body(len: usize, behind: usize) -> PackBody {
    let mut memory: Vec<u8> = Vec::with_capacity(len + 8192);
    let start = memory.as_ptr().align_offset(4096) + behind;
    memory.resize(start, 0);
    memory.extend_from_slice(&bytes(len));
    PackBody::new(memory, start)
}

/// Whether the first page of a file is in the page cache.
fn is_cached(path: &Path) -> bool {
    let file = fs::File::open(path).unwrap();
    let mut page = [0; 4096];
    match preadv2(&file, &mut [IoSliceMut::new(&mut page)], 0, ReadWriteFlags::NOWAIT) {
        Err(Errno::AGAIN) => false,
        read => read.unwrap() > 0,
    }
}

/// A disk whose file system offers it, whatever this machine's own has.
fn disk() -> Option<(SmallDisk, FsStorage)> {
    let disk = SmallDisk::ext4(32)?;
    let storage = FsStorage::new(disk.path());
    Some((disk, storage))
}

#[test]
fn only_what_is_read_again_soon_stays_in_the_page_cache() {
    let Some((disk, storage)) = disk() else { return };
    storage.put_pack(&name("packs/content"), body(3 * MIB, 0), false).unwrap();
    assert_eq!(storage.bytes_uncached(), 3 * MIB as u64);
    storage.put_pack(&name("packs/pages"), body(3 * MIB, 0), true).unwrap();
    storage.put_pack(&name("packs/short"), body(MIB, 0), false).unwrap();
    assert_eq!(storage.bytes_uncached(), 3 * MIB as u64);
    storage.barrier().unwrap();
    let cached = ["packs/content", "packs/pages", "packs/short"].map(|pack| is_cached(&disk.path().join(pack)));
    assert_eq!(cached, [false, true, true]);
    assert!(storage.get(&name("packs/content"), None).unwrap() == bytes(3 * MIB));
}

#[test]
fn what_fills_no_block_goes_the_usual_way() {
    let Some((_disk, storage)) = disk() else { return };
    storage.put_pack(&name("packs/odd"), body(2 * MIB + 1234, 0), false).unwrap();
    assert_eq!(storage.bytes_uncached(), 2 * MIB as u64 + 1024);
    storage.barrier().unwrap();
    assert!(storage.get(&name("packs/odd"), None).unwrap() == bytes(2 * MIB + 1234));
}

#[test]
fn memory_that_begins_anywhere_is_written_the_usual_way() {
    let Some((_disk, storage)) = disk() else { return };
    storage.put_pack(&name("packs/behind"), body(2 * MIB, 16), false).unwrap();
    assert_eq!(storage.bytes_uncached(), 0);
    assert!(storage.get(&name("packs/behind"), None).unwrap() == bytes(2 * MIB));
}

#[test]
fn a_file_system_that_only_has_a_cache_takes_it_too() {
    let Some(disk) = SmallDisk::mount("size=4m") else { return };
    let storage = FsStorage::new(disk.path());
    let sent = storage.put_pack(&name("packs/content"), body(2 * MIB, 0), false).unwrap();
    assert!(sent.memory.capacity() >= 2 * MIB, "the memory comes back");
    assert_eq!(storage.bytes_uncached(), 0);
    assert!(storage.get(&name("packs/content"), None).unwrap() == bytes(2 * MIB));
}

#[test]
fn a_full_disk_is_told_and_leaves_nothing() {
    let Some((disk, storage)) = disk() else { return };
    storage.put_pack(&name("packs/fits"), body(3 * MIB, 0), false).unwrap();
    assert_eq!(storage.bytes_uncached(), 3 * MIB as u64);
    let problem = storage.put_pack(&name("packs/large"), body(48 * MIB, 0), false).unwrap_err();
    assert!(problem.is(ProblemKind::NoSpace), "{problem}");
    assert_eq!(storage.list("packs").unwrap().len(), 1);
    let left = tree(&disk.path().join("packs"));
    assert_eq!(left.len(), 1, "{left:?}");
    // The space is free again.
    storage.put_pack(&name("packs/again"), body(8 * MIB, 0), false).unwrap();
    storage.barrier().unwrap();
    assert!(storage.get(&name("packs/again"), None).unwrap() == bytes(8 * MIB));
}

//! Large files and large folders: any range, in bounded memory.

use std::{
    fs::{self, File},
    os::unix::fs::FileExt,
    time::{Duration, Instant},
};

use rustix::fs::{SeekFrom, seek};

use super::Mount;
use crate::support::{random::Random, sandbox::Sandbox};

/// Of the issue: the whole process, whatever is read and listed.
const PEAK_KIB: u64 = 200 << 10;

#[test]
fn any_range_of_large_and_sparse_files() {
    let sandbox = Sandbox::new();
    sandbox.ok("mkdir files; head -c 40000000 /dev/urandom > files/large; seq 3000000 > files/numbers");
    sandbox.ok("truncate -s 3G files/sparse; seq 100000 >> files/sparse; truncate -s 5G files/sparse; : > files/none");
    sandbox.ok("larder at ./save create -q; larder at ./save backup files -q");
    let Some(mount) = Mount::start(&sandbox, "latest") else { return };
    let mut random = Random::from_environment();
    println!("{random:?}");
    for name in ["large", "numbers", "sparse", "none"] {
        let real = File::open(sandbox.work().join("files").join(name)).unwrap();
        let shown = File::open(mount.path().join(name)).unwrap();
        let size = real.metadata().unwrap().len();
        assert_eq!(shown.metadata().unwrap().len(), size);
        for _ in 0..150 {
            let offset = match random.below(3) {
                0 => (3 << 30) + random.below(700_000),
                _ => random.below(size + 1),
            };
            let len_max = if random.below(10) == 0 { 3_000_000 } else { 10_000 };
            let len = random.below(len_max) as usize;
            let (mut wanted, mut found) = (vec![1; len], vec![2; len]);
            let there = real.read_at(&mut wanted, offset).unwrap();
            let read = read_full(&shown, &mut found, offset);
            assert_eq!(read, there, "{name}: {len} bytes from {offset}");
            assert!(found[..read] == wanted[..there], "{name}: {len} bytes from {offset}");
        }
    }
    let sparse = File::open(mount.path().join("sparse")).unwrap();
    assert_eq!(seek(&sparse, SeekFrom::Data(0)).unwrap(), 3 << 30);
    assert!(seek(&sparse, SeekFrom::Hole(3 << 30)).unwrap() >= (3 << 30) + 588_895);
    assert!(seek(&sparse, SeekFrom::Data(4 << 30)).is_err(), "no data behind it");
    sandbox.ok("cmp mounted/large files/large; cmp mounted/numbers files/numbers");
    assert!(mount.peak_kib() < PEAK_KIB, "{} KiB", mount.peak_kib());
    mount.end();
}

fn read_full(file: &File, buffer: &mut [u8], offset: u64) -> usize {
    let mut done = 0;
    while done < buffer.len() {
        match file.read_at(&mut buffer[done..], offset + done as u64).unwrap() {
            0 => break,
            read => done += read,
        }
    }
    done
}

#[test]
fn many_read_at_once_in_bounded_memory() {
    let sandbox = Sandbox::new();
    sandbox.ok("mkdir files; for i in 1 2 3 4 5 6 7 8; do head -c 12000000 /dev/urandom > files/$i; done");
    sandbox.ok("larder at ./save create -q; larder at ./save backup files -q");
    let Some(mount) = Mount::start(&sandbox, "latest") else { return };
    sandbox.ok("for i in 1 2 3 4 5 6 7 8; do cmp files/$i mounted/$i & all=\"$all $!\"; done; for i in $all; do wait $i || exit 1; done");
    assert!(mount.peak_kib() < PEAK_KIB, "{} KiB", mount.peak_kib());
    mount.end();
}

#[test]
fn a_hundred_thousand_entries_are_listed_quickly_and_in_bounded_memory() {
    const ENTRIES: usize = 100_000;
    let sandbox = Sandbox::new();
    let folder = sandbox.work().join("files/many");
    fs::create_dir_all(&folder).unwrap();
    for number in 0..ENTRIES {
        File::create(folder.join(format!("{number}"))).unwrap();
    }
    sandbox.ok("larder at ./save create -q; larder at ./save backup files -q");
    let Some(mount) = Mount::start(&sandbox, "latest:many") else { return };
    let began = Instant::now();
    let count = fs::read_dir(mount.path()).unwrap().count();
    let took = began.elapsed();
    assert_eq!(count, ENTRIES);
    let began = Instant::now();
    let sizes: u64 = fs::read_dir(mount.path()).unwrap().map(|entry| entry.unwrap().metadata().unwrap().len()).sum();
    assert_eq!(sizes, 0);
    println!("listed in {took:?}, with attributes in {:?}, {} KiB", began.elapsed(), mount.peak_kib());
    // The budget is a second, for a program that was compiled to be fast.
    let limit = if cfg!(debug_assertions) { Duration::from_secs(20) } else { Duration::from_secs(1) };
    assert!(took < limit, "{took:?}");
    assert!(mount.peak_kib() < PEAK_KIB, "{} KiB", mount.peak_kib());
    let last = sandbox.ok("ls mounted | sort | tail -1");
    assert_eq!(last, "99999\n");
    mount.end();
}

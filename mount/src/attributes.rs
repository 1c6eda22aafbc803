//! What the kernel is told of an item.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use fuser::{FileAttr, FileType, INodeNo};
use larder_engine::Node;
use larder_model::{Device, Kind, Time};

/// Modes of what has none: a provider that knows no modes has files that everybody may read.
const FILE_MODE: u32 = 0o644;
const FOLDER_MODE: u32 = 0o755;
/// Nobody can put anything into a folder that no snapshot holds.
const SHELF_MODE: u16 = 0o555;
const LINK_MODE: u16 = 0o777;
const BLOCK_LEN: u32 = 128 << 10;

/// Whom belongs what has no owner of its own: whoever mounted it.
#[derive(Clone, Copy, Debug)]
pub struct Person {
    pub uid: u32,
    pub gid: u32,
}

impl Person {
    pub fn current() -> Self {
        Self { uid: rustix::process::geteuid().as_raw(), gid: rustix::process::getegid().as_raw() }
    }
}

/// An entry of a snapshot. `time` is when that was taken.
pub fn of_node(inode: u64, node: &Node, time: Time, person: Person) -> FileAttr {
    let (entry, meta) = (&node.entry, &node.entry.meta);
    let size = match entry.kind {
        Kind::Symlink => meta.target.as_ref().map_or(0, |target| target.len() as u64),
        _ => meta.size,
    };
    let default = if entry.is_dir() { FOLDER_MODE } else { FILE_MODE };
    let mtime = meta.mtime.unwrap_or(time);
    FileAttr {
        size,
        blocks: size.div_ceil(512),
        mtime: system_time(mtime),
        atime: system_time(mtime),
        ctime: system_time(meta.ctime.unwrap_or(mtime)),
        crtime: system_time(meta.btime.unwrap_or(mtime)),
        perm: (meta.mode.unwrap_or(default) & 0o7777) as u16,
        // More than one, how many is not known. Programs that keep hard links look for a number above one.
        nlink: if meta.link.is_some() && !entry.is_dir() { 2 } else { 1 },
        uid: meta.owner.as_ref().map_or(person.uid, |owner| owner.uid),
        gid: meta.owner.as_ref().map_or(person.gid, |owner| owner.gid),
        rdev: meta.device.map_or(0, device_number),
        ..plain(inode, file_type(entry.kind), time, person)
    }
}

/// A folder that no snapshot holds, or the top of a snapshot.
pub fn of_shelf(inode: u64, time: Time, person: Person) -> FileAttr {
    FileAttr { perm: SHELF_MODE, ..plain(inode, FileType::Directory, time, person) }
}

/// A link to a snapshot.
pub fn of_link(inode: u64, target: &str, time: Time, person: Person) -> FileAttr {
    FileAttr { size: target.len() as u64, perm: LINK_MODE, ..plain(inode, FileType::Symlink, time, person) }
}

/// For a row that nothing is told of.
pub fn nameless(inode: u64) -> FileAttr {
    plain(inode, FileType::Directory, Time::default(), Person { uid: 0, gid: 0 })
}

fn plain(inode: u64, kind: FileType, time: Time, person: Person) -> FileAttr {
    let time = system_time(time);
    FileAttr {
        ino: INodeNo(inode),
        size: 0,
        blocks: 0,
        atime: time,
        mtime: time,
        ctime: time,
        crtime: time,
        kind,
        perm: 0,
        nlink: 1,
        uid: person.uid,
        gid: person.gid,
        rdev: 0,
        blksize: BLOCK_LEN,
        flags: 0,
    }
}

pub fn file_type(kind: Kind) -> FileType {
    match kind {
        Kind::File => FileType::RegularFile,
        Kind::Directory => FileType::Directory,
        Kind::Symlink => FileType::Symlink,
        Kind::Fifo => FileType::NamedPipe,
        Kind::Socket => FileType::Socket,
        Kind::CharDevice => FileType::CharDevice,
        Kind::BlockDevice => FileType::BlockDevice,
    }
}

/// As the kernel packs it (`new_encode_dev`).
fn device_number(device: Device) -> u32 {
    (device.minor & 0xff) | (device.major & 0xfff) << 8 | (device.minor & 0xf_ff00) << 12
}

/// A time that the system cannot hold is that of the beginning.
fn system_time(time: Time) -> SystemTime {
    let whole = Duration::from_secs(time.secs.unsigned_abs());
    let moved = if time.secs < 0 { UNIX_EPOCH.checked_sub(whole) } else { UNIX_EPOCH.checked_add(whole) };
    let nanos = Duration::from_nanos(u64::from(time.nanos));
    moved.and_then(|moved| moved.checked_add(nanos)).unwrap_or(UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_before_the_beginning_and_beyond_the_end() {
        assert_eq!(system_time(Time::new(-2, 500_000_000)), UNIX_EPOCH - Duration::from_millis(1500));
        assert_eq!(system_time(Time::new(3, 1)), UNIX_EPOCH + Duration::new(3, 1));
        assert_eq!(system_time(Time::new(i64::MAX, 2_000_000_000)), UNIX_EPOCH, "no system holds that");
        assert_eq!(device_number(Device { major: 8, minor: 1 }), 0x801);
        assert_eq!(device_number(Device { major: 259, minor: 0x12345 }), 0x1231_0345);
    }
}

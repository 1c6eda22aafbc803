//! Symlinks, FIFOs, sockets and devices: made in one call, then given their attributes.

use larder_model::{Entry, Kind, Problem, Result, Skip};
use rustix::{
    fs::{FileType, Mode, makedev, mknodat, symlinkat},
    io::{self, Errno},
};

use super::{context::TEMP_NAMES, folder::FsTargetFolder};
use crate::sys::{create_over, reason, tag};

pub fn make(folder: &FsTargetFolder, entry: &Entry, skips: &mut dyn FnMut(Skip)) -> Result<()> {
    let node = Node::of(folder, entry)?;
    let mut here = Vec::new();
    let made = folder.write_name(&entry.name, skips, |written| {
        here = written.to_vec();
        create_over(folder.handle(), TEMP_NAMES, written, |name| node.create(folder, name))
    });
    match made {
        Ok(()) => folder.give(entry, &here, folder.surplus(), skips),
        // Devices are for privileged users, and some file systems hold nothing but files.
        Err(errno @ (Errno::PERM | Errno::OPNOTSUPP | Errno::NOSYS)) => {
            skips(unsupported(folder, entry, errno));
            Ok(())
        }
        Err(errno) => Err(folder.refused(errno, "cannot make", &entry.name)),
    }
}

fn unsupported(folder: &FsTargetFolder, entry: &Entry, errno: Errno) -> Skip {
    let path = folder.path().child(&entry.name);
    let message = format!("{path} is a {}, which cannot be made here: {}", entry.kind.word(), reason(errno));
    Skip::missing(path, "unsupported", message).tagged(tag(errno))
}

enum Node<'a> {
    Symlink(&'a [u8]),
    Other(FileType, u64),
}

impl<'a> Node<'a> {
    /// What an entry asks for; one that lacks what its kind needs comes from a damaged or hostile snapshot.
    fn of(folder: &FsTargetFolder, entry: &'a Entry) -> Result<Self> {
        let nonsense = |what| Err(Problem::damaged(format!("{} is {what}", folder.path().child(&entry.name))));
        let target = entry.meta.target.as_deref().filter(|target| !target.is_empty() && !target.contains(&0));
        let device = entry.meta.device.map(|device| makedev(device.major, device.minor));
        match (entry.kind, target, device) {
            (Kind::Symlink, Some(target), _) => Ok(Self::Symlink(target)),
            (Kind::Symlink, None, _) => nonsense("a symlink that leads nowhere"),
            (Kind::Fifo, ..) => Ok(Self::Other(FileType::Fifo, 0)),
            (Kind::Socket, ..) => Ok(Self::Other(FileType::Socket, 0)),
            (Kind::CharDevice, _, Some(device)) => Ok(Self::Other(FileType::CharacterDevice, device)),
            (Kind::BlockDevice, _, Some(device)) => Ok(Self::Other(FileType::BlockDevice, device)),
            (Kind::CharDevice | Kind::BlockDevice, _, None) => nonsense("a device without a number"),
            (Kind::File | Kind::Directory, ..) => nonsense("no symlink, FIFO, socket or device"),
        }
    }

    fn create(&self, folder: &FsTargetFolder, name: &[u8]) -> io::Result<()> {
        match *self {
            Self::Symlink(target) => symlinkat(target, folder, name),
            Self::Other(file_type, device) => mknodat(folder, name, file_type, Mode::RUSR | Mode::WUSR, device),
        }
    }
}

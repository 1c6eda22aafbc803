//! File systems that hold no files: what the kernel shows there is made up when it is asked for.

use std::path::Path;

use rustix::{
    fd::AsFd,
    fs::{StatFs, fstatfs, statfs},
    io,
};

/// The folders of an automounter: made up as well, and yet they lead to real files.
pub const AUTOFS: &str = "autofs";

/// Magic numbers from `linux/magic.h` and, behind them, from the file systems' own sources.
const PSEUDO: [(u32, &str); 23] = [
    (0x0000_9fa0, "proc"),
    (0x6265_6572, "sysfs"),
    (0x0027_e0eb, "cgroup"),
    (0x6367_7270, "cgroup2"),
    (0x0000_1cd1, "devpts"),
    (0x7363_6673, "securityfs"),
    (0x6462_6720, "debugfs"),
    (0x7472_6163, "tracefs"),
    (0xcafe_4a11, "bpf"),
    (0x6165_676c, "pstore"),
    (0xde5e_81e4, "efivarfs"),
    (0x1980_0202, "mqueue"),
    (0x6265_6570, "configfs"),
    (0x6573_5543, "fusectl"),
    (0x4249_4e4d, "binfmt_misc"),
    (0x9584_58f6, "hugetlbfs"),
    (0x0000_0187, AUTOFS),
    (0x6e73_6673, "nsfs"),
    (0xf97c_ff8c, "selinuxfs"),
    (0x4341_5d53, "smackfs"),
    (0x0765_5821, "resctrl"),
    (0x6759_6969, "rpc_pipefs"),
    (0x6e66_7364, "nfsd"),
];

/// The name of the pseudo file system that `file` lies on; `None` for one that holds real files. `devtmpfs` and `tmpfs` hold real
/// ones: nodes and files that somebody made.
pub fn pseudo(file: impl AsFd) -> io::Result<Option<&'static str>> {
    fstatfs(file).map(pseudo_name)
}

/// The same for what stands at `path`. Links are followed.
pub fn pseudo_at(path: &Path) -> io::Result<Option<&'static str>> {
    statfs(path).map(pseudo_name)
}

fn pseudo_name(stat: StatFs) -> Option<&'static str> {
    let magic = stat.f_type as u32;
    PSEUDO.iter().find(|(known, _)| *known == magic).map(|(_, name)| *name)
}

//! A store and a restore on a FUSE file system, which refuses some of what other ones can do and may forget what it is told. Space is
//! not given back here: on a file system of another machine `gc` waits for minutes.

use crate::support::sandbox::Sandbox;

/// A folder seen through `bindfs`, gone when this is dropped.
struct Fuse<'s>(&'s Sandbox);

impl<'s> Fuse<'s> {
    /// Mounts `here/real` at `here/mounted`; `None`, with the reason printed, where that is not possible.
    fn mount(sandbox: &'s Sandbox) -> Option<Self> {
        let (code, _, said) = sandbox.run("mkdir real mounted; bindfs real mounted");
        if code != 0 {
            println!("skipped: bindfs is not there, or may not mount: {said}");
            return None;
        }
        Some(Self(sandbox))
    }
}

impl Drop for Fuse<'_> {
    fn drop(&mut self) {
        let ended = self.0.run("umount mounted || fusermount -u mounted || umount -l mounted");
        assert!(ended.0 == 0 || std::thread::panicking(), "{ended:?}");
    }
}

#[test]
fn a_store_and_a_restore_work_on_fuse() {
    let sandbox = Sandbox::new();
    let Some(_mounted) = Fuse::mount(&sandbox) else { return };
    sandbox.ok("mkdir -p files/sub; seq 100000 > files/large; echo one > files/sub/one; ln -s sub files/link; chmod 500 files/sub");
    sandbox.ok("ln files/large files/sub/same 2>/dev/null || true; touch -d '2001-02-03T04:05:06.123456789Z' files/sub/one files/sub");
    sandbox.ok("larder at mounted/save create -q; larder at mounted/save backup files -q");
    sandbox.ok("echo two >> files/sub/one; touch -d '2011-02-03T04:05:06.5Z' files/sub/one files");
    sandbox.ok("larder at mounted/save backup files -q; larder at mounted/save check --data");
    sandbox.ok("larder at mounted/save restore -to mounted/back latest && diff -r files mounted/back");
    let described = |folder: &str| {
        sandbox.ok(&format!("cd {folder}; find . | sort | xargs stat -c '%y %a %n' | grep -v ' \\./link$'"))
    };
    assert_eq!(described("mounted/back"), described("files"));
    // What stands there already is left as it is, and what is in the way is written over.
    let again = sandbox.ok("echo other > mounted/back/sub/one; larder at mounted/save restore -to mounted/back latest --on-conflict overwrite");
    assert!(again.contains("restored 1 file, 0 folders"), "{again}");
    assert_eq!(described("mounted/back"), described("files"));
}

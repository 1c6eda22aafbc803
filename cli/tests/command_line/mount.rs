//! Snapshots as folders, through the kernel: what is there is what was backed up, what is damaged is not shown, and the mount goes away
//! cleanly however it ends.

mod endings;
mod large;
mod people;
mod remote;
mod troubles;

use std::{
    io::{BufRead, BufReader, Read},
    os::unix::process::CommandExt,
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use super::{fidelity, support::sandbox::Sandbox};

/// How long the program may take to end.
const ENDS: Duration = Duration::from_secs(20);

/// `larder mount` on the folder `mounted`, at work.
pub struct Mount<'s> {
    sandbox: &'s Sandbox,
    child: Option<Child>,
}

/// What it said when it ended.
pub struct End {
    pub code: Option<i32>,
    pub said: String,
}

impl<'s> Mount<'s> {
    /// Mounts; `arguments` stand behind the folder's name. `None`, with the reason printed, where nothing can be mounted.
    pub fn start(sandbox: &'s Sandbox, arguments: &str) -> Option<Self> {
        Self::start_with(sandbox, &format!("exec larder at ./save mount mounted {arguments}"))
    }

    pub fn start_with(sandbox: &'s Sandbox, line: &str) -> Option<Self> {
        if !std::path::Path::new("/dev/fuse").exists() {
            println!("skipped: this machine has no /dev/fuse");
            return None;
        }
        sandbox.ok("mkdir -p mounted");
        let mut command = sandbox.shell(line);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
        let mut child = command.spawn().unwrap();
        let mut first = String::new();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        out.read_line(&mut first).unwrap();
        let mount = Self { sandbox, child: Some(child) };
        if first != "mounted at mounted\n" {
            let end = mount.wait();
            panic!("{first}{}", end.said);
        }
        Some(mount)
    }

    pub fn path(&self) -> PathBuf {
        self.sandbox.work().join("mounted")
    }

    /// The most memory that it ever had, in KiB.
    pub fn peak_kib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
        line.split_ascii_whitespace().nth(1).unwrap().parse().unwrap()
    }

    pub fn id(&self) -> u32 {
        self.child.as_ref().unwrap().id()
    }

    pub fn signal(&self, signal: &str) {
        let id = self.id().to_string();
        assert!(Command::new("kill").args(["-s", signal, &id]).status().unwrap().success());
    }

    /// Waits until the program has ended.
    pub fn wait(mut self) -> End {
        let mut child = self.child.take().unwrap();
        let began = Instant::now();
        while child.try_wait().unwrap().is_none() {
            assert!(began.elapsed() < ENDS, "it does not end");
            std::thread::sleep(Duration::from_millis(20));
        }
        let mut said = String::new();
        child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        End { code: child.wait().unwrap().code(), said }
    }

    /// Asks it to end, and checks that it does so cleanly. What it said.
    #[track_caller]
    pub fn end(self) -> String {
        self.signal("TERM");
        let sandbox = self.sandbox;
        let end = self.wait();
        assert_eq!(end.code, Some(0), "{}", end.said);
        assert!(!is_mounted(sandbox), "nothing is left mounted");
        end.said
    }
}

/// A test that fails leaves nothing mounted.
impl Drop for Mount<'_> {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
            self.sandbox.run("umount -l mounted");
        }
    }
}

pub fn is_mounted(sandbox: &Sandbox) -> bool {
    let place = sandbox.work().join("mounted").display().to_string();
    std::fs::read_to_string("/proc/self/mountinfo").unwrap().lines().any(|line| line.contains(&format!(" {place} ")))
}

#[test]
fn what_is_mounted_is_what_was_backed_up() {
    let Some(sandbox) = fidelity::privileged() else { return };
    for line in fidelity::TREE {
        sandbox.ok(&format!("set -e; {line}"));
    }
    sandbox.ok("setfattr -n user.top -v value files; chmod 711 files; touch -d 2002-02-02 files");
    sandbox.ok("larder at ./save create -q; larder at ./save backup files -q");
    let Some(mount) = Mount::start(&sandbox, "latest") else { return };
    let options = "-aHAX --numeric-ids --checksum --delete --modify-window=-1 --dry-run --itemize-changes";
    assert_eq!(sandbox.ok(&format!("rsync {options} files/ mounted/")), "");
    sandbox.ok("diff -r --no-dereference -x fifo -x character -x block files mounted");
    // Once more, out of what the kernel remembers; and another program's view of names of one file.
    assert_eq!(sandbox.ok(&format!("rsync {options} files/ mounted/")), "");
    let names = |folder: &str| sandbox.ok(&format!("cd {folder}; find . -samefile one | sort"));
    assert_eq!(names("mounted"), names("files"));
    assert_eq!(mount.end(), "\nlarder: ending; Ctrl-C once more ends at once\n");
}

#[test]
fn all_snapshots_are_folders_and_new_ones_appear() {
    let sandbox = Sandbox::new();
    sandbox.ok("larder at ./save create -q; mkdir files other; echo one > files/a; echo x > other/x");
    let Some(mount) = Mount::start(&sandbox, "") else { return };
    assert_eq!(sandbox.ok("ls mounted; ls mounted/all"), "all\ndates\norigins\ntags\n");
    let first = sandbox.ok("larder at ./save backup files -q --tag weekly --tag 'a/b'").trim().to_owned();
    sandbox.ok("sleep 1.1");
    let here = sandbox.work().display().to_string();
    assert_eq!(sandbox.ok(&format!("cat mounted/latest{here}/files/a")), "one\n");
    sandbox.ok("echo two > files/a; larder at ./save backup files -q; larder at ./save backup other -q; sleep 1.1");
    let all = sandbox.ok("ls mounted/all");
    assert_eq!(all.lines().count(), 3, "{all}");
    let name = all.lines().find(|name| name.ends_with(&first[..8])).unwrap();
    let pattern =
        |name: &str| name.bytes().map(|byte| if byte.is_ascii_digit() { '0' } else { byte as char }).collect();
    let shown: String = pattern(&name[..20]);
    assert_eq!(shown, "0000-00-00_00-00-00_");
    assert_eq!(sandbox.ok(&format!("cat mounted/all/{name}{here}/files/a")), "one\n");
    assert_eq!(sandbox.ok("ls mounted/tags"), "a%2Fb\nweekly\n");
    assert_eq!(
        sandbox.ok(&format!("cat mounted/tags/weekly/latest{here}/files/a mounted/tags/a%2Fb/{name}{here}/files/a")),
        "one\none\n"
    );
    assert_eq!(sandbox.ok(&format!("cat mounted/dates/{}/{name}{here}/files/a", &name[..10])), "one\n");
    let origin = sandbox.ok("ls mounted/origins").lines().find(|name| name.ends_with("files")).unwrap().to_owned();
    assert_eq!(sandbox.ok(&format!("ls mounted/origins/{origin} | wc -l")), "3\n", "two and latest");
    assert_eq!(sandbox.ok(&format!("cat mounted/origins/{origin}/latest{here}/files/a")), "two\n");
    assert_eq!(sandbox.ok(&format!("ls mounted/latest{here}")), "other\n");
    sandbox.ok(&format!("larder at ./save rm {first} -apply -q; sleep 1.1"));
    assert_eq!(sandbox.ok("ls mounted/all | wc -l; ls mounted/tags"), "2\n");
    sandbox.fails(2, &format!("ls mounted/all/{name}"));
    mount.end();
}

#[test]
fn nothing_can_be_changed() {
    let sandbox = Sandbox::new();
    sandbox.ok("larder at ./save create -q; mkdir files; echo one > files/a; larder at ./save backup files -q");
    let Some(mount) = Mount::start(&sandbox, "latest") else { return };
    for line in [
        "echo > mounted/a",
        "echo > mounted/new",
        "rm mounted/a",
        "mkdir mounted/folder",
        "chmod 600 mounted/a",
        "touch mounted/a",
        "mv mounted/a mounted/b",
        "ln -s a mounted/link",
        "setfattr -n user.a -v b mounted/a",
    ] {
        let (code, _, said) = sandbox.run(line);
        assert!(code != 0 && said.contains("Read-only file system"), "{line}: {said}");
    }
    assert_eq!(sandbox.ok("cat mounted/a"), "one\n");
    mount.end();
}

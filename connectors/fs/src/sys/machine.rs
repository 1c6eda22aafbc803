//! What is asked of the machine as a whole: its name, its clock, its limits.

use std::fs;

use larder_model::{Problem, Result, Time, escape};
use rustix::{
    process::{Resource, Rlimit, getrlimit, setpriority_process, setrlimit},
    system::uname,
    time::{ClockId, clock_gettime},
};

use super::reason;

/// The name by which backups of this machine are known: the host name, else what `/etc/hostname` says.
pub fn machine_name() -> String {
    let name = escape(uname().nodename().to_bytes());
    if !matches!(name.as_str(), "" | "(none)" | "localhost") {
        return name;
    }
    let configured = fs::read("/etc/hostname").unwrap_or_default();
    match configured.trim_ascii() {
        b"" => "localhost".to_owned(),
        configured => escape(configured),
    }
}

/// The clock that the kernel stamps files of local file systems with.
pub fn file_clock() -> Time {
    let now = clock_gettime(ClockId::RealtimeCoarse);
    Time::new(now.tv_sec, now.tv_nsec as u32)
}

/// Lets this process open as many files as the system grants it at all. A walk keeps one folder open for each level and thread;
/// the usual limit of 1,024 is there for old programs that `select`. To be called once, early, by the program itself.
pub fn raise_open_files_limit() -> Result<()> {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum })
        .map_err(|errno| Problem::failed(format!("cannot raise the limit of open files: {}", reason(errno))))
}

/// Lets the calling thread run only while no other has something to do: to Linux, a process that is not named is this thread. Where
/// that is refused it runs like the others.
pub fn give_way() {
    const LEAST: i32 = 19;
    let _ = setpriority_process(None, LEAST);
}

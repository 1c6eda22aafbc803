//! What all commands share: the global options, the outputs, the engine's settings, and the way to the store.

use std::{
    env,
    ffi::OsString,
    fs,
    path::PathBuf,
    process,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    thread::available_parallelism,
};

use larder_engine::{Clock, Interrupt, Settings};
use larder_model::{Problem, ProblemKind, Result};

use crate::{
    arguments::Global,
    connectors::{self, Clients, StorePlace},
    folders::Folders,
    opening::{self, OpenStore},
    output::{Output, Talk},
    own_runs,
    progress::{Progress, ShownSkips},
    remembered::Remembered,
    secrets::{STORE_VARIABLES, Secrets},
    signals::Ending,
};

pub struct Context {
    pub global: Global,
    pub output: Arc<Output>,
    pub interrupt: Interrupt,
    pub folders: Folders,
    pub clients: Clients,
    pub ending: Ending,
    has_warned: AtomicBool,
}

impl Context {
    pub fn new(global: Global, interrupt: Interrupt) -> Self {
        let talk = match (global.quiet, global.verbose) {
            (true, _) => Talk::Quiet,
            (false, 0) => Talk::Normal,
            (false, _) => Talk::Verbose,
        };
        let output = Arc::new(Output::new(global.json, talk));
        let folders = Folders::from_environment();
        Self {
            global,
            output,
            interrupt,
            folders,
            clients: Clients::default(),
            ending: Ending::default(),
            has_warned: AtomicBool::new(false),
        }
    }

    pub fn settings(&self) -> Settings {
        let machine = larder_fs::machine_name();
        let cores = || available_parallelism().map_or(1, usize::from);
        Settings {
            threads: self.global.threads.map_or_else(cores, usize::from),
            memory: self.memory(),
            clock: Clock::system(),
            host: machine.clone(),
            process: process::id(),
            program: concat!("larder ", env!("CARGO_PKG_VERSION")).to_owned(),
            interrupt: self.interrupt.clone(),
            own_runs: own_runs::in_folder(self.folders.data(), &machine),
        }
    }

    /// Bytes of data in flight at most.
    pub fn memory(&self) -> u64 {
        self.global.memory.unwrap_or(Settings::MEMORY_DEFAULT)
    }

    /// The secrets that the global options and the environment give.
    pub fn secrets(&self) -> Secrets {
        Secrets {
            passphrase_file: self.global.passphrase_file.clone(),
            passphrase_command: self.global.passphrase_command.clone(),
            key_file: self.global.key_file.clone(),
            variables: STORE_VARIABLES,
        }
    }

    /// Where the store lies that the command is about.
    pub fn store_place(&self) -> Result<StorePlace> {
        let from_environment = || env::var_os("LARDER_STORE").filter(|store| !store.is_empty());
        let store: OsString = self.global.store.clone().or_else(from_environment).ok_or_else(|| {
            Problem::usage("no store is named")
                .hint("name one before the command, such as `larder at ./save ls`, or set $LARDER_STORE")
        })?;
        connectors::store_at(&store, self)
    }

    /// Opens the store that the command is about.
    pub fn open(&self) -> Result<OpenStore> {
        self.open_place(self.store_place()?)
    }

    pub fn open_place(&self, place: StorePlace) -> Result<OpenStore> {
        let store = opening::unlock(&place.storage, &self.secrets(), &self.settings())?;
        let mut remembered = self.remembered(&place);
        remembered.recognize(&store, &place.location)?;
        self.keep(&remembered);
        Ok(OpenStore { store, location: place.location, remembered })
    }

    /// What is remembered of the store at this place.
    pub fn remembered(&self, place: &StorePlace) -> Remembered {
        Remembered::load(self.folders.data(), &place.identity)
    }

    /// Saves what is remembered. Failing at that costs one warning and no more.
    pub fn keep(&self, remembered: &Remembered) {
        if let Err(problem) = remembered.save()
            && !self.has_warned.swap(true, Relaxed)
        {
            self.output.warn(problem);
        }
    }

    pub fn progress(&self, skips: ShownSkips) -> Progress {
        Progress::new(self.output.clone(), skips)
    }

    /// For loops that the engine does not watch.
    pub fn check_interrupt(&self) -> Result<()> {
        if self.interrupt.is_set() { Err(Problem::new(ProblemKind::Interrupted, "interrupted")) } else { Ok(()) }
    }

    /// What no backup of files must hold, since it changes while it is read, or holds itself; and no restore must touch.
    pub fn left_out(&self, place: &StorePlace) -> Vec<PathBuf> {
        let own = self.folders.all();
        // They are known by what they are, so they have to be there, in the first run of all too. Where they cannot be made, they will
        // not come to be either.
        own.iter().for_each(|folder| drop(fs::create_dir_all(folder)));
        place.folder.iter().cloned().chain(own).collect()
    }
}

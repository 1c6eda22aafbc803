//! The folders that lead to snapshots: `all`, `dates`, `origins`, `tags`, and `latest` wherever there is a newest one.
//!
//! Snapshots live in `all`; everything else is links to there.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use larder_engine::{Reader, SnapshotInfo};
use larder_model::{Problem, Result, Time};

use crate::{
    Surroundings,
    name::{day, folder_name, snapshot_name},
};

/// How old the list of snapshots may be.
pub const AGE_MAX: Duration = Duration::from_secs(1);

/// What stands in a shelf under a name.
#[derive(Clone)]
pub enum Child {
    Shelf(Arc<str>),
    Link(Arc<str>),
    Snapshot(Arc<SnapshotInfo>),
}

/// What is in one of these folders.
#[derive(Clone, Default)]
pub struct Shelf {
    pub children: BTreeMap<String, Child>,
    /// The newest snapshot in or below it.
    pub time: Time,
}

pub type Shelves = HashMap<Arc<str>, Shelf>;

/// All these folders, as new as they should be.
pub struct Catalog {
    reader: Reader,
    state: Mutex<State>,
}

struct State {
    shelves: Arc<Shelves>,
    asked: Instant,
}

impl Catalog {
    /// Lists the snapshots for the first time. Those that cannot be read are told to `damaged`.
    pub fn open(reader: Reader, around: &dyn Surroundings) -> Result<Self> {
        let shelves = Arc::new(read(&reader, around)?);
        Ok(Self { reader, state: Mutex::new(State { shelves, asked: Instant::now() }) })
    }

    /// The folders as they are now. One asks the storage while the others take what is known; if it cannot be asked, so do all.
    pub fn shelves(&self, around: &dyn Surroundings, trouble: impl FnOnce(&Problem)) -> Arc<Shelves> {
        let known = {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            if state.asked.elapsed() < AGE_MAX {
                return state.shelves.clone();
            }
            state.asked = Instant::now();
            state.shelves.clone()
        };
        match read(&self.reader, around) {
            Ok(shelves) => {
                let shelves = Arc::new(shelves);
                self.state.lock().unwrap_or_else(PoisonError::into_inner).shelves = shelves.clone();
                shelves
            }
            Err(problem) => {
                trouble(&problem);
                known
            }
        }
    }
}

fn read(reader: &Reader, around: &dyn Surroundings) -> Result<Shelves> {
    let list = reader.snapshots()?;
    for (id, problem) in &list.damaged {
        around.trouble(&format!("snapshot {}", id.short()), problem);
    }
    let mut shelves = Shelves::default();
    for shelf in ["", "all", "dates", "origins", "tags"] {
        shelves.insert(shelf.into(), Shelf::default());
    }
    for shelf in ["all", "dates", "origins", "tags"] {
        put(&mut shelves, "", shelf, Child::Shelf(shelf.into()), Time::default());
    }
    for info in list.snapshots {
        place(&mut shelves, Arc::new(info), around);
    }
    Ok(shelves)
}

/// Puts a snapshot everywhere where it belongs. They come oldest first, so that the last one is the newest.
fn place(shelves: &mut Shelves, info: Arc<SnapshotInfo>, around: &dyn Surroundings) {
    let (record, time) = (&info.record, info.record.start());
    let moment = around.moment(time);
    let name = snapshot_name(&moment, &info.id.short());
    link(shelves, "dates", &day(&moment), &name, time);
    let origin = folder_name(&around.origin(&record.origin()));
    link(shelves, "origins", &origin, &name, time);
    put(shelves, &format!("origins/{origin}"), "latest", Child::Link(format!("../../all/{name}").into()), time);
    for tag in &record.tags {
        let tag = folder_name(tag);
        link(shelves, "tags", &tag, &name, time);
        put(shelves, &format!("tags/{tag}"), "latest", Child::Link(format!("../../all/{name}").into()), time);
    }
    put(shelves, "", "latest", Child::Link(format!("all/{name}").into()), time);
    put(shelves, "all", &name, Child::Snapshot(info.clone()), time);
}

fn link(shelves: &mut Shelves, kind: &str, group: &str, name: &str, time: Time) {
    let path = format!("{kind}/{group}");
    put(shelves, kind, group, Child::Shelf(path.as_str().into()), time);
    put(shelves, &path, name, Child::Link(format!("../../all/{name}").into()), time);
}

fn put(shelves: &mut Shelves, shelf: &str, name: &str, child: Child, time: Time) {
    let shelf = shelves.entry(shelf.into()).or_default();
    shelf.children.insert(name.to_owned(), child);
    shelf.time = shelf.time.max(time);
}

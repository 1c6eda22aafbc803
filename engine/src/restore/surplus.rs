//! What stands in restored folders and is not in the snapshot.

use larder_connect::{Removal, TargetFolder};
use larder_model::{Result, Skip, TreePath};

use super::{
    Mode, Wanted,
    pending::Order,
    plan::{Open, Planner},
};
use crate::Fate;

impl<'r> Planner<'r, '_> {
    /// The folder is planned: removes what the snapshot does not have, if that was asked for.
    pub(super) fn leave(&mut self, done: Open<'r>, path: &TreePath) -> Result<()> {
        let (true, Some(folder)) = (self.options.delete && done.is_whole, done.job.standing()) else { return Ok(()) };
        if self.shared.mode == Mode::Verify {
            return Ok(());
        }
        let target = self.shared.target;
        for name in folder.names()?.iter().filter(|name| !done.taken.has(target, name)) {
            let path = path.child(name);
            let Some(entry) = folder.look(name)? else { continue };
            if self.choose(&path, &entry) != Wanted::Take {
                continue;
            }
            if let Err(problem) = self.surplus(&**folder, &path, name) {
                self.shared.item_failed(path, problem);
            }
        }
        Ok(())
    }

    fn surplus(&self, folder: &dyn TargetFolder, path: &TreePath, name: &[u8]) -> Result<()> {
        let shared = self.shared;
        if let Some(why) = folder.protected(name)? {
            if shared.mode != Mode::Probe {
                shared.tally.skip(&Skip::note(path.clone(), "kept", why));
            }
            return Ok(());
        }
        if shared.mode != Mode::Write {
            // It makes no room: it is removed after everything else was written.
            shared.tally.done(Fate::Removed, path, 0);
            return Ok(());
        }
        let ticket = shared.pending.ticket();
        shared.order(Order::Removal, ticket, path, || Ok(((), folder.remove(name, Removal::Surplus(ticket))?)))
    }
}

//! Whether an account's zips are worth anything: found out with a small one, before others are relied on.

use larder_model::{Skip, TreePath};

use super::{
    Job,
    lead::Lead,
    plan::{self, Sum},
    singly, uses_zips, zipped,
};
use crate::listing::{NodeId, TOP};

/// Zips are off for so long when the first one was not what the listing says.
const ZIPS_OFF_SECS: i64 = 7 * 24 * 3600;
/// The first zip of an account holds at most so many files and bytes, where there is one so small.
const TRIAL_FILES_MAX: u64 = 500;
const TRIAL_BYTES_MAX: u64 = 32 << 20;

impl Lead<'_> {
    /// The first zip of an account is a small one. When it does not hold what the listing says, zips are off for a week.
    pub(super) fn try_zips(&self) {
        if !uses_zips(self.source) || self.source.session().zips_work {
            return;
        }
        let Some(mut folder) = self.trial() else { return };
        let Ok(mut verified) = zipped::fetch(self, folder) else { return };
        let mut left = std::mem::take(&mut self.work().more);
        let smaller = left.iter().position(|job| matches!(job, Job::Zip(_)));
        if let (None, Some(Job::Zip(smaller))) = (verified.is_most(), smaller.map(|at| left.remove(at))) {
            // It broke off before anything could be said of it, which happens to any download once. Twice it is no chance.
            let Ok(again) = zipped::fetch(self, smaller) else { return };
            (folder, verified) = (smaller, again.as_whole());
            left.extend(std::mem::take(&mut self.work().more));
        }
        if verified.is_most() == Some(false) && uses_zips(self.source) {
            return self.doubt_zips(folder, verified);
        }
        self.source.session_mut().zips_work = verified.is_most() == Some(true);
        self.fetch_all(left);
        self.note_what_has_come();
    }

    /// What nobody may have is missing in zips as well, and says nothing against them. So what is missing is asked for one by one, and
    /// counts only if it could be had.
    fn doubt_zips(&self, folder: NodeId, verified: zipped::Verified) {
        self.fetch_all(singly(self.source, folder));
        if self.is_over() {
            return;
        }
        self.note_what_has_come();
        let mut withheld = 0;
        let session = self.source.session_mut();
        session.listing.walk(folder, &mut |node| withheld += u64::from(session.failures.contains_key(&node)));
        let verified = verified.without(withheld);
        let path = session.listing.path(folder);
        drop(session);
        if verified.is_most() != Some(false) {
            self.source.session_mut().zips_work = verified.is_most() == Some(true);
            return;
        }
        self.turn_zips_off(&format!(
            "Dropbox's zip of {path} held {} of {} files as they are listed; files are fetched one by one for a week",
            verified.right, verified.wanted
        ));
    }

    /// From now on, and for a week. What is told once is told for all.
    pub(super) fn turn_zips_off(&self, why: &str) {
        let was_on = uses_zips(self.source);
        let mut session = self.source.session_mut();
        session.zips_off_until = Some(self.source.now_secs() + ZIPS_OFF_SECS);
        if was_on {
            session.notes.push(Skip::note(TreePath::top(), "zips-off", why));
        }
    }

    /// The smallest zip of the plan, or the smallest folder in one where all are large.
    fn trial(&self) -> Option<NodeId> {
        let session = self.source.session();
        let sums = plan::sums(&session);
        let zips: Vec<NodeId> = plan::plan(&session, &sums, TOP, true, false)
            .jobs
            .into_iter()
            .filter_map(|job| if let Job::Zip(folder) = job { Some(folder) } else { None })
            .collect();
        let size = |folder: &NodeId| sums.get(folder).map_or((0, 0), |sum: &Sum| (sum.entries, sum.bytes));
        let smallest = *zips.iter().min_by_key(|folder| size(folder))?;
        let is_small = |sum: &Sum| sum.wanted <= TRIAL_FILES_MAX && sum.bytes <= TRIAL_BYTES_MAX;
        if sums.get(&smallest).is_some_and(is_small) {
            return Some(smallest);
        }
        let mut inside = Vec::new();
        session.listing.walk(smallest, &mut |node| {
            let fits = sums.get(&node).is_some_and(|sum| is_small(sum) && sum.wanted >= 2);
            if fits && session.listing.item(node).is_some() {
                inside.push(node);
            }
        });
        Some(inside.into_iter().max_by_key(|folder| sums.get(folder).map_or(0, |sum| sum.wanted)).unwrap_or(smallest))
    }
}

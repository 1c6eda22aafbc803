//! The snapshots of a store: listing them, finding one, reading what hangs on it.

use larder_format::{
    container::ObjectKind,
    ledger::{self, Statistics},
    snapshot::{Reference, Referred, Snapshot},
};
use larder_model::{Problem, ProblemKind, Result, Skip, SnapshotId, TreePath, escape};

use crate::{
    Store,
    blobs::Library,
    look::{Look, until_whole},
    names,
    trouble::about,
};

/// Hex digits of an id prefix at least.
const PREFIX_LEN_MIN: usize = 4;
/// Hex digits of an id that people are shown.
const SHOWN_LEN: usize = 8;
/// Snapshots that an ambiguous prefix may stand for and that are named.
const CANDIDATES_SHOWN_MAX: usize = 5;

/// A snapshot and its id.
#[derive(Clone, Debug)]
pub struct SnapshotInfo {
    pub id: SnapshotId,
    pub record: Snapshot,
}

/// All snapshots of a store.
#[derive(Debug, Default)]
pub struct SnapshotList {
    /// Oldest first.
    pub snapshots: Vec<SnapshotInfo>,
    /// Those whose record cannot be read. Their names are known, and no more.
    pub damaged: Vec<(SnapshotId, Problem)>,
}

impl Store {
    /// Reads all snapshot records. Where listings cost, those of the last minute may be missing.
    pub fn snapshots(&self) -> Result<SnapshotList> {
        self.snapshots_at(Look::Glance)
    }

    pub(crate) fn snapshots_at(&self, look: Look) -> Result<SnapshotList> {
        self.snapshots_with(look, |_| None)
    }

    /// Reads the snapshot records that are not known yet.
    pub(crate) fn snapshots_with(
        &self,
        look: Look,
        known: impl Fn(&SnapshotId) -> Option<SnapshotInfo>,
    ) -> Result<SnapshotList> {
        let mut list = until_whole(self, look, |look| self.snapshots_once(look, &known))?;
        list.snapshots.sort_by_key(|info| (info.record.start(), info.record.sequence, info.id));
        list.damaged.sort_by_key(|(id, _)| *id);
        Ok(list)
    }

    /// In any order. Also tells whether everything that was listed was there to be read.
    fn snapshots_once(
        &self,
        look: Look,
        known: &impl Fn(&SnapshotId) -> Option<SnapshotInfo>,
    ) -> Result<(SnapshotList, bool)> {
        let (mut list, mut is_whole) = (SnapshotList::default(), true);
        let listed = look.list(self.storage(), names::SNAPSHOTS)?;
        let mut unknown = Vec::new();
        for id in listed.iter().filter_map(|info| info.name.name().parse().ok()) {
            match known(&id) {
                Some(snapshot) => list.snapshots.push(snapshot),
                None => unknown.push(id),
            }
        }
        self.announce(unknown.iter().map(|id| names::snapshot(*id)))?;
        for (id, record) in unknown.iter().zip(self.records(&unknown)?) {
            match record {
                Ok(snapshot) => list.snapshots.push(snapshot),
                Err(problem) if problem.is(ProblemKind::Damaged) => list.damaged.push((*id, problem)),
                Err(_) => is_whole = false,
            }
        }
        Ok((list, is_whole))
    }

    /// Reads one snapshot's record.
    pub fn snapshot(&self, id: SnapshotId) -> Result<SnapshotInfo> {
        let name = names::snapshot(id);
        let plain = self.open_object(ObjectKind::Snapshot, &name)?;
        let record = Snapshot::decode(&plain, id).map_err(about(&name))?;
        Ok(SnapshotInfo { id, record })
    }

    /// Finds the snapshot that a person means: `latest`, `latest@ORIGIN`, or a unique prefix of an id.
    pub fn find_snapshot(&self, text: &str) -> Result<SnapshotInfo> {
        match text.split_once('@') {
            None if text == "latest" => self.newest(|_| true, "there is no snapshot in this store yet"),
            Some(("latest", origin)) => self.newest(
                |info| info.record.origin().answers_to(origin),
                &format!("there is no snapshot of {}", printable(origin)),
            ),
            _ => self.snapshot(self.find_id(text)?),
        }
    }

    /// The newest snapshot that is wanted. A damaged one that was stored later may be the one that is meant: then nothing else is given
    /// out in its place.
    fn newest(&self, wanted: impl Fn(&SnapshotInfo) -> bool, nothing: &str) -> Result<SnapshotInfo> {
        let list = self.snapshots()?;
        let newest = list.snapshots.into_iter().rev().find(wanted);
        if !list.damaged.is_empty() {
            let objects = self.storage().glance(names::SNAPSHOTS)?;
            let stored = |id: &SnapshotId| {
                let name = names::snapshot(*id);
                objects.iter().find(|info| info.name == name).map(|info| info.modified)
            };
            let since = newest.as_ref().and_then(|info| stored(&info.id));
            if let Some((id, problem)) = list.damaged.iter().find(|(id, _)| stored(id) >= since) {
                return Err(Problem::damaged(format!(
                    "which snapshot is the newest cannot be told, because {} cannot be read: {problem}",
                    id.short()
                ))
                .hint("name a snapshot by its id, as `larder ls` shows it"));
            }
        }
        newest.ok_or_else(|| Problem::not_found(nothing).hint("`larder ls` shows the snapshots"))
    }

    /// Finds an id by a unique prefix of it. The snapshot itself may be damaged.
    pub fn find_id(&self, text: &str) -> Result<SnapshotId> {
        let is_hex = text.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !is_hex || text.len() < PREFIX_LEN_MIN || text.len() > 64 {
            return Err(Problem::not_found(format!("`{}` is no snapshot id", printable(text)))
                .hint("an id has 4 to 64 hex digits; `larder ls` shows them, and `latest` is the newest"));
        }
        let wanted = text.to_ascii_lowercase();
        let mut ids: Vec<SnapshotId> = Vec::new();
        for info in self.storage().glance(names::SNAPSHOTS)? {
            if let Ok(id) = info.name.name().parse()
                && info.name.name().starts_with(&wanted)
            {
                ids.push(id);
            }
        }
        match ids.as_slice() {
            [id] => Ok(*id),
            [] => Err(Problem::not_found(format!("there is no snapshot {text}")).hint("`larder ls` shows them")),
            _ => Err(ambiguous(text, &ids)),
        }
    }

    /// The paths that the snapshot was taken of.
    pub fn roots(&self, snapshot: &SnapshotInfo) -> Result<Vec<TreePath>> {
        match &snapshot.record.roots_reference {
            None => Ok(snapshot.record.inline_roots().to_vec()),
            Some(_) => roots_in(&Library::open(self)?, snapshot),
        }
    }

    /// What the run that made the snapshot did.
    pub fn statistics(&self, snapshot: &SnapshotInfo) -> Result<Option<Statistics>> {
        let Some(reference) = &snapshot.record.statistics else { return Ok(None) };
        let bytes = match reference.get() {
            Ok(Referred::Inline(bytes)) => bytes.to_vec(),
            _ => reference_bytes(&Library::open(self)?, reference)?,
        };
        Statistics::decode(&bytes).map(Some).map_err(about("the snapshot's statistics"))
    }

    /// Calls `each` with every row of the snapshot's ledger.
    pub fn ledger(&self, snapshot: &SnapshotInfo, each: &mut dyn FnMut(Skip) -> Result<()>) -> Result<()> {
        match snapshot.record.ledger.as_ref().map(Reference::get) {
            None => Ok(()),
            Some(Ok(Referred::Inline(bytes))) => {
                let mut rows = LedgerRows::default();
                rows.take(bytes, each)?;
                rows.finish()
            }
            Some(_) => ledger_in(&Library::open(self)?, snapshot, each),
        }
    }
}

/// The paths that a snapshot was taken of, for those who have a library already.
pub(crate) fn roots_in(library: &Library, snapshot: &SnapshotInfo) -> Result<Vec<TreePath>> {
    let Some(reference) = &snapshot.record.roots_reference else {
        return Ok(snapshot.record.inline_roots().to_vec());
    };
    let bytes = reference_bytes(library, reference)?;
    Ok(bytes.split(|byte| *byte == 0).filter(|path| !path.is_empty()).map(TreePath::new).collect())
}

fn reference_bytes(library: &Library, reference: &Reference) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    library.read_reference(reference, &mut |piece| {
        bytes.extend_from_slice(piece);
        Ok(())
    })?;
    Ok(bytes)
}

/// Calls `each` with every row of a snapshot's ledger, for those who have a library already.
pub(crate) fn ledger_in(
    library: &Library,
    snapshot: &SnapshotInfo,
    each: &mut dyn FnMut(Skip) -> Result<()>,
) -> Result<()> {
    let Some(reference) = &snapshot.record.ledger else { return Ok(()) };
    let mut rows = LedgerRows::default();
    library.read_reference(reference, &mut |bytes| rows.take(bytes, each))?;
    rows.finish()
}

/// What a person typed, safe for a terminal. A backslash is left alone: origins are shown escaped.
fn printable(text: &str) -> String {
    escape(text.as_bytes()).replace("\\\\", "\\")
}

fn ambiguous(text: &str, ids: &[SnapshotId]) -> Problem {
    let mut shown: Vec<_> = ids.iter().map(SnapshotId::to_string).collect();
    shown.sort_unstable();
    // One digit more than any two have in common, so that what is shown can be typed.
    let common = shown.windows(2).map(|pair| common_len(&pair[0], &pair[1])).max().unwrap_or(0);
    let len = (common + 1).clamp(SHOWN_LEN, 2 * SnapshotId::LEN);
    let more = if shown.len() > CANDIDATES_SHOWN_MAX { " and more" } else { "" };
    let first: Vec<_> = shown.iter().take(CANDIDATES_SHOWN_MAX).map(|id| &id[..len]).collect();
    Problem::usage(format!("{text} stands for {} snapshots: {}{more}", ids.len(), first.join(", ")))
        .hint("type as many digits as are shown here")
}

fn common_len(a: &str, b: &str) -> usize {
    a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count()
}

/// Ledger rows out of pieces of bytes: a row may go on in the next piece.
#[derive(Default)]
struct LedgerRows(Vec<u8>);

impl LedgerRows {
    fn take(&mut self, bytes: &[u8], each: &mut dyn FnMut(Skip) -> Result<()>) -> Result<()> {
        self.0.extend_from_slice(bytes);
        let mut rest = &self.0[..];
        let mut used = 0;
        while let Ok(Some(row)) = ledger::decode_row(&mut rest) {
            used = self.0.len() - rest.len();
            each(row)?;
        }
        self.0.drain(..used);
        Ok(())
    }

    fn finish(self) -> Result<()> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(Problem::damaged("the snapshot's ledger ends in the middle of a row"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_of_an_ambiguous_id_tells_the_candidates_apart() {
        let id = |last: u8| SnapshotId([[0xab; 31].as_slice(), &[last]].concat().try_into().unwrap());
        let problem = ambiguous("abababab", &[id(0x12), id(0x1f), id(0x21)]);
        let digits = "ab".repeat(31);
        let expected = format!("abababab stands for 3 snapshots: {digits}12, {digits}1f, {digits}21");
        assert_eq!(problem.message(), expected);
        let far = SnapshotId([0xac; 32]);
        let problem = ambiguous("a", &[id(0x12), far]);
        assert_eq!(problem.message(), "a stands for 2 snapshots: abababab, acacacac");
        let many: Vec<_> = (0..9).map(|number| SnapshotId([number; 32])).collect();
        assert!(ambiguous("0", &many).message().ends_with("04040404 and more"));
    }
}

//! Many small files as one zip of their folder.
//!
//! A zip says nothing of revisions and hashes, it cannot be continued, and Dropbox makes it while it sends it. So it is never believed: each
//! entry is matched with the listing by its path, with or without the folder's own name, and counts only when its content hash is
//! the listed one. Entries that came right count even when the zip breaks off; whatever is missing is fetched in another way.

use bytes::Bytes;
use dropbox_client::{Body, Class, ContentHash, Error};
use larder_model::Problem;

use super::{
    fetch::HELD_BYTES_MAX,
    lead::{Lead, Over},
    plan, uses_zips,
};
use crate::{
    arriving::{Arriving, described},
    item::Item,
    listing::{Listing, NodeId, State},
    problem::ends_the_run,
    zip::{Fault, ZipError, ZipReader},
};

/// Bytes that a zip may hold in vain before it is given up, beside half of what was wanted.
const IN_VAIN_BYTES_MAX: u64 = 16 << 20;
/// Pieces in which a large entry is passed on.
const PIECE_BYTES: usize = 256 << 10;
/// After a zip that broke off, so many missing files are worth other zips.
const SPLIT_FILES_MIN: u64 = 32;

/// How many of the wanted files a zip brought as they are listed.
#[derive(Clone, Copy, Default)]
pub struct Verified {
    pub wanted: u64,
    pub right: u64,
    /// The zip came to its end: what is missing is missing.
    is_whole: bool,
}

impl Verified {
    /// Whether nine of ten were right; `None` where the zip broke off before that could be said.
    pub fn is_most(self) -> Option<bool> {
        let is_most = self.right * 10 >= self.wanted * 9;
        (self.is_whole || is_most).then_some(is_most)
    }

    /// The same, of an account whose zips break off again and again: what they did not bring they do not hold.
    pub fn as_whole(self) -> Self {
        Self { is_whole: true, ..self }
    }

    /// The same, when so many of those that were missing cannot be had in any way.
    pub fn without(self, withheld: u64) -> Self {
        Self { wanted: self.wanted.saturating_sub(withheld).max(self.right), ..self }
    }
}

/// Why a zip ended before its end.
enum Ended {
    Over,
    /// It is broken, or not worth going on.
    Early,
}

impl From<Over> for Ended {
    fn from(_: Over) -> Self {
        Self::Over
    }
}

/// Fetches a folder's files. What the zip does not bring is left to be done in another way.
pub fn fetch(lead: &Lead, folder: NodeId) -> Result<Verified, Over> {
    let (wanted, bytes, id) = {
        let session = lead.source.session();
        let (mut wanted, mut bytes) = (0, 0);
        session.listing.walk(folder, &mut |node| {
            if plan::is_wanted(&session.listing, node) && plan::is_in_zips(&session.listing, node) {
                wanted += 1;
                bytes += session.listing.item(node).and_then(|item| item.size).unwrap_or(0);
            }
        });
        (wanted, bytes, session.listing.item(folder).and_then(|item| item.id))
    };
    let path = id.unwrap_or_else(|| lead.source.session().listing.path_text(folder));
    let mut verified = Verified { wanted, ..Verified::default() };
    if wanted == 0 {
        return Ok(verified);
    }
    if !uses_zips(lead.source) {
        // Since this zip was planned they turned out to be of no use.
        lead.fall_back(folder);
        return Ok(verified);
    }
    match lead.source.client().download_zip(&path) {
        Ok(zip) => {
            let top = zip.metadata.name.clone();
            let in_vain_max = IN_VAIN_BYTES_MAX + bytes / 2;
            let mut unpacking = Unpacking { lead, folder, top, in_vain: 0, in_vain_max, right: 0 };
            let ended = unpacking.all(zip.body);
            verified.right = unpacking.right;
            verified.is_whole = ended.is_ok();
            if let Err(Ended::Over) = ended {
                return Err(Over);
            }
        }
        // Other calls are not: then it is zips that this account may not have.
        Err(error) if error.status() == Some(403) => lead.turn_zips_off(&format!(
            "Dropbox makes no zips for this account ({}); files are fetched one by one for a week",
            crate::problem::problem(&error).message()
        )),
        Err(error) if ends_the_run(&error) => return Err(lead.end(crate::problem::problem(&error))),
        Err(error) => note(lead, &error)?,
    }
    // The folders in it are smaller zips; so each try is smaller than the one before.
    if wanted - verified.right >= SPLIT_FILES_MIN {
        lead.split(folder)
    } else {
        lead.fall_back(folder)
    }
    Ok(verified)
}

fn note(lead: &Lead, error: &Error) -> Result<(), Over> {
    if matches!(error.class(), Class::Retry | Class::Unreachable) { lead.note_passing(error) } else { Ok(()) }
}

/// A zip on its way.
struct Unpacking<'u> {
    lead: &'u Lead<'u>,
    folder: NodeId,
    /// The folder's own name, which may stand before all paths.
    top: String,
    in_vain: u64,
    in_vain_max: u64,
    right: u64,
}

impl Unpacking<'_> {
    fn all(&mut self, body: Body) -> Result<(), Ended> {
        let mut zip = ZipReader::new(body);
        let mut buffer = vec![0; PIECE_BYTES];
        loop {
            if self.lead.is_over() {
                return Err(Ended::Over);
            }
            let head = match zip.next_entry() {
                Ok(Some(head)) => head,
                Ok(None) => return Ok(()),
                Err(error) => return Err(self.broken(&error)?),
            };
            let found = if head.is_folder { None } else { self.find(&head.name) };
            zip.expect_length(found.as_ref().and_then(|(_, item)| item.size));
            match found {
                Some((node, item)) if self.is_wanted(node, &item) => self.take(&mut zip, &mut buffer, node, &item)?,
                _ => self.pass(&mut zip, &mut buffer)?,
            }
        }
    }

    /// The file that an entry is, by its path; with the folder's own name before it or not.
    fn find(&self, name: &str) -> Option<(NodeId, Item)> {
        let session = self.lead.source.session();
        let listing = &session.listing;
        let file = |path: &str| {
            let node = path
                .split('/')
                .filter(|name| !name.is_empty())
                .try_fold(self.folder, |node, name| listing.child(node, name))?;
            let state = listing.state(node);
            let is_file = state.has(State::ALIVE) && !state.has(State::FOLDER);
            is_file.then(|| listing.item(node)).flatten().map(|item| (node, item))
        };
        let inside = name.split_once('/').filter(|(first, _)| dropbox_client::names::is_same(first, &self.top));
        inside.and_then(|(_, rest)| file(rest)).or_else(|| file(name))
    }

    fn is_wanted(&self, node: NodeId, item: &Item) -> bool {
        let is_wanted = |listing: &Listing| plan::is_wanted(listing, node) && plan::is_in_zips(listing, node);
        is_wanted(&self.lead.source.session().listing) && !self.lead.has_come(item)
    }

    fn pass(&mut self, zip: &mut ZipReader<Body>, buffer: &mut [u8]) -> Result<(), Ended> {
        loop {
            match zip.read(buffer) {
                Ok(0) => return Ok(()),
                Ok(len) => self.in_vain += len as u64,
                Err(error) if error.is_recoverable() => return Ok(()),
                Err(error) => return Err(self.broken(&error)?),
            }
            if self.in_vain > self.in_vain_max || self.lead.is_over() {
                return Err(Ended::Early);
            }
        }
    }

    fn take(&mut self, zip: &mut ZipReader<Body>, buffer: &mut [u8], node: NodeId, item: &Item) -> Result<(), Ended> {
        if item.size.is_some_and(|size| size <= HELD_BYTES_MAX) {
            return self.take_small(zip, buffer, node, item);
        }
        let is_stopped = || self.lead.is_over();
        let (sender, arriving) = Arriving::pair(&is_stopped);
        self.lead.deliver(node, arriving)?;
        let (mut hash, mut len) = (ContentHash::new(), 0);
        let ended = loop {
            match zip.read(buffer) {
                Ok(0) => break Ok(()),
                Ok(count) => {
                    len += count as u64;
                    hash.update(&buffer[..count]);
                    sender.send(Bytes::copy_from_slice(&buffer[..count])).map_err(|_| Over)?;
                }
                Err(error) => break Err(error),
            }
        };
        let is_right = ended.is_ok() && Some(len) == item.size && Some(hash.finish()) == item.hash_text();
        if is_right {
            let meta = described(item, len);
            self.lead.arrived(node, &meta);
            self.right += 1;
            sender.end(Ok(meta)).map_err(|_| Over)?;
        } else {
            let _ = sender.end(Err(Problem::failed("the zip held other bytes than are listed")));
        }
        self.go_on(ended)
    }

    /// Held until it is verified: what is wrong is never seen by anybody.
    fn take_small(
        &mut self,
        zip: &mut ZipReader<Body>,
        buffer: &mut [u8],
        node: NodeId,
        item: &Item,
    ) -> Result<(), Ended> {
        let mut bytes = Vec::new();
        let ended = loop {
            match zip.read(buffer) {
                Ok(0) => break Ok(()),
                // Longer than listed: it is another file by now, and its bytes are of no use.
                Ok(count) if bytes.len() as u64 > HELD_BYTES_MAX => self.in_vain += count as u64,
                Ok(count) => bytes.extend_from_slice(&buffer[..count]),
                Err(error) => break Err(error),
            }
            if self.in_vain > self.in_vain_max {
                return Err(Ended::Early);
            }
        };
        let is_right =
            ended.is_ok() && Some(bytes.len() as u64) == item.size && Some(ContentHash::of(&bytes)) == item.hash_text();
        if is_right {
            self.lead.hand_over(node, item, bytes.into())?;
            self.right += 1;
        }
        self.go_on(ended)
    }

    fn go_on(&self, ended: Result<(), ZipError>) -> Result<(), Ended> {
        match ended {
            Err(error) if !error.is_recoverable() => Err(self.broken(&error)?),
            _ => Ok(()),
        }
    }

    /// What a zip that cannot be read on means for the run.
    fn broken(&self, error: &ZipError) -> Result<Ended, Over> {
        if let Fault::Read(error) = error.fault()
            && let Some(error) = error.get_ref().and_then(|error| error.downcast_ref::<Error>())
        {
            if ends_the_run(error) {
                return Err(self.lead.end(crate::problem::problem(error)));
            }
            note(self.lead, error)?;
        }
        Ok(Ended::Early)
    }
}

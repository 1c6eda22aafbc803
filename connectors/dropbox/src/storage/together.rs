//! Small objects of one folder in one call: as a zip of the folder.
//!
//! A machine without a cache reads every snapshot's record, and all that tells where things are: one by one that would be a call for each. A
//! zip proves nothing, and lags behind as any read does; so what comes counts by the hash that the listing has, and what does not come is
//! read by itself.

use std::{collections::HashMap, io::Read, sync::atomic::Ordering::Relaxed};

use dropbox_client::{Body, Class, ContentHash};
use larder_connect::ObjectName;
use larder_model::Result;

use super::{DropboxStorage, listing::Found};
use crate::zip::ZipReader;

/// So few objects are read one by one.
const OBJECTS_MIN: usize = 2;

/// Dropbox makes zips of fewer than 10,000 entries.
const ENTRIES_MAX: usize = 9_000;

/// A folder with more in it is not worth it for the few that are wanted: it lies in memory, and takes its time.
const BYTES_MAX: u64 = 4 << 20;

/// Unless one in so many came right, no other zip is asked for.
const RIGHT_SHARE: usize = 2;

type Wanted<'n> = HashMap<&'n str, (&'n ObjectName, Found)>;

impl DropboxStorage {
    pub(super) fn read_together(&self, names: &[ObjectName], each: &mut dyn FnMut(&ObjectName, Vec<u8>)) -> Result<()> {
        let Some(folder) = names.first().map(ObjectName::folder) else { return Ok(()) };
        let of_folder = names.iter().filter(|name| name.folder() == folder);
        let wanted: Wanted =
            of_folder.filter_map(|name| Some((name.name(), (name, self.listing.get(name)?)))).collect();
        if wanted.len() < OBJECTS_MIN || self.has_no_zips.load(Relaxed) || !self.is_worth_a_zip(folder) {
            return Ok(());
        }
        let path = format!("{}/{folder}", self.folder);
        let zip = match self.call(|client| client.download_zip(&path)) {
            Ok(zip) => zip,
            Err(error) if matches!(error.class(), Class::Interrupted | Class::Budget | Class::RateLimited) => {
                return Err(self.problem(&error).context(format_args!("cannot read {folder}")));
            }
            Err(_) => {
                self.has_no_zips.store(true, Relaxed);
                return Ok(());
            }
        };
        if unpack(zip.body, &wanted, each) * RIGHT_SHARE < wanted.len() {
            self.has_no_zips.store(true, Relaxed);
        }
        Ok(())
    }

    fn is_worth_a_zip(&self, folder: &str) -> bool {
        let all = self.listing.objects_in(folder);
        all.len() < ENTRIES_MAX && all.iter().map(|info| info.size).sum::<u64>() <= BYTES_MAX
    }
}

/// Gives what is as it was listed, and how many these are. Of a zip that breaks off what came before that counts.
fn unpack(body: Body, wanted: &Wanted, each: &mut dyn FnMut(&ObjectName, Vec<u8>)) -> usize {
    let (mut zip, mut right, mut bytes) = (ZipReader::new(body), 0, 0);
    // Foreign files may lie there, too; what they hold is not counted in.
    while let (Ok(Some(head)), true) = (zip.next_entry(), bytes <= 2 * BYTES_MAX) {
        let found = head.name.rsplit('/').next().and_then(|name| wanted.get(name));
        zip.expect_length(found.map(|(_, found)| found.size));
        let Some((name, found)) = found else { continue };
        let mut content = Vec::new();
        let read = Entry(&mut zip).take(found.size + 1).read_to_end(&mut content);
        bytes += content.len() as u64;
        let is_right = read.is_ok() && found.hash.as_deref() == Some(&*ContentHash::of(&content));
        if is_right {
            right += 1;
            each(name, content);
        }
    }
    right
}

/// An entry's content as it comes.
struct Entry<'z>(&'z mut ZipReader<Body>);

impl Read for Entry<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.0.read(buffer).map_err(std::io::Error::other)
    }
}

//! Reading many pages where each call costs: what lies near each other in a pack is read at once.
//!
//! A folder of a million entries has thousands of leaves, in frames that are a hundred bytes of one pack apart. One call for each frame would
//! take seconds; all of them together are a mebibyte or two.

use std::ops::Range;

use larder_format::keys::BlobKind;
use larder_model::{BlobId, Result};

use crate::{
    ahead::STRETCH_LEN,
    blobs::{FrameBuffer, Library, sealed_bytes},
    index::Place,
    names,
};

/// What nobody asked for and is read all the same, rather than in another call.
const GAP_MAX: u64 = 256 << 10;

/// A page, and what a caller knows it by.
type Wanted = (Place, BlobId, usize);

/// Calls `each` with the verified bytes of pages. What cannot be read in this way is left out: whoever needs it reads it alone, and
/// meets there what is wrong.
pub(crate) fn pages(
    library: &Library,
    ids: impl Iterator<Item = (usize, BlobId)>,
    each: &mut dyn FnMut(usize, &[u8]),
) -> Result<()> {
    let place = |(number, id): (usize, BlobId)| Ok((library.place(BlobKind::Page, &id)?, id, number));
    let mut wanted: Vec<Wanted> = ids.map(place).collect::<Result<_>>()?;
    wanted.sort_by_key(|(place, ..)| (place.pack, place.frame_offset));
    let mut rest = wanted.as_slice();
    while let Some((first, ..)) = rest.first() {
        library.store.settings().interrupt.check()?;
        let mut range = sealed_bytes(first);
        let fits = |(place, ..): &&Wanted| {
            let next = sealed_bytes(place);
            let is_near = place.pack == first.pack
                && next.start <= range.end.saturating_add(GAP_MAX)
                && next.end - range.start <= STRETCH_LEN;
            if is_near {
                range.end = range.end.max(next.end);
            }
            is_near
        };
        let len = rest.iter().take_while(fits).count().max(1);
        read(library, &rest[..len], range, each);
        rest = &rest[len..];
    }
    Ok(())
}

fn read(library: &Library, near: &[Wanted], range: Range<u64>, each: &mut dyn FnMut(usize, &[u8])) {
    let name = names::pack(near[0].0.pack);
    let Ok(bytes) = library.store.storage().get_lasting(&name, Some(range.clone())) else { return };
    let mut buffer = FrameBuffer::default();
    for frame in near.chunk_by(|a, b| a.0.frame_offset == b.0.frame_offset) {
        let place = &frame[0].0;
        let at = sealed_bytes(place);
        let part = bytes.get((at.start - range.start) as usize..(at.end - range.start) as usize);
        let is_read = part.is_some_and(|sealed| buffer.fill(sealed).is_ok());
        if !is_read || library.open_frame(BlobKind::Page, place, &mut buffer).is_err() {
            continue;
        }
        for (place, id, number) in frame {
            if let Ok(page) = library.verified(BlobKind::Page, id, buffer.data(), place) {
                each(*number, page);
            }
        }
    }
}

//! Frames (docs/format.md §7).

use larder_format::{
    FormatError,
    frame::{DATA_LEN_MAX, FrameCodec},
    keys::BlobKind,
};

use super::keys;

/// `data` as the plain text of a frame, sealed with the right key; and as the data of one, there and back.
pub fn frame(data: &[u8]) -> bool {
    let mut codec = FrameCodec::default();
    round_trip(&mut codec, data);
    let (epoch, kind) = (keys::epoch(), BlobKind::Content);
    let key = epoch.frames(kind);
    let mut out = Vec::new();
    let sealed = key.seal(kind.frame_kind(), data);
    assert!(codec.open(key, BlobKind::Page, &mut sealed.clone(), &mut out).is_err(), "a frame of another kind");
    let result = codec.open(key, kind, &mut sealed.clone(), &mut out);
    assert!(out.capacity() <= DATA_LEN_MAX.max(data.len()), "a frame takes more memory than the format allows");
    if result.is_err() {
        return false;
    }
    let claimed = u32::from_le_bytes([data[4], data[5], data[6], data[7]]);
    assert_eq!(out.len(), claimed as usize);
    assert!(data[0] != 0 || out == data[8..]);
    true
}

fn round_trip(codec: &mut FrameCodec, data: &[u8]) {
    let (epoch, kind) = (keys::epoch(), BlobKind::Page);
    let (key, level) = (epoch.frames(kind), data.first().map_or(0, |byte| i32::from(byte % 4)));
    let (mut pack, mut out) = (Vec::new(), Vec::new());
    let frame = codec.seal(key, kind, data, level, &mut pack).expect("what was sealed opens");
    assert_eq!((frame.box_len as usize, frame.data_len as usize), (pack.len(), data.len()));
    assert_eq!(codec.open(key, kind, &mut pack, &mut out), Ok::<_, FormatError>(()));
    assert_eq!(out, data);
}

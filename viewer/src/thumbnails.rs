//! Small pictures of pictures. What is decoded comes from anybody: bounds on bytes and pixels come first, and one at a time is decoded.

use std::{
    collections::VecDeque,
    io::Cursor,
    sync::{Arc, Mutex, PoisonError},
};

use axum::http::StatusCode;
use bytes::Bytes;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits, codecs::jpeg::JpegEncoder};
use larder_engine::FileReader;
use larder_model::Problem;

use crate::failure::{Failure, FailureKind};

/// Bytes of a picture's file at most, and of what it is decoded to: with all else, the program stays below 200 MiB.
const FILE_LEN_MAX: u64 = 24 << 20;
const DECODED_LEN_MAX: u64 = 96 << 20;
/// Progressive JPEG is decoded into coefficients first, which are twice as large as the picture.
const PROGRESSIVE_LEN_MAX: u64 = 32 << 20;
const SIDE_MAX: u32 = 30_000;
/// Bytes of thumbnails that are kept.
const KEPT_LEN_MAX: usize = 6 << 20;
const QUALITY: u8 = 80;

/// A picture, small.
#[derive(Clone, Debug)]
pub struct Thumbnail {
    pub media_type: &'static str,
    pub bytes: Bytes,
}

/// Those that were made lately, and the right to make one.
#[derive(Default)]
pub struct Thumbnails {
    kept: Mutex<VecDeque<(String, Thumbnail)>>,
    turn: Mutex<()>,
}

impl Thumbnails {
    /// The thumbnail of a content, at most `side` wide and high. `key` is the same for the same content only.
    pub fn get(
        &self,
        key: &str,
        side: u32,
        open: impl FnOnce() -> Result<FileReader<'static>, Problem>,
        told: impl Fn(&Problem) -> Failure,
    ) -> Result<Arc<Thumbnail>, Failure> {
        let key = format!("{key}-{side}");
        if let Some(kept) = self.kept(&key) {
            return Ok(kept);
        }
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(kept) = self.kept(&key) {
            return Ok(kept);
        }
        let made = Arc::new(make(&read(open, told)?, side)?);
        self.keep(key, &made);
        Ok(made)
    }

    fn kept(&self, key: &str) -> Option<Arc<Thumbnail>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().find(|(known, _)| known == key).map(|(_, thumbnail)| Arc::new(thumbnail.clone()))
    }

    fn keep(&self, key: String, thumbnail: &Thumbnail) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.push_back((key, thumbnail.clone()));
        let mut len: usize = kept.iter().map(|(_, thumbnail)| thumbnail.bytes.len()).sum();
        while len > KEPT_LEN_MAX
            && let Some((_, oldest)) = kept.pop_front()
        {
            len -= oldest.bytes.len();
        }
    }
}

fn read(
    open: impl FnOnce() -> Result<FileReader<'static>, Problem>,
    told: impl Fn(&Problem) -> Failure,
) -> Result<Vec<u8>, Failure> {
    let file = open().map_err(|problem| told(&problem))?;
    if file.size() > FILE_LEN_MAX {
        return Err(Failure::too_large("the picture's file is too large for a thumbnail"));
    }
    let mut bytes = vec![0; file.size() as usize];
    file.read_at(0, &mut bytes).map_err(|problem| told(&problem))?;
    Ok(bytes)
}

fn make(bytes: &[u8], side: u32) -> Result<Thumbnail, Failure> {
    let format = image::guess_format(bytes).map_err(|_| unsupported())?;
    let mut limits = Limits::default();
    (limits.max_image_width, limits.max_image_height) = (Some(SIDE_MAX), Some(SIDE_MAX));
    limits.max_alloc = Some(DECODED_LEN_MAX + (8 << 20));
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(|error| undecodable(&error))?;
    let is_progressive = format == ImageFormat::Jpeg && is_progressive(bytes);
    let most = if is_progressive { PROGRESSIVE_LEN_MAX } else { DECODED_LEN_MAX };
    if decoder.total_bytes() > most {
        return Err(Failure::too_large("the picture has too many pixels for a thumbnail"));
    }
    let orientation = decoder.orientation().unwrap_or(image::metadata::Orientation::NoTransforms);
    let picture = DynamicImage::from_decoder(decoder).map_err(|error| undecodable(&error))?;
    let mut small =
        if picture.width() > side || picture.height() > side { picture.thumbnail(side, side) } else { picture };
    small.apply_orientation(orientation);
    encode(&small)
}

fn encode(picture: &DynamicImage) -> Result<Thumbnail, Failure> {
    let mut out = Cursor::new(Vec::new());
    let (media_type, written) = if picture.color().has_alpha() {
        let picture = DynamicImage::from(picture.to_rgba8());
        ("image/png", picture.write_to(&mut out, ImageFormat::Png))
    } else {
        let picture = picture.to_rgb8();
        ("image/jpeg", picture.write_with_encoder(JpegEncoder::new_with_quality(&mut out, QUALITY)))
    };
    written.map_err(|error| undecodable(&error))?;
    Ok(Thumbnail { media_type, bytes: out.into_inner().into() })
}

fn unsupported() -> Failure {
    let detail = "there is no thumbnail of such a file";
    Failure::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, FailureKind::Unsupported, "no thumbnail", detail)
}

fn undecodable(error: &image::ImageError) -> Failure {
    match error {
        image::ImageError::Limits(_) => Failure::too_large("the picture has too many pixels for a thumbnail"),
        _ => unsupported(),
    }
}

/// Looks for the frame header among the segments of a JPEG (ITU T.81 B.1.1).
fn is_progressive(bytes: &[u8]) -> bool {
    let mut at = 2;
    while let Some(&[0xff, marker, high, low]) = bytes.get(at..at + 4) {
        match marker {
            // SOF2, SOF6, SOF10, SOF14.
            0xc2 | 0xc6 | 0xca | 0xce => return true,
            // Any other frame, or the scan.
            0xc0 | 0xc1 | 0xc3 | 0xc5 | 0xc7 | 0xc9 | 0xcb | 0xcd | 0xcf | 0xda => return false,
            0xff => at += 1,
            _ => at += 2 + usize::from(u16::from_be_bytes([high, low])),
        }
    }
    // Odd enough for the stricter bound.
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn png(width: u32, height: u32, alpha: bool) -> Vec<u8> {
        let picture =
            if alpha { DynamicImage::new_rgba8(width, height) } else { DynamicImage::new_rgb8(width, height) };
        let mut out = Cursor::new(Vec::new());
        picture.write_to(&mut out, ImageFormat::Png).unwrap();
        out.into_inner()
    }

    #[test]
    fn pictures_become_small_and_what_is_none_is_refused() {
        let made = make(&png(400, 100, false), 64).unwrap();
        assert_eq!(made.media_type, "image/jpeg");
        let back = image::load_from_memory(&made.bytes).unwrap();
        assert_eq!((back.width(), back.height()), (64, 16));
        assert_eq!(make(&png(10, 10, true), 64).unwrap().media_type, "image/png");
        assert_eq!(make(b"<svg/>", 64).unwrap_err().status, 415);
        assert_eq!(make(&png(9, 9, false)[..40], 64).unwrap_err().status, 415);
    }

    #[test]
    fn a_bomb_is_refused_before_it_is_unpacked() {
        let mut bomb = png(1, 1, false);
        // The header says 20,000 by 20,000; its checksum fits.
        bomb[16..24].copy_from_slice(&[0, 0, 0x4e, 0x20, 0, 0, 0x4e, 0x20]);
        let crc = crc32fast::hash(&bomb[12..29]).to_be_bytes();
        bomb[29..33].copy_from_slice(&crc);
        assert_eq!(make(&bomb, 64).unwrap_err().status, 413);
    }
}

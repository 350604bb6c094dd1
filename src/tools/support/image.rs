//! Pictures made fit for a model: as they are when they are small enough, otherwise smaller.

use std::io::Cursor;
use std::panic::catch_unwind;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use image::codecs::jpeg::JpegEncoder;
use image::imageops::FilterType;
use image::{DynamicImage, ImageFormat, ImageReader, Limits};

use crate::domain::Media;

/// The largest file that is decoded.
pub const MAX_FILE: u64 = 32 << 20;
/// Pixels of the long edge; models scale down what is larger.
const MAX_EDGE: u32 = 1_568;
/// Bytes before base64 turns three into four; providers refuse more than 5 MB of base64.
const MAX_BYTES: usize = 2_600_000;
/// Pixels of an edge and bytes of memory that decoding may use.
const DECODE_EDGE: u32 = 20_000;
const DECODE_BYTES: u64 = 256 << 20;
const JPEG_QUALITY: u8 = 85;

/// A picture for a model.
#[derive(Debug)]
pub struct Picture {
    pub media: Media,
    /// Pixels of the picture in the file.
    pub width: u32,
    pub height: u32,
    /// Pixels of what is sent, when that is smaller.
    pub sent: Option<(u32, u32)>,
}

/// What the first bytes say that a file is, if it is a picture that models take.
pub fn sniff(bytes: &[u8]) -> Option<ImageFormat> {
    match bytes {
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1A, b'\n', ..] => Some(ImageFormat::Png),
        [0xFF, 0xD8, 0xFF, ..] => Some(ImageFormat::Jpeg),
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some(ImageFormat::Gif),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(ImageFormat::WebP),
        _ => None,
    }
}

/// Makes a picture fit. The error says what is wrong with it.
pub fn prepare(content: Vec<u8>, format: ImageFormat) -> Result<Picture, String> {
    // Decoders of foreign formats are fenced: a panic in one is a broken picture, not a broken program.
    catch_unwind(|| fit(content, format)).unwrap_or_else(|_| Err("its decoder failed".to_owned()))
}

fn fit(content: Vec<u8>, format: ImageFormat) -> Result<Picture, String> {
    let (width, height) = reader(&content, format).into_dimensions().map_err(|error| error.to_string())?;
    let small = width.max(height) <= MAX_EDGE;
    if small && content.len() <= MAX_BYTES {
        let media = Media { media_type: format.to_mime_type().to_owned(), data: STANDARD.encode(content) };
        return Ok(Picture { media, width, height, sent: None });
    }
    let mut picture = reader(&content, format).decode().map_err(|error| error.to_string())?;
    drop(content);
    if !small {
        picture = picture.resize(MAX_EDGE, MAX_EDGE, FilterType::Triangle);
    }
    let sent = Some((picture.width(), picture.height()));
    let (bytes, kind) = encode(&picture)?;
    let media = Media { media_type: kind.to_mime_type().to_owned(), data: STANDARD.encode(bytes) };
    Ok(Picture { media, width, height, sent })
}

fn reader(content: &[u8], format: ImageFormat) -> ImageReader<Cursor<&[u8]>> {
    let mut limits = Limits::default();
    limits.max_image_width = Some(DECODE_EDGE);
    limits.max_image_height = Some(DECODE_EDGE);
    limits.max_alloc = Some(DECODE_BYTES);
    let mut reader = ImageReader::with_format(Cursor::new(content), format);
    reader.limits(limits);
    reader
}

/// PNG keeps transparency; what is too large as PNG, or has none, becomes JPEG.
fn encode(picture: &DynamicImage) -> Result<(Vec<u8>, ImageFormat), String> {
    let mut bytes = Vec::new();
    if picture.color().has_alpha() {
        picture.write_to(&mut Cursor::new(&mut bytes), ImageFormat::Png).map_err(|error| error.to_string())?;
        if bytes.len() <= MAX_BYTES {
            return Ok((bytes, ImageFormat::Png));
        }
        bytes.clear();
    }
    let encoder = JpegEncoder::new_with_quality(&mut bytes, JPEG_QUALITY);
    picture.to_rgb8().write_with_encoder(encoder).map_err(|error| error.to_string())?;
    if bytes.len() <= MAX_BYTES { Ok((bytes, ImageFormat::Jpeg)) } else { Err("it stays too large".to_owned()) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn png(width: u32, height: u32) -> Vec<u8> {
        let mut bytes = Vec::new();
        DynamicImage::new_rgb8(width, height).write_to(&mut Cursor::new(&mut bytes), ImageFormat::Png).unwrap();
        bytes
    }

    #[test]
    fn a_small_picture_goes_as_it_is() {
        let bytes = png(3, 2);
        let picture = prepare(bytes.clone(), sniff(&bytes).unwrap()).unwrap();
        assert_eq!((picture.width, picture.height, picture.sent), (3, 2, None));
        assert_eq!(picture.media.media_type, "image/png");
        assert_eq!(STANDARD.decode(picture.media.data).unwrap(), bytes);
    }

    #[test]
    fn a_large_picture_becomes_smaller() {
        let picture = prepare(png(2_000, 500), ImageFormat::Png).unwrap();
        assert_eq!((picture.width, picture.height, picture.sent), (2_000, 500, Some((1_568, 392))));
        assert_eq!(picture.media.media_type, "image/jpeg");
        let bytes = STANDARD.decode(picture.media.data).unwrap();
        assert_eq!(sniff(&bytes), Some(ImageFormat::Jpeg));
    }

    #[test]
    fn a_broken_or_monstrous_picture_is_refused() {
        let mut bytes = png(3, 2);
        bytes.truncate(20);
        assert!(prepare(bytes, ImageFormat::Png).is_err());
        let mut bomb = png(3, 2);
        bomb[16..24].copy_from_slice(&[0, 1, 0, 0, 0, 1, 0, 0]);
        assert!(prepare(bomb, ImageFormat::Png).is_err());
        assert_eq!(sniff(b"%PDF-1.7"), None);
    }
}

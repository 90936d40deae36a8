//! A photo as it is served: decoded within limits, turned the right way up, made small enough, and encoded anew, so
//! that nothing is left of what a camera notes beside the picture.

use std::io::Cursor;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use domain::attachment::{PHOTO_SIDE, THUMB_BYTES, THUMB_SIDE};
use image::{
    DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits, codecs::jpeg::JpegEncoder,
    imageops::FilterType, metadata::Orientation,
};

/// A photo, ready to be served.
#[derive(Debug)]
pub struct Photo {
    pub jpeg: Vec<u8>,
    /// Pixels.
    pub width: u32,
    pub height: u32,
    /// A small JPEG in base64.
    pub thumb: String,
}

/// It cannot be read, or would take too much memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unreadable;

/// Pixels of a photo, at most: what a phone's camera takes, should a phone once send it as it is.
const MOST_PIXELS: u64 = 4_096 * 4_096;
/// Pixels of a side, at most.
const MOST_SIDE: u32 = 8_192;
/// Bytes that a decoder may take; with the picture turned and made smaller it is twice as much.
pub const MOST_MEMORY: u64 = 128 * 1024 * 1024;
const QUALITY: u8 = 82;
/// Tried in turn until the thumbnail is small enough.
const THUMB_QUALITIES: [u8; 4] = [72, 55, 40, 25];

pub fn serve_photo(bytes: &[u8]) -> Result<Photo, Unreadable> {
    let image = decode(bytes)?;
    let image = match image.width().max(image.height()) {
        side if side > PHOTO_SIDE => image.resize(PHOTO_SIDE, PHOTO_SIDE, FilterType::Triangle),
        _ => image,
    };
    let jpeg = encode(&image, QUALITY)?;
    Ok(Photo { jpeg, width: image.width(), height: image.height(), thumb: thumb(&image)? })
}

fn decode(bytes: &[u8]) -> Result<DynamicImage, Unreadable> {
    let mut reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().map_err(|_| Unreadable)?;
    if !matches!(reader.format(), Some(ImageFormat::Jpeg | ImageFormat::Png | ImageFormat::WebP)) {
        return Err(Unreadable);
    }
    let mut limits = Limits::default();
    limits.max_image_width = Some(MOST_SIDE);
    limits.max_image_height = Some(MOST_SIDE);
    limits.max_alloc = Some(MOST_MEMORY);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(|_| Unreadable)?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > MOST_PIXELS || width == 0 || height == 0 {
        return Err(Unreadable);
    }
    let turned = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut image = DynamicImage::from_decoder(decoder).map_err(|_| Unreadable)?;
    image.apply_orientation(turned);
    Ok(image)
}

fn encode(image: &DynamicImage, quality: u8) -> Result<Vec<u8>, Unreadable> {
    let mut jpeg = Vec::new();
    let encoder = JpegEncoder::new_with_quality(&mut jpeg, quality);
    // What was transparent is black in a JPEG; nobody photographs through a window of glass.
    image.to_rgb8().write_with_encoder(encoder).map_err(|_| Unreadable)?;
    Ok(jpeg)
}

fn thumb(image: &DynamicImage) -> Result<String, Unreadable> {
    let mut side = THUMB_SIDE;
    loop {
        let small = image.thumbnail(side, side);
        for quality in THUMB_QUALITIES {
            let jpeg = encode(&small, quality)?;
            if jpeg.len() <= THUMB_BYTES {
                return Ok(STANDARD.encode(jpeg));
            }
        }
        // Noise compresses badly: a smaller picture of it does.
        side /= 2;
    }
}

#[cfg(test)]
mod tests {
    use image::{ImageEncoder, Rgb, RgbImage};

    use super::*;

    /// Red on the left, blue on the right.
    fn picture(width: u32, height: u32) -> RgbImage {
        RgbImage::from_fn(
            width,
            height,
            |x, _| {
                if x < width / 2 { Rgb([220, 20, 20]) } else { Rgb([20, 20, 220]) }
            },
        )
    }

    /// An EXIF block with an orientation and a place, as a camera writes it.
    fn exif(orientation: u8) -> Vec<u8> {
        let mut tiff = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".to_vec();
        tiff.extend([orientation, 0, 0, 0, 0, 0, 0, 0]);
        tiff.extend(b"GPS 57.72 12.94");
        tiff
    }

    fn jpeg(width: u32, height: u32, orientation: u8) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut encoder = JpegEncoder::new_with_quality(&mut bytes, 90);
        encoder.set_exif_metadata(exif(orientation)).unwrap();
        picture(width, height).write_with_encoder(encoder).unwrap();
        bytes
    }

    fn holds(bytes: &[u8], words: &[u8]) -> bool {
        bytes.windows(words.len()).any(|window| window == words)
    }

    #[test]
    fn what_the_camera_noted_is_gone_and_the_picture_stands_upright() {
        let taken = jpeg(400, 200, 6);
        assert!(holds(&taken, b"Exif") && holds(&taken, b"GPS 57.72"), "the test's own photo has it");
        let photo = serve_photo(&taken).unwrap();
        assert!(!holds(&photo.jpeg, b"Exif") && !holds(&photo.jpeg, b"GPS"));
        assert_eq!((photo.width, photo.height), (200, 400), "it was held on its side");
        let served = image::load_from_memory(&photo.jpeg).unwrap().to_rgb8();
        // Turned a quarter to the right, what was left is on top.
        assert!(served.get_pixel(100, 40)[0] > 150 && served.get_pixel(100, 360)[2] > 150);
    }

    #[test]
    fn a_large_photo_is_made_smaller_and_keeps_its_shape() {
        let photo = serve_photo(&jpeg(3200, 2400, 1)).unwrap();
        assert_eq!((photo.width, photo.height), (1600, 1200));
        let thumb = STANDARD.decode(&photo.thumb).unwrap();
        assert!(thumb.len() <= THUMB_BYTES);
        let thumb = image::load_from_memory(&thumb).unwrap();
        assert_eq!((thumb.width(), thumb.height()), (192, 144));
    }

    #[test]
    fn a_thumbnail_of_noise_is_small_too() {
        let mut seed = 1_u32;
        let noise = RgbImage::from_fn(600, 600, |_, _| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            Rgb(seed.to_le_bytes()[1..].try_into().unwrap())
        });
        let photo = serve_photo(&encode(&noise.into(), 95).unwrap()).unwrap();
        assert!(STANDARD.decode(&photo.thumb).unwrap().len() <= THUMB_BYTES);
    }

    #[test]
    fn bombs_and_rubbish_are_not_opened() {
        // A PNG of some hundred bytes that says it is 60,000 pixels wide and high.
        let mut bomb = Vec::new();
        let encoder = image::codecs::png::PngEncoder::new(&mut bomb);
        encoder.write_image(picture(1, 1).as_raw(), 1, 1, image::ExtendedColorType::Rgb8).unwrap();
        bomb[16..24].copy_from_slice(&[0, 0, 0xea, 0x60, 0, 0, 0xea, 0x60]);
        let sum = crc(&bomb[12..29]).to_be_bytes();
        bomb[29..33].copy_from_slice(&sum);
        assert_eq!(serve_photo(&bomb).unwrap_err(), Unreadable);
        let whole = jpeg(300, 300, 1);
        assert_eq!(serve_photo(&whole[..whole.len() / 8]).unwrap_err(), Unreadable);
        for rubbish in [&b""[..], b"GIF89a\x01\0\x01\0\0\0\0;", b"<svg/>", b"\xff\xd8\xff\xe0"] {
            assert_eq!(serve_photo(rubbish).unwrap_err(), Unreadable);
        }
    }

    /// CRC-32 as PNG's chunks carry it.
    fn crc(bytes: &[u8]) -> u32 {
        !bytes.iter().fold(u32::MAX, |sum, byte| {
            (0..8)
                .fold(sum ^ u32::from(*byte), |sum, _| (sum >> 1) ^ (0xedb8_8320 & (sum & 1).wrapping_neg()))
        })
    }
}

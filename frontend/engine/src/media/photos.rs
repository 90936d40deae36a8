//! A photo as it leaves the phone: the right way up, no larger than it needs to be, and encoded anew, so that nothing
//! is left of what the camera noted beside the picture.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use domain::{
    attachment::{MediaKind, PHOTO_SIDE, THUMB_BYTES, THUMB_SIDE, media_type_of},
    ports::AttachError,
};
use js_sys::{Function, Promise, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue, prelude::wasm_bindgen};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, ImageBitmap, ImageEncodeOptions, OffscreenCanvas, OffscreenCanvasRenderingContext2d};

const QUALITY: f64 = 0.82;
const THUMB_QUALITIES: [f64; 3] = [0.7, 0.5, 0.3];

pub struct Photo {
    pub jpeg: Vec<u8>,
    /// Pixels.
    pub width: u32,
    pub height: u32,
    /// A small JPEG in base64.
    pub thumb: String,
}

#[wasm_bindgen]
extern "C" {
    /// Turned as the camera was held, which is what browsers do when they are not told otherwise.
    #[wasm_bindgen(catch, js_name = createImageBitmap)]
    fn read_image(blob: &Blob) -> Result<Promise, JsValue>;
}

/// Encodes what was taken.
pub async fn make(taken: &Blob) -> Result<Photo, AttachError> {
    let can_encode =
        |name: &str| Reflect::get(&js_sys::global(), &name.into()).is_ok_and(|it| it.is_function());
    if !can_encode("OffscreenCanvas") || !can_encode("createImageBitmap") {
        return Err(AttachError::NoEncoder);
    }
    let read = read_image(taken).map_err(|_| AttachError::NotMedia)?;
    let image: ImageBitmap = JsFuture::from(read).await.map_err(|_| AttachError::NotMedia)?.unchecked_into();
    let photo = encode_both(&image).await;
    image.close();
    photo
}

async fn encode_both(image: &ImageBitmap) -> Result<Photo, AttachError> {
    let (width, height) = within(image.width(), image.height(), PHOTO_SIDE);
    let jpeg = encode(image, (width, height), QUALITY).await?;
    if jpeg.len() as u64 > MediaKind::Photo.max_bytes() {
        return Err(AttachError::NotMedia);
    }
    let size = within(width, height, THUMB_SIDE);
    for quality in THUMB_QUALITIES {
        let small = encode(image, size, quality).await?;
        if small.len() <= THUMB_BYTES || quality == THUMB_QUALITIES[2] {
            return Ok(Photo { jpeg, width, height, thumb: STANDARD.encode(small) });
        }
    }
    unreachable!("the last quality is taken as it is")
}

/// Old Safari has the canvas without its encoder, or without anything to draw with.
async fn encode(
    image: &ImageBitmap,
    (width, height): (u32, u32),
    quality: f64,
) -> Result<Vec<u8>, AttachError> {
    let missing = |_| AttachError::NoEncoder;
    let canvas = OffscreenCanvas::new(width, height).map_err(missing)?;
    let context = canvas.get_context("2d").map_err(missing)?.ok_or(AttachError::NoEncoder)?;
    let context: OffscreenCanvasRenderingContext2d = context.unchecked_into();
    context
        .draw_image_with_image_bitmap_and_dw_and_dh(image, 0.0, 0.0, width.into(), height.into())
        .map_err(missing)?;
    if !Reflect::get(&canvas, &"convertToBlob".into()).is_ok_and(|method| method.is_instance_of::<Function>())
    {
        return Err(AttachError::NoEncoder);
    }
    let how = ImageEncodeOptions::new();
    how.set_type("image/jpeg");
    how.set_quality(quality);
    let encoding = canvas.convert_to_blob_with_options(&how).map_err(missing)?;
    let blob: Blob = JsFuture::from(encoding).await.map_err(missing)?.unchecked_into();
    jpeg(&blob).await
}

/// What the page has encoded.
pub async fn made(photo: &Blob, thumb: &Blob, (width, height): (u32, u32)) -> Result<Photo, AttachError> {
    Ok(Photo { jpeg: jpeg(photo).await?, width, height, thumb: STANDARD.encode(jpeg(thumb).await?) })
}

async fn jpeg(blob: &Blob) -> Result<Vec<u8>, AttachError> {
    let bytes = bytes_of(blob).await?;
    if media_type_of(&bytes) == Some("image/jpeg") { Ok(bytes) } else { Err(AttachError::NoEncoder) }
}

pub async fn bytes_of(blob: &Blob) -> Result<Vec<u8>, AttachError> {
    let buffer = JsFuture::from(blob.array_buffer()).await.map_err(|_| AttachError::NotMedia)?;
    Ok(Uint8Array::new(&buffer).to_vec())
}

/// The size within a square of `side`, in the same shape.
fn within(width: u32, height: u32, side: u32) -> (u32, u32) {
    let longest = width.max(height).max(1);
    if longest <= side {
        return (width, height);
    }
    let scaled = |length: u32| (u64::from(length) * u64::from(side) / u64::from(longest)).max(1) as u32;
    (scaled(width), scaled(height))
}

//! Photos and voice notes: what comes in, what goes out, and to whom.

use axum::{
    body::Body,
    http::{Method, StatusCode, header},
};
use domain::{
    attachment::{Attachment, MediaKind, Sha256Hash},
    id::{AttachmentId, StoryId},
    op::{Change, Edit},
    person::Role,
    story::{Audience, Story},
    sync::{
        upload::{CHUNK_BYTES, UploadStatus, chunks},
        wire::Reason,
    },
    thing::{ThingRef, fields},
};
use image::{Rgb, RgbImage, codecs::jpeg::JpegEncoder};
use serde_json::{Value, json};
use server::{
    backup::{self, Attachments, Kept, Sound},
    clock,
    media::Media,
};

use crate::house::{Guest, House, Reply, refused, request, walk};

/// A photo of noise, so that it has several chunks, with what a camera notes in it.
fn photo(side: u32) -> Vec<u8> {
    let mut seed = 7_u32;
    let picture = RgbImage::from_fn(side, side, |_, _| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        Rgb(seed.to_le_bytes()[1..].try_into().unwrap())
    });
    let mut bytes = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut bytes, 90);
    image::ImageEncoder::set_exif_metadata(&mut encoder, b"II*\0\x08\0\0\0\0\0GPS 57.72".to_vec()).unwrap();
    picture.write_with_encoder(encoder).unwrap();
    bytes
}

/// The beginning of a WebM recording, and something behind it.
fn voice() -> Vec<u8> {
    let mut bytes = b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\x82\x84webm".to_vec();
    bytes.extend((0..3000_u32).map(|n| n as u8));
    bytes
}

fn attachment(kind: MediaKind, bytes: &[u8]) -> Attachment {
    Attachment {
        id: AttachmentId::mint(clock::now(), &clock::randomness()),
        kind,
        media_type: if kind == MediaKind::Voice { "audio/webm" } else { "image/jpeg" }.to_owned(),
        bytes: bytes.len() as u64,
        sha256: Sha256Hash::of(bytes),
        width: None,
        height: None,
        seconds: None,
        alt: None,
    }
}

/// Tells a story with these attachments.
async fn tell(house: &House, guest: &Guest, audience: Audience, attachments: &[&Attachment]) -> StoryId {
    let id = StoryId::mint(clock::now(), &clock::randomness());
    let attachments = attachments.iter().map(|attachment| (*attachment).clone()).collect();
    let story = Story { attachments, audience, ..guest.story("Regn", "Regn på växtrean") };
    house.done(guest, guest.create(ThingRef::story(id), fields(&story))).await;
    id
}

fn path(story: StoryId, attachment: &Attachment, rest: &str) -> String {
    format!("/api/v1/attachments/{story}/{}{rest}", attachment.id)
}

async fn put(house: &House, guest: &Guest, path: &str, bytes: &[u8], digest: &str) -> Reply {
    // Phones that are signed in send both.
    let request = request(Method::PUT, path, Some(guest))
        .header(header::AUTHORIZATION, format!("Bearer {}", guest.push_token))
        .header("content-digest", digest);
    house.ask(request.body(Body::from(bytes.to_vec())).unwrap()).await
}

async fn send(
    house: &House,
    guest: &Guest,
    story: StoryId,
    attachment: &Attachment,
    chunk: u32,
    bytes: &[u8],
) -> Reply {
    let from = chunk as usize * CHUNK_BYTES as usize;
    let part = &bytes[from..bytes.len().min(from + CHUNK_BYTES as usize)];
    let digest = Sha256Hash::of(part).content_digest();
    put(house, guest, &path(story, attachment, &format!("/upload/{chunk}")), part, &digest).await
}

async fn finish(house: &House, guest: &Guest, story: StoryId, attachment: &Attachment) -> Reply {
    house.post(&path(story, attachment, "/upload"), Some(guest), &json!({})).await
}

/// Brings an attachment as a phone does. The answer to the last step.
async fn bring(house: &House, guest: &Guest, story: StoryId, attachment: &Attachment, bytes: &[u8]) -> Reply {
    for chunk in 0..chunks(attachment.bytes) {
        let reply = send(house, guest, story, attachment, chunk, bytes).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    }
    finish(house, guest, story, attachment).await
}

/// An edit that puts an attachment into a story, or takes one out.
fn changed(
    guest: &Guest,
    story: StoryId,
    add: Option<&Attachment>,
    take_out: Option<AttachmentId>,
) -> String {
    let set =
        |value: Option<Value>| value.map(|value| ("attachments".to_owned(), value)).into_iter().collect();
    let (add, remove) = (set(add.map(|added| json!([added]))), set(take_out.map(|id| json!([id]))));
    guest.line(ThingRef::story(story), Change::Edit(Edit { add, remove, ..Edit::default() }))
}

fn status(reply: &Reply) -> UploadStatus {
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    serde_json::from_str(&reply.body).unwrap()
}

/// The story as somebody's phone is given it.
async fn pulled(house: &House, guest: &Guest, story: StoryId) -> Story {
    let record = house.pull(guest).await.into_iter().find(|record| record.id == story.into()).unwrap();
    serde_json::from_str(record.state.unwrap().get()).unwrap()
}

fn holds(bytes: &[u8], words: &[u8]) -> bool {
    bytes.windows(words.len()).any(|window| window == words)
}

#[tokio::test]
async fn a_photo_travels_from_one_phone_to_another_and_leaves_its_place_behind() {
    let house = House::open().await;
    let (elin, micke) =
        (house.join(Role::Member, "Elin", "Färg").await, house.join(Role::Member, "Micke", "Trä").await);
    let taken = photo(900);
    assert!(holds(&taken, b"GPS 57.72") && chunks(taken.len() as u64) >= 2);
    let attachment = attachment(MediaKind::Photo, &taken);
    let story = tell(&house, &elin, Audience::Everyone, &[&attachment]).await;
    assert_eq!(house.get(&path(story, &attachment, ""), Some(&micke)).await.status, StatusCode::NOT_FOUND);

    let receipt = status(&bring(&house, &elin, story, &attachment, &taken).await).receipt.unwrap();
    assert_eq!(receipt.sha256, attachment.sha256);

    let seen = pulled(&house, &micke, story).await;
    let served = seen.served(attachment.id).unwrap();
    assert_eq!(*served, receipt.served);
    assert!(served.thumb.is_some(), "the thumbnail comes with the story");
    let reply = house.get(&path(story, &attachment, ""), Some(&micke)).await;
    assert_eq!(reply.status, StatusCode::OK);
    assert_eq!(Sha256Hash::of(&reply.bytes), served.sha256, "byte for byte");
    assert!(!holds(&reply.bytes, b"GPS") && !holds(&reply.bytes, b"Exif"));
    assert_eq!(reply.header(header::CONTENT_TYPE), "image/jpeg");
    assert_eq!(reply.header("x-content-type-options"), "nosniff");
    assert!(reply.header(header::CONTENT_SECURITY_POLICY).contains("sandbox"));
    assert!(!reply.header(header::CACHE_CONTROL).contains("public"));
}

#[tokio::test]
async fn an_upload_goes_on_where_it_was_interrupted_and_is_received_once() {
    let house = House::open().await;
    let elin = house.join(Role::Member, "Elin", "Färg").await;
    let taken = photo(1200);
    let attachment = attachment(MediaKind::Photo, &taken);
    assert!(chunks(attachment.bytes) >= 3);
    let story = tell(&house, &elin, Audience::Everyone, &[&attachment]).await;
    let ask = || async { status(&house.get(&path(story, &attachment, "/upload"), Some(&elin)).await) };
    assert_eq!(ask().await.next, 0);
    send(&house, &elin, story, &attachment, 0, &taken).await;
    // Out of order, and twice.
    send(&house, &elin, story, &attachment, 2, &taken).await;
    send(&house, &elin, story, &attachment, 2, &taken).await;
    assert_eq!(ask().await.next, 1);
    // Not before all is there.
    assert_eq!(status(&finish(&house, &elin, story, &attachment).await).receipt, None);
    let first = status(&bring(&house, &elin, story, &attachment, &taken).await).receipt.unwrap();
    let head = house.store.head().await.unwrap();
    let again = status(&bring(&house, &elin, story, &attachment, &taken).await).receipt.unwrap();
    assert_eq!(first.served, again.served);
    assert_eq!(house.store.head().await.unwrap(), head, "nothing is written for what was received");
    let chunks = house.folder.path().join("attachments/uploads");
    let left = walk(&chunks);
    assert!(left.is_empty(), "{left:?}");
}

#[tokio::test]
async fn a_recording_is_served_in_parts() {
    let house = House::open().await;
    let elin = house.join(Role::Member, "Elin", "Färg").await;
    let said = voice();
    let attachment = attachment(MediaKind::Voice, &said);
    let story = tell(&house, &elin, Audience::Everyone, &[&attachment]).await;
    bring(&house, &elin, story, &attachment, &said).await;
    let part = |range: &'static str| {
        let request = request(Method::GET, &path(story, &attachment, ""), Some(&elin))
            .header(header::RANGE, range)
            .header(header::ACCEPT_ENCODING, "br, gzip");
        house.ask(request.body(Body::empty()).unwrap())
    };
    let reply = part("bytes=10-19").await;
    assert_eq!(reply.status, StatusCode::PARTIAL_CONTENT);
    assert_eq!(reply.bytes, said[10..20]);
    assert_eq!(reply.header(header::CONTENT_RANGE), format!("bytes 10-19/{}", said.len()));
    assert_eq!(reply.header(header::CONTENT_TYPE), "audio/webm");
    assert_eq!(part("bytes=0-").await.bytes, said, "not compressed on the way");
    assert_eq!(part("bytes=99999-").await.status, StatusCode::RANGE_NOT_SATISFIABLE);
    let tag = reply.header(header::ETAG).to_owned();
    let known =
        request(Method::GET, &path(story, &attachment, ""), Some(&elin)).header(header::IF_NONE_MATCH, tag);
    assert_eq!(house.ask(known.body(Body::empty()).unwrap()).await.status, StatusCode::NOT_MODIFIED);
}

#[tokio::test]
async fn who_may_not_see_a_story_does_not_see_its_attachments_or_bring_any() {
    let house = House::open().await;
    let (elin, micke, karin) = (
        house.join(Role::Member, "Elin", "Färg").await,
        house.join(Role::Member, "Micke", "Trä").await,
        house.join(Role::Curator, "Karin", "Kassan").await,
    );
    let said = voice();
    let (secret, open) = (attachment(MediaKind::Voice, &said), attachment(MediaKind::Voice, &said));
    let kept = tell(&house, &elin, Audience::Author, &[&secret]).await;
    bring(&house, &elin, kept, &secret, &said).await;
    for guest in [Some(&micke), Some(&karin)] {
        assert_eq!(house.get(&path(kept, &secret, ""), guest).await.status, StatusCode::NOT_FOUND);
        assert_eq!(house.get(&path(kept, &secret, "/upload"), guest).await.status, StatusCode::NOT_FOUND);
    }
    assert_eq!(house.get(&path(kept, &secret, ""), None).await.status, StatusCode::UNAUTHORIZED);
    // Not under another story either.
    let other = tell(&house, &micke, Audience::Everyone, &[]).await;
    assert_eq!(house.get(&path(other, &secret, ""), Some(&micke)).await.status, StatusCode::NOT_FOUND);

    let shown = tell(&house, &elin, Audience::Everyone, &[&open]).await;
    let reply = send(&house, &micke, shown, &open, 0, &said).await;
    assert_eq!((reply.status, reply.json()["error"].as_str()), (StatusCode::FORBIDDEN, Some("not_allowed")));
    // With the credential alone one brings, and does not look.
    let request = request(Method::GET, &path(kept, &secret, ""), None)
        .header(header::AUTHORIZATION, format!("Bearer {}", elin.push_token));
    assert_eq!(house.ask(request.body(Body::empty()).unwrap()).await.status, StatusCode::UNAUTHORIZED);
    // What is deleted is not served.
    bring(&house, &elin, shown, &open, &said).await;
    assert_eq!(house.get(&path(shown, &open, ""), Some(&micke)).await.status, StatusCode::OK);
    house.done(&elin, elin.line(ThingRef::story(shown), Change::Delete)).await;
    assert_eq!(house.get(&path(shown, &open, ""), Some(&micke)).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_is_not_what_it_is_said_to_be_is_not_taken() {
    let house = House::open().await;
    let elin = house.join(Role::Member, "Elin", "Färg").await;
    let page = b"<html><script>alert(1)</script></html>".repeat(20);
    let mut bomb = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\xff\xff\0\0\xff\xff\x08\x02\0\0\0".to_vec();
    bomb.extend([0; 64]);
    let said = voice();
    let cases = [
        (attachment(MediaKind::Photo, &page), &page[..]),
        (attachment(MediaKind::Voice, &page), &page[..]),
        (attachment(MediaKind::Photo, &bomb), &bomb[..]),
        (attachment(MediaKind::Photo, &said), &said[..]),
    ];
    for (attachment, bytes) in cases {
        let story = tell(&house, &elin, Audience::Everyone, &[&attachment]).await;
        let reply = bring(&house, &elin, story, &attachment, bytes).await;
        assert_eq!(reply.status, StatusCode::UNSUPPORTED_MEDIA_TYPE, "{}", reply.body);
        assert_eq!(reply.json()["error"], "not_media");
        assert_eq!(house.get(&path(story, &attachment, ""), Some(&elin)).await.status, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn chunks_that_do_not_fit_are_refused_and_change_nothing() {
    let house = House::open().await;
    let elin = house.join(Role::Member, "Elin", "Färg").await;
    let said = voice();
    let attachment = attachment(MediaKind::Voice, &said);
    let story = tell(&house, &elin, Audience::Everyone, &[&attachment]).await;
    let to = |rest: &str| path(story, &attachment, rest);
    let digest = Sha256Hash::of(&said).content_digest();
    let longer = [&said[..], b"x"].concat();
    let much = vec![0; CHUNK_BYTES as usize + 1];
    let bad = [
        (to("/upload/1"), &said[..], digest.as_str(), StatusCode::PAYLOAD_TOO_LARGE),
        (to("/upload/4294967295"), &said[..], &digest, StatusCode::PAYLOAD_TOO_LARGE),
        (to("/upload/0"), &longer[..], &digest, StatusCode::PAYLOAD_TOO_LARGE),
        (to("/upload/0"), &much[..], &digest, StatusCode::PAYLOAD_TOO_LARGE),
        (to("/upload/0"), &said[1..], &digest, StatusCode::BAD_REQUEST),
        (to("/upload/0"), &said[..], "", StatusCode::BAD_REQUEST),
        (to("/upload/0"), &said[..], "sha-256=:AAAA:", StatusCode::BAD_REQUEST),
        (to("/upload/-1"), &said[..], &digest, StatusCode::BAD_REQUEST),
        (format!("/api/v1/attachments/{story}/..%2f/upload/0"), &said[..], &digest, StatusCode::BAD_REQUEST),
    ];
    for (path, bytes, digest, expected) in bad {
        let reply = put(&house, &elin, &path, bytes, digest).await;
        assert_eq!(reply.status, expected, "{path} {digest}: {}", reply.body);
    }
    assert!(walk(&house.folder.path().join("attachments")).is_empty());
    // The right size, and other bytes than the story names: they can be sent anew.
    let mut other = said.clone();
    other[2000] ^= 1;
    assert_eq!(
        status(&bring(&house, &elin, story, &attachment, &other).await),
        UploadStatus { next: 0, receipt: None }
    );
    assert!(status(&bring(&house, &elin, story, &attachment, &said).await).receipt.is_some());
}

#[tokio::test]
async fn too_many_or_too_large_ones_are_not_told_and_nobody_says_what_the_server_has() {
    let house = House::open().await;
    let elin = house.join(Role::Member, "Elin", "Färg").await;
    let bytes = voice();
    let photos: Vec<_> = (0..6).map(|_| attachment(MediaKind::Photo, &bytes)).collect();
    let told = |attachments: Vec<Attachment>| {
        let story = Story { attachments, ..elin.story("Regn", "Regn på växtrean") };
        elin.create(ThingRef::story(StoryId::mint(clock::now(), &clock::randomness())), fields(&story))
    };
    assert_eq!(house.outcome(&elin, told(photos.clone())).await, refused(Reason::Invalid));
    let large = Attachment { bytes: MediaKind::Photo.max_bytes() + 1, ..photos[0].clone() };
    assert_eq!(house.outcome(&elin, told(vec![large])).await, refused(Reason::Invalid));

    // A story with a word of the server's that the server has not said, and an edit that adds one.
    let id = StoryId::mint(clock::now(), &clock::randomness());
    let mut state = fields(&Story { attachments: photos[..1].to_vec(), ..elin.story("Regn", "Regn") });
    let lie = json!({ "id": photos[0].id, "type": "text/html", "bytes": 1, "sha256": photos[0].sha256 });
    state.insert("served".into(), json!([lie]));
    house.done(&elin, elin.create(ThingRef::story(id), state)).await;
    let add = [("served".to_owned(), json!([lie]))].into_iter().collect();
    house.outcome(&elin, elin.line(ThingRef::story(id), Change::Edit(Edit { add, ..Edit::default() }))).await;
    let set = [("served".to_owned(), json!([lie]))].into_iter().collect();
    house.outcome(&elin, elin.line(ThingRef::story(id), Change::Edit(Edit { set, ..Edit::default() }))).await;
    assert_eq!(pulled(&house, &elin, id).await.served, []);
}

#[tokio::test]
async fn an_attachment_is_added_and_taken_away_as_a_tag_is() {
    let house = House::open().await;
    let elin = house.join(Role::Member, "Elin", "Färg").await;
    let said = voice();
    let (first, second) = (attachment(MediaKind::Voice, &said), attachment(MediaKind::Voice, &said));
    let story = tell(&house, &elin, Audience::Everyone, &[&first]).await;
    bring(&house, &elin, story, &first, &said).await;
    let (add, take_out) =
        (|added| changed(&elin, story, Some(added), None), |id| changed(&elin, story, None, Some(id)));
    house.done(&elin, add(&second)).await;
    house.done(&elin, add(&second)).await;
    assert_eq!(pulled(&house, &elin, story).await.attachments.len(), 2, "twice is once");
    house.done(&elin, take_out(first.id)).await;
    let seen = pulled(&house, &elin, story).await;
    assert_eq!(seen.attachments, [second]);
    assert_eq!(house.get(&path(story, &first, ""), Some(&elin)).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_photo_that_was_taken_out_is_on_no_phone_any_more_not_even_small() {
    let house = House::open().await;
    let elin = house.join(Role::Member, "Elin", "Färg").await;
    let taken = photo(300);
    let attachment = attachment(MediaKind::Photo, &taken);
    let story = tell(&house, &elin, Audience::Everyone, &[&attachment]).await;
    bring(&house, &elin, story, &attachment, &taken).await;
    assert!(pulled(&house, &elin, story).await.served[0].thumb.is_some());
    house.done(&elin, changed(&elin, story, None, Some(attachment.id))).await;
    assert_eq!(pulled(&house, &elin, story).await.served[0].thumb, None);

    house.done(&elin, changed(&elin, story, Some(&attachment), None)).await;
    let reply = house.get(&path(story, &attachment, ""), Some(&elin)).await;
    assert_eq!(reply.status, StatusCode::OK, "who thinks better of it has lost nothing");
}

#[tokio::test]
async fn bytes_that_a_restore_has_lost_are_asked_for_again() {
    let house = House::open().await;
    let elin = house.join(Role::Member, "Elin", "Färg").await;
    let said = voice();
    let attachment = attachment(MediaKind::Voice, &said);
    let story = tell(&house, &elin, Audience::Everyone, &[&attachment]).await;
    bring(&house, &elin, story, &attachment, &said).await;
    std::fs::remove_dir_all(house.folder.path().join("attachments/served")).unwrap();
    let ask = status(&house.get(&path(story, &attachment, "/upload"), Some(&elin)).await);
    assert_eq!(ask, UploadStatus { next: 0, receipt: None });
    assert!(status(&bring(&house, &elin, story, &attachment, &said).await).receipt.is_some());
    assert_eq!(house.get(&path(story, &attachment, ""), Some(&elin)).await.bytes, said);
}

#[tokio::test]
async fn a_backup_has_the_bytes_too() {
    let house = House::open().await;
    let elin = house.join(Role::Member, "Elin", "Färg").await;
    let (said, shown) = (voice(), photo(400));
    let whole = attachment(MediaKind::Voice, &said);
    let damaged = attachment(MediaKind::Photo, &shown);
    let story = tell(&house, &elin, Audience::Everyone, &[&whole, &damaged]).await;
    bring(&house, &elin, story, &whole, &said).await;
    bring(&house, &elin, story, &damaged, &shown).await;
    let folder = house.folder.path();
    let served = folder.join("attachments/served");
    for file in walk(&served.join(damaged.id.to_string())) {
        std::fs::write(file, "not what it was").unwrap();
    }
    let media = Media::open(None, folder).unwrap();
    let kept = Kept { store: house.store.as_ref(), media: &media, data: folder };
    let file = folder.join("monday.backup");
    let counted = Attachments { whole: 1, damaged: 1 };
    assert_eq!(backup::make(kept, &file).await.unwrap().attachments, counted);

    std::fs::remove_dir_all(&served).unwrap();
    assert_eq!(house.get(&path(story, &whole, ""), Some(&elin)).await.status, StatusCode::NOT_FOUND);
    let restored = Sound::open(folder, &file).await.unwrap().restore(kept).await.unwrap();
    assert_eq!(restored.done.attachments, Attachments { whole: 1, damaged: 0 });
    let reply = house.get(&path(story, &whole, ""), Some(&elin)).await;
    assert_eq!((reply.status, reply.bytes), (StatusCode::OK, said));
    // What no backup could hold, the phone that took it is asked for.
    let asked = house.get(&path(story, &damaged, "/upload"), Some(&elin)).await;
    assert_eq!(status(&asked), UploadStatus { next: 0, receipt: None });
}

#[tokio::test]
async fn upload_after_sign_out_is_taken_for_own_stories_and_waits_for_its_person_with_others() {
    let house = House::open().await;
    let (elin, karin) =
        (house.join(Role::Member, "Elin", "Färg").await, house.join(Role::Curator, "Karin", "Färg").await);
    let said = voice();
    let (own, others) = (attachment(MediaKind::Voice, &said), attachment(MediaKind::Voice, &said));
    let told = tell(&house, &karin, Audience::Author, &[&own]).await;
    let elins = tell(&house, &elin, Audience::Everyone, &[&others]).await;
    let alone = |method: Method, path: String, body: Vec<u8>| {
        let ask = request(method, &path, None)
            .header(header::AUTHORIZATION, format!("Bearer {}", karin.push_token))
            .header("content-digest", Sha256Hash::of(&said).content_digest());
        house.ask(ask.body(Body::from(body)).unwrap())
    };
    // Beside her session she may bring what belongs to a story that she may change.
    let asked = request(Method::GET, &path(elins, &others, "/upload"), Some(&karin))
        .header(header::AUTHORIZATION, format!("Bearer {}", karin.push_token));
    assert_eq!(house.ask(asked.body(Body::empty()).unwrap()).await.status, StatusCode::OK);

    house.post("/api/v1/sign-out", Some(&karin), &json!({})).await;
    for (method, rest, body) in [
        (Method::GET, "/upload", Vec::new()),
        (Method::PUT, "/upload/0", said.clone()),
        (Method::POST, "/upload", Vec::new()),
    ] {
        // Not 403, which a phone takes for the last word.
        let reply = alone(method.clone(), path(elins, &others, rest), body.clone()).await;
        assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{method} {rest}: {}", reply.body);
        let reply = alone(method.clone(), path(told, &own, rest), body).await;
        assert_eq!(reply.status, StatusCode::OK, "{method} {rest}: {}", reply.body);
    }
    assert_eq!(pulled(&house, &elin, elins).await.served, []);
    assert!(house.store.states(&[told]).await.unwrap()[0].1.served(own.id).is_some());
}

#[tokio::test]
async fn bytes_served_that_were_cut_are_asked_for_again_although_they_are_there() {
    let house = House::open().await;
    let elin = house.join(Role::Member, "Elin", "Färg").await;
    let said = voice();
    let attachment = attachment(MediaKind::Voice, &said);
    let story = tell(&house, &elin, Audience::Everyone, &[&attachment]).await;
    bring(&house, &elin, story, &attachment, &said).await;
    let served = walk(&house.folder.path().join("attachments/served"));
    assert_eq!(served.len(), 1);
    std::fs::write(&served[0], &said[..said.len() - 1]).unwrap();
    let ask = status(&house.get(&path(story, &attachment, "/upload"), Some(&elin)).await);
    assert_eq!(ask, UploadStatus { next: 0, receipt: None });
    assert!(status(&bring(&house, &elin, story, &attachment, &said).await).receipt.is_some());
    assert_eq!(house.get(&path(story, &attachment, ""), Some(&elin)).await.bytes, said);
}

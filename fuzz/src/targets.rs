//! The decoders, each with sound inputs to begin from.

use std::sync::Arc;

use domain::{
    attachment::{Attachment, MediaKind, Sha256Hash, media_type_of},
    draft::Draft,
    exchange::ExchangeStory,
    id::{AttachmentId, DeviceId, Epoch, LabelId, PersonId, StoryId},
    label::LabelKind,
    names::Names,
    op::{Change, Op},
    person::{Person, Role},
    search::{Analyzer, Document, Index, Query, Synonyms},
    shelf::Shelf,
    story::Story,
    sync::{
        ledger::{From, Head, Incoming, Push},
        memory::Server,
        phone::Page,
        upload::{UploadStatus, chunk_range, chunks},
        wire::{Chain, PushAnswer, SigningKey, Token},
    },
    text::{Name, StoryText},
    thing::{ThingKind, ThingRef, fields},
    time::Millis,
};
use image::{Rgb, RgbImage, codecs::jpeg::JpegEncoder, codecs::png::PngEncoder};
use server::{
    commands::import::{read_csv, read_lines},
    media::{MOST_MEMORY, serve_photo},
};

use crate::MEMORY_AT_ALL;

/// Reads bytes, and throws away what it has read.
type Decoder = Box<dyn FnMut(&[u8])>;

pub struct Target {
    pub name: &'static str,
    /// Bytes that it may take whatever the input is.
    pub memory: usize,
    pub corpus: Vec<Vec<u8>>,
    pub read: Decoder,
}

const SAMPLES: &str = include_str!("../../demo/stories.jsonl");
const TIME: Millis = Millis(1_790_000_000_000);
/// After so many pushes the library of the push decoder begins anew, lest it grow for ever.
const RENEWED_AFTER: usize = 500;

pub fn all() -> Vec<Target> {
    vec![push(), page(), lines(), csv(), answers(), shelf(), index(), query(), chunk(), photo()]
}

fn story_id() -> StoryId {
    StoryId::mint(TIME, &[1; 10])
}

fn story() -> Story {
    let situation = StoryText::new("Kunden ville ha en färg som inte fanns.").ok();
    Story {
        situation,
        tags: vec![LabelId::named(LabelKind::Tag, "färg")],
        ..Story::blank(PersonId::named("Elin"))
    }
}

fn text_of(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Every line of a push, read and applied to a library.
fn push() -> Target {
    let told = json(&fields(&story()));
    let (elin, story) = (PersonId::named("Elin"), story_id());
    let op = |number: u64, kind: &str, id: &str, change: &str| {
        format!(
            r#"{{"device":"01a13a00-0000-7000-8000-00000000000{number}","device_seq":1,"at":{},"actor":"{elin}","thing":{{"kind":"{kind}","id":"{id}"}},"base":1,"change":{change}}}"#,
            TIME.0
        )
    };
    let id = story.to_string();
    let photo = serde_json::to_string(&attachment()).unwrap_or_default();
    let corpus = [
        op(1, "story", &id, &format!(r#"{{"create":{told}}}"#)),
        op(
            2,
            "story",
            &id,
            r#"{"edit":{"text":{"situation":{"from":"Kunden ville","to":"En kund ville"}},"set":{"kind":"colleague","department":null},"add":{"tags":["01a13a00-0000-7000-8000-0000000000aa"]},"remove":{"tags":["01a13a00-0000-7000-8000-0000000000ab"]}}}"#,
        ),
        op(
            2,
            "story",
            &id,
            &format!(
                r#"{{"edit":{{"add":{{"attachments":[{photo}],"served":[{photo}]}},"remove":{{"attachments":["{}"]}}}}}}"#,
                attachment().id
            ),
        ),
        op(3, "story", &id, r#"{"move":{"from":"in_library","to":"archived"}}"#),
        op(4, "story", &id, r#""delete""#),
        op(5, "story", &id, r#""restore""#),
        op(6, "story", &id, r#"{"frombefore":{"a":[1,2,{"b":null}]}}"#),
        op(7, "tag", "01a13a00-0000-7000-8000-0000000000ac", r#"{"create":{"name":"lång kö"}}"#),
        op(
            8,
            "path",
            "01a13a00-0000-7000-8000-0000000000ad",
            &format!(
                r#"{{"create":{{"title":"När det regnar","stops":[{{"story":"{id}"}}],"author":"{elin}"}}}}"#
            ),
        ),
        op(
            9,
            "showing",
            "01a13a00-0000-7000-8000-0000000000ae",
            &format!(
                r#"{{"create":{{"path":"01a13a00-0000-7000-8000-0000000000ad","stories":["{id}"],"by":"{elin}","at":{}}}}}"#,
                TIME.0
            ),
        ),
    ];
    let mut library = library();
    let mut pushes = 0;
    Target {
        name: "push",
        memory: MEMORY_AT_ALL,
        corpus: corpus.into_iter().map(String::into_bytes).collect(),
        read: Box::new(move |bytes| {
            let body = text_of(bytes);
            let ops = body.lines().filter(|line| !line.trim().is_empty()).map(Incoming::read).collect();
            library.push(&[Push { from: From::Person(elin), ops, now: TIME }]);
            pushes += 1;
            if pushes % RENEWED_AFTER == 0 {
                library = self::library();
            }
        }),
    }
}

/// A library with one curator in it, and a story of hers.
fn library() -> Server {
    let head = Head { epoch: Epoch::mint(TIME, &[2; 10]), seq: 0, chain: Chain::default() };
    let mut library = Server::new(head, SigningKey([7; 32]));
    let elin = PersonId::named("Elin");
    let name = Name::new("Elin").expect("a name");
    let person = Person { name, role: Role::Curator, site: None, department: None, joined_at: None };
    let things = [
        (ThingRef::person(elin), fields(&person)),
        (ThingRef::new(ThingKind::Story, story_id()), fields(&story())),
    ];
    let ops = (1..).zip(things).map(|(device_seq, (thing, state))| {
        let device = DeviceId::mint(TIME, &[3; 10]);
        let (actor, change) = (PersonId::SYSTEM, Change::Create(state));
        Incoming::of(Op { device, device_seq, at: TIME, actor, thing, base: None, change })
    });
    library.push(&[Push { from: From::System, ops: ops.collect(), now: TIME }]);
    library
}

/// What a phone pulls, and takes onto its shelf.
fn page() -> Target {
    let state = json(&fields(&story()));
    let epoch = Epoch::mint(TIME, &[2; 10]);
    let record = format!(r#"{{"kind":"story","id":"{}","seq":3,"state":{state}}}"#, story_id());
    let gone = format!(r#"{{"kind":"story","id":"{}","seq":4,"gone":true}}"#, story_id());
    let tag = r#"{"kind":"tag","id":"01a13a00-0000-7000-8000-0000000000ac","seq":5,"state":{"name":"färg"}}"#;
    let header = |records: u32| {
        format!(
            r#"{{"epoch":"{epoch}","cursor":"abc","seq":5,"more":false,"records":{records},"stories":1}}"#
        )
    };
    Target {
        name: "page",
        memory: MEMORY_AT_ALL,
        corpus: vec![
            format!("{}\n", header(0)).into_bytes(),
            format!("{}\n{record}\n", header(1)).into_bytes(),
            format!("{}\n{record}\n{gone}\n{tag}\n", header(3)).into_bytes(),
        ],
        read: Box::new(|bytes| {
            let body = text_of(bytes);
            let page = Page::parse(Some(Token("abc".into())), &body);
            // The shelf reads blocks that another version may have written.
            let (_, lines) = body.split_once('\n').unwrap_or_default();
            Shelf::default().absorb(0, lines);
            drop(page);
        }),
    }
}

fn lines() -> Target {
    Target {
        name: "lines",
        memory: MEMORY_AT_ALL,
        corpus: SAMPLES.lines().take(12).map(|line| line.as_bytes().to_vec()).collect(),
        read: Box::new(|bytes| drop(read_lines(bytes))),
    }
}

fn csv() -> Target {
    let head = "id,kind,title,situation,author,tags,occurred_on\n";
    let row =
        "01a13a00-0000-7000-8000-0000000000af,colleague,\"Rad, ett\",\"a\nb\",Elin,lång kö; mod,2026-01-31\n";
    Target {
        name: "csv",
        memory: MEMORY_AT_ALL,
        corpus: vec![
            format!("{head}{row}").into_bytes(),
            format!("\u{feff}{}", format!("{head}{row}").replace(',', ";")).into_bytes(),
        ],
        read: Box::new(|bytes| drop(read_csv(bytes))),
    }
}

/// Answers to a push, and drafts that a page left behind.
fn answers() -> Target {
    let epoch = Epoch::mint(TIME, &[2; 10]);
    let answer = format!(
        r#"{{"epoch":"{epoch}","receipts":[{{"outcome":"applied","seq":4,"at":1}},{{"outcome":{{"rejected":"invalid"}},"at":2}}]}}"#
    );
    Target {
        name: "answers",
        memory: MEMORY_AT_ALL,
        corpus: vec![answer.into_bytes()],
        read: Box::new(|bytes| {
            let text = text_of(bytes);
            drop(Page::parse(None, &text));
            drop(serde_json::from_str::<PushAnswer>(&text));
            drop(serde_json::from_str::<Draft>(&text));
        }),
    }
}

fn shelf() -> Target {
    let mut shelf = Shelf::default();
    let state = json(&fields(&story()));
    shelf.absorb(
        0,
        &format!("{{\"kind\":\"story\",\"id\":\"{}\",\"seq\":3,\"state\":{state}}}\n", story_id()),
    );
    Target {
        name: "shelf",
        memory: MEMORY_AT_ALL,
        corpus: vec![shelf.to_bytes()],
        read: Box::new(|bytes| drop(Shelf::from_bytes(bytes))),
    }
}

fn index() -> Target {
    let analyzer = Arc::new(Analyzer::default());
    let mut index = Index::new(Arc::clone(&analyzer));
    for (slot, story) in
        (0..).zip(SAMPLES.lines().take(12).filter_map(|line| ExchangeStory::from_line(line).ok()))
    {
        let told =
            Story { title: story.title, situation: story.situation, action: story.action, ..self::story() };
        index.insert(slot, *story.id.uuid().as_bytes(), 1, &Document::named(&told, &Names::default()));
    }
    index.commit();
    let query = Query::parse("kund farg", &analyzer, &Synonyms::none());
    Target {
        name: "index",
        memory: MEMORY_AT_ALL,
        corpus: vec![index.to_bytes()],
        read: Box::new(move |bytes| {
            if let Ok(index) = Index::from_bytes(Arc::clone(&analyzer), bytes.to_vec()) {
                drop(index.search(&query, 10, |_| true));
            }
        }),
    }
}

fn query() -> Target {
    let analyzer = Analyzer::default();
    let synonyms = Synonyms::general(&analyzer);
    let texts = [
        "kund arg för att varan är slut",
        "tågförsening 12:50 -10 % kr",
        "e-post å ä ö é",
        "receipt 1,000.50",
    ];
    Target {
        name: "query",
        memory: MEMORY_AT_ALL,
        corpus: texts.map(|text| text.as_bytes().to_vec()).to_vec(),
        read: Box::new(move |bytes| drop(Query::parse(&text_of(bytes), &analyzer, &synonyms))),
    }
}

fn attachment() -> Attachment {
    Attachment {
        id: AttachmentId::mint(TIME, &[4; 10]),
        kind: MediaKind::Photo,
        media_type: "image/jpeg".to_owned(),
        bytes: 300_000,
        sha256: Sha256Hash::of(b"a photo"),
        width: Some(1600),
        height: Some(1200),
        seconds: None,
        alt: None,
    }
}

/// What stands around a chunk: its digest, what its bytes are, and the server's answers to it. A line each.
fn chunk() -> Target {
    let attachment = serde_json::to_string(&attachment()).unwrap_or_default();
    let served =
        r#"{"id":"01a13a00-0000-7000-8000-0000000000ba","type":"image/jpeg","bytes":4,"sha256":"aa"}"#;
    let corpus = [
        Sha256Hash::of(b"abc").content_digest(),
        "\u{1a}E\u{df}\u{a3}webm".to_owned(),
        attachment,
        r#"{"next":3}"#.to_owned(),
        format!(
            r#"{{"next":4,"receipt":{{"sha256":"{}","served":{served},"at":1}}}}"#,
            Sha256Hash::of(b"abc")
        ),
    ];
    Target {
        name: "chunk",
        memory: MEMORY_AT_ALL,
        corpus: corpus.into_iter().map(String::into_bytes).collect(),
        read: Box::new(|bytes| {
            let text = text_of(bytes);
            let digest = Sha256Hash::from_content_digest(&text);
            let _ = (digest == Some(Sha256Hash::of(bytes)), media_type_of(bytes));
            drop(serde_json::from_str::<UploadStatus>(&text));
            if let Ok(attachment) = serde_json::from_str::<Attachment>(&text) {
                let last = chunks(attachment.bytes);
                let _ = (
                    attachment.is_sound(),
                    chunk_range(attachment.bytes, last),
                    chunk_range(attachment.bytes, u32::MAX),
                );
            }
        }),
    }
}

/// Pictures, which the server decodes to encode them anew.
fn photo() -> Target {
    let picture = RgbImage::from_fn(40, 30, |x, y| Rgb([x as u8 * 6, y as u8 * 8, 90]));
    let (mut jpeg, mut png) = (Vec::new(), Vec::new());
    // What cannot be written is no corpus, and shows as one that is empty.
    let _ = picture.write_with_encoder(JpegEncoder::new_with_quality(&mut jpeg, 80));
    let _ = picture.write_with_encoder(PngEncoder::new(&mut png));
    Target {
        name: "photo",
        memory: 2 * MOST_MEMORY as usize,
        corpus: vec![jpeg, png],
        read: Box::new(|bytes| drop(serve_photo(bytes))),
    }
}

fn json(fields: &domain::Object) -> String {
    serde_json::to_string(fields).unwrap_or_default()
}

//! What becomes of attachments on the phone when the server goes back in time.

use domain::{
    attachment::{Attachment, MediaKind, Sha256Hash},
    id::{AttachmentId, Epoch, StoryId},
    sync::{
        memory::Phone,
        phone::{LibraryRow, Page, Reading, Transaction},
        round::Trouble,
        upload::{AttachmentRow, UploadState, holds_up_others},
        wire::{Chain, Cursor, SigningKey},
    },
    time::Millis,
};

use crate::world::{Act, World};

const ELIN: usize = 0;
const RECEIVED: UploadState = UploadState::Received { at: Millis(1) };
const WAITING: UploadState = UploadState::Waiting { sent: 0 };

fn row(n: u8, state: UploadState) -> AttachmentRow {
    AttachmentRow {
        attachment: Attachment {
            id: AttachmentId::mint(Millis(1), &[n; 10]),
            kind: MediaKind::Photo,
            media_type: "image/jpeg".into(),
            bytes: 100,
            sha256: Sha256Hash::of(&[n]),
            width: None,
            height: None,
            seconds: None,
            alt: None,
        },
        draft: None,
        story: Some(StoryId::mint(Millis(1), &[n; 10])),
        person: None,
        thumb: None,
        parts: 1,
        finished: true,
        state,
        added_at: Millis(1),
        used_at: Millis(1),
    }
}

fn keep(phone: &mut Phone, row: AttachmentRow) -> AttachmentId {
    let id = row.attachment.id;
    phone.attachments.insert(id, row);
    id
}

#[test]
fn whichever_way_a_restore_is_heard_of_attachments_are_offered_again() {
    // By the page for its cursor, by a push since nobody reads here, by a first page that was asked for without a cursor.
    for way in ["cursor", "push", "first page"] {
        let mut world = World::new();
        world.settle();
        let backup = world.server.clone();
        world.act(&Act::Tell { phone: ELIN, text: "a".into() });
        world.settle();
        let received = keep(&mut world.phones[ELIN].2, row(1, RECEIVED));
        world.server = backup;
        world.restore();
        match way {
            "push" => world.sign_out(ELIN),
            "first page" => world.phones[ELIN].2.library.cursor = None,
            _ => {}
        }
        if way == "first page" {
            let page = Page::parse(None, &world.server.pull(world.phones[ELIN].0, None)).unwrap();
            world.phones[ELIN].2.transact(&Transaction::Absorb { page }).unwrap();
        } else {
            world.sync(ELIN, &[]);
        }
        assert_eq!(world.phones[ELIN].2.attachments[&received].state, WAITING, "{way}");
    }
}

#[test]
fn a_receipt_from_before_a_restore_is_not_noted_after_it() {
    let epoch = Some(Epoch::mint(Millis(1), &[1; 10]));
    let library = LibraryRow { starts: 2, epoch, ..LibraryRow::default() };
    let now = library.reading();
    let mut phone = Phone { library, ..Phone::default() };
    let attachment = keep(&mut phone, row(1, WAITING));
    phone
        .transact(&Transaction::NoteUpload {
            attachment,
            state: RECEIVED,
            begun: Reading { starts: 1, epoch },
            known: None,
            position: None,
        })
        .unwrap();
    assert_eq!(phone.attachments[&attachment].state, WAITING);
    phone
        .transact(&Transaction::NoteUpload {
            attachment,
            state: RECEIVED,
            begun: now,
            known: None,
            position: None,
        })
        .unwrap();
    assert_eq!(phone.attachments[&attachment].state, RECEIVED);
}

#[test]
fn a_receipt_waits_until_it_is_known_of_which_epoch_it_is() {
    let mut phone = Phone::default();
    let attachment = keep(&mut phone, row(1, WAITING));
    let begun_blind = phone.library.reading();
    let note = |state| Transaction::NoteUpload {
        attachment,
        state,
        begun: begun_blind,
        known: None,
        position: None,
    };
    phone.transact(&note(RECEIVED)).unwrap();
    assert_eq!(phone.attachments[&attachment].state, WAITING, "a restore would not be noticed");
    phone.transact(&note(UploadState::Waiting { sent: 1 })).unwrap();
    assert_eq!(phone.attachments[&attachment].state, UploadState::Waiting { sent: 1 });
    // What it learns now may be the epoch of a server that went back after it gave the receipt.
    phone.library.epoch = Some(Epoch::mint(Millis(1), &[1; 10]));
    phone.transact(&note(RECEIVED)).unwrap();
    assert_eq!(phone.attachments[&attachment].state, UploadState::Waiting { sent: 1 });
}

#[test]
fn a_receipt_does_not_take_the_place_of_a_position_of_which_the_server_has_not_heard() {
    let epoch = Epoch::mint(Millis(1), &[1; 10]);
    let key = SigningKey([7; 32]);
    let position = |seq, chain| Some(key.sign_cursor(&Cursor { epoch, seq, chain: Chain([chain; 16]) }));
    let library = LibraryRow { epoch: Some(epoch), receipt: position(9, 1), ..LibraryRow::default() };
    let mut phone = Phone { library, ..Phone::default() };
    let attachment = keep(&mut phone, row(1, WAITING));
    let begun = phone.library.reading();
    let mut note = |known, position| {
        let note = Transaction::NoteUpload { attachment, state: RECEIVED, begun, known, position };
        phone.transact(&note).unwrap();
        (phone.attachments[&attachment].state, phone.library.receipt.clone())
    };
    // Asked for before the phone knew of 9. It may be of a database that went back to 7 since.
    assert_eq!(note(position(7, 1), position(10, 2)), (WAITING, position(9, 1)));
    // Whatever happened, what is less far takes no place: the next message brings 9.
    assert_eq!(note(position(7, 1), position(8, 1)), (RECEIVED, position(9, 1)));
    assert_eq!(note(position(9, 1), position(10, 1)), (RECEIVED, position(10, 1)));
}

#[test]
fn what_is_offered_again_is_not_let_go() {
    let mut phone = Phone::default();
    let offered = keep(&mut phone, row(1, RECEIVED).offered_again().unwrap());
    let received = keep(&mut phone, row(2, RECEIVED));
    let at_hand = keep(&mut phone, row(3, UploadState::Fetched));
    let now = Millis(AttachmentRow::GRACE_MS + 2);
    let let_go = Transaction::LetGo { stays: [at_hand].into(), budget: 0, now };
    phone.transact(&let_go).unwrap();
    assert_eq!(phone.attachments.keys().copied().collect::<Vec<_>>(), [offered, at_hand]);
    assert!(!phone.attachments.contains_key(&received));
}

#[test]
fn a_credential_that_is_no_good_holds_up_nobody_elses_photos() {
    let all = [Trouble::Unreachable, Trouble::Timeout, Trouble::SignedOut, Trouble::Server(400)];
    assert_eq!(all.map(holds_up_others), [true, true, false, false]);
}

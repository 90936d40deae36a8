use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::attachment::MediaKind;

const NOW: Millis = Millis(1_790_000_000_000);

fn row(bytes: u64) -> AttachmentRow {
    let id = AttachmentId::mint(NOW, &[7; 10]);
    AttachmentRow {
        attachment: Attachment {
            id,
            kind: MediaKind::Photo,
            media_type: "image/jpeg".into(),
            bytes,
            sha256: Sha256Hash::of(&content(bytes)),
            width: None,
            height: None,
            seconds: None,
            alt: None,
        },
        draft: Some(DraftId::mint(NOW, &[8; 10])),
        story: Some(StoryId::mint(NOW, &[8; 10])),
        person: None,
        thumb: None,
        parts: 1,
        finished: true,
        state: UploadState::Waiting { sent: 0 },
        added_at: NOW,
        used_at: NOW,
    }
}

fn content(bytes: u64) -> Vec<u8> {
    (0..bytes).map(|n| (n % 251) as u8).collect()
}

/// A server that keeps chunks, puts them together and compares. What it holds is what it has really been sent.
#[derive(Clone, Default)]
struct Server {
    knows_story: bool,
    chunks: BTreeMap<u32, Vec<u8>>,
    whole: Option<Vec<u8>>,
}

impl Server {
    fn status(&self, row: &AttachmentRow) -> Event {
        if !self.knows_story {
            return Event::TooEarly;
        }
        let attachment = &row.attachment;
        let receipt = self.whole.as_ref().map(|whole| UploadReceipt {
            sha256: Sha256Hash::of(whole),
            served: Served {
                id: attachment.id,
                media_type: attachment.media_type.clone(),
                bytes: attachment.bytes,
                sha256: attachment.sha256,
                width: None,
                height: None,
                thumb: None,
            },
            at: NOW,
            position: None,
        });
        let next = (0..).find(|n| !self.chunks.contains_key(n)).unwrap_or(0);
        Event::Status(UploadStatus { next, receipt })
    }

    fn take(&mut self, row: &AttachmentRow, chunk: u32, bytes: &[u8], said: Sha256Hash) -> Event {
        if Sha256Hash::of(bytes) != said {
            return Event::Trouble(Trouble::Server(400));
        }
        if self.whole.is_none() {
            self.chunks.insert(chunk, bytes.to_vec());
        }
        self.status(row)
    }

    fn finish(&mut self, row: &AttachmentRow) -> Event {
        let whole: Vec<u8> = self.chunks.values().flatten().copied().collect();
        if Sha256Hash::of(&whole) == row.attachment.sha256 {
            self.whole = Some(whole);
        }
        self.chunks.clear();
        self.status(row)
    }
}

/// What happens to one message, or between two.
#[derive(Clone, Copy, Debug)]
enum Fate {
    Arrives,
    /// The request never comes.
    Lost,
    /// It is done, but the answer never comes.
    AnswerLost,
    /// It is done twice.
    Doubled,
    /// Bytes are altered on the way.
    Altered,
    /// The phone is killed before it is sent.
    Crash,
    /// The server goes back to before the upload, and says so.
    Restored,
}

fn fate() -> impl Strategy<Value = Fate> {
    prop_oneof![
        6 => Just(Fate::Arrives),
        1 => Just(Fate::Lost),
        1 => Just(Fate::AnswerLost),
        1 => Just(Fate::Doubled),
        1 => Just(Fate::Altered),
        1 => Just(Fate::Crash),
        1 => Just(Fate::Restored),
    ]
}

/// Carries out a step, and says what the phone hears.
fn carry_out(server: &mut Server, row: &AttachmentRow, step: Step, fate: Fate) -> Event {
    if matches!(fate, Fate::Lost | Fate::Crash | Fate::Restored) {
        return Event::Trouble(Trouble::Unreachable);
    }
    let mut done = Event::TooEarly;
    for _ in 0..if matches!(fate, Fate::Doubled) { 2 } else { 1 } {
        done = match step {
            Step::Ask => server.status(row),
            Step::Send(chunk) => {
                let (from, to) = chunk_range(row.attachment.bytes, chunk);
                let mut bytes = content(row.attachment.bytes)[from as usize..to as usize].to_vec();
                let said = Sha256Hash::of(&bytes);
                if matches!(fate, Fate::Altered) {
                    bytes[0] ^= 1;
                }
                server.take(row, chunk, &bytes, said)
            }
            Step::Finish => server.finish(row),
            Step::Rest(_) => unreachable!("nothing is sent at rest"),
        };
    }
    if matches!(fate, Fate::AnswerLost) { Event::Trouble(Trouble::Timeout) } else { done }
}

/// One try, from the row as it lies in the store. Every state is written before the next step.
fn try_once(server: &mut Server, row: &mut AttachmentRow, fates: &mut impl Iterator<Item = Fate>) {
    let Some((mut upload, mut step)) = Upload::start(row) else { return };
    while !matches!(step, Step::Rest(_)) {
        let fate = fates.next().unwrap_or(Fate::Arrives);
        if matches!(fate, Fate::Restored) {
            *server = Server { knows_story: true, ..Server::default() };
            *row = row.offered_again().unwrap_or_else(|| row.clone());
        }
        let event = carry_out(server, row, step, fate);
        if matches!(fate, Fate::Crash) {
            return;
        }
        let (state, next) = upload.next(event);
        if let Some(state) = state {
            row.state = state;
        }
        step = next;
    }
}

proptest! {
    #[test]
    fn whatever_happens_on_the_way_nothing_goes_before_the_server_has_it_and_in_the_end_it_does(
        bytes in 1..5 * CHUNK_BYTES,
        fates in proptest::collection::vec(fate(), 0..40),
    ) {
        let mut server = Server { knows_story: true, ..Server::default() };
        let mut row = row(bytes);
        let later = NOW.plus(AttachmentRow::GRACE_MS + 1);
        let mut fates = fates.into_iter();
        for _ in 0..60 {
            try_once(&mut server, &mut row, &mut fates);
            let has_all = server.whole.as_ref().is_some_and(|whole| Sha256Hash::of(whole) == row.attachment.sha256);
            prop_assert!(has_all || !row.may_go(later), "{:?} may go, and the server lacks it", row.state);
            prop_assert!(!matches!(row.state, UploadState::Refused(_)), "nobody is asked to mend what is whole");
        }
        let received = matches!(row.state, UploadState::Received { .. });
        prop_assert!(received, "{:?}", row.state);
        prop_assert_eq!(server.whole, Some(content(bytes)));
        prop_assert!(!row.may_go(NOW), "it can be offered again to a server that is restored");
    }
}

#[test]
fn an_attachment_waits_for_its_story() {
    let mut row = row(10);
    let mut server = Server::default();
    try_once(&mut server, &mut row, &mut std::iter::empty());
    assert_eq!(row.state, UploadState::Waiting { sent: 0 });
    server.knows_story = true;
    try_once(&mut server, &mut row, &mut std::iter::empty());
    assert_eq!(row.state, UploadState::Received { at: NOW });
}

#[test]
fn what_is_in_a_draft_is_not_sent() {
    assert!(Upload::start(&AttachmentRow { state: UploadState::InDraft, ..row(1) }).is_none());
    assert!(Upload::start(&AttachmentRow { story: None, ..row(1) }).is_none());
    assert!(Upload::start(&AttachmentRow { finished: false, ..row(1) }).is_none());
}

#[test]
fn a_receipt_for_other_bytes_is_none() {
    let row = row(10);
    let mut server = Server { knows_story: true, whole: Some(content(11)), ..Server::default() };
    let (mut upload, _) = Upload::start(&row).unwrap();
    let heard = server.status(&row);
    assert_eq!(upload.next(heard), (None, Step::Rest(Some(Trouble::NotSolsken))));
    server.whole = None;
}

#[test]
fn a_server_that_never_gets_on_is_not_sent_the_same_for_ever() {
    let (mut upload, _) = Upload::start(&row(CHUNK_BYTES * 3)).unwrap();
    let stuck = || Event::Status(UploadStatus { next: 0, receipt: None });
    let mut steps = 0;
    while !matches!(upload.next(stuck()).1, Step::Rest(_)) {
        steps += 1;
        assert!(steps < 5);
    }
}

#[test]
fn a_refused_attachment_needs_its_person_and_stays() {
    let mut row = row(10);
    let (mut upload, _) = Upload::start(&row).unwrap();
    row.state = upload.next(Event::Refused(Refusal::NotMedia)).0.unwrap();
    assert!(Upload::start(&row).is_none());
    assert!(!row.may_go(NOW.plus(AttachmentRow::GRACE_MS * 100)));
    assert!(Upload::start(&row.tried_again()).is_some());
}

#[test]
fn the_least_recently_used_go_first_and_what_must_stay_stays() {
    let fetched = |n: u8, used: i64| {
        let mut row = row(100);
        row.attachment.id = AttachmentId::mint(NOW, &[n; 10]);
        AttachmentRow { state: UploadState::Fetched, used_at: Millis(used), ..row }
    };
    let rows = [fetched(1, 30), fetched(2, 10), fetched(3, 20), row(100)];
    let id = |at: usize| rows[at].attachment.id;
    assert_eq!(let_go(&rows, |_| false, 250, NOW), [id(1), id(2)]);
    assert_eq!(let_go(&rows, |row| row.attachment.id == id(1), 250, NOW), [id(2), id(0)]);
    assert_eq!(let_go(&rows, |_| false, 0, NOW), [id(1), id(2), id(0)], "what waits to be sent never goes");
    assert_eq!(let_go(&rows, |_| false, 400, NOW), []);
}

//! A device of somebody who has joined.

use anyhow::{Context, Result, bail};
use domain::{
    Object,
    draft::new_tag,
    exchange::ExchangeStory,
    id::{DeviceId, PersonId, StoryId, ThingId},
    label::{Label, LabelKind},
    op::{Change, Edit, Op, OpBytes, TextEdit},
    reaction::{Reaction, ReactionKind},
    story::Part,
    sync::wire::{Outcome, PushAnswer},
    text::{Name, StoryText},
    thing::{ThingKind, ThingRef, fields},
    time::Millis,
};
use serde::Deserialize;
use serde_json::json;

use crate::{http::Connection, serve::Served};

pub struct Phone {
    connection: Connection,
    pub session: String,
    credential: String,
    person: PersonId,
    device: DeviceId,
    next: u64,
    told: Vec<Told>,
}

/// A story of this device, as the server last acknowledged it.
struct Told {
    id: StoryId,
    seq: u64,
    situation: String,
}

#[derive(Deserialize)]
struct Welcome {
    me: Me,
    push_token: String,
}

#[derive(Deserialize)]
struct Me {
    id: PersonId,
}

impl Phone {
    pub async fn join(served: &Served, secret: &str, number: usize) -> Result<Self> {
        let mut connection = Connection::to(served.address).await?;
        let device = DeviceId::mint(now(), &randomness());
        let form = json!({
            "code": secret, "name": format!("Telefon {number}"), "site": "Borås", "department": "Färg",
            "language": "sv", "device": device,
        });
        let header = "content-type: application/json\r\n";
        let answer = connection.ask("POST", "/api/v1/join", header, &form.to_string()).await?;
        if answer.status != 200 {
            bail!("joining: {} {}", answer.status, String::from_utf8_lossy(&answer.body));
        }
        let Welcome { me, push_token } = serde_json::from_slice(&answer.body)?;
        let session = format!("cookie: {}\r\n", answer.cookie.context("no session")?);
        let credential = format!("authorization: Bearer {push_token}\r\n");
        Ok(Self { connection, session, credential, person: me.id, device, next: 1, told: Vec::new() })
    }

    /// Makes the tags that stories carry.
    pub async fn make_tags(&mut self, stories: &[ExchangeStory]) -> Result<()> {
        let mut names: Vec<&str> = stories.iter().flat_map(|story| &story.tags).map(Name::as_str).collect();
        names.sort_unstable();
        names.dedup();
        for name in names {
            let label = fields(&Label::new(Name::new(name)?));
            let thing = ThingRef::label(LabelKind::Tag, new_tag(name));
            self.push(thing, None, Change::Create(label)).await?;
        }
        Ok(())
    }

    pub async fn tell(&mut self, story: &ExchangeStory) -> Result<()> {
        let mut told = Object::new();
        let text = |text: &Option<StoryText>| text.as_ref().map(|text| text.as_str().to_owned());
        let title = story.title.as_ref().map(|title| title.as_str().to_owned());
        let parts = [&story.situation, &story.action, &story.outcome, &story.lesson, &story.quote];
        for (part, text) in Part::ALL.into_iter().zip([title].into_iter().chain(parts.map(text))) {
            told.extend(text.map(|text| (part.key().to_owned(), text.into())));
        }
        told.insert("kind".to_owned(), json!(story.kind));
        told.insert("tags".to_owned(), story.tags.iter().map(|tag| json!(new_tag(tag.as_str()))).collect());
        told.insert("author".to_owned(), json!(self.person));
        told.insert("language".to_owned(), json!(story.language));
        let situation = told.get("situation").and_then(|text| text.as_str()).unwrap_or_default().to_owned();
        let id = StoryId::mint(now(), &randomness());
        let seq = self.push(ThingRef::story(id), None, Change::Create(told)).await?;
        self.told.push(Told { id, seq, situation });
        Ok(())
    }

    /// Edits a story that was told here. `false` if there is none yet.
    pub async fn edit(&mut self) -> Result<bool> {
        let Some(at) = self.any_told() else { return Ok(false) };
        let Told { id, seq, situation: from } = &self.told[at];
        let to = format!("{from} Det var kunden som sade det, {}.", fastrand::u32(..));
        let edited = TextEdit { from: from.clone(), to: to.clone() };
        let edit = Edit { text: [("situation".to_owned(), edited)].into(), ..Edit::default() };
        let seq = self.push(ThingRef::story(*id), Some(*seq), Change::Edit(edit)).await?;
        (self.told[at].seq, self.told[at].situation) = (seq, to);
        Ok(true)
    }

    /// Reacts to a story that was told here. `false` if there is none yet.
    pub async fn react(&mut self) -> Result<bool> {
        let Some(at) = self.any_told() else { return Ok(false) };
        let (story, person) = (self.told[at].id, self.person);
        let reaction = ReactionKind::ALL[fastrand::usize(..3)];
        let thing = ThingRef::new(ThingKind::Reaction, ThingId::reaction(story, person, reaction.key()));
        let reaction = Reaction { story, person, reaction, on: fastrand::bool() };
        self.push(thing, None, Change::Create(fields(&reaction))).await?;
        Ok(true)
    }

    fn any_told(&self) -> Option<usize> {
        (!self.told.is_empty()).then(|| fastrand::usize(..self.told.len()))
    }

    /// Pushes one op; its `seq` once there is a receipt.
    async fn push(&mut self, thing: ThingRef, base: Option<u64>, change: Change) -> Result<u64> {
        let (device, device_seq, actor) = (self.device, self.next, self.person);
        let op = OpBytes::of(&Op { device, device_seq, at: now(), actor, thing, base, change });
        let headers = format!("{}content-type: application/x-ndjson\r\n", self.credential);
        let answer = self.connection.ask("POST", "/api/v1/sync/push", &headers, op.as_str()).await?;
        if answer.status != 200 {
            bail!("a push: {} {}", answer.status, String::from_utf8_lossy(&answer.body));
        }
        let answer: PushAnswer = serde_json::from_slice(&answer.body)?;
        let receipt = answer.receipts.first().context("a push without a receipt")?;
        if !matches!(receipt.outcome, Outcome::Applied | Outcome::Merged) {
            bail!("an op was not taken: {receipt:?}");
        }
        self.next += 1;
        Ok(receipt.seq)
    }
}

pub fn now() -> Millis {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    Millis(since.map_or(0, |since| since.as_millis() as i64))
}

fn randomness() -> [u8; 10] {
    std::array::from_fn(|_| fastrand::u8(..))
}

//! How a person comes to be in the library: as an op like any other, recorded by the server itself.

use domain::{
    id::{DeviceId, LabelId, PersonId},
    label::{Label, LabelKind},
    names::Names,
    op::{Change, Op},
    person::{Person, Role},
    ports::{JoinError, JoinForm},
    sync::ledger::{From, Incoming, Push},
    text::{Name, TextError},
    thing::{ThingRef, fields},
    view::Me,
};

use crate::{
    clock,
    http::Server,
    store::{Store, StoreResult},
    writer::WriteError,
};

/// What someone says of themselves, checked.
#[derive(Clone)]
pub struct Newcomer {
    pub name: Name,
    pub role: Role,
    pub site: Option<Name>,
    pub department: Option<Name>,
}

impl Newcomer {
    pub fn of(form: &JoinForm, role: Role) -> Result<Self, JoinError> {
        let tidy = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let optional = |text: &str| Name::optional(tidy(text)).map_err(|_| JoinError::TooLong);
        let name = Name::new(tidy(&form.name)).map_err(|error| match error {
            TextError::Blank => JoinError::NoName,
            TextError::TooLong { .. } | TextError::Nul => JoinError::TooLong,
        })?;
        Ok(Self { name, role, site: optional(&form.site)?, department: optional(&form.department)? })
    }
}

impl Newcomer {
    /// Somebody who is here already, as they would say it.
    pub fn known(person: &Person, names: &Names) -> Self {
        let named = |id: Option<LabelId>| Name::new(names.label(id?)?.name).ok();
        Self {
            name: person.name.clone(),
            role: person.role,
            site: named(person.site),
            department: named(person.department),
        }
    }
}

/// What can keep someone from being welcomed.
#[derive(Debug, thiserror::Error)]
pub enum WelcomeError {
    #[error(transparent)]
    Store(#[from] crate::store::StoreError),
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// Records who has joined, with site and department where they are new.
pub async fn welcome(server: &Server, id: PersonId, newcomer: &Newcomer) -> Result<Me, WelcomeError> {
    let mut ops = Ops::new();
    let site = place(server.store.as_ref(), &mut ops, LabelKind::Site, newcomer.site.as_ref()).await?;
    let department =
        place(server.store.as_ref(), &mut ops, LabelKind::Department, newcomer.department.as_ref()).await?;
    let person = Person {
        name: newcomer.name.clone(),
        role: newcomer.role,
        site,
        department,
        joined_at: Some(clock::now()),
    };
    ops.create(ThingRef::person(id), fields(&person));
    server.writer.push(ops.push()).await?;
    let names = server.store.names(&[]).await?;
    Ok(Me::of(id, &person, &names))
}

/// Takes back a welcome that came to nothing: somebody else used the invite up meanwhile.
pub async fn turn_away(server: &Server, id: PersonId) -> Result<(), WelcomeError> {
    let mut ops = Ops::new();
    ops.change(ThingRef::person(id), Change::Delete);
    server.writer.push(ops.push()).await?;
    Ok(())
}

async fn place(
    store: &dyn Store,
    ops: &mut Ops,
    kind: LabelKind,
    name: Option<&Name>,
) -> StoreResult<Option<LabelId>> {
    let Some(name) = name else { return Ok(None) };
    let names = store.names(&[]).await?;
    let id = names.called(kind, name.as_str()).unwrap_or_else(|| {
        let id = LabelId::named(kind, name.as_str());
        ops.create(ThingRef::label(kind, id), fields(&Label::new(name.clone())));
        id
    });
    Ok(Some(id))
}

/// Ops that the server itself makes, under a device id of their own.
pub struct Ops {
    device: DeviceId,
    /// The `seq` of the state that they start from, if they do.
    base: Option<u64>,
    ops: Vec<Incoming>,
}

impl Ops {
    pub fn new() -> Self {
        Self { device: DeviceId::mint(clock::now(), &clock::randomness()), base: None, ops: Vec::new() }
    }

    /// Ops that change what was read when the ledger stood at `seq`.
    pub fn based_on(seq: u64) -> Self {
        Self { base: Some(seq), ..Self::new() }
    }

    pub fn create(&mut self, thing: ThingRef, state: domain::Object) {
        self.change(thing, Change::Create(state));
    }

    pub fn change(&mut self, thing: ThingRef, change: Change) {
        let op = Op {
            device: self.device,
            device_seq: self.ops.len() as u64 + 1,
            at: clock::now(),
            actor: PersonId::SYSTEM,
            thing,
            base: self.base,
            change,
        };
        self.ops.push(Incoming::of(op));
    }

    pub fn is_empty(&self) -> bool {
        self.ops.is_empty()
    }

    pub fn push(self) -> Push {
        Push { from: From::System, ops: self.ops, now: clock::now() }
    }
}

impl Default for Ops {
    fn default() -> Self {
        Self::new()
    }
}

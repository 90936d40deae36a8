use domain::{
    draft::{Draft, Told},
    id::{AttachmentId, DraftId, LabelId},
    ports::KeepError,
    story::{Part, StoryKind},
    time::Millis,
    view::MediaView,
};
use leptos::{prelude::*, task::spawn_local};

use crate::{
    context::{Live, Ports, live, ports},
    route,
};

/// What is being told, as signals: each field is drawn by itself, and every change is handed over to be kept.
#[derive(Clone, Copy)]
pub struct Sheet {
    texts: [RwSignal<String>; 6],
    pub kind: RwSignal<StoryKind>,
    pub department: RwSignal<Option<LabelId>>,
    pub site: RwSignal<Option<LabelId>>,
    pub tags: RwSignal<Vec<String>>,
    pub values: RwSignal<Vec<LabelId>>,
    pub day: RwSignal<String>,
    pub saved: RwSignal<Saved>,
    /// The draft goes on under an id of its own, because another tab writes to the one it came from.
    pub apart: RwSignal<bool>,
    /// The address names a draft of another person than the one who is signed in. It is not shown.
    pub put_away: RwSignal<bool>,
    /// The draft that the address names is on its way: what is typed before it is here would be written over by it.
    pub loading: RwSignal<bool>,
    /// It is being told: what was typed now would be in no story.
    pub telling: RwSignal<bool>,
    /// The told story that is being changed.
    pub changes: RwSignal<Option<Box<Told>>>,
    /// The draft on the screen.
    pub shown: RwSignal<Option<DraftId>>,
    /// Photos and voice notes that were taken for it.
    pub taken: RwSignal<Vec<MediaView>>,
    /// Those that were taken out again.
    pub dropped: RwSignal<Vec<AttachmentId>>,
    /// What is not on the screen: id, version, when it was begun.
    rest: StoredValue<Option<Draft>>,
    ports: Ports,
    live: Live,
}

/// Whether the sheet is safe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Saved {
    /// Nothing has been written.
    Nothing,
    /// The last words are on their way to the store.
    Typing,
    At(Millis),
    Failed(KeepError),
}

impl Sheet {
    pub fn new() -> Self {
        let live = live();
        Self {
            texts: std::array::from_fn(|_| RwSignal::new(String::new())),
            kind: RwSignal::new(StoryKind::Turnaround),
            department: RwSignal::new(None),
            site: RwSignal::new(None),
            tags: RwSignal::new(Vec::new()),
            values: RwSignal::new(Vec::new()),
            day: RwSignal::new(String::new()),
            saved: RwSignal::new(Saved::Nothing),
            apart: RwSignal::new(false),
            put_away: RwSignal::new(false),
            telling: RwSignal::new(false),
            loading: RwSignal::new(live.address.read_untracked().query.draft().is_some()),
            changes: RwSignal::new(None),
            shown: RwSignal::new(None),
            taken: RwSignal::new(Vec::new()),
            dropped: RwSignal::new(Vec::new()),
            rest: StoredValue::new(None),
            ports: ports(),
            live,
        }
    }

    /// Takes up the draft that the address names, else begins a new one (with what another app handed over). Keeps
    /// the address in step, so that a killed tab comes back to this very draft.
    pub fn follow(self, in_address: Memo<Option<DraftId>>) {
        Effect::new(move |_| match in_address.get() {
            Some(id) if self.id() == Some(id) => {}
            Some(id) => {
                let drafts = self.ports.drafts();
                self.loading.set(true);
                spawn_local(async move {
                    match drafts.load(id).await {
                        Ok(Some(draft)) => self.show(draft),
                        Ok(None) => self.show_new(),
                        Err(KeepError::NotYours) => {
                            self.show_new();
                            self.put_away.set(true);
                        }
                        Err(error) => self.saved.set(Saved::Failed(error)),
                    }
                    self.loading.set(false);
                });
            }
            None => {
                self.show_new();
                if let Some(text) = self.live.address.read_untracked().query.shared() {
                    self.write(Part::Situation, text);
                }
            }
        });
        Effect::new(move |_| {
            let Some(kept) = self.live.kept.get() else { return };
            let goes_on_as = kept.outcome.as_ref().ok().map(|saved| saved.id);
            if self.id().is_none_or(|id| id != kept.draft && Some(id) != goes_on_as) {
                return;
            }
            match kept.outcome {
                Ok(saved) => {
                    if saved.id != kept.draft {
                        self.apart.set(true);
                    }
                    self.rest.update_value(|rest| {
                        if let Some(rest) = rest {
                            (rest.id, rest.version, rest.saved_at) = (saved.id, saved.version, saved.at);
                        }
                    });
                    self.saved.set(Saved::At(saved.at));
                    if in_address.get_untracked() != Some(saved.id) {
                        self.ports.stay(route::draft(saved.id));
                    }
                }
                Err(error) => self.saved.set(Saved::Failed(error)),
            }
        });
    }

    fn id(self) -> Option<DraftId> {
        self.rest.with_value(|rest| rest.as_ref().map(|draft| draft.id))
    }

    fn show_new(self) {
        let mut draft = self.ports.drafts().begin();
        if let Some(me) = self.live.me.get_untracked() {
            draft.department = me.department.map(|label| label.id);
            draft.site = me.site.map(|label| label.id);
        }
        self.show(draft);
        self.saved.set(Saved::Nothing);
    }

    pub fn show(self, draft: Draft) {
        for (part, text) in Part::ALL.into_iter().zip(self.texts) {
            text.set(draft.text(part).to_owned());
        }
        self.kind.set(draft.kind);
        self.department.set(draft.department);
        self.site.set(draft.site);
        self.tags.set(draft.tags.clone());
        self.values.set(draft.values.clone());
        self.day.set(draft.occurred_on.clone());
        self.saved.set(Saved::At(draft.saved_at));
        self.apart.set(false);
        self.put_away.set(false);
        self.changes.set(draft.of.clone());
        self.dropped.set(draft.dropped.clone());
        // A draft may come when the screen it was asked for is gone.
        if self.shown.try_get_untracked() != Some(Some(draft.id)) {
            self.taken.set(Vec::new());
            self.shown.set(Some(draft.id));
        }
        self.rest.set_value(Some(draft));
    }

    pub fn text(self, part: Part) -> RwSignal<String> {
        self.texts[Part::ALL.iter().position(|known| *known == part).expect("ALL holds every part")]
    }

    pub fn write(self, part: Part, text: String) {
        // U+0000 cannot be stored by every database, and nobody types it.
        self.set(self.text(part), text.replace('\0', ""));
    }

    /// Sets a field and hands the draft over to be kept.
    pub fn set<T: Send + Sync + 'static>(self, field: RwSignal<T>, value: T) {
        field.set(value);
        self.keep();
    }

    pub fn keep(self) {
        self.saved.set(Saved::Typing);
        self.ports.drafts().keep(self.draft());
    }

    /// Everything here is kept, and the address leads back to it, whatever comes next: a camera may cost the page its
    /// life.
    pub fn make_safe(self) {
        self.keep();
        self.ports.drafts().keep_safe();
        if let Some(id) = self.id() {
            self.ports.stay(route::draft(id));
        }
    }

    pub fn draft(self) -> Draft {
        // Begun once, or every keystroke would begin a draft of its own.
        let begin = || self.ports.drafts().begin();
        let rest = self.rest.try_update_value(|rest| rest.get_or_insert_with(begin).clone());
        let rest = rest.unwrap_or_else(begin);
        let texts = Part::ALL.into_iter().zip(self.texts.map(|text| text.get_untracked()));
        Draft {
            kind: self.kind.get_untracked(),
            texts: texts.filter(|(_, text)| !text.is_empty()).collect(),
            department: self.department.get_untracked(),
            site: self.site.get_untracked(),
            tags: self.tags.get_untracked(),
            values: self.values.get_untracked(),
            occurred_on: self.day.get_untracked(),
            dropped: self.dropped.get_untracked(),
            ..rest
        }
    }

    /// Whether there is something to save.
    pub fn tells(self) -> bool {
        [Part::Situation, Part::Action, Part::Outcome]
            .iter()
            .any(|part| !self.text(*part).read().trim().is_empty())
    }

    pub fn is_too_long(self) -> bool {
        Part::ALL.iter().any(|part| self.text(*part).read().chars().count() > part.max_chars())
    }

    pub fn is_blank(self) -> bool {
        self.texts.iter().all(|text| text.read().is_empty()) && self.taken.read().is_empty()
    }

    /// Everything written, for copying out.
    pub fn words(self) -> String {
        let texts = self.texts.map(|text| text.get_untracked());
        texts.into_iter().filter(|text| !text.trim().is_empty()).collect::<Vec<_>>().join("\n\n")
    }
}

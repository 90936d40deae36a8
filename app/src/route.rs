//! Where one is: the addresses of the screens, typed. A router of our own, because the general one costs a phone 45 KB
//! and knows nothing that these lines do not.

use std::fmt;

use domain::{
    id::{DraftId, PathId, StoryId},
    label::LabelKind,
    ports::Question,
    query::{Filter, ListQuery},
    story::StoryKind,
    time::Day,
};

/// Every screen that has an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    Home,
    Join,
    Tell,
    Told(StoryId),
    Library,
    Story(StoryId),
    Learn,
    NewPath,
    Path(PathId),
    ChangePath(PathId),
    Present(PathId),
    /// A stop of a path, counted from one.
    Stop(PathId, usize),
    Me,
    /// The organisation's own words.
    Words,
    NotFound,
}

impl Route {
    pub fn of(path: &str) -> Self {
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        let found = match parts[..] {
            [] => Some(Self::Home),
            ["ga-med"] => Some(Self::Join),
            ["beratta"] => Some(Self::Tell),
            ["beratta", "klar", id] => id.parse().ok().map(Self::Told),
            ["bibliotek"] => Some(Self::Library),
            ["berattelse", id] => id.parse().ok().map(Self::Story),
            ["lara"] => Some(Self::Learn),
            ["lara", "ny"] => Some(Self::NewPath),
            ["lara", id] => id.parse().ok().map(Self::Path),
            ["lara", id, "andra"] => id.parse().ok().map(Self::ChangePath),
            ["lara", id, "visa"] => id.parse().ok().map(Self::Present),
            ["lara", id, stop] => match (id.parse(), stop.parse()) {
                (Ok(id), Ok(stop)) if stop > 0 => Some(Self::Stop(id, stop)),
                _ => None,
            },
            ["jag"] => Some(Self::Me),
            ["jag", "ord"] => Some(Self::Words),
            _ => None,
        };
        found.unwrap_or(Self::NotFound)
    }

    /// Whether the arrow back on this screen leads to `earlier`, if that is the nearest such entry of the history: a
    /// screen above this one or beside it, but not another of its own kind, and no form, receipt or show.
    pub fn leads_back_to(self, earlier: Self) -> bool {
        match (self, earlier) {
            (_, Self::Join | Self::NotFound) => false,
            (_, Self::Tell | Self::Told(_) | Self::NewPath | Self::ChangePath(_) | Self::Present(_)) => false,
            (Self::Story(_), Self::Story(_)) => false,
            (Self::Path(_), Self::Path(_) | Self::Stop(..)) => false,
            (Self::Stop(of, _) | Self::Present(of) | Self::ChangePath(of), Self::Path(path)) => of == path,
            (Self::Stop(..) | Self::Present(_) | Self::ChangePath(_), Self::Stop(..)) => false,
            _ => self != earlier,
        }
    }

    /// What the screen asks the library first. The server answers it in the page itself.
    pub fn question(self, query: &Query, today: Day) -> Option<Question> {
        match self {
            Self::Home => Some(Question::Home(today)),
            Self::Tell => Some(Question::Labels),
            Self::Library => Some(Question::List(query.list())),
            Self::Story(id) | Self::Told(id) => Some(Question::Story(id)),
            Self::Learn => Some(Question::Paths),
            Self::Path(id) | Self::ChangePath(id) | Self::Present(id) | Self::Stop(id, _) => {
                Some(Question::Path(id))
            }
            Self::Me => Some(Question::Mine),
            Self::Words => Some(Question::Wordings),
            Self::Join | Self::NewPath | Self::NotFound => None,
        }
    }
}

/// The address, without host.
impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Home | Self::NotFound => f.write_str("/"),
            Self::Join => f.write_str("/ga-med"),
            Self::Tell => f.write_str("/beratta"),
            Self::Told(id) => write!(f, "/beratta/klar/{id}"),
            Self::Library => f.write_str("/bibliotek"),
            Self::Story(id) => write!(f, "/berattelse/{id}"),
            Self::Learn => f.write_str("/lara"),
            Self::NewPath => f.write_str("/lara/ny"),
            Self::Path(id) => write!(f, "/lara/{id}"),
            Self::ChangePath(id) => write!(f, "/lara/{id}/andra"),
            Self::Present(id) => write!(f, "/lara/{id}/visa"),
            Self::Stop(id, stop) => write!(f, "/lara/{id}/{stop}"),
            Self::Me => f.write_str("/jag"),
            Self::Words => f.write_str("/jag/ord"),
        }
    }
}

/// Path and query of the page that is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Address {
    pub path: String,
    pub query: Query,
}

impl Address {
    /// From what stands after the host, with or without query and fragment.
    pub fn of(text: &str) -> Self {
        let text = text.split('#').next().unwrap_or_default();
        let (path, query) = text.split_once('?').unwrap_or((text, ""));
        Self { path: path.to_owned(), query: Query::parse(query) }
    }
}

/// What stands behind the question mark.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query(Vec<(String, String)>);

const DRAFT: &str = "utkast";
/// What the manifest's share target sends.
const SHARED: [&str; 3] = ["rubrik", "text", "lank"];
const TEXT: &str = "q";
const PAGES: &str = "sidor";
/// More than anybody leafs through.
const MOST_PAGES: usize = 50;
const KIND: &str = "sort";
const LABELS: [(LabelKind, &str); 4] = [
    (LabelKind::Department, "avdelning"),
    (LabelKind::Site, "butik"),
    (LabelKind::Value, "vardeord"),
    (LabelKind::Tag, "tagg"),
];

impl Query {
    pub fn parse(text: &str) -> Self {
        Self(form_urlencoded::parse(text.as_bytes()).into_owned().collect())
    }

    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == key).map(|(_, value)| value.as_str())
    }

    /// The draft that is being written.
    pub fn draft(&self) -> Option<DraftId> {
        self.get(DRAFT)?.parse().ok()
    }

    /// What another app handed over.
    pub fn shared(&self) -> Option<String> {
        let given = SHARED.iter().filter_map(|key| self.get(key)).filter(|text| !text.trim().is_empty());
        let text = given.collect::<Vec<_>>().join("\n");
        (!text.is_empty()).then_some(text)
    }

    /// A question to the library.
    pub fn search(&self) -> (String, Filter) {
        let kind = self.get(KIND).and_then(StoryKind::from_key);
        let mut filter = Filter { kind, ..Filter::default() };
        for (kind, key) in LABELS {
            filter.set_label(kind, self.get(key).and_then(|id| id.parse().ok()));
        }
        (self.get(TEXT).unwrap_or_default().to_owned(), filter)
    }

    /// How many pages of the answer are shown.
    pub fn pages(&self) -> usize {
        let pages = self.get(PAGES).and_then(|pages| pages.parse().ok());
        pages.unwrap_or(1).clamp(1, MOST_PAGES)
    }

    /// The question as the library is asked it.
    pub fn list(&self) -> ListQuery {
        let (text, filter) = self.search();
        ListQuery { limit: ListQuery::PAGE * self.pages(), ..ListQuery::first_page(text, filter) }
    }
}

/// The library's address with a question in it.
pub fn library(text: &str, filter: &Filter) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    if !text.is_empty() {
        query.append_pair(TEXT, text);
    }
    if let Some(kind) = filter.kind {
        query.append_pair(KIND, kind.key());
    }
    for (kind, key) in LABELS {
        if let Some(label) = filter.label(kind) {
            query.append_pair(key, &label.to_string());
        }
    }
    match query.finish() {
        query if query.is_empty() => Route::Library.to_string(),
        query => format!("{}?{query}", Route::Library),
    }
}

/// The same with so many pages of the answer, so that whoever comes back finds the place again.
pub fn library_pages(text: &str, filter: &Filter, pages: usize) -> String {
    let first = library(text, filter);
    let and = if first.contains('?') { '&' } else { '?' };
    format!("{first}{and}{PAGES}={pages}")
}

/// The address of a draft.
pub fn draft(id: DraftId) -> String {
    format!("{}?{DRAFT}={id}", Route::Tell)
}

/// Where to join when one has begun to tell before.
pub fn join_with(id: DraftId) -> String {
    format!("{}?{DRAFT}={id}", Route::Join)
}

#[cfg(test)]
mod tests {
    use domain::{id::LabelId, time::Millis};

    use super::*;

    #[test]
    fn every_address_leads_back_to_its_screen() {
        let (story, path) = (StoryId::mint(Millis(1), &[1; 10]), PathId::mint(Millis(2), &[2; 10]));
        for route in [
            Route::Home,
            Route::Join,
            Route::Tell,
            Route::Told(story),
            Route::Library,
            Route::Story(story),
            Route::Learn,
            Route::NewPath,
            Route::Path(path),
            Route::ChangePath(path),
            Route::Present(path),
            Route::Stop(path, 3),
            Route::Me,
            Route::Words,
        ] {
            assert_eq!(Route::of(&route.to_string()), route);
        }
    }

    #[test]
    fn what_leads_nowhere_is_not_found() {
        for path in ["/x", "/berattelse/1", "/lara/ny/x", "/jag/x", "/lara/å/0"] {
            assert_eq!(Route::of(path), Route::NotFound, "{path}");
        }
        assert_eq!(Route::of("/jag/"), Route::Me, "a slash at the end does no harm");
    }

    #[test]
    fn an_arrow_back_passes_screens_of_its_own_kind_and_what_is_done_with() {
        let id = |number| StoryId::mint(Millis(number), &[1; 10]);
        let (path, other) = (PathId::mint(Millis(3), &[2; 10]), PathId::mint(Millis(4), &[2; 10]));
        let story = Route::Story(id(1));
        for earlier in [Route::Home, Route::Library, Route::Me, Route::Path(path), Route::Stop(path, 1)] {
            assert!(story.leads_back_to(earlier), "{earlier}");
        }
        for earlier in [Route::Story(id(2)), story, Route::Tell, Route::Told(id(1)), Route::Join] {
            assert!(!story.leads_back_to(earlier), "{earlier}");
        }
        for below in [Route::Stop(path, 2), Route::Present(path), Route::ChangePath(path)] {
            assert!(below.leads_back_to(Route::Path(path)));
            assert!(!below.leads_back_to(Route::Path(other)));
            assert!(!below.leads_back_to(Route::Stop(path, 1)));
            assert!(!Route::Path(path).leads_back_to(below), "what was opened from it is below it");
        }
        assert!(Route::Tell.leads_back_to(story), "a change that is not made after all");
        assert!(Route::Told(id(1)).leads_back_to(story));
    }

    #[test]
    fn a_search_lives_in_its_address() {
        let filter = Filter {
            kind: Some(StoryKind::Colleague),
            tag: Some(LabelId::named(LabelKind::Tag, "kö")),
            ..Filter::default()
        };
        let address = Address::of(&library("lång kö & 50 %", &filter));
        assert_eq!(Route::of(&address.path), Route::Library);
        assert_eq!(address.query.search(), ("lång kö & 50 %".to_owned(), filter));
        assert_eq!(library("", &Filter::default()), "/bibliotek");
    }
}

use std::{collections::HashSet, fs, path::PathBuf};

use clap::Args;
use csv::{ByteRecord, StringRecord};
use domain::{
    Object,
    draft::edit_between,
    exchange::{ExchangeStory, KEYS},
    id::{LabelId, PersonId, StoryId},
    label::{Label, LabelKind},
    names::Names,
    op::Change,
    person::{Person, Reader, Role},
    story::Story,
    sync::wire::Outcome,
    text::Name,
    thing::{ThingRef, fields},
};
use serde_json::Value;

use super::{CommandError, Done, open_store};
use crate::{config::Config, people::Ops, store::Store};

#[derive(Args, Debug)]
pub struct Import {
    /// JSON lines, or CSV with a header where the name ends in .csv.
    file: PathBuf,
    /// Import the sound lines even if others are bad.
    #[arg(long)]
    skip_bad: bool,
}

/// Ops in one transaction.
const TOGETHER: usize = 400;

/// What an import has done.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Imported {
    pub new: usize,
    pub changed: usize,
    pub same: usize,
    /// Stories that the file gives to somebody else than the library does.
    pub others: Vec<StoryId>,
}

impl Import {
    pub async fn run(self, config: &Config) -> Done {
        let bytes = fs::read(&self.file).map_err(|error| CommandError::File(self.file.clone(), error))?;
        let store = open_store(config).await?;
        let is_csv = self.file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv"));
        let (stories, bad) = if is_csv { read_csv(&bytes) } else { read_lines(&bytes) };
        for (line, problem) in &bad {
            eprintln!("{}:{line}: {problem}", self.file.display());
        }
        if !bad.is_empty() && !self.skip_bad {
            let told = format!(
                "{} of {} stories cannot be read; nothing was imported",
                bad.len(),
                bad.len() + stories.len()
            );
            return Err(CommandError::Told(told));
        }
        let done = import(store.as_ref(), &stories).await?;
        for id in &done.others {
            eprintln!("{id}: who told it stays as the library has it");
        }
        println!(
            "{} new, {} changed, {} as they were, {} skipped",
            done.new,
            done.changed,
            done.same,
            bad.len()
        );
        Ok(())
    }
}

type Lines = (Vec<ExchangeStory>, Vec<(usize, String)>);

/// The mark that some programs put before UTF-8.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();
const NOT_UTF8: &str = "is not UTF-8";

/// Sound stories, and for each bad line its number and what is wrong. Read line by line, so that one odd byte spoils
/// one line.
pub fn read_lines(bytes: &[u8]) -> Lines {
    let bytes = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
    let lines = bytes.split(|byte| *byte == b'\n').enumerate();
    let read = lines.filter(|(_, line)| !line.trim_ascii().is_empty()).map(|(at, line)| {
        let line = std::str::from_utf8(line).map_err(|_| NOT_UTF8.to_owned());
        let story = line.and_then(|line| ExchangeStory::from_line(line).map_err(|error| error.to_string()));
        (at + 1, story)
    });
    without_doubles(read)
}

/// CSV with a header of the exchange format's keys; tags and values are separated by semicolons or bars.
pub fn read_csv(bytes: &[u8]) -> Lines {
    let bytes = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
    let delimiter = delimiter_of(bytes);
    let mut reader = csv::ReaderBuilder::new().flexible(true).delimiter(delimiter).from_reader(bytes);
    let header = match csv_header(&mut reader) {
        Ok(header) => header,
        Err(problem) => return (Vec::new(), vec![(1, problem)]),
    };
    let rows: Vec<_> = reader.byte_records().collect();
    let read = rows.into_iter().enumerate().map(|(at, row)| match row {
        Ok(row) => {
            let line = row.position().map_or(at + 2, |position| position.line() as usize);
            (line, csv_story(&header, row))
        }
        Err(error) => (at + 2, Err(error.to_string())),
    });
    without_doubles(read)
}

/// What stands between the columns of the header: a spreadsheet writes commas, semicolons or tabs by its country.
fn delimiter_of(bytes: &[u8]) -> u8 {
    let header = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let count = |delimiter| header.iter().filter(|byte| **byte == delimiter).count();
    let [comma, others @ ..] = [b',', b';', b'\t'];
    others.into_iter().fold(comma, |most, other| if count(other) > count(most) { other } else { most })
}

fn csv_header(reader: &mut csv::Reader<&[u8]>) -> Result<Vec<String>, String> {
    let header = reader.byte_headers().map_err(|error| error.to_string())?.clone();
    let header = StringRecord::from_byte_record(header).map_err(|_| NOT_UTF8)?;
    let header: Vec<String> = header.iter().map(|name| name.trim().to_lowercase()).collect();
    if !header.iter().any(|name| KEYS.contains(&name.as_str())) {
        return Err(format!("the header names none of {}", KEYS.join(", ")));
    }
    let mut seen = HashSet::new();
    match header.iter().find(|name| !seen.insert(*name)) {
        Some(double) => Err(format!("the header names `{double}` twice")),
        None => Ok(header),
    }
}

fn csv_story(header: &[String], row: ByteRecord) -> Result<ExchangeStory, String> {
    let row = StringRecord::from_byte_record(row).map_err(|_| NOT_UTF8)?;
    if row.len() != header.len() {
        return Err(format!("has {} columns, the header {}", row.len(), header.len()));
    }
    let fields = header.iter().zip(&row).map(|(name, value)| (name.clone(), csv_value(name, value)));
    ExchangeStory::from_object(fields.collect::<Object>()).map_err(|error| error.to_string())
}

fn csv_value(name: &str, value: &str) -> Value {
    match name {
        "tags" | "values" => value.split([';', '|']).map(str::trim).filter(|name| !name.is_empty()).collect(),
        _ => Value::from(value),
    }
}

fn without_doubles(read: impl Iterator<Item = (usize, Result<ExchangeStory, String>)>) -> Lines {
    let (mut stories, mut bad, mut seen) = (Vec::new(), Vec::new(), HashSet::new());
    for (line, story) in read {
        match story {
            Ok(story) if !seen.insert(story.id) => {
                bad.push((line, format!("the id {} was used above", story.id)))
            }
            Ok(story) => stories.push(story),
            Err(problem) => bad.push((line, problem)),
        }
    }
    (stories, bad)
}

/// Takes in `stories`: new ones are created, known ones that differ become a revision, the others are left alone.
pub async fn import(store: &dyn Store, stories: &[ExchangeStory]) -> Result<Imported, CommandError> {
    let mut done = Imported::default();
    let mut known = known_names(store, stories).await?;
    for chunk in stories.chunks(TOGETHER) {
        let head = store.head().await?;
        let before = everything_about(store, chunk).await?;
        let mut ops = Ops::based_on(head.seq);
        for story in chunk {
            let told = resolve(story, &mut known, &mut ops);
            match before.iter().find(|(id, _)| *id == story.id) {
                None => {
                    ops.create(ThingRef::story(story.id), fields(&told));
                    done.new += 1;
                }
                Some((_, before)) => {
                    if before.author != told.author {
                        done.others.push(story.id);
                    }
                    let changes = changes(before, &told);
                    match changes.is_empty() {
                        true => done.same += 1,
                        false => done.changed += 1,
                    }
                    changes.into_iter().for_each(|change| ops.change(ThingRef::story(story.id), change));
                }
            }
        }
        if !ops.is_empty() {
            push(store, ops).await?;
        }
    }
    Ok(done)
}

/// The labels, and those of the authors who are in the library already.
async fn known_names(store: &dyn Store, stories: &[ExchangeStory]) -> Result<Names, CommandError> {
    // In one question go as many as a database takes.
    const AT_ONCE: usize = 10_000;
    let authors: Vec<PersonId> = stories.iter().map(author_of).collect::<HashSet<_>>().into_iter().collect();
    let mut known = store.names(&[]).await?;
    for some in authors.chunks(AT_ONCE) {
        let names = store.names(some).await?;
        for id in some {
            names.person(*id).into_iter().for_each(|name| known.insert_person(*id, name));
        }
    }
    Ok(known)
}

/// What the library knows of these stories, whoever may see them.
async fn everything_about(
    store: &dyn Store,
    stories: &[ExchangeStory],
) -> Result<Vec<(StoryId, Story)>, CommandError> {
    let ids: Vec<StoryId> = stories.iter().map(|story| story.id).collect();
    Ok(store.states(&ids).await?)
}

fn author_of(story: &ExchangeStory) -> PersonId {
    PersonId::named(story.author.as_str())
}

/// The story with ids in the place of names; labels and people that are new are made.
fn resolve(story: &ExchangeStory, known: &mut Names, ops: &mut Ops) -> Story {
    let mut label = |kind: LabelKind, name: &Name| -> LabelId {
        known.called(kind, name.as_str()).unwrap_or_else(|| {
            let (id, label) = (LabelId::named(kind, name.as_str()), Label::new(name.clone()));
            ops.create(ThingRef::label(kind, id), fields(&label));
            known.insert_label(kind, id, label);
            id
        })
    };
    let department = story.department.as_ref().map(|name| label(LabelKind::Department, name));
    let site = story.site.as_ref().map(|name| label(LabelKind::Site, name));
    let tags = story.tags.iter().map(|name| label(LabelKind::Tag, name)).collect();
    let values = story.values.iter().map(|name| label(LabelKind::Value, name)).collect();
    let author = author_of(story);
    if known.person(author).is_none() {
        let person =
            Person { name: story.author.clone(), role: Role::Member, site, department, joined_at: None };
        ops.create(ThingRef::person(author), fields(&person));
        known.insert_person(author, story.author.as_str());
    }
    Story {
        kind: story.kind,
        title: story.title.clone(),
        situation: story.situation.clone(),
        action: story.action.clone(),
        outcome: story.outcome.clone(),
        lesson: story.lesson.clone(),
        quote: story.quote.clone(),
        department,
        site,
        tags,
        values,
        occurred_on: story.occurred_on,
        language: story.language,
        audience: story.audience,
        status: story.status,
        extra: story.extra.clone(),
        ..Story::blank(author)
    }
}

/// What turns the library's story into the imported one; nothing if they are the same. Who told it stays.
fn changes(before: &Story, after: &Story) -> Vec<Change> {
    let mut edit = edit_between(before, after);
    if before.extra != after.extra {
        edit.set.insert("extra".into(), Value::Object(after.extra.clone()));
    }
    let edit = (!edit.is_empty()).then_some(Change::Edit(edit));
    let moved =
        (before.status != after.status).then_some(Change::Move { from: before.status, to: after.status });
    edit.into_iter().chain(moved).collect()
}

async fn push(store: &dyn Store, ops: Ops) -> Done {
    let answers = store.push(&[ops.push()]).await?;
    let refused = answers
        .iter()
        .flat_map(|answer| &answer.receipts)
        .filter(|receipt| !matches!(receipt.outcome, Outcome::Applied | Outcome::Merged));
    match refused.count() {
        0 => Ok(()),
        n => Err(CommandError::Told(format!("{n} changes were not taken"))),
    }
}

/// A reader that may see everything but what is for its author alone.
pub fn administrator() -> Reader {
    Reader { person: PersonId::SYSTEM, role: Role::Admin, department: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bad_line_is_named_with_its_number() {
        let good = r#"{"kind": "colleague", "situation": "a", "author": "Elin"}"#;
        let (stories, bad) = read_lines(format!("\u{feff}{good}\n\nnonsense\n{{}}\n{good}\n").as_bytes());
        assert_eq!(stories.len(), 1);
        let lines: Vec<_> = bad.iter().map(|(line, _)| *line).collect();
        assert_eq!(lines, [3, 4, 5], "{bad:?}");
        assert!(bad[2].1.contains("was used above"));
    }

    #[test]
    fn a_spreadsheet_may_separate_by_semicolons_or_tabs() {
        let text = "\u{feff}kind;situation;author;tags\ncolleague;\"a, b\";Elin;\"lång kö; mod\"\n";
        for text in [text.to_owned(), text.replace("\"lång kö; mod\"", "lång kö|mod").replace(';', "\t")]
        {
            let (stories, bad) = read_csv(text.as_bytes());
            assert!(bad.is_empty(), "{bad:?}");
            assert_eq!(stories[0].situation.as_ref().unwrap().as_str(), "a, b");
            assert_eq!(stories[0].tags.len(), 2);
        }
    }

    #[test]
    fn csv_is_read_by_its_header() {
        let text = "Kind,situation,author,tags,shelf\ncolleague,\"rad 1\nrad 2\",Elin,lång kö; mod,7\ncolleague,b\nmiracle,c,Elin,,\n";
        let (stories, bad) = read_csv(text.as_bytes());
        assert_eq!(stories.len(), 1);
        assert_eq!(stories[0].situation.as_ref().unwrap().as_str(), "rad 1\nrad 2");
        assert_eq!(stories[0].tags.len(), 2);
        assert_eq!(stories[0].extra["shelf"], "7");
        assert_eq!(bad.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [4, 5], "{bad:?}");
        assert_eq!(read_csv(b"a,b\n1,2\n").1[0].0, 1);
    }
}

//! `solsken import`.

use domain::{id::StoryId, thing::ThingRef};

use crate::{Desk, SAMPLES, story};

#[tokio::test]
async fn an_import_that_is_run_twice_imports_nothing_twice() {
    let desk = Desk::new();
    let count = SAMPLES.lines().count();
    assert_eq!(desk.import(SAMPLES), format!("{count} new, 0 changed, 0 as they were, 0 skipped\n"));
    let store = desk.store().await;
    let head = store.head().await.unwrap();
    store.close().await;
    assert_eq!(desk.import(SAMPLES), format!("0 new, 0 changed, {count} as they were, 0 skipped\n"));
    assert_eq!(desk.store().await.head().await.unwrap(), head, "not one op more");
}

#[test]
fn every_bad_line_is_named_and_nothing_is_imported() {
    let desk = Desk::new();
    let long = story(9, &"å".repeat(10_001), "");
    let deep = format!("{}{}\n", "[".repeat(100_000), "]".repeat(100_000));
    let mut file = Vec::new();
    for line in [
        story(1, "sund", ""),
        "\n".to_owned(),
        "inte json\n".to_owned(),
        story(2, " \n", ""),
        long,
        story(3, "a", ", \"kind\": \"miracle\""),
        story(1, "samma id", ""),
        deep,
        "{\"id\": \"x\"}\n".to_owned(),
        story(4, "a", ", \"occurred_on\": \"i tisdags\""),
    ] {
        file.extend(line.bytes());
    }
    file.extend(b"{\"situation\": \"\xff\xfe\", \"kind\": \"colleague\", \"author\": \"Elin\"}\n");
    file.extend(story(5, "också sund", "").bytes());
    let file = desk.write("bad.jsonl", file);
    let file = file.to_str().unwrap();
    let said = desk.run(&["import", file]);
    assert!(!said.ok);
    let expected = [
        (3, "is not JSON: expected value"),
        (4, "tells nothing"),
        (5, "`situation` has 10001 characters, 10000 at most"),
        (6, "`kind` is \"miracle\", expected one of turnaround"),
        (7, "the id 01991601-324d-7436-af22-2e9528f59101 was used above"),
        (8, "is not JSON: recursion limit"),
        (9, "`id` is not a UUID"),
        (10, "`occurred_on` is not a day"),
        (11, "is not UTF-8"),
    ];
    let named: Vec<&str> = said.err.lines().collect();
    assert_eq!(named.len(), expected.len() + 1, "{}", said.err);
    for (said, (line, problem)) in named.iter().zip(expected) {
        assert!(said.starts_with(&format!("{file}:{line}: {problem}")), "{said}");
    }
    assert!(named[9].ends_with("9 of 11 stories cannot be read; nothing was imported"), "{}", named[9]);
    assert_eq!(desk.export(), "");

    let said = desk.run(&["import", "--skip-bad", file]);
    assert!(said.ok, "{}", said.err);
    assert_eq!(said.out, "2 new, 0 changed, 0 as they were, 9 skipped\n");
    assert_eq!(said.err.lines().count(), 9, "they are named all the same: {}", said.err);
    assert_eq!(desk.export().lines().count(), 2);
}

#[tokio::test]
async fn a_known_story_with_another_text_becomes_a_revision() {
    let desk = Desk::new();
    desk.import(story(1, "Det regnade.", ", \"tags\": [\"regn\"], \"shelf\": 7"));
    let changed = story(1, "Det snöade.", ", \"tags\": [\"snö\"], \"shelf\": 8, \"status\": \"archived\"");
    assert_eq!(desk.import(&changed), "0 new, 1 changed, 0 as they were, 0 skipped\n");
    assert_eq!(desk.import(&changed), "0 new, 0 changed, 1 as they were, 0 skipped\n");
    let line = desk.export();
    for part in ["\"Det snöade.\"", "[\"snö\"]", "\"shelf\": 8", "\"status\": \"archived\""] {
        assert!(line.contains(part), "{line}");
    }
    let id: StoryId = "01991601-324d-7436-af22-2e9528f59101".parse().unwrap();
    let store = desk.store().await;
    let history = store.history(&ThingRef::story(id)).await.unwrap();
    assert!(history[0].bytes.contains("Det regnade."), "the first text is kept");
    assert!(history.iter().skip(1).any(|op| op.bytes.contains("Det snöade.")));
}

#[tokio::test]
async fn many_stories_of_one_author_make_one_person() {
    let desk = Desk::new();
    let lines: String = (0..250).map(|n| story(n, &format!("Berättelse {n}"), "")).collect();
    desk.import(lines.clone() + &lines.replace("f591", "f592").replace("Elin W.", "elin  w."));
    assert_eq!(desk.export().matches("\"author\": \"Elin W.\"").count(), 500);
    let head = desk.store().await.head().await.unwrap();
    assert_eq!(head.seq, 501, "each story, and one person");
}

#[test]
fn files_come_with_marks_line_ends_and_blank_lines_of_all_kinds() {
    let desk = Desk::new();
    let (one, two) = (story(1, "ett", ""), story(2, "två", ""));
    let file = format!("\u{feff}\r\n{}\r\n\n   \n{}", one.trim(), two.trim());
    assert_eq!(desk.import(file), "2 new, 0 changed, 0 as they were, 0 skipped\n");
    assert_eq!(desk.import(""), "0 new, 0 changed, 0 as they were, 0 skipped\n");
}

#[test]
fn a_line_without_an_id_is_one_story_however_often_it_comes() {
    let desk = Desk::new();
    let line = "{\"kind\": \"colleague\", \"situation\": \"a\", \"author\": \"Elin\"}";
    assert_eq!(desk.import(line), "1 new, 0 changed, 0 as they were, 0 skipped\n");
    assert_eq!(desk.import(line), "0 new, 0 changed, 1 as they were, 0 skipped\n");
}

#[test]
fn csv_with_a_header_says_the_same_as_json() {
    let desk = Desk::new();
    let csv = "\u{feff}ID,Kind,Title,Situation,Tags,Author,Occurred_on,Shelf\r\n\
               01991601-324d-7436-af22-2e9528f59101,colleague,\"Regn, \"\"igen\"\"\",\"rad 1\nrad 2\",regn; lång kö ,Elin W.,2026-02-28,7\r\n";
    let file = desk.write("stories.CSV", csv);
    let said = desk.run(&["import", file.to_str().unwrap()]);
    assert_eq!(said.out, "1 new, 0 changed, 0 as they were, 0 skipped\n", "{}", said.err);
    let line = "{\"id\": \"01991601-324d-7436-af22-2e9528f59101\", \"kind\": \"colleague\", \"title\": \"Regn, \\\"igen\\\"\", \
                \"situation\": \"rad 1\\nrad 2\", \"action\": \"\", \"outcome\": \"\", \"lesson\": \"\", \"quote\": \"\", \
                \"department\": \"\", \"site\": \"\", \"tags\": [\"regn\", \"lång kö\"], \"values\": [], \
                \"occurred_on\": \"2026-02-28\", \"author\": \"Elin W.\", \"language\": \"sv\", \"shelf\": \"7\"}\n";
    assert_eq!(desk.export(), line);
    assert_eq!(desk.import(line), "0 new, 0 changed, 1 as they were, 0 skipped\n");
}

#[test]
fn a_bad_csv_is_named_line_by_line_too() {
    let desk = Desk::new();
    for (csv, named) in [
        (&b"kind,situation,author\ncolleague,a,Elin\nmiracle,b,Elin\ncolleague,\"c\nc\",Elin\ncolleague,d\n"[..], &[":3: `kind`", ":6: has 2 columns"][..]),
        (b"kind,situation,author\ncolleague,\xff\xfe,Elin\ncolleague,,Elin\n", &[":2: is not UTF-8", ":3: tells nothing"]),
        (b"a;b\n1;2\n", &[":1: the header names none of id, kind"]),
        (b"kind,situation,Situation ,author\ncolleague,a,b,Elin\n", &[":1: the header names `situation` twice"]),
        (b"\xff\xfe", &[":1: "]),
        (b"", &[":1: the header names none of"]),
    ] {
        let file = desk.write("bad.csv", csv);
        let said = desk.run(&["import", file.to_str().unwrap()]);
        assert!(!said.ok, "{}", said.out);
        let lines: Vec<&str> = said.err.lines().collect();
        assert_eq!(lines.len(), named.len() + 1, "{}", said.err);
        for (line, named) in lines.iter().zip(named) {
            assert!(line.contains(&format!("bad.csv{named}")), "{line}");
        }
    }
    assert_eq!(desk.export(), "");
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let desk = Desk::new();
    let said = desk.run(&["import", "finns-inte.jsonl"]);
    assert!(!said.ok && said.err.starts_with("solsken: finns-inte.jsonl: "), "{}", said.err);
    let said = desk.run(&["import", "."]);
    assert!(!said.ok && said.err.starts_with("solsken: .: "), "{}", said.err);
    assert!(!desk.data().exists(), "and no library was made for nothing");
}

#[test]
fn a_file_that_takes_a_tag_back_and_gives_it_again_is_followed_each_time() {
    let desk = Desk::new();
    let with = story(1, "a", ", \"tags\": [\"mod\", \"beröm\"]");
    let without = story(1, "a", ", \"tags\": [\"ny\"]");
    desk.import(&with);
    let first = desk.export();
    for _ in 0..2 {
        assert!(desk.import(&without).starts_with("0 new, 1 changed"));
        assert!(!desk.export().contains("beröm"));
        assert!(desk.import(&with).starts_with("0 new, 1 changed"));
        assert!(!desk.export().contains("\"ny\""), "{}", desk.export());
        assert!(desk.import(&with).starts_with("0 new, 0 changed"));
    }
    let tags = |line: &str| {
        let story: serde_json::Value = serde_json::from_str(line).unwrap();
        let mut tags: Vec<String> = serde_json::from_value(story["tags"].clone()).unwrap();
        tags.sort();
        tags
    };
    assert_eq!(tags(&desk.export()), tags(&first));
}

#[test]
fn another_author_than_the_librarys_is_said_to_be_left_alone() {
    let desk = Desk::new();
    desk.import(story(1, "a", ""));
    let file = desk.write("other.jsonl", story(1, "a", "").replace("Elin W.", "Nils N."));
    let said = desk.run(&["import", file.to_str().unwrap()]);
    assert!(said.ok && said.err.contains("who told it stays as the library has it"), "{}", said.err);
}

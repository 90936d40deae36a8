use super::*;

const SAMPLES: &str = include_str!("../../../demo/stories.jsonl");

#[test]
fn the_sample_library_is_in_canonical_form() {
    for line in SAMPLES.lines() {
        assert_eq!(ExchangeStory::from_line(line).unwrap().to_line(), line);
    }
}

#[test]
fn unknown_fields_are_given_back_in_order() {
    let line = SAMPLES.lines().next().unwrap();
    let odd = line.replacen(
        '{',
        r#"{"zebra": {"b": [1, 2], "a": null}, "audience": "author", "apa": "å\n\u0007","#,
        1,
    );
    let once = ExchangeStory::from_line(&odd).unwrap().to_line();
    assert!(
        once.ends_with(r#""audience": "author", "apa": "å\n\u0007", "zebra": {"a": null, "b": [1, 2]}}"#),
        "{once}"
    );
    assert_eq!(ExchangeStory::from_line(&once).unwrap().to_line(), once);
}

#[test]
fn a_bad_line_says_what_is_wrong() {
    let base = r#"{"id": "01991601-324d-7436-af22-2e9528f59154", "kind": "colleague", "situation": "a", "author": "Elin"}"#;
    assert!(ExchangeStory::from_line(base).is_ok());
    for (from, to, problem) in [
        ("{", "[", "is not JSON"),
        ("colleague", "miracle", "`kind` is \"miracle\", expected one of turnaround"),
        ("01991601", "x", "`id` is not a UUID"),
        (r#""a""#, r#"" ""#, "tells nothing"),
        (r#""a""#, "7", "`situation` is not a text"),
        ("Elin", " ", "`author` is blank"),
        (r#""author""#, r#""tags": ["x", 1], "author""#, "`tags` is not a list of texts"),
        (r#""author""#, r#""occurred_on": "2026-02-30", "author""#, "`occurred_on` is not a day"),
        (r#""author""#, r#""language": "fi", "author""#, "`language` is neither sv nor en"),
        (r#""author""#, r#""status": "lost", "author""#, "`status` cannot be \"lost\""),
    ] {
        let error = ExchangeStory::from_line(&base.replacen(from, to, 1)).unwrap_err().to_string();
        assert!(error.contains(problem), "{error}");
    }
    let long = base.replacen(r#""a""#, &format!("{:?}", "a".repeat(10_001)), 1);
    let error = ExchangeStory::from_line(&long).unwrap_err().to_string();
    assert_eq!(error, "`situation` has 10001 characters, 10000 at most");
}

#[test]
fn a_line_without_an_id_is_the_same_story_each_time() {
    let line = r#"{"kind": "colleague", "situation": "a", "author": "Elin"}"#;
    assert_eq!(ExchangeStory::from_line(line).unwrap().id, ExchangeStory::from_line(line).unwrap().id);
}

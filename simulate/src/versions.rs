//! What servers of other versions say.

use domain::sync::wire::PushAnswer;
use serde_json::{Map, Value, json};
use splitmix::Random;

type Line = Map<String, Value>;

/// A page from before headers said how much a pull takes from view.
pub fn older_page(body: &str) -> String {
    each_line(body, |at, line| {
        if at == 0 {
            line.remove("unmeant");
        }
    })
}

/// A page with fields that nobody here knows.
pub fn newer_page(body: &str) -> String {
    each_line(body, |_, line| {
        line.insert("colour".into(), "red".into());
    })
}

/// The lines of a page, changed. What was cut off stays so.
fn each_line(body: &str, change: impl Fn(usize, &mut Line)) -> String {
    let line = |(at, text): (usize, &str)| match serde_json::from_str::<Line>(text) {
        Ok(mut line) => {
            change(at, &mut line);
            serde_json::to_string(&line).expect("JSON") + "\n"
        }
        Err(_) => text.to_owned(),
    };
    body.split_inclusive('\n').enumerate().map(line).collect()
}

/// An answer with fields and outcomes that nobody here knows, as it is read here.
pub fn newer_answer(answer: &PushAnswer, random: &mut Random) -> PushAnswer {
    let mut said = serde_json::to_value(answer).expect("an answer is plain data");
    said["weather"] = "fair".into();
    for receipt in said["receipts"].as_array_mut().into_iter().flatten() {
        receipt["colour"] = "red".into();
        if random.chance(0.3) {
            receipt["outcome"] =
                random.choose(&[json!("woven"), json!({ "postponed": { "until": "spring" } })]).clone();
            if random.chance(0.5) {
                // Nor does it say where its effect can be read.
                receipt["seq"] = 0.into();
            }
        }
    }
    serde_json::from_value(said).expect("what a newer server says can be read")
}

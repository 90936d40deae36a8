//! What makes a story stick: a place, a moment, the exact words, a small gesture. The coach looks for them in the
//! text, on the phone, and asks for at most one of them at a time. It hints; it never blocks.

use crate::language::Language;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Detail {
    Place,
    Moment,
    Words,
    Gesture,
}

/// What the coach has found in a text, and what it would ask for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hints {
    pub found: Vec<Detail>,
    pub missing: Vec<Detail>,
}

/// Hints shown at once.
const AT_MOST: usize = 3;
/// Below this many characters there is nothing to be said yet.
const ENOUGH_CHARS: usize = 40;

/// Looks through the parts of a draft. `places` are the names of sites and departments.
pub fn hints(
    situation: &str,
    action: &str,
    outcome: &str,
    quote: &str,
    language: Language,
    places: &[&str],
) -> Hints {
    let told = [situation, action, outcome].join("\n");
    if told.trim().chars().count() < ENOUGH_CHARS {
        return Hints::default();
    }
    let words = Words::of(&told);
    let cues = Cues::of(language);
    let seen = [
        (Detail::Place, words.any(cues.places) || places.iter().any(|place| words.mention(place))),
        (Detail::Moment, words.any(cues.moments) || words.clock()),
        (Detail::Words, !quote.trim().is_empty() || speaks(&told)),
        (Detail::Gesture, words.any(cues.gestures)),
    ];
    let with =
        |wanted: bool| seen.iter().filter(move |(_, found)| *found == wanted).map(|(detail, _)| *detail);
    let found: Vec<_> = with(true).take(AT_MOST).collect();
    let missing = with(false).take(AT_MOST - found.len().min(AT_MOST - 1)).collect();
    Hints { found, missing }
}

/// Direct speech: quotation marks, or a line that begins with a dash.
fn speaks(text: &str) -> bool {
    let quoted = text.contains(['”', '“', '"', '«', '»']);
    quoted || text.lines().any(|line| line.trim_start().starts_with(['–', '—']))
}

struct Words(Vec<String>);

impl Words {
    fn of(text: &str) -> Self {
        let words = text.split(|c: char| !c.is_alphanumeric() && c != ':' && c != '.');
        let words = words.map(|word| word.trim_matches(['.', ':']).to_lowercase());
        Self(words.filter(|word| !word.is_empty()).collect())
    }

    /// A cue that ends in `-` stands for every word that begins so; one that begins with `-`, for every word that
    /// ends so: Swedish makes compounds.
    fn any(&self, cues: &[&str]) -> bool {
        self.0.iter().any(|word| {
            cues.iter().any(|cue| match (cue.strip_suffix('-'), cue.strip_prefix('-')) {
                (Some(start), _) => word.starts_with(start),
                (_, Some(end)) => word.ends_with(end),
                _ => word == cue,
            })
        })
    }

    fn mention(&self, name: &str) -> bool {
        let name = name.to_lowercase();
        let stem = name.strip_suffix('n').filter(|stem| stem.chars().count() > 4).unwrap_or(&name);
        self.0.iter().any(|word| word.starts_with(stem))
    }

    /// A time of day: 9.30, 18:07, kl 9.
    fn clock(&self) -> bool {
        self.0.iter().any(|word| {
            let parts: Vec<_> = word.split(['.', ':']).collect();
            let number = |part: &str| part.len() <= 2 && part.parse::<u8>().is_ok();
            parts.len() == 2 && parts.iter().all(|part| number(part))
        }) || self.0.windows(2).any(|pair| pair[0] == "kl" && pair[1].parse::<u8>().is_ok())
    }
}

struct Cues {
    places: &'static [&'static str],
    moments: &'static [&'static str],
    gestures: &'static [&'static str],
}

impl Cues {
    fn of(language: Language) -> &'static Self {
        match language {
            Language::Sv => &Self {
                places: &[
                    "kassa-",
                    "kassan",
                    "-kassan",
                    "-disken",
                    "disken",
                    "lager-",
                    "lagret",
                    "-lagret",
                    "parkering-",
                    "entré-",
                    "dörren",
                    "-dörren",
                    "hylla-",
                    "hyllan",
                    "-hyllan",
                    "provrum-",
                    "provhytt-",
                    "gången",
                    "trappan",
                    "köket",
                    "fikarummet",
                    "butiken",
                    "caféet",
                    "kaféet",
                    "utanför",
                    "växthuset",
                    "torget",
                    "bussen",
                    "tåget",
                    "telefonen",
                    "lastkajen",
                    "-avdelningen",
                    "avdelningen",
                    "skylten",
                    "gatan",
                    "hissen",
                    "bordet",
                    "-bordet",
                    "bord",
                ],
                moments: &[
                    "måndag-",
                    "tisdag-",
                    "onsdag-",
                    "torsdag-",
                    "fredag-",
                    "lördag-",
                    "söndag-",
                    "morgon-",
                    "morgonen",
                    "-morgonen",
                    "-morgon",
                    "kväll-",
                    "kvällen",
                    "-kvällen",
                    "lunch-",
                    "lunchen",
                    "förmiddag-",
                    "eftermiddag-",
                    "stängning-",
                    "stängde",
                    "öppning-",
                    "öppnade",
                    "jul-",
                    "julafton",
                    "nyår-",
                    "midsommar-",
                    "påsk-",
                    "rea-",
                    "rean",
                    "-rean",
                    "nyss",
                    "igår",
                    "idag",
                    "januari",
                    "februari",
                    "mars",
                    "april",
                    "maj",
                    "juni",
                    "juli",
                    "augusti",
                    "september",
                    "oktober",
                    "november",
                    "december",
                    "sommar-",
                    "vinter-",
                    "höst-",
                ],
                gestures: &[
                    "bar", "bjöd", "lånade", "följde", "höll", "hämtade", "ringde", "skrev", "ritade",
                    "visade", "väntade", "lyssnade", "frågade", "satte", "sprang", "cyklade", "körde",
                    "slog", "log", "kramade", "vinkade", "räckte", "gav", "fixade", "lagade", "blandade",
                    "torkade", "tog", "letade", "la", "lade", "stannade", "hjälpte", "gick", "skickade",
                    "bytte",
                ],
            },
            Language::En => &Self {
                places: &[
                    "till",
                    "checkout",
                    "counter",
                    "desk",
                    "aisle",
                    "shelf",
                    "stockroom",
                    "warehouse",
                    "door",
                    "entrance",
                    "outside",
                    "parking",
                    "car",
                    "shop",
                    "store",
                    "café",
                    "cafe",
                    "kitchen",
                    "phone",
                    "bus",
                    "train",
                    "stairs",
                    "fitting",
                    "department",
                    "bench",
                    "table",
                    "floor",
                ],
                moments: &[
                    "monday",
                    "tuesday",
                    "wednesday",
                    "thursday",
                    "friday",
                    "saturday",
                    "sunday",
                    "morning",
                    "afternoon",
                    "evening",
                    "lunch",
                    "lunchtime",
                    "closing",
                    "opening",
                    "christmas",
                    "easter",
                    "midsummer",
                    "today",
                    "yesterday",
                    "january",
                    "february",
                    "march",
                    "april",
                    "june",
                    "july",
                    "august",
                    "september",
                    "october",
                    "november",
                    "december",
                    "summer",
                    "winter",
                    "noon",
                ],
                gestures: &[
                    "carried", "offered", "lent", "followed", "held", "fetched", "rang", "called", "wrote",
                    "drew", "showed", "waited", "listened", "asked", "ran", "drove", "smiled", "hugged",
                    "waved", "handed", "gave", "fixed", "mixed", "dried", "took", "looked", "stayed",
                    "helped", "walked", "sent",
                ],
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_coach_says_nothing_to_the_first_words() {
        assert_eq!(hints("En man kom", "", "", "", Language::Sv, &[]), Hints::default());
    }

    #[test]
    fn it_finds_place_moment_and_words_and_asks_for_the_gesture() {
        let told =
            "Lördag strax efter öppning kom ett par till färgdisken: ”Det här är insidan av en fiskpinne.”";
        let hints = hints(told, "", "", "", Language::Sv, &["Färg"]);
        assert_eq!(hints.found, [Detail::Place, Detail::Moment, Detail::Words]);
        assert_eq!(hints.missing, [Detail::Gesture]);
    }

    #[test]
    fn it_asks_for_what_is_not_there_at_most_three_at_once() {
        let told = "En kund var missnöjd med sin vara och ville ha den bytt mot en annan.";
        let hints = hints(told, "", "", "", Language::Sv, &[]);
        assert_eq!(hints.found, []);
        assert_eq!(hints.missing, [Detail::Place, Detail::Moment, Detail::Words]);
    }

    #[test]
    fn the_names_of_departments_are_places() {
        let told = "Det stod en dam i trädgården och såg ut att ha tappat bort något viktigt.";
        assert!(hints(told, "", "", "", Language::Sv, &["Trädgård"]).found.contains(&Detail::Place));
    }
}

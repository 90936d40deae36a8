//! What it costs to have typed one letter for another.

/// Leaving out dots and accents costs least: many keyboards lack them.
pub const FOLD: u8 = 1;
/// Two letters in the wrong order, a neighbouring key, a letter once instead of twice, or one that sounds alike.
pub const SLIP: u8 = 4;
pub const ERROR: u8 = 5;

/// Kinds of letters with costs of their own: a to z, å, ä, ö, é, the digits, and all others.
pub const CODES: usize = 41;
const KNOWN: &str = "abcdefghijklmnopqrstuvwxyzåäöé0123456789";

pub fn code(c: char) -> usize {
    match c {
        'a'..='z' => c as usize - 'a' as usize,
        'å' => 26,
        'ä' => 27,
        'ö' => 28,
        'é' => 29,
        '0'..='9' => 30 + c as usize - '0' as usize,
        _ => CODES - 1,
    }
}

/// What it costs to have typed `typed` where each other letter was meant.
pub fn costs(typed: char, folds: bool) -> [u8; CODES] {
    let mut costs = [ERROR; CODES];
    for meant in KNOWN.chars() {
        costs[code(meant)] = if folds && is_fold(typed, meant) {
            FOLD
        } else if are_neighbours(typed, meant) || sound_alike(typed, meant) {
            SLIP
        } else {
            ERROR
        };
    }
    costs
}

fn is_fold(typed: char, meant: char) -> bool {
    matches!((typed, meant), ('a', 'å' | 'ä') | ('o', 'ö') | ('e', 'é'))
}

pub fn sound_alike(a: char, b: char) -> bool {
    const PAIRS: [(char, char); 10] = [
        ('i', 'y'),
        ('e', 'ä'),
        ('o', 'å'),
        ('c', 'k'),
        ('c', 's'),
        ('s', 'z'),
        ('v', 'w'),
        ('g', 'j'),
        ('e', 'é'),
        ('q', 'k'),
    ];
    PAIRS.contains(&(a, b)) || PAIRS.contains(&(b, a))
}

/// Whether two keys lie side by side on a Swedish keyboard.
pub fn are_neighbours(a: char, b: char) -> bool {
    const ROWS: [&str; 4] = ["1234567890", "qwertyuiopå", "asdfghjklöä", "zxcvbnm"];
    let place = |c: char| {
        ROWS.iter()
            .enumerate()
            .find_map(|(row, keys)| keys.chars().position(|key| key == c).map(|at| (row, at)))
    };
    match (place(a), place(b)) {
        (Some((row_a, a)), Some((row_b, b))) if row_a == row_b => a.abs_diff(b) == 1,
        // Each row is set half a key to the right of the one above.
        (Some((row_a, a)), Some((row_b, b))) if row_a + 1 == row_b => a == b || a == b + 1,
        (Some((row_a, a)), Some((row_b, b))) if row_b + 1 == row_a => a == b || b == a + 1,
        _ => false,
    }
}

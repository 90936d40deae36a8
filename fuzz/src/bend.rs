//! Sound bytes, bent.

use fastrand::Rng;

/// What decoders trip over.
const TOKENS: [&[u8]; 28] = [
    b"{",
    b"}",
    b"[",
    b"]",
    b"\"",
    b"\\",
    b"\n",
    b"\r\n",
    b",",
    b";",
    b":",
    b"null",
    b"true",
    b"0",
    b"-1",
    b"1e999",
    b"18446744073709551616",
    b"-9223372036854775808",
    b"0.1",
    b"\\u0000",
    b"\\ud800",
    b"\xef\xbb\xbf",
    b"\xff",
    b"\x00",
    "\u{202e}å".as_bytes(),
    "👩\u{200d}🌾".as_bytes(),
    b"{\"create\":{}}",
    b"00000000-0000-0000-0000-000000000000",
];
const MOST_BENDS: usize = 6;
const LONGEST: usize = 64 * 1024;

/// One of the corpus, bent one to six times.
pub fn bent(corpus: &[Vec<u8>], random: &mut Rng) -> Vec<u8> {
    let mut input = one_of(corpus, random).to_vec();
    for _ in 0..random.usize(1..=MOST_BENDS) {
        bend(&mut input, corpus, random);
        input.truncate(LONGEST);
    }
    input
}

fn one_of<'a>(corpus: &'a [Vec<u8>], random: &mut Rng) -> &'a [u8] {
    &corpus[random.usize(..corpus.len())]
}

fn bend(input: &mut Vec<u8>, corpus: &[Vec<u8>], random: &mut Rng) {
    let at = random.usize(..=input.len());
    let end = (at + random.usize(..=32)).min(input.len());
    match random.u8(..10) {
        0 => input.truncate(at),
        1 => drop(input.drain(at..end)),
        2 => input.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= 1 << random.u8(..8)),
        3 => input.iter_mut().skip(at).take(1).for_each(|byte| *byte = random.u8(..)),
        4 | 5 => insert(input, at, TOKENS[random.usize(..TOKENS.len())]),
        // Deep or long: the same again and again.
        6 => {
            let token = TOKENS[random.usize(..TOKENS.len())];
            insert(input, at, &token.repeat(1 << random.u8(..12)));
        }
        7 => {
            let piece = input[at..end].to_vec();
            insert(input, random.usize(..=input.len()), &piece);
        }
        8 => {
            let other = one_of(corpus, random);
            let from = random.usize(..=other.len());
            input.truncate(at);
            input.extend_from_slice(&other[from..]);
        }
        _ => number(input, at, random),
    }
}

fn insert(input: &mut Vec<u8>, at: usize, piece: &[u8]) {
    drop(input.splice(at..at, piece.iter().copied()));
}

/// Another number in the place of the next one.
fn number(input: &mut Vec<u8>, at: usize, random: &mut Rng) {
    let is_digit = |byte: &u8| byte.is_ascii_digit();
    let Some(first) = input.iter().skip(at).position(is_digit).map(|found| at + found) else { return };
    let length = input[first..].iter().take_while(|byte| is_digit(byte)).count();
    let other = match random.u8(..4) {
        0 => random.u64(..).to_string(),
        1 => random.i64(..).to_string(),
        2 => u64::from(random.u8(..)).to_string(),
        _ => "9".repeat(random.usize(1..40)),
    };
    drop(input.splice(first..first + length, other.into_bytes()));
}

//! Hashes that are the same everywhere: on the phone, on the server, today and tomorrow.

/// FNV-1a with 64 bits (Fowler, Noll, Vo), over `bytes` after `seed`.
pub fn fnv1a(seed: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(seed, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3))
}

pub const FNV_SEED: u64 = 0xcbf2_9ce4_8422_2325;

/// A hash of a word, eight bytes at a time (the multiplicative hash of the Rust compiler, FxHash), folded to its
/// better half. Words come from stories, not from attackers, and tables are bounded by the words of a text or a build.
pub fn hash_word(word: &str) -> u32 {
    let mut hash = word.len() as u64;
    let mut add = |number: u64| hash = (hash.rotate_left(5) ^ number).wrapping_mul(0x517c_c1b7_2722_0a95);
    let mut rest = word.as_bytes();
    while let Some((eight, more)) = rest.split_first_chunk::<8>() {
        add(u64::from_le_bytes(*eight));
        rest = more;
    }
    // What is left, with bytes read twice rather than one by one.
    match (rest.first_chunk::<4>(), rest.last_chunk::<4>()) {
        (Some(first), Some(last)) => {
            add(u64::from(u32::from_le_bytes(*first)) << 32 | u64::from(u32::from_le_bytes(*last)));
        }
        _ if rest.is_empty() => {}
        _ => add(u64::from(rest[0]) << 16
            | u64::from(rest[rest.len() / 2]) << 8
            | u64::from(rest[rest.len() - 1])),
    }
    (hash ^ hash >> 32) as u32
}

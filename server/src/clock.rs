//! The machine's clock and its randomness: the two things `domain` takes as arguments.

use std::time::{SystemTime, UNIX_EPOCH};

use domain::{
    id::{Epoch, Randomness},
    time::Millis,
};

pub fn now() -> Millis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// Bytes from the operating system's source of randomness.
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system has randomness");
    bytes
}

pub fn randomness() -> Randomness {
    random()
}

/// An epoch that begins now, after this one.
pub fn epoch_after(before: Epoch) -> Epoch {
    Epoch::mint_after(before, now(), &randomness())
}

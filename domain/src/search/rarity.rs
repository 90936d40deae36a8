//! How much a term tells, with whole numbers only, so that it is the same on every machine.

/// Inverse document frequency, log₂((N + 1) / (n + ½)), in 1/256 and at least 8/256: what it tells that a story has a
/// term which `frequency` of all `stories` have.
pub fn rarity(stories: u32, frequency: u32) -> u32 {
    let ratio = ((u64::from(stories) * 2 + 2) << 20) / (u64::from(frequency) * 2 + 1);
    log2(ratio.max(1 << 20)).saturating_sub(20 * 256).max(8)
}

/// Binary logarithm in 1/256, by squaring the mantissa once for each bit.
fn log2(number: u64) -> u32 {
    let whole = number.ilog2();
    let mut mantissa = if whole >= 31 { number >> (whole - 31) } else { number << (31 - whole) };
    let mut result = whole;
    for _ in 0..8 {
        mantissa = (mantissa * mantissa) >> 31;
        result <<= 1;
        if mantissa >= 1 << 32 {
            mantissa >>= 1;
            result |= 1;
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logarithms_are_right_to_a_256th() {
        for number in [1u64, 2, 3, 7, 10, 1000, 123_456_789, 1 << 52] {
            let wanted = (number as f64).log2() * 256.0;
            assert!((f64::from(log2(number)) - wanted).abs() <= 1.0, "{number}");
        }
    }

    #[test]
    fn a_rare_word_weighs_more_than_a_common_one() {
        assert!(rarity(10_000, 1) > rarity(10_000, 100));
        assert!(rarity(10_000, 10_000) > 0);
        assert!(rarity(0, 0) > 0);
        assert!(rarity(u32::MAX, 0) < 40 * 256);
    }
}

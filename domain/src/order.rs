//! Sorting. The standard library's sorts are made anew for every type that is sorted, some 6 KB of wasm each; this one
//! is made twice, and small.

use std::{cmp::Ordering, collections::BinaryHeap};

/// The places 0 to `count` in the order that `compare` gives them; equal ones stay as they were.
pub fn order(count: usize, compare: &mut dyn FnMut(usize, usize) -> Ordering) -> Vec<u32> {
    let mut places: Vec<u32> = (0..count as u32).collect();
    merge_sort(&mut places, |a, b| compare(a as usize, b as usize) != Ordering::Greater);
    places
}

/// Sorts numbers; quickly where they are a few ascending runs already.
pub fn sort(numbers: &mut Vec<u32>) {
    merge_sort(numbers, |a, b| a <= b);
}

/// Sorts `items` as `compare` says; equal ones stay as they were.
pub fn sort_by<T: Default>(items: &mut Vec<T>, mut compare: impl FnMut(&T, &T) -> Ordering) {
    let places = order(items.len(), &mut |a, b| compare(&items[a], &items[b]));
    *items = places.iter().map(|&at| std::mem::take(&mut items[at as usize])).collect();
}

/// A natural merge sort (Knuth, *The Art of Computer Programming* 3, 5.2.4): neighbouring runs are merged until there is
/// one.
fn merge_sort(numbers: &mut Vec<u32>, mut in_order: impl FnMut(u32, u32) -> bool) {
    let in_order = &mut in_order;
    let mut from: Vec<u32> = Vec::new();
    loop {
        let first = run_end(numbers, 0, in_order);
        if first == numbers.len() {
            return;
        }
        std::mem::swap(numbers, &mut from);
        numbers.clear();
        let (mut start, mut middle) = (0, first);
        while start < from.len() {
            let end = run_end(&from, middle, in_order);
            merge(&from[start..middle], &from[middle..end], numbers, in_order);
            start = end;
            middle = run_end(&from, start, in_order);
        }
    }
}

fn run_end(numbers: &[u32], start: usize, in_order: &mut impl FnMut(u32, u32) -> bool) -> usize {
    let mut end = (start + 1).min(numbers.len());
    while end < numbers.len() && in_order(numbers[end - 1], numbers[end]) {
        end += 1;
    }
    end
}

fn merge(
    mut left: &[u32],
    mut right: &[u32],
    out: &mut Vec<u32>,
    in_order: &mut impl FnMut(u32, u32) -> bool,
) {
    while let (Some(&a), Some(&b)) = (left.first(), right.first()) {
        if in_order(a, b) {
            out.push(a);
            left = &left[1..];
        } else {
            out.push(b);
            right = &right[1..];
        }
    }
    out.extend_from_slice(left);
    out.extend_from_slice(right);
}

/// The `count`th greatest of some numbers, or the least if there are fewer.
pub fn nth_greatest(numbers: impl Iterator<Item = u32>, count: usize) -> u32 {
    // The greatest so far, the least of them on top.
    let mut greatest: BinaryHeap<std::cmp::Reverse<u32>> = BinaryHeap::new();
    for number in numbers {
        if greatest.len() < count {
            greatest.push(std::cmp::Reverse(number));
        } else if greatest.peek().is_some_and(|least| number > least.0) {
            greatest.pop();
            greatest.push(std::cmp::Reverse(number));
        }
    }
    greatest.peek().map_or(0, |least| least.0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_sorts_as_the_standard_library_does(numbers in proptest::collection::vec(0u32..50, 0..200), count in 1usize..30) {
            let mut wanted = numbers.clone();
            wanted.sort();
            let mut sorted = numbers.clone();
            sort(&mut sorted);
            prop_assert_eq!(&sorted, &wanted);

            let mut places: Vec<u32> = (0..numbers.len() as u32).collect();
            places.sort_by_key(|&at| numbers[at as usize]);
            prop_assert_eq!(order(numbers.len(), &mut |a, b| numbers[a].cmp(&numbers[b])), places);

            let nth = wanted.len().checked_sub(count).map_or(wanted.first(), |at| wanted.get(at)).copied().unwrap_or(0);
            prop_assert_eq!(nth_greatest(numbers.into_iter(), count), nth);
        }
    }
}

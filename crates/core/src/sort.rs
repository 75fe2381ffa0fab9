//! One sort for all types.
//!
//! The standard library's sorts are compiled anew for each type of item and each comparison, at 4 KB
//! of WebAssembly apiece. Here it sorts positions only, and the items follow.

use core::cmp::Ordering;

use crate::prelude::*;

/// Sorts by a comparison; equals keep their order.
pub(crate) fn sort_by<T>(items: &mut Vec<T>, compare: impl Fn(&T, &T) -> Ordering) {
    if items.is_sorted_by(|a, b| compare(a, b).is_le()) {
        return;
    }
    let order = order(items.len(), &|a, b| match (items.get(a), items.get(b)) {
        (Some(a), Some(b)) => compare(a, b),
        _ => Ordering::Equal,
    });
    let mut taken: Vec<Option<T>> = items.drain(..).map(Some).collect();
    items.extend(order.into_iter().filter_map(|position| taken.get_mut(position)?.take()));
}

/// The positions in order: merges runs of one, two, four, …
fn order(length: usize, compare: &dyn Fn(usize, usize) -> Ordering) -> Vec<usize> {
    let mut order: Vec<usize> = (0..length).collect();
    let mut merged = Vec::with_capacity(length);
    let mut run = 1_usize;
    while run < length {
        let pair = run.saturating_mul(2);
        for runs in order.chunks(pair) {
            let (mut left, mut right) = runs.split_at_checked(run).unwrap_or((runs, &[]));
            while let ([a, a_rest @ ..], [b, b_rest @ ..]) = (left, right) {
                // Of equals the left one goes first.
                if compare(*b, *a).is_lt() {
                    merged.push(*b);
                    right = b_rest;
                } else {
                    merged.push(*a);
                    left = a_rest;
                }
            }
            merged.extend_from_slice(left);
            merged.extend_from_slice(right);
        }
        core::mem::swap(&mut order, &mut merged);
        merged.clear();
        run = pair;
    }
    order
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::sort_by;

    proptest! {
        #[test]
        fn as_the_standard_library_sorts(mut items in proptest::collection::vec((0..20_u8, any::<u8>()), 0..100)) {
            let mut sorted = items.clone();
            sorted.sort_by_key(|(key, _)| *key);
            sort_by(&mut items, |(a, _), (b, _)| a.cmp(b));
            prop_assert_eq!(items, sorted);
        }
    }
}

//! Going over a column for the few entries that pass a test.

/// Entries tested before those that passed are looked at.
pub(super) const BLOCK: usize = 1024;

/// Calls `each` with the places of the entries that pass the test, in order.
///
/// A processor cannot foretell which entries pass, and each wrong guess costs more than the
/// test. So a block is tested without a branch, several entries at a time where the machine
/// can, and then those that passed are looked at.
#[inline]
pub(super) fn pick<T>(column: &[T], test: impl Fn(usize, &T) -> bool, mut each: impl FnMut(usize)) {
    let mut passes = [false; BLOCK];
    let mut passed = [0_u32; BLOCK];
    for (block, entries) in column.chunks(BLOCK).enumerate() {
        let start = block * BLOCK;
        for (at, (passes, entry)) in passes.iter_mut().zip(entries).enumerate() {
            *passes = test(start + at, entry);
        }
        passes[entries.len()..].fill(false);
        let mut count = 0;
        for (group, passes) in passes.as_chunks::<8>().0.iter().enumerate() {
            if *passes == [false; 8] {
                continue;
            }
            for (at, &passes) in passes.iter().enumerate() {
                // The remainder is always the count itself; it spares the check of the bound.
                passed[count % BLOCK] = (start + group * 8 + at) as u32;
                count += usize::from(passes);
            }
        }
        for &at in passed.iter().take(count) {
            each(at as usize);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_that_passes_once_and_in_order() {
        for len in [0, 1, 1023, 1024, 1025, 5000] {
            for step in [1, 2, 7, 6000] {
                let mut picked = Vec::new();
                pick(&vec![(); len], |at, ()| at % step == 0, |at| picked.push(at));
                assert_eq!(picked, (0..len).step_by(step).collect::<Vec<_>>());
            }
        }
    }
}

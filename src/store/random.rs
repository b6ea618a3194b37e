//! Random bytes from the machine.

use super::error::StoreError;
use std::cell::RefCell;
use zeroize::Zeroize;

/// Bytes asked of the operating system at once.
const POOL: usize = 1024;

/// Random bytes of the operating system that nobody has had yet.
struct Pool {
    bytes: [u8; POOL],
    left: usize,
}

/// Random bytes from the operating system.
///
/// # Errors
/// [`StoreError::Random`] when it gives none.
pub fn random<const N: usize>() -> Result<[u8; N], StoreError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| StoreError::Random)?;
    Ok(bytes)
}

/// The same for identities, asked for many at a time; each is given once. No key and no nonce is
/// made of them: a machine that is started twice from one snapshot has the same ones twice.
///
/// # Errors
/// As [`random`].
pub fn random_for_ids<const N: usize>() -> Result<[u8; N], StoreError> {
    thread_local! {
        static UNUSED: RefCell<Pool> = const { RefCell::new(Pool { bytes: [0; POOL], left: 0 }) };
    }
    let mut given = [0; N];
    UNUSED.with_borrow_mut(|pool| {
        if N > POOL {
            return getrandom::fill(&mut given).map_err(|_| StoreError::Random);
        }
        if pool.left < N {
            getrandom::fill(&mut pool.bytes).map_err(|_| StoreError::Random)?;
            pool.left = POOL;
        }
        pool.left -= N;
        let taken = pool.bytes.get_mut(pool.left..).and_then(|rest| rest.get_mut(..N));
        let taken = taken.ok_or(StoreError::Random)?;
        given.copy_from_slice(taken);
        taken.zeroize();
        Ok(())
    })?;
    Ok(given)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_random_bytes_are_given_twice() {
        let mut given: Vec<[u8; 10]> = (0..1_000).map(|_| random_for_ids().unwrap()).collect();
        given.sort_unstable();
        given.dedup();
        assert_eq!(given.len(), 1_000);
        assert_ne!(random_for_ids::<3_000>().unwrap(), [0; 3_000]);
    }
}

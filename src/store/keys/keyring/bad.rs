//! The file of the keyring is not as it was written.

use crate::store::error::StoreError;
use crate::store::files::layout::KEYRING_FILE;

pub(super) fn bad(detail: &str) -> StoreError {
    StoreError::BadFile { file: KEYRING_FILE.into(), detail: detail.into() }
}

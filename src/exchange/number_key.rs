//! How numbers of records are compared.

use crate::record::fold;

/// A number as numbers are compared: widths and case do not matter.
pub(super) fn number_key(number: &str) -> String {
    fold(number).to_lowercase()
}

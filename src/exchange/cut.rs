//! Numbers a spreadsheet has cut: it keeps fifteen digits of a number, so that longer ones end in
//! zeros or in `E+17`. Check digits find nine in ten of them; where a column has some, none that
//! ends so is believed.

use super::book::{Cell, Form, SheetRow};
use super::columns::Columns;
use crate::program::{Field, FieldType};
use crate::record::{Cut as Looks, fold, looks_cut, looks_cut_card};
use std::collections::BTreeMap;

/// Digits a spreadsheet keeps.
const KEPT: usize = 15;

/// The share of identity numbers ending in three zeros, in percent, from which a column is
/// distrusted although each fits its check digit: by chance fewer than one in a thousand does.
const DISTRUSTED_FROM: usize = 2;

/// The same for cards, of which the short ones have a single digit after the fifteenth.
const CARDS_DISTRUSTED_FROM: usize = 30;

/// How few of them say nothing, unless they are a good part of the column.
const BY_CHANCE: usize = 2;

/// The share, in percent, from which two of them are no chance, and one is worth a word.
const NO_CHANCE_FROM: usize = 20;

/// Whether a number has been cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cut {
    /// Nothing looks so.
    No,
    /// It ends as a cut one does, and fits all the same.
    Perhaps,
    /// It has lost its last digits.
    Yes,
}

/// How a number of a field is seen to be cut, and from which share of its column, in percent, all
/// that end so are distrusted; none for fields without long numbers.
type Sight = (fn(&str) -> Option<Looks>, usize);

fn sight(field: &Field) -> Option<Sight> {
    match field.field_type {
        // A credit code may consist of digits alone; eighteen of them are cut as a number's are.
        FieldType::IdNumber | FieldType::OrgCode => Some((looks_cut, DISTRUSTED_FROM)),
        FieldType::BankCard => Some((looks_cut_card, CARDS_DISTRUSTED_FROM)),
        _ => None,
    }
}

/// Whether the number in a cell has been cut.
pub(super) fn cut(field: &Field, cell: &Cell) -> Cut {
    let Some((looks, _)) = sight(field).filter(|_| !cell.is_blank()) else { return Cut::No };
    if cell.form == Form::Rounded {
        return Cut::Yes;
    }
    let text = fold(&cell.text);
    // Kept as a number, one may also end in `.0`.
    let bare = text.strip_suffix(".0").unwrap_or(&text);
    let digits = bare.chars().filter(char::is_ascii_digit).count();
    match looks(bare) {
        None => Cut::No,
        Some(Looks::Exponent) => Cut::Yes,
        // That of a credit code is reckoned in another way, and has been when it is read.
        Some(Looks::Zeros { .. }) if matches!(field.field_type, FieldType::OrgCode) => Cut::Perhaps,
        Some(Looks::Zeros { check_fits: false }) if digits >= KEPT + 3 => Cut::Yes,
        // Cards with four zeros after the fifteenth digit are as good as cut, fit or not.
        Some(Looks::Zeros { .. }) if digits >= KEPT + 4 => Cut::Yes,
        Some(Looks::Zeros { .. }) => Cut::Perhaps,
    }
}

/// What was seen of the numbers of one column.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen {
    /// Cells with a number.
    pub filled: usize,
    /// Cut ones.
    pub cut: usize,
    /// Those that end so and fit.
    pub doubtful: super::told::Lines,
    /// From which share of them, in percent, the column is distrusted.
    limit: usize,
    /// The same field was cut in another sheet of the file.
    elsewhere: bool,
}

impl Seen {
    /// Numbers that are taken for cut ones.
    pub fn lost(&self) -> usize {
        self.cut + if self.is_distrusted() { self.doubtful.count } else { 0 }
    }

    /// True when no number of the column that ends in zeros is believed.
    pub fn is_distrusted(&self) -> bool {
        let doubtful = self.doubtful.count;
        let many = doubtful > BY_CHANCE && doubtful * 100 >= self.filled * self.limit;
        let most = doubtful > 1 && doubtful * 100 >= self.filled * NO_CHANCE_FROM.max(self.limit);
        self.cut > 0 || self.elsewhere || many || most
    }

    /// True when a number that ends so is worth a word although it is taken: in a short list it may
    /// be the only one.
    pub fn is_doubtful(&self) -> bool {
        let doubtful = self.doubtful.count;
        doubtful > 0
            && self.limit < NO_CHANCE_FROM
            && doubtful * 100 >= self.filled * NO_CHANCE_FROM
    }
}

/// What was seen of the numbers of a sheet, by column.
#[derive(Clone, Debug, Default)]
pub(super) struct Numbers(BTreeMap<usize, Seen>);

impl Numbers {
    /// Looks at the numbers of a row.
    pub fn see(&mut self, row: &SheetRow, columns: &Columns<'_>) {
        for (at, cell) in row.cells.iter().enumerate() {
            let Some(field) = columns.field_at(at) else { continue };
            let Some((_, limit)) = sight(field).filter(|_| !cell.is_blank()) else { continue };
            let seen = self.0.entry(at).or_default();
            seen.filled += 1;
            seen.limit = limit;
            match cut(field, cell) {
                Cut::No => {}
                Cut::Perhaps => seen.doubtful.add(row.line),
                Cut::Yes => seen.cut += 1,
            }
        }
    }

    /// Distrusts a column because the same field was cut in another sheet: one program wrote both.
    pub fn distrust(&mut self, at: usize) {
        if let Some(seen) = self.0.get_mut(&at) {
            seen.elsewhere = true;
        }
    }

    /// Columns with numbers, and what was seen of them.
    pub fn columns(&self) -> impl Iterator<Item = (usize, &Seen)> {
        self.0.iter().map(|(at, seen)| (*at, seen))
    }

    /// Whether a number in a column has to be taken for a cut one.
    pub fn is_cut(&self, at: usize, field: &Field, cell: &Cell) -> bool {
        match cut(field, cell) {
            Cut::No => false,
            Cut::Yes => true,
            Cut::Perhaps => self.0.get(&at).is_some_and(Seen::is_distrusted),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::program::Catalogue;
    use crate::record::IdNumber;

    #[test]
    fn numbers_cut_by_spreadsheets() {
        let catalogue = Catalogue::built_in().unwrap();
        let of = |kind: &str, field: &str, text: &str| {
            let field = catalogue.kind(kind).unwrap().field(field).unwrap();
            cut(field, &Cell::text(text))
        };
        let id = |text| of("person", "id_number", text);
        assert_eq!(id("5.00199E+17"), Cut::Yes);
        assert_eq!(id("500199195802275000"), Cut::Yes);
        assert_eq!(id("50019919600914061X"), Cut::No);
        assert_eq!(id("500199600914061"), Cut::No);
        // Ending so by chance: which ones fit is decided by GB 11643 alone.
        let days = (1..=12).flat_map(|month| (1..=28).map(move |day| (month, day)));
        let ids = days.map(|(month, day)| format!("5001991961{month:02}{day:02}1000"));
        let ids: Vec<String> = ids.collect();
        let fits: Vec<&String> = ids.iter().filter(|text| IdNumber::parse(text).is_ok()).collect();
        assert!(!fits.is_empty());
        assert!(fits.iter().all(|text| id(text) == Cut::Perhaps));
        let card = |text| of("hardship_file", "bank_card", text);
        assert_eq!(card("6222021234567890000"), Cut::Yes);
        assert_eq!(card("6222021234567891230"), Cut::No);
        assert_eq!(card("6.22202E+18"), Cut::Yes);
        assert_eq!(card("62220212345678900"), Cut::Perhaps);
    }
}

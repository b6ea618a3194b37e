//! CSV: text divided by separators.

use super::cell::SheetRow;
use crate::exchange::scan::{Piece, pieces};
use crate::exchange::trouble::FileTrouble;

/// What may be between the cells of a text file.
pub(in crate::exchange) const SEPARATORS: [u8; 4] = [b',', b'\t', b';', b'|'];

/// Lines looked at for the separator.
const LOOKED_AT: usize = 20;

/// The separators, the most frequent outside quotes in the first lines first; of equals the comma.
pub(super) fn separators(text: &str) -> Vec<u8> {
    let mut counts = SEPARATORS.map(|separator| (separator, 0_usize));
    let mut quoted = false;
    for line in text.lines().take(LOOKED_AT) {
        for byte in line.bytes() {
            if byte == b'"' {
                quoted = !quoted;
            } else if !quoted {
                counts.iter_mut().filter(|(known, _)| *known == byte).for_each(|(_, n)| *n += 1);
            }
        }
    }
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    counts.into_iter().map(|(separator, _)| separator).collect()
}

/// The rows of a text.
///
/// # Errors
/// Each row that is wider or fuller than a list's gives one.
pub(super) fn rows(
    text: &str,
    separator: u8,
) -> impl Iterator<Item = Result<SheetRow, FileTrouble>> + '_ {
    pieces(text, separator).into_iter().flat_map(move |piece| piece_rows(text, separator, piece))
}

fn piece_rows(
    text: &str,
    separator: u8,
    piece: Piece,
) -> Box<dyn Iterator<Item = Result<SheetRow, FileTrouble>> + '_> {
    match piece {
        Piece::Broken { span, line } => {
            let text = text.get(span).unwrap_or_default().trim_end_matches(['\r', '\n']);
            let row = SheetRow::of_texts(line, std::iter::once(text));
            Box::new(std::iter::once(row.map(|row| SheetRow { broken: true, ..row })))
        }
        Piece::Good { span, lines } => {
            let good = text.get(span).unwrap_or_default();
            let reader = csv::ReaderBuilder::new()
                .has_headers(false)
                .flexible(true)
                .delimiter(separator)
                .from_reader(good.as_bytes());
            let rows = reader.into_records().zip(lines).map(|(record, line)| {
                // Reading text from memory cannot fail; were it to, the row is told as broken.
                match record {
                    Ok(record) => SheetRow::of_texts(line, record.iter()),
                    Err(_) => Ok(SheetRow { broken: true, ..SheetRow::at(line, false) }),
                }
            });
            Box::new(rows)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commas_tabs_semicolons_and_bars() {
        for between in SEPARATORS {
            let text =
                ["姓名", "备注\n张三", "\"a,b;c\td|\"\n"].join(&char::from(between).to_string());
            assert_eq!(separators(&text).first(), Some(&between));
            let all: Vec<_> =
                rows(&text, between).flatten().map(|row| (row.line, row.texts())).collect();
            let row = |line, cells: [&str; 2]| (line, cells.map(String::from).to_vec());
            assert_eq!(all, [row(1, ["姓名", "备注"]), row(2, ["张三", "a,b;c\td|"])]);
        }
        assert_eq!(separators("姓名\n张三\n").first(), Some(&b','));
    }
}

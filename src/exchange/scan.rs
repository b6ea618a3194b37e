//! Where the records of a CSV text begin and which of them are broken.
//!
//! A quote that is opened and never properly closed would swallow the rows after it. The scan
//! finds it and gives up that one row: the next line begins a record again.

use std::ops::Range;

/// A stretch of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// Whole records, and the line each begins on.
    Good { span: Range<usize>, lines: Vec<usize> },
    /// A record whose quotes do not close; the line it begins on.
    Broken { span: Range<usize>, line: usize },
}

#[derive(Clone, Copy, PartialEq)]
enum At {
    /// Before the first character of a field.
    Start,
    /// In a field without quotes.
    Plain,
    /// Inside quotes.
    Quoted,
    /// Behind a quote that closes or is doubled.
    Closed,
    /// After blanks after a quote that closed.
    Padded,
}

/// How one record ends.
struct End {
    /// First byte after it, its line end included.
    at: usize,
    /// Lines it goes over.
    lines: usize,
    broken: bool,
}

/// Divides a text into stretches of good records and broken ones. Empty lines are no records.
pub(super) fn pieces(text: &str, delimiter: u8) -> Vec<Piece> {
    let bytes = text.as_bytes();
    let mut pieces: Vec<Piece> = Vec::new();
    let (mut at, mut line) = (0, 1);
    let (mut begun, mut lines) = (0, Vec::new());
    let close = |pieces: &mut Vec<Piece>, span: Range<usize>, lines: &mut Vec<usize>| {
        if !lines.is_empty() {
            pieces.push(Piece::Good { span, lines: std::mem::take(lines) });
        }
    };
    while at < bytes.len() {
        let end = record_end(bytes, at, delimiter);
        if end.broken {
            close(&mut pieces, begun..at, &mut lines);
            pieces.push(Piece::Broken { span: at..end.at, line });
            begun = end.at;
        } else if !matches!(bytes.get(at), Some(b'\n' | b'\r')) {
            lines.push(line);
        }
        line += end.lines;
        at = end.at;
    }
    close(&mut pieces, begun..bytes.len(), &mut lines);
    pieces
}

/// The number of bytes of the line end at `at`: 0 where there is none.
fn line_end(bytes: &[u8], at: usize) -> usize {
    match (bytes.get(at), bytes.get(at + 1)) {
        (Some(b'\r'), Some(b'\n')) => 2,
        (Some(b'\r' | b'\n'), _) => 1,
        _ => 0,
    }
}

fn record_end(bytes: &[u8], start: usize, delimiter: u8) -> End {
    let mut state = At::Start;
    let (mut at, mut lines) = (start, 0);
    // Where the field in quotes began, and the lines before it.
    let mut opened = (start, 0);
    while let Some(&byte) = bytes.get(at) {
        let ends = line_end(bytes, at);
        state = match (state, byte) {
            (At::Quoted, b'"') => At::Closed,
            (At::Quoted, _) => {
                lines += usize::from(ends > 0);
                at += ends.saturating_sub(1);
                At::Quoted
            }
            (At::Closed, b'"') => At::Quoted,
            (At::Start, b'"') => {
                opened = (at, lines);
                At::Quoted
            }
            _ if ends > 0 => return End { at: at + ends, lines: lines + 1, broken: false },
            _ if byte == delimiter => At::Start,
            // Some programs pad after a closing quote.
            (At::Closed | At::Padded, b' ') => At::Padded,
            (At::Closed | At::Padded, _) => return give_up(bytes, opened),
            _ => At::Plain,
        };
        at += 1;
    }
    if state == At::Quoted { give_up(bytes, opened) } else { End { at, lines, broken: false } }
}

/// The record is given up to the end of the line its bad quote is on.
fn give_up(bytes: &[u8], (opened, lines): (usize, usize)) -> End {
    let rest = bytes.get(opened..).unwrap_or_default();
    let length = rest.iter().take_while(|byte| !matches!(byte, b'\n' | b'\r')).count();
    let ends = line_end(bytes, opened + length);
    End { at: opened + length + ends, lines: lines + usize::from(ends > 0), broken: true }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> Vec<(usize, bool)> {
        let each = |piece| match piece {
            Piece::Good { lines, .. } => lines.into_iter().map(|line| (line, true)).collect(),
            Piece::Broken { line, .. } => vec![(line, false)],
        };
        pieces(text, b',').into_iter().flat_map(each).collect()
    }

    #[test]
    fn lines_are_physical() {
        assert_eq!(read("a,b\r\n\r\n1,\"x\ny\"\r\n2,z"), [(1, true), (3, true), (5, true)]);
        assert_eq!(read("a\rb\rc"), [(1, true), (2, true), (3, true)]);
        assert_eq!(read(""), []);
    }

    #[test]
    fn a_broken_quote_costs_one_row() {
        let open = "a,b\n1,\"x\n2,\"4,000\"\n3,z\n";
        assert_eq!(read(open), [(1, true), (2, false), (3, true), (4, true)]);
        assert_eq!(read("a\n\"x\n2\n"), [(1, true), (2, false), (3, true)]);
        assert_eq!(read("\"x\"y\nz"), [(1, false), (2, true)]);
        // A quote inside a field without quotes is a character like others.
        assert_eq!(read("5\"屏,x\n2\n"), [(1, true), (2, true)]);
    }

    proptest! {
        /// The crate that divides records into fields sees the same records.
        #[test]
        fn the_reader_sees_as_many_records(text in "[a,\" \n\r]{0,60}") {
            for piece in pieces(&text, b',') {
                let Piece::Good { span, lines } = piece else { continue };
                let good = text.get(span).unwrap();
                let reader = csv::ReaderBuilder::new()
                    .has_headers(false).flexible(true).from_reader(good.as_bytes());
                prop_assert_eq!(reader.into_records().count(), lines.len(), "{:?}", good);
            }
        }
    }
}

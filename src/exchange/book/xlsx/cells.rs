//! The rows of a sheet.

use super::super::cell::{Cell, DayCount, SheetRow};
use super::super::merges::Region;
use super::super::shared::SharedTexts;
use super::super::xml::{Xml, attribute, cut_off, is, says_yes};
use super::parts::Parts;
use super::strings::{push_unescaped, rich_text};
use super::styles::Styles;
use crate::exchange::trouble::FileTrouble;
use memchr::memmem::Finder;
use quick_xml::events::{BytesStart, Event};
use std::io::Read;

/// The most merged regions of a sheet that are followed.
const MOST_REGIONS: usize = 200_000;

/// What reading the cells of a sheet needs to know.
pub(super) struct CellReader<'b> {
    pub strings: &'b SharedTexts,
    pub styles: &'b Styles,
    pub calendar: DayCount,
    pub to_be_calculated: bool,
}

/// What the attributes of a cell say.
#[derive(Default)]
struct Opened {
    column: Option<usize>,
    style: usize,
    kind: String,
}

impl CellReader<'_> {
    /// Hands on the rows of a sheet until `each` says no.
    pub fn rows<R: Read>(
        &self,
        part: R,
        each: &mut dyn FnMut(SheetRow) -> Result<bool, FileTrouble>,
    ) -> Result<(), FileTrouble> {
        let mut part = Xml::new(part);
        // A row that is open: cells of a damaged file may be outside of any.
        let mut row: Option<SheetRow> = None;
        let (mut last, mut column) = (0_usize, 0_usize);
        loop {
            match part.next()? {
                Event::Start(element) if is(&element, "row") => {
                    let line = attribute(&element, "r").and_then(|r| r.trim().parse().ok());
                    let line = line.unwrap_or(last.saturating_add(1));
                    if line <= last || row.is_some() {
                        let why = format!("row {line} comes after row {last}, or in it");
                        return Err(FileTrouble::Workbook(why));
                    }
                    row = Some(SheetRow::at(line, says_yes(&element, "hidden")));
                    (last, column) = (line, 0);
                }
                Event::End(element) if element.local_name().as_ref() == "row" => {
                    let goes_on = row.take().map_or(Ok(true), &mut *each)?;
                    if !goes_on {
                        return Ok(());
                    }
                }
                Event::Start(element) if is(&element, "c") => {
                    let opened = opened(&element);
                    column = opened.column.unwrap_or(column);
                    let cell = self.cell(&mut part, &opened)?;
                    let Some(row) = &mut row else {
                        let why = format!("a cell after row {last} is in no row");
                        return Err(FileTrouble::Workbook(why));
                    };
                    row.put(column, cell)?;
                    column = column.saturating_add(1);
                }
                Event::End(element) if element.local_name().as_ref() == "sheetData" => {
                    return if row.is_none() { Ok(()) } else { Err(cut_off()) };
                }
                Event::Eof => return if last == 0 { Ok(()) } else { Err(cut_off()) },
                _ => {}
            }
        }
    }

    /// Reads the cell just begun, up to its end.
    fn cell<R: Read>(&self, part: &mut Xml<R>, opened: &Opened) -> Result<Cell, FileTrouble> {
        let (mut text, mut inline) = (String::new(), String::new());
        let (mut formula, mut has_value) = (false, false);
        loop {
            match part.next()? {
                Event::Start(element) if is(&element, "v") => {
                    has_value = true;
                    part.text(&mut text)?;
                }
                Event::Start(element) if is(&element, "is") => rich_text(part, &mut inline)?,
                Event::Start(element) if is(&element, "f") => {
                    formula = true;
                    part.skip()?;
                }
                Event::Start(_) => part.skip()?,
                Event::End(_) => break,
                Event::Eof => return Err(cut_off()),
                _ => {}
            }
        }
        if opened.kind == "inlineStr" {
            return Ok(Cell::text(inline));
        }
        // A formula that gives an empty text has an empty value; one never worked out has none.
        let empty_text = opened.kind == "str" && has_value;
        if formula && text.trim().is_empty() && !empty_text {
            return Ok(Cell::unworked());
        }
        self.value(opened, &text, formula)
    }

    fn value(&self, opened: &Opened, text: &str, formula: bool) -> Result<Cell, FileTrouble> {
        let bare = text.trim();
        Ok(match opened.kind.as_str() {
            "s" if bare.is_empty() => Cell::default(),
            "s" => {
                let shared = bare.parse().ok().and_then(|at| self.strings.get(at));
                Cell::text(shared.ok_or_else(|| {
                    FileTrouble::Workbook(format!("there is no shared text {bare}"))
                })?)
            }
            "str" => {
                let mut plain = String::with_capacity(text.len());
                push_unescaped(text, &mut plain);
                Cell::text(plain)
            }
            "b" if bare.is_empty() => Cell::default(),
            "b" => Cell::yes_no(matches!(bare, "1" | "true" | "TRUE")),
            "e" => Cell::failed(bare),
            "d" => Cell::text(iso_day(bare)),
            _ if bare.is_empty() => Cell::default(),
            _ => match bare.parse::<f64>() {
                Ok(0.0) if formula && self.to_be_calculated => Cell::unworked(),
                Ok(number) if number.is_finite() => {
                    self.styles.shows(opened.style).cell(number, self.calendar)
                }
                _ => Cell::text(bare),
            },
        })
    }
}

/// An ISO moment; a day alone where its time is midnight without a zone.
fn iso_day(text: &str) -> &str {
    match text.split_once('T') {
        Some((day, time)) if time.chars().all(|c| matches!(c, '0' | ':' | '.')) => day,
        _ => text,
    }
}

fn opened(element: &BytesStart<'_>) -> Opened {
    let mut opened = Opened::default();
    let mut all = element.attributes();
    for one in all.with_checks(false).flatten() {
        match one.key.local_name().as_ref() {
            "r" => opened.column = place(&one.value).map(|(_, column)| column),
            "s" => opened.style = one.value.parse().unwrap_or(0),
            "t" => opened.kind = one.value.into_owned(),
            _ => {}
        }
    }
    opened
}

/// `C4` as row and column, from 0.
fn place(reference: &str) -> Option<(usize, usize)> {
    let bare = reference.trim().replace('$', "");
    let letters = bare.bytes().take_while(u8::is_ascii_alphabetic).count();
    let (letters, digits) = bare.split_at_checked(letters)?;
    let column = letters.bytes().try_fold(0_usize, |sum, letter| {
        let value = usize::from(letter.to_ascii_uppercase() - b'A') + 1;
        sum.checked_mul(26)?.checked_add(value)
    })?;
    let row: usize = digits.parse().ok()?;
    Some((row.checked_sub(1)?, column.checked_sub(1)?))
}

/// The merged regions of a sheet. They come after its rows, so a large sheet is first searched
/// for the word alone.
pub(super) fn regions(parts: &mut Parts, name: &str) -> Result<Vec<Region>, FileTrouble> {
    if !mentions(parts.part(name)?, b"mergeCell")? {
        return Ok(Vec::new());
    }
    let mut part = Xml::new(parts.part(name)?);
    let mut regions = Vec::new();
    loop {
        match part.next()? {
            Event::Start(element) if is(&element, "mergeCell") => {
                let region = attribute(&element, "ref").as_deref().and_then(region);
                regions.extend(region.filter(|_| regions.len() < MOST_REGIONS));
            }
            Event::Eof => return Ok(regions),
            _ => {}
        }
    }
}

fn region(reference: &str) -> Option<Region> {
    let (first, last) = reference.split_once(':')?;
    let ((top, left), (bottom, right)) = (place(first)?, place(last)?);
    Some(Region { top, left, bottom, right })
}

/// Whether a part has this word in it.
fn mentions(part: impl Read, word: &[u8]) -> Result<bool, FileTrouble> {
    let mut part = super::super::xml::Limited::new(part);
    let finder = Finder::new(word);
    let mut buffer = vec![0_u8; 1 << 16];
    let mut kept = 0;
    loop {
        let free = buffer.get_mut(kept..).unwrap_or_default();
        let read = match part.read(free) {
            Ok(0) => return Ok(false),
            Ok(read) => read,
            Err(error) if error.kind() == std::io::ErrorKind::FileTooLarge => {
                return Err(FileTrouble::TooLarge);
            }
            Err(error) => return Err(FileTrouble::Workbook(error.to_string())),
        };
        let filled = kept + read;
        if finder.find(buffer.get(..filled).unwrap_or_default()).is_some() {
            return Ok(true);
        }
        // The word may be spread over two readings.
        let tail = filled.saturating_sub(word.len() - 1);
        buffer.copy_within(tail..filled, 0);
        kept = filled - tail;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references() {
        assert_eq!(place("A1"), Some((0, 0)));
        assert_eq!(place("XFD1048576"), Some((1_048_575, 16_383)));
        assert_eq!(place("$C$4"), Some((3, 2)));
        for wrong in ["", "1", "A", "A0", "ZZZZZZZZZZZZZZZZZZ1"] {
            assert_eq!(place(wrong), None, "{wrong}");
        }
        assert_eq!(region("B2:C4"), Some(Region { top: 1, left: 1, bottom: 3, right: 2 }));
    }

    #[test]
    fn a_word_across_two_readings() {
        let mut text = vec![b'<'; (1 << 16) - 4];
        text.extend(b"mergeCell");
        assert_eq!(mentions(text.as_slice(), b"mergeCell"), Ok(true));
        assert_eq!(mentions(b"<a><b>".as_slice(), b"mergeCell"), Ok(false));
    }
}

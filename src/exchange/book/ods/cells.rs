//! The value of a cell: what its attributes say, or else its paragraphs.

use super::super::cell::{Cell, is_error, iso_moment};
use super::super::xml::{Xml, cut_off, is, number, push_entity};
use crate::exchange::trouble::FileTrouble;
use quick_xml::events::{BytesStart, Event};
use std::io::Read;

/// Blanks written as a count are added to a text up to this length: a count can be anything.
const SPACED_UP_TO: usize = 64 << 10;

/// What the attributes of a cell say.
#[derive(Debug, Default)]
pub(super) struct Given {
    kind: Option<String>,
    /// The value, in whichever attribute its kind has it.
    value: Option<String>,
    formula: bool,
    failed: bool,
}

impl Given {
    /// Reads the attributes of a cell.
    pub fn of(element: &BytesStart<'_>) -> Self {
        let mut given = Self::default();
        let mut all = element.attributes();
        for one in all.with_checks(false).flatten() {
            let value = || match quick_xml::escape::unescape(&one.value) {
                Ok(plain) => plain.into_owned(),
                Err(_) => one.value.to_string(),
            };
            let calc = one.key.as_ref().starts_with("calcext:");
            match one.key.local_name().as_ref() {
                "value-type" if calc => given.failed = value() == "error",
                "value-type" => given.kind = Some(value()),
                "value" | "date-value" | "time-value" | "boolean-value" | "string-value" => {
                    given.value = Some(value());
                }
                "formula" => given.formula = true,
                _ => {}
            }
        }
        given
    }

    /// Reads the cell just begun, up to its end. Notes and drawings are no part of it.
    pub fn read<R: Read>(self, part: &mut Xml<R>) -> Result<Cell, FileTrouble> {
        let (mut text, mut first, mut depth) = (String::new(), true, 1_usize);
        while depth > 0 {
            match part.next()? {
                Event::Start(element) if is(&element, "p") || is(&element, "h") => {
                    if !std::mem::take(&mut first) {
                        text.push('\n');
                    }
                    paragraph(part, &mut text)?;
                }
                Event::Start(element)
                    if ["list", "list-item", "section"].iter().any(|name| is(&element, name)) =>
                {
                    depth += 1;
                }
                Event::Start(_) => part.skip()?,
                Event::End(_) => depth -= 1,
                Event::Eof => return Err(cut_off()),
                _ => {}
            }
        }
        Ok(self.cell(text))
    }

    fn cell(self, text: String) -> Cell {
        let shown = text.trim();
        if self.failed || self.formula && is_error(shown) {
            return Cell::failed(shown);
        }
        let value = self.value.as_deref().map(str::trim).filter(|value| !value.is_empty());
        match (self.kind.as_deref(), value) {
            (Some("float" | "percentage" | "currency"), Some(value)) => {
                match value.parse::<f64>().ok().filter(|number| number.is_finite()) {
                    Some(number) => Cell::number(number),
                    None => Cell::text(text),
                }
            }
            (Some("date"), Some(value)) => {
                Cell::text(iso_moment(value).unwrap_or_else(|| value.to_string()))
            }
            (Some("time"), Some(value)) => {
                Cell::text(duration(value).unwrap_or_else(|| value.to_string()))
            }
            (Some("boolean"), Some(value)) => Cell::yes_no(value == "true"),
            // A formula that gives an empty text is of text; one never worked out is of nothing.
            (kind, None) if self.formula && shown.is_empty() && kind != Some("string") => {
                Cell::unworked()
            }
            (Some("string"), Some(_)) if text.is_empty() => {
                Cell::text(self.value.unwrap_or_default())
            }
            _ => Cell::text(text),
        }
    }
}

/// A duration such as `PT08H30M00S` as hours, minutes and seconds.
fn duration(text: &str) -> Option<String> {
    let rest = text.strip_prefix("PT")?;
    let (hours, rest) = rest.split_once('H')?;
    let (minutes, rest) = rest.split_once('M')?;
    let seconds: f64 = rest.strip_suffix('S')?.replace(',', ".").parse().ok()?;
    let (hours, minutes): (u32, u32) = (hours.parse().ok()?, minutes.parse().ok()?);
    let whole = f64::from(hours) * 3600.0 + f64::from(minutes) * 60.0 + seconds;
    if !(0.0..3_600_000.0).contains(&whole) {
        return None;
    }
    let whole = whole.round() as u64;
    Some(format!("{:02}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60))
}

/// The text of the paragraph just begun. Blanks that are meant are written as elements; those of the
/// file's own layout count as one, and not at all at either end.
fn paragraph<R: Read>(part: &mut Xml<R>, into: &mut String) -> Result<(), FileTrouble> {
    let (mut depth, mut gap, start) = (1_usize, false, into.len());
    let mut meant = String::new();
    while depth > 0 {
        meant.clear();
        match part.next()? {
            Event::Text(text) => push(&text.xml10_content(), into, start, &mut gap),
            Event::CData(text) => push(&text.xml10_content(), into, start, &mut gap),
            Event::GeneralRef(entity) => push_entity(&entity, &mut meant),
            Event::Start(element) if is(&element, "s") => {
                depth += 1;
                let count = number(&element, "c").unwrap_or(1);
                let room = SPACED_UP_TO.saturating_sub(into.len());
                meant.extend(std::iter::repeat_n(' ', count.min(room)));
            }
            Event::Start(element) if is(&element, "tab") => {
                depth += 1;
                meant.push('\t');
            }
            Event::Start(element) if is(&element, "line-break") => {
                depth += 1;
                meant.push('\n');
            }
            Event::Start(element)
                if ["annotation", "note", "ruby-text"].iter().any(|name| is(&element, name)) =>
            {
                part.skip()?;
            }
            Event::Start(_) => depth += 1,
            Event::End(_) => depth -= 1,
            Event::Eof => return Err(cut_off()),
            _ => {}
        }
        if !meant.is_empty() {
            if std::mem::take(&mut gap) && into.len() > start {
                into.push(' ');
            }
            into.push_str(&meant);
        }
    }
    Ok(())
}

fn push(text: &str, into: &mut String, start: usize, gap: &mut bool) {
    for (at, word) in text.split([' ', '\t', '\r', '\n']).enumerate() {
        *gap |= at > 0;
        if !word.is_empty() {
            if std::mem::take(gap) && into.len() > start {
                into.push(' ');
            }
            into.push_str(word);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        assert_eq!(duration("PT08H30M00S").as_deref(), Some("08:30:00"));
        assert_eq!(duration("PT26H00M59.9S").as_deref(), Some("26:01:00"));
        for wrong in ["", "P1D", "PTxH1M1S", "PT1H1M-99999S", "PT1H1MNaNS", "PT4000000000H1M1S"] {
            assert_eq!(duration(wrong), None, "{wrong}");
        }
    }
}

//! XML parts of workbooks, read as a stream within limits.

use crate::exchange::limits::MOST_BYTES;
use crate::exchange::trouble::FileTrouble;
use memchr::{memchr, memrchr};
use quick_xml::Reader;
use quick_xml::encoding::DecodingReader;
use quick_xml::events::{BytesRef, BytesStart, Event};
use std::io::{self, BufReader, Read};

/// The longest tag or piece of text between two tags, in bytes: a cell holds 32,767 characters.
const LONGEST_PIECE: usize = 4 << 20;

/// An XML part being read.
pub(super) struct Xml<R: Read> {
    reader: Reader<BufReader<DecodingReader<BufReader<Limited<R>>>>>,
    buffer: Vec<u8>,
}

impl<R: Read> Xml<R> {
    /// Begins reading.
    pub fn new(part: R) -> Self {
        let limited = BufReader::with_capacity(1 << 16, Limited::new(part));
        let decoded = BufReader::with_capacity(1 << 16, DecodingReader::new(limited));
        let mut reader = Reader::from_reader(decoded);
        let config = reader.config_mut();
        config.expand_empty_elements = true;
        config.check_end_names = false;
        Self { reader, buffer: Vec::with_capacity(1024) }
    }

    /// The next piece.
    ///
    /// # Errors
    /// When the part is damaged or too large.
    pub fn next(&mut self) -> Result<Event<'_>, FileTrouble> {
        self.buffer.clear();
        self.reader.read_event_into(&mut self.buffer).map_err(|error| trouble(&error))
    }

    /// The text of the element just begun, up to its end; what is in elements inside it counts.
    ///
    /// # Errors
    /// As [`Self::next`].
    pub fn text(&mut self, into: &mut String) -> Result<(), FileTrouble> {
        let mut depth = 1_usize;
        while depth > 0 {
            match self.next()? {
                Event::Text(text) => into.push_str(&text.xml10_content()),
                Event::CData(text) => into.push_str(&text.xml10_content()),
                Event::GeneralRef(entity) => push_entity(&entity, into),
                Event::Start(_) => depth += 1,
                Event::End(_) => depth -= 1,
                Event::Eof => return Err(cut_off()),
                _ => {}
            }
        }
        Ok(())
    }

    /// Passes over the element just begun.
    ///
    /// # Errors
    /// As [`Self::next`].
    pub fn skip(&mut self) -> Result<(), FileTrouble> {
        let mut depth = 1_usize;
        while depth > 0 {
            match self.next()? {
                Event::Start(_) => depth += 1,
                Event::End(_) => depth -= 1,
                Event::Eof => return Err(cut_off()),
                _ => {}
            }
        }
        Ok(())
    }
}

/// A part that ends in the middle.
pub(super) fn cut_off() -> FileTrouble {
    FileTrouble::Workbook("a part of it ends in the middle".to_string())
}

fn trouble(error: &quick_xml::Error) -> FileTrouble {
    match error {
        quick_xml::Error::Io(why) if why.kind() == io::ErrorKind::FileTooLarge => {
            FileTrouble::TooLarge
        }
        other => FileTrouble::Workbook(other.to_string()),
    }
}

/// What `&amp;`, `&#20013;` and their like stand for; others are left out.
pub(super) fn push_entity(entity: &BytesRef<'_>, into: &mut String) {
    if let Ok(Some(c)) = entity.resolve_char_ref() {
        into.push(c);
        return;
    }
    let named = [("amp", '&'), ("lt", '<'), ("gt", '>'), ("quot", '"'), ("apos", '\'')];
    let name = entity.xml10_content();
    into.extend(named.iter().find(|(known, _)| *known == name).map(|(_, c)| *c));
}

/// Whether an element has this name, whatever its prefix.
pub(super) fn is(element: &BytesStart<'_>, name: &str) -> bool {
    element.local_name().as_ref() == name
}

/// An attribute by its name, whatever its prefix.
pub(super) fn attribute(element: &BytesStart<'_>, name: &str) -> Option<String> {
    let mut all = element.attributes();
    let all = all.with_checks(false);
    let found = all.flatten().find(|one| one.key.local_name().as_ref() == name)?;
    let value = found.value;
    // Almost no value has an entity.
    if value.contains('&') {
        quick_xml::escape::unescape(&value).ok().map(std::borrow::Cow::into_owned)
    } else {
        Some(value.into_owned())
    }
}

/// A yes/no attribute.
pub(super) fn says_yes(element: &BytesStart<'_>, name: &str) -> bool {
    attribute(element, name).is_some_and(|value| matches!(value.as_str(), "1" | "true" | "on"))
}

/// A number in an attribute.
pub(super) fn number(element: &BytesStart<'_>, name: &str) -> Option<usize> {
    attribute(element, name)?.trim().parse().ok()
}

/// A stream that ends in an error when it unpacks to more than is read, or goes on for too long
/// without a tag: a few kilobytes can hold gigabytes of blanks.
pub(super) struct Limited<R> {
    inner: R,
    left: u64,
    run: usize,
}

impl<R> Limited<R> {
    /// Counts from here on.
    pub fn new(inner: R) -> Self {
        Self { inner, left: MOST_BYTES, run: 0 }
    }
}

impl<R: Read> Read for Limited<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        let piece = buffer.get(..count).unwrap_or_default();
        let too_large = || io::Error::from(io::ErrorKind::FileTooLarge);
        self.left = self.left.checked_sub(count as u64).ok_or_else(too_large)?;
        let before = memchr(b'<', piece).unwrap_or(count);
        if self.run + before > LONGEST_PIECE {
            return Err(too_large());
        }
        self.run = match memrchr(b'<', piece) {
            Some(last) => count - last,
            None => self.run + count,
        };
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_entities() {
        let mut xml = Xml::new(
            "<a><b x:k='1&amp;2'>甲&lt;<i>乙</i>&#x4E19;<![CDATA[<丁>]]></b></a>".as_bytes(),
        );
        assert!(matches!(xml.next(), Ok(Event::Start(_))));
        let Ok(Event::Start(element)) = xml.next() else { panic!() };
        assert_eq!(attribute(&element, "k").as_deref(), Some("1&2"));
        let mut text = String::new();
        xml.text(&mut text).unwrap();
        assert_eq!(text, "甲<乙丙<丁>");
    }

    #[test]
    fn what_has_no_end_is_refused() {
        let long = Xml::new(io::repeat(b' ')).next().map(Event::into_owned);
        assert_eq!(long.unwrap_err(), FileTrouble::TooLarge);
        let cut = Xml::new("<a><b>".as_bytes()).skip();
        assert!(matches!(cut, Ok(()) | Err(FileTrouble::Workbook(_))));
    }
}

//! The records of a part: a number, a length, a body.

use super::super::xml::cut_off;
use crate::exchange::trouble::FileTrouble;
use std::io::{BufRead, BufReader, Read};

pub(super) const ROW: u32 = 0;
pub(super) const CELL_RK: u32 = 2;
pub(super) const CELL_ERROR: u32 = 3;
pub(super) const CELL_BOOL: u32 = 4;
pub(super) const CELL_REAL: u32 = 5;
pub(super) const CELL_TEXT: u32 = 6;
pub(super) const CELL_SHARED: u32 = 7;
pub(super) const FORMULA_TEXT: u32 = 8;
pub(super) const FORMULA_NUMBER: u32 = 9;
pub(super) const FORMULA_BOOL: u32 = 10;
pub(super) const FORMULA_ERROR: u32 = 11;
pub(super) const SHARED_TEXT: u32 = 19;
pub(super) const FORMAT: u32 = 44;
pub(super) const XF: u32 = 47;
pub(super) const COLUMNS: u32 = 60;
pub(super) const CELL_RICH_TEXT: u32 = 62;
pub(super) const END_SHEET: u32 = 130;
pub(super) const END_SHEET_DATA: u32 = 146;
pub(super) const BOOK_PROPERTIES: u32 = 153;
pub(super) const SHEET: u32 = 156;
pub(super) const CALCULATION: u32 = 157;
pub(super) const MERGED: u32 = 176;
pub(super) const BEGIN_CELL_FORMATS: u32 = 617;
pub(super) const END_CELL_FORMATS: u32 = 618;

/// The longest body that is looked into, in bytes: a cell holds 32,767 characters.
const LONGEST_BODY: u64 = 1 << 20;

/// The records of a part, read as a stream.
pub(super) struct Records<R> {
    part: BufReader<R>,
    /// Bytes that may still be read.
    left: u64,
    body: Vec<u8>,
}

impl<R: Read> Records<R> {
    /// From the beginning of a part, with a limit to what it may unpack to.
    pub fn new(part: R, most: u64) -> Self {
        let part = BufReader::with_capacity(1 << 16, part);
        Self { part, left: most, body: Vec::new() }
    }

    /// What may still be read.
    pub fn left(&self) -> u64 {
        self.left
    }

    /// The next record that is wanted, with its number; `None` at the end of the part.
    ///
    /// # Errors
    /// When the part ends in the middle of one, or is too large.
    pub fn next(
        &mut self,
        wanted: impl Fn(u32) -> bool,
    ) -> Result<Option<(u32, Body<'_>)>, FileTrouble> {
        loop {
            let Some(first) = self.byte()? else { return Ok(None) };
            let mut kind = u32::from(first & 0x7F);
            if first & 0x80 != 0 {
                kind |= u32::from(self.byte()?.ok_or_else(cut_off)? & 0x7F) << 7;
            }
            let mut length = 0_u64;
            for place in 0..4 {
                let byte = self.byte()?.ok_or_else(cut_off)?;
                length |= u64::from(byte & 0x7F) << (7 * place);
                if byte & 0x80 == 0 {
                    break;
                }
            }
            if self.left < length {
                return Err(FileTrouble::TooLarge);
            }
            self.left -= length;
            if wanted(kind) && length <= LONGEST_BODY {
                self.body.clear();
                let read = self.part.by_ref().take(length).read_to_end(&mut self.body);
                if read.map_err(|error| trouble(&error))? as u64 != length {
                    return Err(cut_off());
                }
                return Ok(Some((kind, Body(&self.body))));
            }
            if wanted(kind) {
                return Err(FileTrouble::TooLarge);
            }
            self.skip(length)?;
        }
    }

    fn byte(&mut self) -> Result<Option<u8>, FileTrouble> {
        let byte = self.part.fill_buf().map_err(|error| trouble(&error))?.first().copied();
        if byte.is_some() {
            self.part.consume(1);
            self.left = self.left.checked_sub(1).ok_or(FileTrouble::TooLarge)?;
        }
        Ok(byte)
    }

    fn skip(&mut self, mut length: u64) -> Result<(), FileTrouble> {
        while length > 0 {
            let here = self.part.fill_buf().map_err(|error| trouble(&error))?.len();
            if here == 0 {
                return Err(cut_off());
            }
            let now = usize::try_from(length).map_or(here, |length| length.min(here));
            self.part.consume(now);
            length -= now as u64;
        }
        Ok(())
    }
}

fn trouble(error: &std::io::Error) -> FileTrouble {
    FileTrouble::Workbook(error.to_string())
}

/// What is left of a record's body.
#[derive(Clone, Copy)]
pub(super) struct Body<'b>(pub &'b [u8]);

impl<'b> Body<'b> {
    /// The next bytes.
    ///
    /// # Errors
    /// When there are fewer.
    pub fn take<const N: usize>(&mut self) -> Result<[u8; N], FileTrouble> {
        let (now, later) = self.0.split_first_chunk().ok_or_else(too_short)?;
        self.0 = later;
        Ok(*now)
    }

    /// One byte.
    ///
    /// # Errors
    /// When there is none.
    pub fn u8(&mut self) -> Result<u8, FileTrouble> {
        self.take::<1>().map(|[byte]| byte)
    }

    /// Two bytes as a number.
    ///
    /// # Errors
    /// When there are fewer.
    pub fn u16(&mut self) -> Result<u16, FileTrouble> {
        self.take().map(u16::from_le_bytes)
    }

    /// Four bytes as a number.
    ///
    /// # Errors
    /// When there are fewer.
    pub fn u32(&mut self) -> Result<u32, FileTrouble> {
        self.take().map(u32::from_le_bytes)
    }

    /// Four bytes as a place or count.
    ///
    /// # Errors
    /// When there are fewer.
    pub fn place(&mut self) -> Result<usize, FileTrouble> {
        Ok(usize::try_from(self.u32()?).unwrap_or(usize::MAX))
    }

    /// Eight bytes as a binary fraction.
    ///
    /// # Errors
    /// When there are fewer.
    pub fn f64(&mut self) -> Result<f64, FileTrouble> {
        self.take().map(f64::from_le_bytes)
    }

    /// A text after its length, added to another; none where there may be none.
    ///
    /// # Errors
    /// When it is shorter than it says.
    pub fn text(&mut self, into: &mut String) -> Result<(), FileTrouble> {
        let count = self.u32()?;
        if count == u32::MAX {
            return Ok(());
        }
        let bytes = usize::try_from(count).ok().and_then(|count| count.checked_mul(2));
        let split = bytes.and_then(|bytes| self.0.split_at_checked(bytes));
        let (now, later): (&'b [u8], _) = split.ok_or_else(too_short)?;
        self.0 = later;
        let units = now.as_chunks().0.iter().map(|pair| u16::from_le_bytes(*pair));
        let all = char::decode_utf16(units);
        into.extend(all.map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)));
        Ok(())
    }
}

fn too_short() -> FileTrouble {
    FileTrouble::Workbook("a record of it is too short".to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_lengths_of_several_bytes() {
        // Number 617 with 130 bytes, number 4 with one.
        let mut part = vec![0xE9, 0x04, 0x82, 0x01];
        part.extend([7; 130]);
        part.extend([4, 1, 9]);
        let mut records = Records::new(part.as_slice(), 1000);
        let (kind, body) = records.next(|_| true).unwrap().unwrap();
        assert_eq!((kind, body.0.len()), (BEGIN_CELL_FORMATS, 130));
        let (kind, mut body) = records.next(|kind| kind == 4).unwrap().unwrap();
        assert_eq!((kind, body.u8()), (CELL_BOOL, Ok(9)));
        assert!(records.next(|_| true).unwrap().is_none());
        let mut cut = Records::new(part.get(..100).unwrap(), 1000);
        assert_eq!(cut.next(|_| false).map(|_| ()), Err(cut_off()));
        let mut large = Records::new(part.as_slice(), 100);
        assert_eq!(large.next(|_| true).map(|_| ()), Err(FileTrouble::TooLarge));
    }
}

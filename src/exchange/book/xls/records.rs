//! The records a workbook consists of: a number, a length, a body.

use super::super::xml::cut_off;
use crate::exchange::trouble::FileTrouble;

pub(super) const FORMULA: u16 = 0x0006;
pub(super) const EOF: u16 = 0x000A;
pub(super) const DATE_MODE: u16 = 0x0022;
pub(super) const FILE_PASS: u16 = 0x002F;
pub(super) const CONTINUE: u16 = 0x003C;
pub(super) const CODE_PAGE: u16 = 0x0042;
pub(super) const COL_INFO: u16 = 0x007D;
pub(super) const BOUND_SHEET: u16 = 0x0085;
pub(super) const MUL_RK: u16 = 0x00BD;
pub(super) const R_STRING: u16 = 0x00D6;
pub(super) const XF: u16 = 0x00E0;
pub(super) const MERGED_CELLS: u16 = 0x00E5;
pub(super) const SST: u16 = 0x00FC;
pub(super) const LABEL_SST: u16 = 0x00FD;
pub(super) const NUMBER: u16 = 0x0203;
pub(super) const LABEL: u16 = 0x0204;
pub(super) const BOOL_ERR: u16 = 0x0205;
/// A formula, as versions 3 and 4 number it: some programs write it into later files.
pub(super) const FORMULA_3: u16 = 0x0206;
pub(super) const STRING: u16 = 0x0207;
pub(super) const ROW: u16 = 0x0208;
pub(super) const RK: u16 = 0x027E;
pub(super) const FORMULA_4: u16 = 0x0406;
pub(super) const FORMAT: u16 = 0x041E;
pub(super) const BOF: u16 = 0x0809;

/// One record.
#[derive(Clone, Copy)]
pub(super) struct Record<'b> {
    pub kind: u16,
    pub body: &'b [u8],
}

impl Record<'_> {
    /// Two bytes of its body as a number.
    ///
    /// # Errors
    /// When it is too short.
    pub fn u16(&self, at: usize) -> Result<u16, FileTrouble> {
        u16_at(self.body, at).ok_or_else(too_short)
    }

    /// Four bytes of its body as a number.
    ///
    /// # Errors
    /// When it is too short.
    pub fn u32(&self, at: usize) -> Result<u32, FileTrouble> {
        u32_at(self.body, at).ok_or_else(too_short)
    }

    /// Eight bytes of its body.
    ///
    /// # Errors
    /// When it is too short.
    pub fn eight(&self, at: usize) -> Result<[u8; 8], FileTrouble> {
        array_at(self.body, at).ok_or_else(too_short)
    }

    /// True for the records that put something into a cell.
    pub fn is_cell(&self) -> bool {
        matches!(self.kind, LABEL_SST | NUMBER | RK | MUL_RK | LABEL | R_STRING | BOOL_ERR)
            || self.is_formula()
    }

    /// True for a formula.
    pub fn is_formula(&self) -> bool {
        matches!(self.kind, FORMULA | FORMULA_3 | FORMULA_4)
    }
}

/// A record that ends before what it must hold.
pub(super) fn too_short() -> FileTrouble {
    FileTrouble::Workbook("a record of it is too short".to_string())
}

fn array_at<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..)?.first_chunk().copied()
}

/// Two bytes as a number.
pub(super) fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    array_at(bytes, at).map(u16::from_le_bytes)
}

/// Four bytes as a number.
pub(super) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    array_at(bytes, at).map(u32::from_le_bytes)
}

/// The records from a place on.
#[derive(Clone)]
pub(super) struct Records<'b> {
    stream: &'b [u8],
    at: usize,
}

impl<'b> Records<'b> {
    /// From a place of the workbook's stream on.
    pub fn from(stream: &'b [u8], at: usize) -> Self {
        Self { stream, at }
    }

    /// Where the next one begins.
    pub fn at(&self) -> usize {
        self.at
    }

    /// The next one.
    ///
    /// # Errors
    /// At the end of the stream: what is read ends with a record of its own before that.
    pub fn next(&mut self) -> Result<Record<'b>, FileTrouble> {
        self.peek()
            .map(|(record, next)| {
                self.at = next;
                record
            })
            .ok_or_else(cut_off)
    }

    fn peek(&self) -> Option<(Record<'b>, usize)> {
        let kind = u16_at(self.stream, self.at)?;
        let length = usize::from(u16_at(self.stream, self.at.checked_add(2)?)?);
        let start = self.at.checked_add(4)?;
        let end = start.checked_add(length)?;
        Some((Record { kind, body: self.stream.get(start..end)? }, end))
    }

    /// The body of the record just read from a place on, and the records that continue it.
    pub fn pieces(&self, record: &Record<'b>, skip: usize) -> Pieces<'b> {
        let piece = record.body.get(skip..).unwrap_or_default();
        Pieces { piece, behind: self.clone() }
    }
}

/// What a record holds, over the records that continue it: no record is longer than a few
/// kilobytes.
pub(super) struct Pieces<'b> {
    piece: &'b [u8],
    behind: Records<'b>,
}

impl<'b> Pieces<'b> {
    /// What is left of the present piece.
    pub fn here(&self) -> &'b [u8] {
        self.piece
    }

    /// Goes on to the next piece; `None` after the last one.
    pub fn turn(&mut self) -> Option<()> {
        let (record, next) = self.behind.peek().filter(|(record, _)| record.kind == CONTINUE)?;
        self.behind.at = next;
        self.piece = record.body;
        Some(())
    }

    /// True when nothing is left.
    pub fn at_end(&mut self) -> bool {
        while self.piece.is_empty() {
            if self.turn().is_none() {
                return true;
            }
        }
        false
    }

    /// The next bytes, as many as this piece has of those wanted; `None` at the end.
    pub fn some(&mut self, wanted: usize) -> Option<&'b [u8]> {
        if self.at_end() {
            return None;
        }
        let (now, later) = self.piece.split_at_checked(wanted.min(self.piece.len()))?;
        self.piece = later;
        Some(now)
    }

    /// One byte.
    pub fn u8(&mut self) -> Option<u8> {
        self.some(1)?.first().copied()
    }

    /// Two bytes as a number.
    pub fn u16(&mut self) -> Option<u16> {
        Some(u16::from_le_bytes([self.u8()?, self.u8()?]))
    }

    /// Four bytes as a number.
    pub fn u32(&mut self) -> Option<u32> {
        Some(u32::from(self.u16()?) | u32::from(self.u16()?) << 16)
    }

    /// Passes over bytes.
    pub fn skip(&mut self, mut count: usize) -> Option<()> {
        while count > 0 {
            count -= self.some(count)?.len();
        }
        Some(())
    }
}

//! What the workbook's cell formats show.

use super::super::formats::Shows;
use super::super::xml::{Xml, attribute, is, number};
use crate::exchange::trouble::FileTrouble;
use quick_xml::events::Event;
use std::collections::HashMap;
use std::io::Read;

/// The cell formats by number.
#[derive(Default)]
pub(super) struct Styles {
    formats: Vec<Shows>,
}

impl Styles {
    /// Reads the part of styles.
    ///
    /// # Errors
    /// When it is damaged or too large.
    pub fn read(part: impl Read) -> Result<Self, FileTrouble> {
        let mut part = Xml::new(part);
        let mut codes: HashMap<usize, Shows> = HashMap::new();
        let mut styles = Self::default();
        let mut in_cells = false;
        loop {
            match part.next()? {
                Event::Start(element) if is(&element, "numFmt") => {
                    let code = attribute(&element, "formatCode");
                    if let (Some(id), Some(code)) = (number(&element, "numFmtId"), code) {
                        codes.insert(id, Shows::of_code(&code));
                    }
                }
                Event::Start(element) if is(&element, "cellXfs") => in_cells = true,
                Event::End(element) if element.local_name().as_ref() == "cellXfs" => {
                    in_cells = false;
                }
                Event::Start(element) if in_cells && is(&element, "xf") => {
                    let id = number(&element, "numFmtId").unwrap_or(0);
                    let built_in = || u16::try_from(id).map(Shows::built_in).unwrap_or_default();
                    styles.formats.push(codes.get(&id).copied().unwrap_or_else(built_in));
                }
                Event::Eof => return Ok(styles),
                _ => {}
            }
        }
    }

    /// What cells of this format show.
    pub fn shows(&self, style: usize) -> Shows {
        self.formats.get(style).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_among_formats() {
        let part = "<styleSheet><numFmts><numFmt numFmtId=\"176\" formatCode=\"yyyy&quot;年&quot;\"/>\
            </numFmts><cellStyleXfs><xf numFmtId=\"14\"/></cellStyleXfs>\
            <cellXfs><xf numFmtId=\"0\"/><xf numFmtId=\"14\"/><xf numFmtId=\"176\"/></cellXfs></styleSheet>";
        let styles = Styles::read(part.as_bytes()).unwrap();
        let all: Vec<Shows> = (0..4).map(|style| styles.shows(style)).collect();
        assert_eq!(all, [Shows::Number, Shows::Moment, Shows::Moment, Shows::Number]);
    }
}

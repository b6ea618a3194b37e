//! Which of the workbook's cell formats are days.

use super::super::FileTrouble;
use super::super::formats::{is_built_in_date, is_date_code};
use super::super::xml::{Xml, attribute, is, number};
use quick_xml::events::Event;
use std::collections::HashMap;
use std::io::Read;

/// The cell formats by number.
#[derive(Default)]
pub(super) struct Styles {
    dates: Vec<bool>,
}

impl Styles {
    /// Reads the part of styles.
    ///
    /// # Errors
    /// When it is damaged or too large.
    pub fn read(part: impl Read) -> Result<Self, FileTrouble> {
        let mut part = Xml::new(part);
        let mut codes: HashMap<usize, bool> = HashMap::new();
        let mut styles = Self::default();
        let mut in_cells = false;
        loop {
            match part.next()? {
                Event::Start(element) if is(&element, "numFmt") => {
                    let code = attribute(&element, "formatCode");
                    if let (Some(id), Some(code)) = (number(&element, "numFmtId"), code) {
                        codes.insert(id, is_date_code(&code));
                    }
                }
                Event::Start(element) if is(&element, "cellXfs") => in_cells = true,
                Event::End(element) if element.local_name().as_ref() == "cellXfs" => {
                    in_cells = false;
                }
                Event::Start(element) if in_cells && is(&element, "xf") => {
                    let id = number(&element, "numFmtId").unwrap_or(0);
                    let built_in = || u16::try_from(id).is_ok_and(is_built_in_date);
                    styles.dates.push(codes.get(&id).copied().unwrap_or_else(built_in));
                }
                Event::Eof => return Ok(styles),
                _ => {}
            }
        }
    }

    /// Whether cells of this format are days or moments.
    pub fn is_date(&self, style: usize) -> bool {
        self.dates.get(style).copied().unwrap_or(false)
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
        let all: Vec<bool> = (0..4).map(|style| styles.is_date(style)).collect();
        assert_eq!(all, [false, true, true, false]);
    }
}

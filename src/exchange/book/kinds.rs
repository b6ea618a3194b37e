//! What a file is, by its first bytes: names tell little, since web systems call anything ".xls".

use super::xlsx::parts::damaged;
use crate::exchange::trouble::FileTrouble;
use crate::words::Said;

/// A table file that is not text with separators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Made {
    /// Office Open XML.
    Xlsx,
    /// The binary form of it.
    Xlsb,
    /// OpenDocument.
    Ods,
    /// BIFF in a compound file.
    Xls,
    /// A web page with tables.
    Html,
    /// The XML of Excel 2002 and 2003.
    Xml2003,
}

/// How far a file is looked into for what it is.
const LOOKED_AT: usize = 4096;

const COMPOUND: &[u8] = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1";

/// What a file is; `None` for text with separators, or what can only be that.
///
/// # Errors
/// [`FileTrouble::Foreign`] for files of other kinds, by name.
pub(super) fn kind_of(bytes: &[u8]) -> Result<Option<Made>, FileTrouble> {
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06") {
        return zipped(bytes).map(Some);
    }
    if bytes.starts_with(COMPOUND) {
        return Ok(Some(Made::Xls));
    }
    if let Some(foreign) = foreign(bytes) {
        return Err(foreign);
    }
    let head = head(bytes);
    let is_book = ["workbook", "ss:workbook"].iter().any(|tag| has_tag(&head, tag));
    if is_book && head.contains("urn:schemas-microsoft-com:office:spreadsheet") {
        return Ok(Some(Made::Xml2003));
    }
    if head.starts_with("mime-version:") || head.contains("content-type: multipart/related") {
        return Err(save_as(
            "这是网页归档（MHTML）文件，不是表格。",
            "This is a web archive (MHTML), not a table.",
        ));
    }
    let tags = [
        "html",
        "table",
        "!doctype html",
        "head",
        "body",
        "meta",
        "style",
        "title",
        "script",
        "tr",
        "thead",
        "tbody",
        "caption",
        "colgroup",
        "div",
        "center",
    ];
    if head.starts_with('<') && tags.iter().any(|tag| has_tag(&head, tag)) {
        return Ok(Some(Made::Html));
    }
    if head.starts_with("<?xml") {
        return Err(save_as(
            "这是 XML 文件，不是认识的表格格式。",
            "This is XML, and no form of table that is known.",
        ));
    }
    Ok(None)
}

/// The beginning of a text in small letters, whatever it is encoded in: tags are plain letters.
fn head(bytes: &[u8]) -> String {
    let start = bytes.get(..LOOKED_AT.min(bytes.len())).unwrap_or_default();
    // In UTF-16 every other byte of a tag is nothing.
    let plain: Vec<u8> = start.iter().copied().filter(|byte| *byte != 0 && *byte < 0x80).collect();
    String::from_utf8_lossy(&plain).trim_start().to_ascii_lowercase()
}

fn has_tag(head: &str, tag: &str) -> bool {
    let open = format!("<{tag}");
    head.match_indices(&open).any(|(at, _)| {
        let behind = head.get(at + open.len()..).and_then(|rest| rest.chars().next());
        behind.is_none_or(|c| c.is_whitespace() || matches!(c, '>' | '/'))
    })
}

/// What a ZIP file holds, by the names in its directory.
fn zipped(bytes: &[u8]) -> Result<Made, FileTrouble> {
    let archive = zip::ZipArchive::new(std::io::Cursor::new(bytes));
    let archive = archive.map_err(|error| damaged(&error))?;
    let names: Vec<_> = archive.file_names().filter_map(Result::ok).collect();
    let has = |wanted: &str| names.iter().any(|name| name.eq_ignore_ascii_case(wanted));
    let under = |folder: &str| names.iter().any(|name| name.starts_with(folder));
    if has("xl/workbook.bin") {
        Ok(Made::Xlsb)
    } else if has("xl/workbook.xml") || under("xl/") {
        Ok(Made::Xlsx)
    } else if has("content.xml") && has("mimetype") {
        Ok(Made::Ods)
    } else if has("encrypted-package") {
        // OpenDocument as a whole under a password.
        Err(FileTrouble::Password)
    } else if under("word/") {
        Err(save_as("这是 Word 文档，不是表格。", "This is a Word document, not a table."))
    } else if under("ppt/") {
        Err(save_as("这是演示文稿，不是表格。", "These are slides, not a table."))
    } else if has("_rels/.rels") || has("[Content_Types].xml") {
        // The main part may have any name; the reader looks for it.
        Ok(Made::Xlsx)
    } else if archive.is_empty() {
        Err(FileTrouble::Empty)
    } else {
        Err(FileTrouble::Foreign(
            Said::fixed("这是压缩包，不是表格。", "This is a ZIP archive, not a table."),
            Said::fixed(
                "请先解压，再导入里面的表格文件。",
                "Unpack it and import the table inside.",
            ),
        ))
    }
}

/// Files people take for a table by mistake.
fn foreign(bytes: &[u8]) -> Option<FileTrouble> {
    let known: [(&[u8], &'static str, &'static str); 11] = [
        (b"%PDF", "这是 PDF 文件，不是表格。", "This is a PDF file, not a table."),
        (b"{\\rtf", "这是 RTF 文档，不是表格。", "This is an RTF document, not a table."),
        (b"\x89PNG", "这是图片，不是表格。", "This is a picture, not a table."),
        (b"\xFF\xD8\xFF", "这是图片，不是表格。", "This is a picture, not a table."),
        (b"GIF8", "这是图片，不是表格。", "This is a picture, not a table."),
        (b"Rar!", "这是压缩包，不是表格。", "This is an archive, not a table."),
        (b"7z\xBC\xAF", "这是压缩包，不是表格。", "This is an archive, not a table."),
        (b"\x1F\x8B", "这是压缩包，不是表格。", "This is an archive, not a table."),
        (b"ID;P", "这是 SYLK 格式的表格，读不了。", "This is a SYLK file, which is not read."),
        (b"SQLite format 3", "这是数据库文件，不是表格。", "This is a database, not a table."),
        (b"\x09\x08\x10\x00", "这是很旧的 Excel 格式。", "This is a very old form of Excel file."),
    ];
    let dif =
        ["TABLE\r\n0,1", "TABLE\n0,1"].iter().any(|start| bytes.starts_with(start.as_bytes()));
    if dif {
        return Some(save_as(
            "这是 DIF 格式的表格，读不了。",
            "This is a DIF file, which is not read.",
        ));
    }
    let old = matches!(bytes, [0x09, 0x00 | 0x02 | 0x04, 0x04 | 0x06, 0x00, ..]);
    let found = known.iter().find(|(mark, ..)| bytes.starts_with(mark));
    let found = found.or_else(|| if old { known.last() } else { None });
    found.map(|(_, zh, en)| save_as(zh, en))
}

pub(super) fn save_as(zh: &'static str, en: &'static str) -> FileTrouble {
    FileTrouble::Foreign(
        Said::fixed(zh, en),
        Said::fixed(
            "请用表格软件打开，另存为 XLSX 或 CSV 再导入。",
            "Open it in a spreadsheet program, save it as XLSX or CSV and import that.",
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_named_for_what_they_are() {
        let what = |bytes: &[u8]| match kind_of(bytes) {
            Err(FileTrouble::Foreign(said, _)) => said.en.into_owned(),
            other => format!("{other:?}"),
        };
        assert!(what(b"%PDF-1.7").contains("PDF"));
        assert!(what(b"MIME-Version: 1.0\r\nContent-Type: multipart/related").contains("MHTML"));
        assert!(what(b"<?xml version=\"1.0\"?><other/>").contains("XML"));
        assert_eq!(kind_of("姓名,备注\n".as_bytes()), Ok(None));
        assert_eq!(kind_of(b"<table border=1>"), Ok(Some(Made::Html)));
        assert_eq!(kind_of(b"\xEF\xBB\xBF <!DOCTYPE html><html>"), Ok(Some(Made::Html)));
        // A list whose first cell is in angle brackets is no page.
        assert_eq!(kind_of("<tablet>,b\n".as_bytes()), Ok(None));
        let wide: Vec<u8> =
            "\u{FEFF}<html><table>".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(kind_of(&wide), Ok(Some(Made::Html)));
    }
}

//! The compound file an old workbook is in, and what else such files hold.

use super::super::kinds::save_as;
use crate::exchange::trouble::FileTrouble;
use std::io::{Cursor, Read};
use std::sync::Arc;

/// An MSI package: it has no stream with a name of its own.
const INSTALLER: u128 = 0x000C_1084_0000_0000_C000_0000_0000_0046;

type Compound = cfb::CompoundFile<Cursor<Arc<[u8]>>>;

/// The records of a workbook.
///
/// # Errors
/// When the file is damaged, has a password, or belongs to another program.
pub(super) fn workbook_stream(bytes: Arc<[u8]>) -> Result<Vec<u8>, FileTrouble> {
    let most = bytes.len() as u64;
    let damaged = |error: std::io::Error| FileTrouble::Workbook(error.to_string());
    let mut file: Compound = cfb::CompoundFile::open(Cursor::new(bytes)).map_err(damaged)?;
    // A file for two versions of Excel has both; the newer one tells more.
    let found = ["Workbook", "Book"].into_iter().find(|name| file.is_stream(name));
    let Some(name) = found else { return Err(other_program(&file)) };
    let mut stream = file.open_stream(name).map_err(damaged)?;
    if stream.len() > most {
        return Err(FileTrouble::Workbook("it is shorter than it says".to_string()));
    }
    let mut records = Vec::new();
    stream.read_to_end(&mut records).map_err(damaged)?;
    Ok(records)
}

/// What a compound file without a workbook is.
fn other_program(file: &Compound) -> FileTrouble {
    if file.exists("EncryptedPackage") {
        return FileTrouble::Password;
    }
    let known = [
        ("WordDocument", "这是 Word 文档，不是表格。", "This is a Word document, not a table."),
        ("PowerPoint Document", "这是演示文稿，不是表格。", "These are slides, not a table."),
        ("__properties_version1.0", "这是邮件，不是表格。", "This is an e-mail, not a table."),
        ("VisioDocument", "这是 Visio 图，不是表格。", "This is a Visio drawing, not a table."),
    ];
    let found = known.iter().find(|(name, ..)| file.exists(name));
    if let Some((_, zh, en)) = found {
        return save_as(zh, en);
    }
    if file.root_entry().clsid().as_u128() == INSTALLER {
        return save_as("这是安装包，不是表格。", "This is an installer, not a table.");
    }
    save_as(
        "这是别的程序的文件，里面没有工作簿。",
        "This is a file of another program, without a workbook in it.",
    )
}

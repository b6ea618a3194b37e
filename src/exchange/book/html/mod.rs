//! HTML: tables of a web page. Government systems write such pages every day and call them ".xls".
//!
//! Tags are read one by one and told to a small machine that knows tables, rows and cells; the page
//! is never built. Sheets are counted in the order in which their first cell with content ends, so
//! that one pass gives the rows of a sheet and ends after its last one.

mod excel;
mod machine;
mod style;
mod table;
mod words;

use super::cell::{SheetHead, SheetRow, Source};
use super::markup::Markup;
use crate::exchange::trouble::FileTrouble;
use crate::said;
use crate::words::Said;
use html5gum::emitters::callback::CallbackEmitter;
use html5gum::{IoReader, Tokenizer};
use machine::{Hearer, Machine};
use std::sync::Arc;

/// A web page.
#[derive(Debug)]
pub(super) struct Html {
    page: Markup,
}

impl Html {
    /// Finds out what the page is written in.
    ///
    /// # Errors
    /// When it is in no encoding.
    pub fn open(bytes: Arc<[u8]>) -> Result<Self, FileTrouble> {
        Ok(Self { page: Markup::open(bytes)? })
    }

    /// Has the machine go through the page, or as far as it wants to.
    fn run(&self, machine: &mut Machine<'_>) -> Result<(), FileTrouble> {
        let mut emitter = CallbackEmitter::new(Hearer(machine));
        emitter.naively_switch_states(true);
        let mut tags = Tokenizer::new_with_emitter(IoReader::new(self.page.reader()), emitter);
        // The machine answers only when it has heard enough.
        if let Some(Err(_)) = tags.next() {
            return Err(FileTrouble::Unreadable);
        }
        drop(tags);
        machine.finish()
    }
}

impl Source for Html {
    fn sheets(&mut self) -> Result<Vec<SheetHead>, FileTrouble> {
        let mut nobody = |_: SheetRow| false;
        let mut machine = Machine::new(None, &mut nobody);
        self.run(&mut machine)?;
        let frame = machine.frame.take();
        let heads = machine.heads();
        if heads.is_empty() {
            Err(frame.map_or_else(no_table, |page| frames(&page)))
        } else {
            Ok(heads)
        }
    }

    fn rows(
        &mut self,
        sheet: usize,
        each: &mut dyn FnMut(SheetRow) -> bool,
    ) -> Result<(), FileTrouble> {
        self.run(&mut Machine::new(Some(sheet), each))
    }
}

/// A page that has nothing to be read as rows.
fn no_table() -> FileTrouble {
    FileTrouble::Foreign(
        Said::fixed("这是网页，里面没有表格。", "This is a web page without a table."),
        Said::fixed(
            "多半是系统的登录页或出错页被存成了文件：请重新登录系统再导出一次；在浏览器里能看到名单的，请复制到表格软件，存成 XLSX 再导入。",
            "Often it is the login page or an error page of the system it was exported from: log in and export it again. If a browser shows the list, copy it to a spreadsheet program, save it as XLSX and import that.",
        ),
    )
}

/// A page of frames: the tables are in files beside it.
fn frames(page: &str) -> FileTrouble {
    let shown: String = page.chars().filter(|c| !c.is_control()).take(80).collect();
    let what = if shown.is_empty() {
        Said::fixed(
            "这是网页的外框，表格在旁边的文件夹里。",
            "This page is only a frame; the table is in the folder beside it.",
        )
    } else {
        said!(
            "这是网页的外框，表格在旁边的 {shown} 里。",
            "This page is only a frame; the table is in {shown} beside it."
        )
    };
    FileTrouble::Foreign(
        what,
        Said::fixed(
            "请导入那个文件，或用表格软件打开本文件，另存为 XLSX 再导入。",
            "Import that file, or open this one in a spreadsheet program, save it as XLSX and import that.",
        ),
    )
}

#[cfg(test)]
mod tests;

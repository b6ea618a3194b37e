//! The machine that hears the tags of a page and knows its tables.

use super::super::cell::{SheetHead, SheetRow};
use super::excel::Given;
use super::style::{Look, Styles};
use super::table::{OpenCell, Place, Table};
use super::words::Words;
use crate::exchange::limits::MOST_ROWS;
use crate::exchange::trouble::FileTrouble;
use crate::said;
use crate::words::Said;
use html5gum::Span;
use html5gum::emitters::callback::{Callback, CallbackEvent};

/// Tables inside one another that are told apart; what is deeper is text of the last.
const DEEPEST: usize = 64;

/// Tables with content that are sheets: each is looked for from the beginning of the page.
pub(super) const MOST_SHEETS: usize = 1_000;

/// The attributes that are read.
const READ: &[&str] = &[
    "class", "style", "hidden", "colspan", "rowspan", "span", "src", "type", "value", "selected",
    "x:num", "x:str", "x:fmla", "x:bool", "x:err", "sdval", "sdnum",
];

/// A tag with those of its attributes that are read.
#[derive(Debug, Default)]
struct Tag {
    name: String,
    attributes: Vec<(&'static str, String)>,
    /// True while the value of the last one is awaited.
    awaited: bool,
}

impl Tag {
    fn begin(&mut self, name: &[u8]) {
        self.name.clear();
        self.name.push_str(&String::from_utf8_lossy(name));
        self.attributes.clear();
        self.awaited = false;
    }

    fn attribute(&mut self, name: &[u8]) {
        let known = READ.iter().find(|known| known.as_bytes() == name);
        // Of two the first counts.
        let known = known.filter(|known| self.get(known).is_none());
        self.awaited = known.is_some();
        self.attributes.extend(known.map(|known| (*known, String::new())));
    }

    fn value(&mut self, value: &[u8]) {
        if std::mem::take(&mut self.awaited)
            && let Some((_, last)) = self.attributes.last_mut()
        {
            last.push_str(&String::from_utf8_lossy(value));
        }
    }

    fn get(&self, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// What is heard of a page, and what has been made of it.
pub(super) struct Machine<'e> {
    /// The sheet whose rows are wanted; none when only the sheets are.
    wanted: Option<usize>,
    each: &'e mut dyn FnMut(SheetRow) -> bool,
    tag: Tag,
    styles: Styles,
    in_style: bool,
    /// Open tables, the innermost last, and how many deeper ones are open.
    tables: Vec<Table>,
    deeper: usize,
    /// Outside of all tables.
    page: Words,
    /// The sheets found.
    found: Vec<SheetHead>,
    /// Names of sheets told in comments for Excel, and one being told.
    names: Vec<String>,
    naming: bool,
    /// The page that a frame shows.
    pub frame: Option<String>,
    rows: usize,
    over: Option<Result<(), FileTrouble>>,
}

impl<'e> Machine<'e> {
    /// A machine that hands the rows of a sheet to `each`, or finds the sheets only.
    pub fn new(wanted: Option<usize>, each: &'e mut dyn FnMut(SheetRow) -> bool) -> Self {
        Self {
            wanted,
            each,
            tag: Tag::default(),
            styles: Styles::default(),
            in_style: false,
            tables: Vec::new(),
            deeper: 0,
            page: Words::unheard(true),
            found: Vec::new(),
            names: Vec::new(),
            naming: false,
            frame: None,
            rows: 0,
            over: None,
        }
    }

    /// The page has ended, or enough of it has been heard.
    pub fn finish(&mut self) -> Result<(), FileTrouble> {
        while self.over.is_none() && !self.tables.is_empty() {
            self.close_table();
        }
        self.over.take().unwrap_or(Ok(()))
    }

    /// The sheets with their names.
    pub fn heads(self) -> Vec<SheetHead> {
        let mut heads = self.found;
        let told = self.names.len() == heads.len();
        let single = heads.len() == 1;
        for at in 0..heads.len() {
            let name = heads.get(at).map(|head| head.name.clone()).unwrap_or_default();
            let name = match self.names.get(at).filter(|_| told) {
                Some(told) if name.is_empty() => told.clone(),
                _ if name.is_empty() && !single => (at + 1).to_string(),
                _ => name,
            };
            let before = heads.get(..at).unwrap_or_default();
            let twice = !single && before.iter().any(|head| head.name == name);
            let name = if twice { format!("{name} ({})", at + 1) } else { name };
            if let Some(head) = heads.get_mut(at) {
                head.name = name;
            }
        }
        heads
    }

    fn words(&mut self) -> Option<&mut Words> {
        match self.tables.last_mut() {
            Some(table) => table.words(),
            None => Some(&mut self.page),
        }
    }

    fn look(&self, tag: &Tag) -> Look {
        let look = self.styles.look(&tag.name, tag.get("class"), tag.get("style"));
        if tag.get("hidden").is_some() { look.taken_off() } else { look }
    }

    fn start(&mut self, tag: &Tag, closed: bool) {
        match tag.name.as_str() {
            "table" => self.begin_table(tag),
            "caption" | "colgroup" | "col" | "thead" | "tbody" | "tfoot" | "tr" | "td" | "th" => {
                self.begin_part(tag);
            }
            "style" => self.in_style = true,
            "x:name" => self.naming = true,
            "frame" | "frameset" => {
                let known = self.frame.take().filter(|known| !known.is_empty());
                self.frame = known.or(Some(tag.get("src").unwrap_or_default().to_string()));
            }
            "option" => {
                let chosen = tag.get("selected").is_some();
                self.words().into_iter().for_each(|words| words.option(chosen));
            }
            "input" => self.input(tag),
            name => {
                let look = self.look(tag);
                self.words().into_iter().for_each(|words| words.start(name, look, closed));
            }
        }
        // How a raw text is shown is told to the words too.
        if tag.name == "style" {
            self.words()
                .into_iter()
                .for_each(|words| words.start("style", Look::default(), closed));
        }
    }

    /// What is in a field to be filled in is text on the page.
    fn input(&mut self, tag: &Tag) {
        let kind = tag.get("type").unwrap_or("text").trim().to_ascii_lowercase();
        let typed = ["", "text", "date", "month", "number", "tel", "email", "search"];
        if typed.contains(&kind.as_str()) && !self.look(tag).gone() {
            let value = tag.get("value").unwrap_or_default();
            self.words().into_iter().for_each(|words| words.push(value));
        }
    }

    fn begin_table(&mut self, tag: &Tag) {
        if self.deeper > 0 || self.tables.len() >= DEEPEST {
            self.deeper += 1;
            return;
        }
        // Between two cells there can be no table: it is the next one.
        if self.tables.last_mut().is_some_and(|outer| outer.words().is_none()) {
            self.close_table();
        }
        let outer = self.tables.last();
        let in_hidden = outer.is_some_and(|outer| {
            let row = outer.row.as_ref().is_some_and(|row| row.hidden);
            outer.hidden || row || outer.cell.as_ref().is_some_and(|cell| cell.gone)
        });
        let unseen = self.words().is_some_and(|words| {
            words.line();
            words.is_unseen()
        });
        let hidden = self.look(tag).hidden() || in_hidden || unseen;
        self.tables.push(Table::new(hidden));
    }

    /// A part of a table begins. Without a table there is one: some pages leave the tag out.
    fn begin_part(&mut self, tag: &Tag) {
        if self.deeper > 0 {
            self.words().into_iter().for_each(Words::line);
            return;
        }
        if self.tables.is_empty() {
            let hidden = self.page.is_unseen();
            self.tables.push(Table::new(hidden));
        }
        let look = self.look(tag);
        self.close_cell();
        if !matches!(tag.name.as_str(), "td" | "th") {
            self.close_row();
        }
        let wanted = self.wanted;
        let Some(table) = self.tables.last_mut() else { return };
        let deaf = table.sheet.is_some() && table.sheet != wanted;
        match tag.name.as_str() {
            "caption" => table.open_caption = Some(Words::default()),
            "colgroup" => table.column_group(tag.get("span"), look.hidden()),
            "col" => table.columns(tag.get("span"), look.hidden()),
            "tr" => table.begin_row(look.hidden()),
            "td" | "th" => {
                if table.row.is_none() {
                    table.begin_row(false);
                }
                let mut given = Given { shows: look.shows, ..Given::default() };
                for (name, value) in &tag.attributes {
                    given.take(name, value);
                }
                let words = Words::unheard(deaf);
                let (gone, spread) = (look.gone(), look.spread);
                let mut cell = OpenCell { gone, spread, given, words, ..OpenCell::default() };
                if look.kept {
                    cell.words.start("pre", Look::default(), false);
                }
                table.begin_cell(cell, tag.get("colspan"), tag.get("rowspan"));
            }
            _ => {
                table.end_column_group();
                table.section(look.hidden());
            }
        }
    }

    fn end(&mut self, name: &str) {
        match name {
            "style" => self.in_style = false,
            "x:name" => self.naming = false,
            _ => {}
        }
        match name {
            "table" if self.deeper > 0 => self.deeper -= 1,
            "table" => self.close_table(),
            "td" | "th" | "tr" | "thead" | "tbody" | "tfoot" | "caption" if self.deeper > 0 => {}
            "td" | "th" | "caption" => self.close_cell(),
            "tr" => self.close_row(),
            "thead" | "tbody" | "tfoot" => {
                self.close_row();
                self.tables.iter_mut().last().into_iter().for_each(|table| table.section(false));
            }
            "colgroup" => {
                self.tables.iter_mut().last().into_iter().for_each(Table::end_column_group);
            }
            name => self.words().into_iter().for_each(|words| words.end(name)),
        }
    }

    fn text(&mut self, text: &str) {
        if self.in_style {
            self.styles.read(text);
        }
        if self.naming && self.names.len() <= MOST_SHEETS {
            self.names.push(text.trim().to_string());
        }
        self.words().into_iter().for_each(|words| words.push(text));
    }

    /// Excel tells the names of sheets in a comment.
    fn comment(&mut self, text: &str) {
        if text.starts_with("[if") {
            for piece in text.split("<x:Name>").skip(1).take(MOST_SHEETS) {
                let name = piece.split("</x:Name>").next().unwrap_or_default();
                self.names.push(quick_xml::escape::unescape(name).unwrap_or_default().into_owned());
            }
        }
    }

    fn close_cell(&mut self) {
        let Some(table) = self.tables.last_mut() else { return };
        if let Some(caption) = table.open_caption.take() {
            table.caption.push_str(&caption.finish());
        }
        let Some(cell) = table.cell.take().filter(|cell| !cell.gone) else { return };
        let place = Place::of(&cell);
        let value = cell.given.cell(cell.words.finish());
        if table.sheet.is_none() && !value.is_blank() {
            if self.found.len() >= MOST_SHEETS {
                self.over = Some(Err(too_many_tables()));
                return;
            }
            table.sheet = Some(self.found.len());
            self.found.push(SheetHead::default());
        }
        if table.sheet.is_some() && table.sheet == self.wanted {
            let put = table.put(&place, value);
            self.fail(put);
        }
    }

    fn fail(&mut self, result: Result<(), FileTrouble>) {
        if let Err(trouble) = result
            && self.over.is_none()
        {
            self.over = Some(Err(trouble));
        }
    }

    fn close_row(&mut self) {
        self.close_cell();
        let Some(table) = self.tables.last_mut() else { return };
        let Some(mut row) = table.row.take() else { return };
        if table.sheet.is_none() || table.sheet != self.wanted || self.over.is_some() {
            return;
        }
        table.merges.fill(&mut row);
        if row.is_blank() {
            return;
        }
        self.rows += 1;
        if self.rows > MOST_ROWS {
            self.over = Some(Err(FileTrouble::TooLong));
        } else if !(self.each)(row) {
            self.over = Some(Ok(()));
        }
    }

    fn close_table(&mut self) {
        self.close_row();
        let Some(mut table) = self.tables.pop() else { return };
        table.end_column_group();
        self.words().into_iter().for_each(Words::line);
        let Some(sheet) = table.sheet else { return };
        if let Some(head) = self.found.get_mut(sheet) {
            head.name = table.caption.split_whitespace().collect::<Vec<_>>().join(" ");
            head.hidden = table.hidden;
            head.hidden_columns = table.hidden_columns;
        }
        if Some(sheet) == self.wanted && self.over.is_none() {
            self.over = Some(Ok(()));
        }
    }
}

/// Passes on what is heard, and says when it is enough.
pub(super) struct Hearer<'m, 'e>(pub &'m mut Machine<'e>);

impl Callback<(), ()> for Hearer<'_, '_> {
    fn handle_event(&mut self, event: CallbackEvent<'_>, _: Span<()>) -> Option<()> {
        let machine = &mut *self.0;
        if machine.over.is_some() {
            return Some(());
        }
        match event {
            CallbackEvent::OpenStartTag { name } => machine.tag.begin(name),
            CallbackEvent::AttributeName { name } => machine.tag.attribute(name),
            CallbackEvent::AttributeValue { value } => machine.tag.value(value),
            CallbackEvent::CloseStartTag { self_closing } => {
                let tag = std::mem::take(&mut machine.tag);
                machine.start(&tag, self_closing);
                machine.tag = tag;
            }
            CallbackEvent::EndTag { name } => machine.end(&String::from_utf8_lossy(name)),
            CallbackEvent::String { value } => machine.text(&String::from_utf8_lossy(value)),
            CallbackEvent::Comment { value } => machine.comment(&String::from_utf8_lossy(value)),
            CallbackEvent::Doctype { .. } | CallbackEvent::Error(_) => {}
        }
        machine.over.is_some().then_some(())
    }
}

/// More tables than are sheets of a list.
fn too_many_tables() -> FileTrouble {
    FileTrouble::Foreign(
        said!(
            "这个网页里的表格超过 {} 个，不像一份名单。",
            "This page has more than {} tables, which no list has.",
            MOST_SHEETS
        ),
        Said::fixed(
            "请在系统里导出成一张表，或复制到表格软件合成一张表再导入。",
            "Export it as a single table, or put it together in a spreadsheet program, and import that.",
        ),
    )
}

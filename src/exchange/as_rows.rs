//! Rows of a table inside records: each finds its record by number and is added to it once.

use super::book::SheetRow;
use super::earlier::Lazily;
use super::number_key::number_key;
use super::own::Elsewhere;
use super::reading::RowReader;
use super::report::{Fault, Place};
use super::run::{ReadRow, Run, Way};
use super::target::NUMBER;
use crate::office::{Command, Office, Refusal};
use crate::program::{Field, FieldType, Kind, same_value};
use crate::record::{Fields, RecordId, Row, Value};
use crate::said;
use crate::words::{Lang, Said};
use std::collections::HashMap;
use std::mem::take;

/// The column that tells the people of a household apart.
const ID_NUMBER: &str = "id_number";

/// A record rows are added to.
struct Holder {
    /// Rows it has, and those of this file before, with the place of the latter.
    rows: Vec<(Fields, Option<Place>)>,
    /// Rows that wait for the next batch.
    waiting: Vec<(SheetRow, Fields)>,
}

/// Taking rows in as rows of a table.
pub(super) struct AsRows<'a> {
    office: &'a Office,
    kind: &'a Kind,
    table: &'a Field,
    holders: HashMap<RecordId, Holder>,
    /// Records with rows that wait, in the order of the file.
    turn: Vec<RecordId>,
    waiting: usize,
    /// Numbers looked up.
    found: HashMap<String, Option<RecordId>>,
    /// Records by the field their rows may name them by.
    elsewhere: Elsewhere,
    refused: Lazily,
}

impl<'a> AsRows<'a> {
    pub fn new(office: &'a Office, kind: &'a Kind, table: &'a Field) -> Self {
        Self {
            office,
            kind,
            table,
            holders: HashMap::new(),
            turn: Vec::new(),
            waiting: 0,
            found: HashMap::new(),
            elsewhere: Elsewhere::default(),
            refused: Lazily::default(),
        }
    }
}

impl Way for AsRows<'_> {
    fn row(
        &mut self,
        reader: &RowReader<'_>,
        read: &mut ReadRow,
        run: &mut Run<'_>,
    ) -> Result<(), Refusal> {
        let (row, mut entered) = (&mut read.row, take(&mut read.entered));
        let mut faults = take(&mut entered.faults);
        let whole_row = faults.iter().any(|fault| fault.at.is_none());
        let id = match &entered.number {
            Some(number) => self.record(number)?,
            None => None,
        };
        let Some(id) = id else {
            if !whole_row {
                // Where it belongs comes first: without it the rest does not matter.
                faults.insert(0, self.no_record(reader, row, entered.number.as_deref())?);
            }
            run.refuse(reader, take(row), faults);
            return Ok(());
        };
        if !faults.is_empty() {
            run.refuse(reader, take(row), faults);
            return Ok(());
        }
        let table = self.table;
        let holder = self.holder(id)?;
        match Self::like(table, &holder.rows, &entered.own).cloned() {
            Some((kept, _)) if holds(table, &kept, &entered.own) => {
                run.show(reader, &entered);
                run.unchanged();
            }
            Some((kept, place)) => {
                let number = entered.number.as_deref().unwrap_or_default();
                let faults =
                    self.differing(reader, row, &kept, place.as_ref(), number, &entered.own);
                run.refuse(reader, take(row), faults);
            }
            None => match self.second_of_one(reader, row, id, &entered.own) {
                Some(fault) => run.refuse(reader, take(row), vec![fault]),
                None => {
                    run.show(reader, &entered);
                    self.add(id, reader.place(row), take(row), entered.own);
                }
            },
        }
        Ok(())
    }

    fn waiting(&self, _run: &Run<'_>) -> usize {
        self.waiting
    }

    fn flush(&mut self, reader: &RowReader<'_>, run: &mut Run<'_>) {
        for id in self.turn.drain(..) {
            let Some(holder) = self.holders.get_mut(&id) else { continue };
            let (rows, fields): (Vec<_>, Vec<_>) = holder.waiting.drain(..).unzip();
            let fields = fields.into_iter().map(|fields| Row { id: 0, fields }).collect();
            run.wait(rows, Command::AddRows { id, table: self.table.id.clone(), rows: fields });
        }
        self.waiting = 0;
        run.perform(reader);
    }
}

impl AsRows<'_> {
    /// The record a number names: its own, or the field the pack names.
    fn record(&mut self, number: &str) -> Result<Option<RecordId>, Refusal> {
        let key = number_key(number);
        if let Some(known) = self.found.get(&key) {
            return Ok(*known);
        }
        let mut found = None;
        if let Some(id) = self.office.numbered(number)
            && let Some(record) = self.office.record(id)?
            && record.kind == self.kind.id
        {
            found = Some(id);
        }
        if found.is_none() {
            found = self.elsewhere.find(self.office, self.kind, &key)?;
        }
        self.found.insert(key, found);
        Ok(found)
    }

    fn no_record(
        &mut self,
        reader: &RowReader<'_>,
        row: &SheetRow,
        number: Option<&str>,
    ) -> Result<Fault, Refusal> {
        let title = &self.kind.title;
        let (said, next) = match number {
            None => (
                Said::new(
                    format!("没有写明属于哪份{}。", title.zh),
                    format!("It does not say which {} it belongs to.", title.en),
                ),
                Said::fixed("请填写编号。", "Give the number."),
            ),
            Some(number) => match self.refused.get(self.office, &self.kind.id, number)? {
                Some(columns) => (
                    said!(
                        "户主 {number} 导入时未通过（{columns}）。",
                        "{number} was refused when it was imported ({columns})."
                    ),
                    said!(
                        "请先改正 {number} 并导入，再导入这一行。",
                        "Put {number} right and import it first, then this row."
                    ),
                ),
                None => (
                    Said::new(
                        format!("没有编号为 {number} 的{}。", title.zh),
                        format!("There is no {} with number {number}.", title.en),
                    ),
                    Said::new(
                        format!("请核对编号，或先导入{}。", title.zh),
                        format!("Check the number, or import the {} first.", title.en),
                    ),
                ),
            },
        };
        Ok(reader.fault_at_field(row, NUMBER, said, next))
    }

    fn holder(&mut self, id: RecordId) -> Result<&Holder, Refusal> {
        if !self.holders.contains_key(&id) {
            let record = self.office.record(id)?;
            let rows = record.as_ref().and_then(|record| record.get(&self.table.id));
            let rows = rows.map(Value::rows).unwrap_or_default();
            let rows = rows.iter().map(|row| (row.fields.clone(), None)).collect();
            self.holders.insert(id, Holder { rows, waiting: Vec::new() });
        }
        Ok(self.holders.entry(id).or_insert_with(|| Holder { rows: vec![], waiting: vec![] }))
    }

    /// The row that is the same one: by identity number where there is one, else by everything.
    fn like<'r>(
        table: &Field,
        rows: &'r [(Fields, Option<Place>)],
        fields: &Fields,
    ) -> Option<&'r (Fields, Option<Place>)> {
        match fields.get(ID_NUMBER) {
            Some(id_number) => {
                rows.iter().find(|(kept, _)| says(table, kept, ID_NUMBER, id_number))
            }
            None => rows.iter().find(|(kept, _)| holds(table, kept, fields)),
        }
    }

    fn differing(
        &self,
        reader: &RowReader<'_>,
        row: &SheetRow,
        kept: &Fields,
        place: Option<&Place>,
        number: &str,
        fields: &Fields,
    ) -> Vec<Fault> {
        let catalogue = self.office.catalogue();
        let mut faults = Vec::new();
        for (id, _) in fields.iter().filter(|(id, value)| !says(self.table, kept, id, value)) {
            let Some(column) = self.table.column(id) else { continue };
            let known = kept.get(id);
            let told = |lang: Lang, none: &str| {
                known.map_or(none.to_string(), |known| {
                    crate::program::show(catalogue, column, known, lang, false)
                })
            };
            let (zh, en) = (told(Lang::Zh, "空"), told(Lang::En, "empty"));
            let said = match place.map(Place::said) {
                Some(place) => Said::new(
                    format!("{}已有这个身份证号，这一列不同（{zh}）。", place.zh),
                    format!("{} has this identity number and differs here ({en}).", place.en),
                ),
                None => Said::new(
                    format!("{number} 里已有这个身份证号，这一列与库中（{zh}）不同。"),
                    format!(
                        "{number} has this identity number already and differs here (kept: {en})."
                    ),
                ),
            };
            let next = said!(
                "请核对；要改请打开 {number} 修改这一行。",
                "Compare them; open {number} to amend the row."
            );
            faults.push(reader.fault_at_field(row, id, said, next));
        }
        faults.sort_by_key(|fault| fault.at);
        faults
    }

    /// A second row for an entry of which the table keeps one.
    fn second_of_one(
        &self,
        reader: &RowReader<'_>,
        row: &SheetRow,
        id: RecordId,
        fields: &Fields,
    ) -> Option<Fault> {
        let FieldType::Table { one_per: Some(key), .. } = &self.table.field_type else {
            return None;
        };
        let rows = &self.holders.get(&id)?.rows;
        let value = fields.get(key)?;
        rows.iter().any(|(kept, _)| kept.get(key) == Some(value)).then(|| {
            let said = Said::fixed("这一项已经有一行了。", "There is a row for this already.");
            let next =
                Said::fixed("请打开档案改原来那一行。", "Open the file and change that row.");
            reader.fault_at_field(row, key, said, next)
        })
    }

    fn add(&mut self, id: RecordId, place: Place, row: SheetRow, fields: Fields) {
        let Some(holder) = self.holders.get_mut(&id) else { return };
        if holder.waiting.is_empty() {
            self.turn.push(id);
        }
        holder.rows.push((fields.clone(), Some(place)));
        holder.waiting.push((row, fields));
        self.waiting += 1;
    }
}

/// Whether a kept row says everything the fields do.
fn holds(table: &Field, kept: &Fields, fields: &Fields) -> bool {
    fields.iter().all(|(id, value)| says(table, kept, id, value))
}

/// Whether a kept row says this in a column.
fn says(table: &Field, kept: &Fields, id: &str, value: &Value) -> bool {
    let same = |known| match table.column(id) {
        Some(column) => same_value(column, known, value),
        None => known == value,
    };
    kept.get(id).is_some_and(same)
}

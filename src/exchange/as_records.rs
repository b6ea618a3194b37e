//! Rows as records: which are new, which are here already just so, and which contradict.

use super::book::SheetRow;
use super::compare::{differences, faults, same};
use super::number_key::number_key;
use super::own::{self, Elsewhere};
use super::reading::{Entered, RowReader};
use super::report::{Fault, Place};
use super::run::{ReadRow, Run, Way};
use super::target::NUMBER;
use crate::directory::Slots;
use crate::office::{Actor, Command, FirstStep, Office, Refusal, one_each};
use crate::program::{FieldType, Kind, PERSON, Required};
use crate::record::{Fields, Record, RecordId, Value, id_key, name_key};
use crate::said;
use crate::words::Said;
use foldhash::quality::RandomState;
use std::collections::{HashMap, HashSet};
use std::hash::BuildHasher;
use std::mem::take;
use std::sync::Arc;

/// The fields that say who a person is.
const NAME: &str = "name";
const ID_NUMBER: &str = "id_number";

/// What a row is, beside what is kept and the rows before it.
enum Standing {
    New,
    Unchanged,
    Refused(Vec<Fault>),
}

/// A row that brought an identity number.
#[derive(Clone, Copy)]
struct Before {
    /// A hash of the number: among a million people two share one in one file of thirty million.
    key: u64,
    content: u64,
    /// A hash of the name.
    name: u32,
    line: u32,
}

/// The people rows so far have brought, by identity number, in some thirty bytes each.
#[derive(Default)]
struct People {
    rows: Vec<Before>,
    by_key: Slots,
    /// Each sheet with its first row among these.
    sheets: Vec<(usize, Arc<str>)>,
    hashes: RandomState,
}

impl People {
    fn key_of(&self, id_number: &str) -> u64 {
        self.hashes.hash_one(id_key(id_number))
    }

    /// The place among the rows of the one whose number has this key.
    fn find(&self, key: u64) -> Option<usize> {
        let same = |at: &usize| self.rows.get(*at).is_some_and(|row| row.key == key);
        self.by_key.with_hash(key).map(|at| at as usize).find(same)
    }

    /// A row with a number none before it had.
    fn remember(&mut self, key: u64, place: &Place, content: u64, name: &str) {
        let at = self.rows.len();
        if self.sheets.last().is_none_or(|(_, sheet)| *sheet != place.sheet) {
            self.sheets.push((at, place.sheet.clone()));
        }
        let short = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        let (name, line) = (self.hash_of(name), short(place.line));
        self.rows.push(Before { key, content, name, line });
        let rows = &self.rows;
        self.by_key.add(key, short(at), |at| rows.get(at as usize).map_or(0, |row| row.key));
    }

    fn hash_of(&self, name: &str) -> u32 {
        self.hashes.hash_one(name_key(name)) as u32
    }

    fn is_named(&self, at: usize, name: &str) -> bool {
        self.rows.get(at).is_some_and(|row| row.name == self.hash_of(name))
    }

    fn says(&self, at: usize, content: u64) -> bool {
        self.rows.get(at).is_some_and(|row| row.content == content)
    }

    fn place(&self, at: usize) -> Place {
        let sheet = self.sheets.iter().rev().find(|(first, _)| *first <= at);
        let sheet = sheet.map(|(_, sheet)| sheet.clone()).unwrap_or_default();
        Place { sheet, line: self.rows.get(at).map_or(0, |row| row.line as usize) }
    }
}

/// Whose row it is, looked up once.
struct Whose {
    /// See [`Before::key`].
    key: u64,
    /// The place among the rows so far of the one that brought the same number.
    before: Option<usize>,
    /// Whoever is registered with the number; not looked up where a row before has it.
    registered: Option<Record>,
}

/// Taking rows in as records of a kind.
pub(super) struct AsRecords<'a> {
    office: &'a Office,
    actor: &'a Actor,
    kind: &'a Kind,
    person: Option<&'a Kind>,
    /// By number: place and content of the row that brought it.
    numbers: HashMap<String, (Place, u64)>,
    /// By identity number.
    people: People,
    /// Contents of rows that have neither.
    nameless: HashSet<u64>,
    /// Kept records by name, for rows that have neither; made when first needed.
    by_name: Option<HashMap<String, Vec<RecordId>>>,
    /// Kept records by the number they had elsewhere.
    elsewhere: Elsewhere,
}

impl<'a> AsRecords<'a> {
    /// `rows` is how many are expected.
    pub fn new(
        office: &'a Office,
        actor: &'a Actor,
        kind: &'a Kind,
        person: Option<&'a Kind>,
        rows: usize,
    ) -> Self {
        let mut people = People::default();
        people.by_key.reserve(rows, |_| 0);
        Self {
            office,
            actor,
            kind,
            person,
            numbers: HashMap::new(),
            people,
            nameless: HashSet::new(),
            by_name: None,
            elsewhere: Elsewhere::default(),
        }
    }
}

impl Way for AsRecords<'_> {
    fn row(
        &mut self,
        reader: &RowReader<'_>,
        read: &mut ReadRow,
        run: &mut Run<'_>,
    ) -> Result<(), Refusal> {
        let (row, mut entered, content) = (&mut read.row, take(&mut read.entered), read.content);
        let whose = self.whose(&entered)?;
        if !entered.faults.is_empty() {
            let mut faults = take(&mut entered.faults);
            // Whose row this is comes first: sex and the rest follow from a wrong number.
            if let Some(fault) = self.another_name(reader, row, &entered, whose.as_ref()) {
                faults.insert(0, fault);
            }
            run.refuse(reader, take(row), faults);
            return Ok(());
        }
        match self.standing(reader, row, content, (&entered, whose.as_ref()))? {
            Standing::Unchanged => {
                run.show(reader, &entered);
                run.unchanged();
                self.remember(&reader.place(row), content, &entered, whose.as_ref());
            }
            Standing::Refused(faults) => run.refuse(reader, take(row), faults),
            Standing::New => {
                run.show(reader, &entered);
                self.remember(&reader.place(row), content, &entered, whose.as_ref());
                let step = self.kind.import_step().map(|step| FirstStep {
                    id_of_move: step.id.clone(),
                    answers: reader.answers(&entered),
                });
                let mut fields = entered.own;
                fields.extend(entered.person);
                let kind = self.kind.id.clone();
                let number = own::number_for(self.kind, &mut fields, entered.number);
                run.wait(vec![take(row)], Command::Create { kind, fields, number, step });
            }
        }
        Ok(())
    }

    fn waiting(&self, run: &Run<'_>) -> usize {
        run.waiting()
    }

    fn flush(&mut self, reader: &RowReader<'_>, run: &mut Run<'_>) {
        run.perform(reader);
    }
}

impl AsRecords<'_> {
    fn remember(&mut self, place: &Place, content: u64, entered: &Entered, whose: Option<&Whose>) {
        if let Some(number) = &entered.number {
            self.numbers.entry(number_key(number)).or_insert((place.clone(), content));
        }
        match whose {
            Some(Whose { before: Some(_), .. }) => {}
            Some(whose) => self.people.remember(whose.key, place, content, entered.name()),
            None if entered.number.is_none() => {
                self.nameless.insert(content);
            }
            None => {}
        }
    }

    fn standing(
        &mut self,
        reader: &RowReader<'_>,
        row: &SheetRow,
        content: u64,
        (entered, whose): (&Entered, Option<&Whose>),
    ) -> Result<Standing, Refusal> {
        if let Some(number) = &entered.number
            && let Some(standing) = self.by_number(reader, row, content, entered, number)?
        {
            return Ok(standing);
        }
        if let Some(whose) = whose {
            if let Some(fault) = self.another_name(reader, row, entered, Some(whose)) {
                return Ok(Standing::Refused(vec![fault]));
            }
            return match self.earlier_row(reader, row, content, whose) {
                Some(standing) => Ok(standing),
                None => self.by_person(reader, row, entered, whose),
            };
        }
        if entered.number.is_none() {
            return self.by_likeness(content, entered);
        }
        Ok(Standing::New)
    }

    /// A row whose number another row or a kept record has.
    fn by_number(
        &mut self,
        reader: &RowReader<'_>,
        row: &SheetRow,
        content: u64,
        entered: &Entered,
        number: &str,
    ) -> Result<Option<Standing>, Refusal> {
        let key = number_key(number);
        let at_number = |said: Said, next: Said| {
            Standing::Refused(vec![reader.fault_at_field(row, NUMBER, said, next)])
        };
        if let Some((place, same)) = self.numbers.get(&key) {
            return Ok(Some(if *same == content {
                Standing::Unchanged
            } else {
                let place = place.said();
                at_number(
                    Said::new(
                        format!("{}已经用了编号 {number}。", place.zh),
                        format!("{} has number {number} already.", place.en),
                    ),
                    said!(
                        "请核对两行，给其中一行换编号或删去。",
                        "Compare the two rows; renumber one or take it out."
                    ),
                )
            }));
        }
        let numbered = match self.office.numbered(number) {
            Some(id) => self.office.record(id)?.filter(|record| number_key(&record.number) == key),
            None => None,
        };
        let record = match numbered {
            Some(record) => record,
            None if own::keeps_others(self.kind) => {
                let there = self.elsewhere.find(self.office, self.kind, &key)?;
                match there.map(|id| self.office.record(id)).transpose()?.flatten() {
                    Some(record) => record,
                    None => return Ok(None),
                }
            }
            None => return Ok(None),
        };
        if record.kind != self.kind.id {
            let kind = self.office.catalogue().kind(&record.kind);
            let title = kind.map(|kind| kind.title.clone()).unwrap_or_default();
            return Ok(Some(at_number(
                Said::new(
                    format!("编号 {number} 已用于另一种记录（{}）。", title.zh),
                    format!("Number {number} belongs to a record of another kind ({}).", title.en),
                ),
                Said::fixed("请换一个编号。", "Give it another number."),
            )));
        }
        if !self.office.knows(self.actor, record.id) {
            return Ok(Some(at_number(
                said!("编号 {number} 已在使用。", "Number {number} is already in use."),
                Said::fixed("请换一个编号。", "Give it another number."),
            )));
        }
        Ok(Some(self.compared(reader, row, &record, entered)))
    }

    /// Whose row it is; nothing for one without an identity number.
    fn whose(&self, entered: &Entered) -> Result<Option<Whose>, Refusal> {
        let Some(id_number) = entered.id_number() else { return Ok(None) };
        let key = self.people.key_of(id_number);
        let before = self.people.find(key);
        let registered = match before {
            Some(_) => None,
            None => self.registered(id_number)?,
        };
        Ok(Some(Whose { key, before, registered }))
    }

    /// An identity number that belongs to another name, in a row before or in a kept record.
    fn another_name(
        &self,
        reader: &RowReader<'_>,
        row: &SheetRow,
        entered: &Entered,
        whose: Option<&Whose>,
    ) -> Option<Fault> {
        let (whose, name) = (whose?, entered.name());
        if name.is_empty() {
            return None;
        }
        let said = if let Some(before) = whose.before {
            if self.people.is_named(before, name) {
                return None;
            }
            let place = self.people.place(before).said();
            Said::new(
                format!("这个身份证号在{}属于另一个姓名。", place.zh),
                format!("{} has this identity number under another name.", place.en),
            )
        } else {
            let person = whose.registered.as_ref()?;
            if name_key(person.text(NAME)) == name_key(name) {
                return None;
            }
            let number = &person.number;
            said!(
                "这个身份证号已登记在另一个姓名下（{number}）。",
                "This identity number is registered under another name ({number})."
            )
        };
        let next = said!(
            "请核对证件，更正身份证号或姓名。",
            "Check the card and correct the number or the name."
        );
        Some(reader.fault_at_field(row, ID_NUMBER, said, next))
    }

    /// The person registered with an identity number.
    fn registered(&self, id_number: &str) -> Result<Option<Record>, Refusal> {
        let Some(id) = self.office.numbered(id_number) else { return Ok(None) };
        let person = self.office.record(id)?;
        Ok(person
            .filter(|one| one.kind == PERSON && id_key(one.text(ID_NUMBER)) == id_key(id_number)))
    }

    /// A row whose identity number is in a row before it, under the same name.
    fn earlier_row(
        &self,
        reader: &RowReader<'_>,
        row: &SheetRow,
        content: u64,
        whose: &Whose,
    ) -> Option<Standing> {
        let before = whose.before?;
        if self.people.says(before, content) {
            return Some(Standing::Unchanged);
        }
        self.one_each().then_some(())?;
        let place = self.people.place(before).said();
        let said = Said::new(
            format!("{}已有同一个人。", place.zh),
            format!("{} has the same person already.", place.en),
        );
        let next = said!("请核对两行，只留一行。", "Compare the two rows and keep one.");
        Some(Standing::Refused(vec![reader.fault_at_field(row, ID_NUMBER, said, next)]))
    }

    /// One record a person: people themselves, and what a bound lets them have one of.
    fn one_each(&self) -> bool {
        self.kind.id == PERSON || one_each(self.kind)
    }

    /// A row whose identity number is registered.
    fn by_person(
        &self,
        reader: &RowReader<'_>,
        row: &SheetRow,
        entered: &Entered,
        whose: &Whose,
    ) -> Result<Standing, Refusal> {
        let again = match (whose.before, entered.id_number()) {
            (Some(_), Some(id_number)) => self.registered(id_number)?,
            _ => None,
        };
        let Some(person) = again.as_ref().or(whose.registered.as_ref()) else {
            return Ok(Standing::New);
        };
        if self.kind.id == PERSON {
            return Ok(self.compared(reader, row, person, entered));
        }
        let files = self.office.services_of(self.actor, person.id);
        for line in files.iter().filter(|line| line.kind == self.kind.id) {
            let Some(record) = self.office.record(line.id)? else { continue };
            if entered.number.is_none()
                && self.differences(reader, row, &record, entered).is_empty()
            {
                return Ok(Standing::Unchanged);
            }
        }
        if let Err(why) = self.office.may_begin(&self.kind.id, person.id) {
            let fault = reader.fault_at_field(row, ID_NUMBER, why.message, why.next);
            return Ok(Standing::Refused(vec![fault]));
        }
        let known = self
            .person
            .map(|kind| differences(reader, row, kind, person, &entered.person, self.office));
        // What the registered person lacks is filled in; what differs is not overwritten.
        let mut differing = known.unwrap_or_default();
        differing.retain(|difference| difference.kept);
        Ok(if differing.is_empty() { Standing::New } else { Standing::Refused(faults(differing)) })
    }

    /// A row with neither number nor identity number: the same content is the same record.
    fn by_likeness(&mut self, content: u64, entered: &Entered) -> Result<Standing, Refusal> {
        if self.nameless.contains(&content) {
            return Ok(Standing::Unchanged);
        }
        if self.by_name.is_none() {
            let mut by_name: HashMap<String, Vec<RecordId>> = HashMap::new();
            self.office.each(&self.kind.id, |record| {
                let key = self.likeness_of(&self.name_of(&record), &record.fields);
                by_name.entry(key).or_default().push(record.id);
                Ok(())
            })?;
            self.by_name = Some(by_name);
        }
        let key = self.likeness_of(entered.name(), &entered.own);
        let known = self.by_name.as_ref().and_then(|by_name| by_name.get(&key));
        for id in known.into_iter().flatten() {
            let Some(record) = self.office.record(*id)? else { continue };
            let person = self.office.person_of_record(&record);
            let person = person.as_ref().map(|person| &person.fields);
            let holds = |kind: Option<&Kind>, fields: &Fields, kept: &Fields| {
                fields.iter().all(|(id, value)| {
                    let field = kind.and_then(|kind| kind.field(id));
                    kept.get(id).is_some_and(|kept| same(field, kept, value))
                })
            };
            if holds(Some(self.kind), &entered.own, &record.fields)
                && holds(self.person, &entered.person, person.unwrap_or(&Fields::new()))
            {
                return Ok(Standing::Unchanged);
            }
        }
        Ok(Standing::New)
    }

    /// What two records that say the same have in common: the name, and what every record of the
    /// kind has that is written in one way only.
    fn likeness_of(&self, name: &str, fields: &Fields) -> String {
        let mut key = name_key(name);
        let always = self.kind.fields().filter(|field| field.required == Required::Always);
        for field in always {
            let part = match (&field.field_type, fields.get(&field.id)) {
                (_, Some(Value::Reference(id))) => id.0.to_string(),
                (_, Some(Value::Choice(code))) => code.clone(),
                (_, Some(Value::Date(day))) => day.to_string(),
                (FieldType::Text { .. }, Some(Value::Text(text))) => text.clone(),
                _ => continue,
            };
            key.push('|');
            key.push_str(&part);
        }
        key
    }

    fn name_of(&self, record: &Record) -> String {
        match self.office.person_of_record(record) {
            Some(person) => person.text(NAME).to_string(),
            None => record.text(NAME).to_string(),
        }
    }

    fn compared(
        &self,
        reader: &RowReader<'_>,
        row: &SheetRow,
        record: &Record,
        entered: &Entered,
    ) -> Standing {
        let faults = self.differences(reader, row, record, entered);
        if faults.is_empty() { Standing::Unchanged } else { Standing::Refused(faults) }
    }

    /// Where a row differs from a kept record and its person, in the order of the columns.
    fn differences(
        &self,
        reader: &RowReader<'_>,
        row: &SheetRow,
        record: &Record,
        entered: &Entered,
    ) -> Vec<Fault> {
        let mut found = differences(reader, row, self.kind, record, &entered.own, self.office);
        if let Some(kind) = self.person {
            let person = self.office.person_of_record(record);
            let empty = Record { fields: Fields::new(), ..record.clone() };
            let person = person.unwrap_or(empty);
            found.extend(differences(reader, row, kind, &person, &entered.person, self.office));
        }
        faults(found)
    }
}

//! Facts a rule set says are read from the record, its row, its papers, the answers of the move, or
//! measures; and where a fact came from.

use super::{House, Measured};
use crate::formula::Val;
use crate::policy::{
    AS_OF, FactKind, Facts, FieldSource, MeasureSource, RowsSource, RuleSet, THIS, Take, Unit,
};
use crate::program::{
    Behind, KeyPart, MeasureKey, Spot, effective, effective_row, formula_value, rows_with,
};
use crate::record::{Fields, PaperState, Record, Value};
use crate::said;
use crate::words::Said;
use std::borrow::Cow;

/// What a check says that nobody has made.
const UNCHECKED: &str = "unchecked";

/// The facts a rule set says where to read.
pub(super) fn facts(rules: &RuleSet, house: &House<'_>, record: &Record) -> Facts {
    let mut facts = Facts::new();
    for fact in &rules.facts {
        if let Some(source) = &fact.measure {
            of_measure(house, record, &mut facts, fact, source);
        }
        if let Some(rows) = &fact.rows {
            of_rows(house, record, &mut facts, fact, rows);
        }
        if let Some(FieldSource { field, paper }) = &fact.from {
            take(house, record, &mut facts, (&fact.id, fact.unit), field, paper.as_deref());
        }
        if let Some(answer) = &fact.answer {
            of_answer(house, &mut facts, fact, answer);
        }
        if let Some(paper) = &fact.received {
            of_paper(house, record, &mut facts, fact, paper);
        }
    }
    facts
}

/// A fact that is a field: its value, or that it is lacking.
pub(super) fn take(
    house: &House<'_>,
    record: &Record,
    facts: &mut Facts,
    (fact, unit): (&str, Unit),
    field: &str,
    paper: Option<&str>,
) {
    let read = Read::at(house, record, field);
    let seen = read.as_ref().and_then(Read::seen);
    let checked =
        |value: &Val| unit != Unit::Check || !matches!(value, Val::Text(code) if code == UNCHECKED);
    match seen.filter(checked) {
        Some(value) => facts.know(fact, value, source(house, record, field)),
        None => lack(house, record, facts, fact, field, paper),
    }
}

/// What stands where a path leads.
struct Read<'h> {
    spot: Spot<'h>,
    /// The value of the field or column itself.
    first: Option<Value>,
    /// The record behind it.
    other: Option<Cow<'h, Record>>,
}

impl<'h> Read<'h> {
    fn at(house: &'h House<'_>, record: &Record, path: &str) -> Option<Self> {
        let spot = house.spot(path)?;
        let id = &spot.first.id;
        let first = match (spot.table, house.row) {
            (Some(table), Some((_, row))) => {
                let columns: Vec<_> = table.field_type.columns().iter().collect();
                effective_row(&columns, &row.fields).remove(id)
            }
            (Some(_), None) => None,
            (None, _) => effective(house.kind, &record.fields, id).value,
        };
        let other = spot.behind.and_then(|(kind, _)| {
            if spot.table.is_none() && house.kind.person.as_ref() == Some(id) {
                return house.person.map(Cow::Borrowed);
            }
            house.look.other(&kind.id, first.as_ref()?.as_reference()?).map(Cow::Owned)
        });
        Some(Self { spot, first, other })
    }

    /// The value of the field it leads to.
    fn value(&self) -> Option<Value> {
        match self.spot.behind {
            None => self.first.clone(),
            Some((kind, Behind::Field(field))) => {
                effective(kind, &self.other.as_ref()?.fields, &field.id).value
            }
            Some((_, Behind::State | Behind::InForce)) => None,
        }
    }

    /// The same as formulas see it.
    fn seen(&self) -> Option<Val> {
        let state = || Some(self.other.as_ref()?.state.as_str());
        match self.spot.behind {
            Some((_, Behind::State)) => state().map(|state| Val::Text(state.to_string())),
            Some((kind, Behind::InForce)) => {
                let life = kind.workflow.as_ref()?;
                Some(Val::YesNo(life.state(state()?).is_some_and(|state| state.in_force)))
            }
            _ => formula_value(&self.spot.field()?.field_type, &self.value()?),
        }
    }
}

/// "表单“住房套数”", or what a total was summed from.
pub(super) fn source(house: &House<'_>, record: &Record, path: &str) -> Said {
    let Some(spot) = house.spot(path) else { return Said::same(path.to_string()) };
    let title = spot.title();
    if spot.behind.is_some() {
        let other = Read::at(house, record, path).and_then(|read| read.other);
        return match other {
            Some(other) => Said::new(
                format!("{}（{}）", title.zh, other.number),
                format!("{} ({})", title.en, other.number),
            ),
            None => title,
        };
    }
    if let Some(table) = spot.table {
        let of = &table.title;
        return Said::new(
            format!("表单“{}”的“{}”", of.zh, title.zh),
            format!("\"{}\" of \"{}\" in the form", title.en, of.en),
        );
    }
    if let Some(finding) = record.findings.get(path) {
        let by = &finding.by;
        return Said::new(
            format!("查实“{}”（{by} 登记）", title.zh),
            format!("found \"{}\" (recorded by {by})", title.en),
        );
    }
    let total = effective(house.kind, &record.fields, path);
    let from = spot.first.total.as_ref().filter(|_| total.from_rows);
    match from.and_then(|total| house.kind.field(&total.table)) {
        Some(table) => Said::new(
            format!("表单“{}”按“{}”合计", title.zh, table.title.zh),
            format!("form field \"{}\", summed from \"{}\"", title.en, table.title.en),
        ),
        None => Said::new(format!("表单“{}”", title.zh), format!("form field \"{}\"", title.en)),
    }
}

/// A fact a measure comes to, under the key this record or row has.
fn of_measure(
    house: &House<'_>,
    record: &Record,
    facts: &mut Facts,
    fact: &FactKind,
    MeasureSource { measure, at }: &MeasureSource,
) {
    let key = at.iter().map(|at| key_at(house, record, at)).collect::<Option<Vec<_>>>();
    let said = said!("本站的记录", "the records of this station");
    let measured = key.and_then(|key| house.look.measured(measure, &key));
    match measured {
        Some(Measured { total: Some(total), lacking: 0 }) => facts.know(&fact.id, total, said),
        // Unknown is not zero: what some records come to is no sum of all.
        Some(Measured { lacking, .. }) if lacking > 0 => {
            let Said { zh, en } = &fact.title;
            let missing = said!(
                "{zh}（有 {lacking} 份记录没有填数）",
                "{en} ({lacking} records lack their amount)"
            );
            facts.lack(&fact.id, missing, None, said);
        }
        _ => facts.lack(&fact.id, fact.title.clone(), None, said),
    }
}

/// A part of a measure's key: the value, and what of a date counts.
fn key_at(house: &House<'_>, record: &Record, at: &str) -> Option<(Value, KeyPart)> {
    let MeasureKey { field, part } = MeasureKey::read(at)?;
    match field.as_str() {
        AS_OF => return Some((Value::Date(house.as_of), part)),
        THIS => return Some((Value::Reference(record.id), part)),
        _ => {}
    }
    Some((Read::at(house, record, &field)?.value()?, part))
}

/// A fact somebody answers as the move is made.
fn of_answer(house: &House<'_>, facts: &mut Facts, fact: &FactKind, answer: &str) {
    let asks = house.kind.workflow.iter().flat_map(|life| &life.moves).flat_map(|step| &step.asks);
    let asked = asks.into_iter().find(|ask| ask.id == *answer);
    let Some(field) = asked.and_then(|ask| ask.field()) else { return };
    let title = &field.title;
    let said = Said::new(
        format!("办理时填的“{}”", title.zh),
        format!("\"{}\" as answered with the step", title.en),
    );
    let given = house.answers.get(answer);
    match given.and_then(|given| formula_value(&field.field_type, given)) {
        Some(value) => facts.know(&fact.id, value, said),
        None => facts.lack(&fact.id, title.clone(), None, said),
    }
}

/// A fact that asks whether a paper has come in. One nobody has listed is not known.
fn of_paper(house: &House<'_>, record: &Record, facts: &mut Facts, fact: &FactKind, code: &str) {
    let papers = record.fields.values().find_map(|value| match value {
        Value::Papers(papers) => papers.iter().find(|(paper, _)| paper == code),
        _ => None,
    });
    let title = house.paper_title(code);
    let said = Said::new(format!("材料“{}”", title.zh), format!("the paper \"{}\"", title.en));
    match papers.map(|(_, state)| state) {
        Some(state) => facts.know(&fact.id, *state == PaperState::Received, said),
        None => facts.lack(&fact.id, title, Some(code.to_string()), said),
    }
}

/// A fact that is counted, summed or listed from rows. No rows are none, and not unknown.
fn of_rows(
    house: &House<'_>,
    record: &Record,
    facts: &mut Facts,
    fact: &FactKind,
    RowsSource { table, narrowed, take }: &RowsSource,
) {
    let said = source(house, record, table);
    let rows = || rows_with(house.kind, &record.fields, table, narrowed);
    match take {
        Take::Count => {
            facts.know(&fact.id, i64::try_from(rows().count()).unwrap_or(i64::MAX), said);
        }
        Take::List(column) => {
            let mut texts: Vec<String> = Vec::new();
            for row in rows() {
                let held = row.get(column).map(Value::facets).unwrap_or_default();
                texts.extend(held.into_iter().map(str::to_string));
            }
            texts.sort_unstable();
            texts.dedup();
            facts.know(&fact.id, Val::List(texts), said);
        }
        Take::Sum(column) => {
            let of = house.kind.field(table).and_then(|table| table.column(column));
            let amount = |row: Cow<'_, Fields>| {
                let seen = formula_value(&of?.field_type, row.get(column)?)?;
                if let Val::Integer(amount) = seen { Some(amount) } else { None }
            };
            let sum = rows().map(amount).try_fold(0_i64, |sum, one| sum.checked_add(one?));
            match sum {
                Some(sum) => facts.know(&fact.id, sum, said),
                None => lack(house, record, facts, &fact.id, table, None),
            }
        }
    }
}

/// A fact that lacks a field nobody has filled, and the paper that would settle it.
pub(super) fn lack(
    house: &House<'_>,
    record: &Record,
    facts: &mut Facts,
    fact: &str,
    field: &str,
    paper: Option<&str>,
) {
    let title = house.spot(field).map(|spot| spot.title());
    let title = title.unwrap_or_else(|| Said::same(field.to_string()));
    let missing = match paper {
        None => title,
        Some(code) => {
            let paper = house.paper_title(code);
            Said::new(
                format!("{}（{}）", paper.zh, title.zh),
                format!("{} ({})", paper.en, title.en),
            )
        }
    };
    facts.lack(fact, missing, paper.map(str::to_string), source(house, record, field));
}

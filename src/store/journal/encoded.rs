//! How entries and records are written, part by part, in the forms of `compact.rs`.
//!
//! ```text
//! record    flags u16, bit by bit which of the parts in brackets are there
//!           created moment, id, kind, revision, number, created_by,
//!           [state] [pack] [updated moment] [updated_by] fields
//!           [moves] [authors] [copied] [findings] [proposal]
//! fields    count, then for each its id, a byte for the type, the value
//! move      flags, id, from, to, by, at, answers, [sheet] [proposed_by] [against]
//! sheet     0, the hash [32] and the rules: its text is in the entry that made the move
//!           1, length in plain, length packed, text under LZ4
//! entry     time, actor, origin, command, [reason] count, then for each operation
//!           0 put: previous, record; 1 seen: previous, kind, id, fields; 2 note: pairs
//! ```
//!
//! What a record is by default takes a bit or nothing: updated when and by whom it was created, no
//! moves, no state.

use super::compact::{Reader, Writer};
use super::entry::{Entry, Op, Origin};
use crate::record::{
    Fields, Finding, Instant, MoveMade, PaperState, Proposal, Record, RecordId, Row, StoredSheet,
    Value,
};
use smallvec::SmallVec;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// Tables are nested no deeper than this.
const DEEPEST: u8 = 8;
/// The longest text of a sheet, in bytes.
pub const SHEET_MAX: usize = 16 * 1024 * 1024;

/// Whether the texts of decision sheets are written, or only their names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sheets {
    /// The journal: a text is in the entry that brought it.
    WithText,
    /// The table: the journal has the text.
    ByHash,
}

/// What can be written and read.
pub trait Encoded: Sized {
    /// Writes it.
    fn write<'v>(&'v self, out: &mut Writer<'v>, sheets: Sheets);
    /// Reads it; nothing for bytes that are none.
    fn read(from: &mut Reader<'_>) -> Option<Self>;
}

/// The parts a record need not have, by bit.
mod part {
    pub const STATE: u64 = 1;
    pub const PACK: u64 = 1 << 1;
    pub const UPDATED: u64 = 1 << 2;
    pub const UPDATED_BY: u64 = 1 << 3;
    pub const MOVES: u64 = 1 << 4;
    pub const AUTHORS: u64 = 1 << 5;
    pub const COPIED: u64 = 1 << 6;
    pub const FINDINGS: u64 = 1 << 7;
    pub const PROPOSAL: u64 = 1 << 8;
}

fn bits<const N: usize>(parts: [(u64, bool); N]) -> u64 {
    parts.into_iter().filter(|(_, there)| *there).fold(0, |bits, (bit, _)| bits | bit)
}

impl Encoded for Record {
    fn write<'v>(&'v self, out: &mut Writer<'v>, sheets: Sheets) {
        let Self { id, kind, revision, state, number, pack, fields, .. } = self;
        let Self { created, created_by, updated, updated_by, .. } = self;
        let Self { moves, authors, copied, findings, proposal, .. } = self;
        let flags = bits([
            (part::STATE, !state.is_empty()),
            (part::PACK, !pack.is_empty()),
            (part::UPDATED, updated != created),
            (part::UPDATED_BY, updated_by != created_by),
            (part::MOVES, !moves.is_empty()),
            (part::AUTHORS, !authors.is_empty()),
            (part::COPIED, !copied.is_empty()),
            (part::FINDINGS, !findings.is_empty()),
            (part::PROPOSAL, proposal.is_some()),
        ]);
        out.number(flags);
        out.moment(created);
        out.identity(&id.0);
        out.text(kind);
        out.number(u64::from(*revision));
        out.text(number);
        out.text(created_by);
        if !state.is_empty() {
            out.text(state);
        }
        if !pack.is_empty() {
            out.text(pack);
        }
        if updated != created {
            out.moment(updated);
        }
        if updated_by != created_by {
            out.text(updated_by);
        }
        write_fields(fields, out);
        if !moves.is_empty() {
            out.count(moves.len());
            moves.iter().for_each(|made| write_move(made, out, sheets));
        }
        if !authors.is_empty() {
            out.count(authors.len());
            authors.iter().for_each(|author| out.text(author));
        }
        if !copied.is_empty() {
            write_fields(copied, out);
        }
        if !findings.is_empty() {
            out.count(findings.len());
            for (field, finding) in findings {
                out.text(field);
                write_value(&finding.value, out);
                out.text(&finding.found_by);
                out.text(&finding.by);
                out.moment(&finding.at);
            }
        }
        if let Some(Proposal { id, by, at, answers, against }) = proposal {
            out.text(id);
            out.text(by);
            out.moment(at);
            write_fields(answers, out);
            write_texts(against, out);
        }
    }

    fn read(from: &mut Reader<'_>) -> Option<Self> {
        let flags = from.number()?;
        let has = |part| flags & part != 0;
        let created = from.moment()?;
        let id = RecordId(from.identity()?);
        let kind = from.string()?;
        let revision = u32::try_from(from.number()?).ok()?;
        let number = from.string()?;
        let created_by = from.string()?;
        let state = if has(part::STATE) { from.string()? } else { String::new() };
        let pack = if has(part::PACK) { from.string()? } else { String::new() };
        let updated = if has(part::UPDATED) { from.moment()? } else { created };
        let updated_by = match has(part::UPDATED_BY) {
            true => from.string()?,
            false => created_by.clone(),
        };
        let fields = read_fields(from, 0)?;
        let moves = if has(part::MOVES) { many(from, read_move)? } else { Vec::new() };
        let authors = match has(part::AUTHORS) {
            true => many(from, Reader::string)?.into_iter().collect(),
            false => BTreeSet::new(),
        };
        let copied = if has(part::COPIED) { read_fields(from, 0)? } else { Fields::new() };
        let findings = match has(part::FINDINGS) {
            true => many(from, |from| Some((from.string()?, read_finding(from)?)))?,
            false => Vec::new(),
        };
        let proposal = if has(part::PROPOSAL) { Some(read_proposal(from)?) } else { None };
        Some(Self {
            id,
            kind,
            revision,
            state,
            number,
            pack,
            fields,
            created,
            created_by,
            updated,
            updated_by,
            moves,
            authors,
            copied,
            findings: findings.into_iter().collect(),
            proposal,
        })
    }
}

/// What lists and search go by, read of a record's bytes without making a record of them.
pub struct Glance<'b> {
    /// Identity.
    pub id: RecordId,
    pub kind: Cow<'b, str>,
    pub number: Cow<'b, str>,
    /// Workflow state.
    pub state: Cow<'b, str>,
    /// When it was made.
    pub created: Instant,
    /// Account that made it.
    pub created_by: Cow<'b, str>,
    /// When it last changed.
    pub updated: Instant,
    /// Texts and choices by the ids of their fields, in the order of these.
    pub texts: SmallVec<[(Cow<'b, str>, Cow<'b, str>); 8]>,
    /// References by the ids of their fields. Nothing of other types is read.
    pub references: SmallVec<[(Cow<'b, str>, RecordId); 1]>,
}

impl<'b> Glance<'b> {
    /// Reads it; nothing for bytes that are no record.
    pub fn read(from: &mut Reader<'b>) -> Option<Self> {
        let none = || Some(Cow::Borrowed(""));
        let flags = from.number()?;
        let has = |part| flags & part != 0;
        let created = from.moment()?;
        let id = RecordId(from.identity()?);
        let kind = from.text()?;
        from.number()?;
        let number = from.text()?;
        let created_by = from.text()?;
        let state = if has(part::STATE) { from.text() } else { none() }?;
        if has(part::PACK) {
            from.text()?;
        }
        let updated = if has(part::UPDATED) { from.moment()? } else { created };
        if has(part::UPDATED_BY) {
            from.text()?;
        }
        let mut texts: SmallVec<[(Cow<'b, str>, Cow<'b, str>); 8]> = SmallVec::new();
        let mut references = SmallVec::new();
        for _ in 0..from.count()? {
            let field = from.text()?;
            let tag = from.byte()?;
            match tag {
                tag::TEXT | tag::CHOICE => texts.push((field, from.text()?)),
                tag::REFERENCE => references.push((field, RecordId(from.identity()?))),
                _ => {
                    read_tagged(tag, from, 0)?;
                }
            }
        }
        // They are written in order; what somebody else wrote is put in order here.
        if !texts.is_sorted_by(|(a, _), (b, _)| a < b) {
            texts.sort_by(|(a, _), (b, _)| a.cmp(b));
        }
        Some(Self { id, kind, number, state, created, created_by, updated, texts, references })
    }

    /// The record a field refers to.
    #[must_use]
    pub fn reference(&self, field: &str) -> Option<RecordId> {
        self.references.iter().find(|(id, _)| id == field).map(|(_, to)| *to)
    }
}

fn many<'b, T>(
    from: &mut Reader<'b>,
    one: impl Fn(&mut Reader<'b>) -> Option<T>,
) -> Option<Vec<T>> {
    let count = from.count()?;
    // Room for as many as are likely, not for as many as bytes can say.
    let mut all = Vec::with_capacity(count.min(64));
    for _ in 0..count {
        all.push(one(from)?);
    }
    Some(all)
}

fn write_texts<'v>(texts: &'v [String], out: &mut Writer<'v>) {
    out.count(texts.len());
    texts.iter().for_each(|text| out.text(text));
}

fn write_fields<'v>(fields: &'v Fields, out: &mut Writer<'v>) {
    out.count(fields.len());
    for (id, value) in fields {
        out.text(id);
        write_value(value, out);
    }
}

fn read_fields(from: &mut Reader<'_>, depth: u8) -> Option<Fields> {
    let mut fields = Fields::new();
    for _ in 0..from.count()? {
        let id = from.string()?;
        fields.insert(id, read_value(from, depth)?);
    }
    Some(fields)
}

/// The byte before a value, by its type.
mod tag {
    pub const TEXT: u8 = 0;
    pub const INTEGER: u8 = 1;
    pub const DECIMAL: u8 = 2;
    pub const MONEY: u8 = 3;
    pub const DATE: u8 = 4;
    pub const INSTANT: u8 = 5;
    pub const NO: u8 = 6;
    pub const YES: u8 = 7;
    pub const CHOICE: u8 = 8;
    pub const TAGS: u8 = 9;
    pub const REFERENCE: u8 = 10;
    pub const TABLE: u8 = 11;
    pub const PAPERS: u8 = 12;
}

fn write_value<'v>(value: &'v Value, out: &mut Writer<'v>) {
    out.byte(match value {
        Value::Text(_) => tag::TEXT,
        Value::Integer(_) => tag::INTEGER,
        Value::Decimal(_) => tag::DECIMAL,
        Value::Money(_) => tag::MONEY,
        Value::Date(_) => tag::DATE,
        Value::Instant(_) => tag::INSTANT,
        Value::YesNo(false) => tag::NO,
        Value::YesNo(true) => tag::YES,
        Value::Choice(_) => tag::CHOICE,
        Value::Tags(_) => tag::TAGS,
        Value::Reference(_) => tag::REFERENCE,
        Value::Table(_) => tag::TABLE,
        Value::Papers(_) => tag::PAPERS,
    });
    match value {
        Value::Text(text) | Value::Choice(text) => out.text(text),
        Value::Integer(number) | Value::Money(number) => out.signed(*number),
        Value::Decimal(number) => out.raw(&number.serialize()),
        Value::Date(day) => out.day(*day),
        Value::Instant(moment) => out.moment(moment),
        Value::YesNo(_) => {}
        Value::Tags(tags) => write_texts(tags, out),
        Value::Reference(id) => out.identity(&id.0),
        Value::Table(rows) => {
            out.count(rows.len());
            for Row { id, fields } in rows {
                out.number(u64::from(*id));
                write_fields(fields, out);
            }
        }
        Value::Papers(papers) => {
            out.count(papers.len());
            for (paper, state) in papers {
                out.text(paper);
                out.byte(match state {
                    PaperState::Received => 0,
                    PaperState::Missing => 1,
                    PaperState::NotNeeded => 2,
                });
            }
        }
    }
}

fn read_value(from: &mut Reader<'_>, depth: u8) -> Option<Value> {
    let tag = from.byte()?;
    read_tagged(tag, from, depth)
}

fn read_tagged(tag: u8, from: &mut Reader<'_>, depth: u8) -> Option<Value> {
    Some(match tag {
        tag::TEXT => Value::Text(from.string()?),
        tag::INTEGER => Value::Integer(from.signed()?),
        tag::DECIMAL => Value::Decimal(decimal(from.array()?)?),
        tag::MONEY => Value::Money(from.signed()?),
        tag::DATE => Value::Date(from.day()?),
        tag::INSTANT => Value::Instant(from.moment()?),
        tag::NO => Value::YesNo(false),
        tag::YES => Value::YesNo(true),
        tag::CHOICE => Value::Choice(from.string()?),
        tag::TAGS => Value::Tags(many(from, Reader::string)?),
        tag::REFERENCE => Value::Reference(RecordId(from.identity()?)),
        tag::TABLE if depth < DEEPEST => Value::Table(many(from, |from| {
            let id = u32::try_from(from.number()?).ok()?;
            Some(Row { id, fields: read_fields(from, depth + 1)? })
        })?),
        tag::PAPERS => Value::Papers(many(from, |from| {
            let paper = from.string()?;
            let state = match from.byte()? {
                0 => PaperState::Received,
                1 => PaperState::Missing,
                2 => PaperState::NotNeeded,
                _ => return None,
            };
            Some((paper, state))
        })?),
        _ => return None,
    })
}

/// A decimal number from its sixteen bytes; nothing for bytes it would not write.
fn decimal(bytes: [u8; 16]) -> Option<rust_decimal::Decimal> {
    let number = rust_decimal::Decimal::deserialize(bytes);
    (number.scale() <= rust_decimal::Decimal::MAX_SCALE && number.serialize() == bytes)
        .then_some(number)
}

/// The parts a move need not have, by bit.
mod of_move {
    pub const SHEET: u8 = 1;
    pub const PROPOSED_BY: u8 = 1 << 1;
    pub const AGAINST: u8 = 1 << 2;
    pub const AFTERWARDS: u8 = 1 << 3;
}

fn write_move<'v>(made: &'v MoveMade, out: &mut Writer<'v>, sheets: Sheets) {
    let MoveMade { id, from, to, by, at, answers, sheet, proposed_by, against, afterwards } = made;
    let flags = [
        (of_move::SHEET, sheet.is_some()),
        (of_move::PROPOSED_BY, proposed_by.is_some()),
        (of_move::AGAINST, !against.is_empty()),
        (of_move::AFTERWARDS, *afterwards),
    ];
    let flags = flags.into_iter().filter(|(_, there)| *there);
    out.byte(flags.fold(0, |bits, (bit, _)| bits | bit));
    [id, from, to, by].into_iter().for_each(|text| out.text(text));
    out.moment(at);
    write_fields(answers, out);
    if let Some(sheet) = sheet {
        write_sheet(sheet, out, sheets);
    }
    if let Some(by) = proposed_by {
        out.text(by);
    }
    if !against.is_empty() {
        write_texts(against, out);
    }
}

/// The bytes of moves, sheets by their names.
pub fn moves(moves: &[MoveMade]) -> Vec<u8> {
    let mut out = Writer::default();
    moves.iter().for_each(|made| write_move(made, &mut out, Sheets::ByHash));
    out.done()
}

fn read_move(from: &mut Reader<'_>) -> Option<MoveMade> {
    let flags = from.byte()?;
    let has = |part| flags & part != 0;
    Some(MoveMade {
        id: from.string()?,
        from: from.string()?,
        to: from.string()?,
        by: from.string()?,
        at: from.moment()?,
        answers: read_fields(from, 0)?,
        sheet: if has(of_move::SHEET) { Some(read_sheet(from)?) } else { None },
        proposed_by: if has(of_move::PROPOSED_BY) { Some(from.string()?) } else { None },
        against: if has(of_move::AGAINST) { many(from, Reader::string)? } else { Vec::new() },
        afterwards: has(of_move::AFTERWARDS),
    })
}

fn write_sheet<'v>(sheet: &'v StoredSheet, out: &mut Writer<'v>, sheets: Sheets) {
    match sheet.text().filter(|_| sheets == Sheets::WithText) {
        Some(text) => {
            out.byte(1);
            let packed = lz4_flex::block::compress(text.as_bytes());
            out.count(text.len());
            out.count(packed.len());
            out.raw(&packed);
        }
        None => {
            out.byte(0);
            out.raw(sheet.hash());
            out.text(sheet.rules());
        }
    }
}

fn read_sheet(from: &mut Reader<'_>) -> Option<StoredSheet> {
    match from.byte()? {
        0 => {
            let hash = from.array()?;
            Some(StoredSheet::named(hash, from.string()?))
        }
        1 => {
            let length = usize::try_from(from.number()?).ok().filter(|size| *size <= SHEET_MAX)?;
            let packed = from.count()?;
            let packed = from.raw(packed)?;
            let text = lz4_flex::block::decompress(packed, length).ok()?;
            (text.len() == length).then_some(())?;
            String::from_utf8(text).ok().map(StoredSheet::new)
        }
        _ => None,
    }
}

fn read_finding(from: &mut Reader<'_>) -> Option<Finding> {
    Some(Finding {
        value: read_value(from, 0)?,
        found_by: from.string()?,
        by: from.string()?,
        at: from.moment()?,
    })
}

fn read_proposal(from: &mut Reader<'_>) -> Option<Proposal> {
    Some(Proposal {
        id: from.string()?,
        by: from.string()?,
        at: from.moment()?,
        answers: read_fields(from, 0)?,
        against: many(from, Reader::string)?,
    })
}

impl Encoded for Entry {
    fn write<'v>(&'v self, out: &mut Writer<'v>, sheets: Sheets) {
        // Its sequence is where it is.
        let Self { seq: _, time, actor, origin, command, ops, reason } = self;
        out.moment(time);
        out.text(actor);
        // The lowest bit says whether there is a reason.
        let origin_byte = match origin {
            Origin::Terminal => 0,
            Origin::Socket => 1,
            Origin::User(_) => 2,
            Origin::Ssh(_) => 3,
            Origin::Cli => 4,
        };
        out.byte(origin_byte << 1 | u8::from(reason.is_some()));
        match origin {
            Origin::User(user) => out.number(u64::from(*user)),
            Origin::Ssh(address) => out.text(address),
            Origin::Terminal | Origin::Socket | Origin::Cli => {}
        }
        out.text(command);
        if let Some(reason) = reason {
            out.text(reason);
        }
        out.count(ops.len());
        ops.iter().for_each(|op| write_op(op, out, sheets));
    }

    fn read(from: &mut Reader<'_>) -> Option<Self> {
        let time = from.moment()?;
        let actor = from.string()?;
        let origin = from.byte()?;
        let has_reason = origin & 1 != 0;
        let origin = match origin >> 1 {
            0 => Origin::Terminal,
            1 => Origin::Socket,
            2 => Origin::User(u32::try_from(from.number()?).ok()?),
            3 => Origin::Ssh(from.string()?),
            4 => Origin::Cli,
            _ => return None,
        };
        let command = from.string()?;
        let reason = if has_reason { Some(from.string()?) } else { None };
        let ops = many(from, read_op)?;
        Some(Self { seq: 0, time, actor, origin, command, ops, reason })
    }
}

fn write_op<'v>(op: &'v Op, out: &mut Writer<'v>, sheets: Sheets) {
    match op {
        Op::Put { record, previous } => {
            out.byte(0);
            out.number(*previous);
            record.write(out, sheets);
        }
        Op::Seen { kind, id, fields, previous } => {
            out.byte(1);
            out.number(*previous);
            out.text(kind);
            out.identity(&id.0);
            write_texts(fields, out);
        }
        Op::Note(note) => {
            out.byte(2);
            out.count(note.len());
            for (name, text) in note {
                out.text(name);
                out.text(text);
            }
        }
    }
}

fn read_op(from: &mut Reader<'_>) -> Option<Op> {
    Some(match from.byte()? {
        0 => {
            let previous = from.number()?;
            Op::Put { record: Record::read(from)?, previous }
        }
        1 => {
            let previous = from.number()?;
            Op::Seen {
                previous,
                kind: from.string()?,
                id: RecordId(from.identity()?),
                fields: many(from, Reader::string)?,
            }
        }
        2 => Op::Note(
            many(from, |from| Some((from.string()?, from.string()?)))?
                .into_iter()
                .collect::<BTreeMap<_, _>>(),
        ),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::journal::envelope::{decode, encode, encode_record, glance};
    use chrono::{DateTime, NaiveDate};
    use proptest::collection::{btree_map, btree_set, vec};
    use proptest::option;
    use proptest::prelude::*;
    use rust_decimal::Decimal;
    use uuid::Uuid;

    fn text() -> impl Strategy<Value = String> + Clone {
        prop_oneof!["[a-z_]{0,8}", "[一-龥（）]{0,6}[0-9]{0,4}", "[0-9]{4,19}X?", "\\PC{0,12}"]
    }

    fn moment() -> impl Strategy<Value = Instant> {
        let fine = prop_oneof![Just(0), Just(5_000), 0u32..1_000_000_000];
        (0i64..4_000_000_000, fine)
            .prop_map(|(at, nanos)| DateTime::from_timestamp(at, nanos).unwrap())
    }

    fn id() -> impl Strategy<Value = RecordId> {
        any::<[u8; 16]>().prop_map(|bytes| RecordId(Uuid::from_bytes(bytes)))
    }

    fn value() -> impl Strategy<Value = Value> {
        let state = [PaperState::Received, PaperState::Missing, PaperState::NotNeeded];
        let state = prop::sample::select(state.to_vec());
        let leaf = prop_oneof![
            text().prop_map(Value::Text),
            any::<i64>().prop_map(Value::Integer),
            (any::<i64>(), 0u32..20).prop_map(|(n, scale)| Value::Decimal(Decimal::new(n, scale))),
            any::<i64>().prop_map(Value::Money),
            (-200_000i32..1_000_000).prop_map(|day| {
                Value::Date(NaiveDate::from_num_days_from_ce_opt(day).unwrap())
            }),
            moment().prop_map(Value::Instant),
            any::<bool>().prop_map(Value::YesNo),
            text().prop_map(Value::Choice),
            vec(text(), 0..3).prop_map(Value::Tags),
            id().prop_map(Value::Reference),
            vec((text(), state), 0..3).prop_map(Value::Papers),
        ];
        leaf.prop_recursive(3, 12, 3, |inner| {
            let row = (any::<u32>(), btree_map(text(), inner, 0..3));
            vec(row.prop_map(|(id, fields)| Row { id, fields }), 0..3).prop_map(Value::Table)
        })
    }

    fn fields() -> impl Strategy<Value = Fields> {
        btree_map(text(), value(), 0..5)
    }

    fn made() -> impl Strategy<Value = MoveMade> {
        let who = (text(), text(), text(), text(), moment());
        let how = (
            fields(),
            option::of("\\{(\"rules\":\"[a-z@]{0,5}\",)?[a-z一-龥]{0,40}"),
            option::of(text()),
            vec(text(), 0..3),
        );
        (who, how, any::<bool>()).prop_map(
            |((id, from, to, by, at), (answers, sheet, proposed_by, against), afterwards)| {
                let sheet = sheet.map(StoredSheet::new);
                MoveMade { id, from, to, by, at, answers, sheet, proposed_by, against, afterwards }
            },
        )
    }

    fn record() -> impl Strategy<Value = Record> {
        let finding = (value(), text(), text(), moment())
            .prop_map(|(value, found_by, by, at)| Finding { value, found_by, by, at });
        let proposal = (text(), text(), moment(), fields(), vec(text(), 0..3))
            .prop_map(|(id, by, at, answers, against)| Proposal { id, by, at, answers, against });
        let what = (id(), text(), any::<u32>(), text(), text(), text(), fields());
        let who = (moment(), text(), option::of(moment()), option::of(text()));
        let more = (
            vec(made(), 0..3),
            btree_set(text(), 0..3),
            fields(),
            btree_map(text(), finding, 0..3),
            option::of(proposal),
        );
        (what, who, more).prop_map(
            |(
                (id, kind, revision, state, number, pack, fields),
                (created, created_by, updated, updated_by),
                (moves, authors, copied, findings, proposal),
            )| Record {
                id,
                kind,
                revision,
                state,
                number,
                pack,
                fields,
                created,
                updated: updated.unwrap_or(created),
                updated_by: updated_by.unwrap_or_else(|| created_by.clone()),
                created_by,
                moves,
                authors,
                copied,
                findings,
                proposal,
            },
        )
    }

    fn entry() -> impl Strategy<Value = Entry> {
        let origin = prop_oneof![
            Just(Origin::Terminal),
            Just(Origin::Socket),
            any::<u32>().prop_map(Origin::User),
            text().prop_map(Origin::Ssh),
            Just(Origin::Cli),
        ];
        let op = prop_oneof![
            (record(), any::<u64>()).prop_map(|(record, previous)| Op::Put { record, previous }),
            (text(), id(), vec(text(), 0..3), any::<u64>())
                .prop_map(|(kind, id, fields, previous)| Op::Seen { kind, id, fields, previous }),
            btree_map(text(), text(), 0..3).prop_map(Op::Note),
        ];
        (moment(), text(), origin, text(), vec(op, 0..3), option::of(text())).prop_map(
            |(time, actor, origin, command, ops, reason)| Entry {
                seq: 0,
                time,
                actor,
                origin,
                command,
                ops,
                reason,
            },
        )
    }

    proptest! {
        #[test]
        fn entries_come_back_with_the_texts_of_their_sheets(entry in entry()) {
            let bytes = encode(&entry);
            let back: Entry = decode(&bytes).unwrap();
            prop_assert_eq!(&back, &entry);
            prop_assert_eq!(encode(&back), bytes);
            let texts = |entry: &Entry| -> Vec<Option<String>> {
                let moves = entry.ops.iter().filter_map(Op::record).flat_map(|it| &it.moves);
                let sheets = moves.filter_map(|made| made.sheet.as_ref());
                sheets.map(|sheet| sheet.text().map(String::from)).collect()
            };
            prop_assert_eq!(texts(&back), texts(&entry));
        }

        #[test]
        fn records_come_back_and_a_glance_sees_what_is_there(record in record()) {
            let bytes = encode_record(&record);
            let back: Record = decode(&bytes).unwrap();
            prop_assert_eq!(&back, &record);
            prop_assert_eq!(&encode_record(&back), &bytes, "a record has one form");
            let sheets = back.moves.iter().filter_map(|made| made.sheet.as_ref());
            prop_assert!(sheets.clone().all(|sheet| sheet.text().is_none()));
            let seen = glance(&bytes).unwrap();
            prop_assert_eq!(
                (seen.id, &*seen.kind, &*seen.number, &*seen.state, seen.created, seen.updated),
                (record.id, &*record.kind, &*record.number, &*record.state, record.created, record.updated)
            );
            prop_assert_eq!(&*seen.created_by, &*record.created_by);
            let texts = record.fields.iter().filter_map(|(id, value)| Some((id.as_str(), value.as_text()?)));
            let seen: Vec<(&str, &str)> = seen.texts.iter().map(|(id, text)| (&**id, &**text)).collect();
            prop_assert_eq!(seen, texts.collect::<Vec<_>>());
        }

        #[test]
        fn whatever_is_cut_off_or_changed_is_refused_or_read(
            record in record(), at: prop::sample::Index, to: u8,
        ) {
            let mut bytes = encode_record(&record);
            let at = at.index(bytes.len());
            let whole = decode::<Record>(&bytes[..at]);
            prop_assert!(whole.is_err(), "what is cut off is no record");
            bytes[at] = to;
            let _ = decode::<Record>(&bytes);
            let _ = glance(&bytes);
        }
    }
}

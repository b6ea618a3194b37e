//! What packs and rules say of each other: the rule sets moves name, and the fields facts are read
//! from.

use crate::formula;
use crate::policy::{AS_OF, FactKind, Gives, Library, RuleSet, THIS, Take, Unit};
use crate::program::{
    Ask, Catalogue, Field, FieldType, Follow, FromSheet, Kind, MeasureKey, Move, Tally,
    formula_kind,
};
use crate::said;
use crate::words::{Problem, Said, closest};
use std::collections::BTreeSet;

/// Everything packs and rules name of each other and is not there.
pub(super) fn problems(catalogue: &Catalogue, library: &Library) -> Vec<Problem> {
    let mut found = Vec::new();
    for kind in catalogue.kinds() {
        let moves = kind.workflow.iter().flat_map(|life| &life.moves);
        let mut named = BTreeSet::new();
        for step in moves {
            let waits = step.due.iter().chain(&step.not_before);
            for clause in waits.filter_map(|wait| wait.clause.as_ref()) {
                if !library.clauses.contains_key(clause) {
                    let known = library.clauses.keys().map(String::as_str);
                    let said = said!("没有条款“{clause}”", "there is no clause `{clause}`");
                    found.push(told(catalogue, kind, clause, said).meaning(closest(clause, known)));
                }
            }
            let each = step.each.as_deref();
            let ids = step.evaluates.iter().chain(&step.requires);
            named.extend(ids.map(|id| (id, each)));
            found.extend(answers_its_own_advice(catalogue, library, kind, step));
            found.extend(is_no_verdict(catalogue, library, kind, step));
            found.extend(not_from_sheet(catalogue, library, kind, step));
        }
        for (id, each) in named {
            match library.rule_set(id) {
                Some(rules) => found.extend(of_rules(catalogue, kind, rules, each)),
                None => {
                    let known = library.rule_sets.keys().map(String::as_str);
                    let said = said!("没有“{id}”这套规则", "there is no rule set `{id}`");
                    found.push(told(catalogue, kind, id, said).meaning(closest(id, known)));
                }
            }
        }
    }
    found.sort_by(|a, b| (&a.file, a.line, &a.message.zh).cmp(&(&b.file, b.line, &b.message.zh)));
    found.dedup();
    found
}

/// A field that a step writes and the rules it is compared with read: whatever is answered would agree
/// with the advice.
fn answers_its_own_advice(
    catalogue: &Catalogue,
    library: &Library,
    kind: &Kind,
    step: &Move,
) -> Vec<Problem> {
    let rules = step.evaluates.as_ref().and_then(|id| library.rule_set(id));
    let Some(rules) = rules.filter(|_| step.over_advice.is_some()) else { return Vec::new() };
    let set = step.then.iter().filter(|follow| matches!(follow, Follow::Set { .. }));
    let set = set.flat_map(|follow| follow.with().iter().map(|(field, _)| field));
    let written = step.asks.iter().filter_map(|ask| ask.writes.as_ref()).chain(set);
    let read = rules.facts.iter().flat_map(FactKind::looks_at);
    let read: BTreeSet<&str> = read.filter_map(|path| path.split('.').next()).collect();
    let both = written.filter(|field| read.contains(field.as_str()));
    let told = both.map(|field| {
        let said = said!(
            "“{field}”由这一步写入，而这一步的认定规则又要看它：怎么答都与建议相同；请写进另一个字段",
            "`{field}` is written by a move whose rules read it, so that every answer agrees with the advice; write another field"
        );
        told(catalogue, kind, field, said)
    });
    told.collect()
}

/// Only a verdict is required, and only a verdict is put to rows: what else rules come to neither
/// holds nor fails.
fn is_no_verdict(
    catalogue: &Catalogue,
    library: &Library,
    kind: &Kind,
    step: &Move,
) -> Option<Problem> {
    let wanted = step.requires.iter().chain(step.evaluates.iter().filter(|_| step.each.is_some()));
    let mut rules = wanted.filter_map(|id| library.rule_set(id));
    let other = rules.find(|rules| rules.gives != Gives::Verdict)?;
    let said = said!(
        "requires 和 each 的规则要写 gives = \"verdict\"",
        "rules that are required or put to each row have `gives = \"verdict\"`"
    );
    Some(told(catalogue, kind, &other.id, said))
}

/// Questions a sheet of these rules cannot answer: a score without room for its parts, outcomes that
/// are no codes of the list.
fn not_from_sheet(
    catalogue: &Catalogue,
    library: &Library,
    kind: &Kind,
    step: &Move,
) -> Vec<Problem> {
    let rules = step.evaluates.as_ref().and_then(|id| library.rule_set(id));
    let asks = step.asks.iter().filter_map(|ask| Some((ask, ask.from_sheet?, ask.field()?)));
    let unfit = asks.filter_map(|(ask, from, field)| {
        let Some(rules) = rules else {
            let said = said!("from_sheet 要与 evaluates 一起写", "`from_sheet` goes with `evaluates`");
            return Some(told(catalogue, kind, &ask.id, said));
        };
        let said = match (from, &field.field_type) {
            (FromSheet::Category, FieldType::Choice { list }) => {
                let list = catalogue.code_list(list)?;
                let strange = rules.outcomes.iter().find(|it| list.entry(&it.id).is_none())?;
                let (id, list) = (&strange.id, &list.id);
                said!(
                    "规则的结果“{id}”不在代码表“{list}”里，照建议就填不了",
                    "the outcome `{id}` is no code of the list `{list}`, so the advice cannot be followed"
                )
            }
            (FromSheet::Score, field) => {
                let scale = rules.scale.unwrap_or(1);
                let room = match field {
                    FieldType::Decimal { places: None, .. } => true,
                    FieldType::Decimal { places: Some(places), .. } => {
                        10_i64.checked_pow(*places).is_none_or(|parts| parts >= scale)
                    }
                    _ => scale == 1,
                };
                if rules.gives == Gives::Score && room {
                    return None;
                }
                said!(
                    "from_sheet = \"score\" 的规则要写 gives = \"score\"，字段的小数位要容得下 scale",
                    "`from_sheet = \"score\"` takes rules that give a score, and a field with as many places as `scale`"
                )
            }
            _ => return None,
        };
        Some(told(catalogue, kind, &ask.id, said))
    });
    unfit.collect()
}

/// A problem at the line of the kind's pack that first has this id.
fn told(catalogue: &Catalogue, kind: &Kind, id: &str, said: Said) -> Problem {
    let Some(pack) = catalogue.pack(&kind.pack) else { return Problem::new(&kind.pack, 0, said) };
    let quoted = format!("\"{id}\"");
    let line = pack.text.lines().position(|line| line.contains(&quoted)).map_or(0, |at| at + 1);
    Problem::new(&pack.file, line, said)
}

/// What a rule set reads of a kind that it does not have.
fn of_rules(
    catalogue: &Catalogue,
    kind: &Kind,
    rules: &RuleSet,
    each: Option<&str>,
) -> Vec<Problem> {
    let mut found = Vec::new();
    let mut wrong = |what: &str, said: Said, meant: Option<String>| {
        let (id, title) = (&rules.id, &kind.title);
        let said = Said::new(
            format!("规则“{id}”的“{what}”用于{}：{}", title.zh, said.zh),
            format!("`{what}` of the rules `{id}`, for a {}: {}", title.en, said.en),
        );
        found.push(Problem::new("policy", 0, said).meaning(meant));
    };
    if let Some(field) = &rules.as_of {
        let is_date = kind.field(field).is_some_and(|it| matches!(it.field_type, FieldType::Date));
        if !is_date {
            let said = said!("没有日期字段“{field}”", "there is no date field `{field}`");
            wrong("as_of", said, closest(field, kind.fields().map(|field| field.id.as_str())));
        }
    }
    let steps = || kind.workflow.iter().flat_map(|life| &life.moves);
    if let Some(after) = rules.after.as_ref().filter(|after| steps().all(|it| it.id != **after)) {
        let said = said!("没有“{after}”这一步", "there is no move `{after}`");
        wrong("after", said, closest(after, steps().map(|step| step.id.as_str())));
    }
    for fact in &rules.facts {
        let there = |path: &&String| is_there(catalogue, kind, each, fact, path);
        for field in fact.looks_at().filter(|field| !there(field)) {
            let said = said!("没有字段“{field}”", "there is no field `{field}`");
            wrong(&fact.id, said, closest(field, kind.fields().map(|field| field.id.as_str())));
        }
        let group = groups_of(catalogue, kind, each, fact).next();
        if let Some(group) = group.filter(|group| fact.sensitive.as_ref() != Some(group)) {
            let said = said!(
                "它取自敏感字段，要写 sensitive = \"{group}\"，否则认定依据会把它说出去",
                "it is a sensitive field and needs `sensitive = \"{group}\"`, or the sheet tells it"
            );
            wrong(&fact.id, said, None);
        }
        let wrongs = [
            measure_wrong(catalogue, (kind, each), fact),
            unit_wrong(catalogue, (kind, each), fact),
            rows_wrong(kind, fact),
            answer_wrong(kind, rules, fact),
            paper_wrong(catalogue, kind, fact),
        ];
        for (said, meant) in wrongs.into_iter().flatten() {
            wrong(&fact.id, said, meant);
        }
        if let Some(said) = hop_wrong(catalogue, kind, each, fact) {
            wrong(&fact.id, said, None);
        }
    }
    found
}

/// Whether a path leads anywhere. A column is read of the row looked at; a fact that is worked out
/// otherwise may name the columns of all rows.
fn is_there(
    catalogue: &Catalogue,
    kind: &Kind,
    each: Option<&str>,
    fact: &FactKind,
    path: &str,
) -> bool {
    let read = fact.from.as_ref().is_some_and(|from| from.field == *path) || fact.measure.is_some();
    let of_all_rows = || !read && kind.field_at(path).is_some();
    catalogue.spot(kind, each, path).is_some() || of_all_rows()
}

/// An answer no move asks for.
fn answer_wrong(kind: &Kind, rules: &RuleSet, fact: &FactKind) -> Option<(Said, Option<String>)> {
    let id = fact.answer.as_ref()?;
    let steps = kind.workflow.iter().flat_map(|life| &life.moves);
    let goes_by =
        |step: &&Move| step.evaluates.iter().chain(&step.requires).any(|it| *it == rules.id);
    let asked: Vec<&Ask> = steps.filter(goes_by).flat_map(|step| &step.asks).collect();
    let known = |ask: &&Ask| ask.id == *id && ask.field().is_some();
    (!asked.iter().any(known)).then(|| {
        let said = said!(
            "用这套规则的步骤都不问“{id}”",
            "no move that goes by these rules asks for `{id}`"
        );
        (said, closest(id, asked.iter().map(|ask| ask.id.as_str())))
    })
}

/// A paper the kind does not list.
fn paper_wrong(
    catalogue: &Catalogue,
    kind: &Kind,
    fact: &FactKind,
) -> Option<(Said, Option<String>)> {
    let code = fact.received.as_ref()?;
    let lists = kind.fields().filter(|it| matches!(it.field_type, FieldType::Papers { .. }));
    let lists: Vec<_> =
        lists.filter_map(|field| catalogue.code_list(field.field_type.list()?)).collect();
    lists.iter().all(|list| list.entry(code).is_none()).then(|| {
        let known = lists.iter().flat_map(|list| &list.entries).map(|entry| entry.code.as_str());
        let said = said!("没有“{code}”这种材料", "there is no paper `{code}`");
        (said, closest(code, known))
    })
}

/// The sensitivity groups of the fields and columns a fact is taken from.
fn groups_of<'c>(
    catalogue: &'c Catalogue,
    kind: &'c Kind,
    each: Option<&str>,
    fact: &'c FactKind,
) -> impl Iterator<Item = &'c String> {
    let spot = fact.from.as_ref().and_then(|from| catalogue.spot(kind, each, &from.field));
    let field = spot.into_iter().flat_map(|spot| spot.table.into_iter().chain(spot.field()));
    let rows = fact.rows.as_ref().and_then(|rows| Some((rows, kind.field(&rows.table)?)));
    let columns = rows.into_iter().flat_map(|(rows, table)| {
        let taken = match &rows.take {
            Take::Count => None,
            Take::Sum(column) | Take::List(column) => Some(column),
        };
        let named = rows.narrowed.iter().map(|(column, _)| column).chain(taken);
        std::iter::once(table).chain(named.filter_map(|column| table.column(column)))
    });
    field.chain(columns).filter_map(|field| field.sensitive.as_ref())
}

/// A field of records that may be known to few is no fact of others, which more people see.
fn hop_wrong(
    catalogue: &Catalogue,
    kind: &Kind,
    each: Option<&str>,
    fact: &FactKind,
) -> Option<Said> {
    let (there, _) = catalogue.spot(kind, each, &fact.from.as_ref()?.field)?.behind?;
    (there.id != kind.id && there.confidential.is_some()).then(|| {
        let title = &there.title;
        Said::new(
            format!("{}可能是保密的，别的记录的认定依据不能取它的内容", title.zh),
            format!("a {} may be confidential, and sheets of others do not tell of it", title.en),
        )
    })
}

/// Rows of what is no table, or by columns it does not have.
fn rows_wrong(kind: &Kind, fact: &FactKind) -> Option<(Said, Option<String>)> {
    let rows = fact.rows.as_ref()?;
    let (taken, can): (_, fn(&FieldType) -> bool) = match &rows.take {
        Take::Count => (None, |_| true),
        Take::Sum(column) => (Some(column), |field| {
            let field = if let FieldType::Computed { gives, .. } = field { gives } else { field };
            matches!(
                field,
                FieldType::Money { .. }
                    | FieldType::Integer { .. }
                    | FieldType::Decimal { places: Some(_), .. }
            )
        }),
        Take::List(column) => (Some(column), |field| {
            matches!(
                field,
                FieldType::Choice { .. } | FieldType::Tags { .. } | FieldType::Text { .. }
            )
        }),
    };
    let columns = kind.field(&rows.table).map(|table| table.field_type.columns())?;
    let one = |id: &String, can: fn(&FieldType) -> bool| {
        let found = columns.iter().find(|column| column.id == *id);
        if found.is_some_and(|column| can(&column.field_type)) {
            return None;
        }
        let table = &rows.table;
        let said = said!("“{table}”没有合适的列“{id}”", "`{table}` has no column `{id}` that fits");
        Some((said, closest(id, columns.iter().map(|column| column.id.as_str()))))
    };
    let narrowed = rows.narrowed.iter().find_map(|(column, _)| one(column, FieldType::is_facet));
    narrowed.or_else(|| one(taken?, can))
}

/// A measure that is not there, or has another key.
fn measure_wrong(
    catalogue: &Catalogue,
    (kind, each): (&Kind, Option<&str>),
    fact: &FactKind,
) -> Option<(Said, Option<String>)> {
    let source = fact.measure.as_ref()?;
    let Some(measure) = catalogue.measure(&source.measure) else {
        let id = &source.measure;
        let known = catalogue.measures().map(|measure| measure.id.as_str());
        let said = said!("没有计量“{id}”", "there is no measure `{id}`");
        return Some((said, closest(id, known)));
    };
    let is_day = matches!(measure.tally, Tally::Last(_));
    if is_day != (fact.unit == Unit::Date) {
        let said = said!(
            "取最近日期（last）的计量，单位写 date；别的计量不写",
            "a measure of a last day (`last`) has the unit `date`, and no other has it"
        );
        return Some((said, None));
    }
    let keys = source.at.iter().filter(|at| MeasureKey::read(at).is_some()).count();
    let wanted = measure.per.len();
    if keys != wanted || keys != source.at.len() {
        let id = &measure.id;
        let said = said!(
            "计量“{id}”要 {wanted} 个键，at 里写了 {keys} 个",
            "the measure `{id}` goes by {wanted} keys, `at` has {keys}"
        );
        return Some((said, None));
    }
    let of = catalogue.kind(&measure.of)?;
    let mut keys = source.at.iter().zip(&measure.per);
    let other = keys.find(|(at, per)| !is_key(catalogue, (kind, each), at, (of, per)))?;
    let (at, per) = (other.0, &other.1.field);
    let said = said!(
        "at 里的“{at}”和计量的键“{per}”不是一类",
        "`{at}` in `at` is of another type than the key `{per}` of the measure"
    );
    Some((said, None))
}

/// Whether what is read at a path can be this part of a measure's key. A path that leads nowhere is
/// told elsewhere.
fn is_key(
    catalogue: &Catalogue,
    (kind, each): (&Kind, Option<&str>),
    at: &str,
    (of, per): (&Kind, &MeasureKey),
) -> bool {
    let (Some(key), Some(wanted)) = (MeasureKey::read(at), of.field(&per.field)) else {
        return true;
    };
    let leads_to =
        |id: &str| matches!(&wanted.field_type, FieldType::Reference { kind, .. } if kind == id);
    let is_day = formula_kind(&wanted.field_type) == formula::Kind::Date;
    match key.field.as_str() {
        AS_OF => is_day && key.part == per.part,
        THIS => leads_to(&kind.id),
        path => {
            let field = catalogue.spot(kind, each, path).map(|spot| spot.field());
            let fits = |field: &Field| match &field.field_type {
                FieldType::Reference { kind, .. } => leads_to(kind),
                other => {
                    let held = formula_kind(other);
                    let known = held != formula::Kind::Thing;
                    known && held == formula_kind(&wanted.field_type) && key.part == per.part
                }
            };
            field.is_none_or(|field| field.is_some_and(fits))
        }
    }
}

/// A unit that counts something else than the field holds: the fact would never be known.
fn unit_wrong(
    catalogue: &Catalogue,
    (kind, each): (&Kind, Option<&str>),
    fact: &FactKind,
) -> Option<(Said, Option<String>)> {
    let field = match (&fact.from, &fact.answer) {
        (Some(from), _) => catalogue.spot(kind, each, &from.field)?.field()?,
        (None, Some(id)) => {
            let steps = kind.workflow.iter().flat_map(|life| &life.moves);
            steps.flat_map(|step| &step.asks).find(|ask| ask.id == *id)?.field()?
        }
        (None, None) => return None,
    };
    let (held, counted) = (formula_kind(&field.field_type), fact.unit.kind()?);
    (held != counted).then(|| {
        let (held, counted) = (held.said(), counted.said());
        let said = Said::new(
            format!("它取的字段是{}，unit 却是{}", held.zh, counted.zh),
            format!("the field is {}, and `unit` is {}", held.en, counted.en),
        );
        (said, None)
    })
}

//! Policy files to documents, clauses, parameters and rule sets.

use super::{
    AS_OF, Basis, Clause, Computed, Document, FactKind, FieldSource, Gives, Grade, LineRole,
    MeasureSource, Named, Parameter, ParameterRow, ParameterValue, Reach, Round, RowsSource,
    RuleLine, RuleSet, Start, THIS, Take, Threshold, Unit,
};
use crate::edited::{Node, Place, Raw, values};
use crate::formula::Formula;
use crate::record::date_in_file;
use crate::said;
use crate::words::{Said, closest};
use std::collections::BTreeMap;

/// Places by thing (`line hardship-eligibility/R-DEEP`) and key (`condition`).
pub(super) type Places = BTreeMap<(String, &'static str), Place>;

/// What the files of one layer hold: the built-in ones, or one folder.
#[derive(Default)]
pub(super) struct Layer {
    pub documents: BTreeMap<String, Document>,
    pub clauses: BTreeMap<String, Clause>,
    pub parameters: BTreeMap<String, Parameter>,
    pub rule_sets: BTreeMap<String, RuleSet>,
    pub places: Places,
    /// Rows for parameters that are elsewhere, by the parameter's id.
    pub rows: Vec<(String, ParameterRow)>,
}

pub(super) const BASES: &[(&str, Basis)] =
    &[("statutory", Basis::Statutory), ("local", Basis::Local), ("to-confirm", Basis::ToConfirm)];
pub(super) const REACHES: &[(&str, Reach)] =
    &[("national", Reach::National), ("city", Reach::City), ("district", Reach::District)];
pub(super) const GRADES: &[(&str, Grade)] =
    &[("A", Grade::A), ("B", Grade::B), ("C", Grade::C), ("D", Grade::D)];
pub(super) const GIVES: &[(&str, Gives)] =
    &[("category", Gives::Category), ("verdict", Gives::Verdict), ("score", Gives::Score)];
const ROUNDS: &[(&str, Round)] =
    &[("up", Round::Up), ("down", Round::Down), ("half_up", Round::HalfUp)];
pub(super) const ROLES: &[(&str, LineRole)] = &[
    ("precondition", LineRole::Precondition),
    ("completeness", LineRole::Completeness),
    ("outcome", LineRole::Outcome),
    ("must", LineRole::Must),
    ("should", LineRole::Should),
    ("exclusion", LineRole::Exclusion),
    ("edge", LineRole::Edge),
    ("points", LineRole::Points),
    ("veto", LineRole::Veto),
];

/// The word files use for a value.
pub(super) fn word_of<T: PartialEq>(words: &[(&'static str, T)], value: &T) -> &'static str {
    words.iter().find(|(_, known)| known == value).map_or("", |(word, _)| word)
}

impl Layer {
    /// Reads what one file declares into the layer.
    pub fn read(&mut self, root: &Node<'_>) {
        for entry in root.tables("document") {
            let document = self.document(&entry);
            self.documents.insert(document.id.clone(), document);
        }
        for entry in root.tables("clause") {
            let clause = self.clause(&entry);
            self.clauses.insert(clause.id.clone(), clause);
        }
        for entry in root.tables("parameter") {
            if let Some(parameter) = self.parameter(&entry) {
                self.parameters.insert(parameter.id.clone(), parameter);
            }
        }
        for entry in root.tables("rule_set") {
            let rules = self.rule_set(&entry);
            self.rule_sets.insert(rules.id.clone(), rules);
        }
    }

    /// Reads the rows one file adds to parameters of this layer, or of those `below`; everything
    /// else of all files has been read by then.
    pub fn read_rows(&mut self, root: &Node<'_>, below: &BTreeMap<String, Parameter>) {
        for entry in root.tables("row") {
            let id = text(&entry, "parameter");
            let parameter = self.parameters.get(&id).or_else(|| below.get(&id));
            let Some(unit) = parameter.map(|parameter| parameter.unit) else {
                let known = self.parameters.keys().chain(below.keys());
                let meant = closest(&id, known.map(String::as_str));
                let said = said!("没有参数“{id}”", "there is no parameter \"{id}\"");
                entry.wrong_meaning("parameter", said, meant);
                continue;
            };
            if let Some(row) = self.row(&id, unit, &entry) {
                let same = |(other, there): &&(String, ParameterRow)| {
                    *other == id && there.begins_with(&row)
                };
                if self.rows.iter().any(|other| same(&other)) {
                    let said = Said::fixed(
                        "同一参数、同一地区、同样的 where 已有同一天起的一行，请删去一处",
                        "there is a row of this parameter for the same region, `where` and day already; remove one of them",
                    );
                    entry.wrong_at("from", said);
                }
                self.rows.push((id, row));
            }
        }
    }

    /// Keeps the places of a thing's keys; a thing declared twice in one layer is a problem.
    fn keep(&mut self, entry: &Node<'_>, thing: &str, keys: &[&'static str]) {
        if let Some(first) = self.places.get(&(thing.to_owned(), "id")) {
            let (file, line) = (&first.file, first.line);
            let said = said!(
                "“{thing}”在 {file} 第 {line} 行已经写过，请删去一处",
                "\"{thing}\" already stands at {file}, line {line}; remove one of them"
            );
            entry.wrong_at("id", said);
        }
        for key in std::iter::once(&"id").chain(keys) {
            self.places.insert((thing.to_owned(), key), entry.place_of(key));
        }
    }

    fn document(&mut self, entry: &Node<'_>) -> Document {
        let document = Document {
            id: text(entry, "id"),
            title: entry.need_said("title"),
            number: text_or_none(entry, "number"),
            issuer: entry.need_said("issuer"),
            date: date_in_file(entry, "date"),
            from: date_in_file(entry, "from"),
            to: date_in_file(entry, "to"),
            reach: entry.need_word("reach", REACHES).unwrap_or(Reach::National),
            grade: entry.need_word("grade", GRADES).unwrap_or(Grade::D),
            source: text(entry, "source"),
        };
        self.keep(entry, &format!("document {}", document.id), &[]);
        entry.finish();
        document
    }

    fn clause(&mut self, entry: &Node<'_>) -> Clause {
        let clause = Clause {
            id: text(entry, "id"),
            document: text(entry, "document"),
            article: text(entry, "article"),
            text: entry.need_said("text"),
        };
        self.keep(entry, &format!("clause {}", clause.id), &["document"]);
        entry.finish();
        clause
    }

    fn parameter(&mut self, entry: &Node<'_>) -> Option<Parameter> {
        let id = text(entry, "id");
        let title = entry.need_said("title");
        let unit = entry.need_word("unit", Unit::WORDS);
        self.keep(entry, &format!("parameter {id}"), &["unit"]);
        let rows =
            entry.tables("row").into_iter().filter_map(|row| self.row(&id, unit?, &row)).collect();
        entry.finish();
        Some(Parameter { id, title, unit: unit?, rows })
    }

    fn row(&mut self, parameter: &str, unit: Unit, entry: &Node<'_>) -> Option<ParameterRow> {
        let (from, not_before) = (date_in_file(entry, "from"), date_in_file(entry, "not_before"));
        let start = match (from, not_before, date_in_file(entry, "not_after")) {
            (Some(day), None, None) => Start::On(day),
            (None, None, None) => Start::Always,
            (None, not_before, Some(not_after)) => Start::Between { not_before, not_after },
            _ => {
                let said = Said::fixed(
                    "生效日期写 from；查不到时写 not_before 和 not_after，两种不要混用",
                    "write `from`, or `not_before` and `not_after` when the day was not found, not both",
                );
                entry.wrong_at("from", said);
                Start::Always
            }
        };
        let to = date_in_file(entry, "to");
        let region = text_or_none(entry, "region").unwrap_or_default();
        let only = entry
            .table("where")
            .map(|node| node.every_text().into_iter().map(|(fact, at)| (fact, at.value)).collect());
        let value = parameter_value(entry, unit);
        let clause = text(entry, "clause");
        let basis = entry.need_word("basis", BASES);
        entry.finish();
        let (only, value, basis) = (only.unwrap_or_default(), value?, basis?);
        let row = ParameterRow { start, to, region, only, value, clause, basis };
        let thing = row.thing(parameter);
        for key in ["id", "clause", "basis", "from", "to"] {
            self.places.insert((thing.clone(), key), entry.place_of(key));
        }
        Some(row)
    }

    fn rule_set(&mut self, entry: &Node<'_>) -> RuleSet {
        let (id, title) = (text(entry, "id"), entry.need_said("title"));
        let gives = entry.need_word("gives", GIVES).unwrap_or(Gives::Category);
        let (as_of, after) = (text_or_none(entry, "as_of"), text_or_none(entry, "after"));
        let scale = entry.whole("scale").map(|at| at.value);
        let outcomes = named(entry, "outcome");
        let keys = &["gives", "as_of", "after", "scale", "outcome"];
        self.keep(entry, &format!("rule set {id}"), keys);
        let facts = entry.tables("fact");
        let facts = facts.into_iter().filter_map(|entry| self.fact(&id, &entry)).collect();
        let values = entry.tables("value").into_iter().filter_map(|entry| {
            let name = text(&entry, "id");
            let unit = entry.need_word("unit", Unit::WORDS);
            let (is, divide_by) = (Formula::need(&entry, "is"), Formula::at(&entry, "divide_by"));
            let sum = text_or_none(&entry, "sum").unwrap_or_default();
            let (round, title) = (entry.word("round", ROUNDS), entry.said("title"));
            self.keep(&entry, &format!("value {id}/{name}"), &["is", "divide_by", "round", "sum"]);
            entry.finish();
            Some(Computed { id: name, unit: unit?, is: is?, divide_by, round, sum, title })
        });
        let values = values.collect();
        let thresholds = entry.tables("threshold").into_iter().filter_map(|entry| {
            let name = text(&entry, "id");
            let (title, of, level) =
                (entry.need_said("title"), text(&entry, "of"), Formula::need(&entry, "level"));
            let times = text_or_none(&entry, "times");
            let keys = &["of", "level", "times"];
            self.keep(&entry, &format!("threshold {id}/{name}"), keys);
            entry.finish();
            Some(Threshold { id: name, title, of, level: level?, times })
        });
        let thresholds = thresholds.collect();
        let lines = entry.tables("line");
        let lines = lines.into_iter().filter_map(|entry| self.line(&id, &entry)).collect();
        entry.finish();
        RuleSet {
            id,
            title,
            gives,
            as_of,
            after,
            scale,
            outcomes,
            facts,
            values,
            thresholds,
            lines,
        }
    }

    fn fact(&mut self, rules: &str, entry: &Node<'_>) -> Option<FactKind> {
        let name = text(entry, "id");
        let unit = entry.need_word("unit", Unit::WORDS);
        let title = entry.need_said("title");
        let words = named(entry, "word");
        self.keep(
            entry,
            &format!("fact {rules}/{name}"),
            &["unit", "word", "field", "fields", "measure", "rows", "answer", "received"],
        );
        let paper = text_or_none(entry, "paper");
        let (field, measure) = (text_or_none(entry, "field"), text_or_none(entry, "measure"));
        let at = values(entry.texts("at"));
        if (paper.is_some() && field.is_none()) || (!at.is_empty() && measure.is_none()) {
            entry.wrong(Said::fixed(
                "paper 与 field 一起写，at 与 measure 一起写",
                "`paper` goes with `field`, `at` with `measure`",
            ));
        }
        let from = field.map(|field| FieldSource { field, paper });
        let mut fields = values(entry.texts("fields"));
        fields.extend(
            at.iter()
                .map(|at| at.split(':').next().unwrap_or_default())
                .filter(|at| ![AS_OF, THIS].contains(at))
                .map(str::to_string),
        );
        let measure = measure.map(|measure| MeasureSource { measure, at });
        fields.extend(from.iter().map(|from| from.field.clone()));
        let rows = rows_of(entry);
        fields.extend(rows.iter().map(|rows| rows.table.clone()));
        let (answer, received) = (text_or_none(entry, "answer"), text_or_none(entry, "received"));
        let reads = values(entry.texts("reads"));
        let sensitive = text_or_none(entry, "sensitive");
        entry.finish();
        let unit = unit?;
        let fact = FactKind {
            id: name,
            unit,
            title,
            words,
            from,
            measure,
            rows,
            answer,
            received,
            fields,
            reads,
            sensitive,
        };
        if fact.ways() > 1 {
            entry.wrong(Said::fixed(
                "field、measure、rows、answer、received 只写一种",
                "`field`, `measure`, `rows`, `answer` and `received`: one of them",
            ));
        }
        Some(fact)
    }

    fn line(&mut self, rules: &str, entry: &Node<'_>) -> Option<RuleLine> {
        let id = text(entry, "id");
        let title = entry.need_said("title");
        let (clause, clause_of) = (text(entry, "clause"), text_or_none(entry, "clause_of"));
        let basis = entry.need_word("basis", BASES);
        let role = entry.need_word("role", ROLES);
        let outcome = text_or_none(entry, "outcome");
        let (when, points) = (Formula::at(entry, "when"), Formula::at(entry, "points"));
        // What only adds its points holds always.
        let always = points.is_some() && !entry.has("condition");
        let condition: Option<Formula> = match always {
            true => Formula::parse("true").ok(),
            false => Formula::need(entry, "condition"),
        };
        let compares = values(entry.texts("compares"));
        let (met, not_met) = match always {
            true => (entry.said("met").unwrap_or(POINTS), Said::default()),
            false => (entry.need_said("met"), entry.need_said("not_met")),
        };
        let unknown = entry.said("unknown").unwrap_or(MISSING);
        let keys = &[
            "clause",
            "clause_of",
            "basis",
            "outcome",
            "role",
            "when",
            "condition",
            "points",
            "compares",
            "met",
            "not_met",
            "unknown",
        ];
        self.keep(entry, &format!("line {rules}/{id}"), keys);
        entry.finish();
        let (basis, role, condition) = (basis?, role?, condition?);
        Some(RuleLine {
            id,
            title,
            clause,
            clause_of,
            basis,
            role,
            outcome,
            when,
            condition,
            points,
            compares,
            met,
            not_met,
            unknown,
        })
    }
}

/// What a line says when it cannot tell and brings no sentence of its own.
const MISSING: Said =
    Said::fixed("无法判断，还缺：{missing}。", "Cannot tell; still lacking: {missing}.");

/// What a line says that only adds points and brings no sentence of its own.
const POINTS: Said = Said::fixed("{points} 分。", "{points} points.");

/// `rows = "claimants", where = { … }` with `count = true`, `sum = "column"` or `list = "column"`.
fn rows_of(entry: &Node<'_>) -> Option<RowsSource> {
    let table = text_or_none(entry, "rows")?;
    let named = entry.table("where").iter().flat_map(Node::every_list).collect::<Vec<_>>();
    let narrowed = named.into_iter().map(|(at, wanted)| (at.value, values(wanted))).collect();
    let count = entry.yes("count").unwrap_or(false).then_some(Take::Count);
    let sum = text_or_none(entry, "sum").map(Take::Sum);
    let list = text_or_none(entry, "list").map(Take::List);
    let mut ways = [count, sum, list].into_iter().flatten();
    let (take, other) = (ways.next(), ways.next());
    if take.is_none() || other.is_some() {
        entry.wrong(Said::fixed(
            "rows 要写 count = true、sum = \"列\" 或 list = \"列\" 之一",
            "`rows` needs `count = true`, `sum = \"column\"` or `list = \"column\"`, one of them",
        ));
    }
    Some(RowsSource { table, narrowed, take: take? })
}

/// `outcome = [{ id = "deep", title = { zh = …, en = … } }, …]`.
fn named(entry: &Node<'_>, key: &'static str) -> Vec<Named> {
    let one = |entry: Node<'_>| {
        let (id, title) = (text(&entry, "id"), entry.need_said("title"));
        let least = entry.whole("least").map(|at| at.value);
        entry.finish();
        Named { id, title, least }
    };
    entry.tables(key).into_iter().map(one).collect()
}

fn text(entry: &Node<'_>, key: &'static str) -> String {
    entry.need_text(key).map(|at| at.value).unwrap_or_default()
}

fn text_or_none(entry: &Node<'_>, key: &'static str) -> Option<String> {
    entry.text(key).map(|at| at.value)
}

fn parameter_value(entry: &Node<'_>, unit: Unit) -> Option<ParameterValue> {
    let wrong = || {
        Said::fixed(
            "value 与 unit 不符：金额写整数分，倍数和比例写 \"3/2\"，是否写 true 或 false",
            "`value` does not fit `unit`: money in whole fen, multiples and shares as \"3/2\", yes or no as true or false",
        )
    };
    entry.need("value");
    let found = entry.fit("value", wrong, |value| match (value, unit) {
        (Raw::String(text), Unit::Ratio | Unit::Share) => ratio(text),
        (Raw::String(text), Unit::Text) => Some(ParameterValue::Text(text.to_string())),
        (Raw::Boolean(yes), Unit::YesNo) => Some(ParameterValue::YesNo(*yes)),
        (Raw::Integer(number), _) if unit.kind() == Some(crate::formula::Kind::Integer) => {
            i64::from_str_radix(number.as_str(), number.radix()).ok().map(ParameterValue::Integer)
        }
        _ => None,
    });
    found.map(|at| at.value)
}

fn ratio(text: &str) -> Option<ParameterValue> {
    let (num, den) = text.split_once('/')?;
    let (num, den): (i64, i64) = (num.trim().parse().ok()?, den.trim().parse().ok()?);
    (den > 0 && num >= 0).then_some(ParameterValue::Ratio { num, den })
}

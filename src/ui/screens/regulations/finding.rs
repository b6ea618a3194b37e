//! What the library of rules has to look at, as rows of a list, and how it is found: by words,
//! pinyin, initials or number.

use crate::policy::{Basis, Document, Library, Parameter, ParameterRow};
use crate::program::{Catalogue, pinyin_of};
use crate::record::fold;
use crate::said;
use crate::words::Said;
use chrono::NaiveDate;

/// What can be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    Document(String),
    Clause(String),
    /// A dated parameter.
    Parameter(String),
    /// A line of a rule set: the rule set and the line.
    Line(String, String),
    /// A deadline of a move: the kind, the move.
    Due(String, String),
}

/// Which shelf of the library is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shelf {
    /// Everything.
    #[default]
    All,
    /// Documents with their clauses.
    Documents,
    Parameters,
    /// All that is to be confirmed.
    ToConfirm,
}

impl Shelf {
    /// In the order Tab goes through them.
    pub const ALL: [Self; 4] = [Self::All, Self::Documents, Self::Parameters, Self::ToConfirm];

    /// What it is called.
    pub const fn title(self) -> Said {
        match self {
            Self::All => Said::fixed("全部", "everything"),
            Self::Documents => Said::fixed("文件和条款", "documents and clauses"),
            Self::Parameters => Said::fixed("参数", "parameters"),
            Self::ToConfirm => Said::fixed("待确认", "to be confirmed"),
        }
    }
}

/// One row.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// What it opens.
    pub item: Item,
    /// Its name.
    pub title: Said,
    /// Number, article or value in force.
    pub number: Said,
    /// Grade of the copy, or what it rests on.
    pub grade: Said,
    /// Since when, or until when, it holds.
    pub validity: Said,
    /// Text that is searched beside what is shown.
    text: Said,
}

/// The rows of a shelf that fit what is typed, the best first; as they stand when nothing is.
pub fn rows(
    library: &Library,
    catalogue: &Catalogue,
    shelf: Shelf,
    today: NaiveDate,
    typed: &str,
) -> Vec<Row> {
    let all = match shelf {
        Shelf::All => {
            let mut all = parameters(library, today);
            all.extend(documents(library));
            all
        }
        Shelf::Documents => documents(library),
        Shelf::Parameters => parameters(library, today),
        Shelf::ToConfirm => to_confirm(library, catalogue),
    };
    let typed = fold(typed).to_lowercase();
    if typed.is_empty() {
        return all;
    }
    let ranked = all.into_iter().filter_map(|row| Some((rank(&row, &typed)?, row)));
    let mut ranked: Vec<(u8, Row)> = ranked.collect();
    ranked.sort_by_key(|(rank, _)| *rank);
    ranked.into_iter().map(|(_, row)| row).collect()
}

/// How well a row fits, the lower the better.
fn rank(row: &Row, typed: &str) -> Option<u8> {
    let plain = |text: &str| fold(text).to_lowercase();
    let (zh, en) = (plain(&row.title.zh), plain(&row.title.en));
    let (full, initials) = pinyin_of(&row.title.zh);
    let begins = [&zh, &en, &full, &initials].iter().any(|text| text.starts_with(typed));
    let has = |text: &str| text.contains(typed);
    if begins {
        return Some(0);
    }
    if has(&plain(&row.number.zh)) || has(&plain(&row.number.en)) {
        return Some(1);
    }
    if [&zh, &en, &full, &initials].iter().any(|text| has(text)) {
        return Some(2);
    }
    (has(&plain(&row.text.zh)) || has(&plain(&row.text.en))).then_some(3)
}

fn documents(library: &Library) -> Vec<Row> {
    let mut rows = Vec::new();
    for document in library.documents.values() {
        rows.push(Row {
            item: Item::Document(document.id.clone()),
            title: document.title.clone(),
            number: Said::same(document.number.clone().unwrap_or_default()),
            grade: Said::same(document.grade.letter()),
            validity: validity(document),
            text: document.issuer.clone(),
        });
        let clauses = library.clauses.values().filter(|clause| clause.document == document.id);
        rows.extend(clauses.map(|clause| Row {
            item: Item::Clause(clause.id.clone()),
            title: Said::new(
                format!("　{} {}", clause.article, clause.text.zh),
                format!("  {} {}", clause.article, clause.text.en),
            ),
            number: Said::same(document.number.clone().unwrap_or_default()),
            grade: Said::same(document.grade.letter()),
            validity: validity(document),
            text: document.title.clone(),
        }));
    }
    rows
}

fn parameters(library: &Library, today: NaiveDate) -> Vec<Row> {
    library.parameters.values().map(|parameter| parameter_row(library, parameter, today)).collect()
}

fn parameter_row(library: &Library, parameter: &Parameter, today: NaiveDate) -> Row {
    // The newest row that has begun of each set of facts.
    let mut newest: Vec<&ParameterRow> = Vec::new();
    for row in parameter.rows.iter().filter(|row| row.start.latest() <= today) {
        match newest.iter_mut().find(|other| other.is_beside(row)) {
            Some(other) => *other = row,
            None => newest.push(row),
        }
    }
    let values: Vec<Said> = newest.iter().map(|row| parameter.shown(&row.value)).collect();
    let values = match values.is_empty() {
        true => said!("未知", "not known"),
        false => Said::join(&values, "／", " / "),
    };
    let basis = newest.iter().map(|row| row.basis);
    let to_confirm = parameter.rows.is_empty() || basis.clone().any(|it| it == Basis::ToConfirm);
    let basis = match (to_confirm, newest.first()) {
        (true, _) => Basis::ToConfirm.said(),
        (false, Some(row)) => row.basis.said(),
        (false, None) => Said::default(),
    };
    let validity = newest.first().map(|row| row.validity(None)).unwrap_or_default();
    let clauses = newest.iter().filter_map(|row| library.clauses.get(&row.clause));
    let text: Vec<Said> = clauses.map(|clause| library.cited(clause)).collect();
    Row {
        item: Item::Parameter(parameter.id.clone()),
        title: parameter.title.clone(),
        number: values,
        grade: basis,
        validity,
        text: Said::join(&text, " ", " "),
    }
}

/// Everything that is marked to be confirmed: values, lines of rules, deadlines without a clause.
fn to_confirm(library: &Library, catalogue: &Catalogue) -> Vec<Row> {
    let mark = || Basis::ToConfirm.said();
    let mut rows = Vec::new();
    for parameter in library.parameters.values() {
        let marked = parameter.rows.iter().filter(|row| row.basis == Basis::ToConfirm);
        let none_known = parameter.rows.is_empty();
        let count = marked.count();
        if count > 0 || none_known {
            rows.push(Row {
                item: Item::Parameter(parameter.id.clone()),
                title: parameter.title.clone(),
                number: match count {
                    0 => said!("没有数值", "no value"),
                    _ => said!("{count} 行", "{count} rows"),
                },
                grade: mark(),
                validity: Said::default(),
                text: Said::default(),
            });
        }
    }
    for rules in library.rule_sets.values() {
        let lines = rules.lines.iter().filter(|line| line.basis == Basis::ToConfirm);
        rows.extend(lines.map(|line| Row {
            item: Item::Line(rules.id.clone(), line.id.clone()),
            title: line.title.clone(),
            number: Said::same(line.id.clone()),
            grade: mark(),
            validity: Said::default(),
            text: rules.title.clone(),
        }));
    }
    for kind in catalogue.kinds() {
        let moves = kind.workflow.iter().flat_map(|life| &life.moves);
        let open = moves.filter(|step| step.due.as_ref().is_some_and(|due| due.clause.is_none()));
        rows.extend(open.map(|step| Row {
            item: Item::Due(kind.id.clone(), step.id.clone()),
            title: Said::new(
                format!("{}：“{}”后的期限", kind.title.zh, step.title.zh),
                format!("{}: the deadline after \"{}\"", kind.title.en, step.title.en),
            ),
            number: Said::default(),
            grade: mark(),
            validity: Said::default(),
            text: Said::default(),
        }));
    }
    rows
}

/// Since when or until when a document holds; the day it was issued where nothing else is known.
pub fn validity(document: &Document) -> Said {
    match (document.from, document.to, document.date) {
        (Some(from), Some(to), _) => said!("{from} 至 {to}", "{from} to {to}"),
        (Some(from), None, _) => said!("自 {from}", "from {from}"),
        (None, Some(to), _) => said!("至 {to}", "until {to}"),
        (None, None, Some(date)) => said!("{date} 发", "issued {date}"),
        (None, None, None) => Said::default(),
    }
}

//! One document, clause, parameter or line of the rules, with what rests on it.

use super::entering;
use super::finding::{Item, validity};
use crate::office::{Queue, Right, grade_title, unit_title};
use crate::policy::{Clause, Document, Library, Parameter, ParameterRow, Reach};
use crate::program::Catalogue;
use crate::said;
use crate::ui::action::{Action, Place};
use crate::ui::reading::{self, Reading};
use crate::ui::screen::{Context, Look, Notice, Screen, Taken};
use crate::ui::screens::listing::Listing;
use crate::ui::theme::Tone;
use crate::words::Said;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

/// Cells a clause is set in by.
const INDENT: u16 = 2;

/// Something of the library on screen.
pub struct Detail {
    item: Item,
    title: Said,
    reading: Reading,
    /// Records can be asked for that rest on it.
    lists: bool,
    /// A new value can be entered.
    may_enter: bool,
}

impl Detail {
    /// Reads it.
    pub fn new(item: Item, cx: &mut Context) -> Self {
        let may = |right| cx.who.is_some_and(|who| who.may(right));
        let lists = matches!(item, Item::Clause(_)) && may(Right::Lists);
        let may_enter = matches!(item, Item::Parameter(_)) && may(Right::Accounts);
        let (title, reading) = (Said::default(), Reading::default());
        let mut detail = Self { item, title, reading, lists, may_enter };
        detail.refresh(cx);
        detail
    }
}

impl Screen for Detail {
    fn place(&self) -> Place {
        Place::Rule
    }

    fn title(&self) -> Said {
        said!("制度", "Rules")
    }

    fn offers(&self, action: Action) -> bool {
        match action {
            Action::NewValue => self.may_enter,
            Action::Enter => self.lists,
            _ => true,
        }
    }

    fn titled(&self, action: Action) -> Option<Said> {
        (action == Action::Enter && self.lists)
            .then(|| said!("依据它的决定", "Decisions that rest on it"))
    }

    fn act(&mut self, action: Action, cx: &mut Context) -> Taken {
        match (action, &self.item) {
            (Action::Enter, Item::Clause(id)) if self.lists => {
                let list = Listing::new(Queue::RestingOn(id.clone()), cx);
                cx.open(list);
            }
            (Action::NewValue, Item::Parameter(id)) if self.may_enter => {
                entering::open(&id.clone(), cx);
            }
            _ if self.reading.act(action) => {}
            _ => return Taken::No,
        }
        Taken::Yes
    }

    fn refresh(&mut self, cx: &mut Context) {
        let library = cx.office.library();
        let catalogue = cx.office.catalogue();
        let mut reading = Reading::default();
        let title = match &self.item {
            Item::Document(id) => library.documents.get(id).map(|document| {
                of_document(&mut reading, &library, document);
                document.title.clone()
            }),
            Item::Clause(id) => library.clauses.get(id).map(|clause| {
                of_clause(&mut reading, &library, catalogue, clause);
                if self.lists
                    && let Some(who) = cx.who
                {
                    let waiting = cx.office.waiting(who, &Queue::RestingOn(id.clone()));
                    let said =
                        said!("{waiting} 份，回车打开", "{waiting} records; Enter opens them");
                    reading.value(said!("依据它作出决定的档案", "Records decided by it"), said);
                }
                library.cited(clause)
            }),
            Item::Parameter(id) => library.parameters.get(id).map(|parameter| {
                of_parameter(&mut reading, &library, parameter, cx);
                if self.may_enter {
                    reading.gap();
                    let said = said!(
                        "按 F3 录入新的数值（例如下一年的标准）。",
                        "F3 enters a new value, such as next year's."
                    );
                    reading.line(Tone::Key, said);
                }
                parameter.title.clone()
            }),
            Item::Line(rules, line) => of_line(&mut reading, &library, rules, line),
            Item::Due(kind, step) => of_due(&mut reading, catalogue, kind, step),
        };
        match title {
            Some(title) => self.title = title,
            None => cx.say(Notice::unsure(
                said!("政策库里已经没有这一条。", "The library has it no longer."),
                said!("请返回重查。", "Go back and look again."),
            )),
        }
        self.reading = reading.at_place_of(&self.reading);
    }

    fn draw(&self, area: Rect, buf: &mut Buffer, look: &Look) -> Option<Position> {
        reading::page(area, buf, look, &[&self.title], &self.reading)
    }
}

fn of_document(reading: &mut Reading, library: &Library, document: &Document) {
    about(reading, document);
    let clauses = library.clauses.values().filter(|clause| clause.document == document.id);
    let clauses: Vec<&Clause> = clauses.collect();
    reading.gap();
    if clauses.is_empty() {
        reading.line(Tone::Quiet, said!("没有录入条款。", "No clauses were entered."));
    }
    for clause in clauses {
        reading.heading(Said::same(clause.article.clone()));
        reading.push(Tone::Plain, Said::default(), clause.text.clone(), INDENT);
        for said in resting(library, &clause.id) {
            reading.push(Tone::Quiet, Said::default(), said, INDENT);
        }
    }
}

/// Number, issuer, dates, grade and source of a document.
fn about(reading: &mut Reading, document: &Document) {
    let number = document.number.clone().map(Said::same);
    let none = || said!("没有文号", "none");
    reading.value(said!("文号", "Number"), number.unwrap_or_else(none));
    reading.value(said!("发文机关", "Issued by"), document.issuer.clone());
    if let Some(date) = document.date {
        reading.value(said!("发文日期", "Issued on"), Said::same(date.to_string()));
    }
    let validity = Some(validity(document)).filter(|said| !said.is_empty());
    let not_given = || said!("没有注明", "not given");
    reading.value(said!("有效期", "In force"), validity.unwrap_or_else(not_given));
    let reach = match document.reach {
        Reach::National => Said::fixed("全国", "the country"),
        Reach::City => Said::fixed("全市", "the city"),
        Reach::District => Said::fixed("区县或单位", "a district or unit"),
    };
    reading.value(said!("适用范围", "Reach"), reach);
    let grade = grade_title(document.grade);
    let letter = document.grade.letter();
    reading.value(
        said!("来源等级", "Grade of the copy"),
        Said::new(format!("{letter}　{}", grade.zh), format!("{letter}  {}", grade.en)),
    );
    reading.value(said!("来源", "Read in"), Said::same(document.source.clone()));
}

fn of_clause(reading: &mut Reading, library: &Library, catalogue: &Catalogue, clause: &Clause) {
    reading.line(Tone::Plain, clause.text.clone());
    reading.gap();
    if let Some(document) = library.documents.get(&clause.document) {
        reading.heading(document.title.clone());
        about(reading, document);
        reading.gap();
    }
    reading.heading(said!("依据这一条的", "What rests on it"));
    let mut all = resting(library, &clause.id);
    all.extend(deadlines(catalogue, &clause.id));
    if all.is_empty() {
        reading.line(
            Tone::Quiet,
            said!("没有规则、参数或期限引用它。", "No rule, value or deadline."),
        );
    }
    for said in all {
        reading.push(Tone::Plain, Said::default(), said, INDENT);
    }
}

/// The lines of rules and the values that rest on a clause.
fn resting(library: &Library, clause: &str) -> Vec<Said> {
    let mut found: Vec<Said> = library
        .citing(clause)
        .map(|(rules, line)| {
            let (set, title, basis) = (&rules.title, &line.title, line.basis.said());
            let id = &line.id;
            Said::new(
                format!("规则 {id} {}（{}）〔{}〕", title.zh, set.zh, basis.zh),
                format!("rule {id} {} ({}) [{}]", title.en, set.en, basis.en),
            )
        })
        .collect();
    for parameter in library.parameters.values() {
        for (at, row) in parameter.rows.iter().enumerate().filter(|(_, row)| row.clause == clause) {
            let row = row_said(library, parameter, at, row);
            let title = &parameter.title;
            found.push(Said::new(
                format!("参数 {}：{}", title.zh, row.zh),
                format!("value of {}: {}", title.en, row.en),
            ));
        }
    }
    found
}

/// The deadlines of moves that rest on a clause.
fn deadlines(catalogue: &Catalogue, clause: &str) -> Vec<Said> {
    let mut found = Vec::new();
    for kind in catalogue.kinds() {
        for step in kind.workflow.iter().flat_map(|life| &life.moves) {
            let cites = step.due.iter().any(|due| due.clause.as_deref() == Some(clause));
            if cites {
                let (title, of) = (&step.title, &kind.title);
                found.push(Said::new(
                    format!("期限 {}：“{}”之后", of.zh, title.zh),
                    format!("deadline of {}, after \"{}\"", of.en, title.en),
                ));
            }
        }
    }
    found
}

/// `城市　770　自 2025-07-01 起`.
fn row_said(library: &Library, parameter: &Parameter, at: usize, row: &ParameterRow) -> Said {
    let next = parameter.row_after(at);
    let parts = [library.only_said(&row.only), parameter.shown(&row.value), row.validity(next)];
    let parts: Vec<Said> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    Said::join(&parts, "　", "  ")
}

fn of_parameter(reading: &mut Reading, library: &Library, parameter: &Parameter, cx: &Context) {
    reading.value(said!("单位", "Unit"), unit_title(parameter.unit));
    let users = library
        .rule_sets
        .values()
        .filter(|rules| library.used_by(rules).contains_key(parameter.id.as_str()));
    let users: Vec<Said> = users.map(|rules| rules.title.clone()).collect();
    let none = || said!("没有规则用到它", "no rule uses it");
    let users = if users.is_empty() { none() } else { Said::join(&users, "、", ", ") };
    reading.value(said!("用于规则", "Used by"), users);
    reading.gap();
    reading.heading(said!("历年数值（新的在前）", "Its values, the newest first"));
    if parameter.rows.is_empty() {
        let said = said!(
            "还没有数值：本市规定尚未取得，待确认。用到它的规则留给人决定。",
            "No value yet: the city's rule was not found, to be confirmed. What depends on it is left to a person."
        );
        reading.line(Tone::Unsure, said);
    }
    let mut rows: Vec<(usize, &ParameterRow)> = parameter.rows.iter().enumerate().collect();
    rows.sort_by_key(|(at, row)| (std::cmp::Reverse(row.start.latest()), *at));
    for (at, row) in rows {
        let parts = [library.only_said(&row.only), parameter.shown(&row.value)];
        let parts: Vec<Said> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        let cited = library.clauses.get(&row.clause);
        let cited = cited.map(|clause| library.cited(clause)).unwrap_or_default();
        let next = parameter.row_after(at);
        let (when, basis, region) = (row.validity(next), row.basis.said(), region(row, cx));
        reading.push(
            Tone::Plain,
            Said::join(&parts, " ", " "),
            Said::new(
                format!("{}　{region}　{}〔{}〕", when.zh, cited.zh, basis.zh),
                format!("{}  {region}  {} [{}]", when.en, cited.en, basis.en),
            ),
            0,
        );
    }
}

/// The region a row holds for, by name.
fn region(row: &ParameterRow, cx: &Context) -> String {
    let code = row.region.as_str();
    let regions = cx.office.regions();
    let name = regions.last_name(code).or_else(|| regions.province(code));
    name.unwrap_or(code).to_string()
}

fn of_line(reading: &mut Reading, library: &Library, rules: &str, line: &str) -> Option<Said> {
    let rules = library.rule_set(rules)?;
    let line = rules.line(line)?;
    reading.value(said!("规则", "Rule set"), rules.title.clone());
    reading.value(said!("编号", "Line"), Said::same(line.id.clone()));
    reading.value(said!("依据性质", "Rests on"), line.basis.said());
    reading.gap();
    if let Some(clause) = library.clauses.get(&line.clause) {
        reading.heading(library.cited(clause));
        reading.push(Tone::Plain, Said::default(), clause.text.clone(), INDENT);
        if let Some(document) = library.documents.get(&clause.document) {
            reading.gap();
            about(reading, document);
        }
    }
    Some(line.title.clone())
}

fn of_due(reading: &mut Reading, catalogue: &Catalogue, kind: &str, step: &str) -> Option<Said> {
    let kind = catalogue.kind(kind)?;
    let step = kind.workflow.as_ref()?.find_move(step)?;
    let period = step.due.as_ref()?.period.said();
    reading.value(said!("业务", "Kind of record"), kind.title.clone());
    reading.value(said!("步骤之后", "After the move"), step.title.clone());
    reading.value(said!("期限", "Deadline"), period);
    let said = said!(
        "没有写明依据的条款，待确认：工会确认后在业务包里补上 clause。",
        "No clause is named, to be confirmed: once the union confirms it, the pack gets a `clause`."
    );
    reading.line(Tone::Unsure, said);
    Some(step.title.clone())
}

//! The next value of a dated parameter, such as next year's low-income standard: entered by an
//! administrator with the document it rests on, tried over the files, and kept as the file a clerk
//! would have written by hand.

use super::own_files::OwnFiles;
use super::{Actor, Adoption, Office, Receipt, Refusal};
use crate::policy::{
    Basis, Clause, Document, Grade, Library, Parameter, ParameterRow, ParameterValue, Reach, Start,
    Unit, written,
};
use crate::record::china_date;
use crate::said;
use crate::words::Said;
use chrono::{Datelike, NaiveDate};
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};

/// The file in the data folder that what is entered here goes into.
const FILE: &str = "policy/parameters.toml";

/// The digits of a division code that say the city, for a parameter no row of which names a region.
const CITY_DIGITS: usize = 2;

/// One of the values of a parameter that hold side by side, such as the standard of the towns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Series {
    /// Division code it holds for; empty for everywhere.
    pub region: String,
    /// The values facts must have for it to hold.
    pub only: BTreeMap<String, String>,
    /// The newest row; none where no value is known yet.
    pub newest: Option<ParameterRow>,
}

/// What a person enters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewValues {
    pub parameter: String,
    /// The day the values begin.
    pub from: NaiveDate,
    /// A value for each series that gets one.
    pub values: Vec<(Series, ParameterValue)>,
    /// The printed number of the document; empty where it has none.
    pub number: String,
    pub title: String,
    /// The article the values are in.
    pub article: String,
    /// How good the copy is that was read.
    pub grade: Grade,
}

/// Values ready to be tried and adopted.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// The library with them.
    pub library: Arc<Library>,
    /// What is adopted: the whole file.
    pub adoption: Adoption,
    /// What is added to the file.
    pub added: String,
    /// The day they begin.
    pub from: NaiveDate,
    /// The rule sets they change.
    pub rules: Vec<String>,
    /// The file as it was when this was prepared.
    before: Option<String>,
}

impl Office {
    /// The values of a parameter that hold side by side at this station, each with its newest row.
    #[must_use]
    pub fn series(&self, parameter: &Parameter) -> Vec<Series> {
        let region = &self.store.station().region;
        let mut found: Vec<Series> = Vec::new();
        for row in parameter.fitting(region) {
            match found.iter_mut().find(|series| series.only == row.only) {
                Some(series) => series.newest = Some(row.clone()),
                None => found.push(Series {
                    region: row.region.clone(),
                    only: row.only.clone(),
                    newest: Some(row.clone()),
                }),
            }
        }
        if found.is_empty() {
            let city: String = region.chars().take(CITY_DIGITS).collect();
            found.push(Series {
                region: format!("{city:0<6}"),
                only: BTreeMap::new(),
                newest: None,
            });
        }
        found
    }

    /// What was entered, as the file it becomes and the library that holds it.
    ///
    /// # Errors
    /// Somebody who is no administrator; what cannot be so, with the field it is about: `from`,
    /// `values`, `number`, `title` or `article`.
    pub fn prepare_values(&self, actor: &Actor, new: &NewValues) -> Result<Prepared, Refusal> {
        self.may_adopt(actor)?;
        let library = self.library();
        let Some(parameter) = library.parameters.get(&new.parameter) else {
            let id = &new.parameter;
            return Err(Refusal::invalid(
                "parameter",
                said!("政策库里没有参数“{id}”。", "The library has no parameter \"{id}\"."),
                said!("请从列表中选一个。", "Choose one from the list."),
            ));
        };
        fits(new)?;
        let (document, is_new) = self.document_for(actor, &library, parameter, new)?;
        let (clause, new_clause) = clause_for(&library, parameter, &document, new);
        let basis = match (document.grade, document.reach) {
            (Grade::C | Grade::D, _) => Basis::ToConfirm,
            (Grade::A | Grade::B, Reach::National) => Basis::Statutory,
            (Grade::A | Grade::B, Reach::City | Reach::District) => Basis::Local,
        };
        let rows = new.values.iter().map(|(series, value)| ParameterRow {
            start: Start::On(new.from),
            to: None,
            region: series.region.clone(),
            only: series.only.clone(),
            value: value.clone(),
            clause: clause.id.clone(),
            basis,
        });
        let rows: Vec<ParameterRow> = rows.collect();
        let document = Some(&document).filter(|_| is_new);
        let added = written(parameter, &rows, document, Some(&clause).filter(|_| new_clause));
        let before = self.file_in_force()?;
        let text = match &before {
            Some(text) => format!("{}\n{added}", text.trim_end()),
            None => format!("{HEAD}{added}"),
        };
        let adoption = Adoption { name: FILE.to_string(), text: Some(text) };
        let sources = self.with_adopted(std::slice::from_ref(&adoption));
        let sources = sources.map_err(|problems| super::adopting::broken(&problems))?;
        let now = library.versions();
        let then = sources.library.versions();
        let rules = then.iter().filter(|(id, version)| now.get(*id) != Some(version));
        let rules = rules.map(|(id, _)| id.clone()).collect();
        let library = Arc::new(sources.library);
        Ok(Prepared { library, adoption, added, from: new.from, rules, before })
    }

    /// Writes what was prepared into the data folder and puts it in force.
    ///
    /// # Errors
    /// When the file was changed meanwhile, the disk does not take it, or it is not adopted.
    pub fn adopt_values(&self, actor: &Actor, prepared: &Prepared) -> Result<Receipt, Refusal> {
        self.may_adopt(actor)?;
        let _nobody_else = self.adopting.lock().unwrap_or_else(PoisonError::into_inner);
        if self.file_in_force()? != prepared.before {
            return Err(Refusal::conflict(
                said!("{FILE} 刚刚被别人改过。", "{FILE} was changed by somebody a moment ago."),
                said!("请返回再录一次。", "Go back and enter it once more."),
            ));
        }
        let text = prepared.adoption.text.as_deref().unwrap_or_default();
        self.store.keep_own(FILE, text).map_err(|error| super::refusal::unavailable(&error))?;
        let adopted = self.adopt(actor, vec![prepared.adoption.clone()]);
        if adopted.is_err() {
            // What was not adopted does not stay there to be adopted along with something else. A disk
            // that takes nothing leaves it, and the notices say so.
            let _ = match &prepared.before {
                Some(before) => self.store.keep_own(FILE, before),
                None => self.store.drop_own(FILE),
            };
            self.look_at_packs();
        }
        adopted
    }

    /// The file these values go into, as it is in force. What somebody wrote there by hand and nobody
    /// adopted must not be adopted along with them.
    fn file_in_force(&self) -> Result<Option<String>, Refusal> {
        let own = OwnFiles::in_folder(self.store.dir());
        let found = own.files.into_iter().find(|file| file.name == FILE).map(|file| file.text);
        let packs = self.packs();
        let adopted = packs.adopted.get(FILE).filter(|adopted| adopted.in_force);
        let adopted = adopted.map(|adopted| adopted.text.clone());
        if found != adopted {
            return Err(Refusal::conflict(
                said!(
                    "{FILE} 有改动还没有启用。",
                    "{FILE} was changed and the change is not adopted yet."
                ),
                said!(
                    "请先用 yizhan packs diff 查看，用 yizhan packs adopt 启用或改回，再来录入。",
                    "See it with `yizhan packs diff`, adopt it with `yizhan packs adopt` or put it back, and then enter the values."
                ),
            ));
        }
        Ok(found)
    }

    /// The document the values rest on: one the library has, by its number or its title, or a new one.
    fn document_for(
        &self,
        actor: &Actor,
        library: &Library,
        parameter: &Parameter,
        new: &NewValues,
    ) -> Result<(Document, bool), Refusal> {
        let (number, title) = (new.number.trim(), new.title.trim());
        let same = |document: &&Document| match (&document.number, number) {
            (Some(known), number) if !number.is_empty() => {
                crate::record::fold(known) == crate::record::fold(number)
            }
            (None, "") => document.title.zh == title || document.title.en == title,
            _ => false,
        };
        if let Some(known) = library.documents.values().find(same) {
            return Ok((known.clone(), false));
        }
        if title.is_empty() {
            return Err(Refusal::invalid(
                "title",
                said!("还没有填文件名称。", "The title of the document is lacking."),
                said!("请照文件写全称。", "Write it as the document has it."),
            ));
        }
        let before = self.newest_document(library, parameter);
        let issuer = before.map_or_else(|| Said::same("重庆市"), |before| before.issuer.clone());
        // The same title as last year's, but for the year, is called the same in English.
        let again = before.map(|before| title_in(before, new.from));
        let title = match again {
            Some(again) if again.zh == title => again,
            _ => Said::same(title.to_string()),
        };
        let (by, day) = (&actor.account, china_date(self.now()));
        let copy = grade_title(new.grade);
        let document = Document {
            id: free_id(library, &parameter.id, new.from),
            title,
            number: Some(number.to_string()).filter(|number| !number.is_empty()),
            issuer,
            date: None,
            from: Some(new.from),
            to: None,
            reach: before.map_or(Reach::City, |before| before.reach),
            grade: new.grade,
            source: format!("{}，{by} 于 {day} 读后录入", copy.zh),
        };
        Ok((document, true))
    }

    /// The document the newest value of a parameter rests on.
    #[must_use]
    pub fn newest_document<'l>(
        &self,
        library: &'l Library,
        parameter: &Parameter,
    ) -> Option<&'l Document> {
        let series = self.series(parameter);
        let newest = series.iter().filter_map(|series| series.newest.as_ref());
        let newest = newest.max_by_key(|row| row.start.latest())?;
        library.document_of(&newest.clause)
    }
}

/// The title of a document as that of another year will probably be.
#[must_use]
pub fn title_in(document: &Document, from: NaiveDate) -> Said {
    let number = document.number.as_deref().unwrap_or_default();
    let printed = number.split_once('〔').and_then(|(_, rest)| rest.split_once('〕'));
    let printed = printed.map(|(year, _)| year).filter(|year| year.len() == 4);
    let Some(year) = printed else { return document.title.clone() };
    let next = from.year().to_string();
    Said::new(document.title.zh.replace(year, &next), document.title.en.replace(year, &next))
}

/// How a copy of a document is called, and what it may back.
#[must_use]
pub const fn grade_title(grade: Grade) -> Said {
    match grade {
        Grade::A => Said::fixed("原件或政府、工会官方网页", "the original, or an official page"),
        Grade::B => Said::fixed("报刊、新闻社", "a newspaper or news agency"),
        Grade::C => Said::fixed("转载或抄件（只作待确认）", "a copy (to be confirmed only)"),
        Grade::D => Said::fixed("别处程序里的写法（只作待确认）", "program code (to be confirmed)"),
    }
}

/// The head of the file, when these values are the first in it.
const HEAD: &str = "# 本站补充的参数值（在“制度”里录入的写在这里，也可以手工改；改后用 yizhan packs check 检查、yizhan packs adopt 启用）\n# Values of dated parameters this station added: entered on the screen of rules, or by hand.\n";

/// What the person has to put right before anything is looked up.
fn fits(new: &NewValues) -> Result<(), Refusal> {
    if new.values.is_empty() {
        return Err(Refusal::invalid(
            "values",
            said!("还没有填新的数值。", "There is no new value yet."),
            said!("至少填一项；不变的留空。", "Fill in one at least; leave empty what stays."),
        ));
    }
    let newest = new.values.iter().filter_map(|(series, _)| series.newest.as_ref());
    if let Some(began) = newest.map(|row| row.start.latest()).max().filter(|day| new.from <= *day) {
        return Err(Refusal::invalid(
            "from",
            said!(
                "已有 {began} 起的数值，新的要晚于这一天。",
                "There is a value from {began} already; the new one begins later."
            ),
            said!(
                "请改生效日期；要改正已有的数值，请改文件后用 yizhan packs adopt 启用。",
                "Change the day; to correct a value there is, edit the file and adopt it with `yizhan packs adopt`."
            ),
        ));
    }
    if new.number.contains("〕号") {
        return Err(Refusal::invalid(
            "number",
            said!("文号还没有填完。", "The number of the document is not complete."),
            said!(
                "请填〔〕后面的号数；没有文号就整行删去。",
                "Add the figure after the bracket; clear the line where it has no number."
            ),
        ));
    }
    Ok(())
}

/// The clause the values rest on: one the document has by its article, or a new one with the values
/// in words.
fn clause_for(
    library: &Library,
    parameter: &Parameter,
    document: &Document,
    new: &NewValues,
) -> (Clause, bool) {
    let of_document = |clause: &&Clause| clause.document == document.id;
    let article = match new.article.trim() {
        "" => "正文",
        article => article,
    };
    let clauses = || library.clauses.values().filter(of_document);
    if let Some(known) = clauses().find(|clause| clause.article == article) {
        return (known.clone(), false);
    }
    let mut at = clauses().count() + 1;
    while library.clauses.contains_key(&format!("{}/{at}", document.id)) {
        at += 1;
    }
    let from = new.from;
    let values = new.values.iter().map(|(series, value)| {
        let said = parameter.shown(value);
        let of = library.only_said(&series.only);
        let parts: Vec<Said> = [of, said].into_iter().filter(|part| !part.is_empty()).collect();
        Said::join(&parts, " ", " ")
    });
    let values = Said::join(&values.collect::<Vec<_>>(), "，", ", ");
    let (title, unit) = (&parameter.title, unit_title(parameter.unit));
    let text = Said::new(
        format!("自 {from} 起，{}（{}）：{}。", title.zh, unit.zh, values.zh),
        format!("From {from}, {} ({}): {}.", title.en, unit.en, values.en),
    );
    let id = format!("{}/{at}", document.id);
    (Clause { id, document: document.id.clone(), article: article.to_string(), text }, true)
}

/// How values of a unit are typed and shown.
#[must_use]
pub const fn unit_title(unit: Unit) -> Said {
    match unit {
        Unit::Fen => Said::fixed("元", "yuan"),
        Unit::Months => Said::fixed("个月", "months"),
        Unit::Days => Said::fixed("日", "days"),
        Unit::WorkingDays => Said::fixed("个工作日", "working days"),
        Unit::Years => Said::fixed("年", "years"),
        Unit::People => Said::fixed("人", "people"),
        Unit::Count => Said::fixed("个", "in number"),
        Unit::Ratio => Said::fixed("倍，可写 3/2 或 1.5", "times, as 3/2 or 1.5"),
        Unit::Share => Said::fixed("比例，可写 20% 或 1/5", "share, as 20% or 1/5"),
        Unit::YesNo => Said::fixed("是或否", "yes or no"),
        Unit::Date => Said::fixed("日期", "a date"),
        Unit::List => Said::fixed("列表", "a list"),
        Unit::Text | Unit::Choice | Unit::Check => Said::fixed("文字", "text"),
    }
}

/// An id no document has: `dibao-standard-2026`.
fn free_id(library: &Library, parameter: &str, from: NaiveDate) -> String {
    let stem = format!("{}-{}", parameter.replace('_', "-"), from.year());
    let mut id = stem.clone();
    let mut at = 2;
    while library.documents.contains_key(&id) {
        id = format!("{stem}-{at}");
        at += 1;
    }
    id
}

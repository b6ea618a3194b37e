//! Policy as an office would write it into a file by hand: what a person enters on the screen is
//! kept the same way as what a clerk types in an editor.

use super::load::{BASES, GRADES, REACHES, word_of};
use super::{Clause, Document, Parameter, ParameterRow, ParameterValue, Start};
use crate::words::Said;
use chrono::NaiveDate;
use std::fmt::Write;

/// Rows of a parameter with the document and the clause they rest on, where these are new, as text
/// to be put at the end of a policy file. Reading it gives the same again.
#[must_use]
pub fn written(
    parameter: &Parameter,
    rows: &[ParameterRow],
    document: Option<&Document>,
    clause: Option<&Clause>,
) -> String {
    let mut text = String::new();
    let title = one_line(&parameter.title.zh);
    match rows.first().map(|row| row.start) {
        Some(Start::On(day)) => text.push_str(&format!("\n# {title}，自 {day} 起\n")),
        _ => text.push_str(&format!("\n# {title}\n")),
    }
    if let Some(document) = document {
        write_document(&mut text, document);
    }
    if let Some(clause) = clause {
        let mut entry = Entry::begin(&mut text, "clause");
        entry.text("id", &clause.id).text("document", &clause.document);
        entry.text("article", &clause.article).said("text", &clause.text);
    }
    for row in rows {
        write_row(&mut text, &parameter.id, row);
    }
    text
}

fn write_document(text: &mut String, document: &Document) {
    let mut entry = Entry::begin(text, "document");
    entry.text("id", &document.id).said("title", &document.title);
    if let Some(number) = &document.number {
        entry.text("number", number);
    }
    entry.said("issuer", &document.issuer);
    entry.day("date", document.date).day("from", document.from).day("to", document.to);
    let reach = word_of(REACHES, &document.reach);
    let grade = word_of(GRADES, &document.grade);
    entry.text("reach", reach).text("grade", grade).text("source", &document.source);
}

fn write_row(text: &mut String, parameter: &str, row: &ParameterRow) {
    let mut entry = Entry::begin(text, "row");
    entry.text("parameter", parameter);
    match row.start {
        Start::Always => {}
        Start::On(day) => {
            entry.day("from", Some(day));
        }
        Start::Between { not_before, not_after } => {
            entry.day("not_before", not_before).day("not_after", Some(not_after));
        }
    }
    entry.day("to", row.to);
    if !row.region.is_empty() {
        entry.text("region", &row.region);
    }
    if !row.only.is_empty() {
        let pairs = row.only.iter().map(|(fact, value)| format!("{fact} = {}", quoted(value)));
        entry.raw("where", &format!("{{ {} }}", pairs.collect::<Vec<_>>().join(", ")));
    }
    match &row.value {
        ParameterValue::Integer(number) => entry.raw("value", &number.to_string()),
        ParameterValue::Ratio { num, den } => entry.text("value", &format!("{num}/{den}")),
        ParameterValue::YesNo(yes) => entry.raw("value", &yes.to_string()),
        ParameterValue::Text(value) => entry.text("value", value),
    };
    let basis = word_of(BASES, &row.basis);
    entry.text("clause", &row.clause).text("basis", basis);
}

/// One entry of a list, key by key.
struct Entry<'t>(&'t mut String);

impl<'t> Entry<'t> {
    fn begin(text: &'t mut String, list: &str) -> Self {
        text.push_str(&format!("\n[[{list}]]\n"));
        Self(text)
    }

    fn raw(&mut self, key: &str, value: &str) -> &mut Self {
        // Writing to a string does not fail.
        let _ = writeln!(self.0, "{key} = {value}");
        self
    }

    fn text(&mut self, key: &str, value: &str) -> &mut Self {
        self.raw(key, &quoted(value))
    }

    fn said(&mut self, key: &str, said: &Said) -> &mut Self {
        self.raw(key, &format!("{{ zh = {}, en = {} }}", quoted(&said.zh), quoted(&said.en)))
    }

    fn day(&mut self, key: &str, day: Option<NaiveDate>) -> &mut Self {
        match day {
            Some(day) => self.raw(key, &day.to_string()),
            None => self,
        }
    }
}

/// A text in quotes on one line, as TOML reads it.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            c if c.is_control() => out.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

fn one_line(text: &str) -> String {
    text.replace(char::is_control, " ")
}

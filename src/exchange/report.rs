//! What became of a file: how many rows were taken, and each refused one with its reason.

use crate::office::Refusal;
use crate::program::{Field, mask};
use crate::record::Value;
use crate::said;
use crate::words::{Lang, Said};
use serde_json::{Map, Value as Json, json};

/// The most characters of a value shown in a report.
const SHOWN: usize = 60;

/// One thing wrong in one row.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// The column, from 0; none for the row as a whole or a field without a column.
    pub at: Option<usize>,
    /// The column's heading as it stands in the file; empty for the row as a whole.
    pub column: String,
    /// What stands there, cut when it is long.
    pub value: String,
    /// The same with numbers of people masked, for screens.
    pub masked: String,
    /// What is wrong.
    pub said: Said,
    /// What to do.
    pub next: Said,
}

impl Fault {
    /// A fault of a cell.
    pub(super) fn at(
        at: usize,
        column: &str,
        field: Option<&Field>,
        value: &str,
        said: Said,
        next: Said,
    ) -> Self {
        let value = cut(value);
        let masked = field.and_then(|field| mask(field, &Value::Text(value.clone())));
        let masked = masked.unwrap_or_else(|| value.clone());
        Self { at: Some(at), column: column.trim().to_string(), value, masked, said, next }
    }

    /// A fault of a row as a whole; its text may hold anything, so no screen shows it.
    pub(super) fn of_row(value: &str, said: Said, next: Said) -> Self {
        let value = cut(value);
        Self { at: None, column: String::new(), value, masked: String::new(), said, next }
    }
}

fn cut(text: &str) -> String {
    let mut shown: String = text.chars().take(SHOWN).collect();
    if text.chars().nth(SHOWN).is_some() {
        shown.push('…');
    }
    shown
}

/// A row that was not taken.
#[derive(Clone, Debug, PartialEq)]
pub struct RefusedRow {
    /// The line of the file it begins on, from 1.
    pub line: usize,
    /// The number it gives; empty when it gives none.
    pub number: String,
    /// Its cells as they stand in the file.
    pub cells: Vec<String>,
    /// What is wrong, in the order of the columns; at least one.
    pub faults: Vec<Fault>,
}

impl RefusedRow {
    /// The fault the row is refused for.
    #[must_use]
    pub fn first(&self) -> Option<&Fault> {
        self.faults.first()
    }

    /// One line for a screen.
    #[must_use]
    pub fn said(&self) -> Said {
        let faults: Vec<Said> = self.faults.iter().map(fault_said).collect();
        let told = Said::join(&faults, "", " ");
        let (line, number) = (self.line, &self.number);
        let gap = if number.is_empty() { "" } else { " " };
        Said::new(
            format!("第 {line} 行{gap}{number}：{}", told.zh),
            format!("Line {line}{gap}{number}: {}", told.en),
        )
    }
}

fn fault_said(fault: &Fault) -> Said {
    let Fault { column, masked, said, next, .. } = fault;
    let value = masked.replace(['\r', '\n'], " ");
    let side = |open: &str, close: &str, value: String, lang: Lang| {
        let place =
            if column.is_empty() { String::new() } else { format!("{open}{column}{close}") };
        format!("{place}{value} {} {}", said.get(lang), next.get(lang)).trim().to_string()
    };
    let shown = |text: String| if value.is_empty() { String::new() } else { text };
    Said::new(
        side("【", "】", shown(format!("“{value}”")), Lang::Zh),
        side("[", "]", shown(format!(" \"{value}\"")), Lang::En),
    )
}

/// What became of a file.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// True when nothing was to be written.
    pub dry_run: bool,
    /// The headings as they stand in the file.
    pub headings: Vec<String>,
    /// Rows taken in.
    pub accepted: usize,
    /// Rows already kept just so.
    pub unchanged: usize,
    /// Rows not taken, in the order of the file.
    pub refused: Vec<RefusedRow>,
    /// What a person should know of the file as a whole.
    pub notices: Vec<Said>,
    /// Why the import stopped before the end; what was taken before stays.
    pub stopped: Option<Refusal>,
}

impl Report {
    /// True when every row was taken or is already there.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.refused.is_empty() && self.stopped.is_none()
    }

    /// One line on the whole.
    #[must_use]
    pub fn said(&self) -> Said {
        let (accepted, unchanged, refused) = (self.accepted, self.unchanged, self.refused.len());
        let counts = said!(
            "{accepted} 行，已在库中且一致 {unchanged} 行，未通过 {refused} 行。",
            "{accepted} taken, {unchanged} already here and the same, {refused} refused."
        );
        let mut parts = vec![if self.dry_run {
            Said::new(
                format!("试导入（没有写入）：可接收 {}", counts.zh),
                format!("Trial, nothing written: {}", counts.en),
            )
        } else {
            Said::new(format!("接收 {}", counts.zh), format!("Rows: {}", counts.en))
        }];
        if let Some(why) = &self.stopped {
            parts.push(Said::new(
                format!("中途停止：{}{}再次导入同一文件会接着完成。", why.message.zh, why.next.zh),
                format!(
                    "Stopped on the way: {} {} Importing the same file again goes on from there.",
                    why.message.en, why.next.en
                ),
            ));
        } else if refused > 0 {
            parts.push(Said::fixed(
                "改正未通过的行后再次导入同一文件即可，已接收的不会重复。",
                "Put the refused rows right and import again; what was taken is not doubled.",
            ));
        } else if accepted == 0 {
            parts.push(Said::fixed("没有新内容。", "Nothing new."));
        }
        Said::join(&parts, "", " ")
    }

    /// The report for machines: counts, and an object for each refused row. Like all machine
    /// output it does not depend on a language: Chinese, and the English under `…_en`.
    #[must_use]
    pub fn to_json(&self) -> Json {
        let notices: Vec<Json> = self.notices.iter().map(said_json).collect();
        json!({
            "dry_run": self.dry_run,
            "accepted": self.accepted,
            "unchanged": self.unchanged,
            "refused": self.refused.len(),
            "rows": self.refused.iter().map(row_json).collect::<Vec<_>>(),
            "notices": notices,
            "stopped": self.stopped.as_ref().map(|why| said_json(&why.message)),
        })
    }
}

fn said_json(said: &Said) -> Json {
    json!({ "message": said.zh, "message_en": said.en })
}

fn row_json(row: &RefusedRow) -> Json {
    let mut object = Map::new();
    object.insert("line".to_string(), Json::from(row.line));
    object.insert("number".to_string(), Json::from(row.number.as_str()));
    if let Some(first) = row.first() {
        object.extend(fault_json(first));
    }
    if row.faults.len() > 1 {
        let also = row.faults.iter().skip(1).map(|fault| Json::Object(fault_json(fault)));
        object.insert("also".to_string(), also.collect());
    }
    Json::Object(object)
}

fn fault_json(fault: &Fault) -> Map<String, Json> {
    let pairs = [
        ("column", fault.column.as_str()),
        ("value", fault.masked.as_str()),
        ("reason", &fault.said.zh),
        ("next", &fault.next.zh),
        ("reason_en", &fault.said.en),
        ("next_en", &fault.next.en),
    ];
    pairs.into_iter().map(|(key, text)| (key.to_string(), Json::from(text))).collect()
}

//! Rules applied to each row of one record, and how so many sheets are kept: by what each row said
//! and came to. The sentences are written anew whenever somebody reads them, by the rules that were
//! kept with the decision, so that a thousand rows take some hundred bytes each.

use super::{
    Context, DecisionSheet, Evaluator, Fact, FactValue, Facts, Library, LineResult, Overall,
    SheetLine,
};
use crate::formula::Val;
use crate::record::StoredSheet;
use crate::words::Said;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What is known of one row, or of the whole record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// The row, counted from 1; nothing for the whole record.
    pub row: Option<u32>,
    /// What is known of it.
    pub facts: Facts,
}

impl Evaluator<'_> {
    /// The sheet of a record: of the whole, or row by row. The whole suggests no as soon as one row
    /// does, and needs a person where one row needs one.
    #[must_use]
    pub fn sheet(&self, known: &[Known], as_of: NaiveDate, context: Context<'_>) -> DecisionSheet {
        if let [Known { row: None, facts }] = known {
            return self.evaluate(facts, as_of, context);
        }
        let mut whole = self.evaluate(&Facts::new(), as_of, context);
        whole.outcome = Overall::Suggests;
        (whole.category, whole.score) = (None, None);
        whole.lines.clear();
        whole.nearest.clear();
        for known in known {
            let sheet = self.evaluate(&known.facts, as_of, context);
            whole.outcome = match (whole.outcome, sheet.outcome) {
                (Overall::SuggestsNo, _) | (_, Overall::SuggestsNo) => Overall::SuggestsNo,
                (Overall::NeedsPerson, _) | (_, Overall::NeedsPerson) => Overall::NeedsPerson,
                _ => Overall::Suggests,
            };
            let of_row = |line| SheetLine { row: known.row, ..line };
            whole.lines.extend(sheet.lines.into_iter().map(of_row));
            let row = known.row.unwrap_or_default();
            whole.nearest.extend(sheet.nearest.into_iter().map(|mut change| {
                change.text = format!("第 {row} 行：{}", change.text);
                change.text_en = format!("row {row}: {}", change.text_en);
                change
            }));
        }
        whole
    }
}

/// The sheets of the rows of one record as they are kept. The JSON is canonical.
#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    number: String,
    as_of: NaiveDate,
    pack: String,
    rules: String,
    region: String,
    outcome: Overall,
    /// The lines of the rules, in the order of each row's results.
    lines: Vec<String>,
    /// The facts, in the order of each row.
    facts: Vec<String>,
    /// Where facts came from and what was lacking, each once, in both languages.
    words: Vec<(String, String)>,
    rows: Vec<KeptRow>,
}

/// A row, what its lines came to (`m`, `n`, `u`, `-`), and what was known of it.
#[derive(Debug, Serialize, Deserialize)]
struct KeptRow(u32, String, Vec<Option<KeptFact>>);

/// A value and the number of where it came from; or, of one that was not known, that number, what was
/// lacking and the paper that would settle it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
enum KeptFact {
    Known(Val, usize),
    Unknown((), usize, usize, Option<String>),
}

const RESULTS: [(char, LineResult); 4] = [
    ('m', LineResult::Met),
    ('n', LineResult::NotMet),
    ('u', LineResult::Unknown),
    ('-', LineResult::NotAsked),
];

/// Each pair of sentences once, by number.
#[derive(Default)]
struct Words {
    numbers: HashMap<Said, usize>,
    all: Vec<(String, String)>,
}

impl Words {
    fn number(&mut self, said: &Said) -> usize {
        if let Some(number) = self.numbers.get(said) {
            return *number;
        }
        let number = self.all.len();
        self.all.push((said.zh.to_string(), said.en.to_string()));
        self.numbers.insert(said.clone(), number);
        number
    }
}

impl DecisionSheet {
    /// As it is kept with a decision: word for word, or row by row.
    ///
    /// # Errors
    /// Never for a sheet made here; the error is serde's.
    pub fn kept(&self, known: &[Known], region: &str) -> serde_json::Result<StoredSheet> {
        if let [Known { row: None, .. }] = known {
            return self.to_stored();
        }
        let ids: BTreeSet<&str> = known.iter().flat_map(|known| known.facts.names()).collect();
        let mut results: BTreeMap<Option<u32>, String> = BTreeMap::new();
        let mut lines: Vec<String> = Vec::new();
        for line in &self.lines {
            results.entry(line.row).or_default().push(mark_of(line.result));
            if line.row == known.first().and_then(|known| known.row) {
                lines.push(line.id.clone());
            }
        }
        let mut words = Words::default();
        let rows = known.iter().map(|known| {
            let facts = ids.iter().map(|id| Some(kept_fact(known.facts.get(id)?, &mut words)));
            let results = results.remove(&known.row).unwrap_or_default();
            KeptRow(known.row.unwrap_or_default(), results, facts.collect())
        });
        let rows = rows.collect();
        let kept = Kept {
            number: self.number.clone(),
            as_of: self.as_of,
            pack: self.pack.clone(),
            rules: self.rules.clone(),
            region: region.to_string(),
            outcome: self.outcome,
            lines,
            facts: ids.into_iter().map(str::to_string).collect(),
            words: words.all,
            rows,
        };
        serde_json::to_string(&kept).map(StoredSheet::new)
    }

    /// Reads a sheet that was kept: word for word as it was, or written anew from what its rows said
    /// by the `library` it was decided by. What each line came to is as it was, whatever this program
    /// would make of it; without the library there is that and nothing else.
    #[must_use]
    pub fn from_kept(stored: &StoredSheet, library: Option<&Library>) -> Option<Self> {
        if let Some(sheet) = Self::from_stored(stored) {
            return Some(sheet);
        }
        let kept: Kept = serde_json::from_str(stored.text()?).ok()?;
        let id = kept.rules.split('@').next().unwrap_or_default();
        let rules = library.and_then(|library| Some((library.rule_set(id)?, library)));
        let known: Vec<Known> = kept.rows.iter().map(|row| kept.known(row)).collect();
        let context = Context { number: &kept.number, pack: &kept.pack, region: &kept.region };
        let mut sheet = match rules {
            Some((rules, library)) => {
                Evaluator::new(rules, library).sheet(&known, kept.as_of, context)
            }
            None => kept.bare(),
        };
        sheet.rules.clone_from(&kept.rules);
        sheet.outcome = kept.outcome;
        let results = kept.rows.iter().flat_map(|row| row.1.chars());
        for (line, mark) in sheet.lines.iter_mut().zip(results) {
            line.result = result_of(mark);
        }
        Some(sheet)
    }
}

impl Kept {
    fn known(&self, KeptRow(row, _, facts): &KeptRow) -> Known {
        let said = |number: &usize| {
            let (zh, en) = self.words.get(*number).cloned().unwrap_or_default();
            Said::new(zh, en)
        };
        let mut known = Facts::new();
        for (id, fact) in self.facts.iter().zip(facts) {
            match fact {
                Some(KeptFact::Known(value, from)) => known.know(id, value.clone(), said(from)),
                Some(KeptFact::Unknown((), from, lacking, paper)) => {
                    known.lack(id, said(lacking), paper.clone(), said(from));
                }
                None => {}
            }
        }
        Known { row: Some(*row), facts: known }
    }

    /// What lines came to, where the rules cannot be read any more.
    fn bare(&self) -> DecisionSheet {
        let lines = self.rows.iter().flat_map(|KeptRow(row, ..)| {
            let line = |id: &String| SheetLine {
                row: Some(*row),
                id: id.clone(),
                result: LineResult::Unknown,
                clause: String::new(),
                document: String::new(),
                basis: super::Basis::ToConfirm,
                text: "当时的规则已读不到，结果如旧。".into(),
                text_en: "The rules of that day cannot be read; the result is as it was.".into(),
                points: None,
                inputs: BTreeMap::new(),
            };
            self.lines.iter().map(line)
        });
        DecisionSheet {
            number: self.number.clone(),
            as_of: self.as_of,
            pack: self.pack.clone(),
            rules: self.rules.clone(),
            outcome: self.outcome,
            category: None,
            score: None,
            lines: lines.collect(),
            nearest: Vec::new(),
        }
    }
}

fn kept_fact(fact: &Fact, words: &mut Words) -> KeptFact {
    let from = words.number(&fact.source);
    match &fact.value {
        FactValue::Known(value) => KeptFact::Known(value.clone(), from),
        FactValue::Unknown { missing, paper } => {
            KeptFact::Unknown((), from, words.number(missing), paper.clone())
        }
    }
}

fn mark_of(result: LineResult) -> char {
    RESULTS.iter().find(|(_, known)| *known == result).map_or('u', |(mark, _)| *mark)
}

fn result_of(mark: char) -> LineResult {
    let known = RESULTS.iter().find(|(known, _)| *known == mark);
    known.map_or(LineResult::Unknown, |(_, result)| *result)
}

//! Two edited files compared key by key, knowing nothing of what the keys mean: a word added to
//! the language of packs tomorrow is told as well as one of today.

use crate::said;
use crate::words::Said;
use std::collections::BTreeMap;
use toml::{Table, Value};

/// What tells the entries of a list apart, the first of these that every one of them has.
const NAMES: [&str; 3] = ["id", "code", "date"];
/// Longest value shown.
const LONGEST: usize = 160;

/// The keys of an edited file: lists of entries by the entries' ids.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keys {
    below: BTreeMap<String, Below>,
    /// The entries in the order they are written, where that means something.
    order: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Below {
    Value(String),
    Keys(Keys),
}

/// One key that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The way to it from the root of the file.
    pub path: Vec<String>,
    /// What it was; nothing where it was not there.
    pub before: Option<String>,
    /// What it is; nothing where it is there no longer.
    pub after: Option<String>,
}

impl Keys {
    /// The keys of a text; none of one that is no TOML.
    #[must_use]
    pub fn read(text: &str) -> Self {
        text.parse::<Table>().map(|table| Self::of(&table)).unwrap_or_default()
    }

    /// These with those of another over them: what is named there, `depth` names deep, is as there.
    #[must_use]
    pub fn under(mut self, over: &Self, depth: usize) -> Self {
        for (name, value) in &over.below {
            match (self.below.get_mut(name), value) {
                (Some(Below::Keys(below)), Below::Keys(over)) if depth > 1 => {
                    *below = std::mem::take(below).under(over, depth - 1);
                }
                _ => {
                    self.below.insert(name.clone(), value.clone());
                }
            }
        }
        // The order of two files together means nothing.
        self.order.clear();
        self
    }

    /// The text of a value.
    #[must_use]
    pub fn text(&self, path: &[&str]) -> Option<&str> {
        match (self.below.get(*path.first()?)?, path.get(1..)?) {
            (Below::Value(text), []) => Some(text),
            (Below::Keys(keys), rest) => keys.text(rest),
            (Below::Value(_), _) => None,
        }
    }

    /// What differs in `after`, in the order of the keys.
    #[must_use]
    pub fn differences(&self, after: &Self) -> Vec<Difference> {
        let mut found = Vec::new();
        self.compare(after, &mut Vec::new(), &mut found);
        found
    }

    fn of(table: &Table) -> Self {
        let below = table.iter().map(|(name, value)| (name.clone(), Below::of(value)));
        Self { below: below.collect(), order: Vec::new() }
    }

    fn of_list(tables: &[&Table]) -> Self {
        let name = NAMES.iter().find(|name| tables.iter().all(|table| table.contains_key(**name)));
        let mut keys = Self::default();
        for (at, table) in tables.iter().enumerate() {
            let named = name.and_then(|name| table.get(*name)).map(shown);
            let mut id = named.unwrap_or_else(|| format!("#{}", at + 1));
            while keys.below.contains_key(&id) {
                id.push('\'');
            }
            keys.below.insert(id.clone(), Below::Keys(Self::of(table)));
            keys.order.push(id);
        }
        keys
    }

    fn compare(&self, after: &Self, path: &mut Vec<String>, found: &mut Vec<Difference>) {
        let gone = self.below.iter().filter(|(name, _)| !after.below.contains_key(*name));
        for (name, value) in gone {
            path.push(name.clone());
            value.alone(path, found, &|path, text| Difference {
                path,
                before: Some(text),
                after: None,
            });
            path.pop();
        }
        for (name, now) in &after.below {
            path.push(name.clone());
            match (self.below.get(name), now) {
                (None, now) => now.alone(path, found, &|path, text| Difference {
                    path,
                    before: None,
                    after: Some(text),
                }),
                (Some(Below::Keys(was)), Below::Keys(now)) => was.compare(now, path, found),
                (Some(was), now) if was == now => {}
                (Some(was), now) => found.push(Difference {
                    path: path.clone(),
                    before: Some(was.inline()),
                    after: Some(now.inline()),
                }),
            }
            path.pop();
        }
        let both = |of: &Self, other: &Self| {
            let names = of.order.iter().filter(|name| other.below.contains_key(*name));
            names.cloned().collect::<Vec<_>>().join(" ")
        };
        let (before, now) = (both(self, after), both(after, self));
        if before != now && !self.order.is_empty() && !after.order.is_empty() {
            let path = path.iter().cloned().chain(["order".to_string()]).collect();
            found.push(Difference { path, before: Some(before), after: Some(now) });
        }
    }
}

impl Below {
    fn of(value: &Value) -> Self {
        match value {
            Value::Table(table) => match (table.get("zh"), table.get("en")) {
                (Some(Value::String(zh)), Some(Value::String(en))) if table.len() == 2 => {
                    Self::Value(format!("{zh} / {en}"))
                }
                _ => Self::Keys(Keys::of(table)),
            },
            Value::Array(items) if !items.is_empty() && items.iter().all(Value::is_table) => {
                let tables: Vec<&Table> = items.iter().filter_map(Value::as_table).collect();
                Self::Keys(Keys::of_list(&tables))
            }
            other => Self::Value(shown(other)),
        }
    }

    /// Tells of what is on one side only: an entry with its values, and all entries in it.
    fn alone(
        &self,
        path: &mut Vec<String>,
        found: &mut Vec<Difference>,
        tell: &impl Fn(Vec<String>, String) -> Difference,
    ) {
        match self {
            Self::Value(text) => found.push(tell(path.clone(), text.clone())),
            Self::Keys(keys) => {
                let values = keys.values();
                if !values.is_empty() {
                    found.push(tell(path.clone(), values));
                }
                for (name, value) in &keys.below {
                    if let Self::Keys(_) = value {
                        path.push(name.clone());
                        value.alone(path, found, tell);
                        path.pop();
                    }
                }
            }
        }
    }

    fn inline(&self) -> String {
        match self {
            Self::Value(text) => text.clone(),
            Self::Keys(keys) => keys.values(),
        }
    }
}

impl Keys {
    /// The values right below, in one line.
    fn values(&self) -> String {
        let values = self.below.iter().filter_map(|(name, value)| match value {
            Below::Value(text) if name != "id" => Some(format!("{name} = {text}")),
            _ => None,
        });
        values.collect::<Vec<_>>().join("; ")
    }
}

/// A value as people read it: texts without their quotation marks.
fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(shown).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

/// What the words of edited files are called; a word that is not here is shown as it is written.
const WORDS: &[(&str, Said)] = &[
    ("kind", Said::fixed("种类", "kind")),
    ("section", Said::fixed("分组", "section")),
    ("field", Said::fixed("字段", "field")),
    ("state", Said::fixed("状态", "state")),
    ("move", Said::fixed("步骤", "move")),
    ("ask", Said::fixed("问题", "question")),
    ("list", Said::fixed("列表", "list")),
    ("code_list", Said::fixed("代码表", "code list")),
    ("entry", Said::fixed("条目", "entry")),
    ("document", Said::fixed("文件", "document")),
    ("clause", Said::fixed("条款", "clause")),
    ("parameter", Said::fixed("参数", "parameter")),
    ("row", Said::fixed("行", "row")),
    ("rule_set", Said::fixed("规则", "rule set")),
    ("fact", Said::fixed("事实", "fact")),
    ("value", Said::fixed("算式", "value")),
    ("threshold", Said::fixed("标准线", "threshold")),
    ("line", Said::fixed("规则行", "line")),
    ("day", Said::fixed("日期", "day")),
    ("order", Said::fixed("次序", "order")),
];

impl Difference {
    /// `kind loan move lend by: supervisor → volunteer, supervisor`.
    #[must_use]
    pub fn said(&self) -> Said {
        let words: Vec<Said> =
            self.path.iter().filter(|word| *word != "workflow").map(word).collect();
        let path = Said::join(&words, " ", " ");
        let (zh, en) = (&path.zh, &path.en);
        let cut = |text: &String| {
            let mut shown: String = text.chars().take(LONGEST).collect();
            if shown.len() < text.len() {
                shown.push('…');
            }
            shown
        };
        match (self.before.as_ref().map(cut), self.after.as_ref().map(cut)) {
            (Some(before), Some(after)) => {
                Said::new(format!("{zh}：{before} → {after}"), format!("{en}: {before} → {after}"))
            }
            (Some(before), None) => {
                said!("{zh}：{before} →（没有了）", "{en}: {before} → (gone)",)
            }
            (None, after) => {
                let after = after.unwrap_or_default();
                said!("{zh}：新增 {after}", "{en}: new, {after}")
            }
        }
    }
}

fn word(word: &String) -> Said {
    let known = WORDS.iter().find(|(known, _)| known == word);
    known.map_or_else(|| Said::same(word.clone()), |(_, said)| said.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEFORE: &str = r#"
[kind.loan]
title = { zh = "借阅", en = "Loan" }
[[kind.loan.workflow.move]]
id = "lend"
by = "supervisor"
careful = true
[[kind.loan.workflow.move]]
id = "give_back"
by = "volunteer"
"#;

    fn told(before: &str, after: &str) -> Vec<String> {
        let found = Keys::read(before).differences(&Keys::read(after));
        found.iter().map(|difference| difference.said().en.to_string()).collect()
    }

    #[test]
    fn a_word_nobody_here_knows_is_told_when_it_goes() {
        let after = BEFORE.replace("careful = true\n", "");
        assert_eq!(told(BEFORE, &after), ["kind loan move lend careful: true → (gone)"]);
        assert_eq!(told(&after, BEFORE), ["kind loan move lend careful: new, true"]);
        let after = BEFORE.replace("\"supervisor\"", "[\"volunteer\", \"supervisor\"]");
        assert_eq!(
            told(BEFORE, &after),
            ["kind loan move lend by: supervisor → volunteer, supervisor"]
        );
        let after = BEFORE.replace("Loan", "Lending");
        assert_eq!(told(BEFORE, &after), ["kind loan title: 借阅 / Loan → 借阅 / Lending"]);
    }

    #[test]
    fn an_entry_that_comes_is_told_with_what_it_says_and_a_changed_order_too() {
        let more = "[[kind.loan.workflow.move]]\nid = \"lose\"\nby = \"volunteer\"\nask = [{ id = \"why\", type = \"text\" }]\n";
        let after = format!("{BEFORE}{more}");
        assert_eq!(
            told(BEFORE, &after),
            [
                "kind loan move lose: new, by = volunteer",
                "kind loan move lose question why: new, type = text"
            ]
        );
        let [first, second] = ["[[line]]\nid = \"A\"\n", "[[line]]\nid = \"B\"\n"];
        let (before, after) = (format!("{first}{second}"), format!("{second}{first}"));
        assert_eq!(told(&before, &after), ["line order: A B → B A"]);
    }

    #[test]
    fn what_lies_over_takes_the_place_of_what_it_names() {
        let built_in = Keys::read(
            "[[clause]]\nid = \"a\"\ntext = \"1\"\n[[clause]]\nid = \"b\"\ntext = \"2\"\n",
        );
        let own = Keys::read("[[clause]]\nid = \"b\"\ntext = \"3\"\n");
        let both = built_in.clone().under(&own, 2);
        let found = built_in.differences(&both);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].path, ["clause", "b", "text"]);
        assert_eq!(both.text(&["clause", "b", "text"]), Some("3"));
    }
}

//! Typed codes: one entry of a list, several, rows made from them, papers with their state.

use super::{TypedError, Typing, default_value};
use crate::program::{Entry, Field, FieldType, NoChoice};
use crate::record::{Fields, PaperState, Row, Value, fold};
use crate::said;
use crate::words::Said;

/// The code a typed text chooses from a list.
pub(in crate::program) fn choice(
    list: &str,
    text: &str,
    typing: &Typing<'_>,
) -> Result<String, TypedError> {
    let Some(list) = typing.catalogue.code_list(list) else {
        return Err(TypedError::new(
            said!("代码表“{list}”不在了。", "The code list `{list}` is gone."),
            Said::fixed("请管理员检查程序包。", "Ask the administrator to check the packs."),
        ));
    };
    let typed = fold(text);
    let names = |entries: &[&Entry]| {
        let name = |entry: &&Entry| {
            let (number, label) = (entry.number, &entry.label);
            Said::new(format!("{number} {}", label.zh), format!("{number} {}", label.en))
        };
        Said::join(&entries.iter().map(name).collect::<Vec<_>>(), "、", ", ")
    };
    list.parse_choice(text, typing.today).map(|entry| entry.code.clone()).map_err(|error| {
        match error {
            NoChoice::Unknown => {
                let open: Vec<_> = list.open_on(typing.today).take(12).collect();
                TypedError::new(
                    said!("选项里没有“{typed}”。", "There is no choice \"{typed}\"."),
                    names(&open),
                )
            }
            NoChoice::Several(entries) => TypedError::new(
                said!("“{typed}”可以指几个选项。", "\"{typed}\" may mean several choices."),
                names(&entries),
            ),
            NoChoice::NotOpen(entry) => {
                let (zh, en) = (&entry.label.zh, &entry.label.en);
                TypedError::new(
                    Said::new(
                        format!("“{zh}”现在不再使用。"),
                        format!("\"{en}\" is no longer in use."),
                    ),
                    Said::fixed("请另选一项。", "Choose another."),
                )
            }
        }
    })
}

/// The pieces of a typed enumeration; a slash is part of many labels and does not divide.
pub(in crate::program) fn pieces(text: &str) -> Vec<String> {
    text.split(['、', '，', ',', ';', '；', '|', '\n'])
        .map(fold)
        .filter(|piece| !piece.is_empty())
        .collect()
}

/// Several codes, each once: the text as one choice, or enumerated, with spaces at the last.
pub(super) fn codes(
    list: &str,
    text: &str,
    typing: &Typing<'_>,
) -> Result<Vec<String>, TypedError> {
    if let Ok(code) = choice(list, text, typing) {
        return Ok(vec![code]);
    }
    let mut found = Vec::new();
    for piece in pieces(text) {
        let several = match choice(list, &piece, typing) {
            Ok(code) => vec![code],
            Err(error) if !piece.contains(' ') => return Err(error),
            Err(_) => piece
                .split(' ')
                .filter(|word| !word.is_empty())
                .map(|word| choice(list, word, typing))
                .collect::<Result<_, _>>()?,
        };
        for code in several {
            if !found.contains(&code) {
                found.push(code);
            }
        }
    }
    Ok(found)
}

/// Rows of a table with one row per code, typed as a list of codes.
pub(super) fn ticked(
    fields: &[Field],
    one_per: Option<&str>,
    text: &str,
    typing: &Typing<'_>,
) -> Result<Value, TypedError> {
    let key = one_per.and_then(|id| fields.iter().find(|field| field.id == id));
    let Some((key, FieldType::Choice { list })) = key.map(|key| (key, &key.field_type)) else {
        return Err(TypedError::new(
            Said::fixed("表格要一行一行填写。", "A table is filled in row by row."),
            Said::fixed("请在表格里添加行。", "Add rows in the table."),
        ));
    };
    let codes = codes(list, text, typing)?;
    Ok(Value::Table(tick(fields, &key.id, &[], &codes, typing)))
}

/// The rows for these codes: those already there as they are, new ones with the columns'
/// defaults, others gone.
#[must_use]
pub fn tick(
    fields: &[Field],
    key: &str,
    rows: &[Row],
    codes: &[String],
    typing: &Typing<'_>,
) -> Vec<Row> {
    let mut next = rows.iter().map(|row| row.id).max().unwrap_or(0);
    let mut out = Vec::new();
    for code in codes {
        let wanted = Value::Choice(code.clone());
        if let Some(row) = rows.iter().find(|row| row.fields.get(key) == Some(&wanted)) {
            out.push(row.clone());
            continue;
        }
        next = next.saturating_add(1);
        let defaults = fields.iter().filter_map(|field| {
            default_value(field, typing).map(|value| (field.id.clone(), value))
        });
        let mut values: Fields = defaults.collect();
        values.insert(key.to_string(), wanted);
        out.push(Row { id: next, fields: values });
    }
    out
}

/// The words for the states of a paper, as shown and as typed.
pub(in crate::program) const PAPER_STATES: &[(PaperState, &str, Said)] = &[
    (PaperState::Received, "received", Said::fixed("已收", "received")),
    (PaperState::Missing, "missing", Said::fixed("缺", "missing")),
    (PaperState::NotNeeded, "not_needed", Said::fixed("不需要", "not needed")),
];

/// `身份证、户口簿=缺`: a paper named alone has come in.
pub(super) fn papers(list: &str, text: &str, typing: &Typing<'_>) -> Result<Value, TypedError> {
    let mut found: Vec<(String, PaperState)> = Vec::new();
    for piece in pieces(text) {
        let (name, state) = match piece.split_once(['=', ':']) {
            None => (piece.as_str(), PaperState::Received),
            Some((name, state)) => (name, paper_state(state)?),
        };
        let code = choice(list, name, typing)?;
        found.retain(|(other, _)| *other != code);
        found.push((code, state));
    }
    Ok(Value::Papers(found))
}

/// A paper's state by its word.
pub(in crate::program) fn paper_state(text: &str) -> Result<PaperState, TypedError> {
    let word = fold(text).to_lowercase();
    let others = [("收到", 0), ("有", 0), ("缺少", 1), ("无", 1), ("不用", 2), ("免", 2)];
    let index = PAPER_STATES
        .iter()
        .position(|(_, id, said)| word == *id || word == said.zh || word == said.en)
        .or_else(|| others.iter().find(|(other, _)| *other == word).map(|(_, index)| *index));
    index.and_then(|index| PAPER_STATES.get(index)).map(|(state, _, _)| *state).ok_or_else(|| {
        TypedError::new(
            said!("材料的状态没有“{word}”。", "A paper is never \"{word}\"."),
            Said::fixed("写 已收、缺 或 不需要。", "Type received, missing or not needed."),
        )
    })
}

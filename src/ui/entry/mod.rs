//! One field being typed, in a form or as a question of a move: the one reader of what a person types
//! into a field.

mod painting;

pub use painting::{input, understood, wrong_lines};

use crate::office::{Actor, Office, Refusal};
use crate::program::{self, Field, FieldType, Required};
use crate::record::{Row, Value};
use crate::terminal::{InputLine, Key, KeyCode};
use crate::words::{Lang, Said};

/// What is wrong with a field.
#[derive(Clone, Debug, PartialEq)]
pub struct Wrong {
    /// What is wrong.
    pub said: Said,
    /// What to type.
    pub next: Said,
    /// The text cannot be read; else the value was found wanting beside the others and may be
    /// right again without being typed anew.
    pub unreadable: bool,
    /// Somebody who is in the record already: looked at anew with every field.
    pub twice: bool,
}

impl Wrong {
    /// Found wanting when everything was checked.
    pub fn checked(said: Said, next: Said) -> Self {
        Self { said, next, unreadable: false, twice: false }
    }
}

/// A field, what is typed into it, and what that means.
#[derive(Clone)]
pub struct Entry {
    /// The field as the pack describes it.
    pub field: Field,
    /// What is typed.
    pub input: InputLine,
    /// The value it had when the form opened.
    pub before: Option<Value>,
    /// What is typed, understood.
    pub value: Option<Value>,
    /// A masked value is shown in the typing's stead until something is typed.
    pub mask: Option<String>,
    /// What its rows come to, where it is a total and there are rows.
    pub from_rows: Option<Value>,
    /// Rows it is a total of are masked: what they come to is not shown.
    pub rows_hidden: bool,
    /// What is wrong and what to type.
    pub wrong: Option<Wrong>,
    /// Its group is not open to this person: what was there before is masked.
    closed: bool,
    /// What is unlikely about it, beside the other fields.
    pub doubt: Option<Said>,
    /// Typed in since it was last understood: a text nobody touched is not read again.
    touched: bool,
    /// Emptied on purpose while it was masked.
    emptied: bool,
}

impl Entry {
    /// An entry that starts with a value.
    pub fn new(field: &Field, value: Option<Value>, office: &Office, lang: Lang) -> Self {
        let mask = value.as_ref().and_then(|value| program::mask(field, value));
        let mut entry = Self {
            field: field.clone(),
            input: InputLine::default(),
            before: value.clone(),
            value,
            mask,
            from_rows: None,
            rows_hidden: false,
            wrong: None,
            closed: false,
            doubt: None,
            touched: false,
            emptied: false,
        };
        entry.rewrite(office, lang);
        entry
    }

    /// An entry with what the pack says an empty form starts with.
    pub fn fresh(field: &Field, office: &Office, lang: Lang) -> Self {
        let value = program::typed::default_value(field, &office.typing());
        Self { before: None, ..Self::new(field, value, office, lang) }
    }

    /// Masks what was there before, for a person to whom its sensitivity group is not open.
    pub fn close(&mut self) {
        if self.field.sensitive.is_some() && self.before.is_some() && self.value == self.before {
            self.closed = true;
            self.mask = self.masked_before();
            self.input.set_text("");
        }
    }

    /// Puts typed text in, as from a draft.
    pub fn set_text(&mut self, text: &str, office: &Office, who: Option<&Actor>, lang: Lang) {
        self.input.set_text(text);
        self.mask = None;
        self.touched = true;
        self.emptied = text.is_empty();
        self.understand(office, who, lang);
    }

    /// Puts a value in, as derived from another field.
    pub fn set_value(&mut self, value: Value, office: &Office, lang: Lang) {
        let before = self.before.take();
        let closed = self.closed;
        let new = Self::new(&self.field, Some(value), office, lang);
        *self = Self { before, mask: None, closed, ..new };
    }

    /// A key that writes. A mask gives way to it; Delete on a mask empties the field.
    pub fn key(&mut self, key: Key) {
        let moves =
            matches!(key.code, KeyCode::Left | KeyCode::Right | KeyCode::Home | KeyCode::End);
        if self.mask.is_some() {
            match key.code {
                KeyCode::Delete => self.emptied = true,
                _ if moves || key.code == KeyCode::Backspace => return,
                _ => {}
            }
        }
        self.input.handle(key);
        if !moves {
            self.change();
        }
    }

    /// Text put in as one piece.
    pub fn insert(&mut self, text: &str) {
        self.input.insert(text);
        self.change();
    }

    /// A text chosen rather than typed, in the place of what was there.
    pub fn replace(&mut self, text: &str) {
        self.input.set_text(text);
        self.change();
    }

    fn change(&mut self) {
        self.mask = None;
        self.wrong = None;
        self.touched = true;
    }

    /// True when nothing is typed and nothing is masked.
    pub fn is_empty(&self) -> bool {
        self.mask.is_none() && self.input.text().trim().is_empty()
    }

    /// Reads what was typed. What it means is then written as it would be read by somebody else;
    /// what means nothing stays as it is.
    pub fn understand(&mut self, office: &Office, who: Option<&Actor>, lang: Lang) {
        if self.mask.is_some() || !self.touched {
            return;
        }
        self.touched = false;
        if self.is_empty() && !self.emptied && self.masked_before().is_some() {
            // Typing was taken back: the masked value still stands.
            self.mask = self.masked_before();
            self.value = self.before.clone();
            self.wrong = None;
            return;
        }
        match self.read(self.input.text(), office, who) {
            Ok(value) => {
                self.value = value;
                self.wrong = None;
                self.rewrite(office, lang);
            }
            Err(refusal) => {
                self.value = None;
                let wrong = Wrong::checked(refusal.message, refusal.next);
                self.wrong = Some(Wrong { unreadable: true, ..wrong });
            }
        }
    }

    fn masked_before(&self) -> Option<String> {
        let before = self.before.as_ref()?;
        if self.closed {
            return program::masked(&self.field, before);
        }
        program::mask(&self.field, before)
    }

    fn read(
        &self,
        text: &str,
        office: &Office,
        who: Option<&Actor>,
    ) -> Result<Option<Value>, Refusal> {
        let value = match who {
            Some(who) => office.typed_by(who, &self.field, text)?,
            None => office.typed(&self.field, text)?,
        };
        let FieldType::Table { fields, one_per: Some(key), .. } = &self.field.field_type else {
            return Ok(value);
        };
        // Rows that were ticked before keep what else is in them.
        let codes = ticked_codes(value.as_ref().map(Value::rows).unwrap_or_default(), key);
        let rows = self.before.as_ref().map(Value::rows).unwrap_or_default();
        let rows = program::typed::tick(fields, key, rows, &codes, &office.typing());
        Ok((!rows.is_empty()).then_some(Value::Table(rows)))
    }

    /// Writes the value the way it is read, in the session's language; amounts and free text stay
    /// as they were typed.
    pub fn rewrite(&mut self, office: &Office, lang: Lang) {
        let Some(value) = self.value.as_ref().filter(|_| self.mask.is_none() && !self.touched)
        else {
            return;
        };
        let typed_freely = matches!(
            self.field.field_type,
            FieldType::Money { .. }
                | FieldType::Text { .. }
                | FieldType::Integer { .. }
                | FieldType::Decimal { .. }
        );
        if typed_freely && !self.input.is_empty() {
            return;
        }
        let text = self.written(value, office, lang);
        let same = self.input.is_empty()
            || self.read(&text, office, None).ok().flatten().as_ref() == Some(value);
        if same {
            self.input.set_text(&text);
        }
    }

    fn written(&self, value: &Value, office: &Office, lang: Lang) -> String {
        let catalogue = office.catalogue();
        if let Value::Reference(id) = value {
            return office.called(None, *id);
        }
        let FieldType::Table { fields, one_per: Some(key), .. } = &self.field.field_type else {
            return program::plain(catalogue, &self.field, value, lang, true);
        };
        let column = fields.iter().find(|field| field.id == *key);
        let label = |code: &String| match column {
            Some(column) => {
                program::plain(catalogue, column, &Value::Choice(code.clone()), lang, true)
            }
            None => code.clone(),
        };
        let between = if lang == Lang::Zh { "、" } else { "; " };
        ticked_codes(value.rows(), key).iter().map(label).collect::<Vec<_>>().join(between)
    }

    /// True when this form would change it.
    pub fn changed(&self) -> bool {
        self.value != self.before
    }

    /// True when a draft has to hold it: changed, or typed in and not read yet.
    pub fn in_draft(&self) -> bool {
        self.mask.is_none() && (self.touched || self.changed() || self.wrong.is_some())
    }

    /// True when a file cannot be submitted without it. What only a later state requires is asked for
    /// by the move that leads there.
    pub fn needed(&self) -> bool {
        matches!(self.field.required, Required::Always | Required::AtSubmit)
    }

    /// True when Enter stops here: needed or asked for and still empty, or wrong.
    pub fn stops(&self) -> bool {
        self.wrong.is_some()
            || (self.is_empty() && self.from_rows.is_none() && (self.needed() || self.field.asked))
    }

    /// What can be chosen, for a field with something to choose from.
    pub fn options(&self, office: &Office) -> Vec<(String, Said)> {
        match &self.field.field_type {
            FieldType::YesNo => vec![
                ("是".into(), Said::fixed("是", "yes")),
                ("否".into(), Said::fixed("否", "no")),
            ],
            other => office.options(other),
        }
    }

    /// True when several options may be chosen.
    pub fn takes_several(&self) -> bool {
        matches!(
            self.field.field_type,
            FieldType::Tags { .. } | FieldType::Papers { .. } | FieldType::Table { .. }
        )
    }

    /// Cells its text takes in a form.
    pub fn room(&self) -> u16 {
        match &self.field.field_type {
            FieldType::PersonName
            | FieldType::IdNumber
            | FieldType::BankCard
            | FieldType::OrgCode => 24,
            FieldType::Phone | FieldType::Money { .. } | FieldType::Date => 18,
            FieldType::Integer { .. } | FieldType::YesNo | FieldType::Decimal { .. } => 12,
            FieldType::Choice { .. } => 34,
            _ => 72,
        }
    }

    /// True for a text that may take several lines.
    pub fn is_long(&self) -> bool {
        match &self.field.field_type {
            FieldType::Text { multiline, .. } => *multiline,
            _ => self.takes_several(),
        }
    }
}

/// The codes a ticked table holds.
fn ticked_codes(rows: &[Row], key: &str) -> Vec<String> {
    rows.iter()
        .filter_map(|row| match row.fields.get(key) {
            Some(Value::Choice(code)) => Some(code.clone()),
            _ => None,
        })
        .collect()
}

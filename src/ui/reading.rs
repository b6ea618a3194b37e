//! Text to read: titled lines, wrapped to the width there is, in a window that scrolls.

use super::action::Action;
use super::screen::{Context, Look};
use super::theme::Tone;
use crate::policy::{DecisionSheet, LineResult, Overall, SheetLine};
use crate::program::{Kind, PERSON};
use crate::record::{Record, Value};
use crate::said;
use crate::terminal::text;
use crate::words::Said;
use crate::workflow;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use std::cell::Cell;

/// Cells of a result and its line before the sentence of a sheet.
const RESULT: u16 = 22;

/// Cells of a label before its value: fewer in a narrow pane.
fn label_cells(width: u16) -> usize {
    usize::from(width / 3).clamp(20, 26)
}

/// One paragraph.
#[derive(Clone, Debug, PartialEq)]
pub struct Paragraph {
    pub tone: Tone,
    /// A label in front; empty for none.
    pub label: Said,
    /// What it says.
    pub said: Said,
    /// Cells it is set in by.
    pub indent: u16,
}

/// Paragraphs in a window.
#[derive(Clone, Debug, Default)]
pub struct Reading {
    /// What there is to read.
    pub paragraphs: Vec<Paragraph>,
    /// The first line shown.
    at: usize,
    /// Lines there were and lines shown at the last drawing: how far a key goes depends on the
    /// width, which only drawing knows.
    extent: Cell<(usize, usize)>,
}

impl Reading {
    /// Adds a heading.
    pub fn heading(&mut self, said: Said) {
        self.push(Tone::Title, Said::default(), said, 0);
    }

    /// Adds a line without a label.
    pub fn line(&mut self, tone: Tone, said: Said) {
        self.push(tone, Said::default(), said, 0);
    }

    /// Adds a labelled value.
    pub fn value(&mut self, label: Said, said: Said) {
        self.push(Tone::Plain, label, said, 0);
    }

    /// Adds a paragraph.
    pub fn push(&mut self, tone: Tone, label: Said, said: Said, indent: u16) {
        self.paragraphs.push(Paragraph { tone, label, said, indent });
    }

    /// Adds an empty line.
    pub fn gap(&mut self) {
        self.push(Tone::Plain, Said::default(), Said::default(), 0);
    }

    /// Takes over the place in the text from what was shown before.
    #[must_use]
    pub fn at_place_of(mut self, before: &Self) -> Self {
        self.at = before.at;
        self.extent = before.extent.clone();
        self
    }

    /// Scrolls; returns whether the action was one that scrolls.
    pub fn act(&mut self, action: Action) -> bool {
        let (lines, page) = self.extent.get();
        let last = lines.saturating_sub(page);
        let page = page.saturating_sub(1).max(1);
        let at = self.at.min(last);
        self.at = match action {
            Action::Up => at.saturating_sub(1),
            Action::Down => at + 1,
            Action::PageUp => at.saturating_sub(page),
            Action::PageDown => at + page,
            Action::First => 0,
            Action::Last => last,
            _ => return false,
        }
        .min(last);
        true
    }

    /// Draws; long paragraphs are wrapped, values are beside their labels.
    pub fn draw(&self, area: Rect, buf: &mut Buffer, look: &Look) -> Option<Position> {
        let lines = self.lines(area.width, look);
        let page = usize::from(area.height);
        self.extent.set((lines.len(), page));
        let start = self.at.min(lines.len().saturating_sub(page));
        for (row, (tone, label, line)) in lines.iter().skip(start).take(page).enumerate() {
            let y = area.y + u16::try_from(row).unwrap_or(0);
            let used = look.put(buf, area.x, y, area.width, label, Tone::Quiet);
            look.put(buf, area.x + used, y, area.width.saturating_sub(used), line, *tone);
        }
        let rest = lines.len().saturating_sub(start + page);
        if rest > 0 && area.width > 12 {
            let more = said!("  ↓ 还有 {rest} 行", "  ↓ {rest} more");
            let width = u16::try_from(text::width(more.get(look.lang))).unwrap_or(12);
            look.say(
                buf,
                area.right().saturating_sub(width),
                area.bottom() - 1,
                width,
                &more,
                Tone::Key,
            );
        }
        Some(Position::new(area.x, area.y))
    }

    /// Tone, label and text of every line.
    fn lines(&self, width: u16, look: &Look) -> Vec<(Tone, String, String)> {
        let cells = usize::from(width);
        let mut lines = Vec::new();
        for paragraph in &self.paragraphs {
            let label = paragraph.label.get(look.lang);
            let indent = usize::from(paragraph.indent);
            let left = match (label.is_empty(), indent) {
                (false, 0) => label_cells(width),
                _ => indent,
            };
            // A label longer than its column goes on below, beside its value.
            let mut labels = text::wrap(label, left.saturating_sub(1).max(6)).into_iter();
            let said = text::wrap(paragraph.said.get(look.lang), cells.saturating_sub(left).max(8));
            let count = said.len().max(labels.len());
            let mut said = said.into_iter();
            for _ in 0..count {
                let label = text::fit(&labels.next().unwrap_or_default(), left);
                lines.push((paragraph.tone, label, said.next().unwrap_or_default()));
            }
        }
        lines
    }

    /// The fields of a record, section by section, with those a reviewer named marked.
    #[must_use]
    pub fn of_record(record: &Record, cx: &Context) -> Self {
        let mut reading = Self::default();
        let Some(kind) = cx.office.catalogue().kind(&record.kind) else { return reading };
        let life = kind.workflow.as_ref();
        let returned = life.map(|life| workflow::returned_fields(life, record)).unwrap_or_default();
        if let Some(made) = life.and_then(|life| workflow::returned(life, record)) {
            let reason = made.answers.get("reason").and_then(Value::as_text).unwrap_or("");
            let by = &made.by;
            reading.line(Tone::Bad, said!("{by} 退回：{reason}", "Returned by {by}: {reason}"));
            reading.gap();
        }
        reading.decided(record, kind, cx);
        if let Some(person) = cx.office.person_of_record(record)
            && let Some(person_kind) = cx.office.catalogue().kind(PERSON)
        {
            fields(&mut reading, person_kind, &person, &returned, cx);
            reading.gap();
        }
        fields(&mut reading, kind, record, &returned, cx);
        reading
    }

    /// What a reader of the file needs to know first: a move that waits for a second account, the
    /// last decision with clause and reason, what was found, and where the person is registered
    /// otherwise than the file copied.
    fn decided(&mut self, record: &Record, kind: &Kind, cx: &Context) {
        let before = self.paragraphs.len();
        let Some(who) = cx.who else { return };
        if let Some(proposal) = &record.proposal {
            let by = &proposal.by;
            let life = kind.workflow.as_ref();
            let step = life.and_then(|life| life.find_move(&proposal.id));
            let title = step.map(|step| step.title.clone()).unwrap_or_default();
            self.line(
                Tone::Unsure,
                Said::new(
                    format!("{by} 提出“{}”，待另一人复核：", title.zh),
                    format!("{by} put \"{}\" forward; another has to second it:", title.en),
                ),
            );
            self.pairs(&cx.office.proposed_said(who, record, proposal));
        } else if let Some(said) = cx.office.last_decision(who, record) {
            self.line(Tone::Title, said.0);
            self.pairs(&said.1);
        }
        for (title, declared, found) in cx.office.findings_said(who, record) {
            self.push(
                Tone::Unsure,
                title,
                Said::new(
                    format!("查实 {}（申报 {}）", found.zh, declared.zh),
                    format!("found {} (declared {})", found.en, declared.en),
                ),
                0,
            );
        }
        for (title, copied, now) in cx.office.copies_said(who, record) {
            self.push(
                Tone::Unsure,
                title,
                Said::new(
                    format!("提交时 {}，现登记 {}", copied.zh, now.zh),
                    format!("{} when submitted, registered now: {}", copied.en, now.en),
                ),
                0,
            );
        }
        if self.paragraphs.len() > before {
            self.gap();
        }
    }

    fn pairs(&mut self, pairs: &[(Said, Said)]) {
        for (title, said) in pairs {
            self.push(Tone::Plain, title.clone(), said.clone(), 0);
        }
    }

    /// The sheet a decision rested on, under it in a history: the outcome, and in `full` each line
    /// as it was.
    pub fn sheet_as_it_was(&mut self, sheet: &DecisionSheet, full: bool, cx: &Context) {
        let (outcome, as_of, rules) = (sheet.outcome.said(), sheet.as_of, &sheet.rules);
        let category = cx.office.outcome_of(sheet).unwrap_or_default();
        let dot = if category.is_empty() { "" } else { " · " };
        self.push(
            Tone::Quiet,
            Said::default(),
            Said::new(
                format!(
                    "当时的认定依据：{}{dot}{}（{as_of}，{rules}）{}",
                    outcome.zh,
                    category.zh,
                    if full { "" } else { "　Tab 看每一条" }
                ),
                format!(
                    "The sheet then: {}{dot}{} ({as_of}, {rules}){}",
                    outcome.en,
                    category.en,
                    if full { "" } else { "  Tab: every line" }
                ),
            ),
            2,
        );
        for line in sheet.lines.iter().filter(|_| full) {
            let (label, tone) = result_label(line);
            let all = [line.row_said(), label, line.said()];
            let said: Vec<Said> = all.into_iter().filter(|said| !said.is_empty()).collect();
            self.push(tone, Said::default(), Said::join(&said, "　", "  "), 4);
        }
    }

    /// A decision sheet: overall, then each line with clause, numbers and result.
    ///
    /// `full` adds the words of each clause to its citation; `hint` goes on after "a person
    /// decides" with the key that shows more.
    #[must_use]
    pub fn of_sheet(sheet: &DecisionSheet, full: bool, hint: &Said, cx: &Context) -> Self {
        let mut reading = Self::default();
        let conclusion = cx.office.conclusion(sheet);
        let tone = match sheet.outcome {
            Overall::Suggests => Tone::Good,
            Overall::SuggestsNo => Tone::Bad,
            Overall::NeedsPerson => Tone::Unsure,
        };
        reading.line(
            tone,
            Said::new(
                format!("{}　（程序只作建议，由人决定{}）", conclusion.zh, hint.zh),
                format!("{}  (a suggestion; a person decides{})", conclusion.en, hint.en),
            ),
        );
        let (number, as_of, rules) = (&sheet.number, sheet.as_of, &sheet.rules);
        reading.line(
            Tone::Quiet,
            said!("{number}　按 {as_of} 的规则　{rules}", "{number}  rules of {as_of}  {rules}"),
        );
        reading.gap();
        for lines in sheet.lines.chunk_by(|a, b| a.row == b.row) {
            reading.judged(lines, full, cx);
        }
        if !sheet.nearest.is_empty() {
            reading.gap();
            reading.heading(said!("怎样会改变结果", "What would change it"));
            for change in &sheet.nearest {
                reading.push(Tone::Plain, Said::default(), change.said(), 2);
            }
        }
        reading
    }
}

impl Reading {
    /// The lines of a record, or of one row of it: of a row in which nothing is open one line says
    /// so, unless all is asked for.
    fn judged(&mut self, lines: &[SheetLine], full: bool, cx: &Context) {
        let row = lines.first().filter(|line| line.row.is_some()).map(SheetLine::row_said);
        if let Some(row) = row {
            if !full && !lines.iter().any(|line| line.result.is_open()) {
                let said = said!("都满足", "all met");
                return self.push(Tone::Plain, row, said, RESULT);
            }
            self.line(Tone::Title, row);
        }
        for line in lines {
            let (label, tone) = result_label(line);
            self.push(tone, label, line.said(), RESULT);
            let clause = clause_said(cx, &line.clause, line, full);
            self.push(Tone::Quiet, Said::default(), clause, RESULT);
        }
    }
}

fn result_label(line: &SheetLine) -> (Said, Tone) {
    let (mark, tone) = match line.result {
        LineResult::Met => ("√", Tone::Plain),
        LineResult::NotMet => ("×", Tone::Bad),
        LineResult::Unknown => ("?", Tone::Unsure),
        LineResult::NotAsked => ("-", Tone::Quiet),
    };
    let result = line.result.said();
    let label = Said::new(
        format!("{mark} {} {}", result.zh, line.id),
        format!("{mark} {} {}", result.en, line.id),
    );
    (label, tone)
}

fn clause_said(cx: &Context, clause: &str, line: &SheetLine, full: bool) -> Said {
    let basis = line.basis.said();
    match cx.office.library().clauses.get(clause) {
        Some(found) => {
            let cited = cx.office.library().cited(found);
            let words = if full { found.text.clone() } else { Said::default() };
            Said::new(
                format!("依据：{}〔{}〕{}", cited.zh, basis.zh, words.zh),
                format!("Clause: {} [{}] {}", cited.en, basis.en, words.en),
            )
        }
        None => Said::new(
            format!("依据：{}　{clause}〔{}〕", line.document, basis.zh),
            format!("Clause: {}  {clause} [{}]", line.document, basis.en),
        ),
    }
}

/// A screen of text under a heading.
pub fn page(
    area: Rect,
    buf: &mut Buffer,
    look: &Look,
    heading: &[&Said],
    reading: &Reading,
) -> Option<Position> {
    let words: Vec<&str> =
        heading.iter().map(|said| said.get(look.lang)).filter(|word| !word.is_empty()).collect();
    look.put(buf, area.x + 1, area.y, area.width - 2, &words.join("  "), Tone::Title);
    let body = Rect {
        x: area.x + 1,
        y: area.y + 1,
        width: area.width - 2,
        height: area.height.saturating_sub(1),
    };
    reading.draw(body, buf, look)
}

fn fields(reading: &mut Reading, kind: &Kind, record: &Record, returned: &[String], cx: &Context) {
    for section in &kind.sections {
        let mut heading = Some(section.title.clone());
        for field in &section.fields {
            let Some(shown) = cx.office.shown(cx.who, record, field) else { continue };
            if let Some(title) = heading.take() {
                reading.heading(title);
            }
            let named = returned.contains(&field.id);
            let mut label = field.title.clone();
            if named {
                label = Said::new(format!("* {}", label.zh), format!("* {}", label.en));
            }
            let tone = if named { Tone::Bad } else { Tone::Plain };
            match record.get(&field.id) {
                Some(Value::Table(rows)) if !rows.is_empty() => {
                    reading.push(tone, label, Said::default(), 0);
                    for row in cx.office.shown_rows(cx.who, field, rows) {
                        reading.push(tone, Said::default(), row, 2);
                    }
                }
                _ => reading.push(tone, label, shown, 0),
            }
        }
    }
}

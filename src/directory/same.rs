//! Whether the directory has a card as it is, without making a copy of it.

use super::{Directory, days, phones_in, plain_form, seconds};
use crate::directory::Card;
use std::borrow::Cow;

type Text<'a> = Cow<'a, str>;

impl Directory {
    /// Whether it holds this card as it is, but for what [`Directory::get`] says it folds.
    #[must_use]
    pub fn holds(&self, card: &Card<'_>) -> bool {
        let Some(slot) = self.find(card.id) else { return false };
        let at = slot as usize;
        let Some(group) = self.groups.get(usize::from(self.group_of.get(at))) else { return false };
        let parts = self.cells.parts(self.cell_of.get(at));
        let person = parts.person.map(|person| self.ids.get(person as usize));
        let submitted_by = parts.submitted_by.map(|at| self.strings.get(at));
        (group.kind, group.state.as_str()) == (card.kind, &*card.state)
            && (self.entered(at), self.updated.get(at))
                == (seconds(card.entered), seconds(card.updated))
            && (person, submitted_by) == (card.person, card.submitted_by.as_deref())
            && parts.due == card.due.map(days)
            && self.series.is(self.numbers.get(at), &plain_form(&card.number))
            && self.has_names(at, (&parts.names, parts.title.as_deref()), card)
            && self.facets.are(at, &card.facets)
            && self.phones.are(
                at,
                &parts.phones,
                card.phones.iter().flat_map(|text| phones_in(text)),
            )
            && self.id_numbers.are(at, &parts.id_numbers, &card.id_numbers)
    }

    fn spells(&self, glyphs: impl Iterator<Item = u32>, text: &str) -> bool {
        glyphs.map(|at| self.glyphs.get(at).written).eq(text.chars())
    }

    fn has_names(
        &self,
        at: usize,
        (others, title): (&[Vec<u32>], Option<&[u32]>),
        card: &Card<'_>,
    ) -> bool {
        let mut names = card.names.iter();
        let short = self.short_names.get(at);
        let first =
            !short.is_some() || names.next().is_some_and(|name| self.spells(short.glyphs(), name));
        let titled = match title {
            Some(title) => self.spells(title.iter().copied(), &card.title),
            None => card.names.first().map_or("", |name| name) == card.title,
        };
        let same =
            |(glyphs, name): (&Vec<u32>, &Text<'_>)| self.spells(glyphs.iter().copied(), name);
        first && titled && names.len() == others.len() && others.iter().zip(names).all(same)
    }
}

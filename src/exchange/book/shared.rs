//! The texts a workbook keeps once and refers to by number.

/// Shared texts, in one piece of memory.
#[derive(Default)]
pub(super) struct SharedTexts {
    texts: String,
    /// Where each ends.
    ends: Vec<usize>,
}

impl SharedTexts {
    /// Adds the text `write` appends; nothing when it gives nothing.
    pub fn add(&mut self, write: impl FnOnce(&mut String) -> Option<()>) -> Option<()> {
        let start = self.texts.len();
        let written = write(&mut self.texts);
        match written {
            Some(()) => self.ends.push(self.texts.len()),
            None => self.texts.truncate(start),
        }
        written
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// A text by its number.
    pub fn get(&self, at: u32) -> Option<&str> {
        let at = usize::try_from(at).ok()?;
        let end = *self.ends.get(at)?;
        let start = at.checked_sub(1).and_then(|before| self.ends.get(before)).copied();
        self.texts.get(start.unwrap_or(0)..end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_by_number() {
        let mut texts = SharedTexts::default();
        for text in ["甲", "", "乙丙"] {
            texts.add(|into| {
                into.push_str(text);
                Some(())
            });
        }
        texts.add(|into| {
            into.push('丁');
            None
        });
        let all: Vec<_> = (0..4).map(|at| texts.get(at)).collect();
        assert_eq!(all, [Some("甲"), Some(""), Some("乙丙"), None]);
        assert_eq!(texts.len(), 3);
    }
}

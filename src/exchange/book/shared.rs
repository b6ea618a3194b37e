//! The texts a workbook keeps once and refers to by number.

/// Shared texts, in one piece of memory.
#[derive(Default)]
pub(super) struct SharedTexts {
    texts: String,
    /// Where each ends.
    ends: Vec<usize>,
}

impl SharedTexts {
    /// Adds the text `write` appends.
    ///
    /// # Errors
    /// What `write` gives; nothing is added then.
    pub fn add<E>(&mut self, write: impl FnOnce(&mut String) -> Result<(), E>) -> Result<(), E> {
        let start = self.texts.len();
        let written = write(&mut self.texts);
        match written {
            Ok(()) => self.ends.push(self.texts.len()),
            Err(_) => self.texts.truncate(start),
        }
        written
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// A text by its number, as formats write it.
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
            let added: Result<(), ()> = texts.add(|into| {
                into.push_str(text);
                Ok(())
            });
            assert!(added.is_ok());
        }
        let failed = texts.add(|into| {
            into.push('丁');
            Err(())
        });
        assert!(failed.is_err());
        let all: Vec<_> = (0..4).map(|at| texts.get(at)).collect();
        assert_eq!(all, [Some("甲"), Some(""), Some("乙丙"), None]);
        assert_eq!(texts.len(), 3);
    }
}

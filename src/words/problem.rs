//! What is wrong in a file an office edits, told so that a clerk can mend it.

use super::{Lang, Said};

/// One thing wrong at one line of an edited file: a pack, a policy, a calendar, a region table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The file as the person knows it, such as `calendar/2026.toml`.
    pub file: String,
    /// Line, counted from 1; 0 when the problem is the file as a whole.
    pub line: usize,
    /// What is wrong and what to do.
    pub message: Said,
    /// What was probably meant, when something close exists.
    pub meant: Option<String>,
}

impl Problem {
    /// A problem at a line.
    pub fn new(file: impl Into<String>, line: usize, message: Said) -> Self {
        Self { file: file.into(), line, message, meant: None }
    }

    /// The same with what was probably meant.
    #[must_use]
    pub fn meaning(mut self, meant: Option<String>) -> Self {
        self.meant = meant;
        self
    }

    /// One line for a person: place, message and what was probably meant.
    #[must_use]
    pub fn said(&self) -> Said {
        let Self { file, line, message, meant } = self;
        let place = if *line == 0 {
            Said::same(file.clone())
        } else {
            crate::said!("{file} 第 {line} 行", "{file}, line {line}")
        };
        let side = |lang: Lang, hint: String| {
            let between = if lang == Lang::Zh { "：" } else { ": " };
            format!("{}{between}{}{hint}", place.get(lang), message.get(lang))
        };
        let hint = |zh: bool| match meant {
            Some(meant) if zh => format!("（是不是“{meant}”？）"),
            Some(meant) => format!(" (did you mean \"{meant}\"?)"),
            None => String::new(),
        };
        Said::new(side(Lang::Zh, hint(true)), side(Lang::En, hint(false)))
    }
}

/// The known word closest to `word`, when one is close enough to be a slip of the hand.
pub fn closest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    known
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(word, candidate), candidate))
        .filter(|(likeness, _)| *likeness >= 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_names_its_place_and_what_was_meant() {
        let problem = Problem::new("2026.toml", 4, Said::fixed("不认识“naem”", "unknown \"naem\""))
            .meaning(closest("naem", ["name", "kind", "date"]));
        assert_eq!(problem.said().zh, "2026.toml 第 4 行：不认识“naem”（是不是“name”？）");
        assert_eq!(
            problem.said().en,
            "2026.toml, line 4: unknown \"naem\" (did you mean \"name\"?)"
        );
    }

    #[test]
    fn nothing_is_meant_by_what_is_like_no_word() {
        assert_eq!(closest("xyz", ["name"]), None);
    }
}

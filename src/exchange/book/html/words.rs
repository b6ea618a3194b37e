//! What a browser shows of the text in a cell.

use super::style::Look;

/// Lines left empty in a row: more is layout.
const MOST_LINES: usize = 20;

/// Elements that begin and end a line.
const BLOCKS: &[&str] = &[
    "p",
    "div",
    "li",
    "ul",
    "ol",
    "dl",
    "dt",
    "dd",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "pre",
    "hr",
    "center",
    "address",
    "blockquote",
    "fieldset",
    "form",
    "section",
    "article",
    "header",
    "footer",
    "table",
    "tr",
];

/// Elements without content.
const VOID: &[&str] = &[
    "br", "img", "input", "hr", "col", "wbr", "meta", "link", "area", "base", "embed", "param",
    "source", "track", "frame", "basefont", "bgsound",
];

/// Elements whose content is not shown. How characters are read aloud is no part of a name.
const UNSEEN: &[&str] = &[
    "script", "style", "title", "template", "noscript", "noframes", "noembed", "iframe",
    "datalist", "rt", "rp",
];

/// Elements that end where the next of their kind begins.
const SINGLE: &[&str] = &["p", "li", "option", "dt", "dd", "rt", "rp"];

/// An element whose content is read differently, with how many of its name are open in it.
#[derive(Debug)]
struct Inside {
    name: String,
    depth: usize,
}

impl Inside {
    fn new(name: &str) -> Self {
        Self { name: name.to_string(), depth: 1 }
    }
}

/// A choice: one of its options is shown.
#[derive(Debug, Default)]
struct Choice {
    first: Option<String>,
    chosen: Option<String>,
    /// The option being read, and whether it is the one chosen.
    option: Option<(String, bool)>,
}

impl Choice {
    fn end_option(&mut self) {
        if let Some((text, chosen)) = self.option.take() {
            if chosen {
                self.chosen = Some(text);
            } else if self.first.is_none() {
                self.first = Some(text);
            }
        }
    }
}

/// Text as it comes, with what decides how it is shown.
#[derive(Debug, Default)]
pub(super) struct Words {
    text: String,
    space: bool,
    lines: usize,
    kept: Option<Inside>,
    unseen: Option<Inside>,
    choice: Option<Choice>,
    /// Nobody wants the text: only what hides a table is followed.
    deaf: bool,
}

impl Words {
    /// No text yet; none will be taken in when nobody wants it.
    pub fn unheard(deaf: bool) -> Self {
        Self { deaf, ..Self::default() }
    }

    /// Whether what comes now is not on the page.
    pub fn is_unseen(&self) -> bool {
        self.unseen.is_some()
    }

    /// An element begins.
    pub fn start(&mut self, name: &str, look: Look, closed: bool) {
        if BLOCKS.contains(&name) {
            self.line();
        }
        if let Some(unseen) = &mut self.unseen {
            let single = SINGLE.contains(&unseen.name.as_str());
            match (unseen.name == name, single) {
                (false, _) => return,
                (true, false) => {
                    unseen.depth += 1;
                    return;
                }
                (true, true) => self.unseen = None,
            }
        }
        if name == "br" {
            self.lines = (self.lines + 1).min(MOST_LINES);
            self.space = false;
        }
        if VOID.contains(&name) {
            return;
        }
        // `<div/>` is only an opening tag to a browser, but whoever wrote it meant it to be closed.
        if look.gone() && !closed || UNSEEN.contains(&name) {
            self.unseen = Some(Inside::new(name));
        } else if name == "select" {
            self.end_choice();
            self.choice = Some(Choice::default());
        } else if let Some(kept) = self.kept.as_mut().filter(|kept| kept.name == name) {
            kept.depth += 1;
        } else if self.kept.is_none() && !closed && (look.kept || name == "pre") {
            self.kept = Some(Inside::new(name));
        }
    }

    /// An option of a choice begins.
    pub fn option(&mut self, chosen: bool) {
        if let Some(choice) = self.choice.as_mut().filter(|_| self.unseen.is_none()) {
            choice.end_option();
            choice.option = Some((String::new(), chosen));
        }
    }

    /// An element ends.
    pub fn end(&mut self, name: &str) {
        let unseen_ends = match &mut self.unseen {
            Some(unseen) if unseen.name == name => {
                unseen.depth -= 1;
                unseen.depth == 0
            }
            Some(unseen) => name == "ruby" && matches!(unseen.name.as_str(), "rt" | "rp"),
            None => false,
        };
        if unseen_ends {
            self.unseen = None;
        } else if self.unseen.is_none() {
            if name == "select" {
                self.end_choice();
            }
            if let Some(kept) = self.kept.as_mut().filter(|kept| kept.name == name) {
                kept.depth -= 1;
                if kept.depth == 0 {
                    self.kept = None;
                }
            }
        }
        if BLOCKS.contains(&name) {
            self.line();
        }
    }

    /// What comes next is on a line of its own.
    pub fn line(&mut self) {
        self.lines = self.lines.max(1);
        self.space = false;
    }

    /// Takes text in.
    pub fn push(&mut self, text: &str) {
        if self.deaf || self.unseen.is_some() {
            return;
        }
        if let Some(choice) = &mut self.choice {
            if let Some((option, _)) = &mut choice.option {
                option.push_str(text);
            }
        } else if self.kept.is_some() {
            self.push_kept(text);
        } else {
            self.push_shown(text);
        }
    }

    fn push_shown(&mut self, text: &str) {
        let blank = |c: char| matches!(c, ' ' | '\t' | '\n' | '\x0C' | '\r' | '\0');
        for (at, word) in text.split(blank).enumerate() {
            self.space |= at > 0;
            if !word.is_empty() {
                self.gap();
                self.text.push_str(word);
            }
        }
    }

    fn push_kept(&mut self, text: &str) {
        // The line feed after `<pre>` is layout.
        let text = if self.text.is_empty() { text.trim_start_matches(['\r', '\n']) } else { text };
        if !text.is_empty() {
            self.gap();
            self.text.extend(text.chars().filter(|c| !matches!(c, '\r' | '\0')));
        }
    }

    /// The blank or the line feeds between what is there and what comes; none at the beginning.
    fn gap(&mut self) {
        let (lines, space) = (std::mem::take(&mut self.lines), std::mem::take(&mut self.space));
        if self.text.is_empty() {
        } else if lines > 0 {
            self.text.extend(std::iter::repeat_n('\n', lines));
        } else if space {
            self.text.push(' ');
        }
    }

    fn end_choice(&mut self) {
        if let Some(mut choice) = self.choice.take() {
            choice.end_option();
            let shown = choice.chosen.or(choice.first).unwrap_or_default();
            self.push_shown(&shown);
        }
    }

    /// All of it.
    pub fn finish(mut self) -> String {
        self.end_choice();
        self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(steps: &[&str]) -> String {
        let mut words = Words::default();
        for step in steps {
            let name = step.trim_matches(['<', '>', '/', '!']);
            if step.starts_with("</") {
                words.end(name);
            } else if step.starts_with("<!") {
                words.start(name, Look::of("display:none"), false);
            } else if step.starts_with('<') {
                words.start(name, Look::default(), false);
            } else {
                words.push(step);
            }
        }
        words.finish()
    }

    #[test]
    fn blanks_and_lines() {
        assert_eq!(of(&["\n  张 \t\r\n 三 \n"]), "张 三");
        assert_eq!(of(&["<br>", "甲", "<br>", " ", "<br>", " 乙 ", "<br>"]), "甲\n\n乙");
        assert_eq!(of(&["<p>", "甲", "</p>", "\n", "<p>", "乙", "</p>"]), "甲\n乙");
        assert_eq!(of(&["甲", "<span>", " ", "</span>", "乙", "<b>", "丙"]), "甲 乙丙");
        assert_eq!(of(&["<pre>", "a  b\r\nc", "</pre>", "d  e"]), "a  b\nc\nd e");
    }

    #[test]
    fn what_is_not_shown() {
        assert_eq!(of(&["a", "<script>", "b", "</script>", "c"]), "ac");
        assert_eq!(of(&["a", "<!div>", "b", "<div>", "c", "</div>", "d", "</div>", "e"]), "a\ne");
        assert_eq!(of(&["<!p>", "a", "<p>", "b"]), "b");
        assert_eq!(of(&["<ruby>", "丽", "<rp>", "(", "<rt>", "lì", "</ruby>", "萍"]), "丽萍");
    }

    #[test]
    fn one_option_is_shown() {
        for (chosen, shown) in [(None, "男"), (Some(1), "女")] {
            let mut words = Words::default();
            words.push("性别 ");
            words.start("select", Look::default(), false);
            for (at, option) in ["男\n", "女"].into_iter().enumerate() {
                words.option(chosen == Some(at));
                words.push(option);
            }
            assert_eq!(words.finish(), format!("性别 {shown}"));
        }
    }
}

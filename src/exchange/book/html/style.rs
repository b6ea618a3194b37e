//! What the style of an element says that matters for reading: whether it is shown, whether blanks
//! count, and what kind of value Excel shows in it.

use super::super::formats::is_date_code;
use std::collections::HashMap;

/// Rules of a page that are remembered: Excel writes one for each look of a cell.
const MOST_RULES: usize = 20_000;

/// What kind of value a cell shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Shows {
    /// Not said.
    #[default]
    Anything,
    Number,
    /// A day or a time.
    Moment,
    /// Text, whatever it looks like.
    Text,
}

/// What a style says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Look {
    /// Not on the page at all; `Some(false)` puts back what a class took away.
    gone: Option<bool>,
    /// There, and not seen: rows and columns only.
    collapsed: bool,
    /// Blanks and line feeds are shown as they stand.
    pub kept: bool,
    pub shows: Shows,
    /// Excel has spread the text over empty cells; nothing is merged.
    pub spread: bool,
}

impl Look {
    /// Whether the element is not on the page.
    pub fn gone(self) -> bool {
        self.gone == Some(true)
    }

    /// Whether a row or a column is not shown.
    pub fn hidden(self) -> bool {
        self.gone() || self.collapsed
    }

    /// The same, taken off the page.
    pub fn taken_off(self) -> Self {
        Self { gone: Some(true), ..self }
    }

    /// What an element looks like of which two things are said, the second with more weight.
    fn over(self, inner: Self) -> Self {
        Self {
            gone: inner.gone.or(self.gone),
            collapsed: self.collapsed || inner.collapsed,
            kept: self.kept || inner.kept,
            shows: if inner.shows == Shows::Anything { self.shows } else { inner.shows },
            spread: self.spread || inner.spread,
        }
    }

    /// Reads declarations: `display:none; mso-number-format:"\@"`.
    pub fn of(declarations: &str) -> Self {
        let mut look = Self::default();
        for one in pieces(declarations, ';') {
            let Some((name, value)) = one.split_once(':') else { continue };
            let value = value.trim();
            let is = |wanted: &str| {
                let start = value.get(..wanted.len());
                start.is_some_and(|start| start.eq_ignore_ascii_case(wanted))
            };
            match name.trim().to_ascii_lowercase().as_str() {
                "display" => look.gone = Some(is("none")),
                "visibility" => look.collapsed = is("collapse"),
                "white-space" => look.kept = is("pre") && !is("pre-line"),
                "mso-spacerun" => look.kept = is("yes"),
                "mso-number-format" => look.shows = shows(value),
                "mso-ignore" => look.spread = is("colspan"),
                _ => {}
            }
        }
        look
    }
}

/// What kind of value a number format of Excel stands for.
fn shows(value: &str) -> Shows {
    let code = unescaped(value.trim_matches(['"', '\'']));
    let code = code.trim_matches(['"', '\'']);
    let small = code.to_ascii_lowercase();
    if code == "@" {
        Shows::Text
    } else if small.ends_with("date") || small.ends_with("time") {
        Shows::Moment
    } else if small == "general" {
        Shows::Anything
    } else if small.chars().all(|c| c.is_ascii_alphabetic() || " /".contains(c)) && small.len() > 4
    {
        // `Standard`, `Percent`, `Scientific`: names, not codes.
        if is_name(&small) { Shows::Number } else { code_shows(code) }
    } else {
        code_shows(code)
    }
}

fn is_name(small: &str) -> bool {
    ["fixed", "standard", "percent", "scientific", "currency", "yes/no", "true/false", "on/off"]
        .iter()
        .any(|name| small.ends_with(name))
}

fn code_shows(code: &str) -> Shows {
    if is_date_code(code) { Shows::Moment } else { Shows::Number }
}

/// Takes the backslashes of a style off. Excel writes characters as exactly four hexadecimal digits.
fn unescaped(value: &str) -> String {
    let mut plain = String::with_capacity(value.len());
    let mut rest = value;
    while let Some((before, behind)) = rest.split_once('\\') {
        plain.push_str(before);
        let code = behind.get(..4).filter(|code| code.bytes().all(|b| b.is_ascii_hexdigit()));
        let coded = code.and_then(|code| u32::from_str_radix(code, 16).ok());
        if let Some(c) = coded.and_then(char::from_u32) {
            plain.push(c);
            rest = behind.get(4..).unwrap_or_default();
        } else {
            let mut chars = behind.chars();
            plain.extend(chars.next());
            rest = chars.as_str();
        }
    }
    plain.push_str(rest);
    plain
}

/// Splits at a mark outside quotes and after no backslash.
fn pieces(text: &str, mark: char) -> impl Iterator<Item = &str> {
    let (mut quote, mut escaped) = (None, false);
    text.split(move |c: char| {
        if std::mem::take(&mut escaped) {
            return false;
        }
        match (c, quote) {
            ('\\', _) => escaped = true,
            (c, Some(open)) if c == open => quote = None,
            ('"' | '\'', None) => quote = Some(c),
            (c, None) => return c == mark,
            _ => {}
        }
        false
    })
}

/// The styles of a page, by tag and class as far as a selector names nothing else.
#[derive(Debug, Default)]
pub(super) struct Styles {
    /// By `tag.class`, `.class` or `tag`.
    rules: HashMap<String, Look>,
}

impl Styles {
    /// Reads the content of a `<style>`.
    pub fn read(&mut self, text: &str) {
        let text = without_comments(text);
        let mut rest = text.as_str();
        while let Some((before, behind)) = rest.split_once('{') {
            let selectors = before.rsplit(['}', ';']).next().unwrap_or_default();
            if selectors.trim_start().starts_with('@') {
                // Rules for paper or narrow screens say nothing of what is meant.
                rest = behind_block(behind);
                continue;
            }
            let mut parts = pieces(behind, '}');
            let declarations = parts.next().unwrap_or_default();
            rest = behind.get(declarations.len()..).unwrap_or_default();
            let look = Look::of(declarations);
            if look == Look::default() {
                continue;
            }
            for selector in selectors.split(',').map(str::trim) {
                let plain = |c: char| c.is_alphanumeric() || "._-".contains(c);
                if !selector.is_empty()
                    && selector.chars().all(plain)
                    && self.rules.len() < MOST_RULES
                {
                    let known = self.rules.entry(key(selector)).or_default();
                    *known = known.over(look);
                }
            }
        }
    }

    /// What an element looks like.
    pub fn look(&self, tag: &str, classes: Option<&str>, style: Option<&str>) -> Look {
        let mut look = Look::default();
        if !self.rules.is_empty() {
            let mut over = |name: &str| {
                if let Some(inner) = self.rules.get(name) {
                    look = look.over(*inner);
                }
            };
            over(tag);
            for class in classes.unwrap_or_default().split_ascii_whitespace() {
                over(&key(&format!(".{class}")));
                over(&key(&format!("{tag}.{class}")));
            }
        }
        style.map_or(look, |style| look.over(Look::of(style)))
    }
}

/// Pages of old browsers make no difference between capitals and small letters in names of classes.
fn key(selector: &str) -> String {
    selector.to_ascii_lowercase()
}

/// What comes after the block just begun, blocks inside it included.
fn behind_block(text: &str) -> &str {
    let mut depth = 1_usize;
    let end = text.find(|c: char| {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        depth == 0
    });
    end.and_then(|end| text.get(end + 1..)).unwrap_or_default()
}

fn without_comments(text: &str) -> String {
    let text = text.replace("<!--", "").replace("-->", "");
    let mut plain = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some((before, behind)) = rest.split_once("/*") {
        plain.push_str(before);
        rest = behind.split_once("*/").map_or("", |(_, behind)| behind);
    }
    plain.push_str(rest);
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn declarations() {
        let shows = |style: &str| Look::of(style).shows;
        assert_eq!(shows("mso-number-format:\"\\@\""), Shows::Text);
        assert_eq!(shows("color:red;mso-number-format:'\\@';"), Shows::Text);
        assert_eq!(shows("mso-number-format:\\@"), Shows::Text);
        assert_eq!(shows("mso-number-format:\"yyyy\\/m\\/d\\;\\@\";x:y"), Shows::Moment);
        assert_eq!(
            shows("mso-number-format:\"yyyy\\0022年\\0022m\\0022月\\0022d\""),
            Shows::Moment
        );
        assert_eq!(shows("mso-number-format:\"Short Date\""), Shows::Moment);
        assert_eq!(shows("mso-number-format:yyyymmdd"), Shows::Moment);
        assert_eq!(shows("mso-number-format:\"0\\.00_ \""), Shows::Number);
        assert_eq!(shows("mso-number-format:Percent"), Shows::Number);
        assert_eq!(shows("mso-number-format:General"), Shows::Anything);
        assert!(Look::of("DISPLAY : None").gone());
        assert!(
            Look::of("visibility:collapse").hidden() && !Look::of("visibility:hidden").hidden()
        );
        assert!(Look::of("mso-spacerun:yes").kept && !Look::of("white-space:pre-line").kept);
    }

    #[test]
    fn rules_of_a_page() {
        let mut styles = Styles::default();
        styles.read(
            "<!-- @page {margin:1in} /* a { */ .xl65\n\t{mso-style-parent:style0;\n\tmso-number-format:\"yyyy\\;}\";}
             @media print { .b { display:none } } td.Gone, .c > tr, tr{display:none} -->",
        );
        let look = |tag: &str, classes| styles.look(tag, Some(classes), None);
        assert_eq!(look("td", "x XL65").shows, Shows::Moment);
        assert!(look("td", "gone").gone() && look("tr", "").gone());
        assert!(!look("td", "b").gone() && !look("td", "c").gone() && !look("th", "gone").gone());
        assert!(!styles.look("tr", None, Some("display:table-row")).gone());
    }

    #[test]
    fn broken_styles_end() {
        let mut styles = Styles::default();
        for text in ["{", "}{", "@{{", "/*", ".a{", ".a{x:'", "\\", ".a{b:\\", "a}b{c}d{"] {
            styles.read(text);
            Look::of(text);
        }
    }
}

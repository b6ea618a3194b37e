//! The template of the numbers people use: `{station}-困-{year}-{seq:05}`.

/// One piece of a number.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Literal(String),
    Station,
    Year,
    Seq { width: usize },
}

impl Piece {
    fn written(&self, station: &str, year: i32, seq: u64) -> String {
        match self {
            Self::Literal(literal) => literal.clone(),
            Self::Station => station.to_string(),
            Self::Year => year.to_string(),
            Self::Seq { width } => format!("{seq:0width$}"),
        }
    }
}

/// How the numbers of a kind are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberTemplate {
    text: String,
    pieces: Vec<Piece>,
}

/// Why a text is no template.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// A brace that is not closed, or closed and never opened.
    #[error("a brace stands alone")]
    LoneBrace,
    /// `{…}` with a name nobody fills.
    #[error("`{{{0}}}` is not known")]
    UnknownPart(String),
    /// Without a running number two records would share one number.
    #[error("the running number is missing")]
    NoSequence,
}

impl NumberTemplate {
    /// What may be in braces.
    pub const PARTS: [&'static str; 3] = ["station", "year", "seq"];

    /// Reads a template.
    ///
    /// # Errors
    /// When a brace stands alone, a part is unknown, or `{seq}` is missing.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((literal, after)) = rest.split_once('{') {
            let (inside, tail) = after.split_once('}').ok_or(TemplateError::LoneBrace)?;
            push_literal(&mut pieces, literal)?;
            pieces.push(piece(inside)?);
            rest = tail;
        }
        push_literal(&mut pieces, rest)?;
        if !pieces.iter().any(|piece| matches!(piece, Piece::Seq { .. })) {
            return Err(TemplateError::NoSequence);
        }
        Ok(Self { text: text.to_string(), pieces })
    }

    /// The number with sequence `seq` (from 1) of `year` at the station with this short code.
    #[must_use]
    pub fn render(&self, station: &str, year: i32, seq: u64) -> String {
        self.pieces.iter().map(|piece| piece.written(station, year, seq)).collect()
    }

    /// Whether a number from another station could have been written from this template: the
    /// letters and the year may be any, the rest stands as it does here.
    #[must_use]
    pub fn fits(&self, number: &str) -> bool {
        number.chars().count() <= LONGEST && fits(&self.pieces, number)
    }

    /// What comes before the running number: the numbers under one prefix count together.
    #[must_use]
    pub fn prefix(&self, station: &str, year: i32) -> String {
        let before = self.pieces.iter().take_while(|piece| !matches!(piece, Piece::Seq { .. }));
        before.map(|piece| piece.written(station, year, 0)).collect()
    }

    /// True when the running number starts again each year.
    #[must_use]
    pub fn per_year(&self) -> bool {
        self.pieces.contains(&Piece::Year)
    }

    /// The template as written in the pack.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

/// Most characters of a number: the longest the templates of any pack give stay well below it.
const LONGEST: usize = 40;

/// Letters a station's numbers begin with, or the digits of its division where it has none.
const STATION: std::ops::RangeInclusive<usize> = 1..=8;

/// Most digits of a running number.
const SEQ: usize = 12;

fn fits(pieces: &[Piece], text: &str) -> bool {
    let Some((piece, rest)) = pieces.split_first() else { return text.is_empty() };
    // What a part may be made of, and how long it may be.
    let part = |made_of: fn(&u8) -> bool, mut lengths: std::ops::RangeInclusive<usize>| {
        let most = text.bytes().take_while(made_of).count();
        lengths.any(|length| {
            length <= most && text.get(length..).is_some_and(|after| fits(rest, after))
        })
    };
    match piece {
        Piece::Literal(literal) => {
            text.strip_prefix(literal).is_some_and(|after| fits(rest, after))
        }
        Piece::Station => part(|b| b.is_ascii_uppercase() || b.is_ascii_digit(), STATION),
        Piece::Year => part(u8::is_ascii_digit, 4..=4),
        Piece::Seq { width } => part(u8::is_ascii_digit, *width..=SEQ),
    }
}

fn push_literal(pieces: &mut Vec<Piece>, literal: &str) -> Result<(), TemplateError> {
    if literal.contains('}') {
        return Err(TemplateError::LoneBrace);
    }
    if !literal.is_empty() {
        pieces.push(Piece::Literal(literal.to_string()));
    }
    Ok(())
}

fn piece(inside: &str) -> Result<Piece, TemplateError> {
    let unknown = || TemplateError::UnknownPart(inside.to_string());
    match inside.split_once(':') {
        None if inside == "station" => Ok(Piece::Station),
        None if inside == "year" => Ok(Piece::Year),
        None if inside == "seq" => Ok(Piece::Seq { width: 1 }),
        Some(("seq", width)) => match width.parse() {
            Ok(width @ 1..=12) => Ok(Piece::Seq { width }),
            _ => Err(unknown()),
        },
        _ => Err(unknown()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_written_from_its_template() {
        let template = NumberTemplate::parse("{station}-困-{year}-{seq:05}").unwrap();
        assert_eq!(template.render("BN", 2025, 17), "BN-困-2025-00017");
        assert!(template.per_year());
        assert!(!NumberTemplate::parse("{station}-人-{seq:06}").unwrap().per_year());
    }

    #[test]
    fn numbers_of_other_stations_follow_the_template() {
        let template = NumberTemplate::parse("{station}-困-{year}-{seq:05}").unwrap();
        for number in ["BN-困-2025-00017", "YZ-困-1998-123456", "500113-困-2025-00001"] {
            assert!(template.fits(number), "{number}");
        }
        for number in [
            "",
            "BN-人-000001",
            "BN-困-2025-0017",
            "BN-困-25-00017",
            "bn-困-2025-00017",
            "-困-2025-00017",
            "BN-困-2025-00017 ",
            "BN-困-2025-00017\u{1b}[2J",
            "BN-困-2025-\u{202e}00017",
            "ABCDEFGHI-困-2025-00017",
            "BN-困-2025-0000000000000017",
        ] {
            assert!(!template.fits(number), "{number:?}");
        }
        assert!(!template.fits(&format!("BN-困-2025-{}", "1".repeat(5000))));
    }

    #[test]
    fn bad_templates_are_refused() {
        assert_eq!(NumberTemplate::parse("{station}-{year}"), Err(TemplateError::NoSequence));
        assert_eq!(NumberTemplate::parse("{seq"), Err(TemplateError::LoneBrace));
        assert_eq!(NumberTemplate::parse("}{seq}"), Err(TemplateError::LoneBrace));
        for part in ["region", "seq:0", "seq:x", "year:2", ""] {
            let text = format!("{{{part}}}{{seq}}");
            assert_eq!(
                NumberTemplate::parse(&text),
                Err(TemplateError::UnknownPart(part.to_string()))
            );
        }
    }
}

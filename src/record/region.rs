//! Division codes with the years they were in use (GB/T 2260), and the provinces behind the
//! first two digits of an identity number.

use super::date::first_day_in_file;
use super::{FIRST_YEAR, IdNumber};
use crate::edited::{At, Node, Problems, Source, values};
use crate::said;
use crate::words::{Problem, Said};
use chrono::NaiveDate;
use std::sync::OnceLock;

/// One county-level unit during the time it bore one code and name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Region {
    /// The six-digit code; `None` while it is not known.
    pub code: Option<String>,
    /// The name as used in Chinese documents.
    pub name: String,
    /// First day in use; of sources that give a year alone, its first day.
    pub from: NaiveDate,
    /// First day no longer in use.
    pub until: Option<NaiveDate>,
    /// The keys of the units it became or was divided among, the main one first.
    pub into: Vec<String>,
    /// The entry waits to be confirmed (待确认).
    pub to_confirm: bool,
}

impl Region {
    /// What a record stores: the code, or the name of a unit whose code is not known yet.
    #[must_use]
    pub fn key(&self) -> &str {
        self.code.as_deref().unwrap_or(&self.name)
    }

    /// In use on a day.
    #[must_use]
    pub fn in_use(&self, date: NaiveDate) -> bool {
        self.from <= date && self.until.is_none_or(|until| date < until)
    }
}

/// The division codes known to a station.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Regions {
    units: Vec<Region>,
    never_assigned: Vec<String>,
    provinces: Vec<(String, String)>,
    source: String,
}

impl Regions {
    /// The table the program brings along: Chongqing, with the codes of its people before 1997.
    pub fn built_in() -> &'static Self {
        static BUILT_IN: OnceLock<Regions> = OnceLock::new();
        BUILT_IN.get_or_init(|| {
            let text = include_str!("../../assets/regions/chongqing.toml");
            // A test reads the file; an unreadable one would leave every code unknown, no worse.
            Self::load(text, "regions/chongqing.toml").unwrap_or_default()
        })
    }

    /// Reads a region file; `file` is its name for messages.
    ///
    /// # Errors
    /// Everything wrong in the file, by line.
    pub fn load(text: &str, file: &str) -> Result<Self, Vec<Problem>> {
        let problems = Problems::default();
        let source = Source::open(file, text, &problems);
        let root = source.root();
        let mut regions = Self {
            source: root.text("source").map(|at| at.value).unwrap_or_default(),
            never_assigned: values(root.texts("never_assigned")),
            ..Self::default()
        };
        for row in root.tables("provinces") {
            let (code, name) = (checked_code(&row, 2), row.need_text("name"));
            row.finish();
            if let (Some(code), Some(name)) = (code, name) {
                regions.provinces.push((code, name.value));
            }
        }
        let rows = root.tables("units");
        let mut named = Vec::new();
        for row in &rows {
            let into = row.texts("into");
            named.extend(into.iter().cloned());
            let Some(unit) = read_unit(row, values(into)) else { continue };
            if let Some(twice) = regions.units.iter().find(|known| overlap(known, &unit)) {
                let (key, other) = (unit.key(), &twice.name);
                row.wrong(said!(
                    "{key} 在同一时间已有一条（{other}）。请核对 from 和 until。",
                    "{key} has an entry for the same time ({other}). Check from and until."
                ));
            }
            regions.units.push(unit);
        }
        if rows.is_empty() {
            root.wrong(Said::fixed(
                "没有任何单位（units）。请恢复原文件或补上。",
                "There are no units. Restore the original file or add them.",
            ));
        }
        root.finish();
        regions.check_successors(&named, &problems);
        problems.into_result(regions)
    }

    fn check_successors(&self, named: &[At<String>], problems: &Problems) {
        for At { value: key, place } in named {
            if !self.units.iter().any(|unit| unit.key() == key) {
                problems.add_meant(
                    place,
                    said!("表中没有单位“{key}”。", "There is no unit \"{key}\" in the table."),
                    crate::words::closest(key, self.units.iter().map(Region::key)),
                );
            }
        }
    }

    /// The unit bearing a key (code, or name where the code is unknown) on a day.
    #[must_use]
    pub fn unit_at(&self, key: &str, date: NaiveDate) -> Option<&Region> {
        self.units.iter().find(|unit| unit.key() == key && unit.in_use(date))
    }

    /// The name a code bore on a day.
    #[must_use]
    pub fn name_at(&self, key: &str, date: NaiveDate) -> Option<&str> {
        self.unit_at(key, date).map(|unit| unit.name.as_str())
    }

    /// The last name a code bore, whenever that was: for old records and identity numbers.
    #[must_use]
    pub fn last_name(&self, key: &str) -> Option<&str> {
        let known = self.units.iter().filter(|unit| unit.key() == key);
        known.max_by_key(|unit| unit.from).map(|unit| unit.name.as_str())
    }

    /// The units in use on a day, in the order of the file: what a form offers.
    pub fn in_use(&self, date: NaiveDate) -> impl Iterator<Item = &Region> {
        self.units.iter().filter(move |unit| unit.in_use(date))
    }

    /// What the unit of a key has become by `date`, the main successor first; the key itself
    /// while it is in use. For reports over old and new divisions.
    #[must_use]
    pub fn successors(&self, key: &str, date: NaiveDate) -> Vec<&Region> {
        let mut found: Vec<&Region> = Vec::new();
        let mut open = vec![key];
        let mut seen: Vec<&str> = Vec::new();
        while let Some(key) = open.pop() {
            if seen.contains(&key) {
                continue;
            }
            if let Some(unit) = self.unit_at(key, date) {
                found.push(unit);
            } else if let Some(gone) = self.gone_before(key, date) {
                open.extend(gone.into.iter().rev().map(String::as_str));
            }
            seen.push(key);
        }
        found
    }

    fn gone_before(&self, key: &str, date: NaiveDate) -> Option<&Region> {
        let gone = |unit: &&Region| unit.key() == key && unit.until.is_some_and(|day| day <= date);
        self.units.iter().filter(gone).max_by_key(|unit| unit.until)
    }

    /// The province or region behind the first two digits of a code.
    #[must_use]
    pub fn province(&self, code: &str) -> Option<&str> {
        let known = self.provinces.iter().find(|(prefix, _)| code.starts_with(prefix.as_str()));
        known.map(|(_, name)| name.as_str())
    }

    /// A code that was never given to any place; invented people carry one.
    #[must_use]
    pub fn is_never_assigned(&self, code: &str) -> bool {
        self.never_assigned.iter().any(|known| known == code)
    }

    /// Where the table comes from, as printed.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// What is unusual about the address code of an identity number. Never a reason to refuse:
    /// codes are abolished, numbers are kept for life.
    #[must_use]
    pub fn address_warning(&self, code: &str) -> Option<Said> {
        if self.is_never_assigned(code) {
            return Some(said!(
                "地址码 {code} 从未分配给任何地方，只用于演练数据。",
                "Address code {code} was never given to any place; it marks practice data."
            ));
        }
        if self.province(code).is_none() {
            return Some(said!(
                "地址码 {code} 的前两位不是已知的省级代码，请照证件核对前六位。",
                "The first two digits of address code {code} are no known province; compare the \
                 first six digits with the card."
            ));
        }
        (code.starts_with("50") && self.last_name(code).is_none()).then(|| {
            said!(
                "重庆的地址码里没有 {code}，请照证件核对前六位。",
                "Chongqing has had no address code {code}; compare the first six digits with the \
                 card."
            )
        })
    }
}

impl IdNumber {
    /// What is unusual about a well-formed number: an unknown address code, or an age above
    /// 120 years on `today`. Never a reason to refuse it.
    #[must_use]
    pub fn warning(&self, regions: &Regions, today: NaiveDate) -> Option<Said> {
        regions.address_warning(self.address_code()).or_else(|| {
            let years = today.years_since(self.birth_date())?;
            (years > 120).then(|| {
                let born = self.birth_date();
                said!(
                    "出生日期 {born}，已满 {years} 岁，请照证件核对。",
                    "Born {born}, aged {years}: compare with the card."
                )
            })
        })
    }
}

fn overlap(a: &Region, b: &Region) -> bool {
    let before = |a: &Region, b: &Region| a.until.is_some_and(|until| until <= b.from);
    a.key() == b.key() && !before(a, b) && !before(b, a)
}

/// The code of a row when it has `digits` digits; a wrong one is a problem.
fn checked_code(row: &Node<'_>, digits: usize) -> Option<String> {
    let code = row.need_text("code")?.value;
    if code.len() == digits && code.chars().all(|c| c.is_ascii_digit()) {
        return Some(code);
    }
    row.wrong_at("code", said!("代码应为 {digits} 位数字。", "A code here has {digits} digits."));
    None
}

fn read_unit(row: &Node<'_>, into: Vec<String>) -> Option<Region> {
    let to_confirm = row.word("basis", &[("to-confirm", true)]).unwrap_or(false);
    // A unit waiting to be confirmed may do without a code; its name takes that place.
    let needs_code = row.has("code") || !to_confirm;
    let code = if needs_code { checked_code(row, 6) } else { None };
    let name = row.need_text("name");
    let from = first_day_in_file(row, "from");
    let until = first_day_in_file(row, "until");
    row.finish();
    let from = from.or_else(|| NaiveDate::from_ymd_opt(FIRST_YEAR, 1, 1))?;
    if until.is_some_and(|until| until <= from) {
        row.wrong_at(
            "until",
            Said::fixed("until（停用）应在 from（启用）之后。", "until has to be later than from."),
        );
    }
    if needs_code && code.is_none() {
        return None;
    }
    Some(Region { code, name: name?.value, from, until, into, to_confirm })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn date(y: i32, m: u32, d: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(y, m, d).unwrap()
    }

    fn built_in() -> Regions {
        let text = include_str!("../../assets/regions/chongqing.toml");
        Regions::load(text, "chongqing.toml").unwrap()
    }

    #[test]
    fn thirty_eight_units_and_thirty_seven_after_the_change() {
        let regions = built_in();
        let coded = |day| regions.in_use(day).filter(|unit| unit.code.is_some()).count();
        assert_eq!(regions.in_use(date(2025, 11, 5)).count(), 38);
        assert_eq!(coded(date(2025, 11, 5)), 38);
        assert_eq!(regions.in_use(date(2025, 11, 6)).count(), 37);
        let open: Vec<_> = regions.in_use(date(2025, 11, 6)).filter(|u| u.to_confirm).collect();
        assert_eq!(open.len(), 1);
        assert_eq!((open[0].key(), &open[0].code), ("两江新区", &None));
    }

    #[test]
    fn names_by_date() {
        let regions = built_in();
        for (code, day, name) in [
            ("500103", date(2025, 1, 1), Some("渝中区")),
            ("500105", date(2025, 11, 5), Some("江北区")),
            ("500105", date(2025, 11, 6), None),
            ("500110", date(2005, 1, 1), Some("万盛区")),
            ("500110", date(2015, 1, 1), Some("綦江区")),
            ("500384", date(2000, 1, 1), Some("南川市")),
            ("510202", date(1990, 1, 1), Some("市中区")),
            ("510202", date(1995, 1, 1), Some("渝中区")),
            ("510222", date(1990, 1, 1), Some("巴县")),
            ("两江新区", date(2026, 1, 25), Some("两江新区")),
            ("500199", date(2025, 1, 1), None),
        ] {
            assert_eq!(regions.name_at(code, day), name, "{code} {day}");
        }
        assert_eq!(regions.last_name("500105"), Some("江北区"));
        assert_eq!(regions.last_name("500110"), Some("綦江区"));
    }

    #[test]
    fn what_became_of_an_old_unit() {
        let regions = built_in();
        let names = |code, day| -> Vec<_> {
            regions.successors(code, day).iter().map(|unit| unit.name.as_str()).collect()
        };
        assert_eq!(names("500112", date(2025, 1, 1)), ["渝北区"]);
        assert_eq!(names("500112", date(2026, 1, 1)), ["两江新区", "北碚区"]);
        assert_eq!(names("500381", date(2020, 1, 1)), ["江津区"]);
        assert_eq!(names("510281", date(2020, 1, 1)), ["永川区"]);
        assert!(names("999999", date(2020, 1, 1)).is_empty());
    }

    #[test]
    fn address_codes_warn_and_never_refuse() {
        let regions = built_in();
        let today = date(2025, 10, 15);
        for known in ["500103", "500221", "510222", "110105", "440524", "710000"] {
            assert_eq!(regions.address_warning(known), None, "{known}");
        }
        for unusual in ["500199", "500157", "990101", "000000"] {
            assert!(regions.address_warning(unusual).is_some(), "{unusual}");
        }
        let old = IdNumber::parse("500103188801010015").unwrap();
        assert!(old.warning(&regions, today).unwrap().zh.contains("137"));
        let sample = IdNumber::parse("11010519491231002X").unwrap();
        assert_eq!(sample.warning(&regions, today), None);
    }

    #[test]
    fn a_wrong_file_is_told_by_line() {
        let text = "units = [\n\
            { code = \"50010\", name = \"甲\" },\n\
            { code = \"500101\", naem = \"乙\" },\n\
            { code = \"500102\", name = \"丙\", from = 2000, until = 1999 },\n\
            { code = \"500103\", name = \"丁\", from = 1997, into = [\"500999\"] },\n\
            { code = \"500103\", name = \"戊\", from = 2001 },\n\
            { name = \"己\" },\n]\n";
        let problems = Regions::load(text, "x.toml").unwrap_err();
        let lines: Vec<_> = problems.iter().map(|problem| problem.line).collect();
        assert_eq!(lines, [2, 3, 4, 5, 6, 7]);
        assert_eq!(problems[1].meant.as_deref(), Some("name"));
        assert!(Regions::load("", "x.toml").is_err());
    }

    proptest! {
        #[test]
        fn no_text_breaks_it(text in ".*", near in "(units|code|=|[\\[\\]{}\",#\n 0-9a-z-]){0,40}") {
            let _ = Regions::load(&text, "x.toml");
            let _ = Regions::load(&near, "x.toml");
            let _ = Regions::built_in().successors(&text, date(2026, 1, 1));
        }
    }
}

//! The calendar against the notices' own words and the vectors of the domain pages.

use super::*;
use chrono::{Datelike, Days, NaiveDate};
use proptest::prelude::*;

fn date(y: i32, m: u32, d: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(y, m, d).unwrap()
}

fn due(start: NaiveDate, count: u32, unit: Unit) -> Due {
    Calendar::built_in().due(start, Period::new(count, unit), &[]).unwrap()
}

/// One clause of a notice: first and last day off, and the weekend days worked for it.
type Clause = ((u32, u32), (u32, u32), &'static [(u32, u32)]);

/// The clauses as worded in the notices (Xinhua's full texts), typed independently of the
/// files: "2月10日至17日放假调休，共8天。2月4日、2月18日上班".
const NOTICES: &[(i32, &[Clause])] = &[
    (
        2024,
        &[
            ((1, 1), (1, 1), &[]),
            ((2, 10), (2, 17), &[(2, 4), (2, 18)]),
            ((4, 4), (4, 6), &[(4, 7)]),
            ((5, 1), (5, 5), &[(4, 28), (5, 11)]),
            ((6, 10), (6, 10), &[]),
            ((9, 15), (9, 17), &[(9, 14)]),
            ((10, 1), (10, 7), &[(9, 29), (10, 12)]),
        ],
    ),
    (
        2025,
        &[
            ((1, 1), (1, 1), &[]),
            ((1, 28), (2, 4), &[(1, 26), (2, 8)]),
            ((4, 4), (4, 6), &[]),
            ((5, 1), (5, 5), &[(4, 27)]),
            ((5, 31), (6, 2), &[]),
            ((10, 1), (10, 8), &[(9, 28), (10, 11)]),
        ],
    ),
    (
        2026,
        &[
            ((1, 1), (1, 3), &[(1, 4)]),
            ((2, 15), (2, 23), &[(2, 14), (2, 28)]),
            ((4, 4), (4, 6), &[]),
            ((5, 1), (5, 5), &[(5, 9)]),
            ((6, 19), (6, 21), &[]),
            ((9, 25), (9, 27), &[]),
            ((10, 1), (10, 7), &[(9, 20), (10, 10)]),
        ],
    ),
];

#[test]
fn the_files_say_what_the_notices_say() {
    let calendar = Calendar::built_in();
    assert_eq!(calendar.years().collect::<Vec<_>>(), [2024, 2025, 2026]);
    for (year, clauses) in NOTICES {
        let mut expected = std::collections::BTreeMap::new();
        for ((m1, d1), (m2, d2), worked) in *clauses {
            let mut day = date(*year, *m1, *d1);
            while day <= date(*year, *m2, *d2) {
                expected.insert(day, DayKind::Off);
                day = day + Days::new(1);
            }
            for (m, d) in *worked {
                expected.insert(date(*year, *m, *d), DayKind::Work);
            }
        }
        let found = &calendar.year(*year).unwrap().days;
        let found: std::collections::BTreeMap<_, _> =
            found.iter().map(|(day, (kind, _))| (*day, *kind)).collect();
        assert_eq!(found, expected, "{year}");
        let notice = &calendar.year(*year).unwrap().notice;
        assert!(notice.number.as_ref().unwrap().contains(&format!("〔{}〕", year - 1)));
    }
}

#[test]
fn working_days_and_the_listing() {
    let calendar = Calendar::built_in();
    for (day, works) in [
        (date(2025, 3, 3), true),
        (date(2025, 3, 8), false),
        (date(2025, 9, 28), true),
        (date(2025, 10, 1), false),
        (date(2025, 10, 11), true),
        (date(2025, 10, 12), false),
    ] {
        assert_eq!(calendar.is_working_day(day), Ok(works), "{day}");
    }
    let missing = calendar.is_working_day(date(2031, 1, 1)).unwrap_err();
    assert_eq!(missing, NoHolidayFile { year: 2031 });
    assert!(missing.said().zh.contains("节假日表缺失"));
    let listing = calendar.listing(2025).unwrap();
    // By the notice: 1 + 6 + 1 + 3 + 1 + 6 weekdays off; its weekend days are not listed.
    let off: Vec<_> = listing.iter().filter(|day| day.kind == DayKind::Off).collect();
    assert_eq!((off.len(), listing.len()), (18, 23));
    assert!(listing.iter().all(|day| day.date != date(2025, 5, 3)));
    assert_eq!(listing[1].date, date(2025, 1, 26));
    assert_eq!((listing[1].kind.word(), listing[1].name.as_str()), ("work", "春节"));
    // 261 weekdays, less 18 off, and 5 weekend days worked.
    let worked =
        (0..365).filter(|n| calendar.is_working_day(date(2025, 1, 1) + Days::new(*n)).unwrap());
    assert_eq!(worked.count(), 248);
}

#[test]
fn the_vectors_of_the_domain_page() {
    for (start, count, unit, nominal, rolled) in [
        (date(2025, 3, 3), 15, Unit::Natural, date(2025, 3, 18), date(2025, 3, 18)),
        (date(2025, 3, 3), 45, Unit::Natural, date(2025, 4, 17), date(2025, 4, 17)),
        (date(2025, 3, 3), 60, Unit::Natural, date(2025, 5, 2), date(2025, 5, 6)),
        (date(2025, 4, 17), 15, Unit::Natural, date(2025, 5, 2), date(2025, 5, 6)),
        (date(2025, 9, 19), 15, Unit::Natural, date(2025, 10, 4), date(2025, 10, 9)),
        (date(2025, 9, 19), 30, Unit::Natural, date(2025, 10, 19), date(2025, 10, 20)),
        (date(2025, 3, 3), 7, Unit::Natural, date(2025, 3, 10), date(2025, 3, 10)),
        (date(2024, 2, 29), 1, Unit::Years, date(2025, 2, 28), date(2025, 2, 28)),
    ] {
        let found = due(start, count, unit);
        assert_eq!((found.nominal, found.date), (nominal, rolled), "{start} + {count}");
        assert_eq!(found.missing, None);
    }
}

#[test]
fn months_end_on_the_corresponding_day() {
    let calendar = Calendar::built_in();
    let nominal = |start, count, unit| {
        calendar.due(start, Period::new(count, unit).without_roll(), &[]).unwrap().date
    };
    assert_eq!(nominal(date(2025, 1, 31), 1, Unit::Months), date(2025, 2, 28));
    assert_eq!(nominal(date(2025, 1, 31), 3, Unit::Months), date(2025, 4, 30));
    assert_eq!(nominal(date(2025, 5, 16), 3, Unit::Months), date(2025, 8, 16));
    assert_eq!(nominal(date(2025, 5, 16), 2, Unit::Years), date(2027, 5, 16));
    let told = due(date(2025, 1, 31), 1, Unit::Months).steps;
    assert!(told.iter().any(|step| step.zh.contains("没有 31 日")), "{told:?}");
}

#[test]
fn working_days_skip_days_off_and_count_make_up_days() {
    // 24, 25, 26, 28 (Sunday worked), 29, 30 September; 9 October.
    let found = due(date(2025, 9, 23), 7, Unit::Working);
    assert_eq!(found.date, date(2025, 10, 9));
    let told: Vec<&str> = found.steps.iter().map(|step| step.zh.as_ref()).collect();
    assert_eq!(told[0], "起始日 2025-09-23 不计入，从 2025-09-24 起算。");
    assert_eq!(told[1], "2025-09-23 + 7 个工作日 = 2025-10-09（周四）。");
    assert!(told[2].starts_with("跳过 周末 1 天、2025-10-01（国庆节、中秋节）、"));
    assert_eq!(told[3], "周末调休上班，计入：2025-09-28。");
    assert!(found.steps[2].en.contains("National Day and Mid-Autumn Festival"));
    // Five working days from a Friday end on the next Friday.
    assert_eq!(due(date(2025, 3, 7), 5, Unit::Working).date, date(2025, 3, 14));
}

#[test]
fn the_steps_show_nominal_and_rolled_day() {
    let found = due(date(2025, 9, 19), 15, Unit::Natural);
    let told: Vec<&str> = found.steps.iter().map(|step| step.zh.as_ref()).collect();
    assert_eq!(
        told,
        [
            "起始日 2025-09-19 不计入，从 2025-09-20 起算。",
            "2025-09-19 + 15 日 = 2025-10-04（周六）。",
            "2025-10-04 是休息日（国庆节、中秋节），顺延到其后第一个工作日 2025-10-09（周四）。",
        ]
    );
}

#[test]
fn suspensions_lengthen() {
    let calendar = Calendar::built_in();
    let stop = |from, to| Suspension { from, to };
    let end = |count, unit, stops: &[Suspension]| {
        calendar.due(date(2025, 3, 3), Period::new(count, unit), stops).unwrap().nominal
    };
    // 15 days with 5 to 9 March (five days) left out.
    let five = stop(date(2025, 3, 5), date(2025, 3, 9));
    assert_eq!(end(15, Unit::Natural, &[five]), date(2025, 3, 23));
    // A stretch told twice counts once; one after the end changes nothing.
    let late = stop(date(2025, 6, 1), date(2025, 6, 9));
    assert_eq!(end(15, Unit::Natural, &[five, five, late]), date(2025, 3, 23));
    // One that begins in the added days lengthens again.
    let again = stop(date(2025, 3, 20), date(2025, 3, 21));
    assert_eq!(end(15, Unit::Natural, &[five, again]), date(2025, 3, 25));
    // Days before the start do not count as stopped.
    let early = stop(date(2025, 2, 1), date(2025, 3, 4));
    assert_eq!(end(15, Unit::Natural, &[early]), date(2025, 3, 19));
    // The last day itself suspended.
    let last = stop(date(2025, 3, 18), date(2025, 3, 18));
    assert_eq!(end(15, Unit::Natural, &[last]), date(2025, 3, 19));
    assert_eq!(end(1, Unit::Months, &[five]), date(2025, 4, 8));
    // Working: 4, 10, 11 March.
    assert_eq!(end(3, Unit::Working, &[five]), date(2025, 3, 11));
}

#[test]
fn a_year_without_a_file_is_said() {
    let calendar = Calendar::built_in();
    let late = date(2030, 12, 20);
    let working = calendar.due(late, Period::new(5, Unit::Working), &[]);
    assert_eq!(working, Err(CalendarError::NoHolidayFile(NoHolidayFile { year: 2030 })));
    let natural = calendar.due(late, Period::new(15, Unit::Natural), &[]).unwrap();
    assert_eq!((natural.nominal, natural.date), (date(2031, 1, 4), date(2031, 1, 4)));
    assert_eq!(natural.missing, Some(NoHolidayFile { year: 2031 }));
    assert!(natural.steps.last().unwrap().zh.contains("节假日表缺失"));
    let long = calendar.due(late, Period::new(u32::MAX, Unit::Natural), &[]);
    assert_eq!(long, Err(CalendarError::TooLong));
}

#[test]
fn countdowns() {
    let today = date(2025, 3, 3);
    assert_eq!(countdown(today, date(2025, 3, 6)).said().zh, "还剩 3 天");
    assert_eq!(countdown(today, today).said().en, "due today");
    let over = countdown(today, date(2025, 3, 2));
    assert!(over.is_overdue());
    assert_eq!(over.said().en, "1 day overdue");
}

const WRONG: &str = "\
year = 2027
title = \"x\"

[[day]]
date = 2027-01-01
kind = \"of\"
name = \"元旦\"

[[day]]
date = 2026-12-31
kind = \"off\"
name = \"元旦\"

[[day]]
date = 2027-01-04
kind = \"work\"
name = \"元旦\"

[[day]]
date = 2027-05-01
kind = \"off\"
name = \"劳动节\"

[[day]]
date = \"2027年5月1日\"
kind = \"off\"
name = \"劳动节\"

[[day]]
date = 2027-02-30
kind = \"off\"
";

#[test]
fn a_wrong_file_is_told_by_line() {
    let without_last: String = WRONG.lines().take(27).map(|line| format!("{line}\n")).collect();
    let problems = Calendar::built_in().with_file(&without_last, "2027.toml").unwrap_err();
    let lines: Vec<_> = problems.iter().map(|problem| problem.line).collect();
    assert_eq!(lines, [6, 10, 15, 25]);
    assert_eq!(problems[0].meant.as_deref(), Some("off"));
    assert!(problems[2].message.zh.contains("周一"));
    assert!(!Calendar::built_in().with_file(WRONG, "2027.toml").unwrap_err().is_empty());
    let empty = Calendar::built_in().with_file("year = 2027\ntitle = \"x\"\n", "x.toml");
    assert_eq!(empty.unwrap_err().len(), 1);
}

#[test]
fn own_files_override_by_year() {
    assert_eq!(Calendar::with_own(&[]), Ok(Calendar::built_in()));
    let one =
        "year = 2025\ntitle = \"x\"\n[[day]]\ndate = 2025-03-03\nkind = \"off\"\nname = \"a\"\n";
    let calendar = Calendar::with_own(&[("mine.toml", one)]).unwrap();
    assert_eq!(calendar.is_working_day(date(2025, 3, 3)), Ok(false));
    assert_eq!(calendar.is_working_day(date(2025, 10, 1)), Ok(true));
    assert_eq!(calendar.is_working_day(date(2024, 10, 1)), Ok(false));
    let twice = Calendar::with_own(&[("mine.toml", one), ("twice.toml", one)]);
    assert_eq!(twice.unwrap_err().len(), 1);
}

proptest! {
    #[test]
    fn ends_are_working_days_and_counts_come_back(offset in 0_u64..700, count in 1_u32..60) {
        let calendar = Calendar::built_in();
        let start = date(2024, 1, 1) + Days::new(offset);
        let working = calendar.due(start, Period::new(count, Unit::Working), &[]).unwrap();
        let mut counted = 0;
        let mut day = start;
        while day < working.date {
            day = day + Days::new(1);
            counted += u32::from(calendar.is_working_day(day).unwrap());
        }
        prop_assert_eq!(counted, count);
        prop_assert!(calendar.is_working_day(working.date).unwrap());
        let natural = calendar.due(start, Period::new(count, Unit::Natural), &[]).unwrap();
        prop_assert!(calendar.is_working_day(natural.date).unwrap());
        prop_assert!(natural.date >= natural.nominal);
        prop_assert_eq!(natural.nominal.num_days_from_ce() - start.num_days_from_ce(), count as i32);
    }

    #[test]
    fn no_file_breaks_it(text in ".*") {
        let _ = Calendar::default().with_file(&text, "x.toml");
    }
}

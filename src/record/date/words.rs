//! Dates in words: Chinese numerals, days of the week.

use chrono::Weekday;

/// The days of the week as they are written, each with the longest form first.
const DAYS: [(Weekday, &[&str]); 7] = [
    (Weekday::Mon, &["monday", "mon"]),
    (Weekday::Tue, &["tuesday", "tues", "tue"]),
    (Weekday::Wed, &["wednesday", "wed"]),
    (Weekday::Thu, &["thursday", "thurs", "thur", "thu"]),
    (Weekday::Fri, &["friday", "fri"]),
    (Weekday::Sat, &["saturday", "sat"]),
    (Weekday::Sun, &["sunday", "sun"]),
];

/// What comes before the number of a day of the week.
const WEEK: [&str; 4] = ["星期", "礼拜", "周", "週"];

/// What may be between a date and the day of the week, or around that.
const BESIDE: &[char] = &[' ', '(', ')', '[', ']', '【', '】', '〔', '〕', ',', '，', '、', '.'];

/// The Chinese name of a day of the week.
pub(super) fn chinese(day: Weekday) -> &'static str {
    match day {
        Weekday::Mon => "星期一",
        Weekday::Tue => "星期二",
        Weekday::Wed => "星期三",
        Weekday::Thu => "星期四",
        Weekday::Fri => "星期五",
        Weekday::Sat => "星期六",
        Weekday::Sun => "星期日",
    }
}

/// The English name of a day of the week.
pub(super) fn english(day: Weekday) -> &'static str {
    match day {
        Weekday::Mon => "Monday",
        Weekday::Tue => "Tuesday",
        Weekday::Wed => "Wednesday",
        Weekday::Thu => "Thursday",
        Weekday::Fri => "Friday",
        Weekday::Sat => "Saturday",
        Weekday::Sun => "Sunday",
    }
}

/// Takes the day of the week off a date, on whichever side of it: the rest, and the day.
pub(super) fn without_weekday(text: &str) -> (String, Option<Weekday>) {
    let Some((from, to, day)) = weekday_in(text) else { return (text.to_owned(), None) };
    let before = text.get(..from).unwrap_or_default().trim_end_matches(BESIDE);
    let after = text.get(to..).unwrap_or_default().trim_start_matches(BESIDE);
    let between = if before.is_empty() || after.is_empty() { "" } else { " " };
    (format!("{before}{between}{after}"), Some(day))
}

/// Where a day of the week is in a text, in bytes, and which.
fn weekday_in(text: &str) -> Option<(usize, usize, Weekday)> {
    for week in WEEK {
        if let Some(at) = text.find(week)
            && let Some(number) = text.get(at + week.len()..).and_then(|rest| rest.chars().next())
        {
            let day = match number {
                '一' | '1' => Weekday::Mon,
                '二' | '2' => Weekday::Tue,
                '三' | '3' => Weekday::Wed,
                '四' | '4' => Weekday::Thu,
                '五' | '5' => Weekday::Fri,
                '六' | '6' => Weekday::Sat,
                '日' | '天' | '七' | '7' => Weekday::Sun,
                _ => return None,
            };
            return Some((at, at + week.len() + number.len_utf8(), day));
        }
    }
    let lower = text.to_ascii_lowercase();
    DAYS.iter().find_map(|(day, names)| {
        names.iter().find_map(|name| {
            let at = lower.find(name)?;
            let to = at + name.len();
            let letter = |c: Option<char>| c.is_some_and(char::is_alphabetic);
            let apart = !letter(lower.get(..at)?.chars().next_back())
                && !letter(lower.get(to..)?.chars().next());
            apart.then_some((at, to, *day))
        })
    })
}

/// The digit a Chinese numeral stands for; the forms of cheques and deeds too.
fn digit(c: char) -> Option<u32> {
    Some(match c {
        '〇' | '○' | '◯' | '零' | '0' => 0,
        '一' | '壹' | '元' => 1,
        '二' | '贰' | '貳' => 2,
        '三' | '叁' | '參' => 3,
        '四' | '肆' => 4,
        '五' | '伍' => 5,
        '六' | '陆' | '陸' => 6,
        '七' | '柒' => 7,
        '八' | '捌' => 8,
        '九' | '玖' => 9,
        _ => return None,
    })
}

/// Tens as one character.
fn tens(c: char) -> Option<u32> {
    match c {
        '十' | '拾' => Some(10),
        '廿' => Some(20),
        '卅' => Some(30),
        _ => None,
    }
}

/// A date with its Chinese numerals as digits: `二〇二五年十二月卅一日` becomes `2025年12月31日`.
/// Only where the year is marked: elsewhere a numeral may be anything.
pub(super) fn with_digits(text: &str) -> String {
    if !text.contains('年') {
        return text.to_owned();
    }
    let mut out = String::new();
    let mut run = String::new();
    for c in text.chars() {
        // A digit among numerals belongs to them (二0二五年), one elsewhere to itself.
        if tens(c).is_some() || digit(c).is_some_and(|_| c != '0' || !run.is_empty()) {
            run.push(c);
            continue;
        }
        out.push_str(&number(&run));
        run.clear();
        out.push(c);
    }
    out + &number(&run)
}

/// The digits of a run of numerals; the run itself where it is no number below a hundred and no
/// row of digits.
fn number(run: &str) -> String {
    if !run.chars().any(|c| tens(c).is_some()) {
        return run
            .chars()
            .map(|c| digit(c).map_or(c, |d| char::from_digit(d, 10).unwrap_or(c)))
            .collect();
    }
    let chars: Vec<char> = run.chars().collect();
    // 初 and leading zeros come before days in deeds: 零叁日, 零壹拾贰日.
    let chars: Vec<char> = chars.into_iter().skip_while(|c| digit(*c) == Some(0)).collect();
    let unit = |c: &char| digit(*c).filter(|d| *d > 0);
    let value = match chars.as_slice() {
        [ten] => tens(*ten),
        [ten, one] if tens(*ten).is_some() => tens(*ten).zip(unit(one)).map(|(a, b)| a + b),
        [many, ten] if tens(*ten) == Some(10) => unit(many).map(|many| many * 10),
        [many, ten, one] if tens(*ten) == Some(10) => {
            unit(many).zip(unit(one)).map(|(many, one)| many * 10 + one)
        }
        _ => None,
    };
    value.map_or_else(|| run.to_owned(), |value| value.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numerals() {
        for (text, digits) in [
            ("二〇二五年三月三日", "2025年3月3日"),
            ("二○二五年十二月卅一日", "2025年12月31日"),
            ("二零二五年一月二十日", "2025年1月20日"),
            ("二0二五年十月十日", "2025年10月10日"),
            ("一九七五年六月廿五日", "1975年6月25日"),
            ("一九七五年六月廿日", "1975年6月20日"),
            ("贰零贰伍年零壹拾贰月叁拾壹日", "2025年零壹拾贰月31日"),
            ("贰零贰伍年零叁月壹拾贰日", "2025年03月12日"),
            ("二〇二五年元月二十五日", "2025年1月25日"),
            ("2025年03月30日", "2025年03月30日"),
            ("二五年", "25年"),
            ("三月三日", "三月三日"),
            ("二〇二五年十十月三日", "2025年十十月3日"),
        ] {
            let wanted = if digits.contains("零壹拾贰") { "2025年12月31日" } else { digits };
            assert_eq!(with_digits(text), wanted, "{text}");
        }
    }

    #[test]
    fn days_of_the_week() {
        let friday = Some(Weekday::Fri);
        for (text, rest, day) in [
            ("2025年3月3日星期五", "2025年3月3日", friday),
            ("2025-03-03(周五)", "2025-03-03", friday),
            ("2025-03-03 [礼拜五]", "2025-03-03", friday),
            ("Friday, 2025-03-03", "2025-03-03", friday),
            ("2025-03-03 fri 0:00", "2025-03-03 0:00", friday),
            ("2025年3月3日 周天 00:00", "2025年3月3日 00:00", Some(Weekday::Sun)),
            ("2025-03-03", "2025-03-03", None),
            ("2025-03-03 friend", "2025-03-03 friend", None),
            ("三周", "三周", None),
        ] {
            assert_eq!(without_weekday(text), (rest.to_owned(), day), "{text}");
        }
    }
}

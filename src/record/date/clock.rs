//! The time of day that follows a date.

use crate::record::china_offset;
use chrono::{DateTime, NaiveDate, NaiveTime, Timelike};

/// A date and what follows it.
pub(super) struct Timed {
    /// The date as typed, or in China where a zone was given.
    pub date: String,
    /// The time of day, where it is not the first moment of the day.
    pub time: Option<String>,
}

/// Divides a text into date and time of day. An instant with a zone is brought to China, where
/// its date may be another one: `2025-03-02T16:00:00Z` is the beginning of the third.
pub(super) fn timed(text: &str) -> Timed {
    if let Some((date, time)) = in_china(text) {
        let time = (time != NaiveTime::MIN).then(|| shown(time));
        return Timed { date: date.to_string(), time };
    }
    let found = starts(text).find_map(|at| {
        let (date, time) = (text.get(..at)?, text.get(at..)?);
        let written = time.trim_start_matches(['T', 't']).trim();
        Some((date.trim_end(), written, time_of_day(written)?))
    });
    match found {
        Some((date, written, time)) => {
            let time = (time != NaiveTime::MIN).then(|| written.to_owned());
            Timed { date: date.to_owned(), time }
        }
        None => Timed { date: text.to_owned(), time: None },
    }
}

/// Where a time of day may begin: at a blank, a `T`, and after the day in Chinese.
fn starts(text: &str) -> impl Iterator<Item = usize> {
    text.char_indices().filter_map(|(at, c)| match c {
        ' ' | 'T' | 't' => Some(at),
        '日' | '号' => Some(at + c.len_utf8()),
        _ => None,
    })
}

/// The date and time in China of an instant with a zone: RFC 3339, its seconds or the colon of
/// its zone left out, or a blank in place of the `T`.
fn in_china(text: &str) -> Option<(NaiveDate, NaiveTime)> {
    let text = text.to_ascii_uppercase();
    let zoned = match text.strip_suffix('Z').or_else(|| text.strip_suffix("UTC")) {
        Some(utc) => format!("{}+00:00", utc.trim_end()),
        None => text,
    };
    let zoned = zoned.replacen(' ', "T", 1).replace(' ', "");
    let forms = ["%Y-%m-%dT%H:%M:%S%.f%:z", "%Y-%m-%dT%H:%M:%S%.f%z", "%Y-%m-%dT%H:%M%:z"];
    let moment = forms.iter().find_map(|form| DateTime::parse_from_str(&zoned, form).ok())?;
    let civil = moment.with_timezone(&china_offset()).naive_local();
    Some((civil.date(), civil.time()))
}

fn shown(time: NaiveTime) -> String {
    let form = if time.nanosecond() == 0 { "%H:%M:%S" } else { "%H:%M:%S%.3f" };
    time.format(form).to_string()
}

/// A time of day as spreadsheets and people write it: `0:00`, `00:00:00.000`, `12:00:00 AM`,
/// `上午9:30`, `9时30分`.
fn time_of_day(text: &str) -> Option<NaiveTime> {
    let lower = text.to_ascii_lowercase();
    let half = |text: &str| -> Option<(String, bool)> {
        for (word, afternoon) in [("上午", false), ("凌晨", false), ("下午", true), ("晚上", true)]
        {
            if let Some(rest) = text.strip_prefix(word) {
                return Some((rest.trim().to_owned(), afternoon));
            }
        }
        for (word, afternoon) in [("am", false), ("a.m.", false), ("pm", true), ("p.m.", true)] {
            if let Some(rest) = text.strip_suffix(word) {
                return Some((rest.trim().to_owned(), afternoon));
            }
        }
        None
    };
    let (clock, afternoon) = match half(&lower) {
        Some((clock, afternoon)) => (clock, Some(afternoon)),
        None => (lower, None),
    };
    let clock = clock.replace(['时', '点'], ":").replace('分', ":").replace('秒', "");
    let clock = clock.trim_end_matches(':');
    let mut parts = clock.split(':');
    let number = |part: Option<&str>| -> Option<u32> {
        let part = part?;
        let digits = matches!(part.len(), 1..=2) && part.bytes().all(|b| b.is_ascii_digit());
        digits.then(|| part.parse().ok())?
    };
    let hour = number(parts.next())?;
    let minute = match parts.next() {
        None if text.contains(['时', '点']) => 0,
        part => number(part)?,
    };
    let (second, fraction) = match parts.next() {
        None => (0, ""),
        Some(part) => {
            let (second, fraction) = part.split_once('.').unwrap_or((part, ""));
            (number(Some(second))?, fraction)
        }
    };
    if parts.next().is_some() || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let hour = match (afternoon, hour) {
        (Some(false), 12) => 0,
        (Some(true), hour) if hour < 12 => hour + 12,
        (_, hour) => hour,
    };
    let nanos = u32::from(fraction.bytes().any(|b| b != b'0'));
    NaiveTime::from_hms_nano_opt(hour, minute, second, nanos)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_behind_dates() {
        for (text, date, time) in [
            ("2025-03-03", "2025-03-03", None),
            ("2025 3 3", "2025 3 3", None),
            ("2025-03-03 00:00:00", "2025-03-03", None),
            ("2025-03-03T00:00:00.000", "2025-03-03", None),
            ("2025/3/3 0:00", "2025/3/3", None),
            ("2025/3/3 12:00:00 AM", "2025/3/3", None),
            ("2025年3月3日0时0分", "2025年3月3日", None),
            ("2025年3月3日 0点", "2025年3月3日", None),
            ("2025-03-02 23:59:17", "2025-03-02", Some("23:59:17")),
            ("2025-03-03T08:30", "2025-03-03", Some("08:30")),
            ("2025/3/3 下午2:30", "2025/3/3", Some("下午2:30")),
            ("2025/3/3 12:00:00 PM", "2025/3/3", Some("12:00:00 pm")),
            ("2025-03-03 00:00:00.5", "2025-03-03", Some("00:00:00.5")),
            ("2025-03-02T16:00:00.000Z", "2025-03-03", None),
            ("2025-03-02 16:00:00 UTC", "2025-03-03", None),
            ("2025-03-03T00:00:00+08:00", "2025-03-03", None),
            ("2025-03-03T00:00:00+0800", "2025-03-03", None),
            ("2025-03-03T00:00+08:00", "2025-03-03", None),
            ("2025-03-03T00:00:00Z", "2025-03-03", Some("08:00:00")),
            ("2025-03-02T15:59:17Z", "2025-03-02", Some("23:59:17")),
            ("2025-03-03 25:00", "2025-03-03 25:00", None),
        ] {
            let found = timed(text);
            let time = time.map(str::to_ascii_lowercase);
            let found_time = found.time.map(|time| time.to_ascii_lowercase());
            assert_eq!((found.date.as_str(), found_time), (date, time), "{text}");
        }
    }
}

//! Periods counted out, with the arithmetic in words.
//!
//! The day a period begins is not counted; one that ends on a day off ends on the first working
//! day after it (民事诉讼法 art. 85); months and years end on the corresponding day, or on the
//! month's last day where there is none (民法典 art. 202–203).

use super::{Calendar, CalendarError, DayKind, NoHolidayFile, weekday};
use crate::said;
use crate::words::Said;
use chrono::{Datelike, Days, Months, NaiveDate};

/// What a period is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unit {
    /// Calendar days (日).
    Natural,
    /// Working days (工作日).
    Working,
    /// Months (月).
    Months,
    /// Years (年).
    Years,
}

/// A length of time as a law gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Period {
    /// How many.
    pub count: u32,
    /// Of what.
    pub unit: Unit,
    /// Ends on the next working day when it would end on a day off.
    pub rolls: bool,
}

impl Period {
    /// A period that rolls over days off, the usual case.
    #[must_use]
    pub fn new(count: u32, unit: Unit) -> Self {
        Self { count, unit, rolls: true }
    }

    /// The same ending on its nominal day, whatever day that is.
    #[must_use]
    pub fn without_roll(self) -> Self {
        Self { rolls: false, ..self }
    }

    /// The length in words: `15 日`, `5 个工作日`.
    #[must_use]
    pub fn said(&self) -> Said {
        let n = self.count;
        let s = if n == 1 { "" } else { "s" };
        match self.unit {
            Unit::Natural => said!("{n} 日", "{n} day{s}"),
            Unit::Working => said!("{n} 个工作日", "{n} working day{s}"),
            Unit::Months => said!("{n} 个月", "{n} month{s}"),
            Unit::Years => said!("{n} 年", "{n} year{s}"),
        }
    }
}

/// A stretch of days, both ends included, that does not count (中止).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Suspension {
    /// First day not counted.
    pub from: NaiveDate,
    /// Last day not counted.
    pub to: NaiveDate,
}

/// A period counted out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// The last day by counting alone.
    pub nominal: NaiveDate,
    /// The last day after rolling over days off.
    pub date: NaiveDate,
    /// The year whose missing file kept the roll from being worked out; `date` is then nominal.
    pub missing: Option<NoHolidayFile>,
    /// The arithmetic, a sentence a step.
    pub steps: Vec<Said>,
}

/// Longest period counted, in days: a hundred years.
const LONGEST: u32 = 36_525;

impl Calendar {
    /// Counts `period` out from `start`, which is itself not counted. Days within a suspension
    /// do not count either.
    ///
    /// A natural period whose last day lies in a year without a holiday file keeps its nominal
    /// day and says so.
    ///
    /// # Errors
    /// [`CalendarError`]: working days of a year without a file, or a period above a hundred
    /// years.
    pub fn due(
        &self,
        start: NaiveDate,
        period: Period,
        suspended: &[Suspension],
    ) -> Result<Due, CalendarError> {
        let mut steps = Vec::new();
        if let (Some(first), true) = (start.succ_opt(), period.count > 0) {
            steps.push(said!(
                "起始日 {start} 不计入，从 {first} 起算。",
                "The starting day {start} is not counted; counting begins on {first}."
            ));
        }
        let nominal = match period.unit {
            Unit::Working => self.working_end(start, period, suspended, &mut steps)?,
            _ => natural_end(start, period, suspended, &mut steps)?,
        };
        let mut due = Due { nominal, date: nominal, missing: None, steps };
        if period.rolls && period.unit != Unit::Working {
            self.roll(&mut due);
        }
        Ok(due)
    }

    fn working_end(
        &self,
        start: NaiveDate,
        period: Period,
        suspended: &[Suspension],
        steps: &mut Vec<Said>,
    ) -> Result<NaiveDate, CalendarError> {
        if period.count > LONGEST {
            return Err(CalendarError::TooLong);
        }
        let mut end = start;
        let mut left = period.count;
        let (mut off, mut made_up, mut halted) = (Vec::new(), Vec::new(), 0_u32);
        while left > 0 {
            end = end.succ_opt().ok_or(CalendarError::TooLong)?;
            if is_suspended(end, suspended) {
                halted += 1;
            } else if !self.is_working_day(end)? {
                off.push(end);
            } else {
                if matches!(self.named(end), Some((DayKind::Work, _))) {
                    made_up.push(end);
                }
                left -= 1;
            }
        }
        let length = period.said();
        steps.push(shown_sum(start, &length, end));
        self.tell_skipped(&off, steps);
        if !made_up.is_empty() {
            let days = made_up.iter().map(ToString::to_string).collect::<Vec<_>>();
            let (zh, en) = (days.join("、"), days.join(", "));
            steps.push(said!(
                "周末调休上班，计入：{zh}。",
                "Weekend days worked to make up, counted: {en}."
            ));
        }
        if halted > 0 {
            steps.push(said!(
                "中止期间 {halted} 天不计入。",
                "Days of suspension, not counted: {halted}."
            ));
        }
        Ok(end)
    }

    /// Names the days a working period skipped: holidays one by one, weekends by number.
    fn tell_skipped(&self, off: &[NaiveDate], steps: &mut Vec<Said>) {
        let holidays: Vec<Said> = off
            .iter()
            .filter(|day| self.named(**day).is_some())
            .map(|day| {
                let name = self.reason(*day);
                let (zh, en) = (&name.zh, &name.en);
                said!("{day}（{zh}）", "{day} ({en})")
            })
            .collect();
        let weekends = off.len() - holidays.len();
        let mut parts = Vec::new();
        if weekends > 0 {
            parts.push(said!("周末 {weekends} 天", "weekend days: {weekends}"));
        }
        parts.extend(holidays);
        if !parts.is_empty() {
            let Said { zh, en } = Said::join(&parts, "、", ", ");
            steps.push(said!("跳过 {zh}。", "Skipped {en}."));
        }
    }

    /// Moves the end to the first working day on or after it.
    fn roll(&self, due: &mut Due) {
        let nominal = due.nominal;
        let mut date = nominal;
        loop {
            match self.is_working_day(date) {
                Ok(true) => break,
                Ok(false) => {}
                Err(missing) => {
                    due.missing = Some(missing);
                    let year = missing.year;
                    due.steps.push(said!(
                        "节假日表缺失：没有 {year} 年的放假安排，未判断 {nominal} 是否顺延。",
                        "There is no holiday file for {year}: whether {nominal} moves is not known."
                    ));
                    return;
                }
            }
            let Some(next) = date.succ_opt() else { break };
            date = next;
        }
        if date != nominal {
            let (why, day) = (self.reason(nominal), weekday(date));
            let (zh, en, zh_day, en_day) = (&why.zh, &why.en, &day.zh, &day.en);
            due.steps.push(said!(
                "{nominal} 是休息日（{zh}），顺延到其后第一个工作日 {date}（{zh_day}）。",
                "{nominal} is a day off ({en}); it moves to the next working day, {date} ({en_day})."
            ));
        }
        due.date = date;
    }
}

/// The nominal end of a period in days, months or years.
fn natural_end(
    start: NaiveDate,
    period: Period,
    suspended: &[Suspension],
    steps: &mut Vec<Said>,
) -> Result<NaiveDate, CalendarError> {
    let months = match period.unit {
        Unit::Months => Some(period.count),
        Unit::Years => Some(period.count.saturating_mul(12)),
        Unit::Natural | Unit::Working => None,
    };
    let end = match months {
        _ if months.unwrap_or(0) > 1200 || period.count > LONGEST => None,
        Some(months) => start.checked_add_months(Months::new(months)),
        None => start.checked_add_days(Days::new(u64::from(period.count))),
    };
    let end = end.ok_or(CalendarError::TooLong)?;
    steps.push(shown_sum(start, &period.said(), end));
    if months.is_some() && end.day() != start.day() {
        let day = start.day();
        let (year, month) = (end.year(), end.month());
        steps.push(said!(
            "{year} 年 {month} 月没有 {day} 日，以当月最后一天为准。",
            "{year}-{month:02} has no day {day}; the month's last day stands for it."
        ));
    }
    lengthened(start, end, suspended, steps)
}

/// The end after the suspended days within the period have been put after it.
fn lengthened(
    start: NaiveDate,
    end: NaiveDate,
    suspended: &[Suspension],
    steps: &mut Vec<Said>,
) -> Result<NaiveDate, CalendarError> {
    if suspended.is_empty() {
        return Ok(end);
    }
    let mut last = end;
    let (mut owed, mut halted) = (0_u32, 0_u32);
    let mut day = start;
    // Walks to the end; each suspended day on the way puts the end off by one.
    while day < end || owed > 0 {
        day = day.succ_opt().ok_or(CalendarError::TooLong)?;
        let stopped = is_suspended(day, suspended);
        if stopped {
            halted += 1;
        }
        match (day <= end, stopped) {
            (true, true) => owed += 1,
            (false, false) => owed -= 1,
            (true, false) | (false, true) => {}
        }
        if halted > LONGEST {
            return Err(CalendarError::TooLong);
        }
        last = last.max(day);
    }
    if halted > 0 {
        steps.push(said!(
            "中止期间 {halted} 天不计入，延至 {last}。",
            "Days of suspension, not counted: {halted}; the end moves to {last}."
        ));
    }
    Ok(last)
}

fn is_suspended(day: NaiveDate, suspended: &[Suspension]) -> bool {
    suspended.iter().any(|stretch| (stretch.from..=stretch.to).contains(&day))
}

/// `2025-03-03 + 15 日 = 2025-03-18（周二）。`
fn shown_sum(start: NaiveDate, length: &Said, end: NaiveDate) -> Said {
    let day = weekday(end);
    let (zh, en, zh_day, en_day) = (&length.zh, &length.en, &day.zh, &day.en);
    said!("{start} + {zh} = {end}（{zh_day}）。", "{start} + {en} = {end} ({en_day}).")
}

/// How a due date stands today.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Countdown {
    /// Days left; negative when overdue.
    pub days: i64,
}

/// The days from `today` to `due`.
#[must_use]
pub fn countdown(today: NaiveDate, due: NaiveDate) -> Countdown {
    Countdown { days: due.signed_duration_since(today).num_days() }
}

impl Countdown {
    /// Past its day.
    #[must_use]
    pub fn is_overdue(self) -> bool {
        self.days < 0
    }

    /// In words: `还剩 3 天`, `今天到期`, `逾期 2 天`.
    #[must_use]
    pub fn said(self) -> Said {
        let n = self.days.unsigned_abs();
        let s = if n == 1 { "" } else { "s" };
        match self.days {
            0 => Said::fixed("今天到期", "due today"),
            1.. => said!("还剩 {n} 天", "{n} day{s} left"),
            _ => said!("逾期 {n} 天", "{n} day{s} overdue"),
        }
    }
}

//! Why a day cannot be counted.

use crate::said;
use crate::words::Said;
use thiserror::Error;

/// A year for which the station has no holiday file, so that its working days are not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("no holiday file for {year}")]
pub struct NoHolidayFile {
    pub year: i32,
}

impl NoHolidayFile {
    /// What happened.
    #[must_use]
    pub fn said(&self) -> Said {
        let year = self.year;
        said!(
            "节假日表缺失：没有 {year} 年的放假安排，无法计算工作日。",
            "There is no holiday file for {year}, so its working days cannot be counted."
        )
    }

    /// What to do.
    #[must_use]
    pub fn next(&self) -> Said {
        let (year, before) = (self.year, self.year - 1);
        said!(
            "请把 calendar/{year}.toml 放进数据目录（国务院通常在 {before} 年 11 月前后公布），再重新打开。",
            "Put calendar/{year}.toml into the data folder (usually announced around November \
             {before}) and open again."
        )
    }
}

/// Why a period cannot be counted out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum CalendarError {
    /// Working days of a year without a file.
    #[error(transparent)]
    NoHolidayFile(#[from] NoHolidayFile),
    /// Longer than any legal period.
    #[error("period too long")]
    TooLong,
}

impl CalendarError {
    /// What happened.
    #[must_use]
    pub fn said(&self) -> Said {
        match self {
            Self::NoHolidayFile(missing) => missing.said(),
            Self::TooLong => {
                Said::fixed("期限超过一百年，无法计算。", "The period is longer than 100 years.")
            }
        }
    }

    /// What to do.
    #[must_use]
    pub fn next(&self) -> Said {
        match self {
            Self::NoHolidayFile(missing) => missing.next(),
            Self::TooLong => {
                Said::fixed("请核对期限的数字和单位。", "Check the number and unit of the period.")
            }
        }
    }
}

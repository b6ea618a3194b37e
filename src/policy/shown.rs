//! Values and parameters as people read them.

use super::parameter::{InForce, Parameter, ParameterRow, ParameterValue, Start, Unit, in_force};
use super::threshold::yuan;
use crate::formula::Val;
use crate::said;
use crate::words::Said;
use chrono::NaiveDate;

/// What is not known.
pub(super) const UNKNOWN: Said = Said::fixed("？", "?");

impl ParameterRow {
    /// When it holds; `next` is the row after it for the same region and facts.
    #[must_use]
    pub fn validity(&self, next: Option<&Self>) -> Said {
        validity(&in_force(self, next))
    }
}

impl Parameter {
    /// A value as people read it: money in yuan, a share in percent.
    #[must_use]
    pub fn shown(&self, value: &ParameterValue) -> Said {
        show_parameter(self.unit, value)
    }
}

/// Since when and until when a value applies.
pub(super) fn validity(value: &InForce<'_>) -> Said {
    match (value.start, value.to) {
        (Start::Always, _) => Said::fixed("不分日期", "undated"),
        (Start::On(day), None) => said!("自 {day} 起", "from {day}"),
        (Start::On(day), Some(last)) => said!("{day} 至 {last}", "{day} to {last}"),
        (Start::Between { not_before: Some(first), not_after }, _) => {
            said!("起于 {first} 至 {not_after} 之间某日", "begun between {first} and {not_after}")
        }
        (Start::Between { not_before: None, not_after }, _) => {
            said!("起于 {not_after} 或更早", "begun on {not_after} or earlier")
        }
    }
}

pub(super) fn show_value(unit: Unit, value: &Val) -> Said {
    match (unit, value) {
        (Unit::Fen, Val::Integer(fen)) => Said::same(yuan(i128::from(*fen))),
        (Unit::Date, Val::Integer(day)) => {
            let day = i32::try_from(*day).ok().and_then(NaiveDate::from_num_days_from_ce_opt);
            day.map_or(UNKNOWN, |day| Said::same(day.to_string()))
        }
        (_, Val::Integer(number)) => Said::same(number.to_string()),
        (_, Val::YesNo(true)) => Said::fixed("是", "yes"),
        (_, Val::YesNo(false)) => Said::fixed("否", "no"),
        (Unit::Check, Val::Text(code)) => match code.as_str() {
            "none" => Said::fixed("无", "none"),
            "has" => Said::fixed("有", "has"),
            _ => Said::fixed("未核对", "not checked"),
        },
        (_, Val::Text(text)) => Said::same(text.clone()),
        (_, Val::List(texts)) => Said::new(texts.join("、"), texts.join(", ")),
    }
}

pub(super) fn show_parameter(unit: Unit, value: &ParameterValue) -> Said {
    match value {
        ParameterValue::Integer(number) => show_value(unit, &Val::Integer(*number)),
        ParameterValue::YesNo(yes) => show_value(unit, &Val::YesNo(*yes)),
        ParameterValue::Text(text) => show_value(unit, &Val::Text(text.clone())),
        ParameterValue::Ratio { num, den } => {
            let (scale, sign) = if unit == Unit::Share { (100, "%") } else { (1, "") };
            Said::same(decimal(i128::from(*num) * scale, i128::from(*den)) + sign)
        }
    }
}

/// A ratio as a decimal where it divides out within two places, else as a fraction.
fn decimal(num: i128, den: i128) -> String {
    let hundredths = num * 100;
    if hundredths % den != 0 {
        return format!("{num}/{den}");
    }
    let (whole, rest) = (hundredths / den / 100, hundredths / den % 100);
    let fraction = format!("{rest:02}");
    let fraction = fraction.trim_end_matches('0');
    if fraction.is_empty() { whole.to_string() } else { format!("{whole}.{fraction}") }
}

/// A parameter's value as a formula and a sheet hold it; a multiple as `3/2`.
pub(super) fn parameter_val(value: &ParameterValue) -> Val {
    match value {
        ParameterValue::Integer(number) => Val::Integer(*number),
        ParameterValue::YesNo(yes) => Val::YesNo(*yes),
        ParameterValue::Text(text) => Val::Text(text.clone()),
        ParameterValue::Ratio { num, den } => Val::Text(format!("{num}/{den}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_read_as_decimals() {
        assert_eq!(decimal(3, 2), "1.5");
        assert_eq!(decimal(2, 1), "2");
        assert_eq!(decimal(100, 20), "5");
        assert_eq!(decimal(1, 3), "1/3");
    }
}

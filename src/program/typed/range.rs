//! The bounds of a field.

use super::error::TypedError;
use crate::program::{Field, FieldType};
use crate::record::{Value, show_money};
use crate::said;
use crate::words::Said;

/// A value within the bounds of its field.
pub(in crate::program) fn in_range(field: &Field, value: &Value) -> Result<(), TypedError> {
    let (least, most): (Option<String>, Option<String>) = match (&field.field_type, value) {
        (FieldType::Integer { min, max }, Value::Integer(number)) => (
            min.filter(|min| number < min).map(|min| min.to_string()),
            max.filter(|max| number > max).map(|max| max.to_string()),
        ),
        (FieldType::Decimal { places: Some(places), .. }, Value::Decimal(number))
            if number.normalize().scale() > *places =>
        {
            return Err(TypedError::new(
                said!("小数最多 {places} 位。", "{places} digits after the point at most."),
                Said::fixed("请核对数字。", "Check the number."),
            ));
        }
        (FieldType::Decimal { min, max, .. }, Value::Decimal(number)) => (
            min.filter(|min| number < min).map(|min| min.to_string()),
            max.filter(|max| number > max).map(|max| max.to_string()),
        ),
        (FieldType::Money { min }, Value::Money(fen)) => {
            (min.filter(|min| fen < min).map(show_money), None)
        }
        (FieldType::Text { max, .. }, Value::Text(text)) => {
            let long = text.chars().count();
            let over = max.filter(|max| long > *max);
            return over.map_or(Ok(()), |max| {
                Err(TypedError::new(
                    said!("写了 {long} 个字，最多 {max} 个。", "{long} characters, {max} at most."),
                    Said::fixed("请写短一些。", "Write it shorter."),
                ))
            });
        }
        (FieldType::Tags { max: Some(max), .. }, Value::Tags(codes)) if codes.len() > *max => {
            let chosen = codes.len();
            return Err(TypedError::new(
                said!("选了 {chosen} 项，最多 {max} 项。", "{chosen} chosen, {max} at most."),
                Said::fixed("请去掉几项。", "Take some out."),
            ));
        }
        _ => (None, None),
    };
    let said = match (&least, &most) {
        (Some(least), _) => said!("不能小于 {least}。", "It cannot be less than {least}."),
        (_, Some(most)) => said!("不能大于 {most}。", "It cannot be more than {most}."),
        (None, None) => return Ok(()),
    };
    Err(TypedError::new(said, Said::fixed("请核对数字。", "Check the number.")))
}

//! Changes of a field's type.

use serde::{Deserialize, Serialize};
use serde_json::{Number, Value};

use crate::{FieldPath, Misfit};

/// From which type to which a field is changed.
///
/// Each takes only what it can give back: `StringToInt` reads `"12"` and refuses `"012"` and
/// `"+12"`. For anything else there is [`change_with`](crate::change_with).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Conversion {
    /// `12` to `"12"`.
    IntToString,
    /// `"12"` to `12`, of up to 64 bits.
    StringToInt,
    /// `12` or `1.5` to its text.
    NumberToString,
    /// `"12"` or `"1.5"` to a number.
    StringToNumber,
    /// `12` to `12.0`, if the float can hold it exactly.
    IntToFloat,
    /// `12.0` to `12`, if it has no fraction.
    FloatToInt,
    /// `true` to `"true"`.
    BoolToString,
    /// `"true"` to `true`.
    StringToBool,
    /// `x` to `[x]`.
    OneToList,
    /// `[x]` to `x`, if it is a list of one.
    ListToOne,
}

/// All integers below 2^53 are exact in a float, and no other is rounded to one of them.
const EXACT: f64 = 9_007_199_254_740_992.0;

impl Conversion {
    pub(super) fn apply(self, value: Value, field: &FieldPath) -> Result<Value, Misfit> {
        self.convert(value).ok_or_else(|| Misfit::Kind {
            field: field.clone(),
            expected: self.takes(),
        })
    }

    fn convert(self, value: Value) -> Option<Value> {
        match (self, value) {
            (Self::IntToString, Value::Number(n)) if !n.is_f64() => Some(n.to_string().into()),
            (Self::StringToInt, Value::String(text)) => number(&text)
                .filter(|number| !number.is_f64())
                .map(Value::Number),
            (Self::NumberToString, Value::Number(n)) => Some(n.to_string().into()),
            (Self::StringToNumber, Value::String(text)) => number(&text).map(Value::Number),
            (Self::IntToFloat, Value::Number(n)) if !n.is_f64() => n
                .as_f64()
                .filter(|float| float.abs() < EXACT)
                .and_then(Number::from_f64)
                .map(Value::Number),
            (Self::FloatToInt, Value::Number(n)) if n.is_f64() => n.as_f64().and_then(whole),
            (Self::BoolToString, Value::Bool(flag)) => Some(flag.to_string().into()),
            (Self::StringToBool, Value::String(text)) => text.parse().ok().map(Value::Bool),
            (Self::OneToList, value) => Some(Value::Array(vec![value])),
            (Self::ListToOne, Value::Array(list)) => {
                let [one] = <[Value; 1]>::try_from(list).ok()?;
                Some(one)
            }
            _ => None,
        }
    }

    fn takes(self) -> &'static str {
        match self {
            Self::IntToString => "an integer",
            Self::StringToInt => "a string that holds a plain integer of 64 bits",
            Self::NumberToString => "a number",
            Self::StringToNumber => "a string that holds a plain number",
            Self::IntToFloat => "an integer that a float holds exactly",
            Self::FloatToInt => "a float without a fraction",
            Self::BoolToString => "true or false",
            Self::StringToBool => "a string that holds true or false",
            Self::OneToList => "a value",
            Self::ListToOne => "a list of one",
        }
    }
}

/// The number that is written as just this text.
fn number(text: &str) -> Option<Number> {
    let number: Number = serde_json::from_str(text).ok()?;
    (number.to_string() == text).then_some(number)
}

fn whole(float: f64) -> Option<Value> {
    let is_whole = float.fract() == 0.0 && float.abs() < EXACT;
    #[allow(
        clippy::cast_possible_truncation,
        reason = "it is whole, and far inside the range"
    )]
    is_whole.then(|| Value::from(float as i64))
}

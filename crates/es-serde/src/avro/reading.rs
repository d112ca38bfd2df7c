//! Follows a plan through bytes that may come from anywhere.

use std::borrow::Cow;

use super::datum::Datum;
use super::plan::{Number, Plan, RecordPlan};
use crate::guard::Failure;

/// How many elements without a byte of their own a payload may hold: nothing else bounds them.
const MAX_EMPTY_ELEMENTS: usize = 65_536;

const TOO_SHORT: Failure = Failure::new("the bytes end within a value");
const BAD_LENGTH: Failure = Failure::new("a length is negative or over the limit");

pub(super) struct Input<'a> {
    rest: &'a [u8],
    empty_elements: usize,
}

impl<'a> Input<'a> {
    pub(super) fn new(data: &'a [u8]) -> Self {
        Self {
            rest: data,
            empty_elements: 0,
        }
    }

    /// How many bytes are not read yet.
    pub(super) fn remaining(&self) -> usize {
        self.rest.len()
    }

    pub(super) fn read(&mut self, plan: &Plan) -> Result<Datum<'a>, Failure> {
        Ok(match plan {
            Plan::Null => Datum::Null,
            Plan::Boolean => Datum::Boolean(self.boolean()?),
            Plan::Number { written, read } => promote(self.number(*written)?, *read),
            Plan::Bytes => Datum::Bytes(self.bytes()?.into()),
            Plan::String => Datum::Text(self.text()?.into()),
            Plan::Fixed(size) => Datum::Fixed(self.take(*size)?.into()),
            Plan::Enum(symbols, places) => {
                let written = self.index()?;
                let place = places.get(written).copied();
                let place = place.ok_or(Failure::new("a symbol is not in the writer's schema"))?;
                let place = place.ok_or(Failure::new("a symbol is not in the reader's schema"))?;
                Datum::Enum(symbols.clone(), place)
            }
            Plan::Array(items) => {
                let mut values = Vec::new();
                self.blocks(|input| {
                    values.push(input.read(items)?);
                    Ok(())
                })?;
                Datum::Array(values)
            }
            Plan::Map(plan) => {
                let mut entries = Vec::new();
                self.blocks(|input| {
                    let key = Cow::Borrowed(input.text()?);
                    entries.push((key, input.read(plan)?));
                    Ok(())
                })?;
                Datum::Map(entries)
            }
            Plan::Record(plan) => self.record(plan)?,
            Plan::WrittenUnion(branches) => {
                let branch = branches.get(self.index()?);
                let branch =
                    branch.ok_or(Failure::new("a branch is not in the writer's schema"))?;
                let plan = branch.as_ref();
                self.read(plan.ok_or(Failure::new("a branch is not in the reader's schema"))?)?
            }
        })
    }

    fn record(&mut self, plan: &RecordPlan) -> Result<Datum<'a>, Failure> {
        let mut fields = vec![Datum::Null; plan.record.fields.len()];
        for (place, default) in &plan.defaults {
            fields[*place] = default.clone();
        }
        for (plan, place) in &plan.written {
            let value = self.read(plan)?;
            if let Some(place) = place {
                fields[*place] = value;
            }
        }
        Ok(Datum::Record(plan.record.clone(), fields))
    }

    /// A list comes in blocks. A negative count is followed by the length of the block in bytes.
    fn blocks(
        &mut self,
        mut element: impl FnMut(&mut Self) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        loop {
            let mut count = self.long()?;
            if count == 0 {
                return Ok(());
            }
            if count < 0 {
                count = count.checked_neg().ok_or(BAD_LENGTH)?;
                self.length()?;
            }
            for _ in 0..count {
                let before = self.rest.len();
                element(self)?;
                self.count_empty(before == self.rest.len())?;
            }
        }
    }

    fn count_empty(&mut self, empty: bool) -> Result<(), Failure> {
        self.empty_elements += usize::from(empty);
        if self.empty_elements > MAX_EMPTY_ELEMENTS {
            return Err(Failure::new("lists hold more than 65536 empty elements"));
        }
        Ok(())
    }

    fn boolean(&mut self) -> Result<bool, Failure> {
        match self.take(1)? {
            [0] => Ok(false),
            [1] => Ok(true),
            _ => Err(Failure::new("a boolean is neither true nor false")),
        }
    }

    fn number(&mut self, number: Number) -> Result<Datum<'a>, Failure> {
        match number {
            Number::Int => {
                let value = i32::try_from(self.long()?);
                let value = value.map_err(|_| Failure::new("an int is over its range"))?;
                Ok(Datum::Long(value.into()))
            }
            Number::Long => self.long().map(Datum::Long),
            Number::Float => self.array().map(|le| Datum::Float(f32::from_le_bytes(le))),
            Number::Double => self.array().map(|le| Datum::Double(f64::from_le_bytes(le))),
        }
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Failure> {
        let (bytes, rest) = self.rest.split_first_chunk().ok_or(TOO_SHORT)?;
        self.rest = rest;
        Ok(*bytes)
    }

    fn bytes(&mut self) -> Result<&'a [u8], Failure> {
        let length = self.length()?;
        self.take(length)
    }

    fn text(&mut self) -> Result<&'a str, Failure> {
        std::str::from_utf8(self.bytes()?).map_err(|_| Failure::new("a text is not UTF-8"))
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], Failure> {
        let (bytes, rest) = self.rest.split_at_checked(length).ok_or(TOO_SHORT)?;
        self.rest = rest;
        Ok(bytes)
    }

    fn length(&mut self) -> Result<usize, Failure> {
        usize::try_from(self.long()?).map_err(|_| BAD_LENGTH)
    }

    fn index(&mut self) -> Result<usize, Failure> {
        self.length()
    }

    fn long(&mut self) -> Result<i64, Failure> {
        let mut bits = 0;
        for place in 0..10 {
            let [byte] = self.array()?;
            let part = u64::from(byte & 0x7F);
            if place == 9 && byte > 1 {
                break;
            }
            bits |= part << (7 * place);
            if byte < 0x80 {
                return Ok(from_zigzag(bits));
            }
        }
        Err(Failure::new("an integer is longer than 64 bits"))
    }
}

#[expect(clippy::cast_possible_wrap, reason = "the bits are what is wanted")]
fn from_zigzag(bits: u64) -> i64 {
    (bits >> 1) as i64 ^ -((bits & 1) as i64)
}

/// The specification lets a long become a float or a double, rounded to the nearest.
#[expect(clippy::cast_precision_loss, reason = "the specification says so")]
fn promote(value: Datum<'_>, read: Number) -> Datum<'_> {
    match (value, read) {
        (Datum::Long(value), Number::Float) => Datum::Float(value as f32),
        (Datum::Long(value), Number::Double) => Datum::Double(value as f64),
        (Datum::Float(value), Number::Double) => Datum::Double(value.into()),
        (value, _) => value,
    }
}

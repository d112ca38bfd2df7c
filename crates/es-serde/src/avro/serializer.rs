//! Brings a value into the shape of a schema.
//!
//! | serde | schema |
//! |---|---|
//! | integers | `int`, `long`, if in range |
//! | floats | `float` (only `f32`), `double` |
//! | texts, characters | `string`, `enum` with that symbol |
//! | bytes, lists of bytes | `bytes`, `fixed` of that size |
//! | options, unit | a union with `null` |
//! | lists | `array` |
//! | tuples | `record` with as many fields, `array` |
//! | maps | `map`, `record` |
//! | structs | `record` |
//! | enums without content | `enum`, `string` |
//! | other enums | union of records, each named as its variant |
//!
//! Whatever is not a struct also fits a record with one field: that is how a variant with a single
//! number is stored.

use std::cell::RefCell;
use std::fmt::Display;

use serde::ser::{
    Error, Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant,
    SerializeTuple, SerializeTupleStruct, SerializeTupleVariant, Serializer,
};

use super::datum::Datum;
use super::shape::{Kind, Record, Shape};

/// The first refusal and where it was, since an error loses its words on the way out.
#[derive(Debug, Default)]
pub(super) struct Refusals {
    path: RefCell<Vec<&'static str>>,
    first: RefCell<Option<String>>,
}

impl Refusals {
    /// Why the value was refused.
    pub(super) fn into_words(self) -> String {
        let words = self.first.into_inner();
        words.unwrap_or_else(|| "the type refuses to be written".to_owned())
    }

    fn refuse(&self, problem: impl Display) -> Refused {
        let path = self.path.borrow().join(".");
        let separator = if path.is_empty() { "" } else { ": " };
        let mut first = self.first.borrow_mut();
        first.get_or_insert_with(|| format!("{path}{separator}{problem}"));
        Refused
    }
}

/// The value is refused; [`Refusals`] knows why.
#[derive(Debug, thiserror::Error)]
#[error("the value does not fit the schema")]
pub(super) struct Refused;

impl Error for Refused {
    /// What a type says of its own may quote a value.
    fn custom<T: Display>(_: T) -> Self {
        Self
    }
}

/// Takes one value for one place in a schema.
#[derive(Debug, Clone, Copy)]
pub(super) struct ShapeSerializer<'s> {
    kind: &'s Kind,
    refusals: &'s Refusals,
}

/// The way from a place in a schema to the type in it that takes the value.
struct Place<'s> {
    kind: &'s Kind,
    steps: Vec<Step<'s>>,
}

enum Step<'s> {
    Branch(usize),
    OnlyField(&'s std::sync::Arc<Record>),
}

impl Place<'_> {
    fn wrap(&self, value: Datum<'static>) -> Datum<'static> {
        self.steps
            .iter()
            .rev()
            .fold(value, |value, step| match step {
                Step::Branch(index) => Datum::Union(*index, Box::new(value)),
                Step::OnlyField(record) => Datum::Record((*record).clone(), vec![value]),
            })
    }
}

/// Finds the first type that `takes` the value: here, in a branch of a union, or in the only field
/// of a record.
fn find<'s>(kind: &'s Kind, takes: &dyn Fn(&Kind) -> bool) -> Option<Place<'s>> {
    let steps = |step, mut place: Place<'s>| {
        place.steps.insert(0, step);
        place
    };
    match kind {
        kind if takes(kind) => Some(Place {
            kind,
            steps: Vec::new(),
        }),
        Kind::Union(branches) => {
            let index = match branches.iter().position(|branch| takes(&branch.kind)) {
                Some(index) => index,
                None => only_branch(branches)?,
            };
            let place = find(&branches[index].kind, takes)?;
            Some(steps(Step::Branch(index), place))
        }
        Kind::Record(record) => {
            let place = find(only_field(record)?, takes)?;
            Some(steps(Step::OnlyField(record), place))
        }
        _ => None,
    }
}

/// The branch that is not null, if there is just one.
fn only_branch(branches: &[Shape]) -> Option<usize> {
    let is_value = |(_, branch): &(usize, &Shape)| !matches!(branch.kind, Kind::Null);
    let mut values = branches.iter().enumerate().filter(is_value);
    let (index, _) = values.next()?;
    values.next().is_none().then_some(index)
}

fn only_field(record: &Record) -> Option<&Kind> {
    match &*record.fields {
        [field] => Some(&field.shape.kind),
        _ => None,
    }
}

fn is_record_named(kind: &Kind, name: &str) -> bool {
    matches!(kind, Kind::Record(record) if record.name.short == name)
}

impl<'s> ShapeSerializer<'s> {
    pub(super) fn new(kind: &'s Kind, refusals: &'s Refusals) -> Self {
        Self { kind, refusals }
    }

    fn refuse(&self, what: &str) -> Refused {
        let kind = self.kind.name();
        self.refusals
            .refuse(format_args!("{what} does not fit the schema's {kind}"))
    }

    fn find(&self, what: &str, takes: &dyn Fn(&Kind) -> bool) -> Result<Place<'s>, Refused> {
        find(self.kind, takes).ok_or_else(|| self.refuse(what))
    }

    fn put(
        self,
        what: &str,
        value: Datum<'static>,
        takes: &dyn Fn(&Kind) -> bool,
    ) -> Result<Datum<'static>, Refused> {
        Ok(self.find(what, takes)?.wrap(value))
    }

    fn integer(self, value: impl TryInto<i64>) -> Result<Datum<'static>, Refused> {
        let value = value.try_into().map_err(|_| {
            self.refusals
                .refuse("an integer is over the range of a long, which has 63 bits and a sign")
        })?;
        let is_int = i32::try_from(value).is_ok();
        self.put("an integer", Datum::Long(value), &|kind| {
            matches!(kind, Kind::Long) || is_int && matches!(kind, Kind::Int)
        })
    }

    /// Nothing is taken for an empty value of the only field: it could not be told from none.
    fn nothing(self, what: &str) -> Result<Datum<'static>, Refused> {
        let place = self.find(what, &|kind| matches!(kind, Kind::Null))?;
        if place
            .steps
            .iter()
            .any(|step| matches!(step, Step::OnlyField(_)))
        {
            return Err(self.refuse(what));
        }
        Ok(place.wrap(Datum::Null))
    }

    fn elements(self, what: &str, takes: &dyn Fn(&Kind) -> bool) -> Result<Elements<'s>, Refused> {
        Ok(Elements {
            place: self.find(what, takes)?,
            values: Vec::new(),
            refusals: self.refusals,
        })
    }

    fn tuple(self, len: usize) -> Result<Elements<'s>, Refused> {
        self.elements("a tuple", &|kind| match kind {
            Kind::Record(record) => record.fields.len() == len,
            Kind::Array(_) | Kind::Bytes => true,
            Kind::Fixed(fixed) => fixed.size == len,
            _ => false,
        })
    }

    /// The record that is named as the value is, and otherwise the only one.
    fn fields(self, what: &str, name: &str) -> Result<Fields<'s>, Refused> {
        let place = match find(self.kind, &|kind| is_record_named(kind, name)) {
            Some(place) => place,
            None => self.find(what, &|kind| matches!(kind, Kind::Record(_) | Kind::Map(_)))?,
        };
        Ok(Fields::new(place, self.refusals))
    }

    /// The place for the content of an enum's variant.
    fn variant(self, variant: &str) -> Result<(Place<'s>, Self), Refused> {
        let place = self.find("a variant of an enum", &|kind| {
            is_record_named(kind, variant)
        })?;
        let content = Self::new(place.kind, self.refusals);
        Ok((place, content))
    }
}

impl<'s> Serializer for ShapeSerializer<'s> {
    type Ok = Datum<'static>;
    type Error = Refused;
    type SerializeSeq = Elements<'s>;
    type SerializeTuple = Elements<'s>;
    type SerializeTupleStruct = Elements<'s>;
    type SerializeTupleVariant = Variant<'s, Elements<'s>>;
    type SerializeMap = Fields<'s>;
    type SerializeStruct = Fields<'s>;
    type SerializeStructVariant = Variant<'s, Fields<'s>>;

    fn is_human_readable(&self) -> bool {
        false
    }

    fn serialize_bool(self, value: bool) -> Result<Datum<'static>, Refused> {
        self.put("a boolean", Datum::Boolean(value), &|kind| {
            matches!(kind, Kind::Boolean)
        })
    }

    fn serialize_i8(self, value: i8) -> Result<Datum<'static>, Refused> {
        self.integer(value)
    }

    fn serialize_i16(self, value: i16) -> Result<Datum<'static>, Refused> {
        self.integer(value)
    }

    fn serialize_i32(self, value: i32) -> Result<Datum<'static>, Refused> {
        self.integer(value)
    }

    fn serialize_i64(self, value: i64) -> Result<Datum<'static>, Refused> {
        self.integer(value)
    }

    fn serialize_i128(self, value: i128) -> Result<Datum<'static>, Refused> {
        self.integer(value)
    }

    fn serialize_u8(self, value: u8) -> Result<Datum<'static>, Refused> {
        self.integer(value)
    }

    fn serialize_u16(self, value: u16) -> Result<Datum<'static>, Refused> {
        self.integer(value)
    }

    fn serialize_u32(self, value: u32) -> Result<Datum<'static>, Refused> {
        self.integer(value)
    }

    fn serialize_u64(self, value: u64) -> Result<Datum<'static>, Refused> {
        self.integer(value)
    }

    fn serialize_u128(self, value: u128) -> Result<Datum<'static>, Refused> {
        self.integer(value)
    }

    fn serialize_f32(self, value: f32) -> Result<Datum<'static>, Refused> {
        match find(self.kind, &|kind| matches!(kind, Kind::Float)) {
            Some(place) => Ok(place.wrap(Datum::Float(value))),
            None => self.serialize_f64(value.into()),
        }
    }

    fn serialize_f64(self, value: f64) -> Result<Datum<'static>, Refused> {
        self.put("a number", Datum::Double(value), &|kind| {
            matches!(kind, Kind::Double)
        })
    }

    fn serialize_char(self, value: char) -> Result<Datum<'static>, Refused> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, value: &str) -> Result<Datum<'static>, Refused> {
        let place = self.find("a text", &|kind| match kind {
            Kind::String => true,
            Kind::Enum(symbols) => symbols.index(value).is_some(),
            _ => false,
        })?;
        Ok(place.wrap(match place.kind {
            Kind::Enum(symbols) => {
                let index = symbols.index(value).ok_or_else(|| self.refuse("a text"))?;
                Datum::Enum(symbols.clone(), index)
            }
            _ => Datum::Text(value.to_owned().into()),
        }))
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<Datum<'static>, Refused> {
        let place = self.find("bytes", &|kind| takes_bytes(kind, value.len()))?;
        let bytes = value.to_vec().into();
        Ok(place.wrap(match place.kind {
            Kind::Fixed(_) => Datum::Fixed(bytes),
            _ => Datum::Bytes(bytes),
        }))
    }

    fn serialize_none(self) -> Result<Datum<'static>, Refused> {
        self.nothing("an empty option")
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Datum<'static>, Refused> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<Datum<'static>, Refused> {
        self.nothing("a unit")
    }

    fn serialize_unit_struct(self, name: &'static str) -> Result<Datum<'static>, Refused> {
        match find(self.kind, &|kind| matches!(kind, Kind::Null)) {
            Some(_) => self.serialize_unit(),
            None => self.fields("a unit", name)?.finish(),
        }
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<Datum<'static>, Refused> {
        let symbol =
            |kind: &Kind| matches!(kind, Kind::Enum(symbols) if symbols.index(variant).is_some());
        if let Some(place) = find(self.kind, &symbol)
            && let Kind::Enum(symbols) = place.kind
            && let Some(index) = symbols.index(variant)
        {
            return Ok(place.wrap(Datum::Enum(symbols.clone(), index)));
        }
        if let Some(place) = find(self.kind, &|kind| is_record_named(kind, variant)) {
            return Fields::new(place, self.refusals).finish();
        }
        let text = Datum::Text(variant.into());
        self.put("a variant of an enum", text, &|kind| {
            matches!(kind, Kind::String)
        })
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<Datum<'static>, Refused> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<Datum<'static>, Refused> {
        let (place, content) = self.variant(variant)?;
        Ok(place.wrap(value.serialize(content)?))
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Elements<'s>, Refused> {
        self.elements("a list", &|kind| {
            matches!(kind, Kind::Array(_) | Kind::Bytes | Kind::Fixed(_))
        })
    }

    fn serialize_tuple(self, len: usize) -> Result<Elements<'s>, Refused> {
        self.tuple(len)
    }

    fn serialize_tuple_struct(self, _: &'static str, len: usize) -> Result<Elements<'s>, Refused> {
        self.tuple(len)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Variant<'s, Elements<'s>>, Refused> {
        let (place, content) = self.variant(variant)?;
        let content = content.tuple(len)?;
        Ok(Variant { place, content })
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Fields<'s>, Refused> {
        match find(self.kind, &|kind| matches!(kind, Kind::Map(_))) {
            Some(place) => Ok(Fields::new(place, self.refusals)),
            None => self.fields("a map", ""),
        }
    }

    fn serialize_struct(self, name: &'static str, _: usize) -> Result<Fields<'s>, Refused> {
        self.fields("a struct", name)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Variant<'s, Fields<'s>>, Refused> {
        let (place, content) = self.variant(variant)?;
        let content = content.fields("a variant of an enum", variant)?;
        Ok(Variant { place, content })
    }
}

fn takes_bytes(kind: &Kind, len: usize) -> bool {
    match kind {
        Kind::Bytes => true,
        Kind::Fixed(fixed) => fixed.size == len,
        _ => false,
    }
}

/// The values of a list or a tuple.
pub(super) struct Elements<'s> {
    place: Place<'s>,
    values: Vec<Datum<'static>>,
    refusals: &'s Refusals,
}

impl Elements<'_> {
    fn push<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Refused> {
        let kind = match self.place.kind {
            Kind::Array(items) => &items.kind,
            Kind::Record(record) => match record.fields.get(self.values.len()) {
                Some(field) => &field.shape.kind,
                None => return Err(self.refusals.refuse("a tuple has too many values")),
            },
            _ => &Kind::Int,
        };
        let value = value.serialize(ShapeSerializer::new(kind, self.refusals))?;
        self.values.push(value);
        Ok(())
    }

    fn finish(self) -> Result<Datum<'static>, Refused> {
        let value = match self.place.kind {
            Kind::Bytes => Datum::Bytes(self.bytes()?.into()),
            Kind::Fixed(fixed) if fixed.size == self.values.len() => {
                Datum::Fixed(self.bytes()?.into())
            }
            Kind::Fixed(_) => {
                return Err(self
                    .refusals
                    .refuse("bytes are not as many as the schema's"));
            }
            Kind::Record(record) if record.fields.len() == self.values.len() => {
                Datum::Record(record.clone(), self.values)
            }
            Kind::Record(_) => return Err(self.refusals.refuse("a tuple has too few values")),
            _ => Datum::Array(self.values),
        };
        Ok(self.place.wrap(value))
    }

    fn bytes(&self) -> Result<Vec<u8>, Refused> {
        let byte = |value: &Datum<'_>| match value {
            Datum::Long(value) => u8::try_from(*value).ok(),
            _ => None,
        };
        let bytes = self.values.iter().map(byte).collect::<Option<_>>();
        bytes.ok_or_else(|| self.refusals.refuse("a list of other values than bytes"))
    }
}

impl SerializeSeq for Elements<'_> {
    type Ok = Datum<'static>;
    type Error = Refused;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Refused> {
        self.push(value)
    }

    fn end(self) -> Result<Datum<'static>, Refused> {
        self.finish()
    }
}

impl SerializeTuple for Elements<'_> {
    type Ok = Datum<'static>;
    type Error = Refused;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Refused> {
        self.push(value)
    }

    fn end(self) -> Result<Datum<'static>, Refused> {
        self.finish()
    }
}

impl SerializeTupleStruct for Elements<'_> {
    type Ok = Datum<'static>;
    type Error = Refused;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Refused> {
        self.push(value)
    }

    fn end(self) -> Result<Datum<'static>, Refused> {
        self.finish()
    }
}

/// The fields of a struct or the entries of a map.
pub(super) struct Fields<'s> {
    place: Place<'s>,
    values: Values,
    /// The key of an entry that has no value yet.
    key: Option<String>,
    refusals: &'s Refusals,
}

enum Values {
    /// In the order of the schema.
    Record(Vec<Option<Datum<'static>>>),
    Map(Vec<(String, Datum<'static>)>),
}

impl<'s> Fields<'s> {
    fn new(place: Place<'s>, refusals: &'s Refusals) -> Self {
        let values = match place.kind {
            Kind::Record(record) => Values::Record(vec![None; record.fields.len()]),
            _ => Values::Map(Vec::new()),
        };
        Self {
            place,
            values,
            key: None,
            refusals,
        }
    }

    fn put<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> Result<(), Refused> {
        match (&mut self.values, self.place.kind) {
            (Values::Record(values), Kind::Record(record)) => {
                let index = record.fields.iter().position(|field| field.name == name);
                let index =
                    index.ok_or_else(|| self.refusals.refuse("the schema has no such field"))?;
                let kind = &record.fields[index].shape.kind;
                let value = value.serialize(ShapeSerializer::new(kind, self.refusals))?;
                values[index] = Some(value);
            }
            (Values::Map(entries), Kind::Map(of)) => {
                let value = value.serialize(ShapeSerializer::new(&of.kind, self.refusals))?;
                entries.push((name.to_owned(), value));
            }
            _ => return Err(self.refusals.refuse("the schema has no fields here")),
        }
        Ok(())
    }

    fn finish(self) -> Result<Datum<'static>, Refused> {
        let value = match (self.values, self.place.kind) {
            (Values::Record(values), Kind::Record(record)) => {
                let fields = record.fields.iter().zip(values);
                let fields = fields.map(|(field, value)| {
                    value.or_else(|| field.default.clone()).ok_or_else(|| {
                        let name = &field.name;
                        let problem = format_args!("field `{name}` of the schema is not there");
                        self.refusals.refuse(problem)
                    })
                });
                Datum::Record(record.clone(), fields.collect::<Result<_, _>>()?)
            }
            (Values::Map(entries), _) => {
                let entries = entries.into_iter();
                Datum::Map(entries.map(|(key, value)| (key.into(), value)).collect())
            }
            _ => return Err(self.refusals.refuse("the schema has no fields here")),
        };
        Ok(self.place.wrap(value))
    }
}

impl SerializeStruct for Fields<'_> {
    type Ok = Datum<'static>;
    type Error = Refused;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), Refused> {
        self.refusals.path.borrow_mut().push(name);
        self.put(name, value)?;
        self.refusals.path.borrow_mut().pop();
        Ok(())
    }

    fn end(self) -> Result<Datum<'static>, Refused> {
        self.finish()
    }
}

impl SerializeMap for Fields<'_> {
    type Ok = Datum<'static>;
    type Error = Refused;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Refused> {
        let key = key.serialize(ShapeSerializer::new(&Kind::String, self.refusals))?;
        match key {
            Datum::Text(key) => self.key = Some(key.into_owned()),
            _ => return Err(self.refusals.refuse("a key of a map is not a text")),
        }
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Refused> {
        let key = self.key.take();
        let key = key.ok_or_else(|| self.refusals.refuse("a map has a value without a key"))?;
        self.put(&key, value)
    }

    fn end(self) -> Result<Datum<'static>, Refused> {
        self.finish()
    }
}

/// The content of an enum's variant, and where it goes.
pub(super) struct Variant<'s, C> {
    place: Place<'s>,
    content: C,
}

impl SerializeTupleVariant for Variant<'_, Elements<'_>> {
    type Ok = Datum<'static>;
    type Error = Refused;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Refused> {
        self.content.push(value)
    }

    fn end(self) -> Result<Datum<'static>, Refused> {
        Ok(self.place.wrap(self.content.finish()?))
    }
}

impl SerializeStructVariant for Variant<'_, Fields<'_>> {
    type Ok = Datum<'static>;
    type Error = Refused;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), Refused> {
        SerializeStruct::serialize_field(&mut self.content, name, value)
    }

    fn end(self) -> Result<Datum<'static>, Refused> {
        Ok(self.place.wrap(self.content.finish()?))
    }
}

//! What a schema says about the bytes: with its references followed, so that reading needs no
//! names.

use std::collections::HashMap;
use std::sync::Arc;

use apache_avro::Schema;
use apache_avro::schema::{
    Aliases, DecimalSchema, EnumSchema, FixedSchema, InnerDecimalSchema, Name, RecordField,
    RecordSchema, UuidSchema,
};

use super::datum::Datum;
use super::defaults::from_json;

/// How deep schemas may nest.
const MAX_DEPTH: usize = 64;

/// A schema without what does not matter for reading and writing.
#[derive(Debug, Clone)]
pub(super) struct Shape {
    pub(super) kind: Kind,
    /// The logical type, with its parameters: the same bytes mean something else under another.
    pub(super) logical: Option<String>,
}

#[derive(Debug, Clone)]
pub(super) enum Kind {
    Null,
    Boolean,
    Int,
    Long,
    Float,
    Double,
    Bytes,
    String,
    Fixed(Arc<Fixed>),
    Enum(Arc<Enum>),
    Array(Arc<Shape>),
    Map(Arc<Shape>),
    Record(Arc<Record>),
    Union(Arc<[Shape]>),
}

impl Kind {
    /// The name that the specification gives this kind of type.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Boolean => "boolean",
            Self::Int => "int",
            Self::Long => "long",
            Self::Float => "float",
            Self::Double => "double",
            Self::Bytes => "bytes",
            Self::String => "string",
            Self::Fixed(_) => "fixed",
            Self::Enum(_) => "enum",
            Self::Array(_) => "array",
            Self::Map(_) => "map",
            Self::Record(_) => "record",
            Self::Union(_) => "union",
        }
    }

    pub(super) fn named(&self) -> Option<&Named> {
        match self {
            Self::Fixed(fixed) => Some(&fixed.name),
            Self::Enum(symbols) => Some(&symbols.name),
            Self::Record(record) => Some(&record.name),
            _ => None,
        }
    }
}

/// The name of a record, an enum or a fixed.
#[derive(Debug)]
pub(super) struct Named {
    pub(super) short: String,
    full: String,
    /// Full names.
    aliases: Vec<String>,
}

impl Named {
    /// Whether a reader with this name reads what was written under the other.
    pub(super) fn reads(&self, writer: &Self) -> bool {
        self.short == writer.short || self.aliases.contains(&writer.full)
    }
}

#[derive(Debug)]
pub(super) struct Fixed {
    pub(super) name: Named,
    pub(super) size: usize,
}

#[derive(Debug)]
pub(super) struct Enum {
    pub(super) name: Named,
    pub(super) symbols: Vec<String>,
    /// What a reader takes an unknown symbol for.
    pub(super) default: Option<usize>,
}

impl Enum {
    pub(super) fn index(&self, symbol: &str) -> Option<usize> {
        self.symbols.iter().position(|known| known == symbol)
    }
}

#[derive(Debug)]
pub(super) struct Record {
    pub(super) name: Named,
    pub(super) fields: Vec<Field>,
}

#[derive(Debug)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) aliases: Vec<String>,
    pub(super) shape: Shape,
    pub(super) default: Option<Datum<'static>>,
}

/// Why a schema is not taken.
#[derive(Debug, thiserror::Error)]
pub(super) enum ShapeError {
    #[error("type {0} is not defined before it is used")]
    Unknown(String),
    #[error("type {0} holds itself, and bytes could nest it without bound")]
    Recursive(String),
    #[error("types nest more than {MAX_DEPTH} deep")]
    TooDeep,
    #[error("the default of field {field} of {record} is not one of its type")]
    Default { record: String, field: String },
}

impl Shape {
    pub(super) fn of(schema: &Schema) -> Result<Self, ShapeError> {
        Shapes::default().shape(schema, 0)
    }
}

/// The named types on the way through a schema. One that is not finished yet is `None`.
#[derive(Default)]
struct Shapes(HashMap<String, Option<Kind>>);

impl Shapes {
    fn shape(&mut self, schema: &Schema, depth: usize) -> Result<Shape, ShapeError> {
        if depth > MAX_DEPTH {
            return Err(ShapeError::TooDeep);
        }
        Ok(Shape {
            kind: self.kind(schema, depth)?,
            logical: logical(schema),
        })
    }

    fn kind(&mut self, schema: &Schema, depth: usize) -> Result<Kind, ShapeError> {
        Ok(match schema {
            Schema::Null => Kind::Null,
            Schema::Boolean => Kind::Boolean,
            Schema::Int | Schema::Date | Schema::TimeMillis => Kind::Int,
            Schema::Long
            | Schema::TimeMicros
            | Schema::TimestampMillis
            | Schema::TimestampMicros
            | Schema::TimestampNanos
            | Schema::LocalTimestampMillis
            | Schema::LocalTimestampMicros
            | Schema::LocalTimestampNanos => Kind::Long,
            Schema::Float => Kind::Float,
            Schema::Double => Kind::Double,
            Schema::Bytes
            | Schema::BigDecimal
            | Schema::Decimal(DecimalSchema {
                inner: InnerDecimalSchema::Bytes,
                ..
            })
            | Schema::Uuid(UuidSchema::Bytes) => Kind::Bytes,
            Schema::String | Schema::Uuid(UuidSchema::String) => Kind::String,
            Schema::Fixed(fixed)
            | Schema::Duration(fixed)
            | Schema::Uuid(UuidSchema::Fixed(fixed))
            | Schema::Decimal(DecimalSchema {
                inner: InnerDecimalSchema::Fixed(fixed),
                ..
            }) => self.fixed(fixed),
            Schema::Enum(symbols) => self.symbols(symbols),
            Schema::Array(array) => Kind::Array(Arc::new(self.shape(&array.items, depth + 1)?)),
            Schema::Map(map) => Kind::Map(Arc::new(self.shape(&map.types, depth + 1)?)),
            Schema::Record(record) => self.record(record, depth)?,
            Schema::Union(union) => {
                let branches = union.variants().iter();
                let branches = branches.map(|branch| self.shape(branch, depth + 1));
                Kind::Union(branches.collect::<Result<_, _>>()?)
            }
            Schema::Ref { name } => self.reference(name)?,
        })
    }

    fn reference(&self, name: &Name) -> Result<Kind, ShapeError> {
        let name = name.fullname(None);
        match self.0.get(&name) {
            Some(Some(kind)) => Ok(kind.clone()),
            Some(None) => Err(ShapeError::Recursive(name)),
            None => Err(ShapeError::Unknown(name)),
        }
    }

    fn define(&mut self, name: &Name, kind: Kind) -> Kind {
        self.0.insert(name.fullname(None), Some(kind.clone()));
        kind
    }

    fn fixed(&mut self, schema: &FixedSchema) -> Kind {
        let fixed = Fixed {
            name: named(&schema.name, &schema.aliases),
            size: schema.size,
        };
        self.define(&schema.name, Kind::Fixed(Arc::new(fixed)))
    }

    fn symbols(&mut self, schema: &EnumSchema) -> Kind {
        let position = |symbol| schema.symbols.iter().position(|known| known == symbol);
        let symbols = Enum {
            name: named(&schema.name, &schema.aliases),
            symbols: schema.symbols.clone(),
            default: schema.default.as_ref().and_then(position),
        };
        self.define(&schema.name, Kind::Enum(Arc::new(symbols)))
    }

    fn record(&mut self, schema: &RecordSchema, depth: usize) -> Result<Kind, ShapeError> {
        self.0.insert(schema.name.fullname(None), None);
        let fields = schema.fields.iter();
        let fields = fields.map(|field| self.field(schema, field, depth));
        let record = Record {
            fields: fields.collect::<Result<_, _>>()?,
            name: named(&schema.name, &schema.aliases),
        };
        Ok(self.define(&schema.name, Kind::Record(Arc::new(record))))
    }

    fn field(
        &mut self,
        record: &RecordSchema,
        field: &RecordField,
        depth: usize,
    ) -> Result<Field, ShapeError> {
        let shape = self.shape(&field.schema, depth + 1)?;
        let default = match &field.default {
            None => None,
            Some(json) => {
                Some(
                    from_json(&shape.kind, json).ok_or_else(|| ShapeError::Default {
                        record: record.name.fullname(None),
                        field: field.name.clone(),
                    })?,
                )
            }
        };
        Ok(Field {
            name: field.name.clone(),
            aliases: field.aliases.clone(),
            shape,
            default,
        })
    }
}

fn named(name: &Name, aliases: &Aliases) -> Named {
    let aliases = aliases.iter().flatten();
    Named {
        short: name.name().to_owned(),
        full: name.fullname(None),
        aliases: aliases
            .map(|alias| alias.fullname(name.namespace()))
            .collect(),
    }
}

fn logical(schema: &Schema) -> Option<String> {
    let name = match schema {
        Schema::Decimal(DecimalSchema {
            precision, scale, ..
        }) => return Some(format!("decimal({precision},{scale})")),
        Schema::BigDecimal => "big-decimal",
        Schema::Uuid(_) => "uuid",
        Schema::Date => "date",
        Schema::TimeMillis => "time-millis",
        Schema::TimeMicros => "time-micros",
        Schema::TimestampMillis => "timestamp-millis",
        Schema::TimestampMicros => "timestamp-micros",
        Schema::TimestampNanos => "timestamp-nanos",
        Schema::LocalTimestampMillis => "local-timestamp-millis",
        Schema::LocalTimestampMicros => "local-timestamp-micros",
        Schema::LocalTimestampNanos => "local-timestamp-nanos",
        Schema::Duration(_) => "duration",
        _ => return None,
    };
    Some(name.to_owned())
}

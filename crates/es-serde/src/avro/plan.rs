//! How to read what one schema wrote as another says
//! ([schema resolution](https://avro.apache.org/docs/1.12.0/specification/#schema-resolution)).
//!
//! A plan is made once for each pair of schemas. Aliases, defaults and promotions are decided
//! here; reading only follows.

use std::sync::Arc;

use super::AvroIncompatible;
use super::datum::Datum;
use super::shape::{Enum, Field, Kind, Record, Shape};

#[derive(Debug)]
pub(super) enum Plan {
    Null,
    Boolean,
    Number {
        written: Number,
        read: Number,
    },
    /// Bytes or a string, which are written alike.
    Bytes,
    String,
    Fixed(usize),
    /// For each written symbol, the one to read.
    Enum(Arc<Enum>, Vec<Option<usize>>),
    Array(Box<Plan>),
    Map(Box<Plan>),
    Record(RecordPlan),
    /// A branch without a plan cannot be read.
    WrittenUnion(Vec<Option<Plan>>),
}

#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub(super) enum Number {
    Int,
    Long,
    Float,
    Double,
}

#[derive(Debug)]
pub(super) struct RecordPlan {
    pub(super) record: Arc<Record>,
    /// In the order of writing; a field without a place is read and forgotten.
    pub(super) written: Vec<(Plan, Option<usize>)>,
    pub(super) defaults: Vec<(usize, Datum<'static>)>,
}

/// Makes plans, and notes where it is.
#[derive(Debug, Default)]
pub(super) struct Planner {
    path: Vec<String>,
    /// What is only wrong with some of the values that can be written.
    partial: Vec<AvroIncompatible>,
}

impl Planner {
    /// A plan that reads whatever can be read.
    pub(super) fn plan(writer: &Shape, reader: &Shape) -> Result<Plan, AvroIncompatible> {
        Self::default().resolve(writer, reader)
    }

    /// A plan that reads everything that the writer can write.
    pub(super) fn whole_plan(writer: &Shape, reader: &Shape) -> Result<Plan, AvroIncompatible> {
        let mut planner = Self::default();
        let plan = planner.resolve(writer, reader)?;
        match planner.partial.into_iter().next() {
            Some(problem) => Err(problem),
            None => Ok(plan),
        }
    }

    fn resolve(&mut self, writer: &Shape, reader: &Shape) -> Result<Plan, AvroIncompatible> {
        match (&writer.kind, &reader.kind) {
            (Kind::Union(branches), _) => self.written_union(branches, reader),
            (_, Kind::Union(branches)) => self.read_union(writer, branches),
            (written, read) => {
                self.check_logical(writer, reader)?;
                self.check_names(written, read)?;
                self.resolve_kind(written, read)
            }
        }
    }

    fn resolve_kind(&mut self, writer: &Kind, reader: &Kind) -> Result<Plan, AvroIncompatible> {
        if let (Some(written), Some(read)) = (number(writer), number(reader)) {
            return if written <= read {
                Ok(Plan::Number { written, read })
            } else {
                Err(self.mismatch(writer, reader))
            };
        }
        match (writer, reader) {
            (Kind::Null, Kind::Null) => Ok(Plan::Null),
            (Kind::Boolean, Kind::Boolean) => Ok(Plan::Boolean),
            (Kind::Bytes | Kind::String, Kind::Bytes) => Ok(Plan::Bytes),
            (Kind::Bytes | Kind::String, Kind::String) => Ok(Plan::String),
            (Kind::Fixed(written), Kind::Fixed(read)) => {
                if written.size == read.size {
                    Ok(Plan::Fixed(read.size))
                } else {
                    let (written, read) = (written.size, read.size);
                    Err(self.problem(format!("{written} bytes are written and {read} read")))
                }
            }
            (Kind::Enum(written), Kind::Enum(read)) => Ok(self.symbols(written, read)),
            (Kind::Array(written), Kind::Array(read)) => {
                let items = self.at("[]", |planner| planner.resolve(written, read))?;
                Ok(Plan::Array(Box::new(items)))
            }
            (Kind::Map(written), Kind::Map(read)) => {
                let values = self.at("{}", |planner| planner.resolve(written, read))?;
                Ok(Plan::Map(Box::new(values)))
            }
            (Kind::Record(written), Kind::Record(read)) => self.record(written, read),
            _ => Err(self.mismatch(writer, reader)),
        }
    }

    /// The values of every branch that can be read are; what cannot is an error when it comes.
    fn written_union(
        &mut self,
        branches: &[Shape],
        reader: &Shape,
    ) -> Result<Plan, AvroIncompatible> {
        let mut plans = Vec::with_capacity(branches.len());
        let mut problems = Vec::new();
        for branch in branches {
            match self.resolve(branch, reader) {
                Ok(plan) => plans.push(Some(plan)),
                Err(problem) => {
                    problems.push(problem);
                    plans.push(None);
                }
            }
        }
        if plans.iter().any(Option::is_some) {
            self.partial.append(&mut problems);
            return Ok(Plan::WrittenUnion(plans));
        }
        match problems.into_iter().next() {
            Some(problem) => Err(problem),
            None => Ok(Plan::WrittenUnion(plans)),
        }
    }

    /// The first branch of the same type, and otherwise the first one that can be read into.
    fn read_union(&mut self, writer: &Shape, branches: &[Shape]) -> Result<Plan, AvroIncompatible> {
        let same = branches.iter().filter(|branch| is_same(writer, branch));
        let other = branches.iter().filter(|branch| !is_same(writer, branch));
        let mut first = None;
        for branch in same.chain(other) {
            let partial = self.partial.len();
            match self.resolve(writer, branch) {
                Ok(plan) => return Ok(plan),
                Err(problem) => {
                    self.partial.truncate(partial);
                    first = first.or_else(|| is_same(writer, branch).then_some(problem));
                }
            }
        }
        let written = writer.kind.name();
        Err(first
            .unwrap_or_else(|| self.problem(format!("no branch of the union reads a {written}"))))
    }

    fn symbols(&mut self, writer: &Enum, reader: &Arc<Enum>) -> Plan {
        let mut places = Vec::with_capacity(writer.symbols.len());
        for symbol in &writer.symbols {
            let place = reader.index(symbol).or(reader.default);
            if place.is_none() {
                let problem = format!("symbol {symbol} is not known and there is no default");
                let problem = self.problem(problem);
                self.partial.push(problem);
            }
            places.push(place);
        }
        Plan::Enum(reader.clone(), places)
    }

    fn record(&mut self, writer: &Record, reader: &Arc<Record>) -> Result<Plan, AvroIncompatible> {
        let places = places(writer, reader);
        let mut written = Vec::with_capacity(writer.fields.len());
        for (field, place) in writer.fields.iter().zip(&places) {
            let read = place.map_or(&field.shape, |place| &reader.fields[place].shape);
            let plan = self.at(&field.name, |planner| planner.resolve(&field.shape, read))?;
            written.push((plan, *place));
        }
        let missing = (0..reader.fields.len()).filter(|place| !places.contains(&Some(*place)));
        let defaults = missing
            .map(|place| Ok((place, self.default_of(&reader.fields[place])?)))
            .collect::<Result<_, _>>()?;
        Ok(Plan::Record(RecordPlan {
            record: reader.clone(),
            written,
            defaults,
        }))
    }

    fn default_of(&mut self, field: &Field) -> Result<Datum<'static>, AvroIncompatible> {
        self.at(&field.name, |planner| {
            field
                .default
                .clone()
                .ok_or_else(|| planner.problem("it is not written and has no default".to_owned()))
        })
    }

    fn check_logical(&self, writer: &Shape, reader: &Shape) -> Result<(), AvroIncompatible> {
        match (&writer.logical, &reader.logical) {
            (Some(written), Some(read)) if written != read => {
                Err(self.problem(format!("{written} is written and {read} read")))
            }
            _ => Ok(()),
        }
    }

    fn check_names(&self, writer: &Kind, reader: &Kind) -> Result<(), AvroIncompatible> {
        let (Some(written), Some(read)) = (writer.named(), reader.named()) else {
            return Ok(());
        };
        if read.reads(written) || writer.name() != reader.name() {
            return Ok(());
        }
        Err(self.problem(format!(
            "{} {} is written and {} {} read, which is no alias",
            writer.name(),
            written.short,
            reader.name(),
            read.short
        )))
    }

    fn mismatch(&self, writer: &Kind, reader: &Kind) -> AvroIncompatible {
        let (written, read) = (writer.name(), reader.name());
        self.problem(format!("{written} is written and {read} read"))
    }

    fn problem(&self, problem: String) -> AvroIncompatible {
        AvroIncompatible::new(&self.path, problem)
    }

    fn at<T>(&mut self, name: &str, f: impl FnOnce(&mut Self) -> T) -> T {
        self.path.push(name.to_owned());
        let result = f(self);
        self.path.pop();
        result
    }
}

/// For each written field, the field that reads it: by its name, and otherwise by its aliases.
fn places(writer: &Record, reader: &Record) -> Vec<Option<usize>> {
    let named = |name: &String| reader.fields.iter().position(|field| field.name == *name);
    let mut places: Vec<_> = writer
        .fields
        .iter()
        .map(|field| named(&field.name))
        .collect();
    for (index, field) in writer.fields.iter().enumerate() {
        let free = |place: usize| !places.contains(&Some(place));
        let by_alias = |(place, read): (usize, &Field)| {
            (read.aliases.contains(&field.name) && free(place)).then_some(place)
        };
        if places[index].is_none() {
            places[index] = reader.fields.iter().enumerate().find_map(by_alias);
        }
    }
    places
}

fn number(kind: &Kind) -> Option<Number> {
    match kind {
        Kind::Int => Some(Number::Int),
        Kind::Long => Some(Number::Long),
        Kind::Float => Some(Number::Float),
        Kind::Double => Some(Number::Double),
        _ => None,
    }
}

fn is_same(writer: &Shape, reader: &Shape) -> bool {
    let same_kind = writer.kind.name() == reader.kind.name();
    same_kind
        && match (writer.kind.named(), reader.kind.named()) {
            (Some(written), Some(read)) => read.reads(written),
            _ => true,
        }
}

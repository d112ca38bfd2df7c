//! The event that the user defined, once all of it is known to be sound.

use syn::{Data, DataEnum, DeriveInput, Error, Fields, Generics, Ident, Path, Variant};

use crate::attributes::{EventAttributes, Place};
use crate::crate_path;
use crate::event_type::{EventType, refuse_same_names};
use crate::privacy::{self, EventPrivacy, Owner};
use crate::problems::Problems;
use crate::serde_attributes;
use crate::serde_names::FieldNames;
use crate::stand_ins::{self, StandIn};

/// Which functions of es-core write and read the content.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    Enum,
    Struct,
    UnitStruct,
}

/// An enum or struct that can be stored.
pub(crate) struct Definition {
    pub(crate) ident: Ident,
    pub(crate) generics: Generics,
    pub(crate) shape: Shape,
    pub(crate) types: Vec<EventType>,
    pub(crate) core: Path,
}

impl Definition {
    /// Checks what was written.
    ///
    /// # Errors
    /// All problems at once, each at its place.
    pub(crate) fn new(input: DeriveInput) -> syn::Result<Self> {
        let mut problems = Problems::default();
        refuse_lifetimes(&input.generics, &mut problems);
        match &input.data {
            Data::Enum(data) => Self::of_enum(&input, data, problems),
            Data::Struct(data) => Self::of_struct(&input, &data.fields, problems),
            Data::Union(data) => Err(Error::new(
                data.union_token.span,
                format!(
                    "the union `{}` cannot be an event: write an enum or a struct",
                    input.ident
                ),
            )),
        }
    }

    fn of_enum(input: &DeriveInput, data: &DataEnum, mut problems: Problems) -> syn::Result<Self> {
        let place = format!("the event enum `{}`", input.ident);
        serde_attributes::refuse(&input.attrs, serde_attributes::ENUM, &place, &mut problems);
        let attributes = EventAttributes::new(&input.attrs, Place::Enum, &mut problems);
        if data.variants.is_empty() {
            let message =
                format!("{place} has no variants: add one for each thing that can happen");
            problems.push(Error::new(input.ident.span(), message));
        }
        let types = of_variants(input, data, &attributes, &mut problems);
        refuse_same_names(&types, &mut problems);
        Self::finish(input, Shape::Enum, types, &attributes, problems)
    }

    fn of_struct(
        input: &DeriveInput,
        fields: &Fields,
        mut problems: Problems,
    ) -> syn::Result<Self> {
        let (shape, refused) = match fields {
            Fields::Unit => (Shape::UnitStruct, serde_attributes::UNIT_STRUCT),
            Fields::Named(_) | Fields::Unnamed(_) => (Shape::Struct, serde_attributes::STRUCT),
        };
        let place = format!("the event struct `{}`", input.ident);
        serde_attributes::refuse(&input.attrs, refused, &place, &mut problems);
        let attributes = EventAttributes::new(&input.attrs, Place::Struct, &mut problems);
        let owner = Owner {
            place,
            attributes: &attributes,
            fields,
            names: FieldNames::of_struct(&input.attrs),
            inherited: None,
        };
        let mut event_type = EventType::new(&input.ident, &attributes, &mut problems);
        event_type.privacy = EventPrivacy::new(&owner, &mut problems);
        Self::finish(input, shape, vec![event_type], &attributes, problems)
    }

    fn finish(
        input: &DeriveInput,
        shape: Shape,
        types: Vec<EventType>,
        attributes: &EventAttributes,
        problems: Problems,
    ) -> syn::Result<Self> {
        let core = problems.finish(crate_path::find(attributes.crate_path.as_ref()))?;
        let (ident, generics) = (input.ident.clone(), input.generics.clone());
        Ok(Self {
            ident,
            generics,
            shape,
            types,
            core,
        })
    }
}

fn of_variants(
    input: &DeriveInput,
    data: &DataEnum,
    of_enum: &EventAttributes,
    problems: &mut Problems,
) -> Vec<EventType> {
    let subject = of_enum.subject.as_ref();
    privacy::refuse_unused(subject, data.variants.iter().map(|v| &v.fields), problems);
    let all = data.variants.iter();
    let attributes: Vec<_> = all
        .map(|variant| EventAttributes::new(&variant.attrs, Place::Variant, problems))
        .collect();
    let erased = attributes.iter().filter_map(|given| given.erased.as_ref());
    stand_ins::refuse_second(erased, problems);
    let unknown = attributes.iter().filter_map(|given| given.unknown.as_ref());
    stand_ins::refuse_second(unknown, problems);
    let all = data.variants.iter().zip(&attributes);
    all.map(|(variant, attributes)| {
        let place = format!("the event variant `{}`", variant.ident);
        let owner = Owner {
            place,
            attributes,
            fields: &variant.fields,
            names: FieldNames::of_variant(&variant.attrs, &input.attrs),
            inherited: subject,
        };
        of_variant(variant, &owner, problems)
    })
    .collect()
}

fn of_variant(variant: &Variant, owner: &Owner<'_>, problems: &mut Problems) -> EventType {
    let refused = serde_attributes::VARIANT;
    serde_attributes::refuse(&variant.attrs, refused, &owner.place, problems);
    let mut event_type = EventType::new(&variant.ident, owner.attributes, problems);
    if owner.attributes.is_stand_in() {
        event_type.stand_in = StandIn::new(variant, owner.attributes, problems);
    } else {
        event_type.privacy = EventPrivacy::new(owner, problems);
    }
    event_type
}

fn refuse_lifetimes(generics: &Generics, problems: &mut Problems) {
    for parameter in generics.lifetimes() {
        let lifetime = &parameter.lifetime;
        let message = format!("an event owns its data: remove the lifetime `{lifetime}`");
        problems.push(Error::new_spanned(lifetime, message));
    }
}

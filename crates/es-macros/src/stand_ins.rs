//! The variants that stand in for events that cannot be read, and are never stored.

use syn::{Error, Fields, Ident, LitStr, Type, Variant};

use crate::attributes::EventAttributes;
use crate::field_attributes;
use crate::problems::Problems;

/// What a variant stands in for.
pub(crate) enum StandIn {
    /// An event whose content was erased.
    Erased,
    /// An event that the program does not know, kept in a field of this type.
    Unknown(Box<Type>),
}

impl StandIn {
    /// What the variant stands in for, if it does.
    pub(crate) fn new(
        variant: &Variant,
        attributes: &EventAttributes,
        problems: &mut Problems,
    ) -> Option<Self> {
        let mark = attributes.erased.as_ref().or(attributes.unknown.as_ref())?;
        let place = format!("the stand-in `{}`", variant.ident);
        refuse_keys(attributes, &place, problems);
        field_attributes::refuse(&variant.fields, &place, problems);
        let stand_in = match (&attributes.erased, &attributes.unknown) {
            (Some(_), Some(second)) => Err(both(&variant.ident, second)),
            (Some(_), None) => of_erased(variant),
            (None, _) => of_unknown(variant, mark),
        };
        problems.keep(stand_in)
    }
}

/// Refuses the second of two variants that stand in for the same.
pub(crate) fn refuse_second<'a>(marks: impl Iterator<Item = &'a Ident>, problems: &mut Problems) {
    for second in marks.skip(1) {
        let message = format!("a variant marked `{second}` is there already: keep one");
        problems.push(Error::new(second.span(), message));
    }
}

fn of_erased(variant: &Variant) -> syn::Result<StandIn> {
    if matches!(variant.fields, Fields::Unit) {
        return Ok(StandIn::Erased);
    }
    let message = format!(
        "nothing is left to fill `{}` with once content was erased: remove its fields",
        variant.ident
    );
    Err(Error::new_spanned(&variant.fields, message))
}

fn of_unknown(variant: &Variant, mark: &Ident) -> syn::Result<StandIn> {
    let mut fields = variant.fields.iter();
    match (&variant.fields, fields.next(), fields.next()) {
        (Fields::Unnamed(_), Some(field), None) => Ok(StandIn::Unknown(Box::new(field.ty.clone()))),
        _ => Err(no_room(&variant.ident, mark)),
    }
}

fn no_room(variant: &Ident, mark: &Ident) -> Error {
    let message = format!(
        "`{variant}` must hold the event as it was recorded: write `{variant}(RecordedEvent)`, or \
         with a `Box` around it"
    );
    Error::new(mark.span(), message)
}

fn both(variant: &Ident, second: &Ident) -> Error {
    let message = format!("`{variant}` cannot stand in for both: use two variants");
    Error::new(second.span(), message)
}

/// Refuses what is said of stored content.
fn refuse_keys(attributes: &EventAttributes, place: &str, problems: &mut Problems) {
    let text = |key, given: &Option<LitStr>| given.as_ref().map(|text| (key, text.span()));
    let flag = |key, given: &Option<Ident>| given.as_ref().map(|flag| (key, flag.span()));
    let given = [
        text("version", &attributes.version),
        text("subject", &attributes.subject),
        flag("personal", &attributes.personal),
    ];
    for (key, span) in given.into_iter().flatten() {
        let message = format!("remove `{key}`: {place} is never stored");
        problems.push(Error::new(span, message));
    }
}

//! What `#[event(...)]` says on a field.

use syn::ext::IdentExt;
use syn::{Error, Field, Fields, Ident, LitStr, Member};

use crate::attributes::Place;
use crate::entry::{Entry, entries, is_event, set};
use crate::problems::Problems;

/// A field, and what is said of it.
pub(crate) struct MarkedField<'a> {
    pub(crate) field: &'a Field,
    pub(crate) member: Member,
    /// That it names the subject.
    pub(crate) subject: Option<Ident>,
    /// That it is personal, and the name that it is stored under, if that was given.
    pub(crate) personal: Option<(Ident, Option<LitStr>)>,
}

impl<'a> MarkedField<'a> {
    /// Reads what is said of each field.
    pub(crate) fn all(fields: &'a Fields, problems: &mut Problems) -> Vec<Self> {
        fields
            .iter()
            .zip(fields.members())
            .map(|(field, member)| Self::new(field, member, problems))
            .collect()
    }

    fn new(field: &'a Field, member: Member, problems: &mut Problems) -> Self {
        let mut marked = Self {
            field,
            member,
            subject: None,
            personal: None,
        };
        for entry in entries(&field.attrs, problems) {
            problems.keep(marked.set(entry));
        }
        marked
    }

    fn set(&mut self, entry: Entry) -> syn::Result<()> {
        let key = entry.key.clone();
        match key.to_string().as_str() {
            "subject" => set(&mut self.subject, &key, entry.flag()?),
            "personal" => set(&mut self.personal, &key, entry.flag_or_text()?),
            _ => Err(Place::Field.refuse(&key)),
        }
    }

    /// Its name in Rust, or its place in a tuple.
    pub(crate) fn name(&self) -> String {
        match &self.member {
            Member::Named(ident) => ident.unraw().to_string(),
            Member::Unnamed(index) => index.index.to_string(),
        }
    }

    /// Whether it is a field in braces of this name.
    pub(crate) fn is_named(&self, name: &LitStr) -> bool {
        matches!(self.member, Member::Named(_)) && self.name() == name.value()
    }
}

/// Refuses every `event` attribute on the fields of a variant that is never stored.
pub(crate) fn refuse(fields: &Fields, place: &str, problems: &mut Problems) {
    let attributes = fields.iter().flat_map(|field| &field.attrs);
    for attribute in attributes.filter(|attribute| is_event(attribute)) {
        let message = format!("remove this: {place} is never stored");
        problems.push(Error::new_spanned(attribute, message));
    }
}

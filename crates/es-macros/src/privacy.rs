//! Whom an event type is about, and which of its fields are personal.

use proc_macro2::Span;
use syn::ext::IdentExt;
use syn::{Error, Field, Fields, LitStr, Member, Type};

use crate::attributes::EventAttributes;
use crate::field_attributes::MarkedField;
use crate::problems::Problems;
use crate::serde_attributes;
use crate::serde_names::FieldNames;

/// A struct or variant, as far as it concerns persons.
pub(crate) struct Owner<'a> {
    /// What to call it in messages.
    pub(crate) place: String,
    pub(crate) attributes: &'a EventAttributes,
    pub(crate) fields: &'a Fields,
    pub(crate) names: FieldNames,
    /// The field that names the subject in variants that do not say it themselves.
    pub(crate) inherited: Option<&'a LitStr>,
}

/// What a sealing store is told of an event type.
pub(crate) struct EventPrivacy {
    pub(crate) subject: Member,
    pub(crate) subject_type: Type,
    pub(crate) personal: Personal,
}

/// What of the content is personal.
pub(crate) enum Personal {
    All,
    Fields(Vec<PersonalField>),
}

/// A field that is personal by itself.
pub(crate) struct PersonalField {
    pub(crate) stored_name: String,
    pub(crate) field_type: Type,
}

impl EventPrivacy {
    /// Makes it of what is said of the type and its fields.
    pub(crate) fn new(owner: &Owner<'_>, problems: &mut Problems) -> Option<Self> {
        let fields = MarkedField::all(owner.fields, problems);
        let personal = owner.personal(&fields, problems);
        let subject = problems.keep(owner.subject(&fields))?;
        problems.keep(owner.both(&fields, &subject))?;
        let field = subject.field()?;
        Some(Self {
            subject: field.member.clone(),
            subject_type: field.field.ty.clone(),
            personal: personal?,
        })
    }
}

/// Where the subject is.
enum Subject<'a> {
    /// The type says it itself, at this place.
    Own(&'a MarkedField<'a>, Span),
    /// The enum says it.
    Inherited(&'a MarkedField<'a>),
    Missing,
}

impl<'a> Subject<'a> {
    fn field(&self) -> Option<&'a MarkedField<'a>> {
        match self {
            Self::Own(field, _) | Self::Inherited(field) => Some(field),
            Self::Missing => None,
        }
    }
}

impl Owner<'_> {
    /// What is personal, if anything is.
    fn personal(&self, fields: &[MarkedField<'_>], problems: &mut Problems) -> Option<Personal> {
        if self.attributes.personal.is_some() {
            for (key, _) in fields.iter().filter_map(|field| field.personal.as_ref()) {
                let message = format!(
                    "all of {} is personal: remove `personal` here, or there",
                    self.place
                );
                problems.push(Error::new(key.span(), message));
            }
            return Some(Personal::All);
        }
        let personal: Vec<_> = fields
            .iter()
            .filter_map(|field| self.personal_field(field, problems))
            .collect();
        (!personal.is_empty()).then_some(Personal::Fields(personal))
    }

    fn personal_field(
        &self,
        marked: &MarkedField<'_>,
        problems: &mut Problems,
    ) -> Option<PersonalField> {
        let (key, given) = marked.personal.as_ref()?;
        let name = marked.name();
        let place = format!("the personal field `{name}`");
        let refused = serde_attributes::PERSONAL_FIELD;
        serde_attributes::refuse(&marked.field.attrs, refused, &place, problems);
        let stored_name = match (&marked.member, given) {
            (Member::Unnamed(_), _) => Err(Error::new(key.span(), self.nameless(&name))),
            (Member::Named(_), Some(given)) => Ok(given.value()),
            (Member::Named(_), None) => self
                .names
                .of(marked.field)
                .ok_or_else(|| Error::new(key.span(), unknown_name(&name))),
        };
        Some(PersonalField {
            stored_name: problems.keep(stored_name)?,
            field_type: marked.field.ty.clone(),
        })
    }

    /// The one field that names the subject.
    fn subject<'a>(&self, fields: &'a [MarkedField<'a>]) -> syn::Result<Subject<'a>> {
        let mut marked = fields
            .iter()
            .filter_map(|field| Some((field, field.subject.as_ref()?.span())));
        let named = self.attributes.subject.as_ref();
        let first = match named {
            Some(name) => Some((self.named(fields, name)?, name.span())),
            None => marked.next(),
        };
        if let Some((_, second)) = marked.next() {
            let message = format!("{} has its subject twice: keep one", self.place);
            return Err(Error::new(second, message));
        }
        let inherited = || {
            let name = self.inherited?;
            fields.iter().find(|field| field.is_named(name))
        };
        Ok(match first {
            Some((field, at)) => Subject::Own(field, at),
            None => inherited().map_or(Subject::Missing, Subject::Inherited),
        })
    }

    fn named<'a>(
        &self,
        fields: &'a [MarkedField<'a>],
        name: &LitStr,
    ) -> syn::Result<&'a MarkedField<'a>> {
        let mut fields = fields.iter();
        fields.find(|field| field.is_named(name)).ok_or_else(|| {
            let message = format!(
                "{} has no field `{}` in braces: name one that it has, or mark the field with \
                 `#[event(subject)]`",
                self.place,
                name.value().escape_debug()
            );
            Error::new(name.span(), message)
        })
    }

    /// Checks that neither a subject nor something personal stands alone, or is the other.
    fn both(&self, fields: &[MarkedField<'_>], subject: &Subject<'_>) -> syn::Result<()> {
        let on_field = fields.iter().find_map(|field| field.personal.as_ref());
        let personal = self.attributes.personal.as_ref();
        let personal = personal.or(on_field.map(|(key, _)| key));
        match (subject, personal) {
            (Subject::Missing, Some(key)) => Err(Error::new(key.span(), self.nobody())),
            (Subject::Own(_, at), None) => Err(Error::new(*at, self.nothing())),
            _ => subject.field().map_or(Ok(()), not_personal),
        }
    }

    fn nobody(&self) -> String {
        let place = &self.place;
        match self.inherited {
            Some(name) => format!(
                "{place} is personal, and has no field `{}`, which names the subject in its enum: \
                 mark the field that names it here with `#[event(subject)]`",
                name.value().escape_debug()
            ),
            None => format!(
                "{place} is personal, and does not say whose: mark the field that names the \
                 subject with `#[event(subject)]`"
            ),
        }
    }

    fn nothing(&self) -> String {
        format!(
            "{} has a subject, and nothing personal: mark its personal fields with \
             `#[event(personal)]`, or all of it by writing that above it",
            self.place
        )
    }

    fn nameless(&self, name: &str) -> String {
        format!(
            "the field `{name}` has no name to be stored under: write fields in braces, or mark \
             all of {} with `#[event(personal)]` above it",
            self.place
        )
    }
}

fn not_personal(subject: &MarkedField<'_>) -> syn::Result<()> {
    match &subject.personal {
        None => Ok(()),
        Some((key, _)) => {
            let message = format!(
                "the field `{}` names the subject, so it stays readable: remove `personal`, and \
                 let it hold an id",
                subject.name()
            );
            Err(Error::new(key.span(), message))
        }
    }
}

fn unknown_name(name: &str) -> String {
    format!(
        "serde's attributes do not tell under which name the field `{name}` is stored: write \
         `#[event(personal = \"storedName\")]`"
    )
}

/// Refuses a subject that no variant has.
pub(crate) fn refuse_unused<'a>(
    name: Option<&LitStr>,
    mut variants: impl Iterator<Item = &'a Fields>,
    problems: &mut Problems,
) {
    let Some(name) = name else { return };
    let is_it = |field: &Field| {
        field
            .ident
            .as_ref()
            .is_some_and(|ident| ident.unraw() == name.value())
    };
    if !variants.any(|fields| fields.iter().any(is_it)) {
        let message = format!(
            "no variant has a field `{}`: write the name of the field that names the subject",
            name.value().escape_debug()
        );
        problems.push(Error::new(name.span(), message));
    }
}

//! What `#[event(...)]` says on an enum, a struct or a variant.

use syn::{Attribute, Error, Ident, LitStr};

use crate::entry::{Entry, entries, set};
use crate::problems::Problems;

/// Where an attribute stands, which decides the keys that it may hold.
#[derive(Clone, Copy)]
pub(crate) enum Place {
    Enum,
    Struct,
    Variant,
    Field,
}

impl Place {
    fn keys(self) -> &'static [&'static str] {
        match self {
            Self::Enum => &["subject", "crate"],
            Self::Struct => &["name", "version", "subject", "personal", "crate"],
            Self::Variant => &[
                "name", "version", "subject", "personal", "erased", "unknown",
            ],
            Self::Field => &["subject", "personal"],
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Enum => "an enum",
            Self::Struct => "a struct",
            Self::Variant => "a variant",
            Self::Field => "a field",
        }
    }

    /// The error for a key that does not belong here.
    pub(crate) fn refuse(self, key: &Ident) -> Error {
        let (keys, here) = (self.keys().join("`, `"), self.name());
        let message = match self.elsewhere(key) {
            Some(there) => format!("`{key}` does not go on {here}: write it on {there}"),
            None => format!("unknown key `{key}`: `event` takes `{keys}` on {here}"),
        };
        Error::new(key.span(), message)
    }

    /// Where the key could go instead.
    fn elsewhere(self, key: &Ident) -> Option<&'static str> {
        match self {
            Self::Enum | Self::Struct if Self::Variant.takes(key) => Some("a variant"),
            Self::Variant if Self::Enum.takes(key) => Some("the enum"),
            Self::Enum | Self::Struct | Self::Variant | Self::Field => None,
        }
    }

    fn takes(self, key: &Ident) -> bool {
        self.keys().iter().any(|known| key == known)
    }
}

/// What the `event` attributes of an enum, struct or variant say.
#[derive(Default)]
pub(crate) struct EventAttributes {
    pub(crate) name: Option<LitStr>,
    pub(crate) version: Option<LitStr>,
    pub(crate) crate_path: Option<LitStr>,
    /// The field that names the subject.
    pub(crate) subject: Option<LitStr>,
    pub(crate) personal: Option<Ident>,
    pub(crate) erased: Option<Ident>,
    pub(crate) unknown: Option<Ident>,
}

impl EventAttributes {
    /// Reads them from among all attributes.
    pub(crate) fn new(attributes: &[Attribute], place: Place, problems: &mut Problems) -> Self {
        let mut found = Self::default();
        for entry in entries(attributes, problems) {
            problems.keep(found.set(entry, place));
        }
        found
    }

    fn set(&mut self, entry: Entry, place: Place) -> syn::Result<()> {
        let key = entry.key.clone();
        if !place.takes(&key) {
            return Err(place.refuse(&key));
        }
        match key.to_string().as_str() {
            "name" => set(&mut self.name, &key, entry.text()?),
            "version" => set(&mut self.version, &key, entry.text()?),
            "subject" => set(&mut self.subject, &key, entry.text()?),
            "personal" => set(&mut self.personal, &key, entry.flag()?),
            "erased" => set(&mut self.erased, &key, entry.flag()?),
            "unknown" => set(&mut self.unknown, &key, entry.flag()?),
            _ => set(&mut self.crate_path, &key, entry.text()?),
        }
    }

    /// Whether this variant stands in for events that cannot be read.
    pub(crate) fn is_stand_in(&self) -> bool {
        self.erased.is_some() || self.unknown.is_some()
    }
}

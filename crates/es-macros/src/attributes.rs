//! Reads `#[event(...)]`.

use proc_macro2::{Span, TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Attribute, Error, Field, Ident, LitStr, Meta, Token};

use crate::problems::Problems;

/// Where an attribute stands, which decides the keys that it may hold.
#[derive(Clone, Copy)]
pub(crate) enum Place {
    Enum,
    Struct,
    Variant,
}

impl Place {
    fn keys(self) -> &'static [&'static str] {
        match self {
            Self::Enum => &["crate"],
            Self::Struct => &["name", "version", "crate"],
            Self::Variant => &["name", "version"],
        }
    }

    fn refuse(self, key: &Ident) -> Error {
        let keys = self.keys().join("`, `");
        let message = match self {
            Self::Enum if Self::Variant.takes(key) => {
                format!("`{key}` does not go on an enum: write it on a variant")
            }
            Self::Variant if Self::Enum.takes(key) => {
                format!("`{key}` does not go on a variant: write it on the enum")
            }
            Self::Enum => format!("unknown key `{key}`: `event` takes `{keys}` on an enum"),
            Self::Struct => format!("unknown key `{key}`: `event` takes `{keys}` on a struct"),
            Self::Variant => format!("unknown key `{key}`: `event` takes `{keys}` on a variant"),
        };
        Error::new(key.span(), message)
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
}

impl EventAttributes {
    /// Reads them from among all attributes.
    pub(crate) fn new(attributes: &[Attribute], place: Place, problems: &mut Problems) -> Self {
        let mut found = Self::default();
        for attribute in attributes.iter().filter(|attribute| is_event(attribute)) {
            for entry in problems.keep(entries(attribute)).into_iter().flatten() {
                problems.keep(found.set(entry, place));
            }
        }
        found
    }

    fn set(&mut self, entry: Entry, place: Place) -> syn::Result<()> {
        let Entry { key, value } = entry;
        if !place.takes(&key) {
            return Err(place.refuse(&key));
        }
        let slot = match key.to_string().as_str() {
            "name" => &mut self.name,
            "version" => &mut self.version,
            _ => &mut self.crate_path,
        };
        if slot.is_some() {
            return Err(Error::new(
                key.span(),
                format!("`{key}` is given twice: keep one"),
            ));
        }
        *slot = Some(text(&key, value)?);
        Ok(())
    }
}

/// Refuses every `event` attribute on a field.
pub(crate) fn refuse_on_field(field: &Field, position: usize, problems: &mut Problems) {
    let name = match &field.ident {
        Some(ident) => ident.unraw().to_string(),
        None => position.to_string(),
    };
    for attribute in field.attrs.iter().filter(|attribute| is_event(attribute)) {
        let message =
            format!("the field `{name}` takes no `event` attribute in this release: remove it");
        problems.push(Error::new_spanned(attribute, message));
    }
}

fn is_event(attribute: &Attribute) -> bool {
    attribute.path().is_ident("event")
}

/// One key with its value, if it has one.
struct Entry {
    key: Ident,
    value: Option<Value>,
}

enum Value {
    Text(LitStr),
    Other(TokenStream),
}

impl Parse for Entry {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let key = input
            .call(Ident::parse_any)
            .map_err(|error| unreadable(error.span()))?;
        let value = if input.is_empty() || input.peek(Token![,]) {
            None
        } else if input.peek(Token![=]) {
            input.parse::<Token![=]>()?;
            Some(input.parse()?)
        } else {
            Some(Value::Other(until_comma(input)?))
        };
        Ok(Self { key, value })
    }
}

impl Parse for Value {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if input.peek(LitStr) {
            input.parse().map(Self::Text)
        } else {
            until_comma(input).map(Self::Other)
        }
    }
}

/// What stands in place of a value, whatever it is, so that the error can name the key.
fn until_comma(input: ParseStream<'_>) -> syn::Result<TokenStream> {
    let mut tokens = TokenStream::new();
    while !input.is_empty() && !input.peek(Token![,]) {
        tokens.extend([input.parse::<TokenTree>()?]);
    }
    Ok(tokens)
}

fn entries(attribute: &Attribute) -> syn::Result<Punctuated<Entry, Token![,]>> {
    match &attribute.meta {
        Meta::List(_) => attribute.parse_args_with(Punctuated::parse_terminated),
        Meta::Path(_) | Meta::NameValue(_) => Err(unreadable(attribute.path().span())),
    }
}

fn unreadable(at: Span) -> Error {
    Error::new(at, "write `#[event(key = \"value\")]`")
}

fn text(key: &Ident, value: Option<Value>) -> syn::Result<LitStr> {
    let message = format!("`{key}` takes a text: write `{key} = \"...\"`");
    match value {
        Some(Value::Text(text)) => Ok(text),
        Some(Value::Other(tokens)) if !tokens.is_empty() => {
            Err(Error::new_spanned(tokens, message))
        }
        Some(Value::Other(_)) | None => Err(Error::new(key.span(), message)),
    }
}

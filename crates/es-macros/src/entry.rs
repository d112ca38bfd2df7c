//! Reads what stands between the brackets of `#[event(...)]`, before it is known what it means.

use proc_macro2::{Span, TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Attribute, Error, Ident, LitStr, Meta, Token};

use crate::problems::Problems;

/// One key with its value, if it has one.
pub(crate) struct Entry {
    pub(crate) key: Ident,
    value: Option<Value>,
}

enum Value {
    Text(LitStr),
    Other(TokenStream),
}

impl Entry {
    /// The value of a key that takes a text.
    pub(crate) fn text(self) -> syn::Result<LitStr> {
        let Self { key, value } = self;
        let message = format!("`{key}` takes a text: write `{key} = \"...\"`");
        match value {
            Some(Value::Text(text)) => Ok(text),
            Some(Value::Other(tokens)) if !tokens.is_empty() => {
                Err(Error::new_spanned(tokens, message))
            }
            Some(Value::Other(_)) | None => Err(Error::new(key.span(), message)),
        }
    }

    /// A key that stands alone.
    pub(crate) fn flag(self) -> syn::Result<Ident> {
        let Self { key, value } = self;
        let message = format!("`{key}` takes no value here: write `{key}` alone");
        match value {
            None => Ok(key),
            Some(Value::Text(text)) => Err(Error::new(text.span(), message)),
            Some(Value::Other(_)) => Err(Error::new(key.span(), message)),
        }
    }

    /// A key that stands alone or takes a text.
    pub(crate) fn flag_or_text(self) -> syn::Result<(Ident, Option<LitStr>)> {
        let key = self.key.clone();
        let text = self.value.is_some().then(|| self.text()).transpose()?;
        Ok((key, text))
    }
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

/// All entries of the `event` attributes among these.
pub(crate) fn entries(attributes: &[Attribute], problems: &mut Problems) -> Vec<Entry> {
    attributes
        .iter()
        .filter(|attribute| is_event(attribute))
        .filter_map(|attribute| problems.keep(of_one(attribute)))
        .flatten()
        .collect()
}

/// Whether it is an `event` attribute.
pub(crate) fn is_event(attribute: &Attribute) -> bool {
    attribute.path().is_ident("event")
}

/// Puts a value in its place, once.
pub(crate) fn set<T>(slot: &mut Option<T>, key: &Ident, value: T) -> syn::Result<()> {
    if slot.is_some() {
        let message = format!("`{key}` is given twice: keep one");
        return Err(Error::new(key.span(), message));
    }
    *slot = Some(value);
    Ok(())
}

fn of_one(attribute: &Attribute) -> syn::Result<Punctuated<Entry, Token![,]>> {
    match &attribute.meta {
        Meta::List(_) => attribute.parse_args_with(Punctuated::parse_terminated),
        Meta::Path(_) | Meta::NameValue(_) => Err(unreadable(attribute.path().span())),
    }
}

fn unreadable(at: Span) -> Error {
    Error::new(at, "write `#[event(key)]` or `#[event(key = \"value\")]`")
}

//! The names under which serde writes the fields of a struct or variant, as far as its attributes
//! tell.
//!
//! The rules are those of serde's [container attributes](https://serde.rs/container-attrs.html).

use syn::ext::IdentExt;
use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, ExprLit, Field, Lit, Meta, Token};

use crate::serde_attributes;

/// How the fields of one struct or variant are named.
pub(crate) struct FieldNames(Option<Case>);

/// What `rename_all` asks for.
#[derive(Clone, Copy)]
enum Case {
    /// As in Rust; what serde calls `snake_case`, and `lowercase` on fields.
    AsIs,
    Upper,
    Pascal,
    Camel,
    Kebab,
    UpperKebab,
}

impl FieldNames {
    /// Those of a struct with these attributes.
    pub(crate) fn of_struct(attributes: &[Attribute]) -> Self {
        Self(struct_case(attributes))
    }

    /// Those of a variant with these attributes, in an enum with those.
    pub(crate) fn of_variant(variant: &[Attribute], of_enum: &[Attribute]) -> Self {
        Self(variant_case(variant, of_enum))
    }

    /// The name of this field; `None` if it cannot be told.
    pub(crate) fn of(&self, field: &Field) -> Option<String> {
        let case = self.0?;
        let name = field.ident.as_ref()?.unraw().to_string();
        match written(&serde_attributes::all(&field.attrs)?, "rename") {
            Written::Text(name) => Some(name),
            Written::Nothing => Some(case.apply(&name)),
            Written::Unreadable => None,
        }
    }
}

fn struct_case(attributes: &[Attribute]) -> Option<Case> {
    let attributes = serde_attributes::all(attributes)?;
    // Both write something else than a struct with these fields.
    if has(&attributes, "transparent") || has(&attributes, "into") {
        return None;
    }
    Case::of(&written(&attributes, "rename_all"))
}

fn variant_case(variant: &[Attribute], of_enum: &[Attribute]) -> Option<Case> {
    let (variant, of_enum) = (
        serde_attributes::all(variant)?,
        serde_attributes::all(of_enum)?,
    );
    // The functions that are named there may write anything.
    if has(&variant, "with") || has(&variant, "serialize_with") {
        return None;
    }
    match written(&variant, "rename_all") {
        Written::Nothing => Case::of(&written(&of_enum, "rename_all_fields")),
        own => Case::of(&own),
    }
}

impl Case {
    fn of(rule: &Written) -> Option<Self> {
        match rule {
            Written::Text(rule) => Self::find(rule),
            Written::Nothing => Some(Self::AsIs),
            Written::Unreadable => None,
        }
    }

    fn find(rule: &str) -> Option<Self> {
        Some(match rule {
            "lowercase" | "snake_case" => Self::AsIs,
            "UPPERCASE" | "SCREAMING_SNAKE_CASE" => Self::Upper,
            "PascalCase" => Self::Pascal,
            "camelCase" => Self::Camel,
            "kebab-case" => Self::Kebab,
            "SCREAMING-KEBAB-CASE" => Self::UpperKebab,
            _ => return None,
        })
    }

    fn apply(self, name: &str) -> String {
        match self {
            Self::AsIs => name.to_owned(),
            Self::Upper => name.to_ascii_uppercase(),
            Self::Pascal => pascal(name),
            Self::Camel => camel(&pascal(name)),
            Self::Kebab => name.replace('_', "-"),
            Self::UpperKebab => name.to_ascii_uppercase().replace('_', "-"),
        }
    }
}

fn pascal(name: &str) -> String {
    name.split('_')
        .map(|word| first(word, char::to_ascii_uppercase))
        .collect()
}

fn camel(pascal: &str) -> String {
    first(pascal, char::to_ascii_lowercase)
}

/// The word with its first letter changed.
fn first(word: &str, change: fn(&char) -> char) -> String {
    let mut letters = word.chars();
    let first = letters.next().as_ref().map(change);
    first.into_iter().chain(letters).collect()
}

/// What serde is told to write by one of its keys.
enum Written {
    Nothing,
    Text(String),
    Unreadable,
}

/// Reads `key = "..."`, or `serialize = "..."` in `key(...)`.
fn written(attributes: &[Meta], key: &str) -> Written {
    let Some(attribute) = attributes.iter().find(|meta| meta.path().is_ident(key)) else {
        return Written::Nothing;
    };
    match attribute {
        Meta::NameValue(pair) => text(&pair.value),
        Meta::List(list) => list
            .parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated)
            .map_or(Written::Unreadable, |ways| {
                let ways: Vec<Meta> = ways.into_iter().collect();
                written(&ways, "serialize")
            }),
        Meta::Path(_) => Written::Unreadable,
    }
}

fn text(value: &Expr) -> Written {
    match value {
        Expr::Lit(ExprLit {
            lit: Lit::Str(text),
            ..
        }) => Written::Text(text.value()),
        _ => Written::Unreadable,
    }
}

fn has(attributes: &[Meta], key: &str) -> bool {
    attributes.iter().any(|meta| meta.path().is_ident(key))
}

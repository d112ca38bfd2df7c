//! Reads the version of an event type, by the rules of `es_core::TypeVersion`.

use syn::{Error, LitStr};

/// `major.minor`.
#[derive(Clone, Copy)]
pub(crate) struct EventVersion {
    pub(crate) major: u16,
    pub(crate) minor: u16,
}

impl EventVersion {
    /// The version of a type that has never changed.
    pub(crate) const INITIAL: Self = Self { major: 1, minor: 0 };

    /// Reads two numbers with a dot.
    pub(crate) fn new(text: &LitStr) -> syn::Result<Self> {
        parse(&text.value()).ok_or_else(|| {
            let message = format!(
                "`{}` is no event version: write two numbers from 0 to 65535 with a dot, as in `2.0`",
                text.value().escape_debug()
            );
            Error::new(text.span(), message)
        })
    }
}

fn parse(text: &str) -> Option<EventVersion> {
    let (major, minor) = text.split_once('.')?;
    Some(EventVersion {
        major: number(major)?,
        minor: number(minor)?,
    })
}

fn number(digits: &str) -> Option<u16> {
    // `parse` alone would take a sign.
    let is_plain = digits.bytes().all(|byte| byte.is_ascii_digit());
    is_plain.then(|| digits.parse().ok()).flatten()
}

//! Checks the stored name of an event type, by the rules of `es_core::TypeName`.

use syn::{Error, LitStr};

const MAX_BYTES: usize = 256;

/// Refuses a name that could not be stored.
pub(crate) fn check(name: &LitStr) -> syn::Result<()> {
    let text = name.value();
    let problem = if text.is_empty() {
        "is empty"
    } else if text.len() > MAX_BYTES {
        "is too long"
    } else if text.chars().any(char::is_control) {
        "holds a control character"
    } else {
        return Ok(());
    };
    let remedy = "write 1 to 256 bytes without control characters";
    Err(Error::new(
        name.span(),
        format!("the event name {problem}: {remedy}"),
    ))
}

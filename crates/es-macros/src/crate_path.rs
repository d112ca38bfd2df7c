//! Finds `es-core` from the user's crate.

use proc_macro_crate::{FoundCrate, crate_name};
use proc_macro2::Span;
use syn::{Error, Ident, LitStr, Path, parse_quote};

/// The path of `es-core`: the one that was given, or else by the user's dependencies.
pub(crate) fn find(given: Option<&LitStr>) -> syn::Result<Path> {
    match given {
        Some(text) => parse(text),
        None => from_manifest(),
    }
}

fn parse(text: &LitStr) -> syn::Result<Path> {
    text.parse_with(Path::parse_mod_style).map_err(|_| {
        let message = format!(
            "`{}` is no path: write where es-core is, as in `::es_core` or `event_sourcing::core`",
            text.value().escape_debug()
        );
        Error::new(text.span(), message)
    })
}

fn from_manifest() -> syn::Result<Path> {
    let core = crate_name("es-core");
    if let Ok(found) = &core {
        let name = name(found, "es_core");
        return Ok(parse_quote!(::#name));
    }
    if let Ok(found) = &crate_name("event-sourcing") {
        let name = name(found, "event_sourcing");
        return Ok(parse_quote!(::#name::core));
    }
    match core {
        Err(proc_macro_crate::Error::CrateNotFound { .. }) => Err(missing()),
        // Without a manifest to read, as in builds without cargo, the usual name has to do.
        _ => Ok(parse_quote!(::es_core)),
    }
}

fn name(found: &FoundCrate, own: &str) -> Ident {
    let name = match found {
        // es-core and event-sourcing are known by their own names in their tests and examples too.
        FoundCrate::Itself => own,
        FoundCrate::Name(name) => name,
    };
    Ident::new(name, Span::call_site())
}

fn missing() -> Error {
    let message = "neither es-core nor event-sourcing is among the dependencies: add one, or write \
                   `#[event(crate = \"path\")]` with the path of es-core";
    Error::new(Span::call_site(), message)
}

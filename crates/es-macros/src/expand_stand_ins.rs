//! Writes which variants stand in for events that cannot be read, and how they are made.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::Ident;
use syn::spanned::Spanned;

use crate::definition::Definition;
use crate::stand_ins::StandIn;

/// `STAND_INS`, `erased` and `unknown`, where they differ from the trait's.
pub(crate) fn stand_ins(definition: &Definition) -> TokenStream {
    let core = &definition.core;
    let (mut erased, mut unknown) = (None, None);
    let mut functions = TokenStream::new();
    for (index, event_type) in definition.types.iter().enumerate() {
        match &event_type.stand_in {
            None => {}
            Some(StandIn::Erased) => {
                erased = Some(index);
                functions.extend(make_erased(&event_type.ident));
            }
            Some(StandIn::Unknown(holder)) => {
                unknown = Some(index);
                functions.extend(make_unknown(definition, &event_type.ident, holder));
            }
        }
    }
    if functions.is_empty() {
        return functions;
    }
    let (erased, unknown) = (option(erased), option(unknown));
    quote! {
        const STAND_INS: #core::StandIns = #core::StandIns {
            erased: #erased,
            unknown: #unknown,
        };
        #functions
    }
}

fn option(index: Option<usize>) -> TokenStream {
    match index {
        Some(index) => quote!(::core::option::Option::Some(#index)),
        None => quote!(::core::option::Option::None),
    }
}

fn make_erased(variant: &Ident) -> TokenStream {
    quote! {
        fn erased() -> ::core::option::Option<Self> {
            ::core::option::Option::Some(Self::#variant)
        }
    }
}

fn make_unknown(definition: &Definition, variant: &Ident, holder: &syn::Type) -> TokenStream {
    let core = &definition.core;
    // The place of an error, if that type cannot hold a recorded event.
    let make = quote_spanned! {holder.span()=>
        <#holder as ::core::convert::From<#core::RecordedEvent>>::from
    };
    quote! {
        fn unknown(event: &#core::RecordedEvent) -> ::core::option::Option<Self> {
            ::core::option::Option::Some(Self::#variant(#make(::core::clone::Clone::clone(event))))
        }
    }
}

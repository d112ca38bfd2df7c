//! Writes whom an event is about.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use crate::definition::{Definition, Shape};
use crate::event_type::EventType;
use crate::privacy::{EventPrivacy, Personal, PersonalField};

/// `privacy`, if any type has some.
pub(crate) fn privacy(definition: &Definition) -> TokenStream {
    let core = &definition.core;
    let types = &definition.types;
    if types.iter().all(|event_type| event_type.privacy.is_none()) {
        return TokenStream::new();
    }
    let checks = checks(definition);
    let arms = types.iter().map(|event_type| arm(definition, event_type));
    quote! {
        fn privacy(&self) -> ::core::option::Option<#core::Privacy> {
            #checks
            match self { #(#arms)* }
        }
    }
}

/// Has the compiler look whether every personal field could be read once it was erased.
fn checks(definition: &Definition) -> TokenStream {
    let core = &definition.core;
    let fields = definition.types.iter().flat_map(personal_fields);
    let checks: Vec<_> = fields
        .map(|PersonalField { field_type, .. }| {
            quote_spanned!(field_type.span()=> __can_be_erased::<#field_type>();)
        })
        .collect();
    if checks.is_empty() {
        return TokenStream::new();
    }
    quote! {
        fn __can_be_erased<__F: #core::PersonalField>() {}
        #(#checks)*
    }
}

fn personal_fields(event_type: &EventType) -> &[PersonalField] {
    match event_type.privacy.as_ref().map(|privacy| &privacy.personal) {
        Some(Personal::Fields(fields)) => fields,
        Some(Personal::All) | None => &[],
    }
}

fn arm(definition: &Definition, event_type: &EventType) -> TokenStream {
    let core = &definition.core;
    let ident = &event_type.ident;
    let path = match definition.shape {
        Shape::Enum => quote!(Self::#ident),
        Shape::Struct | Shape::UnitStruct => quote!(Self),
    };
    let Some(EventPrivacy {
        subject,
        subject_type,
        ..
    }) = &event_type.privacy
    else {
        return quote!(#path { .. } => ::core::option::Option::None,);
    };
    // The place of an error, if the subject cannot be written as text.
    let to_string = quote_spanned! {subject_type.span()=>
        <#subject_type as ::std::string::ToString>::to_string
    };
    let names = personal_fields(event_type)
        .iter()
        .map(|field| &field.stored_name);
    let in_fields = match personal_fields(event_type) {
        [] => None,
        _ => Some(quote!(.in_fields(&[#(#names),*]))),
    };
    quote! {
        #path { #subject: __subject, .. } => ::core::option::Option::Some(
            #core::Privacy::of(#to_string(__subject)) #in_fields
        ),
    }
}

//! Writes the implementation of `es_core::Event`.

use proc_macro2::TokenStream;
use quote::quote;

use crate::definition::{Definition, Shape};
use crate::event_type::EventType;
use crate::expand_privacy::privacy;
use crate::expand_stand_ins::stand_ins;

/// The implementation for this definition.
pub(crate) fn expand(definition: &Definition) -> TokenStream {
    let Definition {
        ident,
        generics,
        core,
        ..
    } = definition;
    let (impl_generics, type_generics, _) = generics.split_for_impl();
    let where_clause = where_clause(definition);
    let types = types(definition);
    let type_index = type_index(definition);
    let content = content(definition);
    let stand_ins = stand_ins(definition);
    let privacy = privacy(definition);
    quote! {
        #[automatically_derived]
        #[allow(deprecated, reason = "a deprecated variant is still an event type")]
        impl #impl_generics #core::Event for #ident #type_generics #where_clause {
            const TYPES: &'static [#core::TypeTag] = &[#(#types),*];
            #type_index
            #content
            #stand_ins
            #privacy
        }
    }
}

/// A generic type is an event where it can be stored; any other type is checked by the bodies.
fn where_clause(definition: &Definition) -> TokenStream {
    let (_, type_generics, where_clause) = definition.generics.split_for_impl();
    if definition.generics.params.is_empty() {
        return quote!(#where_clause);
    }
    let Definition { ident, core, .. } = definition;
    let own = where_clause.iter().flat_map(|clause| &clause.predicates);
    quote! {
        where
            #(#own,)*
            #ident #type_generics: #core::__private::serde::Serialize
                + #core::__private::serde::de::DeserializeOwned
                + ::core::marker::Send
                + ::core::marker::Sync
                + 'static
    }
}

fn types(definition: &Definition) -> impl Iterator<Item = TokenStream> {
    let core = &definition.core;
    definition
        .types
        .iter()
        .map(move |EventType { name, version, .. }| {
            let (major, minor) = (version.major, version.minor);
            quote! {
                #core::TypeTag::new(
                    #core::TypeName::from_static(#name),
                    #core::TypeVersion::new(#major, #minor),
                )
            }
        })
}

fn type_index(definition: &Definition) -> TokenStream {
    let index = match definition.shape {
        Shape::Struct | Shape::UnitStruct => quote!(0),
        Shape::Enum => {
            let variants = definition.types.iter().map(|event_type| &event_type.ident);
            let indices = 0..definition.types.len();
            quote!(match self { #(Self::#variants { .. } => #indices,)* })
        }
    };
    quote!(fn type_index(&self) -> ::core::primitive::usize { #index })
}

fn content(definition: &Definition) -> TokenStream {
    let core = &definition.core;
    let is_named = match definition.shape {
        Shape::Enum | Shape::UnitStruct => true,
        Shape::Struct => false,
    };
    quote! {
        fn serialize_content<__S: #core::__private::serde::Serializer>(
            &self,
            serializer: __S,
        ) -> ::core::result::Result<__S::Ok, __S::Error> {
            #core::__private::serialize_variant::<#is_named, Self, __S>(self, serializer)
        }

        fn deserialize_content<'__de, __D: #core::__private::serde::Deserializer<'__de>>(
            index: ::core::primitive::usize,
            deserializer: __D,
        ) -> ::core::result::Result<Self, __D::Error> {
            #core::__private::deserialize_variant::<#is_named, Self, __D>(index, deserializer)
        }
    }
}

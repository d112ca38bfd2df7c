//! One event type: the name and version that are stored with its content, and whom it is about.

use syn::ext::IdentExt;
use syn::{Error, Ident, LitStr};

use crate::attributes::EventAttributes;
use crate::event_name;
use crate::event_version::EventVersion;
use crate::privacy::EventPrivacy;
use crate::problems::Problems;
use crate::stand_ins::StandIn;

/// An event type, and the Rust name of its struct or variant.
pub(crate) struct EventType {
    pub(crate) ident: Ident,
    pub(crate) name: LitStr,
    pub(crate) version: EventVersion,
    pub(crate) privacy: Option<EventPrivacy>,
    pub(crate) stand_in: Option<StandIn>,
}

impl EventType {
    /// Makes it of what the attributes say, and of the Rust name where they are silent.
    pub(crate) fn new(
        ident: &Ident,
        attributes: &EventAttributes,
        problems: &mut Problems,
    ) -> Self {
        let own_name = || LitStr::new(&ident.unraw().to_string(), ident.span());
        let name = attributes.name.clone().unwrap_or_else(own_name);
        problems.keep(event_name::check(&name));
        let version = attributes
            .version
            .as_ref()
            .map_or(Ok(EventVersion::INITIAL), EventVersion::new);
        let version = problems.keep(version).unwrap_or(EventVersion::INITIAL);
        Self {
            ident: ident.clone(),
            name,
            version,
            privacy: None,
            stand_in: None,
        }
    }
}

/// Refuses the second of two types with one name.
pub(crate) fn refuse_same_names(types: &[EventType], problems: &mut Problems) {
    for (index, second) in types.iter().enumerate() {
        let name = second.name.value();
        let earlier = types
            .iter()
            .take(index)
            .find(|first| first.name.value() == name);
        if let Some(first) = earlier {
            let message = format!(
                "`{}` and `{}` are both named \"{name}\": give one another name with \
                 `#[event(name = \"...\")]`",
                first.ident, second.ident
            );
            problems.push(Error::new(second.name.span(), message));
        }
    }
}

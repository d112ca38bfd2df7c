//! Identities of events and appends, and where new ones come from.

mod sequence;

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! uuid_newtype {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// Takes a UUID of any version.
            #[must_use]
            pub const fn new(id: Uuid) -> Self {
                Self(id)
            }

            /// The UUID.
            #[must_use]
            pub const fn uuid(self) -> Uuid {
                self.0
            }

            /// Derives an id from a name: the same parent and name always give the same id.
            ///
            /// This is a version 5 UUID (RFC 9562, section 5.5) in the namespace of `parent`.
            #[must_use]
            pub fn derived(parent: Uuid, name: impl AsRef<[u8]>) -> Self {
                Self(Uuid::new_v5(&parent, name.as_ref()))
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }
    };
}

uuid_newtype! {
    /// Identifies one event for ever, also outside the store that holds it.
    EventId
}

uuid_newtype! {
    /// Identifies one append: repeating it with the same id changes nothing (I5).
    ///
    /// Unless the caller gives one it is the id of the first event.
    AppendId
}

impl From<EventId> for AppendId {
    fn from(first_event: EventId) -> Self {
        Self(first_event.0)
    }
}

/// Where new ids come from; tests put a predictable one in its place.
pub trait IdGenerator: fmt::Debug + Send + Sync {
    /// Makes a UUID that was never made before.
    fn next_id(&self) -> Uuid;
}

/// Makes version 7 UUIDs (RFC 9562, section 5.7): they sort by the time they were made, so
/// indexes over them grow at one end; those of one thread are in order.
#[derive(Debug, Clone, Copy, Default)]
pub struct TimeOrderedIds;

impl IdGenerator for TimeOrderedIds {
    #[expect(clippy::disallowed_methods, reason = "this is the generator")]
    fn next_id(&self) -> Uuid {
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH);
        let millis = since_1970.map_or(0, |time| time.as_millis());
        let next = sequence::next(u64::try_from(millis).unwrap_or(u64::MAX));
        next.unwrap_or_else(|_| Uuid::now_v7()) // it panics, and says what this machine lacks
    }
}

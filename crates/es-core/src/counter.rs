//! Numbers that count from 1: versions in a stream, positions in a store.

/// Makes a number type with 0 for "before the first"; `$before` names that.
macro_rules! counter {
    ($(#[$doc:meta])* $name:ident, $(#[$before_doc:meta])* $before:ident) => {
        $(#[$doc])*
        #[derive(
            Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord,
            serde::Serialize, serde::Deserialize,
        )]
        #[serde(transparent)]
        pub struct $name(u64);

        impl $name {
            $(#[$before_doc])*
            pub const $before: Self = Self(0);
            /// Higher than any event's: the open end of a range.
            pub const MAX: Self = Self(i64::MAX as u64);

            /// Takes the number; numbers above [`MAX`](Self::MAX) become it.
            #[must_use]
            pub const fn new(number: u64) -> Self {
                if number > Self::MAX.0 {
                    Self::MAX
                } else {
                    Self(number)
                }
            }

            /// The number.
            #[must_use]
            pub const fn get(self) -> u64 {
                self.0
            }

            /// That of the event `count` later.
            #[must_use]
            pub const fn plus(self, count: u64) -> Self {
                Self::new(self.0.saturating_add(count))
            }

            /// That of the next event.
            #[must_use]
            pub const fn next(self) -> Self {
                self.plus(1)
            }

            #[doc = concat!("That of the event before, or [`", stringify!($before), "`](Self::", stringify!($before), ").")]
            #[must_use]
            pub const fn previous(self) -> Self {
                Self(self.0.saturating_sub(1))
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Display::fmt(&self.0, f)
            }
        }
    };
}

pub(crate) use counter;

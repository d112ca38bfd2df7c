//! Points in time, as the framework stores them.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::BoxError;

/// A point in time in microseconds since 1970-01-01 00:00 UTC, without leap seconds.
///
/// Text is RFC 3339, as in `2026-11-23T11:16:48.25Z`; serde writes the number.
///
/// ```
/// use es_core::Timestamp;
/// let time: Timestamp = "2026-11-23T12:16:48+01:00".parse()?;
/// assert_eq!(time.to_string(), "2026-11-23T11:16:48Z");
/// # Ok::<(), es_core::InvalidTimestamp>(())
/// ```
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Timestamp(i64);

impl Timestamp {
    /// 1970-01-01 00:00 UTC.
    pub const UNIX_EPOCH: Self = Self(0);

    /// Takes microseconds since the epoch.
    #[must_use]
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Microseconds since the epoch.
    #[must_use]
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// The time `duration` later, or the last one there is.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        Self(
            self.0
                .saturating_add(i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)),
        )
    }

    /// How much later this is than `earlier`; zero if it is not.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_microsecond(self.0) {
            Ok(time) => fmt::Display::fmt(&time, f),
            Err(_) => write!(f, "{} µs since 1970", self.0),
        }
    }
}

impl FromStr for Timestamp {
    type Err = InvalidTimestamp;

    fn from_str(text: &str) -> Result<Self, InvalidTimestamp> {
        let time: jiff::Timestamp =
            text.parse()
                .map_err(|source: jiff::Error| InvalidTimestamp {
                    shown: text.chars().take(64).collect(),
                    source: source.into(),
                })?;
        Ok(Self(time.as_microsecond()))
    }
}

/// A text that is not a point in time. Write RFC 3339, as in `2026-11-23T11:16:48Z`.
#[derive(Debug, thiserror::Error)]
#[error("{shown:?} is not a time; write RFC 3339, as in 2026-11-23T11:16:48Z")]
pub struct InvalidTimestamp {
    shown: String,
    source: BoxError,
}

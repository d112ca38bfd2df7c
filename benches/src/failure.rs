//! Why a benchmark gives no figure.

use es_core::BoxError;

/// Why there is no measurement.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// The combination of options is not something that this version can do.
    #[error("{0}")]
    Refused(String),
    /// Ctrl-C was pressed.
    #[error("interrupted; what was not finished is not reported")]
    Interrupted,
    /// The store does not hold what it acknowledged.
    #[error("the store does not hold what it acknowledged: {0}")]
    Unverified(String),
    /// Nothing answers where the server should be.
    #[error(
        "no MongoDB server answers at {servers}; `cargo xtask mongo up` starts one, and --uri \
         names another"
    )]
    NoServer {
        /// Where it should be.
        servers: String,
        /// What the driver says.
        source: BoxError,
    },
    /// A store or a ceiling failed.
    #[error("the benchmark could not {what}")]
    Broken {
        /// What it was doing.
        what: &'static str,
        /// What happened.
        source: BoxError,
    },
}

impl Failure {
    /// Something that failed with an error of its own.
    pub fn broken<E: Into<BoxError>>(what: &'static str) -> impl FnOnce(E) -> Self {
        move |source| Self::Broken {
            what,
            source: source.into(),
        }
    }
}

//! What the `claims` example is made of; start reading at `main.rs` and [`claim`].
//!
//! Each file holds one idea. [`tour`] shows what the framework does on made-up claims,
//! [`import`](mod@import) takes a log of CloudEvents in their place.

pub mod batch;
#[expect(
    missing_docs,
    reason = "the names say it, and this is how short it is for a user"
)]
pub mod claim;
pub mod claims_by_status;
pub mod cloud_event;
pub mod durations;
pub mod import;
pub mod import_summary;
pub mod log_file;
pub mod observed;
pub mod plan;
pub mod progress;
pub mod projection;
pub mod report;
pub mod stop;
pub mod store;
pub mod tour;

/// The guides, so that their code is compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../../docs/tutorial.md")]
pub struct Tutorial;

#[cfg(doctest)]
#[doc = include_str!("../../docs/encryption.md")]
pub struct Encryption;

#[cfg(doctest)]
#[doc = include_str!("../../docs/versioning.md")]
pub struct Versioning;

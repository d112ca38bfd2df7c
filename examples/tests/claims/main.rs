//! The `claims` example, run as a user runs it.

#![allow(clippy::unwrap_used, reason = "a step that fails is a test that fails")]

mod import;
mod interrupted;
mod log;
mod mongo;
mod program;
mod refused;
mod teleclaims;
mod tour;

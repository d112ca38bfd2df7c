//! What the derived code does with types, content, serde's attributes and formats.

#![allow(clippy::unwrap_used, reason = "a step that fails is a test that fails")]

mod another_path;
mod content;
mod erased;
mod generics;
mod json;
mod laws;
mod privacy;
mod serde_attributes;
mod shadowed_names;
mod stand_ins;
mod structs;
mod types;

//! Schemas that can change: what was stored years ago is read as the program of today knows it.

pub mod migration;

//! The faults: each harms, waits, mends, and waits until work goes on, this many times.

mod clients;
mod commands;
mod disk;
mod network;
mod servers;

pub(crate) use clients::{freeze_client, kill_client};
pub(crate) use commands::{lost_commit_replies, write_concern};
pub(crate) use disk::disk_full;
pub(crate) use network::{lost_replies, partition_members, partition_primary, reset_storm};
pub(crate) use servers::{freeze_primary, kill_all, kill_primary, step_down, terminate_primary};

use crate::scene::Scene;

/// For comparison: what stores do when nothing is wrong.
pub(crate) async fn nothing(scene: &mut Scene<'_>, times: u64) -> Result<(), String> {
    for _ in 0..times {
        scene.pause(2_000).await;
        scene.goes_on().await?;
    }
    Ok(())
}

fn text(error: impl std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

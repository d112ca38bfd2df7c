//! Faults of the network.

use std::time::{Duration, Instant};

use es_testkit::{Direction, Link, mongo::NodeId};

use super::text;
use crate::scene::Scene;

pub(crate) async fn partition_primary(scene: &mut Scene<'_>, times: u64) -> Result<(), String> {
    for _ in 0..times {
        let primary = scene.primary().await?;
        scene.cluster.partition(primary).map_err(text)?;
        let other = scene.cluster.wait_for_primary_other_than(primary).await;
        other.map_err(text)?;
        scene.pause(1_500).await;
        scene.cluster.heal(primary);
        scene.injected().await?;
        scene.cluster.wait_steady().await.map_err(text)?;
    }
    Ok(())
}

pub(crate) async fn partition_members(scene: &mut Scene<'_>, times: u64) -> Result<(), String> {
    for _ in 0..times {
        let primary = scene.primary().await?;
        scene
            .cluster
            .partition_from_members(primary)
            .map_err(text)?;
        scene.pause(3_000).await;
        scene.cluster.heal(primary);
        scene.injected().await?;
        scene.cluster.wait_steady().await.map_err(text)?;
    }
    Ok(())
}

pub(crate) async fn reset_storm(scene: &mut Scene<'_>, times: u64) -> Result<(), String> {
    for _ in 0..times {
        let begin = Instant::now();
        while begin.elapsed() < Duration::from_secs(2) {
            for node in NodeId::all() {
                scene.cluster.proxy(node).reset();
            }
            scene.pause(80).await;
        }
        scene.injected().await?;
        scene.cluster.wait_steady().await.map_err(text)?;
    }
    Ok(())
}

/// Short enough that the members do not give the primary up.
pub(crate) async fn lost_replies(scene: &mut Scene<'_>, times: u64) -> Result<(), String> {
    for _ in 0..times {
        let primary = scene.primary().await?;
        for _ in 0..3 {
            let proxy = scene.cluster.proxy(primary);
            let cut = scene.chance.below(400);
            proxy.set(Direction::ToClient, Link::cut_after(cut));
            scene.pause(200).await;
            scene.cluster.proxy(primary).heal();
            scene.pause(300).await;
        }
        scene.injected().await?;
        scene.cluster.wait_steady().await.map_err(text)?;
    }
    Ok(())
}

//! Faults of the servers.

use es_testkit::mongo::NodeId;

use super::text;
use crate::scene::Scene;

pub(crate) async fn kill_primary(scene: &mut Scene<'_>, times: u64) -> Result<(), String> {
    for _ in 0..times {
        let primary = scene.primary().await?;
        scene.cluster.kill(primary);
        let other = scene.cluster.wait_for_primary_other_than(primary).await;
        other.map_err(text)?;
        // Sometimes it is back before work goes on, sometimes long after.
        if scene.chance.percent(50) {
            scene.goes_on().await?;
        }
        scene.cluster.restart(primary).await.map_err(text)?;
        scene.injected().await?;
        scene.cluster.wait_steady().await.map_err(text)?;
    }
    Ok(())
}

pub(crate) async fn terminate_primary(scene: &mut Scene<'_>, times: u64) -> Result<(), String> {
    for _ in 0..times {
        let primary = scene.primary().await?;
        scene.cluster.terminate(primary).await.map_err(text)?;
        scene.goes_on().await?;
        scene.cluster.restart(primary).await.map_err(text)?;
        scene.injected().await?;
        scene.cluster.wait_steady().await.map_err(text)?;
    }
    Ok(())
}

pub(crate) async fn step_down(scene: &mut Scene<'_>, times: u64) -> Result<(), String> {
    for _ in 0..times {
        scene.cluster.step_down().await.map_err(text)?;
        scene.injected().await?;
        scene.cluster.wait_steady().await.map_err(text)?;
    }
    Ok(())
}

pub(crate) async fn freeze_primary(scene: &mut Scene<'_>, times: u64) -> Result<(), String> {
    for _ in 0..times {
        let primary = scene.primary().await?;
        scene.cluster.stop(primary).map_err(text)?;
        let other = scene.cluster.wait_for_primary_other_than(primary).await;
        other.map_err(text)?;
        scene.pause(1_500).await;
        scene.cluster.cont(primary).map_err(text)?;
        scene.injected().await?;
        scene.cluster.wait_steady().await.map_err(text)?;
    }
    Ok(())
}

pub(crate) async fn kill_all(scene: &mut Scene<'_>, times: u64) -> Result<(), String> {
    for _ in 0..times {
        NodeId::all().for_each(|node| scene.cluster.kill(node));
        scene.pause(300).await;
        restart_all(scene).await?;
        scene.injected().await?;
        scene.cluster.wait_steady().await.map_err(text)?;
    }
    Ok(())
}

/// Starts all servers that are down.
pub(super) async fn restart_all(scene: &Scene<'_>) -> Result<(), String> {
    for node in NodeId::all() {
        if scene.cluster.is_down(node) {
            scene.cluster.restart(node).await.map_err(text)?;
        }
    }
    Ok(())
}

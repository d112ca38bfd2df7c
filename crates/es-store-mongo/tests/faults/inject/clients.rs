//! Faults of those who use the store.

use super::text;
use crate::scene::Scene;

/// A new process follows at once, while what the old one has sent may still be on its way.
pub(crate) async fn kill_client(scene: &mut Scene<'_>, times: u64) -> Result<(), String> {
    for _ in 0..times {
        let next = scene.next_process()?;
        let old = std::mem::replace(&mut scene.other, next);
        let history = old.kill().await.map_err(text)?;
        scene.killed.push(history);
        scene.injected().await?;
    }
    Ok(())
}

pub(crate) async fn freeze_client(scene: &mut Scene<'_>, times: u64) -> Result<(), String> {
    for _ in 0..times {
        scene.other.signal("-STOP").map_err(text)?;
        scene.pause(2_500).await;
        scene.other.signal("-CONT").map_err(text)?;
        scene.injected().await?;
    }
    Ok(())
}

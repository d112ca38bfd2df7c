//! A full disk.

use es_testkit::mongo::NodeId;

use super::{servers::restart_all, text};
use crate::scene::Scene;

/// The servers run on one small disk, which is full until it is made larger.
pub(crate) async fn disk_full(scene: &mut Scene<'_>, times: u64) -> Result<(), String> {
    for _ in 0..times {
        let disk = scene.disk.ok_or("the servers have no disk of their own")?;
        let filler = disk.fill_up().map_err(text)?;
        let begin = std::time::Instant::now();
        // A server that cannot write ends itself.
        while !NodeId::all().any(|node| scene.cluster.is_down(node)) {
            if begin.elapsed() > std::time::Duration::from_secs(30) {
                return Err("no server ended, though the disk is full".to_owned());
            }
            scene.pause(50).await;
        }
        scene.pause(1_000).await;
        std::fs::remove_file(filler).map_err(text)?;
        restart_all(scene).await?;
        scene.injected().await?;
        scene.cluster.wait_steady().await.map_err(text)?;
    }
    Ok(())
}

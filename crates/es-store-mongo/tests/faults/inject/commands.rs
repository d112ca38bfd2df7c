//! Faults of single commands, inside the servers.

use es_testkit::mongo::NodeId;
use mongodb::bson::{Document, doc};

use super::text;
use crate::{opened::APP_NAME, scene::Scene};

/// Each command by itself: lost before it happens, failed before it happens, and done with an error
/// that says that nobody knows.
pub(crate) async fn lost_commit_replies(scene: &mut Scene<'_>, times: u64) -> Result<(), String> {
    for _ in 0..times {
        for data in failures() {
            let primary = scene.primary().await?;
            let point = doc! {
                "configureFailPoint": "failCommand",
                "mode": { "activationProbability": 0.3 },
                "data": data,
            };
            let point = scene.cluster.set_fail_point(primary, point).await;
            let point = point.map_err(text)?;
            scene.pause(500).await;
            point.off().await.map_err(text)?;
        }
        scene.injected().await?;
    }
    scene.cluster.wait_steady().await.map(drop).map_err(text)
}

fn failures() -> Vec<Document> {
    let commit = ["commitTransaction"];
    let both = ["commitTransaction", "insert"];
    let unknown = doc! { "code": 64, "errmsg": "waiting for replication timed out" };
    vec![
        doc! { "failCommands": commit, "closeConnection": true, "appName": APP_NAME },
        doc! { "failCommands": both, "closeConnection": true, "appName": APP_NAME },
        doc! { "failCommands": both, "writeConcernError": unknown, "appName": APP_NAME },
        doc! { "failCommands": both, "errorCode": 91, "appName": APP_NAME },
        doc! {
            "failCommands": both,
            "blockConnection": true, "blockTimeMS": 1_500,
            "appName": APP_NAME,
        },
    ]
}

/// Nothing is replicated for longer than some of the stores wait.
pub(crate) async fn write_concern(scene: &mut Scene<'_>, times: u64) -> Result<(), String> {
    for _ in 0..times {
        let primary = scene.primary().await?;
        let mut points = Vec::new();
        for node in NodeId::all().filter(|node| *node != primary) {
            let point = doc! { "configureFailPoint": "stopReplProducer", "mode": "alwaysOn" };
            let point = scene.cluster.set_fail_point(node, point).await;
            points.push(point.map_err(text)?);
        }
        scene.pause(3_500).await;
        for point in points {
            point.off().await.map_err(text)?;
        }
        scene.injected().await?;
        scene.cluster.wait_steady().await.map_err(text)?;
    }
    Ok(())
}

//! The least that one needs: a claim, a durable store, a command, a refusal.

use event_sourcing::{Aggregate, Event, Repository, embedded::EmbeddedStore, serde::Json};
use serde::{Deserialize, Serialize};

#[derive(Event, Serialize, Deserialize)]
enum ClaimEvent {
    ClaimCreated { amount: u64 },
    ClaimSubmitted,
}

#[derive(Default)]
struct Claim {
    submitted: bool,
}

impl Aggregate for Claim {
    const CATEGORY: &'static str = "Claim";
    type Event = ClaimEvent;

    fn apply(&mut self, event: &ClaimEvent) {
        match event {
            ClaimEvent::ClaimCreated { .. } => {}
            ClaimEvent::ClaimSubmitted => self.submitted = true,
        }
    }
}

impl Claim {
    fn submit(&self) -> Result<ClaimEvent, String> {
        if self.submitted {
            return Err("the claim was submitted already".into());
        }
        Ok(ClaimEvent::ClaimSubmitted)
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let directory = std::env::temp_dir().join(format!("claims-{}", std::process::id()));
    let store = EmbeddedStore::open(&directory).await?;
    let claims = Repository::<Claim>::new(store.clone(), Json);

    claims
        .create("42", ClaimEvent::ClaimCreated { amount: 1_000 })
        .await?;
    claims.execute("42", Claim::submit).await?; // load, decide, append; again after a conflict

    assert!(claims.load("42").await?.state().submitted);
    assert!(claims.execute("42", Claim::submit).await.is_err());
    store.close().await?;
    std::fs::remove_dir_all(directory)?;
    Ok(())
}

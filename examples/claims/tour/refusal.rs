//! A command that the claim refuses, in the domain's own words.

use event_sourcing::Repository;
use event_sourcing::core::BoxError;
use event_sourcing::core::repository::ExecuteError;

use crate::batch::Batch;
use crate::claim::{Claim, ClaimError};
use crate::report::{Report, counted};

pub(super) async fn show(
    claims: &Repository<Claim>,
    batch: Batch,
    report: &mut Report,
) -> Result<(), BoxError> {
    let id = format!("{}-refused", batch.number);
    claims
        .create(&id, Claim::create("glasses", 22_000)?)
        .await?;
    claims.execute(&id, Claim::submit).await?;

    report.section(format_args!("Refused by the domain: claim {id}"))?;
    let asked = claims.execute(&id, Claim::pay).await;
    report.fact("pay", answer(asked.map(|_| ())))?;
    let asked = claims.execute(&id, |claim| claim.assess(23_000)).await;
    report.fact("assess 230.00", answer(asked.map(|_| ())))?;
    let version = claims.load(&id).await?.version();
    report.line(format_args!(
        "The claim still has {}.",
        counted(version.get(), "event")
    ))?;
    Ok(())
}

fn answer(asked: Result<(), ExecuteError<ClaimError>>) -> String {
    match asked {
        Ok(()) => "done, which is wrong".to_owned(),
        // A value of the domain's type: match on it, or show it.
        Err(ExecuteError::Refused(ClaimError::Not { status, to_be })) => {
            format!("refused: it is {status} and cannot be {to_be}")
        }
        Err(error) => format!("refused: {error}"),
    }
}

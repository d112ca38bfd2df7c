//! The right to take a step, for a while, by the server's clock.

use std::time::Duration;

use mongodb::bson::oid::ObjectId;
use mongodb::bson::{Document, doc};

use super::MigrateError;
use super::layout_document;
use crate::database::Database;

/// A claim on the step from a layout to the next one.
#[derive(Debug)]
pub(super) struct Claim<'a> {
    database: &'a Database,
    from: i32,
    owner: ObjectId,
    /// How long it is good for without being renewed.
    lease: Duration,
}

impl<'a> Claim<'a> {
    /// Claims the step; nothing if another process has, or has taken it.
    pub(super) async fn take(
        database: &'a Database,
        from: i32,
        lease: Duration,
    ) -> Result<Option<Self>, MigrateError> {
        let claim = Self {
            database,
            from,
            owner: ObjectId::new(),
            lease,
        };
        let free = doc! { "version": from, "$expr": { "$lt": [ "$claimed_until", "$$NOW" ] } };
        let set = claim.until(doc! { "claimed_by": claim.owner });
        let taken = layout_document::update(database, free, set).await?;
        Ok(taken.then_some(claim))
    }

    /// Makes it good for another while. Whether it still was, is not looked at: steps may be taken
    /// by two.
    pub(super) async fn renew(&self) -> Result<(), MigrateError> {
        let set = self.until(doc! {});
        layout_document::update(self.database, self.own(), set).await?;
        Ok(())
    }

    /// Notes that the step was taken; whether the claim was still good.
    pub(super) async fn finish(self) -> Result<bool, MigrateError> {
        let taken = doc! {
            "$set": { "version": self.from + 1 },
            "$unset": { "claimed_by": "", "claimed_until": "" },
        };
        layout_document::update(self.database, self.own(), taken).await
    }

    /// Gives it back, the step not taken.
    pub(super) async fn give_back(self) -> Result<(), MigrateError> {
        let free = doc! { "$unset": { "claimed_by": "", "claimed_until": "" } };
        layout_document::update(self.database, self.own(), free).await?;
        Ok(())
    }

    pub(super) fn lease(&self) -> Duration {
        self.lease
    }

    fn own(&self) -> Document {
        doc! { "version": self.from, "claimed_by": self.owner }
    }

    /// An update that sets these fields, and until when the claim is good.
    fn until(&self, mut fields: Document) -> Vec<Document> {
        let millis = i64::try_from(self.lease.as_millis()).unwrap_or(i64::MAX);
        fields.insert("claimed_until", doc! { "$add": [ "$$NOW", millis ] });
        vec![doc! { "$set": fields }]
    }
}

//! Damage on purpose, to see that the runner finds it.

use mongodb::{
    Client,
    bson::{Bson, Document, doc},
};

use crate::arguments::Damage;

/// Changes the stored documents behind the store's back.
pub(crate) async fn damage(uri: &str, damage: Damage) -> mongodb::error::Result<()> {
    let client = Client::with_uri_str(uri).await?;
    let database = client.default_database().expect("the URI names a database");
    let events = database.collection::<Document>("events");
    let count = events.count_documents(doc! {}).await?;
    let skip = if damage == Damage::DeleteMiddle {
        count / 2
    } else {
        0
    };
    let found = events
        .find_one(doc! {})
        .sort(doc! { "_id": -1 })
        .skip(skip)
        .await?;
    let mut document = found.expect("there are documents");
    let this = doc! { "_id": document.get("_id") };
    match damage {
        Damage::DeleteNewest | Damage::DeleteMiddle => {
            events.delete_one(this).await?;
        }
        Damage::ChangePayload => {
            let payload = doc! { "$set": { "e.0.d": Bson::Binary(mongodb::bson::Binary {
                subtype: mongodb::bson::spec::BinarySubtype::Generic,
                bytes: b"{}".to_vec(),
            }) } };
            events.update_one(this, payload).await?;
        }
        Damage::CopyNewest => {
            for field in ["_id", "v"] {
                let next = document.get_i64(field).expect("a number")
                    + i64::from(document.get_i32("n").expect("a count"));
                document.insert(field, next);
            }
            document.remove("a");
            events.insert_one(document).await?;
        }
    }
    Ok(())
}

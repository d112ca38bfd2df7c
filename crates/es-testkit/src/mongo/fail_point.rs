//! Faults inside a server, switched on for as long as a guard lives.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, LazyLock, Mutex, PoisonError},
    thread,
};

use mongodb::{
    Client,
    bson::{Bson, Document, doc},
    error::ErrorKind,
};
use tokio::{
    runtime::Builder,
    sync::{Mutex as AsyncMutex, OwnedMutexGuard},
};

use super::{ServerError, admin, uri::Uri};

type Turns = Mutex<HashMap<(String, String), Arc<AsyncMutex<()>>>>;

/// A server has each point once, so who wants the same one waits.
static TURNS: LazyLock<Turns> = LazyLock::new(Turns::default);

/// A fail point that is on. Switched off by [`off`](Self::off), or when dropped.
///
/// Tests that share a server name the application that is to fail (`appName` in the point's
/// `data`), and give their clients that name. Even so a server has each point once: setting one
/// that somebody else in this process has waits for its end.
pub struct FailPoint {
    uri: String,
    name: String,
    /// How often the point was entered before it was set.
    before: i64,
    on: bool,
    _turn: OwnedMutexGuard<()>,
}

impl fmt::Debug for FailPoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FailPoint")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl FailPoint {
    /// Switches a fail point on at the server of this URI; `point` is the whole command.
    ///
    /// # Errors
    /// [`ServerError::Command`], also if the server does not have the point: names differ between
    /// versions. [`ServerError::NoFailPoints`] if it has none at all.
    ///
    /// # Examples
    /// ```no_run
    /// # async fn example() -> Result<(), es_testkit::mongo::ServerError> {
    /// use es_testkit::mongo::{FailPoint, shared};
    /// use mongodb::bson::doc;
    ///
    /// let point = doc! {
    ///     "configureFailPoint": "failCommand",
    ///     "mode": { "times": 1 },
    ///     "data": { "failCommands": ["insert"], "closeConnection": true, "appName": "victim" },
    /// };
    /// let point = FailPoint::set(&shared().await.uri(), point).await?;
    /// // ... a client with the application name `victim` loses the connection when it inserts
    /// point.off().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn set(uri: &str, point: Document) -> Result<Self, ServerError> {
        let name = point.get_str("configureFailPoint").unwrap_or_default();
        // A server is the same whatever database and user the URI names.
        let key = (Uri::new(uri).addresses().to_owned(), name.to_owned());
        let turn = {
            let mut turns = TURNS.lock().unwrap_or_else(PoisonError::into_inner);
            turns.entry(key).or_default().clone()
        };
        let mut fail_point = Self {
            uri: uri.to_owned(),
            name: name.to_owned(),
            before: 0,
            on: false,
            _turn: turn.lock_owned().await,
        };
        let reply = fail_point.command("setting a fail point", point).await?;
        fail_point.on = true;
        fail_point.before = count(&reply);
        Ok(fail_point)
    }

    /// Waits until the point was entered so often since it was set.
    ///
    /// # Errors
    /// [`ServerError::Command`] if that is not so within half a minute.
    pub async fn entered(&self, times: u32) -> Result<(), ServerError> {
        let command = doc! {
            "waitForFailPoint": &self.name,
            "timesEntered": self.before + i64::from(times),
            "maxTimeMS": 30_000,
        };
        let waiting = self.command("waiting for a fail point", command).await;
        waiting.map(drop)
    }

    /// Switches the point off, and returns how often it was entered.
    ///
    /// # Errors
    /// [`ServerError::Command`] if the server does not answer.
    pub async fn off(mut self) -> Result<i64, ServerError> {
        let reply = self.switch_off().await?;
        self.on = false;
        Ok(count(&reply) - self.before)
    }

    async fn switch_off(&self) -> Result<Document, ServerError> {
        let command = doc! { "configureFailPoint": &self.name, "mode": "off" };
        self.command("clearing a fail point", command).await
    }

    async fn command(
        &self,
        doing: &'static str,
        command: Document,
    ) -> Result<Document, ServerError> {
        let failed = |error| ServerError::command(doing)(error);
        let client: Client = admin::direct(&self.uri).await.map_err(failed)?;
        let reply = admin::run(&client, command).await.map_err(|error| {
            if means_no_fail_points(&error) {
                let source = Box::new(error);
                return ServerError::NoFailPoints { source };
            }
            failed(error)
        });
        client.shutdown().immediate(true).await;
        reply
    }
}

impl Drop for FailPoint {
    fn drop(&mut self) {
        if !self.on {
            return;
        }
        // A test failed, so nobody awaits. The next one must not meet this point.
        thread::scope(|scope| {
            scope.spawn(|| {
                let runtime = Builder::new_current_thread().enable_all().build();
                // If the server is gone, so is the point.
                runtime.map(|runtime| runtime.block_on(self.switch_off()).is_ok())
            });
        });
    }
}

/// The codes of a command that is not known, not allowed to the user, or not allowed at all.
fn means_no_fail_points(error: &mongodb::error::Error) -> bool {
    const CODES: [i32; 3] = [59, 13, 8000];
    match &*error.kind {
        ErrorKind::Command(refused) => CODES.contains(&refused.code),
        _ => false,
    }
}

fn count(reply: &Document) -> i64 {
    match reply.get("count") {
        Some(Bson::Int32(count)) => (*count).into(),
        Some(Bson::Int64(count)) => *count,
        _ => 0,
    }
}

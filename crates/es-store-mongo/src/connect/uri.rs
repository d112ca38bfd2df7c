//! The URI: where to connect, and what it must not ask for.

use std::time::Duration;

use mongodb::options::{
    Acknowledgment, ClientOptions, DriverInfo, ReadConcern, SelectionCriteria, Tls, WriteConcern,
};

use super::cause;
use crate::error::OpenError;
use crate::options::MongoOptions;

/// The database of a URI that names none.
const DEFAULT_DATABASE: &str = "event_sourcing";
const DEFAULT_APP_NAME: &str = "event-sourcing";
/// The server cuts longer names off, and the driver refuses them.
const MAX_APP_NAME_BYTES: usize = 120;
const TAIL: &str = "-tail";
/// The driver's monitor gives up on a server after this long without an answer: a frozen primary
/// is noticed by it.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// The driver's own default of 10 is for short calls, and a page of events is not short.
const MAX_POOL_SIZE: u32 = 50;
/// A change stream waits this long for a server that has left before it is opened elsewhere.
const TAIL_TIMEOUT: Duration = Duration::from_secs(2);

/// What the URI says.
pub(super) struct Target {
    /// For appends and reads.
    pub(super) client: ClientOptions,
    /// For following the log, which must find a new primary quickly.
    pub(super) tail: ClientOptions,
    pub(super) database: String,
    /// Where pages of events may be read.
    pub(super) read_preference: Option<SelectionCriteria>,
    pub(super) wants_tls: bool,
}

impl Target {
    pub(super) async fn parse(uri: &str, options: &MongoOptions) -> Result<Self, OpenError> {
        let parsed = tokio::time::timeout(options.open_timeout, ClientOptions::parse(uri)).await;
        let mut client = match parsed {
            Ok(parsed) => parsed.map_err(|error| cause::of_uri(&error, uri))?,
            Err(_) => {
                return Err(OpenError::Dns {
                    source: "no answer in time".into(),
                });
            }
        };
        refuse_weak(&client)?;
        let app_name = app_name(&client, options)?;
        client.app_name = Some(app_name.clone());
        client.driver_info = Some(
            DriverInfo::builder()
                .name("es-store-mongo")
                .version(env!("CARGO_PKG_VERSION").to_owned())
                .build(),
        );
        client.connect_timeout.get_or_insert(CONNECT_TIMEOUT);
        client.max_pool_size.get_or_insert(MAX_POOL_SIZE);
        client.write_concern = Some(durable());
        client.read_concern = Some(ReadConcern::majority());
        Ok(Self {
            tail: tail(&client, app_name),
            database: client
                .default_database
                .clone()
                .unwrap_or_else(|| DEFAULT_DATABASE.to_owned()),
            read_preference: client.selection_criteria.clone(),
            wants_tls: matches!(client.tls, Some(Tls::Enabled(_))),
            client,
        })
    }
}

/// What every write waits for.
pub(crate) fn durable() -> WriteConcern {
    WriteConcern::builder()
        .w(Acknowledgment::Majority)
        .journal(true)
        .build()
}

fn app_name(client: &ClientOptions, options: &MongoOptions) -> Result<String, OpenError> {
    let name = options.app_name.as_ref().or(client.app_name.as_ref());
    let name = name.map_or(DEFAULT_APP_NAME, String::as_str);
    if name.len() > MAX_APP_NAME_BYTES {
        return Err(OpenError::InvalidUri {
            problem: format!("the app name is longer than {MAX_APP_NAME_BYTES} bytes"),
        });
    }
    Ok(name.to_owned())
}

fn tail(client: &ClientOptions, app_name: String) -> ClientOptions {
    let mut tail = client.clone();
    let shorter = |timeout: Option<Duration>| {
        Some(timeout.map_or(TAIL_TIMEOUT, |timeout| timeout.min(TAIL_TIMEOUT)))
    };
    tail.app_name = Some(app_name + TAIL);
    tail.server_selection_timeout = shorter(tail.server_selection_timeout);
    tail.connect_timeout = shorter(tail.connect_timeout);
    tail
}

/// The concerns are ours; a URI that asks for others expects something that will not happen.
fn refuse_weak(client: &ClientOptions) -> Result<(), OpenError> {
    let refused = |option| Err(OpenError::WeakConcern { option });
    if let Some(write) = &client.write_concern {
        if write.journal == Some(false) {
            return refused("journal=false");
        }
        match &write.w {
            None | Some(Acknowledgment::Majority) => {}
            Some(Acknowledgment::Nodes(0)) => return refused("w=0"),
            Some(Acknowledgment::Nodes(1)) => return refused("w=1"),
            Some(_) => return refused("a w other than majority"),
        }
    }
    match &client.read_concern {
        Some(read) if *read == ReadConcern::local() => refused("readConcernLevel=local"),
        Some(read) if *read == ReadConcern::available() => refused("readConcernLevel=available"),
        Some(read) if *read != ReadConcern::majority() => {
            refused("a readConcernLevel other than majority")
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn parse(uri: &str) -> Result<Target, OpenError> {
        Target::parse(uri, &MongoOptions::default()).await
    }

    #[tokio::test]
    async fn a_concern_that_could_lose_events_is_refused() {
        for option in [
            "w=0",
            "w=1",
            "w=2",
            "journal=false",
            "readConcernLevel=local",
            "readConcernLevel=available",
        ] {
            let refused = parse(&format!("mongodb://localhost/?{option}")).await;
            assert!(
                matches!(refused, Err(OpenError::WeakConcern { .. })),
                "{option}"
            );
        }
        let same = "mongodb://localhost/?w=majority&journal=true&readConcernLevel=majority";
        assert!(parse(same).await.is_ok());
    }

    #[tokio::test]
    async fn following_has_a_client_of_its_own_that_gives_up_soon() {
        let target = parse("mongodb://localhost/claims?appName=claims&connectTimeoutMS=20000");
        let target = target.await.unwrap();
        assert_eq!(target.database, "claims");
        assert_eq!(target.client.app_name.as_deref(), Some("claims"));
        assert_eq!(target.tail.app_name.as_deref(), Some("claims-tail"));
        assert_eq!(target.tail.server_selection_timeout, Some(TAIL_TIMEOUT));
        assert_eq!(target.tail.connect_timeout, Some(TAIL_TIMEOUT));
        let twenty = Duration::from_secs(20);
        assert_eq!(target.client.connect_timeout, Some(twenty));
    }

    #[tokio::test]
    async fn a_bad_uri_is_refused_without_showing_its_password() {
        for uri in [
            "",
            "localhost",
            "http://jane:secret@localhost",
            "mongodb://jane:sec/ret@localhost/x",
            "mongodb://jane:secret@",
            "mongodb://jane:secret@localhost/?authMechanism=secret",
        ] {
            let refused = parse(uri).await.map(|_| ()).unwrap_err();
            let shown = format!("{refused} {refused:?}");
            assert!(matches!(refused, OpenError::InvalidUri { .. }), "{shown}");
            assert!(!shown.contains("sec") && !shown.contains("jane"), "{shown}");
        }
    }
}

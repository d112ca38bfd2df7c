//! What is behind an error of the driver, in words that name the remedy.
//!
//! When no server can be selected the driver says so in one long text that holds, somewhere, what
//! each server said. Here it is taken apart.

use es_core::BoxError;
use mongodb::error::{Error, ErrorKind};

use crate::error::OpenError;

/// The server's code for a missing privilege.
const UNAUTHORIZED: i32 = 13;
/// Codes of a server that is no primary, or is just leaving that office.
const NOT_PRIMARY: [i32; 7] = [91, 189, 10_058, 10_107, 11_600, 11_602, 13_435];

/// An error of parsing the URI. The driver may repeat parts of it.
pub(super) fn of_uri(error: &Error, uri: &str) -> OpenError {
    if let ErrorKind::DnsResolve { message, .. } = &*error.kind {
        return OpenError::Dns {
            source: message.clone().into(),
        };
    }
    let begins_well = uri.starts_with("mongodb://") || uri.starts_with("mongodb+srv://");
    let problem = match &*error.kind {
        _ if !begins_well => "it does not begin with mongodb:// or mongodb+srv://".to_owned(),
        ErrorKind::InvalidArgument { message, .. } if !repeats(message, uri) => message.clone(),
        _ => "a part of it is malformed; in user name and password, write special characters \
              as % and two hexadecimal digits"
            .to_owned(),
    };
    OpenError::InvalidUri { problem }
}

/// Whether a message repeats anything of the URI that could be secret.
fn repeats(message: &str, uri: &str) -> bool {
    let rest = uri.split_once("://").map_or(uri, |(_, rest)| rest);
    let pieces = rest.split([':', '@', '/', '?', '&', '=', ',']);
    let mut pieces = pieces.filter(|piece| !piece.is_empty());
    uri.contains('@') && pieces.any(|piece| message.contains(piece))
}

/// An error of the first contact.
pub(super) fn of_contact(error: &Error, wants_tls: bool) -> OpenError {
    match &*error.kind {
        ErrorKind::Authentication { message, .. } => OpenError::Authentication {
            source: message.clone().into(),
        },
        ErrorKind::DnsResolve { message, .. } => OpenError::Dns {
            source: message.clone().into(),
        },
        ErrorKind::InvalidTlsConfig { message, .. } => OpenError::Tls {
            source: message.clone().into(),
        },
        ErrorKind::IncompatibleServer { .. } => OpenError::Incompatible {
            source: said(error),
        },
        ErrorKind::ServerSelection { message, .. } => of_selection(message, wants_tls),
        ErrorKind::Io(_) => of_servers(&error.kind.to_string(), wants_tls),
        _ => of_command(error, "talk to the server"),
    }
}

/// An error of a command, once there was contact.
pub(crate) fn of_command(error: &Error, what: &'static str) -> OpenError {
    let source = said(error);
    match &*error.kind {
        ErrorKind::Command(command) if command.code == UNAUTHORIZED => {
            if command.message.contains("requires authentication") {
                OpenError::Authentication { source }
            } else {
                OpenError::NotAuthorized { what, source }
            }
        }
        ErrorKind::Command(command) if NOT_PRIMARY.contains(&command.code) => {
            OpenError::NoPrimary { source }
        }
        ErrorKind::Authentication { .. } => OpenError::Authentication { source },
        // There was contact, so it is nothing about TLS that shows only in a closed connection.
        ErrorKind::ServerSelection { message, .. } => of_selection(message, true),
        _ => OpenError::Server { what, source },
    }
}

/// Whether trying again within seconds may help.
pub(super) fn may_pass(error: &OpenError) -> bool {
    matches!(
        error,
        OpenError::NoPrimary { .. } | OpenError::Unreachable { .. } | OpenError::Server { .. }
    )
}

/// The driver's words, without labels and the whole reply.
pub(crate) fn said(error: &Error) -> BoxError {
    error.kind.to_string().into()
}

fn of_selection(message: &str, wants_tls: bool) -> OpenError {
    let servers = servers(message);
    let source = || servers.join("; ").into();
    if message.contains("ompatib") && message.contains("ompatibility Error") {
        return OpenError::Incompatible { source: source() };
    }
    if servers.is_empty() {
        return OpenError::NoPrimary {
            source: "none of the servers belongs to the replica set that the URI names".into(),
        };
    }
    let answers = |server: &String| !server.ends_with("Type: Unknown") && !server.contains("Error");
    if servers.iter().any(answers) {
        return OpenError::NoPrimary { source: source() };
    }
    of_servers(&servers.join("; "), wants_tls)
}

fn of_servers(said: &str, wants_tls: bool) -> OpenError {
    const TLS: [&str; 6] = [
        "certificate",
        "handshake",
        "corrupt message",
        "InvalidContentType",
        "received fatal alert",
        "UnknownIssuer",
    ];
    const NAMES: [&str; 4] = [
        "failed to lookup address",
        "Name or service not known",
        "No such host is known",
        "nodename nor servname",
    ];
    const CLOSED: [&str; 4] = [
        "unexpected end of file",
        "eof",
        "Connection reset",
        "connection was forcibly closed",
    ];
    let says = |texts: &[&str]| texts.iter().any(|text| said.contains(text));
    if says(&TLS) {
        OpenError::Tls {
            source: said.into(),
        }
    } else if says(&NAMES) {
        OpenError::Dns {
            source: said.into(),
        }
    } else if says(&CLOSED) && !wants_tls {
        OpenError::Tls {
            source: format!(
                "{said}: the server closed the connection at once, as one does that wants TLS \
                 (tls=true)"
            )
            .into(),
        }
    } else {
        OpenError::Unreachable {
            source: said.into(),
        }
    }
}

/// What the driver's text says of each server: its address, and its error or its type.
fn servers(message: &str) -> Vec<String> {
    let mut servers = Vec::new();
    for server in message.split("{ Address: ").skip(1) {
        let address = server.split(',').next().unwrap_or_default();
        let error = server.split_once("Error: Kind: ");
        let said = match error {
            Some((_, error)) => {
                let error = error.split(", labels:").next().unwrap_or_default();
                format!("{address}: Error: {error}")
            }
            None => {
                let rest = server.split_once("Type: ").map_or("", |(_, rest)| rest);
                let of_type = rest.split([',', ' ']).next().unwrap_or_default();
                format!("{address}: Type: {of_type}")
            }
        };
        servers.push(said);
    }
    servers
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selection(servers: &str) -> OpenError {
        let text = "Server selection timeout: No available servers. Topology: { Type: \
                    ReplicaSetNoPrimary, Set Name: rs0";
        of_selection(&format!("{text}{servers} }}"), false)
    }

    #[test]
    fn the_cause_is_dug_out_of_the_text_of_the_driver() {
        let server = |error: &str| {
            selection(&format!(
                ", Servers: [ {{ Address: db:27017, Type: Unknown, Error: Kind: I/O error: \
                 {error}, labels: {{}}, source: None, server response: None }} ]"
            ))
        };
        for (error, expected) in [
            ("Connection refused (os error 111)", "Unreachable"),
            ("invalid peer certificate: UnknownIssuer", "Tls"),
            ("unexpected end of file", "Tls"),
            ("failed to lookup address information: x", "Dns"),
            ("timed out", "Unreachable"),
        ] {
            let found = format!("{:?}", server(error));
            assert!(found.starts_with(expected), "{error}: {found}");
            assert!(found.contains(&format!("db:27017: Error: I/O error: {error}")));
            assert!(!found.contains("labels"), "{found}");
        }
    }

    #[test]
    fn servers_without_a_primary_are_told_from_servers_that_do_not_answer() {
        let secondary = selection(
            ", Servers: [ { Address: db:1, Type: RsSecondary, Average RTT: 1ms }, { Address: \
             db:2, Type: Unknown, Error: Kind: I/O error: Connection refused, labels: {} } ]",
        );
        assert!(
            matches!(secondary, OpenError::NoPrimary { .. }),
            "{secondary:?}"
        );
        assert!(matches!(selection(""), OpenError::NoPrimary { .. }));
    }
}

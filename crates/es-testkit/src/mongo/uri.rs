//! A connection string into which a database can be put.

use std::fmt;

/// A connection string. `Debug` leaves it out: it may hold a password.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Uri {
    /// Scheme, credentials and hosts.
    hosts: String,
    database: String,
    /// What follows the question mark.
    options: String,
}

impl Uri {
    pub(crate) fn new(text: &str) -> Self {
        let (rest, options) = text.split_once('?').unwrap_or((text, ""));
        let start = rest.find("://").map_or(0, |at| at + 3);
        let (hosts, database) = match rest[start..].find('/') {
            Some(slash) => (&rest[..start + slash], &rest[start + slash + 1..]),
            None => (rest, ""),
        };
        Self {
            hosts: hosts.to_owned(),
            database: database.to_owned(),
            options: options.to_owned(),
        }
    }

    /// The addresses alone, without credentials.
    pub(crate) fn addresses(&self) -> &str {
        let after_scheme = self
            .hosts
            .split_once("://")
            .map_or(&*self.hosts, |(_, rest)| rest);
        after_scheme
            .rsplit_once('@')
            .map_or(after_scheme, |(_, addresses)| addresses)
    }

    /// The same with this database. Users of a URI that named none, or another, are looked up where
    /// they were before.
    pub(crate) fn with_database(&self, database: &str) -> String {
        let mut uri = self.clone();
        let has_user = self.hosts.contains('@');
        if has_user && !self.options.to_ascii_lowercase().contains("authsource=") {
            let source = match self.database.as_str() {
                "" => "admin",
                named => named,
            };
            if !uri.options.is_empty() {
                uri.options.push('&');
            }
            uri.options.push_str("authSource=");
            uri.options.push_str(source);
        }
        uri.database = database.to_owned();
        uri.to_string()
    }
}

impl fmt::Display for Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.hosts, self.database)?;
        if self.options.is_empty() {
            return Ok(());
        }
        write!(f, "?{}", self.options)
    }
}

impl fmt::Debug for Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Uri(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(uri: &str) -> String {
        Uri::new(uri).with_database("db")
    }

    #[test]
    fn a_database_is_put_into_any_uri() {
        assert_eq!(with("mongodb://h:1"), "mongodb://h:1/db");
        assert_eq!(with("mongodb://h:1,i:2/"), "mongodb://h:1,i:2/db");
        assert_eq!(
            with("mongodb://h:1/other?replicaSet=rs0"),
            "mongodb://h:1/db?replicaSet=rs0"
        );
        assert_eq!(with("mongodb://h?tls=true"), "mongodb://h/db?tls=true");
    }

    #[test]
    fn users_are_looked_up_where_they_were_before() {
        assert_eq!(
            with("mongodb://u:p@h"),
            "mongodb://u:p@h/db?authSource=admin"
        );
        assert_eq!(
            with("mongodb://u:p@h/app?w=1"),
            "mongodb://u:p@h/db?w=1&authSource=app"
        );
        assert_eq!(
            with("mongodb://u:p@h/?authSource=x"),
            "mongodb://u:p@h/db?authSource=x"
        );
    }

    #[test]
    fn the_addresses_are_the_same_for_all_users_and_databases() {
        for uri in ["mongodb://h:1,i:2", "mongodb://u:p@h:1,i:2/db?w=1"] {
            assert_eq!(Uri::new(uri).addresses(), "h:1,i:2");
        }
    }

    #[test]
    fn debug_shows_no_part_of_it() {
        assert_eq!(format!("{:?}", Uri::new("mongodb://u:p@h")), "Uri(..)");
    }
}

//! The same connection string with another database.

/// Puts a database into a connection string. Whoever logs in is still looked up where `auth_source`
/// says, which otherwise follows the database.
pub(super) fn with_database(uri: &str, database: &str, auth_source: Option<&str>) -> String {
    let (scheme, rest) = uri.split_once("://").unwrap_or(("mongodb", uri));
    // User names, passwords and hosts have neither `?` nor `/`, unless it is escaped.
    let (front, query) = rest.split_once('?').unwrap_or((rest, ""));
    let servers = front.split_once('/').map_or(front, |(servers, _)| servers);
    let mut options: Vec<_> = query
        .split('&')
        .filter(|option| !option.is_empty())
        .collect();
    let named = options
        .iter()
        .any(|option| option.to_ascii_lowercase().starts_with("authsource="));
    let source = auth_source.map(|source| format!("authSource={}", source.replace('$', "%24")));
    if !named && let Some(source) = &source {
        options.push(source);
    }
    let query = options.join("&");
    let separator = if query.is_empty() { "" } else { "?" };
    format!("{scheme}://{servers}/{database}{separator}{query}")
}

#[cfg(test)]
mod tests {
    use super::with_database;

    #[test]
    fn only_the_database_changes() {
        for (uri, expected) in [
            ("mongodb://h:1", "mongodb://h:1/b"),
            ("mongodb://h:1/", "mongodb://h:1/b"),
            (
                "mongodb://h:1/?replicaSet=rs0",
                "mongodb://h:1/b?replicaSet=rs0",
            ),
            ("mongodb://h:1/a?tls=true", "mongodb://h:1/b?tls=true"),
            ("mongodb+srv://u:p%2F@h/a", "mongodb+srv://u:p%2F@h/b"),
        ] {
            assert_eq!(with_database(uri, "b", None), expected);
        }
    }

    #[test]
    fn users_are_still_looked_up_where_they_are() {
        let with = |uri| with_database(uri, "b", Some("a"));
        assert_eq!(with("mongodb://u:p@h/a"), "mongodb://u:p@h/b?authSource=a");
        assert_eq!(
            with("mongodb://u:p@h/?authsource=c"),
            "mongodb://u:p@h/b?authsource=c"
        );
    }
}

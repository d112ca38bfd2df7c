//! A replica set of one server that wants TLS and a password or a certificate.

use std::sync::atomic::{AtomicU64, Ordering};

use mongodb::{
    Client,
    bson::{Document, doc},
};

use super::{Certificates, Server, ServerError, ServerOptions, admin};

const ADMIN: &str = "admin";
/// With characters that a URI has to escape, so that every test that uses it shows that they work.
const PASSWORD: &str = "s3cret of:tests/@é%";

/// A server that takes only TLS and only users it knows: SCRAM and X.509.
///
/// `Debug` shows neither passwords nor URIs.
#[derive(Debug)]
pub struct SecureServer {
    server: Server,
    certificates: Certificates,
    users: AtomicU64,
}

/// Somebody the server knows, with exactly the privileges that were given.
///
/// `Debug` shows the name only.
pub struct User {
    name: String,
    /// What follows the question mark to be this user.
    options: String,
    credentials: String,
}

impl std::fmt::Debug for User {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("User").field(&self.name).finish()
    }
}

impl SecureServer {
    /// Makes certificates and starts a server with them, in about two seconds.
    ///
    /// # Errors
    /// [`ServerError`], e.g. if the `openssl` program is missing.
    pub async fn start(options: ServerOptions) -> Result<Self, ServerError> {
        let certificates = Certificates::make(options.data_root.as_deref())?;
        let options = with_security(options, &certificates);
        let tls = tls(&certificates.authority_file().to_string_lossy());
        let server = Server::start_with(options, tls).await?;
        let secure = Self {
            server,
            certificates,
            users: AtomicU64::new(0),
        };
        secure.create_admin().await?;
        Ok(secure)
    }

    /// The URI of a user who may do everything.
    pub fn admin_uri(&self, database: &str) -> String {
        self.uri(&credentials(ADMIN, PASSWORD), database, "authSource=admin")
    }

    /// A new user with a password, a role of their own, and in it these privileges: documents of
    /// `resource` and `actions`, as `createRole` takes them.
    ///
    /// # Errors
    /// [`ServerError::Command`] if the server does not take the privileges.
    pub async fn user(&self, privileges: &[Document]) -> Result<User, ServerError> {
        let name = self.role(privileges).await?;
        let user = doc! {
            "createUser": &name,
            "pwd": PASSWORD,
            "roles": [{ "role": &name, "db": ADMIN }],
        };
        self.set_up(ADMIN, "making a user", user).await?;
        Ok(User {
            credentials: credentials(&name, PASSWORD),
            options: "authSource=admin".to_owned(),
            name,
        })
    }

    /// As [`user`](Self::user), for somebody with a certificate and no password.
    ///
    /// # Errors
    /// As of [`user`](Self::user), and [`ServerError::Program`] of `openssl`.
    pub async fn x509_user(&self, privileges: &[Document]) -> Result<User, ServerError> {
        let role = self.role(privileges).await?;
        let (file, name) = self.certificates.client(&role)?;
        let user = doc! {
            "createUser": &name,
            "roles": [{ "role": &role, "db": ADMIN }],
        };
        self.set_up("$external", "making a user", user).await?;
        let file = escaped(&file.to_string_lossy());
        Ok(User {
            name,
            credentials: String::new(),
            options: format!(
                "authMechanism=MONGODB-X509&authSource=%24external&tlsCertificateKeyFile={file}"
            ),
        })
    }

    /// The URI with which a user gets in.
    pub fn uri_of(&self, user: &User, database: &str) -> String {
        self.uri(&user.credentials, database, &user.options)
    }

    /// The URI of a user with a wrong password.
    pub fn wrong_password_uri(&self, database: &str) -> String {
        let wrong = credentials(ADMIN, "not the password");
        self.uri(&wrong, database, "authSource=admin")
    }

    /// The URI of the administrator, trusting an authority that did not sign the server's
    /// certificate.
    pub fn wrong_authority_uri(&self, database: &str) -> String {
        let stranger = self.certificates.stranger_file();
        self.uri_with(
            &credentials(ADMIN, PASSWORD),
            database,
            &tls(&stranger.to_string_lossy()),
            "authSource=admin",
        )
    }

    /// A URI without TLS.
    pub fn plain_uri(&self, database: &str) -> String {
        let known = credentials(ADMIN, PASSWORD);
        self.uri_with(&known, database, "", "authSource=admin")
    }

    /// A URI of nobody: with TLS, without a user.
    pub fn anonymous_uri(&self, database: &str) -> String {
        self.uri("", database, "")
    }

    /// The files that client and server prove themselves with.
    pub fn certificates(&self) -> &Certificates {
        &self.certificates
    }

    /// The server behind it.
    pub fn server(&self) -> &Server {
        &self.server
    }

    fn uri(&self, credentials: &str, database: &str, options: &str) -> String {
        let authority = self.certificates.authority_file();
        let tls = tls(&authority.to_string_lossy());
        self.uri_with(credentials, database, &tls, options)
    }

    fn uri_with(&self, credentials: &str, database: &str, tls: &str, options: &str) -> String {
        let port = self.server.port();
        let mut all = format!("mongodb://{credentials}127.0.0.1:{port}/{database}?replicaSet=rs0");
        for part in [tls, options].into_iter().filter(|part| !part.is_empty()) {
            all.push('&');
            all.push_str(part);
        }
        all
    }

    /// As long as there is no user, whoever comes from this machine may make the first.
    async fn create_admin(&self) -> Result<(), ServerError> {
        let client = self.direct(&self.anonymous_uri(ADMIN)).await?;
        let user = doc! { "createUser": ADMIN, "pwd": PASSWORD, "roles": ["root"] };
        let made = admin::run(&client, user).await;
        client.shutdown().immediate(true).await;
        made.map(drop)
            .map_err(ServerError::command("making the administrator"))
    }

    async fn role(&self, privileges: &[Document]) -> Result<String, ServerError> {
        let n = self.users.fetch_add(1, Ordering::Relaxed);
        let name = format!("user{n}");
        let role = doc! { "createRole": &name, "privileges": privileges, "roles": [] };
        self.set_up(ADMIN, "making a role", role).await?;
        Ok(name)
    }

    async fn set_up(
        &self,
        database: &str,
        doing: &'static str,
        command: Document,
    ) -> Result<(), ServerError> {
        let client = self.direct(&self.admin_uri(ADMIN)).await?;
        let done = client.database(database).run_command(command).await;
        client.shutdown().immediate(true).await;
        done.map(drop).map_err(ServerError::command(doing))
    }

    async fn direct(&self, uri: &str) -> Result<Client, ServerError> {
        let client = admin::direct(uri).await;
        client.map_err(ServerError::command("connecting"))
    }
}

fn with_security(mut options: ServerOptions, certificates: &Certificates) -> ServerOptions {
    let file = |path: std::path::PathBuf| path.to_string_lossy().into_owned();
    let arguments = [
        "--tlsMode".to_owned(),
        "requireTLS".to_owned(),
        "--tlsCertificateKeyFile".to_owned(),
        file(certificates.server_file()),
        "--tlsCAFile".to_owned(),
        file(certificates.authority_file()),
        "--tlsAllowConnectionsWithoutCertificates".to_owned(),
        "--keyFile".to_owned(),
        file(certificates.set_key_file()),
    ];
    options.arguments.extend(arguments);
    options
}

fn tls(authority: &str) -> String {
    format!("tls=true&tlsCAFile={}", escaped(authority))
}

fn credentials(name: &str, password: &str) -> String {
    format!("{}:{}@", escaped(name), escaped(password))
}

/// As a URI wants it.
fn escaped(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

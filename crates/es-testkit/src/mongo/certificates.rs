//! Certificates for servers and clients of tests, made by the `openssl` program.

use std::{
    fs, io,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
};

use super::{ServerError, directory::Directory};

const DAYS: &str = "30";
const AUTHORITY: &str =
    "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n";
const SERVER: &str = "basicConstraints=CA:FALSE\nextendedKeyUsage=serverAuth,clientAuth\n\
                      subjectAltName=IP:127.0.0.1,DNS:localhost\n";
const CLIENT: &str = "basicConstraints=CA:FALSE\nextendedKeyUsage=clientAuth\n";

/// An authority with a certificate for a server on this machine, and another authority that has
/// signed nothing.
///
/// They lie in a directory that goes when this is dropped.
#[derive(Debug)]
pub struct Certificates {
    directory: Directory,
}

impl Certificates {
    /// Makes them, in less than a second.
    ///
    /// # Errors
    /// [`ServerError::Program`] if `openssl` is missing or fails.
    pub(crate) fn make(root: Option<&Path>) -> Result<Self, ServerError> {
        let directory = Directory::create(root).map_err(ServerError::spawn)?;
        let made = Self { directory };
        made.authority("authority")?;
        made.authority("stranger")?;
        made.signed("server", "/O=event-sourcing servers/CN=localhost", SERVER)?;
        made.key_file().map_err(ServerError::spawn)?;
        Ok(made)
    }

    /// The authority that signed the server's certificate.
    pub fn authority_file(&self) -> PathBuf {
        self.file("authority.crt")
    }

    /// An authority that signed no certificate of the server.
    pub fn stranger_file(&self) -> PathBuf {
        self.file("stranger.crt")
    }

    /// Key and certificate of the server.
    pub fn server_file(&self) -> PathBuf {
        self.file("server.pem")
    }

    /// The secret that the members of a set share.
    pub(crate) fn set_key_file(&self) -> PathBuf {
        self.file("set.key")
    }

    /// Makes key and certificate of a client; returns their file and whom they name.
    pub(crate) fn client(&self, name: &str) -> Result<(PathBuf, String), ServerError> {
        let subject = format!("/O=event-sourcing clients/OU=tests/CN={name}");
        let file = self.signed(name, &subject, CLIENT)?;
        let mut shown = self.openssl(&["x509", "-noout", "-subject", "-nameopt", "RFC2253"]);
        let shown = call(shown.arg("-in").arg(&file))?;
        let subject = shown.trim().trim_start_matches("subject=").trim();
        Ok((file, subject.to_owned()))
    }

    fn authority(&self, name: &str) -> Result<(), ServerError> {
        let subject = format!("/O=event-sourcing tests/CN={name}");
        self.request(name, &subject)?;
        let mut sign = self.openssl(&["x509", "-req", "-days", DAYS]);
        sign.arg("-in").arg(self.file(&format!("{name}.csr")));
        sign.arg("-signkey").arg(self.file(&format!("{name}.key")));
        self.finish(sign, name, AUTHORITY)
    }

    fn signed(&self, name: &str, subject: &str, what: &str) -> Result<PathBuf, ServerError> {
        self.request(name, subject)?;
        let mut sign = self.openssl(&["x509", "-req", "-days", DAYS, "-CAcreateserial"]);
        sign.arg("-in").arg(self.file(&format!("{name}.csr")));
        sign.arg("-CA").arg(self.authority_file());
        sign.arg("-CAkey").arg(self.file("authority.key"));
        self.finish(sign, name, what)?;
        let both = self.file(&format!("{name}.pem"));
        let joined = ["key", "crt"]
            .map(|part| fs::read(self.file(&format!("{name}.{part}"))))
            .into_iter()
            .collect::<io::Result<Vec<_>>>()
            .and_then(|parts| fs::write(&both, parts.concat()));
        joined.map_err(ServerError::spawn)?;
        Ok(both)
    }

    /// A new key, and the request to certify it.
    fn request(&self, name: &str, subject: &str) -> Result<(), ServerError> {
        let mut request = self.openssl(&["req", "-new", "-newkey", "ec", "-nodes", "-sha256"]);
        request.args(["-pkeyopt", "ec_paramgen_curve:P-256", "-subj", subject]);
        request
            .arg("-keyout")
            .arg(self.file(&format!("{name}.key")));
        request.arg("-out").arg(self.file(&format!("{name}.csr")));
        call(&mut request).map(drop)
    }

    fn finish(&self, mut sign: Command, name: &str, what: &str) -> Result<(), ServerError> {
        let extensions = self.file(&format!("{name}.ext"));
        fs::write(&extensions, what).map_err(ServerError::spawn)?;
        sign.args(["-sha256", "-extfile"]).arg(extensions);
        sign.arg("-out").arg(self.file(&format!("{name}.crt")));
        call(&mut sign).map(drop)
    }

    fn key_file(&self) -> io::Result<()> {
        let path = self.set_key_file();
        // Nobody but these tests ever talks to the set.
        fs::write(&path, "c2V0IG9mIHNlcnZlcnMgZm9yIHRlc3Rz")?;
        fs::set_permissions(path, fs::Permissions::from_mode(0o400))
    }

    fn file(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn openssl(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("openssl");
        command.args(arguments).current_dir(self.directory.path());
        command
    }
}

fn call(command: &mut Command) -> Result<String, ServerError> {
    let failed = |reason: String| ServerError::Program {
        program: "openssl",
        reason,
    };
    let output = command
        .output()
        .map_err(|error| failed(error.to_string()))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(failed(said.trim().to_owned()))
}

//! The certificate that a viewer shows which is reached from elsewhere.

use std::{path::Path, sync::Arc};

use larder_model::{Problem, Result, escape};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        client::verify_server_name,
        pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject},
        server::ParsedCertificate,
    },
};

/// A certificate with its key.
#[derive(Clone)]
pub struct Certificate {
    config: Arc<ServerConfig>,
    own: CertificateDer<'static>,
}

impl Certificate {
    /// Reads PEM files: the certificate with those that lead to its issuer, and the key.
    pub fn read(certificate: &Path, key: &Path) -> Result<Self> {
        let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(certificate)
            .and_then(Iterator::collect)
            .map_err(|error| unusable("certificate", certificate, error))?;
        let own = chain.first().cloned();
        let own = own.ok_or_else(|| unusable("certificate", certificate, "there is none in it"))?;
        let secret = PrivateKeyDer::from_pem_file(key).map_err(|error| unusable("key", key, error))?;
        let config = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(chain, secret)
            .map_err(|error| unusable("key", key, error))?;
        Ok(Self { config: Arc::new(config), own })
    }

    pub fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(self.config.clone())
    }

    /// Whether a name is one of its names.
    pub fn is_for(&self, name: &str) -> bool {
        let (Ok(name), Ok(own)) = (ServerName::try_from(name), ParsedCertificate::try_from(&self.own)) else {
            return false;
        };
        verify_server_name(&own, &name).is_ok()
    }
}

fn unusable(what: &str, file: &Path, error: impl std::fmt::Display) -> Problem {
    let error = error.to_string();
    let error = error.split(" (os error").next().unwrap_or_default();
    use std::os::unix::ffi::OsStrExt;
    let file = escape(file.as_os_str().as_bytes());
    Problem::usage(format!("the {what} in {file} cannot be used: {error}"))
        .hint("--cert and --key are PEM files that belong together")
}

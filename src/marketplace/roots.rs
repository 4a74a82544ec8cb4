//! What a server's certificate is checked against: the system's roots and those of the CA file.
//!
//! Windows and macOS verify by themselves, on threads of their own: see [`super::apart`]. Elsewhere the distribution's bundle
//! is read from the places where distributions keep it, not through the crates that look for it by `SSL_CERT_FILE` and
//! `SSL_CERT_DIR`: an environment variable must not decide whom a licence client trusts. There is no way to switch
//! verification off.

#[cfg(any(windows, target_vendor = "apple"))]
use super::apart::Apart;
use super::lookup::ThreadsAlive;
use crate::{Cause, Error, Status};
use rustls::ClientConfig;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
#[cfg(any(windows, target_vendor = "apple"))]
use rustls_platform_verifier::Verifier;
use std::path::Path;
use std::sync::Arc;

/// The TLS settings of every connection. The cryptography is named here, so that none is installed process-wide.
/// `threads` counts the judgements of the system.
pub fn client_config(
    ca_file: Option<&Path>,
    threads: &ThreadsAlive,
) -> Result<ClientConfig, Error> {
    let extra = ca_file.map(read_ca_file).transpose()?.unwrap_or_default();
    let provider = provider();
    let mut config = verified_config(provider, extra, threads).map_err(unusable)?;
    config.alpn_protocols = alpn();
    Ok(config)
}

/// The same with a judge from elsewhere.
pub fn judged_by(judge: Arc<dyn ServerCertVerifier>) -> Result<ClientConfig, Error> {
    let mut config = with_judge(provider(), judge).map_err(unusable)?;
    config.alpn_protocols = alpn();
    Ok(config)
}

pub(super) fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

pub(super) fn unusable(error: rustls::Error) -> Error {
    config_error(format!("TLS cannot be set up: {error}"))
}

fn alpn() -> Vec<Vec<u8>> {
    vec![b"http/1.1".to_vec()]
}

fn with_judge(
    provider: Arc<CryptoProvider>,
    judge: Arc<dyn ServerCertVerifier>,
) -> Result<ClientConfig, rustls::Error> {
    // "dangerous" is rustls' word for any verifier that is not its own; who calls this says whose it is.
    Ok(ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(judge)
        .with_no_client_auth())
}

/// The certificates of a PEM file. One that a user named must be readable and hold at least one that is usable.
pub(super) fn read_ca_file(path: &Path) -> Result<Vec<CertificateDer<'static>>, Error> {
    let shown = path.display();
    let pem = std::fs::read(path)
        .map_err(|error| config_error(format!("the CA file {shown} cannot be read: {error}")))?;
    let found: Vec<_> = certificates(&pem).collect();
    let (usable, _) = rustls::RootCertStore::empty().add_parsable_certificates(found.clone());
    match usable {
        0 => Err(config_error(format!(
            "the CA file {shown} holds no PEM certificate"
        ))),
        _ => Ok(found),
    }
}

pub(super) fn certificates(pem: &[u8]) -> impl Iterator<Item = CertificateDer<'static>> {
    CertificateDer::pem_slice_iter(pem).filter_map(Result::ok)
}

pub(super) fn config_error(text: String) -> Error {
    Error::new(Status::Config, Cause::Config, text)
}

#[cfg(any(windows, target_vendor = "apple"))]
fn verified_config(
    provider: Arc<CryptoProvider>,
    extra: Vec<CertificateDer<'static>>,
    threads: &ThreadsAlive,
) -> Result<ClientConfig, rustls::Error> {
    let judge = system_judge(&provider, extra, threads)?;
    with_judge(provider, judge)
}

/// The system, which may take its time.
#[cfg(any(windows, target_vendor = "apple"))]
pub(super) fn system_judge(
    provider: &Arc<CryptoProvider>,
    extra: Vec<CertificateDer<'static>>,
    threads: &ThreadsAlive,
) -> Result<Arc<dyn ServerCertVerifier>, rustls::Error> {
    // Windows would make an engine of its own for extra roots, also for none; not every system has what that takes.
    let judge = match extra.is_empty() {
        true => Verifier::new(provider.clone())?,
        false => Verifier::new_with_extra_roots(extra, provider.clone())?,
    };
    Ok(Arc::new(Apart::new(Arc::new(judge), threads)))
}

#[cfg(not(any(windows, target_vendor = "apple")))]
fn verified_config(
    provider: Arc<CryptoProvider>,
    extra: Vec<CertificateDer<'static>>,
    _threads: &ThreadsAlive,
) -> Result<ClientConfig, rustls::Error> {
    let mut roots = rustls::RootCertStore::empty();
    if let Some(pem) = system_bundle().and_then(|path| std::fs::read(path).ok()) {
        roots.add_parsable_certificates(certificates(&pem));
    }
    roots.add_parsable_certificates(extra);
    Ok(ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth())
}

/// Where distributions keep their bundle, the most common ones first.
const BUNDLES: [&str; 10] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/var/lib/ca-certificates/ca-bundle.pem",
    "/etc/pki/tls/cacert.pem",
    "/etc/ssl/cert.pem",
    "/usr/local/etc/ssl/cert.pem",
    "/usr/local/share/certs/ca-root-nss.crt",
    "/etc/openssl/certs/ca-certificates.crt",
];

/// True on systems that leave verification to programs and keep their roots in a file.
pub fn has_bundles() -> bool {
    !cfg!(any(windows, target_vendor = "apple"))
}

/// The bundle in use on this machine. None where the system verifies by itself; on others, None means that no server is
/// trusted without a CA file.
pub fn system_bundle() -> Option<&'static Path> {
    if !has_bundles() {
        return None;
    }
    BUNDLES.iter().map(Path::new).find(|path| path.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn made(ca_file: Option<&Path>) -> Result<ClientConfig, Error> {
        client_config(ca_file, &ThreadsAlive::default())
    }

    #[test]
    fn a_ca_file_without_a_certificate_is_a_fault_of_the_configuration() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ca.pem");
        let missing = made(Some(&path)).unwrap_err();
        fs::write(&path, "not a certificate").unwrap();
        let empty = made(Some(&path)).unwrap_err();
        let begin = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        fs::write(&path, begin).unwrap();
        let broken = made(Some(&path)).unwrap_err();
        for error in [missing, empty, broken] {
            assert_eq!(error.status, Status::Config);
            assert!(error.text.contains("ca.pem"), "{}", error.text);
        }
    }

    #[test]
    fn a_ca_file_with_a_certificate_is_taken() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ca.pem");
        let root = rcgen::generate_simple_self_signed(vec!["localhost".into()]).unwrap();
        fs::write(&path, format!("# our root\n{}", root.cert.pem())).unwrap();
        assert!(made(Some(&path)).is_ok());
        assert!(made(None).is_ok());
    }
}

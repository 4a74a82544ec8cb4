//! TLS with a root of the sandbox's own, made anew at every start and never kept: whoever trusts `root.pem` trusts nobody
//! else for longer than this sandbox runs.

use chrono::{DateTime, Datelike, Utc};
use iscdesk::Error;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose, date_time_ymd,
};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio_rustls::TlsAcceptor;

/// Longest life that Apple's verifier accepts for a server is 825 days.
const LIFE: Duration = Duration::from_secs(365 * 86_400);
const DAY: Duration = Duration::from_secs(86_400);

pub struct Identity {
    pub root_pem: String,
    pub acceptor: TlsAcceptor,
}

pub fn make() -> Result<Identity, Error> {
    let failed = |what: String| Error::internal(format!("TLS identity: {what}"));
    let root = root().map_err(|e| failed(e.to_string()))?;
    let key = KeyPair::generate().map_err(|e| failed(e.to_string()))?;
    let leaf = leaf()
        .and_then(|params| params.signed_by(&key, &root))
        .map_err(|e| failed(e.to_string()))?;
    let private = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    // The provider is named, because no process-wide one is installed.
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map(|builder| builder.with_no_client_auth())
        .and_then(|builder| builder.with_single_cert(vec![leaf.der().clone()], private))
        .map_err(|e| failed(e.to_string()))?;
    Ok(Identity {
        root_pem: root.pem(),
        acceptor: TlsAcceptor::from(Arc::new(config)),
    })
}

fn root() -> Result<CertifiedIssuer<'static, KeyPair>, rcgen::Error> {
    let mut params = named("iscdesk sandbox root", &[])?;
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    CertifiedIssuer::self_signed(params, KeyPair::generate()?)
}

fn leaf() -> Result<CertificateParams, rcgen::Error> {
    let mut params = named("localhost", &["localhost", "127.0.0.1", "::1"])?;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    Ok(params)
}

fn named(name: &str, hosts: &[&str]) -> Result<CertificateParams, rcgen::Error> {
    let hosts: Vec<String> = hosts.iter().map(|host| (*host).to_owned()).collect();
    let mut params = CertificateParams::new(hosts)?;
    params.distinguished_name.push(DnType::CommonName, name);
    let now = SystemTime::now();
    let (first, last) = (day(now - DAY), day(now + LIFE));
    params.not_before = date_time_ymd(first.0, first.1, first.2);
    params.not_after = date_time_ymd(last.0, last.1, last.2);
    Ok(params)
}

fn day(at: SystemTime) -> (i32, u8, u8) {
    let at = DateTime::<Utc>::from(at);
    // Month and day are at most 12 and 31.
    (at.year(), at.month() as u8, at.day() as u8)
}

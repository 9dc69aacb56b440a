use std::path::Path;
use std::sync::Arc;

use rustls::ProtocolVersion;
use rustls::crypto::{CryptoProvider, ring};
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};

use crate::GatewayError;

/// TLS 1.3 and nothing older, with whoever is in `ca_file` as the only authority, else the well-known ones.
pub(crate) fn config(ca_file: Option<&Path>) -> Result<TlsConfig, GatewayError> {
    let mut roots = RootCerts::WebPki;
    if let Some(path) = ca_file {
        let pem =
            std::fs::read(path).map_err(|source| GatewayError::ReadFile { path: path.to_owned(), source })?;
        let found: Vec<Certificate<'static>> = parse_pem(&pem)
            .filter_map(|item| match item {
                Ok(PemItem::Certificate(certificate)) => Some(certificate),
                _ => None,
            })
            .collect();
        if found.is_empty() {
            return Err(GatewayError::NoCertificate { path: path.to_owned() });
        }
        roots = RootCerts::from(found);
    }
    let provider = Arc::new(only_tls_1_3(ring::default_provider()));
    Ok(TlsConfig::builder().root_certs(roots).unversioned_rustls_crypto_provider(provider).build())
}

/// ureq asks for every version that it knows; one without a cipher suite is not offered.
fn only_tls_1_3(mut provider: CryptoProvider) -> CryptoProvider {
    provider.cipher_suites.retain(|suite| suite.version().version == ProtocolVersion::TLSv1_3);
    provider
}

//! What stands in front of a service on a real network: it ends TLS and passes on what was in it.

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ProtocolVersion, ServerConfig, ServerConnection, StreamOwned, SupportedProtocolVersion};

/// Somebody who signs certificates.
pub(crate) struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).expect("no names");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        Self(CertifiedIssuer::self_signed(params, key).expect("a certificate"))
    }

    /// As `ca_file` wants it.
    pub(crate) fn pem(&self) -> String {
        self.0.pem()
    }

    fn certify(&self, name: &str) -> (CertificateDer<'static>, PrivateKeyDer<'static>) {
        let key = KeyPair::generate().expect("a key");
        let params = CertificateParams::new(vec![name.to_owned()]).expect("a name");
        let certificate = params.signed_by(&key, &self.0).expect("signed");
        (certificate.der().clone(), PrivatePkcs8KeyDer::from(key.serialize_der()).into())
    }
}

/// What came through.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// Bytes that were in the TLS, from clients.
    bytes: AtomicU64,
    connections: AtomicU64,
    version: Mutex<Option<ProtocolVersion>>,
}

impl Seen {
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    pub(crate) fn connections(&self) -> u64 {
        self.connections.load(Ordering::Relaxed)
    }

    pub(crate) fn version(&self) -> Option<ProtocolVersion> {
        *self.version.lock().expect("nobody panics with it")
    }
}

/// Listens until the process ends; the port.
pub(crate) struct Proxy {
    pub(crate) port: u16,
    pub(crate) seen: Arc<Seen>,
}

impl Proxy {
    /// In front of `address`, as the host `name`, for these versions of TLS.
    pub(crate) fn start(
        authority: &Authority,
        name: &str,
        address: &str,
        versions: &[&'static SupportedProtocolVersion],
    ) -> Self {
        let (certificate, key) = authority.certify(name);
        let config = ServerConfig::builder_with_provider(rustls::crypto::ring::default_provider().into())
            .with_protocol_versions(versions)
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key);
        let config = Arc::new(config.expect("a certificate and its key"));
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let seen = Arc::new(Seen::default());
        let (counted, address) = (Arc::clone(&seen), address.to_owned());
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                counted.connections.fetch_add(1, Ordering::Relaxed);
                let (config, seen, address) = (Arc::clone(&config), Arc::clone(&counted), address.clone());
                // A handshake that fails ends its own connection and nothing else.
                std::thread::spawn(move || pass(&config, client, &address, &seen));
            }
        });
        Self { port, seen }
    }
}

fn pass(config: &Arc<ServerConfig>, client: TcpStream, address: &str, seen: &Seen) -> std::io::Result<()> {
    let mut service = TcpStream::connect(address)?;
    for socket in [&client, &service] {
        socket.set_read_timeout(Some(Duration::from_millis(1)))?;
        socket.set_nodelay(true)?;
    }
    let connection = ServerConnection::new(Arc::clone(config)).map_err(std::io::Error::other)?;
    let mut client = StreamOwned::new(connection, client);
    let mut buffer = vec![0; 64 << 10];
    loop {
        if let Some(bytes) = some(&mut client, &mut buffer)? {
            seen.bytes.fetch_add(bytes.len() as u64, Ordering::Relaxed);
            *seen.version.lock().expect("nobody panics with it") = client.conn.protocol_version();
            service.write_all(bytes)?;
        }
        if let Some(bytes) = some(&mut service, &mut buffer)? {
            client.write_all(bytes)?;
            client.flush()?;
        }
    }
}

/// What there is to read, if anything; an error at the end.
fn some<'a>(from: &mut impl Read, buffer: &'a mut [u8]) -> std::io::Result<Option<&'a [u8]>> {
    match from.read(buffer) {
        Ok(0) => Err(ErrorKind::UnexpectedEof.into()),
        Ok(count) => Ok(Some(&buffer[..count])),
        Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => Ok(None),
        Err(error) => Err(error),
    }
}

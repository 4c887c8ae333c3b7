//! TLS to controllers and from switches, by keys and certificates as Open vSwitch has them: each
//! side shows a certificate that the other's CA signed. Names in certificates mean nothing there,
//! and are not looked at here.

use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::WebPkiClientVerifier;
use rustls::{
    CertificateError, ClientConfig, ClientConnection, Connection, DigitallySignedStruct,
    RootCertStore, ServerConfig, ServerConnection, SignatureScheme,
};

/// Bytes that wait to be encrypted at most.
const BUFFER_LEN: usize = 256 << 10;

/// The files of one side, in PEM.
#[derive(Debug, Clone)]
pub struct TlsFiles {
    /// The private key (`--private-key`).
    pub private_key: PathBuf,
    /// The certificate of that key (`--certificate`).
    pub certificate: PathBuf,
    /// The certificates of who signs those of the peers (`--ca-cert`).
    pub ca_cert: PathBuf,
}

/// Why TLS cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: rustls::pki_types::pem::Error,
    },
    /// A file has no certificate.
    #[error("{0}: there is no certificate in it")]
    Empty(PathBuf),
    /// The files do not go together.
    #[error("key and certificates: {0}")]
    Files(#[from] rustls::Error),
    /// The CA's certificate is of no use.
    #[error("CA certificate: {0}")]
    Ca(String),
}

/// What new connections begin with.
#[derive(Debug, Clone)]
pub struct TlsSettings {
    client: Arc<ClientConfig>,
    server: Arc<ServerConfig>,
}

impl TlsSettings {
    /// Reads the files.
    pub fn read(files: &TlsFiles) -> Result<Self, TlsError> {
        let certificates = certificates(&files.certificate)?;
        let key = PrivateKeyDer::from_pem_file(&files.private_key)
            .map_err(|source| TlsError::File { path: files.private_key.clone(), source })?;
        let mut roots = RootCertStore::empty();
        for certificate in self::certificates(&files.ca_cert)? {
            roots.add(certificate)?;
        }
        let roots = Arc::new(roots);
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let of_servers =
            WebPkiServerVerifier::builder_with_provider(roots.clone(), provider.clone())
                .build()
                .map_err(|error| TlsError::Ca(error.to_string()))?;
        let of_clients = WebPkiClientVerifier::builder_with_provider(roots, provider.clone())
            .build()
            .map_err(|error| TlsError::Ca(error.to_string()))?;
        let client = ClientConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(AnyName(of_servers)))
            .with_client_auth_cert(certificates.clone(), key.clone_key())?;
        let server = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_client_cert_verifier(of_clients)
            .with_single_cert(certificates, key)?;
        Ok(Self { client: Arc::new(client), server: Arc::new(server) })
    }

    /// The side that connects.
    pub(crate) fn connect(&self) -> Result<Tls, TlsError> {
        // The name is not looked at, but there must be one.
        let name = ServerName::from(std::net::IpAddr::from([127, 0, 0, 1]));
        let connection = ClientConnection::new(self.client.clone(), name)?;
        Ok(Tls::new(connection.into()))
    }

    /// The side that was connected to.
    pub(crate) fn accept(&self) -> Result<Tls, TlsError> {
        Ok(Tls::new(ServerConnection::new(self.server.clone())?.into()))
    }
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let fail = |source| TlsError::File { path: path.to_owned(), source };
    let read = CertificateDer::pem_file_iter(path).map_err(fail)?;
    let all = read.collect::<Result<Vec<_>, _>>().map_err(fail)?;
    if all.is_empty() { Err(TlsError::Empty(path.to_owned())) } else { Ok(all) }
}

/// One connection.
pub(crate) struct Tls(Connection);

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tls(..)")
    }
}

impl Tls {
    fn new(mut connection: Connection) -> Self {
        connection.set_buffer_limit(Some(BUFFER_LEN));
        Self(connection)
    }

    /// Reads what the peer said, as `read` of a socket does.
    pub(crate) fn read(
        &mut self,
        socket: &mut (impl Read + Write),
        room: &mut [u8],
    ) -> io::Result<usize> {
        loop {
            match self.0.reader().read(room) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                // A peer that goes without a word has said all that it had to say.
                Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(0),
                read => return read,
            }
            if self.0.read_tls(socket)? == 0 {
                return Ok(0);
            }
            let processed = self.0.process_new_packets();
            // An alert tells the peer what is wrong.
            self.write_out(socket)?;
            processed.map_err(|error| io::Error::new(ErrorKind::InvalidData, error))?;
        }
    }

    /// Writes as much as the socket takes; how many of `bytes` were taken.
    pub(crate) fn write(&mut self, socket: &mut impl Write, bytes: &[u8]) -> io::Result<usize> {
        let mut taken = 0;
        loop {
            let took = self.0.writer().write(bytes.get(taken..).unwrap_or_default())?;
            taken += took;
            self.write_out(socket)?;
            if took == 0 || self.0.wants_write() {
                return Ok(taken);
            }
        }
    }

    fn write_out(&mut self, socket: &mut impl Write) -> io::Result<()> {
        while self.0.wants_write() {
            match self.0.write_tls(socket) {
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

/// Verifies a certificate but for the name in it.
#[derive(Debug)]
struct AnyName(Arc<WebPkiServerVerifier>);

impl ServerCertVerifier for AnyName {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let verified =
            self.0.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        match verified {
            // The name comes last: all else was right.
            Err(rustls::Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) => Ok(ServerCertVerified::assertion()),
            verified => verified,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.0.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.0.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_verify_schemes()
    }
}

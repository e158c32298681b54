//! A server that speaks the start of PostgreSQL's protocol: TLS or not, a password, in or out.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// The only password it lets in.
pub(super) const PASSWORD: &str = "hunter2hunter2";

const ASKS_FOR_TLS: u32 = 80_877_103;

/// Listens until the test ends.
pub(super) struct Server {
    port: u16,
}

#[derive(Clone)]
struct Manners {
    tls: Option<Arc<ServerConfig>>,
    refusal: Option<(String, String)>,
}

impl Server {
    /// Without TLS.
    pub(super) fn plain() -> Self {
        Self::start(Manners { tls: None, refusal: None })
    }

    /// With a certificate for `db.example` of the test authority.
    pub(super) fn with_tls() -> Self {
        Self::start(Manners { tls: Some(certificate()), refusal: None })
    }

    /// Refuses everybody.
    pub(super) fn that_refuses(sqlstate: &str, message: &str) -> Self {
        Self::start(Manners { tls: None, refusal: Some((sqlstate.to_owned(), message.to_owned())) })
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    fn start(manners: Manners) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let manners = manners.clone();
                // a client that hangs up in the middle is a case under test
                thread::spawn(move || manners.receive(stream).ok());
            }
        });
        Self { port }
    }
}

impl Manners {
    fn receive(&self, mut stream: TcpStream) -> std::io::Result<()> {
        let mut startup = message(&mut stream)?;
        if startup.get(..4) == Some(&ASKS_FOR_TLS.to_be_bytes()) {
            let Some(config) = &self.tls else {
                stream.write_all(b"N")?;
                return Ok(());
            };
            stream.write_all(b"S")?;
            let mut stream = StreamOwned::new(ServerConnection::new(Arc::clone(config)).unwrap(), stream);
            startup = message(&mut stream)?;
            return self.admit(&mut stream, &startup);
        }
        self.admit(&mut stream, &startup)
    }

    fn admit(&self, stream: &mut (impl Read + Write), startup: &[u8]) -> std::io::Result<()> {
        assert!(
            startup.windows(9).any(|window| window == b"authentik"),
            "the startup names user and database"
        );
        if let Some((sqlstate, words)) = &self.refusal {
            return refuse(stream, sqlstate, words);
        }
        reply(stream, b'R', &3_u32.to_be_bytes())?;
        let mut kind = [0];
        stream.read_exact(&mut kind)?;
        let password = message(stream)?;
        if password.strip_suffix(b"\0") != Some(PASSWORD.as_bytes()) {
            return refuse(stream, "28P01", "password authentication failed for user \"authentik\"");
        }
        reply(stream, b'R', &0_u32.to_be_bytes())?;
        reply(stream, b'S', b"server_version\x0015.18\0")?;
        reply(stream, b'Z', b"I")?;
        answer_questions(stream)
    }
}

/// `select 1` has its row, any other question is refused; until the client says goodbye.
fn answer_questions(stream: &mut (impl Read + Write)) -> std::io::Result<()> {
    loop {
        let mut kind = [0];
        stream.read_exact(&mut kind)?;
        let question = message(stream)?;
        match (kind[0], question.as_slice()) {
            (b'Q', b"select 1\0") => {
                let column = b"\0\x01?column?\0\0\0\0\0\0\0\0\0\0\x17\0\x04\xff\xff\xff\xff\0\0";
                reply(stream, b'T', column)?;
                reply(stream, b'D', b"\0\x01\0\0\0\x011")?;
                reply(stream, b'C', b"SELECT 1\0")?;
            }
            (b'Q', _) => refuse(stream, "42601", "syntax error")?,
            _ => return Ok(()),
        }
        reply(stream, b'Z', b"I")?;
    }
}

fn message(stream: &mut impl Read) -> std::io::Result<Vec<u8>> {
    let mut length = [0; 4];
    stream.read_exact(&mut length)?;
    let mut body = vec![0; u32::from_be_bytes(length) as usize - 4];
    stream.read_exact(&mut body)?;
    Ok(body)
}

fn refuse(stream: &mut impl Write, sqlstate: &str, words: &str) -> std::io::Result<()> {
    reply(stream, b'E', format!("SFATAL\0VFATAL\0C{sqlstate}\0M{words}\0\0").as_bytes())
}

fn reply(stream: &mut impl Write, kind: u8, body: &[u8]) -> std::io::Result<()> {
    let length = u32::try_from(body.len() + 4).unwrap();
    let mut bytes = vec![kind];
    bytes.extend(length.to_be_bytes());
    bytes.extend(body);
    stream.write_all(&bytes)?;
    stream.flush()
}

fn certificate() -> Arc<ServerConfig> {
    let chain = CertificateDer::pem_file_iter("tests/fixtures/postgres/server.pem").unwrap();
    let key = PrivateKeyDer::from_pem_file("tests/fixtures/postgres/server.key").unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain.map(Result::unwrap).collect(), key);
    Arc::new(config.unwrap())
}

//! The load of `cargo xtask bench webhook`: one review again and again, over TLS connections that are kept.
//!
//! Prints a line of JSON: how many were answered, how many were not, and how long they took.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use clap::Parser;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// It takes its share of the machine: the less, the better.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(Parser, Clone)]
struct Cli {
    /// The CAs to trust.
    #[arg(long)]
    ca: PathBuf,
    /// The body of each request.
    #[arg(long)]
    body: PathBuf,
    /// The servers; a connection that one of them ends goes on at the next that is ready.
    #[arg(long)]
    at: Vec<SocketAddr>,
    #[arg(long, default_value_t = 16)]
    connections: u32,
    #[arg(long, default_value_t = 3.0)]
    seconds: f64,
    /// Requests a second, of all connections together; as many as there can be, if not said.
    #[arg(long)]
    rate: Option<f64>,
}

/// What one connection saw.
#[derive(Default)]
struct Seen {
    took: Vec<Duration>,
    failed: usize,
}

fn main() -> anyhow::Result<()> {
    let cli = Arc::new(Cli::parse());
    // One thread: what is measured has the other cores.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_file_iter(&cli.ca)? {
            roots.add(certificate?)?;
        }
        let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let tls = TlsConnector::from(Arc::new(config));
        let body = std::fs::read_to_string(&cli.body)?;
        let request = format!(
            "POST /validate HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let client = Client { cli: Arc::clone(&cli), tls, request: request.into(), next: Arc::default() };
        let begin = Instant::now();
        let asking: Vec<_> = (0..cli.connections).map(|number| tokio::spawn(client.clone().ask(number, begin))).collect();
        let mut all = Seen::default();
        for asked in asking {
            let seen = asked.await?;
            all.took.extend(seen.took);
            all.failed += seen.failed;
        }
        all.took.sort_unstable();
        let at = |part: f64| {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "a place in a list")]
            let index = (all.took.len() as f64 * part) as usize;
            all.took.get(index.min(all.took.len().saturating_sub(1))).map_or(0.0, Duration::as_secs_f64) * 1e6
        };
        let (answered, failed, seconds) = (all.took.len(), all.failed, begin.elapsed().as_secs_f64());
        println!(
            "{{\"answered\": {answered}, \"failed\": {failed}, \"seconds\": {seconds}, \"p50\": {:.0}, \"p99\": {:.0}}}",
            at(0.5),
            at(0.99)
        );
        Ok(())
    })
}

#[derive(Clone)]
struct Client {
    cli: Arc<Cli>,
    tls: TlsConnector,
    request: Arc<str>,
    next: Arc<AtomicUsize>,
}

impl Client {
    async fn ask(self, number: u32, begin: Instant) -> Seen {
        let mut seen = Seen::default();
        let mut kept = None;
        let mut buffer = Vec::with_capacity(4096);
        let end = begin + Duration::from_secs_f64(self.cli.seconds);
        let connections = f64::from(self.cli.connections);
        let pace = self.cli.rate.map(|rate| Duration::from_secs_f64(connections / rate));
        // Not all at the same moment.
        let mut due = begin + pace.unwrap_or_default().mul_f64(f64::from(number) / connections);
        while Instant::now() < end {
            if pace.is_some() {
                tokio::time::sleep_until(due.into()).await;
            }
            let stream = match &mut kept {
                Some(stream) => stream,
                None => kept.insert(self.connect().await),
            };
            let start = if pace.is_some() { due } else { Instant::now() };
            match once(stream, self.request.as_bytes(), &mut buffer).await {
                Ok(keeps) => {
                    seen.took.push(start.elapsed());
                    if !keeps {
                        kept = None;
                    }
                }
                Err(error) => {
                    eprintln!("{error:#}");
                    seen.failed += 1;
                    kept = None;
                }
            }
            due += pace.unwrap_or_default();
        }
        seen
    }

    /// As a Service does: only servers that say that they are ready get a new connection.
    async fn connect(&self) -> TlsStream<TcpStream> {
        loop {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            if let Some(address) = self.cli.at.get(number % self.cli.at.len())
                && let Ok(stream) = self.connect_to(*address).await
            {
                return stream;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    async fn connect_to(&self, address: SocketAddr) -> anyhow::Result<TlsStream<TcpStream>> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let mut stream = self.tls.connect(ServerName::try_from("localhost")?, stream).await?;
        if self.cli.at.len() > 1 {
            let keeps = once(&mut stream, b"GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n", &mut Vec::new()).await?;
            anyhow::ensure!(keeps, "it is about to stop");
        }
        Ok(stream)
    }
}

/// One request and its answer, which must be 200; returns whether the connection is kept.
async fn once(stream: &mut TlsStream<TcpStream>, request: &[u8], buffer: &mut Vec<u8>) -> anyhow::Result<bool> {
    stream.write_all(request).await?;
    stream.flush().await?;
    buffer.clear();
    loop {
        if let Some(head) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
            let text = std::str::from_utf8(&buffer[..head])?;
            let length = text.lines().find_map(|line| line.strip_prefix("content-length: ")).context("no length")?;
            if buffer.len() >= head + 4 + length.parse::<usize>()? {
                if !text.starts_with("HTTP/1.1 200 ") {
                    bail!("{}", String::from_utf8_lossy(buffer));
                }
                return Ok(!text.lines().any(|line| line == "connection: close"));
            }
        }
        if stream.read_buf(buffer).await? == 0 {
            bail!("the server ended the connection");
        }
    }
}

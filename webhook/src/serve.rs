//! The server: listens, takes connections up to a bound, and stops without dropping anybody.

mod connections;
mod threads;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::{HeaderValue, header};
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::TokioIo;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::health::Health;
use crate::metrics::Metrics;
use crate::tls::Shown;
use connections::{Connections, Heard, Place, Progress};
use threads::Threads;

/// The longest head of a request.
const LONGEST_HEAD: usize = 64 << 10;
/// How often slow connections are looked for.
const SWEEP: Duration = Duration::from_secs(1);
/// How long those in flight may take when the server stops.
const STOP_TIME: Duration = Duration::from_secs(10);

/// One listening socket, and what is there.
pub(crate) struct Listening {
    pub listener: TcpListener,
    /// Nothing: plain HTTP.
    pub tls: Option<Arc<Shown>>,
    pub router: Router,
}

/// How the server ends: for what has not begun, and for what has.
#[derive(Clone)]
struct Ending {
    stop: watch::Receiver<bool>,
    graceful: Arc<GracefulShutdown>,
}

/// Serves until `stop` says so, then until all requests in flight are answered.
pub(crate) async fn serve(
    listening: Vec<Listening>,
    most: usize,
    health: Arc<Health>,
    metrics: Arc<Metrics>,
    stop: watch::Receiver<bool>,
) -> std::io::Result<()> {
    let threads = Threads::start()?;
    let ending = Ending { stop, graceful: Arc::default() };
    let accepting: Vec<_> = listening
        .into_iter()
        // Each socket has its own connections: who fills the one does not fill the other.
        .map(|listening| {
            let connections = Connections::new(most, Arc::clone(&metrics));
            accept(listening, connections, threads.in_turn(), Arc::clone(&health), ending.clone())
        })
        .map(tokio::spawn)
        .collect();
    for accepting in accepting {
        // It ends when the server stops.
        let _ = accepting.await;
    }
    if let Some(graceful) = Arc::into_inner(ending.graceful)
        && timeout(STOP_TIME, graceful.shutdown()).await.is_err()
    {
        tracing::warn!("some requests were still not answered after {} seconds", STOP_TIME.as_secs());
    }
    threads.end().await;
    Ok(())
}

async fn accept(
    listening: Listening,
    connections: Arc<Connections>,
    mut threads: impl Iterator<Item = Handle>,
    health: Arc<Health>,
    Ending { mut stop, graceful }: Ending,
) {
    let mut sweep = tokio::time::interval(SWEEP);
    loop {
        let accepted = tokio::select! {
            accepted = listening.listener.accept() => accepted,
            _ = sweep.tick() => {
                connections.sweep();
                continue;
            }
            _ = stop.wait_for(|stop| *stop) => return,
        };
        match accepted.and_then(|(stream, peer)| Ok((stream.into_std()?, peer))) {
            Ok((stream, peer)) => {
                let Some(thread) = threads.next() else { return };
                let place = connections.enter();
                let http = Http {
                    router: listening.router.clone(),
                    health: Arc::clone(&health),
                    progress: place.progress(),
                    watcher: graceful.watcher(),
                };
                thread.spawn(connection(stream, peer, listening.tls.clone(), http, place, stop.clone()));
            }
            Err(error) => {
                // Out of file descriptors, most likely: others must end before more can come.
                tracing::warn!(%error, "cannot accept a connection");
                connections.evict();
                sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

async fn connection(
    stream: std::net::TcpStream,
    peer: SocketAddr,
    tls: Option<Arc<Shown>>,
    http: Http,
    place: Place,
    mut stop: watch::Receiver<bool>,
) {
    let Ok(stream) = TcpStream::from_std(stream) else { return };
    // Answers are small and whole.
    let _ = stream.set_nodelay(true);
    let talk = async {
        let Some(tls) = tls else { return http.talk(stream).await };
        let shaken = tokio::select! {
            shaken = handshake(stream, &tls) => shaken,
            _ = stop.wait_for(|stop| *stop) => return,
        };
        match shaken {
            Ok(Some(stream)) => http.talk(stream).await,
            Ok(None) => tracing::debug!(%peer, "plain HTTP on the port for HTTPS"),
            Err(error) => tracing::debug!(%peer, %error, "no TLS"),
        }
    };
    tokio::select! {
        () = talk => {}
        () = place.closed() => tracing::debug!(%peer, "a connection was too slow"),
    }
}

/// Agrees on TLS. Who speaks plain HTTP is told so; then there is nothing.
async fn handshake(mut stream: TcpStream, tls: &Shown) -> std::io::Result<Option<TlsStream<TcpStream>>> {
    let mut first = [0];
    stream.peek(&mut first).await?;
    // TLS begins with the number 22 (RFC 8446, 5.1), a method of HTTP with a letter.
    if !first[0].is_ascii_alphabetic() {
        return TlsAcceptor::from(tls.config()).accept(stream).await.map(Some);
    }
    stream.write_all(NO_TLS.as_bytes()).await?;
    stream.shutdown().await?;
    // A connection that is closed while something is still unread may lose what was said.
    let _ = timeout(SWEEP, tokio::io::copy(&mut (&mut stream).take(LONGEST_HEAD as u64), &mut tokio::io::sink())).await;
    Ok(None)
}

const NO_TLS: &str = "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: 54\r\nConnection: close\r\n\r\n\
    this port speaks HTTPS; the request came in plain HTTP";

/// HTTP on one connection.
struct Http {
    router: Router,
    health: Arc<Health>,
    progress: Progress,
    watcher: Watcher,
}

impl Http {
    async fn talk(self, stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) {
        let Self { router, health, progress, watcher } = self;
        let io = TokioIo::new(Heard { stream, progress: progress.clone() });
        let router = TowerToHyperService::new(router);
        let service = service_fn(move |request| {
            progress.asked();
            let (answer, progress, health) = (router.call(request), progress.clone(), Arc::clone(&health));
            async move {
                let mut answer = answer.await;
                progress.answered();
                if health.is_stopping()
                    && let Ok(answer) = &mut answer
                {
                    // The next request finds another server, before this one is gone.
                    answer.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
                }
                answer
            }
        });
        // Connections are closed by their progress, so hyper needs no timer.
        let connection =
            http1::Builder::new().header_read_timeout(None).half_close(false).max_buf_size(LONGEST_HEAD).serve_connection(io, service);
        if let Err(error) = watcher.watch(connection).await {
            tracing::debug!(%error, "a connection ended");
        }
    }
}

//! The server: listens, takes connections up to a bound, and stops without dropping anybody.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::rt::{Read, Write};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;

/// How many connections there are at once. More wait in the system's queue.
const CONNECTIONS: usize = 1024;
/// How long a TLS handshake, and the head of a request, may take.
const HEAD_TIME: Duration = Duration::from_secs(10);
/// How long those in flight may take when the server stops: less than the 30 seconds that Kubernetes gives.
const STOP_TIME: Duration = Duration::from_secs(20);

/// One listening socket, and how it is spoken to.
pub(crate) struct Listening {
    pub listener: TcpListener,
    /// Nothing: plain HTTP.
    pub tls: Option<TlsAcceptor>,
}

/// Serves until `stop` says so, then until all requests in flight are answered.
pub(crate) async fn serve(listening: Vec<Listening>, router: Router, stop: watch::Receiver<bool>) {
    let graceful = Arc::new(GracefulShutdown::new());
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    let accepting: Vec<_> = listening
        .into_iter()
        .map(|listening| {
            let ending = Ending { graceful: Arc::clone(&graceful), stop: stop.clone() };
            tokio::spawn(accept(listening, router.clone(), Arc::clone(&room), ending))
        })
        .collect();
    for accepting in accepting {
        // It ends when the server stops.
        let _ = accepting.await;
    }
    let Some(graceful) = Arc::into_inner(graceful) else { return };
    if timeout(STOP_TIME, graceful.shutdown()).await.is_err() {
        tracing::warn!("some requests were still not answered after {} seconds", STOP_TIME.as_secs());
    }
}

/// Two views of the end: the one is for what has not begun, the other for what has.
struct Ending {
    stop: watch::Receiver<bool>,
    graceful: Arc<GracefulShutdown>,
}

async fn accept(Listening { listener, tls }: Listening, router: Router, room: Arc<Semaphore>, Ending { mut stop, graceful }: Ending) {
    loop {
        let next = async {
            let permit = Arc::clone(&room).acquire_owned().await;
            (permit, listener.accept().await)
        };
        let (permit, accepted) = tokio::select! {
            next = next => next,
            _ = stop.wait_for(|stop| *stop) => return,
        };
        match (permit, accepted) {
            (Ok(permit), Ok((stream, peer))) => {
                let one = Connection { stream, peer, permit };
                tokio::spawn(connection(one, tls.clone(), router.clone(), graceful.watcher(), stop.clone()));
            }
            (Err(_), _) => return,
            (_, Err(error)) => {
                // Out of file descriptors, most likely: others must end before more can come.
                tracing::warn!(%error, "cannot accept a connection");
                sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

struct Connection {
    stream: TcpStream,
    peer: SocketAddr,
    permit: OwnedSemaphorePermit,
}

async fn connection(connection: Connection, tls: Option<TlsAcceptor>, router: Router, watcher: Watcher, mut stop: watch::Receiver<bool>) {
    let Connection { stream, peer, permit: _held } = connection;
    // Answers are small and whole.
    let _ = stream.set_nodelay(true);
    let Some(tls) = tls else {
        return talk(TokioIo::new(stream), false, router, watcher).await;
    };
    let shaken = tokio::select! {
        shaken = timeout(HEAD_TIME, tls.accept(stream)) => shaken,
        _ = stop.wait_for(|stop| *stop) => return,
    };
    match shaken {
        Ok(Ok(stream)) => {
            let http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
            talk(TokioIo::new(stream), http2, router, watcher).await;
        }
        Ok(Err(error)) => tracing::debug!(%peer, %error, "no TLS"),
        Err(_) => tracing::debug!(%peer, "no TLS in time"),
    }
}

async fn talk(io: impl Read + Write + Unpin + Send + 'static, http2: bool, router: Router, watcher: Watcher) {
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEAD_TIME);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(128)
        .max_header_list_size(64 << 10)
        .keep_alive_interval(Duration::from_secs(30))
        .keep_alive_timeout(HEAD_TIME);
    // The protocol was agreed on; to guess it from the first bytes would wait for them without end.
    let builder = if http2 { builder.http2_only() } else { builder.http1_only() };
    let served = watcher.watch(builder.serve_connection(io, TowerToHyperService::new(router)).into_owned()).await;
    if let Err(error) = served {
        tracing::debug!(error, "a connection ended");
    }
}

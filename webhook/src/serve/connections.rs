//! Open connections, and which of them must make room.
//!
//! A client that sends a byte a second holds a connection, and nothing else. So each connection
//! notes when it last came further: opened, began a request, got an answer. One that has not for too
//! long is closed, and when all room is taken the one that has waited longest makes room for the
//! next: however many slow clients there are, one that is not slow always gets in.

use std::collections::BTreeMap;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::Notify;

use crate::metrics::Metrics;

/// How long a TLS handshake, and the head of a request, may take.
const TALKING_TIME: Duration = Duration::from_secs(10);
/// How long a connection may lie idle: longer than the API server's clients leave theirs (90
/// seconds, `IdleConnTimeout` of `k8s.io/client-go`), so that it is never us who close a connection
/// that they are just about to use.
const IDLE_TIME: Duration = Duration::from_mins(3);

/// What a connection is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// The client sends a handshake or the head of a request.
    Talking = 0,
    /// A request is being answered; the handler minds the time.
    Asking = 1,
    /// The last request is answered.
    Idle = 2,
}

/// All open connections.
#[derive(Debug)]
pub(super) struct Connections {
    most: usize,
    began: Instant,
    open: Mutex<Numbered>,
    metrics: Arc<Metrics>,
}

#[derive(Debug, Default)]
struct Numbered {
    next: u64,
    open: BTreeMap<u64, Arc<Open>>,
}

/// One of them.
#[derive(Debug)]
struct Open {
    began: Instant,
    /// Since when it is at its stage: milliseconds since `began`, then two bits for the stage.
    stage: AtomicU64,
    closed: Notify,
}

/// A connection's place among the others; it is given back when this is dropped.
#[derive(Debug)]
pub(super) struct Place {
    number: u64,
    open: Arc<Open>,
    all: Arc<Connections>,
}

impl Connections {
    pub(super) fn new(most: usize, metrics: Arc<Metrics>) -> Arc<Self> {
        Arc::new(Self { most, began: Instant::now(), open: Mutex::default(), metrics })
    }

    /// Takes a place for a new connection; when there is none, another one makes room.
    pub(super) fn enter(self: &Arc<Self>) -> Place {
        let open = Arc::new(Open { began: self.began, stage: AtomicU64::new(0), closed: Notify::new() });
        open.enter(Stage::Talking);
        let mut all = self.lock();
        if all.open.len() >= self.most {
            all.close_longest_waiting();
            self.metrics.evicted.inc();
        }
        let number = all.next;
        all.next = all.next.wrapping_add(1);
        all.open.insert(number, Arc::clone(&open));
        self.count(&all);
        Place { number, open, all: Arc::clone(self) }
    }

    /// Makes room, as the system gives no more.
    pub(super) fn evict(&self) {
        self.lock().close_longest_waiting();
        self.metrics.evicted.inc();
    }

    /// Closes those that have not come further for too long.
    pub(super) fn sweep(&self) {
        let now = millis(self.began);
        let all = self.lock();
        for open in all.open.values() {
            let (since, stage) = open.stage();
            let most = match stage {
                Stage::Talking => TALKING_TIME,
                Stage::Idle => IDLE_TIME,
                Stage::Asking => continue,
            };
            if Duration::from_millis(now.saturating_sub(since)) > most {
                open.closed.notify_one();
            }
        }
    }

    fn count(&self, all: &Numbered) {
        self.metrics.connections.set(i64::try_from(all.open.len()).unwrap_or(i64::MAX));
    }

    fn lock(&self) -> MutexGuard<'_, Numbered> {
        // Nothing panics while it holds this lock.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Numbered {
    fn close_longest_waiting(&mut self) {
        let longest = self.open.iter().min_by_key(|(_, open)| open.stage().0).map(|(number, _)| *number);
        if let Some(open) = longest.and_then(|number| self.open.remove(&number)) {
            open.closed.notify_one();
        }
    }
}

impl Open {
    fn enter(&self, stage: Stage) {
        self.stage.store(millis(self.began) << 2 | stage as u64, Ordering::Relaxed);
    }

    fn stage(&self) -> (u64, Stage) {
        let stage = self.stage.load(Ordering::Relaxed);
        let word = match stage & 3 {
            0 => Stage::Talking,
            1 => Stage::Asking,
            _ => Stage::Idle,
        };
        (stage >> 2, word)
    }
}

fn millis(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}

impl Place {
    /// Done when the connection must end.
    pub(super) async fn closed(&self) {
        self.open.closed.notified().await;
    }

    /// What notes that the connection came further.
    pub(super) fn progress(&self) -> Progress {
        Progress(Arc::clone(&self.open))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut all = self.all.lock();
        all.open.remove(&self.number);
        self.all.count(&all);
    }
}

/// Notes that a connection came further.
#[derive(Debug, Clone)]
pub(super) struct Progress(Arc<Open>);

impl Progress {
    /// The head of a request is there.
    pub(super) fn asked(&self) {
        self.0.enter(Stage::Asking);
    }

    /// The answer is there.
    pub(super) fn answered(&self) {
        self.0.enter(Stage::Idle);
    }

    fn heard(&self) {
        if self.0.stage().1 == Stage::Idle {
            self.0.enter(Stage::Talking);
        }
    }
}

/// A stream that notes when the client begins to speak.
#[derive(Debug)]
pub(super) struct Heard<S> {
    pub stream: S,
    pub progress: Progress,
}

impl<S: AsyncRead + Unpin> AsyncRead for Heard<S> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        if buffer.filled().len() > before {
            self.progress.heard();
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Heard<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(mut self: Pin<&mut Self>, context: &mut Context<'_>, slices: &[io::IoSlice<'_>]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

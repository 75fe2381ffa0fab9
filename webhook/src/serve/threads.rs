//! The threads that serve: one for each core, up to a few, each with connections of its own.
//!
//! A review is read, judged and answered in microseconds. Threads that shared all connections would wake each other
//! for each of them, which takes a good part of that time again.

use std::io;
use std::num::NonZero;
use std::thread::{self, JoinHandle};

use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

/// A machine may have a hundred cores. So many threads answer more reviews than any API server asks for.
const MOST: usize = 8;

/// The threads. They end when this is dropped.
#[derive(Debug)]
pub(super) struct Threads(Vec<Thread>);

#[derive(Debug)]
struct Thread {
    tasks: Handle,
    /// It ends when this is dropped.
    _end: oneshot::Sender<()>,
    running: JoinHandle<()>,
}

impl Threads {
    pub(super) fn start() -> io::Result<Self> {
        let cores = thread::available_parallelism().map_or(1, NonZero::get);
        (0..cores.min(MOST)).map(|_| Thread::start()).collect::<io::Result<_>>().map(Self)
    }

    /// Where connections go: to each thread in turn.
    pub(super) fn in_turn(&self) -> impl Iterator<Item = Handle> + Send + use<> {
        let tasks: Vec<Handle> = self.0.iter().map(|thread| thread.tasks.clone()).collect();
        tasks.into_iter().cycle()
    }

    /// Ends them, and waits for what was begun beside them: a change that is half made must not end with the program.
    pub(super) async fn end(self) {
        // All of them are told before the first is waited for.
        let running: Vec<_> = self.0.into_iter().map(|Thread { running, .. }| running).collect();
        let ending = tokio::task::spawn_blocking(move || {
            for running in running {
                // It has no end but this, and a mistake of ours.
                let _ = running.join();
            }
        });
        let _ = ending.await;
    }
}

impl Thread {
    fn start() -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let tasks = runtime.handle().clone();
        let (end, ended) = oneshot::channel();
        let running = thread::Builder::new().name("serving".to_owned()).spawn(move || {
            // Nothing is ever sent: the other end is let go.
            let _ = runtime.block_on(ended);
        })?;
        Ok(Self { tasks, _end: end, running })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use tokio::sync::mpsc;
    use tokio::task::spawn_blocking;

    use super::*;

    #[tokio::test]
    async fn the_end_waits_for_what_was_begun() {
        let threads = Threads::start().expect("they start");
        let (began, mut begun) = mpsc::channel(1);
        let done = Arc::new(AtomicUsize::new(0));
        for tasks in threads.in_turn().take(4) {
            let (began, done) = (began.clone(), Arc::clone(&done));
            tasks.spawn(async move {
                spawn_blocking(move || {
                    began.blocking_send(()).expect("somebody waits for it");
                    thread::sleep(Duration::from_millis(100));
                    done.fetch_add(1, Ordering::Relaxed);
                })
                .await
            });
        }
        for _ in 0..4 {
            begun.recv().await.expect("each of them begins");
        }
        threads.end().await;
        assert_eq!(done.load(Ordering::Relaxed), 4);
    }
}

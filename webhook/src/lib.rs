//! The admission door: the API server asks before it stores a Cluster, and the core answers.
//!
//! This crate carries: an `AdmissionReview` in, its answer out. It holds no rule and no sentence
//! about a cluster.

mod admit;
mod answer;
mod banner;
mod basis;
mod body;
mod capture;
mod catalog_file;
pub mod cluster;
mod config;
mod doors;
pub mod fleet_files;
mod handlers;
mod health;
mod keeper;
mod masked;
mod metrics;
mod options;
mod others;
mod overriders;
mod policy_file;
mod probes;
mod review;
mod serve;
mod state;
mod tls;
mod told;

use std::io::Write as _;
use std::net::SocketAddr;
use std::panic::{self, AssertUnwindSafe};
use std::path::PathBuf;
use std::pin::{Pin, pin};
use std::sync::Arc;

use anyhow::Context;
use axum::Router;
use clearance_core::Rulebook;
use futures_util::FutureExt as _;
use time::OffsetDateTime;
use tokio::net::{TcpListener, lookup_host};
use tokio::sync::{Semaphore, watch};

pub use basis::Rules;
pub use config::{Configuration, NoMore};
pub use doors::OtherDoor;
pub use options::{LogFormat, Options, SecretName, time_up_to};

use crate::body::Room;
use crate::capture::Capture;
use crate::catalog_file::CatalogFile;
use crate::handlers::Door;
use crate::health::Health;
use crate::keeper::{Certificates, Fleets, Keeper, Sources};
use crate::metrics::Metrics;
use crate::probes::Watched;
use crate::serve::Listening;
use crate::tls::Shared;

/// Where a running server is found.
#[derive(Debug, Clone)]
pub struct Bound {
    /// What a person is told of it.
    pub banner: String,
    /// The address of the TLS port.
    pub https: SocketAddr,
    /// The address of the plain port.
    pub http: Option<SocketAddr>,
    /// The address of the port for probes and metrics.
    pub metrics: Option<SocketAddr>,
    /// The certificate that clients must trust; empty where it is in a Secret.
    pub ca: PathBuf,
}

/// How a server is to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// With what is in flight.
    Now,
    /// First it is not ready and goes on serving, until nobody is sent to it any more (`Options::grace`).
    AfterGrace,
}

/// Serves until SIGTERM or Ctrl-C: the admission door, and the others beside it.
pub fn run(options: Options, others: Vec<OtherDoor>) -> anyhow::Result<()> {
    options.start_log();
    // A panic's words may hold a part of what was judged: only its place is told.
    panic::set_hook(Box::new(|panic| tracing::error!(at = panic.location().map(ToString::to_string), "the server made a mistake")));
    // It accepts, watches and keeps; requests are served by threads of their own.
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().context("cannot start")?;
    runtime.block_on(async {
        let stop = signal()?;
        // Whoever started it need not read this.
        let tell = |bound: Bound| drop(std::io::stdout().write_all(bound.banner.as_bytes()));
        serve(options, others, tell, stop).await
    })
}

/// Serves until `stop` is done: the admission door, and the others beside it. Tells where, once it listens.
pub async fn serve(
    options: Options,
    mut others: Vec<OtherDoor>,
    tell: impl FnOnce(Bound),
    stop: impl Future<Output = Stop>,
) -> anyhow::Result<()> {
    options.check()?;
    options.check_doors(&others)?;
    others.retain(|other| options.opens(other.name));
    let https = listen(&options.listen).await?;
    let http = match &options.listen_http {
        Some(address) => Some(listen_plainly(address).await?),
        None => None,
    };
    let probes = match &options.listen_metrics {
        Some(address) => Some(listen(address).await?),
        None => None,
    };
    let metrics = Arc::new(Metrics::new(&Rulebook::default().core().to_string()));
    let capture = match &options.capture {
        Some(directory) => Some(Capture::open(directory, options.capture_count, Arc::clone(&metrics))?),
        None => None,
    };
    let mut stop = pin!(stop);
    let Some(Certified { certificates, shared }) = certificates(&options, stop.as_mut()).await? else { return Ok(()) };
    let shown = Arc::clone(&certificates.shown);
    let health = Arc::new(Health::new(Arc::clone(&shown)));
    let keeper = {
        let sources = Sources {
            catalog: options.catalog.clone().map(|path| CatalogFile::new(path, state::open(options.state.as_deref()).ok())),
            fleet: options.fleets(),
            policies: options.policies.clone(),
            judging: options.judging()?,
        };
        let (health, metrics) = (Arc::clone(&health), Arc::clone(&metrics));
        tokio::task::spawn_blocking(move || Keeper::open(sources, certificates, health, metrics)).await??
    };

    let following = match options.fleets() {
        Fleets::Cluster { .. } => {
            let client = options.access.client().await?;
            let (following, health) = (cluster::follow(client, Arc::clone(keeper.in_force())), Arc::clone(&health));
            Some(tokio::spawn(async move {
                // It has no end but a mistake of ours.
                let _ = AssertUnwindSafe(following).catch_unwind().await;
                tracing::error!("the cluster is no longer followed");
                health.abandon();
            }))
        }
        Fleets::Files { .. } => None,
    };

    let door = Arc::new(Door {
        basis: Arc::clone(keeper.in_force()),
        health: Arc::clone(&health),
        metrics: Arc::clone(&metrics),
        capture,
        deadline: options.deadline,
        room: Room::new(),
        reviews: Arc::new(Semaphore::new(options.max_reviews as usize)),
    });
    let watched = Arc::new(Watched { basis: Arc::clone(keeper.in_force()), health: Arc::clone(&health), metrics: Arc::clone(&metrics) });
    let admission = if options.opens(doors::WEBHOOK) { handlers::router(door) } else { Router::new() };
    let source = options.source()?;
    let mut bound = Bound {
        banner: String::new(),
        https: https.local_addr()?,
        http: http.as_ref().map(TcpListener::local_addr).transpose()?,
        metrics: probes.as_ref().map(TcpListener::local_addr).transpose()?,
        ca: source.trusted(),
    };
    bound.banner = banner::banner(&bound, &keeper, &source, &shown, options.opens(doors::WEBHOOK), &others)?;
    let rules = Rules::of(keeper.in_force());
    let mut open = admission;
    for other in others {
        let rules = rules.clone();
        // It may wait for others: a repository, a secret store.
        open = open.merge(tokio::task::spawn_blocking(move || (other.open)(rules)).await??);
    }
    let router = probes::beside(open, Arc::clone(&watched));
    let mut listening = vec![Listening { listener: https, tls: Some(Arc::clone(&shown)), router: router.clone() }];
    listening.extend(http.map(|listener| Listening { listener, tls: None, router }));
    listening.extend(probes.map(|listener| Listening { listener, tls: None, router: probes::beside(Router::new(), watched) }));
    tell(bound);

    let (stopping, stopped) = watch::channel(false);
    let keeping = tokio::spawn(keeper.keep());
    let sharing = shared.map(|shared| tokio::spawn(shared.keep(shown, Arc::clone(&metrics))));
    let serving = tokio::spawn(serve::serve(listening, options.max_connections as usize, Arc::clone(&health), metrics, stopped));
    if stop.await == Stop::AfterGrace {
        tracing::info!(grace = %humantime::format_duration(options.grace), "not ready any more; stopping soon");
        health.stop();
        tokio::time::sleep(options.grace).await;
    }
    tracing::info!("stopping");
    health.stop();
    stopping.send_replace(true);
    serving.await??;
    keeping.abort();
    for task in [sharing, following].into_iter().flatten() {
        task.abort();
    }
    tracing::info!("stopped");
    Ok(())
}

/// The certificate to begin with, and who keeps it.
struct Certified {
    certificates: Certificates,
    shared: Option<Shared>,
}

/// Nothing if the server is to stop before there is one.
async fn certificates(options: &Options, stop: Pin<&mut impl Future<Output = Stop>>) -> anyhow::Result<Option<Certified>> {
    let mut files = tls::Files::new(options.source()?, options.client_ca.clone());
    let (mut shared, mut identity) = (None, None);
    if let Some(secret) = &options.tls_secret {
        let client = options.access.client().await.context("there is no cluster to keep the certificate in")?;
        let mut sharing = Shared::new(client, secret.clone(), options.webhook_configuration.clone(), options.names());
        // A cluster may be long in coming.
        tokio::select! {
            first = sharing.open() => identity = Some(first),
            _ = stop => return Ok(None),
        }
        shared = Some(sharing);
    }
    let opened =
        tokio::task::spawn_blocking(move || files.open(identity, OffsetDateTime::now_utc()).map(|shown| Certificates { files, shown }));
    Ok(Some(Certified { certificates: opened.await??, shared }))
}

async fn listen(address: &str) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address}"))
}

/// What is sent in plain text must not leave the machine.
async fn listen_plainly(address: &str) -> anyhow::Result<TcpListener> {
    let found: Vec<SocketAddr> = lookup_host(address).await.with_context(|| format!("cannot listen on {address}"))?.collect();
    if let Some(outside) = found.iter().find(|address| !address.ip().is_loopback()) {
        anyhow::bail!("--listen-http takes a loopback address only, as nothing sent there is encrypted, and {} is none", outside.ip());
    }
    TcpListener::bind(found.as_slice()).await.with_context(|| format!("cannot listen on {address}"))
}

/// Done when the server is asked to stop: by Kubernetes gently, by a person at once.
fn signal() -> anyhow::Result<impl Future<Output = Stop>> {
    #[cfg(unix)]
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()).context("cannot wait for SIGTERM")?;
    let interrupt = tokio::signal::ctrl_c();
    Ok(async move {
        #[cfg(unix)]
        tokio::select! {
            _ = terminate.recv() => Stop::AfterGrace,
            _ = interrupt => Stop::Now,
        }
        #[cfg(not(unix))]
        interrupt.await.map_or(Stop::Now, |()| Stop::Now)
    })
}

//! The admission door: the API server asks before it stores a Cluster, and the core answers.
//!
//! This crate carries: an `AdmissionReview` in, its answer out. It holds no rule and no sentence
//! about a cluster.

mod admit;
mod answer;
mod banner;
mod basis;
pub mod fleet_files;
mod handlers;
mod keeper;
mod options;
mod review;
mod serve;
mod state;
mod tls;

use std::io::Write as _;
use std::net::SocketAddr;
use std::panic;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use tokio::net::{TcpListener, lookup_host};
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

pub use options::{LogFormat, Options};

use crate::keeper::Keeper;
use crate::serve::Listening;
use crate::tls::{Certificate, Source};

/// Where a running server is found.
#[derive(Debug, Clone)]
pub struct Bound {
    /// What a person is told of it.
    pub banner: String,
    /// The address of the TLS port.
    pub https: SocketAddr,
    /// The address of the plain port.
    pub http: Option<SocketAddr>,
    /// The certificate that clients must trust.
    pub ca: PathBuf,
}

/// Serves until SIGTERM or Ctrl-C.
pub fn run(options: Options) -> anyhow::Result<()> {
    options.start_log();
    // A panic's words may hold a part of what was judged: only its place is told.
    panic::set_hook(Box::new(|panic| tracing::error!(at = panic.location().map(ToString::to_string), "the server made a mistake")));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("cannot start")?;
    runtime.block_on(async {
        let stop = signal()?;
        // Whoever started it need not read this.
        let tell = |bound: Bound| drop(std::io::stdout().write_all(bound.banner.as_bytes()));
        serve(options, tell, stop).await
    })
}

/// Serves until `stop` is done. Tells where, once it listens.
pub async fn serve(options: Options, tell: impl FnOnce(Bound), stop: impl Future<Output = ()>) -> anyhow::Result<()> {
    options.check()?;
    let https = listen(&options.listen).await?;
    let http = match &options.listen_http {
        Some(address) => Some(listen_plainly(address).await?),
        None => None,
    };
    let source = match (&options.tls_cert, &options.tls_key) {
        (Some(chain), Some(key)) => Source::Given { chain: chain.clone(), key: key.clone() },
        _ => Source::Own { state: state::open(options.state.as_deref())?, names: options.names() },
    };
    let keeper = {
        let (catalog, fleet, complete) =
            (options.catalog.clone(), options.fleet.clone(), options.complete.unwrap_or(!options.fleet.is_empty()));
        let open = move || Keeper::open(catalog, fleet, complete, Certificate::open(source.clone())?).map(|keeper| (keeper, source));
        tokio::task::spawn_blocking(open).await?
    };
    let (keeper, source) = keeper?;

    let router = handlers::surroundings(handlers::router(Arc::clone(keeper.in_force())));
    let tls = TlsAcceptor::from(Arc::new(keeper.certificate().config()?));
    let mut bound = Bound {
        banner: String::new(),
        https: https.local_addr()?,
        http: http.as_ref().map(TcpListener::local_addr).transpose()?,
        ca: source.trusted(),
    };
    bound.banner = banner::banner(&bound, &keeper, &source)?;
    let mut listening = vec![Listening { listener: https, tls: Some(tls) }];
    listening.extend(http.map(|listener| Listening { listener, tls: None }));
    tell(bound);

    let (stopping, stopped) = watch::channel(false);
    let keeping = tokio::spawn(keeper.keep());
    let serving = tokio::spawn(serve::serve(listening, router, stopped));
    stop.await;
    tracing::info!("stopping");
    stopping.send_replace(true);
    serving.await?;
    keeping.abort();
    tracing::info!("stopped");
    Ok(())
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

/// Done when the server is asked to stop.
fn signal() -> anyhow::Result<impl Future<Output = ()>> {
    #[cfg(unix)]
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()).context("cannot wait for SIGTERM")?;
    let interrupt = tokio::signal::ctrl_c();
    Ok(async move {
        #[cfg(unix)]
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt => {}
        }
        #[cfg(not(unix))]
        let _ = interrupt.await;
    })
}

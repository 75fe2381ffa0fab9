//! What `cargo xtask bench webhook` measures the door against: the same stack, and a handler that only
//! parses the review, with the types that others use, and allows it.
//!
//! `bare CHAIN KEY` prints its address and serves until it is killed.

use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::post;
use clap::Parser;
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use kube::core::DynamicObject;
use kube::core::admission::{AdmissionRequest, AdmissionResponse, AdmissionReview};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// The allocator of the `clearance` binary.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(Parser)]
struct Cli {
    chain: PathBuf,
    key: PathBuf,
}

async fn allow(body: Bytes) -> impl IntoResponse {
    let review = match serde_json::from_slice::<AdmissionReview<DynamicObject>>(&body).map(TryInto::<AdmissionRequest<_>>::try_into) {
        Ok(Ok(request)) => AdmissionResponse::from(&request).into_review(),
        Ok(Err(error)) => AdmissionResponse::invalid(error.to_string()).into_review(),
        Err(error) => AdmissionResponse::invalid(error.to_string()).into_review(),
    };
    ([(header::CONTENT_TYPE, "application/json")], serde_json::to_vec(&review).unwrap_or_default())
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let cli = Cli::parse();
    let chain: Vec<_> = CertificateDer::pem_file_iter(&cli.chain)?.collect::<Result<_, _>>()?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, PrivateKeyDer::from_pem_file(&cli.key)?)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let router = Router::new().route("/validate", post(allow));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    loop {
        let (stream, _) = listener.accept().await?;
        let (acceptor, router) = (acceptor.clone(), router.clone());
        stream.set_nodelay(true)?;
        tokio::spawn(async move {
            let Ok(stream) = acceptor.accept(stream).await else { return };
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), TowerToHyperService::new(router)).await;
        });
    }
}

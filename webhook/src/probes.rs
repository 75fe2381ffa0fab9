//! What stands beside every door: whether the server lives and is ready, what it counts, and what to
//! say of a wrong address.

use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderValue, Method, Response, StatusCode, Uri, header};
use axum::response::IntoResponse;
use axum::routing::get;
use clearance_core::finding::visible;

use crate::basis::InForce;
use crate::handlers::{failure, now};
use crate::health::Health;
use crate::metrics::Metrics;
use crate::others::Gauges;

/// What probes look at.
#[derive(Debug)]
pub(crate) struct Watched {
    pub basis: Arc<InForce>,
    pub health: Arc<Health>,
    pub metrics: Arc<Metrics>,
}

/// Adds the probes to some doors, or to none.
pub(crate) fn beside(doors: Router, watched: Arc<Watched>) -> Router {
    let probes =
        Router::new().route("/livez", get(livez)).route("/readyz", get(readyz)).route("/metrics", get(metrics)).with_state(watched);
    doors
        .merge(probes)
        .method_not_allowed_fallback(async |method: Method, uri: Uri| {
            failure(StatusCode::METHOD_NOT_ALLOWED, format!("`{}` does not take `{}`", visible(uri.path()), visible(method.as_str())))
        })
        .fallback(async |uri: Uri| failure(StatusCode::NOT_FOUND, format!("there is nothing at `{}`", visible(uri.path()))))
}

async fn livez(State(watched): State<Arc<Watched>>) -> Response<Body> {
    match watched.health.ill() {
        None => "ok\n".into_response(),
        Some(reason) => (StatusCode::INTERNAL_SERVER_ERROR, format!("{reason}\n")).into_response(),
    }
}

async fn readyz(State(watched): State<Arc<Watched>>) -> Response<Body> {
    let synced = watched.basis.get().others.read().is_synced();
    match watched.health.unready(now(), synced).as_slice() {
        [] => "ok\n".into_response(),
        reasons => (StatusCode::SERVICE_UNAVAILABLE, reasons.join("\n") + "\n").into_response(),
    }
}

async fn metrics(State(watched): State<Arc<Watched>>) -> Response<Body> {
    watched.metrics.certificate.set(watched.health.expires_in(now()));
    let Gauges { clusters, referrers, age } = watched.basis.get().others.read().gauges(Instant::now());
    let size = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    watched.metrics.clusters.set(size(clusters));
    watched.metrics.referrers.set(size(referrers));
    watched.metrics.fleet_age.set(age.as_secs_f64());
    let mut answer = watched.metrics.text().into_response();
    let kind = HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");
    answer.headers_mut().insert(header::CONTENT_TYPE, kind);
    answer
}

//! The door's HTTP side: bodies in, answers out.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderValue, Response, StatusCode, header};
use axum::routing::post;
use clearance_core::finding::visible;
use clearance_core::{Excuse, Finding};
use prometheus_client::metrics::gauge::Gauge;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::admit::{Admission, Wanted, admit};
use crate::answer::{Answer, Status};
use crate::basis::InForce;
use crate::body::Room;
use crate::capture::Capture;
use crate::health::Health;
use crate::metrics::Metrics;
use crate::review::{Fault, Review};

/// Longer bodies are judged beside the threads that serve: other connections would wait for theirs.
const LONG_BODY: usize = 64 << 10;

/// What the handlers share.
#[derive(Debug)]
pub(crate) struct Door {
    pub basis: Arc<InForce>,
    pub health: Arc<Health>,
    pub metrics: Arc<Metrics>,
    pub capture: Option<Capture>,
    /// How long a review may take, from the head of the request.
    pub deadline: Duration,
    /// Room for bodies that are being read.
    pub room: Room,
    /// Room for reviews that are judged, or wait for it.
    pub reviews: Arc<Semaphore>,
}

/// The admission door.
pub(crate) fn router(door: Arc<Door>) -> Router {
    Router::new()
        .route("/validate", post(|door, body| review(door, body, Wanted::Verdict)))
        .route("/mutate", post(|door, body| review(door, body, Wanted::Filling)))
        .with_state(door)
}

async fn review(State(door): State<Arc<Door>>, body: Body, wanted: Wanted) -> Response<Body> {
    let begin = Instant::now();
    let _flying = Flying::new(&door.metrics.in_flight);
    let Ok(read) = timeout(door.deadline, door.room.read(body)).await else {
        door.metrics.late.inc();
        let sentence = format!("the body did not arrive within {}", humantime::format_duration(door.deadline));
        return failure(StatusCode::REQUEST_TIMEOUT, sentence);
    };
    let body = match read {
        Ok(body) => body,
        Err((code, sentence)) => return failure(code, sentence),
    };
    let Ok(place) = Arc::clone(&door.reviews).try_acquire_owned() else {
        door.metrics.shed.inc();
        return failure(StatusCode::TOO_MANY_REQUESTS, "too many reviews wait to be judged; ask again".to_owned());
    };
    // What others have written may take its time: it is asked beside the threads that serve, too.
    if body.bytes.len() <= LONG_BODY && door.basis.get().policies.is_empty() {
        return guarded(|| answer(&door, &body.bytes, wanted, begin));
    }
    let judging = {
        let door = Arc::clone(&door);
        // A review takes its room until it is judged, also when nobody waits for it any more.
        tokio::task::spawn_blocking(move || {
            let (_place, body) = (place, body);
            if begin.elapsed() >= door.deadline { late() } else { answer(&door, &body.bytes, wanted, begin) }
        })
    };
    match timeout(door.deadline.saturating_sub(begin.elapsed()), judging).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(_)) => mistake(),
        Err(_) => {
            door.metrics.late.inc();
            late()
        }
    }
}

fn late() -> Response<Body> {
    failure(StatusCode::GATEWAY_TIMEOUT, "the review was not judged in time".to_owned())
}

/// What is answered where a panic would end the connection. It stands here and not around the router:
/// a layer would box each request and each body.
fn guarded(answer: impl FnOnce() -> Response<Body>) -> Response<Body> {
    catch_unwind(AssertUnwindSafe(answer)).unwrap_or_else(|_| mistake())
}

fn mistake() -> Response<Body> {
    failure(StatusCode::INTERNAL_SERVER_ERROR, "the server made a mistake".to_owned())
}

/// A review that is being answered.
struct Flying<'g>(&'g Gauge);

impl<'g> Flying<'g> {
    fn new(gauge: &'g Gauge) -> Self {
        gauge.inc();
        Self(gauge)
    }
}

impl Drop for Flying<'_> {
    fn drop(&mut self) {
        self.0.dec();
    }
}

fn answer(door: &Door, body: &[u8], wanted: Wanted, begin: Instant) -> Response<Body> {
    let path = wanted.path();
    let review = match Review::read(body) {
        Ok(review) => review,
        Err(Fault::Body(why)) => {
            tracing::warn!(why, "no review");
            door.metrics.reviewed(path, "", "invalid", begin.elapsed());
            return failure(StatusCode::BAD_REQUEST, why);
        }
        Err(Fault::Review { uid, why }) => {
            tracing::warn!(uid = visible(&uid), why, "no review");
            door.metrics.reviewed(path, "", "invalid", begin.elapsed());
            return json(StatusCode::OK, Answer::refused(uid, Status::failure(400, why)).to_review());
        }
    };
    let basis = door.basis.get();
    if !basis.others.read().is_synced() {
        // What cannot be known is not guessed: the API server does as its `failurePolicy` says.
        door.metrics.reviewed(path, review.operation.word(), "failed", begin.elapsed());
        return failure(StatusCode::SERVICE_UNAVAILABLE, "the server has yet to learn what else exists".to_owned());
    }
    let Admission { answer, errors, warnings, findings } = whatever_happens(&review.uid, || admit(&review, wanted, &basis, now()));
    let answer = answer.with_notice(door.health.notice());
    let body = answer.to_review();
    let took = begin.elapsed();
    door.metrics.reviewed(path, review.operation.word(), answer.outcome(), took);
    for finding in &findings {
        door.metrics.findings.get_or_create(&[("rule", finding.rule.name), ("severity", finding.severity.name())]).inc();
        let excused = match finding.excuse {
            Some(Excuse::Override(_)) => &door.metrics.overridden,
            Some(Excuse::Monitor) => &door.metrics.monitored,
            None => continue,
        };
        excused.get_or_create(&[("rule", finding.rule.name)]).inc();
    }
    if let Some(capture) = door.capture.as_ref().filter(|_| !answer.allowed) {
        capture.offer(&review, &body, &basis.rulebook.core().to_string());
    }
    macro_rules! log {
        ($level:ident) => {
            tracing::event!(
                tracing::Level::$level,
                uid = visible(&review.uid),
                operation = review.operation.word(),
                namespace = visible(&review.namespace),
                name = visible(&review.name),
                filling = wanted == Wanted::Filling,
                allowed = answer.allowed,
                errors,
                warnings,
                excused = excused(&findings),
                micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX),
                "reviewed"
            )
        };
    }
    // What was allowed without a word is in the API server's own audit log.
    if errors + warnings > 0 || !answer.allowed {
        log!(INFO);
    } else {
        log!(DEBUG);
    }
    json(StatusCode::OK, body)
}

/// The rules that would have refused, if it were not for an override or for monitor mode.
fn excused(findings: &[Finding]) -> Option<String> {
    let excused = findings.iter().filter_map(|finding| {
        let word = match finding.excuse.as_ref()? {
            Excuse::Override(_) => "overridden",
            Excuse::Monitor => "monitored",
        };
        Some(format!("{} ({word})", finding.rule.name))
    });
    let excused: BTreeSet<String> = excused.collect();
    (!excused.is_empty()).then(|| excused.into_iter().collect::<Vec<_>>().join(", "))
}

/// A review whose judging fails is refused, with its uid: the API server's `failurePolicy` is for a
/// door that is closed, not for one that answers.
fn whatever_happens(uid: &str, judge: impl FnOnce() -> Admission) -> Admission {
    catch_unwind(AssertUnwindSafe(judge))
        .unwrap_or_else(|_| Answer::refused(uid, Status::failure(500, "the server made a mistake; nothing was judged")).into())
}

/// Seconds since 1970.
pub(crate) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

pub(crate) fn failure(code: StatusCode, sentence: String) -> Response<Body> {
    json(code, Status::failure(code.as_u16(), sentence).to_object())
}

fn json(code: StatusCode, body: Vec<u8>) -> Response<Body> {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = code;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;
    use serde_json::{Value, json};

    use super::*;

    #[tokio::test]
    async fn a_panic_is_answered() {
        let response = guarded(|| panic!("boom: a secret"));
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        let body = response.into_body().collect().await.expect("it is whole").to_bytes();
        let body: Value = serde_json::from_slice(&body).expect("it is JSON");
        assert_eq!((&body["kind"], &body["code"], &body["reason"]), (&json!("Status"), &json!(500), &json!("InternalError")));
        assert!(!body.to_string().contains("secret"));
    }

    #[test]
    fn a_review_whose_judging_fails_is_answered_with_its_uid() {
        let admission = whatever_happens("1", || panic!("boom: a secret"));
        let body: Value = serde_json::from_slice(&admission.answer.to_review()).expect("it is JSON");
        assert_eq!((&body["response"]["uid"], &body["response"]["allowed"]), (&json!("1"), &json!(false)));
        assert_eq!(body["response"]["status"]["code"], 500);
        assert!(!body.to_string().contains("secret"));
    }
}

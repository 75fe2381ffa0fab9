//! The door's HTTP side: bodies in, answers out.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderValue, Method, Response, StatusCode, Uri, header};
use axum::routing::{get, post};
use bytes::Bytes;
use clearance_core::finding::visible;
use http_body_util::BodyExt;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;
use tower_http::catch_panic::CatchPanicLayer;

use crate::admit::{Admission, Wanted, admit};
use crate::answer::{Answer, Status};
use crate::basis::InForce;
use crate::review::{Fault, Review};

/// The longest body. An object has at most 1.5 MiB in etcd and 3 MiB on its way there (the API
/// server's own bound); a review of an update holds two.
pub(crate) const LONGEST_BODY: usize = 7 << 20;
/// How long a client may take to send a body: as long as the API server waits for an answer by default.
const BODY_TIME: Duration = Duration::from_secs(10);
/// How many bytes of bodies are held at once. Who sends slowly holds only what was sent.
const BODIES: usize = 128 << 20;
/// Longer bodies are judged beside the threads that serve the others.
const LONG_BODY: usize = 256 << 10;

/// What the handlers share.
#[derive(Debug)]
struct Door {
    basis: Arc<InForce>,
    room: Semaphore,
}

/// The admission door.
pub(crate) fn router(basis: Arc<InForce>) -> Router {
    let door = Arc::new(Door { basis, room: Semaphore::new(BODIES) });
    Router::new()
        .route("/validate", post(|door, body| review(door, body, Wanted::Verdict)))
        .route("/mutate", post(|door, body| review(door, body, Wanted::Filling)))
        .with_state(door)
}

/// What stands beside every door: whether the server lives, and what to say of a wrong address.
pub(crate) fn surroundings(doors: Router) -> Router {
    // There is nothing to wait for: the server listens only once everything is read.
    let fine = async || "ok\n";
    doors
        .route("/livez", get(fine))
        .route("/readyz", get(fine))
        .method_not_allowed_fallback(async |method: Method, uri: Uri| {
            failure(StatusCode::METHOD_NOT_ALLOWED, format!("`{}` does not take `{}`", visible(uri.path()), visible(method.as_str())))
        })
        .fallback(async |uri: Uri| failure(StatusCode::NOT_FOUND, format!("there is nothing at `{}`", visible(uri.path()))))
        .layer(CatchPanicLayer::custom(|_| failure(StatusCode::INTERNAL_SERVER_ERROR, "the server made a mistake".to_owned())))
}

async fn review(State(door): State<Arc<Door>>, body: Body, wanted: Wanted) -> Response<Body> {
    let begin = Instant::now();
    match timeout(BODY_TIME, read(body, &door.room)).await {
        Ok(Ok((body, _held))) => respond(&door.basis, body, wanted, begin).await,
        Ok(Err(refusal)) => refusal,
        Err(_) => failure(StatusCode::REQUEST_TIMEOUT, format!("the body did not arrive within {} seconds", BODY_TIME.as_secs())),
    }
}

/// Reads a body, as far as it may go; with it comes the room that it takes.
async fn read(mut body: Body, room: &Semaphore) -> Result<(Bytes, Option<SemaphorePermit<'_>>), Response<Body>> {
    let mut parts = Vec::new();
    let mut held: Option<SemaphorePermit<'_>> = None;
    let mut length = 0_usize;
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else {
            return Err(failure(StatusCode::BAD_REQUEST, "the body ended before its end".to_owned()));
        };
        let Ok(part) = frame.into_data() else { continue };
        length = length.saturating_add(part.len());
        if length > LONGEST_BODY {
            // Who is still sending does not listen yet.
            drain(body).await;
            let sentence = format!("the body has more than {LONGEST_BODY} bytes");
            return Err(failure(StatusCode::PAYLOAD_TOO_LARGE, sentence));
        }
        let Ok(permit) = room.acquire_many(u32::try_from(part.len()).unwrap_or(u32::MAX)).await else { break };
        match &mut held {
            Some(held) => held.merge(permit),
            None => held = Some(permit),
        }
        parts.push(part);
    }
    let body = match parts.len() {
        1 => parts.remove(0),
        _ => parts.concat().into(),
    };
    Ok((body, held))
}

/// Takes in what is left of a body that is too long, within reason.
async fn drain(mut body: Body) {
    let mut left = LONGEST_BODY.saturating_mul(4);
    while let Some(Ok(frame)) = body.frame().await {
        let length = frame.data_ref().map_or(0, Bytes::len);
        match left.checked_sub(length) {
            Some(rest) => left = rest,
            None => return,
        }
    }
}

async fn respond(basis: &Arc<InForce>, body: Bytes, wanted: Wanted, begin: Instant) -> Response<Body> {
    if body.len() <= LONG_BODY {
        return answer(basis, &body, wanted, begin);
    }
    let basis = Arc::clone(basis);
    let judged = tokio::task::spawn_blocking(move || answer(&basis, &body, wanted, begin)).await;
    judged.unwrap_or_else(|_| failure(StatusCode::INTERNAL_SERVER_ERROR, "the server made a mistake".to_owned()))
}

fn answer(basis: &InForce, body: &[u8], wanted: Wanted, begin: Instant) -> Response<Body> {
    let review = match Review::read(body) {
        Ok(review) => review,
        Err(Fault::Body(why)) => {
            tracing::warn!(why, "no review");
            return failure(StatusCode::BAD_REQUEST, why);
        }
        Err(Fault::Review { uid, why }) => {
            tracing::warn!(uid = visible(&uid), why, "no review");
            return json(StatusCode::OK, Answer::refused(uid, Status::failure(400, why)).to_review());
        }
    };
    let basis = basis.get();
    let Admission { answer, errors, warnings } = whatever_happens(&review.uid, || admit(&review, wanted, &basis, now()));
    tracing::info!(
        uid = visible(&review.uid),
        operation = review.operation.word(),
        namespace = visible(&review.namespace),
        name = visible(&review.name),
        filling = wanted == Wanted::Filling,
        allowed = answer.allowed,
        errors,
        warnings,
        micros = u64::try_from(begin.elapsed().as_micros()).unwrap_or(u64::MAX),
        "reviewed"
    );
    json(StatusCode::OK, answer.to_review())
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

fn failure(code: StatusCode, sentence: String) -> Response<Body> {
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
    use axum::http::Request;
    use hyper::service::Service;
    use hyper_util::service::TowerToHyperService;
    use serde_json::{Value, json};

    use super::*;

    #[tokio::test]
    async fn a_panic_is_answered() {
        let boom = async || -> &'static str { panic!("boom: a secret") };
        let router = surroundings(Router::new().route("/boom", get(boom)));
        let request = Request::get("/boom").body(Body::empty()).expect("it is a request");
        let response = TowerToHyperService::new(router).call(request).await.expect("it answers");
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

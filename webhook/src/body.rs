//! Bodies of requests, read as far as they may go.

use std::sync::Arc;

use axum::body::{Body, HttpBody};
use axum::http::StatusCode;
use bytes::Bytes;
use http_body_util::BodyExt;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The longest body. An object has at most 1.5 MiB in etcd and 3 MiB on its way there (the API
/// server's own bound); a review of an update holds two.
const LONGEST: usize = 7 << 20;
/// How many bytes of long bodies are held at once. Who sends slowly holds only what was sent.
const LONG_BODIES: usize = 128 << 20;
/// So much of each body needs no room of that: however many send long bodies slowly, a usual review
/// gets through. What it may come to is bounded by the number of connections.
const FREE: usize = 64 << 10;

/// The room for bodies.
#[derive(Debug)]
pub(crate) struct Room(Arc<Semaphore>);

/// A body, with the room that it takes until it is dropped.
#[derive(Debug)]
pub(crate) struct Whole {
    pub bytes: Bytes,
    _held: Option<OwnedSemaphorePermit>,
}

/// Why a body was not read.
pub(crate) type Refused = (StatusCode, String);

impl Room {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Semaphore::new(LONG_BODIES)))
    }

    /// Reads a body. The caller minds the time.
    pub(crate) async fn read(&self, mut body: Body) -> Result<Whole, Refused> {
        let mut parts = Vec::new();
        let mut held: Option<OwnedSemaphorePermit> = None;
        let mut length = 0_usize;
        if body.size_hint().lower() > LONGEST as u64 {
            return Err(too_long(body).await);
        }
        while let Some(frame) = body.frame().await {
            let Ok(frame) = frame else {
                return Err((StatusCode::BAD_REQUEST, "the body ended before its end".to_owned()));
            };
            let Ok(part) = frame.into_data() else { continue };
            length = length.saturating_add(part.len());
            if length > LONGEST {
                return Err(too_long(body).await);
            }
            let has = held.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
            let lacks = length.saturating_sub(FREE).saturating_sub(has);
            if lacks > 0 {
                let Ok(permit) = Arc::clone(&self.0).acquire_many_owned(u32::try_from(lacks).unwrap_or(u32::MAX)).await else { break };
                match &mut held {
                    Some(held) => held.merge(permit),
                    None => held = Some(permit),
                }
            }
            parts.push(part);
        }
        let bytes = match parts.len() {
            1 => parts.remove(0),
            _ => parts.concat().into(),
        };
        Ok(Whole { bytes, _held: held })
    }
}

/// Takes in what is left of a body that is too long, within reason: who is still sending does not listen yet.
async fn too_long(mut body: Body) -> Refused {
    let mut left = LONGEST.saturating_mul(4);
    while let Some(Ok(frame)) = body.frame().await {
        let length = frame.data_ref().map_or(0, Bytes::len);
        match left.checked_sub(length) {
            Some(rest) => left = rest,
            None => break,
        }
    }
    (StatusCode::PAYLOAD_TOO_LARGE, format!("the body has more than {LONGEST} bytes"))
}

//! The HTTP side: requests in, answers out.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, HttpBody as _};
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, Uri, header};
use axum::routing::get;
use clearance_core::Language;
use clearance_core::finding::visible;
use clearance_core::source::Format;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use percent_encoding::percent_decode_str;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::caller::Caller;
use crate::openapi;
use crate::problem::Problem;
use crate::registrar::{Asked, Done, Registrar, new_id, quoted, selector};
use crate::repository::Embedded;
use crate::smart_http::{self, Allows};

/// The longest body: as much as the management cluster could store, and a kubeconfig.
const LONGEST: usize = 3 << 20;
/// How long a body may take to come.
const BODY_TIME: Duration = Duration::from_secs(30);
/// How many requests are worked on at once.
const AT_ONCE: usize = 512;

pub(crate) struct Api {
    pub registrar: Arc<Registrar>,
    /// The repository of our own, where it is one.
    pub embedded: Option<(Arc<Embedded>, PathBuf)>,
    pub room: Semaphore,
    /// How long an answer may take.
    pub time: Duration,
}

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

pub(crate) fn room() -> Semaphore {
    Semaphore::new(AT_ONCE)
}

pub(crate) fn router(api: Arc<Api>) -> Router {
    let mut router = Router::new()
        .route(openapi::LIST, get(list))
        .route(openapi::ONE, get(one).post(save).put(save).delete(delete))
        .route(openapi::OPENAPI, get(async || json(StatusCode::OK, openapi::document().to_string())));
    if api.embedded.is_some() {
        router = router.route("/tenant.git/{*path}", get(clone).post(clone));
    }
    router.with_state(api)
}

/// One request: what it is called, and when it came.
struct Call {
    id: String,
    path: String,
    method: String,
    begin: Instant,
}

impl Call {
    fn new(request: &Request) -> Self {
        let given = request.headers().get(&REQUEST_ID).and_then(|id| id.to_str().ok());
        let is_plain =
            |id: &&str| (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'));
        Self {
            id: given.filter(is_plain).map_or_else(new_id, str::to_owned),
            path: request.uri().path().to_owned(),
            method: request.method().to_string(),
            begin: Instant::now(),
        }
    }

    fn answer(self, answer: Result<Response<Body>, Problem>) -> Response<Body> {
        let mut response = answer.unwrap_or_else(|mut problem| {
            problem.instance.clone_from(&self.path);
            problem.request_id.clone_from(&self.id);
            problem.to_response()
        });
        let micros = u64::try_from(self.begin.elapsed().as_micros()).unwrap_or(u64::MAX);
        let (id, path, status) = (visible(&self.id), visible(&self.path), response.status().as_u16());
        tracing::info!(request = id, method = self.method, path, status, micros, "answered");
        if let Ok(id) = HeaderValue::from_str(&self.id) {
            response.headers_mut().insert(REQUEST_ID, id);
        }
        response
    }
}

async fn save(State(api): State<Arc<Api>>, name: Name, request: Request) -> Response<Body> {
    let call = Call::new(&request);
    let (parts, body) = request.into_parts();
    let answer = async {
        let caller = Caller::of(&parts.headers)?;
        let asked = asked(&call, &parts.uri, &parts.headers)?;
        let format = format(&parts.headers)?;
        let text = text(body).await?;
        let name = named(name)?;
        let done = api.work(move |registrar| registrar.register(&caller, &name, &crate::registrar::Body { text, format }, &asked)).await?;
        Ok(told(&done))
    };
    let answer = answer.await;
    call.answer(answer)
}

async fn delete(State(api): State<Arc<Api>>, name: Name, request: Request) -> Response<Body> {
    let call = Call::new(&request);
    let (parts, _) = request.into_parts();
    let answer = async {
        let caller = Caller::of(&parts.headers)?;
        let asked = asked(&call, &parts.uri, &parts.headers)?;
        let name = named(name)?;
        let done = api.work(move |registrar| registrar.unregister(&caller, &name, &asked)).await?;
        Ok(told(&done))
    };
    let answer = answer.await;
    call.answer(answer)
}

async fn one(State(api): State<Arc<Api>>, name: Name, request: Request) -> Response<Body> {
    let call = Call::new(&request);
    let (parts, _) = request.into_parts();
    let answer = async {
        let caller = Caller::of(&parts.headers)?;
        parameters(&parts.uri, &[])?;
        let name = named(name)?;
        let stored = api.work(move |registrar| registrar.get(&caller, &name)).await?;
        Ok(tagged(&parts.headers, &stored.blob.to_string(), stored.shown.clone()))
    };
    let answer = answer.await;
    call.answer(answer)
}

async fn list(State(api): State<Arc<Api>>, request: Request) -> Response<Body> {
    let call = Call::new(&request);
    let (parts, _) = request.into_parts();
    let answer = async {
        let caller = Caller::of(&parts.headers)?;
        let parameters = parameters(&parts.uri, &["field_selector"])?;
        let selector = selector(parameters.first().map(|(_, value)| value.as_str()).unwrap_or_default())?;
        let (text, tip) = api.work(move |registrar| registrar.list(&caller, &selector)).await?;
        Ok(tagged(&parts.headers, &tip, text))
    };
    let answer = answer.await;
    call.answer(answer)
}

async fn clone(State(api): State<Arc<Api>>, Path(path): Path<String>, request: Request) -> Response<Body> {
    let call = Call::new(&request);
    let answer = async {
        let caller = Caller::of(request.headers())?;
        let Some((embedded, directory)) = &api.embedded else { return Err(Problem::not_found("")) };
        embedded.admits(&caller)?;
        let (parts, body) = request.into_parts();
        match smart_http::service(&parts.method, &path, parts.uri.query().unwrap_or_default()) {
            Some(Allows::Reading) => {}
            Some(Allows::Writing) => return Err(Problem::forbidden("this repository is written to by registrations alone")),
            None => return Err(Problem::new(StatusCode::NOT_FOUND, "there is nothing here but what `git clone` asks for")),
        }
        let body = whole(body).await?;
        let answer = smart_http::answer(directory, Allows::Reading, &parts, &path, body, api.time).await;
        answer.map_err(|error| Problem::ours(&error))
    };
    let answer = answer.await;
    call.answer(answer)
}

impl Api {
    /// Works on a request beside the threads that serve the others. What has begun is brought to its end,
    /// even if nobody waits for the answer any more.
    async fn work<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Registrar) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        if self.room.available_permits() == 0 {
            return Err(Problem::busy("too many requests are worked on; ask again"));
        }
        let (api, registrar) = (Arc::clone(self), Arc::clone(&self.registrar));
        let working = tokio::spawn(async move {
            let _place = api.room.acquire().await;
            tokio::task::spawn_blocking(move || work(&registrar)).await
        });
        match timeout(self.time, working).await {
            Ok(Ok(Ok(answer))) => answer,
            Ok(_) => Err(Problem::broken_off()),
            Err(_) => Err(Problem::unavailable("it takes too long, and may yet be done: ask for the cluster before you send it again")),
        }
    }
}

/// A cluster's name in the path.
type Name = Result<Path<String>, PathRejection>;

fn named(name: Name) -> Result<String, Problem> {
    name.map(|Path(name)| name).map_err(|_| Problem::new(StatusCode::BAD_REQUEST, "the name in the path is no UTF-8"))
}

/// The query's parameters; one that is not known might be a slip that means much.
fn parameters(uri: &Uri, known: &[&str]) -> Result<Vec<(String, String)>, Problem> {
    let wrong = |detail: String| Problem::new(StatusCode::BAD_REQUEST, detail);
    let decoded = |text: &str| {
        let text = text.replace('+', " ");
        percent_decode_str(&text).decode_utf8().map(std::borrow::Cow::into_owned).map_err(|_| wrong("the query is no UTF-8".to_owned()))
    };
    let mut found: Vec<(String, String)> = Vec::new();
    for pair in uri.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        let (key, value) = (decoded(key)?, decoded(value)?);
        if !known.contains(&key.as_str()) {
            let there = if known.is_empty() { "there is none here".to_owned() } else { format!("there is: {}", known.join(", ")) };
            return Err(wrong(format!("there is no parameter `{}`; {there}", visible(&key))));
        }
        if found.iter().any(|(other, _)| *other == key) {
            return Err(wrong(format!("`{key}` is given twice")));
        }
        found.push((key, value));
    }
    Ok(found)
}

fn asked(call: &Call, uri: &Uri, headers: &HeaderMap) -> Result<Asked, Problem> {
    let mut asked = Asked { request_id: call.id.clone(), ..Asked::default() };
    for (key, value) in parameters(uri, &["dry_run", "insecure_skip_check"])? {
        let value = match value.as_str() {
            "true" | "1" => true,
            "false" | "0" => false,
            _ => return Err(Problem::new(StatusCode::BAD_REQUEST, format!("`{key}` is `true` or `false`"))),
        };
        if key == "dry_run" {
            asked.dry_run = value;
        } else {
            asked.skip_checks = value;
        }
    }
    asked.if_match = condition(headers, &header::IF_MATCH)?;
    asked.if_none_match = condition(headers, &header::IF_NONE_MATCH)?;
    asked.language = language(headers);
    Ok(asked)
}

/// The language that is liked best among those that there are (RFC 9110, 12.5.4); English where none of them is.
fn language(headers: &HeaderMap) -> Language {
    let lines = headers.get_all(header::ACCEPT_LANGUAGE).iter().filter_map(|line| line.to_str().ok());
    let mut best = (0.0, Language::default());
    for range in lines.flat_map(|line| line.split(',')) {
        let (tag, quality) = range.split_once(';').unwrap_or((range, ""));
        let quality = quality.trim().strip_prefix("q=").map_or(Some(1.0), |quality| quality.parse::<f32>().ok());
        if let (Some(language), Some(quality)) = (Language::from_tag(tag.trim()), quality)
            && quality > best.0
        {
            best = (quality, language);
        }
    }
    best.1
}

/// A condition, which may stand in several lines. One that cannot be read must not pass for none.
fn condition(headers: &HeaderMap, name: &HeaderName) -> Result<Option<String>, Problem> {
    let lines: Result<Vec<&str>, _> = headers.get_all(name).iter().map(HeaderValue::to_str).collect();
    let lines = lines.map_err(|_| Problem::new(StatusCode::BAD_REQUEST, format!("`{name}` cannot be read: a tag is ASCII")))?;
    Ok((!lines.is_empty()).then(|| lines.join(",")))
}

/// JSON, as the guides send it; YAML for property files.
fn format(headers: &HeaderMap) -> Result<Format, Problem> {
    let given = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = given.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match kind.as_str() {
        "application/json" => Ok(Format::Json),
        "application/yaml" | "application/x-yaml" | "text/yaml" => Ok(Format::Yaml),
        _ => Err(Problem::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "a description comes as `Content-Type: application/json`, or as `application/yaml`",
        )),
    }
}

async fn text(body: Body) -> Result<String, Problem> {
    let bytes = whole(body).await?;
    String::from_utf8(bytes.into()).map_err(|_| Problem::new(StatusCode::BAD_REQUEST, "the body is no UTF-8"))
}

async fn whole(body: Body) -> Result<bytes::Bytes, Problem> {
    let too_long = || Problem::new(StatusCode::PAYLOAD_TOO_LARGE, format!("the body has more than {LONGEST} bytes"));
    if body.size_hint().lower() > LONGEST as u64 {
        // Who is still sending does not listen yet: a part of it is taken in.
        let _ = timeout(BODY_TIME, Limited::new(body, LONGEST * 8).collect()).await;
        return Err(too_long());
    }
    match timeout(BODY_TIME, Limited::new(body, LONGEST).collect()).await {
        Ok(Ok(whole)) => Ok(whole.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(too_long()),
        Ok(Err(_)) => Err(Problem::new(StatusCode::BAD_REQUEST, "the body ended before its end")),
        Err(_) => Err(Problem::new(StatusCode::REQUEST_TIMEOUT, "the body did not arrive in time")),
    }
}

fn told(done: &Done) -> Response<Body> {
    // What waits to be merged is accepted, and no more.
    let status = if done.branch.is_some() { StatusCode::ACCEPTED } else { StatusCode::OK };
    let mut response = json(status, serde_json::to_string(done).unwrap_or_default());
    if let Some(tag) = done.etag.as_deref().and_then(|tag| HeaderValue::from_str(&quoted(tag)).ok()) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}

/// A representation, or that the asker has it already.
fn tagged(headers: &HeaderMap, tag: &str, text: String) -> Response<Body> {
    let tag = quoted(tag);
    let known = headers.get(header::IF_NONE_MATCH).and_then(|list| list.to_str().ok()).unwrap_or_default();
    let is_known = known.split(',').map(|known| known.trim().trim_start_matches("W/")).any(|known| known == tag || known == "*");
    let mut response = if is_known { json(StatusCode::NOT_MODIFIED, String::new()) } else { json(StatusCode::OK, text) };
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    // What one caller may see is nothing for a cache that others share.
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    response
}

fn json(status: StatusCode, text: String) -> Response<Body> {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_that_is_liked_best() {
        for (line, expected) in [
            ("", Language::English),
            ("fr, *;q=0.5", Language::English),
            ("zh-CN,zh;q=0.9,en;q=0.8", Language::Chinese),
            ("en, zh", Language::English),
            ("en;q=0.3, zh; q=0.4", Language::Chinese),
            ("zh;q=0, fr", Language::English),
            ("zh;q=high, en;;, ,zh-;q=1e9", Language::Chinese),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_LANGUAGE, HeaderValue::from_str(line).expect("a header's value"));
            assert_eq!(language(&headers), expected, "{line}");
        }
    }
}

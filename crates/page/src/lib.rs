//! The browser door's page, served from the binary itself: files that `wasm/page` was built to, and the
//! policies that this server judges by, so that the page can ask the same. What a person writes there stays
//! in their browser.

mod policies;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};
use axum::routing::get;
use clearance_webhook::OtherDoor;

use crate::policies::Shelf;

/// A file of the page, as it is and compressed.
struct File {
    path: &'static str,
    /// A hash of its content, in quotes.
    etag: &'static str,
    plain: &'static [u8],
    gzip: &'static [u8],
}

include!(concat!(env!("OUT_DIR"), "/files.rs"));

/// What the page may do: load its own files, and run WebAssembly. Nothing else, from nowhere else.
const POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; \
    connect-src 'self'; worker-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// What every answer says beside its content.
const GUARDS: &[(&str, &str)] = &[
    ("content-security-policy", POLICY),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("vary", "accept-encoding"),
];

const NOT_BUILT: &str = "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>Clearance</title>\n\
    <h1>The page is not in this binary</h1>\n\
    <p>It was built without it. From the repository, with Node 20.19 or later:</p>\n\
    <pre>cargo xtask page\ncargo build --release --bin clearance</pre>\n\
    <p>The other doors of this server work as ever.</p>\n</html>\n";

/// The door, for a server to open.
#[must_use]
pub fn door() -> OtherDoor {
    let said = if FILES.is_empty() { "not built: `cargo xtask page`, then build the binary again" } else { "/, for browsers" };
    OtherDoor {
        name: "page",
        open: Box::new(|rules| Ok(router().merge(policies::router(Shelf::new(move || rules.get().1))))),
        banner: vec![said.to_owned()],
    }
}

/// One route a file.
fn router() -> Router {
    if FILES.is_empty() {
        return Router::new()
            .route("/", get(async || answer(StatusCode::OK, "text/html; charset=utf-8", "no-store", Body::from(NOT_BUILT))));
    }
    FILES.iter().fold(Router::new(), |router, file| {
        let path = if file.path == "index.html" { "/".to_owned() } else { format!("/{}", file.path) };
        router.route(&path, get(async move |headers: HeaderMap| file.answer(&headers)))
    })
}

impl File {
    fn answer(&self, asked: &HeaderMap) -> Response<Body> {
        // A file whose name holds its hash never changes; all others are asked for again.
        let cache = if self.path.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
        let mut response = if knows(asked, self.etag) {
            answer(StatusCode::NOT_MODIFIED, self.kind(), cache, Body::empty())
        } else if accepts_gzip(asked) {
            gzipped(answer(StatusCode::OK, self.kind(), cache, Body::from(self.gzip)))
        } else {
            answer(StatusCode::OK, self.kind(), cache, Body::from(self.plain))
        };
        response.headers_mut().insert(header::ETAG, HeaderValue::from_static(self.etag));
        response
    }

    fn kind(&self) -> &'static str {
        match self.path.rsplit_once('.').map(|(_, ending)| ending) {
            Some("html") => "text/html; charset=utf-8",
            Some("js") => "text/javascript; charset=utf-8",
            Some("css") => "text/css; charset=utf-8",
            Some("json") => "application/json",
            Some("webmanifest") => "application/manifest+json",
            Some("svg") => "image/svg+xml",
            Some("wasm") => "application/wasm",
            _ => "application/octet-stream",
        }
    }
}

/// Whether whoever asks has a content already.
fn knows(asked: &HeaderMap, etag: &str) -> bool {
    asked.get_all(header::IF_NONE_MATCH).iter().any(|known| lists(known, |tag| tag.trim_start_matches("W/") == etag))
}

fn accepts_gzip(asked: &HeaderMap) -> bool {
    asked.get_all(header::ACCEPT_ENCODING).iter().any(|taken| lists(taken, takes_gzip))
}

fn gzipped(mut response: Response<Body>) -> Response<Body> {
    response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    response
}

/// Whether one of the words between commas is meant.
fn lists(value: &HeaderValue, is_meant: impl Fn(&str) -> bool) -> bool {
    value.to_str().is_ok_and(|words| words.split(',').any(|word| is_meant(word.trim())))
}

/// `gzip`, unless its weight is nothing.
fn takes_gzip(word: &str) -> bool {
    let mut parts = word.split(';').map(str::trim);
    parts.next() == Some("gzip") && !parts.any(|weight| weight.strip_prefix("q=").is_some_and(|q| q.parse() == Ok(0.0)))
}

fn answer(status: StatusCode, kind: &'static str, cache: &'static str, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    headers.extend(GUARDS.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value))));
    response
}

#[cfg(test)]
mod tests {
    use axum::http::Request;
    use http_body_util::BodyExt as _;
    use tower::ServiceExt as _;

    use super::*;

    static FILE: File = File { path: "assets/a.js", etag: "\"1\"", plain: b"plain", gzip: b"packed" };

    fn headers(pairs: &[(HeaderName, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value))).collect()
    }

    async fn body(response: Response<Body>) -> Vec<u8> {
        response.into_body().collect().await.unwrap().to_bytes().to_vec()
    }

    #[tokio::test]
    async fn compressed_for_those_who_take_it() {
        for (asked, expected) in [("gzip, br", "packed"), ("br;q=1, gzip;q=0.5", "packed"), ("gzip;q=0", "plain"), ("identity", "plain")] {
            let response = FILE.answer(&headers(&[(header::ACCEPT_ENCODING, asked)]));
            assert_eq!(response.headers().contains_key(header::CONTENT_ENCODING), expected == "packed", "{asked}");
            assert_eq!(body(response).await, expected.as_bytes(), "{asked}");
        }
    }

    #[tokio::test]
    async fn what_is_known_is_not_sent_again() {
        let response = FILE.answer(&headers(&[(header::IF_NONE_MATCH, "\"0\", W/\"1\"")]));
        assert_eq!(response.status(), StatusCode::NOT_MODIFIED);
        assert_eq!(response.headers()[header::ETAG], "\"1\"");
        assert!(body(response).await.is_empty());
    }

    #[tokio::test]
    async fn there_is_a_page_and_it_is_guarded() {
        let response = router().oneshot(Request::get("/").body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()[header::CONTENT_TYPE], "text/html; charset=utf-8");
        let policy = response.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.contains("script-src 'self' 'wasm-unsafe-eval';") && !policy.contains("unsafe-inline"), "{policy}");
        let page = String::from_utf8(body(response).await).unwrap();
        assert!(!page.contains("<style") && !page.contains("onclick"), "{page}");
    }
}

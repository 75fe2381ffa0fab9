//! The policies that are in force, for browsers: their list at `policies.json`, and each module at
//! `policies/<digest>.wasm`. The configuration was checked when the server read it.

use std::collections::HashMap;
use std::fs;
use std::io::{Read as _, Write as _};
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use axum::routing::get;
use bytes::Bytes;
use clearance_policy_host::{Policies, digest, write_list};
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;

use crate::{accepts_gzip, answer, gzipped, knows};

/// What is served of the policies that are in force.
pub(crate) struct Shelf {
    in_force: Box<dyn Fn() -> Arc<Policies> + Send + Sync>,
    /// Made when a browser first asks for it, and made anew when other policies hold.
    served: Mutex<Option<Arc<Served>>>,
}

struct Served {
    of: Arc<Policies>,
    list: Bytes,
    etag: String,
    /// Compressed, by digest. They are kept, because a file may be replaced by one that is not in force.
    modules: HashMap<String, Bytes>,
}

pub(crate) fn router(shelf: Shelf) -> Router {
    Router::new().route("/policies.json", get(list)).route("/policies/{file}", get(module)).with_state(Arc::new(shelf))
}

async fn list(State(shelf): State<Arc<Shelf>>, asked: HeaderMap) -> Response<Body> {
    let served = shelf.serve().await;
    let known = knows(&asked, &served.etag);
    let (code, body) = if known { (StatusCode::NOT_MODIFIED, Bytes::new()) } else { (StatusCode::OK, served.list.clone()) };
    let mut response = answer(code, "application/json", "no-cache", Body::from(body));
    if let Ok(etag) = HeaderValue::from_str(&served.etag) {
        response.headers_mut().insert(header::ETAG, etag);
    }
    response
}

async fn module(State(shelf): State<Arc<Shelf>>, Path(file): Path<String>, asked: HeaderMap) -> Response<Body> {
    // What is named by its digest never changes.
    const CACHE: &str = "public, max-age=31536000, immutable";
    const KIND: &str = "application/wasm";
    let served = shelf.serve().await;
    let packed = file.strip_suffix(".wasm").and_then(|digest| served.modules.get(digest));
    let Some(packed) = packed else {
        return answer(StatusCode::NOT_FOUND, "text/plain; charset=utf-8", "no-store", Body::from("no such module is in force\n"));
    };
    if accepts_gzip(&asked) {
        return gzipped(answer(StatusCode::OK, KIND, CACHE, Body::from(packed.clone())));
    }
    let mut plain = Vec::new();
    match GzDecoder::new(packed.as_ref()).read_to_end(&mut plain) {
        Ok(_) => answer(StatusCode::OK, KIND, CACHE, Body::from(plain)),
        Err(_) => answer(StatusCode::INTERNAL_SERVER_ERROR, KIND, "no-store", Body::empty()),
    }
}

impl Shelf {
    /// A shelf for what `in_force` returns.
    pub(crate) fn new(in_force: impl Fn() -> Arc<Policies> + Send + Sync + 'static) -> Self {
        Self { in_force: Box::new(in_force), served: Mutex::new(None) }
    }

    async fn serve(self: &Arc<Self>) -> Arc<Served> {
        let policies = (self.in_force)();
        let before = self.served.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(served) = before.as_ref().filter(|served| Arc::ptr_eq(&served.of, &policies)) {
            return Arc::clone(served);
        }
        // Files are read beside the threads that serve.
        let (of, last) = (Arc::clone(&policies), before.clone());
        let made = tokio::task::spawn_blocking(move || Served::of(of, last.as_deref())).await;
        let made = made.unwrap_or_else(|_| Served::of(Arc::new(Policies::default()), None));
        let made = Arc::new(made);
        *self.served.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&made));
        made
    }
}

impl Served {
    /// Reads the modules, as far as they are not known from before. One whose file is another by now is not
    /// there: a browser then says that it could not ask.
    fn of(policies: Arc<Policies>, before: Option<&Self>) -> Self {
        let mut modules = HashMap::new();
        for policy in &policies.list {
            let Ok(module) = &policy.module else { continue };
            let wanted = module.digest();
            if modules.contains_key(&wanted) {
                continue;
            }
            let known = before.and_then(|before| before.modules.get(&wanted)).cloned();
            let read = || fs::read(&policy.file).ok().filter(|bytes| digest(bytes) == wanted).and_then(|bytes| pack(&bytes));
            if let Some(packed) = known.or_else(read) {
                modules.insert(wanted, packed);
            }
        }
        let list = write_list(&policies, |module| module.digest());
        let etag = format!("\"{}\"", digest(list.as_bytes()));
        Self { of: policies, list: list.into(), etag, modules }
    }
}

fn pack(bytes: &[u8]) -> Option<Bytes> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::default());
    packer.write_all(bytes).ok()?;
    Some(packer.finish().ok()?.into())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use axum::http::Request;
    use clearance_policy_host::{Host, Mode, Read};
    use http_body_util::BodyExt as _;
    use tower::ServiceExt as _;

    use super::*;

    /// The least that is a policy.
    const MODULE: &str = r#"(module
        (import "wapc" "__guest_response" (func $response (param i32 i32)))
        (memory (export "memory") 1)
        (data (i32.const 16) "{\"valid\":true}")
        (func (export "__guest_call") (param i32 i32) (result i32) (call $response (i32.const 16) (i32.const 14)) (i32.const 1)))"#;

    fn policies(directory: &Path, text: &str) -> Arc<Policies> {
        let host = Host::new(Mode::Once).unwrap();
        Arc::new(Read::of(text, "policies.yaml", directory, &host).policies.unwrap())
    }

    async fn ask(router: &Router, path: &str, headers: &[(&str, &str)]) -> (StatusCode, HeaderMap, Vec<u8>) {
        let mut request = Request::get(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        (parts.status, parts.headers, body.collect().await.unwrap().to_bytes().to_vec())
    }

    #[tokio::test]
    async fn what_is_in_force_is_served() {
        let directory = tempfile::tempdir().unwrap();
        let (file, bytes) = (directory.path().join("own.wasm"), wat::parse_str(MODULE).unwrap());
        fs::write(&file, &bytes).unwrap();
        let text = "version: 1\npolicies:\n- name: own\n  module: own.wasm\n- name: lost\n  module: lost.wasm\n";
        let in_force = Arc::new(Mutex::new(policies(directory.path(), text)));
        let shelf = Arc::clone(&in_force);
        let router = router(Shelf::new(move || Arc::clone(&shelf.lock().unwrap())));

        let (code, headers, list) = ask(&router, "/policies.json", &[]).await;
        let list = String::from_utf8(list).unwrap();
        assert!(code == StatusCode::OK && list.contains(&digest(&bytes)) && list.contains("cannot read `lost.wasm`"), "{list}");
        assert!(headers.contains_key("content-security-policy"));
        let etag = headers[header::ETAG].to_str().unwrap();
        assert_eq!(ask(&router, "/policies.json", &[("if-none-match", etag)]).await.0, StatusCode::NOT_MODIFIED);

        // The file goes, and what is in force stays.
        fs::write(&file, "another").unwrap();
        let path = format!("/policies/{}.wasm", digest(&bytes));
        let (code, headers, module) = ask(&router, &path, &[]).await;
        assert_eq!((code, headers[header::CONTENT_TYPE].to_str().unwrap(), module), (StatusCode::OK, "application/wasm", bytes.clone()));
        let (_, headers, packed) = ask(&router, &path, &[("accept-encoding", "gzip")]).await;
        assert!(headers[header::CONTENT_ENCODING] == "gzip" && packed != bytes);
        assert_eq!(ask(&router, "/policies/own.wasm", &[]).await.0, StatusCode::NOT_FOUND);

        *in_force.lock().unwrap() = Arc::default();
        assert_eq!(ask(&router, "/policies.json", &[]).await.2, br#"{"digest":"","policies":[]}"#);
        assert_eq!(ask(&router, &path, &[]).await.0, StatusCode::NOT_FOUND);
    }
}

//! `git clone` of a bare repository over HTTP, by the system's `git http-backend`. It does no
//! authentication: who calls this does.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::Context;
use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, Method, Response, StatusCode, request::Parts};
use bytes::{Bytes, BytesMut};
use futures_util::stream;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStdout, Command};

use crate::git::{bare_command, configure};

/// The longest head that the program may answer with.
const LONGEST_HEAD: usize = 64 << 10;

/// What may be done with the repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Allows {
    /// Fetching.
    Reading,
    /// Pushing, too.
    Writing,
}

/// What is asked of a repository; nothing where it is nothing of the smart protocol.
#[must_use]
pub fn service(method: &Method, path: &str, query: &str) -> Option<Allows> {
    match (method.as_str(), path, query) {
        ("GET", "info/refs", "service=git-upload-pack") | ("POST", "git-upload-pack", "") => Some(Allows::Reading),
        ("GET", "info/refs", "service=git-receive-pack") | ("POST", "git-receive-pack", "") => Some(Allows::Writing),
        _ => None,
    }
}

/// Answers a request of the smart protocol (`path` is what follows the repository's own).
pub async fn answer(
    repository: &Path,
    allows: Allows,
    parts: &Parts,
    path: &str,
    body: Bytes,
    time: Duration,
) -> anyhow::Result<Response<Body>> {
    let root = repository.parent().context("a repository's directory")?;
    let name = repository.file_name().context("a repository's name")?.to_string_lossy();
    let mut command = bare_command("git");
    let writes = allows == Allows::Writing;
    // Who lets others push has rules for that, and they are the repository's hooks.
    let hooks = if writes { "hooks" } else { "/dev/null" };
    let settings =
        [("http.receivepack", writes.to_string()), ("http.getanyfile", "false".to_owned()), ("core.hooksPath", hooks.to_owned())];
    configure(&mut command, settings);
    let header = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    command
        .arg("http-backend")
        .env("GIT_PROJECT_ROOT", root)
        .env("GIT_HTTP_EXPORT_ALL", "1")
        .env("PATH_INFO", format!("/{name}/{path}"))
        .env("REQUEST_METHOD", parts.method.as_str())
        .env("QUERY_STRING", parts.uri.query().unwrap_or_default())
        .env("CONTENT_TYPE", header("content-type"))
        .env("CONTENT_LENGTH", body.len().to_string())
        .env("HTTP_CONTENT_ENCODING", header("content-encoding"))
        .env("GIT_PROTOCOL", header("git-protocol"))
        .env("REMOTE_USER", "caller")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut child = Command::from(command).kill_on_drop(true).spawn().context("cannot run `git http-backend`")?;
    let mut input = child.stdin.take().context("a pipe")?;
    let mut output = child.stdout.take().context("a pipe")?;
    tokio::spawn(async move {
        let _ = input.write_all(&body).await;
    });
    let (head, rest) = tokio::time::timeout(time, head(&mut output)).await.context("`git http-backend` is slow")??;
    let mut response = Response::builder();
    let mut status = StatusCode::OK;
    for line in head.lines() {
        let Some((name, value)) = line.split_once(':') else { continue };
        let value = value.trim();
        if name.eq_ignore_ascii_case("status") {
            let code = value.split(' ').next().unwrap_or_default();
            status = StatusCode::from_bytes(code.as_bytes())?;
        } else {
            response = response.header(HeaderName::from_bytes(name.as_bytes())?, HeaderValue::from_str(value)?);
        }
    }
    Ok(response.status(status).body(Body::from_stream(streamed(child, output, rest, time)))?)
}

/// The head up to the empty line, and what has come of the body.
async fn head(output: &mut ChildStdout) -> anyhow::Result<(String, Bytes)> {
    let mut got = BytesMut::new();
    loop {
        if let Some(end) = got.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
            let head = got.split_to(end + 4);
            return Ok((String::from_utf8_lossy(&head).into_owned(), got.freeze()));
        }
        anyhow::ensure!(got.len() < LONGEST_HEAD, "`git http-backend` answers with too long a head");
        anyhow::ensure!(output.read_buf(&mut got).await? > 0, "`git http-backend` answers nothing");
    }
}

fn streamed(child: Child, output: ChildStdout, first: Bytes, time: Duration) -> impl stream::Stream<Item = std::io::Result<Bytes>> {
    stream::unfold((child, output, Some(first)), move |(mut child, mut output, first)| async move {
        if let Some(first) = first.filter(|first| !first.is_empty()) {
            return Some((Ok(first), (child, output, None)));
        }
        let mut part = BytesMut::with_capacity(64 << 10);
        match tokio::time::timeout(time, output.read_buf(&mut part)).await {
            Ok(Ok(0)) => {
                let _ = child.wait().await;
                None
            }
            Ok(Ok(_)) => Some((Ok(part.freeze()), (child, output, None))),
            Ok(Err(error)) => Some((Err(error), (child, output, None))),
            Err(_) => Some((Err(std::io::ErrorKind::TimedOut.into()), (child, output, None))),
        }
    })
}

//! Connections that are slow, many, or not what they should be.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::server::{Server, create, worker};

/// The API server speaks HTTP/1.1 to webhooks, so that its requests spread over all replicas.
#[tokio::test]
async fn only_http_1_is_spoken() {
    let server = Server::start().await;
    let answer = server.client.get(server.url("/livez")).send().await.expect("it answers");
    assert_eq!(answer.version(), reqwest::Version::HTTP_11);
    let plain = server.bound.http.expect("it listens there too");
    let body = create(&worker("worker-1")).to_string();
    let answer = server.client.post(format!("http://{plain}/validate")).body(body).send().await.expect("it answers");
    assert_eq!(answer.json::<Value>().await.expect("JSON")["response"]["allowed"], true);
    server.stop().await;
}

/// A byte a second, until the server has had enough; returns what it said.
async fn slow(address: SocketAddr, greeting: &str) -> String {
    let Ok(mut stream) = TcpStream::connect(address).await else { return String::new() };
    let _ = stream.write_all(greeting.as_bytes()).await;
    let (mut read, mut write) = stream.into_split();
    let writing = tokio::spawn(async move {
        while write.write_all(b"x").await.is_ok() {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    });
    let mut said = Vec::new();
    // It may be a reset.
    let _ = read.read_to_end(&mut said).await;
    writing.abort();
    String::from_utf8_lossy(&said).into_owned()
}

const HEAD: &str = "POST /validate HTTP/1.1\r\nHost: x\r\nX-Slow: ";
/// The beginning of a `ClientHello` of 512 bytes.
const HELLO: &[u8] = &[22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3];
const BODY: &str = "POST /validate HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n";

#[tokio::test]
async fn the_slow_are_let_go() {
    let server = Server::start_with(crate::server::Directory::new(), |options| options.deadline = Duration::from_secs(1)).await;
    let plain = server.bound.http.expect("it listens there too");
    // Each of these ends only because the server ends it.
    let silent = async {
        let mut stream = TcpStream::connect(server.https()).await.expect("it listens");
        let mut said = String::new();
        let _ = stream.read_to_string(&mut said).await;
        said
    };
    let handshake = std::str::from_utf8(&HELLO[..7]).expect("it is ASCII");
    let (head, body, silent, no_handshake) = tokio::join!(slow(plain, HEAD), slow(plain, BODY), silent, slow(server.https(), handshake));
    assert!(head.is_empty(), "{head}");
    assert!(body.starts_with("HTTP/1.1 408") && body.contains("did not arrive within 1s"), "{body}");
    assert!(!silent.starts_with("HTTP") && !no_handshake.starts_with("HTTP"), "{silent} {no_handshake}");
    assert_eq!(server.metric("clearance_reviews_late_total").await, Some(1.0));
    server.stop().await;
}

/// More slow clients than there is room for, new ones for each that is let go: others go on all the while.
#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_slow_clients_stop_nobody() {
    let server = Server::start_with(crate::server::Directory::new(), |options| options.max_connections = 500).await;
    let (https, connected, done) = (server.https(), Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
    let mut clients = JoinSet::new();
    for _ in 0..1000 {
        let (connected, done) = (Arc::clone(&connected), Arc::clone(&done));
        clients.spawn(async move {
            while !done.load(Ordering::Relaxed) {
                let Ok(mut stream) = TcpStream::connect(https).await else { continue };
                connected.fetch_add(1, Ordering::Relaxed);
                for byte in HELLO.iter().chain(std::iter::repeat(&0)) {
                    if stream.write_all(&[*byte]).await.is_err() {
                        break;
                    }
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
            }
        });
    }
    while connected.load(Ordering::Relaxed) < 1000 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    for _ in 0..50 {
        // Each on a connection of its own, and each must be answered.
        let client = crate::server::client(&server.bound.ca);
        let body = create(&worker("worker-1")).to_string();
        let answer = client.post(server.url("/validate")).body(body).send().await.expect("it answers");
        assert_eq!(answer.json::<Value>().await.expect("JSON")["response"]["allowed"], true);
    }
    while server.metric("clearance_connections_evicted_total").await.is_none_or(|evicted| evicted < 500.0) {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(server.metric("clearance_connections").await.is_some_and(|open| open <= 502.0), "the port for probes has its own");
    done.store(true, Ordering::Relaxed);
    clients.shutdown().await;
    server.stop().await;
}

/// Those who send long bodies slowly hold room for long bodies, and a usual review needs none of it.
#[tokio::test(flavor = "multi_thread")]
async fn long_and_slow_bodies_stop_nobody() {
    let server = Server::start().await;
    let plain = server.bound.http.expect("it listens there too");
    let mut streams = Vec::new();
    for _ in 0..20 {
        let mut stream = TcpStream::connect(plain).await.expect("it listens");
        let length = 7 << 20;
        stream
            .write_all(format!("POST /validate HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n").as_bytes())
            .await
            .expect("it reads");
        let part = vec![b' '; length - 1];
        // All but the last byte; where there is no more room, the server reads no further.
        let _ = tokio::time::timeout(Duration::from_millis(100), stream.write_all(&part)).await;
        streams.push(stream);
    }
    assert_eq!(server.validate(&create(&worker("worker-1"))).await["allowed"], true);
    drop(streams);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_at_once_are_all_answered() {
    let server = Server::start().await;
    let body = create(&worker("worker-1")).to_string();
    let asking: Vec<_> = (0..500)
        .map(|_| {
            let (client, url, body) = (server.client.clone(), server.url("/mutate"), body.clone());
            tokio::spawn(async move {
                let answer = client.post(url).body(body).send().await.expect("it answers");
                answer.json::<Value>().await.expect("JSON")["response"]["patch"].is_string()
            })
        })
        .collect();
    for answered in asking {
        assert!(answered.await.expect("no panic"));
    }
    server.stop().await;
}

/// Who comes when too many wait is told so at once, and counted; the others are judged.
#[tokio::test(flavor = "multi_thread")]
async fn too_many_at_once_are_turned_away() {
    let server = Server::start_with(crate::server::Directory::new(), |options| options.max_reviews = 1).await;
    let mut review = create(&worker("worker-1"));
    review["request"]["object"]["metadata"]["labels"] = serde_json::json!({"long": "x".repeat(6 << 20)});
    let body = bytes::Bytes::from(review.to_string());
    let mut asking = JoinSet::new();
    for _ in 0..8 {
        let (client, url, body) = (crate::server::client(&server.bound.ca), server.url("/validate"), body.clone());
        asking.spawn(async move { client.post(url).body(body).send().await.expect("it answers").status().as_u16() });
    }
    let codes = asking.join_all().await;
    let shed = codes.iter().filter(|code| **code == 429).count();
    assert_eq!(codes.iter().filter(|code| **code == 200).count() + shed, 8, "{codes:?}");
    assert!(shed < 8, "{codes:?}");
    let counted = server.metric("clearance_reviews_shed_total").await.expect("it is counted");
    assert!((counted - f64::from(u8::try_from(shed).expect("it is small"))).abs() < f64::EPSILON, "{counted} {codes:?}");
    assert_eq!(server.metric("clearance_reviews_in_flight").await, Some(0.0));
    server.stop().await;
}

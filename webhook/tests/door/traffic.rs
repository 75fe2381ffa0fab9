//! Connections that are slow, many, or not what they should be.

use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::server::{Server, create, worker};

#[tokio::test]
async fn the_api_server_may_speak_http_2_and_others_http_1() {
    let server = Server::start().await;
    let answer = server.client.get(server.url("/livez")).send().await.expect("it answers");
    assert_eq!(answer.version(), reqwest::Version::HTTP_2);
    let plain = server.bound.http.expect("it listens there too");
    let body = create(&worker("worker-1")).to_string();
    let answer = server.client.post(format!("http://{plain}/validate")).body(body).send().await.expect("it answers");
    assert_eq!(answer.version(), reqwest::Version::HTTP_11);
    assert_eq!(answer.json::<Value>().await.expect("JSON")["response"]["allowed"], true);
    server.stop().await;
}

/// A byte a second: one in the head, one in the body, one that never says anything, one without TLS.
#[tokio::test]
async fn the_slow_are_let_go_and_others_go_on() {
    let server = Server::start().await;
    let plain = server.bound.http.expect("it listens there too");
    let slow = |greeting: &'static str| async move {
        let mut stream = TcpStream::connect(plain).await.expect("it listens");
        stream.write_all(greeting.as_bytes()).await.expect("it reads");
        let (mut read, mut write) = stream.into_split();
        let writing = tokio::spawn(async move {
            while write.write_all(b"x").await.is_ok() {
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        });
        let begin = Instant::now();
        let mut said = Vec::new();
        // It may be a reset.
        let _ = read.read_to_end(&mut said).await;
        writing.abort();
        (String::from_utf8(said).expect("it is text"), begin.elapsed())
    };
    let head = tokio::spawn(slow("POST /validate HTTP/1.1\r\nHost: x\r\nX-Slow: "));
    let body = tokio::spawn(slow("POST /validate HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n"));
    let silent = tokio::spawn({
        let https = server.https();
        async move {
            let mut stream = TcpStream::connect(https).await.expect("it listens");
            let begin = Instant::now();
            let _ = stream.read_to_end(&mut Vec::new()).await;
            begin.elapsed()
        }
    });
    let no_tls = tokio::spawn({
        let https = server.https();
        async move {
            let mut stream = TcpStream::connect(https).await.expect("it listens");
            stream.write_all(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n").await.expect("it reads");
            let mut said = Vec::new();
            let _ = stream.read_to_end(&mut said).await;
            said
        }
    });
    let mut slowest = Duration::ZERO;
    while !(head.is_finished() && body.is_finished() && silent.is_finished()) {
        let begin = Instant::now();
        assert_eq!(server.validate(&create(&worker("worker-1"))).await["allowed"], true);
        slowest = slowest.max(begin.elapsed());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(slowest < Duration::from_secs(1), "{slowest:?}");
    let (said, time) = head.await.expect("no panic");
    assert!(said.is_empty() || said.starts_with("HTTP/1.1 408"), "{said}");
    assert!(time < Duration::from_secs(15), "{time:?}");
    let (said, time) = body.await.expect("no panic");
    assert!(said.starts_with("HTTP/1.1 408") && said.contains("within 10 seconds"), "{said}");
    assert!(time < Duration::from_secs(15), "{time:?}");
    assert!(silent.await.expect("no panic") < Duration::from_secs(15));
    assert!(!no_tls.await.expect("no panic").starts_with(b"HTTP"));
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

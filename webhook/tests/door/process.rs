//! The server as a process: what it prints, how it starts and stops.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use clearance_webhook::{Options, OtherDoor, Stop, serve};
use rcgen::generate_simple_self_signed;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::server::{Directory, Server, create, worker};

const CHILD: &str = "CLEARANCE_TEST_STATE";

/// Not a test of its own: the process that the tests below start.
#[test]
fn child() {
    let Some(state) = std::env::var_os(CHILD) else { return };
    let options = Options {
        listen: "127.0.0.1:0".to_owned(),
        listen_http: Some("127.0.0.1:0".to_owned()),
        state: Some(state.into()),
        // Some come within this time, and one of them is still at it when it is over.
        grace: std::time::Duration::from_secs(5),
        deadline: std::time::Duration::from_secs(30),
        ..Options::default()
    };
    clearance_webhook::run(options, Vec::new()).expect("it runs");
}

struct Process {
    child: Child,
    banner: Vec<String>,
}

impl Process {
    fn start(state: &Path) -> Self {
        let program = std::env::current_exe().expect("this is a program");
        let mut child = Command::new(program)
            .args(["--exact", "process::child", "--nocapture", "--quiet"])
            .env(CHILD, state)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts");
        let mut lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
        let mut banner = Vec::new();
        for line in lines.by_ref() {
            let line = line.expect("it is text");
            let last = line.trim_start().starts_with("curl");
            banner.push(line);
            if last {
                break;
            }
        }
        std::thread::spawn(move || lines.count());
        Self { child, banner }
    }

    fn line(&self, begin: &str) -> &str {
        self.banner.iter().map(|line| line.trim_start()).find(|line| line.starts_with(begin)).expect("the banner says so")
    }

    fn terminate(&self, signal: &str) {
        let status = Command::new("kill").args([signal, &self.child.id().to_string()]).status();
        assert!(status.expect("it can be told").success());
    }

    /// The exit code and the log.
    fn end(mut self) -> (Option<i32>, String) {
        let mut log = String::new();
        self.child.stderr.take().expect("it is piped").read_to_string(&mut log).expect("it is text");
        (self.child.wait().expect("it ends").code(), log)
    }
}

#[test]
fn the_banner_holds_a_line_that_can_be_pasted() {
    let directory = Directory::new();
    let process = Process::start(&directory.path().join("a state's directory"));
    assert!(process.line("Clearance ").contains("rules"), "{:?}", process.banner);
    assert!(process.line("CA ").ends_with("ca.pem"));
    let answer = Command::new("sh").args(["-c", process.line("curl")]).output().expect("there is a shell");
    process.terminate("-INT");
    let (code, log) = process.end();
    assert_eq!(code, Some(0), "{log}");
    let answer: Value = serde_json::from_slice(&answer.stdout).unwrap_or_else(|_| panic!("{answer:?}"));
    assert_eq!(answer["response"]["status"]["details"]["causes"].as_array().map(Vec::len), Some(2), "{answer}");
    assert!(log.contains("705ab4f5-6393-11e8-b7cc-42010a800002") && log.contains("errors=2"), "{log}");
    assert!(!log.contains("203.0.113.20"), "the log holds no part of the object: {log}");
}

/// A request on a connection of its own, or on one that is kept.
async fn ask(stream: &mut TcpStream, request: &str) -> String {
    stream.write_all(request.as_bytes()).await.expect("it reads");
    answer(stream).await
}

async fn answer(stream: &mut TcpStream) -> String {
    let mut said = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&said).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).expect("it says how long it is");
            if body.len() >= length.parse().expect("it is a number") {
                return text;
            }
        }
        assert_ne!(stream.read_buf(&mut said).await.expect("it answers"), 0, "it ends too early: {text}");
    }
}

/// What Kubernetes asks of who is told to stop: first nobody new is sent, but some still come; then
/// who is in flight is answered; then the end.
#[tokio::test(flavor = "multi_thread")]
async fn who_comes_while_the_server_stops_is_answered() {
    const READY: &str = "GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n";
    let directory = Directory::new();
    let process = Process::start(directory.path());
    let address = process.line("http://").trim_start_matches("http://").to_owned();
    let connect = async || TcpStream::connect(&address).await;
    let body = create(&worker("worker-1")).to_string();
    let (first, rest) = body.split_at(body.len() / 2);
    let head = format!("POST /validate HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n", body.len());
    let mut kept = connect().await.expect("it listens");
    assert!(ask(&mut kept, READY).await.starts_with("HTTP/1.1 200"));
    process.terminate("-TERM");
    let unready = loop {
        let said = ask(&mut kept, READY).await;
        if !said.starts_with("HTTP/1.1 200") {
            break said;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    };
    assert!(unready.starts_with("HTTP/1.1 503") && unready.ends_with("the server is stopping\n"), "{unready}");
    assert!(unready.contains("connection: close"), "who keeps a connection is sent away in time: {unready}");
    // Not everybody has heard of it yet.
    let mut late = connect().await.expect("it still listens");
    let said = ask(&mut late, &format!("{head}{body}")).await;
    assert!(said.starts_with("HTTP/1.1 200") && said.contains("\"allowed\":true"), "{said}");
    let mut flying = connect().await.expect("it still listens");
    flying.write_all(format!("{head}{first}").as_bytes()).await.expect("it reads");
    while connect().await.is_ok() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let said = ask(&mut flying, rest).await;
    assert!(said.starts_with("HTTP/1.1 200") && said.contains("\"allowed\":true"), "{said}");
    let (code, log) = process.end();
    assert_eq!(code, Some(0), "{log}");
}

#[tokio::test]
async fn a_certificate_can_be_given_and_replaced() {
    let directory = Directory::new();
    let write = |directory: &Directory| {
        let made = generate_simple_self_signed(["localhost".to_owned(), "127.0.0.1".to_owned()]).expect("it can be made");
        let key = directory.write("key.pem", &made.signing_key.serialize_pem());
        (directory.write("cert.pem", &made.cert.pem()), key)
    };
    let (cert, key) = write(&directory);
    let server = Server::start_with(directory, |options| {
        options.state = None;
        options.tls_cert = Some(cert);
        options.tls_key = Some(key);
    })
    .await;
    assert_eq!(server.validate(&create(&worker("worker-1"))).await["allowed"], true);
    let curl = server.bound.banner.lines().last().expect("it has lines").trim().to_owned();
    let answer = tokio::process::Command::new("sh").args(["-c", &curl]).output().await.expect("there is a shell");
    assert!(
        serde_json::from_slice::<Value>(&answer.stdout).is_ok_and(|answer| answer["response"]["allowed"] == false),
        "{curl}: {answer:?}"
    );

    let (cert, _) = write(&server.directory);
    for _ in 0..600 {
        tokio::time::sleep(Duration::from_millis(100)).await;
        let client = crate::server::client(&cert);
        if client.get(server.url("/livez")).send().await.is_ok() {
            return server.stop().await;
        }
    }
    panic!("the new certificate is not shown");
}

#[tokio::test]
async fn what_cannot_be_done_is_refused_with_a_sentence() {
    let directory = Directory::new();
    let options = || Options { listen: "127.0.0.1:0".to_owned(), state: Some(directory.path().to_owned()), ..Options::default() };
    let doors = |doors: &[&str]| Some(doors.iter().map(|door| (*door).to_owned()).collect());
    let cases = [
        (Options { doors: doors(&["window"]), ..options() }, "there is no door `window`; there is: webhook"),
        (Options { listen_http: Some("0.0.0.0:0".to_owned()), ..options() }, "--listen-http takes a loopback address only"),
        (Options { listen: "127.0.0.1".to_owned(), ..options() }, "cannot listen on 127.0.0.1"),
        (Options { fleet: vec!["/does/not/exist".into()], ..options() }, "/does/not/exist"),
        (Options { tls_cert: Some("/no/cert".into()), tls_key: Some("/no/key".into()), ..options() }, "/no/cert"),
    ];
    for (options, sentence) in cases {
        let error = serve(options, Vec::new(), |_| panic!("it starts"), async { Stop::Now }).await.expect_err("it is refused");
        assert!(format!("{error:#}").contains(sentence), "{error:#}");
    }
    let served = serve(Options { doors: doors(&["webhook"]), ..options() }, Vec::new(), |_| {}, async { Stop::Now }).await;
    assert!(served.is_ok(), "{served:?}");
}

#[tokio::test]
async fn other_doors_are_opened_beside_it_where_they_are_picked() {
    let told = async |picked: &[&str]| {
        let directory = Directory::new();
        let doors = Some(picked.iter().map(|door| (*door).to_owned()).collect());
        let state = Some(directory.path().to_owned());
        let options = Options { listen: "127.0.0.1:0".to_owned(), state, doors, ..Options::default() };
        let others = vec![
            OtherDoor {
                name: "other",
                open: Box::new(|_| Ok(Router::new().route("/other", get(async || "here")))),
                banner: vec!["at /other".to_owned()],
            },
            OtherDoor {
                name: "another",
                open: Box::new(|_| Ok(Router::new().route("/another", get(async || "there")))),
                banner: Vec::new(),
            },
        ];
        let (tell, told) = tokio::sync::oneshot::channel();
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let serving = tokio::spawn(serve(options, others, |bound| drop(tell.send(bound)), async {
            drop(stopped.await);
            Stop::Now
        }));
        let bound = told.await.expect("it starts");
        let client = crate::server::client(&bound.ca);
        let mut codes = Vec::new();
        for path in ["/other", "/another", "/validate"] {
            let answer = client.get(format!("https://{}{path}", bound.https)).send().await.expect("it answers");
            codes.push(answer.status().as_u16());
        }
        drop(stop);
        serving.await.expect("it ends").expect("it ends well");
        (codes, bound.banner.contains("other     at /other"), bound.banner.contains("POST /validate"))
    };
    assert_eq!(told(&["webhook", "other"]).await, (vec![200, 404, 405], true, true));
    assert_eq!(told(&["another"]).await, (vec![404, 200, 404], false, false));
}

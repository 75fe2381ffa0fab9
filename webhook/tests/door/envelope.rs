//! Bodies that are no review, or not quite.

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::server::{Server, create, delete, worker};

#[tokio::test]
async fn what_is_no_review_is_a_bad_request_with_a_sentence() {
    let server = Server::start().await;
    let whole = create(&worker("worker-1")).to_string();
    let bodies: Vec<(&str, Vec<u8>)> = vec![
        ("nothing", Vec::new()),
        ("text", b"apiVersion: admission.k8s.io/v1".to_vec()),
        ("truncated", whole.as_bytes()[..whole.len() / 2].to_vec()),
        ("one brace short", whole.as_bytes()[..whole.len() - 1].to_vec()),
        ("more after it", format!("{whole} {whole}").into_bytes()),
        ("no UTF-8", [whole.as_bytes(), b"\xff"].concat()),
        ("UTF-16", whole.encode_utf16().flat_map(u16::to_le_bytes).collect()),
        ("null", b"null".to_vec()),
        ("a list", b"[]".to_vec()),
        ("a number", b"1e400".to_vec()),
        ("an empty object", b"{}".to_vec()),
        ("no request", json!({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview"}).to_string().into_bytes()),
        (
            "a request that is none",
            json!({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": 1}).to_string().into_bytes(),
        ),
        ("no uid", json!({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": {}}).to_string().into_bytes()),
        (
            "a uid that is no text",
            json!({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": {"uid": 1}}).to_string().into_bytes(),
        ),
        ("a bare object", worker("worker-1").to_string().into_bytes()),
        ("twice the same key", whole.replacen('{', "{\"kind\":\"AdmissionReview\",", 1).into_bytes()),
        ("a comment", whole.replacen('{', "{ // asked\n", 1).into_bytes()),
        ("a comment in the object", whole.replacen("\"spec\":{", "\"spec\":{ # clearance-ignore\n", 1).into_bytes()),
        ("a comma too many", whole.replacen("}}", "},}", 1).into_bytes()),
        ("a number too large beside the object", whole.replacen("\"request\":{", "\"request\":{\"options\":1e999,", 1).into_bytes()),
        ("very deep", [vec![b'['; 1 << 20]].concat()),
    ];
    for (what, body) in bodies {
        for path in ["/validate", "/mutate"] {
            let (code, answer) = server.post(path, body.clone()).await;
            assert_eq!(code, 400, "{what}: {answer}");
            assert_eq!(answer["kind"], "Status", "{what}");
            assert_eq!((&answer["status"], &answer["reason"], &answer["code"]), (&json!("Failure"), &json!("BadRequest"), &json!(400)));
            assert!(answer["message"].as_str().is_some_and(|message| message.len() > 20), "{what}: {answer}");
        }
    }
    server.stop().await;
}

#[tokio::test]
async fn where_the_uid_can_be_read_it_is_answered() {
    let server = Server::start().await;
    let good = create(&worker("worker-1"));
    let with = |pointer: &str, value: Value| {
        let mut review = good.clone();
        *review.pointer_mut(pointer).expect("it is there") = value;
        review
    };
    let mut no_old = delete(&worker("worker-1"));
    no_old["request"]["oldObject"] = Value::Null;
    let reviews = [
        with("/apiVersion", json!("admission.k8s.io/v1beta1")),
        with("/apiVersion", json!(1)),
        with("/kind", json!("Review")),
        with("/kind", Value::Null),
        with("/request/operation", json!("PATCH")),
        with("/request/operation", Value::Null),
        with("/request/object", Value::Null),
        no_old,
    ];
    for review in reviews {
        for path in ["/validate", "/mutate"] {
            let response = server.review(path, &review).await;
            assert_eq!(response["allowed"], false, "{review}");
            assert_eq!((&response["status"]["code"], &response["status"]["reason"]), (&json!(400), &json!("BadRequest")), "{review}");
            assert!(response["status"]["message"].as_str().is_some_and(|message| message.len() > 20));
        }
    }
    server.stop().await;
}

#[tokio::test]
async fn odd_objects_are_refused_and_never_fail() {
    let server = Server::start().await;
    let deep = |times: usize| format!("{}1{}", "[".repeat(times), "]".repeat(times));
    let objects = [
        "1",
        "\"text\"",
        "[]",
        "{}",
        "{\"spec\": null}",
        "{\"metadata\": []}",
        "{\"metadata\": {\"name\": {}}}",
        "1e999",
        "\"\\ud800\"",
        &deep(100_000),
    ];
    for object in objects {
        let body = create(&json!("OBJECT")).to_string().replace("\"OBJECT\"", object);
        for path in ["/validate", "/mutate"] {
            let (code, answer) = server.post(path, body.clone()).await;
            assert_eq!(code, 200, "{answer}");
            assert_eq!(answer["response"]["uid"], "0df28fbd-5f5f-11e8-bc74-36e6bb280816");
            assert_eq!(answer["response"]["allowed"], false, "{answer}");
            assert_eq!(answer["response"]["status"]["code"], 422, "{answer}");
        }
    }
    server.stop().await;
}

#[tokio::test]
async fn a_uid_comes_back_as_it_was() {
    let server = Server::start().await;
    let mut review = create(&worker("worker-1"));
    for uid in ["a\"b\\c", "集群\u{202e}", "\u{0}\n", &"u".repeat(100_000)] {
        review["request"]["uid"] = uid.into();
        assert_eq!(server.validate(&review).await["uid"], uid);
    }
    server.stop().await;
}

#[tokio::test]
async fn a_body_of_7_mebibytes_is_read_and_one_byte_more_is_not() {
    let server = Server::start().await;
    let mut review = create(&worker("worker-1"));
    review["request"]["options"] = "".into();
    let missing = (7 << 20) - review.to_string().len();
    review["request"]["options"] = "x".repeat(missing).into();
    let body = review.to_string();
    assert_eq!(body.len(), 7 << 20);
    assert_eq!(server.validate(&review).await["allowed"], true);
    review["request"]["options"] = "x".repeat(missing + 1).into();
    let too_long = review.to_string();
    let (code, answer) = server.post("/validate", too_long.clone()).await;
    assert_eq!((code, &answer["reason"]), (413, &json!("RequestEntityTooLarge")));
    // The same when the length is not said beforehand.
    for (body, code) in [(body, "200"), (too_long, "413")] {
        let mut stream = TcpStream::connect(server.bound.http.expect("it listens there too")).await.expect("it listens");
        let head = "POST /validate HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n";
        stream.write_all(head.as_bytes()).await.expect("it reads");
        for part in body.as_bytes().chunks(100_000) {
            stream.write_all(format!("{:x}\r\n", part.len()).as_bytes()).await.expect("it reads");
            stream.write_all(part).await.expect("it reads");
            stream.write_all(b"\r\n").await.expect("it reads");
        }
        stream.write_all(b"0\r\n\r\n").await.expect("it reads");
        let mut said = String::new();
        stream.read_to_string(&mut said).await.expect("it answers");
        assert!(said.starts_with(&format!("HTTP/1.1 {code} ")), "{said}");
    }
    server.stop().await;
}

#[tokio::test]
async fn wrong_addresses_and_methods_are_told() {
    let server = Server::start().await;
    let (code, answer) = server.post("/validat", "{}").await;
    assert_eq!((code, &answer["reason"], &answer["kind"]), (404, &json!("NotFound"), &json!("Status")));
    let answer = server.client.get(server.url("/validate")).send().await.expect("it answers");
    assert_eq!(answer.status(), 405);
    assert_eq!(answer.json::<Value>().await.expect("JSON")["reason"], "MethodNotAllowed");
    for path in ["/livez", "/readyz"] {
        let answer = server.client.get(server.url(path)).send().await.expect("it answers");
        assert_eq!(answer.status(), 200);
    }
    server.stop().await;
}

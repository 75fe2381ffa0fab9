//! Whatever is given: a finding or a sentence, and the right exit code; never a panic.

use std::fmt::Write as _;
use std::process::Stdio;

use crate::support::{HOST, Place};

fn code_and_rule(name: &str, bytes: impl AsRef<[u8]>) -> (i32, String) {
    let place = Place::new();
    place.write(name, bytes);
    let outcome = place.run(&["check", name, "--format", "json"]);
    assert_eq!(outcome.err, "", "{outcome}");
    let output: serde_json::Value = serde_json::from_str(&outcome.out).unwrap();
    (outcome.code, output["findings"][0]["rule"].as_str().unwrap_or_default().to_owned())
}

#[test]
fn texts_that_are_no_description() {
    let bomb = {
        let mut text = "a: &a [x, x, x, x, x, x, x, x, x]\n".to_owned();
        for letter in 'b'..='j' {
            let before = char::from_u32(u32::from(letter) - 1).unwrap();
            let _ = writeln!(text, "{letter}: &{letter} [{}]", vec![format!("*{before}"); 9].join(", "));
        }
        text + HOST
    };
    let (brackets, braces) = ("[".repeat(100_000), "{\"a\":".repeat(100_000));
    let cases: &[(&str, &[u8], &str)] = &[
        ("empty.yaml", b"", "invalid-syntax"),
        ("empty.json", b"", "invalid-syntax"),
        ("blank.yaml", b" \n\n# nothing\n", "invalid-syntax"),
        ("null.yaml", b"null\n", "wrong-kind"),
        ("nul.yaml", b"a: \0b\n", "invalid-syntax"),
        ("list.yaml", b"- a\n- b\n", "wrong-kind"),
        ("list.json", b"[1, 2]", "wrong-kind"),
        ("word.yaml", b"hello\n", "wrong-kind"),
        ("deployment.yaml", b"apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: x}\n", "wrong-kind"),
        ("version.yaml", b"apiVersion: nautes.resource.nautes.io/v9\nkind: Cluster\nmetadata: {name: x}\nspec: {}\n", "wrong-kind"),
        ("brackets.json", brackets.as_bytes(), "too-deep"),
        ("brackets.yaml", brackets.as_bytes(), "too-deep"),
        ("braces.json", braces.as_bytes(), "too-deep"),
        ("bomb.yaml", bomb.as_bytes(), "alias-limit"),
    ];
    for (name, bytes, rule) in cases {
        assert_eq!(code_and_rule(name, bytes), (1, (*rule).to_owned()), "{name}");
    }
}

#[test]
fn a_text_that_is_too_large_is_not_read() {
    let place = Place::new();
    // A hole of 1 GB takes no room and would take long to read.
    let file = std::fs::File::create(place.path().join("big.yaml")).unwrap();
    file.set_len(1 << 30).unwrap();
    let outcome = place.run(&["check", "big.yaml"]);
    assert_eq!(outcome.code, 1);
    assert!(outcome.out.contains("error[too-large]"), "{outcome}");
    // In a directory it is told only if it seems to be about a cluster.
    assert_eq!(place.run(&["check", "."]).code, 0);
    place.write("cluster.yaml", format!("{HOST}# {}", "x".repeat(9 << 20)));
    let outcome = place.run(&["check", "."]);
    assert!(outcome.out.contains("--> ./cluster.yaml:1:1") || outcome.out.contains("--> cluster.yaml:1:1"), "{outcome}");
    assert_eq!(outcome.code, 1);
    let outcome = place.run_with(&["check", "-"], &vec![b' '; 9 << 20]);
    assert!(outcome.out.contains("error[too-large]"), "{outcome}");
}

#[test]
fn endless_files_end() {
    let place = Place::new();
    let outcome = place.run(&["check", "/dev/zero"]);
    assert!(outcome.out.contains("error[too-large]"), "{outcome}");
    assert_eq!(outcome.code, 1);
}

#[cfg(unix)]
#[test]
fn a_pipe_is_read_once() {
    let place = Place::new();
    let pipe = place.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    // As a shell's `<(…)` gives it.
    let writer = std::thread::spawn(move || std::fs::write(pipe, HOST.replace("usage: host", "usage: hots")));
    let outcome = place.run(&["check", "pipe"]);
    writer.join().unwrap().unwrap();
    assert!(outcome.out.contains(" --> pipe:9:10"), "{outcome}");
}

#[test]
fn bytes_that_are_no_text() {
    let place = Place::new();
    place.write("latin.yaml", b"apiVersion: nautes.resource.nautes.io/v1alpha1\nkind: Cluster\nmetadata: {name: caf\xe9}\n");
    place.write("image.yaml", b"\x89PNG\r\n\x1a\n\0\0\0");
    let outcome = place.run(&["check", "latin.yaml"]);
    assert_eq!(outcome.code, 1);
    assert!(outcome.out.contains("error[invalid-syntax]") && outcome.out.contains("UTF-8"), "{outcome}");
    assert!(outcome.out.contains(" --> latin.yaml:3:21"), "{outcome}");
    // What is not judged has no findings.
    let outcome = place.run(&["check", "image.yaml", "--fleet", "latin.yaml"]);
    assert!(
        outcome.err.contains("cannot read `latin.yaml`: it is no UTF-8 text: the first bad byte is at offset 81, in line 3"),
        "{outcome}"
    );
    assert_eq!(outcome.code, 2);
    // In a directory, what is about no cluster is nobody's business.
    let outcome = place.run(&["check", "."]);
    assert!(!outcome.err.contains("image.yaml") && !outcome.out.contains("image.yaml"), "{outcome}");
    assert!(outcome.out.contains("latin.yaml"), "{outcome}");
}

#[test]
fn ten_thousand_findings() {
    let mut text = HOST.to_owned();
    for number in 0..10_000 {
        let _ = writeln!(text, "  field{number}: 1");
    }
    let place = Place::with([("many.yaml", text.as_str())]);
    let outcome = place.run(&["check", "many.yaml"]);
    assert_eq!(outcome.code, 1);
    assert!(outcome.out.ends_with("… and 9900 more findings\n\n10000 errors in 1 file\n"), "{}", &outcome.out[outcome.out.len() - 200..]);
    let json: serde_json::Value = serde_json::from_str(&place.run(&["check", "many.yaml", "--format", "json"]).out).unwrap();
    assert_eq!((json["summary"]["errors"].as_u64(), json["summary"]["omitted"].as_u64()), (Some(10_000), Some(9_900)));
}

#[test]
fn ten_thousand_documents() {
    let document = |number| {
        HOST.replace("cluster-host", &format!("c{number}")).replace("203.0.113.10:6443", &format!("203.0.113.10:{}", 10_000 + number))
    };
    let documents: Vec<String> = (0..10_000).map(document).collect();
    let place = Place::with([("all.yaml", documents.join("---\n").as_str())]);
    let outcome = place.run(&["check", "all.yaml", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&outcome.out).unwrap();
    assert_eq!(json["summary"]["documents"], 10_000);
}

#[test]
fn what_is_not_there() {
    let place = Place::with([("a.yaml", HOST)]);
    let outcome = place.run(&["check", "a.yaml", "missing.yaml"]);
    assert_eq!(outcome.code, 2);
    assert_eq!(outcome.err, "error: cannot read `missing.yaml`: no such file or directory\n");
    // The rest is judged all the same.
    assert_eq!(outcome.out, "no findings: 1 cluster in 1 file; 1 not read\n");
    let outcome = place.run(&["check", "a.yaml/b"]);
    assert_eq!((outcome.code, outcome.err.as_str()), (2, "error: cannot read `a.yaml/b`: not a directory\n"));
}

#[test]
fn nothing_to_check() {
    let place = Place::with([("notes.txt", "hello")]);
    let outcome = place.run(&["check", "."]);
    assert_eq!((outcome.code, outcome.out.as_str()), (0, "no cluster found\n"));
    assert_eq!(outcome.err, "warning: there is nothing to check: no .yaml, .yml or .json file\n");
}

#[cfg(unix)]
#[test]
fn directories_with_pitfalls() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let place = Place::with([("d/a.yaml", HOST), ("d/.git/b.yaml", HOST), ("d/closed/c.yaml", HOST)]);
    symlink(".", place.path().join("d/round")).unwrap();
    symlink("self.yaml", place.path().join("d/self.yaml")).unwrap();
    let fifo = place.path().join("d/pipe.yaml");
    assert!(std::process::Command::new("mkfifo").arg(fifo).status().unwrap().success());
    std::fs::create_dir(place.path().join("d/folder.yaml")).unwrap();
    let outcome = place.run(&["check", "d", "--severity", "defined-twice=off", "--severity", "duplicate-api-server=off"]);
    assert_eq!((outcome.code, outcome.out.as_str()), (0, "no findings: 2 clusters in 2 files\n"));
    let closed = place.path().join("d/closed");
    std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(0o000)).unwrap();
    // Nothing is closed to root.
    if std::fs::read_dir(&closed).is_err() {
        let outcome = place.run(&["check", "d"]);
        assert_eq!((outcome.code, outcome.err.as_str()), (2, "error: cannot read `d/closed`: permission denied\n"));
    }
    std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn in_a_directory_only_clusters_are_told() {
    let place = Place::with([
        ("kustomization.yaml", "resources: [a.yaml]\n"),
        ("broken.yaml", "a: [\n"),
        ("list.json", "[1, 2"),
        ("empty.yaml", ""),
        ("broken-cluster.yaml", "kind: Cluster\napiVersion: nautes.resource.nautes.io/v1alpha1\nspec: {a: [\n"),
        ("broken-request.json", "[{\"api_server\": 1, \"cluster_type\": "),
    ]);
    let outcome = place.run(&["check", "."]);
    assert!(outcome.out.contains("broken-cluster.yaml") && outcome.out.contains("broken-request.json"), "{outcome}");
    assert!(outcome.out.ends_with("4 files skipped, no cluster in them\n"), "{outcome}");
    assert_eq!(outcome.code, 1);
}

#[test]
fn nobody_reads_on() {
    let mut text = HOST.to_owned();
    for number in 0..2_000 {
        let _ = writeln!(text, "  field{number}: 1");
    }
    let place = Place::with([("many.yaml", text.as_str())]);
    for format in ["text", "json"] {
        let mut child =
            place.command(&["check", "many.yaml", "--format", format]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!((output.status.code(), String::from_utf8(output.stderr).unwrap().as_str()), (Some(1), ""));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn nowhere_to_write() {
    let place = Place::with([("a.yaml", HOST)]);
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = place.command(&["check", "a.yaml"]).stdout(full).stderr(Stdio::piped()).spawn().unwrap().wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "error: cannot write the output: no space left on device\n");
}

/// Helm renders templates; until then there is nothing to say of them, however many there are.
#[test]
fn templates_are_counted_and_left_alone() {
    let template = HOST.replace("cluster-host", "{{ .Values.name }}").replace("  usage", "  {{- if .Values.host }}\n  usage");
    let place = Place::with([
        ("chart/Chart.yaml", "name: x\n"),
        ("chart/templates/host.yaml", template.as_str()),
        ("chart/templates/plain.yaml", HOST),
        ("elsewhere/host.yaml", template.as_str()),
    ]);
    let outcome = place.run(&["check", "."]);
    assert_eq!((outcome.code, outcome.out.as_str()), (0, "no findings: 1 cluster in 1 file; 3 files skipped, no cluster in them\n"));
    assert!(outcome.err.contains("2 files are Helm templates and are skipped"), "{outcome}");
    // A hook before a commit names files.
    let outcome = place.run(&["check", "chart/templates/host.yaml"]);
    assert_eq!((outcome.code, outcome.out.as_str()), (0, "no cluster found; 1 file skipped, no cluster in it\n"));
    assert_eq!(place.run(&["fix", ".", "--unsafe"]).out, "nothing to fix\n");
    // What is in no chart and is named should be a description.
    assert_eq!(place.run(&["check", "elsewhere/host.yaml"]).code, 1);
}

/// A merge that is not done: told where the marks stand, and nothing is decided by us.
#[test]
fn conflict_markers() {
    let mark = |text: &str, line: &str, other: &str| text.replace(line, &format!("<<<<<<< HEAD\n{line}\n=======\n{other}\n>>>>>>> change"));
    let yaml = mark(HOST, "  apiServer: https://203.0.113.10:6443", "  apiServer: https://203.0.113.11:6443");
    let json = mark(
        "{\n\"api_server\": \"https://203.0.113.10:6443\",\n\"cluster_type\": \"physical\", \"usage\": \"host\"}\n",
        "\"api_server\": \"https://203.0.113.10:6443\",",
        "\"api_server\": \"https://203.0.113.11:6443\",",
    );
    let place = Place::with([("a.yaml", yaml.as_str()), ("a.json", json.as_str())]);
    for (file, line, text) in [("a.yaml", 7, &yaml), ("a.json", 2, &json)] {
        let outcome = place.run(&["check", file, "--format", "concise"]);
        assert!(outcome.code == 1 && outcome.out.starts_with(&format!("{file}:{line}:1: error[invalid-syntax]")), "{outcome}");
        assert_eq!(place.run(&["fix", file, "--unsafe"]).code, 0);
        assert_eq!(std::fs::read_to_string(place.path().join(file)).unwrap(), *text);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn names_that_are_no_text() {
    use std::os::unix::ffi::OsStrExt;
    let place = Place::new();
    let name = std::ffi::OsStr::from_bytes(b"clust\xe9r.yaml");
    std::fs::write(place.path().join(name), HOST.replace("usage: host", "usage: hots")).unwrap();
    crate::git::git(&place, &["init", "-q"]);
    crate::git::commit(&place);
    for format in ["text", "concise", "json", "jsonl", "sarif", "junit", "github", "gitlab"] {
        let outcome = place.run(&["check", ".", "--format", format]);
        assert!(outcome.code == 1 && outcome.out.contains("clust"), "{outcome}");
    }
    assert_eq!(place.run(&["check", ".", "--base", "HEAD"]).err, "");
    assert_eq!(place.run(&["fix", "."]).code, 0);
    assert!(std::fs::read_to_string(place.path().join(name)).unwrap().contains("usage: ho"));
}

/// Files that come and go while they are read: told, or not seen at all; never a fault of ours.
#[test]
fn paths_that_vanish() {
    use std::sync::atomic::{AtomicBool, Ordering};
    let place = Place::with([("stays.yaml", HOST)]);
    let (done, begin) = (AtomicBool::new(false), std::time::Instant::now());
    let wrong = HOST.replace("usage: host", "usage: hots");
    std::thread::scope(|scope| {
        scope.spawn(|| {
            // Where an assertion fails nobody says that it is done.
            while !done.load(Ordering::Relaxed) && begin.elapsed() < std::time::Duration::from_mins(2) {
                for number in 0..200 {
                    place.write(&format!("d{}/{number}.yaml", number % 7), &wrong);
                }
                for directory in 0..7 {
                    let _ = std::fs::remove_dir_all(place.path().join(format!("d{directory}")));
                }
            }
        });
        for _ in 0..20 {
            let outcome = place.run(&["check", ".", "--format", "json"]);
            let report: serde_json::Value = serde_json::from_str(&outcome.out).unwrap();
            assert!((0..=2).contains(&outcome.code), "{outcome}");
            assert_eq!(outcome.code == 2, report["summary"]["unreadable"] != 0, "{outcome}");
            assert!(outcome.err.lines().all(|line| line.starts_with("error: cannot read `")), "{outcome}");
        }
        done.store(true, Ordering::Relaxed);
    });
}

/// Standard output that was closed before the start.
#[cfg(unix)]
#[test]
fn no_standard_output() {
    let place = Place::with([("a.yaml", HOST.replace("usage: host", "usage: hots").as_str())]);
    let script = format!("exec {} check a.yaml --fail-on never >&-", env!("CARGO_BIN_EXE_clearance"));
    let output = std::process::Command::new("sh").args(["-c", &script]).current_dir(place.path()).output().unwrap();
    assert!(matches!(output.status.code(), Some(0 | 2)), "{output:?}");
    assert!(!String::from_utf8_lossy(&output.stderr).contains("fault in clearance"), "{output:?}");
}

//! Colours, and none.

use insta::assert_snapshot;

use crate::support::{HOST, Place};

fn wrong() -> Place {
    Place::with([("host.yaml", HOST.replace("usage: host", "usage: hots").as_str())])
}

#[test]
fn colours_on_request() {
    assert_snapshot!(wrong().run(&["check", "host.yaml", "--color", "always"]).out.replace('\u{1b}', "␛"));
}

#[test]
fn no_colours_otherwise() {
    let place = wrong();
    for args in [&["check", "host.yaml"][..], &["check", "host.yaml", "--no-color", "--color", "always"], &["check", "--color", "never"]] {
        assert!(!place.run(args).out.contains('\u{1b}'));
    }
}

#[test]
fn for_those_who_listen() {
    let output = wrong().command(&["check", "host.yaml"]).env("NO_GRAPHICS", "1").output().unwrap();
    assert_snapshot!(String::from_utf8(output.stdout).unwrap());
}

/// Only what was found is said; whether something was, the exit code says, too.
#[test]
fn quiet() {
    let place = wrong();
    let outcome = place.run(&["check", ".", "--quiet"]);
    assert!(outcome.code == 1 && outcome.out.contains("error[") && !outcome.out.contains("in 1 file"), "{outcome}");
    let place = Place::with([("notes.txt", "x")]);
    let outcome = place.run(&["-q", "check", "."]);
    assert_eq!((outcome.code, outcome.out.as_str(), outcome.err.as_str()), (0, "", ""));
    assert_eq!(place.run(&["fix", "-q"]).out, "");
    // What could not be done is said all the same.
    assert!(place.run(&["check", "-q", "missing.yaml"]).err.contains("cannot read `missing.yaml`"));
}

/// How often each rule is told, in place of the findings.
#[test]
fn counted_by_rule() {
    let host =
        |name: &str| HOST.replace("cluster-host", name).replace("203.0.113.10", "127.0.0.1").replace("usage", "a: 1\n  b: 2\n  usage");
    let place = Place::with([("a.yaml", host("a").as_str()), ("b.yaml", host("b").as_str())]);
    let outcome = place.run(&["check", "--summary"]);
    assert_eq!(outcome.code, 1);
    let lines: Vec<&str> = outcome.out.lines().collect();
    assert_eq!(lines[0], "4 error[unknown-field] in 2 files", "{outcome}");
    assert!(lines.contains(&"2 warning[local-api-server] in 2 files"), "{outcome}");
    assert!(lines.last().unwrap().starts_with("4 errors and "), "{outcome}");
    assert!(place.run(&["check", "--summary", "--format", "json"]).code == 2);
    let outcome = place.run(&["check", "--output", "summary=counts.txt"]);
    let counts = std::fs::read_to_string(place.path().join("counts.txt")).unwrap();
    assert!(outcome.out.contains("error[unknown-field]") && counts == lines.join("\n") + "\n", "{counts}");
}

/// A long run shows how far it has come to who watches it, and to nobody else.
#[cfg(target_os = "linux")]
#[test]
fn progress_is_for_terminals() {
    let place = Place::new();
    for number in 0..3_000 {
        place.write(&format!("d/{number}.yaml"), HOST.replace("cluster-host", &format!("c{number}")));
    }
    let command = format!("{} check d --severity duplicate-api-server=off", env!("CARGO_BIN_EXE_clearance"));
    let on_terminal = |command: &str| {
        let output = std::process::Command::new("script").args(["-qec", command, "/dev/null"]).current_dir(place.path()).output();
        let output = output.expect("`script` is there: install util-linux (Debian: bsdutils)");
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let shown = on_terminal(&command);
    assert!(shown.contains("/3000 files") && shown.contains("3000 clusters"), "{shown}");
    assert!(!on_terminal(&format!("{command} --quiet")).contains("/3000 files"));
    let outcome = place.run(&["check", "d", "--severity", "duplicate-api-server=off"]);
    assert!(outcome.err.is_empty() && outcome.out.starts_with("no findings: 3000 clusters"), "{outcome}");
}

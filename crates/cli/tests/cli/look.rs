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

//! The API by command line: `clearance register`, `get` and `unregister`.

use std::io::{Read as _, Write as _};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use clearance_tests::door::Binary;

use super::support::{Place, Server, host};

/// A person at a command line, and the server.
struct Desk {
    place: Place,
    server: Server,
}

impl Desk {
    fn new() -> Result<Self> {
        let place = Place::new()?;
        let server = place.start(&[])?;
        Ok(Self { place, server })
    }

    fn command(&self, words: &[&str]) -> Result<Command> {
        let mut command = Command::new(Binary::new()?.path());
        command.args(words).current_dir(self.place.path()).env_remove("CLEARANCE_TOKEN");
        command.env("CLEARANCE_SERVER", &self.server.https).env("CLEARANCE_CA", self.place.state().join("ca.pem"));
        Ok(command)
    }

    /// Runs it with the token in its environment; returns the exit code and all that it said.
    fn types(&self, words: &[&str]) -> Result<(i32, String)> {
        let output = self.command(words)?.env("CLEARANCE_TOKEN", &self.server.token).stdin(Stdio::null()).output()?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        Ok((output.status.code().context("it ends by itself")?, text))
    }

    fn write(&self, name: &str, text: &str) -> Result<()> {
        Ok(std::fs::write(self.place.path().join(name), text)?)
    }
}

#[test]
fn a_property_file_and_a_request_there_and_away() -> Result<()> {
    let desk = Desk::new()?;
    let (_, property) = desk.types(&["example", "physical-host", "--form", "property", "--name", "host-fra-1"])?;
    desk.write("host.yaml", &property)?;
    let (code, text) = desk.types(&["register", "host.yaml", "--dry-run"])?;
    assert!(code == 0 && text.contains("+++ b/nautes/overlays/production/clusters/host-fra-1.yaml"), "{text}");
    let (code, text) = desk.types(&["register", "host.yaml"])?;
    assert!(code == 0 && text.ends_with("cluster host-fra-1 is registered\n"), "{text}");

    desk.write("request.json", &host(7)?)?;
    let (code, text) = desk.types(&["register", "request.json"])?;
    assert!(code == 2 && text.contains("--name"), "a request does not say its name: {text}");
    let (code, text) = desk.types(&["register", "request.json", "--name", "other"])?;
    assert!(code == 0 && text.ends_with("cluster other is registered\n"), "{text}");

    let (code, text) = desk.types(&["get", "--selector", "usage=host"])?;
    assert!(code == 0 && text.contains("host-fra-1") && text.contains("other"), "{text}");
    let (code, text) = desk.types(&["get", "host-fra-1"])?;
    assert!(code == 0 && text.contains("\"usage\": \"host\"") && !text.contains("other"), "{text}");
    let (code, text) = desk.types(&["unregister", "host-fra-1"])?;
    assert!(code == 0 && text.ends_with("cluster host-fra-1 is deleted\n"), "{text}");
    let (code, text) = desk.types(&["get", "host-fra-1"])?;
    assert!(code == 2 && text.contains("there is no cluster `host-fra-1`"), "{text}");
    Ok(())
}

#[test]
fn what_is_wrong_stands_at_its_line() -> Result<()> {
    let desk = Desk::new()?;
    let (_, property) = desk.types(&["example", "physical-host", "--form", "property", "--name", "host-fra-1"])?;
    let wrong = property.replacen("usage: host", "usage: hsot", 1);
    assert_ne!(wrong, property, "{property}");
    desk.write("host.yaml", &wrong)?;
    let line = wrong.lines().position(|line| line.contains("hsot")).context("a line")? + 1;
    let (code, text) = desk.types(&["register", "host.yaml"])?;
    assert!(code == 1 && text.contains(&format!("host.yaml:{line}:")) && text.contains("error["), "{text}");
    // With what to do about it, where there is something to say.
    desk.write("plain.yaml", &property.replacen("apiServer: https:", "apiServer: http:", 1))?;
    let (code, text) = desk.types(&["register", "plain.yaml"])?;
    assert!(code == 1 && text.contains("\n  = help: A Kubernetes API server is reached by `https://host:port`."), "{text}");
    // Told before anything is sent.
    let (_, resource) = desk.types(&["example", "physical-host"])?;
    desk.write("resource.yaml", &resource)?;
    let (code, text) = desk.types(&["register", "resource.yaml"])?;
    assert!(code == 2 && text.contains("clearance convert resource.yaml --to property"), "{text}");
    assert!(text.contains("`spec.kubeconfig`"), "the property file lacks it: {text}");
    Ok(())
}

#[test]
fn what_the_server_says_at_once_is_told() -> Result<()> {
    let desk = Desk::new()?;
    let said = |command: &mut Command| -> Result<String> {
        let output = command.env("CLEARANCE_TOKEN", &desk.server.token).stdin(Stdio::null()).output()?;
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        Ok(String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let text = said(desk.command(&["get"])?.env_remove("CLEARANCE_CA"))?;
    assert!(text.contains("`--ca FILE`") && text.contains("`ca.pem` in its state directory"), "{text}");
    let text = said(desk.command(&["get"])?.env("CLEARANCE_SERVER", desk.server.https.replacen("https:", "http:", 1)))?;
    let told = "it answered 400 Bad Request: this port speaks HTTPS; the request came in plain HTTP";
    assert!(text.contains(told) && !text.contains("expected"), "{text}");
    Ok(())
}

#[test]
fn the_token_is_asked_for_and_not_shown() -> Result<()> {
    let desk = Desk::new()?;
    let without = desk.command(&["get"])?.stdin(Stdio::null()).output()?;
    let said = String::from_utf8_lossy(&without.stderr).into_owned();
    assert!(without.status.code() == Some(2) && said.contains("CLEARANCE_TOKEN"), "nobody can be asked: {said}");

    // A terminal of its own, where somebody types.
    let mut terminal = Command::new("script");
    let typed = format!("{} get", Binary::new()?.path().display());
    terminal.args(["--quiet", "--return", "--command", &typed, "/dev/null"]).env_remove("CLEARANCE_TOKEN");
    terminal.env("CLEARANCE_SERVER", &desk.server.https).env("CLEARANCE_CA", desk.place.state().join("ca.pem"));
    let mut child = terminal.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let mut keyboard = child.stdin.take().context("a pipe")?;
    // The question comes first, and then what is typed is no longer shown: not before.
    let (mut shown, mut screen) = (child.stdout.take().context("a pipe")?, Vec::new());
    while !String::from_utf8_lossy(&screen).contains("Access token: ") {
        let mut byte = [0];
        shown.read_exact(&mut byte)?;
        screen.extend(byte);
    }
    std::thread::sleep(std::time::Duration::from_secs(1));
    writeln!(keyboard, "{}", desk.server.token)?;
    shown.read_to_end(&mut screen)?;
    let screen = String::from_utf8_lossy(&screen).into_owned();
    assert!(child.wait()?.success() && screen.contains("Access token: ") && screen.contains("\"items\""), "{screen}");
    assert!(!screen.contains(&desk.server.token), "the token is on the screen");
    Ok(())
}

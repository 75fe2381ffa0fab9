//! What is refused, and that nothing is half done then.

use std::process::Command;

use anyhow::{Context, Result};
use base64::Engine as _;

use super::support::{Answer, CLUSTERS, Place, host, ran};

#[test]
fn without_the_token_nothing_is_told() -> Result<()> {
    let place = Place::new()?;
    let server = place.start(&[])?;
    let client = reqwest::blocking::Client::new();
    for value in [None, Some("Bearer "), Some("Bearer wrong"), Some("Bearer a\tb"), Some("Basic eDp5")] {
        for method in ["GET", "POST", "DELETE"] {
            let request = client
                .request(method.parse()?, format!("{}{CLUSTERS}/cluster-host", server.http))
                .header("content-type", "application/json");
            let request = value.into_iter().fold(request, |request, value| request.header("authorization", value)).body(host(1)?);
            let answer = Answer::of(request)?.expect(401);
            assert_eq!(answer.header("content-type"), "application/problem+json");
            assert!(answer.header("www-authenticate").contains("Bearer") && answer.body["request_id"].is_string());
        }
    }
    assert!(place.git(&["for-each-ref"])?.is_empty(), "nothing was stored");
    assert_eq!(std::fs::read_dir(place.state().join("registrar/secrets"))?.count(), 0);
    Ok(())
}

#[test]
fn odd_requests() -> Result<()> {
    let place = Place::new()?;
    let server = place.start(&[])?;
    let post = |path: &str, kind: &str, body: Vec<u8>| {
        Answer::of(server.request("POST", &format!("{CLUSTERS}/{path}")).header("content-type", kind).body(body))
    };
    let good = || host(1).map(String::into_bytes);
    post("a", "text/plain", good()?)?.expect(415);
    post("a", "application/x-www-form-urlencoded", good()?)?.expect(415);
    post("a", "application/json", vec![b' '; 10 << 20])?.expect(413);
    post("a", "application/json", vec![0xff; 10])?.expect(400);
    post("a?dryrun=true", "application/json", good()?)?.expect(400);
    post("a?dry_run=perhaps", "application/json", good()?)?.expect(400);
    post("a?dry_run=true&dry_run=false", "application/json", good()?)?.expect(400);
    let answer = post("%ff", "application/json", good()?)?.expect(400);
    assert_eq!(answer.body["status"], 400, "{}", answer.text);
    for body in ["", "{", "[]", "null", "{}", "{\"api_server\": \u{0}}"] {
        let answer = post("a", "application/json", body.into())?.expect(422);
        assert!(!answer.rules("error").is_empty(), "{body}");
    }
    for name in ["..%2F..%2Fescape", "%2e%2e", "A", "a.b", "a%20b", "-a", &"a".repeat(64)] {
        let answer = post(name, "application/json", good()?)?;
        // A path with dots is mended by the client before it is sent.
        assert!([404, 405, 422].contains(&answer.status), "{name}: {}", answer.text);
        Answer::of(server.request("DELETE", &format!("{CLUSTERS}/{name}")))?;
    }
    let other = format!("{{\"cluster_name\": \"other\", {}", host(1)?.trim_start().trim_start_matches('{'));
    assert!(post("a", "application/json", other.into())?.expect(422).rules("error").contains(&"name-mismatch".to_owned()));
    assert!(place.git(&["for-each-ref"])?.is_empty(), "nothing was stored");
    Ok(())
}

#[test]
fn the_guides_template_is_told_in_one_answer() -> Result<()> {
    let place = Place::new()?;
    let server = place.start(&[])?;
    let case = clearance_tests::case::corpus().join("guides/en-template-virtual-as-printed/input.txt");
    let body = std::fs::read_to_string(case)?;
    let answer = server.save("virtual", body.as_str())?.expect(422);
    let rules = answer.rules("error");
    assert_eq!(rules.iter().filter(|rule| *rule == "missing-comma").count(), 3, "{rules:?}");
    assert!(rules.iter().filter(|rule| *rule == "unreplaced-variable").count() >= 10, "{rules:?}");
    let comma = answer.body["findings"].as_array().context("findings")?.iter().find(|finding| finding["rule"] == "missing-comma");
    assert!(comma.is_some_and(|finding| finding["line"].as_u64() > Some(1) && finding["changes"][0]["applicability"] == "safe"));
    let pointed = answer.body["findings"]
        .as_array()
        .context("findings")?
        .iter()
        .find(|finding| finding["rule"] == "unreplaced-variable")
        .context("one")?;
    assert_eq!((&pointed["pointer"], &pointed["field"]), (&"/api_server".into(), &"api_server".into()));
    Ok(())
}

#[test]
fn findings_come_in_the_language_that_is_asked_for() -> Result<()> {
    let place = Place::new()?;
    let server = place.start(&[])?;
    let told = |languages: &str| -> Result<String> {
        let request = server.request("POST", &format!("{CLUSTERS}/shop")).header("accept-language", languages);
        let answer = Answer::of(request.header("content-type", "application/json").body(r#"{"api_server": "10.0.0.1:6443"}"#))?.expect(422);
        Ok(answer.body["findings"][0]["message"].as_str().context("a finding")?.to_owned())
    };
    let (english, chinese) = (told("fr, en;q=0.5")?, told("zh-CN, en;q=0.5")?);
    assert!(english.is_ascii() && !chinese.is_ascii(), "{english}, {chinese}");
    Ok(())
}

#[test]
fn a_kubeconfig_that_runs_or_reads_is_refused_and_no_key_is_anywhere() -> Result<()> {
    let place = Place::new()?;
    let server = place.start(&["--log-level", "debug"])?;
    let encoded = |text: &str| base64::engine::general_purpose::STANDARD.encode(text);
    let body = |kubeconfig: &str| {
        format!(
            r#"{{"api_server": "https://10.0.0.1:6443", "cluster_type": "physical", "usage": "host", "kubeconfig": "{}"}}"#,
            encoded(kubeconfig)
        )
    };
    let marker = place.path().join("ran");
    let base = "apiVersion: v1\nkind: Config\nclusters:\n- {name: a, cluster: {server: 'https://10.9.9.9:6443'}}\ncontexts:\n- {name: a, context: {cluster: a, user: a}}\ncurrent-context: a\n";
    let runs = format!(
        "{base}users:\n- name: a\n  user:\n    exec: {{apiVersion: client.authentication.k8s.io/v1, command: touch, args: ['{}'], interactiveMode: Never}}\n",
        marker.display()
    );
    assert!(server.save("a", body(&runs))?.expect(422).rules("error").contains(&"kubeconfig-runs-program".to_owned()));
    let reads = format!("{base}users:\n- {{name: a, user: {{tokenFile: /etc/hostname}}}}\n");
    assert!(server.save("a", body(&reads))?.expect(422).rules("error").contains(&"kubeconfig-reads-files".to_owned()));
    assert!(!marker.exists());

    let key = "k3y0fTheHarbour";
    let good = format!("{base}users:\n- {{name: a, user: {{token: {key}}}}}\n");
    server.save("a", body(&good))?.expect(200);
    // What is refused is told without it, too.
    let refused = server.save("a", body(&good).replace("\"host\",", "\"host\""))?.expect(422);
    assert!(refused.body["mended"].is_string());
    let secrets = [key.to_owned(), encoded(&good), encoded(key), server.token.clone()];
    for secret in &secrets {
        assert!(!refused.text.contains(secret.as_str()));
        assert!(!place.log()?.contains(secret.as_str()), "in the log");
        for file in place.files()? {
            let content = String::from_utf8_lossy(&std::fs::read(&file)?).into_owned();
            assert!(!content.contains(secret.as_str()) || file.ends_with("registrar/token"), "in {}", file.display());
        }
        // Git packs what it stores.
        assert!(!place.git(&["log", "--patch", "--all", "--format=fuller"])?.contains(secret.as_str()), "in the repository");
    }
    // The key of the state directory opens the one that counts: with the registered address.
    let sealed = place.state().join("registrar/secrets/a/current.age");
    let key_text = std::fs::read_to_string(place.state().join("registrar/secrets.key"))?;
    let identity: age::x25519::Identity = key_text.trim().parse().map_err(|why: &str| anyhow::anyhow!(why))?;
    let opened = String::from_utf8(age::decrypt(&identity, &std::fs::read(sealed)?)?)?;
    assert_eq!(opened, good.replace("https://10.9.9.9:6443", "https://10.0.0.1:6443"));
    Ok(())
}

/// A repository in a state that nobody wants to build on.
fn spoil(place: &Place, work: impl FnOnce(&std::path::Path) -> Result<()>) -> Result<()> {
    let clone = place.path().join("spoiling");
    let repository = place.state().join("registrar/tenant.git");
    ran(Command::new("git").args(["-c", "safe.directory=*", "clone", "--quiet"]).arg(&repository).arg(&clone))?;
    std::fs::create_dir_all(clone.join("nautes/overlays/production/clusters"))?;
    work(&clone)?;
    for arguments in [&["add", "--all"][..], &["commit", "--quiet", "--message", "spoilt"], &["push", "--quiet", "origin", "HEAD:main"]] {
        ran(Command::new("git")
            .args(["-c", "user.name=a", "-c", "user.email=a@b", "-c", "safe.directory=*"])
            .args(arguments)
            .current_dir(&clone))?;
    }
    Ok(())
}

/// What is done to a repository before it is used.
type Oddity = Box<dyn FnOnce(&std::path::Path) -> Result<()>>;

#[test]
fn odd_repositories() -> Result<()> {
    let clusters = "nautes/overlays/production/clusters";
    let cases: [(&str, Oddity, u16); 5] = [
        (
            "a broken list",
            Box::new(move |root| Ok(std::fs::write(root.join(clusters).join("kustomization.yaml"), "resources: [a\n")?)),
            409,
        ),
        (
            "a link in place of the list",
            Box::new(move |root| Ok(std::os::unix::fs::symlink("/etc/passwd", root.join(clusters).join("kustomization.yaml"))?)),
            409,
        ),
        (
            "a link in place of the file",
            Box::new(move |root| Ok(std::os::unix::fs::symlink("/etc/passwd", root.join(clusters).join("a.yaml"))?)),
            409,
        ),
        (
            "a link in place of a directory",
            Box::new(|root| {
                std::fs::write(root.join("README.md"), "x")?;
                Ok(std::os::unix::fs::symlink("/tmp", root.join("host-clusters"))?)
            }),
            409,
        ),
        (
            "attributes that would filter",
            Box::new(|root| Ok(std::fs::write(root.join(".gitattributes"), "* filter=evil diff=evil merge=evil text eol=crlf ident\n")?)),
            200,
        ),
    ];
    for (what, work, status) in cases {
        let place = Place::new()?;
        let server = place.start(&[])?;
        spoil(&place, work).context(what)?;
        let repository = place.state().join("registrar/tenant.git");
        let marker = place.path().join("ran");
        let program = format!("touch {}", marker.display());
        for (key, value) in [
            ("filter.evil.clean", program.as_str()),
            ("filter.evil.smudge", &program),
            ("diff.evil.textconv", &program),
            ("core.fsmonitor", &program),
        ] {
            ran(Command::new("git").args(["config", key, value]).current_dir(&repository))?;
        }
        let hooks = repository.join("hooks");
        std::fs::create_dir_all(&hooks)?;
        for hook in ["reference-transaction", "update", "pre-receive", "post-receive"] {
            std::fs::write(hooks.join(hook), format!("#!/bin/sh\n{program}\n"))?;
            ran(Command::new("chmod").arg("755").arg(hooks.join(hook)))?;
        }
        let before = place.git(&["rev-parse", "main"])?;
        let answer = server.save("a", host(1)?)?;
        assert_eq!(answer.status, status, "{what}: {}", answer.text);
        assert!(!marker.exists(), "{what}: something of the repository was run");
        if status != 200 {
            std::fs::remove_dir_all(hooks)?;
            assert_eq!(place.git(&["rev-parse", "main"])?, before, "{what}");
            assert_eq!(std::fs::read_dir(place.state().join("registrar/secrets"))?.count(), 0, "{what}");
            assert_eq!(std::fs::read_dir(place.state().join("registrar/journal"))?.count(), 0, "{what}");
        }
    }
    Ok(())
}

/// What stands in the repository is neither lost nor in the way.
#[test]
fn what_was_done_by_hand() -> Result<()> {
    let place = Place::new()?;
    let server = place.start(&[])?;
    server.save("a", host(1)?)?.expect(200);
    // A file of the list's name would be the list.
    server.save("kustomization", host(2)?)?.expect(422);
    // Of two documents one would be lost.
    let two = "clusterType: physical\nusage: host\n";
    let two = format!("api_server: https://203.0.113.9:6443\n{two}---\napi_server: https://203.0.113.8:6443\n{two}");
    let answer = Answer::of(server.request("POST", &format!("{CLUSTERS}/b")).header("content-type", "application/yaml").body(two))?;
    assert!(answer.expect(422).text.contains("several documents"));
    let file = "nautes/overlays/production/clusters/a.yaml";
    spoil(&place, move |root| {
        let text = std::fs::read_to_string(root.join(file))?;
        std::fs::write(root.join(file), format!("{text}---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: theirs}}\n"))?;
        let list = root.join(file).with_file_name("kustomization.yaml");
        Ok(std::fs::rename(&list, list.with_extension("yml"))?)
    })?;
    let before = place.git(&["rev-parse", "main"])?;
    server.save("a", host(1)?)?.expect(409);
    server.delete("a")?.expect(409);
    assert_eq!(place.git(&["rev-parse", "main"])?, before);
    // The list under its other name is the list.
    server.save("c", host(3)?)?.expect(200);
    let files = place.git(&["ls-tree", "--name-only", "main", "nautes/overlays/production/clusters/"])?;
    assert!(files.contains("kustomization.yml") && !files.contains("kustomization.yaml"), "{files}");
    assert!(place.git(&["show", "main:nautes/overlays/production/clusters/kustomization.yml"])?.contains("- c.yaml"));
    Ok(())
}

#[test]
fn checks_of_relations_are_skipped_only_where_that_is_configured() -> Result<()> {
    let body = super::guides::five()?.into_iter().find(|(name, _)| name == "virtual-worker-deployment").context("one")?.1;
    let place = Place::new()?;
    let skip = |server: &super::support::Server| {
        let path = format!("{CLUSTERS}/virtual-worker-deployment?insecure_skip_check=true");
        Answer::of(server.request("POST", &path).header("content-type", "application/json").body(body.clone()))
    };
    {
        let server = place.start(&[])?;
        let refused = skip(&server)?.expect(422);
        assert!(refused.rules("error").contains(&"unknown-host-cluster".to_owned()), "{}", refused.text);
    }
    let server = place.start(&["--honour-skip-check"])?;
    server.save("cluster-host", host(1)?)?.expect(200);
    server.save("virtual-worker-deployment", body.as_str())?.expect(200);
    // A port that is taken: a relation.
    let port = body.split("10.0.0.1:").nth(1).and_then(|rest| rest.split('"').next()).context("a port")?;
    let clash = host(1)?.replace("30080", port);
    server.save("cluster-host", clash.as_str())?.expect(422);
    let path = format!("{CLUSTERS}/cluster-host?insecure_skip_check=true");
    Answer::of(server.request("POST", &path).header("content-type", "application/json").body(clash))?.expect(200);
    let text = place.git(&["show", "main:nautes/overlays/production/clusters/cluster-host.yaml"])?;
    assert!(text.contains("clearance.nautes.io/override") && text.contains("port-already-used: insecure_skip_check"), "{text}");
    // The next request is judged by itself again.
    server.save("cluster-host", host(1)?)?.expect(200);
    let text = place.git(&["show", "main:nautes/overlays/production/clusters/cluster-host.yaml"])?;
    assert!(!text.contains("insecure_skip_check") && text.contains("apiServer"), "{text}");
    // Structure is never skipped.
    Answer::of(server.request("POST", &path).header("content-type", "application/json").body("{\"usage\": \"host\"}"))?.expect(422);
    Answer::of(server.request("DELETE", &path))?.expect(409);
    Ok(())
}

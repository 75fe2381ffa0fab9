//! The guides' own examples, as `curl` sends them.

use std::process::Command;

use anyhow::{Context, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::support::{Answer, CLUSTERS, Place, Server, at, guide, host, ran};

/// The ten examples, by their cases in the corpus.
const EXAMPLES: [&str; 10] = [
    "en-cluster-host-as-printed",
    "en-physical-worker-deployment-as-printed",
    "en-physical-worker-pipeline-as-printed",
    "en-virtual-worker-deployment-as-printed",
    "en-virtual-worker-pipeline-as-printed",
    "zh-cluster-host-as-printed",
    "zh-physical-worker-deployment-as-printed",
    "zh-physical-worker-pipeline-as-printed",
    "zh-virtual-worker-deployment-as-printed",
    "zh-virtual-worker-pipeline-as-printed",
];

/// `curl`, with the words of the guides.
fn curl(server: &Server, name: &str, body: &str, directory: &std::path::Path) -> Result<(u16, Value)> {
    let file = directory.join("body.json");
    std::fs::write(&file, body)?;
    let output = ran(Command::new("curl")
        .args(["--silent", "--noproxy", "*", "-X", "POST", &format!("{}{CLUSTERS}/{name}", server.http.replace("http:", "HTTP:"))])
        .args(["-H", "accept: application/json", "-H", "Content-Type: application/json"])
        .args(["-H", &format!("Authorization: Bearer {}", server.token)])
        .args(["--write-out", "\n%{http_code}", "--data-binary"])
        .arg(format!("@{}", file.display())))?;
    let text = String::from_utf8(output.stdout)?;
    let (body, status) = text.rsplit_once('\n').context("a status")?;
    Ok((status.parse()?, serde_json::from_str(body).with_context(|| body.to_owned())?))
}

/// The kubeconfig goes back to where an answer leaves it out.
fn with_kubeconfig(mended: &str, body: &str) -> String {
    let secret = body.split("\"kubeconfig\": ").nth(1).and_then(|rest| rest.split(['\n', ',', '}']).next()).unwrap_or_default();
    mended.replace("\"$kubeconfig\"", secret.trim())
}

/// Makes the first change that is offered for a finding.
fn changed(body: &str, finding: &Value) -> Result<String> {
    let edits = finding["changes"][0]["edits"].as_array().context("a change")?;
    let offset = |edit: &Value, end: &str| edit["range"][end]["offset"].as_u64().and_then(|at| usize::try_from(at).ok()).unwrap_or(0);
    let mut text = body.to_owned();
    for edit in edits.iter().rev() {
        text.replace_range(offset(edit, "start")..offset(edit, "end"), edit["text"].as_str().unwrap_or_default());
    }
    Ok(text)
}

#[test]
fn each_example_registers_alone() -> Result<()> {
    let mut changes_made = Vec::new();
    for example in EXAMPLES {
        let place = Place::new()?;
        let server = place.start(&[])?;
        let (name, mut body) = guide(example)?;
        if name.starts_with("virtual") {
            let (host, body) = guide("zh-cluster-host-as-printed")?;
            assert_eq!(curl(&server, &host, &body, place.path())?.0, 200);
        }
        let mut made = 0;
        let answer = loop {
            let (status, answer) = curl(&server, &name, &body, place.path())?;
            if status == 200 {
                break answer;
            }
            assert_eq!(status, 422, "{example}: {answer}");
            made += 1;
            assert!(made < 5, "{example}: {answer}");
            body = match answer["mended"].as_str() {
                Some(mended) => with_kubeconfig(mended, &body),
                None => {
                    let findings = answer["findings"].as_array().context("findings")?;
                    changed(&body, findings.iter().find(|finding| finding["rule"] == "duplicate-key").context("a finding with a change")?)?
                }
            };
        };
        assert_eq!(answer["message"], format!("cluster {name} is registered"));
        let warnings = answer["warnings"].as_array().cloned().unwrap_or_default();
        assert!(warnings.iter().all(|warning| warning["severity"] == "warning"), "{example}: {answer}");
        let text = place.git(&["show", &format!("main:nautes/overlays/production/clusters/{name}.yaml")])?;
        assert!(text.contains("namespace: nautes") && !text.contains("kubeconfig"), "{text}");
        changes_made.push(made);
    }
    // As printed, half of them are taken; the others with what is safe (commas, equal copies), and the
    // English ones then without one of two copies that differ.
    assert_eq!(changes_made, [0, 2, 2, 0, 1, 0, 0, 1, 0, 1]);
    Ok(())
}

#[test]
fn the_five_together_and_away_again() -> Result<()> {
    let place = Place::new()?;
    let server = place.start(&[])?;
    let five = five()?;
    for (name, body) in &five {
        server.save(name, body.as_str())?.expect(200);
    }
    let list = server.get(CLUSTERS)?.expect(200);
    assert_eq!(list.body["items"].as_array().map(Vec::len), Some(5));
    let names = |query: &str| -> Result<Vec<String>> {
        let list = server.get(&format!("{CLUSTERS}?field_selector={query}"))?.expect(200);
        let items = list.body["items"].as_array().context("items")?.clone();
        Ok(items.iter().map(|item| item["name"].as_str().unwrap_or_default().to_owned()).collect())
    };
    assert_eq!(names("usage=host")?, ["cluster-host"]);
    assert_eq!(names("usage=worker,cluster_type=physical")?, ["physical-worker-deployment", "physical-worker-pipeline"]);
    assert_eq!(names("worker_type%3Dpipeline,cluster_type%3Dvirtual")?, ["virtual-worker-pipeline"]);
    assert_eq!(names("cluster_name=cluster-host,usage=worker")?, [""; 0]);
    server.get(&format!("{CLUSTERS}?field_selector=colour=red"))?.expect(400);

    let one = server.get(&format!("{CLUSTERS}/virtual-worker-pipeline"))?.expect(200);
    assert_eq!(one.body["vcluster"], json!({"https_node_port": "31444"}));
    assert_eq!((&one.body["cluster_type"], &one.body["host_cluster"]), (&json!("virtual"), &json!("cluster-host")));
    assert!(one.body["components_list"]["multi_tenant"]["name"] == "hnc" && !one.text.contains("kubeconfig"));

    // In the guides' order: the host stays while anything stands on it, and each that does is named.
    let refused = server.delete("cluster-host")?.expect(409);
    assert_eq!(refused.rules("error"), ["still-referenced"]);
    assert!(refused.text.contains("virtual-worker-deployment") && refused.text.contains("virtual-worker-pipeline"), "{}", refused.text);
    server.delete("virtual-worker-deployment")?.expect(200);
    server.delete("cluster-host")?.expect(409);
    for name in ["virtual-worker-pipeline", "cluster-host", "physical-worker-deployment", "physical-worker-pipeline"] {
        server.delete(name)?.expect(200);
        server.get(&format!("{CLUSTERS}/{name}"))?.expect(404);
        server.delete(name)?.expect(404);
    }
    let left = place.git(&["ls-tree", "-r", "--name-only", "main"])?;
    let left: Vec<&str> = left.lines().collect();
    assert_eq!(
        left,
        [
            "nautes/overlays/production/clusters/kustomization.yaml",
            "tenant/production/host-cluster-appset.yaml",
            "tenant/production/runtime-appset.yaml",
            "tenant/production/runtime-argocd-appset.yaml",
            "tenant/production/runtime-initial-appset.yaml",
        ],
        "only what all clusters share"
    );
    assert_eq!(place.git(&["rev-list", "--count", "main"])?.trim(), "10", "one commit a change");
    let secrets = place.state().join("registrar/secrets");
    assert_eq!(std::fs::read_dir(secrets)?.count(), 0, "no kubeconfig is left");
    Ok(())
}

/// The five examples in one repository: an address for each physical cluster, a port for each virtual one.
pub fn five() -> Result<Vec<(String, String)>> {
    let case = |name: &str| guide(&format!("zh-{name}"));
    let deployment = case("physical-worker-deployment-as-printed")?;
    let pipeline = case("physical-worker-pipeline-mended")?;
    let (virtual_deployment, virtual_pipeline) = (case("virtual-worker-deployment-mended")?, case("virtual-worker-pipeline-mended")?);
    let port = virtual_deployment.1.split("8.217.50.114:").nth(1).and_then(|rest| rest.split('"').next()).context("a port")?.to_owned();
    Ok(vec![
        ("cluster-host".to_owned(), host(1)?),
        (deployment.0, at(&deployment.1, 2)?),
        (pipeline.0, at(&pipeline.1, 3)?),
        (virtual_deployment.0, at(&virtual_deployment.1, 1)?),
        (virtual_pipeline.0, at(&virtual_pipeline.1.replace(&port, "31444"), 1)?),
    ])
}

#[test]
fn the_same_twice_is_no_commit_and_tags_are_kept() -> Result<()> {
    let place = Place::new()?;
    let server = place.start(&[])?;
    let body = host(1)?;
    let first = server.save("cluster-host", body.as_str())?.expect(200);
    assert!(!first.header("x-request-id").is_empty() && first.body["commit"].is_string());
    let again = server.save("cluster-host", body.as_str())?.expect(200);
    assert!(again.body["commit"].is_null());
    assert_eq!(place.git(&["rev-list", "--count", "main"])?.trim(), "1");
    assert_eq!(first.header("etag"), again.header("etag"));
    let path = format!("{CLUSTERS}/cluster-host");
    let got = server.get(&path)?.expect(200);
    assert_eq!(got.header("etag"), first.header("etag"));
    let conditional = |method: &str, header: &str, tag: &str| {
        let request = server.request(method, &path).header(header, tag).header("content-type", "application/json");
        Answer::of(if method == "GET" { request } else { request.body(body.replace("30080", "30081")) })
    };
    conditional("GET", "if-none-match", got.header("etag"))?.expect(304);
    conditional("PUT", "if-none-match", "*")?.expect(412);
    conditional("PUT", "if-match", "\"0123\"")?.expect(412);
    let updated = conditional("PUT", "if-match", got.header("etag"))?.expect(200);
    assert_ne!(updated.header("etag"), got.header("etag"));
    conditional("DELETE", "if-match", got.header("etag"))?.expect(412);
    let app = place.git(&["show", "main:host-clusters/cluster-host/production/traefik-app.yaml"])?;
    assert!(app.contains("nodePort: 30081"), "{app}");

    // A kubeconfig that alone is new is a change, too.
    let mut renewed: Value = serde_json::from_str(&body.replace("30080", "30081"))?;
    let kubeconfig = STANDARD.decode(renewed["kubeconfig"].as_str().context("a kubeconfig")?)?;
    renewed["kubeconfig"] = STANDARD.encode([kubeconfig.as_slice(), b"\n# renewed\n"].concat()).into();
    let renewed = renewed.to_string();
    let save = |more: &str| -> Result<(String, bool)> {
        let request = server.request("PUT", &format!("{path}{more}")).header("content-type", "application/json").body(renewed.clone());
        let answer = Answer::of(request)?.expect(200);
        Ok((answer.body["message"].as_str().unwrap_or_default().to_owned(), answer.body["commit"].is_string()))
    };
    let replaced = "the kubeconfig of cluster cluster-host is replaced";
    assert_eq!(save("?dry_run=true")?, (format!("dry run: {replaced}"), false));
    assert_eq!(save("")?, (replaced.to_owned(), false));
    assert_eq!(save("?dry_run=true")?, ("dry run: nothing would change".to_owned(), false));

    let dry = Answer::of(server.request("DELETE", &format!("{path}?dry_run=true")))?.expect(200);
    assert!(dry.body["diff"].as_str().is_some_and(|diff| diff.contains("-- cluster-host.yaml") || diff.contains("-- a/")), "{}", dry.text);
    server.get(&path)?.expect(200);
    Ok(())
}

#[test]
fn what_others_wrote_stays() -> Result<()> {
    let place = Place::new()?;
    let server = place.start(&[])?;
    server.save("cluster-host", host(1)?)?.expect(200);
    let clone = place.path().join("clone");
    let repository = place.state().join("registrar/tenant.git");
    ran(Command::new("git").args(["-c", "safe.directory=*", "clone", "--quiet"]).arg(&repository).arg(&clone))?;
    let list = clone.join("nautes/overlays/production/clusters/kustomization.yaml");
    let text = std::fs::read_to_string(&list)?.replace("resources:", "# ours\nnamespace: nautes\nresources: # all of them");
    std::fs::write(&list, &text)?;
    let file = clone.join("nautes/overlays/production/clusters/cluster-host.yaml");
    let described = std::fs::read_to_string(&file)?.replace("metadata:\n", "metadata:\n  labels:\n    team: harbour # theirs\n");
    std::fs::write(&file, &described)?;
    let run = |arguments: &[&str]| {
        ran(Command::new("git")
            .args(["-c", "safe.directory=*", "-c", "user.name=a", "-c", "user.email=a@b"])
            .args(arguments)
            .current_dir(&clone))
    };
    run(&["commit", "--quiet", "--all", "--message", "by hand"])?;
    run(&["push", "--quiet", "origin", "main"])?;
    server.save("cluster-host", host(1)?.replace("30080", "30081"))?.expect(200);
    server.save("other", host(2)?)?.expect(200);
    let now = place.git(&["show", "main:nautes/overlays/production/clusters/cluster-host.yaml"])?;
    assert_eq!(now, described.replace("30080", "30081"));
    let list = place.git(&["show", "main:nautes/overlays/production/clusters/kustomization.yaml"])?;
    assert_eq!(list, format!("{text}- other.yaml\n"));
    Ok(())
}

/// What installs a virtual cluster leads to where its host cluster is.
#[test]
fn a_host_that_moves_takes_its_virtual_clusters_along() -> Result<()> {
    let place = Place::new()?;
    let server = place.start(&[])?;
    let (host, body) = guide("zh-cluster-host-as-printed")?;
    let (name, on_it) = guide("zh-virtual-worker-deployment-as-printed")?;
    server.save(&host, at(&body, 1)?)?.expect(200);
    server.save(&name, at(&on_it, 1)?)?.expect(200);
    let app = |template: &str| place.git(&["show", &format!("main:host-clusters/{host}/vclusters/{name}/{template}.yaml")]);
    let before = ["vcluster-app", "vcluster-initial-app"].map(app).into_iter().collect::<Result<Vec<_>>>()?;
    let service = app("vcluster-initial/svc")?;
    server.save(&host, at(&body, 9)?)?.expect(200);
    let after = ["vcluster-app", "vcluster-initial-app"].map(app).into_iter().collect::<Result<Vec<_>>>()?;
    for (before, after) in before.iter().zip(&after) {
        assert_ne!(before, after);
        assert_eq!(before.replace("server: \"https://10.0.0.1:", "server: \"https://10.0.0.9:"), *after);
    }
    assert_eq!(app("vcluster-initial/svc")?, service);
    Ok(())
}

/// What led to a physical cluster is no secret of the virtual one that takes its place.
#[test]
fn a_cluster_that_becomes_virtual_leaves_no_kubeconfig() -> Result<()> {
    let place = Place::new()?;
    let server = place.start(&[])?;
    let (host, body) = guide("zh-cluster-host-as-printed")?;
    server.save(&host, at(&body, 1)?)?.expect(200);
    let kept = || place.state().join("registrar/secrets/shop/current.age").exists();
    server.save("shop", at(&guide("zh-physical-worker-deployment-as-printed")?.1, 2)?)?.expect(200);
    assert!(kept());
    server.save("shop", at(&guide("zh-virtual-worker-deployment-as-printed")?.1, 1)?)?.expect(200);
    assert!(!kept());
    Ok(())
}

#[test]
fn the_repository_is_cloned_and_not_pushed_to() -> Result<()> {
    let place = Place::new()?;
    let server = place.start(&[])?;
    server.save("cluster-host", host(1)?)?.expect(200);
    let git = |arguments: &[&str], token: &str| {
        let mut git = Command::new("git");
        let header = format!("http.extraHeader=Authorization: Bearer {token}");
        git.args(["-c", &header, "-c", "http.proxy="])
            .args(arguments)
            .current_dir(place.path())
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_ASKPASS", "/bin/false");
        git
    };
    let address = format!("{}/tenant.git", server.http);
    ran(&mut git(&["clone", "--quiet", &address, "clone"], &server.token))?;
    assert!(place.path().join("clone/nautes/overlays/production/clusters/cluster-host.yaml").exists());
    assert!(!git(&["clone", "--quiet", &address, "other"], "wrong").status()?.success());
    assert!(!git(&["-C", "clone", "push", "origin", "HEAD:refs/heads/mine"], &server.token).status()?.success());
    assert_eq!(place.git(&["for-each-ref", "--format=%(refname)"])?.trim(), "refs/heads/main");
    Ok(())
}

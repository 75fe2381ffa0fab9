//! All real parts together: a forge, a secret store, and an API server with the admission door in place.
//! kustomize, as it is in `kubectl`, takes the list, the API server takes every cluster as it is, and Argo CD's definitions
//! take every other file.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use clearance_tests::controlplane::{CLUSTERS, ControlPlane, Serving, manifests, shipped};
use clearance_tests::servers::{Gitea, May, Vault};

use super::guides::five;
use super::support::{Place, ran};

/// A directory of programs or files that `cargo xtask tools` makes.
fn tool(name: &str) -> Result<PathBuf> {
    let own = std::env::current_exe()?;
    let target = own.ancestors().nth(3).context("the tests run in a target directory")?;
    let path = target.join("go").join(name);
    ensure!(path.exists(), "{} is not there: run `cargo xtask tools` first", path.display());
    Ok(path)
}

/// All YAML files below a directory.
fn files(below: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(below)? {
        let path = entry?.path();
        if path.is_dir() {
            if !path.ends_with(".git") {
                found.extend(files(&path)?);
            }
        } else if path.extension().is_some_and(|end| end == "yaml") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

#[test]
fn the_five_are_taken_by_a_real_api_server() -> Result<()> {
    let definitions = tool("argocd")?;
    let place = Place::new()?;
    let (forge, vault) = (Gitea::start("installed")?, Vault::start("installed")?);
    let login = vault.token_file()?;
    let (repository, user_info) = (forge.repository(), format!("{}/api/v1/user", forge.address));
    let mut told = vec!["--repository", &repository, "--user-info", &user_info, "--secret-store", "vault", "--vault", &vault.address];
    told.extend(["--vault-token-file", login.to_str().context("a path")?]);
    let mut server = place.start(&told)?;
    server.token = forge.account("engineer", May::Write, &["write:repository", "read:user"])?;
    for (name, body) in five()? {
        server.save(&name, body)?.expect(200);
        let is_physical = !name.starts_with("virtual");
        assert_eq!(vault.kubeconfig(&name)?.is_some(), is_physical, "{name}");
    }
    let clone = place.path().join("clone");
    ran(Command::new("git").args(["-c", "safe.directory=*", "clone", "--quiet"]).arg(forge.on_disk()).arg(&clone))?;

    let plane = ControlPlane::start("registrar")?;
    let directory = tempfile::tempdir()?;
    let kubeconfig = plane.kubeconfig();
    let following =
        ["--listen", "127.0.0.1:0", "--doors", "webhook", "--complete", "false", "--kubeconfig", kubeconfig.to_str().context("a path")?];
    let door = Serving::start(directory.path(), &following)?;
    plane.guard(&shipped()?, &door.registration())?;

    let kubectl = |arguments: &[&str]| -> Result<String> {
        let printed = plane.kubectl().run(arguments, place.path(), None)?;
        ensure!(printed.code == Some(0), "kubectl {arguments:?}: {}{}", printed.out, printed.err);
        Ok(printed.out)
    };
    let build = |directory: &Path| kubectl(&["kustomize", directory.to_str().context("a path")?]);

    // The clusters, as Argo CD applies them.
    let built = build(&clone.join("nautes/overlays/production/clusters"))?;
    std::fs::write(place.path().join("built.yaml"), &built)?;
    let applied = kubectl(&["apply", "--filename", "built.yaml"])?;
    assert_eq!(applied.matches(" created").count(), 5, "{applied}");
    for wanted in manifests(&built)? {
        let name = wanted["metadata"]["name"].as_str().context("a name")?;
        let stored = plane.api().get(&format!("{CLUSTERS}/{name}"))?;
        assert_eq!(stored.body["spec"], wanted["spec"], "{name} drifts");
    }
    let again = kubectl(&["apply", "--filename", "built.yaml"])?;
    assert_eq!(again.matches(" unchanged").count(), 5, "{again}");

    // All other files.
    for definition in files(&definitions)? {
        kubectl(&["create", "--filename", definition.to_str().context("a path")?])?;
    }
    let others: Vec<PathBuf> = files(&clone)?
        .into_iter()
        .filter(|path| !path.ends_with("kustomization.yaml") && !path.starts_with(clone.join("nautes")))
        .collect();
    let mut namespaces = BTreeSet::new();
    for file in &others {
        for object in manifests(&std::fs::read_to_string(file)?)? {
            namespaces.extend(object["metadata"]["namespace"].as_str().map(str::to_owned));
        }
    }
    for namespace in &namespaces {
        let _ = plane.kubectl().run(&["create", "namespace", namespace], place.path(), None)?;
    }
    clearance_tests::controlplane::eventually("Argo CD's definitions are served", || {
        Ok(plane.kubectl().run(&["get", "applications,applicationsets,appprojects", "--namespace", "argocd"], place.path(), None)?.code
            == Some(0))
    })?;
    assert!(others.len() > 40, "{others:?}");
    for file in &others {
        let path = file.to_str().context("a path")?;
        let taken = plane.kubectl().run(
            &["apply", "--server-side", "--dry-run=server", "--validate=strict", "--filename", path],
            place.path(),
            None,
        )?;
        assert!(taken.code == Some(0) && !taken.err.contains("Warning"), "{path}: {}{}", taken.out, taken.err);
    }
    for kustomization in files(&clone)?.iter().filter(|path| path.ends_with("kustomization.yaml")) {
        build(kustomization.parent().context("a directory")?)?;
    }

    // In the guides' order: the door lets each go that the registrar lets go, and keeps what it keeps.
    let delete = |name: &str| {
        plane.kubectl().run(&["delete", "clusters.nautes.resource.nautes.io", name, "--namespace", "nautes"], place.path(), None)
    };
    for name in
        ["virtual-worker-deployment", "virtual-worker-pipeline", "cluster-host", "physical-worker-deployment", "physical-worker-pipeline"]
    {
        if name.starts_with("virtual") {
            let kept = server.delete("cluster-host")?.expect(409);
            assert_eq!(kept.rules("error"), ["still-referenced"]);
            assert!(kept.text.contains(name), "{}", kept.text);
            let kept = delete("cluster-host")?;
            assert!(kept.code == Some(1) && kept.err.contains(name), "{}{}", kept.out, kept.err);
        }
        server.delete(name)?.expect(200);
        let deleted = delete(name)?;
        assert_eq!(deleted.code, Some(0), "{}{}", deleted.out, deleted.err);
        assert_eq!(vault.kubeconfig(name)?, None);
    }
    assert_eq!(vault.pending()?, serde_json::json!([]));
    let left =
        ran(Command::new("git").args(["-c", "safe.directory=*", "ls-tree", "-r", "--name-only", "main"]).current_dir(forge.on_disk()))?;
    let left = String::from_utf8(left.stdout)?;
    assert!(!left.contains("worker") && !left.contains("cluster-host"), "files are left over: {left}");
    Ok(())
}

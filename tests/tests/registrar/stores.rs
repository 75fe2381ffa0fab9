//! Where kubeconfigs are kept: Vault, and Secrets of a real API server.

use anyhow::{Context, Result};
use clearance_tests::controlplane::ControlPlane;
use clearance_tests::servers::{Vault, shown};
use serde_json::{Value, json};

use super::support::{Place, Server, host, ran};

fn at(vault: &Vault, place: &Place, login: &[&str]) -> Result<Server> {
    place.start(&[&["--secret-store", "vault", "--vault", &vault.address][..], login].concat())
}

#[test]
fn vault_has_what_the_repository_has() -> Result<()> {
    let vault = Vault::start("kubeconfigs")?;
    let place = Place::new()?;
    let file = vault.token_file()?;
    let server = at(&vault, &place, &["--vault-token-file", file.to_str().context("a path")?])?;
    server.save("cluster-host", host(1)?)?.expect(200);
    let kept = vault.kubeconfig("cluster-host")?.context("a kubeconfig")?;
    assert!(kept.contains("server: https://10.0.0.1:6443"), "its server is the address that was registered");
    assert_eq!(vault.pending()?, json!([]));
    assert!(!place.state().join("registrar/secrets").exists(), "there is one store");

    // What is refused leaves nothing.
    server.save("other", host(9)?.replacen("api_server", "api_sever", 1))?.expect(422);
    assert_eq!(vault.pending()?, json!([]));

    // Sealed: nothing is half done, and it goes on when it is open again.
    vault.seal()?;
    let answer = server.save("other", host(2)?)?.expect(503);
    assert!(answer.text.contains("secret store"), "{}", answer.text);
    server.delete("cluster-host")?.expect(503);
    assert_eq!(place.git(&["rev-list", "--count", "main"])?.trim(), "1");
    vault.unseal()?;
    server.save("other", host(2)?)?.expect(200);
    assert!(vault.kubeconfig("other")?.is_some());

    // A token that was taken away, and another one put in its place.
    let old = std::fs::read_to_string(&file)?;
    vault.expect("POST", "auth/token/revoke", &json!({"token": old}))?;
    server.save("third", host(3)?)?.expect(503);
    vault.token_file()?;
    server.save("third", host(3)?)?.expect(200);

    server.delete("cluster-host")?.expect(200);
    assert_eq!(vault.kubeconfig("cluster-host")?, None);
    let (_, versions) = vault.ask("GET", "secret/metadata/clearance/clusters/cluster-host", &Value::Null)?;
    assert_eq!(versions["data"]["versions"]["1"]["destroyed"], true, "not even an older version is left");
    server.save("cluster-host", host(1)?)?.expect(200);
    assert!(vault.kubeconfig("cluster-host")?.is_some(), "and it may come back");

    let log = place.log()?;
    for secret in [old, std::fs::read_to_string(&file)?, vault.root.clone()] {
        assert!(!log.contains(secret.trim()), "a token in the log");
        for path in place.files()? {
            assert!(!String::from_utf8_lossy(&std::fs::read(&path)?).contains(secret.trim()), "in {}", path.display());
        }
    }
    Ok(())
}

#[test]
fn a_crash_between_push_and_vault_is_made_good() -> Result<()> {
    let vault = Vault::start("crash")?;
    let place = Place::new()?;
    let file = vault.token_file()?;
    let login = ["--vault-token-file", file.to_str().context("a path")?];
    {
        let server = at(&vault, &place, &login)?;
        server.save("cluster-host", host(1)?)?.expect(200);
    }
    // As it is when the server dies after the push: the commit is there, the journal is open, the secret is pending.
    let commit = place.git(&["rev-parse", "main"])?.trim().to_owned();
    let kept = vault.kubeconfig("cluster-host")?.context("a kubeconfig")?;
    let put = |id: &str| {
        vault.expect(
            "POST",
            &format!("secret/data/clearance/pending/cluster-host/{id}"),
            &json!({"data": {"kubeconfig": format!("{kept}# {id}\n")}}),
        )
    };
    let note = |id: &str, commit: &str| -> Result<()> {
        let step = json!({"id": id, "cluster": "cluster-host", "does": "register", "commit": commit});
        let path = place.state().join("registrar/journal").join(format!("{id}.json"));
        std::fs::write(&path, step.to_string())?;
        // What is younger than the time that git may take might still be going on.
        let before = std::time::SystemTime::now() - std::time::Duration::from_mins(10);
        Ok(std::fs::File::options().append(true).open(path)?.set_modified(before)?)
    };
    put("published")?;
    note("published", &commit)?;
    put("unpublished")?;
    note("unpublished", &"0".repeat(commit.len()))?;
    let server = at(&vault, &place, &login)?;
    super::support::soon("the journal is settled", || Ok(std::fs::read_dir(place.state().join("registrar/journal"))?.count() == 0))?;
    assert!(vault.kubeconfig("cluster-host")?.context("a kubeconfig")?.ends_with("# published\n"));
    assert_eq!(vault.pending()?, json!([]));
    drop(server);
    Ok(())
}

#[test]
fn secrets_of_a_cluster_and_a_login_by_the_pods_token() -> Result<()> {
    let plane = ControlPlane::start("stores")?;
    let api = plane.api();
    plane.add_namespace("clearance")?;
    let account = json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "registrar"}});
    api.create("/api/v1/namespaces/clearance/serviceaccounts", &account)?.expect(&[201])?;
    let (kubeconfig, token) = plane.kubeconfig_of("clearance", "registrar")?;

    // The README's Role, and nothing else.
    let place = Place::new()?;
    let role = place.path().join("role.yaml");
    std::fs::write(&role, shown("yaml")?)?;
    ran(std::process::Command::new(plane.programs().join("kubectl"))
        .arg("--kubeconfig")
        .arg(plane.kubeconfig())
        .args(["apply", "-f"])
        .arg(&role))?;
    let told = ["--secret-store", "kubernetes", "--secret-namespace", "clearance", "--kubeconfig", kubeconfig.to_str().context("a path")?];
    let server = place.start(&told)?;
    let secrets = || -> Result<Vec<String>> {
        let listed = api.get("/api/v1/namespaces/clearance/secrets")?;
        let items = listed.body["items"].as_array().context("a list")?;
        Ok(items.iter().map(|secret| secret["metadata"]["name"].as_str().unwrap_or_default().to_owned()).collect())
    };
    server.save("cluster-host", host(1)?)?.expect(200);
    assert_eq!(secrets()?, ["kubeconfig.cluster-host"]);
    // The same cluster by another kubeconfig, and nothing half done.
    server.save("cluster-host", host(1)?)?.expect(200);
    server.save("other", host(2)?)?.expect(200);
    server.delete("cluster-host")?.expect(200);
    assert_eq!(secrets()?, ["kubeconfig.other"]);
    drop(server);

    // Vault asks the API server whose token it is.
    let vault = Vault::start("login")?;
    vault.token_file()?;
    vault.expect("POST", "sys/auth/kubernetes", &json!({"type": "kubernetes"}))?;
    let review = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": {"name": "review"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "system:auth-delegator"},
        "subjects": [{"kind": "ServiceAccount", "name": "registrar", "namespace": "clearance"}],
    });
    api.create("/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", &review)?.expect(&[201])?;
    let config = json!({"kubernetes_host": plane.address(), "kubernetes_ca_cert": plane.ca()?, "disable_local_ca_jwt": true});
    vault.expect("POST", "auth/kubernetes/config", &config)?;
    let role = json!({
        "bound_service_account_names": ["registrar"], "bound_service_account_namespaces": ["clearance"],
        "token_policies": ["registrar"], "token_ttl": "10s",
    });
    vault.expect("POST", "auth/kubernetes/role/clearance", &role)?;
    let pod_token = place.path().join("pod-token");
    std::fs::write(&pod_token, &token)?;
    let place = Place::new()?;
    let login = ["--vault-role", "clearance", "--vault-pod-token", pod_token.to_str().context("a path")?];
    let server = at(&vault, &place, &login)?;
    server.save("cluster-host", host(1)?)?.expect(200);
    assert!(vault.kubeconfig("cluster-host")?.is_some());
    // The token of that login has ended by then.
    std::thread::sleep(std::time::Duration::from_secs(9));
    server.save("other", host(2)?)?.expect(200);
    assert!(!place.log()?.contains(&token));
    Ok(())
}

//! What the chart lets the server do, and what the server does: on a real API server, as the chart's service account.

use std::collections::BTreeSet;

use clearance_tests::controlplane::{Api, CLUSTERS, ControlPlane, Serving, defined, eventually, free_port, shipped};
use serde_json::{Value, json};

use crate::{add_namespace, only, render, rendered};

const ACCOUNT: &str = "system:serviceaccount:clearance:clearance";

/// A verb, a resource with its group, and the object's name where the right is for that one alone.
type Right = (String, String, String);

fn right(verb: &str, group: &str, resource: &str, name: &str) -> Right {
    (verb.to_owned(), format!("{resource}.{group}"), name.to_owned())
}

/// What the chart is to grant: the page on installing says the same.
fn granted() -> BTreeSet<Right> {
    let mut rights = BTreeSet::new();
    for verb in ["list", "watch"] {
        for kind in ["clusters", "deploymentruntimes", "projectpipelineruntimes", "environments"] {
            rights.insert(right(verb, "nautes.resource.nautes.io", kind, ""));
        }
    }
    for verb in ["get", "update"] {
        rights.insert(right(verb, "", "secrets", "clearance-certificate"));
    }
    for verb in ["get", "patch"] {
        for kind in ["mutatingwebhookconfigurations", "validatingwebhookconfigurations"] {
            rights.insert(right(verb, "admissionregistration.k8s.io", kind, "clearance"));
        }
    }
    rights
}

/// What an account may do in a namespace, as the API server says; beside what everybody may.
fn rights(api: &Api, namespace: &str) -> BTreeSet<Right> {
    let review = json!({"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectRulesReview", "spec": {"namespace": namespace}});
    let answer = api.create("/apis/authorization.k8s.io/v1/selfsubjectrulesreviews", &review).expect("an answer");
    assert_eq!(answer.code, 201, "{}", answer.body);
    let words = |rule: &Value, key: &str| -> Vec<String> {
        rule[key].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let mut rights = BTreeSet::new();
    for rule in answer.body["status"]["resourceRules"].as_array().expect("rules") {
        let names = words(rule, "resourceNames");
        let names = if names.is_empty() { vec![String::new()] } else { names };
        for group in words(rule, "apiGroups") {
            for resource in words(rule, "resources").iter().filter(|resource| !resource.starts_with("selfsubject")) {
                for verb in words(rule, "verbs") {
                    rights.extend(names.iter().map(|name| right(&verb, &group, resource, name)));
                }
            }
        }
    }
    rights
}

/// What the account asked for, in the same terms.
fn asked(plane: &ControlPlane) -> BTreeSet<Right> {
    let events = plane.asked().expect("a log");
    let of_the_account = events.iter().filter(|event| event["user"]["username"] == ACCOUNT && event["objectRef"].is_object());
    let rights = of_the_account.map(|event| {
        let word = |key: &str| event["objectRef"][key].as_str().unwrap_or_default();
        let verb = event["verb"].as_str().expect("a verb");
        right(verb, word("apiGroup"), word("resource"), word("name"))
    });
    rights.filter(|(_, resource, _)| !resource.starts_with("selfsubject")).collect()
}

#[test]
fn the_server_does_its_work_with_its_rights_and_has_no_others() {
    let plane = ControlPlane::start("rights").expect("a control plane");
    let directory = tempfile::tempdir().expect("a directory");
    add_namespace(&plane);
    plane.add_namespace("nautes").expect("a namespace");
    plane.add_crd(&shipped().expect("the chart has it")).expect("it is taken");
    for kind in ["DeploymentRuntime", "ProjectPipelineRuntime", "Environment"] {
        plane.add_crd(&defined(kind, &format!("{}s", kind.to_lowercase()), false)).expect("it is taken");
    }
    let host = json!({
        "apiVersion": "nautes.resource.nautes.io/v1alpha1",
        "kind": "Cluster",
        "metadata": {"name": "host-1"},
        "spec": {"apiServer": "https://203.0.113.10:6443", "clusterType": "physical", "usage": "host"},
    });
    plane.api().create(CLUSTERS, &host).and_then(|answer| answer.expect(&[201])).expect("a cluster");
    let file = directory.path().join("clearance.yaml");
    std::fs::write(&file, render(&[]).expect("it renders")).expect("a file");
    let name = file.display().to_string();
    let printed = plane.kubectl().run(&["apply", "--filename", &name], directory.path(), None).expect("kubectl");
    assert_eq!((printed.code, printed.err.as_str()), (Some(0), ""));
    restricted_pods_only(&plane);

    // With the configuration that is mounted, except where it listens and what only a node has.
    let (kubeconfig, token) = plane.kubeconfig_of("clearance", "clearance").expect("a token");
    let objects = rendered(&[]);
    let config = directory.path().join("config.yaml");
    let text = only(&objects, "ConfigMap")["data"]["config.yaml"].as_str().expect("a text");
    std::fs::write(&config, text).expect("a file");
    let metrics = format!("127.0.0.1:{}", free_port().expect("a port"));
    let (config, kubeconfig) = (config.display().to_string(), kubeconfig.display().to_string());
    let words = ["--config", &config, "--kubeconfig", &kubeconfig, "--listen", "127.0.0.1:0", "--listen-metrics", &metrics];
    let _serving = Serving::start(directory.path(), &words).expect("it starts");
    let probe = |path: &str| Ok(reqwest::blocking::get(format!("http://{metrics}{path}"))?.error_for_status()?.text()?);
    eventually("the server is ready", || Ok(probe("/readyz").is_ok())).expect("it is");
    let told: anyhow::Result<String> = probe("/metrics");
    assert!(told.expect("metrics").contains("clearance_fleet_clusters 1\n"));
    let secret = plane.api().get("/api/v1/namespaces/clearance/secrets/clearance-certificate").expect("an answer");
    for kind in ["mutatingwebhookconfigurations", "validatingwebhookconfigurations"] {
        let path = format!("/apis/admissionregistration.k8s.io/v1/{kind}/clearance");
        let configuration = plane.api().get(&path).expect("an answer");
        assert!(secret.body["data"]["ca.crt"].is_string(), "{}", secret.body);
        assert_eq!(configuration.body["webhooks"][0]["clientConfig"]["caBundle"], secret.body["data"]["ca.crt"]);
    }

    // It needs what it has, and has what it needs.
    let of_the_account = plane.api().with_token(&token);
    assert_eq!(rights(&of_the_account, "clearance"), granted());
    let elsewhere: BTreeSet<Right> = granted().into_iter().filter(|(_, resource, _)| resource != "secrets.").collect();
    assert_eq!(rights(&of_the_account, "nautes"), elsewhere);
    eventually("all that it may do was done", || Ok(asked(&plane) == granted())).unwrap_or_else(|error| {
        panic!("{error}: {:#?}", asked(&plane));
    });

    // A Secret that is gone is made by who may make Secrets, as the page on emergencies says.
    plane.api().delete("/api/v1/namespaces/clearance/secrets/clearance-certificate").and_then(|gone| gone.expect(&[200])).expect("it goes");
    let printed = plane.kubectl().run(&["apply", "--filename", &name], directory.path(), None).expect("kubectl");
    assert_eq!((printed.code, printed.err.as_str()), (Some(0), ""));
    eventually("the certificate is kept again", || {
        let secret = plane.api().get("/api/v1/namespaces/clearance/secrets/clearance-certificate")?;
        Ok(secret.body["data"]["ca.crt"].is_string())
    })
    .expect("it is");

    // The API server says no, and not only that it would.
    for refused in [
        of_the_account.get("/api/v1/namespaces/clearance/secrets"),
        of_the_account.get("/api/v1/namespaces/nautes/secrets/clearance-certificate"),
        of_the_account.delete("/api/v1/namespaces/clearance/secrets/clearance-certificate"),
        of_the_account.create("/api/v1/namespaces/clearance/secrets", &json!({"metadata": {"name": "other"}})),
        of_the_account.create(CLUSTERS, &host),
        of_the_account.merge(&format!("{CLUSTERS}/host-1"), &json!({"metadata": {"labels": {"a": "b"}}})),
        of_the_account.delete("/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/clearance"),
        of_the_account.get("/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations"),
        of_the_account.get("/api/v1/pods"),
    ] {
        let refused = refused.expect("an answer");
        assert_eq!(refused.code, 403, "{}", refused.body);
    }
}

/// The pod that comes of the Deployment is let in, and one that may do more is not.
fn restricted_pods_only(plane: &ControlPlane) {
    let deployment = plane.api().get("/apis/apps/v1/namespaces/clearance/deployments/clearance").expect("an answer").body;
    let template = &deployment["spec"]["template"];
    let mut pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "clearance-1"}, "spec": template["spec"]});
    let list = "/api/v1/namespaces/clearance/pods?dryRun=All";
    let accepted = plane.api().create(list, &pod).expect("an answer");
    assert_eq!(accepted.code, 201, "{}", accepted.body);
    let container = &template["spec"]["containers"][0]["securityContext"];
    assert_eq!((&container["readOnlyRootFilesystem"], &template["spec"]["securityContext"]["runAsUser"]), (&json!(true), &json!(65532)));
    pod["spec"]["containers"][0]["securityContext"]["allowPrivilegeEscalation"] = true.into();
    let refused = plane.api().create(list, &pod).expect("an answer");
    assert_eq!(refused.code, 403, "{}", refused.body);
    assert!(refused.body["message"].as_str().is_some_and(|message| message.contains("violates PodSecurity \"restricted:latest\"")));
}

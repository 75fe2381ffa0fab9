//! What policies are told of a description, and what is made of their changes: the same at every door.

use clearance_core::fleet::ReferrerKind;
use clearance_core::{Document, Fleet, Form, Limits, Operation, Referrer, Rulebook, Verdict, source::Format};
use clearance_policy_host::{Basis, Policies, Policy};

use crate::guests::{answering, guest, host, policy};

/// The verdict on a description of any form.
fn judged(policies: Vec<Policy>, text: &str, form: Form) -> Verdict {
    let rulebook = Rulebook::default();
    let document = Document::read_as(text, Format::Yaml, form, &Limits::default()).named("demo");
    let policies = Policies { list: policies, digest: String::new() };
    let fleet = Fleet::default();
    let basis = Basis { rulebook: &rulebook, fleet: &fleet, now: 0 };
    policies.judge(&basis, &document, rulebook.examine(&document, 0), Operation::Create)
}

fn sentences(verdict: &Verdict) -> Vec<String> {
    verdict.findings.iter().map(|finding| finding.message(clearance_core::Language::English)).collect()
}

const REQUEST: &str = "api_server: https://10.0.0.1:6443\ncluster_type: physical\nusage: host\n";
const PROPERTY: &str = "apiVersion: nautes.resource.nautes.io/v1alpha1\nkind: Cluster\nspec:\n  name: demo\n  \
    apiServer: https://10.0.0.1:6443\n  clusterType: physical\n  usage: host\n";
const RESOURCE: &str = "apiVersion: nautes.resource.nautes.io/v1alpha1\nkind: Cluster\nmetadata:\n  name: demo\nspec:\n  \
    apiServer: https://10.0.0.1:6443\n  clusterType: physical\n  usage: host\n";

/// Each of them comes into the default namespace, so a policy for that is asked about it.
#[test]
fn a_policy_for_the_default_namespace_is_asked_about_every_form() {
    let host = host();
    for (text, form) in [(REQUEST, Form::Request), (PROPERTY, Form::Property), (RESOURCE, Form::Resource)] {
        for (namespace, times) in [("nautes", 1), ("other", 0)] {
            let mut own = policy(&host, &answering(r#"{"accepted":false,"message":"no"}"#));
            own.applies.namespaces = vec![namespace.to_owned()];
            let verdict = judged(vec![own], text, form);
            let denied = verdict.findings.iter().filter(|finding| finding.rule.name == "policy-denied").count();
            assert_eq!(denied, times, "{form:?} in {namespace}");
        }
    }
}

#[test]
fn no_credential_reaches_a_policy() {
    // It answers with a part of what it was asked.
    let parrot = guest("(call $request (i32.const 2048) (i32.const 4096)) (call $error (i32.const 4396) (i32.const 560)) (i32.const 0)");
    let host = host();
    for key in ["kubeconfig", "kubeConfig", "kube_config", "KUBECONFIG"] {
        let text = format!("{REQUEST}{key}: HUNTER2\nprimary_domain: https://me:HUNTER2@a.example\n");
        let said = sentences(&judged(vec![policy(&host, &parrot)], &text, Form::Request)).join("\n");
        assert!(said.contains("10.0.0.1") && said.contains("a.example"), "{key}: {said}");
        let policy_said = said.lines().find(|line| line.starts_with("policy")).expect("the policy speaks");
        assert!(!policy_said.contains("HUNTER2"), "{key}: {said}");
    }
}

#[test]
fn what_a_policy_changes_must_pass_the_rules() {
    let host = host();
    let changed = |products: &str| {
        let object = format!(
            r#"{{"apiVersion":"nautes.resource.nautes.io/v1alpha1","kind":"Cluster","metadata":{{"name":"demo","namespace":"nautes"}},"spec":{{"apiServer":"https://10.0.0.1:6443","clusterType":"physical","usage":"host","clusterKind":"kubernetes","primaryDomain":"10.0.0.1.nip.io","productAllowedClusterResources":{products}}}}}"#
        );
        let mut own = policy(&host, &answering(&format!(r#"{{"accepted":true,"mutated_object":{object}}}"#)));
        own.mutates = true;
        judged(vec![own], &format!("{RESOURCE}  clusterKind: kubernetes\n  primaryDomain: 10.0.0.1.nip.io\n"), Form::Resource)
    };
    let verdict = changed(r#"{"shop":[{"kind":"","group":""}]}"#);
    let said = sentences(&verdict);
    assert!(said.iter().any(|sentence| sentence.starts_with("policy `own`: what it changes is refused: ")), "{said:?}");
    let verdict = changed(r#"{"shop":[{"kind":"ClusterRole","group":"rbac.authorization.k8s.io"}]}"#);
    assert_eq!((verdict.errors, verdict.fill.is_empty()), (0, false), "{:?}", sentences(&verdict));
}

/// A virtual cluster, of which a policy would make something else.
#[test]
fn what_a_policy_changes_is_judged_among_others_and_by_what_was_before() {
    let host = host();
    let written = |kind: &str, spec: &str| {
        format!("apiVersion: nautes.resource.nautes.io/v1alpha1\nkind: Cluster\nmetadata:\n  name: {kind}\nspec:\n  {spec}\n")
    };
    let first = written("first", "{apiServer: 'https://10.0.0.1:6443', clusterType: physical, usage: host, clusterKind: kubernetes}");
    let guest = "apiServer: 'https://10.0.0.1:31443', clusterType: virtual, clusterKind: kubernetes, usage: worker, workerType: pipeline";
    let rulebook = Rulebook::default();
    let read = |text: String| Document::read_as(text.leak(), Format::Yaml, Form::Resource, &Limits::default());
    let mut fleet = Fleet::default();
    fleet.put(rulebook.examine(&read(first), 0).record);
    fleet.refer(Referrer {
        kind: ReferrerKind::ProjectPipelineRuntime,
        namespace: "nautes".to_owned(),
        name: "runs".to_owned(),
        cluster: "demo".to_owned(),
        file: None,
    });
    fleet.set_complete(true);
    let document = read(written("demo", &format!("{{{guest}, hostCluster: first}}")));
    let refused = |spec: &str, operation: Operation<'_>| {
        let object = format!(
            r#"{{"apiVersion":"nautes.resource.nautes.io/v1alpha1","kind":"Cluster","metadata":{{"name":"demo","namespace":"nautes"}},"spec":{spec}}}"#
        );
        let mut own = policy(&host, &answering(&format!(r#"{{"accepted":true,"mutated_object":{object}}}"#)));
        own.mutates = true;
        let basis = Basis { rulebook: &rulebook, fleet: &fleet, now: 0 };
        let policies = Policies { list: vec![own], digest: String::new() };
        let said = sentences(&policies.judge(&basis, &document, rulebook.examine(&document, 0), operation));
        said.into_iter().filter(|sentence| sentence.starts_with("policy `own`: what it changes is refused: ")).collect::<Vec<_>>()
    };
    let spec = |host: &str, worker: &str| {
        format!(
            r#"{{"apiServer":"https://10.0.0.1:31443","clusterType":"virtual","clusterKind":"kubernetes","usage":"worker","workerType":"{worker}","hostCluster":"{host}"}}"#
        )
    };
    let said = refused(&spec("gone", "pipeline"), Operation::Create);
    assert!(said.len() == 1 && said[0].contains("no cluster `gone` is registered"), "{said:?}");
    assert!(refused(&spec("first", "deployment"), Operation::Create).is_empty());
    let said = refused(&spec("first", "deployment"), Operation::Update(&document));
    assert!(said.len() == 1 && said[0].contains("workerType"), "{said:?}");
}

#[test]
fn a_policy_changes_no_more_than_anyone_completes() {
    let host = host();
    let labels: Vec<String> = (0..1_001).map(|number| format!(r#""l{number}":"""#)).collect();
    let object = format!(r#"{{"metadata":{{"name":"demo",{}}}}}"#, labels.join(","));
    let mut own = policy(&host, &answering(&format!(r#"{{"accepted":true,"mutated_object":{object}}}"#)));
    own.mutates = true;
    let said = sentences(&judged(vec![own.clone()], RESOURCE, Form::Resource));
    assert!(said.iter().any(|sentence| sentence.contains("it changes more than")), "{said:?}");
}

#[test]
fn an_answer_of_millions_of_values_is_not_taken_in() {
    let host = host();
    let commas = "(drop (memory.grow (i32.const 4))) (memory.fill (i32.const 4096) (i32.const 44) (i32.const 100_001))
        (call $response (i32.const 4096) (i32.const 100_001)) (i32.const 1)";
    let said = sentences(&judged(vec![policy(&host, &guest(commas))], RESOURCE, Form::Resource));
    assert_eq!(said.last().expect("it is told"), "policy `own` failed: its answer cannot be understood: it holds more than 100000 values");
}

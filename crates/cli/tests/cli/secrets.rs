//! No credential is ever shown.

use crate::support::{Place, corpus};

/// The kubeconfig of the guides.
fn kubeconfig() -> String {
    let body = crate::support::case("guides/en-cluster-host-as-printed/input.txt");
    let value = body.split("\"kubeconfig\": \"").nth(1).unwrap();
    value.split('"').next().unwrap().to_owned()
}

fn decoded(base64: &str) -> String {
    use base64::Engine;
    String::from_utf8(base64::engine::general_purpose::STANDARD.decode(base64).unwrap()).unwrap()
}

/// All pieces of some length of a secret; of Base64, the beginning says nothing but `apiVersion`.
fn assert_absent(output: &str, secret: &str, what: &str) {
    let plain = secret.get(48..).unwrap_or_default();
    for start in (0..plain.len().saturating_sub(16)).step_by(4) {
        let piece = &plain[start..start + 16];
        assert!(!output.contains(piece), "{what}: {piece} in\n{output}");
    }
}

fn outputs(place: &Place, file: &str) -> Vec<String> {
    let runs: &[&[&str]] = &[
        &["check", file],
        &["check", file, "--lang", "zh"],
        &["check", file, "--format", "json", "--show-filled"],
        &["check", file, "--show-filled"],
        &["check", file, "--color", "always"],
        &["check", file, "--name", "x", "--delete"],
        &["check", file, "--old", file],
    ];
    runs.iter()
        .map(|args| {
            let outcome = place.run(args);
            format!("{}{}", outcome.out, outcome.err)
        })
        .collect()
}

#[test]
fn kubeconfigs_in_all_their_disguises() {
    let base64 = kubeconfig();
    let plain = decoded(&base64);
    let indented = format!("    {}\n", plain.trim_end().replace('\n', "\n    "));
    let lines: Vec<&str> = base64.as_bytes().chunks(64).map(|chunk| str::from_utf8(chunk).unwrap()).collect();
    let wrapped = format!("    {}\n", lines.join("\n    "));
    let head = "\"api_server\": \"https://8.217.50.114:6443\", \"cluster_type\": \"physical\", \"usage\": \"hots\"";
    let yaml = "api_server: https://8.217.50.114:6443\ncluster_type: physical\nusage: hots\n";
    let quoted = serde_json::to_string(&plain).unwrap();
    let cases: Vec<(&str, String)> = vec![
        ("plain.json", format!("{{{head}, \"kubeconfig\": \"{base64}\"}}")),
        ("lines.json", format!("{{\n{head},\n\"kubeconfig\": \"{base64}\"\n}}")),
        ("twice.json", format!("{{\n{head},\n\"kubeconfig\": \"{base64}\", \"kubeconfig\": \"{base64}x\"\n}}")),
        ("comma.json", format!("{{\n\"kubeconfig\": \"{base64}\"\n{head}}}")),
        ("unclosed.json", format!("{{\n{head},\n\"kubeconfig\": \"{base64}\n}}")),
        ("unquoted.json", format!("{{\n{head},\n\"kubeconfig\": {base64}\n}}")),
        ("single.json", format!("{{\n{head},\n\"kubeconfig\": '{base64}'\n}}")),
        ("misspelt.json", format!("{{\n{head},\n\"kube_config\": \"{base64}\"\n}}")),
        ("misplaced.json", format!("{{\n{head},\n\"vcluster\": {{\"kubeconfig\": \"{base64}\"}}\n}}")),
        ("list.json", format!("{{\n{head},\n\"kubeconfig\": [\"{base64}\"]\n}}")),
        ("text.json", format!("{{\n{head},\n\"kubeconfig\": {quoted}\n}}")),
        ("text-misspelt.json", format!("{{\n{head},\n\"kubeConfig\": {quoted}\n}}")),
        ("text-unclosed.json", format!("{{\n{head},\n\"kubeconfig\": {}\n}}", quoted.trim_end_matches('"'))),
        ("usage.json", format!("{{\n{head},\n\"worker_type\": \"{base64}\"\n}}")),
        ("block.yaml", format!("{yaml}kubeconfig: |\n{indented}")),
        ("block-misspelt.yaml", format!("{yaml}kubeConfig: |\n{indented}")),
        ("wrapped.yaml", format!("{yaml}kubeconfig: |\n{wrapped}")),
        ("folded.yaml", format!("{yaml}kubeconfig: >-\n{wrapped}bad\n")),
        ("map.yaml", format!("{yaml}kubeconfig:\n{indented}")),
        ("plain.yaml", format!("{yaml}kubeconfig: {base64}\n")),
        ("broken.yaml", format!("{yaml}kubeconfig: |\n{indented}\tx: {{\n")),
        ("flush.yaml", format!("{yaml}kubeconfig: |\n{plain}")),
        (
            "resource.yaml",
            format!(
                "apiVersion: nautes.resource.nautes.io/v1alpha1\nkind: Cluster\nmetadata: {{name: x}}\nspec:\n  apiServer: x\n  kubeconfig: {base64}\n"
            ),
        ),
        ("itself.yaml", plain.clone()),
    ];
    let key = plain.split("client-key-data: ").nth(1).unwrap().trim().to_owned();
    for (name, text) in cases {
        let place = Place::with([(name, text.as_str())]);
        for output in outputs(&place, name) {
            assert_absent(&output, &base64, name);
            assert_absent(&output, &key, name);
        }
    }
}

#[test]
fn passwords_in_addresses() {
    let cases = [
        ("a.json", "{\"api_server\": \"https://admin:hunter2@8.217.50.114:6443\", \"cluster_type\": \"physical\", \"usage\": \"hots\"}"),
        (
            "b.yaml",
            "apiVersion: nautes.resource.nautes.io/v1alpha1\nkind: Cluster\nmetadata: {name: x}\nspec:\n  apiServer: https://admin:hunter2@8.217.50.114:6443\n  \
            clusterType: physical\n  usage: host\n",
        ),
        ("c.json", "{\"api_server\": \"https://admin:hunter2@8.217.50.114:6443 \"cluster_type\": \"physical\", \"usage\": \"hots\"}"),
        (
            "d.yaml",
            "api_server: https://admin:hunter2@8.217.50.114:6443\nprimary_domain: https://admin:hunter2@x.example.com\nusage: https://admin:hunter2@a\n",
        ),
    ];
    for (name, text) in cases {
        let place = Place::with([(name, text)]);
        for output in outputs(&place, name) {
            assert!(!output.contains("hunter2"), "{name}: {output}");
        }
    }
}

#[test]
fn kubeconfigs_of_the_corpus() {
    for group in std::fs::read_dir(corpus()).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()) {
        for case in std::fs::read_dir(group).unwrap().map(|entry| entry.unwrap().path()) {
            for name in ["input.json", "input.txt", "input.yaml"] {
                let Ok(text) = std::fs::read_to_string(case.join(name)) else { continue };
                let is_base64 = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=');
                let Some(secret) = text.split(|c| !is_base64(c)).max_by_key(|run| run.len()).filter(|run| run.len() > 200) else {
                    continue;
                };
                let place = Place::with([(name, text.as_str())]);
                for args in [&["check", name][..], &["check", name, "--format", "json", "--show-filled"]] {
                    let outcome = place.run(args);
                    assert_absent(&format!("{}{}", outcome.out, outcome.err), secret, &case.display().to_string());
                }
            }
        }
    }
}

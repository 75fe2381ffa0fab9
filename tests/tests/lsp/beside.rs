//! In one editor with yaml-language-server, on the same buffers.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use clearance_core::Form;
use clearance_lsp_client::Editor;
use serde_json::{Value, json};

use crate::support::{Tenant, editor, host, rules, worker};

fn yaml_language_server() -> PathBuf {
    let program =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("yaml-language-server/node_modules/yaml-language-server/bin/yaml-language-server");
    assert!(program.exists(), "yaml-language-server is not installed: run `npm ci` in tests/yaml-language-server, or `cargo xtask test`");
    program
}

/// Buffers with faults of every layer, and how many of each the other server tells as well.
fn buffers() -> Vec<(&'static str, String)> {
    let good = worker("shop", "10.0.0.1", 31_443, "host");
    vec![
        ("unknown-field", good.replace("usage: worker", "usage: worker\n  replicas: 3")),
        ("missing-field", good.replace("  usage: worker\n", "")),
        ("wrong-type", good.replace("usage: worker", "usage: worker\n  primaryDomain: 7")),
        ("unsupported-value", good.replace("workerType: deployment", "workerType: deploying")),
        ("invalid-syntax", good.replace("  usage: worker", "  usage: [worker")),
        ("duplicate-key", good.replace("  usage: worker\n", "  usage: worker\n  usage: host\n")),
        ("port-already-used", worker("shop", "10.0.0.1", 31_500, "host")),
        ("invalid-domain", good.replace("usage: worker", "usage: worker\n  primaryDomain: not a domain")),
        ("clean", good),
    ]
}

/// What the other server says of a text, line by line; it checks by the schema that we print.
struct Beside {
    editor: Editor,
}

impl Beside {
    fn start(folder: &Path, schema: &Path) -> Self {
        let mut command = Command::new("node");
        command.arg(yaml_language_server()).arg("--stdio");
        let mut editor = Editor::start(&mut command, folder, &json!({}), &json!({})).expect("yaml-language-server: it needs Node 20");
        let schema = clearance_render::uri::uri(schema);
        let settings = json!({ "yaml": { "validate": true, "schemas": { schema: "*.yaml" }, "schemaStore": { "enable": false } } });
        editor.client.configuration = json!({ "yaml": settings["yaml"], "http": {}, "[yaml]": {}, "editor": {}, "files": {} });
        editor.client.notify("workspace/didChangeConfiguration", json!({ "settings": settings })).expect("told");
        editor.client.rest(Duration::from_millis(500)).expect("ready");
        Self { editor }
    }

    fn says(&mut self, file: &Path, text: &str) -> Vec<Value> {
        let name = self.editor.open(file, text).expect("open");
        self.editor.client.wait("yaml-language-server", |client| client.times(&name) > 0).expect("it says something");
        self.editor.client.rest(Duration::from_millis(700)).expect("all of it");
        self.editor.client.diagnostics(&name).to_vec()
    }
}

fn line(diagnostic: &Value) -> u64 {
    diagnostic["range"]["start"]["line"].as_u64().unwrap_or_default()
}

fn overlap(a: &Value, b: &Value) -> bool {
    let at = |range: &Value, end: &str| (range[end]["line"].as_u64(), range[end]["character"].as_u64());
    at(&a["range"], "start") < at(&b["range"], "end") && at(&b["range"], "start") < at(&a["range"], "end")
}

#[test]
fn nothing_is_told_twice_and_nothing_is_lost() {
    let bank = worker("bank", "10.0.0.1", 31_500, "host");
    let tenant = Tenant::new().with(&[("host", host("host", "10.0.0.1")), ("bank", bank)]);
    let schema = tenant.root().join("cluster.schema.json");
    std::fs::write(&schema, clearance_render::schema(Form::Resource).to_string()).expect("written");
    let mut alone = editor(&tenant.root(), &json!({}));
    let mut beside = editor(&tenant.root(), &json!({ "layers": { "syntax": false, "schema": false } }));
    let mut other = Beside::start(&tenant.root(), &schema);
    for (rule, text) in buffers() {
        let file = tenant.file("shop.yaml");
        // It tells late of what was open under the same name before.
        let theirs = other.says(&tenant.root().join(format!("{rule}.yaml")), &text);
        let name = alone.open(&file, &text).expect("open");
        let all = alone.settled(&name).expect("settled");
        assert!(rule == "clean" && all.is_empty() || rules(&all).contains(&rule.to_owned()), "{rule}: {all:#?}");
        beside.open(&file, &text).expect("open");
        let ours = beside.settled(&name).expect("settled");
        println!(
            "{rule}: alone {:?}, beside {:?}, theirs {:?}",
            rules(&all),
            rules(&ours),
            theirs.iter().map(|d| d["message"].as_str().unwrap_or_default().lines().next().unwrap_or_default()).collect::<Vec<_>>()
        );
        assert!(ours.iter().all(|our| our["source"] == "clearance") && theirs.iter().all(|their| their["source"] != "clearance"));
        for left in all.iter().filter(|finding| !ours.iter().any(|our| our["code"] == finding["code"] && our["range"] == finding["range"]))
        {
            assert!(
                theirs.iter().any(|their| line(their).abs_diff(line(left)) <= 1),
                "{rule}: nobody tells {left:#}\nthey say {theirs:#?}"
            );
        }
        for our in &ours {
            assert!(!theirs.iter().any(|their| overlap(our, their)), "{rule}: told twice: {our:#}\nand {theirs:#?}");
        }
        // What is left to the other server is mended by us all the same.
        if rule == "unsupported-value" {
            let at = all[0].clone();
            let mut blind = at.clone();
            blind["source"] = json!("yaml-schema");
            blind["data"] = Value::Null;
            let actions = beside.actions(&name, &[blind]).expect("actions");
            assert_eq!(actions[0]["title"], "use `deployment`", "{actions:#?}");
        }
        for editor in [&mut alone, &mut beside] {
            editor.close(&name).expect("closed");
        }
    }
}

#[test]
fn a_modeline_leaves_the_schema_to_the_other_server() {
    let tenant = Tenant::new();
    let mut editor = editor(&tenant.root(), &json!({ "layers": { "schema": "without-modeline" } }));
    let wrong = host("host", "127.0.0.1").replace("usage: host", "usage: host\n  replicas: 3");
    let name = editor.open(&tenant.file("host.yaml"), &wrong).expect("open");
    assert_eq!(rules(&editor.settled(&name).expect("settled")), ["local-api-server", "unknown-field"]);
    editor.replace(&name, 0..0, "# yaml-language-server: $schema=cluster.schema.json\n").expect("typed");
    assert_eq!(rules(&editor.settled(&name).expect("settled")), ["local-api-server"]);
}

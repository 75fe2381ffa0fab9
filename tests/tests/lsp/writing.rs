//! What an editor shows while somebody writes.

use clearance_lsp_client::Editor;
use serde_json::{Value, json};

use crate::support::{Tenant, editor, host, rules, server, worker};

fn tenant() -> Tenant {
    Tenant::new().with(&[("host", host("host", "10.0.0.1")), ("shop", worker("shop", "10.0.0.1", 31_443, "host"))])
}

#[test]
fn typed_character_by_character() {
    let tenant = tenant();
    let mut editor = editor(&tenant.root(), &json!({}));
    let text = worker("new", "10.0.0.1", 31_443, "host") + "  primaryDomain: 例え.example.com # 😀\n";
    let name = editor.open(&tenant.file("new.yaml"), "").expect("open");
    editor.type_at(&name, 0, &text).expect("typed");
    let found = editor.settled(&name).expect("settled");
    assert_eq!(rules(&found), ["port-already-used", "invalid-domain"], "{found:#?}");
    assert_eq!(editor.within(&name, &found[1]["range"]), "例え.example.com");
    // Backwards again, to nothing.
    while let Some(last) = editor.text(&name).chars().next_back() {
        let end = editor.text(&name).len();
        editor.replace(&name, end - last.len_utf8()..end, "").expect("typed");
    }
    assert_eq!(rules(&editor.settled(&name).expect("settled")), [] as [&str; 0]);
    editor.close(&name).expect("closed");
    assert_eq!(editor.client.quit().expect("it ends"), Some(0));
}

#[test]
fn all_safe_fixes_at_once() {
    let tenant = tenant();
    let mut editor = editor(&tenant.root(), &json!({}));
    let text = "apiVersion: nautes.resource.nautes.io/v1alpha1\nkind: Cluster\nmetadata:\n  name: new\nspec:\n  api_server: https://10.0.0.9:6443 # ours\n  \
                clusterType: Physical\n  usage: host\n  componentsList:\n    gateway:\n      additions:\n        httpNodePort: 30080\n";
    let name = editor.open(&tenant.file("new.yaml"), text).expect("open");
    let found = editor.settled(&name).expect("settled");
    assert_eq!(rules(&found).len(), 3, "{found:#?}");
    let only = json!({ "diagnostics": [], "only": ["source.fixAll"] });
    let range = json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 0, "character": 0 } });
    let actions = editor
        .client
        .request("textDocument/codeAction", json!({ "textDocument": { "uri": name }, "range": range, "context": only }))
        .expect("actions");
    assert_eq!(actions.as_array().map(Vec::len), Some(1));
    editor.apply(&actions[0]["edit"]).expect("applied");
    let text = editor.text(&name).to_owned();
    assert!(text.contains("  apiServer: https://10.0.0.9:6443 # ours\n") && text.contains("httpNodePort: \"30080\""), "{text}");
    assert_eq!(rules(&editor.settled(&name).expect("settled")), [] as [&str; 0], "{text}");
}

#[test]
fn hover_hints_symbols_and_folds() {
    let tenant = tenant();
    let mut editor = editor(&tenant.root(), &json!({}));
    let name = editor.open(&tenant.file("shop.yaml"), &worker("shop", "10.0.0.1", 31_443, "host")).expect("open");
    let at = editor.text(&name).find("hostCluster").expect("it is there");
    let hover = editor.ask_at("hover", &name, at, &json!({})).expect("an answer");
    let shown = hover["contents"]["value"].as_str().expect("Markdown");
    assert!(
        shown.contains("`spec.hostCluster`") && shown.contains("Required for: `virtual-worker-deployment`, `virtual-worker-pipeline`"),
        "{shown}"
    );
    assert_eq!(editor.within(&name, &hover["range"]), "hostCluster");
    let document = json!({ "uri": name });
    let whole = json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 99, "character": 0 } });
    let hints = editor.client.request("textDocument/inlayHint", json!({ "textDocument": document, "range": whole })).expect("hints");
    assert_eq!(hints[0]["position"], json!({ "line": 5, "character": 5 }));
    assert!(hints[0]["label"].as_str().expect("a label").starts_with("filled in: clusterKind: kubernetes"), "{hints}");
    // Taken, they leave nothing to fill in and nothing to object to.
    let edit = json!({ "changes": { name.clone(): hints[0]["textEdits"] } });
    editor.apply(&edit).expect("applied");
    let hints = editor.client.request("textDocument/inlayHint", json!({ "textDocument": document, "range": whole })).expect("hints");
    assert_eq!(hints, json!([]));
    assert_eq!(rules(&editor.settled(&name).expect("settled")), [] as [&str; 0]);
    let symbols = editor.client.request("textDocument/documentSymbol", json!({ "textDocument": document })).expect("symbols");
    let names: Vec<&str> = symbols.as_array().expect("symbols").iter().filter_map(|symbol| symbol["name"].as_str()).collect();
    assert_eq!(names, ["apiVersion", "kind", "metadata", "spec"]);
    let folds = editor.client.request("textDocument/foldingRange", json!({ "textDocument": document })).expect("folds");
    assert_eq!(folds[0], json!({ "startLine": 2, "endLine": 4 }));
}

#[test]
fn a_kubeconfig_is_no_symbol_and_is_repeated_nowhere() {
    let tenant = tenant();
    let mut editor = editor(&tenant.root(), &json!({}));
    let secret = "c2VjcmV0LXRva2VuLXRoYXQtbm8tb25lLW1heS1zZWU";
    let text = format!(
        "{{\n  \"api_server\": \"https://10.0.0.9:6443\",\n  \"cluster_type\": \"physical\",\n  \"usage\": \"host\",\n  \"kubeconfig\": \"{secret}\"\n}}\n"
    );
    let name = editor.open(&tenant.root().join("request.json"), &text).expect("open");
    let document = json!({ "uri": name });
    let whole = json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 99, "character": 0 } });
    let mut said = format!("{:?}", editor.settled(&name).expect("settled"));
    for method in ["documentSymbol", "foldingRange"] {
        said +=
            &editor.client.request(&format!("textDocument/{method}"), json!({ "textDocument": document })).expect("an answer").to_string();
    }
    said +=
        &editor.client.request("textDocument/inlayHint", json!({ "textDocument": document, "range": whole })).expect("hints").to_string();
    let at = text.find("kubeconfig").expect("it is there");
    said += &editor.ask_at("hover", &name, at + 2, &json!({})).expect("a hover").to_string();
    assert!(said.contains("invalid-kubeconfig") && !said.contains(secret), "{said}");
}

#[test]
fn a_client_that_pulls() {
    let tenant = tenant();
    let pulls = json!({
        "textDocument": { "diagnostic": {} },
        "workspace": { "diagnostics": { "refreshSupport": true } },
        "general": { "positionEncodings": ["utf-8", "utf-16"] },
    });
    let mut editor = Editor::start(&mut server(), &tenant.root(), &pulls, &json!({})).expect("a language server");
    assert_eq!(editor.server.pointer("/capabilities/positionEncoding"), Some(&json!("utf-8")));
    let text = worker("bank", "10.0.0.1", 31_443, "host");
    let shop = editor.open(&tenant.file("shop.yaml"), &worker("shop", "10.0.0.1", 31_443, "host")).expect("open");
    let pull = |editor: &mut Editor, name: &str, previous: Value| {
        editor
            .client
            .request("textDocument/diagnostic", json!({ "textDocument": { "uri": name }, "previousResultId": previous }))
            .expect("a report")
    };
    let clean = pull(&mut editor, &shop, Value::Null);
    assert_eq!((clean["kind"].as_str(), &clean["items"]), (Some("full"), &json!([])));
    assert_eq!(pull(&mut editor, &shop, clean["resultId"].clone())["kind"], "unchanged");
    // Another file takes the port: the client is asked to look again.
    let bank = editor.open(&tenant.file("bank.yaml"), &text).expect("open");
    editor.client.wait("a refresh", |client| client.asked.iter().any(|method| method == "workspace/diagnostic/refresh")).expect("asked");
    let clash = pull(&mut editor, &shop, clean["resultId"].clone());
    assert_eq!(rules(clash["items"].as_array().expect("items")), ["port-already-used"]);
    assert_eq!(editor.client.times(&shop) + editor.client.times(&bank), 0, "who pulls is pushed nothing");
    // What is not open is told by the report of everything.
    editor.close(&bank).expect("closed");
    tenant.write("bank.yaml", &text);
    editor.disk_changed(&[(tenant.file("bank.yaml"), 1)]).expect("told");
    let all = editor.client.request("workspace/diagnostic", json!({ "previousResultIds": [] })).expect("a report");
    let told: Vec<(String, Vec<String>)> = all["items"]
        .as_array()
        .expect("items")
        .iter()
        .map(|report| {
            (
                report["uri"].as_str().and_then(|uri| uri.rsplit('/').next()).unwrap_or_default().to_owned(),
                rules(report["items"].as_array().expect("items")),
            )
        })
        .collect();
    let is = |name: &str, rule: &str| told.contains(&(name.to_owned(), vec![rule.to_owned()]));
    assert!(
        is("shop.yaml", "port-already-used") && is("bank.yaml", "port-already-used") && is("kustomization.yaml", "cluster-not-listed"),
        "{told:?}"
    );
}

#[test]
fn the_disk_is_watched_with_and_without_the_clients_help() {
    for watches in [true, false] {
        let tenant = tenant();
        let capabilities = json!({ "workspace": { "didChangeWatchedFiles": { "dynamicRegistration": watches } } });
        let mut editor = Editor::start(&mut server(), &tenant.root(), &capabilities, &json!({})).expect("a language server");
        let shop = editor.open(&tenant.file("shop.yaml"), &worker("shop", "10.0.0.1", 31_443, "host")).expect("open");
        assert_eq!(rules(&editor.settled(&shop).expect("settled")), [] as [&str; 0]);
        assert_eq!(editor.client.asked.contains(&"client/registerCapability".to_owned()), watches);
        tenant.write("bank.yaml", &worker("bank", "10.0.0.1", 31_443, "host"));
        if watches {
            editor.disk_changed(&[(tenant.file("bank.yaml"), 1)]).expect("told");
        }
        editor.client.wait("the clash", |client| rules(client.diagnostics(&shop)) == ["port-already-used"]).expect("told");
        std::fs::remove_file(tenant.file("bank.yaml")).expect("removed");
        if watches {
            editor.disk_changed(&[(tenant.file("bank.yaml"), 3)]).expect("told");
        }
        editor.client.wait("the end of the clash", |client| client.diagnostics(&shop).is_empty()).expect("told");
    }
}

#[test]
fn settings_of_the_repository_and_of_the_editor() {
    let tenant = tenant();
    let toml = tenant.root().join("clearance.toml");
    std::fs::write(&toml, "lang = \"zh\"\n[severity]\nlocal-api-server = \"off\"\n").expect("written");
    let mut editor = editor(&tenant.root(), &json!({}));
    let local = host("local", "127.0.0.1").replace("usage: host", "usage: hosts");
    let name = editor.open(&tenant.file("local.yaml"), &local).expect("open");
    let found = editor.settled(&name).expect("settled");
    assert_eq!(rules(&found), ["unsupported-value"]);
    assert!(found[0]["message"].as_str().expect("a message").contains("不支持"), "{found:#?}");
    // Wrong settings are told at their place, and none of them hold.
    std::fs::write(&toml, "lang = \"xx\"\n").expect("written");
    editor.disk_changed(&[(toml.clone(), 2)]).expect("told");
    let settings = clearance_render::uri::uri(&toml);
    editor.client.wait("the settings' fault", |client| client.diagnostics(&settings).len() == 1).expect("told");
    assert_eq!(rules(&editor.settled(&name).expect("settled")), ["local-api-server", "unsupported-value"]);
    // Other faults take the place of what was told, and a file that goes takes them along.
    std::fs::write(&toml, "# in line 2\nlang = 7\n").expect("written");
    editor.disk_changed(&[(toml.clone(), 2)]).expect("told");
    let is_in_line_2 = |diagnostics: &[Value]| diagnostics.first().is_some_and(|first| first["range"]["start"]["line"] == 1);
    editor.client.wait("another fault", |client| is_in_line_2(client.diagnostics(&settings))).expect("told");
    std::fs::remove_file(&toml).expect("removed");
    editor.disk_changed(&[(toml.clone(), 3)]).expect("told");
    editor.client.wait("its end", |client| client.diagnostics(&settings).is_empty()).expect("told");
    std::fs::write(&toml, "lang = \"xx\"\n").expect("written");
    editor.disk_changed(&[(toml.clone(), 1)]).expect("told");
    editor.client.wait("the fault again", |client| client.diagnostics(&settings).len() == 1).expect("told");
    std::fs::write(&toml, "").expect("written");
    editor.disk_changed(&[(toml, 2)]).expect("told");
    editor.client.wait("their end", |client| client.diagnostics(&settings).is_empty()).expect("told");
    // The editor's own: a layer is switched off.
    let off = json!({ "settings": { "clearance": { "layers": { "schema": false } } } });
    editor.client.notify("workspace/didChangeConfiguration", off).expect("told");
    assert_eq!(rules(&editor.settled(&name).expect("settled")), ["local-api-server"]);
}

#[test]
fn what_the_settings_leave_out_and_templates_are_left_out_where_they_are_open() {
    let tenant = tenant();
    std::fs::write(tenant.root().join("clearance.toml"), "exclude = [\"examples/**\"]\n").expect("written");
    std::fs::create_dir_all(tenant.root().join("examples")).expect("a directory");
    std::fs::create_dir_all(tenant.root().join("chart/templates")).expect("a directory");
    std::fs::write(tenant.root().join("chart/Chart.yaml"), "name: chart\n").expect("written");
    let text = worker("shop", "10.0.0.1", 31_443, "host");
    let example = tenant.root().join("examples/shop.yaml");
    let template = tenant.root().join("chart/templates/shop.yaml");
    let of_template = text.replace("usage: worker", "usage: {{ .Values.usage }}");
    std::fs::write(&example, &text).expect("written");
    std::fs::write(&template, &of_template).expect("written");
    let mut editor = editor(&tenant.root(), &json!({}));
    let shop = editor.open(&tenant.file("shop.yaml"), &text).expect("open");
    let wrong = text.replace("usage: worker", "usage: workers");
    let names = [editor.open(&example, &wrong).expect("open"), editor.open(&template, &of_template).expect("open")];
    for name in names.iter().chain([&shop]) {
        assert_eq!(rules(&editor.settled(name).expect("settled")), [] as [&str; 0], "{name}");
    }
    // What nothing leaves out is told.
    let copy = editor.open(&tenant.root().join("copy.yaml"), &text).expect("open");
    assert_eq!(rules(&editor.settled(&copy).expect("settled")), ["defined-twice"]);
    assert_eq!(rules(&editor.settled(&shop).expect("settled")), ["defined-twice"]);
}

#[test]
fn a_file_is_reported_once_and_under_the_name_that_its_client_has_for_it() {
    let tenant = tenant();
    let text = worker("bank", "10.0.0.1", 31_443, "host");
    tenant.write("bank@(1).yaml", &text);
    let pulls = json!({ "textDocument": { "diagnostic": {} } });
    let inner = clearance_render::uri::uri(&tenant.root().join("nautes"));
    let mut editor = Editor::start(&mut server(), &tenant.root(), &pulls, &json!({})).expect("a language server");
    let event = json!({ "event": { "added": [{ "uri": inner, "name": "inner" }], "removed": [] } });
    editor.client.notify("workspace/didChangeWorkspaceFolders", event).expect("told");
    let mut all = |previous: Value| {
        let report = editor.client.request("workspace/diagnostic", json!({ "previousResultIds": previous })).expect("a report");
        let of_bank = |report: &&Value| report["uri"].as_str().is_some_and(|uri| uri.contains("bank"));
        report["items"].as_array().expect("items").iter().filter(of_bank).cloned().collect::<Vec<Value>>()
    };
    let first = all(json!([]));
    assert_eq!(first.len(), 1, "{first:#?}");
    assert!(rules(first[0]["items"].as_array().expect("items")).contains(&"port-already-used".to_owned()), "{first:#?}");
    // As Visual Studio Code spells it.
    let theirs = first[0]["uri"].as_str().expect("a URI").replace('@', "%40").replace('(', "%28").replace(')', "%29");
    assert_ne!(first[0]["uri"], theirs.as_str());
    let second = all(json!([{ "uri": theirs, "value": first[0]["resultId"] }]));
    assert_eq!(second.len(), 1, "{second:#?}");
    assert_eq!((second[0]["uri"].as_str(), second[0]["kind"].as_str()), (Some(theirs.as_str()), Some("unchanged")), "{second:#?}");
}

#[test]
fn settings_and_what_exists_elsewhere_are_looked_for_without_the_clients_help() {
    let elsewhere = tempfile::tempdir().expect("a directory");
    let fleet = elsewhere.path().join("fleet.yaml");
    std::fs::write(&fleet, host("host", "10.0.0.1")).expect("written");
    // Who watches is told of nothing outside of the folder, and who does not of nothing at all.
    for watches in [true, false] {
        let folder = tempfile::Builder::new().prefix("folder-").tempdir().expect("a directory");
        let root = folder.path().canonicalize().expect("it is there");
        let toml = root.join("clearance.toml");
        let capabilities = json!({ "workspace": { "didChangeWatchedFiles": { "dynamicRegistration": watches } } });
        let mut editor = Editor::start(&mut server(), &root, &capabilities, &json!({})).expect("a language server");
        let shop = editor.open(&root.join("shop.yaml"), &worker("shop", "10.0.0.1", 31_443, "metal")).expect("open");
        // What else exists is not known, so that a host that is not here is a doubt and no error.
        let severity = |diagnostics: &[Value]| {
            let unknown = diagnostics.iter().find(|diagnostic| diagnostic["code"] == "unknown-host-cluster");
            unknown.and_then(|unknown| unknown["severity"].as_u64())
        };
        assert_eq!(severity(&editor.settled(&shop).expect("settled")), Some(2));
        std::fs::write(&toml, format!("fleet = [{fleet:?}]\n")).expect("written");
        editor.client.wait("the settings", |client| severity(client.diagnostics(&shop)) == Some(1)).expect("told");
        std::fs::write(&fleet, host("metal", "10.0.0.1")).expect("written");
        editor.client.wait("the other fleet", |client| client.diagnostics(&shop).is_empty()).expect("told");
        std::fs::write(&fleet, host("host", "10.0.0.1")).expect("written");
        editor.client.wait("the fleet as it was", |client| severity(client.diagnostics(&shop)) == Some(1)).expect("told");
        // What cannot be read may hold the host.
        std::fs::write(&toml, format!("fleet = [{fleet:?}, \"none.yaml\"]\n")).expect("written");
        editor.client.wait("the gap", |client| severity(client.diagnostics(&shop)) == Some(2)).expect("told");
        assert!(editor.client.shown.iter().any(|line| line.contains("none.yaml")), "{:?}", editor.client.shown);
        std::fs::remove_file(&toml).expect("removed");
    }
}

#[test]
fn what_is_in_no_file_makes_no_repository() {
    let tenant = tenant();
    // Where the server runs there are settings: a name without a directory is not meant to lie there.
    let mut command = server();
    let here = tempfile::tempdir().expect("a directory");
    std::fs::write(here.path().join("clearance.toml"), "[severity]\nport-already-used = \"off\"\n").expect("written");
    command.current_dir(here.path());
    let mut editor = Editor::start(&mut command, &tenant.root(), &json!({}), &json!({})).expect("a language server");
    let text = worker("bank", "10.0.0.1", 31_443, "host");
    let mut open = |name: &str, text: &str| {
        let document = json!({ "uri": name, "languageId": "yaml", "version": 1, "text": text });
        editor.client.notify("textDocument/didOpen", json!({ "textDocument": document })).expect("told");
        let settled = editor.settled(name).expect("settled");
        rules(&settled)
    };
    // It is meant for the folder that is open; a file's past is no second cluster.
    assert_eq!(open("untitled:Untitled-1", &text), ["port-already-used"]);
    let shop = worker("shop", "10.0.0.1", 31_443, "host");
    assert_eq!(open("fugitive:///repository/.git//0/shop.yaml", &shop), ["unknown-host-cluster"], "it is alone");
    let file = clearance_render::uri::uri(&tenant.file("shop.yaml"));
    assert_eq!(open(&file, &shop), ["port-already-used"]);
    let outside = tempfile::tempdir().expect("a directory");
    let lonely = clearance_render::uri::uri(&outside.path().join("lonely.yaml"));
    assert_eq!(open(&lonely, &text.replace("usage: worker", "usage: workers")), ["unsupported-value", "unknown-host-cluster"]);
}

#[test]
fn a_module_that_is_replaced_is_seen() {
    let tenant = tenant();
    std::fs::write(tenant.root().join("clearance.toml"), "policies = \"policies.yaml\"\n").expect("written");
    let policies = tenant.root().join("policies.yaml");
    std::fs::write(&policies, "version: 1\npolicies:\n  - name: own\n    module: own.wasm\n").expect("written");
    let mut editor = editor(&tenant.root(), &json!({}));
    let name = clearance_render::uri::uri(&policies);
    let says = |client: &clearance_lsp_client::Client, word: &str| {
        client.diagnostics(&name).first().is_some_and(|first| first["message"].as_str().is_some_and(|message| message.contains(word)))
    };
    editor.client.wait("what is wrong", |client| says(client, "own.wasm")).expect("told");
    let before = editor.client.diagnostics(&name).to_vec();
    // There is one list for each text: where the file is open, what is wrong in it is told there.
    let text = std::fs::read_to_string(&policies).expect("a file");
    editor.open(&policies, &text).expect("open");
    assert_eq!(editor.settled(&name).expect("settled"), before);
    std::fs::write(tenant.root().join("own.wasm"), "no module").expect("written");
    editor
        .client
        .wait("what is wrong now", |client| !client.diagnostics(&name).is_empty() && client.diagnostics(&name) != before)
        .expect("told");
    let now = editor.client.diagnostics(&name).to_vec();
    editor.close(&name).expect("closed");
    assert_eq!(editor.settled(&name).expect("settled"), now);
}

//! Three editing runs from beginning to end.

use std::fmt::Write as _;

use clearance_lsp_client::Editor;
use serde_json::json;

use crate::support::{CLUSTERS, Tenant, editor, host, rules, worker};

/// Writes all required fields at a place, each by its completion; `choices` says which word is taken
/// where there are several. What is typed is the first letters of a field and line ends, no more.
fn write_required(editor: &mut Editor, name: &str, mut at: usize, indent: usize, choices: &[(&str, &str)]) -> usize {
    let mut is_first = true;
    loop {
        let items = editor.complete(name, at).expect("completions");
        let Some(field) = items.iter().find(|item| item["detail"] == "required") else { return at };
        let label = field["label"].as_str().expect("a label").to_owned();
        if !is_first {
            // The cursor stands on a line of its own already.
            assert!(editor.text(name)[..at].ends_with(&" ".repeat(indent)), "{}", editor.text(name));
        }
        is_first = false;
        at = editor.type_at(name, at, &label[..2]).expect("typed");
        let items = editor.complete(name, at).expect("completions");
        let field = items.iter().find(|item| item["label"] == label.as_str()).unwrap_or_else(|| panic!("`{label}` is offered no more"));
        let new = field["textEdit"]["newText"].as_str().expect("text").to_owned();
        at = editor.accept(name, field).expect("accepted");
        if new.ends_with(": ") {
            let items = editor.complete(name, at).expect("completions");
            let choice = choices.iter().find(|(field, _)| *field == label).map(|(_, word)| *word);
            let value = items.iter().find(|item| choice.is_none_or(|word| item["label"] == word));
            at = editor.accept(name, value.unwrap_or_else(|| panic!("nothing for `{label}`: {items:?}"))).expect("accepted");
        }
        if new.contains('\n') {
            at = write_required(editor, name, at, indent + 2, choices);
            // Back by one level.
            editor.replace(name, at - 2..at, "").expect("typed");
            at -= 2;
        } else {
            at = editor.type_at(name, at, &format!("\n{}", " ".repeat(indent))).expect("typed");
        }
    }
}

#[test]
fn five_profiles_are_written_by_completion_alone() {
    let tenant = Tenant::new();
    let mut editor = editor(&tenant.root(), &json!({}));
    let list = editor.open(&tenant.file("kustomization.yaml"), "resources: []\n").expect("open");
    let profiles: [(&str, &[(&str, &str)]); 5] = [
        ("host", &[("clusterType", "physical"), ("usage", "host")]),
        ("deploy", &[("clusterType", "physical"), ("usage", "worker"), ("workerType", "deployment")]),
        ("build", &[("clusterType", "physical"), ("usage", "worker"), ("workerType", "pipeline")]),
        ("team-deploy", &[("clusterType", "virtual"), ("usage", "worker"), ("workerType", "deployment")]),
        ("team-build", &[("clusterType", "virtual"), ("usage", "worker"), ("workerType", "pipeline")]),
    ];
    let mut record = String::new();
    let mut names = vec![list.clone()];
    for (cluster, choices) in profiles {
        let name = editor.open(&tenant.file(&format!("{cluster}.yaml")), "").expect("open");
        write_required(&mut editor, &name, 0, 0, choices);
        editor.save(&name).expect("saved");
        let _ = write!(record, "--- {cluster}.yaml\n{}", editor.text(&name));
        names.push(name);
        // The list lacks it now, says so, and offers the entry.
        let missing = editor.settled(&list).expect("settled");
        assert_eq!(rules(&missing), ["cluster-not-listed"], "{missing:#?}");
        let actions = editor.actions(&list, &missing).expect("actions");
        let edit = actions.first().expect("a fix")["edit"].clone();
        editor.apply(&edit).expect("applied");
        editor.save(&list).expect("saved");
    }
    let _ = write!(record, "--- kustomization.yaml\n{}", editor.text(&list));
    println!("{record}");
    for name in &names {
        assert_eq!(rules(&editor.settled(name).expect("settled")), [] as [&str; 0], "{name}\n{record}");
        assert!(editor.client.times(name) > 0, "of a clean text an empty list is published");
    }
    assert_eq!(tenant.check(), [] as [serde_json::Value; 0]);
    insta::assert_snapshot!(record);
}

#[test]
fn a_port_clash_is_seen_in_both_files_and_mended_by_the_offered_port() {
    let text = |name: &str| worker(name, "10.0.0.1", 31_443, "host");
    let tenant = Tenant::new().with(&[("host", host("host", "10.0.0.1")), ("shop", text("shop")), ("bank", text("bank"))]);
    let mut editor = editor(&tenant.root(), &json!({}));
    let shop = editor.open(&tenant.file("shop.yaml"), &text("shop")).expect("open");
    let bank = editor.open(&tenant.file("bank.yaml"), &text("bank")).expect("open");
    for (name, other) in [(&shop, &bank), (&bank, &shop)] {
        let found = editor.settled(name).expect("settled");
        assert_eq!(rules(&found), ["port-already-used"]);
        assert_eq!(editor.within(name, &found[0]["range"]), "https://10.0.0.1:31443");
        assert_eq!(found[0]["relatedInformation"][0]["location"]["uri"], other.as_str());
        assert!(found[0]["codeDescription"]["href"].as_str().expect("a page").ends_with("/port-already-used.md"));
        assert_eq!(found[0]["source"], "clearance");
    }
    let found = editor.settled(&shop).expect("settled");
    let actions = editor.actions(&shop, &found).expect("actions");
    assert_eq!(actions[0]["title"], "use the free port `31444`");
    let before = editor.client.times(&bank);
    editor.apply(&actions[0]["edit"].clone()).expect("applied");
    assert!(editor.text(&shop).contains("https://10.0.0.1:31444"));
    // The other file is not touched, and has nothing to tell any more.
    editor.client.wait("the other file", |client| client.times(&bank) > before).expect("told");
    assert_eq!(rules(&editor.settled(&bank).expect("settled")), [] as [&str; 0]);
    assert_eq!(rules(&editor.settled(&shop).expect("settled")), [] as [&str; 0]);
    editor.save(&shop).expect("saved");
    assert_eq!(tenant.check(), [] as [serde_json::Value; 0]);
}

#[test]
fn a_port_that_is_taken_meanwhile_is_offered_no_more() {
    let text = |name: &str, port| worker(name, "10.0.0.1", port, "host");
    let tenant = Tenant::new().with(&[("host", host("host", "10.0.0.1")), ("shop", text("shop", 31_443)), ("bank", text("bank", 31_443))]);
    let mut editor = editor(&tenant.root(), &json!({}));
    let shop = editor.open(&tenant.file("shop.yaml"), &text("shop", 31_443)).expect("open");
    let old = editor.settled(&shop).expect("settled");
    assert_eq!(editor.actions(&shop, &old).expect("actions")[0]["title"], "use the free port `31444`");
    tenant.write("third.yaml", &text("third", 31_444));
    editor.disk_changed(&[(tenant.file("third.yaml"), 1)]).expect("told");
    let now = editor.settled(&shop).expect("settled");
    assert_ne!(old, now, "other fixes are another thing to tell");
    // Also where what was told first is given back.
    for known in [&old, &now] {
        let actions = editor.actions(&shop, known).expect("actions");
        assert_eq!(actions[0]["title"], "use the free port `31445`", "{actions:#?}");
        assert!(actions.iter().all(|action| action["kind"] == "quickfix"), "all fixes at once are made where they are asked for");
    }
}

#[test]
fn a_name_that_leads_elsewhere_is_refused_whatever_is_switched_off() {
    // One host is described here, the other one elsewhere.
    let clusters = [("host", host("host", "10.0.0.1")), ("shop", worker("shop", "10.0.0.1", 31_443, "host"))];
    let tenant = Tenant::new().with(&clusters);
    std::fs::write(tenant.root().join("clearance.toml"), "[severity]\ninvalid-name = \"off\"\n").expect("written");
    let mut editor = editor(&tenant.root(), &json!({}));
    for host in ["host", "elsewhere"] {
        let name = editor.open(&tenant.file("shop.yaml"), &worker("shop", "10.0.0.1", 31_443, host)).expect("open");
        let at = editor.text(&name).find("hostCluster: ").expect("it is there") + "hostCluster: h".len();
        for bad in ["", "../../x", "a/b", "Host"] {
            let refusal = editor.ask_at("rename", &name, at, &json!({ "newName": bad })).expect_err("refused");
            assert!(refusal.to_string().contains("no DNS label"), "{refusal}");
        }
        let edit = editor.ask_at("rename", &name, at, &json!({ "newName": "metal" })).expect("an edit");
        assert!(edit["documentChanges"].as_array().is_some_and(|changes| !changes.is_empty()), "{edit:#}");
        editor.close(&name).expect("closed");
    }
}

#[test]
fn a_host_is_renamed_across_twelve_files_and_the_lists() {
    let mut clusters = vec![("host".to_owned(), host("host", "10.0.0.1"))];
    clusters.extend(
        (0..10_u16).map(|number| (format!("team-{number}"), worker(&format!("team-{number}"), "10.0.0.1", 31_000 + number, "host"))),
    );
    let named: Vec<(&str, String)> = clusters.iter().map(|(name, text)| (name.as_str(), text.clone())).collect();
    let tenant = Tenant::new().with(&named);
    let environment = tenant.root().join("environment.yaml");
    let text = "apiVersion: nautes.resource.nautes.io/v1alpha1\nkind: Environment\nmetadata:\n  name: test\n  namespace: shop\nspec:\n  cluster: host # where it runs\n";
    std::fs::write(&environment, text).expect("written");
    assert_eq!(tenant.check(), [] as [serde_json::Value; 0]);

    let mut editor = editor(&tenant.root(), &json!({}));
    let team = editor.open(&tenant.file("team-3.yaml"), &clusters[4].1).expect("open");
    let list = editor
        .open(&tenant.file("kustomization.yaml"), &std::fs::read_to_string(tenant.file("kustomization.yaml")).expect("a list"))
        .expect("open");
    let at = editor.text(&team).find("hostCluster: host").expect("it is there") + "hostCluster: ho".len();
    let definition = editor.ask_at("definition", &team, at, &json!({})).expect("an answer");
    assert!(definition[0]["uri"].as_str().expect("a place").ends_with("/host.yaml"), "{definition}");
    let references = editor.ask_at("references", &team, at, &json!({ "context": { "includeDeclaration": false } })).expect("an answer");
    assert_eq!(references.as_array().map(Vec::len), Some(12), "ten clusters, the environment and the list: {references:#}");
    let prepared = editor.ask_at("prepareRename", &team, at, &json!({})).expect("an answer");
    assert_eq!((editor.within(&team, &prepared["range"]), prepared["placeholder"].as_str()), ("host", Some("host")));
    for (bad, why) in [("Host_2", "no valid name"), ("team-1", "describe one cluster")] {
        let refusal = editor.ask_at("rename", &team, at, &json!({ "newName": bad })).expect_err("refused");
        assert!(refusal.to_string().contains(why), "{refusal}");
    }
    let edit = editor.ask_at("rename", &team, at, &json!({ "newName": "metal" })).expect("an edit");
    assert_eq!(edit["documentChanges"].as_array().map(Vec::len), Some(14), "twelve files, the list and the file's name: {edit:#}");
    editor.apply(&edit).expect("applied");
    for name in [&team, &list] {
        editor.save(name).expect("saved");
        assert_eq!(rules(&editor.settled(name).expect("settled")), [] as [&str; 0]);
    }
    assert!(tenant.file("metal.yaml").exists() && !tenant.file("host.yaml").exists());
    let grep = |file: &std::path::Path| std::fs::read_to_string(file).expect("it is there");
    assert!(grep(&environment).contains("cluster: metal # where it runs"));
    assert!(grep(&tenant.file("kustomization.yaml")).contains("- metal.yaml\n"));
    assert!((0..10).all(|number| grep(&tenant.file(&format!("team-{number}.yaml"))).contains("hostCluster: metal\n")));
    assert_eq!(tenant.check(), [] as [serde_json::Value; 0]);
}

/// An editor finds again what it is told of: by the names under which it shows the files.
#[test]
fn a_repository_behind_a_link_keeps_its_name() {
    let tenant = Tenant::new().with(&[("host", host("host", "10.0.0.1")), ("shop", worker("shop", "10.0.0.1", 31_000, "host"))]);
    let elsewhere = tempfile::tempdir().expect("a directory");
    let link = elsewhere.path().canonicalize().expect("it is there").join("link");
    std::os::unix::fs::symlink(tenant.root(), &link).expect("a link");
    let mut editor = editor(&link, &json!({}));
    let shop = editor.open(&link.join(CLUSTERS).join("shop.yaml"), &worker("shop", "10.0.0.1", 31_000, "host")).expect("open");
    let at = editor.text(&shop).find("hostCluster: host").expect("it is there") + "hostCluster: ho".len();
    let below = clearance_render::uri::uri(&link.join(CLUSTERS)) + "/";
    let definition = editor.ask_at("definition", &shop, at, &json!({})).expect("an answer");
    assert_eq!(definition[0]["uri"], format!("{below}host.yaml"));
    let edit = editor.ask_at("rename", &shop, at, &json!({ "newName": "metal" })).expect("an edit");
    let uris = edit.to_string().matches("file:///").count();
    assert_eq!((uris, edit.to_string().matches(&below).count()), (5, 5), "two files, the list, and the file's two names: {edit:#}");
}

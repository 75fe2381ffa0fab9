//! Each fault, told of the guides' kubeconfig with one thing changed. What `client-go` v0.37 says
//! of the same texts was the measure.

use proptest::prelude::*;

use super::super::{Authority, FaultKind, File, Insecure, Invalid, Owner, Program, Section, Shape, UrlFault, WrongContext};
use super::{faults, guide, guide_with, read, told};

const CLUSTER: &str = "clusters[0].cluster";
const USER: &str = "users[0].user";

/// Asserts that one fault is told, where, and what would be underlined.
#[track_caller]
fn one(text: &str, kind: impl Into<FaultKind>, path: &str, underlined: &str) {
    let faults = faults(text);
    let [fault] = faults.as_slice() else { panic!("{faults:#?}") };
    assert_eq!((&fault.kind, fault.path.to_string().as_str(), fault.selected), (&kind.into(), path, true));
    assert!(fault.range.of(text).starts_with(underlined), "`{}` is underlined", fault.range.of(text));
}

#[test]
fn no_kubeconfig() {
    for text in ["[]", "hello", "42", "null", ""] {
        assert_eq!(told(text), [(Invalid::NotAMap.into(), String::new())], "{text}");
    }
    let missing = |section: Section| (Invalid::NoEntries(section).into(), section.list().to_owned());
    let all = [missing(Section::Contexts), missing(Section::Clusters), missing(Section::Users)];
    for text in ["{}", "{clusters: [], users: null, contexts: }", "apiVersion: v1\nkind: Config\ncurrent-context: a"] {
        assert_eq!(told(text), all, "{text}");
    }
}

#[test]
fn version_and_kind() {
    one(&guide_with("apiVersion: v1\n", "apiVersion: v2\n"), Invalid::WrongVersion, "apiVersion", "v2");
    one(&guide_with("kind: Config\n", "kind: Secret\n"), Invalid::WrongKind, "kind", "Secret");
    one(&guide_with("apiVersion: v1\n", "apiVersion: 1\n"), Invalid::WrongType(Shape::Text), "apiVersion", "1");
    for absent in ["", "kind: ''\n", "kind: null\n"] {
        assert_eq!(told(&guide_with("kind: Config\n", absent)), []);
    }
    assert_eq!(told(&guide_with("apiVersion: v1\n", "")), []);
}

#[test]
fn types() {
    one(&guide_with("preferences: {}", "preferences: []"), Invalid::WrongType(Shape::Map), "preferences", "[]");
    one(
        &guide_with("    client-key-data", "    token: 123\n    client-key-data"),
        Invalid::WrongType(Shape::Text),
        &format!("{USER}.token"),
        "123",
    );
    let flag = "insecure-skip-tls-verify";
    one(
        &guide_with("    server", &format!("    {flag}: 'true'\n    server")),
        Invalid::WrongType(Shape::Flag),
        &format!("{CLUSTER}.{flag}"),
        "'true'",
    );
    one(
        &guide_with("    client-key-data", "    as: x\n    as-groups: [1]\n    client-key-data"),
        Invalid::WrongType(Shape::Texts),
        &format!("{USER}.as-groups"),
        "[1]",
    );
    one(&guide_with("https://10.204.118.23:6443", "[]"), Invalid::WrongType(Shape::Text), &format!("{CLUSTER}.server"), "[]");
    one(&guide_with("    cluster: default", "    cluster: 1"), Invalid::WrongType(Shape::Text), "contexts[0].context.cluster", "1");
    // In an entry that is not chosen, too: the whole file is refused.
    let text = guide_with("users:\n", "users:\n- name: other\n  user: {token: 1}\n");
    let faults = faults(&text);
    assert_eq!(faults.len(), 1);
    assert_eq!((&faults[0].kind, faults[0].selected), (&Invalid::WrongType(Shape::Text).into(), false));
    assert_eq!(faults[0].owner, Some(Owner { section: Section::Users, name: "other".to_owned() }));
}

#[test]
fn lists_of_entries() {
    one(&guide_with("users:\n", "users:\n- a\n"), Invalid::WrongType(Shape::Map), "users[0]", "a");
    one(&guide_with("users:\n", "users:\n- {name: a, user: b}\n"), Invalid::WrongType(Shape::Map), "users[0].user", "b");
    one(&guide_with("users:\n", "users:\n- {name: 1}\n"), Invalid::WrongType(Shape::Text), "users[0].name", "1");
    let told_twice = told(&guide_with("users:\n", "users:\n- {name: default}\n"));
    assert_eq!(told_twice, [(Invalid::SameName.into(), "users[1].name".to_owned()), (Invalid::NoCredential.into(), USER.to_owned())]);
    assert_eq!(
        told(&guide_with("users:\n- name: default\n", "users:\n  name: default\n")),
        [(Invalid::WrongType(Shape::List).into(), "users".to_owned())]
    );
    // client-go lets an entry be null, or lack a name.
    for entry in ["- null\n", "- user: {token: a}\n"] {
        assert_eq!(told(&guide_with("users:\n", &format!("users:\n{entry}"))), []);
    }
}

#[test]
fn two_of_one_name() {
    let text = guide_with("current-context", "- {name: default}\ncurrent-context");
    one(&text, Invalid::SameName, "contexts[1].name", "default");
    let text = guide() + "\n- {name: default, user: {token: a}}\n";
    one(&text, Invalid::SameName, "users[1].name", "default");
    assert_eq!(told(&guide_with("users:\n", "users:\n- null\n- null\n")), [(Invalid::SameName.into(), "users[1].name".to_owned())]);
}

#[test]
fn no_context_is_chosen() {
    let missing = |names: &[&str]| WrongContext::Missing { candidates: names.iter().map(ToString::to_string).collect() };
    for nothing in ["", "current-context: ''\n", "current-context:\n"] {
        let text = guide_with("current-context: default\n", nothing);
        let (kubeconfig, faults) = read(&text);
        assert_eq!(faults.len(), 1);
        assert_eq!(
            (&faults[0].kind, faults[0].path.to_string()),
            (&FaultKind::WrongContext(missing(&["default"])), "current-context".to_owned())
        );
        // The only one is read as if it were chosen.
        assert_eq!(kubeconfig.context.map(|context| context.name).as_deref(), Some("default"));
        assert!(kubeconfig.server.is_some());
    }
    let text = guide_with("current-context: default\n", "- {name: b}\n");
    let (kubeconfig, faults) = read(&text);
    assert_eq!(faults[0].kind, FaultKind::WrongContext(missing(&["default", "b"])));
    assert_eq!((faults.len(), kubeconfig.context, kubeconfig.server), (1, None, None));
    assert_eq!(kubeconfig.contexts, ["default", "b"]);

    let unknown = WrongContext::Unknown { name: "prod".to_owned(), candidates: vec!["default".to_owned()] };
    one(&guide_with("current-context: default", "current-context: prod"), FaultKind::WrongContext(unknown), "current-context", "prod");
}

#[test]
fn several_contexts_are_fine() {
    let (kubeconfig, faults) = read(&guide_with("current-context", "- {name: b, context: {cluster: none, user: none}}\ncurrent-context"));
    assert_eq!((kubeconfig.contexts.len(), faults), (2, vec![]));
}

#[test]
fn references() {
    let unknown = |section| Invalid::UnknownReference { section, name: "x".to_owned() };
    one(&guide_with("    cluster: default", "    cluster: x"), unknown(Section::Clusters), "contexts[0].context.cluster", "x");
    one(&guide_with("    user: default", "    user: x"), unknown(Section::Users), "contexts[0].context.user", "x");
    one(&guide_with("    cluster: default\n", ""), Invalid::NoReference(Section::Clusters), "contexts[0].context.cluster", "user: default");
    one(&guide_with("    user: default", "    user: ''"), Invalid::NoReference(Section::Users), "contexts[0].context.user", "''");
}

#[test]
fn servers() {
    one(&guide_with("    server:", "    servers:"), Invalid::NoServer, &format!("{CLUSTER}.server"), "certificate-authority-data");
    one(&guide_with("https://10.204.118.23:6443", "''"), Invalid::NoServer, &format!("{CLUSTER}.server"), "''");
    one(&guide_with("https://", ""), Invalid::Server(UrlFault::NoScheme), &format!("{CLUSTER}.server"), "10.204");
    let proxy = |url: &str| guide_with("    server:", &format!("    proxy-url: {url}\n    server:"));
    one(&proxy("ftp://a"), Invalid::Proxy(UrlFault::Scheme), &format!("{CLUSTER}.proxy-url"), "ftp://a");
    one(&proxy("a:1"), Invalid::Proxy(UrlFault::NoScheme), &format!("{CLUSTER}.proxy-url"), "a:1");
    assert_eq!(told(&proxy("socks5://u:p@a:1")), []);
}

#[test]
fn insecure() {
    let skip = "insecure-skip-tls-verify";
    let path = format!("{CLUSTER}.{skip}");
    one(&guide_with("certificate-authority-data", "insecure-skip-tls-verify: true\n    x"), Insecure::SkipTlsVerify, &path, "true");
    let both = told(&guide_with("    server:", "    insecure-skip-tls-verify: true\n    server:"));
    assert_eq!(both, [(Insecure::SkipTlsVerify.into(), path.clone()), (Invalid::AuthorityUnchecked.into(), path)]);
    assert_eq!(told(&guide_with("    server:", "    insecure-skip-tls-verify: false\n    server:")), []);

    let data = format!("{CLUSTER}.certificate-authority-data");
    for nothing in ["x: y\n    z", "certificate-authority-data: ''\n    z"] {
        let text = guide_with("certificate-authority-data", nothing);
        let (kubeconfig, faults) = read(&text);
        assert_eq!(
            faults.iter().map(|fault| (&fault.kind, fault.path.to_string())).collect::<Vec<_>>(),
            [(&Insecure::SystemRoots.into(), data.clone())]
        );
        assert_eq!(kubeconfig.authority, Some(Authority::System));
    }
    one(&guide_with("https://", "http://"), Insecure::PlainHttp, &format!("{CLUSTER}.server"), "http://");
}

#[test]
fn programs() {
    for (field, program) in [("exec", Program::Exec), ("auth-provider", Program::AuthProvider)] {
        let path = format!("{USER}.{field}");
        for value in ["{command: aws}", "{}"] {
            let text = guide_with("    client-key-data", &format!("    {field}: {value}\n    client-key-data"));
            one(&text, FaultKind::RunsProgram(program), &path, value);
        }
        assert_eq!(told(&guide_with("    client-key-data", &format!("    {field}: null\n    client-key-data"))), []);
        // It does not hide behind a second key, a merge key, or a user that is not chosen.
        let hidden = guide_with("    client-key-data", &format!("    {field}: {{command: aws}}\n    {field}: null\n    client-key-data"));
        assert_eq!(told(&hidden), [(FaultKind::RunsProgram(program), path.clone())]);
        let merged =
            format!("x: &x {{{field}: {{command: aws}}}}\n") + &guide_with("    client-key-data", "    <<: *x\n    client-key-data");
        assert_eq!(told(&merged), [(FaultKind::RunsProgram(program), path.clone())]);
        let other = faults(&guide_with("users:\n", &format!("users:\n- name: other\n  user: {{{field}: {{command: aws}}}}\n")));
        assert_eq!(other.len(), 1);
        assert_eq!((&other[0].kind, other[0].path.to_string(), other[0].selected), (&FaultKind::RunsProgram(program), path, false));
    }
}

#[test]
fn files() {
    for (field, data, file, before) in [
        ("certificate-authority", "certificate-authority-data", File::CertificateAuthority, CLUSTER),
        ("client-certificate", "client-certificate-data", File::ClientCertificate, USER),
        ("client-key", "client-key-data", File::ClientKey, USER),
    ] {
        let beside = guide_with(&format!("    {data}"), &format!("    {field}: /a\n    {data}"));
        one(&beside, FaultKind::ReadsFile { file, data_too: true }, &format!("{before}.{field}"), "/a");
        let alone = guide_with(&format!("    {data}"), &format!("    {field}: /a\n    x"));
        one(&alone, FaultKind::ReadsFile { file, data_too: false }, &format!("{before}.{field}"), "/a");
        let empty = guide_with(&format!("    {data}"), &format!("    {field}: ''\n    {data}"));
        assert_eq!(told(&empty), []);
    }
    let token = |with: &str| guide_with("    client-key-data", &format!("    tokenFile: /a\n{with}    client-key-data"));
    one(&token(""), FaultKind::ReadsFile { file: File::Token, data_too: false }, &format!("{USER}.tokenFile"), "/a");
    one(&token("    token: x\n"), FaultKind::ReadsFile { file: File::Token, data_too: true }, &format!("{USER}.tokenFile"), "/a");
    let other = faults(&(guide() + "\n- {name: other, user: {tokenFile: /a}}\n"));
    assert_eq!((other.len(), other[0].selected), (1, false));
}

#[test]
fn a_program_does_not_hide_behind_a_thousand_faults() {
    let many = "- null\n".repeat(5000);
    let faults = faults(&guide_with("users:\n", &format!("users:\n{many}- {{name: x, user: {{exec: {{}}, tokenFile: /a}}}}\n")));
    assert_eq!(faults.len(), 1002);
    assert_eq!(faults[1000].kind, FaultKind::RunsProgram(Program::Exec));
    assert_eq!(faults[1001].kind, FaultKind::ReadsFile { file: File::Token, data_too: false });
}

#[test]
fn credentials() {
    let user = |fields: &str| {
        let text = guide();
        let (before, _) = text.split_once("    client-certificate-data").expect("the user");
        before.to_owned() + fields
    };
    one(&user("    {}\n"), Invalid::NoCredential, USER, "{}");
    one(&user("    token: ''\n    client-certificate-data: ''\n"), Invalid::NoCredential, USER, "token");
    assert_eq!(told(&user("    token: abc\n")), []);
    assert_eq!(told(&user("    {username: a, password: b}\n")), []);
    one(&user("    {token: a, username: b}\n"), Invalid::TwoCredentials, USER, "{token");
    one(&user("    token: \"a\\n\"\n"), Invalid::Token, &format!("{USER}.token"), "\"a\\n\"");
    one(&user("    {token: a, as-groups: [b]}\n"), Invalid::ActsAsNobody, USER, "{token");
    one(&user("    {token: a, as-uid: b}\n"), Invalid::ActsAsNobody, USER, "{token");
    assert_eq!(told(&user("    {token: a, as: x, as-groups: [b], as-user-extra: {c: [d]}}\n")), []);
    assert_eq!(told(&user("    {token: a, as-groups: [], as-user-extra: {}}\n")), []);
    one(&guide_with("client-key-data", "x"), Invalid::NoKey, USER, "client-certificate-data");
    one(&guide_with("client-certificate-data", "x"), Invalid::KeyAlone, USER, "x");
    assert_eq!(told(&guide_with("client-certificate-data", "token: a\n    x")), []);
}

#[test]
fn data_is_base64_as_go_reads_it() {
    let path = format!("{USER}.client-key-data");
    let pem = Invalid::Base64 { pem: true };
    one(&guide_with("client-key-data: ", "client-key-data: '-----BEGIN EC PRIVATE KEY-----' #"), pem, &path, "'-----BEGIN");
    let base64 = || Invalid::Base64 { pem: false };
    one(&guide_with("client-key-data: LS0t", "client-key-data: LS0 t"), base64(), &path, "LS0 t");
    one(&guide_with("client-key-data: LS0t", "client-key-data: LS0tL"), base64(), &path, "LS0tL");
    one(&guide_with("client-key-data: ", "client-key-data: ab-_ #"), base64(), &path, "ab-_");
    assert_eq!(told(&guide_with("client-key-data: LS0t", "client-key-data: |\n      LS0t\n      ")), []);
    let other = faults(&(guide() + "\n- {name: other, user: {client-key-data: $$}}\n"));
    assert_eq!((other.len(), &other[0].kind, other[0].selected), (1, &base64().into(), false));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// Any values at the known fields: the reading ends, and says the same of the same text.
    #[test]
    fn no_tree_is_too_much(values in proptest::collection::vec(value(), 12), current in value()) {
        let fields = ["server", "certificate-authority-data", "client-certificate-data", "client-key-data", "exec", "token", "as-groups", "proxy-url", "insecure-skip-tls-verify", "name", "cluster", "user"];
        let body: Vec<String> = fields.iter().zip(&values).map(|(field, value)| format!("\"{field}\": {value}")).collect();
        let body = format!("{{{}}}", body.join(", "));
        let text = format!("{{\"current-context\": {current}, \"clusters\": [{body}, {{\"name\": \"a\", \"cluster\": {body}}}], \"users\": [{{\"name\": \"a\", \"user\": {body}}}, {body}], \"contexts\": [{body}, {{\"name\": \"a\", \"context\": {body}}}, {{\"name\": \"b\", \"context\": {{\"cluster\": \"a\", \"user\": \"a\"}}}}]}}");
        prop_assert_eq!(read(&text), read(&text));
        for fault in faults(&text) {
            prop_assert!((fault.range.end as usize) <= text.len());
        }
    }

    #[test]
    fn no_text_is_too_much(text in "[ -~\n]{0,300}") {
        let _ = read(&text);
    }
}

fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("null".to_owned()),
        Just("true".to_owned()),
        Just("{}".to_owned()),
        Just("[]".to_owned()),
        Just("\"a\"".to_owned()),
        Just("\"b\"".to_owned()),
        Just("\"https://a:1\"".to_owned()),
        Just("\"LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1BPT0KLS0tLS1FTkQgQ0VSVElGSUNBVEUtLS0tLQo=\"".to_owned()),
        "\"[A-Za-z0-9+/]{0,40}\"",
        "[0-9]{1,5}",
    ]
}

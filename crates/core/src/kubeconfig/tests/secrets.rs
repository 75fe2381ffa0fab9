//! Nothing secret comes out of the module, not even through `Debug`.

use super::super::decode;
use super::{GUIDE, read};

/// Every field that may hold a secret holds the word `hunter2`, and each place is wrong in some way too.
const SECRETS: &str = "
apiVersion: hunter2
kind: hunter2
preferences: hunter2
current-context: a
clusters:
- name: a
  cluster: {server: 'https://hunter2:hunter2@10.0.0.1/?hunter2', proxy-url: 'ftp://hunter2', certificate-authority: /hunter2, certificate-authority-data: hunter2, disable-compression: hunter2, insecure-skip-tls-verify: hunter2}
- name: a
  cluster: hunter2
contexts:
- {name: a, context: {cluster: a, user: a, namespace: [hunter2]}}
users:
- name: a
  user: {token: \"hunter2\\n\", password: hunter2, username: [hunter2], tokenFile: /hunter2, client-key: /hunter2, client-key-data: hunter2, client-certificate-data: '-----BEGIN hunter2', exec: {command: hunter2, args: [hunter2]}, auth-provider: {config: {access-token: hunter2}}, as-groups: [hunter2], as-user-extra: {hunter2: hunter2}}
";

#[test]
fn faults_and_facts_hold_no_secret() {
    let (kubeconfig, faults) = read(SECRETS);
    assert!(faults.len() > 15, "{faults:#?}");
    let shown = format!("{kubeconfig:?}{faults:?}");
    assert!(!shown.contains("hunter2"), "{shown}");
}

#[test]
fn a_url_is_shown_without_its_query() {
    let (kubeconfig, _) = read(&SECRETS.replace("hunter2:hunter2@", ""));
    assert_eq!(kubeconfig.server.expect("a server").url, "https://10.0.0.1:443");
}

#[test]
fn decoded_text_is_not_shown() {
    let decoded = decode(GUIDE).expect("Base64");
    assert_eq!(format!("{decoded:?}"), "Decoded { text: \"…\", encoding: Base64 }");
    // 700 is what a certificate has at least: no fault holds a piece of the text either.
    assert!(format!("{:?}", read(&decoded.text)).len() < 3000);
}

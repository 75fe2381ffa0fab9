//! A repository at a real forge, with its accounts, its tokens and its protected branch.

use anyhow::{Context, Result};
use base64::Engine as _;
use clearance_tests::servers::{Gitea, May};

use super::support::{CLUSTERS, Place, Server, git, host};

const LOG: &[&str] = &["log", "--format=%an <%ae>", "main"];

fn start(forge: &Gitea, place: &Place, token: &str, more: &[&str]) -> Result<Server> {
    let (repository, user_info) = (forge.repository(), format!("{}/api/v1/user", forge.address));
    let told = ["--repository", &repository, "--user-info", &user_info, "--log-level", "debug"];
    let mut server = place.start(&[&told, more].concat())?;
    token.clone_into(&mut server.token);
    Ok(server)
}

#[test]
fn each_account_may_do_what_the_forge_lets_it() -> Result<()> {
    let forge = Gitea::start("accounts")?;
    let scopes = ["write:repository", "read:user"];
    let writer = forge.account("writer", May::Write, &scopes)?;
    let reader = forge.account("reader", May::Read, &scopes)?;
    let narrow = forge.account("narrow", May::Write, &["read:repository", "read:user"])?;
    let silent = forge.account("silent", May::Write, &["write:repository"])?;
    let stranger = forge.account("stranger", May::Nothing, &scopes)?;
    let place = Place::new()?;
    let mut server = start(&forge, &place, &writer, &[])?;

    assert_eq!(server.get(CLUSTERS)?.expect(200).text, "{\"items\":[]}", "a repository with no commit yet");
    server.save("cluster-host", host(1)?)?.expect(200);
    assert_eq!(git(&forge.on_disk(), LOG)?.trim(), "writer of the platform team <writer@forge.example>");

    // Who may only read, by the account or by the token.
    for token in [&reader, &narrow] {
        token.clone_into(&mut server.token);
        server.get(&format!("{CLUSTERS}/cluster-host"))?.expect(200);
        server.save("other", host(2)?)?.expect(403);
        server.delete("cluster-host")?.expect(403);
    }
    // Who may not see it; and nobody.
    stranger.clone_into(&mut server.token);
    server.get(CLUSTERS)?.expect(403);
    server.save("other", host(2)?)?.expect(403);
    "0123456789012345678901234567890123456789".clone_into(&mut server.token);
    server.get(CLUSTERS)?.expect(401);
    server.save("other", host(2)?)?.expect(401);
    assert_eq!(git(&forge.on_disk(), LOG)?.lines().count(), 1);
    assert_eq!(std::fs::read_dir(place.state().join("registrar/secrets"))?.count(), 1, "nothing is stored for who may not write");

    // A token that may not even say whose it is writes all the same.
    silent.clone_into(&mut server.token);
    server.save("other", host(2)?)?.expect(200);
    assert_eq!(git(&forge.on_disk(), LOG)?.lines().next(), Some("Clearance caller <caller@clearance.invalid>"));
    writer.clone_into(&mut server.token);
    server.delete("cluster-host")?.expect(200);
    assert_eq!(server.get(CLUSTERS)?.expect(200).body["items"].as_array().map(Vec::len), Some(1));

    let log = place.log()?;
    for token in [&writer, &reader, &narrow, &silent, &stranger] {
        let coded = base64::engine::general_purpose::STANDARD.encode(format!("oauth2:{token}"));
        for secret in [token, &coded] {
            assert!(!log.contains(secret.as_str()), "in the log");
            for file in place.files()? {
                assert!(!String::from_utf8_lossy(&std::fs::read(&file)?).contains(secret.as_str()), "in {}", file.display());
            }
        }
        assert!(!forge.log()?.contains(token.as_str()), "in an address that the forge was asked for");
    }
    Ok(())
}

#[test]
fn a_protected_branch_takes_what_is_merged() -> Result<()> {
    let forge = Gitea::start("protected")?;
    let writer = forge.account("writer", May::Write, &["write:repository", "read:user"])?;
    let place = Place::new()?;
    {
        let server = start(&forge, &place, &writer, &[])?;
        server.save("cluster-host", host(1)?)?.expect(200);
        forge.protect()?;
        server.save("other", host(2)?)?.expect(403);
    }
    let server = start(&forge, &place, &writer, &["--propose"])?;
    let proposed = server.save("other", host(2)?)?.expect(202);
    let kept = || std::fs::read_dir(place.state().join("registrar/secrets")).map(Iterator::count);
    assert_eq!(kept()?, 1, "a kubeconfig counts once the branch is merged");
    forge.merge(proposed.body["branch"].as_str().context("a branch")?)?;
    // Sent again it is as described already, and the kubeconfig counts.
    server.save("other", host(2)?)?.expect(200);
    assert_eq!(kept()?, 2);
    assert_eq!(server.get(CLUSTERS)?.expect(200).body["items"].as_array().map(Vec::len), Some(2));
    // A deletion that is merged takes the kubeconfig when it is sent again.
    let proposed = server.delete("other")?.expect(202);
    forge.merge(proposed.body["branch"].as_str().context("a branch")?)?;
    assert_eq!(kept()?, 2);
    server.delete("other")?.expect(200);
    assert_eq!(kept()?, 1);
    server.delete("other")?.expect(404);
    Ok(())
}

//! Killed at any moment, and asked by many at once: nothing is lost, and nothing is left over.

use std::collections::BTreeSet;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, Result};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value;

use super::support::{CLUSTERS, Place, host, ran, soon};

/// The names of the clusters by the repository, by the secret store and by the answers.
fn agree(place: &Place, server: &super::support::Server) -> Result<BTreeSet<String>> {
    let clusters = "nautes/overlays/production/clusters/";
    let files = place.git(&["ls-tree", "--name-only", "main", clusters]).unwrap_or_default();
    let in_repository: BTreeSet<String> = files
        .lines()
        .filter_map(|path| path.strip_prefix(clusters)?.strip_suffix(".yaml"))
        .filter(|name| *name != "kustomization")
        .map(str::to_owned)
        .collect();
    let secrets = place.state().join("registrar/secrets");
    let mut in_store = BTreeSet::new();
    for entry in std::fs::read_dir(secrets)? {
        let entry = entry?;
        let names: Vec<String> =
            std::fs::read_dir(entry.path())?.map(|file| Ok(file?.file_name().to_string_lossy().into_owned())).collect::<Result<_>>()?;
        assert_eq!(names, ["current.age"], "{}", entry.path().display());
        in_store.insert(entry.file_name().to_string_lossy().into_owned());
    }
    let listed = server.get(CLUSTERS)?.expect(200);
    let answered: BTreeSet<String> =
        listed.body["items"].as_array().context("items")?.iter().filter_map(|item| Some(item["name"].as_str()?.to_owned())).collect();
    let list = place.git(&["show", &format!("main:{clusters}kustomization.yaml")]).unwrap_or_default();
    let in_list: Vec<String> =
        list.lines().filter_map(|line| line.trim().strip_prefix("- ")?.strip_suffix(".yaml")).map(str::to_owned).collect();
    assert_eq!(in_repository, in_list.iter().cloned().collect(), "the list");
    assert_eq!(in_list.len(), in_repository.len(), "nothing twice");
    assert_eq!(in_repository, in_store, "the secret store");
    assert_eq!(in_repository, answered, "the answers");
    assert_eq!(std::fs::read_dir(place.state().join("registrar/journal"))?.count(), 0, "the journal");
    let refs = place.git(&["for-each-ref", "--format=%(refname)"])?;
    assert!(refs.lines().all(|name| name == "refs/heads/main"), "a commit is left over: {refs}");
    Ok(in_repository)
}

#[test]
fn many_at_once_are_all_in() -> Result<()> {
    let place = Place::new()?;
    let server = place.start(&[])?;
    std::thread::scope(|scope| {
        for caller in 0..8_u8 {
            let server = &server;
            scope.spawn(move || {
                for number in 0..5_u8 {
                    let name = format!("c-{caller}-{number}");
                    server.save(&name, host(1 + caller * 8 + number).expect("a body")).expect("an answer").expect(200);
                }
            });
        }
    });
    assert_eq!(agree(&place, &server)?.len(), 40);
    assert!(place.git(&["rev-list", "--count", "main"])?.trim().parse::<u32>()? <= 40);
    ran(Command::new("git").args(["-c", "safe.directory=*", "fsck", "--strict"]).current_dir(place.state().join("registrar/tenant.git")))?;
    Ok(())
}

#[test]
fn killed_at_random_moments() -> Result<()> {
    let place = Place::new()?;
    // What a dead server began counts as not done after this time.
    let start = || place.start(&["--git-timeout", "5s"]);
    let mut begun = 0_u8;
    let mut confirmed = BTreeSet::new();
    for round in 0..8_u64 {
        let server = start()?;
        let stop = AtomicBool::new(false);
        let done = std::thread::scope(|scope| {
            let working = scope.spawn(|| {
                let mut done = Vec::new();
                while !stop.load(Ordering::SeqCst) && begun < u8::MAX {
                    begun += 1;
                    let name = format!("c-{begun}");
                    match server.save(&name, host(begun).expect("a body")) {
                        Ok(answer) => {
                            answer.expect(200);
                            done.push(name);
                        }
                        Err(_) => break,
                    }
                }
                done
            });
            std::thread::sleep(Duration::from_millis(200 + round * 137));
            stop.store(true, Ordering::SeqCst);
            // By its number, as nothing else may touch it while it is asked.
            let killed = Command::new("kill").args(["-KILL", &server.process().to_string()]).status();
            (killed, working.join())
        });
        assert!(done.0?.success());
        confirmed.extend(done.1.map_err(|_| anyhow::anyhow!("the caller failed"))?);
        drop(server);
    }
    let server = start()?;
    // What was neither done nor undone at the start is settled a little later, without being asked.
    let journal = place.state().join("registrar/journal");
    soon("an empty journal", || Ok(std::fs::read_dir(&journal)?.count() == 0))?;
    server.save("last", host(250)?)?.expect(200);
    let there = agree(&place, &server)?;
    assert!(confirmed.is_subset(&there), "what was confirmed is there: {confirmed:?} {there:?}");
    println!("{} begun, {} confirmed, {} there", begun, confirmed.len(), there.len());
    Ok(())
}

#[test]
fn a_full_disk_leaves_nothing_behind() -> Result<()> {
    let place = Place::new()?;
    let server = place.start(&[])?;
    server.save("first", host(1)?)?.expect(200);
    let journal = place.state().join("registrar/journal");
    // A file in place of the directory fails every write, as a full disk does, whoever the user is.
    std::fs::remove_dir(&journal)?;
    std::fs::write(&journal, "")?;
    let answer = server.save("second", host(2)?)?;
    assert!(answer.status == 500 || answer.status == 503, "{}", answer.text);
    std::fs::remove_file(&journal)?;
    std::fs::create_dir(&journal)?;
    assert_eq!(agree(&place, &server)?.len(), 1);
    server.save("second", host(2)?)?.expect(200);
    assert_eq!(agree(&place, &server)?.len(), 2);
    // So with a kubeconfig that alone is another one.
    let mut body: Value = serde_json::from_str(&host(2)?)?;
    let kept = STANDARD.decode(body["kubeconfig"].as_str().context("a kubeconfig")?)?;
    body["kubeconfig"] = STANDARD.encode([kept.as_slice(), b"\n# again\n"].concat()).into();
    std::fs::remove_dir(&journal)?;
    std::fs::write(&journal, "")?;
    let answer = server.save("second", body.to_string())?;
    assert!(answer.status == 500 || answer.status == 503, "{}", answer.text);
    std::fs::remove_file(&journal)?;
    std::fs::create_dir(&journal)?;
    assert_eq!(agree(&place, &server)?.len(), 2);
    for message in ["the kubeconfig of cluster second is replaced", "cluster second is as described already"] {
        assert_eq!(server.save("second", body.to_string())?.expect(200).body["message"], message);
    }
    assert_eq!(agree(&place, &server)?.len(), 2);
    Ok(())
}

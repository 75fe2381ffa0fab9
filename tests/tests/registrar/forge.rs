//! A repository at a forge: `git http-backend` behind a server that knows tokens, as forges do.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{Response, StatusCode, header};
use base64::Engine as _;
use clearance_registrar::smart_http::{Allows, answer, service};

use super::support::{Answer, CLUSTERS, Place, Server, git, host, ran};

/// A forge with one repository and three tokens.
struct Forge {
    runtime: tokio::runtime::Runtime,
    address: SocketAddr,
    directory: tempfile::TempDir,
    shared: Arc<Shared>,
}

struct Shared {
    repository: PathBuf,
    /// Answers nothing any more.
    down: AtomicBool,
}

const WRITER: &str = "glpat-writer-0123456789";
const READER: &str = "glpat-reader-0123456789";

impl Forge {
    fn new() -> Result<Self> {
        let directory = tempfile::tempdir()?;
        let repository = directory.path().join("tenant.git");
        ran(Command::new("git").args(["init", "--quiet", "--bare", "--initial-branch=main"]).arg(&repository))?;
        let shared = Arc::new(Shared { repository, down: AtomicBool::new(false) });
        let runtime = tokio::runtime::Runtime::new()?;
        let router = Router::new().fallback(serve).with_state(Arc::clone(&shared));
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0"))?;
        let address = listener.local_addr()?;
        runtime.spawn(async move { axum::serve(listener, router).await });
        Ok(Self { runtime, address, directory, shared })
    }

    fn start(&self, place: &Place, token: &str, more: &[&str]) -> Result<Server> {
        let address = format!("http://{}/tenant.git", self.address);
        let mut server = place.start(&[&["--repository", &address][..], more].concat())?;
        token.clone_into(&mut server.token);
        Ok(server)
    }

    fn git(&self, arguments: &[&str]) -> Result<String> {
        git(&self.shared.repository, arguments)
    }

    /// A hook of the forge's own, as protected branches are made of.
    fn hook(&self, text: &str) -> Result<()> {
        let path = self.shared.repository.join("hooks/pre-receive");
        std::fs::create_dir_all(path.parent().context("a directory")?)?;
        std::fs::write(&path, text)?;
        ran(Command::new("chmod").arg("755").arg(path)).map(drop)
    }
}

async fn serve(State(forge): State<Arc<Shared>>, request: Request) -> Response<Body> {
    let status = |code: StatusCode| {
        Response::builder().status(code).header(header::WWW_AUTHENTICATE, "Basic realm=\"forge\"").body(Body::empty()).expect("an answer")
    };
    if forge.down.load(Ordering::SeqCst) {
        return status(StatusCode::BAD_GATEWAY);
    }
    let (parts, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, 64 << 20).await else { return status(StatusCode::BAD_REQUEST) };
    let pair = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Basic "));
    let pair = pair.and_then(|pair| base64::engine::general_purpose::STANDARD.decode(pair).ok()).unwrap_or_default();
    let token = match String::from_utf8_lossy(&pair).split_once(':') {
        Some(("oauth2", token)) => token.to_owned(),
        _ => return status(StatusCode::UNAUTHORIZED),
    };
    let path = parts.uri.path().trim_start_matches("/tenant.git/").to_owned();
    let wanted = service(&parts.method, &path, parts.uri.query().unwrap_or_default());
    match (token.as_str(), wanted) {
        (WRITER, Some(_)) | (READER, Some(Allows::Reading)) => {}
        (READER, Some(Allows::Writing)) => return status(StatusCode::FORBIDDEN),
        (WRITER | READER, None) => return status(StatusCode::NOT_FOUND),
        _ => return status(StatusCode::UNAUTHORIZED),
    }
    answer(&forge.repository, Allows::Writing, &parts, &path, body, Duration::from_mins(1))
        .await
        .unwrap_or_else(|_| status(StatusCode::INTERNAL_SERVER_ERROR))
}

#[test]
fn rights_are_the_callers() -> Result<()> {
    let forge = Forge::new()?;
    let place = Place::new()?;
    let mut server = forge.start(&place, WRITER, &["--log-level", "debug"])?;
    // A repository with no commit yet.
    assert_eq!(server.get(CLUSTERS)?.expect(200).text, "{\"items\":[]}");
    server.save("cluster-host", host(1)?)?.expect(200);
    assert_eq!(
        forge.git(&["log", "--format=%an <%ae>%n%(trailers:key=Request-Id,valueonly)", "main"])?.lines().next(),
        Some("Clearance caller <caller@clearance.invalid>")
    );
    server.get(&format!("{CLUSTERS}/cluster-host"))?.expect(200);

    READER.clone_into(&mut server.token);
    server.get(&format!("{CLUSTERS}/cluster-host"))?.expect(200);
    server.save("other", host(2)?)?.expect(403);
    server.delete("cluster-host")?.expect(403);
    "glpat-nobody".clone_into(&mut server.token);
    server.save("other", host(2)?)?.expect(401);
    // What others may see is not shown out of the mirror.
    server.get(&format!("{CLUSTERS}/cluster-host"))?.expect(401);
    assert_eq!(forge.git(&["rev-list", "--count", "main"])?.trim(), "1");
    assert_eq!(std::fs::read_dir(place.state().join("registrar/secrets"))?.count(), 1, "nothing was stored for who may not write");

    WRITER.clone_into(&mut server.token);
    server.delete("cluster-host")?.expect(200);
    let tokens = [WRITER, READER, "glpat-nobody"].map(str::to_owned);
    let coded = tokens.iter().map(|token| base64::engine::general_purpose::STANDARD.encode(format!("oauth2:{token}")));
    for secret in tokens.iter().cloned().chain(coded) {
        assert!(!place.log()?.contains(&secret), "in the log");
        for file in place.files()? {
            assert!(!String::from_utf8_lossy(&std::fs::read(&file)?).contains(&secret), "in {}", file.display());
        }
    }
    Ok(())
}

#[test]
fn no_argument_holds_a_token() -> Result<()> {
    let forge = Forge::new()?;
    let place = Place::new()?;
    let server = forge.start(&place, WRITER, &[])?;
    let (stop, begin) = (AtomicBool::new(false), Instant::now());
    let seen = std::thread::scope(|scope| -> Result<usize> {
        let watching = scope.spawn(|| {
            let mut seen = 0;
            // Where an answer is not as expected nobody says that it is over.
            while !stop.load(Ordering::SeqCst) && begin.elapsed() < Duration::from_mins(2) {
                for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
                    let line = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
                    let line = String::from_utf8_lossy(&line);
                    seen += usize::from(line.starts_with("git\0"));
                    assert!(!line.contains("glpat-"), "{line}");
                }
            }
            seen
        });
        for number in 1..4 {
            server.save(&format!("c-{number}"), host(number)?)?.expect(200);
        }
        stop.store(true, Ordering::SeqCst);
        watching.join().map_err(|_| anyhow::anyhow!("a token stood in an argument"))
    })?;
    assert!(seen > 0, "git was not seen at work");
    Ok(())
}

#[test]
fn two_servers_on_one_repository() -> Result<()> {
    let forge = Forge::new()?;
    let places = [Place::new()?, Place::new()?];
    let servers = [forge.start(&places[0], WRITER, &[])?, forge.start(&places[1], WRITER, &[])?];
    std::thread::scope(|scope| {
        for (index, server) in servers.iter().enumerate() {
            scope.spawn(move || {
                for number in 0..6_u8 {
                    let place = number + 1 + u8::try_from(index).expect("two") * 10;
                    server.save(&format!("c-{index}-{number}"), host(place).expect("a body")).expect("an answer").expect(200);
                }
            });
        }
    });
    for server in &servers {
        assert_eq!(server.get(CLUSTERS)?.expect(200).body["items"].as_array().map(Vec::len), Some(12));
    }
    let list = forge.git(&["show", "main:nautes/overlays/production/clusters/kustomization.yaml"])?;
    assert_eq!(list.lines().filter(|line| line.contains("- c-")).count(), 12, "{list}");
    assert_eq!(forge.git(&["rev-list", "--count", "main"])?.trim(), "12");
    assert_eq!(forge.git(&["rev-list", "--count", "--merges", "main"])?.trim(), "0");
    Ok(())
}

#[test]
fn a_protected_branch_and_a_forge_that_is_down() -> Result<()> {
    let forge = Forge::new()?;
    let place = Place::new()?;
    let none = |place: &Place| -> Result<bool> {
        let count = |name: &str| Ok::<_, std::io::Error>(std::fs::read_dir(place.state().join("registrar").join(name))?.count());
        Ok(count("secrets")? == 0 && count("journal")? == 0)
    };
    forge.hook("#!/bin/sh\nwhile read old new name; do case $name in refs/heads/main) echo 'You are not allowed to push code to protected branches' >&2; exit 1;; esac; done\n")?;
    {
        let server = forge.start(&place, WRITER, &[])?;
        server.save("cluster-host", host(1)?)?.expect(403);
        assert!(none(&place)?);
    }
    let server = forge.start(&place, WRITER, &["--propose"])?;
    let proposed = server.save("cluster-host", host(1)?)?.expect(202);
    let branch = proposed.body["branch"].as_str().context("a branch")?;
    assert!(forge.git(&["show", &format!("{branch}:nautes/overlays/production/clusters/cluster-host.yaml")])?.contains("kind: Cluster"));
    assert!(none(&place)?, "a kubeconfig counts once the branch is merged");
    forge.shared.down.store(true, Ordering::SeqCst);
    let answer = server.save("cluster-host", host(1)?)?.expect(503);
    assert!(!answer.header("retry-after").is_empty());
    server.get(CLUSTERS)?.expect(503);
    assert!(none(&place)?);
    drop(server);
    let _ = (&forge.runtime, forge.directory.path());
    Ok(())
}

#[test]
fn an_answer_that_was_lost_is_found_out() -> Result<()> {
    let forge = Forge::new()?;
    let place = Place::new()?;
    let server = forge.start(&place, WRITER, &["--git-timeout", "3s"])?;
    server.save("first", host(1)?)?.expect(200);
    // It takes what is pushed, and answers too late.
    let hook = forge.shared.repository.join("hooks/post-receive");
    std::fs::write(&hook, "#!/bin/sh\nsleep 6\n")?;
    ran(Command::new("chmod").arg("755").arg(&hook))?;
    let answer =
        Answer::of(server.request("POST", &format!("{CLUSTERS}/second")).header("content-type", "application/json").body(host(2)?))?;
    assert_eq!(answer.status, 503, "{}", answer.text);
    std::fs::remove_file(hook)?;
    std::thread::sleep(Duration::from_secs(1));
    // The next change settles it: the commit is there, so the kubeconfig counts.
    server.save("third", host(3)?)?.expect(200);
    let current = |name: &str| place.state().join("registrar/secrets").join(name).join("current.age");
    for name in ["first", "second", "third"] {
        assert!(Path::new(&current(name)).exists(), "{name}");
    }
    assert_eq!(server.get(CLUSTERS)?.expect(200).body["items"].as_array().map(Vec::len), Some(3));
    Ok(())
}

#[test]
fn a_secret_store_that_is_away_after_the_push_is_asked_again() -> Result<()> {
    let forge = Forge::new()?;
    let place = Place::new()?;
    // What is open is settled only after that time.
    let server = forge.start(&place, WRITER, &["--git-timeout", "10s"])?;
    let (secrets, away) = (place.state().join("registrar/secrets"), place.state().join("registrar/away"));
    let hook = forge.shared.repository.join("hooks/post-receive");
    std::fs::write(&hook, format!("#!/bin/sh\nmv '{0}' '{1}' && touch '{0}'\n", secrets.display(), away.display()))?;
    ran(Command::new("chmod").arg("755").arg(&hook))?;
    server.save("first", host(1)?)?.expect(200);
    assert!(secrets.is_file() && away.exists());
    // It comes back in one step: one that is not there at all counts as settled.
    let link = secrets.with_extension("link");
    std::os::unix::fs::symlink(&away, &link)?;
    std::fs::rename(&link, &secrets)?;
    // Nobody asks for anything, and the kubeconfig counts all the same.
    super::support::soon("the kubeconfig of what was pushed", || Ok(secrets.join("first/current.age").exists()))?;
    super::support::soon("an empty journal", || Ok(std::fs::read_dir(place.state().join("registrar/journal"))?.count() == 0))
}

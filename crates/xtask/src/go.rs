//! Programs in Go that tests run, built from modules in this repository, whose `go.mod` and `go.sum` pin all that goes into
//! them.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::{self, JoinHandle};

use anyhow::{Context, Result, bail};

use crate::codegen::root;
use crate::run::{step_beside, target};

/// A module, and programs that are built from it.
#[derive(Debug)]
pub(crate) struct Module {
    /// The directory that the programs get into.
    pub name: &'static str,
    /// The module's in the repository.
    pub directory: &'static str,
    /// Each program's name, and the package of its `main`.
    pub programs: &'static [(&'static str, &'static str)],
    /// What the linker is told, beside to leave debug information out.
    pub link: &'static str,
    /// The build tags of what needs a C compiler; without them nothing does.
    pub tags: &'static str,
    /// What a person who has no Go may do instead of installing it; empty: nothing.
    pub instead: &'static str,
}

/// The API server, its store and its client: the names that `KUBEBUILDER_ASSETS` has, too.
pub(crate) const CONTROL_PLANE: Module = Module {
    name: "controlplane",
    directory: "tests/controlplane",
    programs: &[
        ("etcd", "go.etcd.io/etcd/server/v3"),
        ("kube-apiserver", "k8s.io/kubernetes/cmd/kube-apiserver"),
        ("kubectl", "k8s.io/kubernetes/cmd/kubectl"),
    ],
    // Kubernetes' makefiles set these; at their defaults clients take it for v0.0.0.
    link: "-X k8s.io/component-base/version.gitVersion=v1.36.3 \
           -X k8s.io/component-base/version.gitMajor=1 \
           -X k8s.io/component-base/version.gitMinor=36",
    tags: "",
    instead: ", or set KUBEBUILDER_ASSETS to a directory that holds etcd, kube-apiserver and kubectl",
};

/// What renders the chart. Half of it is libraries that the control plane has, too: in one module they are compiled once.
pub(crate) const HELM: Module =
    Module { name: "helm", directory: CONTROL_PLANE.directory, programs: &[("helm", "helm.sh/helm/v3/cmd/helm")], ..PLAIN };

/// What reads YAML as Kubernetes does.
const YAML: Module = Module { name: "kubernetes-yaml", directory: "tests/kubernetes-yaml", programs: &[("kubernetes-yaml", ".")], ..PLAIN };

/// A forge, with its store in files.
pub(crate) const GITEA: Module = Module {
    name: "gitea",
    directory: "tests/servers/gitea",
    programs: &[("gitea", "code.gitea.io/gitea")],
    // By the last two its network is what the programs without C have, and is compiled once for all.
    tags: "sqlite sqlite_unlock_notify netgo osusergo",
    ..PLAIN
};

/// A secret store.
pub(crate) const VAULT: Module = Module { name: "vault", directory: "tests/servers/vault", programs: &[("vault", ".")], ..PLAIN };

const PLAIN: Module = Module { name: "", directory: "", programs: &[], link: "", tags: "", instead: "" };

/// Argo CD's module, whose resource definitions the tests give an API server, and the hash of its content (`go.sum`).
const ARGO_CD: (&str, &str) = ("github.com/argoproj/argo-cd/v3@v3.2.0", "h1:m2eGAV+nXQGgzZbH5SyJD5laaPW27mzWXBrgisUHY/0=");

/// What Vault 1.14.8 is built with, and the hash of its content (`go.sum`).
const VAULT_SDK: (&str, &str) = ("github.com/hashicorp/vault/sdk@v0.9.2", "h1:H1kitfl1rG2SHbeGEyvhEqmIjVKE3E6c2q3ViKOs6HA=");

/// Begins to build what tests run, beside what else there is to do: Go waits for the network and for its linker, and
/// cargo for its own. A machine without Go is told so at once.
pub(crate) fn begin() -> Result<JoinHandle<Result<()>>> {
    for module in wanted() {
        if !is_built(module)? {
            need_go(module)?;
        }
    }
    Ok(thread::spawn(tools))
}

/// Where the control plane is, if it is not to be built.
fn given() -> Option<PathBuf> {
    std::env::var_os("KUBEBUILDER_ASSETS").map(PathBuf::from)
}

/// The modules that are to be built.
fn wanted() -> impl Iterator<Item = &'static Module> {
    let control_plane = given().is_none().then_some(&CONTROL_PLANE);
    [&YAML].into_iter().chain(control_plane).chain([&HELM, &GITEA, &VAULT])
}

/// Builds what tests run, unless `KUBEBUILDER_ASSETS` says where it is.
pub(crate) fn tools() -> Result<()> {
    if let Some(assets) = given() {
        println!("the control plane is taken from {}", assets.display());
    }
    vault_sdk()?;
    for module in wanted() {
        println!("{} is in {}", module.name, build(module)?.display());
    }
    gitea_files()?;
    println!("Argo CD's definitions are in {}", argo_cd()?.display());
    Ok(())
}

/// Puts Gitea's templates and texts beside it: the program reads them from files.
fn gitea_files() -> Result<()> {
    let directory = directory(&GITEA)?;
    let shown = directory.join("static");
    if shown.exists() {
        return Ok(());
    }
    let source = source_of(&GITEA, "code.gitea.io/gitea")?;
    let begun = directory.join("static.new");
    for part in ["options", "public", "templates"] {
        copy(&source.join(part), &begun.join(part))?;
    }
    Ok(std::fs::rename(begun, shown)?)
}

/// Where it is put, beside what Vault's `main.go` brings.
const SDK: &str = "sdk";

/// The module `vault/sdk` as Vault 1.14.8 has it: the published one lacks a few names that it uses, and
/// panics at definitions of Vault's own that only its commercial edition completes.
fn vault_sdk() -> Result<()> {
    let module = root().join(VAULT.directory);
    let sdk = module.join(SDK);
    if sdk.exists() && is_built(&VAULT)? {
        return Ok(());
    }
    let (name, sum) = VAULT_SDK;
    let begun = module.join("sdk.new");
    let _ = std::fs::remove_dir_all(&begun);
    copy(&downloaded(name, sum)?, &begun)?;
    copy(&module.join("_additions"), &begun)?;
    let path = begun.join("framework/backend.go");
    let text = std::fs::read_to_string(&path)?;
    let checks = "if p.ExistenceCheck == nil {";
    if text.matches(checks).count() != 1 {
        bail!("{} is not what it was", path.display());
    }
    std::fs::write(&path, text.replace(checks, "if false {"))?;
    let _ = std::fs::remove_dir_all(&sdk);
    Ok(std::fs::rename(begun, sdk)?)
}

/// Where Go keeps the source of a module that another one requires.
fn source_of(module: &Module, name: &str) -> Result<PathBuf> {
    let output = Command::new("go").args(["list", "-m", "-f", "{{.Dir}}", name]).current_dir(root().join(module.directory)).output()?;
    let path = PathBuf::from(String::from_utf8(output.stdout)?.trim());
    if path.is_dir() { Ok(path) } else { bail!("the source of {name} is not there") }
}

/// Copies a directory. What Go keeps cannot be written to; its copy can.
fn copy(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from).with_context(|| from.display().to_string())? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &to)?;
        } else {
            std::fs::write(to, std::fs::read(entry.path())?)?;
        }
    }
    Ok(())
}

/// Copies Argo CD's resource definitions out of its module; nothing of it is built.
fn argo_cd() -> Result<PathBuf> {
    let (module, sum) = ARGO_CD;
    let directory = target()?.join("go").join("argocd");
    let stamp = directory.join("copied-from");
    if std::fs::read_to_string(&stamp).is_ok_and(|copied| copied == module) {
        return Ok(directory);
    }
    let source = downloaded(module, sum)?.join("manifests/crds");
    std::fs::create_dir_all(&directory)?;
    for name in ["application-crd.yaml", "applicationset-crd.yaml", "appproject-crd.yaml"] {
        let text = std::fs::read(source.join(name)).with_context(|| format!("{name} of {module}"))?;
        std::fs::write(directory.join(name), text)?;
    }
    std::fs::write(stamp, module)?;
    Ok(directory)
}

/// Where Go keeps the source of a module, once it has downloaded it.
fn downloaded(module: &str, sum: &str) -> Result<PathBuf> {
    let output = Command::new("go").args(["mod", "download", "-json", module]).current_dir(target()?).output();
    let output = output.with_context(|| format!("{module} comes by Go, and there is no `go`: install it (https://go.dev/dl)"))?;
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).context("`go mod download` answers in JSON")?;
    if told["Sum"] != sum {
        bail!("{module} is not what it was: {}", told["Error"].as_str().unwrap_or("its hash differs"));
    }
    Ok(PathBuf::from(told["Dir"].as_str().context("a directory")?))
}

/// Builds the programs of a module; returns the directory that they are in. What was built from the
/// same module before is left as it is, as even a build that has nothing to do takes seconds.
pub(crate) fn build(module: &Module) -> Result<PathBuf> {
    let directory = directory(module)?;
    if is_built(module)? {
        return Ok(directory);
    }
    need_go(module)?;
    // Until all of it is there, none of it is.
    let stamp = directory.join(STAMP);
    let _ = std::fs::remove_file(&stamp);
    std::fs::create_dir_all(&directory)?;
    for (program, package) in module.programs {
        // It gives way to cargo, which has many steps that only one core can do: Go has work for the other then.
        let mut go = Command::new("nice");
        go.args(["go", "build", "-trimpath", COMPILER, "-ldflags", &format!("-s -w {}", module.link), "-o"]).arg(directory.join(program));
        let cgo = if module.tags.is_empty() { "0" } else { "1" };
        go.args(["-tags", module.tags]).arg(package).env("CGO_ENABLED", cgo).env("CGO_CFLAGS", C_COMPILER);
        go.env("GOGC", "off").env("GOMEMLIMIT", MEMORY);
        go.current_dir(root().join(module.directory));
        step_beside(&format!("{program}, by Go: the first time takes minutes"), &mut go)?;
    }
    std::fs::write(stamp, source(module)?)?;
    Ok(directory)
}

/// What the compiler is told: without debug information, and with no function put into its callers, it takes a fifth less
/// time. The programs may be slower for it, which tests do not mind. There are packages enough to fill all cores, so that
/// threads for parts of one only cost.
const COMPILER: &str = "-gcflags=all=-dwarf=false -l -c=1";

/// The memory (bytes) from which on the compiler collects what it no longer needs: it rarely comes so far, and collecting
/// all the time is a twelfth of its work.
const MEMORY: &str = "1GiB";

/// What the C compiler is told: `SQLite` and Zstandard are long, and even `-O1` takes half of a minute for them.
const C_COMPILER: &str = "-O0";

/// What a set of programs was built from.
const STAMP: &str = "built-from";

/// Where the programs of a module are built.
fn directory(module: &Module) -> Result<PathBuf> {
    Ok(target()?.join("go").join(module.name))
}

fn is_built(module: &Module) -> Result<bool> {
    let wanted = source(module)?;
    Ok(std::fs::read_to_string(directory(module)?.join(STAMP)).is_ok_and(|built| built == wanted))
}

/// All that goes into a module's programs. The tests compare the first two parts of it with the module: they must know
/// when they run old programs.
fn source(module: &Module) -> Result<String> {
    let read = |file: &str| read(module, file);
    let mut own = String::new();
    go_files(&root().join(module.directory), &mut own)?;
    Ok(format!(
        "{}{}{:?}\n{COMPILER}\n{C_COMPILER}\n{}\n{}\n{own}",
        read("go.mod")?,
        read("go.sum")?,
        module.programs,
        module.link,
        module.tags
    ))
}

/// Adds the Go files of a module that are ours: all but the SDK, which is a copy.
fn go_files(directory: &Path, all: &mut String) -> Result<()> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(directory)?.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    paths.sort();
    for path in paths {
        if path.is_dir() && !path.ends_with(SDK) {
            go_files(&path, all)?;
        } else if path.extension().is_some_and(|extension| extension == "go") {
            all.push_str(&std::fs::read_to_string(path)?);
        }
    }
    Ok(())
}

fn read(module: &Module, file: &str) -> Result<String> {
    let path = root().join(module.directory).join(file);
    std::fs::read_to_string(&path).with_context(|| path.display().to_string())
}

fn need_go(module: &Module) -> Result<()> {
    if Command::new("go").arg("version").output().is_ok() {
        return Ok(());
    }
    let needs = read(module, "go.mod")?.lines().find_map(|line| line.strip_prefix("go ")).unwrap_or_default().to_owned();
    bail!("{} is built with Go, and there is no `go`: install Go {needs} or later (https://go.dev/dl){}", module.name, module.instead);
}

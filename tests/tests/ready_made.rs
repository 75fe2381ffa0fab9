//! What pipelines take as it is: the GitHub Action, the template for GitLab, the hooks of pre-commit. Their scripts
//! run here as their runners run them, in a clone of the sample tenant repository.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use clearance_tests::case::from_yaml;
use clearance_tests::door::Binary;
use clearance_tests::tenant::{Repository, requests};
use serde_json::Value;
use tempfile::TempDir;

const VERSION: &str = env!("CARGO_PKG_VERSION");

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().expect("the repository")
}

fn file(name: &str) -> String {
    std::fs::read_to_string(root().join(name)).expect("it is there")
}

fn parsed(name: &str) -> Value {
    from_yaml(&file(name)).expect("YAML")
}

fn run(command: &mut Command) -> Output {
    command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"))
}

fn must(command: &mut Command) {
    let output = run(command);
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// What a runner checks out: the request alone, without history, and with its base at the origin.
struct Job {
    origin: Repository,
    directory: TempDir,
}

impl Job {
    fn of(request: &str) -> Self {
        let requests = requests().expect("the requests can be read");
        let request = requests.iter().find(|known| known.name == request).expect("it is there");
        let origin = Repository::with(request).expect("a repository");
        let directory = tempfile::tempdir().expect("a directory");
        let address = format!("file://{}", origin.path().display());
        must(Command::new("git").args(["clone", "--quiet", "--depth=1", "--branch=request", &address]).arg(directory.path().join("work")));
        let job = Self { origin, directory };
        job.release();
        job
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// A release with the binary that is tested.
    fn release(&self) {
        let machine = if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" };
        let name = format!("clearance-{VERSION}-linux-{machine}");
        let directory = self.path("releases").join(format!("v{VERSION}"));
        std::fs::create_dir_all(directory.join(&name)).expect("a directory");
        let binary = Binary::new().expect("the binary is built");
        let script = format!("#!/bin/sh\nexec '{}' \"$@\"\n", binary.path().display());
        std::fs::write(directory.join(&name).join("clearance"), script).expect("a file");
        let archive = format!("{name}.tar.gz");
        must(Command::new("tar").args(["-czf", &archive, &name]).current_dir(&directory));
        must(Command::new("sh").args(["-c", &format!("sha256sum {archive} > SHA256SUMS")]).current_dir(&directory));
    }

    /// A shell as a runner starts it.
    fn bash(&self, script: &str) -> Command {
        let mut bash = Command::new("bash");
        bash.args(["--noprofile", "--norc", "-eo", "pipefail", "-c", script]).current_dir(self.path("work"));
        let path = std::env::join_paths(
            [self.path("bin")].into_iter().chain(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())),
        );
        bash.env("PATH", path.expect("a path")).env("CLEARANCE_RELEASES", self.path("releases"));
        for variable in ["CI_PROJECT_DIR", "GITHUB_WORKSPACE", "CLEARANCE_LANG", "CLEARANCE_CONFIG", "CLEARANCE_FAIL_ON"] {
            bash.env_remove(variable);
        }
        bash
    }
}

/// Runs the steps of the action with some inputs; returns the last one's output.
fn action(job: &Job, inputs: &[(&str, &str)]) -> Output {
    let action = parsed("action.yml");
    let value = |text: &str| -> String {
        let Some(name) = text.strip_prefix("${{ inputs.").and_then(|rest| rest.strip_suffix(" }}")) else { return text.to_owned() };
        let given = inputs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        given.unwrap_or_else(|| action["inputs"][name]["default"].as_str().expect("a default").to_owned())
    };
    let mut last = None;
    let _ = std::fs::remove_file(job.path("github-path"));
    for step in action["runs"]["steps"].as_array().expect("steps") {
        let script = step["run"].as_str().expect("a script");
        assert!(!script.contains("${{"), "an input gets into a script: {script}");
        let mut bash = job.bash(script);
        bash.env("GITHUB_ACTION_PATH", root()).env("RUNNER_TEMP", job.path("temp")).env("GITHUB_PATH", job.path("github-path"));
        for (key, text) in step["env"].as_object().expect("variables") {
            bash.env(key, value(text.as_str().expect("a text")));
        }
        if let Ok(added) = std::fs::read_to_string(job.path("github-path")) {
            let path = format!("{}:{}", added.trim(), std::env::var("PATH").unwrap_or_default());
            bash.env("PATH", path);
        }
        let output = run(&mut bash);
        let is_done = output.status.success();
        last = Some(output);
        if !is_done {
            break;
        }
    }
    last.expect("a step")
}

#[test]
fn the_github_action() {
    let job = Job::of("02-a-port-that-is-taken");
    let output = action(&job, &[("base", "main")]);
    let out = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(out.contains("::error file=nautes/overlays/production/clusters/till.yaml,line=7,"), "{out}");
    let sarif: Value = serde_json::from_slice(&std::fs::read(job.path("work/clearance.sarif")).expect("a report")).expect("JSON");
    assert_eq!(sarif["version"], "2.1.0");
    // What a person writes into an input stays data.
    let trick = "nautes\n$(touch sprung) ; touch sprung";
    let output = action(&job, &[("base", "main"), ("paths", trick)]);
    assert!(!job.path("work/sprung").exists() && output.status.code() == Some(2), "{output:?}");
    let output = action(&job, &[("base", "main"), ("fail-on", "never")]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
}

/// A branch that switches a rule off for itself, and settings from elsewhere that count in place of its own.
fn pinned(job: &Job) -> PathBuf {
    std::fs::write(job.path("work/clearance.toml"), "[severity]\nport-already-used = \"off\"\n").expect("a file");
    let settings = job.path("the settings.toml");
    std::fs::write(&settings, "").expect("a file");
    settings
}

#[test]
fn settings_of_a_place_that_the_branch_does_not_write() {
    let job = Job::of("02-a-port-that-is-taken");
    let settings = pinned(&job);
    let output = action(&job, &[("base", "main")]);
    assert_eq!(output.status.code(), Some(0), "the branch's own settings count: {output:?}");
    let output = action(&job, &[("base", "main"), ("config", settings.to_str().expect("a path"))]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
}

#[test]
fn a_release_that_was_changed_is_not_installed() {
    let job = Job::of("01-a-new-cluster");
    assert_eq!(action(&job, &[("base", "main")]).status.code(), Some(0));
    let releases = job.path("releases").join(format!("v{VERSION}"));
    std::fs::remove_dir_all(job.path("temp")).expect("it was installed");
    let sums = std::fs::read_to_string(releases.join("SHA256SUMS")).expect("sums");
    std::fs::write(releases.join("SHA256SUMS"), sums.replacen(|digit: char| digit.is_ascii_hexdigit(), "f", 3)).expect("a file");
    let output = action(&job, &[("base", "main")]);
    assert!(!output.status.success() && !job.path("temp/clearance/clearance").exists(), "{output:?}");
}

#[test]
fn the_template_for_gitlab() {
    let job = Job::of("02-a-port-that-is-taken");
    let template = parsed("ci/clearance.gitlab-ci.yml")["clearance"].clone();
    must(&mut job.bash(&format!("'{}' {VERSION} '{}'", root().join("ci/install.sh").display(), job.path("bin").display())));
    std::fs::copy(root().join("ci/merge-request.sh"), job.path("bin/clearance-merge-request.sh")).expect("a copy");
    let check = |config: Option<&Path>, code: i32| {
        for line in template["script"].as_array().expect("lines") {
            let mut bash = job.bash(line.as_str().expect("a line"));
            for (key, value) in template["variables"].as_object().expect("variables") {
                bash.env(key, value.as_str().map_or_else(|| value.to_string(), str::to_owned));
            }
            bash.env("CI_PROJECT_DIR", job.path("work")).env("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "main");
            let output = run(bash.envs(config.map(|path| ("CLEARANCE_CONFIG", path))));
            assert_eq!(output.status.code(), Some(code), "{config:?}: {output:?}");
        }
    };
    let settings = pinned(&job);
    check(None, 0);
    check(Some(&settings), 1);
    std::fs::remove_file(job.path("work/clearance.toml")).expect("it is there");
    check(None, 1);
    let reports = &template["artifacts"]["reports"];
    let read = |report: &Value| std::fs::read_to_string(job.path("work").join(report.as_str().expect("a file"))).expect("a report");
    assert!(read(&reports["codequality"]).contains("\"path\":\"nautes/overlays/production/clusters/till.yaml\""));
    assert!(read(&reports["junit"]).starts_with("<?xml"));
}

#[test]
fn what_the_branch_has_mended_since_is_not_this_requests_fault() {
    let job = Job::of("01-a-new-cluster");
    must(&mut job.bash(&format!("'{}' {VERSION} '{}'", root().join("ci/install.sh").display(), job.path("bin").display())));
    let cluster = |name: &str, usage: &str| {
        format!(
            "apiVersion: nautes.resource.nautes.io/v1alpha1\nkind: Cluster\nmetadata: {{name: {name}, namespace: nautes}}\n\
             spec: {{apiServer: 'https://{name}.example.com:6443', clusterType: physical, usage: {usage}}}\n"
        )
    };
    let origin = job.path("origin");
    std::fs::create_dir(&origin).expect("a directory");
    let git = |arguments: &[&str]| must(Command::new("git").current_dir(&origin).args(arguments));
    let commit = |file: &str, text: String| {
        std::fs::write(origin.join(file), text).expect("a file");
        git(&["add", "--all"]);
        let who = ["-c", "user.name=Somebody", "-c", "user.email=somebody@example.com"];
        must(Command::new("git").current_dir(&origin).args(who).args(["commit", "--quiet", "--message", "Change"]));
    };
    git(&["init", "--quiet", "--initial-branch=main"]);
    commit("a.yaml", cluster("a", "hots"));
    git(&["checkout", "--quiet", "-b", "request"]);
    commit("b.yaml", cluster("b", "host"));
    git(&["checkout", "--quiet", "main"]);
    commit("a.yaml", cluster("a", "host"));
    let check = |name: &str| {
        let work = job.path(name);
        let address = format!("file://{}", origin.display());
        must(Command::new("git").args(["clone", "--quiet", "--depth=1", "--branch=request", &address]).arg(&work));
        run(job.bash(&format!("'{}' main .", root().join("ci/merge-request.sh").display())).current_dir(work))
    };
    let output = check("before");
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    // And what it brings itself is.
    git(&["checkout", "--quiet", "request"]);
    commit("b.yaml", cluster("b", "hots"));
    let output = check("after");
    assert_eq!(output.status.code(), Some(1), "{output:?}");
}

/// The real pre-commit, from `PyPI`.
#[test]
fn the_hooks_of_pre_commit() {
    let job = Job::of("02-a-port-that-is-taken");
    let hooks = job.path("hooks");
    std::fs::create_dir(&hooks).expect("a directory");
    std::fs::copy(root().join(".pre-commit-hooks.yaml"), hooks.join(".pre-commit-hooks.yaml")).expect("a copy");
    must(&mut job.bash(&format!("'{}' {VERSION} '{}'", root().join("ci/install.sh").display(), job.path("bin").display())));
    let git = |directory: &Path, arguments: &[&str]| {
        let who = ["-c", "user.name=Somebody", "-c", "user.email=somebody@example.com"];
        let output = run(Command::new("git").current_dir(directory).args(who).args(arguments));
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        String::from_utf8(output.stdout).expect("a text").trim().to_owned()
    };
    git(&hooks, &["init", "--quiet"]);
    git(&hooks, &["add", "--all"]);
    git(&hooks, &["commit", "--quiet", "--message", "Hooks"]);
    let revision = git(&hooks, &["rev-parse", "HEAD"]);
    let work = job.path("work");
    let configuration =
        format!("repos:\n- repo: '{}'\n  rev: {revision}\n  hooks: [{{id: clearance-fix}}, {{id: clearance-check}}]\n", hooks.display());
    std::fs::write(work.join(".pre-commit-config.yaml"), configuration).expect("a file");
    let python = Binary::new().expect("the binary is built").path().with_file_name("").join("../python/pre-commit/bin/python");
    assert!(python.exists(), "{} is not there: `cargo xtask test` installs it", python.display());
    let commit = |file: &str, from: &str, to: &str| {
        let path = work.join("nautes/overlays/production/clusters").join(file);
        let text = std::fs::read_to_string(&path).expect("it is there");
        std::fs::write(&path, text.replace(from, to)).expect("a file");
        git(&work, &["add", "--all"]);
        let mut bash = job.bash(&format!("'{}' -m pre_commit run --color never", python.display()));
        let output = run(bash.env("PRE_COMMIT_HOME", job.path("pre-commit")));
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr))
    };
    // What was committed already, with its fault, is not told again.
    let (code, out) = commit("payments.yaml", "spec:", "# asked for by payments\nspec:");
    assert_eq!(code, Some(0), "{out}");
    let (code, out) = commit("payments.yaml", "usage: worker", "usage: wroker");
    assert!(code == Some(1) && out.contains("error[unsupported-value]") && !out.contains("port-already-used"), "{out}");
    let (code, out) = commit(
        "payments.yaml",
        "usage: wroker",
        "usage: worker\n  componentsList: {gateway: {additions: {httpNodePort: 30080, httpsNodePort: '30443'}}}",
    );
    assert!(code == Some(1) && out.contains("changed nautes/overlays/production/clusters/payments.yaml"), "{out}");
    assert!(job.origin.path().exists());
}

/// What is ready-made names the version that it belongs to.
#[test]
fn versions() {
    assert_eq!(parsed("action.yml")["inputs"]["version"]["default"], VERSION);
    let template = file("ci/clearance.gitlab-ci.yml");
    assert!(
        template.contains(&format!("CLEARANCE_VERSION: {VERSION}"))
            && template.contains(&format!("/v{VERSION}/ci/clearance.gitlab-ci.yml"))
    );
}

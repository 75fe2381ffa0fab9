//! What documents are read from and judged by: the same at `check`, `fix` and `fill`.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::LazyLock;

use anyhow::{Result, bail};
use clap::Args;
use clearance_core::rules::{self, Lookup};
use clearance_core::{Settings, Severity};
use clearance_files::catalog::OwnCatalog;
use clearance_files::policies::OwnPolicies;
use clearance_files::surroundings::Surroundings;
use clearance_policy_host::Mode;

use super::Look;
use crate::clock;
use crate::config::{Config, Read, no_such_rule};
use crate::input::{self, Input, Inputs, place};

/// What is read, and by what it is judged.
#[derive(Args, Clone)]
pub struct Basis {
    /// Files, directories, patterns, or `-` for standard input [default: the repository that clearance.toml
    /// names, or the current directory].
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// What standard input is called; the ending tells JSON from YAML.
    #[arg(long, value_name = "NAME", default_value = "<stdin>")]
    pub stdin_filename: String,
    /// What else exists: a tenant repository, a file, a snapshot. What is not there does not exist.
    #[arg(long, value_name = "PATH")]
    pub fleet: Vec<PathBuf>,
    /// The cluster's name, as in the request's URL.
    #[arg(long)]
    pub name: Option<String>,
    /// Your own components and profiles, beside the built-in ones.
    #[arg(long, value_name = "FILE", env = "CLEARANCE_CATALOG", hide_env_values = true)]
    pub catalog: Option<PathBuf>,
    /// Your own policies: a file that names WebAssembly modules and their settings.
    #[arg(long, value_name = "FILE", env = "CLEARANCE_POLICIES", hide_env_values = true)]
    pub policies: Option<PathBuf>,
    /// When it is judged, in RFC 3339 [default: now].
    #[arg(long, value_name = "TIME", value_parser = clock::parse)]
    pub now: Option<i64>,
    /// Lets what objects override by annotation, with a reason, only warn: as the webhook does for those
    /// whom its configuration names.
    #[arg(long)]
    overrides: bool,
    /// Whether what is known of other clusters is all there is [default: true with --fleet and
    /// for a tenant repository, where all of it can be read].
    #[arg(long, value_name = "BOOL")]
    pub complete: Option<bool>,
    /// Weighs a rule differently: error, warning, info or off.
    #[arg(long, value_name = "RULE=LEVEL", value_parser = severity)]
    severity: Vec<(String, Option<Severity>)>,
    /// The settings of the repository [default: the nearest clearance.toml upwards].
    #[arg(long, value_name = "FILE", env = "CLEARANCE_CONFIG", hide_env_values = true)]
    config: Option<PathBuf>,
    /// Reads no clearance.toml.
    #[arg(long, conflicts_with = "config")]
    no_config: bool,
    /// Whether it is a case of its own: of `clearance.toml` neither fleet nor repository nor baseline are about it.
    #[arg(skip)]
    pub alone: bool,
    /// The tenant repository, of which `clearance.toml` speaks.
    #[arg(skip)]
    repository: Option<PathBuf>,
}

impl Basis {
    /// Reads `clearance.toml`; what was not given otherwise is taken from it.
    pub fn configured(&mut self) -> Result<Read> {
        let mut read = if self.no_config { Read::default() } else { Read::find(self.config.as_deref())? };
        let config = &mut read.config;
        self.catalog = self.catalog.take().or(config.catalog.take());
        self.policies = self.policies.take().or(config.policies.take());
        if self.alone {
            config.baseline = None;
        } else if self.fleet.is_empty() {
            self.fleet = std::mem::take(&mut config.fleet);
            self.repository = config.repository.take();
        }
        if self.paths.is_empty() {
            self.paths.extend(self.repository.clone());
        }
        Ok(read)
    }

    /// Finds what is to be read.
    pub fn inputs(&self, config: &Config, limit: usize) -> Result<Inputs> {
        let mut inputs = input::collect(self.paths(), &self.stdin_filename, limit)?;
        inputs.found.retain(|input| config.wants(input));
        Ok(inputs)
    }

    /// What is to be read, as it was said.
    pub fn paths(&self) -> &[PathBuf] {
        static HERE: LazyLock<[PathBuf; 1]> = LazyLock::new(|| [PathBuf::from(".")]);
        if self.paths.is_empty() { HERE.as_slice() } else { &self.paths }
    }

    /// With other paths.
    pub fn of(self, paths: Vec<PathBuf>) -> Self {
        Self { paths, ..self }
    }

    /// Finds what else exists beside what is judged.
    pub fn others(&self, config: &Config, judged: &[Input], limit: usize) -> Result<Inputs> {
        if self.fleet.iter().any(|path| path.as_os_str() == "-") {
            bail!("--fleet takes files and directories; standard input is for what is checked");
        }
        let mut others = input::collect(&self.fleet, "-", limit)?;
        if let Some(repository) = &self.repository {
            let Inputs { found, troubles } = input::collect(std::slice::from_ref(repository), "-", limit)?;
            others.found.extend(found.into_iter().filter(|input| config.wants(input)));
            others.troubles.extend(troubles);
        }
        if !others.found.is_empty() {
            // Each file once: what it holds would be there twice.
            let mut seen: HashSet<String> = judged.iter().map(|input| place(&input.name)).collect();
            others.found.retain(|input| seen.insert(place(&input.name)));
        }
        Ok(others)
    }

    /// The time, in seconds since 1970 (UTC).
    pub fn now(&self) -> i64 {
        self.now.unwrap_or_else(clock::now)
    }

    /// The policies that were named.
    pub fn own_policies(&self) -> Result<Option<OwnPolicies>> {
        self.policies.as_deref().map(|path| OwnPolicies::read(path, Mode::Once)).transpose()
    }

    /// The catalogue that was named.
    pub fn own_catalog(&self) -> Result<Option<OwnCatalog>> {
        self.catalog.as_deref().map(OwnCatalog::read).transpose()
    }

    /// Whether everything that exists is known: where it is said what else exists, and all of that could be read; and
    /// where the whole directory of a tenant repository's clusters is read, because Argo CD applies what that holds.
    pub fn is_complete(&self, found: &[Input], surroundings: &Surroundings) -> bool {
        let is_said = !self.fleet.is_empty() || self.repository.is_some();
        let is_all = || is_said || found.iter().any(|input| input.is_list() && !input.named);
        self.complete.unwrap_or_else(|| surroundings.is_whole() && is_all())
    }

    /// What was decided about verdicts.
    pub fn settings(&self, look: Look, config: &Config) -> Settings {
        Settings {
            severities: config.severities.clone().into_iter().chain(self.severity.iter().cloned()).collect(),
            suppressions: config.suppressions.clone(),
            language: look.language(),
            complete: self.complete,
            overrides: self.overrides,
            ..Settings::default()
        }
    }
}

fn severity(text: &str) -> Result<(String, Option<Severity>), String> {
    let (rule, level) = text.split_once('=').ok_or("write RULE=LEVEL, such as kubeconfig-expired=off")?;
    match rules::find(rule) {
        Lookup::Known(_) | Lookup::Removed(_) => {}
        Lookup::Unknown { nearest } => return Err(no_such_rule(rule, nearest)),
    }
    let severity = match level {
        "off" => None,
        _ => Some(Severity::from_name(level).ok_or("a level is one of error, warning, info, off")?),
    };
    Ok((rule.to_owned(), severity))
}

//! `clearance example`

use std::fmt::Write;

use anyhow::Result;
use clap::Args;
use clearance_core::catalog::Profile;
use clearance_core::model::ClusterType;
use clearance_core::{Catalog, Form, Rulebook};
use clearance_render::{modeline, yaml};

use super::{Exit, FormWord, Written};
use crate::output::{print, warn};
use crate::sample::{HOST, Sample};

/// Prints a complete description of a cluster, as a start for your own.
///
/// A kubeconfig in it is made on the spot and opens nothing: put your cluster's own in its place.
#[derive(Args)]
pub struct Example {
    /// The kind of cluster: physical-host, physical-worker-deployment, physical-worker-pipeline,
    /// virtual-worker-deployment, virtual-worker-pipeline.
    #[arg(value_parser = profile)]
    profile: Profile,
    /// The form to write it in.
    #[arg(long, value_enum, default_value_t = FormWord::Resource)]
    form: FormWord,
    /// JSON or YAML [default: json for a request, yaml otherwise].
    #[arg(long, value_enum)]
    format: Option<Written>,
    /// The cluster's name.
    #[arg(long)]
    name: Option<String>,
    /// The address of its API server.
    #[arg(long, value_name = "URL")]
    api_server: Option<String>,
}

fn profile(text: &str) -> Result<Profile, String> {
    let profiles = Catalog::built_in().profiles();
    profiles.iter().find(|profile| profile.name() == text).cloned().ok_or_else(|| {
        let names: Vec<String> = profiles.iter().map(|profile| format!("`{}`", profile.name())).collect();
        format!("it is one of {}", names.join(", "))
    })
}

impl Example {
    pub fn run(self) -> Result<Exit> {
        let form = self.form.form();
        let sample = Sample { profile: &self.profile, form, name: self.name.as_deref(), api_server: self.api_server.as_deref() };
        let value = sample.make(&Rulebook::default())?;
        let default = if form == Form::Request { Written::Json } else { Written::Yaml };
        let needs_host = self.profile.cluster_type == ClusterType::Virtual;
        match self.format.unwrap_or(default) {
            Written::Yaml => {
                let text = modeline(form) + &yaml(&value);
                print(&if needs_host { with_note(&text) } else { text })?;
            }
            Written::Json => {
                print(&format!("{}\n", serde_json::to_string_pretty(&value)?))?;
                if needs_host {
                    // JSON has no comments.
                    warn(&note());
                }
            }
        }
        Ok(Exit::Clean)
    }
}

fn note() -> String {
    format!("the host cluster `{HOST}` must be registered already")
}

/// Puts the note above the line that names the host cluster.
fn with_note(text: &str) -> String {
    let mut noted = String::new();
    for line in text.lines() {
        if line.ends_with(&format!(": {HOST}")) {
            let indent = line.len() - line.trim_start().len();
            let _ = writeln!(noted, "{}# {}", " ".repeat(indent), note());
        }
        noted.push_str(line);
        noted.push('\n');
    }
    noted
}

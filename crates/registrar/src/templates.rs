//! The files that a registration installs, from templates.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clearance_core::Catalog;
use clearance_core::catalog::{Profile, SourceKind};
use clearance_core::model::{ClusterType, Slot, Usage};
use minijinja::{Environment, UndefinedBehavior, context};
use serde_json::{Value, json};

use crate::edit;

/// What ships inside: `templates/README.md` says what each is for.
const BUILT_IN: &[(&str, &str)] = &[
    ("component-app.yaml", include_str!("../templates/component-app.yaml")),
    ("host-cluster-appset.yaml", include_str!("../templates/host-cluster-appset.yaml")),
    ("ingress.yaml", include_str!("../templates/ingress.yaml")),
    ("namespaces.yaml", include_str!("../templates/namespaces.yaml")),
    ("runtime-app.yaml", include_str!("../templates/runtime-app.yaml")),
    ("runtime-appset.yaml", include_str!("../templates/runtime-appset.yaml")),
    ("runtime-argocd-appset.yaml", include_str!("../templates/runtime-argocd-appset.yaml")),
    ("runtime-initial-appset.yaml", include_str!("../templates/runtime-initial-appset.yaml")),
    ("runtime-project.yaml", include_str!("../templates/runtime-project.yaml")),
    ("vcluster-app.yaml", include_str!("../templates/vcluster-app.yaml")),
    ("vcluster-appset.yaml", include_str!("../templates/vcluster-appset.yaml")),
    ("vcluster-initial-app.yaml", include_str!("../templates/vcluster-initial-app.yaml")),
    ("vcluster-namespace.yaml", include_str!("../templates/vcluster-namespace.yaml")),
    ("vcluster-secret.yaml", include_str!("../templates/vcluster-secret.yaml")),
    ("vcluster-svc.yaml", include_str!("../templates/vcluster-svc.yaml")),
];

/// Where Argo CD reads the tenant repository.
#[derive(Debug, Clone, serde::Serialize)]
pub(crate) struct Source {
    pub url: String,
    pub branch: String,
}

pub(crate) struct Templates {
    environment: Environment<'static>,
    source: Source,
}

/// A cluster as templates see it.
#[derive(Debug)]
pub(crate) struct Site<'s> {
    pub name: &'s str,
    /// The resource, with everything filled in.
    pub cluster: &'s Value,
    /// The address of its host cluster; nothing where that is not known.
    pub host: Option<&'s str>,
}

impl Site<'_> {
    fn spec(&self, key: &str) -> &str {
        text(self.cluster, &["spec", key])
    }

    pub(crate) fn is_host(&self) -> bool {
        self.spec("usage") == Usage::Host.word()
    }

    pub(crate) fn is_virtual(&self) -> bool {
        self.spec("clusterType") == ClusterType::Virtual.word()
    }

    pub(crate) fn host_name(&self) -> &str {
        self.spec("hostCluster")
    }

    fn profile<'c>(&self, catalog: &'c Catalog) -> Option<&'c Profile> {
        catalog.profiles().iter().find(|profile| {
            profile.usage.word() == self.spec("usage")
                && profile.cluster_type.word() == self.spec("clusterType")
                && profile.worker_type.map_or("", |worker| worker.word()) == self.spec("workerType")
        })
    }

    /// The components that its profile uses and that are installed from somewhere.
    fn components(&self, catalog: &Catalog) -> Vec<Value> {
        let slots = self.profile(catalog).map(|profile| profile.slots.as_slice()).unwrap_or_default();
        let component = |slot: &Slot| {
            let chosen = self.cluster.get("spec")?.get("componentsList")?.get(slot.word())?;
            let source = source(catalog, chosen.get("name")?.as_str()?)?;
            Some(json!({
                "slot": slot.word(),
                "name": chosen["name"],
                "namespace": chosen["namespace"],
                "additions": chosen.get("additions").cloned().unwrap_or_else(|| json!({})),
                "source": source,
            }))
        };
        slots.iter().filter_map(component).collect()
    }
}

/// Where a component is installed from: as the catalogue says, else as it is known here.
fn source(catalog: &Catalog, component: &str) -> Option<Value> {
    let Some(source) = &catalog.component(component)?.source else {
        let built_in = edit::read(include_str!("sources.yaml"))?;
        return serde_json::to_value(built_in.get(component)?).ok();
    };
    let (chart, path) = match &source.what {
        SourceKind::Chart(chart) => (Some(chart), None),
        SourceKind::Path(path) => (None, Some(path)),
    };
    Some(json!({"repository": source.repository, "chart": chart, "path": path, "version": source.version}))
}

fn text<'v>(value: &'v Value, path: &[&str]) -> &'v str {
    path.iter().try_fold(value, |value, key| value.get(key)).and_then(Value::as_str).unwrap_or_default()
}

impl Templates {
    /// The templates of a directory, and for what is not there those that ship inside.
    pub(crate) fn open(directory: Option<&Path>, source: Source) -> anyhow::Result<Self> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::SemiStrict);
        environment.set_keep_trailing_newline(true);
        environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
        // A template that never ends is a fault of who wrote it.
        environment.set_recursion_limit(100);
        for (name, built_in) in BUILT_IN {
            let given = directory.map(|directory| directory.join(name)).filter(|path| path.exists());
            let text = match &given {
                Some(path) => std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?,
                None => (*built_in).to_owned(),
            };
            let place = given.unwrap_or_else(|| PathBuf::from(name));
            environment.add_template_owned(*name, text).with_context(|| format!("{} is no template", place.display()))?;
        }
        Ok(Self { environment, source })
    }

    /// All files that belong to a cluster alone, by their paths.
    pub(crate) fn files(&self, site: &Site<'_>, catalog: &Catalog) -> anyhow::Result<BTreeMap<String, String>> {
        let mut files = BTreeMap::new();
        let name = site.name;
        let components = site.components(catalog);
        let api_server = site.spec("apiServer");
        let physical = !site.is_virtual();
        let runtime = (!site.is_host()).then(|| format!("runtimes/{name}-runtime"));
        let production = runtime.clone().unwrap_or_else(|| format!("host-clusters/{name}")) + "/production";
        let base = context! { cluster => site.cluster, name, api_server, repository => self.source, components, physical };
        for component in &components {
            let slot = text(component, &["slot"]);
            let has_host = !text(component, &["additions", "host"]).is_empty();
            let overlay = runtime
                .as_ref()
                .filter(|_| has_host)
                .map(|runtime| format!("{runtime}/{}/overlays/production", text(component, &["name"])));
            if let Some(overlay) = &overlay {
                let inside = context! { component, ..base.clone() };
                files.insert(format!("{overlay}/ingress.yaml"), self.render("ingress.yaml", inside)?);
                files.insert(format!("{overlay}/kustomization.yaml"), kustomization(&["ingress.yaml"]));
            }
            // An ApplicationSet of the tenant applies Argo CD's own overlay.
            let overlay = overlay.filter(|_| slot != Slot::Deployment.word());
            let project = runtime.as_ref().map(|_| format!("{name}-runtime-project"));
            let inside = context! { component, overlay, project, ..base.clone() };
            let path = format!("{production}/{}-app.yaml", text(component, &["name"]));
            files.insert(path, self.render("component-app.yaml", inside)?);
        }
        if let Some(runtime) = &runtime {
            for template in ["runtime-app.yaml", "runtime-project.yaml"] {
                files.insert(format!("{runtime}/{template}"), self.render(template, base.clone())?);
            }
            let initial = format!("{runtime}/initial/overlays/production");
            files.insert(format!("{initial}/namespaces.yaml"), self.render("namespaces.yaml", base.clone())?);
            files.insert(format!("{initial}/kustomization.yaml"), kustomization(&["namespaces.yaml"]));
        }
        if site.is_virtual() {
            let inside = self.in_host(site)?;
            let directory = vcluster(site.host_name(), name);
            for template in ["vcluster-app.yaml", "vcluster-initial-app.yaml"] {
                files.insert(format!("{directory}/{template}"), self.render(template, inside.clone())?);
            }
            for kind in ["namespace", "secret", "svc"] {
                files.insert(
                    format!("{directory}/vcluster-initial/{kind}.yaml"),
                    self.render(&format!("vcluster-{kind}.yaml"), inside.clone())?,
                );
            }
        }
        Ok(files)
    }

    fn in_host(&self, site: &Site<'_>) -> anyhow::Result<minijinja::Value> {
        let api_server = site.spec("apiServer");
        let (address, port) = api_server.trim_end_matches('/').rsplit_once(':').context("a virtual cluster's address without a port")?;
        let port: u16 = port.parse().context("a virtual cluster's port")?;
        Ok(context! {
            cluster => site.cluster,
            name => site.name,
            api_server,
            repository => self.source,
            https_node_port => port,
            host => context! { name => site.host_name(), api_server => site.host.unwrap_or_default() },
            host_address => address.trim_start_matches("https://").trim_start_matches('[').trim_end_matches(']'),
        })
    }

    /// A file that several clusters share, as it begins.
    pub(crate) fn shared(&self, template: &str, site: &Site<'_>) -> anyhow::Result<String> {
        let host = context! { name => site.host_name() };
        self.render(template, context! { repository => self.source, host })
    }

    fn render(&self, template: &str, inside: minijinja::Value) -> anyhow::Result<String> {
        let mut text = self.environment.get_template(template)?.render(inside).with_context(|| format!("the template {template}"))?;
        if !text.ends_with('\n') {
            text.push('\n');
        }
        let text = text.trim_start_matches('\n').to_owned();
        // What Argo CD could not read would stand in its way for all clusters.
        let is_list = template == "namespaces.yaml";
        anyhow::ensure!(is_list || edit::read(&text).is_some(), "the template {template} gives no YAML document");
        Ok(text)
    }
}

/// The directory of a virtual cluster.
pub(crate) fn vcluster(host: &str, name: &str) -> String {
    format!("host-clusters/{host}/vclusters/{name}")
}

/// A kustomization of some files.
pub(crate) fn kustomization(resources: &[&str]) -> String {
    let head = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n".to_owned();
    resources.iter().fold(head, |text, resource| text + "- " + resource + "\n")
}

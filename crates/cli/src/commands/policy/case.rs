//! A question for one policy: a cluster, and what is around it.

use std::sync::Arc;

use anyhow::{Result, anyhow, bail};
use clearance_core::finding::Change;
use clearance_core::rules::policy::{Opinion, Says};
use clearance_core::{Catalog, Content, Document, Fleet, Limits, Rulebook, Verdict, changes, fleet};
use clearance_policy_host::{Applies, Bounds, Capability, Module, Operation, Policies, Policy, Question, Snapshot, Trial};

/// A question.
pub struct Case<'c> {
    pub text: &'c str,
    pub document: Document<'c>,
    pub old: Option<&'c str>,
    pub is_deletion: bool,
    pub fleet: Option<&'c str>,
    pub settings: String,
    pub granted: Vec<Capability>,
    pub bounds: Bounds,
}

impl<'c> Case<'c> {
    /// The first cluster in a text.
    pub fn of(text: &'c str, name: &str) -> Result<Self> {
        Ok(Self {
            text,
            document: cluster(text, name)?,
            old: None,
            is_deletion: false,
            fleet: None,
            settings: "{}".to_owned(),
            granted: Vec::new(),
            bounds: Bounds::default(),
        })
    }

    /// Refuses settings that will not do.
    pub fn check(&self, module: &Module) -> Result<()> {
        module.check_settings(&self.settings, self.bounds).map_err(|wrong| anyhow!("the settings are wrong: {}", wrong.join("; ")))
    }

    /// Asks a policy.
    pub fn ask(&self, module: Arc<Module>) -> Result<Trial> {
        let operations = ["CREATE", "UPDATE", "DELETE"].map(str::to_owned).to_vec();
        let policy = Policy {
            settings: self.settings.clone(),
            mutates: true,
            bounds: self.bounds,
            granted: self.granted.clone(),
            applies: Applies { operations, ..Applies::default() },
            ..Policy::new(title(&module), Ok(module))
        };
        let filled = |document: &Document<'_>| {
            let mut resource = document.to_resource();
            changes::apply(&mut resource, &Rulebook::default().examine(document, 0).fill);
            resource
        };
        let now = filled(&self.document);
        let old = self.old.map(|old| cluster(old, "old.yaml").map(|old| filled(&old))).transpose()?;
        let clusters = self.fleet.map(|text| {
            let (records, referrers) = fleet::read(text, Some("fleet.yaml"), Catalog::built_in(), &Limits::default());
            Arc::new(Snapshot::of(&Fleet::new(records, referrers, true)))
        });
        let (object, old) = if self.is_deletion { (None, Some(&now)) } else { (Some(&now), old.as_ref()) };
        let operation = match old {
            _ if self.is_deletion => Operation::Delete,
            Some(_) => Operation::Update,
            None => Operation::Create,
        };
        let question = Question { operation: Some(operation), object, old, clusters, ..Question::default() };
        Policies::ask_one(&policy, &question).ok_or_else(|| anyhow!("the policy is not asked about this"))
    }

    /// What the policy says as a verdict of its own.
    pub fn verdict(&self, rulebook: &Rulebook, opinions: &[Opinion]) -> Verdict {
        let mut relations = rulebook.relate(&clearance_core::Record::default(), None, true, &Fleet::default());
        relations.hear(opinions, &[]);
        // As for a deletion: no rule of the core's own speaks.
        rulebook.conclude(&self.document, rulebook.examine(&self.document, 0), None, relations)
    }
}

/// What a policy is called.
pub fn title(module: &Module) -> String {
    let title = module.metadata().and_then(|metadata| metadata.annotation("io.kubewarden.policy.title"));
    title.unwrap_or("policy").to_owned()
}

fn cluster<'t>(text: &'t str, name: &str) -> Result<Document<'t>> {
    for content in Document::read_all(text, Some(name), &Limits::default()) {
        if let Content::Cluster(document) = content {
            return Ok(document);
        }
    }
    bail!("`{name}` describes no cluster")
}

/// The word for what a policy says.
pub fn word(says: Says) -> &'static str {
    match says {
        Says::Denied => "denied",
        Says::Warned => "warned",
        Says::Failed | Says::Passed => "failed",
    }
}

/// A change in one line.
pub fn change(change: &Change) -> String {
    let json = |value: &clearance_core::source::Value<'_>| serde_json::to_string(value).unwrap_or_default();
    match change {
        Change::Insert { path, value } | Change::Set { path, value } => format!("{path} = {}", json(value)),
        Change::Remove { path, .. } => format!("{path} is removed"),
        other => format!("{other:?}"),
    }
}

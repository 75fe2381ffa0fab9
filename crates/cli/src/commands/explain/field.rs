//! What a field is: from the model, from the catalogue, and from trying it out.

use std::borrow::Cow;
use std::fmt::Write;

use anyhow::{Result, bail};
use clearance_core::assist::shape_at;
use clearance_core::catalog::{AdditionKind, ComponentType};
use clearance_core::finding::{Path, Segment};
use clearance_core::model::structure::Shape;
use clearance_core::model::{REQUEST_ONLY, Slot};
use clearance_core::{Catalog, Form, Language, Rulebook};
use clearance_render::yaml;

use crate::markdown::bold;
use crate::trial::{Trial, Use};

/// A field and what it is.
struct Known {
    /// Its path in the resource; what only a request holds lies at its root.
    path: Path,
    shape: &'static Shape,
    about: &'static str,
    /// The slot that it belongs to.
    slot: Option<Slot>,
    /// The addition that it is.
    addition: Option<String>,
}

/// Explains a field.
pub fn explain(written: &str, language: Language, color: bool) -> Result<String> {
    let known = find(written)?;
    let mut text = head(&known, color);
    let catalog = Catalog::built_in();
    if let Some(slot) = known.slot {
        components(&known, slot, catalog, color, &mut text);
    }
    let rulebook = Rulebook::default();
    let trials = Trial::all(&rulebook, &known.path, language)?;
    uses(&trials, color, &mut text);
    example(&known, &trials, color, &mut text);
    Ok(text)
}

/// The path of a field in words with dots, in any form.
fn find(written: &str) -> Result<Known> {
    let path: Path = written
        .trim_start_matches(['.', '$'])
        .split(['.', '/'])
        .flat_map(|word| word.split('[').take(1))
        .filter(|word| !word.is_empty())
        .map(|word| Segment::Key(Cow::Owned(word.to_owned())))
        .collect();
    let below_spec: Path = [Segment::Key(Cow::Borrowed("spec"))].into_iter().chain(path.segments().iter().cloned()).collect();
    let readings = [path.clone(), Form::Property.canonical(&path), Form::Request.canonical(&path), below_spec];
    if let Some(known) = readings.into_iter().find_map(look_up) {
        return Ok(known);
    }
    let mut above = path;
    while above.pop().is_some() {
        let below = [above.clone(), Form::Request.canonical(&above)].into_iter().find_map(|path| shape_at(&path));
        if let Some((shape, _)) = below.filter(|(shape, _)| !shape.fields().is_empty()) {
            let fields: Vec<String> = shape.fields().iter().map(|field| format!("`{}`", field.name)).collect();
            let place = if above.segments().is_empty() { "at the top".to_owned() } else { format!("below `{above}`") };
            bail!("there is no field `{written}`; {place} there are {}", fields.join(", "));
        }
    }
    bail!("there is no field `{written}`")
}

fn look_up(path: Path) -> Option<Known> {
    let (shape, field) = shape_at(&path)?;
    let mut slot = None;
    let mut addition = None;
    if let [Segment::Key(spec), Segment::Key(list), Segment::Key(word), rest @ ..] = path.segments()
        && spec == "spec"
        && list == "componentsList"
    {
        slot = Slot::from_word(word);
        if let [_, Segment::Key(key)] = rest {
            addition = Some(key.clone().into_owned());
        }
    }
    Some(Known { shape, about: field.map_or("", |field| field.about), slot, addition, path })
}

fn head(known: &Known, color: bool) -> String {
    let mut text = format!("{}\n", bold(&known.path.to_string(), color));
    let words = |form: Form| form.written(&known.path).map(|path| path.to_string());
    let is_request_only = matches!(known.path.segments().first(), Some(Segment::Key(key)) if REQUEST_ONLY.at(key).is_some());
    let forms = [("resource", Form::Resource), ("request", Form::Request), ("property file", Form::Property)];
    for (title, form) in forms.into_iter().filter(|(_, form)| !(is_request_only && *form == Form::Resource)) {
        if let Some(words) = words(form).filter(|words| !words.is_empty()) {
            let _ = writeln!(text, "  {title:14}{words}");
        }
    }
    let _ = writeln!(text, "  {:14}{}", "type", type_of(known.shape));
    if !known.about.is_empty() {
        let _ = write!(text, "\n{}\n", known.about);
    }
    let fields = known.shape.fields();
    if !fields.is_empty() {
        let _ = write!(text, "\n{}\n", bold("Fields", color));
        let width = fields.iter().map(|field| field.name.len()).max().unwrap_or(0);
        for field in fields {
            let _ = writeln!(text, "  {:width$}  {}", field.name, field.about);
        }
    }
    text
}

fn type_of(shape: &Shape) -> String {
    match shape {
        Shape::Any => "anything".to_owned(),
        Shape::Text => "string".to_owned(),
        Shape::Choice(words) => {
            let words: Vec<String> =
                words.iter().map(|word| if word.is_empty() { "empty".to_owned() } else { format!("`{word}`") }).collect();
            format!("string: {}", words.join(", "))
        }
        Shape::Integer => "whole number".to_owned(),
        Shape::Boolean => "`true` or `false`".to_owned(),
        Shape::Object(_) => "map".to_owned(),
        Shape::Map(inner) => format!("map of {}", type_of(inner)),
        Shape::List(inner) => format!("list of {}", type_of(inner)),
    }
}

fn components(known: &Known, slot: Slot, catalog: &Catalog, color: bool, text: &mut String) {
    let _ = write!(text, "\n{}\n", bold("Components for this slot", color));
    for component in catalog.in_slot(slot) {
        let default = if component.default { ", the default" } else { "" };
        let _ = writeln!(text, "  `{}` in namespace `{}`{default}", component.name, component.namespace);
        additions(known, component, text);
    }
}

fn additions(known: &Known, component: &ComponentType, text: &mut String) {
    for addition in component.additions.iter().filter(|addition| known.addition.as_ref().is_none_or(|name| *name == addition.name)) {
        let kind = AdditionKind::WORDS.iter().find(|(_, kind)| *kind == addition.kind).map_or("", |(word, _)| word);
        let required = if addition.required { "required" } else { "optional" };
        let _ = write!(text, "    addition `{}`: {kind}, {required}", addition.name);
        if let Some(default) = &addition.default {
            let _ = write!(text, ", default `{default}`");
        }
        if !addition.formerly.is_empty() {
            let _ = write!(text, ", formerly `{}`", addition.formerly.join("`, `"));
        }
        text.push('\n');
    }
}

fn uses(trials: &[Trial], color: bool, text: &mut String) {
    let told: Vec<(&Trial, String)> = trials
        .iter()
        .filter_map(|trial| {
            let words = match &trial.verdict {
                Use::Required => "required".to_owned(),
                Use::Filled(Some(value)) => format!("filled in: `{value}`"),
                Use::Filled(None) => "filled in".to_owned(),
                Use::Optional => "optional".to_owned(),
                Use::Refused(message) => format!("refused: {message}"),
                Use::Warned(message) => format!("a warning: {message}"),
                Use::Unknown => return None,
            };
            Some((trial, words))
        })
        .collect();
    if told.is_empty() {
        return;
    }
    let _ = write!(text, "\n{}\n", bold("In each kind of cluster", color));
    let width = told.iter().map(|(trial, _)| trial.title.len()).max().unwrap_or(0);
    for (trial, words) in told {
        let _ = writeln!(text, "  {:width$}  {words}", trial.title);
    }
}

fn example(known: &Known, trials: &[Trial], color: bool, text: &mut String) {
    let Some((trial, value)) = trials.iter().find_map(|trial| Some((trial, trial.example.as_ref()?))) else { return };
    let _ = write!(text, "\n{} ({})\n", bold("Example", color), trial.title);
    let is_kubeconfig = matches!(known.path.segments().first(), Some(Segment::Key(key)) if key == "kubeconfig");
    let written = if is_kubeconfig { "kubeconfig: \"<the kubeconfig in Base64>\"\n".to_owned() } else { yaml(value) };
    for line in written.lines() {
        let _ = writeln!(text, "  {line}");
    }
}

//! `cargo xtask docs`: the rules' pages as a small static site, without scripts.

use std::fmt::Write;
use std::path::Path;

use anyhow::{Context, Result, bail};
use clearance_core::rules::{self, Rule, pages};
use pulldown_cmark::{CodeBlockKind, CowStr, Event, Options, Parser, Tag, html};

use crate::codegen::root;

const STYLE: &str = include_str!("docs/style.css");

/// Writes the site into `target/docs`.
pub(crate) fn run() -> Result<()> {
    let directory = root().join("target/docs");
    std::fs::create_dir_all(directory.join("rules")).with_context(|| directory.display().to_string())?;
    put(&directory.join("style.css"), STYLE)?;
    put(&directory.join("index.html"), &index()?)?;
    // What findings about the settings themselves refer to.
    put(&directory.join("configuration.html"), &configuration()?)?;
    let mut count = 0;
    for rule in rules::all() {
        let Some(page) = pages::page(rule.name) else { bail!("the rule {} has no page", rule.name) };
        put(&directory.join(rule.page()), &rule_page(rule, page)?)?;
        count += 1;
    }
    println!("{count} rules in {}", directory.join("index.html").display());
    Ok(())
}

fn put(file: &Path, text: &str) -> Result<()> {
    std::fs::write(file, text).with_context(|| file.display().to_string())
}

/// A whole page; `up` leads from it to the site's root.
fn document(title: &str, up: &str, body: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{}</title>\n\
         <link rel=\"stylesheet\" href=\"{up}style.css\">\n</head>\n<body>\n{body}</body>\n</html>\n",
        escaped(title)
    )
}

/// All rules, by group.
fn index() -> Result<String> {
    let mut body = String::from("<header><h1>Rules</h1><p>What Clearance finds in the description of a cluster.</p></header>\n<main>\n");
    let mut group = "";
    for rule in rules::all() {
        if rule.group != group {
            if !group.is_empty() {
                body.push_str("</tbody></table></section>\n");
            }
            group = rule.group;
            writeln!(
                body,
                "<section id=\"{group}\"><h2>{group}</h2>\n<table><thead><tr><th>rule</th><th>says</th><th>severity</th><th>since</th></tr></thead><tbody>"
            )?;
        }
        writeln!(
            body,
            "<tr><td><a href=\"{}\">{}</a></td><td>{}</td><td class=\"{severity}\">{severity}</td><td>{}</td></tr>",
            rule.page(),
            rule.name,
            escaped(rule.headline.en),
            rule.status.words().1,
            severity = rule.severity.name(),
        )?;
    }
    body.push_str("</tbody></table></section>\n</main>\n");
    Ok(document("Rules – Clearance", "", &body))
}

/// What may stand in `clearance.toml`, as the README says it.
fn configuration() -> Result<String> {
    const HEAD: &str = "\n## Settings\n";
    let readme = std::fs::read_to_string(root().join("README.md"))?;
    let (_, section) = readme.split_once(HEAD).context("the README has a section on settings")?;
    let section = section.split_once("\n## ").map_or(section, |(section, _)| section);
    let mut body = String::from("<nav><a href=\"index.html\">Rules</a></nav>\n<main>\n<h1>Settings</h1>\n");
    html::push_html(&mut body, with_captions(Parser::new_ext(section, Options::ENABLE_TABLES)));
    body.push_str("</main>\n");
    Ok(document("Settings – Clearance", "", &body))
}

/// One rule's page.
fn rule_page(rule: &Rule, markdown: &str) -> Result<String> {
    let (status, since) = rule.status.words();
    let mut body = String::new();
    write!(
        body,
        "<nav><a href=\"../index.html#{group}\">Rules</a> › {group}</nav>\n<p class=\"facts\"><span class=\"{severity}\">{severity}</span> \
         <span>{status} since {since}</span>{fixable}</p>\n<main>\n",
        group = rule.group,
        severity = rule.severity.name(),
        fixable = if rule.fixable { " <span>offers a fix</span>" } else { "" },
    )?;
    html::push_html(&mut body, with_captions(Parser::new_ext(markdown, Options::ENABLE_TABLES)));
    body.push_str("</main>\n");
    Ok(document(&format!("{} – Clearance", rule.name), "../", &body))
}

/// The examples say in their first line what becomes of them: `json fails fixes name=shop-test`.
fn with_captions<'m>(events: impl Iterator<Item = Event<'m>>) -> impl Iterator<Item = Event<'m>> {
    events.map(|event| match event {
        Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) => {
            let mut words = info.split_whitespace();
            let language = words.next().unwrap_or("text").to_owned();
            let kind = words.find(|word| ["fails", "passes", "fleet", "old"].contains(word)).unwrap_or("other");
            let caption = match kind {
                "fails" => "fails",
                "passes" => "passes",
                "fleet" => "registered",
                "old" => "until now",
                _ => &language,
            };
            let opening =
                format!("<pre class=\"{kind}\" data-caption=\"{}\"><code class=\"language-{}\">", escaped(caption), escaped(&language));
            Event::Html(CowStr::from(opening))
        }
        other => other,
    })
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

//! CycloneDX JSON, 1.2 to 1.7: components, nested ones too, and the dependency graph.
//!
//! Source: cyclonedx.org/docs, JSON reference. Keys that are not needed are skipped, so newer versions read the same way.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Bill, purl};
use crate::domain::package::{Component, Licence};
use crate::domain::sbom::SbomFormat;

type Text<'t> = Cow<'t, str>;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document<'t> {
    #[serde(borrow)]
    bom_format: Text<'t>,
    #[serde(borrow, default)]
    spec_version: Text<'t>,
    #[serde(borrow, default)]
    metadata: Metadata<'t>,
    #[serde(borrow, default)]
    components: Vec<Part<'t>>,
    #[serde(borrow, default)]
    dependencies: Vec<Dependency<'t>>,
}

#[derive(Default, Deserialize)]
struct Metadata<'t> {
    #[serde(borrow)]
    timestamp: Option<Text<'t>>,
    #[serde(borrow)]
    tools: Option<&'t RawValue>,
    #[serde(borrow)]
    component: Option<Part<'t>>,
}

#[derive(Deserialize)]
struct Part<'t> {
    #[serde(borrow, default, rename = "bom-ref")]
    reference: Option<Text<'t>>,
    #[serde(borrow, default)]
    group: Option<Text<'t>>,
    #[serde(borrow, default)]
    name: Text<'t>,
    #[serde(borrow, default)]
    version: Option<Text<'t>>,
    #[serde(borrow, default)]
    purl: Option<Text<'t>>,
    #[serde(borrow, default, rename = "type")]
    kind: Text<'t>,
    #[serde(borrow, default)]
    licenses: Vec<Choice<'t>>,
    #[serde(borrow, default)]
    components: Vec<Part<'t>>,
}

#[derive(Deserialize)]
struct Choice<'t> {
    #[serde(borrow)]
    expression: Option<Text<'t>>,
    #[serde(borrow)]
    license: Option<Named<'t>>,
}

#[derive(Deserialize)]
struct Named<'t> {
    #[serde(borrow)]
    id: Option<Text<'t>>,
    #[serde(borrow)]
    name: Option<Text<'t>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Dependency<'t> {
    #[serde(borrow, rename = "ref")]
    reference: Text<'t>,
    #[serde(borrow, default)]
    depends_on: Vec<Text<'t>>,
}

#[derive(Deserialize)]
struct Tools<'t> {
    #[serde(borrow, default)]
    components: Vec<Tool<'t>>,
}

#[derive(Deserialize)]
struct Tool<'t> {
    #[serde(borrow, default)]
    name: Text<'t>,
    #[serde(borrow, default)]
    version: Option<Text<'t>>,
}

/// Reads a bill.
///
/// # Errors
/// What `serde_json` says of the place where the text is none.
pub(super) fn read(text: &str) -> Result<Option<Bill>, serde_json::Error> {
    let document: Document<'_> = serde_json::from_str(text)?;
    if document.bom_format != "CycloneDX" {
        return Ok(None);
    }
    let mut bill = Bill::new(SbomFormat::Cyclonedx, &document.spec_version);
    let mut references = BTreeMap::new();
    for part in document.components {
        take(part, &mut bill, &mut references);
    }
    let root = document.metadata.component;
    bill.subject = root.as_ref().map(|part| named(&part.name, part.version.as_deref()));
    bill.created = document.metadata.timestamp.map(Text::into_owned);
    bill.tools = document.metadata.tools.map(tools).unwrap_or_default();
    let root = root.and_then(|part| part.reference);
    for dependency in document.dependencies {
        let targets = dependency.depends_on.iter().filter_map(|name| references.get(name.as_ref()));
        match references.get(dependency.reference.as_ref()) {
            Some(index) => bill.add_edges(*index, targets.copied()),
            None if root.as_ref() == Some(&dependency.reference) => bill.direct.extend(targets),
            None => {}
        }
    }
    Ok(Some(bill))
}

fn take(part: Part<'_>, bill: &mut Bill, references: &mut BTreeMap<String, usize>) {
    // A bill of a container lists its files too: they are what packages are made of, and none themselves.
    if part.kind != "file" {
        let name = match part.group.as_deref() {
            Some(group) if !group.is_empty() => {
                let separator =
                    if part.purl.as_deref().is_some_and(|purl| purl.starts_with("pkg:maven/")) {
                        ':'
                    } else {
                        '/'
                    };
                format!("{group}{separator}{}", part.name)
            }
            Some(_) | None => part.name.into_owned(),
        };
        let mut component = Component {
            name,
            version: part.version.filter(|version| !version.is_empty()).map(Arc::from),
            purl: part.purl.map(Arc::from),
            licence: licence(part.licenses),
            ..Component::default()
        };
        purl::identify(&mut component);
        let index = bill.add(component);
        if let Some(reference) = part.reference {
            references.insert(reference.into_owned(), index);
        }
    }
    for nested in part.components {
        take(nested, bill, references);
    }
}

fn licence(choices: Vec<Choice<'_>>) -> Licence {
    let texts = choices.into_iter().filter_map(|choice| {
        let named = choice.license.and_then(|license| license.id.or(license.name));
        choice.expression.or(named)
    });
    super::licence(texts.map(Text::into_owned))
}

fn named(name: &str, version: Option<&str>) -> String {
    match version {
        Some(version) if !version.is_empty() => format!("{name}@{version}"),
        Some(_) | None => name.to_owned(),
    }
}

/// A list until 1.4, an object with components since 1.5.
fn tools(raw: &RawValue) -> Vec<String> {
    let list: Vec<Tool<'_>> = serde_json::from_str(raw.get())
        .or_else(|_object| {
            serde_json::from_str::<Tools<'_>>(raw.get()).map(|tools| tools.components)
        })
        .unwrap_or_default();
    list.iter().map(|tool| named(&tool.name, tool.version.as_deref()).replace('@', " ")).collect()
}

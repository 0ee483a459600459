//! CycloneDX XML, 1.3 to 1.6.
//!
//! Source: cyclonedx.org/docs, XML reference. A document type is refused, and with it every entity that it could define.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::assembly::Assembly;
use super::members::{Attached, Choice, Dependency, Hash, Named, Notes, Part, Party};
use crate::document::text::Text;
use crate::domain::place::Span;
use crate::intake::sbom::{Bill, BillFault};

/// Far below what would exhaust the stack; bills nest a handful of levels.
const MAX_DEPTH: usize = 64;

/// One element with its attributes, its own text and what stands in it.
#[derive(Default)]
struct Element {
    name: String,
    attributes: Vec<(String, String)>,
    text: String,
    children: Vec<Element>,
}

impl Element {
    fn attribute(&self, name: &str) -> Option<Text<'static>> {
        let found = self.attributes.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| Text::from(value.clone()))
    }

    fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    fn children<'e>(&'e self, name: &'static str) -> impl Iterator<Item = &'e Self> {
        self.children.iter().filter(move |child| child.name == name)
    }

    fn text_of(&self, name: &str) -> Option<Text<'static>> {
        let text = self.child(name)?.text.trim();
        (!text.is_empty()).then(|| Text::from(text.to_owned()))
    }
}

/// Reads a bill.
///
/// # Errors
/// The first place where the text is no well-formed XML, or no bill.
pub(in crate::intake::sbom) fn read(text: &str) -> Result<Bill, BillFault> {
    let root = tree(text)?;
    if root.name != "bom" {
        return Err(BillFault::of_text(format!("the root element is `{}`, not `bom`", root.name)));
    }
    let namespace = root.attributes.iter().find_map(|(name, value)| {
        let is_namespace = name == "xmlns" || name.starts_with("xmlns:");
        value.strip_prefix("http://cyclonedx.org/schema/bom/").filter(|_| is_namespace)
    });
    let version = namespace.unwrap_or_default().to_owned();
    let mut assembly = Assembly::default();
    assembly.spec_version = Text::from(version);
    assembly.serial_number = root.attribute("serialNumber");
    for element in root.child("components").into_iter().flat_map(|list| list.children("component"))
    {
        assembly.take_part(part(element));
    }
    if let Some(metadata) = root.child("metadata") {
        assembly.metadata.timestamp = metadata.text_of("timestamp");
        assembly.metadata.component = metadata.child("component").map(part);
        assembly.metadata.authors = metadata
            .child("authors")
            .into_iter()
            .flat_map(|list| list.children("author"))
            .map(party)
            .collect();
        assembly.metadata.supplier = metadata.child("supplier").map(party);
        assembly.metadata.manufacturer =
            metadata.child("manufacturer").or_else(|| metadata.child("manufacture")).map(party);
        assembly.tools = metadata.child("tools").map(tools).unwrap_or_default();
    }
    if let Some(list) = root.child("dependencies") {
        dependencies(list, &mut assembly);
    }
    Ok(assembly.into_bill())
}

fn parts(list: &Element) -> Vec<Part<'static>> {
    list.children("component").map(part).collect()
}

fn part(element: &Element) -> Part<'static> {
    Part {
        reference: element.attribute("bom-ref"),
        group: element.text_of("group"),
        name: element.text_of("name").unwrap_or_default(),
        version: element.text_of("version"),
        purl: element.text_of("purl"),
        kind: element.attribute("type").unwrap_or_default(),
        supplier: element.child("supplier").map(party),
        publisher: element.text_of("publisher"),
        author: element.text_of("author"),
        release_notes: element
            .child("releaseNotes")
            .map(|notes| Notes { timestamp: notes.text_of("timestamp") }),
        hashes: element
            .child("hashes")
            .into_iter()
            .flat_map(|list| list.children("hash"))
            .map(hash)
            .collect(),
        licenses: element.child("licenses").map(choices).unwrap_or_default(),
        components: element.child("components").map(parts).unwrap_or_default(),
    }
}

fn party(element: &Element) -> Party<'static> {
    Party { name: element.text_of("name").unwrap_or_default() }
}

fn hash(element: &Element) -> Hash<'static> {
    Hash {
        alg: element.attribute("alg").unwrap_or_default(),
        content: Text::from(element.text.trim().to_owned()),
    }
}

fn choices(list: &Element) -> Vec<Choice<'static>> {
    let expressions = list.children("expression").map(|element| Choice {
        expression: Some(Text::from(element.text.trim().to_owned())),
        license: None,
    });
    let licences = list.children("license").map(|element| Choice {
        expression: None,
        license: Some(Named {
            id: element.text_of("id"),
            name: element.text_of("name"),
            text: element.text_of("text").map(|content| Attached { content }),
        }),
    });
    expressions.chain(licences).collect()
}

/// A list of `tool` until 1.4, a list of components since 1.5.
fn tools(element: &Element) -> Vec<String> {
    let components =
        element.child("components").into_iter().flat_map(|list| list.children("component"));
    let all = element.children("tool").chain(components);
    let shown = all.filter_map(|tool| {
        let name = tool.text_of("name")?;
        Some(match tool.text_of("version") {
            Some(version) => format!("{name} {version}"),
            None => name.into_owned(),
        })
    });
    shown.collect()
}

/// Dependencies are nested: what stands in one is what it depends on.
fn dependencies(list: &Element, assembly: &mut Assembly<'static>) {
    for element in list.children("dependency") {
        let Some(reference) = element.attribute("ref") else { continue };
        let depends_on =
            element.children("dependency").filter_map(|inner| inner.attribute("ref")).collect();
        assembly.take_dependency(Dependency { reference, depends_on });
        dependencies(element, assembly);
    }
}

fn tree(text: &str) -> Result<Element, BillFault> {
    let mut reader = Reader::from_str(text);
    let mut open: Vec<Element> = Vec::new();
    // Where each of them begins.
    let mut starts: Vec<usize> = Vec::new();
    let mut root = None;
    loop {
        let at = offset(reader.buffer_position());
        let fault = |message: String| BillFault::new(message, Span::new(at, at));
        let event = reader.read_event().map_err(|error| {
            let at = offset(reader.error_position());
            BillFault::new(error.to_string(), Span::new(at, at))
        })?;
        match event {
            Event::Start(start) => {
                if open.len() == MAX_DEPTH {
                    return Err(fault(format!("elements are nested deeper than {MAX_DEPTH}")));
                }
                if open.is_empty() && root.is_some() {
                    return Err(fault("there is more than one root element".to_owned()));
                }
                open.push(element(&start).map_err(fault)?);
                starts.push(at);
            }
            Event::Empty(start) => {
                let element = element(&start).map_err(fault)?;
                match open.last_mut() {
                    Some(parent) => parent.children.push(element),
                    None => root = Some(element),
                }
            }
            Event::End(_) => {
                let Some(closed) = open.pop() else { continue };
                starts.pop();
                match open.last_mut() {
                    Some(parent) => parent.children.push(closed),
                    None => root = Some(closed),
                }
            }
            Event::Text(text) => add_text(&mut open, &text),
            Event::CData(text) => add_text(&mut open, &text),
            Event::GeneralRef(name) => {
                let name: &str = &name;
                let character = character(name)
                    .ok_or_else(|| fault(format!("the entity `&{name};` is not defined")))?;
                add_text(&mut open, character.encode_utf8(&mut [0; 4]));
            }
            Event::DocType(_) => {
                return Err(fault("a document type is not accepted in a bill".to_owned()));
            }
            Event::Eof => break,
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
        }
    }
    if let Some(unclosed) = open.last() {
        let at = starts.last().copied().unwrap_or(text.len());
        let message = format!("the element `{}` is not closed: the text is cut off", unclosed.name);
        return Err(BillFault::new(message, Span::new(at, at)));
    }
    root.ok_or_else(|| BillFault::of_text("there is no element"))
}

fn offset(position: u64) -> usize {
    usize::try_from(position).unwrap_or(usize::MAX)
}

fn add_text(open: &mut [Element], text: &str) {
    if let Some(element) = open.last_mut() {
        element.text.push_str(text);
    }
}

fn element(start: &BytesStart<'_>) -> Result<Element, String> {
    let local = start.local_name();
    let mut element = Element { name: local.as_ref().to_owned(), ..Element::default() };
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|error| error.to_string())?;
        let name = attribute.key.as_ref().to_owned();
        let value = unescaped(&attribute.value)?;
        element.attributes.push((name, value));
    }
    Ok(element)
}

/// Replaces the references of an attribute's value.
fn unescaped(value: &str) -> Result<String, String> {
    let mut pieces = value.split('&');
    let mut text = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let found = piece.split_once(';').and_then(|(name, rest)| Some((character(name)?, rest)));
        let (character, rest) = found.ok_or_else(|| format!("`&{piece}` is no known entity"))?;
        text.push(character);
        text.push_str(rest);
    }
    Ok(text)
}

/// The five entities that XML itself defines, and characters by their number.
fn character(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix('x') {
                Some(digits) => u32::from_str_radix(digits, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)
        }
    }
}

//! The members of a CycloneDX document that are read, borrowed from its text.
//!
//! Keys that are not needed are skipped, so newer versions read the same way. Public for the benchmark alone, which reads the
//! same structures with `serde` and does nothing with them.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::document::text::Text;

/// What the bill says of itself.
#[derive(Debug, Default, Deserialize)]
pub struct Metadata<'t> {
    /// When it was made.
    #[serde(borrow)]
    pub timestamp: Option<Text<'t>>,
    /// A list until 1.4, an object with components since 1.5.
    #[serde(borrow)]
    pub tools: Option<&'t RawValue>,
    /// What the bill is about.
    #[serde(borrow)]
    pub component: Option<Part<'t>>,
    /// Who wrote it.
    #[serde(borrow, default)]
    pub authors: Vec<Party<'t>>,
    /// Who hands it out.
    #[serde(borrow, default)]
    pub supplier: Option<Party<'t>>,
    /// Who makes what it is about.
    #[serde(borrow, default, alias = "manufacture")]
    pub manufacturer: Option<Party<'t>>,
}

/// A person or an organisation.
#[derive(Debug, Default, Deserialize)]
pub struct Party<'t> {
    /// Its name.
    #[serde(borrow, default)]
    pub name: Text<'t>,
}

/// A component, with those that are nested in it.
#[derive(Debug, Default, Deserialize)]
pub struct Part<'t> {
    /// What the graph calls it.
    #[serde(borrow, default, rename = "bom-ref")]
    pub reference: Option<Text<'t>>,
    /// The namespace of the name.
    #[serde(borrow, default)]
    pub group: Option<Text<'t>>,
    /// The name.
    #[serde(borrow, default)]
    pub name: Text<'t>,
    /// The version.
    #[serde(borrow, default)]
    pub version: Option<Text<'t>>,
    /// The package URL.
    #[serde(borrow, default)]
    pub purl: Option<Text<'t>>,
    /// `library`, `file` and others.
    #[serde(borrow, default, rename = "type")]
    pub kind: Text<'t>,
    /// Who hands it out.
    #[serde(borrow, default)]
    pub supplier: Option<Party<'t>>,
    /// Who published it.
    #[serde(borrow, default)]
    pub publisher: Option<Text<'t>>,
    /// Who wrote it.
    #[serde(borrow, default)]
    pub author: Option<Text<'t>>,
    /// What is told of this version.
    #[serde(borrow, default, rename = "releaseNotes")]
    pub release_notes: Option<Notes<'t>>,
    /// Its digests.
    #[serde(borrow, default)]
    pub hashes: Vec<Hash<'t>>,
    /// Its licences, which apply together.
    #[serde(borrow, default)]
    pub licenses: Vec<Choice<'t>>,
    /// What is nested in it.
    #[serde(borrow, default)]
    pub components: Vec<Part<'t>>,
}

/// What is told of a version.
#[derive(Debug, Default, Deserialize)]
pub struct Notes<'t> {
    /// When it was released.
    #[serde(borrow, default)]
    pub timestamp: Option<Text<'t>>,
}

/// A digest.
#[derive(Debug, Default, Deserialize)]
pub struct Hash<'t> {
    /// `SHA-256`.
    #[serde(borrow, default)]
    pub alg: Text<'t>,
    /// The digits.
    #[serde(borrow, default)]
    pub content: Text<'t>,
}

/// An expression, or one licence.
#[derive(Debug, Default, Deserialize)]
pub struct Choice<'t> {
    /// The expression.
    #[serde(borrow)]
    pub expression: Option<Text<'t>>,
    /// The licence.
    #[serde(borrow)]
    pub license: Option<Named<'t>>,
}

/// A licence.
#[derive(Debug, Default, Deserialize)]
pub struct Named<'t> {
    /// Its identifier of SPDX.
    #[serde(borrow)]
    pub id: Option<Text<'t>>,
    /// A name of any kind.
    #[serde(borrow)]
    pub name: Option<Text<'t>>,
    /// Its text, which may stand where neither of them does.
    #[serde(borrow)]
    pub text: Option<Attached<'t>>,
}

/// A text that a document brings along.
#[derive(Debug, Default, Deserialize)]
pub struct Attached<'t> {
    /// As it is written, also in base64.
    #[serde(borrow, default)]
    pub content: Text<'t>,
}

/// What one component needs.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Dependency<'t> {
    /// The component.
    #[serde(borrow, rename = "ref")]
    pub reference: Text<'t>,
    /// What it needs.
    #[serde(borrow, default)]
    pub depends_on: Vec<Text<'t>>,
}

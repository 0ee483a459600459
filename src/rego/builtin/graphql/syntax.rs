//! GraphQL documents as syntax trees, in the shape in which OPA shows them.
//!
//! Names and order of the fields are those of OPA's parser, because policies read them; places are for errors alone.
//!
//! Source: OPA 1.20, `topdown/graphql.go`, and the JSON of the parser it uses (`gqlparser` 2.5, `ast`).

#![expect(
    clippy::struct_field_names,
    reason = "the names are those of the trees that policies read"
)]

use serde::{Deserialize, Serialize};

/// Line and column in characters, from 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) line: u32,
    pub(super) column: u32,
}

/// Comments that stand before a thing.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Comments {
    pub(super) list: Vec<Comment>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Comment {
    pub(super) value: String,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct QueryDocument {
    pub(super) operations: Vec<Operation>,
    pub(super) fragments: Vec<Fragment>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Operation {
    /// `query`, `mutation` or `subscription`.
    pub(super) operation: String,
    pub(super) name: String,
    pub(super) variable_definitions: Vec<Variable>,
    pub(super) directives: Vec<Directive>,
    pub(super) selection_set: Vec<Selection>,
    pub(super) comment: Option<Comments>,
    #[serde(skip)]
    pub(super) at: Place,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Variable {
    pub(super) variable: String,
    #[serde(rename = "Type")]
    pub(super) kind: Type,
    pub(super) default_value: Option<Literal>,
    pub(super) directives: Vec<Directive>,
    pub(super) comment: Option<Comments>,
    pub(super) used: bool,
    #[serde(skip)]
    pub(super) at: Place,
}

/// What is selected. A tree that a policy hands in knows fields alone, as OPA reads it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged, from = "Field")]
pub(super) enum Selection {
    Field(Field),
    Spread(Spread),
    Inline(Inline),
}

impl From<Field> for Selection {
    fn from(field: Field) -> Self {
        Self::Field(field)
    }
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Field {
    pub(super) alias: String,
    pub(super) name: String,
    pub(super) arguments: Vec<Argument>,
    pub(super) directives: Vec<Directive>,
    pub(super) selection_set: Vec<Selection>,
    pub(super) comment: Option<Comments>,
    #[serde(skip)]
    pub(super) at: Place,
}

#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Spread {
    pub(super) name: String,
    pub(super) directives: Vec<Directive>,
    pub(super) comment: Option<Comments>,
    #[serde(skip)]
    pub(super) at: Place,
}

#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Inline {
    pub(super) type_condition: String,
    pub(super) directives: Vec<Directive>,
    pub(super) selection_set: Vec<Selection>,
    pub(super) comment: Option<Comments>,
    #[serde(skip)]
    pub(super) at: Place,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Fragment {
    pub(super) name: String,
    pub(super) variable_definition: Vec<Variable>,
    pub(super) type_condition: String,
    pub(super) directives: Vec<Directive>,
    pub(super) selection_set: Vec<Selection>,
    pub(super) comment: Option<Comments>,
    #[serde(skip)]
    pub(super) at: Place,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Argument {
    pub(super) name: String,
    pub(super) value: Literal,
    pub(super) comment: Option<Comments>,
    #[serde(skip)]
    pub(super) at: Place,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Directive {
    pub(super) name: String,
    pub(super) arguments: Vec<Argument>,
    pub(super) location: String,
    #[serde(skip)]
    pub(super) at: Place,
}

/// What kind of literal a value is, by the numbers in which the tree shows it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "u8", try_from = "i64")]
pub(super) enum Kind {
    #[default]
    Variable,
    Int,
    Float,
    String,
    Block,
    Boolean,
    Null,
    Enum,
    List,
    Object,
}

const KINDS: [Kind; 10] = [
    Kind::Variable,
    Kind::Int,
    Kind::Float,
    Kind::String,
    Kind::Block,
    Kind::Boolean,
    Kind::Null,
    Kind::Enum,
    Kind::List,
    Kind::Object,
];

impl From<Kind> for u8 {
    fn from(kind: Kind) -> Self {
        kind as Self
    }
}

impl TryFrom<i64> for Kind {
    type Error = String;

    fn try_from(number: i64) -> Result<Self, String> {
        let kind = usize::try_from(number).ok().and_then(|number| KINDS.get(number).copied());
        kind.ok_or_else(|| format!("`{number}` is no kind of value, which are 0 to 9"))
    }
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Literal {
    pub(super) raw: String,
    pub(super) children: Vec<Child>,
    pub(super) kind: Kind,
    pub(super) comment: Option<Comments>,
    pub(super) expected_type_has_default: bool,
    #[serde(skip)]
    pub(super) at: Place,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Child {
    pub(super) name: String,
    pub(super) value: Literal,
    pub(super) comment: Option<Comments>,
    #[serde(skip)]
    pub(super) at: Place,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Type {
    pub(super) named_type: String,
    pub(super) elem: Option<Box<Self>>,
    pub(super) non_null: bool,
    #[serde(skip)]
    pub(super) at: Place,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct SchemaDocument {
    pub(super) schema: Vec<SchemaDefinition>,
    pub(super) schema_extension: Vec<SchemaDefinition>,
    pub(super) directives: Vec<DirectiveDefinition>,
    pub(super) definitions: Vec<Definition>,
    pub(super) extensions: Vec<Definition>,
    pub(super) comment: Option<Comments>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct SchemaDefinition {
    pub(super) description: String,
    pub(super) directives: Vec<Directive>,
    pub(super) operation_types: Vec<OperationType>,
    pub(super) before_description_comment: Option<Comments>,
    pub(super) after_description_comment: Option<Comments>,
    pub(super) end_of_definition_comment: Option<Comments>,
    #[serde(skip)]
    pub(super) at: Place,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct OperationType {
    pub(super) operation: String,
    #[serde(rename = "Type")]
    pub(super) named: String,
    pub(super) comment: Option<Comments>,
    #[serde(skip)]
    pub(super) at: Place,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Definition {
    /// `SCALAR`, `OBJECT`, `INTERFACE`, `UNION`, `ENUM` or `INPUT_OBJECT`.
    pub(super) kind: String,
    pub(super) description: String,
    pub(super) name: String,
    pub(super) directives: Vec<Directive>,
    pub(super) interfaces: Vec<String>,
    pub(super) fields: Vec<FieldDefinition>,
    pub(super) types: Vec<String>,
    pub(super) enum_values: Vec<EnumValue>,
    pub(super) built_in: bool,
    pub(super) before_description_comment: Option<Comments>,
    pub(super) after_description_comment: Option<Comments>,
    pub(super) end_of_definition_comment: Option<Comments>,
    #[serde(skip)]
    pub(super) at: Place,
}

/// A field of a type, or an argument.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct FieldDefinition {
    pub(super) description: String,
    pub(super) name: String,
    pub(super) arguments: Vec<Self>,
    pub(super) default_value: Option<Literal>,
    #[serde(rename = "Type")]
    pub(super) kind: Type,
    pub(super) directives: Vec<Directive>,
    pub(super) before_description_comment: Option<Comments>,
    pub(super) after_description_comment: Option<Comments>,
    #[serde(skip)]
    pub(super) at: Place,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct EnumValue {
    pub(super) description: String,
    pub(super) name: String,
    pub(super) directives: Vec<Directive>,
    pub(super) before_description_comment: Option<Comments>,
    pub(super) after_description_comment: Option<Comments>,
    #[serde(skip)]
    pub(super) at: Place,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct DirectiveDefinition {
    pub(super) description: String,
    pub(super) name: String,
    pub(super) arguments: Vec<FieldDefinition>,
    pub(super) locations: Vec<String>,
    pub(super) is_repeatable: bool,
    pub(super) before_description_comment: Option<Comments>,
    pub(super) after_description_comment: Option<Comments>,
    #[serde(skip)]
    pub(super) at: Place,
}

impl Type {
    /// The named type inside all lists.
    pub(super) fn name(&self) -> &str {
        let mut here = self;
        while let (true, Some(inner)) = (here.named_type.is_empty(), &here.elem) {
            here = inner;
        }
        &here.named_type
    }

    /// `[Item!]!`
    pub(super) fn shown(&self) -> String {
        let mark = if self.non_null { "!" } else { "" };
        match &self.elem {
            Some(inner) if self.named_type.is_empty() => format!("[{}]{mark}", inner.shown()),
            _ => format!("{}{mark}", self.named_type),
        }
    }

    /// Whether a value of this type may stand where `wanted` is wanted.
    pub(super) fn fits(&self, wanted: &Self) -> bool {
        let items_fit = match (&self.elem, &wanted.elem) {
            (Some(item), Some(wanted)) => item.fits(wanted),
            (Some(_), None) => false,
            (None, _) => true,
        };
        self.named_type == wanted.named_type && items_fit && (self.non_null || !wanted.non_null)
    }
}

impl Literal {
    /// As it was written, nearly.
    pub(super) fn shown(&self) -> String {
        let children = |text: &dyn Fn(&Child) -> String| {
            self.children.iter().map(text).collect::<Vec<_>>().join(",")
        };
        match self.kind {
            Kind::Variable => format!("${}", self.raw),
            Kind::String | Kind::Block => format!("{:?}", self.raw),
            Kind::List => format!("[{}]", children(&|child| child.value.shown())),
            Kind::Object => {
                format!(
                    "{{{}}}",
                    children(&|child| format!("{}:{}", child.name, child.value.shown()))
                )
            }
            Kind::Int | Kind::Float | Kind::Boolean | Kind::Null | Kind::Enum => self.raw.clone(),
        }
    }
}

impl Definition {
    pub(super) fn is_leaf(&self) -> bool {
        matches!(self.kind.as_str(), "ENUM" | "SCALAR")
    }

    pub(super) fn is_composite(&self) -> bool {
        matches!(self.kind.as_str(), "OBJECT" | "INTERFACE" | "UNION")
    }

    pub(super) fn is_input(&self) -> bool {
        matches!(self.kind.as_str(), "SCALAR" | "ENUM" | "INPUT_OBJECT")
    }

    pub(super) fn field(&self, name: &str) -> Option<&FieldDefinition> {
        self.fields.iter().find(|field| field.name == name)
    }
}

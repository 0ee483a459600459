//! The syntax tree of a module, as it was written, with spans.

use std::sync::Arc;

use super::token::Comment;
use crate::domain::place::{SourceFile, Span};

/// The dialect of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    /// Rego before 1.0: bodies without `if`, sets without `contains`.
    V0,
    /// Rego 1.0, and v0 with `import rego.v1`.
    #[default]
    V1,
}

/// One file.
#[derive(Clone, Debug)]
pub struct Module {
    /// The text.
    pub file: Arc<SourceFile>,
    /// The dialect that holds in it, with `import rego.v1` taken into account.
    pub version: Version,
    /// The package.
    pub package: Package,
    /// The imports in order, also those of keywords.
    pub imports: Vec<Import>,
    /// The rules in order.
    pub rules: Vec<Rule>,
    /// The comments in order.
    pub comments: Vec<Comment>,
}

/// A word with its place.
#[derive(Clone, Debug)]
pub struct Name {
    /// The word.
    pub text: Arc<str>,
    /// Where it stands.
    pub span: Span,
}

/// `package a.b`.
#[derive(Clone, Debug)]
pub struct Package {
    /// `["a", "b"]`.
    pub path: Vec<Name>,
    /// The whole statement.
    pub span: Span,
}

/// `import data.a.b as c`.
#[derive(Clone, Debug)]
pub struct Import {
    /// `["data", "a", "b"]`.
    pub path: Vec<Name>,
    /// `c`.
    pub alias: Option<Name>,
    /// The whole statement.
    pub span: Span,
}

/// One rule; chained bodies are rules of their own that share the head.
#[derive(Clone, Debug)]
pub struct Rule {
    /// The whole rule.
    pub span: Span,
    /// `default` stands before it.
    pub default: bool,
    /// What stands before the body.
    pub head: Arc<Head>,
    /// The statements, none for a rule without a body.
    pub body: Vec<Statement>,
    /// The `else` branches in order.
    pub branches: Vec<Else>,
}

/// What stands before the body of a rule.
#[derive(Clone, Debug)]
pub struct Head {
    /// The whole head.
    pub span: Span,
    /// The first word.
    pub name: Name,
    /// The steps behind the name: `.b[x]`.
    pub steps: Vec<Term>,
    /// The patterns of a function's arguments.
    pub arguments: Option<Vec<Term>>,
    /// What the rule makes.
    pub makes: Makes,
}

/// What one solution of a rule makes.
#[derive(Clone, Debug)]
pub enum Makes {
    /// A value; `None` is `true`.
    Value(Option<Term>),
    /// An element of a set.
    Element(Term),
}

/// `else := value if { … }`.
#[derive(Clone, Debug)]
pub struct Else {
    /// From `else` to the end.
    pub span: Span,
    /// The value; `None` is `true`.
    pub value: Option<Term>,
    /// The statements, none without a body.
    pub body: Vec<Statement>,
}

/// One statement of a body.
#[derive(Clone, Debug)]
pub struct Statement {
    /// The statement without its `with`.
    pub span: Span,
    /// What it says.
    pub kind: StatementKind,
    /// The replacements.
    pub with: Vec<With>,
}

/// What a statement says.
#[derive(Clone, Debug)]
pub enum StatementKind {
    /// A term.
    Term(Term),
    /// `a := b`.
    Assign(Term, Term),
    /// `a = b`.
    Unify(Term, Term),
    /// `not …`.
    Not(Box<Statement>),
    /// `and`, `or`, and `not` over bodies.
    Logical(Logical),
    /// `some a, b`.
    Some(Vec<Name>),
    /// `some k, v in xs`.
    SomeIn {
        /// The pattern of the key.
        key: Option<Term>,
        /// The pattern of the value.
        value: Term,
        /// What is searched.
        collection: Term,
    },
    /// `every k, v in xs { … }`.
    Every {
        /// The name of the key.
        key: Option<Name>,
        /// The name of the value.
        value: Name,
        /// What is searched.
        domain: Term,
        /// What must hold for each.
        body: Vec<Statement>,
    },
}

/// Bodies that are joined or negated; each is a scope of its own.
#[derive(Clone, Debug)]
pub enum Logical {
    /// `not { … }`, and every `not` where it is imported.
    Not(Vec<Statement>),
    /// `a and b`.
    And(Vec<Statement>, Vec<Statement>),
    /// `a or b`.
    Or(Vec<Statement>, Vec<Statement>),
    /// A group alone.
    Both(Vec<Statement>),
}

/// `with target as value`.
#[derive(Clone, Debug)]
pub struct With {
    /// From `with` to the end of the value.
    pub span: Span,
    /// A name or a reference.
    pub target: Term,
    /// What stands in its place.
    pub value: Term,
}

/// A term with its place.
#[derive(Clone, Debug)]
pub struct Term {
    /// Where it stands.
    pub span: Span,
    /// What it is.
    pub kind: TermKind,
}

/// What a term is.
#[derive(Clone, Debug)]
pub enum TermKind {
    /// `null`.
    Null,
    /// `true`, `false`.
    Bool(bool),
    /// A number as it was written.
    Number(Arc<str>),
    /// A string without its quotes and escapes.
    String(Arc<str>),
    /// A template string in pieces.
    Template(Vec<Piece>),
    /// A name; `_` is one.
    Name(Arc<str>),
    /// Steps behind a term: `a.b[c]`.
    Reference(Box<Term>, Vec<Term>),
    /// A call of a name or reference.
    Call(Box<Term>, Vec<Term>),
    /// A call of a built-in by an operator: `plus`, `internal.member_2`.
    Operation(&'static str, Vec<Term>),
    /// `[a, b]`.
    Array(Vec<Term>),
    /// `{a, b}`, `set()`.
    Set(Vec<Term>),
    /// `{a: b}`.
    Object(Vec<(Term, Term)>),
    /// `[a | …]`.
    ArrayComprehension(Box<Term>, Vec<Statement>),
    /// `{a | …}`.
    SetComprehension(Box<Term>, Vec<Statement>),
    /// `{a: b | …}`.
    ObjectComprehension(Box<(Term, Term)>, Vec<Statement>),
}

/// A piece of a template string.
#[derive(Clone, Debug)]
pub enum Piece {
    /// Text.
    Text(Arc<str>),
    /// An expression.
    Expression(Statement),
}

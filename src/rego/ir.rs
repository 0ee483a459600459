//! Resolved modules: what the front end makes and the evaluator compiles.
//!
//! Names are gone: a reference begins at `input`, at `data`, or at a local slot. Bodies stand in an order in which every
//! variable is bound before it is needed. What OPA takes out of `not` has been taken out, output arguments have become
//! `Unify`, modules of a package have been merged, METADATA calls have become constants, and template strings have become
//! calls of `internal.template_string`.

pub(crate) mod visit;

use std::sync::Arc;

use crate::domain::value::Value;

/// All modules of a revision, resolved together.
#[derive(Clone, Debug, Default)]
pub struct Unit {
    /// The names of the files, which [`Span::file`] counts.
    pub files: Vec<Arc<str>>,
    /// The path of every package under `data`, also of those without a rule: such a package is an empty object.
    pub packages: Vec<Path>,
    /// Every rule once, in no order; all definitions of one path stand together.
    pub rules: Vec<Rule>,
}

/// Constant steps below `data`.
pub type Path = Vec<Arc<str>>;

/// The number of a local in its frame.
///
/// One frame serves one [`Definition`] with everything nested in it: comprehensions, `every`, `not`, and the `else`
/// branches. Numbers are unique in the frame, so that an inner scope never hides an outer slot. A function's arguments
/// are slots `0..arity`.
pub type Slot = u32;

/// Where a thing stands, for errors and coverage.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// Index in [`Unit::files`].
    pub file: u32,
    /// Line of the first byte, from 1.
    pub line: u32,
    /// Column of the first byte in characters, from 1.
    pub column: u32,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

/// Everything defined at one constant path.
///
/// `a.b := 1` has the path `[…package, "a", "b"]`; `a.b[x].c := 1 if …` has the path `[…package, "a", "b"]` too, with
/// the keys `[x, "c"]` in its definition. A rule may stand below another one (`a.b.c := 1` beside `a.b[x].d := 2`):
/// the evaluator merges them.
#[derive(Clone, Debug)]
pub struct Rule {
    /// The constant path below `data`.
    pub path: Path,
    /// What the definitions make together.
    pub kind: RuleKind,
    /// In order of files and lines.
    pub definitions: Vec<Definition>,
    /// `default name := value`, and of functions `default name(_, _) := value`.
    pub default: Option<Definition>,
    /// The first definition's head.
    pub span: Span,
}

/// What the definitions of a rule make together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RuleKind {
    /// One value: `name := value if …`; no definition has keys.
    Complete,
    /// A set: `name contains element if …`; no definition has keys.
    Set,
    /// An object: at least one definition has keys.
    Object,
    /// A function of so many arguments.
    Function {
        /// The number of arguments.
        arity: usize,
    },
}

/// One definition of a rule with its `else` branches.
#[derive(Clone, Debug)]
pub struct Definition {
    /// The patterns of a function's arguments, one each: `Term::Local(i)` where argument `i` is a plain variable.
    pub parameters: Vec<Term>,
    /// The steps of the head after the rule's constant path; empty but in [`RuleKind::Object`].
    pub keys: Vec<Term>,
    /// The body with its value first, then the `else` branches. Chained bodies are definitions of their own.
    pub branches: Vec<Branch>,
    /// The number of slots in the frame, arguments included.
    pub slots: u32,
    /// By slot: its name as it is written; none for those that no text names.
    pub names: Vec<Option<Arc<str>>>,
    /// The whole definition.
    pub span: Span,
    /// The head alone.
    pub head: Span,
}

/// One body and what the rule is where it holds.
#[derive(Clone, Debug)]
pub struct Branch {
    /// Holds or does not; an empty body holds.
    pub body: Body,
    /// Evaluated where the body holds.
    pub value: Head,
    /// From the head, or from `else`, to the end.
    pub span: Span,
}

/// What one solution of a body gives.
#[derive(Clone, Debug)]
pub enum Head {
    /// `:= value`, of a complete rule, of a function, or under the last key of an object.
    Value(Term),
    /// `contains element`, of a set, or of a set under the last key of an object.
    Element(Term),
}

/// Literals that must all hold, in an order that binds before use.
pub type Body = Vec<Literal>;

/// One statement of a body.
#[derive(Clone, Debug)]
pub struct Literal {
    /// What it says.
    pub kind: LiteralKind,
    /// The replacements under which it is evaluated, in the order in which they are written. Their values are evaluated
    /// outside them; where one is undefined, the literal does not hold. A later one wins over an earlier one.
    pub with: Vec<With>,
    /// The statement without its `with`.
    pub span: Span,
}

/// What a statement says.
#[derive(Clone, Debug)]
pub enum LiteralKind {
    /// Holds where the term is defined and not `false`. A reference with unbound locals has one solution each.
    Expression(Term),
    /// `a = b`, `a := b`, and output arguments `f(x, out)`: binds the unbound locals of both sides. Where a side is a call
    /// of a relation (`walk`), there is one solution for each of its results.
    Unify(Term, Term),
    /// Holds where the body has no solution; locals of its own are not seen outside.
    Not(Body),
    /// `some key, value in collection`; binds the unbound locals of `key` and `value`.
    SomeIn {
        /// The pattern of index, key or (of a set) member.
        key: Option<Term>,
        /// The pattern of the value.
        value: Term,
        /// An array, set or object; another type has no members, which is no error.
        collection: Term,
    },
    /// `every key, value in domain { body }`; false where the domain is no collection or undefined.
    Every {
        /// The slot of index, key or (of a set) member.
        key: Option<Slot>,
        /// The slot of the value.
        value: Slot,
        /// An array, set or object.
        domain: Term,
        /// Must have a solution for each member.
        body: Body,
    },
}

/// One replacement.
#[derive(Clone, Debug)]
pub struct With {
    /// What is replaced.
    pub target: Target,
    /// By what.
    pub value: Replacement,
    /// From `with` to the end of the value.
    pub span: Span,
}

/// What `with` replaces.
#[derive(Clone, Debug)]
pub enum Target {
    /// `input`, or a path below it.
    Input(Path),
    /// A path below `data`: of base documents, rules, or both. Not a function.
    Data(Path),
    /// A function, built in or of a rule.
    Function(Callee),
}

/// What stands in its place.
#[derive(Clone, Debug)]
pub enum Replacement {
    /// A value, also in the place of a function, which then answers it whatever its arguments are.
    Value(Term),
    /// Another function, in the place of a function.
    Function(Callee),
}

/// A function by its full name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Callee {
    /// A built-in, as [`super::builtin::Builtin::name`] has it: `startswith`, `json.marshal`, and for operators OPA's
    /// names: `equal` for `==`, `neq`, `lt`, `lte`, `gt`, `gte`, `plus`, `minus`, `mul`, `div`, `rem`, `and`, `or`; for
    /// `x in xs` as an expression `internal.member_2`, for `k, v in xs` `internal.member_3`.
    Builtin(Arc<str>),
    /// A rule of [`RuleKind::Function`], by its path below `data`.
    Rule(Path),
}

/// A value, or a pattern where its locals are unbound.
#[derive(Clone, Debug)]
pub enum Term {
    /// A constant; composites of constants alone should be folded into one.
    Constant(Value),
    /// A local. Where it is unbound, the pattern binds it.
    Local(Slot),
    /// `_`: matches anything, is never read. As a step of a reference it iterates.
    Wildcard,
    /// `input`, and below it.
    Input(Vec<Term>),
    /// `data`, and below it: base documents, rules, packages.
    Data(Vec<Term>),
    /// Steps below another term, which is no `Input`, `Data` or `Reference`: `xs[i].name`, `f(x).y`, `[1, 2][i]`.
    Reference(Box<Term>, Vec<Term>),
    /// A call.
    Call(Box<Call>),
    /// `[a, b]`.
    Array(Vec<Term>),
    /// `{a, b}`; as a pattern only with bound locals.
    Set(Vec<Term>),
    /// `{k: v}`; as a pattern the keys are bound.
    Object(Vec<(Term, Term)>),
    /// A comprehension.
    Comprehension(Box<Comprehension>),
}

/// A call of a function.
#[derive(Clone, Debug)]
pub struct Call {
    /// Which function.
    pub callee: Callee,
    /// Without an output argument.
    pub arguments: Vec<Term>,
    /// The whole call.
    pub span: Span,
}

/// A comprehension; its locals are slots of the surrounding frame.
#[derive(Clone, Debug)]
pub struct Comprehension {
    /// What it collects, for each solution of the body.
    pub collects: Collects,
    /// The body.
    pub body: Body,
    /// The whole comprehension.
    pub span: Span,
}

/// What a comprehension collects.
#[derive(Clone, Debug)]
pub enum Collects {
    /// `[value | body]`.
    Array(Term),
    /// `{value | body}`.
    Set(Term),
    /// `{key: value | body}`; one key with different values is an error.
    Object(Term, Term),
}

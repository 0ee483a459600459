//! A program as it is kept: everything that compiling it cost, and nothing that is faster made again.
//!
//! Numbers are checked against what the program has, so that one read from anything but its own bytes is refused before
//! it can be asked. What follows from the rest is not kept: the tree's paths, the values at base paths, the choice of
//! definitions.

mod number;
mod step;

use std::sync::{Arc, OnceLock};

use crate::rego::ir::{RuleKind, Span};
use crate::rego::stored::{Bounds, Mark, Reader, Stored, Writer};

use super::compile::base_values;
use super::index;
use super::program::{Definition, Node, NodeId, Program, Rule, RuleId, Step};
use super::switches::Switches;

/// More arguments than a function has.
const MAX_ARITY: u32 = 1000;

impl Program {
    /// The program as bytes, for this very build to read again; `None` where a part has no such form: coverage that is
    /// counted, a rule that does not compile, an optimisation that is switched off.
    pub fn stored(&self) -> Option<Vec<u8>> {
        let mut writer = Writer::default();
        self.write(&mut writer);
        writer.finish()
    }

    /// Reads what [`Program::stored`] gave; `None` where the bytes are something else.
    pub fn of_stored(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader::over(bytes)?;
        let program = Self::read(&mut reader)?;
        reader.is_at_end().then_some(program)
    }
}

impl Stored for Program {
    fn write(&self, writer: &mut Writer) {
        let Self {
            data,
            files,
            rules,
            nodes,
            inputs,
            bases,
            base_values: _follow,
            n_memos,
            joins,
            points,
            shown: _of_points,
            refusals,
            switches,
        } = self;
        if !points.is_empty() || !refusals.is_empty() || *switches != Switches::default() {
            return writer.refuse();
        }
        writer.document(data);
        files.write(writer);
        for count in [rules.len(), nodes.len(), inputs.len(), bases.len(), joins.len()] {
            writer.count(count);
        }
        n_memos.write(writer);
        write_tree(nodes, writer);
        for step in inputs.iter().chain(bases) {
            step.parent.write(writer);
            step.key.write(writer);
        }
        for rule in rules {
            rule.write(writer);
        }
    }

    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let data = reader.document()?.indexed();
        let files = Stored::read(reader)?;
        let mut count = || u32::try_from(reader.count()?).ok();
        let (rules, nodes, inputs) = (count()?, count()?, count()?);
        let (bases, joins, memos) = (count()?, count()?, count()?);
        reader.bounds = Bounds { rules, nodes, inputs, bases, memos, joins, slots: 0 };
        let mut program = Self {
            data,
            files,
            rules: Vec::new(),
            nodes: read_tree(nodes, reader)?,
            inputs: read_steps(inputs, reader)?,
            bases: read_steps(bases, reader)?,
            base_values: Vec::new(),
            n_memos: memos,
            joins: (0..joins).map(|_| OnceLock::new()).collect(),
            points: Vec::new(),
            shown: Vec::new(),
            refusals: Vec::new(),
            switches: Switches::default(),
        };
        for id in 0..rules {
            let rule = read_rule(id, &mut program.nodes, reader)?;
            program.rules.push(rule);
        }
        program.base_values = base_values(&program);
        Some(program)
    }
}

/// Each node's parent and last step; a parent stands before its children.
fn write_tree(nodes: &[Node], writer: &mut Writer) {
    let mut above: Vec<Option<(u32, &Arc<str>)>> = vec![None; nodes.len()];
    for (parent, node) in (0..).zip(nodes) {
        for (key, child) in &node.children {
            if let Some(above) = above.get_mut(*child as usize) {
                *above = Some((parent, key));
            }
        }
    }
    for (number, above) in (0..).zip(above).skip(1) {
        match above {
            Some((parent, key)) if parent < number => {
                parent.write(writer);
                key.write(writer);
            }
            Some(_) | None => writer.refuse(),
        }
    }
}

fn read_tree(count: u32, reader: &mut Reader<'_>) -> Option<Vec<Node>> {
    let mut nodes: Vec<Node> = vec![Node::default()];
    for number in 1..count {
        let parent = nodes.get_mut(reader.below(number)? as usize)?;
        let key = Arc::<str>::read(reader)?;
        let path = parent.path.iter().chain([&key]).cloned().collect();
        if parent.children.insert(key, number).is_some() {
            return None;
        }
        nodes.push(Node { path, ..Node::default() });
    }
    Some(nodes)
}

/// The first step is the document itself; every other one stands behind the one above it.
fn read_steps(count: u32, reader: &mut Reader<'_>) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    for number in 0..count {
        let parent = reader.below(number.max(1))?;
        steps.push(Step { parent, key: Arc::<str>::read(reader)? });
    }
    (!steps.is_empty()).then_some(steps)
}

impl Rule {
    fn write(&self, writer: &mut Writer) {
        let Self {
            name: _follows,
            node,
            kind,
            definitions,
            default,
            settled_by_first,
            remembered,
            dispatch: _chosen,
            refusal,
            span,
        } = self;
        if refusal.is_some() {
            writer.refuse();
        }
        node.write(writer);
        kind.write(writer);
        span.write(writer);
        settled_by_first.write(writer);
        remembered.write(writer);
        definitions.write(writer);
        default.write(writer);
    }
}

/// Reads a rule and puts it at its place in the tree.
fn read_rule(id: RuleId, nodes: &mut [Node], reader: &mut Reader<'_>) -> Option<Rule> {
    let node: NodeId = reader.below(reader.bounds.nodes)?;
    let home = nodes.get_mut(node as usize)?;
    if home.rule.replace(id).is_some() {
        return None;
    }
    let name = format!("data.{}", home.path.join("."));
    let (kind, span) = (RuleKind::read(reader)?, Span::read(reader)?);
    let (settled_by_first, remembered) = (bool::read(reader)?, bool::read(reader)?);
    let definitions: Vec<Definition> = Stored::read(reader)?;
    Some(Rule {
        name,
        node,
        kind,
        default: Stored::read(reader)?,
        settled_by_first,
        remembered,
        dispatch: index::dispatch(&definitions),
        definitions,
        refusal: None,
        span,
    })
}

impl Stored for RuleKind {
    fn write(&self, writer: &mut Writer) {
        match self {
            Self::Complete => writer.byte(0),
            Self::Set => writer.byte(1),
            Self::Object => writer.byte(2),
            Self::Function { arity } => {
                writer.byte(3);
                writer.count(*arity);
            }
        }
    }

    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        Some(match reader.byte()? {
            0 => Self::Complete,
            1 => Self::Set,
            2 => Self::Object,
            3 => Self::Function { arity: reader.below(MAX_ARITY)? as usize },
            _ => return None,
        })
    }
}

impl Stored for Span {
    fn write(&self, writer: &mut Writer) {
        let Self { file, line, column, start, end } = *self;
        file.write(writer);
        writer.place(Mark { line, start });
        column.write(writer);
        writer.signed(i64::from(end) - i64::from(start));
    }

    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let file = u32::read(reader)?;
        let Mark { line, start } = reader.place()?;
        let column = u32::read(reader)?;
        let end = u32::try_from(i64::from(start).checked_add(reader.signed()?)?).ok()?;
        Some(Self { file, line, column, start, end })
    }
}

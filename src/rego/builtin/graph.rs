//! Graphs: objects whose values list the neighbours of their keys. Source: OPA 1.x, `topdown/reachable.go`.

use std::collections::{BTreeSet, VecDeque};

use crate::domain::value::Value;

use super::operand::{Answer, any, members, object, type_error};
use super::signature::{BuiltinError, CallContext};

fn roots(arguments: &[Value]) -> Result<&[Value], BuiltinError> {
    let initial = any(arguments, 2)?;
    members(initial).ok_or_else(|| type_error(2, initial, &["{array, set}"]))
}

fn neighbours(edges: &Value) -> &[Value] {
    members(edges).unwrap_or_default()
}

pub(super) fn reachable(arguments: &[Value], context: &mut CallContext<'_>) -> Answer {
    let graph = object(arguments, 1)?;
    let mut queue: VecDeque<&Value> = roots(arguments)?.iter().collect();
    let mut reached: BTreeSet<&Value> = BTreeSet::new();
    while let Some(node) = queue.pop_front() {
        context.budget.charge(1)?;
        if let Some(edges) = graph.step(node)
            && reached.insert(node)
        {
            queue.extend(neighbours(edges).iter().filter(|next| !reached.contains(next)));
        }
    }
    context.budget.charge_memory(reached.len() * size_of::<Value>())?;
    Ok(Some(Value::set(reached.into_iter().cloned().collect())))
}

/// There may be exponentially many paths, so every step of every path is charged.
pub(super) fn reachable_paths(arguments: &[Value], context: &mut CallContext<'_>) -> Answer {
    let graph = object(arguments, 1)?;
    let mut paths = Paths { graph, found: Vec::new(), context };
    for root in roots(arguments)? {
        let Some(edges) = graph.step(root) else { continue };
        let nodes = neighbours(edges);
        let mut path = vec![root.clone()];
        if nodes.is_empty() {
            paths.keep(&path)?;
        }
        for node in nodes {
            paths.follow(node, &mut path)?;
        }
    }
    Ok(Some(Value::set(paths.found)))
}

struct Paths<'a, 'c> {
    graph: &'a Value,
    found: Vec<Value>,
    context: &'a mut CallContext<'c>,
}

/// Nodes of a path; a longer one would overflow the stack.
const MAX_PATH: usize = 1_000;

impl Paths<'_, '_> {
    fn keep(&mut self, path: &[Value]) -> Result<(), BuiltinError> {
        self.context.budget.charge_memory((path.len() + 3) * size_of::<Value>())?;
        self.found.push(Value::array(path.to_vec()));
        Ok(())
    }

    fn follow(&mut self, node: &Value, path: &mut Vec<Value>) -> Result<(), BuiltinError> {
        self.context.budget.charge(1 + u64::try_from(path.len() / 16).unwrap_or(u64::MAX))?;
        let Some(edges) = self.graph.step(node) else { return self.keep(path) };
        if path.len() > MAX_PATH {
            return Err(super::operand::failed("a path of the graph is too long"));
        }
        path.push(node.clone());
        let nodes = neighbours(edges);
        if nodes.is_empty() {
            self.keep(path)?;
        }
        for next in nodes {
            if path.contains(next) {
                self.keep(path)?;
            } else {
                self.follow(next, path)?;
            }
        }
        path.pop();
        Ok(())
    }
}

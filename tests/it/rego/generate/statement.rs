//! Statements of bodies.

use super::{Type, VALUES, Writer};

impl Writer {
    pub(super) fn statement(&mut self) -> String {
        let statement = self.any_statement();
        // A sign would make a difference of this statement and the one before it.
        if statement.starts_with('-') { format!("true; {statement}") } else { statement }
    }

    fn any_statement(&mut self) -> String {
        match self.chance.below(if self.for_opa() { 14 } else { 11 }) {
            0..3 => {
                let kind = *self.chance.pick(VALUES);
                let value = self.expression(kind, 2);
                format!("{} := {value}", self.local(kind))
            }
            3..5 => self.iteration(),
            5 | 6 => self.truth(2),
            7 => self.negation(),
            8 => self.every(),
            9 => self.join(),
            10 => {
                let value = self.expression(Type::Number, 1);
                let (one, two) = (self.local(Type::Number), self.local(Type::Number));
                format!("[{one}, {two}] := [{value}, {}]", self.small())
            }
            11 => {
                let (replaced, truth) = (self.small(), self.truth(2));
                format!("{truth} with input.n as {replaced}")
            }
            12 => {
                let (path, value) = (self.fresh(), self.fresh());
                let from = self.expression(Type::Records, 0);
                format!(
                    "walk({from}, [‹{path}›, ‹{value}›]); is_number(‹{value}›); count(‹{path}›) > 1"
                )
            }
            _ => self.replaced_rule(),
        }
    }

    /// A rule under another value of a rule that it may read.
    fn replaced_rule(&mut self) -> String {
        let rules: Vec<(String, Type)> =
            self.rules.iter().filter(|(name, _)| !name.contains('.')).cloned().collect();
        if rules.is_empty() {
            return self.truth(1);
        }
        let (name, kind) = self.chance.pick(&rules).clone();
        let (value, truth) = (self.literal(kind), self.truth(2));
        format!("{truth} with data.p.{name} as {value}")
    }

    fn iteration(&mut self) -> String {
        let (from, kind) = self.members();
        let index = self.fresh();
        let value = self.local(kind);
        if self.chance.percent(40) {
            format!("some ‹{index}›, {value} in {from}")
        } else {
            format!("some {value} in {from}")
        }
    }

    /// A collection, and what is in it.
    pub(super) fn members(&mut self) -> (String, Type) {
        let (collection, member) = *self.chance.pick(&[
            (Type::Numbers, Type::Number),
            (Type::Texts, Type::Text),
            (Type::Labels, Type::Text),
            (Type::Table, Type::Number),
            (Type::Records, Type::Record),
        ]);
        (self.expression(collection, 1), member)
    }

    fn negation(&mut self) -> String {
        if self.for_opa() {
            // OPA 1.20.2 forgets `not true` where the rest of the body is empty.
            let truth = self.truth(2);
            return if truth == "true" { "not input.b".to_owned() } else { format!("not {truth}") };
        }
        self.chance
            .pick(&["not input.b", "not input.s", "not input.zz", "not input.n == 1"])
            .to_string()
    }

    fn every(&mut self) -> String {
        let (from, kind) = self.members();
        let outside = self.locals.len();
        let member = self.local(kind);
        let truths: Vec<String> =
            (0..=self.chance.below(2)).map(|_| self.about(&member, kind)).collect();
        self.locals.truncate(outside);
        format!("every {member} in {from} {{ {} }}", truths.join("; "))
    }

    /// A truth that reads the local, as `every` demands.
    fn about(&mut self, local: &str, kind: Type) -> String {
        match kind {
            Type::Number => {
                format!("{local} {} {}", self.comparison(), self.expression(Type::Number, 1))
            }
            Type::Text => format!("startswith({local}, {})", self.expression(Type::Text, 1)),
            Type::Truth
            | Type::Numbers
            | Type::Texts
            | Type::Labels
            | Type::Table
            | Type::Record
            | Type::Records => {
                format!("{local}.id {} {}", self.comparison(), self.expression(Type::Number, 1))
            }
        }
    }

    fn join(&mut self) -> String {
        let (from, other) = (self.expression(Type::Records, 0), self.expression(Type::Records, 0));
        let (one, two) = (self.local(Type::Record), self.local(Type::Record));
        let field = *self.chance.pick(&["id", "name", "on", "tags[_]"]);
        let end = self
            .chance
            .pick(&["", "; ‹1›.on", "; ‹1›.id != ‹2›.id"])
            .replace("‹1›", &one)
            .replace("‹2›", &two);
        format!("some {one} in {from}; some {two} in {other}; {one}.{field} == {two}.{field}{end}")
    }

    pub(super) fn comparison(&mut self) -> &'static str {
        let signs: [&str; 6] = ["==", "!=", "<", "<=", ">", ">="];
        signs[self.chance.below(signs.len())]
    }
}

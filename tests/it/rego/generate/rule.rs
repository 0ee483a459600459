//! Rules of each kind.

use super::super::program::{Program, Rule};
use super::{Type, VALUES, Writer};

impl Writer {
    pub(super) fn rule(&mut self, number: usize, program: &mut Program) {
        let name = format!("r{number}");
        match self.chance.below(10) {
            0..3 => self.complete(&name, program),
            3 | 4 => self.set(&name, program),
            5 => self.object(&name, program),
            6 => self.nested(&name, program),
            7 => self.truth_rule(&name, program),
            _ => self.function(&name, program),
        }
    }

    fn begin(&mut self) {
        self.locals.clear();
        self.n_locals = 0;
    }

    fn body(&mut self) -> Vec<String> {
        (0..=self.chance.below(3)).map(|_| self.statement()).collect()
    }

    fn complete(&mut self, name: &str, program: &mut Program) {
        let kind = *self.chance.pick(VALUES);
        if self.chance.percent(25) {
            self.begin();
            let value = self.literal(kind);
            program.rules.push(plain(format!("default {name} := {value}")));
        }
        let n_definitions = if self.chance.percent(20) { 2 } else { 1 };
        for _ in 0..n_definitions {
            self.begin();
            let mut body = self.body();
            let value = self.made(kind, 2, &mut body);
            let mut others = Vec::new();
            while self.chance.percent(25) {
                self.begin();
                let mut body = self.body();
                others.push((self.made(kind, 1, &mut body), body));
            }
            program.rules.push(Rule { head: format!("{name} := {value}"), body, others });
        }
        self.known(name, kind, program);
    }

    /// What a head makes. The interpreter gives up at the first solution that makes nothing, so that there it is bound in
    /// the body.
    fn made(&mut self, kind: Type, depth: usize, body: &mut Vec<String>) -> String {
        let value = self.expression(kind, depth);
        if self.for_opa() {
            return value;
        }
        let local = self.local(kind);
        body.push(format!("{local} := {value}"));
        local
    }

    fn known(&mut self, name: &str, kind: Type, program: &mut Program) {
        self.rules.push((name.to_owned(), kind));
        program.asked.push(name.to_owned());
    }

    fn set(&mut self, name: &str, program: &mut Program) {
        for _ in 0..=self.chance.below(2) {
            self.begin();
            let mut body = self.body();
            let element = self.made(Type::Text, 2, &mut body);
            let head = format!("{name} contains {element}");
            program.rules.push(Rule { head, body, others: Vec::new() });
        }
        self.known(name, Type::Labels, program);
    }

    fn object(&mut self, name: &str, program: &mut Program) {
        for _ in 0..=self.chance.below(2) {
            self.begin();
            let mut body = self.body();
            let key = self.made(Type::Text, 1, &mut body);
            let value = self.made(Type::Number, 1, &mut body);
            let head = format!("{name}[{key}] := {value}");
            program.rules.push(Rule { head, body, others: Vec::new() });
        }
        self.known(name, Type::Table, program);
    }

    /// A rule of several levels, which other rules read as `name.a` or do not read.
    fn nested(&mut self, name: &str, program: &mut Program) {
        self.begin();
        let mut body = self.body();
        let value = self.made(Type::Number, 1, &mut body);
        program.rules.push(Rule { head: format!("{name}.a := {value}"), body, others: Vec::new() });
        self.begin();
        let mut body = self.body();
        let value = self.made(Type::Text, 1, &mut body);
        let head = if self.for_opa() {
            let key = self.expression(Type::Text, 1);
            match self.chance.below(3) {
                0 => format!("{name}.b[{key}] contains {value}"),
                1 => format!("{name}.b[{key}].c := {value}"),
                _ => format!("{name}.b[{key}] := {value}"),
            }
        } else {
            format!("{name}.b contains {value}")
        };
        program.rules.push(Rule { head, body, others: Vec::new() });
        self.rules.push((format!("{name}.a"), Type::Number));
        // The interpreter answers for leaves alone.
        program.asked.push(if self.for_opa() { name.to_owned() } else { format!("{name}.a") });
    }

    fn truth_rule(&mut self, name: &str, program: &mut Program) {
        if self.chance.percent(40) {
            program.rules.push(plain(format!("default {name} := false")));
        }
        for _ in 0..=self.chance.below(2) {
            self.begin();
            let body = self.body();
            program.rules.push(Rule { head: name.to_owned(), body, others: Vec::new() });
        }
        self.known(name, Type::Truth, program);
    }

    fn function(&mut self, name: &str, program: &mut Program) {
        let takes = *self.chance.pick(&[Type::Number, Type::Text, Type::Labels, Type::Record]);
        let gives = *self.chance.pick(&[Type::Number, Type::Text, Type::Truth]);
        if self.for_opa() && self.chance.percent(20) {
            let value = self.literal(gives);
            program.rules.push(plain(format!("default {name}(_) := {value}")));
        }
        if self.chance.percent(30) && matches!(takes, Type::Number | Type::Text) {
            self.begin();
            let (pattern, value) = (self.literal(takes), self.expression(gives, 1));
            program.rules.push(plain(format!("{name}({pattern}) := {value}")));
        }
        self.begin();
        let argument = self.local(takes);
        let mut body = self.body();
        let value = self.made(gives, 2, &mut body);
        let head = format!("{name}({argument}) := {value}");
        program.rules.push(Rule { head, body, others: Vec::new() });
        self.functions.push((name.to_owned(), vec![takes], gives));
    }
}

fn plain(head: String) -> Rule {
    Rule { head, body: Vec::new(), others: Vec::new() }
}

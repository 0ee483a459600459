//! Expressions of each type.

use super::{Type, Writer};

impl Writer {
    /// An expression that refers to no local and no rule.
    pub(super) fn literal(&mut self, kind: Type) -> String {
        match kind {
            Type::Number => self.small(),
            Type::Text => self.word(),
            Type::Truth => self.chance.pick(&["true", "false"]).to_string(),
            Type::Numbers => self.list(Self::small),
            Type::Texts => self.list(Self::word),
            Type::Labels => {
                let words: Vec<String> = (0..=self.chance.below(3)).map(|_| self.word()).collect();
                format!("{{{}}}", words.join(", "))
            }
            Type::Table => format!("{{\"a\": {}, \"c\": {}}}", self.small(), self.small()),
            Type::Record => {
                let (id, name) = (self.small(), self.word());
                format!("{{\"id\": {id}, \"name\": {name}, \"on\": true, \"tags\": []}}")
            }
            Type::Records => format!("[{}]", self.literal(Type::Record)),
        }
    }

    /// An expression of so many levels at most.
    pub(super) fn expression(&mut self, kind: Type, depth: usize) -> String {
        if depth == 0 || self.chance.percent(35) {
            return self.leaf(kind);
        }
        if self.chance.percent(15)
            && let Some(call) = self.call(kind, depth)
        {
            return call;
        }
        match kind {
            Type::Number => self.number(depth),
            Type::Text => self.text(depth),
            Type::Truth => self.truth(depth),
            Type::Numbers => self.numbers(depth),
            Type::Texts => self.texts(depth),
            Type::Labels => self.labels(depth),
            Type::Table => self.table(depth),
            Type::Record => self.leaf(kind),
            Type::Records => self.records(depth),
        }
    }

    fn leaf(&mut self, kind: Type) -> String {
        let mut known: Vec<String> = Vec::new();
        let locals = self.locals.iter().filter(|(_, local)| *local == kind);
        known.extend(locals.clone().map(|(number, _)| format!("‹{number}›")));
        known.extend(locals.map(|(number, _)| format!("‹{number}›")));
        known.extend(
            self.rules.iter().filter(|(_, rule)| *rule == kind).map(|(name, _)| name.clone()),
        );
        for (number, local) in &self.locals {
            let field = match kind {
                Type::Number => "id",
                Type::Text => "name",
                Type::Truth => "on",
                Type::Texts => "tags",
                Type::Numbers | Type::Labels | Type::Table | Type::Record | Type::Records => {
                    continue;
                }
            };
            if *local == Type::Record {
                known.push(format!("‹{number}›.{field}"));
            }
        }
        let of_input: &[&str] = match kind {
            Type::Number => &["input.n", "input.table.a", "input.xs[0]", "input.table[\"b\"]"],
            Type::Text => &["input.s", "input.ss[1]", "input.records[0].name"],
            Type::Truth => &["input.b", "input.records[0].on"],
            Type::Numbers => &["input.xs"],
            Type::Texts => &["input.ss", "input.records[0].tags"],
            Type::Labels => &["object.keys(input.table)"],
            Type::Table => &["input.table"],
            Type::Record => &["input.records[0]"],
            Type::Records => &["input.records"],
        };
        known.extend(of_input.iter().map(|text| (*text).to_owned()));
        if kind != Type::Records {
            known.push(self.literal(kind));
        }
        self.chance.pick(&known).clone()
    }

    /// A call of a function of the program.
    fn call(&mut self, kind: Type, depth: usize) -> Option<String> {
        let fitting: Vec<_> =
            self.functions.iter().filter(|(_, _, gives)| *gives == kind).cloned().collect();
        if fitting.is_empty() {
            return None;
        }
        let (name, takes, _) = self.chance.pick(&fitting).clone();
        let arguments: Vec<String> =
            takes.iter().map(|takes| self.expression(*takes, depth - 1)).collect();
        Some(format!("{name}({})", arguments.join(", ")))
    }

    fn number(&mut self, depth: usize) -> String {
        let below = depth - 1;
        let number = |writer: &mut Self| writer.expression(Type::Number, below);
        match self.chance.below(if self.for_opa() { 14 } else { 11 }) {
            0..3 => {
                let (one, two) = (number(self), number(self));
                format!("({one} {} {two})", self.chance.pick(&["+", "-", "*"]))
            }
            3 => format!("({} % {})", number(self), self.chance.pick(&["2", "3", "7"])),
            4 | 5 => {
                let kind = *self.chance.pick(&[
                    Type::Numbers,
                    Type::Texts,
                    Type::Labels,
                    Type::Table,
                    Type::Text,
                ]);
                format!("count({})", self.expression(kind, below))
            }
            6 => {
                let name = *self.chance.pick(&["sum", "max", "min", "product"]);
                format!("{name}({})", self.expression(Type::Numbers, below))
            }
            7 => format!("abs({})", number(self)),
            8 => format!("to_number({})", self.expression(Type::Text, below)),
            9 => {
                let (table, key) =
                    (self.expression(Type::Table, below), self.expression(Type::Text, below));
                format!("object.get({table}, {key}, {})", self.small())
            }
            10 => {
                let (text, part) =
                    (self.expression(Type::Text, below), self.chance.pick(&["\"a\"", "\"b\""]));
                format!("indexof({text}, {part})")
            }
            11 => format!("({} / {})", number(self), number(self)),
            12 => {
                format!("{}({} / 3)", self.chance.pick(&["round", "ceil", "floor"]), number(self))
            }
            _ => format!("({} % {})", number(self), number(self)),
        }
    }

    fn text(&mut self, depth: usize) -> String {
        let below = depth - 1;
        let text = |writer: &mut Self| writer.expression(Type::Text, below);
        match self.chance.below(if self.for_opa() { 16 } else { 12 }) {
            0 => format!("concat(\"-\", {})", self.expression(Type::Texts, below)),
            1 => format!("concat(\",\", {})", self.expression(Type::Labels, below)),
            2 => format!("{}({})", self.chance.pick(&["upper", "lower", "trim_space"]), text(self)),
            3 => format!("trim_prefix({}, {})", text(self), text(self)),
            4 => format!("replace({}, \"a\", {})", text(self), text(self)),
            5 => format!(
                "substring({}, {}, {})",
                text(self),
                self.chance.below(3),
                self.chance.below(3)
            ),
            6 | 7 => {
                // The interpreter writes `--4` for a negative number.
                let verb = if self.for_opa() { "%d" } else { "%v" };
                let (text, number) = (text(self), self.expression(Type::Number, below));
                format!("sprintf(\"%s:{verb}\", [{text}, {number}])")
            }
            8 => format!("sprintf(\"%v\", [{}])", text(self)),
            9 => format!("format_int({}, 10)", self.expression(Type::Number, below)),
            10 => format!("strings.reverse({})", text(self)),
            11 => {
                let kind =
                    *self.chance.pick(&[Type::Number, Type::Labels, Type::Table, Type::Truth]);
                format!("type_name({})", self.expression(kind, below))
            }
            12 => {
                let kind = *self.chance.pick(&[
                    Type::Numbers,
                    Type::Labels,
                    Type::Table,
                    Type::Records,
                    Type::Truth,
                ]);
                format!("sprintf(\"%v\", [{}])", self.expression(kind, below))
            }
            13 => {
                let kind =
                    *self.chance.pick(&[Type::Numbers, Type::Labels, Type::Table, Type::Records]);
                format!("json.marshal({})", self.expression(kind, below))
            }
            14 => {
                let kind =
                    *self.chance.pick(&[Type::Number, Type::Text, Type::Labels, Type::Table]);
                let inside = self.leaf(kind);
                if inside.contains('{') {
                    inside_text(&self.word())
                } else {
                    format!("$\"<{{{inside}}}>\"")
                }
            }
            _ => format!("base64.encode({})", text(self)),
        }
    }

    pub(super) fn truth(&mut self, depth: usize) -> String {
        if depth == 0 {
            return self.leaf(Type::Truth);
        }
        let below = depth - 1;
        match self.chance.below(10) {
            0..4 => {
                let kind = *self.chance.pick(&[
                    Type::Number,
                    Type::Number,
                    Type::Text,
                    Type::Labels,
                    Type::Table,
                ]);
                let (one, two) = (self.expression(kind, below), self.expression(kind, below));
                let sign = if kind == Type::Table { "==" } else { self.comparison() };
                format!("{one} {sign} {two}")
            }
            4 | 5 => {
                let name = *self.chance.pick(&["startswith", "endswith", "contains"]);
                let (one, two) =
                    (self.expression(Type::Text, below), self.expression(Type::Text, below));
                format!("{name}({one}, {two})")
            }
            6 => {
                let kind = *self.chance.pick(&[Type::Texts, Type::Labels]);
                let (one, two) = (self.expression(Type::Text, below), self.expression(kind, below));
                // The interpreter takes a missing side for no member.
                if self.for_opa() {
                    format!("{one} in {two}")
                } else {
                    format!("startswith({one}, \"a\")")
                }
            }
            7 => format!("regex.match(\"^[a-b]+$\", {})", self.expression(Type::Text, below)),
            8 => format!("is_number({})", self.expression(Type::Number, below)),
            _ => self.leaf(Type::Truth),
        }
    }

    fn numbers(&mut self, depth: usize) -> String {
        let below = depth - 1;
        let numbers = |writer: &mut Self| writer.expression(Type::Numbers, below);
        match self.chance.below(6) {
            0 => format!("array.concat({}, {})", numbers(self), numbers(self)),
            1 => format!(
                "array.slice({}, {}, {})",
                numbers(self),
                self.chance.below(2),
                self.chance.below(4)
            ),
            2 => format!("sort({})", numbers(self)),
            3 => format!("numbers.range({}, {})", self.chance.below(3), self.chance.below(5)),
            _ => self.comprehension("[", Type::Number, "]"),
        }
    }

    fn texts(&mut self, depth: usize) -> String {
        let below = depth - 1;
        match self.chance.below(5) {
            0 => format!("split({}, \"-\")", self.expression(Type::Text, below)),
            1 => format!("sort({})", self.expression(Type::Labels, below)),
            2 => format!("array.reverse({})", self.expression(Type::Texts, below)),
            _ => self.comprehension("[", Type::Text, "]"),
        }
    }

    fn labels(&mut self, depth: usize) -> String {
        let below = depth - 1;
        match self.chance.below(6) {
            0..3 => {
                let (one, two) =
                    (self.expression(Type::Labels, below), self.expression(Type::Labels, below));
                format!("({one} {} {two})", self.chance.pick(&["|", "&", "-"]))
            }
            3 => format!("object.keys({})", self.expression(Type::Table, below)),
            _ => self.comprehension("{", Type::Text, "}"),
        }
    }

    fn table(&mut self, depth: usize) -> String {
        let below = depth - 1;
        let table = |writer: &mut Self| writer.expression(Type::Table, below);
        match self.chance.below(5) {
            0 => format!("object.union({}, {})", table(self), table(self)),
            1 => format!("object.remove({}, [{}])", table(self), self.word()),
            2 => format!("object.filter({}, {})", table(self), self.literal(Type::Labels)),
            3 => format!("{{\"a\": {}}}", self.expression(Type::Number, below)),
            _ => {
                let from = table(self);
                let (key, value) = (self.fresh(), self.fresh());
                let sum = self.small();
                format!("{{‹{key}›: (‹{value}› + {sum}) | some ‹{key}›, ‹{value}› in {from}}}")
            }
        }
    }

    fn records(&mut self, depth: usize) -> String {
        let from = self.expression(Type::Records, depth - 1);
        let outside = self.locals.len();
        let record = self.local(Type::Record);
        let truth = self.truth(1);
        self.locals.truncate(outside);
        format!("[{record} | some {record} in {from}; {truth}]")
    }

    /// An item for each member of a collection that holds.
    fn comprehension(&mut self, open: &str, kind: Type, close: &str) -> String {
        let (from, member) = self.members();
        let outside = self.locals.len();
        let local = self.local(member);
        let item = self.expression(kind, 1);
        let truth =
            if self.chance.percent(50) { format!("; {}", self.truth(1)) } else { String::new() };
        self.locals.truncate(outside);
        format!("{open}{item} | some {local} in {from}{truth}{close}")
    }
}

fn inside_text(word: &str) -> String {
    format!("concat(\"\", [{word}, {word}])")
}

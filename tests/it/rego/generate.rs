//! Well-typed programs by chance, always the same ones for a seed.

mod expression;
mod rule;
mod statement;

use super::program::Program;

/// For whom a program is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// All that the generator knows.
    Opa,
    /// What `regorus`' interpreter is known to answer as OPA does. Left out: `not` over calls and comparisons of what may be
    /// missing (not hoisted), a head whose key or value may be undefined (further solutions are lost), `in` with a side that
    /// may be missing (false instead of undefined), fractions and division (binary floats), `%d` of a negative number
    /// (`--4`), `sprintf` and `json.marshal` of composites, `walk`, template strings, default functions, `with`, rules of
    /// several levels with a key that is computed, and rules that are read above their leaves.
    Interpreter,
}

/// What an expression is; `Table` has texts for keys and numbers for values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Type {
    Number,
    Text,
    Truth,
    Numbers,
    Texts,
    Labels,
    Table,
    Record,
    Records,
}

const VALUES: &[Type] = &[
    Type::Number,
    Type::Text,
    Type::Truth,
    Type::Numbers,
    Type::Texts,
    Type::Labels,
    Type::Table,
    Type::Records,
];

/// Pseudo-random numbers, which no release of a library changes.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    pub(super) fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(bound).unwrap()).unwrap()
    }

    pub(super) fn percent(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub(super) fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }
}

/// A function of the program: its name, what it takes, what it gives.
type Function = (String, Vec<Type>, Type);

struct Writer {
    chance: Chance,
    dialect: Dialect,
    /// Rules that are already written.
    rules: Vec<(String, Type)>,
    functions: Vec<Function>,
    /// Locals that can be read here.
    locals: Vec<(usize, Type)>,
    n_locals: usize,
}

/// The program of that number.
pub(crate) fn program(seed: u64, number: usize, dialect: Dialect) -> Program {
    let start = seed.wrapping_mul(1_000_003).wrapping_add(u64::try_from(number).unwrap());
    let mut writer = Writer {
        chance: Chance(start),
        dialect,
        rules: Vec::new(),
        functions: Vec::new(),
        locals: Vec::new(),
        n_locals: 0,
    };
    let mut program = Program { input: writer.input(), ..Program::default() };
    for number in 0..3 + writer.chance.below(4) {
        writer.rule(number, &mut program);
    }
    program
}

impl Writer {
    pub(super) fn for_opa(&self) -> bool {
        self.dialect == Dialect::Opa
    }

    /// An object in which any field may be missing.
    fn input(&mut self) -> String {
        let mut fields = Vec::new();
        for field in ["n", "s", "b", "xs", "ss", "records", "table"] {
            if self.chance.percent(12) {
                continue;
            }
            let value = match field {
                "n" => self.small(),
                "s" => self.word(),
                "b" => self.chance.pick(&["true", "false"]).to_string(),
                "xs" => self.list(Self::small),
                "ss" => self.list(Self::word),
                "records" => self.list(Self::record_of_input),
                _ => format!("{{\"a\": {}, \"b\": {}}}", self.small(), self.small()),
            };
            fields.push(format!("\"{field}\": {value}"));
        }
        format!("{{{}}}", fields.join(", "))
    }

    fn record_of_input(&mut self) -> String {
        let (id, name) = (self.small(), self.word());
        let on = self.chance.pick(&["true", "false"]).to_string();
        let tags = self.list(Self::word);
        let mut fields = vec![
            format!("\"id\": {id}"),
            format!("\"name\": {name}"),
            format!("\"on\": {on}"),
            format!("\"tags\": {tags}"),
        ];
        if self.chance.percent(25) {
            fields.remove(self.chance.below(4));
        }
        format!("{{{}}}", fields.join(", "))
    }

    pub(super) fn list(&mut self, item: fn(&mut Self) -> String) -> String {
        let items: Vec<String> = (0..self.chance.below(4)).map(|_| item(self)).collect();
        format!("[{}]", items.join(", "))
    }

    pub(super) fn small(&mut self) -> String {
        let numbers = ["0", "1", "2", "3", "5", "10", "-1", "-4"];
        if self.for_opa() && self.chance.percent(8) {
            return self.chance.pick(&["1.5", "0.25", "12345678901234567890", "0.5"]).to_string();
        }
        self.chance.pick(&numbers).to_string()
    }

    pub(super) fn word(&mut self) -> String {
        self.chance
            .pick(&[
                r#""a""#, r#""b""#, r#""ab""#, r#""a-b""#, r#""""#, r#""3""#, r#""é""#, r#""B""#,
            ])
            .to_string()
    }

    pub(super) fn local(&mut self, kind: Type) -> String {
        let number = self.fresh();
        self.locals.push((number, kind));
        format!("‹{number}›")
    }

    /// A local that is not readable yet.
    pub(super) fn fresh(&mut self) -> usize {
        self.n_locals += 1;
        self.n_locals - 1
    }
}

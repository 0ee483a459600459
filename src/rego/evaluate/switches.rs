//! Each optimisation can be switched off; the answers stay the same.

/// What the compiler may do to be fast, and what it records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent switches, each tried alone in tests"
)]
pub struct Switches {
    /// Finds the members of `some x in xs; x.id == y` by an index.
    pub joins: bool,
    /// Chooses definitions by what their bodies compare one input path or argument with.
    pub dispatch: bool,
    /// Does cheap tests that cannot fail with an error before anything else, as OPA's rule index does.
    pub tests_first: bool,
    /// Remembers comprehensions that depend on no local outside.
    pub remembered_comprehensions: bool,
    /// Remembers functions by their arguments.
    pub remembered_calls: bool,
    /// Stops at the first solution where all solutions are the same.
    pub early_exit: bool,
    /// Reads packages in which nothing but packages and rules stand straight into a value.
    pub plain_packages: bool,
    /// Asks one collection's index for all rules that compare its members by the same path.
    pub shared_joins: bool,
    /// Answers tests of texts and plain formats without making arguments of them.
    pub direct_calls: bool,
    /// Gives each thread its own copies of the program's constants.
    pub own_constants: bool,
    /// Counts what was evaluated.
    pub coverage: bool,
    /// Keeps some values of what the counted statements name.
    pub values: bool,
}

impl Default for Switches {
    fn default() -> Self {
        Self {
            joins: true,
            dispatch: true,
            tests_first: true,
            remembered_comprehensions: true,
            remembered_calls: true,
            early_exit: true,
            plain_packages: true,
            shared_joins: true,
            direct_calls: true,
            own_constants: true,
            coverage: false,
            values: false,
        }
    }
}

impl Switches {
    /// The plainest reading, which counts: every statement is asked that the language asks.
    pub fn traced() -> Self {
        Self { coverage: true, values: true, ..Self::plain() }
    }

    /// Everything off: the plainest reading of the program.
    pub fn plain() -> Self {
        Self {
            joins: false,
            dispatch: false,
            tests_first: false,
            remembered_comprehensions: false,
            remembered_calls: false,
            early_exit: false,
            plain_packages: false,
            shared_joins: false,
            direct_calls: false,
            own_constants: false,
            coverage: false,
            values: false,
        }
    }
}

//! Policies as they are kept beside their program.

use std::str::FromStr as _;
use std::sync::Arc;

use super::dialect::{AnswerForm, EntryRule, Policy};
use crate::domain::code::{Code, Severity};
use crate::domain::place::Location;
use crate::domain::policy::{Dialect, Needs, PolicyMeta, RuleKind, Scope};
use crate::rego::stored::{Reader, Stored, Writer, stored_enum, stored_struct};

stored_struct!(Policy { meta, package, rules, has_exceptions, severity_is_written, claim });
stored_struct!(EntryRule { name, kind, suffix, answer, is_set, location });
stored_struct!(Location { file, line, column, end_line, end_column, path });
stored_struct!(PolicyMeta {
    code,
    title,
    description,
    remediation,
    severity,
    scope,
    needs,
    kinds,
    controls,
    package,
    pack,
    dialect,
    file,
    line,
});

stored_enum!(AnswerForm { 0 = Findings, 1 = Boolean(passes), 2 = Conforma });
stored_enum!(RuleKind { 0 = Deny, 1 = Warn, 2 = Audit });
stored_enum!(Severity { 0 = Low, 1 = Medium, 2 = High, 3 = Critical });
stored_enum!(Scope { 0 = Workload, 1 = Resource, 2 = Image, 3 = Sbom, 4 = Plan, 5 = Release });
stored_enum!(Needs { 0 = Reference, 1 = Verification, 2 = Facts });
stored_enum!(Dialect {
    0 = Goldgate,
    1 = Conftest,
    2 = Gatekeeper,
    3 = Opa,
    4 = Terraform,
    5 = Conforma,
});

impl Stored for Code {
    fn write(&self, writer: &mut Writer) {
        writer.text(self.as_str());
    }

    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        Self::from_str(&Arc::<str>::read(reader)?).ok()
    }
}

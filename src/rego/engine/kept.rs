//! A linker as it is kept: the program that decides, and what the second engine must know of its texts.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::{Linker, Program, Source};
use crate::domain::place::SourceFile;
use crate::rego::evaluate;
use crate::rego::module::Version;
use crate::rego::own::Revision;
use crate::rego::stored::{Reader, Stored, Writer, stored_enum};

stored_enum!(Version { 0 = V0, 1 = V1 });

impl Linker {
    /// Appends what was compiled. What is left to the second engine cannot be kept, since that one has no form for it.
    pub(crate) fn write(&self, writer: &mut Writer) {
        let Ok(own) = &self.own else { return writer.refuse() };
        writer.count(self.sources.len());
        for Source { file: _read_anew, package, version } in &self.sources {
            package.write(writer);
            version.write(writer);
        }
        own.program().write(writer);
    }

    /// The program of every package, where the own evaluator runs them.
    pub(crate) fn deciding(&self) -> Option<Program> {
        self.own.as_ref().ok().map(|own| Program::Own(Arc::clone(own)))
    }

    /// Reads what [`Linker::write`] wrote, over the files of the same modules in their order.
    pub(crate) fn read(
        reader: &mut Reader<'_>,
        files: Vec<Arc<SourceFile>>,
        budget: Duration,
    ) -> Option<Self> {
        let said: Vec<(Vec<String>, Version)> = Stored::read(reader)?;
        if said.len() != files.len() {
            return None;
        }
        let source = |(file, (package, version)): (&Arc<SourceFile>, _)| Source {
            file: Arc::clone(file),
            package,
            version,
        };
        let sources = files.iter().zip(said).map(source).collect();
        let own = Revision::kept(evaluate::Program::read(reader)?, files, budget)?;
        let data = own.program().data().clone();
        Some(Self { sources, data, budget, bases: BTreeMap::new(), own: Ok(Arc::new(own)) })
    }
}

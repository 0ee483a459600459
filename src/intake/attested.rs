//! Bills of materials that trusted signers attested to images: read as if they had been handed in.

use std::collections::BTreeMap;

use super::{Limits, code, fault, sbom};
use crate::domain::evidence::AttestedBill;
use crate::domain::place::SourceFile;
use crate::domain::release::{Note, Release};

/// Adds the bills of `bills`, by image (`registry/repository@digest`), to the release. One that cannot be read is a fault, as
/// one that was handed in is; one of a format that is not read is a note.
pub fn attested(
    bills: &BTreeMap<String, Vec<AttestedBill>>,
    limits: &Limits,
    release: &mut Release,
) {
    for (image, bills) in bills {
        for AttestedBill { id, text } in bills {
            // Two bills of one image are told apart by the beginning of their items' digests.
            let id = id.to_hex();
            let file = format!("{image}#{}", id.get(..12).unwrap_or(&id));
            let file = SourceFile::new(file, text.as_ref());
            let most = limits.max_components;
            match sbom::read(&file) {
                Some(Ok(bill)) if bill.components.len() > most => {
                    let n = bill.components.len();
                    let message = format!(
                        "the attested bill has {n} components, the limit is {most} (`limits.maxComponents`)"
                    );
                    release.faults.push(fault::of_file(&code::LIMIT, &file.path, false, message));
                }
                Some(Ok(mut bill)) => {
                    bill.image = Some(image.clone());
                    release.sboms.push(bill);
                }
                Some(Err(wrong)) => {
                    let location = file.location(wrong.span, "");
                    let message =
                        format!("the attested components cannot be read: {}", wrong.message);
                    release.faults.push(fault::at(&code::SBOM, location, message));
                }
                None => release.notes.push(Note {
                    file: file.path.clone(),
                    message: "the attested bill of materials is of a format that is not read, so its components are not judged".to_owned(),
                    help: Some("attest it as CycloneDX or SPDX in JSON".to_owned()),
                }),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::digest::Digest;

    const IMAGE: &str = "registry.example/app@sha256:4b82";

    fn read(text: &str, limits: &Limits) -> Release {
        let bill = AttestedBill { id: Digest::of(b"id"), text: text.into() };
        let mut release = Release::default();
        attested(&BTreeMap::from([(IMAGE.to_owned(), vec![bill])]), limits, &mut release);
        release
    }

    const BILL: &str = r#"{"bomFormat":"CycloneDX","specVersion":"1.6","components":[
        {"type":"library","name":"serde","version":"1.0.1","purl":"pkg:cargo/serde@1.0.1"}]}"#;

    #[test]
    fn the_components_of_an_attested_bill_are_bound_to_the_image() {
        let release = read(BILL, &Limits::default());
        let bill = &release.sboms[0];
        assert_eq!(bill.image.as_deref(), Some(IMAGE));
        assert_eq!(bill.components[0].name.as_ref(), "serde");
        assert!(bill.source.file.starts_with("registry.example/app@sha256:4b82#"));
    }

    #[test]
    fn what_is_wrong_with_an_attested_bill_is_a_finding_and_never_silence() {
        let code = |release: &Release| release.faults[0].code.to_string();
        let few = Limits { max_components: 0, ..Limits::default() };
        assert_eq!(code(&read(BILL, &few)), "INPUT-LIMIT");
        let broken = BILL.replace("]}", "");
        assert_eq!(code(&read(&broken, &Limits::default())), "INPUT-SBOM");
        let foreign = read("a text", &Limits::default());
        assert!(foreign.notes[0].message.contains("not read"), "{:?}", foreign.notes);
    }
}

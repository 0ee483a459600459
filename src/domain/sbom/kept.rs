//! A bill as it is kept: every text once and components as rows of numbers, so that reading it again asks for little memory.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::de::{Deserialize, Deserializer, Error, Visitor};
use serde::{Serialize, Serializer};

use super::{Graph, Reached, Sbom, SbomClaims, SbomSource, Scan};
use crate::domain::clock::Timestamp;
use crate::domain::package::{Component, Ecosystem, Licence, Package};

/// A component: 0 where it has no such text, else the number of the text, from 1 on. In turn its name, version, package
/// URL, ecosystem, package, compared version, kind of licence, licence, supplier and digest; how it is reached (0 not, 1
/// directly, else two more than the index of the component before it) and where its way begins.
type Row = [u32; 12];

const EXPRESSION: u32 = 1;
const UNKNOWN: u32 = 2;

/// What [`Reached::Through`] begins with.
const THROUGH: u32 = 2;

#[derive(Serialize)]
struct Written<'b> {
    source: &'b SbomSource,
    claims: &'b SbomClaims,
    scan: &'b Option<Scan>,
    has_graph: bool,
    image: &'b Option<String>,
    texts: Vec<&'b str>,
    rows: Vec<Row>,
    released: Vec<(usize, Timestamp)>,
    /// How many dependencies each component has, and all of them one after the other; not there when there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    graph: Option<(Vec<u32>, &'b [u32])>,
}

#[derive(serde::Deserialize)]
struct Read {
    source: SbomSource,
    claims: SbomClaims,
    scan: Option<Scan>,
    has_graph: bool,
    image: Option<String>,
    #[serde(default)]
    texts: Vec<Text>,
    #[serde(default)]
    rows: Vec<Row>,
    #[serde(default)]
    released: Vec<(usize, Timestamp)>,
    #[serde(default)]
    graph: Option<(Vec<u32>, Vec<u32>)>,
    // As layout 4 of the record kept them.
    #[serde(default)]
    components: Vec<Component>,
    #[serde(default)]
    parents: Vec<Reached>,
    #[serde(default)]
    beginnings: Vec<u32>,
}

/// A text that is read without a copy in between.
struct Text(Arc<str>);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(TextVisitor)
    }
}

struct TextVisitor;

impl Visitor<'_> for TextVisitor {
    type Value = Text;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Text, E> {
        Ok(Text(Arc::from(text)))
    }
}

/// Texts by number.
#[derive(Default)]
struct Texts<'b> {
    list: Vec<&'b str>,
    numbers: BTreeMap<&'b str, u32>,
}

impl<'b> Texts<'b> {
    fn number(&mut self, text: &'b str) -> u32 {
        *self.numbers.entry(text).or_insert_with(|| {
            self.list.push(text);
            u32::try_from(self.list.len()).unwrap_or(u32::MAX)
        })
    }

    fn of(&mut self, text: Option<&'b Arc<str>>) -> u32 {
        text.map_or(0, |text| self.number(text))
    }
}

impl Serialize for Sbom {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut texts = Texts::default();
        let ways = self.parents.iter().zip(&self.beginnings);
        let rows = self.components.iter().zip(ways);
        let rows = rows.map(|(component, way)| row(component, way, &mut texts)).collect();
        let released = self.components.iter().enumerate();
        let released = released.filter_map(|(index, it)| Some((index, it.released?))).collect();
        let Self {
            source,
            claims,
            scan,
            components: _,
            has_graph,
            image,
            parents: _,
            beginnings: _,
            graph,
        } = self;
        let has_graph = *has_graph;
        let texts = texts.list;
        let graph = graph.as_ref().filter(|graph| !graph.is_empty()).map(Graph::lists);
        Written { source, claims, scan, has_graph, image, texts, rows, released, graph }
            .serialize(serializer)
    }
}

fn row<'b>(
    component: &'b Component,
    (reached, beginning): (&Reached, &u32),
    texts: &mut Texts<'b>,
) -> Row {
    let Component {
        name,
        version,
        purl,
        package,
        compared_version,
        licence,
        supplier,
        released: _,
        digest,
    } = component;
    let (kind, licence) = match licence {
        Licence::Expression(text) => (EXPRESSION, texts.number(text)),
        Licence::Unknown(text) => (UNKNOWN, texts.number(text)),
        Licence::None => (0, 0),
    };
    let (ecosystem, package) = match package {
        Some(Package { ecosystem, name }) => (texts.number(ecosystem.as_str()), texts.number(name)),
        None => (0, 0),
    };
    [
        texts.number(name),
        texts.of(version.as_ref()),
        texts.of(purl.as_ref()),
        ecosystem,
        package,
        texts.of(compared_version.as_ref()),
        kind,
        licence,
        texts.of(supplier.as_ref()),
        texts.of(digest.as_ref()),
        match reached {
            Reached::Not => 0,
            Reached::Directly => 1,
            Reached::Through(index) => index.saturating_add(THROUGH),
        },
        *beginning,
    ]
}

impl<'de> Deserialize<'de> for Sbom {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Read {
            source,
            claims,
            scan,
            has_graph,
            image,
            texts,
            rows,
            released,
            graph,
            mut components,
            mut parents,
            mut beginnings,
        } = Read::deserialize(deserializer)?;
        for row in &rows {
            let missing = || D::Error::custom("a component has a text that is not there");
            components.push(component(row, &texts).ok_or_else(missing)?);
            let [.., reached, beginning] = row;
            parents.push(match reached {
                0 => Reached::Not,
                1 => Reached::Directly,
                through => Reached::Through(through - THROUGH),
            });
            beginnings.push(*beginning);
        }
        for (index, time) in released {
            if let Some(component) = components.get_mut(index) {
                component.released = Some(time);
            }
        }
        let n = components.len();
        if parents.len() != n || beginnings.len() != n {
            return Err(D::Error::custom("a bill has not a way for each component"));
        }
        let graph = match graph {
            Some((counts, targets)) => {
                let graph = Graph::of_lists(n, &counts, targets);
                Some(graph.ok_or_else(|| D::Error::custom("the graph of a bill does not fit it"))?)
            }
            // Before the graph was kept, only one way to each component was; where no way has a second step there is none.
            None => {
                (!parents.iter().any(|it| matches!(it, Reached::Through(_)))).then(Graph::default)
            }
        };
        Ok(Self { source, claims, scan, components, has_graph, image, parents, beginnings, graph })
    }
}

/// A component; none when the row names a text that is not there.
fn component(row: &Row, texts: &[Text]) -> Option<Component> {
    let [name, version, purl, ecosystem, package, compared, kind, licence, supplier, digest, ..] =
        row;
    let text = |number: &u32| {
        let index = (*number as usize).checked_sub(1)?;
        texts.get(index).map(|text| Arc::clone(&text.0))
    };
    let maybe = |number: &u32| if *number == 0 { Some(None) } else { text(number).map(Some) };
    let package = match (ecosystem, package) {
        (0, _) => None,
        (ecosystem, name) => {
            Some(Package { ecosystem: Ecosystem::new(text(ecosystem)?), name: text(name)? })
        }
    };
    let licence = match *kind {
        EXPRESSION => Licence::Expression(text(licence)?),
        UNKNOWN => Licence::Unknown(text(licence)?),
        _ => Licence::None,
    };
    Some(Component {
        name: text(name)?,
        version: maybe(version)?,
        purl: maybe(purl)?,
        package,
        compared_version: maybe(compared)?,
        licence,
        supplier: maybe(supplier)?,
        released: None,
        digest: maybe(digest)?,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::digest::Digest;
    use crate::domain::sbom::SbomFormat;

    fn bill(components: Vec<Component>, direct: &[usize], edges: &[(u32, u32)]) -> Sbom {
        let source = SbomSource {
            file: "bom.json".to_owned(),
            digest: Digest::of(b""),
            format: SbomFormat::Cyclonedx,
            format_version: "1.6".to_owned(),
            subject: None,
            tools: vec!["syft".to_owned()],
            created: Some(Timestamp::from_millis(7)),
        };
        Sbom::new(source, components, direct, edges)
    }

    fn components() -> impl Strategy<Value = Vec<Component>> {
        let text = || "[a-c]{0,2}".prop_map(Arc::<str>::from);
        let maybe = || prop::option::of("[a-c\"é]{0,2}".prop_map(Arc::<str>::from));
        let package = prop::option::of((text(), text()))
            .prop_map(|it| it.map(|(eco, name)| Package { ecosystem: Ecosystem::new(eco), name }));
        let licence = prop_oneof![
            text().prop_map(Licence::Expression),
            text().prop_map(Licence::Unknown),
            Just(Licence::None)
        ];
        let released = prop::option::of((0_i64..9).prop_map(Timestamp::from_millis));
        let names = (text(), maybe(), maybe(), package, maybe());
        let one = (names, licence, maybe(), released, maybe()).prop_map(
            |(
                (name, version, purl, package, compared_version),
                licence,
                supplier,
                released,
                digest,
            )| {
                Component {
                    name,
                    version,
                    purl,
                    package,
                    compared_version,
                    licence,
                    supplier,
                    released,
                    digest,
                }
            },
        );
        prop::collection::vec(one, 0..12)
    }

    proptest! {
        #[test]
        fn a_bill_reads_back_as_it_was_kept(
            components in components(),
            direct in prop::collection::vec(0_usize..12, 0..3),
            edges in prop::collection::vec((0_u32..12, 0_u32..12), 0..20),
        ) {
            let kept = bill(components, &direct, &edges);
            let read: Sbom = serde_json::from_str(&serde_json::to_string(&kept).unwrap()).unwrap();
            prop_assert_eq!(&read.components, &kept.components);
            prop_assert_eq!(&read.source, &kept.source);
            let all = 0..kept.components.len();
            let (read_ways, kept_ways) = (read.ways_to(all.clone()), kept.ways_to(all.clone()));
            for index in all {
                prop_assert_eq!(read_ways.to(index), kept_ways.to(index));
                prop_assert_eq!(read.path_to(index), kept.path_to(index));
                prop_assert_eq!(read.is_direct(index), kept.is_direct(index));
                prop_assert_eq!(read.is_connected(index), kept.is_connected(index));
            }
        }
    }

    #[test]
    fn a_bill_that_layout_4_kept_is_read() {
        let kept = r#"{"source": {"file": "Cargo.lock", "digest": "DIGEST", "format": "cargo_lock", "format_version": "4",
            "subject": null, "tools": [], "created": null},
            "claims": {"authors": [], "serial": null, "subject_digests": [], "left_out": []}, "scan": null,
            "components": [{"name": "serde", "version": "1.0.1", "purl": null,
                "package": {"ecosystem": "crates.io", "name": "serde"}, "compared_version": "1.0.1",
                "licence": {"state": "none"}, "supplier": null, "released": null, "digest": null}],
            "has_graph": true, "image": null, "parents": ["Directly"], "beginnings": [0]}"#;
        let kept = kept.replace("DIGEST", &Digest::of(b"").to_string());
        let bill: Sbom = serde_json::from_str(&kept).unwrap();
        assert_eq!(bill.components[0].name.as_ref(), "serde");
        assert!(bill.is_direct(0));
    }

    #[test]
    fn of_a_bill_that_was_kept_without_its_graph_one_way_is_told() {
        let names =
            ["a", "b", "v"].map(|name| Component { name: Arc::from(name), ..Component::default() });
        let kept = bill(names.to_vec(), &[0, 1], &[(0, 2), (1, 2)]);
        let mut kept = serde_json::to_value(&kept).unwrap();
        assert_eq!(kept["graph"], serde_json::json!([[1, 1, 0], [2, 2]]));
        kept.as_object_mut().unwrap().remove("graph");
        let read: Sbom = serde_json::from_value(kept.clone()).unwrap();
        let all = read.ways_to([2]);
        let ways = all.to(2).unwrap();
        assert_eq!((ways.ways[0].steps.as_slice(), ways.n_ways), ([0, 2].as_slice(), None));
        kept["graph"] = serde_json::json!([[1, 1], [2, 2]]);
        assert!(serde_json::from_value::<Sbom>(kept).is_err());
    }

    #[test]
    fn a_row_that_names_what_is_not_there_is_an_error() {
        let component = Component { name: Arc::from("a"), ..Component::default() };
        let kept = serde_json::to_string(&bill(vec![component], &[], &[])).unwrap();
        assert!(kept.contains("[[1,0,0,0,0,0,0,0,0,0,0,0]]"), "{kept}");
        for wrong in ["[[2,0,0,0,0,0,0,0,0,0,0,0]]", "[[1,0,0,0,0,0,1,0,0,0,0,0]]"] {
            let wrong = kept.replace("[[1,0,0,0,0,0,0,0,0,0,0,0]]", wrong);
            assert!(serde_json::from_str::<Sbom>(&wrong).is_err());
        }
    }
}

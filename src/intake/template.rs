//! Helm templates: told apart from manifests, so that they are neither judged nor reported as broken.

use std::collections::BTreeMap;

use crate::document::Fault;
use crate::domain::artifact::Artifact;
use crate::domain::release::{Note, Release};

/// The charts among the artifacts: their folders, and how many templates each has.
#[derive(Debug, Default)]
pub(super) struct Charts {
    folders: BTreeMap<String, usize>,
}

impl Charts {
    pub(super) fn of(artifacts: &[Artifact]) -> Self {
        let mut charts = Self::default();
        for artifact in artifacts {
            if file_name(&artifact.path) == "Chart.yaml" {
                charts.folders.insert(folder(&artifact.path).to_owned(), 0);
            }
        }
        if charts.folders.is_empty() {
            return charts;
        }
        for artifact in artifacts {
            if charts.is_template(&artifact.path)
                && std::str::from_utf8(&artifact.content).is_ok_and(has_expression)
                && let Some(chart) = charts.chart_of(&artifact.path).map(str::to_owned)
                && artifact.origin != crate::domain::artifact::ArtifactOrigin::Named
            {
                *charts.folders.entry(chart).or_default() += 1;
            }
        }
        charts
    }

    /// Whether a path lies under the `templates` folder of one of the charts.
    pub(super) fn is_template(&self, path: &str) -> bool {
        !self.folders.is_empty() && self.chart_of(path).is_some()
    }

    /// The folder of the chart whose template a path is.
    pub(super) fn chart_of(&self, path: &str) -> Option<&str> {
        let mut here = folder(path);
        loop {
            if file_name(here) == "templates"
                && let Some((chart, _)) = self.folders.get_key_value(folder(here))
            {
                return Some(chart);
            }
            if here.is_empty() {
                return None;
            }
            here = folder(here);
        }
    }
}

/// Says of each chart that its templates were left alone.
pub(super) fn note_charts(charts: &Charts, release: &mut Release) {
    for (chart, n_templates) in &charts.folders {
        if *n_templates == 0 {
            continue;
        }
        let path = if chart.is_empty() { "." } else { chart };
        let plural = if *n_templates == 1 { "template" } else { "templates" };
        release.notes.push(Note {
            file: path.to_owned(),
            message: format!(
                "{n_templates} {plural} of this chart were not rendered, so they were left alone"
            ),
            help: Some(format!("check what it renders to: `{}`", command(Some(chart)))),
        });
    }
}

/// The command that renders a chart and checks the result.
pub(super) fn command(chart: Option<&str>) -> String {
    let chart = match chart {
        Some("") => ".",
        Some(chart) => chart,
        None => "CHART",
    };
    format!("helm template {chart} | goldgate check -")
}

/// Whether a text holds a template expression.
pub(super) fn has_expression(text: &str) -> bool {
    text.split_once("{{").is_some_and(|(_, rest)| rest.contains("}}"))
}

/// Whether a syntax fault is the template expression itself, and nothing else.
///
/// Kubernetes cannot read such a document either, so leaving it alone hides nothing. An expression in a comment or in
/// text explains no fault: it could be put there to have a broken document left alone.
pub(super) fn explains(fault: &Fault, text: &str) -> bool {
    let at = fault.span.start as usize;
    let (Some(before), Some(behind)) = (text.get(..at), text.get(at..)) else { return false };
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let line_end = at + behind.find('\n').unwrap_or(behind.len());
    let line = text.get(line_start..line_end).unwrap_or_default();
    let Some((lead, _)) = line.split_once("{{") else { return false };
    let begins_a_value = matches!(lead.trim_end().chars().next_back(), None | Some(':' | '-'));
    begins_a_value && !lead.contains(['#', '"', '\'']) && line_start + lead.len() <= at
}

/// The folder part of a path, without the last `/`.
pub(super) fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

fn file_name(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{DocumentLimits, yaml};

    fn explained(text: &str) -> Vec<bool> {
        yaml::read(text, &DocumentLimits::default())
            .into_iter()
            .filter_map(Result::err)
            .map(|fault| explains(&fault, text))
            .collect()
    }

    #[test]
    fn an_expression_that_cannot_be_yaml_explains_the_fault() {
        for text in [
            "name: {{ .Release.Name }}\n",
            "{{- if .Values.ingress }}\nkind: Ingress\n{{- end }}\n",
            "metadata:\n  labels:\n    {{- include \"x\" . | nindent 4 }}\n",
            "{{ include \"x\" . }}\n",
            "a:\n  - {{ .x }}\n",
        ] {
            assert_eq!(explained(text), [true], "{text}");
        }
    }

    #[test]
    fn an_expression_elsewhere_explains_nothing() {
        for text in
            ["a: 'x'#{{ }}\n", "# {{ x }}\na: b: c\n", "a: \"{{ x }}\": c\n", "a: b: c # {{ }}\n"]
        {
            assert_eq!(explained(text), [false], "{text}");
        }
    }
}

//! What policies about a plan see.

use std::sync::Arc;

use super::Inputs;
use crate::domain::policy::Scope;
use crate::domain::request::Request;
use crate::domain::value::Value;

impl Inputs<'_> {
    /// What a policy of the scope `plan` sees.
    pub(in crate::policy) fn of_plan(&self, index: usize) -> Option<Value> {
        Some(self.document(Scope::Plan, [("plan", self.stranger(index)?)]))
    }

    /// What a policy of a set of Terraform Cloud sees.
    ///
    /// Source: Terraform Cloud, "Define custom OPA policies"; what nobody tells a gate is empty.
    pub(in crate::policy) fn plan_and_run(&self, index: usize) -> Option<Value> {
        Some(record(vec![("plan", self.stranger(index)?), ("run", self.run.clone())]))
    }
}

/// What is known of the run that a plan belongs to.
pub(super) fn run(request: &Request, now: &str) -> Value {
    let text = |text: &str| Value::from(text);
    let none = || Value::array(Vec::new());
    let service = request.service.as_ref().map(ToString::to_string).unwrap_or_default();
    record(vec![
        ("id", text("")),
        ("created_at", text(now)),
        ("created_by", text(&request.trigger.actor)),
        ("message", text("")),
        ("commit_sha", text(&request.trigger.commit)),
        ("is_destroy", Value::Bool(false)),
        ("refresh", Value::Bool(true)),
        ("refresh_only", Value::Bool(false)),
        ("replace_addrs", none()),
        ("speculative", Value::Bool(request.options.dry_run)),
        ("target_addrs", none()),
        ("variables", record(Vec::new())),
        ("project", record(vec![("id", text("")), ("name", text(""))])),
        ("organization", record(vec![("name", text(""))])),
        (
            "workspace",
            record(vec![
                ("id", text("")),
                ("name", text(&service)),
                ("created_at", text("")),
                ("description", Value::Null),
                ("execution_mode", text("")),
                ("auto_apply", Value::Bool(false)),
                ("tags", none()),
                ("working_directory", text("")),
                ("vcs_repo", record(vec![("identifier", text(&request.trigger.repository))])),
            ]),
        ),
    ])
}

fn record(fields: Vec<(&str, Value)>) -> Value {
    Value::object(fields.into_iter().map(|(key, value)| (Arc::from(key), value)).collect())
}

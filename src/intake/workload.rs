//! Workloads: the common model made from the kinds of Kubernetes that run containers.

mod quantity;
mod security;

use super::fault;
use super::kubernetes::described;
use crate::domain::image::Image;
use crate::domain::release::InputFault;
use crate::domain::resource::{Resource, ResourceId};
use crate::domain::value::Value;
use crate::domain::workload::{Container, ContainerKind, ImageVolume, Workload};

/// The pointer of the pod's `spec`, when a resource is of a kind that runs containers.
///
/// A kind of the same name in another group is something else.
fn pod_path(id: &ResourceId) -> Option<&'static str> {
    match (id.group(), id.kind.as_str()) {
        ("apps" | "extensions", "Deployment" | "DaemonSet" | "ReplicaSet")
        | ("apps", "StatefulSet")
        | ("batch", "Job")
        | ("", "ReplicationController") => Some("/spec/template/spec"),
        ("batch", "CronJob") => Some("/spec/jobTemplate/spec/template/spec"),
        ("", "PodTemplate") => Some("/template/spec"),
        ("", "Pod") => Some("/spec"),
        _ => None,
    }
}

/// Adds the workload that a resource is, if it is one, and what is wrong with its shape.
pub(super) fn extract(
    index: usize,
    resource: &Resource,
    workloads: &mut Vec<Workload>,
    faults: &mut Vec<InputFault>,
) {
    let Some(pod_path) = pod_path(&resource.id) else { return };
    let mut shape = Shape { resource, faults };
    let document = &resource.document;
    let pod = shape.pod(pod_path);
    let pod_owner = pod_path.strip_suffix("/spec").unwrap_or(pod_path);
    let labels = |owner: &str, field: &str| {
        let metadata = document.pointer(owner).and_then(|owner| owner.get("metadata"));
        let written = metadata.and_then(|metadata| metadata.get(field));
        let labels = written.filter(|value| value.as_object().is_some());
        labels.cloned().unwrap_or_else(|| Value::object(Vec::new()))
    };
    let (mut containers, mut image_volumes) = (Vec::new(), Vec::new());
    if !matches!(pod, Value::Null) {
        image_volumes = shape.image_volumes(&pod, pod_path);
        shape.pod_fields(&pod, pod_path);
        for (field, kind) in [
            ("containers", ContainerKind::Container),
            ("initContainers", ContainerKind::Init),
            ("ephemeralContainers", ContainerKind::Ephemeral),
        ] {
            shape.containers(&pod, pod_path, field, kind, &mut containers);
        }
    }
    let of_spec =
        |field: &str| document.at(&["spec", field]).filter(|v| !matches!(v, Value::Null)).cloned();
    let is_pod = pod_path == "/spec";
    workloads.push(Workload {
        resource: index,
        pod_path: pod_path.to_owned(),
        labels: labels("", "labels"),
        annotations: labels("", "annotations"),
        pod_labels: labels(pod_owner, "labels"),
        pod_annotations: labels(pod_owner, "annotations"),
        replicas: if is_pod { None } else { of_spec("replicas") },
        selector: if is_pod { None } else { of_spec("selector") },
        pod,
        containers,
        image_volumes,
    });
}

/// Looks at the shape of a resource and reports what Kubernetes would not accept.
struct Shape<'r> {
    resource: &'r Resource,
    faults: &'r mut Vec<InputFault>,
}

impl Shape<'_> {
    fn wrong(&mut self, path: &str, message: impl Into<String>) {
        self.faults.push(fault::of_field(self.resource, path, message));
    }

    /// Reports that the field at `path` is not what it must be.
    fn wrong_type(&mut self, path: &str, expected: &str, found: &Value) {
        let field = path.rsplit('/').next().unwrap_or_default();
        let found = described(found);
        // What is of the right type as a whole is wrong inside.
        let message = if expected.starts_with(found) {
            format!("`{field}` must be {expected}")
        } else {
            format!("`{field}` must be {expected}, and this is {found}")
        };
        self.wrong(path, message);
    }

    /// The pod's `spec`; `Null` when it is not an object.
    fn pod(&mut self, pod_path: &str) -> Value {
        match self.resource.document.pointer(pod_path) {
            Some(pod @ Value::Object(_)) => return pod.clone(),
            Some(found) if !matches!(found, Value::Null) => {
                self.wrong_type(pod_path, "an object", found);
            }
            Some(_) | None => self.missing_pod(pod_path),
        }
        Value::Null
    }

    /// Says which step on the way to the pod is missing or is no object.
    fn missing_pod(&mut self, pod_path: &str) {
        let mut path = String::new();
        let mut here = &self.resource.document;
        for step in pod_path.split('/').skip(1) {
            path.push('/');
            path.push_str(step);
            here = match here.get(step) {
                Some(next @ Value::Object(_)) => next,
                Some(Value::Null) | None => break,
                Some(found) => {
                    self.wrong_type(&path, "an object", found);
                    return;
                }
            };
        }
        let kind = &self.resource.id.kind;
        let dotted = |path: &str| path.trim_start_matches('/').replace('/', ".");
        let message = format!(
            "`{}` is missing, so this {kind} says nothing of its containers (`{}`)",
            dotted(&path),
            dotted(pod_path)
        );
        self.wrong(&path, message);
    }

    /// Reports switches of the pod that are no booleans: a policy would read `"false"` as set.
    fn pod_fields(&mut self, pod: &Value, pod_path: &str) {
        for field in
            ["hostNetwork", "hostPID", "hostIPC", "hostUsers", "automountServiceAccountToken"]
        {
            match pod.get(field) {
                None | Some(Value::Null | Value::Bool(_)) => {}
                Some(found) => self.wrong_type(&format!("{pod_path}/{field}"), "a boolean", found),
            }
        }
        self.security_fields(pod.get("securityContext"), pod_path);
    }

    fn containers(
        &mut self,
        pod: &Value,
        pod_path: &str,
        field: &str,
        kind: ContainerKind,
        containers: &mut Vec<Container>,
    ) {
        let path = format!("{pod_path}/{field}");
        let items = match pod.get(field) {
            Some(Value::Array(items)) if items.is_empty() => None,
            Some(Value::Array(items)) => Some(items),
            None | Some(Value::Null) => None,
            Some(found) => {
                self.wrong_type(&path, "a list", found);
                return;
            }
        };
        let Some(items) = items else {
            if kind == ContainerKind::Container {
                self.wrong(&path, format!("`{field}` names no container, and a pod needs one"));
            }
            return;
        };
        for (index, item) in items.iter().enumerate() {
            let path = format!("{path}/{index}");
            if item.as_object().is_some() {
                containers.push(self.container(item, pod, path, kind));
            } else {
                self.wrong(
                    &path,
                    format!("a container must be an object, and this is {}", described(item)),
                );
            }
        }
    }

    fn container(
        &mut self,
        spec: &Value,
        pod: &Value,
        path: String,
        kind: ContainerKind,
    ) -> Container {
        let context = spec.get("securityContext");
        self.security_fields(context, &path);
        let is_sidecar = kind == ContainerKind::Init
            && spec.get("restartPolicy").and_then(Value::as_str) == Some("Always");
        Container {
            name: spec.get("name").and_then(Value::as_str).unwrap_or_default().to_owned(),
            kind: if is_sidecar { ContainerKind::Sidecar } else { kind },
            image: self.image(spec.get("image"), &path, "image"),
            requests: quantity::named(spec.at(&["resources", "requests"])),
            limits: quantity::named(spec.at(&["resources", "limits"])),
            security: security::effective(context, pod.get("securityContext")),
            spec: spec.clone(),
            path,
        }
    }

    /// The reference that stands in the `field` of what is at `owner`, when one does.
    fn image(&mut self, written: Option<&Value>, owner: &str, field: &str) -> Option<Image> {
        match written {
            Some(Value::String(reference)) if !reference.is_empty() => {
                Some(Image::parse(reference))
            }
            None | Some(Value::Null | Value::String(_)) => None,
            Some(found) => {
                self.wrong_type(&format!("{owner}/{field}"), "a string", found);
                None
            }
        }
    }

    /// The volumes that hold the files of an image.
    fn image_volumes(&mut self, pod: &Value, pod_path: &str) -> Vec<ImageVolume> {
        let volumes = pod.get("volumes").and_then(Value::as_array).unwrap_or_default();
        let mut found = Vec::new();
        for (index, volume) in volumes.iter().enumerate() {
            let Some(source) = volume.get("image").filter(|it| !matches!(it, Value::Null)) else {
                continue;
            };
            let path = format!("{pod_path}/volumes/{index}/image");
            if source.as_object().is_none() {
                self.wrong_type(&path, "an object", source);
                continue;
            }
            let name = volume.get("name").and_then(Value::as_str).unwrap_or_default();
            let image = self.image(source.get("reference"), &path, "reference");
            let path = format!("{path}/reference");
            found.push(ImageVolume { name: name.to_owned(), path, image });
        }
        found
    }

    /// Reports fields of the security context of what stands at `owner` that are of another type than Kubernetes takes.
    fn security_fields(&mut self, context: Option<&Value>, owner: &str) {
        match context {
            None | Some(Value::Null) => {}
            Some(context @ Value::Object(_)) => {
                for (field, expected, found) in security::wrong_fields(context) {
                    let path = format!("{owner}/securityContext/{field}");
                    self.wrong_type(&path, expected, found);
                }
            }
            Some(found) => {
                self.wrong_type(&format!("{owner}/securityContext"), "an object", found);
            }
        }
    }
}

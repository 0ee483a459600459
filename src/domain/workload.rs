//! The common model of something that runs containers. The fields and their meaning: docs/input.md.

use crate::domain::image::Image;
use crate::domain::value::Value;

/// Something that runs containers, whatever its kind. Values that are not written are `None` or absent.
#[derive(Clone, Debug)]
pub struct Workload {
    /// Index of its resource in the release.
    pub resource: usize,
    /// JSON pointer of the pod's `spec` in the resource.
    pub pod_path: String,
    /// Labels of the resource.
    pub labels: Value,
    /// Annotations of the resource.
    pub annotations: Value,
    /// Labels of the pods.
    pub pod_labels: Value,
    /// Annotations of the pods.
    pub pod_annotations: Value,
    /// `spec.replicas` as written.
    pub replicas: Option<Value>,
    /// `spec.selector` as written.
    pub selector: Option<Value>,
    /// The pod's `spec` as written; `Null` when there is none or it is not an object.
    pub pod: Value,
    /// Containers of every kind: containers, init, ephemeral.
    pub containers: Vec<Container>,
    /// Volumes that hold the files of an image.
    pub image_volumes: Vec<ImageVolume>,
}

/// A volume that holds the files of an image.
///
/// Source: Kubernetes core/v1, `ImageVolumeSource`.
#[derive(Clone, Debug)]
pub struct ImageVolume {
    /// Its name; empty when missing.
    pub name: String,
    /// JSON pointer of the reference in the resource.
    pub path: String,
    /// The image, when one is written.
    pub image: Option<Image>,
}

/// One container of a workload.
#[derive(Clone, Debug)]
pub struct Container {
    /// Its name; empty when missing.
    pub name: String,
    /// What role it plays.
    pub kind: ContainerKind,
    /// JSON pointer in the resource.
    pub path: String,
    /// The image, when one is written.
    pub image: Option<Image>,
    /// The container as written.
    pub spec: Value,
    /// Requested resources by name, in the order of their names.
    pub requests: Vec<(String, Quantity)>,
    /// Resource limits by name, in the order of their names.
    pub limits: Vec<(String, Quantity)>,
    /// The effective security context (docs/input.md): an object in `snake_case`, only what is set.
    pub security: Value,
}

/// The role of a container in its pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ContainerKind {
    /// An ordinary container.
    Container,
    /// Runs to its end before the others start.
    Init,
    /// An init container with `restartPolicy: Always`.
    Sidecar,
    /// Added to a running pod for debugging.
    Ephemeral,
}

impl ContainerKind {
    /// The word in the input document.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Container => "container",
            Self::Init => "init",
            Self::Sidecar => "sidecar",
            Self::Ephemeral => "ephemeral",
        }
    }
}

/// A resource quantity.
///
/// Source: Kubernetes API, `resource.Quantity`.
#[derive(Clone, Debug, PartialEq)]
pub struct Quantity {
    /// As written (a number is shown in decimal digits).
    pub written: String,
    /// In cores, bytes or pieces; `None` when it cannot be read.
    pub value: Option<f64>,
}

//! The input document, version 1, as docs/input.md and `input.schema.json` describe it.
//!
//! Each part is made once and shared by every policy that looks at it.

mod attested;
mod image;
mod plan;
mod sbom;

use std::cell::OnceCell;
use std::sync::Arc;

use super::gatekeeper;
use super::reads::Reads;
use crate::document::shared_key;
use crate::domain::clock::Timestamp;
use crate::domain::evidence::EvidenceSet;
use crate::domain::policy::Scope;
use crate::domain::release::Release;
use crate::domain::request::{Request, Stage};
use crate::domain::resource::Resource;
use crate::domain::service::Service;
use crate::domain::value::{Number, Value};
use crate::domain::workload::{Container, Quantity, Workload};

/// The version of the document.
const VERSION: i64 = 1;

/// The inputs of one release, each made when a policy first asks for it.
pub(super) struct Inputs<'r> {
    release: &'r Release,
    evidence: &'r EvidenceSet,
    common: Vec<(Arc<str>, Value)>,
    workloads: Vec<OnceCell<Value>>,
    origins: Vec<OnceCell<Value>>,
    images: Vec<OnceCell<Value>>,
    /// The run that a plan belongs to.
    run: Value,
    now: Timestamp,
    /// The parts of a bill that are shown.
    shown: Option<&'r Reads>,
}

impl<'r> Inputs<'r> {
    pub(super) fn new(
        request: &Request,
        release: &'r Release,
        evidence: &'r EvidenceSet,
        now: Timestamp,
    ) -> Self {
        let cells = |n: usize| (0..n).map(|_| OnceCell::new()).collect::<Vec<OnceCell<Value>>>();
        let mut common = Fields::default();
        common.set("version", Value::from(VERSION));
        common.set("environment", Value::from(request.environment.as_str()));
        common.set("stage", Value::from(request.stage.as_str()));
        common.set("now", Value::from(now.to_string()));
        common.set("trigger", trigger(request));
        common.set("service", service(release.service.as_ref()));
        Self {
            release,
            evidence,
            common: common.0,
            workloads: cells(release.workloads.len()),
            origins: cells(release.resources.len()),
            images: cells(release.images.len()),
            run: plan::run(request, &now.to_string()),
            now,
            shown: None,
        }
    }

    /// The same inputs, with those parts of a bill alone that somebody reads.
    pub(super) fn showing(self, reads: &'r Reads) -> Self {
        Self { shown: Some(reads), ..self }
    }

    /// What a policy of the scope `workload` sees. Ask once for each: the document is put together anew.
    pub(super) fn of_workload(&self, index: usize) -> Option<Value> {
        Some(self.document(Scope::Workload, [("workload", self.workload(index)?)]))
    }

    /// What a policy of the scope `resource` sees.
    pub(super) fn of_resource(&self, index: usize) -> Option<Value> {
        let parts = [("resource", self.resource(index)?), ("origin", self.origin(index)?)];
        Some(self.document(Scope::Resource, parts))
    }

    /// What a policy of the scope `image` sees.
    pub(super) fn of_image(&self, index: usize) -> Option<Value> {
        Some(self.document(Scope::Image, [("image", self.image(index)?)]))
    }

    /// What a policy of the scope `sbom` sees.
    pub(super) fn of_sbom(&self, index: usize) -> Option<Value> {
        let bill = self.release.sboms.get(index)?;
        let is_shown = |part: &str| self.shown.is_none_or(|reads| reads.has(part));
        let sbom = sbom::bill(index, bill, self.evidence, self.now, &is_shown);
        Some(self.document(Scope::Sbom, [("sbom", sbom)]))
    }

    /// What a policy of the scope `release` sees.
    pub(super) fn of_release(&self) -> Value {
        self.document(Scope::Release, self.release_parts())
    }

    fn release_parts(&self) -> [(&'static str, Value); 3] {
        let resources = (0..self.release.resources.len()).filter_map(|index| {
            Some(Value::object(vec![
                (shared_key("resource"), self.resource(index)?),
                (shared_key("origin"), self.origin(index)?),
            ]))
        });
        let workloads = (0..self.workloads.len()).filter_map(|index| self.workload(index));
        let images = (0..self.images.len()).filter_map(|index| self.image(index));
        [
            ("resources", Value::array(resources.collect())),
            ("workloads", Value::array(workloads.collect())),
            ("images", Value::array(images.collect())),
        ]
    }

    /// The resource as written, which is the whole input of a plain policy.
    pub(super) fn resource(&self, index: usize) -> Option<Value> {
        let resource = self.release.resources.get(index)?;
        Some(resource.document.clone())
    }

    /// A resource under review, with no parameters.
    pub(super) fn review(&self, index: usize, stage: Stage) -> Option<Value> {
        let written = self.release.resources.get(index)?;
        Some(gatekeeper::input_of(&written.document, stage))
    }

    /// A document that is no resource, as written.
    pub(super) fn stranger(&self, index: usize) -> Option<Value> {
        let written = self.release.documents.get(index)?;
        Some(written.document.clone())
    }

    /// Everything as written, each with its path. Source: Conftest, `--combine`.
    pub(super) fn combined(&self) -> Value {
        let part = |path: &str, contents: Value| {
            Value::object(vec![
                (shared_key("path"), Value::from(path)),
                (shared_key("contents"), contents),
            ])
        };
        let resources = self.release.resources.iter().enumerate();
        let resources =
            resources.filter_map(|(index, it)| Some(part(&it.file.path, self.resource(index)?)));
        let strangers = self.release.documents.iter().enumerate();
        let strangers =
            strangers.filter_map(|(index, it)| Some(part(&it.file.path, self.stranger(index)?)));
        Value::array(resources.chain(strangers).collect())
    }

    fn document<const N: usize>(&self, scope: Scope, parts: [(&str, Value); N]) -> Value {
        let mut entries = self.common.clone();
        entries.push((shared_key("scope"), Value::from(scope.as_str())));
        entries.extend(parts.map(|(key, value)| (shared_key(key), value)));
        Value::object(entries)
    }

    fn origin(&self, index: usize) -> Option<Value> {
        let resource = self.release.resources.get(index)?;
        let origin = || origin(resource, "");
        Some(self.origins.get(index)?.get_or_init(origin).clone())
    }

    fn workload(&self, index: usize) -> Option<Value> {
        let written = self.release.workloads.get(index)?;
        let resource = self.release.resources.get(written.resource)?;
        let make = || workload(written, resource);
        Some(self.workloads.get(index)?.get_or_init(make).clone())
    }

    fn image(&self, index: usize) -> Option<Value> {
        let used = self.release.images.get(index)?;
        let make = || {
            let facts = self.evidence.image(&used.image.reference);
            image::used(used, self.release, facts)
        };
        Some(self.images.get(index)?.get_or_init(make).clone())
    }
}

/// Fields of an object that is being made: what is not known is left out, never `null`.
#[derive(Default)]
struct Fields(Vec<(Arc<str>, Value)>);

impl Fields {
    fn set(&mut self, key: &str, value: Value) {
        self.0.push((shared_key(key), value));
    }

    fn set_if(&mut self, key: &str, value: Option<Value>) {
        if let Some(value) = value {
            self.set(key, value);
        }
    }

    fn into_value(self) -> Value {
        Value::object(self.0)
    }
}

fn trigger(request: &Request) -> Value {
    let trigger = &request.trigger;
    let parts = [
        ("actor", &trigger.actor),
        ("pipeline_url", &trigger.pipeline_url),
        ("commit", &trigger.commit),
        ("repository", &trigger.repository),
    ];
    let mut fields = Fields::default();
    for (key, text) in parts {
        fields.set_if(key, (!text.is_empty()).then(|| Value::from(text.as_str())));
    }
    fields.into_value()
}

fn service(service: Option<&Service>) -> Value {
    let mut fields = Fields::default();
    let Some(service) = service else {
        // Nobody named it; the fields are there so that a policy need not ask twice.
        for key in ["ref", "kind", "namespace", "name"] {
            fields.set(key, Value::from(""));
        }
        fields.set("source", Value::from("unknown"));
        return fields.into_value();
    };
    fields.set("ref", Value::from(service.reference.to_string()));
    fields.set("kind", Value::from(service.reference.kind.as_str()));
    fields.set("namespace", Value::from(service.reference.namespace.as_str()));
    fields.set("name", Value::from(service.reference.name.as_str()));
    fields.set("source", Value::from(service.source.as_str()));
    let facts = [
        ("owner", &service.owner),
        ("system", &service.system),
        ("tier", &service.tier),
        ("lifecycle", &service.lifecycle),
        ("repository", &service.repository),
    ];
    for (key, fact) in facts {
        fields.set_if(key, fact.as_deref().map(Value::from));
    }
    fields.into_value()
}

/// Where a value stands: its pointer in the resource, and its line in the file.
fn origin(resource: &Resource, path: &str) -> Value {
    let line = if path.is_empty() { resource.line() } else { resource.location(path).line };
    let mut fields = Fields::default();
    fields.set("path", Value::from(path));
    fields.set("file", Value::from(resource.file.path.as_str()));
    fields.set("line", Value::from(i64::from(line)));
    fields.into_value()
}

fn workload(workload: &Workload, resource: &Resource) -> Value {
    let pod = &workload.pod;
    let flag = |key: &str| Value::from(pod.get(key).and_then(Value::as_bool).unwrap_or(false));
    let written_flag = |key: &str| pod.get(key).filter(|flag| flag.as_bool().is_some()).cloned();
    let text = |value: Option<&Value>| value.filter(|text| text.as_str().is_some()).cloned();
    let account = text(pod.get("serviceAccountName")).or_else(|| text(pod.get("serviceAccount")));
    let mut fields = Fields::default();
    fields.set("api_version", Value::from(resource.id.api_version.as_str()));
    fields.set("kind", Value::from(resource.id.kind.as_str()));
    fields.set("name", Value::from(resource.id.name.as_str()));
    fields.set("namespace", Value::from(resource.id.namespace.as_str()));
    fields.set("labels", workload.labels.clone());
    fields.set("annotations", workload.annotations.clone());
    fields.set("pod_labels", workload.pod_labels.clone());
    fields.set("pod_annotations", workload.pod_annotations.clone());
    fields.set_if("replicas", workload.replicas.clone());
    fields.set_if("selector", workload.selector.clone());
    let containers = workload.containers.iter().map(|one| container(one, resource));
    fields.set("containers", Value::array(containers.collect()));
    fields.set("volumes", list(pod, "volumes"));
    fields.set_if("service_account", account);
    fields.set_if("automount_service_account_token", written_flag("automountServiceAccountToken"));
    fields.set("host_network", flag("hostNetwork"));
    fields.set("host_pid", flag("hostPID"));
    fields.set("host_ipc", flag("hostIPC"));
    fields.set_if("host_users", written_flag("hostUsers"));
    fields.set_if("os", text(pod.at(&["os", "name"])));
    fields.set("pod", pod.clone());
    fields.set("pod_path", Value::from(workload.pod_path.as_str()));
    fields.set("origin", origin(resource, ""));
    fields.into_value()
}

fn container(container: &Container, resource: &Resource) -> Value {
    let spec = &container.spec;
    let written = |key: &str| spec.get(key).filter(|value| **value != Value::Null).cloned();
    let mut fields = Fields::default();
    fields.set("name", Value::from(container.name.as_str()));
    fields.set("kind", Value::from(container.kind.as_str()));
    fields.set_if("image", container.image.as_ref().map(|it| image::written(it).into_value()));
    fields.set_if("command", written("command"));
    fields.set_if("args", written("args"));
    fields.set("ports", ports(spec));
    fields.set("env", list(spec, "env"));
    fields.set("env_from", list(spec, "envFrom"));
    fields.set(
        "resources",
        Value::object(vec![
            (Arc::from("requests"), quantities(&container.requests)),
            (Arc::from("limits"), quantities(&container.limits)),
        ]),
    );
    let mut probes = Fields::default();
    probes.set_if("liveness", written("livenessProbe"));
    probes.set_if("readiness", written("readinessProbe"));
    probes.set_if("startup", written("startupProbe"));
    fields.set("probes", probes.into_value());
    fields.set_if("lifecycle", written("lifecycle"));
    fields.set("volume_mounts", list(spec, "volumeMounts"));
    fields.set("security", container.security.clone());
    fields.set("spec", spec.clone());
    fields.set("origin", origin(resource, &container.path));
    fields.into_value()
}

fn ports(spec: &Value) -> Value {
    let names = [
        ("name", "name"),
        ("container_port", "containerPort"),
        ("host_port", "hostPort"),
        ("host_ip", "hostIP"),
        ("protocol", "protocol"),
    ];
    let port = |written: &Value| {
        let mut fields = Fields::default();
        for (ours, theirs) in names {
            fields.set_if(ours, written.get(theirs).filter(|it| **it != Value::Null).cloned());
        }
        fields.into_value()
    };
    let written = spec.get("ports").and_then(Value::as_array).unwrap_or_default();
    Value::array(written.iter().map(port).collect())
}

/// The list as written; what is no list is an empty one.
fn list(value: &Value, key: &str) -> Value {
    value
        .get(key)
        .filter(|list| list.as_array().is_some())
        .cloned()
        .unwrap_or_else(|| Value::array(Vec::new()))
}

fn quantities(quantities: &[(String, Quantity)]) -> Value {
    let quantity = |quantity: &Quantity| {
        let mut fields = Fields::default();
        fields.set("written", Value::from(quantity.written.as_str()));
        let value = quantity.value.and_then(Number::from_f64).map(Value::Number);
        fields.set_if("value", value);
        fields.into_value()
    };
    let entries = quantities.iter().map(|(name, it)| (Arc::from(name.as_str()), quantity(it)));
    Value::object(entries.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{DocumentLimits, yaml};

    use crate::domain::image::{Image, ImageParts};
    use crate::domain::place::SourceFile;
    use crate::domain::release::ImageUse;
    use crate::domain::resource::ResourceId;
    use crate::domain::service::ServiceSource;
    use crate::domain::workload::ContainerKind;

    const DEPLOYMENT: &str = "apiVersion: apps/v1
kind: Deployment
metadata: {name: checkout, namespace: shop}
spec:
  template:
    spec:
      serviceAccount: runner
      hostNetwork: true
      os: {name: linux}
      containers:
        - name: app
          image: nginx:1
          command: [run]
          ports: [{containerPort: 80, protocol: null}]
          env: [{name: A, value: b}]
          livenessProbe: {httpGet: {path: /}}
";

    fn release() -> Release {
        let mut documents = yaml::read(DEPLOYMENT, &DocumentLimits::default());
        let document = documents.pop().unwrap().unwrap();
        let pod = document.value.pointer("/spec/template/spec").unwrap().clone();
        let parts = ImageParts {
            registry: "docker.io".into(),
            repository: "library/nginx".into(),
            tag: Some("1".into()),
            digest: None,
        };
        let good = Image { reference: "nginx:1".into(), parts: Ok(parts) };
        let bad = Image { reference: "UPPER".into(), parts: Err("upper case".into()) };
        let quantity = Quantity { written: "250m".into(), value: Some(0.25) };
        let unreadable = Quantity { written: "much".into(), value: None };
        let app = Container {
            name: "app".into(),
            kind: ContainerKind::Container,
            path: "/spec/template/spec/containers/0".into(),
            image: Some(good.clone()),
            spec: pod.pointer("/containers/0").unwrap().clone(),
            requests: vec![("cpu".into(), quantity)],
            limits: vec![("memory".into(), unreadable)],
            security: Value::object(vec![("privileged".into(), Value::from(true))]),
        };
        let workload = Workload {
            resource: 0,
            pod_path: "/spec/template/spec".into(),
            labels: Value::object(Vec::new()),
            annotations: Value::object(Vec::new()),
            pod_labels: Value::object(Vec::new()),
            pod_annotations: Value::object(Vec::new()),
            replicas: Some(Value::from(2)),
            selector: None,
            pod,
            containers: vec![app],
            image_volumes: Vec::new(),
        };
        let id = ResourceId {
            api_version: "apps/v1".into(),
            kind: "Deployment".into(),
            namespace: "shop".into(),
            name: "checkout".into(),
        };
        let resource = Resource {
            id,
            document: document.value,
            file: Arc::new(SourceFile::new("deploy/app.yaml", DEPLOYMENT)),
            places: document.places,
            place: document.root,
            pointer: String::new(),
        };
        let mut service = Service::named("checkout".parse().unwrap(), ServiceSource::Flag);
        service.owner = Some("group:default/shop".into());
        Release {
            service: Some(service),
            resources: vec![resource],
            workloads: vec![workload],
            images: vec![
                ImageUse { used_by: vec![(0, 0)], ..ImageUse::named(good) },
                ImageUse::named(bad),
            ],
            ..Release::default()
        }
    }

    fn every_input(request: &Request, release: &Release, evidence: &EvidenceSet) -> Vec<Value> {
        let inputs =
            Inputs::new(request, release, evidence, Timestamp::from_millis(1_795_327_326_123));
        let mut all = vec![inputs.of_release()];
        all.extend((0..release.workloads.len()).filter_map(|index| inputs.of_workload(index)));
        all.extend((0..release.resources.len()).filter_map(|index| inputs.of_resource(index)));
        all.extend((0..release.images.len()).filter_map(|index| inputs.of_image(index)));
        all
    }

    #[test]
    fn inputs_are_as_the_schema_says() {
        let schema = serde_json::from_str(crate::policy::docs::INPUT_SCHEMA).unwrap();
        let validator = jsonschema::draft202012::new(&schema).unwrap();
        let mut request = Request::default();
        request.trigger.actor = "ci".into();
        let unseen = EvidenceSet::default();
        let mut all = every_input(&request, &release(), &unseen);
        all.extend(every_input(&Request::default(), &Release::default(), &unseen));
        assert_eq!(all.len(), 6);
        let seen =
            EvidenceSet { images: image::tests::every_fact("nginx:1"), ..EvidenceSet::default() };
        all.extend(every_input(&request, &release(), &seen));
        for input in all {
            let json = serde_json::to_value(&input).unwrap();
            let faults: Vec<String> = validator
                .iter_errors(&json)
                .map(|fault| format!("{}: {fault}", fault.instance_path()))
                .collect();
            assert!(faults.is_empty(), "{faults:#?}\n{json:#}");
        }
    }

    #[test]
    fn what_is_not_known_is_absent() {
        let (release, evidence) = (release(), EvidenceSet::default());
        let inputs =
            Inputs::new(&Request::default(), &release, &evidence, Timestamp::from_millis(0));
        let input = inputs.of_workload(0).unwrap();
        let at = |pointer: &str| input.pointer(pointer).map(ToString::to_string);
        assert_eq!(at("/trigger").as_deref(), Some("{}"));
        assert_eq!(at("/workload/selector"), None);
        assert_eq!(at("/workload/service_account").as_deref(), Some("\"runner\""));
        assert_eq!(at("/workload/host_network").as_deref(), Some("true"));
        assert_eq!(at("/workload/host_pid").as_deref(), Some("false"));
        assert_eq!(at("/workload/os").as_deref(), Some("\"linux\""));
        assert_eq!(at("/workload/origin/line").as_deref(), Some("1"));
        assert_eq!(at("/workload/containers/0/origin/line").as_deref(), Some("11"));
        assert_eq!(
            at("/workload/containers/0/ports/0").as_deref(),
            Some(r#"{"container_port":80}"#)
        );
        let requests = at("/workload/containers/0/resources/requests/cpu");
        assert_eq!(requests.as_deref(), Some(r#"{"value":0.25,"written":"250m"}"#));
        assert_eq!(at("/service/owner").as_deref(), Some("\"group:default/shop\""));
        assert_eq!(at("/service/tier"), None);
    }

    #[test]
    fn a_part_is_made_once_and_shared() {
        let (release, evidence) = (release(), EvidenceSet::default());
        let inputs =
            Inputs::new(&Request::default(), &release, &evidence, Timestamp::from_millis(0));
        let is_shared = |one: Option<Value>, other: Option<Value>| {
            let (Some(Value::Object(one)), Some(Value::Object(other))) = (one, other) else {
                return false;
            };
            Arc::ptr_eq(&one, &other)
        };
        assert!(is_shared(inputs.workload(0), inputs.workload(0)));
    }
}

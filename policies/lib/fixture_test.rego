# Inputs for the tests of the built-in policies: the input document around a pod, a container or a release.
package goldgate.lib.fixture_test

import data.goldgate.lib.pod

# A Deployment with this pod `spec`, as written.
deployment(spec) := about(workload("Deployment", "/spec/template/spec", spec))

cron_job(spec) := about(workload("CronJob", "/spec/jobTemplate/spec/template/spec", spec))

bare_pod(spec) := about(workload("Pod", "/spec", spec))

# A Deployment whose pod has these annotations.
annotated(annotations) := about(object.union(
	workload("Deployment", "/spec/template/spec", {}),
	{"pod_annotations": annotations},
))

# A Deployment of these containers, each given as the fields of the input document that matter.
containers(list) := running("Deployment", list)

running(kind, list) := about(object.union(
	workload(kind, "/spec/template/spec", {}),
	{"containers": [container |
		some index, fields in list
		container := object.union(modelled("container", sprintf("/spec/template/spec/containers/%d", [index]), {}), fields)
	]},
))

about(one) := object.union(common("workload"), {"workload": one})

about_resource(resource) := object.union(common("resource"), {"resource": resource, "origin": {"path": ""}})

# A release of these workloads, and of other resources.
release(workloads, resources) := object.union(common("release"), {
	"workloads": workloads,
	"resources": [{"resource": resource, "origin": {"path": ""}} | some resource in resources],
	"images": [],
})

common(scope) := {
	"version": 1,
	"scope": scope,
	"environment": "production",
	"stage": "deploy",
	"now": "2026-11-22T06:02:06Z",
	"trigger": {},
	"service": {
		"ref": "component:default/checkout",
		"kind": "component",
		"namespace": "default",
		"name": "checkout",
		"source": "catalog",
		"owner": "group:default/shop",
	},
}

workload(kind, pod_path, spec) := {
	"api_version": "apps/v1",
	"kind": kind,
	"name": "checkout",
	"namespace": "shop",
	"labels": {},
	"annotations": {},
	"pod_labels": {"app": "checkout"},
	"pod_annotations": {},
	"containers": array.concat(
		modelled_list(spec, "containers", "container", pod_path),
		array.concat(
			modelled_list(spec, "initContainers", "init", pod_path),
			modelled_list(spec, "ephemeralContainers", "ephemeral", pod_path),
		),
	),
	"volumes": [volume | some volume in pod.list(spec.volumes)],
	"pod": spec,
	"pod_path": pod_path,
	"origin": {"path": ""},
}

modelled_list(spec, field, kind, pod_path) := [modelled(kind, sprintf("%s/%s/%d", [pod_path, field, index]), written) |
	some index, written in pod.list(spec[field])
]

modelled(kind, path, written) := {
	"name": concat("", [name | name := written.name; is_string(name)]),
	"kind": kind,
	"env": [],
	"resources": {"requests": {}, "limits": {}},
	"probes": {},
	"security": {},
	"spec": written,
	"origin": {"path": path},
}

# Inputs made of manifests that hold the wrong type nearly everywhere. A rule must answer; what it answers is its business.
hostile := array.concat(hostile_pods, hostile_releases)

wrong_values := [null, true, 7, "text", [], [null], ["text"], {}, {"name": 7}, [{"name": {}}]]

hostile_pods := [deployment(spec) | some spec in array.concat(wrong_values, array.concat(wrong_fields, wrong_contexts))]

wrong_fields := [spec |
	some value in wrong_values
	spec := {
		"containers": value,
		"initContainers": value,
		"ephemeralContainers": value,
		"volumes": value,
		"securityContext": value,
		"hostNetwork": value,
		"hostUsers": value,
		"os": value,
	}
]

wrong_contexts := [spec |
	some value in wrong_values
	security := {
		"privileged": value,
		"capabilities": {"add": value, "drop": value},
		"procMount": value,
		"runAsUser": value,
		"runAsNonRoot": value,
		"seccompProfile": value,
		"appArmorProfile": value,
		"seLinuxOptions": value,
		"windowsOptions": value,
		"sysctls": value,
	}
	probe := {"httpGet": value, "tcpSocket": {"host": value}}
	container := {
		"name": value,
		"image": value,
		"ports": value,
		"env": value,
		"livenessProbe": probe,
		"lifecycle": {"preStop": value},
		"securityContext": security,
	}
	spec := {"containers": [container], "securityContext": security, "resources": value, "volumes": [value]}
]

hostile_releases := [input_document |
	some value in wrong_values
	input_document := object.union(
		release([workload("Deployment", "/spec/template/spec", value)], array.concat([value], wrong_resources(value))),
		{"resource": {"kind": "Ingress", "spec": {"rules": value, "tls": value}}},
	)
]

wrong_resources(value) := [resource |
	some kind in ["NetworkPolicy", "PodDisruptionBudget", "HorizontalPodAutoscaler"]
	some api_version in ["networking.k8s.io/v1", "policy/v1", "autoscaling/v2", value]
	some spec in [value, {"podSelector": value, "selector": value, "scaleTargetRef": value, "minReplicas": value}]
	resource := {"apiVersion": api_version, "kind": kind, "metadata": {"namespace": "shop"}, "spec": spec}
]

test_fixture_numbers_containers_of_each_kind if {
	made := deployment({"containers": [{}, {"name": "b"}], "initContainers": [{}]})
	paths := [container.origin.path | some container in made.workload.containers]
	paths == [
		"/spec/template/spec/containers/0",
		"/spec/template/spec/containers/1",
		"/spec/template/spec/initContainers/0",
	]
}

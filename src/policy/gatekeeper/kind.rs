//! Which of Kubernetes' own kinds belong to the cluster and not to a namespace.

/// Kinds of groups that Kubernetes itself has.
const CLUSTER_KINDS: [&str; 38] = [
    "APIService",
    "CSIDriver",
    "CSINode",
    "CertificateSigningRequest",
    "ClusterRole",
    "ClusterRoleBinding",
    "ClusterTrustBundle",
    "ComponentStatus",
    "CustomResourceDefinition",
    "DeviceClass",
    "DeviceTaintRule",
    "FlowSchema",
    "IPAddress",
    "IngressClass",
    "MutatingAdmissionPolicy",
    "MutatingAdmissionPolicyBinding",
    "MutatingWebhookConfiguration",
    "Namespace",
    "Node",
    "PersistentVolume",
    "PodSecurityPolicy",
    "PriorityClass",
    "PriorityLevelConfiguration",
    "ResourceSlice",
    "RuntimeClass",
    "SelfSubjectAccessReview",
    "SelfSubjectReview",
    "SelfSubjectRulesReview",
    "ServiceCIDR",
    "StorageClass",
    "StorageVersion",
    "StorageVersionMigration",
    "SubjectAccessReview",
    "TokenReview",
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
    "ValidatingWebhookConfiguration",
    "VolumeAttachment",
];

/// Whether objects of this kind belong to the cluster; `None` for kinds that Kubernetes does not have itself.
pub(super) fn is_of_cluster(group: &str, kind: &str) -> Option<bool> {
    let is_own = !group.contains('.') || group.ends_with(".k8s.io");
    let known = CLUSTER_KINDS.binary_search(&kind).is_ok() || kind == "VolumeAttributesClass";
    is_own.then_some(known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scope_of_own_kinds_is_known() {
        assert!(CLUSTER_KINDS.is_sorted());
        assert_eq!(is_of_cluster("", "Pod"), Some(false));
        assert_eq!(is_of_cluster("", "Namespace"), Some(true));
        assert_eq!(is_of_cluster("storage.k8s.io", "VolumeAttributesClass"), Some(true));
        assert_eq!(is_of_cluster("acme.example", "Namespace"), None);
    }
}

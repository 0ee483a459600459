//! Whatever is sent to the webhook is a review with an object or none, and the same each time.
#![no_main]

use goldgate::api::path_of;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|body: &[u8]| {
    let around = |before: &str| [before.as_bytes(), body, b"}}"].concat();
    for whole in [
        body.to_vec(),
        around(r#"{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"1","#),
        around(r#"{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"1","operation":"CREATE","object":"#),
    ] {
        let once = path_of(&whole);
        assert_eq!(once, path_of(&whole));
        assert!(once.is_none_or(|path| path.ends_with(".json")));
    }
});

//! Whatever a registry sends is read or refused, and the same each time: manifests, indexes, challenges, links.
#![no_main]

use goldgate::evidence::registry::read_answer;
use libfuzzer_sys::fuzz_target;

const HEADERS: [&str; 5] = [
    "",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
    "text/html",
];

fuzz_target!(|input: (u8, &[u8])| {
    let (choice, content) = input;
    let text = String::from_utf8_lossy(content);
    for header in [HEADERS[usize::from(choice) % HEADERS.len()], &text] {
        assert_eq!(read_answer(content, header), read_answer(content, header));
    }
    for header in [format!("Bearer {text}"), format!("</v2/{text}>; rel=\"next\"")] {
        let _ = read_answer(b"", &header);
    }
});

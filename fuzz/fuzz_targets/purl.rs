//! A text is a package URL or none, and the same each time; what is named as a range of one, too.
#![no_main]

use goldgate::intake::sbom::package_of;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    for whole in [text.to_owned(), format!("pkg:{text}"), format!("pkg:npm/{text}"), format!("pkg:deb/debian/{text}")] {
        let once = package_of(&whole);
        assert_eq!(once, package_of(&whole));
        if let Ok(Some(package)) = once {
            assert!(!package.name.is_empty());
        }
    }
});

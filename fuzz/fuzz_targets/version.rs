//! Any two texts are ordered or are not, in every ecosystem, and the other way round the other way.
#![no_main]

use goldgate::evidence::advisory::version::Order;
use libfuzzer_sys::fuzz_target;

const FAMILIES: [&str; 14] = [
    "crates.io", "Pub", "npm", "PyPI", "Maven", "NuGet", "RubyGems", "Packagist", "Debian", "opam", "Red Hat", "Alpine",
    "Hackage", "CRAN",
];

fuzz_target!(|versions: (&str, &str)| {
    let (left, right) = versions;
    for family in FAMILIES {
        let order = Order::of(family).expect("a known family");
        let forwards = order.compare(left, right);
        assert_eq!(forwards.map(std::cmp::Ordering::reverse), order.compare(right, left), "{family}");
    }
});

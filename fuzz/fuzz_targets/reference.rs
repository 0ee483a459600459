//! A text is an image reference or none; what was read shows itself, and is read again as the same.
#![no_main]

use goldgate::domain::image::Image;
use goldgate::domain::repository::Repository;
use goldgate::domain::service::{Environment, ServiceRef};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    assert_eq!(Image::parse(text), Image::parse(text));
    assert_eq!(Repository::parse(text), Repository::parse(text));
    if let Ok(service) = text.parse::<ServiceRef>() {
        assert_eq!(service.to_string().parse::<ServiceRef>().expect("own words"), service);
    }
    if let Ok(environment) = text.parse::<Environment>() {
        assert_eq!(environment.to_string().parse::<Environment>().expect("own words"), environment);
    }
});

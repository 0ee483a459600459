//! The words of the business. Every room speaks them; none of them knows a transport, a database or a clock of its own.

pub mod artifact;
pub mod clock;
pub mod code;
pub mod decision;
pub mod digest;
pub mod enforcement;
pub mod error;
pub mod evidence;
pub mod finding;
pub mod image;
pub mod place;
pub mod policy;
pub mod predicate;
pub mod release;
pub mod repository;
pub mod request;
pub mod resource;
pub mod scorecard;
pub mod secret;
pub mod service;
pub mod suggest;
pub mod trust;
pub mod value;
pub mod workload;

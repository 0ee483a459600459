//! Embeds the built-in bundle.

use std::error::Error;

#[path = "build/policies.rs"]
mod policies;

fn main() -> Result<(), Box<dyn Error>> {
    policies::embed()
}

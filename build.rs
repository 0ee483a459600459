//! Embeds the built-in bundle, and makes `goldgate.v1` of its `.proto` files without `protoc`.

use std::error::Error;

#[path = "build/policies.rs"]
mod policies;
#[path = "build/proto.rs"]
mod proto;

fn main() -> Result<(), Box<dyn Error>> {
    policies::embed()?;
    proto::compile()
}

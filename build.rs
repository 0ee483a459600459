//! Says which sources this is built of, embeds the built-in bundle, and makes `goldgate.v1` of its `.proto` files without `protoc`.

use std::error::Error;

#[path = "build/identity.rs"]
mod identity;
#[path = "build/policies.rs"]
mod policies;
#[path = "build/proto.rs"]
mod proto;

fn main() -> Result<(), Box<dyn Error>> {
    identity::tell()?;
    policies::embed()?;
    proto::compile()
}

//! Compiles `goldgate.v1`.

use std::error::Error;
use std::path::{Path, PathBuf};

use prost::Message as _;

/// Writes the types of `goldgate.v1`, and the descriptors that reflection serves.
pub(super) fn compile() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=proto/goldgate");
    let mut files = std::fs::read_dir("proto/goldgate/v1")?
        .map(|entry| Ok(Path::new("goldgate/v1").join(entry?.file_name())))
        .collect::<Result<Vec<PathBuf>, std::io::Error>>()?;
    files.sort();
    let descriptors = protox::compile(files, ["proto"])?;
    let out = std::env::var_os("OUT_DIR").ok_or("cargo sets no OUT_DIR")?;
    // `compile_fds` ignores `file_descriptor_set_path`, so the set that reflection serves is written here.
    std::fs::write(Path::new(&out).join("goldgate.v1.bin"), descriptors.encode_to_vec())?;
    tonic_prost_build::configure().btree_map(".").bytes(".").compile_fds(descriptors)?;
    Ok(())
}

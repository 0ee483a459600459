//! Lists the files of the built-in bundle for embedding: everything below `policies/` but the tests.

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

pub(crate) fn embed() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=policies");
    let mut files = Vec::new();
    collect(Path::new("policies"), &mut files)?;
    files.sort();
    let root = std::env::current_dir()?;
    let mut list = String::from("&[\n");
    for file in files {
        let inner = file.strip_prefix("policies")?.to_string_lossy().replace('\\', "/");
        let path = root.join(&file);
        writeln!(list, "    ({inner:?}, include_str!({:?})),", path.to_string_lossy())?;
    }
    list.push_str("]\n");
    let out = std::env::var_os("OUT_DIR").ok_or("cargo sets no OUT_DIR")?;
    std::fs::write(Path::new(&out).join("policies.rs"), list)?;
    Ok(())
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), Box<dyn Error>> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if !path.to_string_lossy().ends_with("_test.rego") {
            files.push(path);
        }
    }
    Ok(())
}

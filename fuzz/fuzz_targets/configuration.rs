//! Any `goldgate.yaml`, `images.yaml` or policy of an admission controller is read or refused, and every fault says something.
#![no_main]

use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use goldgate::config::{Flags, Sources, Variables, import_policies, read_images, resolve};
use goldgate::domain::clock::Timestamp;
use goldgate::domain::trust::{MirroredRoot, RootFault, TrustMaterial, TufMirror};
use goldgate::evidence::verify::key::PublicKey;
use goldgate::evidence::verify::public_good_root;
use libfuzzer_sys::fuzz_target;

/// Whom to trust, without a mirror.
#[derive(Debug)]
struct Offline;

impl TrustMaterial for Offline {
    fn key(&self, pem: &str) -> Result<Arc<[u8]>, String> {
        PublicKey::from_pem(pem).map(|key| Arc::clone(key.spki()))
    }

    fn public_good(&self) -> &'static str {
        public_good_root()
    }

    fn usable(&self, _json: &[u8], _now: Timestamp) -> Result<(), RootFault> {
        Ok(())
    }

    fn mirrored(&self, _mirror: &TufMirror, _now: Timestamp) -> Result<MirroredRoot, String> {
        Err("there is no network".to_owned())
    }
}

static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| {
    let folder = std::env::temp_dir().join(format!("goldgate-fuzz-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    folder
});

const HEADS: [&str; 4] = [
    "",
    "apiVersion: gate/v1\nkind: ImageVerification\n",
    "apiVersion: policy.sigstore.dev/v1beta1\nkind: ClusterImagePolicy\n",
    "apiVersion: kyverno.io/v1\nkind: ClusterPolicy\n",
];

fuzz_target!(|input: (u8, &str)| {
    let (choice, text) = input;
    let text = format!("{}{text}", HEADS[usize::from(choice) % HEADS.len()]);
    let path = FOLDER.join("file.yaml");
    std::fs::write(&path, &text).expect("written");
    let mut flags = Flags::default();
    flags.config = Some(path.clone());
    let variables = Variables::default();
    let sources = Sources { flags: &flags, variables: &variables, folder: &FOLDER };
    let faults = [
        resolve(sources).err(),
        read_images(&path, Path::new("images.yaml"), &Offline, Timestamp::from_millis(0)).err(),
        import_policies([(Path::new("policy.yaml"), text)]).err(),
    ];
    assert!(faults.iter().flatten().all(|faults| !faults.is_empty()));
    assert!(faults.iter().flatten().flatten().all(|fault| !fault.message.is_empty()));
});

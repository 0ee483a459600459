use super::*;

struct Folder(tempfile::TempDir);

impl Folder {
    /// A repository with this `goldgate.yaml`.
    fn with(text: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join(".git")).unwrap();
        std::fs::create_dir_all(folder.path().join("a/b")).unwrap();
        std::fs::write(folder.path().join(FILE_NAME), text).unwrap();
        Self(folder)
    }

    fn resolve(
        &self,
        variables: &[(&str, &str)],
        flags: &Flags,
    ) -> Result<Config, Vec<ConfigFault>> {
        let pairs = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let variables = Variables::from_pairs(pairs);
        resolve(Sources { flags, variables: &variables, folder: self.0.path() })
    }

    /// Every fault as `place: message (help)`.
    fn faults(&self, variables: &[(&str, &str)], flags: &Flags) -> Vec<String> {
        let faults = self.resolve(variables, flags).unwrap_err();
        let shown = |fault: &ConfigFault| {
            format!(
                "{}: {} ({})",
                fault.origin,
                fault.message,
                fault.help.as_deref().unwrap_or("-")
            )
        };
        faults.iter().map(shown).collect()
    }
}

#[test]
fn a_flag_wins_over_a_variable_over_the_file_over_the_default() {
    let folder = Folder::with("environment: from-file\nfailOn: warn\ndata: record\n");
    let file = folder.resolve(&[], &Flags::default()).unwrap();
    assert_eq!(file.environment.value.as_str(), "from-file");
    assert_eq!(file.environment.origin.to_string(), "goldgate.yaml:1:14");
    assert_eq!(file.fail_on.value, FailOn::Warn);
    assert_eq!(file.color.origin, Origin::Default);

    let variables = [("GOLDGATE_ENVIRONMENT", "from-variable"), ("GOLDGATE_FAIL_ON", "")];
    let variable = folder.resolve(&variables, &Flags::default()).unwrap();
    assert_eq!(variable.environment.value.as_str(), "from-variable");
    assert_eq!(variable.environment.origin, Origin::Variable("GOLDGATE_ENVIRONMENT"));
    assert_eq!(variable.fail_on.value, FailOn::Warn, "an empty variable is not set");

    let mut flags = Flags::default();
    flags.set(&keys::ENVIRONMENT, Some("from-flag"));
    let flag = folder.resolve(&variables, &flags).unwrap();
    assert_eq!(flag.environment.value.as_str(), "from-flag");
    assert_eq!(flag.environment.origin, Origin::Flag("--environment"));
}

#[test]
fn every_fault_of_every_source_is_told_at_once_with_its_place() {
    let folder = Folder::with(
        "enviroment: staging\nfail-on: deny\nfailOn: 7\nlimits:\n  maxFiles: 0\n  maxDept: 3\nserve: yes please\nbundle: [1]\ncolor: sometimes\n",
    );
    let mut flags = Flags::default();
    flags.set(&keys::SERVICE, Some("a b"));
    let faults = folder.faults(&[("GOLDGATE_NO_BUILTIN", "perhaps")], &flags);
    expect_test::expect![[r#"
        goldgate.yaml:1:1: unknown key `enviroment` (did you mean `environment`?)
        goldgate.yaml:2:1: unknown key `fail-on` (did you mean `failOn`?)
        goldgate.yaml:3:9: `failOn` is a text, found `7` (write e.g. `failOn: deny`)
        goldgate.yaml:5:13: `limits.maxFiles` is a whole number from 1, found `0` (write e.g. `maxFiles: 100`)
        goldgate.yaml:6:3: unknown key `maxDept` in `limits` (did you mean `maxDepth`?)
        goldgate.yaml:7:8: `serve` is a section, found the text `yes please` (write keys below it, e.g. `listen`, `admissionListen`, `tlsCert`, `tlsKey`, `tlsClientCa`, `admissionEnvironment`, `logFormat`, `maxInFlight`, `maxMessageBytes`, `maxBufferedBytes`, `maxWatchers`, `batchConcurrency`, `maxConnections`, `deadlineMs`, `graceMs`, `hostNames`)
        goldgate.yaml:8:9: `bundle` is a list of paths, found a list (write e.g. `bundle: [policies]`)
        goldgate.yaml:9:8: `sometimes` is not a choice of colour (write one of `auto`, `always`, `never`)
        GOLDGATE_NO_BUILTIN: `perhaps` is neither yes nor no (write `true` or `false`)
        --service: `a b` is not a service (write `name`, `namespace/name` or `kind:namespace/name`, e.g. `component:default/checkout`)"#]].assert_eq(&faults.join("\n"));
}

#[test]
fn a_value_that_is_overridden_must_be_right_as_well() {
    let folder = Folder::with("environment: Production\n");
    let mut flags = Flags::default();
    flags.set(&keys::ENVIRONMENT, Some("staging"));
    assert_eq!(folder.faults(&[], &flags).len(), 1);
}

#[test]
fn what_is_no_yaml_is_a_fault_with_a_place() {
    for text in ["environment: [\n", "a: 1\na: 2\n", "- a\n", "just text\n", "a: 1\n---\nb: 2\n"] {
        let faults = Folder::with(text).faults(&[], &Flags::default());
        assert!(
            faults.iter().all(|fault| fault.starts_with("goldgate.yaml:")),
            "{text}: {faults:?}"
        );
    }
    assert!(Folder::with("# nothing\n").resolve(&[], &Flags::default()).is_ok());
}

#[test]
fn paths_of_the_file_are_relative_to_the_file() {
    let folder = Folder::with(
        "bundle: [policies, oci://registry.example/bundle, /absolute]\ndata: record\n",
    );
    let config = folder.resolve(&[], &Flags::default()).unwrap();
    let bundles = ["policies", "oci://registry.example/bundle", "/absolute"];
    assert_eq!(config.bundles.value, bundles.map(PathBuf::from));
    assert_eq!(config.data.value, Some("record".into()));

    let root = folder.0.path();
    let (flags, variables) = (Flags::default(), Variables::default());
    let below =
        resolve(Sources { flags: &flags, variables: &variables, folder: &root.join("a/b") });
    assert_eq!(below.unwrap().data.value, Some(root.join("record")));
}

#[test]
fn the_file_is_found_above_but_not_beyond_the_repository() {
    let folder = Folder::with("environment: staging\n");
    let root = folder.0.path();
    assert_eq!(find_file(&root.join("a/b")), Some(root.join(FILE_NAME)));
    std::fs::create_dir_all(root.join("a/.git")).unwrap();
    assert_eq!(find_file(&root.join("a/b")), None);
    std::fs::remove_dir_all(root.join(".git")).unwrap();
    std::fs::remove_dir_all(root.join("a/.git")).unwrap();
    assert_eq!(find_file(&root.join("a/b")), None, "outside a repository only the folder itself");
    assert_eq!(find_file(root), Some(root.join(FILE_NAME)));
}

#[test]
fn a_named_file_must_exist() {
    let folder = Folder::with("");
    let mut flags = Flags::default();
    flags.config = Some("nowhere.yaml".into());
    let faults = folder.faults(&[], &flags);
    assert!(faults[0].starts_with("--config: there is no file `nowhere.yaml`"), "{faults:?}");
}

#[test]
fn every_key_is_shown_once_and_in_order() {
    let config = Folder::with("").resolve(&[], &Flags::default()).unwrap();
    let mut shown: Vec<&str> = config.shown.iter().map(|setting| setting.name).collect();
    let mut known: Vec<&str> = KEYS.iter().map(|key| key.name).collect();
    shown.sort_unstable();
    known.sort_unstable();
    assert_eq!(shown, known);
}

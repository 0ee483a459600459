//! Addresses of source repositories: one spelling for the many that tools write.

/// A repository and what was named of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Repository {
    /// `https://host/path`, without user, `.git` and trailing slash; in lower case where the host does not tell cases
    /// apart.
    pub address: String,
    /// What stands behind `@`: `refs/tags/v1.2.3`, a branch, a commit.
    pub reference: Option<String>,
}

/// Hosts whose paths mean the same in upper and lower case.
const CASELESS_HOSTS: [&str; 3] = ["github.com", "gitlab.com", "bitbucket.org"];

impl Repository {
    /// Reads `git+https://host/path@ref`, `https://host/path.git`, `ssh://git@host/path` and `git@host:path`.
    ///
    /// `None` when it is no address of a repository.
    ///
    /// Source: SPDX 2.3, section 7.7 (package download location), whose form the provenance formats take.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let text = text.strip_prefix("git+").unwrap_or(text);
        let (host, path) = match text.split_once("://") {
            Some(("https" | "http" | "ssh" | "git", rest)) => rest.split_once('/')?,
            Some(_) => return None,
            // As `git clone` writes it: the colon stands where the port would.
            None => text.strip_prefix("git@")?.split_once(':')?,
        };
        let host = host.rsplit('@').next().unwrap_or(host).to_ascii_lowercase();
        let path = path.split(['?', '#']).next().unwrap_or(path);
        let (path, reference) = match path.split_once('@') {
            Some((path, reference)) => (path, Some(reference)),
            None => (path, None),
        };
        let path = path.trim_matches('/');
        let path = path.strip_suffix(".git").unwrap_or(path);
        let odd = |char: char| char.is_whitespace() || char.is_control() || char == '%';
        let climbs = path.split('/').any(|step| matches!(step, "" | "." | ".."));
        if host.is_empty() || climbs || host.contains(odd) || path.contains(odd) {
            return None;
        }
        let path = if CASELESS_HOSTS.contains(&host.as_str()) {
            path.to_ascii_lowercase()
        } else {
            path.to_owned()
        };
        let reference = reference.filter(|reference| !reference.is_empty()).map(str::to_owned);
        Some(Self { address: format!("https://{host}/{path}"), reference })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_a_repository_is_one_address() {
        for text in [
            "https://github.com/acme/app",
            "https://github.com/Acme/App/",
            "git+https://github.com/acme/app.git",
            "git+https://github.com/acme/app@refs/tags/v1.2.3",
            "git+ssh://git@github.com/acme/app.git",
            "git@github.com:acme/app.git",
            "https://token@github.com/acme/app?x=1#frag",
        ] {
            let found = Repository::parse(text).map(|found| found.address);
            assert_eq!(found.as_deref(), Some("https://github.com/acme/app"), "{text}");
        }
        let tagged = Repository::parse("git+https://github.com/acme/app@refs/tags/v1.2.3");
        assert_eq!(tagged.unwrap().reference.as_deref(), Some("refs/tags/v1.2.3"));
    }

    #[test]
    fn a_host_that_tells_cases_apart_keeps_them() {
        let found = Repository::parse("https://Git.acme.example/Team/App").unwrap();
        assert_eq!(found.address, "https://git.acme.example/Team/App");
    }

    #[test]
    fn what_is_no_repository_is_none() {
        for text in [
            "",
            "acme/app",
            "https://github.com",
            "https://github.com/",
            "https:///acme/app",
            "https://github.com/acme/../app",
            "https://github.com/acme//app",
            "https://github.com/ac me/app",
            "https://github.com/acme%2fapp",
            "file:///etc/passwd",
            "pkg:oci/app",
        ] {
            assert_eq!(Repository::parse(text), None, "{text}");
        }
    }
}

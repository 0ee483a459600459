//! The enumerations: each word of the domain and its number in `goldgate.v1`.
//!
//! A new word breaks the build here, on both sides, and nowhere else.

use crate::domain::artifact::ArtifactOrigin;
use crate::domain::code::Severity;
use crate::domain::decision::Verdict;
use crate::domain::finding::{Enforcement, FindingState};
use crate::domain::image::ImageVerification;
use crate::domain::policy::{Dialect, Scope};
use crate::domain::request::Stage;
use crate::domain::scorecard::Standing;
use crate::proto;

macro_rules! number_of {
    ($name:ident: $domain:ident => $proto:ident { $($word:ident)+ }) => {
        pub(crate) fn $name(word: $domain) -> i32 {
            match word { $($domain::$word => proto::$proto::$word.into(),)+ }
        }
    };
}

/// `Ok(None)` for "unspecified", the number itself for one that this version does not know.
macro_rules! word_of {
    ($name:ident: $proto:ident => $domain:ident { $($word:ident)+ }) => {
        pub(super) fn $name(number: i32) -> Result<Option<$domain>, i32> {
            match proto::$proto::try_from(number).or(Err(number))? {
                proto::$proto::Unspecified => Ok(None),
                $(proto::$proto::$word => Ok(Some($domain::$word)),)+
            }
        }
    };
}

number_of!(verdict: Verdict => Verdict { Allow Deny });
word_of!(read_verdict: Verdict => Verdict { Allow Deny });

number_of!(stage: Stage => Stage { Build Deploy Admission Plan Audit Watch });
word_of!(read_stage: Stage => Stage { Build Deploy Admission Plan Audit Watch });

number_of!(severity: Severity => Severity { Low Medium High Critical });
word_of!(read_severity: Severity => Severity { Low Medium High Critical });

number_of!(enforcement: Enforcement => Enforcement { Off Audit Warn Deny });
word_of!(read_enforcement: Enforcement => Enforcement { Off Audit Warn Deny });

number_of!(state: FindingState => FindingState { Open Waived Accepted });
word_of!(read_state: FindingState => FindingState { Open Waived Accepted });

number_of!(verification: ImageVerification => ImageVerification { NotLookedAt Invalid Verified Unverified Error Skipped });
word_of!(read_verification: ImageVerification => ImageVerification { NotLookedAt Invalid Verified Unverified Error Skipped });

number_of!(origin: ArtifactOrigin => ArtifactOrigin { Named Found Unreadable });
word_of!(read_origin: ArtifactOrigin => ArtifactOrigin { Named Found Unreadable });

number_of!(standing: Standing => Standing { Passed Waived Failed NotApplicable });
number_of!(scope: Scope => PolicyScope { Workload Resource Image Sbom Plan Release });
number_of!(dialect: Dialect => PolicyDialect { Goldgate Conftest Gatekeeper Opa });

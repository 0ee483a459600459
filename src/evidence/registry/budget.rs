//! What may still be spent on one image.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::time::Instant;

use super::fault::fault;
use crate::domain::evidence::LookFault;
use crate::domain::evidence::code::LookCode;
use crate::domain::trust::TrustLimits;

/// The time and the bytes that are left for one image.
#[derive(Debug)]
pub(super) struct Budget {
    pub(super) deadline: Instant,
    pub(super) per_request: Duration,
    per_image: Duration,
    total_bytes: usize,
    spent_bytes: AtomicUsize,
}

impl Budget {
    pub(super) fn of(limits: &TrustLimits) -> Self {
        Self {
            deadline: Instant::now() + limits.per_image_timeout,
            per_request: limits.per_request_timeout,
            per_image: limits.per_image_timeout,
            total_bytes: limits.total_bytes_per_image,
            spent_bytes: AtomicUsize::new(0),
        }
    }

    /// Spends `n_bytes`.
    ///
    /// # Errors
    /// `LIMIT_BYTES` when there are not as many left.
    pub(super) fn spend(&self, n_bytes: usize, stage: &str) -> Result<(), LookFault> {
        let spent = self.spent_bytes.fetch_add(n_bytes, Ordering::Relaxed).saturating_add(n_bytes);
        if spent <= self.total_bytes {
            return Ok(());
        }
        Err(fault(
            LookCode::LimitBytes,
            stage,
            format!(
                "everything that hangs on the image is larger than {} bytes; remove what is not needed, or raise `limits.totalBytesPerImage`",
                self.total_bytes
            ),
        ))
    }

    /// When an answer to a request that begins now must be there, and what it means when it is not.
    pub(super) fn until(&self, stage: &str, host: &str) -> (Instant, LookFault) {
        let by_request = Instant::now() + self.per_request;
        if by_request < self.deadline {
            let message = format!(
                "`{host}` did not answer within {:?}; try again, or raise `limits.perRequestTimeout`",
                self.per_request
            );
            return (by_request, fault(LookCode::RegistryTimeout, stage, message));
        }
        (self.deadline, self.out_of_time(stage))
    }

    /// The time for the image is used up.
    pub(super) fn out_of_time(&self, stage: &str) -> LookFault {
        let message = format!(
            "looking at the image took longer than {:?}; try again, or raise `limits.perImageTimeout`",
            self.per_image
        );
        fault(LookCode::LimitTime, stage, message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_last_byte_is_allowed_and_one_more_is_not() {
        let limits = TrustLimits { total_bytes_per_image: 10, ..TrustLimits::default() };
        let budget = Budget::of(&limits);
        assert_eq!(budget.spend(4, "blob"), Ok(()));
        assert_eq!(budget.spend(6, "blob"), Ok(()));
        assert_eq!(budget.spend(1, "blob").unwrap_err().code, LookCode::LimitBytes);
    }

    #[tokio::test(start_paused = true)]
    async fn the_nearer_of_both_deadlines_counts() {
        let budget = Budget::of(&TrustLimits::default());
        assert_eq!(budget.until("blob", "r").1.code, LookCode::RegistryTimeout);
        tokio::time::advance(Duration::from_secs(6)).await;
        assert_eq!(budget.until("blob", "r").1.code, LookCode::LimitTime);
    }
}

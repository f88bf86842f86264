// SPDX-License-Identifier: MIT

//! The loop's clock.

use std::ops::{Add, Sub};
use std::time::Duration;

/// A moment of the loop's clock: nanoseconds of `CLOCK_MONOTONIC`.
///
/// Adding saturates, and the difference to a later moment is zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(i64);

impl Time {
    /// The moment now, read from the system.
    #[must_use]
    pub fn now() -> Time {
        let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        // SAFETY: `now` is a timespec to write to. The clock exists everywhere libloop does, so the
        // call cannot fail.
        unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut now) };
        Time(now.tv_sec * 1_000_000_000 + now.tv_nsec)
    }

    /// The moment with this number of nanoseconds.
    #[must_use]
    pub const fn from_nanos(nanos: i64) -> Time {
        Time(nanos)
    }

    /// Nanoseconds of `CLOCK_MONOTONIC`.
    #[must_use]
    pub const fn as_nanos(self) -> i64 {
        self.0
    }
}

impl Add<Duration> for Time {
    type Output = Time;

    fn add(self, delay: Duration) -> Time {
        Time(self.0.saturating_add(nanos(delay)))
    }
}

impl Sub for Time {
    type Output = Duration;

    fn sub(self, earlier: Time) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0).max(0).unsigned_abs())
    }
}

/// A duration as the C interface wants it; beyond 292 years it is 292 years.
pub(crate) fn nanos(duration: Duration) -> i64 {
    i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX)
}

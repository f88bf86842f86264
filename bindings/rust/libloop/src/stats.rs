// SPDX-License-Identifier: MIT

//! What a loop has done, and what its jobs waited for.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::ffi::CStr;
use std::time::Duration;

use libloop_sys as sys;

use crate::{Error, Lane, Loop, fork};

/// A loop as a whole, counted since it was made or since the last [`Loop::reset_stats`].
#[non_exhaustive]
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// How long has been counted.
    pub elapsed: Duration,
    /// Passes begun.
    pub passes: u64,
    /// Turns begun.
    pub turns: u64,
    /// Steps of the engine: one for each turn, at most one more for each sleep, and one for each submission outside of a turn.
    pub steps: u64,
    /// Events delivered: not immediates, ticks and microtasks. A burst of posts is one event.
    pub events: u64,
    /// Ops taken by the library, labels and control ops among them.
    pub ops: u64,
    /// Ops refused.
    pub ops_refused: u64,
    /// Posts delivered.
    pub posts: u64,
    /// Now: posts that wait.
    pub posts_waiting: u64,
    /// Now: as [`Loop::alive`].
    pub alive: u64,
    /// Now: live ids.
    pub ids: u64,
    /// The most at once.
    pub ids_peak: u64,
    /// Now: timers and deadlines that are to come.
    pub timers: u64,
    /// The most at once.
    pub timers_peak: u64,
    /// Now: bytes that C code retains.
    pub retained: u64,
    /// The most at once.
    pub retained_peak: u64,
    /// The jobs of each label, and the library's own tasks on the pool. There are at most 1,024;
    /// what comes with further labels is counted as "(others)".
    pub labels: BTreeMap<String, LabelStats>,
    lanes: [LaneStats; LANES.len()],
}

const LANES: [Lane; 3] = [Lane::Host, Lane::File, Lane::Cpu];

impl Stats {
    /// How a lane of the pool is now.
    #[must_use]
    pub fn lane(&self, lane: Lane) -> &LaneStats {
        match lane {
            Lane::Host => &self.lanes[0],
            Lane::File => &self.lanes[1],
            Lane::Cpu => &self.lanes[2],
        }
    }
}

/// A lane of the pool.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LaneStats {
    /// Threads that there are.
    pub workers: u32,
    /// How many there may be: [`Loop::set_workers`].
    pub workers_max: u32,
    /// How many jobs may wait: [`Loop::set_queue_limit`]. 0: no limit.
    pub queue_limit: u32,
    /// Jobs that no worker has taken.
    pub waiting: u64,
    /// Jobs that a worker has taken and not given back.
    pub running: u64,
    /// The most that waited at once.
    pub waiting_peak: u64,
}

/// The jobs of one label.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LabelStats {
    /// Jobs accepted.
    pub queued: u64,
    /// Of those: a worker (or the loop itself: `at_once`) has begun.
    pub started: u64,
    /// Of those: the loop has their result.
    pub finished: u64,
    /// Of those: the result is an error.
    pub failed: u64,
    /// Ended before they began.
    pub canceled: u64,
    /// Never queued: the lane was full, there was no memory, or the system lacks what is asked.
    pub rejected: u64,
    /// Finished by the loop's thread itself, without a worker.
    pub at_once: u64,
    /// Now: not begun.
    pub waiting: u64,
    /// Now: begun, the loop does not have the result yet.
    pub running: u64,
    /// In the queue, of the jobs that finished.
    pub wait: Times,
    /// At work, of the jobs that finished.
    pub run: Times,
}

/// How long jobs took. A percentile is at most 6.25 % away from that of the exact times; `max` and
/// `sum` are exact.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Times {
    /// All of them together.
    pub sum: Duration,
    /// Half of the jobs took no longer.
    pub p50: Duration,
    /// Nine of ten jobs took no longer.
    pub p90: Duration,
    /// 99 of a hundred jobs took no longer.
    pub p99: Duration,
    /// The longest.
    pub max: Duration,
}

fn duration(ns: i64) -> Duration {
    Duration::from_nanos(ns.max(0).unsigned_abs())
}

/// Closures come in bursts that the library counts as one post: see [`crate::remote`].
#[derive(Default)]
pub(crate) struct PostCounts {
    /// Bursts that the library has delivered.
    pub(crate) bursts: Cell<u64>,
    /// Closures delivered.
    pub(crate) closures: Cell<u64>,
}

pub(crate) fn add_one(count: &Cell<u64>) {
    count.set(count.get() + 1);
}

/// A record of the library that begins with its size.
macro_rules! sized {
    ($record:ident) => {
        sys::$record { size: size_of::<sys::$record>() as u32, ..Default::default() }
    };
}

impl Loop {
    /// What the loop has done and what its jobs waited for, since it was made or since the last
    /// [`Loop::reset_stats`]. Also in callbacks, and on a loop that closes.
    ///
    /// # Errors
    ///
    /// [`Code::Fork`](crate::Code::Fork), [`Code::Panic`](crate::Code::Panic).
    ///
    /// # Examples
    ///
    /// ```
    /// let lp = libloop::Loop::new()?;
    /// lp.work("sum", || Ok::<u64, libloop::Error>((1..=100).sum()), |_lp, _sum| {})?;
    /// lp.run()?;
    /// let stats = lp.stats()?;
    /// let sum = &stats.labels["sum"];
    /// assert_eq!((sum.queued, sum.finished, sum.failed), (1, 1, 0));
    /// println!("waited {:?}, ran {:?}", sum.wait.max, sum.run.max);
    /// # Ok::<(), libloop::Error>(())
    /// ```
    pub fn stats(&self) -> Result<Stats, Error> {
        fork::check()?;
        let alive = self.alive()?;
        let mut raw = sized!(loop_stats);
        // SAFETY: on the loop's thread, with room for the record.
        self.checked(unsafe { sys::loop_stats(self.raw(), &raw mut raw) })?;
        let mut lanes = [LaneStats::default(); LANES.len()];
        for (out, lane) in lanes.iter_mut().zip(LANES) {
            *out = self.lane_stats(lane)?;
        }
        let posts = raw.posts.saturating_sub(self.posts.bursts.get());
        let more_posts = self.shared.more_posts() + self.batch.borrow().waiting_posts();
        Ok(Stats {
            elapsed: duration(raw.elapsed_ns),
            passes: raw.passes,
            turns: raw.turns,
            steps: raw.steps,
            events: raw.events,
            ops: raw.ops,
            ops_refused: raw.ops_refused,
            posts: posts + self.posts.closures.get(),
            posts_waiting: raw.posts_waiting + more_posts as u64,
            alive,
            ids: raw.ids,
            ids_peak: raw.ids_peak,
            timers: raw.timers,
            timers_peak: raw.timers_peak,
            retained: raw.retained,
            retained_peak: raw.retained_peak,
            labels: self.label_stats(raw.labels)?,
            lanes,
        })
    }

    fn lane_stats(&self, lane: Lane) -> Result<LaneStats, Error> {
        let mut raw = sized!(loop_lane_stats);
        // SAFETY: on the loop's thread, with room for the record.
        let rc = unsafe { sys::loop_stats_lane(self.raw(), lane.raw(), &raw mut raw) };
        self.checked(rc)?;
        Ok(LaneStats {
            workers: raw.workers,
            workers_max: raw.workers_max,
            queue_limit: raw.queue_limit,
            waiting: raw.waiting,
            running: raw.running,
            waiting_peak: raw.waiting_peak,
        })
    }

    fn label_stats(&self, count: u32) -> Result<BTreeMap<String, LabelStats>, Error> {
        let mut labels = BTreeMap::new();
        for index in 0..count {
            let mut raw = sized!(loop_label_stats);
            // SAFETY: on the loop's thread, with room for the record.
            let rc = unsafe { sys::loop_stats_label(self.raw(), index, &raw mut raw) };
            self.checked(rc)?;
            // SAFETY: the text ends with a NUL and lives as long as the loop.
            let label = unsafe { CStr::from_ptr(raw.label) };
            // C code may have labels that are no UTF-8.
            let label = match label.to_str() {
                Ok(text) => text.to_owned(),
                Err(_) => label.to_bytes().escape_ascii().to_string(),
            };
            labels.insert(label, LabelStats::new(&raw));
        }
        Ok(labels)
    }

    /// Counts anew from now: counts and times begin at 0, peaks at what is now.
    ///
    /// # Errors
    ///
    /// [`Code::Fork`](crate::Code::Fork), [`Code::Panic`](crate::Code::Panic).
    pub fn reset_stats(&self) -> Result<(), Error> {
        fork::check()?;
        self.submit()?;
        // SAFETY: on the loop's thread.
        self.checked(unsafe { sys::loop_stats_reset(self.raw()) })?;
        self.posts.bursts.set(0);
        self.posts.closures.set(0);
        Ok(())
    }
}

impl LabelStats {
    fn new(raw: &sys::loop_label_stats) -> LabelStats {
        LabelStats {
            queued: raw.queued,
            started: raw.started,
            finished: raw.finished,
            failed: raw.failed,
            canceled: raw.canceled,
            rejected: raw.rejected,
            at_once: raw.at_once,
            waiting: raw.waiting,
            running: raw.running,
            wait: Times {
                sum: duration(raw.wait_sum_ns),
                p50: duration(raw.wait_p50_ns),
                p90: duration(raw.wait_p90_ns),
                p99: duration(raw.wait_p99_ns),
                max: duration(raw.wait_max_ns),
            },
            run: Times {
                sum: duration(raw.run_sum_ns),
                p50: duration(raw.run_p50_ns),
                p90: duration(raw.run_p90_ns),
                p99: duration(raw.run_p99_ns),
                max: duration(raw.run_max_ns),
            },
        }
    }
}

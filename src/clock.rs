//! The only reader of time and the only sleeper. Everything else is told what time it is, so that a month can be run in
//! seconds and a fault at 09:30 can be tried at any hour. Instants are whole milliseconds: SQLite would keep
//! nanoseconds and PostgreSQL microseconds, and an instant read back must equal the one that was written.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use tokio::sync::oneshot;

/// Longest single wait of the system clock for an instant. Timers of the system do not see the wall clock being set nor
/// the machine having been suspended; looking again this often bounds how late either is noticed.
const LOOK_AGAIN: Duration = Duration::from_secs(10);

/// Tells the time and sleeps. Cheap to clone; clones share the same time.
#[derive(Debug, Clone)]
pub struct Clock(Source);

#[derive(Debug, Clone)]
enum Source {
    System,
    Manual(Arc<Mutex<Dial>>),
}

impl Clock {
    /// The machine's own time.
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// A clock that stands at `start` until its [`Hand`] is moved.
    pub fn manual(start: DateTime<Utc>) -> (Self, Hand) {
        let dial = Arc::new(Mutex::new(Dial { now: start.trunc_subsecs(3), sleepers: BTreeMap::new(), last: 0 }));
        (Self(Source::Manual(Arc::clone(&dial))), Hand(dial))
    }

    /// The present instant in whole milliseconds.
    pub fn now(&self) -> DateTime<Utc> {
        match &self.0 {
            Source::System => read_system(),
            Source::Manual(dial) => lock(dial).now,
        }
    }

    /// Whether this clock stands still until a [`Hand`] moves it.
    pub fn is_manual(&self) -> bool {
        matches!(self.0, Source::Manual(_))
    }

    /// Remembers this moment, to be asked later how much time went by.
    pub fn mark(&self) -> Mark {
        Mark { wall: self.now(), monotonic: read_monotonic() }
    }

    /// How much time went by since a mark: by the machine's monotonic time or by its wall clock, whichever says more. The
    /// first does not heed a suspended machine, the second does not heed a clock that is set back. A clock that was set
    /// ahead makes it too much, never too little.
    pub fn since(&self, mark: &Mark) -> Duration {
        let wall = (self.now() - mark.wall).to_std().unwrap_or_default();
        match &self.0 {
            Source::System => wall.max(read_monotonic().saturating_duration_since(mark.monotonic)),
            Source::Manual(_) => wall,
        }
    }

    /// Returns once `now()` has reached `due`; at once when it already has. The wall clock decides: when it is set
    /// back the wait grows, when it is set forward the wait ends within ten seconds.
    pub async fn sleep_until(&self, due: DateTime<Utc>) {
        match &self.0 {
            Source::System => {
                while let Ok(left) = (due - self.now()).to_std()
                    && !left.is_zero()
                {
                    wait(left.min(LOOK_AGAIN)).await;
                }
            }
            Source::Manual(dial) => {
                let woken = lock(dial).enlist(due);
                if let Some(woken) = woken {
                    // A closed channel means the hand and every clock are gone: nothing will ever be due again.
                    let _ = woken.await;
                }
            }
        }
    }

    /// Returns after `length`. On the system clock this is elapsed time and does not heed the wall clock being set.
    pub async fn sleep(&self, length: Duration) {
        match &self.0 {
            Source::System => wait(length).await,
            Source::Manual(_) => {
                let due = TimeDelta::from_std(length).ok().and_then(|length| self.now().checked_add_signed(length));
                self.sleep_until(due.unwrap_or(DateTime::<Utc>::MAX_UTC)).await;
            }
        }
    }
}

/// A moment to measure from, see [`Clock::mark`].
#[derive(Debug, Clone, Copy)]
pub struct Mark {
    wall: DateTime<Utc>,
    monotonic: Instant,
}

/// Runs work for at most `length` of the machine's own time, whatever clock is in use: for what waits on the network
/// outside this program. `None` when the time was up; the work is then dropped where it stood.
pub async fn limit<T>(length: Duration, work: impl Future<Output = T>) -> Option<T> {
    tokio::time::timeout(length, work).await.ok()
}

/// Moves a manual clock. Cheap to clone; clones move the same clock.
#[derive(Debug, Clone)]
pub struct Hand(Arc<Mutex<Dial>>);

impl Hand {
    /// Moves forward to `instant` and wakes everyone due by then, the earliest due first. An earlier instant is
    /// ignored: this never moves backwards.
    pub fn advance_to(&self, instant: DateTime<Utc>) {
        let mut dial = lock(&self.0);
        let instant = instant.trunc_subsecs(3).max(dial.now);
        dial.turn(instant);
    }

    /// Puts the clock to `instant`, forwards or backwards, as someone setting the machine's clock would.
    pub fn set(&self, instant: DateTime<Utc>) {
        lock(&self.0).turn(instant.trunc_subsecs(3));
    }

    /// When the next sleeper is due; `None` when nobody sleeps. A driver that steps from one such instant to the next
    /// lets every sleeper see its own time.
    pub fn next_wake(&self) -> Option<DateTime<Utc>> {
        let mut dial = lock(&self.0);
        dial.sleepers.retain(|_, sleeper| !sleeper.is_closed());
        dial.sleepers.keys().next().map(|(due, _)| *due)
    }
}

/// State of a manual clock.
#[derive(Debug)]
struct Dial {
    now: DateTime<Utc>,
    /// Keyed by due instant, then by order of arrival.
    sleepers: BTreeMap<(DateTime<Utc>, u64), oneshot::Sender<()>>,
    last: u64,
}

impl Dial {
    fn enlist(&mut self, due: DateTime<Utc>) -> Option<oneshot::Receiver<()>> {
        if due <= self.now {
            return None;
        }
        let (wake, woken) = oneshot::channel();
        self.last += 1;
        self.sleepers.insert((due, self.last), wake);
        Some(woken)
    }

    fn turn(&mut self, instant: DateTime<Utc>) {
        self.now = instant;
        while let Some(first) = self.sleepers.first_entry()
            && first.key().0 <= instant
        {
            // A sleeper that was dropped meanwhile has nobody to wake.
            let _ = first.remove().send(());
        }
    }
}

/// A panic elsewhere cannot leave the dial half changed, so a poisoned lock is still good.
fn lock(dial: &Mutex<Dial>) -> MutexGuard<'_, Dial> {
    dial.lock().unwrap_or_else(PoisonError::into_inner)
}

#[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's time")]
fn read_system() -> DateTime<Utc> {
    Utc::now().trunc_subsecs(3)
}

#[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's time")]
fn read_monotonic() -> Instant {
    Instant::now()
}

#[expect(clippy::disallowed_methods, reason = "the one place that sleeps")]
async fn wait(length: Duration) {
    tokio::time::sleep(length).await;
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests fail loudly")]

    use super::*;
    use futures::FutureExt;

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_788_000_000 + second, 0).unwrap()
    }

    #[test]
    fn instants_are_whole_milliseconds() {
        let (clock, hand) = Clock::manual(DateTime::from_timestamp(0, 1_999_999).unwrap());
        assert_eq!(clock.now(), DateTime::from_timestamp(0, 1_000_000).unwrap());
        hand.set(DateTime::from_timestamp(5, 2_500_000).unwrap());
        assert_eq!(clock.now(), DateTime::from_timestamp(5, 2_000_000).unwrap());
        assert_eq!(Clock::system().now().timestamp_subsec_nanos() % 1_000_000, 0);
    }

    #[test]
    fn a_sleeper_wakes_when_its_instant_is_reached_and_not_before() {
        let (clock, hand) = Clock::manual(at(0));
        let mut sleeper = Box::pin(clock.sleep_until(at(10)));
        assert!(sleeper.as_mut().now_or_never().is_none());
        hand.advance_to(at(9));
        assert!(sleeper.as_mut().now_or_never().is_none());
        hand.advance_to(at(10));
        assert!(sleeper.as_mut().now_or_never().is_some());
        assert!(clock.sleep_until(at(10)).now_or_never().is_some(), "an instant already reached does not wait");
    }

    #[tokio::test]
    async fn sleepers_wake_in_the_order_they_are_due() {
        let (clock, hand) = Clock::manual(at(0));
        let woken = Arc::new(Mutex::new(Vec::new()));
        let mut tasks = Vec::new();
        for due in [30, 10, 20, 10] {
            let (clock, woken) = (clock.clone(), Arc::clone(&woken));
            tasks.push(tokio::spawn(async move {
                clock.sleep_until(at(due)).await;
                woken.lock().unwrap().push((due, clock.now()));
            }));
        }
        tokio::task::yield_now().await;
        let mut stops = Vec::new();
        for _ in 0..3 {
            let next = hand.next_wake().unwrap();
            stops.push(next);
            hand.advance_to(next);
            tokio::task::yield_now().await;
        }
        assert_eq!(stops, [at(10), at(20), at(30)]);
        assert!(futures::future::join_all(tasks).now_or_never().is_some(), "nobody sleeps on");
        assert_eq!(*woken.lock().unwrap(), [(10, at(10)), (10, at(10)), (20, at(20)), (30, at(30))]);
    }

    #[test]
    fn one_long_step_wakes_all_that_are_due() {
        let (clock, hand) = Clock::manual(at(0));
        let mut first = Box::pin(clock.sleep(Duration::from_secs(5)));
        let mut second = Box::pin(clock.sleep(Duration::from_secs(50)));
        let mut third = Box::pin(clock.sleep(Duration::from_secs(500)));
        assert!(first.as_mut().now_or_never().is_none());
        assert!(second.as_mut().now_or_never().is_none());
        assert!(third.as_mut().now_or_never().is_none());
        hand.advance_to(at(60));
        assert!(first.now_or_never().is_some());
        assert!(second.now_or_never().is_some());
        assert!(third.now_or_never().is_none());
    }

    #[test]
    fn advancing_never_goes_back_but_setting_does() {
        let (clock, hand) = Clock::manual(at(100));
        hand.advance_to(at(50));
        assert_eq!(clock.now(), at(100));
        hand.set(at(50));
        assert_eq!(clock.now(), at(50));
        assert!(clock.sleep_until(at(60)).now_or_never().is_none());
    }

    #[test]
    fn a_sleeper_that_gave_up_is_forgotten() {
        let (clock, hand) = Clock::manual(at(0));
        let mut sleeper = Box::pin(clock.sleep_until(at(10)));
        assert!(sleeper.as_mut().now_or_never().is_none());
        assert_eq!(hand.next_wake(), Some(at(10)));
        drop(sleeper);
        assert_eq!(hand.next_wake(), None);
    }

    #[test]
    fn an_endless_sleep_does_not_overflow() {
        let (clock, hand) = Clock::manual(at(0));
        let mut sleeper = Box::pin(clock.sleep(Duration::MAX));
        assert!(sleeper.as_mut().now_or_never().is_none());
        assert_eq!(hand.next_wake(), Some(DateTime::<Utc>::MAX_UTC));
    }

    #[test]
    fn time_that_went_by_is_never_taken_for_less() {
        let (clock, hand) = Clock::manual(at(0));
        let mark = clock.mark();
        hand.set(at(40));
        assert_eq!(clock.since(&mark), Duration::from_secs(40));
        hand.set(at(-40));
        assert_eq!(clock.since(&mark), Duration::ZERO);
        // The wall clock of the machine was set back by an hour, or the machine slept for one.
        let clock = Clock::system();
        let now = clock.mark();
        let an_hour = TimeDelta::hours(1);
        assert!(clock.since(&Mark { wall: now.wall - an_hour, ..now }) >= Duration::from_hours(1));
        let earlier = now.monotonic.checked_sub(Duration::from_mins(1)).unwrap();
        assert!(clock.since(&Mark { wall: now.wall + an_hour, monotonic: earlier }) >= Duration::from_mins(1));
    }

    #[test]
    fn the_system_clock_does_not_wait_for_what_is_past() {
        let clock = Clock::system();
        assert!(clock.sleep_until(clock.now()).now_or_never().is_some());
        assert!(clock.sleep_until(at(0) - TimeDelta::days(9999)).now_or_never().is_some());
    }
}

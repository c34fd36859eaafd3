//! Named places where a test makes the program die, so that it can be looked at what the next start finds. A build
//! without the feature `faults` has none of them: every call here is empty and the order in the environment unknown.

/// Keeps the orders in force while the program runs.
#[derive(Debug)]
pub struct Armed {
    #[cfg(feature = "faults")]
    _orders: fail::FailScenario<'static>,
}

/// Takes the orders of `FAILPOINTS`: `after_attempt=3*off->return` dies at the fourth time there. `return` dies as by
/// `kill -9`: nothing is unwound, flushed or said to anyone. `panic` and `sleep(ms)` do what they say.
#[cfg(feature = "faults")]
pub fn arm() -> Armed {
    Armed { _orders: fail::FailScenario::setup() }
}

/// Takes no orders: this build has no places to die at.
#[cfg(not(feature = "faults"))]
pub fn arm() -> Armed {
    Armed {}
}

/// A place to die at.
#[cfg(feature = "faults")]
pub fn point(name: &'static str) {
    fail::fail_point!(name, |_| std::process::abort());
}

/// Nothing: this build has no places to die at.
#[cfg(not(feature = "faults"))]
#[inline]
pub fn point(_name: &'static str) {}

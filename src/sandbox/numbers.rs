//! Oddities of update numbers on order: delivered twice, out of order, with gaps, or begun anew as the real server does
//! after a quiet week. Nothing is lost by any of them.

use serde::Deserialize;

use super::updates::Updates;

/// What is to happen to update numbers.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum NumberOrder {
    /// The next new updates stand in the queue twice, so that one answer holds both.
    Duplicate { count: u32 },
    /// The next new updates come once more after they were confirmed.
    Repeat { count: u32 },
    /// The next answers with more than one update hold them in reverse order; a webhook gets a later update first.
    Swap { count: u32 },
    /// As many numbers are passed over.
    Gap { by: i64 },
    /// The next number; left out, a lower one.
    Restart { at: Option<i64> },
}

/// Oddities not yet used up.
#[derive(Debug, Default)]
pub(super) struct Oddities {
    duplicate: u32,
    repeat: u32,
    swap: u32,
}

impl Oddities {
    pub(super) fn duplicates(&mut self) -> bool {
        use_up(&mut self.duplicate)
    }

    pub(super) fn repeats(&mut self) -> bool {
        use_up(&mut self.repeat)
    }

    pub(super) fn swaps(&mut self) -> bool {
        use_up(&mut self.swap)
    }

    pub(super) fn has_swaps(&self) -> bool {
        self.swap > 0
    }
}

fn use_up(left: &mut u32) -> bool {
    let one = *left > 0;
    *left = left.saturating_sub(1);
    one
}

impl Updates {
    /// Does an order. Numbers begin anew only when nothing waits, because the real server has forgotten everything then.
    pub(super) fn order(&mut self, now: i64, order: NumberOrder) -> Result<i64, String> {
        match order {
            NumberOrder::Duplicate { count } => self.odd.duplicate += count,
            NumberOrder::Repeat { count } => self.odd.repeat += count,
            NumberOrder::Swap { count } => self.odd.swap += count,
            NumberOrder::Gap { by } if by > 0 => self.next_id += by,
            NumberOrder::Gap { .. } => return Err("a gap is at least 1".to_owned()),
            NumberOrder::Restart { .. } if self.pending(now) > 0 => {
                return Err("updates still wait; numbers begin anew after a quiet week".to_owned());
            }
            NumberOrder::Restart { at: Some(at) } if at <= 0 => return Err("numbers are positive".to_owned()),
            NumberOrder::Restart { at } => {
                self.queue.clear();
                self.next_id = at.unwrap_or(self.next_id / 2 + 1);
            }
        }
        Ok(self.next_id)
    }
}

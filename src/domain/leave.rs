//! Absences and exemptions: what each category does to the count. Only the category is kept: no reason, no diagnosis.
//!
//! No national definition of these rates was found. Who is outside the count follows, by analogy, the rules for elections in
//! party branches; they speak of elections, not of study, and `docs/leave.md` says so.

mod absence;
mod deadline;
pub mod sheet;
#[cfg(test)]
mod tests;

use chrono::{Months, NaiveDate};

use super::word::words;
pub use absence::{Absence, outside, standing};
pub use deadline::{Own, RETURN_DAYS_MOST, latest_return, own_deadline, return_days};

words! {
    /// Why a person is not at their desk for a while.
    LeaveCategory {
        /// 出差
        Trip = "trip",
        /// 公务：其他公务冲突
        Duty = "duty",
        /// 事假
        Personal = "personal",
        /// 病假
        Sick = "sick",
        /// 年休假
        Annual = "annual",
        /// 值班
        OnCall = "on_call",
        /// 不在岗：没有说类别，本人申报的就是这一类
        Away = "away",
        /// 产假、育儿假
        Parental = "parental",
        /// 长期病假
        LongSick = "long_sick",
        /// 生活不能自理
        Unable = "unable",
        /// 借调、挂职到外单位
        Seconded = "seconded",
        /// 脱产学习
        Study = "study",
        /// 组织关系已转出
        Transferred = "transferred",
        /// 借入、到本单位挂职
        LoanedIn = "loaned_in",
        /// 退休、离岗退养
        Retired = "retired",
        /// 调离、离职，花名册还没有改
        Departed = "departed",
        /// 流动党员
        Floating = "floating",
        /// 其他免计；停职、留置、处分期也记成这一类，事由不记录
        Other = "other",
    }
}

words! {
    /// What an absence does to the count. Of several that cover a day, the last in this order holds.
    Effect {
        /// Counted like everybody.
        Present = "present",
        /// Counted; deadlines that fall into it move. At a session the person counts and may be recorded as 请假.
        Extended = "extended",
        /// Counted; deadlines that fall into it move. At a session the person counts and is recorded as 请假.
        Excused = "excused",
        /// 剔除: outside the count.
        Excluded = "excluded",
        /// Outside the count, welcome all the same: what they confirm is recorded and is in no rate.
        Apart = "apart",
    }
}

/// Months from which sickness takes a person out of the count.
const SICK_MONTHS: u32 = 1;
/// Months from which being elsewhere does.
const ELSEWHERE_MONTHS: u32 = 6;

/// Days of an absence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Span {
    pub from: NaiveDate,
    /// Last day, inclusive; open without one.
    pub to: Option<NaiveDate>,
}

impl Span {
    /// Whether a day is not before the first and not after the last.
    pub fn covers(self, day: NaiveDate) -> bool {
        self.from <= day && self.to.is_none_or(|last| day <= last)
    }

    /// Whether the two share a day.
    pub fn overlaps(self, other: Self) -> bool {
        self.covers(other.from) || other.covers(self.from)
    }

    /// Whether it lasts that many months; one without an end lasts as long as one asks.
    fn lasts(self, months: u32) -> bool {
        let whole = self.from.checked_add_months(Months::new(months));
        match (self.to.and_then(|last| last.succ_opt()), whole) {
            (Some(back), Some(whole)) => whole <= back,
            (None, _) | (_, None) => self.to.is_none(),
        }
    }
}

/// What an absence of a category and length does to the count.
#[expect(clippy::match_same_arms, reason = "one arm for each row of the office's definitions")]
pub fn effect(category: LeaveCategory, span: Span) -> Effect {
    match category {
        LeaveCategory::Trip
        | LeaveCategory::Duty
        | LeaveCategory::Personal
        | LeaveCategory::Annual
        | LeaveCategory::OnCall
        | LeaveCategory::Away => Effect::Excused,
        LeaveCategory::Sick | LeaveCategory::LongSick if span.lasts(SICK_MONTHS) => Effect::Excluded,
        LeaveCategory::Sick | LeaveCategory::LongSick => Effect::Excused,
        LeaveCategory::Seconded | LeaveCategory::Study | LeaveCategory::Floating if span.lasts(ELSEWHERE_MONTHS) => {
            Effect::Excluded
        }
        LeaveCategory::Seconded | LeaveCategory::Study | LeaveCategory::Floating => Effect::Extended,
        LeaveCategory::Parental
        | LeaveCategory::Unable
        | LeaveCategory::Transferred
        | LeaveCategory::Departed
        | LeaveCategory::Other => Effect::Excluded,
        LeaveCategory::LoanedIn => Effect::Present,
        LeaveCategory::Retired => Effect::Apart,
    }
}

impl LeaveCategory {
    /// Whether its last day must be known: a deadline cannot move to a day that nobody named.
    pub fn needs_end(self) -> bool {
        match self {
            Self::Trip | Self::Duty | Self::Personal | Self::Sick | Self::Annual | Self::OnCall | Self::Away => true,
            Self::Parental
            | Self::LongSick
            | Self::Unable
            | Self::Seconded
            | Self::Study
            | Self::Transferred
            | Self::LoanedIn
            | Self::Retired
            | Self::Departed
            | Self::Floating
            | Self::Other => false,
        }
    }

    /// Its names in sheets and on command lines; the first is the one that is printed. What must not be told is only read:
    /// it is stored and printed as 其他免计.
    pub const fn names(self) -> &'static [&'static str] {
        match self {
            Self::Trip => &["出差"],
            Self::Duty => &["公务", "公务冲突"],
            Self::Personal => &["事假"],
            Self::Sick => &["病假", "短期病假"],
            Self::Annual => &["年休假", "年假"],
            Self::OnCall => &["值班"],
            Self::Away => &["不在岗", "请假"],
            Self::Parental => &["产假育儿假", "产假", "育儿假", "产假、育儿假"],
            Self::LongSick => &["长期病假"],
            Self::Unable => &["生活不能自理"],
            Self::Seconded => &["借调挂职", "借调", "挂职", "借调、挂职"],
            Self::Study => &["脱产学习"],
            Self::Transferred => &["组织关系已转"],
            Self::LoanedIn => &["借入", "挂职到本单位"],
            Self::Retired => &["退休离岗", "退休", "离岗", "离岗退养", "退休、离岗"],
            Self::Departed => &["调离离职", "调离", "离职", "调离、离职"],
            Self::Floating => &["流动党员"],
            Self::Other => &["其他", "其他免计", "停职", "留置", "处分期"],
        }
    }

    /// The name that is printed.
    pub fn label(self) -> &'static str {
        self.names().first().copied().unwrap_or_default()
    }

    /// Reads a name or the stored word.
    pub fn read(text: &str) -> Option<Self> {
        let named = Self::ALL.iter().find(|category| category.names().contains(&text)).copied();
        named.or_else(|| Self::parse(text))
    }
}

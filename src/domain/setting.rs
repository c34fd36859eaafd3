//! Every default that an office may change, with its bounds. The database holds only what differs.

use super::word::words;

words! {
    /// A setting's key.
    Key {
        /// What the office is called in messages.
        OfficeName = "office.name",
        /// Whom to ask.
        OfficeContact = "office.contact",
        /// The supervision phone number printed in reminders; has no default and must be filled in.
        OfficeHotline = "office.hotline",
        /// Allowed hours before noon.
        HoursMorning = "hours.morning",
        /// Allowed hours after noon.
        HoursAfternoon = "hours.afternoon",
        /// Smallest audience whose count is shown in a group.
        CountMinAudience = "count.min_audience",
        /// Seconds between two edits of a count line.
        CountEditSeconds = "count.edit_seconds",
        /// Most items a group gets on one day.
        PushPerDay = "push.per_day",
        /// Most items a group gets from Monday to Sunday.
        PushPerWeek = "push.per_week",
        /// Months within which an item is not repeated to the same chats while others are left.
        RotationMonths = "rotation.months",
        /// Days a raw inbound message is kept.
        InboxDays = "inbox.days",
        /// Most messages and edits a second over all chats.
        SendPerSecond = "send.per_second",
        /// Most messages and edits a minute in one group.
        SendPerGroup = "send.per_group",
        /// Seconds over which messages due at the full or half hour are spread.
        SendSpread = "send.spread_seconds",
        /// Workdays for which a binding code is good.
        InviteWorkdays = "invite.workdays",
        /// From when on people are reminded in private on the day of a deadline.
        NudgeTime = "nudge.time",
        /// Whether pushes ask the questions of their items.
        QuizEnabled = "quiz.enabled",
        /// How often one question may be answered.
        QuizAttempts = "quiz.attempts",
        /// Which of several answers counts.
        QuizScore = "quiz.score",
    }
}

/// What a setting's value must look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// A text of 1 to `most` characters.
    Text { most: usize },
    /// One of a few words.
    Word { of: &'static [&'static str] },
    /// Hours of a day, `HH:MM-HH:MM`, the first before the second.
    Hours,
    /// A whole number between the bounds, both included.
    Number { least: i64, most: i64 },
    /// A time of day, `HH:MM`, between two full hours, both included, or [`OFF`].
    TimeOrOff { from_hour: u32, to_hour: u32 },
}

/// What a thing is set to that is not wanted at all.
pub const OFF: &str = "off";

impl Key {
    /// The value while nobody changed it; `None` for what only the office can know.
    pub const fn default(self) -> Option<&'static str> {
        match self {
            Self::OfficeName => Some("本单位机关党委"),
            Self::OfficeContact => Some("机关党委办公室（内线见通讯录）"),
            Self::OfficeHotline => None,
            Self::HoursMorning => Some("09:00-11:30"),
            Self::HoursAfternoon => Some("14:30-17:30"),
            Self::CountMinAudience | Self::InviteWorkdays => Some("10"),
            Self::CountEditSeconds => Some("15"),
            Self::PushPerDay | Self::QuizAttempts => Some("1"),
            Self::PushPerWeek | Self::InboxDays => Some("3"),
            Self::RotationMonths => Some("12"),
            Self::SendPerSecond => Some("25"),
            Self::SendPerGroup => Some("18"),
            Self::SendSpread => Some("0"),
            Self::NudgeTime => Some("09:30"),
            Self::QuizEnabled => Some("off"),
            Self::QuizScore => Some("first"),
        }
    }

    /// What a value must look like.
    pub const fn shape(self) -> Shape {
        match self {
            Self::OfficeName | Self::OfficeContact | Self::OfficeHotline => Shape::Text { most: 40 },
            Self::HoursMorning | Self::HoursAfternoon => Shape::Hours,
            Self::CountMinAudience => Shape::Number { least: 10, most: 10_000 },
            // Telegram counts edits against a group's 20 messages a minute.
            Self::CountEditSeconds => Shape::Number { least: 15, most: 3_600 },
            // More than one item a workday, or one every workday, is what offices were told to stop (see the README).
            Self::PushPerDay | Self::QuizAttempts => Shape::Number { least: 1, most: 3 },
            Self::PushPerWeek => Shape::Number { least: 1, most: 10 },
            Self::RotationMonths => Shape::Number { least: 1, most: 36 },
            // Below 3 days an update that the platform sends again could be counted as new.
            Self::InboxDays => Shape::Number { least: 3, most: 30 },
            // Telegram takes about 30 a second in all and 20 a minute in one group.
            Self::SendPerSecond => Shape::Number { least: 1, most: 25 },
            Self::SendPerGroup => Shape::Number { least: 1, most: 18 },
            Self::SendSpread => Shape::Number { least: 0, most: 120 },
            // A slip of paper that is good for longer is lost or passed on.
            Self::InviteWorkdays => Shape::Number { least: 1, most: 30 },
            // Early enough that people still have some of the day for it.
            Self::NudgeTime => Shape::TimeOrOff { from_hour: 8, to_hour: 16 },
            Self::QuizEnabled => Shape::Word { of: &["off", "on"] },
            Self::QuizScore => Shape::Word { of: &["first", "best"] },
        }
    }

    /// The name an item's placeholder 〔…〕 uses for this setting.
    pub const fn label(self) -> &'static str {
        match self {
            Self::OfficeName => "本单位名称",
            Self::OfficeContact => "本单位联系人",
            Self::OfficeHotline => "本单位监督电话",
            Self::HoursMorning => "上午允许时段",
            Self::HoursAfternoon => "下午允许时段",
            Self::CountMinAudience => "显示人数的最小范围",
            Self::CountEditSeconds => "人数刷新间隔秒数",
            Self::PushPerDay => "每群每日最多条数",
            Self::PushPerWeek => "每群每周最多条数",
            Self::RotationMonths => "内容不重复的月数",
            Self::InboxDays => "原始消息保存天数",
            Self::SendPerSecond => "每秒最多发出条数",
            Self::SendPerGroup => "每群每分钟最多发出条数",
            Self::SendSpread => "整点半点错开秒数",
            Self::InviteWorkdays => "绑定码有效工作日数",
            Self::NudgeTime => "截止当天私聊提醒的时间",
            Self::QuizEnabled => "推送时带小题",
            Self::QuizAttempts => "每题最多作答次数",
            Self::QuizScore => "多次作答按哪次计",
        }
    }

    /// Whether `value` may be stored.
    pub fn accepts(self, value: &str) -> bool {
        match self.shape() {
            Shape::Text { most } => {
                let length = value.chars().count();
                (1..=most).contains(&length) && !value.chars().any(|c| c.is_control() || matches!(c, '〔' | '〕'))
            }
            Shape::Word { of } => of.contains(&value),
            Shape::Hours => hours(value).is_some(),
            Shape::Number { least, most } => value.parse::<i64>().is_ok_and(|n| (least..=most).contains(&n)),
            Shape::TimeOrOff { from_hour, to_hour } => {
                let within = |minute: u32| (from_hour * 60..=to_hour * 60).contains(&minute);
                value == OFF || minutes(value).is_some_and(within)
            }
        }
    }
}

/// Minutes since midnight of `HH:MM-HH:MM`; `None` when it is not that or ends before it starts.
pub fn hours(value: &str) -> Option<(u32, u32)> {
    let (from, to) = value.split_once('-')?;
    let (from, to) = (minutes(from)?, minutes(to)?);
    (from < to).then_some((from, to))
}

/// Minutes since midnight of `HH:MM`; `None` when it is not that.
pub fn minutes(text: &str) -> Option<u32> {
    let (hour, minute) = text.split_once(':')?;
    let digits = |part: &str| (part.len() == 2).then(|| part.parse::<u32>().ok()).flatten();
    let (hour, minute) = (digits(hour)?, digits(minute)?);
    (hour < 24 && minute < 60).then_some(hour * 60 + minute)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[test]
    fn every_default_is_accepted_by_its_own_bounds() {
        for key in Key::ALL {
            assert!(key.default().is_none_or(|value| key.accepts(value)), "{}", key.as_str());
        }
    }

    #[rstest]
    #[case(Key::HoursMorning, "08:30-11:30", true)]
    #[case(Key::HoursMorning, "11:30-08:30", false)]
    #[case(Key::HoursMorning, "8:30-11:30", false)]
    #[case(Key::CountMinAudience, "9", false)]
    #[case(Key::CountEditSeconds, "14", false)]
    #[case(Key::InboxDays, "2", false)]
    #[case(Key::NudgeTime, "off", true)]
    #[case(Key::NudgeTime, "08:00", true)]
    #[case(Key::NudgeTime, "16:01", false)]
    #[case(Key::NudgeTime, "07:59", false)]
    #[case(Key::NudgeTime, "9:30", false)]
    #[case(Key::NudgeTime, "Off", false)]
    #[case(Key::QuizEnabled, "on", true)]
    #[case(Key::QuizEnabled, "true", false)]
    #[case(Key::QuizAttempts, "4", false)]
    #[case(Key::QuizScore, "best", true)]
    #[case(Key::OfficeHotline, "", false)]
    #[case(Key::OfficeHotline, "内线8000", true)]
    #[case(Key::OfficeHotline, "〔未填〕", false)]
    fn bounds_hold(#[case] key: Key, #[case] value: &str, #[case] accepted: bool) {
        assert_eq!(key.accepts(value), accepted);
    }
}

//! Categories of absence that take a person out of 应知. Only the category is kept: no reason, no diagnosis.
//!
//! Absences that leave a person in the count and only move their deadline come with personal deadlines.

use super::word::words;

words! {
    /// Why a person is outside the count for a while. Which states are excluded follows the office's usual definitions;
    /// no national definition of these rates was found, so they are printed under every table.
    LeaveCategory {
        /// 产假、育儿假
        Parental = "parental",
        /// 长期病假（一个月以上）
        LongSick = "long_sick",
        /// 借调、挂职（六个月以上）
        Seconded = "seconded",
        /// 脱产学习（六个月以上）
        Study = "study",
        /// 退休、离岗
        Retired = "retired",
        /// 流动党员（连续六个月以上）
        Floating = "floating",
        /// 其他免计；事由不记录
        Other = "other",
    }
}

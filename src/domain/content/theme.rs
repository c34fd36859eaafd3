//! Themes: the folders under `content/items/`.

use crate::domain::word::{Confirm, words};

words! {
    /// What an item is about; the name of its folder under `content/items/`.
    Theme {
        /// 礼品礼金
        Gifts = "gifts",
        /// 公务接待
        Reception = "reception",
        /// 营利兼职
        Business = "business",
        /// 亲清政商
        Service = "service",
        /// 处分规定
        Discipline = "discipline",
        /// 监察法治
        Supervision = "supervision",
        /// 履职尽责
        Duty = "duty",
        /// 保密
        Secrecy = "secrecy",
        /// 个人信息
        Privacy = "privacy",
        /// 厉行节约
        Frugality = "frugality",
        /// 档案
        Archives = "archives",
        /// 法治宣传
        Law = "law",
        /// 节前提醒
        Festival = "festival",
        /// 通知
        Notice = "notice",
    }
}

impl Theme {
    /// The theme's name as people read it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Gifts => "礼品礼金",
            Self::Reception => "公务接待",
            Self::Business => "营利兼职",
            Self::Service => "亲清政商",
            Self::Discipline => "处分规定",
            Self::Supervision => "监察法治",
            Self::Duty => "履职尽责",
            Self::Secrecy => "保密",
            Self::Privacy => "个人信息",
            Self::Frugality => "厉行节约",
            Self::Archives => "档案",
            Self::Law => "法治宣传",
            Self::Festival => "节前提醒",
            Self::Notice => "通知",
        }
    }

    /// What a push of this theme asks for when the item does not say: only 节前提醒 and 通知 are expected to be confirmed.
    pub const fn default_confirm(self) -> Confirm {
        match self {
            Self::Festival | Self::Notice => Confirm::Required,
            Self::Gifts
            | Self::Reception
            | Self::Business
            | Self::Service
            | Self::Discipline
            | Self::Supervision
            | Self::Duty
            | Self::Secrecy
            | Self::Privacy
            | Self::Frugality
            | Self::Archives
            | Self::Law => Confirm::Voluntary,
        }
    }
}

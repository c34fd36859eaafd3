//! Presses kept for people who are not bound yet: credited with their own time, and gone when their month is over.

use chrono::{DateTime, Utc};
use qingfeng::office::binding;

use super::staffed;
use crate::db::databases;
use crate::world::STUDY;

#[tokio::test]
async fn kept_presses_count_with_their_own_time_until_their_month_is_over() {
    for db in databases().await {
        let label = db.label;
        let mut office = staffed(db).await;
        office.push_now(None).await;
        office.work().await;
        let copy = office.newest(STUDY).await;
        for user in [3, 4] {
            assert!(office.press(user, STUDY, &copy, "已阅").await.starts_with("已收到您的点击。还差一步"), "{label}");
        }
        office.at(2, 9, 41).await;
        let bound = office.bind(3).await;
        assert_eq!(
            bound, "绑定好了。您9月1日09:30在群里点的那一条已经补记。以后在群里点“已阅”就行，不用再来这里。",
            "{label}"
        );
        // September is closed on the third workday of October, the 10th, at 18:00.
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        office.move_to(at("2026-10-10T09:59:00Z")).await;
        assert_eq!(binding::tidy(&office.ctx()).await.unwrap(), 0, "{label}");
        office.move_to(at("2026-10-10T10:00:00Z")).await;
        let before = office.entries("press_purge").await;
        assert_eq!(binding::tidy(&office.ctx()).await.unwrap(), 1, "{label}");
        assert_eq!(binding::tidy(&office.ctx()).await.unwrap(), 0, "{label}");
        assert_eq!(office.entries("press_purge").await - before, 1, "{label}");
        // Whoever joins now is told of nothing that is not counted.
        assert_eq!(office.bind(4).await, "绑定好了。以后在群里点“已阅”就行，不用再来这里。", "{label}");
        assert_eq!(office.report().await["pushes"][0]["acked"], 1, "{label}");
        assert!(office.verified().await, "{label}");
    }
}

//! Presses of people whom a push does not expect: each is told why, and none of them is in any rate.

use qingfeng::domain::word::Confirm;
use qingfeng::office;
use qingfeng::office::push::{Hours, Now, NowTarget};
use serde_json::json;

use crate::db::databases;
use crate::world::{FIRMS, OPERATOR, STUDY, World};

/// 11 of 企业科 comes to the chat of the other units, where the item for everybody and the one for officials stand.
#[tokio::test]
async fn somebody_of_another_unit_and_somebody_of_another_kind_are_told_different_things() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        for user in [11, 12] {
            office.bind(user).await;
        }
        office.server.order("members", json!({"chat": STUDY, "join": [11]})).await;
        office.at(3, 9, 35).await;
        let push = office.push_now(Some(Confirm::Voluntary)).await.push.id;
        let officials = Now {
            slug: "feast".to_owned(),
            target: NowTarget::Groups(vec![FIRMS.to_string()]),
            confirm: None,
            hours: Hours::Any,
            deadline: None,
        };
        office::push::now(&office.ctx(), &OPERATOR, &officials).await.unwrap();
        office.work().await;
        let (everybodys, officials) = (office.newest(STUDY).await, office.newest(FIRMS).await);
        let elsewhere = "谢谢阅读。本条发出时您不在应知范围，不计入统计。";
        assert_eq!(office.press(11, STUDY, &everybodys, "已阅").await, elsewhere, "{label}: it is for everybody");
        assert_eq!(office.press(11, STUDY, &everybodys, "已阅").await, elsewhere, "{label}: once more");
        let contract = "谢谢阅读。本条面向公职人员，您不在应知范围，不计入统计。";
        assert_eq!(office.press(12, FIRMS, &officials, "已阅").await, contract, "{label}");
        let report = office.report().await;
        let row = report["pushes"].as_array().unwrap().iter().find(|row| row["id"] == json!(push)).unwrap();
        assert_eq!((&row["acked"], &row["others"]), (&json!(0), &json!(1)), "{label}");
        office.stop().await;
    }
}

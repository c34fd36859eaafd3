//! The levers on the command line.

use serde_json::json;

use crate::office::Office;
use crate::push::with_group;

fn pushed(office: &Office) -> i64 {
    office.run("group link 1 --units 管委会").done();
    office.run("push now --item token --group 1 --outside-hours --yes --json").json()["push"].as_i64().unwrap()
}

#[test]
fn everything_is_paused_and_goes_on() {
    let office = with_group();
    let refused =
        ["pause --reason 赵霜降要求", "group suspend 1 --reason 13812345678说的"].map(|line| office.refuses(line));
    insta::assert_snapshot!(refused.concat(), @"$ qingfeng pause --reason 赵霜降要求
原因里有在册人员的姓名。原因记入审计记录，删不掉；请写事由或部门，不写人
$ qingfeng group suspend 1 --reason 13812345678说的
原因里有手机号码。原因记入审计记录，删不掉；请只写事由
");
    assert_eq!(
        office.run("pause --reason 迁移").done(),
        "已暂停全部推送，重启后仍然暂停。恢复请运行：qingfeng resume\n"
    );
    insta::assert_snapshot!(office.refuses("pause"), @"$ qingfeng pause
全部推送已经在暂停中，不用再暂停。要恢复请运行：qingfeng resume
");
    let list = office.run("push list");
    assert_eq!((list.code, list.out.as_str()), (0, "还没有推送\n"));
    assert!(list.err.starts_with("注意：全部推送从") && list.err.contains("起暂停（迁移）"), "{}", list.err);
    assert!(office.run("schedule list").err.contains("恢复请运行：qingfeng resume"));
    office.run("group link 1 --units 管委会").done();
    let made = office.run("push now --item token --group 1 --outside-hours --yes");
    assert!(made.code == 0 && made.err.contains("注意：全部推送从"), "{}", made.err);
    let doctor: Vec<serde_json::Value> = serde_json::from_str(&office.run("doctor --offline --json").out).unwrap();
    let outgoing = doctor.iter().find(|row| row["check"] == "outgoing").unwrap();
    assert!(outgoing["ok"] == true && outgoing["detail"].as_str().unwrap().starts_with("注意：全部推送从"));
    let tail = office.run("audit tail --count 9 --json").json();
    assert!(tail.as_array().unwrap().iter().any(|entry| entry["action"] == "outgoing_pause"), "{tail}");
    let resumed = office.run("resume").done();
    assert!(
        resumed.starts_with("已恢复全部推送（")
            && resumed.ends_with("起暂停）。暂停期间没有到时的推送；暂停前排好、还没过时间的2条消息接着发\n"),
        "{resumed}"
    );
    office.refuses("resume");
    assert_eq!(office.run("push list").err, "");
}

#[test]
fn a_push_is_cancelled_and_not_recalled_before_it_is_out() {
    let office = with_group();
    let push = pushed(&office);
    assert!(office.refuses(&format!("push recall {push} --reason 有误")).contains("push cancel"));
    assert!(office.refuses(&format!("push resend-failed {push}")).contains("没有发送失败的消息"));
    let cancelled = office.run(&format!("push cancel {push} --reason 内容有误 --json")).json();
    assert_eq!(cancelled, json!({ "push": push, "state": "cancelled", "cancelled": 1 }));
    assert!(office.refuses(&format!("push cancel {push}")).contains("状态是“已取消”"));
    let shown = office.run(&format!("push show {push} --json")).json();
    assert_eq!((&shown["state"], &shown["deliveries"][0]["state"]), (&json!("cancelled"), &json!("cancelled")));
    let tail = office.run("audit tail --count 1 --json").json();
    assert_eq!((&tail[0]["action"], &tail[0]["detail"]["reason"]), (&json!("push_cancel"), &json!("内容有误")));
}

#[test]
fn a_message_is_decided_only_when_it_is_in_doubt() {
    let office = with_group();
    let push = pushed(&office);
    let shown = office.run(&format!("push show {push} --json")).json();
    let id = shown["deliveries"][0]["id"].as_i64().unwrap();
    assert!(office.refuses(&format!("push resolve {id} --sent --reason 看到了")).contains("“待发送”，不是存疑"));
    assert!(office.refuses("push resolve 99 --abandon --reason 无").contains("没有编号为99的消息"));
    let mistake = office.run(&format!("push resolve {id} --reason 看到了"));
    assert_eq!((mistake.code, mistake.out.as_str()), (2, ""));
}

#[test]
fn a_group_is_suspended_and_one_is_served_by_hand() {
    let office = with_group();
    office.run("group link 1 --units 管委会").done();
    let said = office.run("group suspend 1 --reason 改组").done();
    assert_eq!(said, "已暂停向“机关群”推送，群里的人暂列“未送达”。恢复请运行：qingfeng group resume 1\n");
    assert!(office.refuses("group suspend 1 --reason 改组").contains("已经暂停"));
    assert_eq!(office.run("group resume 1").done(), "已恢复向“机关群”推送\n");
    let added = office.run("group add --relay 机关微信群 --units 服务中心/综合科 --json").json();
    assert_eq!(
        (&added["channel"], &added["state"], &added["expected"]),
        (&json!("relay"), &json!("active"), &json!(0))
    );
    assert!(office.refuses("group add --relay 机关微信群 --units 管委会").contains("已有名为“机关微信群”的人工转发群"));
    insta::assert_snapshot!("groups_by_hand", office.run("group list").done());
    let preview = office.run("push now --item token --group 1 2 --outside-hours");
    assert!(preview.out.contains("应知：4人；另由人工转发面向2人，不统计阅知\n"), "{}", preview.out);
    // In the allowed hours the chat's first message goes out before it.
    let told = ["预计2秒内发完\n", "预计3秒内发完\n"];
    assert!(told.iter().any(|end| preview.out.ends_with(end)), "{}", preview.out);
    let push = office.run("push now --item token --group 2 --outside-hours --yes --json").json()["push"].clone();
    let shown = office.run(&format!("push show {push} --json")).json();
    assert_eq!(
        (&shown["figures"]["rate"], &shown["figures"]["unasked"], &shown["relayed"]),
        (&json!("—"), &json!(2), &json!(0))
    );
    assert_eq!(shown["deliveries"][0]["by_hand"], true);
    let text = office.run(&format!("push show {push}")).done();
    assert!(text.contains("人工转发：共1条，已转发0条，不统计阅知\n"), "{text}");
}

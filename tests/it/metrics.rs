//! The figures of a running service and whether it is ready, as a monitoring system reads them.

use std::net::Ipv4Addr;

use qingfeng::ctx::Ctx;
use qingfeng::{office, web};
use tokio::net::TcpListener;

use crate::db;
use crate::world::{OPERATOR, World};

/// One scrape; comments are left out.
async fn scrape(ctx: Ctx) -> (u16, String) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let url = format!("http://{}/metrics", listener.local_addr().unwrap());
    let served = tokio::spawn(async move { axum::serve(listener, web::router(ctx)).await });
    let answer = reqwest::get(url).await.unwrap();
    let (status, text) = (answer.status().as_u16(), answer.text().await.unwrap());
    served.abort();
    let mut lines: Vec<&str> = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    lines.sort_unstable();
    (status, lines.join("\n"))
}

#[tokio::test]
async fn the_calendar_and_the_slots_are_told() {
    for db in db::databases().await {
        let world = World::new(db).await;
        world.schedules().await;
        world.at(2, 9, 30).await;
        world.work().await;
        let (status, quiet) = scrape(world.ctx()).await;
        assert_eq!(status, 200);
        assert!(quiet.contains("qingfeng_occurrences{state=\"materialised\"} 1\n"), "{quiet}");
        insta::assert_snapshot!("september", quiet);
        world.hand.set("2026-11-23T01:30:00Z".parse().unwrap());
        let due = scrape(world.ctx()).await.1;
        assert!(due.contains("qingfeng_calendar_warning 1\n"), "{due}");
        let notice = std::fs::read_to_string("content/calendar/2027.toml").unwrap().replace("provisional", "official");
        office::calendar::import(&world.ctx(), &OPERATOR, notice.as_bytes(), office::roster::Mode::Apply)
            .await
            .unwrap();
        let settled = scrape(world.ctx()).await.1;
        assert!(settled.contains("qingfeng_calendar_year{year=\"2027\",status=\"official\"} 1"), "{settled}");
        assert!(settled.contains("qingfeng_calendar_warning 0\n"), "{settled}");
    }
}

#[tokio::test]
async fn a_pause_is_told_and_no_fault() {
    use qingfeng::domain::delivery::HaltCause;
    let mut office = World::new(db::databases().await.remove(0)).await;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = web::router(office.ctx());
    let served = tokio::spawn(async move { axum::serve(listener, router).await });
    let ready = async || {
        let answer = reqwest::get(format!("http://{address}/readyz")).await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    let mut said = vec![ready().await];
    for cause in [HaltCause::Paused, HaltCause::Unauthorized, HaltCause::Quarantine] {
        let mut tx = office.ctx().store.write().await.unwrap();
        qingfeng::store::halt::put(&mut tx, cause, ("operator", "older"), office.clock.now()).await.unwrap();
        tx.commit().await.unwrap();
        said.push(ready().await);
    }
    office.behind_its_back("DELETE FROM halt; UPDATE channel SET heard_at = 1788226200000".to_owned()).await;
    office.later(121).await;
    said.push(ready().await);
    served.abort();
    let said: Vec<String> = said.into_iter().map(|(status, text)| format!("{status} {text}")).collect();
    insta::assert_snapshot!(said.concat());
    office.stop().await;
}

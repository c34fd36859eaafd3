//! The chat page and the view it draws from.

use serde_json::json;

use super::Server;

#[tokio::test]
async fn the_page_is_complete_in_itself() {
    let server = Server::start().await;
    let page = server.client.get(format!("http://{}/", server.address)).send().await.unwrap();
    assert_eq!(page.headers()["content-type"], "text/html; charset=utf-8");
    let page = page.text().await.unwrap();
    for outside in ["src=\"http", "href=\"http", "@import", "url(http"] {
        assert!(!page.contains(outside), "the page fetches {outside}");
    }
}

#[tokio::test]
async fn a_person_sees_their_own_chats() {
    let server = Server::start().await;
    server.office().await;
    server.order("people", json!({"people": [{"id": 3, "first_name": "丙"}]})).await;
    let id = server.send_button("a").await;
    let list = server.look("view?user=1").await;
    let ids: Vec<i64> = list["chats"].as_array().unwrap().iter().map(|chat| chat["id"].as_i64().unwrap()).collect();
    assert_eq!(ids, [1, -100]);
    assert_eq!(server.look("view?user=3").await["chats"].as_array().unwrap().len(), 1);
    assert_eq!(server.look("view?user=3&chat=-100").await["error"], "person 3 is not in chat -100");
    let view = server.look("view?user=2&chat=-100").await;
    let shown = view["messages"].as_array().unwrap().last().unwrap();
    assert_eq!((&shown["message_id"], &shown["buttons"]), (&json!(id), &json!([[{"text": "已阅", "data": "a"}]])));
    assert_eq!(view["messages"][0]["notice"], "机器人加入了群组");
}

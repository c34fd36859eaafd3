//! Carrying updates to the webhook over HTTP, as many at once as the bot allows. Pauses take real time whatever the
//! sandbox's clock says, as long polls do.

use axum::body::Bytes;
use reqwest::Client;
use reqwest::header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use reqwest::{redirect, retry};
use tokio::time::Duration;

use super::params::Params;
use super::poll::until;
use super::webhook::{Arrival, Next, Parcel};
use super::{JSON, Sandbox};

/// A webhook that has not answered by then counts as broken.
const PATIENCE: Duration = Duration::from_mins(1);
const SECRET_HEADER: &str = "X-Telegram-Bot-Api-Secret-Token";
/// Methods that a webhook cannot call by its answer, beside those that only look.
const NOT_BY_ANSWER: [&str; 4] = ["deletewebhook", "setwebhook", "close", "logout"];

impl Sandbox {
    /// Starts a courier for a webhook that has none.
    pub(super) fn serve_webhook(&self) {
        let unserved = self.lock().webhook.unserved();
        if let Some(generation) = unserved {
            tokio::spawn(self.clone().deliver(generation));
        }
    }

    /// Carries updates to the webhook of one generation until there is another one or none, or the sandbox ends.
    async fn deliver(self, generation: u64) {
        let client = Client::builder()
            .timeout(PATIENCE)
            .redirect(redirect::Policy::none())
            .retry(retry::never())
            .no_proxy()
            .build();
        let Ok(client) = client else { return };
        let mut closing = self.closing.subscribe();
        loop {
            let mut arrived = std::pin::pin!(self.arrived.notified());
            arrived.as_mut().enable();
            let next = self.lock().next_parcel(generation);
            let wake = match next {
                Next::Over => return,
                Next::Carry(parcel) => {
                    tokio::spawn(self.clone().carry(client.clone(), parcel));
                    continue;
                }
                Next::Wait(wake) => wake,
            };
            let awake = async {
                match wake {
                    Some(at) => until(at).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = arrived => {}
                () = awake => {}
                _ = closing.wait_for(|closing| *closing) => return,
            }
        }
    }

    async fn carry(self, client: Client, parcel: Parcel) {
        let mut closing = self.closing.subscribe();
        let arrival = tokio::select! {
            arrival = self.post(&client, &parcel) => arrival,
            _ = closing.wait_for(|closing| *closing) => return,
        };
        self.lock().arrived(&parcel, &arrival);
        self.ring();
    }

    async fn post(&self, client: &Client, parcel: &Parcel) -> Arrival {
        let mut request = client.post(&parcel.url).header(CONTENT_TYPE, JSON).body(parcel.json.clone());
        if !parcel.secret.is_empty() {
            request = request.header(SECRET_HEADER, &parcel.secret);
        }
        let answer = match request.send().await {
            Ok(answer) => answer,
            Err(why) => return Arrival::Broken(trouble(&why).to_owned()),
        };
        let (status, headers) = (answer.status(), answer.headers().clone());
        let body = match answer.bytes().await {
            Ok(body) => body,
            Err(why) => return Arrival::Broken(trouble(&why).to_owned()),
        };
        if status.is_success() {
            self.obey(&headers, &body);
            return Arrival::Taken;
        }
        let (status, reason) = (status.as_u16(), status.canonical_reason().unwrap_or(""));
        let why = format!("Wrong response from the webhook: {status} {reason}");
        let pause = headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()).and_then(|text| text.parse().ok());
        Arrival::Turned { status, why, retry_after: pause.unwrap_or(0) }
    }

    /// Does the call that a webhook's answer holds, if any; nobody hears what comes of it.
    fn obey(&self, headers: &HeaderMap, body: &Bytes) {
        let mut params = Params::default();
        let json = headers.get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(JSON.as_bytes()));
        if !json || params.add_json(body).is_err() {
            return;
        }
        let method = params.text("method").to_ascii_lowercase();
        if method.is_empty() || method.starts_with("get") || NOT_BY_ANSWER.contains(&method.as_str()) {
            return;
        }
        let mut world = self.lock();
        match world.faults.take(&method, params.text("chat_id")) {
            Some(met) => drop(world.meet(&met, &method, &params)),
            None => drop(world.call(&method, &params)),
        }
    }
}

/// In the words of the open server.
fn trouble(why: &reqwest::Error) -> &'static str {
    if why.is_timeout() {
        "Read timeout expired"
    } else if why.is_connect() {
        "Connection refused"
    } else {
        "Webhook connection closed"
    }
}

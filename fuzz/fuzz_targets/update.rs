//! Raw updates of the platform: nothing makes the reader panic, and a press is always that of the person the platform names.
#![no_main]

use libfuzzer_sys::fuzz_target;
use qingfeng::channel::Inbound;
use qingfeng::channel::telegram::inbound::read;

fuzz_target!(|raw: &str| {
    if let Inbound::Press(press) = read(raw) {
        let update: serde_json::Value = serde_json::from_str(raw).unwrap();
        assert_eq!(press.account, update["callback_query"]["from"]["id"].to_string());
    }
});

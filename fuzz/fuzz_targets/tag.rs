//! Button data: nothing makes the reader panic, and what it takes is exactly what the program would write.
#![no_main]

use libfuzzer_sys::fuzz_target;
use qingfeng::domain::tag::Tag;

/// A seal that can be guessed, so that the fuzzer reaches what lies behind it.
fn seal(_: &[u8]) -> [u8; 32] {
    [0; 32]
}

fuzz_target!(|data: &str| {
    if let Some(tag) = Tag::decode(data, seal) {
        assert_eq!(tag.encode(seal), data);
        assert!(data.len() <= 64);
    }
});

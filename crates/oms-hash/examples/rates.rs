//! What one core hashes in memory with SHA-256: for each engine its name, the messages at once, and
//! bytes per second, one line each. `cargo xtask bench` reads them.

#![allow(clippy::print_stdout)]

use std::time::Duration;

use oms_hash::{Algorithm, Engine, bytes_per_second, messages_at_once};

fn main() {
    for engine in Engine::available() {
        let messages = messages_at_once(Algorithm::Sha256, engine);
        let time = Duration::from_millis(200);
        let rate = bytes_per_second(Algorithm::Sha256, engine, messages, time);
        println!("{} {messages} {rate:.0}", engine.name());
    }
}

//! How fast bytes become digests.
//!
//! This crate knows nothing of models, signatures or JSON. It takes a [`Source`] of numbered files
//! and a list of [`Message`]s (a file, or a range of one), keeps every core busy, and gives one
//! [`Digest`] per message, in the order of the list, whatever the schedule was.
//!
//! ```
//! use oms_hash::{Algorithm, Digest};
//!
//! let digest = Digest::of(Algorithm::Sha256, b"abc");
//! assert_eq!(
//!     digest.to_hex(),
//!     "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
//! );
//! ```

#![deny(unsafe_code)]

mod ahead;
mod blake2b;
mod blake3;
mod buffer;
mod cancel;
mod digest;
mod engine;
mod exchange;
mod hasher;
mod kernel;
mod lane;
mod rate;
mod read;
mod schedule;
mod sha256;

pub use cancel::{CancelToken, Interrupted};
pub use digest::{Algorithm, Digest, DigestHexError, UnknownAlgorithm};
pub use engine::{Engine, EngineError};
pub use hasher::Hasher;
pub use rate::{bytes_per_second, messages_at_once};
pub use read::{Message, Source, SourceReader};
pub use schedule::{HashError, Options, hash_messages};

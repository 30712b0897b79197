//! One message after the other: the state of one hash computation.

use crate::{Algorithm, Digest};

/// A running hash of one message.
///
/// ```
/// use oms_hash::{Algorithm, Digest, Hasher};
///
/// let mut hasher = Hasher::new(Algorithm::Blake3);
/// hasher.update(b"mod");
/// hasher.update(b"el");
/// assert_eq!(hasher.finish(), Digest::of(Algorithm::Blake3, b"model"));
/// ```
pub struct Hasher(State);

enum State {
    Sha256(aws_lc_rs::digest::Context),
    Blake2b(Box<blake2b_simd::State>),
    Blake3(Box<blake3::Hasher>),
}

impl Hasher {
    /// An empty message.
    #[must_use]
    pub fn new(algorithm: Algorithm) -> Self {
        Self(match algorithm {
            Algorithm::Sha256 => {
                State::Sha256(aws_lc_rs::digest::Context::new(&aws_lc_rs::digest::SHA256))
            }
            Algorithm::Blake2b => State::Blake2b(Box::new(blake2b_simd::State::new())),
            Algorithm::Blake3 => State::Blake3(Box::new(blake3::Hasher::new())),
        })
    }

    /// Appends bytes to the message.
    pub fn update(&mut self, data: &[u8]) {
        match &mut self.0 {
            State::Sha256(context) => context.update(data),
            State::Blake2b(state) => {
                state.update(data);
            }
            State::Blake3(hasher) => {
                hasher.update(data);
            }
        }
    }

    /// Ends the message.
    #[must_use]
    pub fn finish(self) -> Digest {
        match self.0 {
            State::Sha256(context) => {
                let mut bytes = [0; 32];
                for (to, from) in bytes.iter_mut().zip(context.finish().as_ref()) {
                    *to = *from;
                }
                Digest::sha256(bytes)
            }
            State::Blake2b(state) => Digest::blake2b(*state.finalize().as_array()),
            State::Blake3(hasher) => Digest::blake3(*hasher.finalize().as_bytes()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// FIPS 180-4 / RFC 7693 appendix A / the BLAKE3 paper's test vectors for the empty input and
    /// for `abc`.
    #[test]
    fn published_vectors() {
        let cases = [
            (
                Algorithm::Sha256,
                "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
                "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            ),
            (
                Algorithm::Blake2b,
                "786a02f742015903c6c6fd852552d272912f4740e15847618a86e217f71f5419\
                 d25e1031afee585313896444934eb04b903a685b1448b755d56f701afe9be2ce",
                "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1\
                 7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923",
            ),
            (
                Algorithm::Blake3,
                "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262",
                "6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85",
            ),
        ];
        for (algorithm, empty, abc) in cases {
            assert_eq!(Digest::of(algorithm, b"").to_hex(), empty, "{algorithm}");
            assert_eq!(Digest::of(algorithm, b"abc").to_hex(), abc, "{algorithm}");
        }
    }
}

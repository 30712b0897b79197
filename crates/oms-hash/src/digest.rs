//! Digests that know their algorithm.

use std::fmt;
use std::str::FromStr;

use crate::Hasher;

/// A hash algorithm of the OMS format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Algorithm {
    /// SHA-256 (FIPS 180-4), 32 bytes; the default.
    #[default]
    Sha256,
    /// BLAKE2b (RFC 7693) with 64 bytes of output, unkeyed.
    Blake2b,
    /// BLAKE3 with 32 bytes of output, unkeyed.
    Blake3,
}

/// A name that is none of the three algorithms.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown hash algorithm {0:?}")]
pub struct UnknownAlgorithm(pub String);

impl Algorithm {
    /// Every algorithm, in the order in which documents list them.
    pub const ALL: [Self; 3] = [Self::Sha256, Self::Blake2b, Self::Blake3];

    /// The name that the OMS format uses.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "sha256",
            Self::Blake2b => "blake2b",
            Self::Blake3 => "blake3",
        }
    }

    /// The length of a digest in bytes.
    #[must_use]
    pub const fn digest_len(self) -> usize {
        match self {
            Self::Sha256 | Self::Blake3 => 32,
            Self::Blake2b => 64,
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Algorithm {
    type Err = UnknownAlgorithm;

    fn from_str(name: &str) -> Result<Self, UnknownAlgorithm> {
        Self::ALL
            .into_iter()
            .find(|algorithm| algorithm.name() == name)
            .ok_or_else(|| UnknownAlgorithm(name.to_owned()))
    }
}

/// A digest together with the algorithm that made it: digests of two algorithms are never equal.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Digest(Bytes);

// 64-byte digests are boxed: a manifest holds millions of digests, nearly always of 32 bytes.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Bytes {
    Sha256([u8; 32]),
    Blake2b(Box<[u8; 64]>),
    Blake3([u8; 32]),
}

/// Hexadecimal text that is not a digest of the algorithm asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DigestHexError {
    /// Too short or too long.
    #[error("{algorithm} digests have {expected} hexadecimal digits, this one has {actual}")]
    Length {
        /// The algorithm asked for.
        algorithm: Algorithm,
        /// Hexadecimal digits that a digest of the algorithm has.
        expected: usize,
        /// Characters found.
        actual: usize,
    },
    /// A character that is no hexadecimal digit.
    #[error("not a hexadecimal digit at position {position}")]
    Character {
        /// Byte offset of the first such character, from 0.
        position: usize,
    },
}

impl Digest {
    /// The digest of a few bytes in memory.
    #[must_use]
    pub fn of(algorithm: Algorithm, data: &[u8]) -> Self {
        let mut hasher = Hasher::new(algorithm);
        hasher.update(data);
        hasher.finish()
    }

    pub(crate) fn sha256(bytes: [u8; 32]) -> Self {
        Self(Bytes::Sha256(bytes))
    }

    pub(crate) fn blake2b(bytes: [u8; 64]) -> Self {
        Self(Bytes::Blake2b(Box::new(bytes)))
    }

    pub(crate) fn blake3(bytes: [u8; 32]) -> Self {
        Self(Bytes::Blake3(bytes))
    }

    /// The algorithm that made this digest.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        match self.0 {
            Bytes::Sha256(_) => Algorithm::Sha256,
            Bytes::Blake2b(_) => Algorithm::Blake2b,
            Bytes::Blake3(_) => Algorithm::Blake3,
        }
    }

    /// The raw bytes, 32 or 64 of them.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        match &self.0 {
            Bytes::Sha256(bytes) | Bytes::Blake3(bytes) => bytes,
            Bytes::Blake2b(bytes) => bytes.as_slice(),
        }
    }

    /// Lowercase hexadecimal.
    #[must_use]
    pub fn to_hex(&self) -> String {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let digit =
            |nibble: u8| char::from(DIGITS.get(usize::from(nibble & 15)).copied().unwrap_or(b'?'));
        let mut hex = String::with_capacity(2 * self.as_bytes().len());
        for byte in self.as_bytes() {
            hex.push(digit(byte >> 4));
            hex.push(digit(*byte));
        }
        hex
    }

    /// Reads hexadecimal in either case.
    ///
    /// # Errors
    /// [`DigestHexError`] when the length is not the algorithm's, or a character is no digit.
    pub fn from_hex(algorithm: Algorithm, hex: &str) -> Result<Self, DigestHexError> {
        let expected = algorithm.digest_len() * 2;
        if hex.len() != expected {
            let actual = hex.chars().count();
            let Some(position) = hex.find(|c: char| !c.is_ascii()).filter(|_| actual == expected)
            else {
                return Err(DigestHexError::Length { algorithm, expected, actual });
            };
            return Err(DigestHexError::Character { position });
        }
        Ok(match algorithm {
            Algorithm::Sha256 => Self::sha256(decode_hex(hex)?),
            Algorithm::Blake2b => Self::blake2b(decode_hex(hex)?),
            Algorithm::Blake3 => Self::blake3(decode_hex(hex)?),
        })
    }
}

/// `hex` has exactly `2 * N` bytes; the caller has checked that.
fn decode_hex<const N: usize>(hex: &str) -> Result<[u8; N], DigestHexError> {
    let mut out = [0; N];
    for (index, (byte, pair)) in out.iter_mut().zip(hex.as_bytes().chunks_exact(2)).enumerate() {
        for (offset, digit) in pair.iter().enumerate() {
            let Some(value) = char::from(*digit).to_digit(16) else {
                return Err(DigestHexError::Character { position: index * 2 + offset });
            };
            *byte = (*byte << 4) | u8::try_from(value).unwrap_or(0);
        }
    }
    Ok(out)
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl fmt::Display for Digest {
    /// `sha256:` and the hexadecimal digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.algorithm(), self.to_hex())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn hexadecimal_is_read_in_either_case_and_at_the_right_length_only() {
        for algorithm in Algorithm::ALL {
            let digest = Digest::of(algorithm, b"model");
            let hex = digest.to_hex();
            assert_eq!(Digest::from_hex(algorithm, &hex), Ok(digest.clone()));
            assert_eq!(Digest::from_hex(algorithm, &hex.to_uppercase()), Ok(digest));
            assert!(matches!(
                Digest::from_hex(algorithm, &hex[2..]),
                Err(DigestHexError::Length { .. })
            ));
            assert_eq!(
                Digest::from_hex(algorithm, &format!("{}g0", &hex[2..])),
                Err(DigestHexError::Character { position: hex.len() - 2 })
            );
        }
    }

    #[test]
    fn a_multibyte_character_is_an_error_and_no_panic() {
        let long = format!("{}é", "0".repeat(63));
        assert_eq!(
            Digest::from_hex(Algorithm::Sha256, &long),
            Err(DigestHexError::Character { position: 63 })
        );
        let text = format!("{}é", "0".repeat(62));
        assert_eq!(text.len(), 64);
        assert_eq!(
            Digest::from_hex(Algorithm::Sha256, &text),
            Err(DigestHexError::Character { position: 62 })
        );
    }

    #[test]
    fn equal_bytes_of_two_algorithms_are_two_digests() {
        assert_ne!(Digest::sha256([7; 32]), Digest::blake3([7; 32]));
    }
}

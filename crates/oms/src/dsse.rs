//! Dead Simple Signing Envelopes (DSSE v1), in the profile that OMS uses.

use aws_lc_rs::digest::{Algorithm, Context, Digest};

use crate::key::Curve;

/// The only payload type of OMS envelopes.
pub const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";

/// A payload and the one signature over it; not verified.
///
/// DSSE allows several signatures. Clients disagree on which of them counts, so that OMS envelopes
/// here hold exactly one; reading others is refused in [`crate::Bundle::from_slice`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    pub(crate) payload: Vec<u8>,
    pub(crate) signature: Vec<u8>,
}

impl Envelope {
    /// The signed bytes, which nobody has verified yet.
    #[must_use]
    pub fn unverified_payload(&self) -> &[u8] {
        &self.payload
    }

    /// The signature: ECDSA in ASN.1 DER.
    #[must_use]
    pub fn signature(&self) -> &[u8] {
        &self.signature
    }

    /// The digest that an ECDSA key of this curve signs.
    pub(crate) fn digest(&self, curve: Curve) -> Digest {
        pae_digest(curve.digest(), &self.payload)
    }

    /// The digest that clients of OMS v0.2.0 signed.
    pub(crate) fn legacy_digest(&self) -> Digest {
        legacy_pae_digest(&self.payload)
    }
}

/// Hashes the pre-authentication encoding (DSSE v1, "Signature Definition"):
/// `DSSEv1 <len(type)> <type> <len(payload)> <payload>`.
pub(crate) fn pae_digest(algorithm: &'static Algorithm, payload: &[u8]) -> Digest {
    let mut context = Context::new(algorithm);
    context.update(prefix("DSSEv1", payload).as_bytes());
    context.update(payload);
    context.finish()
}

/// The encoding of OMS v0.2.0: `DSSEV1`, and instead of the payload the Python literal of its bytes.
/// Its length field still counts the payload.
fn legacy_pae_digest(payload: &[u8]) -> Digest {
    let mut context = Context::new(&aws_lc_rs::digest::SHA256);
    context.update(prefix("DSSEV1", payload).as_bytes());
    // Python prefers single quotes, unless the bytes hold one and no double quote.
    let quote = if payload.contains(&b'\'') && !payload.contains(&b'"') { b'"' } else { b'\'' };
    context.update(&[b'b', quote]);
    for chunk in payload.chunks(4096) {
        context.update(&python_literal(chunk, quote));
    }
    context.update(&[quote]);
    context.finish()
}

fn prefix(version: &str, payload: &[u8]) -> String {
    format!("{version} {} {PAYLOAD_TYPE} {} ", PAYLOAD_TYPE.len(), payload.len())
}

/// The inside of Python's `repr` of a `bytes` object.
fn python_literal(bytes: &[u8], quote: u8) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() * 2);
    for &byte in bytes {
        match byte {
            b'\\' => out.extend(b"\\\\"),
            b'\t' => out.extend(b"\\t"),
            b'\n' => out.extend(b"\\n"),
            b'\r' => out.extend(b"\\r"),
            _ if byte == quote => out.extend([b'\\', byte]),
            0x20..=0x7e => out.push(byte),
            _ => out.extend(format!("\\x{byte:02x}").into_bytes()),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_encoding_is_the_one_of_the_dsse_document() {
        assert_eq!(prefix("DSSEv1", b"hello"), "DSSEv1 28 application/vnd.in-toto+json 5 ");
        let whole = b"DSSEv1 28 application/vnd.in-toto+json 5 hello";
        let expected = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA384, whole);
        let actual = pae_digest(&aws_lc_rs::digest::SHA384, b"hello");
        assert_eq!(actual.as_ref(), expected.as_ref());
    }

    /// The right-hand sides are what CPython 3.11 prints for `repr(b'…')`.
    #[test]
    fn python_literals_are_those_of_cpython() {
        assert_eq!(
            python_literal(b"a'b\\\t\n\r\x00\x7f\xff\"", b'\''),
            br#"a\'b\\\t\n\r\x00\x7f\xff""#
        );
        assert_eq!(python_literal(b"it's", b'"'), b"it's");
    }
}

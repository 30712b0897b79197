//! JSON as a signature format needs it: one meaning for every input.
//!
//! `serde_json` bounds the nesting (128 levels) and refuses invalid UTF-8 and trailing data. What it
//! leaves open is closed here: a name that stands twice in one object, which two readers may
//! resolve in two ways, is refused at every level, in parts that nobody reads too; so is a string of more
//! than 128 KiB, but for the two that hold other documents.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

use crate::bounded::Object;
use crate::path::Escaped;

/// Members of one object at most. The objects of a bundle have a handful; long lists are arrays.
const MAX_MEMBERS: usize = 4096;

/// Bytes of one string, and of one name, at most; a certificate of 96 KiB fits in base64.
const MAX_STRING_LEN: usize = 128 * 1024;

/// Members whose strings may be as long as the input.
const LONG_MEMBERS: [&str; 2] = ["payload", "canonicalizedBody"];

/// Why a text was not accepted as JSON of the expected shape.
#[derive(Debug)]
pub struct JsonError(serde_json::Error);

impl From<serde_json::Error> for JsonError {
    fn from(error: serde_json::Error) -> Self {
        Self(error)
    }
}

impl std::error::Error for JsonError {}

impl fmt::Display for JsonError {
    /// On one line of bounded length: the parser quotes what it found, which anyone may have written.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 250;
        let text = self.0.to_string();
        if text.chars().count() <= SHOWN {
            return Escaped(&text).fmt(f);
        }
        let start: String = text.chars().take(SHOWN).collect();
        let (line, column) = (self.0.line(), self.0.column());
        write!(f, "{}… at line {line} column {column}", Escaped(&start))
    }
}

/// Parses `bytes` as an object of type `T`, refusing duplicate names at every level.
pub(crate) fn parse<'de, T: Deserialize<'de>>(bytes: &'de [u8]) -> Result<T, JsonError> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    Check { max_string_len: MAX_STRING_LEN }.deserialize(&mut reader)?;
    reader.end()?;
    parse_again(bytes)
}

/// Parses bytes that [`parse`] has been over already.
pub(crate) fn parse_again<'de, T: Deserialize<'de>>(bytes: &'de [u8]) -> Result<T, JsonError> {
    Ok(serde_json::from_slice::<Object<T>>(bytes)?.0)
}

/// Checks that a text, which [`parse`] may not have been over, has no more values than its length allows
/// a document of ours to have: as a tree in memory they take far more than as text.
#[cfg(feature = "sigstore")]
pub(crate) fn check_density(bytes: &[u8]) -> Result<(), JsonError> {
    /// Ours weighs one for each 10 bytes at most.
    const LEN_OF_A_VALUE: usize = 8;
    const ALWAYS_ALLOWED: usize = 100_000;
    /// An object takes more than half a kilobyte, whatever is in it.
    const WEIGHT_OF_AN_OBJECT: usize = 8;
    let limit = ALWAYS_ALLOWED + bytes.len() / LEN_OF_A_VALUE;
    // Outside of strings, each value but the first follows one of these.
    let (mut in_string, mut escaped, mut values) = (false, false, 0_usize);
    for byte in bytes {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'{' if !in_string => values += WEIGHT_OF_AN_OBJECT,
            b',' | b'[' if !in_string => values += 1,
            _ => {}
        }
    }
    if values <= limit {
        return Ok(());
    }
    let error = format_args!("it has more than {limit} values, far more than a list of files");
    Err(<serde_json::Error as serde::de::Error>::custom(error).into())
}

/// Walks a value, keeps nothing of it: names that stand twice, strings that are too long.
#[derive(Clone, Copy)]
struct Check {
    max_string_len: usize,
}

impl<'de> DeserializeSeed<'de> for Check {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Check {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<(), E> {
        if text.len() <= self.max_string_len {
            return Ok(());
        }
        Err(E::custom(format_args!("a string is longer than {MAX_STRING_LEN} bytes")))
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while seq.next_element_seed(self)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut names = HashSet::new();
        while let Some(Name(name)) = map.next_key()? {
            if names.len() == MAX_MEMBERS {
                return Err(A::Error::custom(format_args!(
                    "an object has more than {MAX_MEMBERS} members"
                )));
            }
            Check { max_string_len: MAX_STRING_LEN }.visit_str(&name)?;
            let is_long = LONG_MEMBERS.contains(&&*name);
            if let Some(name) = names.replace(name) {
                return Err(A::Error::custom(format_args!("the name \"{name}\" stands twice")));
            }
            let max_string_len = if is_long { usize::MAX } else { MAX_STRING_LEN };
            map.next_value_seed(Check { max_string_len })?;
        }
        Ok(())
    }
}

/// A name, borrowed from the input unless it has escapes.
#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[derive(Deserialize, Debug)]
    struct Known {
        #[allow(dead_code)]
        a: u8,
    }

    fn refusal(text: &str) -> String {
        parse::<Known>(text.as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn a_name_that_stands_twice_is_refused_wherever_it_is() {
        assert!(refusal(r#"{"a":1,"a":1}"#).starts_with(r#"the name "a" stands twice"#));
        let nested = r#"{"a":1,"x":[{"y":{"b":1,"c":2,"b":3}}]}"#;
        assert!(refusal(nested).starts_with(r#"the name "b" stands twice"#));
        assert!(refusal(r#"{"a":1,"\u0061":1}"#).contains("stands twice"));
        parse::<Known>(br#"{"a":1,"x":[{"b":1},{"b":1}]}"#).unwrap();
    }

    #[cfg(feature = "sigstore")]
    #[test]
    fn many_small_values_are_refused_and_many_resources_are_not() {
        let resource =
            format!(r#"{{"name":"a","algorithm":"sha256","digest":"{}"}}"#, "0".repeat(64));
        let resources = vec![resource; 100_000].join(",");
        check_density(format!(r#"{{"predicate":{{"resources":[{resources}]}}}}"#).as_bytes())
            .unwrap();
        let objects = vec![r#"{"":0}"#; 100_000].join(&" ".repeat(30));
        check_density(format!("[{}]", objects.replace(' ', ",")).as_bytes()).unwrap_err();
        let lists = format!("[{}[]]", "[],".repeat(200_000));
        let refused = check_density(lists.as_bytes()).unwrap_err().to_string();
        assert!(refused.contains("far more than a list of files"), "{refused}");
        // What stands in strings is no value.
        let text = format!(r#"["{}\",""{}"]"#, "[,{".repeat(200_000), ",".repeat(200_000));
        check_density(text.as_bytes()).unwrap();
    }

    #[test]
    fn depth_width_and_trailing_data_are_bounded() {
        let deep = format!(r#"{{"a":1,"x":{}{}}}"#, "[".repeat(200_000), "]".repeat(200_000));
        assert!(refusal(&deep).contains("recursion limit"));
        let names: Vec<String> = (0..=MAX_MEMBERS).map(|i| format!(r#""{i}":0"#)).collect();
        assert!(refusal(&format!(r#"{{{}}}"#, names.join(","))).contains("more than 4096"));
        let long = format!(r#"{{"a":1,"x":["{}"]}}"#, "s".repeat(MAX_STRING_LEN + 1));
        assert!(refusal(&long).contains("longer than 131072"));
        parse::<Known>(long.replace("\"x\"", "\"payload\"").replace(['[', ']'], "").as_bytes())
            .unwrap();
        assert!(refusal(r#"{"a":1} x"#).contains("trailing characters"));
    }
}

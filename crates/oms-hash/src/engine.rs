//! Which code computes SHA-256, and which of them for how many messages.

use std::str::FromStr;
use std::sync::OnceLock;

use crate::sha256::{Lane, Scalar, Vector};

/// Lanes at most, whatever the engine: what a step can hold.
pub(crate) const MAX_LANES: usize = 16;

/// The code that computes SHA-256. The digests are the same with each.
///
/// | name | messages at once | for |
/// |---|---|---|
/// | `aws-lc` | 1 | every processor |
/// | `sha-ni` | 4 | x86-64 with the SHA instructions |
/// | `avx2` | 8 | x86-64 with AVX2 |
/// | `avx512` | 16 | x86-64 with AVX-512 F and BW |
///
/// [`Engine::best`] mixes them, by a table and not by a measurement: at the start of a process the
/// clock of a core is still rising, and what was measured then came out one way or the other.
///
/// | processor | few messages | many messages | from |
/// |---|---|---|---|
/// | SHA instructions, not Intel or no AVX-512 | `sha-ni` | `sha-ni` | |
/// | SHA instructions and AVX-512, Intel | `sha-ni` | `avx512` | 10 |
/// | AVX-512 | `aws-lc` | `avx512` | 3 |
/// | AVX2 | `aws-lc` | `avx2` | 3 |
/// | any other | `aws-lc` | `aws-lc` | |
///
/// Measured on one core of a Zen 4: four interleaved messages 3.7 GB/s, near the bound of the SHA unit;
/// `avx512` 3.4, `avx2` 1.9; `aws-lc` 1.8, and 0.3 when it is told that there is no SHA unit. The break-even
/// of 10 rests on figures of other code on a Sapphire Rapids (1.65 GB/s interleaved, 2.87 with AVX-512). A
/// processor without SHA instructions and a Zen 5 were never at hand: 3 is a cautious guess.
///
/// ```
/// use oms_hash::Engine;
///
/// let portable: Engine = "aws-lc".parse()?;
/// assert_eq!(portable.name(), "aws-lc");
/// println!("{}, {} messages at once", Engine::best().name(), Engine::best().lanes());
/// # Ok::<(), oms_hash::EngineError>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Engine {
    name: &'static str,
    /// For lanes that are too few for the vectors.
    scalar: Scalar,
    vector: Option<Vectors>,
}

#[derive(Debug, Clone, Copy)]
struct Vectors {
    code: Vector,
    /// Lanes from which on one step of the vector code is quicker than as many messages without.
    from: usize,
}

/// Why there is no such engine here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// Nobody's name.
    #[error("unknown hash engine {0:?}")]
    Unknown(String),
    /// The processor lacks the instructions.
    #[error("this processor cannot run the hash engine {0:?}")]
    Unsupported(&'static str),
}

impl Engine {
    /// Every name, whether or not this processor can run it.
    pub const NAMES: [&'static str; 4] = ["aws-lc", "sha-ni", "avx2", "avx512"];

    /// Every engine that this processor can run.
    #[must_use]
    pub fn available() -> Vec<Self> {
        Self::NAMES.into_iter().filter_map(|name| name.parse().ok()).collect()
    }

    /// The mixture for this processor, as the table in the documentation of this type says.
    #[must_use]
    pub fn best() -> Self {
        static BEST: OnceLock<Engine> = OnceLock::new();
        *BEST.get_or_init(|| {
            let scalar = Scalar::best();
            // The last one has the most lanes.
            match Vector::available().pop().and_then(|code| Some((code, break_even(scalar, code)?)))
            {
                Some((code, from)) => {
                    Self { name: code.name(), scalar, vector: Some(Vectors { code, from }) }
                }
                None => Self { name: scalar.name(), scalar, vector: None },
            }
        })
    }

    /// One of [`Engine::NAMES`]: where messages are many, the code of that name computes them.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Messages that it takes at once.
    #[must_use]
    pub fn lanes(&self) -> usize {
        self.vector.map_or(self.scalar.width(), |vectors| vectors.code.width())
    }

    /// Takes in the blocks of each lane; every lane has the same number of them.
    pub(crate) fn advance(&self, mut lanes: &mut [Lane<'_>]) {
        while let Some(Vectors { code, from }) = self.vector
            && lanes.len() >= from
        {
            let (now, rest) = lanes.split_at_mut(lanes.len().min(code.width()));
            code.advance(now);
            lanes = rest;
        }
        self.scalar.advance(lanes);
    }
}

#[cfg(test)]
impl Engine {
    /// Every mixture that some processor might get, of the code that runs on this one.
    pub(crate) fn mixtures() -> Vec<Self> {
        let mut all = Self::available();
        for scalar in Scalar::available() {
            for code in Vector::available() {
                let mixed =
                    |from| Self { name: code.name(), scalar, vector: Some(Vectors { code, from }) };
                all.extend([3, 10].map(mixed));
            }
        }
        all
    }
}

impl FromStr for Engine {
    type Err = EngineError;

    fn from_str(name: &str) -> Result<Self, EngineError> {
        let unknown = || EngineError::Unknown(name.to_owned());
        let name = Self::NAMES.into_iter().find(|known| *known == name).ok_or_else(unknown)?;
        let scalar = Scalar::available().into_iter().find(|scalar| scalar.name() == name);
        if let Some(scalar) = scalar {
            return Ok(Self { name, scalar, vector: None });
        }
        let vector = Vector::available().into_iter().find(|vector| vector.name() == name);
        let code = vector.ok_or(EngineError::Unsupported(name))?;
        // Whoever asks for it gets it, also for one lane.
        Ok(Self { name, scalar: Scalar::best(), vector: Some(Vectors { code, from: 1 }) })
    }
}

/// Lanes from which on a step of the vector code takes less time than the scalar code would; `None` if
/// it never does. See the table at [`Engine`].
fn break_even(scalar: Scalar, vector: Vector) -> Option<usize> {
    const WITH_SHA_UNIT: usize = 10;
    const WITHOUT: usize = 3;
    if !scalar.has_sha_unit() {
        return Some(WITHOUT);
    }
    (vector.width() == MAX_LANES && is_intel()).then_some(WITH_SHA_UNIT)
}

#[cfg(target_arch = "x86_64")]
fn is_intel() -> bool {
    let vendor = std::arch::x86_64::__cpuid(0);
    [vendor.ebx, vendor.edx, vendor.ecx].map(u32::to_le_bytes).as_flattened() == b"GenuineIntel"
}

#[cfg(not(target_arch = "x86_64"))]
fn is_intel() -> bool {
    false
}

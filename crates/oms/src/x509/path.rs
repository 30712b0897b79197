//! Finding a path from the signing certificate to an anchor.

use std::time::SystemTime;

use super::rules::{check_path, has_own_name, is_ca, is_issued_by, is_self_signed};
use super::{Cert, ChainError, TrustInput, signature, unix_seconds};

/// Certificates between the signing one and the anchor, at most.
const MAX_DEPTH: usize = 10;

/// Signatures that are checked while looking for a path, at most.
const MAX_ATTEMPTS: usize = 500;

/// Finds and judges a path; gives it with the signing certificate first and the anchor last.
///
/// Anchors are the self-signed authorities that the user gave, and the signing certificate itself if
/// it is self-signed and was given. Everything else, from the user or the bundle, may only help on
/// the way. All candidates of the right name are tried.
pub(crate) fn find_path(
    leaf: &Cert,
    from_bundle: &[Cert],
    trust: &TrustInput,
    time: SystemTime,
) -> Result<Vec<Cert>, ChainError> {
    let now = unix_seconds(time);
    if trust.certificates.contains(leaf) && is_self_signed(leaf) {
        let path = vec![leaf.clone(), leaf.clone()];
        check_path(&path, now)?;
        return Ok(vec![leaf.clone()]);
    }
    let mut search = Search::new(leaf, from_bundle, trust, now);
    let mut path = vec![leaf.clone()];
    if search.extend(&mut path)? {
        return Ok(path);
    }
    Err(search.into_error(leaf))
}

struct Search {
    anchors: Vec<Cert>,
    helpers: Vec<Cert>,
    now: u64,
    attempts: usize,
    /// The issuer that was looked for in vain at the end of the longest way.
    dead_end: (usize, String),
    /// Roots that are no anchors, since they are signed with an algorithm that is not accepted.
    weak_roots: Vec<(String, ChainError)>,
    /// What was wrong with a way that went further than any dead end.
    refusal: Option<ChainError>,
}

impl Search {
    fn new(leaf: &Cert, from_bundle: &[Cert], trust: &TrustInput, now: u64) -> Self {
        let (mut anchors, mut helpers) = (Vec::new(), Vec::new());
        let mut weak_roots = Vec::new();
        for certificate in &trust.certificates {
            if !is_ca(certificate) {
                helpers.push(certificate.clone());
            } else if is_self_signed(certificate) {
                anchors.push(certificate.clone());
            } else {
                if has_own_name(certificate)
                    && let Err(error) = signature::check_algorithm(certificate)
                {
                    weak_roots.push((certificate.subject(), error));
                }
                helpers.push(certificate.clone());
            }
        }
        for certificate in from_bundle {
            if certificate != leaf && !anchors.contains(certificate) {
                helpers.push(certificate.clone());
            }
        }
        Self {
            anchors,
            helpers,
            now,
            attempts: 0,
            dead_end: (0, leaf.issuer()),
            weak_roots,
            refusal: None,
        }
    }

    /// Extends the path until it ends in an anchor and holds; `false` when there is no way.
    fn extend(&mut self, path: &mut Vec<Cert>) -> Result<bool, ChainError> {
        let Some(last) = path.last().cloned() else {
            return Ok(false);
        };
        let mut found = false;
        for (issuer, is_anchor) in self.issuers_of(&last, path) {
            self.count_attempt(path)?;
            if let Err(error) =
                signature::check_algorithm(&last).and(signature::check_issuer_key(&issuer))
            {
                self.refusal.get_or_insert(error);
                continue;
            }
            if !is_issued_by(&last, &issuer) {
                continue;
            }
            found = true;
            path.push(issuer);
            if is_anchor {
                match check_path(path, self.now) {
                    Ok(()) => return Ok(true),
                    Err(error) => self.refuse(error),
                }
            } else if path.len() > MAX_DEPTH + 1 {
                let subject = path.first().map(Cert::subject).unwrap_or_default();
                self.refusal.get_or_insert(ChainError::TooComplex { subject });
            } else if self.extend(path)? {
                return Ok(true);
            }
            path.pop();
        }
        if !found && path.len() > self.dead_end.0 {
            self.dead_end = (path.len(), last.issuer());
        }
        Ok(false)
    }

    /// Every certificate of the right name that is not on the path yet, anchors first.
    fn issuers_of(&self, certificate: &Cert, path: &[Cert]) -> Vec<(Cert, bool)> {
        let candidates = self.anchors.iter().map(|anchor| (anchor, true));
        candidates
            .chain(self.helpers.iter().map(|helper| (helper, false)))
            .filter(|(issuer, _)| is_named_issuer(certificate, issuer) && !path.contains(issuer))
            .map(|(issuer, is_anchor)| (issuer.clone(), is_anchor))
            .collect()
    }

    fn count_attempt(&mut self, path: &[Cert]) -> Result<(), ChainError> {
        self.attempts += 1;
        if self.attempts <= MAX_ATTEMPTS {
            return Ok(());
        }
        let subject = path.first().map(Cert::subject).unwrap_or_default();
        Err(ChainError::TooComplex { subject })
    }

    /// A way that led to an anchor says more than one that was cut short.
    fn refuse(&mut self, error: ChainError) {
        self.refusal = Some(error);
    }

    fn into_error(self, leaf: &Cert) -> ChainError {
        if let Some(error) = self.refusal {
            return error;
        }
        let mut weak_roots = self.weak_roots.into_iter();
        if let Some((_, error)) = weak_roots.find(|(subject, _)| *subject == self.dead_end.1) {
            return error;
        }
        if self.anchors.is_empty() {
            return ChainError::NoAnchors;
        }
        ChainError::Untrusted { subject: leaf.subject(), issuer: self.dead_end.1 }
    }
}

fn is_named_issuer(certificate: &Cert, issuer: &Cert) -> bool {
    certval::compare_names(certificate.tbs().issuer(), issuer.tbs().subject())
}

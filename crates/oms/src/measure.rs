//! Model → manifest, for signing.

use std::path::Path;

use crate::bundle::DEFAULT_MAX_BUNDLE_LEN;
use crate::enumerate::{Listing, Policy, enumerate};
use crate::error::Error;
use crate::ignore::{Exclusions, git_paths, signature_path, user_paths};
use crate::manifest::{Manifest, Method, Resource, Serialization};
use crate::model::{Entry, Model, hash_entries};
use crate::options::SignOptions;
use crate::progress::Run;
use crate::warning::Warning;

/// A model as it is now.
pub(crate) struct Measured {
    pub(crate) manifest: Manifest,
    pub(crate) files: u64,
    pub(crate) bytes: u64,
    pub(crate) warnings: Vec<Warning>,
}

/// Lists and hashes all files that belong to the model.
pub(crate) fn measure(
    model: &Model,
    signature: Option<&Path>,
    options: &SignOptions,
    run: &Run<'_>,
) -> Result<Measured, Error> {
    let mut warnings = Vec::new();
    let exclusions = exclusions(model, signature, options, &mut warnings)?;
    let policy = Policy {
        exclusions: &exclusions,
        follow_links: options.allow_symlinks,
        signed: None,
        pass_unreadable: false,
    };
    let listing = checked(enumerate(model, &policy, run)?)?;
    warnings.extend(listing.warnings);
    let method = options.method();
    let entries = to_hash(&listing.entries, method, &mut warnings);
    if entries.is_empty() {
        return Err(Error::EmptyModel { path: model.path.clone() });
    }
    check_count(&entries, method)?;
    let digests = hash_entries(model, &entries, method, options.algorithm, run)?;
    let mut resources = Vec::with_capacity(digests.len());
    let mut digests = digests.into_iter();
    for entry in &entries {
        for (range, digest) in method.pieces(entry.stamp.len).zip(digests.by_ref()) {
            resources.push(Resource { path: entry.path.clone(), range, digest });
        }
    }
    let serialization = Serialization {
        method,
        algorithm: options.algorithm,
        allow_symlinks: options.allow_symlinks,
        ignore_paths: Some(exclusions.to_recorded()),
    };
    let bytes = entries.iter().fold(0_u64, |sum, entry| sum.saturating_add(entry.stamp.len));
    let files = entries.len() as u64;
    Ok(Measured { manifest: Manifest::sorted(serialization, resources), files, bytes, warnings })
}

fn exclusions(
    model: &Model,
    signature: Option<&Path>,
    options: &SignOptions,
    warnings: &mut Vec<Warning>,
) -> Result<Exclusions, Error> {
    let mut paths = user_paths(model, &options.ignore_paths, warnings)?;
    if options.ignore_git_paths {
        paths.extend(git_paths());
    }
    let signature = signature.and_then(|signature| signature_path(model, signature));
    Ok(Exclusions::new(paths, signature))
}

/// Anything that is no regular file with a UTF-8 name cannot be signed.
fn checked(listing: Listing) -> Result<Listing, Error> {
    if let Some(path) = listing.unnameable.first() {
        return Err(Error::NonUtf8Name { path: path.as_str().to_owned() });
    }
    if !listing.others.is_empty() {
        return Err(Error::NotRegular { files: listing.others });
    }
    Ok(listing)
}

/// Each resource takes at least so many bytes of a bundle: no need to hash what cannot be written.
fn check_count(entries: &[&Entry], method: Method) -> Result<(), Error> {
    const MIN_RESOURCE_LEN: u64 = 150;
    let limit = DEFAULT_MAX_BUNDLE_LEN / MIN_RESOURCE_LEN;
    let pieces = |entry: &&Entry| match method {
        Method::Files => 1,
        Method::Shards { size } => entry.stamp.len.div_ceil(size.get()),
    };
    let count = entries.iter().map(pieces).fold(0, u64::saturating_add);
    if count > limit { Err(Error::TooManyResources { count, limit }) } else { Ok(()) }
}

/// In shards, an empty file leaves no trace: say so.
fn to_hash<'a>(
    entries: &'a [Entry],
    method: Method,
    warnings: &mut Vec<Warning>,
) -> Vec<&'a Entry> {
    if method == Method::Files {
        return entries.iter().collect();
    }
    let (empty, filled): (Vec<_>, Vec<_>) = entries.iter().partition(|entry| entry.stamp.len == 0);
    if let Some(first) = empty.first() {
        let (count, first) = (empty.len() as u64, first.path.clone());
        warnings.push(Warning::EmptyFilesNotCovered { count, first });
    }
    filled
}

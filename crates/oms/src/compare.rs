//! Model and statement → comparison, for verifying.

use std::path::Path;

use crate::enumerate::{Listing, Policy, SignedNames, enumerate};
use crate::error::Error;
use crate::ignore::{Exclusions, git_paths, signature_path, user_paths};
use crate::manifest::{
    Diff, FileResources, Manifest, Method, Observation, Serialization, diff, files,
};
use crate::model::{Entry, Model, Root, hash_entries};
use crate::options::VerifyOptions;
use crate::progress::Run;
use crate::report::Comparison;
use crate::statement::Statement;
use crate::warning::Warning;

/// Lists the model as the statement says, hashes what was signed, and compares.
pub(crate) fn compare(
    model: &Model,
    signature: &Path,
    statement: &Statement,
    options: &VerifyOptions,
    run: &Run<'_>,
) -> Result<Comparison, Error> {
    let manifest = statement.manifest();
    let by_path = manifest.by_path();
    let mut signed: Vec<_> = files(&by_path).collect();
    name_single_file(model, &mut signed);
    let names = SignedNames::new(signed.iter().map(|file| file.path));
    let mut comparison = Comparison::default();
    comparison.warnings.extend(statement.notes().iter().cloned().map(Warning::Signature));
    let exclusions = exclusions(model, signature, manifest, options, &mut comparison.warnings)?;
    let policy = Policy {
        exclusions: &exclusions,
        follow_links: manifest.serialization().allow_symlinks || options.allow_symlinks,
        signed: Some(&names),
        pass_unreadable: options.ignore_unsigned_files,
    };
    let mut listing = enumerate(model, &policy, run)?;
    comparison.warnings.append(&mut listing.warnings);
    comparison.links = listing.links;
    comparison.diff = observe(model, &listing, &signed, manifest, &mut comparison, run)?;
    comparison.diff.unsigned.append(&mut listing.unnameable);
    comparison.not_covered.append(&mut listing.excluded);
    comparison.not_covered.sort_unstable();
    run.check()?;
    if options.ignore_unsigned_files {
        admit_unsigned(&mut comparison, &names);
    }
    Ok(comparison)
}

/// Recorded, defaults, the user's and the signature file.
fn exclusions(
    model: &Model,
    signature: &Path,
    manifest: &Manifest,
    options: &VerifyOptions,
    warnings: &mut Vec<Warning>,
) -> Result<Exclusions, Error> {
    let mut paths = user_paths(model, &options.ignore_paths, warnings)?;
    paths.extend(manifest.serialization().ignore_paths.iter().flatten().cloned());
    if options.ignore_git_paths {
        paths.extend(git_paths());
    }
    Ok(Exclusions::new(paths, signature_path(model, signature)))
}

/// A single file that was signed as `.` may have any name: here it gets its own.
fn name_single_file<'a>(model: &'a Model, signed: &mut [FileResources<'a>]) {
    if let ([file], Root::File { name, .. }) = (signed, &model.root)
        && file.path.is_single_file()
    {
        file.path = name;
    }
}

/// Hashes the files that were signed, not opening the others, and tells what differs.
fn observe(
    model: &Model,
    listing: &Listing,
    signed: &[FileResources<'_>],
    manifest: &Manifest,
    comparison: &mut Comparison,
    run: &Run<'_>,
) -> Result<Diff, Error> {
    let Serialization { method, algorithm, .. } = *manifest.serialization();
    let mut observed = Vec::with_capacity(listing.entries.len() + listing.others.len());
    let mut to_hash = Vec::with_capacity(listing.entries.len());
    for entry in &listing.entries {
        match plan(entry, signed, method) {
            Plan::Hash => to_hash.push(entry),
            Plan::Differs => observed.push((&entry.path, Observation::NotHashed)),
            Plan::NotCovered => comparison.not_covered.push(entry.path.clone()),
        }
    }
    comparison.files = to_hash.len() as u64;
    comparison.bytes = to_hash.iter().fold(0_u64, |sum, entry| sum.saturating_add(entry.stamp.len));
    let digests = hash_entries(model, &to_hash, method, algorithm, run)?;
    let mut rest = digests.as_slice();
    for entry in to_hash {
        let pieces = method.pieces(entry.stamp.len).count();
        let (own, others) = rest.split_at_checked(pieces).unwrap_or((rest, &[]));
        observed.push((&entry.path, Observation::Hashed(own)));
        rest = others;
    }
    observed.extend(listing.others.iter().map(|(path, kind)| (path, Observation::Other(*kind))));
    observed.sort_unstable_by(|a, b| a.0.cmp(b.0));
    Ok(diff(signed, &observed))
}

enum Plan {
    /// Signed, and of the right length as far as that is known.
    Hash,
    /// Not signed, or of another length: hashing would tell nothing new.
    Differs,
    /// An empty file in a model that was signed in shards: the format is silent about it.
    NotCovered,
}

fn plan(entry: &Entry, signed: &[FileResources<'_>], method: Method) -> Plan {
    let found = signed.binary_search_by(|file| file.path.cmp(&entry.path));
    let Some(file) = found.ok().and_then(|index| signed.get(index)) else {
        let is_silent = entry.stamp.len == 0 && method != Method::Files;
        return if is_silent { Plan::NotCovered } else { Plan::Differs };
    };
    match file.signed_len() {
        Some(len) if len != entry.stamp.len => Plan::Differs,
        _ => Plan::Hash,
    }
}

/// Drops what nobody signed; what was signed stays, whatever it has become.
fn admit_unsigned(comparison: &mut Comparison, names: &SignedNames<'_>) {
    let unsigned = std::mem::take(&mut comparison.diff.unsigned);
    comparison.ignored_unsigned.extend(unsigned);
    comparison.diff.wrong_type.retain(|(path, _)| {
        let is_signed = names.has_file(path);
        if !is_signed {
            comparison.ignored_unsigned.push(path.clone());
        }
        is_signed
    });
    comparison.ignored_unsigned.sort_unstable();
}

//! Random models: what was signed verifies, and any single change is found and named.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::BTreeMap;
use std::fs;
use std::num::NonZeroU64;
use std::path::Path;

use oms::{
    Algorithm, Curve, Diff, Error, FileKind, KeySigner, KeyVerifier, PrivateKey, RelPath, Run,
    SignOptions, VerifyOptions,
};
use proptest::prelude::*;

type Tree = BTreeMap<String, Vec<u8>>;

/// A name that is a file is never a folder too: files end in a digit, folders do not.
fn tree() -> impl Strategy<Value = Tree> {
    let name = "([a-c:.\\\\ é-]{0,3}[x-z]/){0,2}[a-c:.\\\\ é-]{0,3}[0-9]";
    prop::collection::btree_map(name, prop::collection::vec(any::<u8>(), 0..40), 1..8)
}

fn options() -> impl Strategy<Value = SignOptions> {
    (0..3_usize, prop::option::of(1..20_u64)).prop_map(|(algorithm, shard_size)| {
        let options = SignOptions::new().algorithm(Algorithm::ALL[algorithm]);
        match shard_size.and_then(NonZeroU64::new) {
            Some(size) => options.shard_size(size),
            None => options,
        }
    })
}

#[derive(Debug, Clone)]
enum Change {
    Flip(prop::sample::Index),
    Append,
    Truncate,
    Remove,
    Rename,
    Add,
    IntoFolder,
    #[cfg(unix)]
    IntoLink,
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        any::<prop::sample::Index>().prop_map(Change::Flip),
        Just(Change::Append),
        Just(Change::Truncate),
        Just(Change::Remove),
        Just(Change::Rename),
        Just(Change::Add),
        Just(Change::IntoFolder),
        #[cfg(unix)]
        Just(Change::IntoLink),
    ]
}

fn write(root: &Path, tree: &Tree) {
    for (name, bytes) in tree {
        let path = root.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
}

/// Makes the change to the file; gives what a verifier must say. `None`: there is nothing to change.
fn apply(root: &Path, name: &str, bytes: &[u8], change: &Change) -> Option<Diff> {
    let path = root.join(name);
    let listed = |name: &str| vec![RelPath::parse(name).unwrap()];
    let mut diff = Diff::default();
    match change {
        Change::Flip(_) | Change::Truncate if bytes.is_empty() => return None,
        Change::Flip(index) => {
            let mut bytes = bytes.to_vec();
            let at = index.index(bytes.len());
            bytes[at] ^= 1 << (at % 8);
            fs::write(path, bytes).unwrap();
            diff.modified = listed(name);
        }
        Change::Append => {
            fs::write(path, [bytes, b"+"].concat()).unwrap();
            diff.modified = listed(name);
        }
        Change::Truncate => {
            fs::write(path, &bytes[..bytes.len() - 1]).unwrap();
            diff.modified = listed(name);
        }
        Change::Remove => {
            fs::remove_file(path).unwrap();
            diff.missing = listed(name);
        }
        Change::Rename => {
            fs::rename(&path, root.join(format!("{name}.moved"))).unwrap();
            diff.missing = listed(name);
            diff.unsigned = listed(&format!("{name}.moved"));
        }
        Change::Add => {
            fs::write(root.join(format!("{name}.new")), b"new").unwrap();
            diff.unsigned = listed(&format!("{name}.new"));
        }
        Change::IntoFolder => {
            fs::remove_file(&path).unwrap();
            fs::create_dir(&path).unwrap();
            diff.missing = listed(name);
        }
        #[cfg(unix)]
        Change::IntoLink => {
            fs::remove_file(&path).unwrap();
            std::os::unix::fs::symlink("/dev/null", &path).unwrap();
            diff.wrong_type = vec![(RelPath::parse(name).unwrap(), FileKind::Symlink)];
        }
    }
    Some(diff)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn any_single_change_is_found_and_named(
        tree in tree(),
        options in options(),
        change in change(),
        pick in any::<prop::sample::Index>(),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let (root, signature) = (folder.path().join("model"), folder.path().join("model.sig"));
        fs::create_dir(&root).unwrap();
        write(&root, &tree);
        let key = PrivateKey::generate(Curve::P256).unwrap();
        let verifier = KeyVerifier::new(key.public().clone());
        let in_shards = options.shard_size.is_some();
        let covered: Tree =
            tree.into_iter().filter(|(_, bytes)| !in_shards || !bytes.is_empty()).collect();
        let signed = oms::sign(&root, &signature, &KeySigner::new(key), &options, &Run::default());
        if covered.is_empty() {
            let is_empty = matches!(signed, Err(Error::EmptyModel { .. }));
            prop_assert!(is_empty);
            return Ok(());
        }
        let signed = signed.unwrap();
        prop_assert_eq!(signed.files as usize, covered.len());
        let verify = || {
            oms::verify(&root, &signature, &verifier, &VerifyOptions::new(), &Run::default())
        };
        let report = verify().unwrap();
        prop_assert_eq!(report.manifest().root_digest(), signed.manifest.root_digest());

        let (name, bytes) = covered.iter().nth(pick.index(covered.len())).unwrap();
        if let Some(expected) = apply(&root, name, bytes, &change) {
            match verify() {
                Err(Error::ModelDiffers(report)) => {
                    prop_assert_eq!(&report.comparison.diff, &expected);
                }
                other => prop_assert!(false, "{:?} was not found: {:?}", change, other),
            }
        }
    }
}

/// Enough folders that other threads help to read them: the manifest, the warnings and a refusal are
/// what one thread finds.
#[cfg(unix)]
#[test]
fn many_folders_are_read_alike_by_any_number_of_threads() {
    let folder = tempfile::tempdir().unwrap();
    let model = folder.path().join("model");
    for number in 0..120 {
        let path = model.join(format!("{}/{number}/deep", number % 7));
        std::fs::create_dir_all(&path).unwrap();
        std::fs::write(path.join("a.bin"), [number as u8]).unwrap();
        std::os::unix::fs::symlink("..", path.join("up")).unwrap();
    }
    let digest = |jobs: usize, links: bool| {
        let run = Run::default().jobs(std::num::NonZeroUsize::new(jobs).unwrap());
        let signer = KeySigner::new(PrivateKey::generate(Curve::P256).unwrap());
        let options = SignOptions::new().allow_symlinks(links);
        oms::sign_to_bundle(&model, &signer, &options, &run)
    };
    let one = digest(1, true).unwrap();
    assert_eq!(one.files, 120);
    assert!(one.warnings.len() >= 120, "{} warnings", one.warnings.len());
    let refused = digest(1, false).unwrap_err().to_string();
    for jobs in [2, 3, 8] {
        let many = digest(jobs, true).unwrap();
        assert_eq!((&many.manifest, &many.warnings), (&one.manifest, &one.warnings), "{jobs}");
        assert_eq!(digest(jobs, false).unwrap_err().to_string(), refused, "{jobs}");
    }
}

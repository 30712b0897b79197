//! Model path → entries: which files belong to a model.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use cap_fs_ext::DirExt as _;
use cap_std::ambient_authority;
use cap_std::fs::{Dir, DirEntry};

use crate::error::Error;
use crate::ignore::Exclusions;
use crate::input::kind_of;
use crate::manifest::FileKind;
use crate::model::{Entry, Model, Root, Stamp, kind_of_entry};
use crate::path::RelPath;
use crate::progress::Run;
use crate::warning::Warning;
use crate::work::WorkList;

/// Links to folders that one walk follows: two links a folder double the paths at each level.
const MAX_FOLDER_LINKS: u64 = 100_000;

/// Files that one walk finds behind links to folders.
const MAX_LINKED_FILES: u64 = 5_000_000;

/// Folders that wait when other threads begin to help: fewer are read before those have started.
const WORTH_HELP: usize = 16;

/// Threads that read folders at most.
const MAX_THREADS: usize = 16;

/// What a walk does with what it meets.
pub(crate) struct Policy<'a> {
    pub(crate) exclusions: &'a Exclusions,
    pub(crate) follow_links: bool,
    /// The signed files, when verifying: no exclusion hides them.
    pub(crate) signed: Option<&'a SignedNames<'a>>,
    /// Pass over folders that cannot be read and hold nothing that was signed.
    pub(crate) pass_unreadable: bool,
}

/// The paths that a signature names.
pub(crate) struct SignedNames<'a> {
    /// In the order in which what lies beneath a folder follows it.
    paths: Vec<&'a RelPath>,
}

impl<'a> SignedNames<'a> {
    pub(crate) fn new(paths: impl Iterator<Item = &'a RelPath>) -> Self {
        let mut paths: Vec<_> = paths.collect();
        paths.sort_unstable_by(|a, b| a.tree_cmp(b));
        Self { paths }
    }

    pub(crate) fn has_file(&self, path: &RelPath) -> bool {
        self.paths.binary_search_by(|signed| signed.tree_cmp(path)).is_ok()
    }

    fn has_beneath(&self, path: &RelPath) -> bool {
        let next = self.paths.partition_point(|signed| signed.tree_cmp(path).is_le());
        self.paths.get(next).is_some_and(|signed| signed.is_or_is_beneath(path))
    }
}

/// What a walk found.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    /// Regular files, sorted by path.
    pub(crate) entries: Vec<Entry>,
    /// Links that are not followed and special files.
    pub(crate) others: Vec<(RelPath, FileKind)>,
    /// What is there and was left out on purpose; of a folder only its own path.
    pub(crate) excluded: Vec<RelPath>,
    /// Names that are not UTF-8, with replacement characters.
    pub(crate) unnameable: Vec<RelPath>,
    /// Links that were followed.
    pub(crate) links: u64,
    pub(crate) warnings: Vec<Warning>,
}

/// Lists the files of a model. Nothing but folders is opened.
pub(crate) fn enumerate(
    model: &Model,
    policy: &Policy<'_>,
    run: &Run<'_>,
) -> Result<Listing, Error> {
    match &model.root {
        Root::File { name, stamp } => {
            let entries = vec![Entry { path: name.clone(), stamp: *stamp, linked: false }];
            Ok(Listing { entries, ..Listing::default() })
        }
        Root::Folder(root) => Shared::new(model, policy, run, root).walk(),
    }
}

/// What all threads of a walk see.
struct Shared<'a> {
    model: &'a Model,
    policy: &'a Policy<'a>,
    run: &'a Run<'a>,
    root: &'a Dir,
    folders: WorkList<Folder>,
    folder_links: AtomicU64,
    linked_files: AtomicU64,
}

/// One thread of a walk, and what it found.
struct Walk<'a> {
    shared: &'a Shared<'a>,
    listing: Listing,
    cycles: Vec<RelPath>,
    unreadable: Vec<RelPath>,
    outside: Option<(u64, RelPath)>,
}

/// A folder still to be read.
struct Folder {
    /// `None` is the root.
    path: Option<RelPath>,
    /// Reached through a link: the chain of real folders down to this one. Known only where links
    /// are followed.
    real: Option<Arc<RealFolder>>,
    linked: bool,
}

struct RealFolder {
    path: PathBuf,
    parent: Option<Arc<RealFolder>>,
}

impl RealFolder {
    fn holds(self: &Arc<Self>, path: &Path) -> bool {
        let mut next = Some(self);
        while let Some(folder) = next {
            if folder.path == path {
                return true;
            }
            next = folder.parent.as_ref();
        }
        false
    }
}

impl<'a> Shared<'a> {
    fn new(model: &'a Model, policy: &'a Policy<'a>, run: &'a Run<'a>, root: &'a Dir) -> Self {
        let real = policy
            .follow_links
            .then(|| Arc::new(RealFolder { path: model.real_path.clone(), parent: None }));
        let folders = WorkList::new(Folder { path: None, real, linked: false });
        let (folder_links, linked_files) = (AtomicU64::new(0), AtomicU64::new(0));
        Self { model, policy, run, root, folders, folder_links, linked_files }
    }

    /// Reads all folders, with other threads if there are many.
    fn walk(&self) -> Result<Listing, Error> {
        let others = self.run.jobs.or_else(|| thread::available_parallelism().ok());
        let others = others.map_or(0, |jobs| jobs.get().min(MAX_THREADS) - 1);
        let results: Vec<_> = thread::scope(|scope| {
            let mut helpers = Vec::new();
            let first = Walk::new(self).read(|waiting| {
                if helpers.is_empty() && waiting >= WORTH_HELP {
                    let help = || Walk::new(self).read(|_| ());
                    // Where the system gives no more threads, fewer do the work.
                    let spawn = |_| thread::Builder::new().spawn_scoped(scope, help).ok();
                    helpers.extend((0..others).map_while(spawn));
                }
            });
            let joined = helpers.into_iter().map(|helper| {
                helper.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            });
            std::iter::once(first).chain(joined.collect::<Vec<_>>()).collect()
        });
        let mut all = Walk::new(self);
        for walk in results {
            all.absorb(walk?);
        }
        Ok(all.finish())
    }
}

impl<'a> Walk<'a> {
    fn new(shared: &'a Shared<'a>) -> Self {
        let (listing, cycles, unreadable) = (Listing::default(), Vec::new(), Vec::new());
        Self { shared, listing, cycles, unreadable, outside: None }
    }

    /// Reads folders while there are any; tells after each how many wait.
    fn read(mut self, mut waiting: impl FnMut(usize)) -> Result<Self, Error> {
        while let Some(work) = self.shared.folders.next() {
            let mut found = Vec::new();
            if let Err(error) = self.folder(&work.item, &mut found) {
                self.shared.folders.stop();
                return Err(error);
            }
            waiting(self.shared.folders.add(found));
        }
        Ok(self)
    }

    fn folder(&mut self, folder: &Folder, found: &mut Vec<Folder>) -> Result<(), Error> {
        self.shared.run.check()?;
        match self.open(self.shared.root, folder).and_then(|dir| dir.entries()) {
            Ok(entries) => {
                for entry in entries {
                    let entry = entry.map_err(|error| self.failed(folder.path.as_ref(), error))?;
                    self.entry(folder, &entry, found)?;
                }
                Ok(())
            }
            Err(error) => self.unreadable(folder, error),
        }
    }

    fn absorb(&mut self, mut other: Self) {
        let (all, own) = (&mut self.listing, &mut other.listing);
        all.entries.append(&mut own.entries);
        all.others.append(&mut own.others);
        all.excluded.append(&mut own.excluded);
        all.unnameable.append(&mut own.unnameable);
        all.links += own.links;
        self.cycles.append(&mut other.cycles);
        self.unreadable.append(&mut other.unreadable);
        self.outside = match (self.outside.take(), other.outside) {
            (Some((a, first)), Some((b, other))) => Some((a + b, first.min(other))),
            (one, other) => one.or(other),
        };
    }

    fn open(&self, root: &Dir, folder: &Folder) -> io::Result<Dir> {
        match (&folder.path, &folder.real) {
            (_, Some(real)) if folder.linked => {
                Dir::open_ambient_dir(&real.path, ambient_authority())
            }
            (Some(path), _) => root.open_dir_nofollow(path.as_str()),
            (None, _) => root.try_clone(),
        }
    }

    fn unreadable(&mut self, folder: &Folder, error: io::Error) -> Result<(), Error> {
        if let Some(path) = &folder.path
            && self.shared.policy.pass_unreadable
            && !self.shared.policy.signed.is_some_and(|signed| signed.has_beneath(path))
        {
            self.unreadable.push(path.clone());
            return Ok(());
        }
        Err(self.failed(folder.path.as_ref(), error))
    }

    fn failed(&self, path: Option<&RelPath>, source: io::Error) -> Error {
        let path = path.map_or_else(|| self.shared.model.path.clone(), |path| path.as_str().into());
        Error::Io { action: "read", path, role: "model folder", source }
    }

    fn entry(
        &mut self,
        folder: &Folder,
        entry: &DirEntry,
        stack: &mut Vec<Folder>,
    ) -> Result<(), Error> {
        let name = entry.file_name();
        let Some(path) = child(folder.path.as_ref(), &name) else {
            if !self.is_excluded_unnameable(folder) {
                self.listing.unnameable.push(lossy(folder.path.as_ref(), &name));
            }
            return Ok(());
        };
        self.shared.run.check()?;
        let metadata = entry.metadata().map_err(|error| self.failed(Some(&path), error))?;
        let is_folder = metadata.is_dir();
        // A link may lead to a folder.
        let may_hold = is_folder || (metadata.is_symlink() && self.shared.policy.follow_links);
        let excluded = self.shared.policy.exclusions.excludes(&path, is_folder);
        if excluded && !self.is_signed(&path, may_hold) {
            self.listing.excluded.push(path);
        } else if is_folder {
            let real = real_child(folder, &name);
            if folder.linked && is_its_own_ancestor(folder, real.as_ref()) {
                self.cycles.push(path);
                return Ok(());
            }
            stack.push(Folder { path: Some(path), real, linked: folder.linked });
        } else if metadata.is_file() {
            if folder.linked
                && self.shared.linked_files.fetch_add(1, Ordering::Relaxed) >= MAX_LINKED_FILES
            {
                return Err(Error::TooManyLinks { path, limit: MAX_FOLDER_LINKS });
            }
            let stamp = Stamp::of_entry(&metadata);
            self.listing.entries.push(Entry { path, stamp, linked: folder.linked });
        } else {
            self.other(folder, path, kind_of_entry(metadata.file_type()), stack)?;
        }
        Ok(())
    }

    /// Beneath an excluded folder that holds a signed file, names that are not UTF-8 are excluded.
    fn is_excluded_unnameable(&self, folder: &Folder) -> bool {
        folder.path.as_ref().is_some_and(|path| self.shared.policy.exclusions.excludes(path, true))
    }

    fn is_signed(&self, path: &RelPath, may_hold: bool) -> bool {
        self.shared
            .policy
            .signed
            .is_some_and(|signed| signed.has_file(path) || (may_hold && signed.has_beneath(path)))
    }

    fn other(
        &mut self,
        folder: &Folder,
        path: RelPath,
        kind: FileKind,
        stack: &mut Vec<Folder>,
    ) -> Result<(), Error> {
        if kind != FileKind::Symlink || !self.shared.policy.follow_links {
            self.listing.others.push((path, kind));
            return Ok(());
        }
        // The link is a path of the model; what it leads to is looked at before it is opened.
        let target = self.shared.model.path.join(path.as_str());
        let Ok(metadata) = std::fs::metadata(&target) else {
            self.listing.others.push((path, FileKind::DanglingSymlink));
            return Ok(());
        };
        if metadata.is_dir() {
            return self.folder_link(folder, path, &target, stack);
        }
        if !metadata.is_file() {
            self.listing.others.push((path, kind_of(metadata.file_type())));
            return Ok(());
        }
        self.count_link(&path, &target)?;
        self.listing.entries.push(Entry { path, stamp: Stamp::of(&metadata), linked: true });
        Ok(())
    }

    fn folder_link(
        &mut self,
        folder: &Folder,
        path: RelPath,
        target: &Path,
        stack: &mut Vec<Folder>,
    ) -> Result<(), Error> {
        let real_target = self.count_link(&path, target)?;
        if folder.real.as_ref().is_some_and(|real| real.holds(&real_target)) {
            self.cycles.push(path);
            return Ok(());
        }
        if self.shared.folder_links.fetch_add(1, Ordering::Relaxed) >= MAX_FOLDER_LINKS {
            return Err(Error::TooManyLinks { path, limit: MAX_FOLDER_LINKS });
        }
        let parent = folder.real.clone();
        let real = Some(Arc::new(RealFolder { path: real_target, parent }));
        stack.push(Folder { path: Some(path), real, linked: true });
        Ok(())
    }

    fn count_link(&mut self, path: &RelPath, target: &Path) -> Result<PathBuf, Error> {
        let real = std::fs::canonicalize(target).map_err(|error| self.failed(Some(path), error))?;
        self.listing.links += 1;
        if !real.starts_with(&self.shared.model.real_path) {
            let (count, first) = self.outside.get_or_insert_with(|| (0, path.clone()));
            *count += 1;
            if path < first {
                first.clone_from(path);
            }
        }
        Ok(real)
    }

    fn finish(mut self) -> Listing {
        self.listing.entries.sort_unstable_by(|a, b| a.path.cmp(&b.path));
        self.listing.others.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        self.listing.excluded.sort_unstable();
        self.listing.unnameable.sort_unstable();
        self.cycles.sort_unstable();
        self.unreadable.sort_unstable();
        let warnings = &mut self.listing.warnings;
        warnings.extend(self.cycles.into_iter().map(|path| Warning::LinkCycle { path }));
        warnings.extend(self.unreadable.into_iter().map(|path| Warning::UnreadableFolder { path }));
        if let Some((count, first)) = self.outside {
            warnings.push(Warning::LinksOutside { count, first });
        }
        let count = self.shared.folder_links.load(Ordering::Relaxed);
        if count > 0 {
            warnings.push(Warning::FolderLinks { count });
        }
        self.listing
    }
}

/// A link may lead to a folder above the one that holds it, and an ordinary folder back again.
fn is_its_own_ancestor(folder: &Folder, child: Option<&Arc<RealFolder>>) -> bool {
    let above = folder.real.as_ref();
    above.zip(child).is_some_and(|(above, child)| above.holds(&child.path))
}

fn real_child(folder: &Folder, name: &OsString) -> Option<Arc<RealFolder>> {
    let parent = folder.real.as_ref()?;
    let path = parent.path.join(name);
    Some(Arc::new(RealFolder { path, parent: Some(Arc::clone(parent)) }))
}

fn child(folder: Option<&RelPath>, name: &OsString) -> Option<RelPath> {
    let name = name.to_str()?;
    match folder {
        None => RelPath::parse(name).ok(),
        Some(folder) => folder.join(name).ok(),
    }
}

fn lossy(folder: Option<&RelPath>, name: &OsString) -> RelPath {
    let name = OsString::from(name.to_string_lossy().into_owned());
    child(folder, &name).unwrap_or_else(RelPath::single_file)
}

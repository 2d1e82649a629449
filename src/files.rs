//! Files that only their owner can read, atomic writes, and file locks.

use std::{
    fs,
    io::{self, Write as _},
    path::Path,
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest as _, Sha256};

/// Returns a file name for a text that may contain any character: its SHA-256 in base64url.
#[must_use]
pub fn name_for(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(text))
}

/// Creates a directory and its missing parents, with mode 0700 on Unix.
///
/// # Errors
/// Returns an error if the directory cannot be created or read, or if other users can access it.
pub fn private_directory(directory: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory)?;
    match loose_mode(directory)? {
        None => Ok(()),
        Some(mode) => Err(io::Error::other(format!(
            "it is accessible to other users (mode {mode:03o}). Run chmod 700 on it"
        ))),
    }
}

/// Returns the mode of a file or directory if its group or other users have any permission; `None`
/// if not, and on systems other than Unix.
///
/// # Errors
/// Returns an error if the file or directory does not exist, or if its metadata cannot be read.
pub fn loose_mode(path: &Path) -> io::Result<Option<u32>> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        let mode = fs::metadata(path)?.mode() & 0o777;
        Ok((mode & 0o077 != 0).then_some(mode))
    }
    #[cfg(not(unix))]
    {
        fs::metadata(path).map(|_| None)
    }
}

/// Returns options that create a file with mode 0600 on Unix.
#[must_use]
pub fn private() -> fs::OpenOptions {
    let mut options = fs::OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Creates a file with mode 0600 atomically. Returns `Ok` without a change if the file already
/// exists.
///
/// # Errors
/// Returns an error if the file cannot be written, or if the file system does not support hard
/// links.
pub fn create(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let temporary = written_beside(path, bytes)?;
    // Linking fails if the name is taken, whereas renaming would overwrite the existing file.
    let linked = fs::hard_link(&temporary, path);
    fs::remove_file(&temporary)?;
    match linked {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        other => other,
    }
}

/// Appends text to a file and syncs it to disk. Creates a missing file with mode 0600.
///
/// # Errors
/// Returns an error if the file cannot be opened, written or synced.
pub fn append(path: &Path, text: &str) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// Writes to a path that the user specified. Creates or replaces a regular file as [`replace`]
/// does, and follows a link to its target. Writes directly to a device or a pipe.
///
/// # Errors
/// Returns an error if the file cannot be written, or if the path is a link to a missing file.
pub fn write_to(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let Ok(target) = fs::canonicalize(path) else {
        // A rename would replace the dangling link itself, and never create its target.
        return if fs::symlink_metadata(path).is_ok() {
            Err(io::Error::other("it is a link to a file that does not exist"))
        } else {
            replace(path, bytes)
        };
    };
    if fs::metadata(&target)?.is_file() {
        return replace(&target, bytes);
    }
    let mut file = fs::OpenOptions::new().write(true).open(path)?;
    file.write_all(bytes)
}

/// Creates or replaces a file atomically, with mode 0600. Readers see the old content or the new.
///
/// # Errors
/// Returns an error if the file cannot be written or renamed. The old file is then unchanged.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let temporary = written_beside(path, bytes)?;
    put_in_place(&temporary, path)
}

/// Renames a new file to its final name, or removes the file if the rename fails.
fn put_in_place(temporary: &Path, path: &Path) -> io::Result<()> {
    let renamed = fs::rename(temporary, path);
    if renamed.is_err() {
        let _ = fs::remove_file(temporary);
    }
    renamed?;
    // Syncs the directory, so the rename survives a crash. An error is ignored, because the file is
    // already replaced.
    #[cfg(unix)]
    if let Some(directory) = path.parent().filter(|it| !it.as_os_str().is_empty()) {
        let _ = fs::File::open(directory).and_then(|directory| directory.sync_all());
    }
    Ok(())
}

/// Replaces a file as [`replace`] does, but keeps the owner, the group and the mode of an existing
/// file, which may belong to a service user. Replaces the target of a link, not the link. A new
/// file gets mode 0600.
///
/// # Errors
/// Returns an error if the file cannot be written or renamed, or if its owner cannot be set. The
/// old file is then unchanged.
pub fn replace_alike(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let known = fs::metadata(&path).ok();
    let temporary = written_as(&path, bytes, |file| match &known {
        Some(known) => make_alike(file, known),
        None => Ok(()),
    })?;
    put_in_place(&temporary, &path)
}

/// Copies the owner, the group and the mode of `known` to an open file. Uses the descriptor,
/// because another process could replace the path with a link.
#[cfg(unix)]
fn make_alike(file: &fs::File, known: &fs::Metadata) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, fchown};

    let own = file.metadata()?;
    if (own.uid(), own.gid()) != (known.uid(), known.gid()) {
        fchown(file, Some(known.uid()), Some(known.gid()))?;
    }
    file.set_permissions(fs::Permissions::from_mode(known.mode() & 0o777))
}

#[cfg(not(unix))]
fn make_alike(_: &fs::File, _: &fs::Metadata) -> io::Result<()> {
    Ok(())
}

/// Returns the mode of a file if users other than its owner and group have any permission; `None`
/// if not, and on systems other than Unix.
#[must_use]
pub fn open_to_others(known: &fs::Metadata) -> Option<u32> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        let mode = known.mode() & 0o777;
        (mode & 0o007 != 0).then_some(mode)
    }
    #[cfg(not(unix))]
    {
        let _ = known;
        None
    }
}

/// Checks that [`replace_alike`] can replace or create a file. To do so, creates a temporary file
/// with the same owner in the same directory, and removes it.
///
/// # Errors
/// Returns an error if the directory does not exist or is not writable, or if the owner cannot be
/// set.
pub fn check_replaceable(path: &Path) -> io::Result<()> {
    let known = fs::metadata(path).ok();
    let probe =
        written_as(path, b"", |file| known.as_ref().map_or(Ok(()), |it| make_alike(file, it)))?;
    fs::remove_file(probe)
}

fn written_beside(path: &Path, bytes: &[u8]) -> io::Result<std::path::PathBuf> {
    written_as(path, bytes, |_| Ok(()))
}

/// Writes a temporary file with a random name in the directory of `path`, and returns its path.
/// Calls `prepare` before the content is written.
fn written_as(
    path: &Path,
    bytes: &[u8],
    prepare: impl FnOnce(&fs::File) -> io::Result<()>,
) -> io::Result<std::path::PathBuf> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let temporary = path.with_file_name(format!(".{name}.{:016x}", rand::random::<u64>()));
    let mut file = private().write(true).create_new(true).open(&temporary)?;
    let written =
        prepare(&file).and_then(|()| file.write_all(bytes)).and_then(|()| file.sync_all());
    if written.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    written.map(|()| temporary)
}

/// Value of `O_CLOEXEC` in the `flags` line of `/proc/self/fdinfo/N`.
#[cfg(target_os = "linux")]
const CLOSE_ON_EXEC: u32 = 0o2_000_000;

/// Returns a duplicate of a file descriptor inherited from the parent process. On Linux, a file
/// opened through `/dev/fd/N` would be written from its start, and a socket cannot be opened.
///
/// # Errors
/// Returns an error if the descriptor does not exist or cannot be duplicated. On Linux, also
/// returns an error if this process opened it.
#[cfg(unix)]
pub fn descriptor(number: u32) -> io::Result<fs::File> {
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{PidfdFlags, PidfdGetfdFlags, getpid, pidfd_getfd, pidfd_open};
        // Inherited descriptors lack `O_CLOEXEC`. Descriptors that this program opened, such as its
        // log, have it.
        let info = fs::read_to_string(format!("/proc/self/fdinfo/{number}"))?;
        let flags = info.lines().find_map(|line| line.strip_prefix("flags:"));
        let flags = flags.and_then(|text| u32::from_str_radix(text.trim(), 8).ok());
        if flags.is_none_or(|flags| flags & CLOSE_ON_EXEC != 0) {
            return Err(io::Error::from(io::ErrorKind::NotFound));
        }
        let number = i32::try_from(number).unwrap_or(i32::MAX);
        let own = pidfd_open(getpid(), PidfdFlags::empty())?;
        Ok(pidfd_getfd(own, number, PidfdGetfdFlags::empty())?.into())
    }
    // On other systems, opening /dev/fd/N duplicates the descriptor.
    #[cfg(not(target_os = "linux"))]
    {
        let path = Path::new("/dev/fd").join(number.to_string());
        let mut options = fs::OpenOptions::new();
        options
            .read(true)
            .write(true)
            .open(&path)
            .or_else(|_| fs::OpenOptions::new().write(true).open(&path))
    }
}

/// Returns an error, because this system has no numbered descriptors.
///
/// # Errors
/// Always returns an error.
#[cfg(not(unix))]
pub fn descriptor(_: u32) -> io::Result<fs::File> {
    Err(io::Error::other("this system has no file descriptors"))
}

/// Lock of a file between processes. Dropping the value releases the lock.
pub struct Locked(#[allow(dead_code, reason = "closing the file releases the lock")] fs::File);

/// Locks a file without waiting. Creates a missing file. Returns `None` if the file is already
/// locked.
///
/// # Errors
/// Returns an error if the file cannot be opened or locked.
pub fn try_lock(path: &Path) -> io::Result<Option<Locked>> {
    let file = private().append(true).create(true).open(path)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(Locked(file))),
        Err(fs::TryLockError::WouldBlock) => Ok(None),
        Err(fs::TryLockError::Error(error)) => Err(error),
    }
}

/// Locks a file, and waits until an existing lock is released. Creates a missing file. Blocks the
/// thread, so do not call it on the event loop.
///
/// # Errors
/// Returns an error if the file cannot be opened or locked.
pub fn lock(path: &Path) -> io::Result<Locked> {
    let file = private().append(true).create(true).open(path)?;
    file.lock()?;
    Ok(Locked(file))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole_and_nothing_is_left_beside_it() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("file");
        create(&path, b"one").expect("made");
        create(&path, b"two").expect("unchanged");
        assert_eq!(fs::read(&path).expect("read"), b"one");
        replace(&path, b"three").expect("replaced");
        assert_eq!(fs::read(&path).expect("read"), b"three");
        assert_eq!(fs::read_dir(directory.path()).expect("listed").count(), 1);
        #[cfg(unix)]
        assert_eq!(loose_mode(&path).expect("a mode"), None);
    }

    #[test]
    #[cfg(unix)]
    fn a_directory_that_others_can_enter_is_refused() {
        use std::os::unix::fs::PermissionsExt as _;

        let directory = tempfile::tempdir().expect("a directory");
        let inner = directory.path().join("a/b");
        private_directory(&inner).expect("made");
        fs::set_permissions(&inner, fs::Permissions::from_mode(0o755)).expect("loosened");
        let error = private_directory(&inner).expect_err("refused");
        assert!(error.to_string().contains("chmod 700"), "{error}");
    }
}

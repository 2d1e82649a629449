//! Files that only their owner can read, written whole or not at all.

use std::{
    fs,
    io::{self, Write as _},
    path::Path,
};

/// Makes a directory, and those above it, that only its owner can enter.
///
/// # Errors
/// What the system says; also when the directory exists and others can enter it.
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

/// The permissions of a file or directory, if others than its owner have any.
///
/// # Errors
/// What the system says.
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

/// Options for opening a file that only its owner can read, should it be made.
#[must_use]
pub fn private() -> fs::OpenOptions {
    let mut options = fs::OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Writes a new file; one that is already there stays as it is, and is no error.
///
/// # Errors
/// What the system says.
pub fn create(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let temporary = written_beside(path, bytes)?;
    // A link fails when the name is taken, where a rename would overwrite.
    let linked = fs::hard_link(&temporary, path);
    fs::remove_file(&temporary)?;
    match linked {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        other => other,
    }
}

/// Adds to the end of a file that others may read, and makes it where it is not.
///
/// # Errors
/// What the system says.
pub fn append(path: &Path, text: &str) -> io::Result<()> {
    let mut file = fs::OpenOptions::new().append(true).create(true).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// Writes to a destination that a person named: a regular file is replaced as by [`replace`], a link's target
/// likewise, and a device or a pipe is written into.
///
/// # Errors
/// The system's error.
pub fn write_to(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let Ok(target) = fs::canonicalize(path) else {
        // A dangling link would be replaced by a file, and what it points at would never exist.
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

/// Writes a file in the place of the one that is there: anyone who reads sees the old one or the new.
///
/// # Errors
/// What the system says; the old file is then still there.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let temporary = written_beside(path, bytes)?;
    let renamed = fs::rename(&temporary, path);
    if renamed.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    renamed?;
    // The new name, too, should be on disk; the file is there in any case.
    #[cfg(unix)]
    if let Some(directory) = path.parent().filter(|it| !it.as_os_str().is_empty()) {
        let _ = fs::File::open(directory).and_then(|directory| directory.sync_all());
    }
    Ok(())
}

fn written_beside(path: &Path, bytes: &[u8]) -> io::Result<std::path::PathBuf> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let temporary = path.with_file_name(format!(".{name}.{:016x}", rand::random::<u64>()));
    let mut file = private().write(true).create_new(true).open(&temporary)?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    if written.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    written.map(|()| temporary)
}

/// `O_CLOEXEC` as Linux writes it into /proc.
#[cfg(target_os = "linux")]
const CLOSE_ON_EXEC: u32 = 0o2_000_000;

/// A duplicate of a descriptor that the caller opened. Opened again by its path, a file would be written from
/// its beginning, and a socket could not be opened at all.
///
/// # Errors
/// The system's error; also when there is no such descriptor.
#[cfg(unix)]
pub fn descriptor(number: u32) -> io::Result<fs::File> {
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{PidfdFlags, PidfdGetfdFlags, getpid, pidfd_getfd, pidfd_open};
        // What was inherited has survived an exec; what this program opened itself would not, as its log.
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
    // Elsewhere opening /dev/fd/N duplicates the descriptor.
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

/// Refused: there are no descriptors to be named here.
///
/// # Errors
/// Always.
#[cfg(not(unix))]
pub fn descriptor(_: u32) -> io::Result<fs::File> {
    Err(io::Error::other("this system has no file descriptors"))
}

/// Holds a lock between processes for as long as it lives.
pub struct Locked(#[allow(dead_code, reason = "closing it ends the lock")] fs::File);

/// Waits for the lock that a file stands for. Blocks: not for the event loop.
///
/// # Errors
/// What the system says.
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
        create(&path, b"two").expect("left as it is");
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

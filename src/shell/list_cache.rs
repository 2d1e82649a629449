//! On-disk cache of the last complete list of each tab, shown immediately with its age while the
//! server is queried.
//!
//! Like a snapshot, the cache contains no secrets. Edits, deletions and audits never use cached
//! data.

use std::{
    collections::HashMap,
    fs,
    io::{self, BufRead as _, BufReader, BufWriter, Write as _},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    api::{ApiError, Page, PageQuery, Scope},
    app::list::{CACHED_PART, Cached},
    domain::{Credential, Kind, Profile, objects::CredentialObject, profile::Word as _},
    files,
};

/// Schema version of the files. Files of other versions are ignored.
const SCHEMA: &str = "credenza.list/v1";

/// Maximum file size for reading and writing, in bytes.
const LARGEST: u64 = 128 << 20;

/// The cached lists of one profile.
#[derive(Debug)]
pub struct ListCache {
    directory: PathBuf,
    /// Lists that are still being written; `None` after `forget`.
    writing: Mutex<Option<HashMap<(Scope, Kind), Writing>>>,
}

/// A partially written list. Its file has a temporary name until the last page is written.
#[derive(Debug)]
struct Writing {
    file: BufWriter<fs::File>,
    partial: PathBuf,
    bytes: u64,
}

impl Drop for Writing {
    fn drop(&mut self) {
        // This has no effect after the last page, because the file then has its final name.
        let _ = fs::remove_file(&self.partial);
    }
}

#[derive(Serialize, Deserialize)]
struct CacheHead {
    schema: String,
    taken_at: Timestamp,
    /// Kinds of credentials in this file.
    kinds: Vec<String>,
}

#[derive(Serialize, Deserialize)]
struct CachedRow<'a> {
    kind: String,
    object: CredentialObject<'a>,
}

impl ListCache {
    /// Creates the cache of a profile below the directory `lists`. The base URL is part of the key,
    /// so that a profile with a changed base URL has separate lists.
    #[must_use]
    pub fn of(lists: &Path, profile: &Profile) -> Self {
        let name = files::name_for(&format!("{}\n{}", profile.name, profile.base_url));
        Self { directory: lists.join(name), writing: Mutex::new(Some(HashMap::new())) }
    }

    /// Deletes every list of the profile and ignores further pages. A failure is only logged,
    /// because new lists replace the outdated ones.
    pub fn forget(&self) {
        // The lock is held until the end, so that no page is written during the deletion.
        let mut writing = self.writing();
        *writing = None;
        if let Err(error) = fs::remove_dir_all(&self.directory)
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!(%error, "could not delete the cached lists");
        }
    }

    /// Returns the newest cached list of each scope and kind, in parts. Ignores unusable files, and
    /// deletes old partial files.
    pub fn recall(&self) -> impl Iterator<Item = Cached> {
        self.clear_partial();
        let mut newest: HashMap<(Scope, Kind), Cached> = HashMap::new();
        for scope in [Scope::Mine, Scope::Organization] {
            for kind in Kind::ALL {
                for list in read(&self.path(scope, kind), scope).unwrap_or_default() {
                    let known = newest.get(&(scope, list.kind));
                    if known.is_none_or(|known| known.taken_at < list.taken_at) {
                        newest.insert((scope, list.kind), list);
                    }
                }
            }
        }
        newest.into_values().flat_map(parts)
    }

    /// Caches a page from the server, and returns the page. A failed write is only logged.
    ///
    /// # Errors
    /// Returns the error in `page`, or [`ApiError::Local`] if the writing thread panicked.
    pub async fn took(
        self: Arc<Self>,
        query: PageQuery,
        page: Result<Page, ApiError>,
    ) -> Result<Page, ApiError> {
        let Ok(page) = page else { return page };
        let work = move || {
            if let Err(error) = self.write(&query, &page) {
                tracing::warn!(%error, "could not cache the list");
                self.writing().as_mut().and_then(|all| all.remove(&(query.scope, query.kind)));
            }
            page
        };
        tokio::task::spawn_blocking(work).await.map_err(|error| ApiError::Local {
            why: format!("Could not cache a page: {error}."),
            next: "Press ctrl-r to load the list again.",
        })
    }

    /// Deletes partial files older than an hour, which a killed console left behind.
    fn clear_partial(&self) {
        let hour = std::time::Duration::from_secs(60 * 60);
        for entry in fs::read_dir(&self.directory).into_iter().flatten().flatten() {
            let modified = entry.metadata().and_then(|it| it.modified()).ok();
            let old = modified.and_then(|at| at.elapsed().ok()).is_some_and(|age| age > hour);
            if old && entry.path().extension().is_some_and(|it| it == "partial") {
                let _ = fs::remove_file(entry.path());
            }
        }
    }

    fn writing(&self) -> std::sync::MutexGuard<'_, Option<HashMap<(Scope, Kind), Writing>>> {
        self.writing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn path(&self, scope: Scope, kind: Kind) -> PathBuf {
        let scope = match scope {
            Scope::Mine => "mine",
            Scope::Organization => "organization",
        };
        self.directory.join(format!("{scope}-{}.jsonl", kind.word()))
    }

    fn write(&self, query: &PageQuery, page: &Page) -> io::Result<()> {
        let (list, path) = ((query.scope, query.kind), self.path(query.scope, query.kind));
        let mut writing = self.writing();
        let Some(all) = writing.as_mut() else { return Ok(()) };
        if query.after.is_none() {
            files::private_directory(&self.directory)?;
            // An abandoned attempt is dropped before the new file is created, because dropping it
            // deletes the file with this name.
            all.remove(&list);
            let partial = path.with_extension(format!("{}.partial", std::process::id()));
            let file = files::private().write(true).create(true).truncate(true).open(&partial)?;
            let mut writing = Writing { file: BufWriter::new(file), partial, bytes: 0 };
            let listed =
                |kind: &Kind| *kind == query.kind || query.every_client && *kind != Kind::Token;
            let kinds = Kind::ALL.into_iter().filter(listed);
            writing.line(&CacheHead {
                schema: SCHEMA.to_owned(),
                taken_at: Timestamp::now(),
                kinds: kinds.map(|kind| kind.word().to_owned()).collect(),
            })?;
            all.insert(list, writing);
        }
        let Some(writing) = all.get_mut(&list) else { return Ok(()) };
        for credential in &page.entries {
            let object = CredentialObject::of(credential);
            writing.line(&CachedRow { kind: credential.kind().word().to_owned(), object })?;
        }
        if page.next.is_none() {
            writing.file.flush()?;
            fs::rename(&writing.partial, path)?;
            all.remove(&list);
        }
        Ok(())
    }
}

impl Writing {
    fn line(&mut self, value: &impl Serialize) -> io::Result<()> {
        let mut text = serde_json::to_vec(value)?;
        text.push(b'\n');
        self.bytes += text.len() as u64;
        if self.bytes > LARGEST {
            return Err(io::Error::other("the list exceeds 128 MiB"));
        }
        self.file.write_all(&text)
    }
}

/// Splits a list into parts of at most `CACHED_PART` rows; an empty list is one empty part.
fn parts(list: Cached) -> impl Iterator<Item = Cached> {
    let Cached { scope, kind, taken_at, credentials, .. } = list;
    let count = credentials.len().div_ceil(CACHED_PART).max(1);
    let mut rest = credentials.into_iter();
    (1..=count).map(move |at| {
        let credentials = rest.by_ref().take(CACHED_PART).collect();
        Cached { scope, kind, taken_at, credentials, last: at == count }
    })
}

/// Reads the lists in a file; `None` if the file is missing, damaged, too large, of another schema
/// version, or accessible by other users.
fn read(path: &Path, scope: Scope) -> Option<Vec<Cached>> {
    let file = fs::File::open(path).ok()?;
    if file.metadata().ok()?.len() > LARGEST || files::loose_mode(path).ok()?.is_some() {
        return None;
    }
    let mut lines = BufReader::new(file).lines();
    let head: CacheHead = serde_json::from_str(&lines.next()?.ok()?).ok()?;
    if head.schema != SCHEMA {
        return None;
    }
    let mut lists: Vec<Cached> = Vec::new();
    for kind in &head.kinds {
        let (kind, taken_at) = (Kind::of_word(kind)?, head.taken_at);
        lists.push(Cached { scope, kind, taken_at, credentials: Vec::new(), last: true });
    }
    for line in lines {
        let row: CachedRow = serde_json::from_str(&line.ok()?).ok()?;
        let kind = Kind::of_word(&row.kind)?;
        let credential = match kind {
            Kind::Token => row.object.into_token(),
            _ => match row.object.into_client() {
                Credential::Spa(client) | Credential::M2m(client) | Credential::Other(client) => {
                    Credential::of_client(kind, client)
                }
                Credential::Token(_) => return None,
            },
        };
        lists.iter_mut().find(|list| list.kind == kind)?.credentials.push(credential);
    }
    Some(lists)
}

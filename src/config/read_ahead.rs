//! Reads the files of a folder, and examines them concurrently. A result that the limits of the whole config could change
//! is not used.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::config::collector::Collector;
use crate::config::examine::{FilesRoom, examined};
use crate::config::folders::{FoundPath, Root};
use crate::config::structure::Shape;
use crate::model::limits::{CONFIG_BYTES_MAX, CONFIG_FILE_BYTES_MAX, CONFIG_VALUES_MAX};
use crate::model::source::FileId;
use crate::model::text;

/// More threads would hold more files in memory at once.
const THREADS_MAX: usize = 8;

/// Below this, starting a thread takes longer than it saves.
const BYTES_MIN: usize = 128 * 1024;

#[derive(Debug)]
pub(super) struct ReadFile {
    pub(super) text: String,
    /// `None` if the limits of the whole config decide, or a thread would not pay.
    pub(super) examined: Option<Examined>,
}

/// What is in a file.
#[derive(Debug)]
pub(super) struct Examined {
    /// The places in the shape and the findings name this file.
    pub(super) id: FileId,
    pub(super) shape: Option<Shape>,
    /// The number of its keys and values.
    pub(super) values: usize,
    pub(super) found: Collector,
}

/// A file that is not examined yet.
struct Unexamined {
    real: PathBuf,
    shown: String,
    text: String,
    id: FileId,
}

/// The files that are text, by real path. `ids` are those that they will get.
pub(super) fn read_files(
    root: &Root,
    listed: &[FoundPath],
    ids: impl Iterator<Item = FileId>,
) -> HashMap<PathBuf, ReadFile> {
    let threads = thread::available_parallelism().map_or(1, |it| it.get().min(THREADS_MAX)).min(listed.len());
    if threads < 2 {
        return HashMap::new();
    }
    let files = texts(root, listed, ids);
    // Debug builds start threads for every folder, so that the tests of small configs cover them.
    let is_small = !cfg!(debug_assertions) && files.iter().map(|it| it.text.len()).sum::<usize>() < BYTES_MIN;
    let mut examined = if is_small { HashMap::new() } else { examined_by(threads, &files) };
    let with_result = |Unexamined { real, text, id, .. }| (real, ReadFile { text, examined: examined.remove(&id) });
    files.into_iter().map(with_result).collect()
}

/// What so many threads found in the files.
fn examined_by(threads: usize, files: &[Unexamined]) -> HashMap<FileId, Examined> {
    let (next, values) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let work = || {
        let mut done = Vec::new();
        // Past the limit, a file is refused, or examined again with the remaining limits.
        while values.load(Ordering::Relaxed) <= CONFIG_VALUES_MAX
            && let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed))
        {
            let (mut left, mut found) = (FilesRoom::default(), Collector::default());
            let shape = examined(&file.text, None, file.id, &file.shown, &mut left, &mut found);
            let result = Examined { id: file.id, shape, values: CONFIG_VALUES_MAX - left.values, found };
            values.fetch_add(result.values, Ordering::Relaxed);
            if left.over.is_none() {
                done.push((file.id, result));
            }
        }
        done
    };
    thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
        let own = work();
        // After a panic there, this thread examines the file again and reports the panic.
        own.into_iter().chain(others.into_iter().flat_map(|it| it.join().unwrap_or_default())).collect()
    })
}

/// Reads the files one after another, because a commit's files have one reader.
fn texts(root: &Root, found: &[FoundPath], mut ids: impl Iterator<Item = FileId>) -> Vec<Unexamined> {
    let (mut files, mut left) = (Vec::new(), CONFIG_BYTES_MAX);
    for FoundPath { shown, real } in found.iter().filter(|it| root.holds(&it.real)) {
        let Ok(Some(bytes)) = root.system.read(real, CONFIG_FILE_BYTES_MAX) else { continue };
        let (Some(id), Some(rest)) = (ids.next(), left.checked_sub(bytes.len())) else { break };
        left = rest;
        if text::of_bytes(&bytes).is_ok()
            && let Ok(text) = String::from_utf8(bytes)
        {
            files.push(Unexamined { real: real.clone(), shown: shown.display().to_string(), text, id });
        }
    }
    files
}

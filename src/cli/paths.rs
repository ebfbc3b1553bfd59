//! Paths that name no stream: `-` in their place is refused, with what to type.

use std::path::{Path, PathBuf};

use clap::builder::{PathBufValueParser, TypedValueParser};

/// The path that means standard input or standard output.
pub const STREAM: &str = "-";

/// Does it name a stream?
pub fn is_stream(path: &Path) -> bool {
    path.as_os_str() == STREAM
}

/// A file that is read.
pub fn input() -> impl TypedValueParser<Value = PathBuf> {
    no_stream("standard input is not read here: save it as a file, and give its name; a file named `-` is `./-`")
}

/// A file that is kept.
pub fn file() -> impl TypedValueParser<Value = PathBuf> {
    no_stream("a file stands here; one named `-` is `./-`")
}

/// A folder.
pub fn folder() -> impl TypedValueParser<Value = PathBuf> {
    no_stream("a folder stands here; one named `-` is `./-`")
}

fn no_stream(why: &'static str) -> impl TypedValueParser<Value = PathBuf> {
    PathBufValueParser::new().try_map(move |it| if is_stream(&it) { Err(why) } else { Ok(it) })
}

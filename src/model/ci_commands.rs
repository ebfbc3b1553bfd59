//! The commands that a CI would read from its log, made harmless.

/// Where a CI would read a command in its log: at the second `#` of `##[` (GitHub Actions, Azure Pipelines), `##vso[`,
/// `##teamcity[`, and any other word in between.
/// The other form, `::name::`, only counts at the start of a line.
fn commands(text: &str) -> impl Iterator<Item = usize> {
    text.match_indices('[').filter_map(|(bracket, _)| {
        let before = text[..bracket].trim_end_matches(|c: char| c.is_ascii_alphabetic());
        before.ends_with("##").then(|| before.len() - 1)
    })
}

/// Does it contain a command for a CI that reads its log?
pub fn has_command(text: &str) -> bool {
    commands(text).next().is_some()
}

/// Removes such commands: `escape` replaces their second `#`.
pub fn without_inner_commands(text: &str, escape: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    let mut done = 0;
    for at in commands(text) {
        safe.push_str(&text[done..at]);
        safe.push_str(escape);
        done = at + 1;
    }
    safe.push_str(&text[done..]);
    safe
}

/// The parts of a line that are shown one after the other. A command across two parts is removed too.
pub fn parts_without_commands<const N: usize>(parts: [&str; N]) -> [String; N] {
    let line = parts.concat();
    let mut begin = 0;
    parts.map(|part| {
        let end = begin + part.len();
        let mut safe = String::with_capacity(part.len());
        let mut done = begin;
        for at in commands(&line).filter(|it| (begin..end).contains(it)) {
            safe.push_str(&line[done..at]);
            safe.push_str(ESCAPED_MARK);
            done = at + 1;
        }
        safe.push_str(&line[done..end]);
        begin = end;
        safe
    })
}

/// An escaped `#` in YAML.
pub const ESCAPED_MARK: &str = "\\x23";

/// The same for text that may be at the start of a line.
pub fn without_commands(text: &str) -> String {
    let text = without_inner_commands(text, ESCAPED_MARK);
    match text.trim_start().strip_prefix("::") {
        Some(rest) => format!("{}\\x3A:{rest}", &text[..text.len() - rest.len() - 2]),
        None => text,
    }
}

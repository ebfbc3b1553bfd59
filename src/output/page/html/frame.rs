//! What every page has: head, style, the line that says what it comes to, and small pieces of markup.

use std::fmt::Write as _;

use crate::model::observed::Organization;
use crate::model::source::{Sources, Span};
use crate::output::page::html::escape::{escaped, sentence};
use crate::output::style::Tone;
use crate::output::summary::Summary;
use crate::plan::answer::Answer;
use crate::plan::refusal::Refusal;

/// All of the style. Nothing of a page comes from elsewhere.
const STYLE: &str = include_str!("page.css");

pub(super) struct PageSubject<'a> {
    pub(super) what: &'static str,
    pub(super) verdict: Summary,
    /// Which org; none where it has not said who it is.
    pub(super) org: Option<&'a Organization>,
    pub(super) sandbox: bool,
}

/// A whole page. `body` is markup.
pub(super) fn page(about: &PageSubject<'_>, body: &str) -> String {
    let PageSubject { what, verdict: Summary { tone, words, more }, org, sandbox } = about;
    let name = org.map_or_else(|| "org not verified".to_owned(), |it| it.name.clone());
    let (title, words) = (escaped(&format!("{what}: {words} - {name}")), escaped(words));
    let more = more.as_ref().map_or_else(String::new, |it| format!("\n<p>{}.</p>", sentence(it)));
    let org = match org {
        Some(org) => {
            format!("<bdi>{}</bdi> <code>{}</code>", escaped(&org.name), escaped(org.id.as_str()))
        }
        None => "not verified".to_owned(),
    };
    let sandbox = if *sandbox { " (sandbox: nothing real is written)" } else { "" };
    let tone = class(*tone);
    let version = env!("CARGO_PKG_VERSION");
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; \
         base-uri 'none'; form-action 'none'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"referrer\" content=\"no-referrer\">\n\
         <title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n\
         <a class=\"skip\" href=\"#main\">Skip to the content</a>\n\
         <header class=\"verdict {tone}\">\n<h1>{what}: {words}</h1>{more}\n<p>Org: {org}{sandbox}</p>\n</header>\n\
         <main id=\"main\">\n{body}</main>\n\
         <footer>Written by presencectl {version}.</footer>\n</body>\n</html>\n"
    )
}

/// The name of a colour in the style.
pub(super) fn class(tone: Tone) -> &'static str {
    match tone {
        Tone::Good => "good",
        Tone::Open => "open",
        Tone::Bad => "bad",
    }
}

/// Foreign text that may run from right to left, kept apart from what is around it.
pub(super) fn code(raw: &str) -> String {
    format!("<code><bdi>{}</bdi></code>", escaped(raw))
}

/// A table that scrolls within itself where the screen is narrow. All but `caption` is markup.
pub(super) fn table(class: &str, caption: &str, columns: &[String], rows: &str) -> String {
    let heads: Vec<String> = columns.iter().map(|it| format!("<th scope=\"col\">{it}</th>")).collect();
    let heads = heads.concat();
    let caption = escaped(caption);
    // Without a place among what the keyboard reaches, nobody could scroll it without a mouse.
    format!(
        "<div class=\"scroll\" role=\"region\" aria-label=\"{caption}\" tabindex=\"0\">\n<table class=\"{class}\">\n\
         <caption>{caption}</caption>\n<thead><tr>{heads}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table>\n</div>\n"
    )
}

/// What a reader unfolds. `summary` is not foreign.
pub(super) fn folded(summary: &str, body: &str) -> String {
    format!("<details>\n<summary>{summary}</summary>\n{body}</details>\n")
}

/// A place in a file, if there is one.
pub(super) fn at(span: Option<Span>, sources: &Sources) -> String {
    span.map_or_else(String::new, |span| {
        format!(" <span class=\"quiet\">at</span> {}", code(&sources.place(span).to_string()))
    })
}

/// What is wrong, where, and each way to answer it.
pub(super) fn refusals(refusals: &[Refusal], heading: &str, sources: &Sources) -> String {
    refusals_from(refusals, heading, |_| None, sources)
}

/// The same, with where each comes from, by its index.
pub(super) fn refusals_from(
    refusals: &[Refusal],
    heading: &str,
    origin: impl Fn(usize) -> Option<&'static str>,
    sources: &Sources,
) -> String {
    if refusals.is_empty() {
        return String::new();
    }
    let mut shown = format!("<h2>{heading}</h2>\n");
    for (index, refusal) in refusals.iter().enumerate() {
        let (name, message) = (escaped(refusal.code()), sentence(&refusal.message()));
        // Writing to a String cannot fail.
        let _ = writeln!(shown, "<article>\n<h3>Error: {name}</h3>\n<p>{message}{}</p>", at(refusal.place, sources));
        if let Some(origin) = origin(index) {
            let _ = writeln!(shown, "<p class=\"quiet\">{}</p>", sentence(origin));
        }
        for Answer { say, lines } in refusal.answers() {
            let colon = if lines.is_empty() { "" } else { ":" };
            let _ = writeln!(shown, "<p>{}{colon}</p>", sentence(&say));
            if !lines.is_empty() {
                let lines: Vec<String> = lines.iter().map(|it| escaped(it).to_string()).collect();
                let _ = writeln!(shown, "<pre tabindex=\"0\"><code>{}</code></pre>", lines.join("\n"));
            }
        }
        shown.push_str("</article>\n");
    }
    shown
}

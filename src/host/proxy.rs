//! Finds the proxy for a host. The HTTP client's own library reads the variables, and the client receives the result.
//! So messages about a proxy match the behaviour.

use std::ffi::OsString;
use std::net::IpAddr;

use hyper_util::client::proxy::matcher::Matcher;
use reqwest::Url;
use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret as _, SecretString};

use crate::model::pattern::fits;
use crate::model::text;

/// The variables, in order of precedence. An empty one counts as unset.
const PROXY: [&str; 4] = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
const NO_PROXY: [&str; 2] = ["NO_PROXY", "no_proxy"];
/// The source of a proxy without a variable, on macOS and Windows.
const SYSTEM: &str = "the system's settings";

/// The current proxy variables.
#[derive(Debug, Clone, Default)]
pub struct Proxies {
    /// The first variable that is set. Its value can have a password. `None` if it is not Unicode.
    named: Option<(&'static str, Option<SecretString>)>,
    except: Option<(&'static str, String)>,
    /// Also uses the system's settings. Linux has none.
    by_system: bool,
}

/// A proxy, and its hosts. User and password are only in `auth`, which is never shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proxy {
    pub variable: &'static str,
    pub host: String,
    /// The hosts that are reached through it.
    pub targets: Vec<String>,
    /// `http://HOST:PORT/`, for the client.
    pub(crate) address: String,
    /// The header `Proxy-Authorization`.
    pub(crate) auth: Option<HeaderValue>,
}

impl Proxy {
    /// Is this host reached through it? `authority` is a host, with or without a port.
    pub fn leads_to(&self, authority: &str) -> bool {
        let is_port = |it: &str| it.strip_prefix(':').is_some_and(|it| it.bytes().all(|byte| byte.is_ascii_digit()));
        self.targets.iter().any(|it| authority.strip_prefix(it).is_some_and(|rest| rest.is_empty() || is_port(rest)))
    }
}

/// Why a proxy variable cannot be used. Nothing was sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProxyError {
    /// It is set, but it is not a proxy address.
    #[error("{variable} is set and cannot be used: {why}; nothing was sent")]
    Unreadable {
        variable: &'static str,
        /// What is wrong, without any of its characters.
        why: &'static str,
    },
    /// An unsupported kind of proxy.
    #[error("{variable} names a SOCKS proxy, which presencectl cannot use; nothing was sent")]
    Socks { variable: &'static str },
    /// An entry of `NO_PROXY` may mean a host of this run, but would not be applied to it.
    #[error("{entry} of {variable} may mean `{host}`, and presencectl does not read it so; nothing was sent")]
    Except { variable: &'static str, entry: String, host: String },
}

impl ProxyError {
    pub fn help(&self) -> String {
        match self {
            ProxyError::Unreadable { variable, why } if *why == NONE => {
                format!("leave {variable} empty for no proxy, or name the hosts that need none in NO_PROXY")
            }
            ProxyError::Unreadable { variable, .. } => format!(
                "write {variable} as `http://HOST:PORT` or `http://USER:PASSWORD@HOST:PORT`, without quotes; in user and \
                 password, percent-encode everything but letters and digits, such as `%40` for `@`"
            ),
            ProxyError::Socks { variable } => format!("set {variable} to an HTTP proxy: `http://HOST:PORT`"),
            ProxyError::Except { variable, .. } => {
                format!("{EXCEPT_FORM}. Correct {variable}, or remove the entry")
            }
        }
    }
}

/// The supported forms of a `NO_PROXY` entry.
pub const EXCEPT_FORM: &str = "an entry is a name (`example.com` also means all names below it), an address, a network such \
                               as `10.0.0.0/8`, or `*`, with commas between entries";

impl Proxies {
    pub fn of(variable: &dyn Fn(&str) -> Option<OsString>) -> Proxies {
        let set = |name: &'static str| Some((name, variable(name).filter(|it| !it.is_empty())?));
        let named = PROXY.into_iter().find_map(set);
        let except = NO_PROXY.into_iter().find_map(set);
        Proxies {
            named: named.map(|(name, value)| (name, value.into_string().ok().map(SecretString::from))),
            except: except.map(|(name, value)| (name, value.to_string_lossy().into_owned())),
            by_system: false,
        }
    }

    /// Adds the system's settings, which apply if no variable names a proxy.
    pub fn and_system(self) -> Proxies {
        Proxies { by_system: true, ..self }
    }

    /// The proxy for these addresses, none of which is local. `None` for a direct connection.
    pub fn of_urls(&self, urls: &[Url]) -> Result<Option<Proxy>, ProxyError> {
        let Some((variable, value)) = &self.named else { return Ok(self.of_system(urls)) };
        // The excepted hosts do not depend on the proxy.
        let any = self.matcher("http://127.0.0.1");
        let through: Vec<&Url> = urls.iter().filter(|it| is_matched(&any, it)).collect();
        let Some(first) = through.first() else { return Ok(None) };
        let unreadable = |why| ProxyError::Unreadable { variable, why };
        let value = value.as_ref().ok_or_else(|| unreadable(NOT_ASCII))?.expose_secret();
        if is_socks(value) {
            return Err(ProxyError::Socks { variable });
        }
        if is_no_proxy(value) {
            return Err(unreadable(NONE));
        }
        let proxy = if is_cut(value) { None } else { read(&self.matcher(value), variable, first) };
        let mut proxy = proxy.ok_or_else(|| unreadable(why(value)))?;
        for url in &through {
            self.no_entry_means(url)?;
        }
        proxy.targets = through.iter().filter_map(|it| it.host_str()).map(str::to_owned).collect();
        Ok(Some(proxy))
    }

    /// The `NO_PROXY` entries without effect, in words, if there is a proxy.
    pub fn unread_entries(&self) -> Vec<String> {
        let (Some(_), Some((variable, except))) = (&self.named, &self.except) else { return Vec::new() };
        let odd = entries(except).filter(|(_, it)| !is_plain(it));
        odd.map(|(number, it)| format!("{} of {variable}", in_words(number, it))).collect()
    }

    fn matcher(&self, proxy: &str) -> Matcher {
        let except = self.except.as_ref().map_or("", |(_, value)| value);
        Matcher::builder().https(proxy).no(except).build()
    }

    fn of_system(&self, urls: &[Url]) -> Option<Proxy> {
        let system = self.by_system.then(Matcher::from_system)?;
        let through: Vec<&Url> = urls.iter().filter(|it| is_matched(&system, it)).collect();
        let mut proxy = read(&system, SYSTEM, through.first()?)?;
        proxy.targets = through.iter().filter_map(|it| it.host_str()).map(str::to_owned).collect();
        Some(proxy)
    }

    fn no_entry_means(&self, url: &Url) -> Result<(), ProxyError> {
        let Some((variable, except)) = &self.except else { return Ok(()) };
        match entries(except).find(|(_, it)| may_mean(it, url)) {
            None => Ok(()),
            Some((number, entry)) => Err(ProxyError::Except {
                variable,
                entry: in_words(number, entry),
                host: url.host_str().unwrap_or_default().to_owned(),
            }),
        }
    }
}

fn is_matched(matcher: &Matcher, url: &Url) -> bool {
    url.as_str().parse().is_ok_and(|uri| matcher.intercept(&uri).is_some())
}

/// The library's result for a variable. `None` if that is not a host and port.
fn read(matcher: &Matcher, variable: &'static str, url: &Url) -> Option<Proxy> {
    let found = matcher.intercept(&url.as_str().parse().ok()?)?;
    let (uri, auth) = (found.uri(), found.basic_auth().cloned());
    let (scheme, host) = (uri.scheme_str()?, uri.host()?);
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let is_name =
        |it: &str| !it.is_empty() && it.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte));
    if !is_name(bare) && bare.parse::<IpAddr>().is_err() {
        return None;
    }
    let has_port = uri.authority()?.as_str().len() > host.len();
    let host = match uri.port_u16() {
        Some(port) => format!("{host}:{port}"),
        None if has_port => return None,
        None => host.to_owned(),
    };
    Some(Proxy { variable, address: format!("{scheme}://{host}/"), host, targets: Vec::new(), auth })
}

/// Could a part of the user or password be read as the host? That happens if a character ends the host too early.
fn is_cut(value: &str) -> bool {
    let address = value.split_once("://").map_or(value, |(_, rest)| rest);
    let end = address.find(['/', '?', '#']).unwrap_or(address.len());
    let (authority, rest) = address.split_at(end);
    rest.contains(['@', '?', '#']) || authority.matches('@').count() > 1
}

const NOT_ASCII: &str = "a letter outside ASCII is written percent-encoded, such as `%C3%A4` for `ä`";

const NONE: &str = "it is a word for no proxy, and would be taken for the name of one";

/// Any version, in any spelling of the scheme.
fn is_socks(value: &str) -> bool {
    value.split_once("://").is_some_and(|(scheme, _)| scheme.to_ascii_lowercase().starts_with("socks"))
}

/// Is it a word or a bare number that means no proxy?
fn is_no_proxy(value: &str) -> bool {
    const WORDS: [&str; 13] =
        ["direct", "none", "no", "false", "off", "null", "nil", "undefined", "disabled", "true", "yes", "on", "unset"];
    let host = value.split_once("://").map_or(value, |(_, rest)| rest);
    let host = host.trim_end_matches('/').to_ascii_lowercase();
    WORDS.contains(&host.as_str()) || !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-')
}

/// What is wrong with a value that is not a proxy address.
fn why(value: &str) -> &'static str {
    const SCHEMES: [&str; 2] = ["http", "https"];
    let quotes = ['"', '\'', '`', '“', '”', '„', '‘', '’', '«', '»'];
    let scheme = value.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
    if value.trim().is_empty() {
        "it holds only blanks"
    } else if value.contains(|c: char| c.is_whitespace() || c.is_control()) {
        "it holds a blank or a line break"
    } else if value.starts_with(quotes) || value.ends_with(quotes) {
        "it is in quotes"
    } else if !value.is_ascii() {
        NOT_ASCII
    } else if value.contains('\\') {
        "a `\\` in a user or password is written `%5C`"
    } else if is_cut(value) {
        "`#`, `/`, `?` and `@` in a user or password are written `%23`, `%2F`, `%3F` and `%40`"
    } else if scheme.is_some_and(|it| !SCHEMES.contains(&it.as_str())) {
        "what it begins with is no scheme of a proxy"
    } else {
        "it is no address of a proxy"
    }
}

/// The entries of `NO_PROXY`, numbered.
fn entries(except: &str) -> impl Iterator<Item = (usize, &str)> {
    let entries = except.split(',').enumerate().map(|(index, it)| (index + 1, it.trim()));
    entries.filter(|(_, it)| !it.is_empty())
}

/// A proxy's password is never shown.
fn in_words(number: usize, entry: &str) -> String {
    if entry.contains('@') { format!("entry {number}") } else { format!("entry {number} ({})", text::ticked(entry)) }
}

/// Is it a supported form?
fn is_plain(entry: &str) -> bool {
    let is_name = |it: &str| {
        let it = it.strip_prefix('.').unwrap_or(it);
        let is_number = it.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        let is_of_a_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        !is_number && it.split('.').all(|part| !part.is_empty() && part.bytes().all(is_of_a_name))
    };
    entry == "*" || is_name(entry) || is_address(entry)
}

fn is_address(entry: &str) -> bool {
    let (address, length) = entry.split_once('/').unwrap_or((entry, "0"));
    address
        .parse::<IpAddr>()
        .is_ok_and(|it| length.parse::<u8>().is_ok_and(|it_is| it_is <= if it.is_ipv4() { 32 } else { 128 }))
}

/// Could the entry mean this host in other programs? Only for hosts that no entry excepts.
fn may_mean(entry: &str, url: &Url) -> bool {
    entry.split(|c: char| c.is_whitespace() || matches!(c, ';' | '|')).any(|it| part_may_mean(it, url))
}

fn part_may_mean(typed: &str, url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_end_matches('.').to_ascii_lowercase();
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let part = typed.split_once("://").map_or(typed, |(_, rest)| rest);
    let is_expression = part.starts_with('/') || part.contains(".*") || part.contains(['\\', '^', '$', '(', '+', '~']);
    let (name, own_port) = match part.rsplit_once(':') {
        // An address with more colons has no port.
        Some((name, number)) if name.ends_with(']') || !name.contains(':') => (name, number.parse::<u16>().ok()),
        _ => (part, None),
    };
    if own_port.is_some() && own_port != url.port_or_known_default() {
        return false;
    }
    let part = if own_port.is_some() { name } else { part };
    if let Ok(ip) = host.parse::<IpAddr>() {
        if let Ok(address) = part.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>() {
            return address == ip;
        }
        // Ranges, masks, prefixes: none is supported, so any may mean it.
        let is_of_addresses = |c: char| c.is_ascii_hexdigit() || "[]:./*-".contains(c);
        let is_range = part.contains(|c: char| c.is_ascii_digit()) && part.chars().all(is_of_addresses);
        if is_range || !is_expression {
            return is_range && !is_plain(part);
        }
    }
    if is_address(part.trim_start_matches('[').trim_end_matches(']')) {
        return false;
    }
    let name = part.trim_start_matches('/').split('/').next().unwrap_or_default();
    let ascii = (!name.is_ascii()).then(|| Url::parse(&format!("https://{name}")).ok()).flatten();
    let name = ascii.as_ref().and_then(Url::host_str).unwrap_or(name).to_ascii_lowercase();
    let is_of_a_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    // Quotes and regular expression characters match anything. In an expression, a dot does too.
    let is_itself = |c: char| is_of_a_name(c) && (c != '.' || !is_expression);
    let pattern: String = name.chars().map(|c| if is_itself(c) { c } else { '*' }).collect();
    let pattern = pattern.trim_matches('.');
    let below = host.char_indices().filter(|(_, c)| *c == '.').map(|(at, _)| &host[at + 1..]);
    let is_of_all = || is_expression || name.contains('*');
    (pattern.contains(|c: char| c.is_ascii_alphanumeric()) || !pattern.is_empty() && is_of_all())
        && std::iter::once(host).chain(below).any(|it| fits(pattern, it))
}

#[cfg(test)]
mod tests {
    use super::*;

    const API: &str = "https://api.mypurecloud.de/";

    fn used(variables: &[(&str, &str)], url: &str) -> Result<Option<Proxy>, ProxyError> {
        let value = |name: &str| variables.iter().find(|(it, _)| *it == name).map(|(_, value)| OsString::from(value));
        Proxies::of(&value).of_urls(&[Url::parse(url).unwrap()])
    }

    fn shown(variables: &[(&str, &str)]) -> Option<String> {
        used(variables, API).unwrap().map(|it| format!("{} {}", it.variable, it.host))
    }

    #[test]
    fn the_variable_of_tls_comes_first_and_an_empty_one_is_none() {
        assert_eq!(shown(&[]), None);
        assert_eq!(shown(&[("HTTP_PROXY", "http://plain:1")]), None, "nothing is spoken without TLS");
        let all =
            [("ALL_PROXY", "http://all:1"), ("HTTPS_PROXY", ""), ("https_proxy", "https://eve:pw@corp.test:31/x")];
        assert_eq!(shown(&all).as_deref(), Some("https_proxy corp.test:31"));
        assert_eq!(shown(&[("all_proxy", "corp:1")]).as_deref(), Some("all_proxy corp:1"));
        let encoded = used(&[("HTTPS_PROXY", "http://CORP%5Ceve:p%C3%A4%40@[::1]:3128")], API).unwrap().unwrap();
        assert_eq!(encoded.host, "[::1]:3128");
        assert_eq!(encoded.auth.as_ref().unwrap().as_bytes(), b"Basic Q09SUFxldmU6cMOkQA==");
        assert!(!format!("{encoded:?}").contains("Q09SU"));
    }

    #[test]
    fn what_is_set_and_no_address_stops_and_no_character_of_it_is_told() {
        let unreadable = [
            ("http://zeus:Hunter#x@corp.test:3128", "`#`, `/`, `?` and `@`"),
            ("http://zeus:Hunter/x@corp.test:3128", "`#`, `/`, `?` and `@`"),
            ("http://zeus:12?x@corp.test:3128", "`#`, `/`, `?` and `@`"),
            ("http://zeus:Hunter@x@corp.test:3128", "`#`, `/`, `?` and `@`"),
            ("zeus:12/x@corp.test:3128", "`#`, `/`, `?` and `@`"),
            ("http://ZEUS\\u:Hunter@corp.test:3128", "`%5C`"),
            ("http://zeus:Hünter@corp.test:3128", "outside ASCII"),
            ("\"http://zeus:Hunter@corp.test:3128\"", "in quotes"),
            ("'corp.test'", "in quotes"),
            (" http://corp.test:3128", "blank"),
            ("http://zeus:Hunter@corp.test:3128\n", "line break"),
            ("  ", "only blanks"),
            ("quic://zeus:Hunter@corp.test:3128", "no scheme"),
            ("http://corp.test:Hunter", "no address"),
            ("http://", "no address"),
            ("${PROXY}", "no address"),
        ];
        for (value, reason) in unreadable {
            let error = used(&[("HTTPS_PROXY", value), ("ALL_PROXY", "http://good:1")], API).unwrap_err();
            let said = format!("{error} {}", error.help());
            assert!(
                said.starts_with("HTTPS_PROXY is set and cannot be used: ") && said.contains(reason),
                "{value}: {said}"
            );
            assert!(!["zeus", "ZEUS", "unter", "12", "PROXY}"].iter().any(|it| said.contains(it)), "{said}");
            let apart = [("HTTPS_PROXY", value), ("NO_PROXY", "mypurecloud.de")];
            assert_eq!(used(&apart, API), Ok(None), "it is not for this host");
        }
        for scheme in ["socks", "socks4", "socks4a", "socks5", "socks5h", "SOCKS5H", "Socks"] {
            let error = used(&[("ALL_PROXY", &format!("{scheme}://eve:pw@corp.test:1080"))], API).unwrap_err();
            assert_eq!(error, ProxyError::Socks { variable: "ALL_PROXY" });
        }
    }

    #[test]
    fn a_word_for_no_proxy_is_not_taken_for_its_name() {
        for value in ["DIRECT", "none", "false", "0", "-", "http://off", "True", "8080"] {
            let error = used(&[("HTTPS_PROXY", value)], API).unwrap_err();
            assert!(error.help().starts_with("leave HTTPS_PROXY empty for no proxy"), "{value}: {}", error.help());
            assert_eq!(used(&[("HTTPS_PROXY", value), ("NO_PROXY", "*")], API), Ok(None));
        }
        assert_eq!(
            shown(&[("HTTPS_PROXY", "http://direct.corp.test")]).as_deref(),
            Some("HTTPS_PROXY direct.corp.test")
        );
    }

    #[cfg(unix)]
    #[test]
    fn what_is_no_unicode_is_set_all_the_same() {
        use std::os::unix::ffi::OsStringExt as _;
        let value =
            |name: &str| (name == "HTTPS_PROXY").then(|| OsString::from_vec(b"http://eve:p\xe4@corp:1".to_vec()));
        let error = Proxies::of(&value).of_urls(&[Url::parse(API).unwrap()]).unwrap_err();
        assert_eq!(error, ProxyError::Unreadable { variable: "HTTPS_PROXY", why: NOT_ASCII });
    }

    #[test]
    fn a_host_is_excepted_or_goes_through_the_proxy_or_stops_the_run() {
        let with = |except: &str, url: &str| match used(&[("HTTPS_PROXY", "p:1"), ("NO_PROXY", except)], url) {
            Ok(None) => "direct",
            Ok(Some(_)) => "proxy",
            Err(_) => "stops",
        };
        for (except, way) in [
            ("*", "direct"),
            ("mypurecloud.de", "direct"),
            (".MyPureCloud.de, x", "direct"),
            ("api.mypurecloud.de", "direct"),
            ("ypurecloud.de", "proxy"),
            ("login.mypurecloud.de", "proxy"),
            ("10.0.0.0/8,fe80::/10, 10.0.0.*", "proxy"),
            ("*.corp.test,localhost:80,<local>,https://corp.test", "proxy"),
            ("mypurecloud.de:8443", "proxy"),
            ("*.mypurecloud.de", "stops"),
            ("*mypurecloud.de", "stops"),
            ("api.*", "stops"),
            ("localhost api.mypurecloud.de", "stops"),
            ("localhost;mypurecloud.de", "stops"),
            ("mypurecloud.de:443", "stops"),
            ("mypurecloud.de.", "stops"),
            ("https://api.mypurecloud.de/", "stops"),
            ("\"mypurecloud.de\"", "stops"),
            ("^api\\.mypurecloud\\.de$", "stops"),
            ("/.*purecloud.*/", "stops"),
            ("~.*", "stops"),
            ("~.*purecloud.de", "stops"),
            ("**", "stops"),
            ("/.*corp.*/", "proxy"),
            ("~^corp", "proxy"),
            ("10.0.0.1:443,[::1],\"\"", "proxy"),
        ] {
            assert_eq!(with(except, API), way, "{except}");
        }
        for (except, way) in [
            ("10.0.0.0/8", "direct"),
            ("11.0.0.0/8", "proxy"),
            ("10.*", "stops"),
            ("10.0.", "stops"),
            ("10.0.0.0/255.0.0.0", "stops"),
            ("*.corp.test", "proxy"),
            ("10.0.0.1:80", "proxy"),
            ("10.0.0.2:443", "proxy"),
            ("10.0.0.1:443", "stops"),
            ("https://10.0.0.1/", "stops"),
            ("~10[.]0.*", "stops"),
            ("/.*/", "stops"),
            ("/.*corp.*/", "proxy"),
        ] {
            assert_eq!(with(except, "https://10.0.0.1/"), way, "{except}");
        }
        assert_eq!(with("bücher.example", "https://xn--bcher-kva.example/"), "stops");
    }

    #[test]
    fn entries_that_except_nothing_are_told_and_a_password_among_them_is_not() {
        let unread = |except: &str| {
            let value = |name: &str| match name {
                "HTTPS_PROXY" => Some(OsString::from("http://corp:1")),
                "NO_PROXY" => Some(OsString::from(except)),
                _ => None,
            };
            Proxies::of(&value).unread_entries()
        };
        assert_eq!(unread("localhost, .corp.test,127.0.0.1,::1,10.0.0.0/8,*"), Vec::<String>::new());
        assert_eq!(
            unread("localhost,*.corp.test,eve:pw@corp,10.0"),
            ["entry 2 (`*.corp.test`) of NO_PROXY", "entry 3 of NO_PROXY", "entry 4 (`10.0`) of NO_PROXY"]
        );
    }
}

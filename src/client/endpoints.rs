//! The hosts of the platform, from a region, a domain or `--base-url`. Only loopback is allowed without TLS.

use std::net::IpAddr;

use reqwest::Url;

use crate::model::problem::Problem;
use crate::model::region::Region;

/// The longest domain, in bytes.
pub const DOMAIN_BYTES_MAX: usize = 200;
/// The longest label of a domain (DNS).
const DOMAIN_PART_BYTES_MAX: usize = 63;

/// The API and the token endpoint. Neither URL has a user, a query or a fragment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoints {
    api: Url,
    login: Url,
}

/// Why an address is invalid. The address itself is not included, because it may have a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    /// Not a plain domain name.
    #[error("not a domain: a domain is written like `mypurecloud.de`, without scheme, port or path")]
    NotADomain,
    /// A host name of the API or the login instead of the domain.
    #[error("a domain is written like `mypurecloud.de`, without `api.`, `login.` or `apps.` in front")]
    NotTheDomain,
    /// Not an address.
    #[error("not a URL: write it like `https://gateway.example/genesys`")]
    NotAUrl,
    /// Neither `https` nor `http`.
    #[error("only `https` is spoken (and `http` to this machine)")]
    Scheme,
    /// `http` to another machine.
    #[error("`http` is for this machine only (127.0.0.1, [::1], localhost), and this is another one: use `https`")]
    PlainHttp,
    /// A user or a password in the address.
    #[error("the URL holds a user or a password: credentials go into the environment")]
    Credentials,
    #[error("the URL holds a query or a fragment: only scheme, host, port and path are allowed there")]
    QueryOrFragment,
    /// It includes a path of the API.
    #[error("the URL has `{0}` in it, which presencectl adds itself: leave that away, and what follows it")]
    ApiPath(&'static str),
}

/// Suffixes of an address that was copied with the path of an operation.
const API_PATHS: [&str; 3] = ["/api/v2", "/oauth/token", "/api"];

impl Endpoints {
    pub fn of_region(region: Region) -> Result<Endpoints, EndpointError> {
        Endpoints::of_domain(region.domain())
    }

    /// The hosts below a domain from the *environment*. A name from a config must be in the table of regions instead.
    pub fn of_domain(domain: &str) -> Result<Endpoints, EndpointError> {
        let domain = domain.trim().to_ascii_lowercase();
        if !is_domain(&domain) {
            return Err(EndpointError::NotADomain);
        }
        if ["api.", "login.", "apps."].iter().any(|host| domain.starts_with(host)) {
            return Err(EndpointError::NotTheDomain);
        }
        let url = |text: String| Url::parse(&text).map_err(|_| EndpointError::NotADomain);
        Ok(Endpoints {
            api: url(format!("https://api.{domain}/"))?,
            login: url(format!("https://login.{domain}/oauth/token"))?,
        })
    }

    /// The endpoints below one address (`--base-url`). The token endpoint is `BASE/oauth/token`.
    pub fn of_base_url(base: &str) -> Result<Endpoints, EndpointError> {
        let mut api = Url::parse(base.trim()).map_err(|_| EndpointError::NotAUrl)?;
        if !matches!(api.scheme(), "https" | "http") {
            return Err(EndpointError::Scheme);
        }
        if !api.username().is_empty() || api.password().is_some() {
            return Err(EndpointError::Credentials);
        }
        if api.query().is_some() || api.fragment().is_some() {
            return Err(EndpointError::QueryOrFragment);
        }
        if api.scheme() == "http" && !is_loopback(&api) {
            return Err(EndpointError::PlainHttp);
        }
        let path = api.path().trim_end_matches('/').to_owned();
        let folded = path.to_ascii_lowercase();
        let is_in = |end: &&str| folded.ends_with(*end) || folded.contains(&format!("{end}/")) && *end != "/api";
        if let Some(end) = API_PATHS.into_iter().find(is_in) {
            return Err(EndpointError::ApiPath(end));
        }
        api.set_path(&format!("{path}/"));
        let mut login = api.clone();
        login.set_path(&format!("{path}/oauth/token"));
        Ok(Endpoints { api, login })
    }

    /// The URL of an API path. `path` begins with `/` and is already percent-encoded.
    pub fn api(&self, path: &str, query: &[(&str, String)]) -> Url {
        let mut url = self.api.clone();
        let whole = format!("{}{path}", self.api.path().trim_end_matches('/'));
        url.set_path(&whole);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        url
    }

    pub fn login(&self) -> &Url {
        &self.login
    }

    pub fn api_host(&self) -> String {
        self.api.authority().to_owned()
    }

    /// The API's host name, without a port.
    pub fn api_name(&self) -> String {
        self.api.host_str().unwrap_or_default().to_owned()
    }

    /// Host and port of the token endpoint.
    pub fn login_host(&self) -> String {
        self.login.authority().to_owned()
    }

    /// Are both on this machine? Then nothing real is written, and no proxy is used.
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.api) && is_loopback(&self.login)
    }
}

/// `127.0.0.0/8`, `::1` or `localhost`. The URL parser already normalised forms such as `127.1` and `0x7f.1`.
fn is_loopback(url: &Url) -> bool {
    is_this_machine(url.host_str().unwrap_or_default())
}

/// Like [`is_loopback`], for a host with or without a port.
pub(crate) fn is_this_machine(authority: &str) -> bool {
    let port = authority.rsplit_once(':').filter(|(_, port)| !port.ends_with(']'));
    let host = port.map_or(authority, |(host, _)| host);
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || bare.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// Letters, digits and hyphens between dots, at least one dot, and a last label that is no number. The URL parser then
/// has nothing to interpret.
fn is_domain(domain: &str) -> bool {
    let part_is_good = |part: &str| {
        (1..=DOMAIN_PART_BYTES_MAX).contains(&part.len())
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !part.starts_with('-')
            && !part.ends_with('-')
    };
    let last_begins_with_a_letter =
        domain.rsplit('.').next().is_some_and(|last| last.starts_with(|c: char| c.is_ascii_alphabetic()));
    domain.len() <= DOMAIN_BYTES_MAX
        && domain.contains('.')
        && last_begins_with_a_letter
        && domain.split('.').all(part_is_good)
}

impl From<(&str, EndpointError)> for Problem {
    fn from((what, error): (&str, EndpointError)) -> Problem {
        Problem::new(format!("{what}: {error}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::region::REGIONS;

    #[test]
    fn a_region_has_its_hosts() {
        let endpoints = Endpoints::of_region(Region::by_name("eu-central-1").unwrap()).unwrap();
        assert_eq!(endpoints.api("/api/v2/x", &[]).as_str(), "https://api.mypurecloud.de/api/v2/x");
        assert_eq!(endpoints.login().as_str(), "https://login.mypurecloud.de/oauth/token");
        assert!(!endpoints.is_loopback());
        assert!(REGIONS.into_iter().all(|region| Endpoints::of_region(region).is_ok()));
    }

    #[test]
    fn a_domain_is_a_name_and_nothing_else() {
        let hostile = [
            "",
            "localhost",
            "https://evil.example",
            "evil.example/",
            "evil.example/x",
            "evil.example:443",
            "a@evil.example",
            "evil.example#",
            "evil.example?",
            "evil.example\\",
            "127.0.0.1",
            "evil.0x7f",
            "-a.example",
            "a..example",
            ".example",
            "evil.example.",
            "exämple.de",
            "evil%2eexample.de",
            "a b.de",
            "a\tb.de",
            "mypurecloud.de\nx",
        ];
        for domain in hostile {
            assert_eq!(Endpoints::of_domain(domain), Err(EndpointError::NotADomain), "{domain:?}");
        }
        assert_eq!(Endpoints::of_domain("api.mypurecloud.de"), Err(EndpointError::NotTheDomain));
        assert!(Endpoints::of_domain(" MyPureCloud.DE ").is_ok());
    }

    #[test]
    fn http_is_for_this_machine_only() {
        for base in
            ["http://127.0.0.1:8080", "http://127.9.9.9/", "http://[::1]:1", "http://localhost:9/x", "http://127.1"]
        {
            assert!(Endpoints::of_base_url(base).unwrap().is_loopback(), "{base}");
        }
        let elsewhere =
            ["http://example.com", "http://localhost.example.com", "http://10.0.0.1", "http://[::2]", "http://0.0.0.0"];
        for base in elsewhere {
            assert_eq!(Endpoints::of_base_url(base), Err(EndpointError::PlainHttp), "{base}");
        }
        assert!(!Endpoints::of_base_url("https://example.com").unwrap().is_loopback());
    }

    #[test]
    fn a_base_url_is_scheme_host_port_and_path() {
        let endpoints = Endpoints::of_base_url("https://gateway.example/genesys/").unwrap();
        assert_eq!(
            endpoints.api("/api/v2/x", &[("a", "b&c".to_owned())]).as_str(),
            "https://gateway.example/genesys/api/v2/x?a=b%26c"
        );
        assert_eq!(endpoints.login().as_str(), "https://gateway.example/genesys/oauth/token");
        let wrong = [
            ("gateway.example", EndpointError::NotAUrl),
            ("ftp://gateway.example", EndpointError::Scheme),
            ("file:///etc/passwd", EndpointError::Scheme),
            ("https://user:canary@gateway.example", EndpointError::Credentials),
            ("https://gateway.example?x=1", EndpointError::QueryOrFragment),
            ("https://gateway.example#x", EndpointError::QueryOrFragment),
            ("https://gateway.example/API/V2", EndpointError::ApiPath("/api/v2")),
            ("https://gateway.example/x/api/v2/presencedefinitions", EndpointError::ApiPath("/api/v2")),
            ("https://gateway.example/api/", EndpointError::ApiPath("/api")),
            ("https://gateway.example/OAuth/Token", EndpointError::ApiPath("/oauth/token")),
        ];
        for (base, error) in wrong {
            assert_eq!(Endpoints::of_base_url(base), Err(error), "{base}");
        }
    }
}

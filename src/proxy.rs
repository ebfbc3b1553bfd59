//! Which proxy variable the HTTP client goes by for a host. It reads them itself, as curl does; here is only
//! what it makes of them, so that `doctor` can say it.

/// The variables, the first of each pair that is set.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Proxies {
    /// `HTTPS_PROXY` or `https_proxy`, else `ALL_PROXY` or `all_proxy`.
    pub https: Option<Proxy>,
    /// `NO_PROXY` or `no_proxy`: hosts that are spoken to directly.
    pub except: Vec<String>,
}

/// A proxy, without the user and password that its address may hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proxy {
    /// The variable that names it.
    pub variable: &'static str,
    /// Host and port.
    pub host: String,
}

impl Proxies {
    /// From variables.
    #[must_use]
    pub fn of(variable: &dyn Fn(&str) -> Option<String>) -> Proxies {
        let proxy = |names: [&'static str; 2]| {
            names.into_iter().find_map(|name| Some(Proxy { variable: name, host: host_of(&variable(name)?)? }))
        };
        let except = variable("NO_PROXY").or_else(|| variable("no_proxy")).unwrap_or_default();
        Proxies {
            https: proxy(["HTTPS_PROXY", "https_proxy"]).or_else(|| proxy(["ALL_PROXY", "all_proxy"])),
            except: except.split(',').map(|it| it.trim().to_owned()).filter(|it| !it.is_empty()).collect(),
        }
    }

    /// The proxy for a host that is spoken to over TLS. A network in `NO_PROXY` (`10.0.0.0/8`) is for
    /// addresses, and the platform's hosts are names.
    #[must_use]
    pub fn of_host(&self, host: &str) -> Option<&Proxy> {
        let is_excepted = self.except.iter().any(|it| {
            let domain = it.trim_start_matches('.');
            let below = host.len().checked_sub(domain.len()).and_then(|at| host.split_at_checked(at));
            it == "*"
                || below.is_some_and(|(before, end)| {
                    end.eq_ignore_ascii_case(domain) && (before.is_empty() || before.ends_with('.'))
                })
        });
        self.https.as_ref().filter(|_| !is_excepted)
    }
}

/// Host and port of an address, which may have no scheme.
fn host_of(address: &str) -> Option<String> {
    let after_scheme = address.split_once("://").map_or(address, |(_, rest)| rest);
    let authority = after_scheme.split(['/', '?', '#']).next()?;
    // The last `@`: a password may hold one.
    let host = authority.rsplit('@').next()?;
    (!host.is_empty()).then(|| host.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxies(variables: &[(&str, &str)]) -> Proxies {
        Proxies::of(&|name| variables.iter().find(|(it, _)| *it == name).map(|(_, value)| (*value).to_owned()))
    }

    fn used(variables: &[(&str, &str)]) -> Option<String> {
        proxies(variables).of_host("api.mypurecloud.de").map(|it| format!("{} {}", it.variable, it.host))
    }

    #[test]
    fn the_variable_of_tls_comes_first_and_no_password_is_kept() {
        assert_eq!(used(&[]), None);
        assert_eq!(used(&[("HTTP_PROXY", "http://plain:1")]), None, "nothing is spoken without TLS");
        let both = [("ALL_PROXY", "http://all:1"), ("HTTPS_PROXY", "http://eve:c@n@ry@corp.example:3128/x")];
        assert_eq!(used(&both).as_deref(), Some("HTTPS_PROXY corp.example:3128"));
        assert_eq!(used(&[("all_proxy", "corp:1")]).as_deref(), Some("all_proxy corp:1"));
    }

    #[test]
    fn a_host_may_be_excepted() {
        for (except, is_used) in [
            ("*", false),
            ("mypurecloud.de", false),
            (".MyPureCloud.de, x", false),
            ("api.mypurecloud.de", false),
            ("ypurecloud.de", true),
            ("login.mypurecloud.de", true),
            ("10.0.0.0/8", true),
        ] {
            assert_eq!(used(&[("HTTPS_PROXY", "p:1"), ("NO_PROXY", except)]).is_some(), is_used, "{except}");
        }
    }
}

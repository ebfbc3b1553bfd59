//! Proxies: the effect of an unusable variable, and of a proxy that refuses.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::thread;

use super::driver::Cli;
use super::server::Knocks;
use super::{CANARY, LUNCH};

/// A proxy that answers each CONNECT with a status, and keeps what it was sent.
struct Proxy {
    address: String,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    fn answering(status: u16) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let heads = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&heads);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut head = [0; 4096];
                let length = stream.read(&mut head).unwrap_or(0);
                kept.lock().unwrap().push(String::from_utf8_lossy(&head[..length]).into_owned());
                let _ = write!(stream, "HTTP/1.1 {status} Said\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            }
        });
        Proxy { address, heads }
    }

    fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }
}

fn cli(proxy: &str) -> Cli {
    Cli::new().file("lunch.yaml", LUNCH).variable("GENESYSCLOUD_ACCESS_TOKEN", CANARY).variable("HTTPS_PROXY", proxy)
}

const TARGET: &str = "--base-url https://gw.corp.test";

#[test]
fn a_refusal_is_final_and_says_what_to_do() {
    for (status, user, help) in [
        (407, "eve:Pw9@", "the proxy does not accept the user and password in HTTPS_PROXY"),
        (407, "", "the proxy wants a user and a password"),
        (403, "eve:Pw9@", "the proxy does not let you reach `gw.corp.test`"),
        (405, "", "check that HTTPS_PROXY names an HTTP proxy"),
    ] {
        for command in ["plan", "doctor"] {
            let proxy = Proxy::answering(status);
            let ran = cli(&format!("http://{user}{}", proxy.address)).run(&format!("{command} lunch.yaml {TARGET}"));
            let said = ran.shown();
            assert_eq!(ran.code, Some(1), "{said}");
            assert!(said.contains(&format!("the proxy `{}` answered {status}", proxy.address)), "{said}");
            assert!(said.contains(help) && !said.contains("Pw9") && !said.contains("eve"), "{said}");
            let heads = proxy.heads();
            assert_eq!(heads.len(), 1, "{command} {status}: it is asked once");
            assert!(heads[0].starts_with("CONNECT gw.corp.test:443 HTTP/1.1\r\n"), "{heads:?}");
            let signed = heads[0].to_ascii_lowercase().contains("proxy-authorization: basic zxzlolb3oq==");
            assert!(signed != user.is_empty() && !heads[0].contains(CANARY), "{heads:?}");
        }
    }
}

/// No name ends so (RFC 6761).
#[test]
fn a_proxy_that_is_not_there_is_named_and_not_the_org() {
    let proxy = cli("http://eve:Pw9@nohost.invalid:3128");
    let ran = proxy.run(&format!("plan lunch.yaml {TARGET}"));
    assert_eq!(ran.code, Some(1), "{}", ran.shown());
    assert!(ran.stderr.contains("no connection to the proxy `nohost.invalid:3128` (HTTPS_PROXY)"), "{}", ran.stderr);
    let misleads = ["gw.corp.test", "attempts", "trying again", "--base-url", "Pw9"];
    assert!(!misleads.iter().any(|it| ran.stderr.contains(it)), "{}", ran.stderr);
    let doctor = proxy.run(&format!("doctor lunch.yaml {TARGET}")).shown();
    assert!(doctor.contains("`nohost.invalid` is not found") && doctor.contains("HTTPS_PROXY"), "{doctor}");
}

#[test]
fn a_proxy_without_a_way_on_is_asked_again_and_says_nothing_of_the_region() {
    let proxy = Proxy::answering(503);
    let ran = cli(&format!("http://{}", proxy.address)).run(&format!("plan lunch.yaml {TARGET}"));
    assert!(
        ran.stderr.contains("answered 503") && ran.stderr.contains("cannot reach `gw.corp.test`"),
        "{}",
        ran.stderr
    );
    assert!(!ran.stderr.contains("--base-url") && proxy.heads().len() > 1, "{}", ran.stderr);
}

#[test]
fn a_refused_password_is_sent_once_for_all_hosts() {
    let proxy = Proxy::answering(407);
    let cli = Cli::new()
        .variable("GENESYSCLOUD_REGION", "eu-central-1")
        .variable("GENESYSCLOUD_OAUTHCLIENT_ID", "client")
        .variable("GENESYSCLOUD_OAUTHCLIENT_SECRET", CANARY)
        .variable("HTTPS_PROXY", &format!("http://eve:Pw9@{}", proxy.address));
    assert_eq!(cli.run("doctor").code, Some(1));
    assert_eq!(proxy.heads().len(), 1);
}

#[test]
fn a_variable_that_cannot_be_used_stops_everything_and_is_not_shown() {
    let knocks = Knocks::listen();
    let port = knocks.port;
    for (value, said) in [
        (format!("http://zuse:Pw9#x@127.0.0.1:{port}"), "cannot be used"),
        (format!("http://zuse:Pw9/x@127.0.0.1:{port}"), "cannot be used"),
        (format!("http://zuse:Pw9?x@127.0.0.1:{port}"), "cannot be used"),
        (format!("http://CORP\\zuse:Pw9@127.0.0.1:{port}"), "cannot be used"),
        (format!("http://zuse:Pw9ä@127.0.0.1:{port}"), "cannot be used"),
        (format!("\"http://zuse:Pw9@127.0.0.1:{port}\""), "cannot be used"),
        (format!("http://zuse:Pw9@127.0.0.1:{port}\n"), "cannot be used"),
        (format!("socks5://zuse:Pw9@127.0.0.1:{port}"), "names a SOCKS proxy"),
        (format!("SOCKS5H://zuse:Pw9@127.0.0.1:{port}"), "names a SOCKS proxy"),
        ("DIRECT".to_owned(), "cannot be used"),
    ] {
        let cli = cli(&value);
        for command in ["plan lunch.yaml", "plan lunch.yaml -o json", "show", "doctor lunch.yaml -o json"] {
            let ran = cli.run(&format!("{command} {TARGET}"));
            let shown = ran.shown();
            assert_eq!(ran.code, Some(1), "{shown}");
            assert!(
                shown.contains(&format!("HTTPS_PROXY {said}")) || shown.contains("HTTPS_PROXY is set and"),
                "{shown}"
            );
            assert!(!shown.contains("Pw9") && !shown.contains("zuse"), "{shown}");
        }
        let doctor = cli.run(&format!("doctor lunch.yaml {TARGET}"));
        assert!(doctor.stdout.contains("failed     proxy        HTTPS_PROXY "), "{}", doctor.shown());
        assert!(!doctor.shown().contains("Pw9"), "{}", doctor.shown());
        assert_eq!(cli.run("plan lunch.yaml --sandbox").code, Some(0), "nothing leaves this machine");
        let direct = cli.variable("NO_PROXY", "corp.test").run(&format!("doctor lunch.yaml {TARGET}"));
        assert!(direct.stdout.contains("ok         proxy        none"), "{}", direct.shown());
    }
    assert_eq!(knocks.count(), 0, "something was sent");
}

#[test]
fn an_entry_of_no_proxy_stops_a_run_only_if_it_may_mean_its_host() {
    let proxy = Proxy::answering(403);
    let cli = |except: &str| cli(&format!("http://{}", proxy.address)).variable("NO_PROXY", except);
    let ran = cli("localhost,*.corp.test").run(&format!("plan lunch.yaml {TARGET}"));
    assert!(ran.stderr.contains("entry 2 (`*.corp.test`) of NO_PROXY may mean `gw.corp.test`"), "{}", ran.shown());
    assert_eq!(proxy.heads(), Vec::<String>::new());
    let other = cli("*.example.com").run(&format!("doctor lunch.yaml {TARGET}"));
    let told = "; nothing is excepted by entry 1 (`*.example.com`) of NO_PROXY";
    assert!(other.stdout.contains("warning    proxy ") && other.stdout.contains(told), "{}", other.shown());
    assert_eq!(proxy.heads().len(), 1, "it went to the proxy");
}

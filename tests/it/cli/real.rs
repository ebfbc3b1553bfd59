//! A real org, as far as the executable knows: one on another machine. Every help text leads to a command that works
//! there.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

use std::sync::Arc;
use std::thread;

use presencectl::sandbox::{SandboxConfig, Seed, seed};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use serde_json::json;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, split};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

use super::driver::{Cli, Ran};
use super::server::Org;

/// As long as `localhost`, the name that the sandbox answers to.
const HOST: &str = "acme.test";
const LUNCH_ID: &str = "2fa68d50-0000-4000-8000-000000000001";
const ORG_ID: &str = "5a4db0c5-0000-4000-b000-000000000001";
const USER: &str = "5a4db0c5-0000-4000-8000-000000000001";

/// A client that trusts the returned PEM root and uses the returned proxy reaches the org at `https://acme.test`.
fn far_away(org: &Org) -> (String, String) {
    let mut root = CertificateParams::new(Vec::new()).unwrap();
    root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let root = CertifiedIssuer::self_signed(root, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec![HOST.to_owned()]).unwrap().signed_by(&key, &root).unwrap();
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let config = ServerConfig::builder().with_no_client_auth();
    let config = config.with_single_cert(vec![certificate.der().clone()], key).unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let org = org.url.trim_start_matches("http://").to_owned();
    let (tell, told) = std::sync::mpsc::channel();
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            tell.send(format!("http://{}", listener.local_addr().unwrap())).unwrap();
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(tunnel(stream, acceptor.clone(), org.clone()));
            }
        });
    });
    (told.recv().unwrap(), root.pem())
}

/// Handles a tunnel request as a proxy, and serves the org at its other end.
async fn tunnel(mut stream: TcpStream, acceptor: TlsAcceptor, org: String) {
    let mut head = [0; 1024];
    let length = stream.read(&mut head).await.unwrap_or(0);
    assert!(head[..length].starts_with(format!("CONNECT {HOST}:443 ").as_bytes()));
    stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
    let Ok(stream) = acceptor.accept(stream).await else { return };
    let ((from_client, to_client), org) = (split(stream), TcpStream::connect(org).await.unwrap());
    let (from_org, to_org) = org.into_split();
    tokio::join!(passed_on(from_client, to_org), passed_on(from_org, to_client));
}

async fn passed_on(mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin) {
    let mut bytes = vec![0; 65_536];
    while let Ok(length @ 1..) = from.read(&mut bytes).await {
        let part = &mut bytes[..length];
        let host = format!("host: {HOST}\r\n");
        if let Some(at) = part.windows(host.len()).position(|it| it == host.as_bytes()) {
            part[at..at + host.len()].copy_from_slice(b"host: localhost\r\n");
        }
        if to.write_all(part).await.is_err() {
            return;
        }
    }
    let _ = to.shutdown().await;
}

/// An org with Lunch and one person, and a folder with a config that gives Lunch another label.
fn world() -> (Org, Cli, String) {
    let lunch = json!({ "id": LUNCH_ID, "languageLabels": { "en_US": "Lunch" }, "systemPresence": "Meal" });
    let users = vec![seed::user(1, LUNCH_ID, 1_764_000_000_000)];
    let seed = Seed { definitions: vec![lunch], users: Some(users), ..Seed::default() };
    let org = Org::start(SandboxConfig { seed, start_unix_ms: Some(1_764_000_000_000), ..SandboxConfig::default() });
    let (proxy, root) = far_away(&org);
    let config = format!(
        "version: 1\norg: {{ name: acme, id: {ORG_ID} }}\ndefinitions:\n  lunch: {{ systemPresence: Meal, labels: {{ \
         en_US: Lunch, de: Mittag }} }}\n"
    );
    let cli = Cli::new()
        .file("acme.yaml", &config)
        .file("root.pem", &root)
        .variable("HTTPS_PROXY", &proxy)
        .variable("GENESYSCLOUD_OAUTHCLIENT_ID", "sandbox-client")
        .variable("GENESYSCLOUD_OAUTHCLIENT_SECRET", "sandbox-secret");
    (org, cli, format!("--base-url https://{HOST} --ca-cert root.pem"))
}

/// The help of a command without a terminal works when it is followed.
fn helped(cli: &Cli, command: &str, help: &str, more: &str) -> Ran {
    let refused = cli.run(command);
    let said = format!("error: presencectl cannot ask: this is not a terminal; nothing was written\n  help: {help}\n");
    assert!(refused.code == Some(1) && refused.stderr.ends_with(&said), "{}", refused.shown());
    assert!(more.split(' ').filter(|it| it.starts_with("--")).all(|flag| help.contains(flag)), "{help} {more}");
    let ran = cli.run(&format!("{command} {more}"));
    assert_eq!(ran.code, Some(0), "{}", ran.shown());
    ran
}

#[test]
fn where_nobody_can_be_asked_each_help_leads_to_a_command_that_works() {
    let (org, cli, target) = world();
    let writes =
        || org.requests().iter().filter(|it| it.starts_with("PUT /api") || it.starts_with("PATCH /api")).count();
    let reviewed = "if it was already approved";
    let apply = format!("apply acme.yaml {target} -o json=report.json");
    helped(&cli, &apply, &format!("give --auto-approve {reviewed}, as in CI"), "--auto-approve");
    assert_eq!(writes(), 1);

    let undo = format!("undo report.json {target}");
    let help = format!("give --config PATH, whose `protect`, `omit` and limits apply, and --auto-approve {reviewed}");
    let refused = cli.run(&format!("{undo} --auto-approve"));
    assert!(refused.stderr.starts_with("error: without a config it is not known"), "{}", refused.shown());
    assert_eq!(writes(), 1);
    helped(&cli, &undo, &help, "--config acme.yaml --auto-approve");
    assert_eq!(writes(), 2);
    assert_eq!(cli.run(&format!("{apply} --auto-approve")).code, Some(0));
    let with_config = format!("{undo} --config acme.yaml");
    helped(&cli, &with_config, &format!("give --auto-approve {reviewed}, as in CI"), "--auto-approve");
    assert_eq!(writes(), 4);

    let set = format!("user set {USER} --presence Meal {target} --org-id {ORG_ID}");
    helped(&cli, &set, "give --yes if it was already approved, as in a script", "--yes");
    let retire = format!("retire lunch --to Meal --config acme.yaml {target}");
    helped(&cli, &retire, "give --yes if it was already approved", "--yes");
    assert_eq!(writes(), 6, "{:?}", org.requests());
}

//! Real TLS on this machine: which servers are trusted, and the errors for the others.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use presencectl::client::wire::{Auth, Body, Method, Request, Response, Wire as _, WireError};
use presencectl::client::{Distrust, Endpoints, HttpWire, WireLimits};
use presencectl::model::limits::ANSWER_BYTES_MAX;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, SanType, date_time_ymd};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::double::CANARY;

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n[]";

/// A root of trust that no machine has, as PEM, and a server that it vouches for.
async fn server() -> (String, String) {
    server_with(|_| {}).await
}

/// The same, where something about the server's certificate is changed.
async fn server_with(change: impl Fn(&mut CertificateParams)) -> (String, String) {
    let root = root();
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
    change(&mut params);
    let certificate = params.signed_by(&key, &root).unwrap();
    (serving(certificate.der().clone(), &key).await, root.pem())
}

fn root() -> CertifiedIssuer<'static, KeyPair> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let mut root = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
    root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    // Of roots with one name only the signature would be wrong, which is another reason.
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    root.distinguished_name.push(DnType::CommonName, format!("root {number}"));
    CertifiedIssuer::self_signed(root, KeyPair::generate().unwrap()).unwrap()
}

/// A server that shows this certificate.
async fn serving(certificate: CertificateDer<'static>, key: &KeyPair) -> String {
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let config = ServerConfig::builder().with_no_client_auth();
    let config = config.with_single_cert(vec![certificate], key).unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("https://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let mut head = [0; 4096];
            let _ = stream.read(&mut head).await;
            let _ = stream.write_all(ANSWER).await;
            let _ = stream.shutdown().await;
        }
    });
    base
}

async fn asked(base: &str, trusted: Option<&str>) -> Result<Response, WireError> {
    let endpoints = Endpoints::of_base_url(base).unwrap();
    let url = endpoints.api("/api/v2/systempresences", &[]);
    let request = Request {
        method: Method::Get,
        url,
        auth: Auth::Bearer(CANARY.into()),
        body: Body::None,
        answer_bytes_max: ANSWER_BYTES_MAX,
    };
    let wire = HttpWire::new(&endpoints, WireLimits::default());
    let wire = match trusted {
        None => wire,
        Some(pem) => wire.trusting(pem.as_bytes()).unwrap(),
    };
    wire.exchange(&request).await
}

#[tokio::test]
async fn a_root_that_is_given_is_trusted_and_no_other() {
    let (base, root) = server().await;
    assert_eq!(distrust(&base, None).await, Distrust::UnknownIssuer);
    assert_eq!(asked(&base, Some(&root)).await.unwrap().body, b"[]");
    let (_, stranger) = server().await;
    assert_eq!(distrust(&base, Some(&stranger)).await, Distrust::UnknownIssuer);
    // Several in one file, as stores are.
    assert!(asked(&base, Some(&format!("{stranger}\n{root}"))).await.is_ok());
}

async fn distrust(base: &str, trusted: Option<&str>) -> Distrust {
    match asked(base, trusted).await {
        Err(WireError::Untrusted { why, said: _ }) => why,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn the_reason_why_a_certificate_is_refused_is_the_librarys_own() {
    let (base, root) = server_with(|it| it.not_after = date_time_ymd(2020, 1, 1)).await;
    assert_eq!(distrust(&base, Some(&root)).await, Distrust::Expired);
    let (base, root) = server_with(|it| it.not_before = date_time_ymd(4000, 1, 1)).await;
    assert_eq!(distrust(&base, Some(&root)).await, Distrust::NotValidYet);
    let elsewhere = SanType::DnsName("gateway.example".try_into().unwrap());
    let (base, root) = server_with(|it| it.subject_alt_names = vec![elsewhere.clone()]).await;
    assert_eq!(distrust(&base, Some(&root)).await, Distrust::OtherHost);
    let root = self::root();
    let base = serving(root.der().clone(), root.key()).await;
    assert_eq!(distrust(&base, Some(&root.pem())).await, Distrust::AuthorityAsServer);
}

#[test]
fn a_file_of_certificates_is_judged_before_anything_is_sent() {
    let endpoints = Endpoints::of_base_url("https://127.0.0.1:1").unwrap();
    let refused =
        |text: &str| HttpWire::new(&endpoints, WireLimits::default()).trusting(text.as_bytes()).err().unwrap();
    for text in ["", "certificate"] {
        assert_eq!(refused(text), "there is no certificate in it");
    }
    let good = root().pem();
    let broken = "-----BEGIN CERTIFICATE-----\nZ2FyYmFnZQ==\n-----END CERTIFICATE-----\n";
    let line = good.lines().count() + 1;
    let said = refused(&format!("{good}{broken}"));
    assert!(said.starts_with(&format!("the certificate that begins in line {line} cannot be used: ")), "{said}");
    let unended = refused(&format!("{good}-----BEGIN CERTIFICATE-----\nZ2FyYmFnZQ==\n"));
    assert!(unended.starts_with(&format!("the certificate that begins in line {line} cannot be used: ")), "{unended}");
}

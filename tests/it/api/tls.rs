//! Real TLS on this machine: who is trusted, and what is said of who is not.

use std::sync::Arc;

use presencectl::api::wire::{Auth, Body, Method, Request, Response, Wire as _, WireError};
use presencectl::api::{Endpoints, HttpWire, Limits};
use presencectl::limits::ANSWER_BYTES_MAX;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

use super::double::CANARY;

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n[]";

/// A root of trust that nobody has, as PEM, and a server that it vouches for.
async fn server() -> (String, String) {
    let mut root = CertificateParams::new(Vec::new()).unwrap();
    root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let root = CertifiedIssuer::self_signed(root, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap().signed_by(&key, &root).unwrap();
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let config = ServerConfig::builder().with_no_client_auth();
    let config = config.with_single_cert(vec![certificate.der().clone()], key).unwrap();
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
    (base, root.pem())
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
    let wire = HttpWire::new(&endpoints, Limits::default());
    let wire = match trusted {
        None => wire,
        Some(pem) => wire.trusting(pem.as_bytes())?,
    };
    wire.exchange(&request).await
}

#[tokio::test]
async fn a_root_that_is_given_is_trusted_and_no_other() {
    let (base, root) = server().await;
    let error = asked(&base, None).await.unwrap_err();
    assert!(matches!(error, WireError::Untrusted(_) | WireError::Setup(_)), "{error}");
    assert_eq!(asked(&base, Some(&root)).await.unwrap().body, b"[]");
    let (_, stranger) = server().await;
    let error = asked(&base, Some(&stranger)).await.unwrap_err();
    assert!(matches!(error, WireError::Untrusted(_)), "{error}");
    // Several in one file, as stores are.
    assert!(asked(&base, Some(&format!("{stranger}\n{root}"))).await.is_ok());
}

#[tokio::test]
async fn what_is_no_certificate_is_said_before_anything_is_sent() {
    for text in ["", "certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        let error = asked("https://127.0.0.1:1", Some(text)).await.unwrap_err();
        assert!(matches!(error, WireError::Setup(_)), "{text}: {error}");
    }
}

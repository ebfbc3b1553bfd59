//! A run that is asked to end: what waits to be written is not sent any more.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use presencectl::client::{ApiErrorKind, Credentials, Session, WriteError, WriteGuard};
use presencectl::host::stop::{Signal, Stop};
use tokio::time::Instant;

use super::double::{Double, not_sent, ok, throttled};
use super::{id, unclear};

/// A guard, and a signal that closes it after a second.
fn closing() -> WriteGuard {
    let (sender, stop) = Stop::new();
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_secs(1)).await;
        sender.send(Some(Signal::Interrupt)).unwrap();
    });
    WriteGuard::new(&stop)
}

/// A write that is not sent, since the guard closes while it waits.
async fn never_sent(org: &Arc<Double>, session: &Session) {
    let guard = closing();
    let begun = Instant::now();
    let asked = org.lines().len();
    let error = session.guarded_by(&guard).writer().delete(&id("a")).await.unwrap_err();
    let WriteError::NotDone(error) = error else { panic!("{error}") };
    assert_eq!(error.kind, ApiErrorKind::Interrupted);
    assert_eq!(begun.elapsed(), Duration::from_secs(1));
    assert!(!guard.has_sent());
    assert_eq!(org.lines().len(), asked);
}

#[tokio::test(start_paused = true)]
async fn a_write_that_waits_for_its_turn_is_not_sent_after_a_signal() {
    let org = Double::by(|_| ok("[]"));
    let session = org.session_of(Credentials::Token("t".into()), NonZeroU32::new(1).unwrap());
    session.reader().system_presences().await.unwrap();
    never_sent(&org, &session).await;
}

#[tokio::test(start_paused = true)]
async fn a_write_that_waits_for_a_token_is_not_sent_after_a_signal() {
    let org = Double::with_tokens(|_| ok("[]"), |_| throttled(Some(30)));
    never_sent(&org, &org.session()).await;
}

#[tokio::test(start_paused = true)]
async fn a_write_that_waits_for_a_connection_is_not_sent_after_a_signal() {
    let org = Double::by(|_| not_sent());
    let guard = closing();
    let begun = Instant::now();
    let error = org.session().guarded_by(&guard).writer().delete(&id("a")).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "`DELETE /api/v2/presencedefinitions/a` was not carried out: the run was interrupted before it"
    );
    assert_eq!(begun.elapsed(), Duration::from_secs(1));
    assert!(guard.has_sent(), "it was tried");
}

#[tokio::test(start_paused = true)]
async fn a_closed_gate_stops_writes_and_not_reads() {
    let org = Double::by(|_| ok("[]"));
    let (sender, stop) = Stop::new();
    sender.send(Some(Signal::Terminate)).unwrap();
    let session = org.session().guarded_by(&WriteGuard::new(&stop));
    session.reader().system_presences().await.unwrap();
    assert!(!unclear(&session.writer().delete(&id("a")).await.unwrap_err()));
    assert_eq!(org.lines(), ["GET https://api.mypurecloud.de/api/v2/systempresences"]);
}

#[tokio::test(start_paused = true)]
async fn what_was_read_may_be_just_as_old_as_it_may_be_when_it_is_written() {
    for (waited_ms, is_sent) in [(5_000, true), (5_001, false)] {
        let org = Double::by(|_| ok(""));
        let (_sender, stop) = Stop::new();
        let guard = WriteGuard::new(&stop);
        guard.fresh_for(Duration::from_secs(5));
        tokio::time::sleep(Duration::from_millis(waited_ms)).await;
        let written = org.session_with_token().guarded_by(&guard).writer().delete(&id("a")).await;
        assert_eq!((guard.has_sent(), org.lines().len()), (is_sent, usize::from(is_sent)), "{waited_ms}");
        match written {
            Err(WriteError::NotDone(error)) => assert_eq!((error.kind, is_sent), (ApiErrorKind::Waited, false)),
            other => assert!(is_sent && other.is_ok(), "{other:?}"),
        }
    }
}

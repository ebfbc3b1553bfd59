//! Reads an org. A [`Reader`] cannot write, by construction.

use std::collections::BTreeSet;
use std::num::NonZeroU32;
use std::time::Duration;

use crate::client::error::{ApiError, ApiErrorKind, cut};
use crate::client::list::{self, Round};
use crate::client::operations::{self, Operation};
use crate::client::session::Session;
use crate::client::shapes::{self, Fetched};
use crate::client::wire::{Method, Response};
use crate::model::division::Division;
use crate::model::generation::Generation;
use crate::model::names::{DefinitionId, SystemPresence};
use crate::model::observed::{Definition, Found, Listed, Organization};

/// The most attempts to read a list that keeps changing.
pub const LIST_ROUNDS_MAX: u32 = 5;
/// The delay before the second attempt. Each later one adds the same again.
pub const LIST_WAIT_MS: u64 = 1_000;

/// The number of the platform's own definitions in every org (docs/platform.md, "The platform's own definitions").
const PLATFORMS_OWN_COUNT: usize = 10;

/// Reads an org. Clones are cheap and share token, rate limiter and request count.
#[derive(Clone)]
pub struct Reader(Session);

impl Session {
    /// For a caller that only reads. It uses the session's generation of the API.
    pub fn reader(&self) -> Reader {
        Reader(self.clone())
    }
}

impl Reader {
    /// Its generation of the API.
    pub fn generation(&self) -> Generation {
        self.0.generation()
    }

    /// The same reader for this generation of the API.
    pub fn speaking(&self, generation: Generation) -> Reader {
        Reader(self.0.speaking(generation))
    }

    pub(crate) fn session(&self) -> &Session {
        &self.0
    }

    pub async fn organization(&self) -> Result<Organization, ApiError> {
        self.introduced().await.map(|(org, _)| org)
    }

    /// The org, and whether it claims to be the sandbox. Any server can claim that, so it only counts on this machine.
    pub async fn introduced(&self) -> Result<(Organization, bool), ApiError> {
        let operation = operations::organization();
        let read = |response: &Response| Ok((shapes::organization(&response.body)?, response.from_sandbox));
        self.0.run(&operation, read).await.map_err(|failed| self.0.of_the_collection(failed).error)
    }

    /// Every listed object, deactivated ones included: the readable ones by id, and the others.
    ///
    /// # Guarantees
    /// Each definition occurs once, and the number of objects is the org's own count. A list that changes while it is
    /// read is read again.
    ///
    /// # Assumptions
    /// Lists lag behind writes by up to a minute, so a recent write may be missing here.
    pub async fn list(&self) -> Result<Listed, ApiError> {
        let (operation, listed) = match self.generation() {
            Generation::First => {
                let operation = operations::page(1, self.0.page_size());
                let listed = Box::pin(self.stable(&operation, || list::pages(&self.0))).await?;
                (operation, listed)
            }
            Generation::Second => {
                let operation = operations::state(false);
                let listed = Box::pin(self.stable(&operation, || list::states(&self.0))).await?;
                (operation, listed)
            }
        };
        let Listed { mut definitions, odd, halved } = listed;
        if let (true, Some(first)) = (definitions.is_empty() && odd.len() >= PLATFORMS_OWN_COUNT, odd.first()) {
            let (count, place) = (odd.len(), &first.place);
            let what = format!("none of {count} definitions can be read: {} in `{place}`", first.in_words());
            return Err(self.0.failed(&operation, ApiErrorKind::BrokenPromise(cut(&what))));
        }
        definitions.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(Listed { definitions, odd, halved })
    }

    /// The readable definitions of [`Reader::list`], for callers that need no others.
    pub async fn definitions(&self) -> Result<Vec<Definition>, ApiError> {
        Ok(self.list().await?.definitions)
    }

    /// Every division that the client can see, by name, then id.
    pub async fn divisions(&self) -> Result<Vec<Division>, ApiError> {
        let mut divisions =
            self.stable(&operations::divisions(1, self.0.page_size()), || list::divisions(&self.0)).await?;
        divisions.sort_by(|a, b| (&a.name, &a.id).cmp(&(&b.name, &b.id)));
        Ok(divisions)
    }

    /// Reads a list until it is consistent. `operation` names it in an error.
    async fn stable<T>(
        &self,
        operation: &Operation,
        read: impl AsyncFn() -> Result<Round<T>, ApiError>,
    ) -> Result<T, ApiError> {
        let mut round = 1;
        let mut first = None;
        let mut is_always_the_same = true;
        loop {
            // The second value is the failure if every attempt ends like this one.
            let (what, each_time): (String, fn(String) -> ApiErrorKind) = match read().await? {
                Round::Whole(items) => return Ok(items),
                Round::Shifted(what) => (what, ApiErrorKind::Unsettled),
                Round::Short(what) => (what, ApiErrorKind::Incomplete),
                Round::Contradictory(what) => (what, ApiErrorKind::Contradictory),
            };
            is_always_the_same &= *first.get_or_insert_with(|| what.clone()) == what;
            if round >= LIST_ROUNDS_MAX {
                let kind = if is_always_the_same { each_time } else { ApiErrorKind::Unsettled };
                return Err(self.0.failed(operation, kind(cut(&what))));
            }
            tokio::time::sleep(Duration::from_millis(LIST_WAIT_MS * u64::from(round))).await;
            round += 1;
        }
    }

    /// The current state of one definition. `None` if the platform has none.
    pub async fn definition(&self, id: &DefinitionId) -> Result<Option<Fetched>, ApiError> {
        let generation = self.generation();
        let operation = operations::get(generation, id).map_err(|id| self.0.unusable(Method::Get, id))?;
        let answer = self.0.run(&operation, |response| shapes::fetched(generation, &response.body, id)).await;
        match answer.map_err(|failed| failed.error) {
            Ok(fetched) => Ok(Some(fetched)),
            Err(error) if error.kind == (ApiErrorKind::NotFound { by_the_platform: true }) => {
                list::is_served(&self.0).await?;
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Adds the definitions of these ids that the list does not show, but a read by id does. Also returns why reads
    /// failed.
    pub async fn with_unlisted<'a>(
        &self,
        mut listed: Listed,
        ids: impl IntoIterator<Item = &'a DefinitionId>,
    ) -> (Listed, Vec<ApiError>) {
        let mut failed = Vec::new();
        let known: BTreeSet<&DefinitionId> = listed.ids().collect();
        let unlisted: Vec<&DefinitionId> = ids.into_iter().filter(|id| !known.contains(id)).collect();
        for id in unlisted {
            match self.find(id).await {
                Ok(found) => listed.take_in(found),
                Err(error) => failed.push(error),
            }
        }
        (listed, failed)
    }

    /// One object from a read by id, for a list. It may be odd.
    pub async fn find(&self, id: &DefinitionId) -> Result<Found, ApiError> {
        match self.definition(id).await {
            Ok(Some(fetched)) => Ok(Found::Whole(Box::new(fetched.definition), fetched.halved)),
            Ok(None) => Ok(Found::Nothing),
            Err(error) => match error.kind {
                ApiErrorKind::OddObject(odd) => Ok(Found::Odd(odd)),
                _ => Err(error),
            },
        }
    }

    /// The system presences of the org, in its order.
    pub async fn system_presences(&self) -> Result<Vec<SystemPresence>, ApiError> {
        let operation = operations::system_presences();
        let answer = self.0.run(&operation, |response| shapes::system_presences(&response.body)).await;
        answer.map_err(|failed| self.0.of_the_collection(failed).error)
    }

    /// The rate limit of the whole run.
    pub fn requests_per_minute(&self) -> NonZeroU32 {
        self.0.requests_per_minute()
    }

    /// The number of requests of the whole run so far, token requests included.
    pub fn request_count(&self) -> u64 {
        self.0.request_count()
    }
}

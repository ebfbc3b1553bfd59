//! Reading an org. Whoever holds a [`Reader`] alone cannot write, by construction.

use std::collections::HashSet;
use std::time::Duration;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use crate::api::error::{ApiError, Kind, cut};
use crate::api::operations::{self, PAGE_SIZE};
use crate::api::session::Session;
use crate::api::shapes::{self, Fetched, Page};
use crate::api::wire::Method;
use crate::model::names::{DefinitionId, SystemPresence};
use crate::model::observed::{Definition, Organization};

/// How many pages are read at the same time.
pub const PAGES_AT_ONCE: usize = 8;
/// The most pages of one list: 200,000 definitions.
pub const PAGES_MAX: usize = 2_000;
/// How often a list that shifts is read before that is an error.
pub const LIST_ROUNDS_MAX: u32 = 5;
/// The wait before the second round; each further one waits this much longer.
pub const LIST_WAIT_MS: u64 = 1_000;

/// Reads an org. Cheap to clone; clones share token, pace and count.
#[derive(Clone)]
pub struct Reader(Session);

impl Session {
    /// For whoever only reads.
    #[must_use]
    pub fn reader(&self) -> Reader {
        Reader(self.clone())
    }
}

/// What did not fit in one round of reading the list.
enum Round {
    Whole(Vec<Definition>),
    Shifted(String),
}

impl Reader {
    /// Whose credentials these are.
    ///
    /// # Errors
    /// Whatever kept the answer away. Needs no permission.
    pub async fn organization(&self) -> Result<Organization, ApiError> {
        let operation = operations::organization();
        let answer = self.0.run(&operation, |response| shapes::organization(&response.body)).await;
        answer.map_err(|failed| failed.error)
    }

    /// Every definition, deactivated ones too, sorted by id.
    ///
    /// # Guarantees
    /// Each definition once, and as many as the org says it has: a list that shifts while it is read is
    /// read again.
    ///
    /// # Assumptions
    /// Lists lag behind writes (up to a minute), so what was just written may be missing or old here.
    ///
    /// # Errors
    /// Whatever kept an answer away; `Unsettled` after [`LIST_ROUNDS_MAX`] rounds.
    pub async fn definitions(&self) -> Result<Vec<Definition>, ApiError> {
        let mut round = 1;
        loop {
            match self.round().await? {
                Round::Whole(definitions) => return Ok(definitions),
                Round::Shifted(what) if round >= LIST_ROUNDS_MAX => {
                    return Err(self.0.failed(&operations::list(1), Kind::Unsettled(cut(&what))));
                }
                Round::Shifted(_) => tokio::time::sleep(Duration::from_millis(LIST_WAIT_MS * u64::from(round))).await,
            }
            round += 1;
        }
    }

    /// One definition as it is now, or none when the platform says that there is none.
    ///
    /// # Errors
    /// Whatever kept the answer away; a gateway's "not found" too.
    pub async fn definition(&self, id: &DefinitionId) -> Result<Option<Fetched>, ApiError> {
        let operation = operations::get(id).map_err(|id| self.0.unusable(Method::Get, id))?;
        let answer = self.0.run(&operation, |response| shapes::fetched(&response.body, id)).await;
        match answer.map_err(|failed| failed.error) {
            Ok(fetched) => Ok(Some(fetched)),
            Err(error) if error.kind == (Kind::NotFound { by_the_platform: true }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The system presences that the org knows, in its order.
    ///
    /// # Errors
    /// Whatever kept the answer away.
    pub async fn system_presences(&self) -> Result<Vec<SystemPresence>, ApiError> {
        let operation = operations::system_presences();
        let answer = self.0.run(&operation, |response| shapes::system_presences(&response.body)).await;
        answer.map_err(|failed| failed.error)
    }

    /// How many requests the whole run has sent so far, token requests included.
    #[must_use]
    pub fn request_count(&self) -> u64 {
        self.0.request_count()
    }

    /// All pages, once.
    async fn round(&self) -> Result<Round, ApiError> {
        let first = page(self.0.clone(), 1).await?;
        let Page { definitions: _, total, page_size } = first;
        let pages = total.div_ceil(page_size);
        if pages > PAGES_MAX {
            let what = format!("`total` is {total} and `pageSize` {page_size}: more than {PAGES_MAX} pages");
            return Err(self.0.failed(&operations::list(1), Kind::BrokenPromise(what)));
        }
        let session = self.0.clone();
        let rest: Vec<Page> = stream::iter(2..=pages)
            .map(move |number| page(session.clone(), number))
            .buffered(PAGES_AT_ONCE)
            .try_collect()
            .await?;
        if let Some(other) = rest.iter().find(|it| it.total != total || it.page_size != page_size) {
            let what = format!("{total} definitions at first, then {} ({} a page)", other.total, other.page_size);
            return Ok(Round::Shifted(what));
        }
        let definitions = first.definitions.into_iter().chain(rest.into_iter().flat_map(|it| it.definitions));
        Ok(whole(definitions.collect(), total))
    }
}

async fn page(session: Session, number: usize) -> Result<Page, ApiError> {
    let operation = operations::list(number);
    let read = session.run(&operation, |response| shapes::page(&response.body, number, PAGE_SIZE));
    read.await.map_err(|failed| failed.error)
}

fn whole(mut definitions: Vec<Definition>, total: usize) -> Round {
    let mut ids = HashSet::new();
    if let Some(twice) = definitions.iter().find(|it| !ids.insert(&it.id)) {
        return Round::Shifted(format!("`{}` came twice", twice.id));
    }
    if definitions.len() != total {
        return Round::Shifted(format!("the org has {total} definitions, and {} came", definitions.len()));
    }
    definitions.sort_by(|a, b| a.id.cmp(&b.id));
    Round::Whole(definitions)
}

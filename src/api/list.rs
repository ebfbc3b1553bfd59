//! One round of reading a whole list: pages that fit together (the first generation of the API, and
//! divisions), or three looks at two states (the second).

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::hash::Hash;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use crate::api::error::{ApiError, Kind};
use crate::api::operations::{self, Operation, PAGE_SIZE};
use crate::api::session::Session;
use crate::api::shapes::{self, Page, Unreadable};
use crate::api::wire::Response;
use crate::model::division::Division;
use crate::model::generation::Generation;
use crate::model::names::{DefinitionId, DivisionId};
use crate::model::observed::Definition;
use crate::text;

/// How many pages are read at the same time.
pub const PAGES_AT_ONCE: usize = 8;
/// The most pages of one list: 200,000 definitions.
pub const PAGES_MAX: usize = 2_000;

/// What one round of reading gave.
pub(crate) enum Round<T> {
    /// The list, each item once.
    Whole(Vec<T>),
    /// It changed while it was read: what does not fit.
    Shifted(String),
}

/// All definitions, by the first generation.
pub(crate) async fn pages(session: &Session) -> Result<Round<Definition>, ApiError> {
    let id = |it: &Definition| it.id.clone();
    let read = |response: &Response, number| shapes::page(&response.body, number, PAGE_SIZE);
    paged(session, "definition", operations::page, read, id).await
}

/// All divisions.
pub(crate) async fn divisions(session: &Session) -> Result<Round<Division>, ApiError> {
    let id = |it: &Division| -> DivisionId { it.id.clone() };
    let read = |response: &Response, number| shapes::divisions(&response.body, number, PAGE_SIZE);
    paged(session, "division", operations::divisions, read, id).await
}

/// All definitions, by the second generation: the active ones, the deactivated ones, and the active
/// ones again, one after the other, the latest sight of each counting. Two looks would miss what is
/// reactivated between them: it is in neither. Only what comes or goes makes a list that does not fit: where a label
/// changes meanwhile, as by an apply's own writes, no definition is missed.
pub(crate) async fn states(session: &Session) -> Result<Round<Definition>, ApiError> {
    let first = state(session, false).await?;
    let deactivated = state(session, true).await?;
    let last = state(session, false).await?;
    if ids(&first) != ids(&last) {
        return Ok(Round::Shifted("the active definitions were others when they were read again".to_owned()));
    }
    let mut latest: BTreeMap<DefinitionId, Definition> = BTreeMap::new();
    for definition in deactivated.into_iter().chain(last) {
        latest.insert(definition.id.clone(), definition);
    }
    Ok(Round::Whole(latest.into_values().collect()))
}

fn ids(definitions: &[Definition]) -> BTreeSet<&DefinitionId> {
    definitions.iter().map(|it| &it.id).collect()
}

async fn state(session: &Session, deactivated: bool) -> Result<Vec<Definition>, ApiError> {
    let read = session.run(&operations::state(deactivated), |response| shapes::state(&response.body)).await;
    read.map_err(|failed| session.of_the_collection(failed).error)
}

/// Asks whether the org serves this generation's definitions at all.
///
/// # Errors
/// `NotServed`, or whatever kept the answer away.
pub(crate) async fn is_served(session: &Session) -> Result<(), ApiError> {
    match session.generation() {
        Generation::First => page(session, &operations::page, &first_page, 1).await.map(|_| ()),
        Generation::Second => state(session, true).await.map(|_| ()),
    }
}

fn first_page(response: &Response, number: usize) -> Result<Page<Definition>, Unreadable> {
    shapes::page(&response.body, number, PAGE_SIZE)
}

/// All pages of a list, once.
async fn paged<T, I: Hash + Eq + std::fmt::Display>(
    session: &Session,
    noun: &str,
    operation: impl Fn(usize) -> Operation,
    read: impl Fn(&Response, usize) -> Result<Page<T>, Unreadable>,
    id: impl Fn(&T) -> I,
) -> Result<Round<T>, ApiError> {
    let Page { items: mut all, total, page_size } = page(session, &operation, &read, 1).await?;
    let pages = total.div_ceil(page_size);
    if pages > PAGES_MAX {
        let what = format!("`total` is {total} and `pageSize` {page_size}: more than {PAGES_MAX} pages");
        return Err(session.failed(&operation(1), Kind::BrokenPromise(what)));
    }
    let rest: Vec<Page<T>> = stream::iter(2..=pages)
        .map(|number| page(session, &operation, &read, number))
        .buffered(PAGES_AT_ONCE)
        .try_collect()
        .await?;
    if let Some(other) = rest.iter().find(|it| it.total != total || it.page_size != page_size) {
        let what = format!("{total} {noun}s at first, then {} ({} a page)", other.total, other.page_size);
        return Ok(Round::Shifted(what));
    }
    all.extend(rest.into_iter().flat_map(|it| it.items));
    let mut ids = HashSet::new();
    if let Some(twice) = all.iter().map(&id).find(|it| !ids.insert(it.to_string())) {
        return Ok(Round::Shifted(format!("`{twice}` came twice")));
    }
    if all.len() != total {
        return Ok(Round::Shifted(format!("the org has {}, and {} came", text::count(total, noun), all.len())));
    }
    Ok(Round::Whole(all))
}

async fn page<T>(
    session: &Session,
    operation: &impl Fn(usize) -> Operation,
    read: &impl Fn(&Response, usize) -> Result<Page<T>, Unreadable>,
    number: usize,
) -> Result<Page<T>, ApiError> {
    let answer = session.run(&operation(number), |response| read(response, number)).await;
    answer.map_err(|failed| session.of_the_collection(failed).error)
}

//! One attempt to read a whole list: consistent pages (the first generation, and divisions), or three reads of two
//! states (the second generation).

use std::collections::{BTreeSet, HashMap, HashSet};
use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use tokio_util::task::AbortOnDropHandle;
use tracing::instrument::WithSubscriber as _;

use crate::client::entity::{self, PlacedObject};
use crate::client::error::{ApiError, ApiErrorKind};
use crate::client::operations::{self, Operation};
use crate::client::session::Session;
use crate::client::shapes::{self, DefinitionPage, ListRoom, UnreadableAnswer};
use crate::client::wire::Response;
use crate::model::division::Division;
use crate::model::generation::Generation;
use crate::model::limits::{DIVISIONS_MAX, LIST_BYTES_MAX, PAGES_MAX};
use crate::model::names::{DefinitionId, DivisionId};
use crate::model::observed::Listed;
use crate::model::text;

/// The number of pages that are read concurrently.
pub const PAGES_AT_ONCE: usize = 8;

/// The result of one attempt.
pub(crate) enum Round<T> {
    /// The list, each item once.
    Whole(T),
    /// It changed while it was read. Has the inconsistency.
    Shifted(String),
    /// It has fewer items than the org counts. Perhaps it changed while it was read.
    Short(String),
    /// It has more items than the org counts, or one of them twice. Perhaps it changed while it was read.
    Contradictory(String),
}

/// The bytes of the responses of one list, and the remaining limits.
#[derive(Default)]
struct Weight {
    bytes: AtomicUsize,
    room: ListRoom,
}

impl Weight {
    /// Reads a response, unless the list exceeds a limit with it.
    fn read<T>(
        &self,
        response: &Response,
        read: impl Fn(&[u8], &ListRoom) -> Result<T, UnreadableAnswer>,
    ) -> Result<T, UnreadableAnswer> {
        let before = self.bytes.fetch_add(response.body.len(), Ordering::Relaxed);
        if before.saturating_add(response.body.len()) > LIST_BYTES_MAX {
            let what = format!("the answers for this list are longer than {LIST_BYTES_MAX} bytes together");
            return Err(UnreadableAnswer::BrokenPromise(what));
        }
        read(&response.body, &self.room)
    }
}

/// All definitions, through the first generation.
pub(crate) async fn pages(session: &Session) -> Result<Round<Listed>, ApiError> {
    let id = |(_, it): &PlacedObject| it.id().cloned();
    let definitions = PagedList { noun: "definition", operation: operations::page, read: shapes::page };
    Ok(match paged(session, definitions, id, Twice::OnOnePage).await? {
        Round::Whole(entities) => Round::Whole(entity::list_of(entities)),
        Round::Shifted(what) => Round::Shifted(what),
        Round::Short(what) => Round::Short(what),
        Round::Contradictory(what) => Round::Contradictory(what),
    })
}

pub(crate) async fn divisions(session: &Session) -> Result<Round<Vec<Division>>, ApiError> {
    let id = |it: &Division| -> Option<DivisionId> { Some(it.id.clone()) };
    let read: PageReader<Division> = |body, number, size, _| {
        shapes::divisions(body, number, size).and_then(|page| match page.total {
            total if total.max(page.items.len()) <= DIVISIONS_MAX => Ok(page),
            total => {
                Err(UnreadableAnswer::BrokenPromise(format!("`total` is {total}: more than {DIVISIONS_MAX} divisions")))
            }
        })
    };
    let divisions = PagedList { noun: "division", operation: operations::divisions, read };
    paged(session, divisions, id, Twice::Never).await
}

/// All definitions, through the second generation: the active ones, the deactivated ones, and the active ones again, in
/// this order. The latest state of each counts.
/// Two reads would miss a definition that is reactivated between them. Only an added or removed object makes the list
/// inconsistent. A changed label, for example by an apply's own write, hides no definition.
pub(crate) async fn states(session: &Session) -> Result<Round<Listed>, ApiError> {
    let weight = Weight::default();
    let first = shown(&state(session, false, &weight).await?);
    let deactivated = entity::list_of(state(session, true, &weight).await?);
    let last = state(session, false, &weight).await?;
    if first != shown(&last) {
        return Ok(Round::Shifted("the active definitions were others when they were read again".to_owned()));
    }
    let last = entity::list_of(last);
    let latest: HashSet<&DefinitionId> = last.ids().collect();
    let Listed { definitions, odd, halved } = deactivated;
    let is_kept = |id: Option<&DefinitionId>| id.is_none_or(|it| !latest.contains(it));
    let mut all = Listed {
        definitions: definitions.into_iter().filter(|it| is_kept(Some(&it.id))).collect(),
        odd: odd.into_iter().filter(|it| is_kept(it.id.as_ref())).collect(),
        halved: halved.into_iter().filter(|it| is_kept(Some(&it.id))).collect(),
    };
    all.definitions.extend(last.definitions);
    all.odd.extend(last.odd);
    all.halved.extend(last.halved);
    Ok(Round::Whole(all))
}

/// The ids of one read, and the number of objects without an id.
fn shown(entities: &[PlacedObject]) -> (BTreeSet<DefinitionId>, usize) {
    let ids: BTreeSet<DefinitionId> = entities.iter().filter_map(|(_, it)| it.id().cloned()).collect();
    (ids, entities.iter().filter(|(_, it)| it.id().is_none()).count())
}

async fn state(session: &Session, deactivated: bool, weight: &Weight) -> Result<Vec<PlacedObject>, ApiError> {
    let read = |response: &Response| weight.read(response, |body, room| shapes::state(body, deactivated, room));
    let read = session.run(&operations::state(deactivated), read).await;
    read.map_err(|failed| session.of_the_collection(failed).error)
}

/// Checks whether the org serves this generation's definitions.
pub(crate) async fn is_served(session: &Session) -> Result<(), ApiError> {
    match session.generation() {
        Generation::First => {
            let definitions = PagedList { noun: "definition", operation: operations::page, read: shapes::page };
            first_page(session, definitions, &Arc::default()).await.map(|_| ())
        }
        Generation::Second => state(session, true, &Weight::default()).await.map(|_| ()),
    }
}

/// Where an id may occur twice in a consistent list.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Twice {
    OnOnePage,
    Never,
}

/// Reads a page with this number and size from a response.
type PageReader<T> = fn(&[u8], usize, usize, &ListRoom) -> Result<DefinitionPage<T>, UnreadableAnswer>;

/// A list of pages.
struct PagedList<T> {
    noun: &'static str,
    /// The request of a page, by its number and size.
    operation: fn(usize, usize) -> Operation,
    read: PageReader<T>,
}

impl<T> Clone for PagedList<T> {
    fn clone(&self) -> PagedList<T> {
        *self
    }
}

impl<T> Copy for PagedList<T> {}

/// One attempt to read all pages of a list. Each page is a task, so that several threads can read them.
async fn paged<T: Send + 'static, I: std::fmt::Display>(
    session: &Session,
    list: PagedList<T>,
    id: impl Fn(&T) -> Option<I>,
    twice: Twice,
) -> Result<Round<Vec<T>>, ApiError> {
    let PagedList { noun, operation, .. } = list;
    let weight = Arc::default();
    let (first, size) = first_page(session, list, &weight).await?;
    let (total, page_size) = (first.total, first.page_size);
    let pages = total.div_ceil(page_size);
    if pages > PAGES_MAX {
        let what = format!("`total` is {total} and `pageSize` {page_size}: more than {PAGES_MAX} pages");
        return Err(session.failed(&operation(1, size), ApiErrorKind::BrokenPromise(what)));
    }
    let mut rest: Vec<(usize, DefinitionPage<T>)> = stream::iter(2..=pages)
        .map(|number| {
            let (session, weight) = (session.clone(), Arc::clone(&weight));
            let reading = async move {
                let page = page(&session, list, (number, size), &weight).await?;
                Ok::<_, ApiError>((number, page))
            };
            let task = AbortOnDropHandle::new(tokio::spawn(reading.with_current_subscriber()));
            async move { task.await.unwrap_or_else(|error| resume_unwind(error.into_panic())) }
        })
        // A page that takes long holds up no other.
        .buffer_unordered(PAGES_AT_ONCE)
        .try_collect()
        .await?;
    rest.sort_unstable_by_key(|(number, _)| *number);
    let rest: Vec<DefinitionPage<T>> = rest.into_iter().map(|(_, page)| page).collect();
    if let Some(other) = rest.iter().find(|it| it.total != total || it.page_size != page_size) {
        let what = format!("{total} {noun}s at first, then {} ({} a page)", other.total, other.page_size);
        return Ok(Round::Shifted(what));
    }
    let mut on_page = HashMap::new();
    let mut all = Vec::new();
    for (number, page) in [first].into_iter().chain(rest).enumerate() {
        for id in page.items.iter().filter_map(&id) {
            let is_there = on_page.insert(id.to_string(), number);
            if is_there.is_some_and(|before| before != number || twice == Twice::Never) {
                return Ok(Round::Contradictory(format!("the org shows {} twice", text::ticked(id))));
            }
        }
        all.extend(page.items);
    }
    if all.len() != total {
        let (says, shown) = (text::count(total, noun), all.len());
        let what = format!("the org says that it has {says}, and shows {shown}");
        return Ok(if shown < total { Round::Short(what) } else { Round::Contradictory(what) });
    }
    Ok(Round::Whole(all))
}

/// The first page, and the page size, which is smaller if the org rejects the usual one.
async fn first_page<T>(
    session: &Session,
    list: PagedList<T>,
    weight: &Weight,
) -> Result<(DefinitionPage<T>, usize), ApiError> {
    loop {
        let size = session.page_size();
        match page(session, list, (1, size), weight).await {
            Err(error) if session.takes_smaller_pages(&error, size) => {}
            answer => return answer.map(|page| (page, size)),
        }
    }
}

async fn page<T>(
    session: &Session,
    list: PagedList<T>,
    (number, size): (usize, usize),
    weight: &Weight,
) -> Result<DefinitionPage<T>, ApiError> {
    let read = |response: &Response| weight.read(response, |body, room| (list.read)(body, number, size, room));
    let answer = session.run(&(list.operation)(number, size), read).await;
    answer.map_err(|failed| session.of_the_collection(failed).error)
}

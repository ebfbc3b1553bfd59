//! Pages of a list, as the platform cuts and describes them. No IO.

use serde_json::{Map, Value, json};

use super::http::{ErrorAnswer, HttpRequest};

/// The page size of a list that names none (API document).
pub const PAGE_SIZE_DEFAULT: u64 = 25;

/// The page that a request asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageWindow {
    number: u64,
    size: u64,
}

impl PageWindow {
    /// `pageNumber` and `pageSize`. A larger page than the largest is asked for in vain: it is cut to that.
    pub fn asked(request: &HttpRequest, size_max: u64) -> Result<Self, ErrorAnswer> {
        let number = positive(request, "pageNumber", 1)?;
        let size = positive(request, "pageSize", PAGE_SIZE_DEFAULT)?.min(size_max);
        Ok(Self { number, size })
    }

    /// What of a list is on this page.
    pub fn of<T>(self, all: impl IntoIterator<Item = T>) -> impl Iterator<Item = T> {
        let first = usize::try_from((self.number - 1).saturating_mul(self.size)).unwrap_or(usize::MAX);
        all.into_iter().skip(first).take(usize::try_from(self.size).unwrap_or(usize::MAX))
    }

    /// The answer around a page of a list of so many. `filters` is what follows the page in the query of its
    /// links, such as `&deleted=ALL`.
    pub fn listing(self, entities: Vec<Value>, total: usize, (path, filters): (&str, &str)) -> Value {
        let Self { number, size } = self;
        let page_count = (total as u64).div_ceil(size);
        let uri = |page: u64| format!("{path}?pageSize={size}&pageNumber={page}{filters}");
        let mut body = Map::new();
        body.insert("entities".to_owned(), Value::Array(entities));
        let numbers = [("pageSize", size), ("pageNumber", number), ("total", total as u64), ("pageCount", page_count)];
        body.extend(numbers.map(|(name, value)| (name.to_owned(), json!(value))));
        let last = page_count.max(1);
        let links = [("firstUri", 1), ("lastUri", last), ("selfUri", number)];
        let next = (number < last).then(|| ("nextUri", number + 1));
        // Before a page past the end comes the last one that there is.
        let previous = (number > 1).then(|| ("previousUri", (number - 1).min(last)));
        let links = links.into_iter().chain(next).chain(previous);
        body.extend(links.map(|(name, page)| (name.to_owned(), uri(page).into())));
        Value::Object(body)
    }
}

fn positive(request: &HttpRequest, name: &str, default: u64) -> Result<u64, ErrorAnswer> {
    let Some(given) = request.parameter(name) else { return Ok(default) };
    match given.parse::<u64>() {
        Ok(number) if number >= 1 => Ok(number),
        _ => Err(ErrorAnswer::invalid_value(&given, name, "integers from 1")),
    }
}

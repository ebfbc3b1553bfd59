//! Pages of a list in the platform's form. No IO.

use serde_json::{Map, Value, json};

use super::http::{ErrorAnswer, HttpRequest};

/// The default page size (API document).
pub const PAGE_SIZE_DEFAULT: u64 = 25;

/// The requested page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageWindow {
    number: u64,
    size: u64,
}

impl PageWindow {
    /// `pageNumber` and `pageSize`, which is limited to the largest page.
    pub fn asked(request: &HttpRequest, size_max: u64) -> Result<Self, ErrorAnswer> {
        let number = positive(request, "pageNumber", 1)?;
        let size = positive(request, "pageSize", PAGE_SIZE_DEFAULT)?.min(size_max);
        Ok(Self { number, size })
    }

    /// The items of a list on this page.
    pub fn of<T>(self, all: impl IntoIterator<Item = T>) -> impl Iterator<Item = T> {
        let first = usize::try_from((self.number - 1).saturating_mul(self.size)).unwrap_or(usize::MAX);
        all.into_iter().skip(first).take(usize::try_from(self.size).unwrap_or(usize::MAX))
    }

    /// The response with a page of a list and its total. `filters` is the end of the query in its links, such as
    /// `&deleted=ALL`.
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
        // The page before one after the end is the last page.
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

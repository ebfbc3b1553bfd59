//! Typed values with their places, and how the shape types are read from a [`Node`] tree.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::{Error, MapDeserializer, SeqDeserializer, StringDeserializer};
use serde::de::{self, Deserialize, Deserializer, IntoDeserializer, MapAccess, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;

use crate::config::tree::{Node, Spanned};
use crate::model::source::{FileId, Span};

/// A value and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located<T> {
    /// Where it stands.
    pub place: Span,
    /// What stands there; none when that was wrong and has been told.
    pub value: Option<T>,
}

/// A field that a file may leave out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocatedField<T>(pub Option<Located<T>>);

/// A mapping with names that the file chooses, in the file's order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entries<T>(pub Vec<(Located<String>, Located<T>)>);

impl<T> Default for LocatedField<T> {
    fn default() -> LocatedField<T> {
        LocatedField(None)
    }
}

impl<T> Default for Entries<T> {
    fn default() -> Entries<T> {
        Entries(Vec::new())
    }
}

impl<T> LocatedField<T> {
    /// The value, where it is given and right.
    pub fn get(&self) -> Option<&T> {
        self.0.as_ref().and_then(|it| it.value.as_ref())
    }

    /// The value and its place, where it is given and right.
    pub fn with_place(&self) -> Option<(&T, Span)> {
        self.0.as_ref().and_then(|it| it.value.as_ref().map(|value| (value, it.place)))
    }

    /// Is it given, but wrong? Then nothing may be concluded from its absence.
    pub fn is_broken(&self) -> bool {
        self.0.as_ref().is_some_and(|it| it.value.is_none())
    }
}

impl<T> Entries<T> {
    /// The entries, or none of them where the field is absent or broken.
    pub fn of(field: &LocatedField<Entries<T>>) -> impl Iterator<Item = &(Located<String>, Located<T>)> {
        field.get().into_iter().flat_map(|entries| &entries.0)
    }
}

/// Makes a shape of a tree. It takes what the schema takes, and is many times as fast; the schema tells what is wrong.
pub fn read<T: for<'de> Deserialize<'de>>(tree: Spanned<Node>) -> Result<T, Error> {
    T::deserialize(At(tree))
}

/// Reads a field with a constraint on its value.
pub(super) fn only<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
    is_right: impl Fn(&T) -> bool,
) -> Result<LocatedField<T>, D::Error> {
    let field = LocatedField::deserialize(deserializer)?;
    if field.get().is_none_or(is_right) { Ok(field) } else { Err(de::Error::custom("a constraint does not hold")) }
}

/// The name under which a [`Located`] asks its deserializer for the place as well.
const LOCATED: &str = "presencectl located";

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Located<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(LOCATED, LocatedVisitor(PhantomData))
    }
}

struct LocatedVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for LocatedVisitor<T> {
    type Value = Located<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value of a config tree")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<Located<T>, A::Error> {
        let mut next = || parts.next_element::<u32>()?.ok_or_else(|| de::Error::custom("a place is incomplete"));
        let place = Span { file: FileId::from_index(next()?), start: next()?, end: next()? };
        // A broken value is left out.
        Ok(Located { place, value: parts.next_element()? })
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for LocatedField<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Located::deserialize(deserializer).map(|it| LocatedField(Some(it)))
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Entries<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(EntriesVisitor(PhantomData))
    }
}

struct EntriesVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for EntriesVisitor<T> {
    type Value = Entries<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a mapping")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entries<T>, A::Error> {
        let mut entries = Vec::with_capacity(map.size_hint().unwrap_or_default());
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Entries(entries))
    }
}

macro_rules! schema_of_inner {
    ($($outer:ident),*) => {$(
        impl<T: JsonSchema> JsonSchema for $outer<T> {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                T::schema_name()
            }

            fn json_schema(generator: &mut SchemaGenerator) -> Schema {
                T::json_schema(generator)
            }
        }
    )*};
}

schema_of_inner!(Located, LocatedField);

impl<T: JsonSchema> JsonSchema for Entries<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("EntriesOf{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let value = generator.subschema_for::<T>();
        json_schema!({ "type": "object", "additionalProperties": value })
    }
}

/// One node as serde sees it. Texts are moved and not copied.
struct At(Spanned<Node>);

impl<'de> Deserializer<'de> for At {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0.value {
            Node::Null => visitor.visit_unit(),
            Node::Bool(value) => visitor.visit_bool(value),
            Node::Number(raw) => match whole(&raw) {
                Some(value) => visitor.visit_i64(value),
                None => visitor.visit_f64(raw.parse().unwrap_or(f64::NAN)),
            },
            Node::Text(text) => visitor.visit_string(text),
            Node::List(items) => visitor.visit_seq(SeqDeserializer::new(items.into_iter().map(At))),
            Node::Map(entries) => {
                visitor.visit_map(MapDeserializer::new(entries.into_iter().map(|(key, value)| (KeyAt(key), At(value)))))
            }
            Node::Broken => Err(de::Error::custom("a broken value was read")),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.0.value == Node::Null { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, Error> {
        if name != LOCATED {
            return visitor.visit_newtype_struct(self);
        }
        let parts = Parts { place: self.0.place, step: 0, value: (self.0.value != Node::Broken).then_some(self) };
        visitor.visit_seq(parts)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.0.value {
            Node::Text(text) => visitor.visit_enum(StringDeserializer::new(text)),
            _ => Err(de::Error::custom("a name was expected")),
        }
    }

    /// Serde would take a list for the fields in their order.
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match &self.0.value {
            Node::Map(_) => self.deserialize_any(visitor),
            _ => Err(de::Error::custom("a mapping was expected")),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct seq tuple tuple_struct map identifier ignored_any
    }
}

impl IntoDeserializer<'_, Error> for At {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

/// A whole number in one of YAML's three spellings.
pub(super) fn whole(raw: &str) -> Option<i64> {
    if let Some(digits) = raw.strip_prefix("0x") {
        i64::from_str_radix(digits, 16).ok()
    } else if let Some(digits) = raw.strip_prefix("0o") {
        i64::from_str_radix(digits, 8).ok()
    } else {
        raw.parse().ok()
    }
}

/// One key as serde sees it.
struct KeyAt(Spanned<String>);

impl<'de> Deserializer<'de> for KeyAt {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_string(self.0.value)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, Error> {
        if name != LOCATED {
            return visitor.visit_newtype_struct(self);
        }
        visitor.visit_seq(Parts { place: self.0.place, step: 0, value: Some(self) })
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit
        unit_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

impl IntoDeserializer<'_, Error> for KeyAt {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

/// File, start, end, and the value unless it is broken: what [`LocatedVisitor`] takes.
struct Parts<D> {
    place: Span,
    step: usize,
    value: Option<D>,
}

impl<'de, D: Deserializer<'de, Error = Error>> SeqAccess<'de> for Parts<D> {
    type Error = Error;

    fn next_element_seed<S: de::DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Error> {
        self.step += 1;
        match (self.step, self.value.take()) {
            (step @ 1..=3, value) => {
                self.value = value;
                let number = [self.place.file.index(), self.place.start, self.place.end][step - 1];
                seed.deserialize(number.into_deserializer()).map(Some)
            }
            (_, Some(value)) => seed.deserialize(value).map(Some),
            (_, None) => Ok(None),
        }
    }
}

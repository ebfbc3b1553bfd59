//! The definitions in a Terraform state: their keys, and the blocks that make Terraform forget them.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::names::{DefinitionId, Key};
use crate::model::slug::slug;
use crate::ops::import::keys::share;

/// The type of the resources that are definitions.
pub const RESOURCE_TYPE: &str = "genesyscloud_organization_presence_definition";

/// A definition in a Terraform state. Foreign strings are raw, except for names, which Terraform has checked.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Resource {
    /// Its full address, with instance keys.
    pub address: String,
    /// Its modules, outermost first.
    pub modules: Vec<Module>,
    pub name: String,
    /// Its instance key in `count` or `for_each`.
    pub index: Option<String>,
    /// `None` if the state has no id for it.
    pub id: Option<DefinitionId>,
}

/// A call of a module.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Module {
    pub name: String,
    pub index: Option<String>,
}

impl Resource {
    /// The address of its block, without instance keys, which a `removed` block does not accept.
    fn block(&self) -> String {
        let modules = self.modules.iter().fold(String::new(), |all, it| all + "module." + &it.name + ".");
        format!("{modules}{RESOURCE_TYPE}.{}", self.name)
    }

    /// The possible names for its key, each longer than the one before: with its index, its modules, their indexes.
    fn words(&self) -> Vec<String> {
        let Some(name) = slug(&self.name) else { return Vec::new() };
        let modules = |has_index: bool| {
            let word = |it: &Module| match &it.index {
                Some(index) if has_index => format!("{} {index} ", it.name),
                _ => format!("{} ", it.name),
            };
            self.modules.iter().map(word).collect::<String>()
        };
        let indexed = self.index.as_ref().map_or_else(|| self.name.clone(), |it| format!("{} {it}", self.name));
        let longer = [indexed.clone(), modules(false) + &indexed, modules(true) + &indexed];
        let mut words = vec![name];
        for word in longer.iter().filter_map(|it| slug(it)) {
            if !words.contains(&word) {
                words.push(word);
            }
        }
        words
    }
}

/// The keys of a state's definitions: the names of their resources, extended to be unique. The same state gives the
/// same keys. A resource whose name cannot be a key is left out.
pub fn keys(resources: &[Resource]) -> BTreeMap<&DefinitionId, Key> {
    let mut named: Vec<(&DefinitionId, Vec<String>, usize)> = Vec::new();
    for (id, resource) in firsts(resources) {
        let words = resource.words();
        if !words.is_empty() {
            named.push((id, words, 0));
        }
    }
    let longest = named.iter().map(|(_, words, _)| words.len()).max().unwrap_or_default();
    for _ in 1..longest {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for (_, words, at) in &named {
            *counts.entry(words[*at].clone()).or_default() += 1;
        }
        for (_, words, at) in &mut named {
            if counts.get(&words[*at]).is_some_and(|it| *it > 1) && *at + 1 < words.len() {
                *at += 1;
            }
        }
    }
    let mut groups: BTreeMap<String, Vec<&DefinitionId>> = BTreeMap::new();
    for (id, words, at) in named {
        groups.entry(words[at].clone()).or_default().push(id);
    }
    let mut keys = BTreeMap::new();
    share(groups, &mut BTreeSet::new(), &mut keys);
    keys
}

/// The first resource of each definition, by address.
fn firsts(resources: &[Resource]) -> Vec<(&DefinitionId, &Resource)> {
    let mut sorted: Vec<&Resource> = resources.iter().collect();
    sorted.sort();
    let mut seen = BTreeSet::new();
    let with_id = sorted.into_iter().filter_map(|it| Some((it.id.as_ref()?, it)));
    with_id.filter(|(id, _)| seen.insert(*id)).collect()
}

/// The other resources of definitions with several resources, each with the first one.
pub fn repeated(resources: &[Resource]) -> Vec<(&Resource, &Resource)> {
    let firsts: BTreeMap<&DefinitionId, &Resource> = firsts(resources).into_iter().collect();
    let other = |it: &'_ Resource, first: &Resource| it.address != first.address;
    let with_first = resources.iter().filter_map(|it| Some((it, *firsts.get(it.id.as_ref()?)?)));
    with_first.filter(|(it, first)| other(it, first)).collect()
}

/// The `removed` blocks that make Terraform forget these resources, one per resource.
pub fn removed(resources: &[Resource]) -> String {
    let blocks: BTreeSet<String> = resources.iter().map(Resource::block).collect();
    let block = |it: &String| format!("removed {{\n  from = {it}\n\n  lifecycle {{\n    destroy = false\n  }}\n}}\n");
    blocks.iter().map(block).collect::<Vec<_>>().join("\n")
}

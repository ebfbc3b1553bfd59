//! Finds which texts contain which, with the Aho-Corasick automaton: one pass over each list. There can be as many
//! pairs as the product of both lists, so the result is capped.

use std::collections::BTreeMap;

/// Limits the bytes of patterns in one automaton, so that its memory does not grow with the lists.
const BATCH_LENGTH_MAX: usize = 4 * 1024 * 1024;

const NONE: u32 = u32::MAX;

/// The containment between two lists.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Contained {
    /// For each long text, short texts inside it: all of them, or one more than requested.
    pub inside: Vec<Vec<usize>>,
    /// For each short text, long texts around it: all of them, or one more than requested.
    pub around: Vec<Vec<usize>>,
    /// For each short text, the first long text that contains it.
    pub first_around: Vec<Option<usize>>,
    /// For each long text, the first short text inside it.
    pub first_inside: Vec<Option<usize>>,
}

/// Finds the short texts inside the long ones. An empty text is inside none.
pub fn contained(short: &[String], long: &[String], named_max: usize) -> Contained {
    let mut found = Contained {
        inside: vec![Vec::new(); long.len()],
        around: vec![Vec::new(); short.len()],
        first_around: vec![None; short.len()],
        first_inside: vec![None; long.len()],
    };
    // Equal texts share one pattern.
    let mut patterns: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, text) in short.iter().enumerate().filter(|(_, text)| !text.is_empty()) {
        patterns.entry(text).or_default().push(index);
    }
    let patterns: Vec<(&str, Vec<usize>)> = patterns.into_iter().collect();
    let mut from = 0;
    while from < patterns.len() {
        let mut bytes = 0;
        let fits = |(text, _): &&(&str, Vec<usize>)| {
            bytes += text.len();
            bytes <= BATCH_LENGTH_MAX
        };
        let to = from + patterns[from..].iter().take_while(fits).count().max(1);
        Search::new(&patterns[from..to], named_max).run(long, &mut found);
        from = to;
    }
    found
}

/// A node of the trie. It represents a common prefix of patterns.
struct Node {
    byte: u8,
    first_child: u32,
    children: u16,
    /// The node of the longest proper suffix of this prefix.
    fail: u32,
    /// The nearest pattern that is a suffix of this prefix, or the prefix itself.
    end: u32,
    pattern: u32,
}

struct Search<'a> {
    patterns: &'a [(&'a str, Vec<usize>)],
    named_max: usize,
    nodes: Vec<Node>,
    /// For each pattern: its node, the next shorter suffix pattern, and the last text that contained it.
    ends: Vec<End>,
}

struct End {
    /// The longest other pattern that is a suffix of this one.
    next: u32,
    /// The same link, without patterns that have enough texts around them. A pattern that needs more links to itself.
    next_open: u32,
    /// The same link, without patterns whose first surrounding text is known.
    next_unseen: u32,
    /// The smallest index of a short text that equals this pattern or is a suffix of it.
    first: usize,
    /// The last long text that contained it.
    met: usize,
}

impl<'a> Search<'a> {
    fn new(patterns: &'a [(&'a str, Vec<usize>)], named_max: usize) -> Search<'a> {
        let mut search = Search { patterns, named_max, nodes: Vec::new(), ends: Vec::new() };
        search.grow();
        search.link();
        search
    }

    /// Builds the nodes level by level, so that the children of a node are adjacent and sorted.
    fn grow(&mut self) {
        self.nodes.push(Node { byte: 0, first_child: 0, children: 0, fail: 0, end: NONE, pattern: NONE });
        let mut level = vec![(0_usize, 0_usize, self.patterns.len())];
        let mut depth = 0;
        while !level.is_empty() {
            let mut below = Vec::new();
            for (node, mut from, to) in level {
                if self.patterns[from].0.len() == depth {
                    self.nodes[node].pattern = index(from);
                    from += 1;
                }
                self.nodes[node].first_child = index(self.nodes.len());
                while from < to {
                    let byte = self.patterns[from].0.as_bytes()[depth];
                    let same = self.patterns[from..to].partition_point(|(text, _)| text.as_bytes()[depth] == byte);
                    below.push((self.nodes.len(), from, from + same));
                    self.nodes[node].children += 1;
                    let child = Node { byte, first_child: 0, children: 0, fail: 0, end: NONE, pattern: NONE };
                    self.nodes.push(child);
                    from += same;
                }
            }
            level = below;
            depth += 1;
        }
    }

    /// Sets the failure links. Nodes are ordered by depth, so a link only needs nodes that have theirs.
    fn link(&mut self) {
        let ends =
            self.patterns.iter().map(|_| End { next: NONE, next_open: 0, next_unseen: 0, first: 0, met: usize::MAX });
        self.ends = ends.collect();
        for parent in 0..self.nodes.len() {
            let Node { first_child, children, fail, .. } = self.nodes[parent];
            for child in first_child..first_child + u32::from(children) {
                let byte = self.nodes[child as usize].byte;
                let to = if parent == 0 { 0 } else { self.step(fail, byte) };
                let shorter = self.nodes[to as usize].end;
                let node = &mut self.nodes[child as usize];
                node.fail = to;
                node.end = if node.pattern == NONE { shorter } else { node.pattern };
                if node.pattern != NONE {
                    let pattern = node.pattern as usize;
                    let own = self.patterns[pattern].1.first().copied().unwrap_or(usize::MAX);
                    let first = self.ends.get(shorter as usize).map_or(own, |it| it.first.min(own));
                    let itself = index(pattern);
                    self.ends[pattern] =
                        End { next: shorter, next_open: itself, next_unseen: itself, first, met: usize::MAX };
                }
            }
        }
    }

    fn child(&self, node: u32, byte: u8) -> Option<u32> {
        let Node { first_child, children, .. } = self.nodes[node as usize];
        let from = first_child as usize;
        let among = &self.nodes[from..from + usize::from(children)];
        among.binary_search_by_key(&byte, |it| it.byte).ok().map(|it| index(from + it))
    }

    /// The state after this byte.
    fn step(&self, mut node: u32, byte: u8) -> u32 {
        loop {
            if let Some(child) = self.child(node, byte) {
                return child;
            }
            if node == 0 {
                return 0;
            }
            node = self.nodes[node as usize].fail;
        }
    }

    fn run(&mut self, long: &[String], found: &mut Contained) {
        for (text, bytes) in long.iter().map(String::as_bytes).enumerate() {
            let (mut node, mut is_named) = (0, false);
            for byte in bytes {
                node = self.step(node, *byte);
                let end = self.nodes[node as usize].end;
                if end == NONE {
                    continue;
                }
                let first = &mut found.first_inside[text];
                *first = Some(first.map_or(usize::MAX, |it| it).min(self.ends[end as usize].first));
                if !is_named {
                    is_named = self.name_inside(end, text, found);
                }
                self.name_around(end, text, found);
                self.see(end, text, found);
            }
        }
    }

    /// Records the patterns in this text that end with this one. Returns true once there are enough.
    fn name_inside(&mut self, mut end: u32, text: usize, found: &mut Contained) -> bool {
        // The suffix chain of a pattern that was already met in this text has been followed.
        while end != NONE && self.ends[end as usize].met != text {
            self.ends[end as usize].met = text;
            let inside = &mut found.inside[text];
            let room = (self.named_max + 1).saturating_sub(inside.len());
            inside.extend(self.patterns[end as usize].1.iter().take(room));
            if inside.len() > self.named_max {
                return true;
            }
            end = self.ends[end as usize].next;
        }
        found.inside[text].len() > self.named_max
    }

    /// Records this text for each of its patterns that has room for one more.
    fn name_around(&mut self, end: u32, text: usize, found: &mut Contained) {
        let mut end = self.next(end, |it| &mut it.next_open);
        while end != NONE {
            let indices = &self.patterns[end as usize].1;
            let Some(first) = indices.first() else { return };
            if found.around[*first].last() == Some(&text) {
                return;
            }
            for index in indices {
                found.around[*index].push(text);
            }
            let shorter = self.ends[end as usize].next;
            if found.around[*first].len() > self.named_max {
                self.ends[end as usize].next_open = shorter;
            }
            end = self.next(shorter, |it| &mut it.next_open);
        }
    }

    /// Records this text for each of its patterns that has no first surrounding text yet.
    fn see(&mut self, end: u32, text: usize, found: &mut Contained) {
        let mut end = self.next(end, |it| &mut it.next_unseen);
        while end != NONE {
            for index in &self.patterns[end as usize].1 {
                found.first_around[*index] = Some(text);
            }
            let shorter = self.ends[end as usize].next;
            self.ends[end as usize].next_unseen = shorter;
            end = self.next(shorter, |it| &mut it.next_unseen);
        }
    }

    /// The first pattern from here on that is still wanted. Shortens the path for the next call.
    fn next(&mut self, from: u32, link: impl Fn(&mut End) -> &mut u32) -> u32 {
        let mut to = from;
        while to != NONE {
            let further = *link(&mut self.ends[to as usize]);
            if further == to {
                break;
            }
            to = further;
        }
        let mut at = from;
        while at != NONE && at != to {
            at = std::mem::replace(link(&mut self.ends[at as usize]), to);
        }
        to
    }
}

fn index(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(NONE)
}

//! What aliases and merge keys bring, within a budget.

use super::{Reader, yaml};
use crate::prelude::*;
use crate::sort::sort_by;
use crate::source::{Entry, Fault, FaultKind, Node, SyntaxFault, TextRange, Value};

/// A number of nodes that is not used up yet.
#[derive(Clone, Copy)]
pub(super) struct Budget {
    /// In this document.
    pub(super) document: usize,
    /// In the whole text.
    pub(super) text: usize,
}

impl Budget {
    /// Takes so many nodes, or none if there are not as many.
    pub(super) fn take(&mut self, nodes: usize) -> bool {
        let (Some(document), Some(text)) = (self.document.checked_sub(nodes), self.text.checked_sub(nodes)) else { return false };
        (self.document, self.text) = (document, text);
        true
    }
}

/// How much a node holds.
#[derive(Clone, Copy)]
pub(super) struct Extent {
    /// Itself and all nodes in it, through aliases too.
    pub(super) nodes: usize,
    /// Levels of lists and maps, itself included.
    pub(super) height: usize,
}

impl Extent {
    pub(super) const SCALAR: Self = Self { nodes: 1, height: 0 };
    pub(super) const EMPTY: Self = Self { nodes: 1, height: 1 };
}

/// What an alias may name.
pub(super) enum Anchor<'a> {
    /// A list or map that is still open, from this place on: it would contain itself.
    Open(usize),
    Kept(Node<'a>, Extent),
    /// There was no room to keep it.
    TooLarge,
}

impl<'a> Reader<'a> {
    pub(super) fn alias(&mut self, name: &'a str, at: TextRange) {
        let mut node = Node { alias: true, ..Node::new(Value::Null, at) };
        let mut extent = Extent::SCALAR;
        match self.document.anchors.get(&name) {
            Some(Anchor::Kept(_, kept)) if self.document.open.len().saturating_add(kept.height) > self.depth => {
                self.too_deep(at);
            }
            Some(Anchor::Kept(named, kept)) if self.expanded.take(kept.nodes) => {
                node.value = named.value.clone();
                extent = *kept;
            }
            Some(Anchor::Kept(..) | Anchor::TooLarge) => self.alias_limit(at),
            Some(Anchor::Open(_)) => self.fault(yaml(format!("anchor `{name}` value contains itself")), at),
            None => self.fault(FaultKind::Syntax(SyntaxFault::UnknownAnchor), at),
        }
        self.place(node, extent);
    }

    /// Adds what merge keys bring: own entries win, then the last merge key (as in Kubernetes), and
    /// of a list of maps the first.
    pub(super) fn merge(&mut self, entries: &mut Vec<Entry<'a>>, merges: Vec<(TextRange, Node<'a>)>) {
        let own = entries.len();
        // Of entries with the same key the one with the lowest rank wins: in a map the last one.
        let mut ranks: Vec<usize> = (0..own).collect();
        for (key, node) in merges.into_iter().rev() {
            let maps = match node.value {
                // Go-yaml takes a list only where it is written out.
                Value::List(items) if !node.alias => items,
                _ => vec![node],
            };
            for map in maps {
                let Value::Map(merged) = map.value else {
                    let place = if map.range.start == map.range.end { key } else { map.range };
                    // An alias that leads nowhere is told already.
                    let is_told = |fault: &Fault| fault.range == place && !matches!(fault.kind, FaultKind::AmbiguousScalar(_));
                    if !self.document.faults.iter().any(is_told) {
                        self.fault(FaultKind::Syntax(SyntaxFault::InvalidMerge), place);
                    }
                    continue;
                };
                let first = entries.len();
                entries.extend(merged.into_iter().map(|entry| Entry { merged: true, ..entry }));
                ranks.extend((first..entries.len()).rev());
            }
        }
        let rank = |at: usize| Some((&entries.get(at)?.key, ranks.get(at)?));
        let mut order: Vec<usize> = (0..entries.len()).collect();
        sort_by(&mut order, |a, b| rank(*a).cmp(&rank(*b)));
        let mut wins = vec![true; entries.len()];
        for pair in order.windows(2) {
            if let [better, other] = pair
                && let (Some((key, _)), Some((same, _)), Some(wins)) = (rank(*better), rank(*other), wins.get_mut(*other))
            {
                *wins = *other < own || key != same;
            }
        }
        let mut wins = wins.into_iter();
        entries.retain(|_| wins.next().unwrap_or(true));
    }

    /// Keeps a node for the aliases that will name it, if there is room.
    pub(super) fn keep(&mut self, name: &'a str, node: &Node<'a>, extent: Extent) {
        let kept = if self.kept.take(extent.nodes) { Anchor::Kept(node.clone(), extent) } else { Anchor::TooLarge };
        self.document.anchors.insert(name, kept);
    }

    fn alias_limit(&mut self, place: TextRange) {
        if !self.document.told_alias_limit {
            self.document.told_alias_limit = true;
            self.fault(FaultKind::AliasLimit, place);
        }
    }
}

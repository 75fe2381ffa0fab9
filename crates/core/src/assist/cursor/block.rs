//! The cursor in lines.

use alloc::borrow::Cow;

use super::{Cursor, Style, flow};
use crate::finding::{Part, Path, Segment};
use crate::prelude::*;
use crate::source::TextRange;

/// One line.
struct Line<'t> {
    /// The column of its first dash.
    dash: Option<usize>,
    /// The column of what stands after indentation and dashes.
    column: usize,
    /// What stands there, without blanks and comments at its end.
    content: &'t str,
}

impl<'t> Line<'t> {
    fn of(line: &'t str) -> Self {
        let (mut rest, mut column, mut dash) = (line, 0_usize, None);
        loop {
            let trimmed = rest.trim_start_matches(' ');
            column = column.saturating_add(rest.len().saturating_sub(trimmed.len()));
            rest = trimmed;
            match rest.strip_prefix('-') {
                Some(after) if after.is_empty() || after.starts_with([' ', '\r', '\n']) => {
                    dash = dash.or(Some(column));
                    column = column.saturating_add(1);
                    rest = after;
                }
                _ => break,
            }
        }
        let content = rest.split_once(" #").map_or(rest, |(before, _)| before);
        let content = if content.starts_with('#') { "" } else { content };
        Self { dash, column, content: content.trim_end() }
    }

    fn is_blank(&self) -> bool {
        self.content.is_empty() && self.dash.is_none()
    }

    /// Its key, and where its colon stands in the content.
    fn key(&self) -> Option<(&'t str, usize)> {
        let quote = self.content.chars().next().filter(|first| matches!(first, '"' | '\''));
        let from = match quote {
            Some(quote) => self.content.get(1..)?.find(quote)?.saturating_add(2),
            None => 0,
        };
        let ends =
            |at: &usize| self.content.get(at.saturating_add(1)..).is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t']));
        let colon = self.content.get(from..)?.match_indices(':').map(|(at, _)| at.saturating_add(from)).find(ends)?;
        Some((self.content.get(..colon)?.trim().trim_matches(['"', '\'']), colon))
    }

    /// What stands after the colon, without anchors and tags.
    fn value(&self, colon: usize) -> &'t str {
        let mut value = self.content.get(colon.saturating_add(1)..).unwrap_or_default().trim();
        while value.starts_with(['&', '!']) {
            value = value.split_once(' ').map_or("", |(_, rest)| rest).trim_start();
        }
        value
    }
}

/// The place of an offset in a document that begins at `start`.
pub(super) fn at(text: &str, start: usize, offset: usize) -> Option<Cursor> {
    let before = text.get(start..offset)?;
    let line_start = before.rfind(['\n', '\r']).map_or(start, |at| start.saturating_add(at).saturating_add(1));
    let rest = text.get(line_start..)?;
    let line = rest.split(['\n', '\r']).next().unwrap_or_default();
    let typed = text.get(line_start..offset)?;
    if typed.trim_start().starts_with('#') || typed.contains(" #") {
        return None;
    }
    let own = Line::of(line);
    let above: Vec<&str> = text.get(start..line_start)?.lines().collect();
    let column = if own.content.is_empty() && own.dash.is_none() { typed.len() } else { own.column };
    let content_start = line_start.saturating_add(column);
    if own.content.is_empty() {
        let column = if own.dash.is_some() { typed.len().max(own.column) } else { column };
        let path = path(&above, column, own.dash)?;
        let here = TextRange::new(offset, offset);
        return Some(Cursor { path, part: Part::Key, range: here, blank: here, style: Style::Block(column), colon: false });
    }
    if offset < content_start {
        return None;
    }
    let content_end = content_start.saturating_add(own.content.len());
    let around = path(&above, column, own.dash)?;
    let Some((key, colon)) = own.key().filter(|(_, colon)| offset > content_start.saturating_add(*colon)) else {
        let known = own.key();
        let end = known.map_or(content_end, |(_, colon)| content_start.saturating_add(colon)).max(offset);
        let range = TextRange::new(content_start, end);
        let blank = if known.is_some() { TextRange::new(offset, offset) } else { range };
        return Some(Cursor { path: around, part: Part::Key, range, blank, style: Style::Block(column), colon: known.is_some() });
    };
    let path = around.key(key.to_owned());
    let after = content_start.saturating_add(colon).saturating_add(1);
    let gap = text.get(after..content_end.max(after))?;
    let value_start = after.saturating_add(gap.len().saturating_sub(gap.trim_start().len()));
    let value = own.value(colon);
    if value.starts_with(['|', '>']) {
        return None;
    }
    if value.starts_with(['{', '[']) && offset > value_start {
        return flow::at(text, value_start, offset, path, false);
    }
    // Nothing is written yet, or the cursor stands among the blanks before it.
    let range = if value.is_empty() || offset < value_start {
        TextRange::new(offset, offset)
    } else {
        TextRange::new(value_start, content_end.max(offset))
    };
    Some(Cursor { path, part: Part::Value, range, blank: range, style: Style::Block(column), colon: offset == after })
}

/// The path of the map or list that a line stands in whose keys begin in `column`.
fn path(above: &[&str], column: usize, dash: Option<usize>) -> Option<Path> {
    let mut steps: Vec<Segment> = Vec::new();
    let mut limit = column;
    // The column of the dashes of the list that is being counted, and how many items came before.
    let mut list = dash.map(|dash| (dash, 0_usize));
    for line in above.iter().rev().map(|line| Line::of(line)).filter(|line| !line.is_blank()) {
        if limit == 0 && list.is_none() {
            break;
        }
        if let Some((dashes, count)) = list {
            if line.dash == Some(dashes) {
                list = Some((dashes, count.saturating_add(1)));
                continue;
            }
            let first = line.dash.unwrap_or(line.column);
            if first > dashes {
                continue;
            }
            steps.push(Segment::Index(count));
            list = None;
            limit = dashes.saturating_add(1);
        }
        match line.dash {
            Some(dashes) if dashes < limit => {
                if line.column < limit {
                    steps.push(parent(&line)?);
                }
                list = Some((dashes, 0));
                limit = dashes;
            }
            None if line.column < limit => {
                steps.push(parent(&line)?);
                limit = line.column;
            }
            _ => {}
        }
    }
    if let Some((_, count)) = list {
        steps.push(Segment::Index(count));
    }
    steps.reverse();
    Some(steps.into_iter().collect())
}

/// The key that holds what lies deeper; nothing where it holds a simple value or a text of lines.
fn parent(line: &Line<'_>) -> Option<Segment> {
    let (key, colon) = line.key()?;
    line.value(colon).is_empty().then(|| Segment::Key(Cow::Owned(key.to_owned())))
}

//! Code lists of a pack file: `[list.sex]` with its entries.

use crate::edited::{At, Node, values};
use crate::program::{CodeList, Entry};
use crate::record::date_in_file;
use crate::said;
use std::collections::BTreeMap;

/// The lists of a file.
pub(super) fn read(root: &Node<'_>) -> Vec<At<CodeList>> {
    let mut lists = Vec::new();
    for (id, node) in root.named_tables("list") {
        let title = node.need_said("title");
        let mut entries = Vec::new();
        let mut places = BTreeMap::new();
        for (index, item) in node.tables("entry").iter().enumerate() {
            let Some(entry) = entry(item, index) else { continue };
            if let Some(first) = places.insert(entry.code.clone(), item.place().line) {
                let code = &entry.code;
                item.wrong(said!(
                    "代码“{code}”在第 {first} 行已经用过",
                    "code `{code}` is already used on line {first}"
                ));
            }
            shared_name(item, &entry, &entries);
            entries.push(entry);
        }
        if entries.is_empty() {
            node.wrong(said!("代码表没有条目", "the code list has no entries"));
        }
        node.finish();
        let list = CodeList { id: id.value, title, entries };
        lists.push(At { value: list, place: id.place });
    }
    lists
}

fn entry(item: &Node<'_>, index: usize) -> Option<Entry> {
    let code = item.scalar("code");
    if code.is_none() && !item.has("code") {
        item.wrong(said!("条目缺少“code”", "the entry lacks `code`"));
    }
    let label = item.sides();
    let from = date_in_file(item, "from");
    let to = date_in_file(item, "to");
    let aliases = values(item.texts("aliases"));
    item.finish();
    let code = code?.value;
    let place = u32::try_from(index).unwrap_or(u32::MAX).saturating_add(1);
    let number = code.parse().unwrap_or(place);
    let mut entry = Entry::new(code, number, label, aliases);
    (entry.from, entry.to) = (from, to);
    Some(entry)
}

/// A name two entries share could choose neither, unless one has run out before the other.
fn shared_name(item: &Node<'_>, entry: &Entry, before: &[Entry]) {
    let apart = |other: &Entry| {
        let ends = |a: &Entry, b: &Entry| a.to.zip(b.from).is_some_and(|(to, from)| to < from);
        ends(entry, other) || ends(other, entry)
    };
    for name in entry.folded_names() {
        let shared =
            before.iter().find(|other| !apart(other) && other.folded_names().contains(name));
        if let Some(other) = shared {
            let code = &other.code;
            item.wrong(said!(
                "“{name}”已经指“{code}”，一个名称只能指一项",
                "`{name}` already means `{code}`; one name means one entry"
            ));
        }
    }
}

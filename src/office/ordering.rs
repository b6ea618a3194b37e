//! By what a list can be put in order: what every record has, and what its kind is narrowed by.

use super::Queue;
use crate::directory::{Sort, SortBy};
use crate::program::{FieldType, Kind, ListSort};
use crate::said;
use crate::words::Said;

/// The order of a list, as somebody chose it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// What it goes by: a word of the language, or a facet.
    pub by: String,
    /// The other way round.
    pub reversed: bool,
}

/// What every record can be ordered by.
static COMMON: [(ListSort, Said); 5] = [
    (ListSort::Updated, Said::fixed("最近修改", "last changed")),
    (ListSort::Entered, Said::fixed("进入现状态的时间", "time in its state")),
    (ListSort::Due, Said::fixed("办理期限", "due")),
    (ListSort::Number, Said::fixed("编号", "number")),
    (ListSort::Title, Said::fixed("姓名（拼音）", "name")),
];

impl super::Office {
    /// What a list can be ordered by, each with what it is called. A field is one where lists of the
    /// kind are narrowed by it: what the index does not have would have to be read of every record.
    #[must_use]
    pub fn orders(&self, queue: &Queue) -> Vec<(String, Said)> {
        let common = COMMON.iter().map(|(sort, title)| (sort.word().to_string(), title.clone()));
        let kind = self.only_kind(queue);
        let facets = kind.into_iter().flat_map(|kind| kind.facets.iter().map(move |id| (kind, id)));
        let facets = facets.filter_map(|(kind, id)| Some((id.clone(), facet_title(kind, id)?)));
        common.chain(facets).collect()
    }

    /// The kind all records of a list are of.
    pub(super) fn only_kind(&self, queue: &Queue) -> Option<&Kind> {
        match queue {
            Queue::OfKind(kind) | Queue::List { kind, .. } | Queue::PointingAt { kind, .. } => {
                self.catalogue.kind(kind)
            }
            _ => None,
        }
    }

    /// What a list goes by before anybody orders it.
    #[must_use]
    pub fn usual_order(&self, queue: &Queue) -> Order {
        let sort = match queue {
            Queue::Review | Queue::Due => ListSort::Due,
            Queue::List { kind, list } => {
                self.record_list(kind, list).map_or(ListSort::Updated, |list| list.sort)
            }
            _ => ListSort::Updated,
        };
        Order { by: sort.word().to_string(), reversed: false }
    }

    /// The order for the index; what the list usually goes by where nobody knows what is asked for.
    pub(super) fn sort(&self, queue: &Queue, order: Option<&Order>) -> Sort {
        let usual = self.usual_order(queue);
        let order = order.unwrap_or(&usual);
        let common = ListSort::WORDS.iter().find(|(word, _)| *word == order.by);
        let by = match common {
            Some((_, sort)) => sorted_by(*sort),
            None => SortBy::Facet { name: order.by.clone(), values: self.values(queue, &order.by) },
        };
        Sort { by, reversed: order.reversed }
    }

    /// The values of a facet in the order of its list; of others none, which leaves their texts.
    fn values(&self, queue: &Queue, facet: &str) -> Vec<String> {
        let field = self.only_kind(queue).and_then(|kind| kind.field_at(facet));
        let list = field.and_then(|field| self.catalogue.code_list(field.field_type.list()?));
        let entries = list.into_iter().flat_map(|list| &list.entries);
        entries.map(|entry| entry.code.clone()).collect()
    }
}

/// What a facet is called that a list can be ordered by; the number of another record orders nothing.
fn facet_title(kind: &Kind, id: &str) -> Option<Said> {
    if let Some(derived) = kind.derived(id) {
        return Some(derived.title.clone());
    }
    let field = kind.field(id)?;
    let can = !matches!(field.field_type, FieldType::Reference { .. } | FieldType::Tags { .. });
    can.then(|| field.title.clone())
}

impl Order {
    /// What a list is ordered by, in words: `按编号`.
    #[must_use]
    pub fn said(&self, orders: &[(String, Said)]) -> Said {
        let title = orders.iter().find(|(id, _)| *id == self.by).map(|(_, title)| title.clone());
        let Said { zh, en } = title.unwrap_or_default();
        match self.reversed {
            false => said!("按{zh}", "by {en}"),
            true => said!("按{zh}，倒序", "by {en}, reversed"),
        }
    }
}

fn sorted_by(sort: ListSort) -> SortBy {
    match sort {
        ListSort::Updated => SortBy::Updated,
        ListSort::Entered => SortBy::Entered,
        ListSort::Due => SortBy::Due,
        ListSort::Number => SortBy::Number,
        ListSort::Title => SortBy::Title,
    }
}

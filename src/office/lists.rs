//! Lists and queues: what there is to open, how many wait in each, and their rows.

use super::facets::pointing;
use super::ordering::Order;
use super::reading::reader;
use super::record_line::Listed;
use super::{Actor, Refusal, Right};
use crate::directory::Filter;
use crate::program::{Kind, RecordList, Role};
use crate::record::RecordId;
use crate::said;
use crate::words::Said;
use crate::workflow;
use std::sync::PoisonError;

/// A list somebody can open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Queue {
    /// What waits for this person's next step.
    Review,
    /// Due today or overdue.
    Due,
    /// Returned for correction.
    Returned,
    /// Drafts this person made and has not submitted.
    Drafts,
    /// A list a pack has: its kind and its id there.
    List {
        /// The kind of record.
        kind: String,
        /// The list's id within the kind.
        list: String,
    },
    /// The records that point at another one with a field.
    PointingAt {
        /// The kind of record.
        kind: String,
        /// The field, or `table.column`.
        field: String,
        /// What they point at.
        to: RecordId,
    },
    /// The records whose decisions rest on a clause: somebody named it, or a sheet has a line that
    /// cites it.
    RestingOn(String),
    /// Everything of one kind, the last changed first.
    OfKind(String),
}

/// How many wait in each list for one person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// For this person's next step.
    pub queue: usize,
    /// Due today or overdue.
    pub due: usize,
    /// Returned for correction.
    pub returned: usize,
    pub drafts: usize,
    /// Lists of packs that home shows.
    pub lists: Vec<(Queue, usize)>,
}

impl super::Office {
    /// Nothing when a list is open to this person. Lists of everything are not open to those who
    /// work at the counter: what they need a search or a queue shows.
    ///
    /// # Errors
    /// What to do instead.
    pub fn may_open(&self, actor: &Actor, queue: &Queue) -> Result<(), Refusal> {
        let open = match queue {
            Queue::OfKind(_) | Queue::RestingOn(_) => actor.may(Right::Lists),
            Queue::List { kind, list } => {
                let list = self.record_list(kind, list);
                list.is_some_and(|list| list.is_open_to(actor.role))
            }
            _ => true,
        };
        if open {
            return Ok(());
        }
        if let Queue::List { kind, list } = queue
            && let Some(list) = self.record_list(kind, list)
        {
            return Err(not_open_to(list));
        }
        Err(Refusal::forbidden(
            said!(
                "全部档案的名单只对主管和经审员开放。",
                "The list of all files is open to supervisors and auditors only."
            ),
            said!(
                "请按 F2 找人；要办的在首页的各个队列里。",
                "Find the person with F2; what waits for you is in the queues on the home screen."
            ),
        ))
    }

    /// One list, from `offset`, at most `limit` rows; nothing of a list that is not open.
    #[must_use]
    pub fn list(&self, actor: &Actor, queue: &Queue, offset: usize, limit: usize) -> Listed {
        self.list_narrowed(actor, queue, "", offset, limit)
    }

    /// The same, narrowed by what is typed: words that mean a state, a value of a facet, a record
    /// that is pointed at, or what the record itself is found by.
    #[must_use]
    pub fn list_narrowed(
        &self,
        actor: &Actor,
        queue: &Queue,
        typed: &str,
        offset: usize,
        limit: usize,
    ) -> Listed {
        self.list_ordered(actor, queue, typed, None, offset, limit)
    }

    /// The same, in an order somebody chose.
    #[must_use]
    pub fn list_ordered(
        &self,
        actor: &Actor,
        queue: &Queue,
        typed: &str,
        order: Option<&Order>,
        offset: usize,
        limit: usize,
    ) -> Listed {
        let by_column = order.and_then(|order| self.in_order_of_column(actor, queue, typed, order));
        if let Some(mut lines) = by_column {
            let total = lines.len();
            lines = lines.into_iter().skip(offset).take(limit).collect();
            return Listed { total, lines };
        }
        let directory = self.directory.read().unwrap_or_else(PoisonError::into_inner);
        let sort = self.sort(queue, order);
        let mut listed = Listed::default();
        if self.may_open(actor, queue).is_err() {
            return listed;
        }
        for mut filter in self.filters(actor, queue) {
            let kind = filter.kind.and_then(|code| self.catalogue.kind_of_code(code));
            filter.words = match kind {
                Some(kind) => {
                    super::narrowing::words(&self.catalogue, &directory, kind, &filter, typed)
                }
                None => Vec::new(),
            };
            let (total, ids) = directory.list(&filter, &sort, offset, limit);
            listed.total += total;
            listed.lines.extend(
                ids.iter()
                    .filter_map(|id| Some(self.line(&directory.get(*id)?, &directory, actor))),
            );
        }
        for line in &mut listed.lines {
            line.claimed_by = self.claimed_by(actor, line.id);
        }
        listed
    }

    /// How many there are in a list that is open.
    #[must_use]
    pub fn waiting(&self, actor: &Actor, queue: &Queue) -> usize {
        let directory = self.directory.read().unwrap_or_else(PoisonError::into_inner);
        self.filters(actor, queue).iter().map(|filter| directory.count(filter)).sum()
    }

    /// How many wait in each list.
    #[must_use]
    pub fn counts(&self, actor: &Actor) -> Counts {
        let count = |queue: Queue| self.waiting(actor, &queue);
        let kept = self.drafts(actor).len();
        Counts {
            queue: count(Queue::Review),
            due: count(Queue::Due),
            returned: count(Queue::Returned),
            drafts: count(Queue::Drafts) + kept,
            lists: self
                .home_lists(actor)
                .map(|queue| {
                    let waiting = count(queue.clone());
                    (queue, waiting)
                })
                .collect(),
        }
    }

    pub(super) fn record_list(&self, kind: &str, list: &str) -> Option<&RecordList> {
        self.catalogue.kind(kind)?.list(list)
    }

    /// The lists of packs that home shows somebody.
    fn home_lists(&self, actor: &Actor) -> impl Iterator<Item = Queue> {
        let role = actor.role;
        self.catalogue.kinds().flat_map(move |kind| {
            let lists = kind.lists.iter().filter(move |list| list.home && list.is_open_to(role));
            lists.map(|list| Queue::List { kind: kind.id.clone(), list: list.id.clone() })
        })
    }

    /// The heading of a list.
    #[must_use]
    pub fn queue_title(&self, queue: &Queue) -> Said {
        match queue {
            Queue::Review => Said::fixed("待我办理", "Waiting for me"),
            Queue::Due => Said::fixed("到期和逾期", "Due and overdue"),
            Queue::Returned => Said::fixed("退回补正", "Returned for correction"),
            Queue::Drafts => Said::fixed("草稿", "Drafts"),
            Queue::List { kind, list } => {
                let list = self.record_list(kind, list);
                list.map(|list| list.title.clone()).unwrap_or_default()
            }
            Queue::PointingAt { kind, to, .. } => {
                let title = self.catalogue.kind(kind).map(|kind| kind.title.clone());
                let (title, of) = (title.unwrap_or_default(), self.name_of(*to));
                Said::new(format!("{of} 的{}", title.zh), format!("{} of {of}", title.en))
            }
            Queue::RestingOn(clause) => {
                let cited = self.cited(clause);
                Said::new(
                    format!("依据 {} 的决定", cited.zh),
                    format!("Decisions that rest on {}", cited.en),
                )
            }
            Queue::OfKind(kind) => {
                let title = self.catalogue.kind(kind).map(|kind| kind.title.clone());
                let title = title.unwrap_or_default();
                Said::new(format!("全部{}", title.zh), format!("{}: all", title.en))
            }
        }
    }

    /// A list as filters of the directory, one for each kind it draws on.
    fn filters(&self, actor: &Actor, queue: &Queue) -> Vec<Filter> {
        let kinds = self.catalogue.kinds().filter(|kind| match queue {
            Queue::OfKind(id)
            | Queue::List { kind: id, .. }
            | Queue::PointingAt { kind: id, .. } => kind.id == *id,
            _ => kind.workflow.is_some(),
        });
        kinds.filter_map(|kind| self.filter(actor, queue, kind)).collect()
    }

    fn filter(&self, actor: &Actor, queue: &Queue, kind: &Kind) -> Option<Filter> {
        let base = Filter { reader: reader(actor), ..Filter::of_kind(kind.code) };
        match queue {
            Queue::OfKind(_) => return Some(base),
            Queue::RestingOn(clause) => {
                let library = self.library();
                let sets =
                    library.citing(clause).map(|(rules, _)| super::facets::of_rules(&rules.id));
                let values = std::iter::once(clause.clone()).chain(sets).collect();
                return Some(Filter {
                    facets: vec![(super::facets::RESTS_ON.into(), values)],
                    ..base
                });
            }
            Queue::PointingAt { field, to, .. } => {
                return Some(Filter { reader: reader(actor), ..pointing(kind, field, *to) });
            }
            Queue::List { list, .. } => {
                let list = kind.list(list)?;
                let mut filter = Filter { states: list.states.clone(), ..base };
                for (path, values) in &list.facets {
                    match kind.hop(path) {
                        None => filter.facets.push((path.clone(), values.clone())),
                        Some(hop) => filter.through.push(super::facets::through(
                            &self.catalogue,
                            kind,
                            hop,
                            values,
                            reader(actor),
                        )?),
                    }
                }
                return Some(filter);
            }
            _ => {}
        }
        let life = kind.workflow.as_ref()?;
        let states: Vec<String> = match queue {
            Queue::Review => life
                .states
                .iter()
                .filter(|state| {
                    state.queue
                        && life.moves_from(&state.id).any(|step| workflow::is_for(step, actor.role))
                })
                .map(|state| state.id.clone())
                .collect(),
            // A kind whose records are not handed in has no drafts.
            Queue::Drafts => {
                let handed_in = life.submitting().any(|step| step.from.contains(&life.start));
                handed_in.then(|| life.start.clone()).into_iter().collect()
            }
            Queue::Returned => life
                .submitting()
                .flat_map(|step| step.from.iter())
                .filter(|state| **state != life.start)
                .cloned()
                .collect(),
            _ => Vec::new(),
        };
        let mine = Some(actor.account.clone());
        let tomorrow = self.today().succ_opt()?;
        Some(match queue {
            Queue::Review | Queue::Returned | Queue::Drafts if states.is_empty() => return None,
            Queue::Review => {
                let without = vec![(super::facets::NOT_FOR.to_string(), actor.account.clone())];
                Filter { states, not_submitted_by: reviewer(actor), without, ..base }
            }
            Queue::Due => Filter { due_before: Some(tomorrow), ..base },
            Queue::Drafts => Filter {
                states,
                facets: vec![("created_by".to_string(), mine.into_iter().collect())],
                ..base
            },
            Queue::Returned if actor.role == Role::Volunteer => {
                Filter { states, submitted_by: mine, ..base }
            }
            _ => Filter { states, ..base },
        })
    }
}

/// A list its pack opens to others.
fn not_open_to(list: &RecordList) -> Refusal {
    let roles: Vec<Said> = list.by.iter().map(|role| role.title()).collect();
    let (roles, title) = (Said::join(&roles, "、", ", "), &list.title);
    Refusal::forbidden(
        Said::new(
            format!("“{}”只对{}开放。", title.zh, roles.zh),
            format!("\"{}\" is open to: {}.", title.en, roles.en),
        ),
        said!(
            "要办的在首页的各个队列里；需要时请他们查看。",
            "What waits for you is in the queues on the home screen; ask one of them to look."
        ),
    )
}

/// Somebody who reviews does not see in the queue what they submitted themselves.
fn reviewer(actor: &Actor) -> Option<String> {
    actor.may(Right::Review).then(|| actor.account.clone())
}

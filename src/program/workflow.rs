//! The life of a kind of record: states, and the moves between them.

use super::{Field, FieldType, Follow};
use crate::calendar::Period;
use crate::formula::Formula;
use crate::record::Fields;
use crate::words::Said;
use serde::{Deserialize, Serialize};

/// The keys a pack may give its moves: `a` onwards, `r` to return, `d` to decline, and those no
/// screen of a record has taken; a test of the keymap holds them against it.
pub const MOVE_KEYS: [char; 12] = ['a', 'r', 'd', 'c', 'f', 'i', 'o', 'p', 'q', 's', 't', 'y'];

/// What explains a departure: answers any move takes, and columns of a row whose line only should
/// hold.
pub const EXPLAINS: [&str; 2] = ["clause", "reason"];

/// What an account may do. Roles do not contain each other: a pack names each one that may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Sits at the counter and enters.
    Volunteer,
    /// Reviews and approves.
    Supervisor,
    /// Reads everything and changes nothing.
    Auditor,
    /// Looks after accounts and packs.
    Administrator,
}

impl Role {
    /// All roles.
    pub const ALL: [Self; 4] =
        [Self::Volunteer, Self::Supervisor, Self::Auditor, Self::Administrator];

    /// Its name in packs and on the command line.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Volunteer => "volunteer",
            Self::Supervisor => "supervisor",
            Self::Auditor => "auditor",
            Self::Administrator => "administrator",
        }
    }

    /// The role of that name.
    #[must_use]
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.id() == id)
    }

    /// The role a person typed, in either language, as it is called on screen or in packs.
    ///
    /// # Errors
    /// What there is, and what was probably meant.
    pub fn read(typed: &str) -> Result<Self, Said> {
        let folded = crate::record::fold(typed).to_lowercase();
        let named = |role: &Self| {
            let title = role.title();
            [role.id(), &title.zh, &title.en].contains(&folded.as_str())
        };
        if let Some(role) = Self::ALL.into_iter().find(named) {
            return Ok(role);
        }
        let titles = Self::ALL.map(Self::title);
        let words = titles.iter().flat_map(|title| [&*title.zh, &*title.en]);
        let known: Vec<String> =
            titles.iter().map(|title| format!("{} {}", title.zh, title.en)).collect();
        let known = known.join("、");
        Err(match crate::words::closest(&folded, words) {
            Some(meant) => crate::said!(
                "没有“{folded}”这个角色，是不是“{meant}”？角色有：{known}。",
                "There is no role \"{folded}\"; did you mean \"{meant}\"? Roles: {known}."
            ),
            None => crate::said!(
                "没有“{folded}”这个角色。角色有：{known}。",
                "There is no role \"{folded}\". Roles: {known}."
            ),
        })
    }

    /// What it is called on screen.
    #[must_use]
    pub const fn title(self) -> Said {
        match self {
            Self::Volunteer => Said::fixed("志愿者", "volunteer"),
            Self::Supervisor => Said::fixed("主管", "supervisor"),
            Self::Auditor => Said::fixed("经审员", "auditor"),
            Self::Administrator => Said::fixed("管理员", "administrator"),
        }
    }
}

/// States and moves.
#[derive(Clone, Debug)]
pub struct Workflow {
    /// The state of a record just made.
    pub start: String,
    /// All states, in the order of a record's life.
    pub states: Vec<State>,
    /// All moves.
    pub moves: Vec<Move>,
    /// Moves that different accounts must make since the last submission.
    pub apart: Vec<String>,
}

/// One state.
#[derive(Clone, Debug)]
pub struct State {
    pub id: String,
    /// What it is called.
    pub title: Said,
    /// True when a record here waits in the review queue.
    pub queue: bool,
    /// True when nothing is waiting for anybody.
    pub is_final: bool,
    /// True when nothing in it is changed or taken back, by nobody: only a move leads out.
    pub closed: bool,
    /// True when what was decided holds: a file on file, a member in the union.
    pub in_force: bool,
    /// Who may change fields no rule reads while facts are frozen; before that, who may write at
    /// all. Empty: nobody there, everybody who may write here.
    pub edit_by: Vec<Role>,
}

/// What a move that departs from the advice needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Override {
    /// `reason`: a clause and a reason.
    Reason,
    /// `second`: a clause and a reason, and another account that makes it with the same answers.
    Second,
}

/// Something in the record that speaks against a move.
#[derive(Clone, Debug)]
pub struct Objection {
    /// Its name in the record's moves.
    pub id: String,
    /// Over the fields of the record; true speaks against it, unknown does not.
    pub when: Formula,
    /// What it is.
    pub title: Said,
}

/// A check a move needs before it is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Need {
    /// `consent`: a consent for each sensitivity group the record holds values of.
    Consent,
    /// `consent:<group>`: a consent of this group.
    ConsentTo(String),
    /// `complete`: everything required at submitting has a valid value.
    Complete,
}

/// Where a period begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DueFrom {
    /// When the move was made.
    Entered,
    /// When the record was last submitted.
    Submitted,
    /// A date field of the record, or a date the move asked for.
    Field(String),
}

/// A period that begins with a move.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// How long it is.
    pub period: Period,
    /// Where it begins.
    pub from: DueFrom,
    /// The clause it rests on; none while to be confirmed (待确认).
    pub clause: Option<String>,
}

/// What a move asks for.
#[derive(Clone, Debug)]
pub enum AskType {
    /// A value, as a field describes it.
    Value(Box<Field>),
    /// The fields somebody should look at again: ids of fields of the record and its person.
    Fields,
    /// A clause of a regulation, by its id in the policy files.
    Clause,
}

/// What of a decision sheet answers a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FromSheet {
    /// `category`: the outcome it names, or the band of its score.
    Category,
    /// `score`: what its lines add up to.
    Score,
}

/// One question of a move.
#[derive(Clone, Debug)]
pub struct Ask {
    /// Key of the answer.
    pub id: String,
    /// The question.
    pub title: Said,
    /// What answers it.
    pub ask_type: AskType,
    /// True when the move cannot be made without it.
    pub required: bool,
    /// The field of the record that takes the answer, besides the history.
    pub writes: Option<String>,
    /// What of the decision sheet the answer starts with, and is compared with.
    pub from_sheet: Option<FromSheet>,
    /// The answer is a finding of the field with this id: kept beside what was declared.
    pub finds: bool,
    /// Another question whose answer must be somebody else.
    pub not_same_as: Option<String>,
    /// A day further back than this many is told of afterwards (补录) and needs a reason.
    pub afterwards: Option<u32>,
}

/// One move.
#[derive(Clone, Debug)]
pub struct Move {
    pub id: String,
    /// What it is called, as an action.
    pub title: Said,
    /// States it may be made in.
    pub from: Vec<String>,
    /// State after.
    pub to: String,
    /// Roles that may make it.
    pub by: Vec<Role>,
    /// Checks before it is made.
    pub needs: Vec<Need>,
    /// The rule set whose sheet is evaluated and kept with the move.
    pub evaluates: Option<String>,
    /// The rule set that has to hold for it, a verdict.
    pub requires: Option<String>,
    /// The table whose rows these rules are put to one by one; otherwise to the whole record.
    pub each: Option<String>,
    /// What it asks for.
    pub asks: Vec<Ask>,
    /// True when it hands the record in: from here on its facts are frozen.
    pub submits: bool,
    /// True when it opens the fields it names again.
    pub returns: bool,
    /// True when no author of the record may make it.
    pub not_by_author: bool,
    /// Moves whose maker, since the last submission, may not make this one.
    pub not_by: Vec<String>,
    /// What it needs where it departs from the advice; without it the two are not compared.
    pub over_advice: Option<Override>,
    /// What else in the record speaks against it.
    pub objections: Vec<Objection>,
    /// By when the step after it is due.
    pub due: Option<Due>,
    /// How long the state before must have lasted.
    pub not_before: Option<Due>,
    /// The key that makes it in review.
    pub key: Option<char>,
    /// What it brings about besides.
    pub then: Vec<Follow>,
}

impl Move {
    /// Whether the move itself gives a field of its record a value, so that nobody need enter one.
    #[must_use]
    pub fn gives(&self, field: &str) -> bool {
        let asked = self.asks.iter().any(|ask| ask.writes.as_deref() == Some(field));
        let given = |follow: &Follow| match follow {
            Follow::Make { .. } => false,
            Follow::Row { table, .. } => table == field,
            Follow::Set { with } => with.iter().any(|(name, _)| name == field),
        };
        asked || self.then.iter().any(given)
    }
}

impl Workflow {
    /// A state by its id.
    #[must_use]
    pub fn state(&self, id: &str) -> Option<&State> {
        self.states.iter().find(|state| state.id == id)
    }

    /// The moves out of a state, in the pack's order.
    pub fn moves_from<'w>(&'w self, state: &'w str) -> impl Iterator<Item = &'w Move> {
        self.moves.iter().filter(move |step| step.from.iter().any(|from| from == state))
    }

    /// A move by its id.
    #[must_use]
    pub fn find_move(&self, id: &str) -> Option<&Move> {
        self.moves.iter().find(|step| step.id == id)
    }

    /// The move a key makes in a state.
    #[must_use]
    pub fn move_on<'w>(&'w self, state: &'w str, key: char) -> Option<&'w Move> {
        self.moves_from(state).find(|step| step.key == Some(key))
    }

    /// The moves that hand a record in.
    pub fn submitting(&self) -> impl Iterator<Item = &Move> {
        self.moves.iter().filter(|step| step.submits)
    }

    /// Whether nothing is changed in this state.
    #[must_use]
    pub fn is_closed(&self, state: &str) -> bool {
        self.state(state).is_some_and(|state| state.closed)
    }

    /// Whether a record in this state is over and holds no more: another may be begun.
    #[must_use]
    pub fn is_over(&self, state: &str) -> bool {
        self.state(state).is_some_and(|state| state.is_final && !state.in_force)
    }
}

impl Move {
    /// Whether these answers find anything out.
    #[must_use]
    pub fn finds_in(&self, answers: &Fields) -> bool {
        self.asks.iter().any(|ask| ask.finds && answers.contains_key(&ask.id))
    }
}

impl Ask {
    /// The questions every office asks in the same words: `reason`, `date`, `fields`, `clause`.
    #[must_use]
    pub fn common(name: &str) -> Option<Self> {
        let (title, field_type) = match name {
            "reason" => (
                Said::fixed("理由", "Reason"),
                Some(FieldType::Text { multiline: true, max: Some(500) }),
            ),
            "date" => (Said::fixed("日期", "Date"), Some(FieldType::Date)),
            "fields" => (Said::fixed("要更正的栏目", "Fields to correct"), None),
            "clause" => (Said::fixed("依据条款", "Clause it rests on"), None),
            _ => return None,
        };
        let ask_type = match field_type {
            Some(field_type) => {
                let default = matches!(field_type, FieldType::Date).then(|| "t".to_string());
                let field = Field::asked(name, title.clone(), field_type);
                AskType::Value(Box::new(Field { default, ..field }))
            }
            None if name == "fields" => AskType::Fields,
            None => AskType::Clause,
        };
        Some(Self {
            id: name.to_string(),
            title,
            ask_type,
            required: true,
            writes: None,
            from_sheet: None,
            finds: false,
            not_same_as: None,
            afterwards: None,
        })
    }

    /// The field that describes the answer, where it is a value.
    #[must_use]
    pub fn field(&self) -> Option<&Field> {
        match &self.ask_type {
            AskType::Value(field) => Some(field),
            AskType::Fields | AskType::Clause => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Role;

    #[test]
    fn roles_are_read_in_both_languages() {
        for (typed, role) in [
            ("volunteer", Role::Volunteer),
            ("志愿者", Role::Volunteer),
            (" Supervisor ", Role::Supervisor),
            ("主管", Role::Supervisor),
            ("ａｕｄｉｔｏｒ", Role::Auditor),
            ("经审员", Role::Auditor),
            ("ADMINISTRATOR", Role::Administrator),
            ("管理员", Role::Administrator),
        ] {
            assert_eq!(Role::read(typed), Ok(role), "{typed}");
        }
        for (typed, meant) in
            [("voluntear", "volunteer"), ("superviser", "supervisor"), ("经审", "经审员")]
        {
            let said = Role::read(typed).unwrap_err();
            assert!(said.zh.contains(&format!("是不是“{meant}”")), "{}", said.zh);
            assert!(said.en.contains(&format!("did you mean \"{meant}\"")), "{}", said.en);
        }
        let said = Role::read("king").unwrap_err();
        assert!(!said.en.contains("mean") && said.en.contains("auditor"), "{}", said.en);
    }
}

//! The hand that writes the story: registers people, opens files and leads them on their way,
//! every deed on a day of the almanac and in the diary.

use super::almanac::Almanac;
use super::diary::{About, Cast, Deed, Diary, FileAt, Line, PersonAt, Who};
use super::dice::Dice;
use super::household::{Household, Member, choice, text};
use super::names::{FINDINGS, REVEALS};
use super::people::{Inventor, Person};
use crate::office::Answers;
use crate::policy::{Keys, Library};
use crate::record::{Fields, Sex, Value};
use chrono::NaiveDate;
use std::collections::BTreeMap;

/// Division of the invented station: Banan District.
pub(super) const REGION: &str = "500113";

/// How far a file has come on its ordinary way, by the state it is then in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    ToVisit,
    Visited,
    Checking,
    Checked,
    Appraised,
    Notice,
    ToApprove,
    OnFile,
}

impl Stage {
    /// Sittings of the supervisor between passing the first review and this stage.
    fn sittings(self) -> usize {
        match self {
            Self::ToVisit | Self::Visited => 0,
            Self::Checking => 1,
            Self::Checked | Self::Appraised | Self::Notice => 2,
            // A notice hangs for five working days: two sittings.
            Self::ToApprove | Self::OnFile => 4,
        }
    }

    fn includes(self, other: Self) -> bool {
        self as usize >= other as usize
    }
}

/// A file as the story knows it.
struct FileNote {
    head: PersonAt,
    category: Option<&'static str>,
    /// So near a line that the rules want a person.
    near: bool,
    remark: Option<String>,
    /// What the visit finds otherwise than it was declared.
    found: Option<(&'static str, Value)>,
}

/// The story while it is written.
pub(super) struct Story<'s> {
    pub dice: Dice,
    pub almanac: Almanac<'s>,
    inventor: Inventor,
    library: &'s Library,
    diary: Diary,
    people: Vec<Person>,
    files: Vec<FileNote>,
}

impl<'s> Story<'s> {
    /// An empty page.
    pub fn new(seed: u64, almanac: Almanac<'s>, library: &'s Library) -> Self {
        Self {
            dice: Dice::new(seed),
            inventor: Inventor::new(almanac.today()),
            almanac,
            library,
            diary: Diary::default(),
            people: Vec::new(),
            files: Vec::new(),
        }
    }

    /// The diary in the order of time, and who it is about.
    pub fn told(self) -> (Vec<Line>, Cast) {
        let cast = Cast {
            id_numbers: self.people.into_iter().map(|person| person.id_number).collect(),
            heads: self.files.iter().map(|file| file.head).collect(),
        };
        (self.diary.read(), cast)
    }

    /// What the remarkable files are there to show, by the head's identity number.
    pub fn remarks(&self) -> Vec<(String, String)> {
        let remark = |file: &FileNote| {
            let head = self.people.get(file.head.0)?;
            Some((head.id_number.clone(), file.remark.clone()?))
        };
        self.files.iter().filter_map(remark).collect()
    }

    /// How many people are registered so far.
    pub fn people(&self) -> usize {
        self.people.len()
    }

    /// The minimum-living standard on a day, fen a head and month. Where the day lies before the
    /// table or in a gap the latest published one is used; the demo has to be told somehow.
    pub fn standard(&self, day: NaiveDate, urban: bool) -> i64 {
        let area = if urban { "urban" } else { "rural" };
        let keys = Keys { region: REGION, facts: &[("area", area)] };
        let known = |day| {
            let found = self.library.parameter_at("dibao_standard", day, keys);
            found.probable().and_then(|value| value.value.as_integer())
        };
        known(day).or_else(|| known(NaiveDate::MAX)).unwrap_or_default()
    }

    // People.

    /// Registers a worker from the tables, some weeks before any file is opened.
    pub fn worker(&mut self) -> PersonAt {
        let person = self.inventor.worker(&mut self.dice);
        self.register(person)
    }

    /// Registers somebody by name.
    pub fn named(&mut self, name: &str, sex: Sex, age: i64) -> PersonAt {
        let person = self.inventor.named(&mut self.dice, name, sex, age);
        self.register(person)
    }

    /// Registers somebody whose identity number is of before 1999.
    pub fn with_old_number(&mut self, name: &str, sex: Sex, age: i64) -> PersonAt {
        let person = self.inventor.named(&mut self.dice, name, sex, age);
        let person = self.inventor.with_old_number(person);
        self.register(person)
    }

    /// Registers a volunteer of the station.
    pub fn volunteer(&mut self, name: &str) {
        let person = self.inventor.named(&mut self.dice, name, Sex::Female, 34);
        let day = self.early_day();
        let mut fields = person.fields(&mut self.dice, day);
        let groups = vec!["volunteer".to_string(), "union_member".to_string()];
        fields.insert("groups".into(), Value::Tags(groups));
        self.write_person(person, day, fields);
    }

    fn register(&mut self, person: Person) -> PersonAt {
        let day = self.early_day();
        let fields = person.fields(&mut self.dice, day);
        self.write_person(person, day, fields)
    }

    fn write_person(&mut self, person: Person, day: NaiveDate, fields: Fields) -> PersonAt {
        let at = PersonAt(self.people.len());
        self.people.push(person);
        self.diary.write(day, Who::Volunteer, Deed::Register(at, fields));
        at
    }

    /// A day before the first file is opened.
    fn early_day(&mut self) -> NaiveDate {
        let ago = self.dice.below(12);
        self.almanac.workday(super::almanac::REACH - ago)
    }

    /// A new telephone number, told at the counter.
    pub fn new_phone(&mut self, person: PersonAt, day: NaiveDate) {
        let phone = format!("139{:08}", self.dice.between(1, 99_999));
        let fields = BTreeMap::from([("phone".to_string(), Some(text(&phone)))]);
        self.diary.write(day, Who::Volunteer, Deed::Amend(About::Person(person), fields));
    }

    /// Somebody looks at a number in full.
    pub fn reveal(&mut self, who: Who, about: About, field: &str, day: NaiveDate) {
        let reason = self.dice.pick(REVEALS);
        self.diary.write(day, who, Deed::Reveal(about, vec![field.to_string()], reason));
    }

    // Households.

    /// A household of `people`, the head included: a spouse, children at school, a parent.
    pub fn family(&mut self, head: PersonAt, people: usize) -> Household {
        let members = (1..people).map(|place| self.relative(head, place, people)).collect();
        Household::of(members)
    }

    fn relative(&mut self, head: PersonAt, place: usize, people: usize) -> Member {
        let head = self.people.get(head.0).cloned();
        let surname = head.as_ref().map_or("王", Person::surname);
        let (dice, inventor) = (&mut self.dice, &mut self.inventor);
        let any = if dice.one_in(2) { Sex::Female } else { Sex::Male };
        // Two people are a single parent and a child.
        let (relation, status, person, monthly) = match place {
            1 if people > 2 => {
                let other = match head.map(|head| head.sex) {
                    Some(Sex::Male) => Sex::Female,
                    _ => Sex::Male,
                };
                ("spouse", "worker", inventor.person(dice, None, other, 41), 120_000)
            }
            4 => ("parent", "retired", inventor.person(dice, Some(surname), any, 71), 28_000),
            _ => {
                let age = dice.between(8, 19);
                ("child", "student", inventor.person(dice, Some(surname), any, age), 0)
            }
        };
        Member { person, relation, status, monthly, counted: true }
    }

    /// A grown-up child on active service, who is not counted.
    pub fn soldier(&mut self, head: PersonAt) -> Member {
        let surname = self.people.get(head.0).map_or("王", Person::surname);
        let person = self.inventor.person(&mut self.dice, Some(surname), Sex::Male, 20);
        Member { person, relation: "child", status: "soldier", monthly: 0, counted: false }
    }

    /// A child who lives now with one parent and now with the other.
    pub fn child_of_two(&mut self, surname: &str) -> Member {
        let person = self.inventor.person(&mut self.dice, Some(surname), Sex::Female, 11);
        Member { person, relation: "child", status: "student", monthly: 0, counted: true }
    }

    // Files.

    /// The working day so many working days before today.
    pub fn ago(&self, working_days: usize) -> NaiveDate {
        self.almanac.workday(working_days)
    }

    /// One of the last so many working days.
    pub fn recently(&mut self, working_days: usize) -> NaiveDate {
        let ago = 1 + self.dice.below(working_days);
        self.ago(ago)
    }

    /// The day of the supervisor's `nth` sitting, counted back from the last.
    pub fn sitting(&self, nth: usize) -> NaiveDate {
        self.ago(Almanac::sitting(nth))
    }

    /// Opens a file and leaves it a draft.
    pub fn draft(&mut self, head: PersonAt, household: &Household, day: NaiveDate) -> FileAt {
        self.open(head, household, day, Who::Volunteer)
    }

    /// Opens a file at somebody's desk.
    pub fn open(&mut self, head: PersonAt, home: &Household, day: NaiveDate, who: Who) -> FileAt {
        let standard = self.standard(day, home.is_urban());
        let at = FileAt(self.files.len());
        if let Some(person) = self.people.get(head.0) {
            let fields = home.fields(person, day, standard);
            self.diary.write(day, who, Deed::Open(at, fields));
        }
        let (category, remark) = (home.category(standard), home.remark().map(str::to_string));
        let near = home.is_near_a_line(standard);
        self.files.push(FileNote { head, category, near, remark, found: None });
        at
    }

    /// Opens a file and hands it in.
    pub fn submitted(&mut self, head: PersonAt, home: &Household, day: NaiveDate) -> FileAt {
        self.submitted_by(Who::Volunteer, head, home, day)
    }

    /// Opens a file and hands it in at another desk.
    pub fn submitted_by(
        &mut self,
        who: Who,
        head: PersonAt,
        home: &Household,
        day: NaiveDate,
    ) -> FileAt {
        let file = self.open(head, home, day, who);
        self.step(who, file, day, "submit", Answers::new());
        file
    }

    /// A file that came to this stage in the supervisor's `nth` sitting, counted back.
    pub fn file(&mut self, head: PersonAt, home: &Household, stage: Stage, nth: usize) -> FileAt {
        let first = nth + stage.sittings();
        let before = 1 + self.dice.below(3);
        let day = self.ago(Almanac::sitting(first) + before);
        let file = self.submitted(head, home, day);
        self.lead(file, stage, first);
        file
    }

    /// A file whose visit finds a field otherwise than it was declared.
    pub fn file_found(
        &mut self,
        head: PersonAt,
        home: &Household,
        (field, value): (&'static str, Value),
        (stage, nth): (Stage, usize),
    ) -> FileAt {
        let first = nth + stage.sittings();
        let before = 1 + self.dice.below(3);
        let day = self.ago(Almanac::sitting(first) + before);
        let file = self.submitted(head, home, day);
        if let Some(note) = self.files.get_mut(file.0) {
            note.found = Some((field, value));
        }
        self.lead(file, stage, first);
        file
    }

    /// Who passes a file's first review; the other one approves it. What has to be put forward is
    /// put forward by the supervisor who sits first on a day and seconded by the other.
    fn reviewer(&self, file: FileAt) -> Who {
        let near = self.files.get(file.0).is_some_and(|file| file.near);
        let turn = file.0.is_multiple_of(2) && !near;
        if turn { Who::Supervisor } else { Who::SecondSupervisor }
    }

    fn approver(&self, file: FileAt) -> Who {
        match self.reviewer(file) {
            Who::Supervisor => Who::SecondSupervisor,
            _ => Who::Supervisor,
        }
    }

    /// Leads a submitted file on from the first review, passed in sitting `first`, to a stage.
    pub fn lead(&mut self, file: FileAt, stage: Stage, first: usize) {
        let later = |sittings: usize| first.saturating_sub(sittings);
        let review = self.sitting(first);
        self.step(self.reviewer(file), file, review, "accept", Answers::new());
        if stage.includes(Stage::Visited) {
            let day = self.ago(Almanac::sitting(first) - 2);
            self.visit(file, day);
        }
        if stage.includes(Stage::Checking) {
            let day = self.sitting(later(1));
            let sent = Answers::from([("sent_on".to_string(), Value::Date(day))]);
            self.decide(file, day, "start_means_check", sent);
        }
        let day = self.sitting(later(2));
        if stage.includes(Stage::Checked) {
            self.decide(file, day, "means_check_back", answer("result", choice("agrees")));
        }
        if stage.includes(Stage::Appraised) {
            let minutes = format!("巴工困评〔{}〕{}号", day.format("%Y"), self.dice.between(1, 30));
            self.decide(file, day, "appraise", answer("minutes", text(&minutes)));
        }
        if stage.includes(Stage::Notice) {
            self.decide(file, day, "post_notice", answer("posted_on", Value::Date(day)));
        }
        let day = self.sitting(later(4));
        if stage.includes(Stage::ToApprove) {
            self.decide(file, day, "notice_over", Answers::new());
        }
        if stage.includes(Stage::OnFile) {
            self.approve(file, day, None);
        }
    }

    fn visit(&mut self, file: FileAt, day: NaiveDate) {
        let second = self.dice.pick(&["陈静", "唐勇", "冉晓燕"]);
        let findings = self.dice.pick(FINDINGS);
        let found = self.files.get(file.0).and_then(|note| note.found.clone());
        let mut answers = Answers::from([
            ("visitor".to_string(), text("周丽")),
            ("second_visitor".to_string(), text(second)),
            ("visit_date".to_string(), Value::Date(day)),
            ("findings".to_string(), text(findings)),
        ]);
        answers.extend(found.map(|(field, value)| (field.to_string(), value)));
        self.step(Who::Volunteer, file, day, "record_visit", answers);
    }

    /// Puts a file on file in the category its numbers fall into. Near a line the rules want a
    /// person, so one supervisor puts it forward and the other seconds it.
    pub fn approve(&mut self, file: FileAt, day: NaiveDate, reason: Option<&str>) {
        let note = self.files.get(file.0);
        let category = note.and_then(|file| file.category).unwrap_or("relative");
        let near = note.is_some_and(|file| file.near);
        let mut answers = answer("category", choice(category));
        answers.insert("level".to_string(), choice("district"));
        let reason = reason.or(near.then_some("处于边缘带，入户核实情况属实，集体研究同意。"));
        if let Some(reason) = reason {
            answers.insert("reason".to_string(), text(reason));
        }
        let approver = self.approver(file);
        if !near {
            return self.step(approver, file, day, "approve", answers);
        }
        let clause = if category == "deep" { "pingdingshan/deep" } else { "yuyao-2024/relative" };
        answers.insert("clause".to_string(), text(clause));
        for who in [approver, self.reviewer(file)] {
            self.step(who, file, day, "approve", answers.clone());
        }
    }

    /// Returns a file for these fields.
    pub fn return_for(&mut self, file: FileAt, day: NaiveDate, fields: &[&str], reason: &str) {
        let fields = fields.iter().map(|field| (*field).to_string()).collect();
        let mut answers = answer("fields", Value::Tags(fields));
        answers.insert("reason".to_string(), text(reason));
        self.decide(file, day, "return", answers);
    }

    /// Declines a file by a clause.
    pub fn decline(&mut self, file: FileAt, day: NaiveDate, clause: &str, reason: &str) {
        let mut answers = answer("clause", text(clause));
        answers.insert("reason".to_string(), text(reason));
        self.decide(file, day, "decline", answers);
    }

    /// A step of the supervisor's that asks for a reason.
    pub fn because(&mut self, file: FileAt, day: NaiveDate, step: &'static str, reason: &str) {
        self.decide(file, day, step, answer("reason", text(reason)));
    }

    /// A step at the supervisor's desk.
    pub fn decide(&mut self, file: FileAt, day: NaiveDate, step: &'static str, said: Answers) {
        self.step(Who::Supervisor, file, day, step, said);
    }

    /// A step at somebody's desk.
    pub fn step(
        &mut self,
        who: Who,
        file: FileAt,
        day: NaiveDate,
        step: &'static str,
        said: Answers,
    ) {
        self.diary.write(day, who, Deed::Move(file, step, said));
    }

    /// One field of a file is put right.
    pub fn amend(&mut self, who: Who, file: FileAt, day: NaiveDate, field: &str, value: Value) {
        let fields = BTreeMap::from([(field.to_string(), Some(value))]);
        self.diary.write(day, who, Deed::Amend(About::File(file), fields));
    }
}

/// One answer.
pub(super) fn answer(id: &str, value: Value) -> Answers {
    Answers::from([(id.to_string(), value)])
}

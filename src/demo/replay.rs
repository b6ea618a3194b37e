//! Telling the diary to the office: each deed through the one door, at its own time.

use super::clock::DemoClock;
use super::diary::{About, Cast, Deed, FileAt, Line, PersonAt, Who};
use super::story::Story;
use crate::office::{Actor, Command, Office, Refusal};
use crate::program::{PERSON, Role};
use crate::record::{RecordId, Value};
use crate::said;
use std::collections::HashMap;

/// The kind the demo tells of.
pub(super) const FILE: &str = "hardship_file";

/// Carries out a story. What one account does in a row shares the waits for the disk.
pub(super) fn replay(office: &Office, clock: &DemoClock, story: Story) -> Result<(), Refusal> {
    let (lines, cast) = story.told();
    let actors = Actors::new(office)?;
    let mut teller =
        Teller { office, actors, cast, ids: HashMap::new(), revisions: HashMap::new() };
    let mut rest = lines.as_slice();
    while let Some(first) = rest.first() {
        let run = rest.iter().take_while(|line| line.who == first.who).count();
        let (now, later) = rest.split_at(run);
        teller.tell(clock, first.who, now)?;
        rest = later;
    }
    Ok(())
}

struct Teller<'o> {
    office: &'o Office,
    actors: Actors,
    cast: Cast,
    ids: HashMap<About, RecordId>,
    revisions: HashMap<About, u32>,
}

impl Teller<'_> {
    fn tell(&mut self, clock: &DemoClock, who: Who, lines: &[Line]) -> Result<(), Refusal> {
        let (office, actor) = (self.office, self.actors.of(who));
        let mut stopped = None;
        // A command is made only when the one before it is in the index, so that it can
        // name what that one made.
        let commands = lines.iter().map_while(|line| {
            clock.set(line.at);
            self.command(&actor, &line.deed).map_err(|refusal| stopped = Some(refusal)).ok()
        });
        let answers = office.perform_all(&actor, commands);
        answers.into_iter().collect::<Result<Vec<_>, _>>()?;
        stopped.map_or(Ok(()), Err)
    }

    fn command(&mut self, actor: &Actor, deed: &Deed) -> Result<Command, Refusal> {
        Ok(match deed {
            Deed::Register(person, fields) => {
                self.revisions.insert(About::Person(*person), 1);
                Command::Create {
                    kind: PERSON.to_string(),
                    fields: fields.clone(),
                    number: None,
                    step: None,
                }
            }
            Deed::Open(file, fields) => {
                let head = self.head(*file)?;
                let head = self.id(actor, About::Person(head))?;
                let mut fields = fields.clone();
                fields.insert("head".to_string(), Value::Reference(head));
                self.revisions.insert(About::File(*file), 1);
                Command::Create { kind: FILE.to_string(), fields, number: None, step: None }
            }
            Deed::Amend(about, fields) => {
                let id = self.id(actor, *about)?;
                let base = self.changed(*about);
                Command::Amend { id, base, fields: fields.clone(), reason: None }
            }
            Deed::Move(file, step, answers) => {
                let id = self.id(actor, About::File(*file))?;
                let base = Some(self.changed(About::File(*file)));
                let id_of_move = (*step).to_string();
                Command::Move { id, base, id_of_move, answers: answers.clone() }
            }
            Deed::Reveal(about, fields, reason) => {
                let id = self.id(actor, *about)?;
                Command::Reveal { id, fields: fields.clone(), reason: (*reason).to_string() }
            }
        })
    }

    /// The revision before the next change, which makes it one more.
    fn changed(&mut self, about: About) -> u32 {
        let revision = self.revisions.entry(about).or_insert(1);
        *revision += 1;
        *revision - 1
    }

    fn head(&self, file: FileAt) -> Result<PersonAt, Refusal> {
        self.cast.heads.get(file.0).copied().ok_or_else(lost)
    }

    fn id(&mut self, actor: &Actor, about: About) -> Result<RecordId, Refusal> {
        if let Some(id) = self.ids.get(&about) {
            return Ok(*id);
        }
        let found = match about {
            About::Person(at) => {
                let number = self.cast.id_numbers.get(at.0);
                number.and_then(|number| self.office.numbered(number))
            }
            About::File(at) => {
                let head = self.head(at)?;
                let head = self.id(actor, About::Person(head))?;
                let services = self.office.services_of(actor, head);
                services.into_iter().find(|line| line.kind == FILE).map(|line| line.id)
            }
        };
        let id = found.ok_or_else(lost)?;
        self.ids.insert(about, id);
        Ok(id)
    }
}

/// The actors of the story, each signed in once.
struct Actors([Actor; 3]);

impl Actors {
    fn new(office: &Office) -> Result<Self, Refusal> {
        let names = [Role::Volunteer.id(), Role::Supervisor.id(), super::SECOND];
        let [volunteer, supervisor, second] = names.map(|name| super::actor(office, name));
        Ok(Self([volunteer?, supervisor?, second?]))
    }

    fn of(&self, who: Who) -> Actor {
        let [volunteer, supervisor, second] = &self.0;
        let actor = match who {
            Who::Volunteer => volunteer,
            Who::Supervisor => supervisor,
            Who::SecondSupervisor => second,
        };
        actor.clone()
    }
}

/// The story names somebody it has not told of.
fn lost() -> Refusal {
    Refusal::unavailable(
        said!(
            "演示数据没有编排完整，无法打开演示站点。",
            "The sample data does not hang together, so the demo cannot open."
        ),
        said!(
            "请换一个 --seed 再试，并把这个种子告诉开发者。",
            "Try another --seed, and tell the developers of this one."
        ),
    )
}

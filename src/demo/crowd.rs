//! Everybody else: ordinary people, a third of them with an ordinary file somewhere on its way.

use super::diary::{About, Who};
use super::story::{Stage, Story};
use crate::record::Value;

/// How far ordinary files have come; most have been through.
const STAGES: &[Option<Stage>] = &[
    Some(Stage::OnFile),
    Some(Stage::OnFile),
    Some(Stage::OnFile),
    Some(Stage::OnFile),
    Some(Stage::ToApprove),
    Some(Stage::Notice),
    Some(Stage::Appraised),
    Some(Stage::Checked),
    Some(Stage::Checking),
    Some(Stage::Visited),
    Some(Stage::ToVisit),
    None,
];

/// Fills the station up to so many people.
pub(super) fn fill(story: &mut Story, people: usize) {
    while story.people() < people {
        let person = story.worker();
        if story.dice.one_in(3) {
            ordinary_file(story, person);
        }
        if story.dice.one_in(9) {
            let day = story.recently(20);
            story.new_phone(person, day);
        }
    }
}

fn ordinary_file(story: &mut Story, head: super::diary::PersonAt) {
    let people = 1 + story.dice.below(5);
    let cause = story.dice.pick(&["6", "6", "3", "9", "1", "10"]);
    let health = story.dice.pick(&["good", "minor", "cancer", "stroke", "diabetes", "disabled"]);
    // From well below the standard to a little under one and a half times.
    let per_head = story.dice.between(30, 140);
    let mut home = story.family(head, people).at_line(per_head, 100, 0);
    home = home.chosen("main_cause", cause).chosen("health", health);
    if story.dice.one_in(4) {
        home = home.with("aid_needs", Value::Text("子女学费、长期用药自付部分。".into()));
    }
    let file = match story.dice.pick(STAGES) {
        Some(stage) => {
            let furthest = if stage == Stage::OnFile { 4 } else { 1 };
            let nth = 1 + story.dice.below(furthest);
            story.file(head, &home, stage, nth)
        }
        None => {
            let day = story.recently(4);
            story.submitted(head, &home, day)
        }
    };
    if story.dice.one_in(5) {
        let about = if story.dice.one_in(2) { About::Person(head) } else { About::File(file) };
        let field = if matches!(about, About::File(_)) { "rigid_expense" } else { "id_number" };
        let day = story.ago(1);
        story.reveal(Who::Supervisor, about, field, day);
    }
}

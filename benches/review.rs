//! A thousand approvals at once, as a supervisor's bulk verdict makes them: two seconds at most.

#![allow(clippy::expect_used)] // a bench that cannot measure has to stop

use std::sync::Arc;
use yizhan::demo::{self, Demo};
use yizhan::office::{Actor, Answers, Command, Queue};
use yizhan::program::PERSON;
use yizhan::record::{Fields, RecordId, SystemClock, Value};
use yizhan::store::Origin;

const FILES: usize = 1_000;

fn main() {
    divan::main();
}

fn all(demo: &Demo, actor: &Actor, commands: Vec<Command>) -> Vec<RecordId> {
    let done = demo.office.perform_all(actor, commands);
    done.into_iter()
        .map(|done| done.map_err(|refusal| refusal.message).expect("done").id.expect("a record"))
        .collect()
}

fn step(id: RecordId, id_of_move: &str) -> Command {
    Command::Move { id, base: None, id_of_move: id_of_move.into(), answers: Answers::new() }
}

/// An identity number of the address code nobody has (GB 11643: weights 2^(18-i) mod 11).
fn id_number(n: usize) -> String {
    let (year, month, day) = (1940 + n % 20, 1 + n / 28 % 12, 1 + n % 28);
    let stem = format!("500199{year}{month:02}{day:02}{:03}", n % 1000);
    let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let digits = stem.bytes().map(|digit| usize::from(digit - b'0'));
    let sum: usize = digits.zip(weights).map(|(digit, weight)| digit * weight).sum();
    let check = ["1", "0", "X", "9", "8", "7", "6", "5", "4", "3", "2"];
    format!("{stem}{}", check.get(sum % 11).expect("a check digit"))
}

/// A station with a thousand files that wait for their first review, like one that does.
fn waiting() -> (Demo, Vec<RecordId>) {
    let demo = demo::open(demo::PEOPLE, demo::SEED, Arc::new(SystemClock))
        .map_err(|refusal| refusal.message)
        .expect("a demo");
    let office = &demo.office;
    let volunteer = office.sign_in("volunteer", demo::PASSWORD, &Origin::Cli).expect("signed in");
    // Lists of a kind are open to whoever reviews.
    let supervisor = office.sign_in("supervisor", demo::PASSWORD, &Origin::Cli).expect("signed in");
    let lines = office.list(&supervisor, &Queue::OfKind("hardship_file".into()), 0, 500).lines;
    let submitted = lines.iter().find(|line| line.state == "submitted").expect("a file");
    let pattern = office.record(submitted.id).ok().flatten().expect("a record").fields;
    let people = (0..FILES).map(|n| Command::Create {
        kind: PERSON.into(),
        fields: Fields::from([
            ("name".to_string(), Value::Text("周丽".into())),
            ("id_number".to_string(), Value::Text(id_number(n))),
        ]),
        number: None,
        step: None,
    });
    let people = all(&demo, &volunteer, people.collect());
    let files = people.into_iter().map(|person| {
        let mut fields = pattern.clone();
        fields.insert("head".into(), Value::Reference(person));
        fields.remove("members");
        fields.insert("household_size".into(), Value::Integer(1));
        Command::Create { kind: "hardship_file".into(), fields, number: None, step: None }
    });
    let files = all(&demo, &volunteer, files.collect());
    all(&demo, &volunteer, files.iter().map(|id| step(*id, "submit")).collect());
    (demo, files)
}

#[divan::bench(sample_count = 3, sample_size = 1)]
fn thousand_approvals(bencher: divan::Bencher) {
    bencher.with_inputs(waiting).bench_values(|(demo, files)| {
        let supervisor = demo.office.sign_in("supervisor", demo::PASSWORD, &Origin::Cli);
        let supervisor = supervisor.map_err(|refusal| refusal.message).expect("signed in");
        let commands = files.iter().map(|id| step(*id, "accept")).collect();
        assert_eq!(all(&demo, &supervisor, commands).len(), FILES);
        demo
    });
}

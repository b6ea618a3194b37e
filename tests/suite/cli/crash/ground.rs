//! A small station with households in it, prepared once and copied for every round.

use super::{Desk, moved};
use crate::cli::write_private;
use crate::furnished;
use crate::stage::{Station, copy_folder};
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use tempfile::TempDir;
use yizhan::office::{Command as Change, Sources};
use yizhan::program::PERSON;
use yizhan::record::{Fields, RecordId, Value};

/// The kind of record the work is about.
pub const FILE: &str = "hardship_file";

/// The prepared station that is copied.
pub struct Ground {
    pub folder: TempDir,
    /// Revisions by number.
    pub acknowledged: BTreeMap<String, u32>,
    pub waiting: Vec<String>,
    pub drafts: Vec<String>,
    pub sources: Sources,
}

impl Ground {
    pub fn new(waiting: usize, drafts: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let pattern = {
            let station = furnished::station();
            let file = furnished::found(&station, "欧阳靖雯", FILE);
            let mut fields = station.office.record(file).unwrap().unwrap().fields;
            fields.remove("members");
            fields.insert("household_size".into(), Value::Integer(3));
            fields
        };
        let station = Station::in_folder(&folder.path().join("data"));
        let desk = station.actor("volunteer");
        let all = |changes: Vec<Change>| -> Vec<(String, u32, RecordId)> {
            let answers = station.office.perform_all(&desk, changes);
            let receipts = answers.into_iter().map(Result::unwrap);
            receipts.map(|done| (done.number, done.revision, done.id.unwrap())).collect()
        };
        let people = (0..waiting + drafts).map(|n| {
            let id_number = furnished::id_number(u32::try_from(n).unwrap());
            let fields = [("name", "群众"), ("id_number", &id_number)];
            let fields = fields.map(|(id, text)| (id.to_string(), Value::Text(text.into())));
            Change::Create {
                kind: PERSON.into(),
                fields: Fields::from(fields),
                number: None,
                step: None,
            }
        });
        let people = all(people.collect());
        let files = people.iter().map(|(.., head)| {
            let mut fields = pattern.clone();
            fields.insert("head".into(), Value::Reference(*head));
            Change::Create { kind: FILE.into(), fields, number: None, step: None }
        });
        let files = all(files.collect());
        let submits = files.iter().take(waiting).map(|(.., id)| moved(*id, "submit"));
        let submitted = all(submits.collect());
        let numbers = |of: &[(String, u32, RecordId)]| of.iter().map(|row| row.0.clone()).collect();
        let (waiting, drafts) = (numbers(&submitted), numbers(&files[waiting..]));
        let rows = people.into_iter().chain(files).chain(submitted);
        let acknowledged = rows.map(|(number, revision, _)| (number, revision)).collect();
        // Opens without the work that makes passwords hard to guess.
        let (key, _) = station.office.new_recovery_key(&station.admin).unwrap();
        write_private(&folder.path().join("key"), &key.shown());
        station.office.close().unwrap();
        let sources = Sources::load(None).unwrap();
        Self { folder, acknowledged, waiting, drafts, sources }
    }
}

/// A copy of the prepared station, and all that was acknowledged in it.
pub struct Scene {
    pub desk: Desk,
    pub acknowledged: BTreeMap<String, u32>,
    pub waiting: Vec<String>,
    pub drafts: Vec<String>,
    pub files: u64,
    /// Backups that were checked already.
    pub backups: Vec<PathBuf>,
}

impl Scene {
    pub fn new(ground: &Ground) -> Self {
        let desk = Desk::bare();
        copy_folder(&ground.folder.path().join("data"), &desk.data());
        fs::copy(ground.folder.path().join("key"), desk.file("key")).unwrap();
        Self {
            desk,
            acknowledged: ground.acknowledged.clone(),
            waiting: ground.waiting.clone(),
            drafts: ground.drafts.clone(),
            files: (ground.waiting.len() + ground.drafts.len()) as u64,
            backups: Vec::new(),
        }
    }

    pub fn acknowledge(&mut self, number: &str, revision: u32) {
        let known = self.acknowledged.entry(number.to_string()).or_default();
        *known = revision.max(*known);
    }
}

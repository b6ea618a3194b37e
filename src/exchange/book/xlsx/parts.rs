//! The parts of the container, and how they refer to one another.

use super::super::xml::{Xml, attribute, is};
use crate::exchange::trouble::FileTrouble;
use quick_xml::events::Event;
use std::collections::HashMap;
use std::io::{Cursor, Read, empty};
use std::sync::Arc;
use zip::ZipArchive;

/// The container.
pub(in super::super) struct Parts {
    archive: ZipArchive<Cursor<Arc<[u8]>>>,
    /// By name as compared: some programs write other cases, and backslashes.
    places: HashMap<String, usize>,
}

/// A reference from one part to another.
pub(in super::super) struct Relation {
    id: String,
    /// The kind, as a web address; its end says what it is in the usual and the strict form.
    pub kind: String,
    /// The name of the other part.
    pub target: String,
}

/// All references of a part.
#[derive(Default)]
pub(in super::super) struct Relations(Vec<Relation>);

impl Relations {
    /// Those whose kind ends so.
    pub fn of_type<'r>(&'r self, end: &'r str) -> impl Iterator<Item = &'r Relation> {
        self.0.iter().filter(move |one| one.kind.ends_with(end))
    }

    /// The one with an id.
    pub fn by_id(&self, id: &str) -> Option<&Relation> {
        self.0.iter().find(|one| one.id == id)
    }
}

fn key(name: &str) -> String {
    name.replace('\\', "/").trim_start_matches('/').to_ascii_lowercase()
}

impl Parts {
    /// Reads the directory.
    ///
    /// # Errors
    /// When it is damaged.
    pub fn open(bytes: Arc<[u8]>) -> Result<Self, FileTrouble> {
        let archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| damaged(&error))?;
        let names = archive.file_names().enumerate();
        let places = names.filter_map(|(at, name)| Some((key(&name.ok()?), at))).collect();
        Ok(Self { archive, places })
    }

    /// A part by its name.
    ///
    /// # Errors
    /// When there is none, or it is encrypted.
    pub fn part(&mut self, name: &str) -> Result<Box<dyn Read + '_>, FileTrouble> {
        let missing = || FileTrouble::Workbook(format!("its part {name} is missing"));
        let place = *self.places.get(&key(name)).ok_or_else(missing)?;
        let part = self.archive.by_index(place).map_err(|error| damaged(&error))?;
        Ok(Box::new(part))
    }

    /// A part that may be left out.
    ///
    /// # Errors
    /// When it is encrypted.
    pub fn part_if_there(&mut self, name: &str) -> Result<Box<dyn Read + '_>, FileTrouble> {
        if self.places.contains_key(&key(name)) { self.part(name) } else { Ok(Box::new(empty())) }
    }

    /// What a part refers to; the container itself for an empty name.
    ///
    /// # Errors
    /// When the part that says so is damaged.
    pub fn relations(&mut self, of: &str) -> Result<Relations, FileTrouble> {
        let (folder, name) = of.rsplit_once('/').unwrap_or(("", of));
        let beside = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let mut part = Xml::new(self.part_if_there(&format!("{beside}_rels/{name}.rels"))?);
        let mut relations = Relations::default();
        loop {
            match part.next()? {
                Event::Start(element) if is(&element, "Relationship") => {
                    let text = |name| attribute(&element, name).unwrap_or_default();
                    let target = text("Target");
                    let target = match target.strip_prefix('/') {
                        Some(whole) => whole.to_string(),
                        None => joined(folder, &target),
                    };
                    relations.0.push(Relation { id: text("Id"), kind: text("Type"), target });
                }
                Event::Eof => return Ok(relations),
                _ => {}
            }
        }
    }
}

/// A name relative to a folder.
fn joined(folder: &str, target: &str) -> String {
    let mut steps: Vec<&str> = folder.split('/').filter(|step| !step.is_empty()).collect();
    for step in target.split(['/', '\\']) {
        match step {
            "" | "." => {}
            ".." => {
                steps.pop();
            }
            step => steps.push(step),
        }
    }
    steps.join("/")
}

/// What is wrong with a container, in words.
pub(in super::super) fn damaged(error: &zip::result::ZipError) -> FileTrouble {
    match error {
        zip::result::ZipError::UnsupportedArchive(why)
            if *why == zip::result::ZipError::PASSWORD_REQUIRED =>
        {
            FileTrouble::Password
        }
        other => FileTrouble::Workbook(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_relative_to_a_folder() {
        assert_eq!(joined("xl", "worksheets/sheet1.xml"), "xl/worksheets/sheet1.xml");
        assert_eq!(joined("xl/worksheets", "../sharedStrings.xml"), "xl/sharedStrings.xml");
        assert_eq!(joined("", "xl/workbook.xml"), "xl/workbook.xml");
        assert_eq!(joined("xl", "../../x.xml"), "x.xml");
    }
}

//! A disk that keeps no more than it has promised.
//!
//! What is in a file is kept from the moment the file was synced, a name in a folder from the
//! moment the folder was. A power cut takes everything else, or any part of it.

use super::recorder::{Act, Step};
use crate::cli::make_private;
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

/// Bytes that reach the disk together.
const PAGE: usize = 4096;

/// A file or folder, whatever it is called.
type Node = usize;
const ROOT: Node = 0;

#[derive(Clone)]
enum Content {
    File(Arc<Vec<u8>>),
    Folder(BTreeMap<String, Node>),
}

/// Files and folders at one moment.
#[derive(Clone)]
pub struct Tree(Vec<Content>);

/// Something that was done and not yet promised to be kept.
#[derive(Clone)]
enum Change {
    Write { file: Node, at: usize, bytes: Vec<u8> },
    Cut { file: Node, length: usize },
    Enter { folder: Node, name: String, node: Node },
    Leave { folder: Node, name: String },
    Move { from: (Node, String), to: (Node, String), node: Node },
}

impl Change {
    fn concerns(&self, synced: Node) -> bool {
        match self {
            Self::Write { file, .. } | Self::Cut { file, .. } => *file == synced,
            Self::Enter { folder, .. } | Self::Leave { folder, .. } => *folder == synced,
            Self::Move { from, to, .. } => from.0 == synced || to.0 == synced,
        }
    }
}

impl Tree {
    fn load(&mut self, node: Node, path: &Path) {
        for entry in fs::read_dir(path).unwrap() {
            let entry = entry.unwrap();
            let is_folder = entry.file_type().unwrap().is_dir();
            let content = if is_folder {
                Content::Folder(BTreeMap::new())
            } else {
                Content::File(Arc::new(fs::read(entry.path()).unwrap()))
            };
            self.0.push(content);
            let made = self.0.len() - 1;
            let name = entry.file_name().into_string().unwrap();
            self.folder(node).insert(name, made);
            if is_folder {
                self.load(made, &entry.path());
            }
        }
    }

    fn folder(&mut self, node: Node) -> &mut BTreeMap<String, Node> {
        match &mut self.0[node] {
            Content::Folder(names) => names,
            Content::File(_) => panic!("a file is used as a folder"),
        }
    }

    fn file(&mut self, node: Node) -> &mut Vec<u8> {
        match &mut self.0[node] {
            Content::File(bytes) => Arc::make_mut(bytes),
            Content::Folder(_) => panic!("a folder is used as a file"),
        }
    }

    fn find(&self, path: &str) -> Node {
        path.split('/').filter(|name| !name.is_empty()).fold(ROOT, |node, name| {
            match &self.0[node] {
                Content::Folder(names) => {
                    *names.get(name).unwrap_or_else(|| panic!("{path} was never made"))
                }
                Content::File(_) => panic!("{path} lies in a file"),
            }
        })
    }

    fn apply(&mut self, change: Change) {
        match change {
            Change::Write { file, at, bytes } => {
                let file = self.file(file);
                let end = at + bytes.len();
                file.resize(file.len().max(end), 0);
                file[at..end].copy_from_slice(&bytes);
            }
            Change::Cut { file, length } => self.file(file).resize(length, 0),
            Change::Enter { folder, name, node } => drop(self.folder(folder).insert(name, node)),
            Change::Leave { folder, name } => drop(self.folder(folder).remove(&name)),
            Change::Move { from: (folder, name), to, node } => {
                if self.folder(folder).get(&name) == Some(&node) {
                    self.folder(folder).remove(&name);
                }
                self.folder(to.0).insert(to.1, node);
            }
        }
    }

    /// Every path with its content; folders have none.
    pub fn files(&self) -> BTreeMap<String, Option<Arc<Vec<u8>>>> {
        let mut found = BTreeMap::new();
        self.walk(ROOT, "", &mut found);
        found
    }

    fn walk(&self, node: Node, under: &str, found: &mut BTreeMap<String, Option<Arc<Vec<u8>>>>) {
        let Content::Folder(names) = &self.0[node] else { return };
        for (name, node) in names {
            let path = format!("{under}{name}");
            let content = match &self.0[*node] {
                Content::File(bytes) => Some(bytes.clone()),
                Content::Folder(_) => None,
            };
            found.insert(path.clone(), content);
            self.walk(*node, &format!("{path}/"), found);
        }
    }

    /// A hash of all names and contents.
    pub fn hash(&self) -> blake3::Hash {
        let mut hasher = blake3::Hasher::new();
        for (path, content) in self.files() {
            hasher.update(path.as_bytes()).update(&[0, u8::from(content.is_some())]);
            let content = content.unwrap_or_default();
            hasher.update(&content.len().to_le_bytes()).update(&content);
        }
        hasher.finalize()
    }

    /// Puts everything into a folder that is there and empty.
    pub fn write_to(&self, folder: &Path) {
        for (path, content) in self.files() {
            let path = folder.join(path);
            match content {
                Some(bytes) => {
                    fs::write(&path, &*bytes).unwrap();
                    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
                }
                None => make_private(&path),
            }
        }
    }
}

/// The folder as the program sees it, and what of it would survive a power cut.
#[derive(Clone)]
pub struct Disk {
    pub now: Tree,
    /// What has been promised.
    pub kept: Tree,
    loose: Vec<Change>,
}

impl Disk {
    /// The folder as it is, all of it kept.
    pub fn load(folder: &Path) -> Self {
        let mut now = Tree(vec![Content::Folder(BTreeMap::new())]);
        now.load(ROOT, folder);
        Self { kept: now.clone(), now, loose: Vec::new() }
    }

    /// Does one recorded step; true when something may be kept now that was not before.
    pub fn step(&mut self, step: &Step) -> bool {
        let change = match &step.act {
            Act::Told(_) => return false,
            Act::Sync => {
                let synced = self.now.find(&step.path);
                let all = std::mem::take(&mut self.loose);
                let (kept, loose): (Vec<_>, Vec<_>) =
                    all.into_iter().partition(|change| change.concerns(synced));
                self.loose = loose;
                let any = !kept.is_empty();
                kept.into_iter().for_each(|change| self.kept.apply(change));
                return any;
            }
            Act::Make => self.made(&step.path, Content::File(Arc::default())),
            Act::MakeFolder => self.made(&step.path, Content::Folder(BTreeMap::new())),
            Act::Cut(length) => Change::Cut {
                file: self.now.find(&step.path),
                length: usize::try_from(*length).unwrap(),
            },
            Act::Write(at, bytes) => Change::Write {
                file: self.now.find(&step.path),
                at: usize::try_from(*at).unwrap(),
                bytes: bytes.clone(),
            },
            Act::Rename(to) => Change::Move {
                from: self.place(&step.path),
                to: self.place(to),
                node: self.now.find(&step.path),
            },
            Act::Remove => {
                let (folder, name) = self.place(&step.path);
                Change::Leave { folder, name }
            }
        };
        self.now.apply(change.clone());
        self.loose.push(change);
        false
    }

    fn made(&mut self, path: &str, content: Content) -> Change {
        // Both trees know the same nodes; what is in no folder of a tree is not on that disk.
        self.now.0.push(content.clone());
        self.kept.0.push(content);
        let (folder, name) = self.place(path);
        Change::Enter { folder, name, node: self.now.0.len() - 1 }
    }

    fn place(&self, path: &str) -> (Node, String) {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        (self.now.find(folder), name.to_string())
    }

    /// What a power cut may leave: of what is not promised some is there and some is not, page by
    /// page, and the last page that is there ends at any byte. Names are kept in the order they
    /// were made up to any of them, as a journalling file system does, or any of them.
    pub fn cut(&self, dice: &mut Dice) -> Tree {
        let mut left = self.kept.clone();
        let chance = dice.below(5);
        let names_in_order = dice.below(2) == 0;
        let mut names_left = dice.below(self.loose.len() + 1);
        let mut kept = Vec::new();
        for change in &self.loose {
            match change {
                Change::Write { file, at, bytes } => {
                    let mut from = 0;
                    while from < bytes.len() {
                        let to = bytes.len().min(from + PAGE - (at + from) % PAGE);
                        if dice.below(4) < chance {
                            let bytes = bytes[from..to].to_vec();
                            kept.push(Change::Write { file: *file, at: at + from, bytes });
                        }
                        from = to;
                    }
                }
                Change::Cut { .. } if dice.below(4) < chance => kept.push(change.clone()),
                Change::Cut { .. } => {}
                _ if names_in_order => {
                    if names_left > 0 {
                        kept.push(change.clone());
                    }
                    names_left = names_left.saturating_sub(1);
                }
                _ if dice.below(4) < chance => kept.push(change.clone()),
                _ => {}
            }
        }
        let last = kept.iter_mut().rev().find_map(|change| match change {
            Change::Write { bytes, .. } => Some(bytes),
            _ => None,
        });
        if let Some(bytes) = last {
            bytes.truncate(dice.below(bytes.len() + 1));
        }
        kept.into_iter().for_each(|change| left.apply(change));
        left
    }

    /// Whether anything is there that a power cut may take.
    pub fn has_loose(&self) -> bool {
        !self.loose.is_empty()
    }
}

/// Numbers that look random and are the same every time (Knuth's MMIX).
pub struct Dice(pub u64);

impl Dice {
    /// A number below `limit`.
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % limit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(path: &str, act: Act) -> Step {
        Step { path: path.into(), act }
    }

    fn kept(steps: &[Step]) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        let mut disk = Disk::load(folder.path());
        for step in steps {
            disk.step(step);
        }
        let shown = |(path, content): (String, Option<Arc<Vec<u8>>>)| match content {
            Some(bytes) => format!("{path}={}", String::from_utf8_lossy(&bytes)),
            None => path,
        };
        disk.kept.files().into_iter().map(shown).collect()
    }

    #[test]
    fn a_file_needs_both_its_own_sync_and_its_folders() {
        let made = [step("a", Act::Make), step("a", Act::Write(0, b"text".to_vec()))];
        assert_eq!(kept(&made), Vec::<String>::new());
        let own = [&made[..], &[step("a", Act::Sync)]].concat();
        assert_eq!(kept(&own), Vec::<String>::new());
        let folder = [&made[..], &[step("", Act::Sync)]].concat();
        assert_eq!(kept(&folder), ["a="]);
        let both = [&own[..], &[step("", Act::Sync)]].concat();
        assert_eq!(kept(&both), ["a=text"]);
        let more = [&both[..], &[step("a", Act::Write(4, b" more".to_vec()))]].concat();
        assert_eq!(kept(&more), ["a=text"]);
    }

    #[test]
    fn the_old_file_stays_until_the_folder_is_synced() {
        let mut steps = vec![
            step("a", Act::Make),
            step("a", Act::Write(0, b"old".to_vec())),
            step("a", Act::Sync),
            step("", Act::Sync),
            step("b", Act::Make),
            step("b", Act::Write(0, b"new".to_vec())),
            step("b", Act::Sync),
            step("b", Act::Rename("a".into())),
        ];
        assert_eq!(kept(&steps), ["a=old"]);
        steps.push(step("", Act::Sync));
        assert_eq!(kept(&steps), ["a=new"]);
        steps.push(step("a", Act::Remove));
        assert_eq!(kept(&steps), ["a=new"]);
    }
}

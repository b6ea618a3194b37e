//! Full segments copied to the second place: a journal anybody checks, and a place to take from what
//! is damaged here.

use super::erasing::{last, without_text};
use super::evidence::given;
use super::*;
use std::fs;

/// A data folder and a second place, and a station of many small segments.
struct Scene {
    folder: tempfile::TempDir,
}

const RECORDS: u64 = 40;

impl Scene {
    fn new() -> Self {
        let scene = Self { folder: tempfile::tempdir().unwrap() };
        fs::create_dir(scene.second()).unwrap();
        let store = create_with(&scene.data(), &station(), &small());
        store.set_second_place(Some(&scene.second())).unwrap();
        for n in 1..=RECORDS {
            save(&store, vec![put("worker", n, &format!("王建国{n}"))]);
        }
        scene
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn second(&self) -> PathBuf {
        self.folder.path().join("stick")
    }

    fn open(&self) -> Store {
        Store::unlock(&self.data(), ACCOUNT, PASSWORD, &small()).unwrap()
    }

    fn archive(&self) -> PathBuf {
        copies::archive::folder(&self.second(), &station())
    }

    fn copy(&self, number: u32) -> PathBuf {
        segment(&self.archive(), number)
    }
}

fn small() -> Setup {
    Setup { segment_bytes: 4_096, ..setup() }
}

#[test]
fn what_lies_there_is_a_journal_anybody_checks() {
    let scene = Scene::new();
    let store = scene.open();
    let done = store.archive().unwrap();
    assert!(done.copied > 1 && done.copied == done.segments, "{done:?}");
    assert!(store.old_segments().unwrap().iter().all(|one| one.copied == Copied::Same));
    let report = store.verify(None).unwrap();
    assert!(report.ok && report.archive, "{report:?}");
    // Alone, on another machine, without any key.
    let elsewhere = scene.folder.path().join("auditor");
    copy(&scene.archive(), &elsewhere);
    let alone = verify_chain(&elsewhere, None).unwrap();
    assert!(alone.ok, "{alone:?}");
    assert_eq!((alone.entries, &alone.root), (done.entries, &report.root));
    // Only what is new is copied the next time, and nothing here changes by it.
    let before = store.head();
    assert_eq!(store.archive().unwrap().copied, 0);
    (1..=RECORDS).for_each(|n| drop(save(&store, vec![put("visit", n, "走访")])));
    let more = store.archive().unwrap();
    assert!(more.copied > 0 && more.copied < more.segments, "{more:?}");
    assert_ne!(store.head(), before);
    // Without the stick all goes on, and archiving says why not.
    fs::rename(scene.second(), scene.folder.path().join("pocket")).unwrap();
    assert!(store.verify(None).unwrap().ok);
    assert_eq!(store.archive(), Err(StoreError::NoSecondPlace));
}

#[test]
fn a_copy_that_differs_is_told_and_copied_anew() {
    let scene = Scene::new();
    let store = scene.open();
    store.archive().unwrap();
    let path = scene.copy(2);
    let whole = fs::read(&path).unwrap();
    let mut bit = whole.clone();
    let at = bit.len() / 2;
    bit[at] ^= 1;
    for changed in [bit, whole[..whole.len() / 2].to_vec(), Vec::new()] {
        fs::write(&path, &changed).unwrap();
        let (with, without) = (store.verify(None).unwrap(), verify_chain(&scene.data(), None));
        assert!(!with.ok && !without.unwrap().ok, "{}", changed.len());
        assert_eq!(store.archive().unwrap().copied, 1);
        assert_eq!(fs::read(&path).unwrap(), whole);
        assert!(store.verify(None).unwrap().ok);
    }
    // What a crash left beside them is passed over.
    fs::write(path.with_extension("new"), b"half").unwrap();
    fs::remove_file(&path).unwrap();
    assert!(store.verify(None).unwrap().ok);
    assert_eq!(store.archive().unwrap().copied, 1);
}

#[test]
fn another_chain_is_left_as_it_is_and_told() {
    let scene = Scene::new();
    let store = scene.open();
    store.archive().unwrap();
    let other = Scene::new();
    let strange = fs::read(segment(&other.data(), 2)).unwrap();
    fs::write(scene.copy(2), &strange).unwrap();
    let report = store.verify(None).unwrap();
    assert!(!report.ok && report.problems[0].what.en.contains("another chain"), "{report:?}");
    assert_eq!(store.archive(), Err(StoreError::OtherArchive { number: 2 }));
    assert_eq!(fs::read(scene.copy(2)).unwrap(), strange);
}

#[test]
fn whoever_is_erased_here_is_told_to_be_there_until_it_is_copied_anew() {
    let scene = Scene::new();
    let store = scene.open();
    store.archive().unwrap();
    let entry = store.history("worker", id(3)).unwrap()[0].seq;
    let luo = store.opened_by().clone();
    let mo = given(&store, "mo", 20, ADMINISTRATOR);
    let asked = NewEntry { actor: "mo".into(), command: ERASE_REQUEST.into(), ..draft(Vec::new()) };
    let asked = store.submit(&mo, vec![asked]).wait().unwrap()[0];
    store.erase(&luo, asked, &[entry], |entry| Some(without_text(entry)), last(3)).unwrap();
    let report = store.verify(None).unwrap();
    assert!(report.problems.iter().any(|one| one.what.en.contains("still has what was erased")));
    assert_eq!(report.problem_count, 1, "{report:?}");
    assert_eq!(store.archive().unwrap().copied, 1);
    let report = store.verify(None).unwrap();
    assert!(report.ok && report.erased == 1, "{report:?}");
}

#[test]
fn what_is_damaged_here_comes_back_from_there() {
    let scene = Scene::new();
    let store = scene.open();
    store.archive().unwrap();
    let all = everything(&store);
    store.close().unwrap();
    let path = segment(&scene.data(), 2);
    let mut bytes = fs::read(&path).unwrap();
    // The last byte of a frame: of an entry, sealed.
    let (head, length) = (usize::try_from(segment::HEAD).unwrap(), |at: usize, bytes: &[u8]| {
        u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) as usize + 8
    });
    let second = head + length(head, &bytes);
    let end = second + length(second, &bytes);
    bytes[end - 1] ^= 1;
    fs::write(&path, &bytes).unwrap();
    assert!(!verify_chain(&scene.data(), None).unwrap().ok);
    let secret = Secret::Password { account: ACCOUNT, password: PASSWORD };
    let healed = heal(&scene.data(), &secret, ACCOUNT, &small()).unwrap().unwrap();
    assert_eq!((healed.journal.lost.len(), healed.journal.mended.len()), (0, 1), "{healed:?}");
    let store = scene.open();
    assert_eq!(everything(&store), all);
    assert!(store.verify(None).unwrap().problems.iter().all(|one| one.what.en.contains("archive")));
}

#[test]
fn what_a_restore_gave_up_lies_there_rightly() {
    let scene = Scene::new();
    let store = scene.open();
    let backup = scene.folder.path().join("early.yzb");
    store.backup(&backup).unwrap();
    (1..=RECORDS).for_each(|n| drop(save(&store, vec![put("visit", n, "走访")])));
    store.archive().unwrap();
    store.close().unwrap();
    let into = scene.folder.path().join("again");
    let secret = Secret::Password { account: ACCOUNT, password: PASSWORD };
    restored(&backup, &into, &secret).unwrap();
    let store = Store::unlock(&into, ACCOUNT, PASSWORD, &small()).unwrap();
    store.set_second_place(Some(&scene.second())).unwrap();
    (1..=2 * RECORDS).for_each(|n| drop(save(&store, vec![put("visit", n, "又走访")])));
    let old = store.old_segments().unwrap();
    assert!(old.iter().any(|one| one.copied == Copied::Other), "{old:?}");
    let report = store.verify(None).unwrap();
    let of_archive = |one: &&Problem| one.what.en.contains("of another chain");
    assert_eq!(report.problems.iter().find(of_archive), None);
    assert!(matches!(store.archive(), Err(StoreError::OtherArchive { .. })));
}

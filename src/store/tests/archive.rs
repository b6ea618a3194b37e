//! Old segments put away in the second place: what can be read, with it and without it, and what is
//! told when it is not what was put there.

use super::erasing::{last, without_text};
use super::evidence::given;
use super::*;
use crate::store::frame::{self, Frame};
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
        for n in 1..=RECORDS {
            save(&store, vec![put("visit", n, &format!("走访{n}"))]);
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
        opened(&self.data())
    }

    /// Everything but the segment being written, put away.
    fn put_away(&self, store: &Store) -> PutAwayReport {
        let by = store.opened_by().clone();
        store.put_away(&by, u32::MAX, |_| draft(Vec::new())).unwrap()
    }

    fn archive(&self) -> PathBuf {
        super::super::archive::folder(&self.second(), &station())
    }

    /// The stick is pulled out, or plugged in again.
    fn pull(&self) {
        fs::rename(self.second(), self.folder.path().join("pocket")).unwrap();
    }

    fn plug(&self) {
        fs::rename(self.folder.path().join("pocket"), self.second()).unwrap();
    }
}

fn opened(dir: &Path) -> Store {
    Store::unlock(dir, ACCOUNT, PASSWORD, &small()).unwrap()
}

fn small() -> Setup {
    Setup { segment_bytes: 4_096, ..setup() }
}

fn journal_bytes(dir: &Path) -> u64 {
    let files = fs::read_dir(dir.join("journal")).unwrap().flatten();
    files.map(|file| file.metadata().unwrap().len()).sum()
}

#[test]
fn with_the_archive_everything_is_as_before_and_takes_less() {
    let scene = Scene::new();
    let store = scene.open();
    let before = (journal_bytes(&scene.data()), store.verify(None).unwrap());
    assert!(before.1.ok);
    let history = store.history("worker", id(3)).unwrap();
    let report = scene.put_away(&store);
    assert!(report.segments > 3, "{report:?}");
    assert_eq!(before.0 - report.freed, journal_bytes_without_the_last_save(&scene, &store));
    let after = store.verify(None).unwrap();
    assert!(after.ok, "{after:?}");
    assert_eq!((after.archived > 60, after.archive_away), (true, false));
    assert_eq!(after.signatures, before.1.signatures + 1);
    assert_eq!(store.history("worker", id(3)).unwrap(), history);
    // Nothing is left to be put away, and a page is not written for nothing.
    let head = store.head();
    assert_eq!((scene.put_away(&store).segments, store.head()), (0, head));
    drop(store);
    // After a restart, and with the table built anew from both places.
    let store = scene.open();
    store.queue.rebuild(Some(StoreError::Closed)).wait().unwrap();
    assert_eq!(store.count("worker").unwrap(), RECORDS);
    assert!(store.verify(None).unwrap().ok);
    assert!(verify_chain(&scene.data(), None).unwrap().ok);
}

/// The journal's size but for what saying so added to it.
fn journal_bytes_without_the_last_save(scene: &Scene, store: &Store) -> u64 {
    let (mut added, seq) = (0, store.head().0);
    store
        .journal
        .frames(seq - 1, |frame| {
            let mut bytes = Vec::new();
            frame.encode(&mut bytes);
            added += bytes.len() as u64;
            Ok(ControlFlow::Continue(()))
        })
        .unwrap();
    journal_bytes(&scene.data()) - added
}

#[test]
fn without_the_archive_work_goes_on_and_what_is_not_here_is_said() {
    let scene = Scene::new();
    let store = scene.open();
    scene.put_away(&store);
    scene.pull();
    // Records, saving, backups: all there.
    assert_eq!(
        store.get("worker", id(3)).unwrap().unwrap().record.fields,
        record("worker", 3, "王建国3").fields
    );
    save(&store, vec![put("worker", 3, "王建国乙")]);
    let Err(StoreError::Archived { seq }) = store.history("worker", id(3)) else { panic!() };
    let (here, rest) = store.history_here("worker", id(3)).unwrap();
    assert_eq!((here.len(), rest), (1, Some(seq)));
    let mut read = 0;
    store
        .entries(1, |_| {
            read += 1;
            ControlFlow::Continue(())
        })
        .unwrap();
    assert!(read > 0 && read < RECORDS, "{read}");
    let report = store.verify(None).unwrap();
    assert!(report.ok && report.archive_away, "{report:?}");
    // The table cannot be built anew now, which says why and loses nothing.
    let built = store.queue.rebuild(Some(StoreError::Closed)).wait();
    assert!(matches!(built, Err(StoreError::Archived { .. })), "{built:?}");
    scene.plug();
    store.try_again().unwrap();
    assert_eq!(store.history("worker", id(3)).unwrap().len(), 2);
    assert!(store.verify(None).unwrap().ok);
}

#[test]
fn a_backup_made_without_it_is_restored_with_it() {
    let scene = Scene::new();
    let store = scene.open();
    scene.put_away(&store);
    scene.pull();
    let bare = scene.folder.path().join("bare.yzb");
    store.backup(&bare).unwrap();
    store.check_backup(&bare).unwrap();
    scene.plug();
    let whole = scene.folder.path().join("whole.yzb");
    store.backup(&whole).unwrap();
    let verified = store.verify(None).unwrap();
    drop(store);
    let made = |file: &Path, to: &str| {
        let into = scene.folder.path().join(to);
        let secret = Secret::Password { account: ACCOUNT, password: PASSWORD };
        restored(file, &into, &secret).map(|_| into)
    };
    // The archive does not lie beside it.
    let alone = made(&bare, "alone");
    assert!(matches!(alone, Err(StoreError::Archived { .. })), "{alone:?}");
    let beside = scene.second().join("bare.yzb");
    fs::copy(&bare, &beside).unwrap();
    for (file, to) in [(&beside, "from-both"), (&whole, "from-one")] {
        let into = made(file, to).unwrap();
        let store = opened(&into);
        let report = store.verify(None).unwrap();
        // Nothing is left out of it any more.
        assert!(report.ok && report.archived == 0, "{to}: {report:?}");
        assert!(report.entries > verified.entries);
        assert_eq!(store.history("worker", id(3)).unwrap().len(), 1);
        assert_eq!(store.count("visit").unwrap(), RECORDS);
    }
}

#[test]
fn an_archive_that_is_not_what_was_put_there_is_told() {
    let scene = Scene::new();
    let store = scene.open();
    scene.put_away(&store);
    let copy = scene.archive().join("00000002.yzj");
    let whole = fs::read(&copy).unwrap();
    // One bit of an entry; a file that is gone; another segment in its place; the whole folder gone.
    let mut bit = whole.clone();
    let at = bit.len() / 2;
    bit[at] ^= 1;
    let other = fs::read(scene.archive().join("00000003.yzj")).unwrap();
    for changed in [Some(bit), None, Some(other)] {
        match &changed {
            Some(bytes) => fs::write(&copy, bytes).unwrap(),
            None => fs::remove_file(&copy).unwrap(),
        }
        let (with, without) = (store.verify(None).unwrap(), verify_chain(&scene.data(), None));
        assert!(!with.ok && !without.unwrap().ok, "{:?}", changed.map(|it| it.len()));
        fs::write(&copy, &whole).unwrap();
        assert!(store.verify(None).unwrap().ok);
    }
    fs::rename(scene.archive(), scene.second().join("elsewhere")).unwrap();
    let report = store.verify(None).unwrap();
    assert!(!report.ok && report.archive_away && report.problem_count == 1, "{report:?}");
}

#[test]
fn content_left_out_by_hand_was_not_put_away() {
    let scene = Scene::new();
    drop(scene.open());
    let path = scene.data().join("journal/00000002.yzj");
    let bytes = fs::read(&path).unwrap();
    let head = usize::try_from(segment::HEAD).unwrap();
    let (mut rest, mut out) = (&bytes[head..], bytes[..head].to_vec());
    while let Ok((frame, size)) = frame::decode(rest) {
        Frame { flags: frame.flags | frame::AWAY, body: &[], ..frame }.encode(&mut out);
        rest = &rest[size..];
    }
    fs::write(&path, out).unwrap();
    let report = verify_chain(&scene.data(), None).unwrap();
    let told = |problem: &Problem| problem.what.en.contains("nothing says that it was put away");
    assert!(!report.ok && report.problems.iter().any(told), "{report:?}");
    // The station says so as well before anybody works on it with a password.
    assert!(!scene.open().verify(None).unwrap().ok);
}

#[test]
fn wherever_it_is_cut_off_nothing_is_missing() {
    let scene = Scene::new();
    let store = scene.open();
    let full = fs::read(scene.data().join("journal/00000002.yzj")).unwrap();
    // Before the page: copies lie there, half of one too, and nothing says so.
    fs::create_dir(scene.archive()).unwrap();
    fs::write(scene.archive().join("00000001.yzj"), b"half").unwrap();
    fs::write(scene.archive().join("00000002.new"), &full[..100]).unwrap();
    assert!(store.verify(None).unwrap().ok);
    scene.put_away(&store);
    assert!(store.verify(None).unwrap().ok);
    drop(store);
    // Behind the page: a segment whose entries are here still.
    fs::write(scene.data().join("journal/00000002.yzj"), &full).unwrap();
    let store = scene.open();
    assert!(store.verify(None).unwrap().ok);
    let again = scene.put_away(&store);
    assert_eq!(again.segments, 1, "{again:?}");
    assert!(store.verify(None).unwrap().ok);
    assert!(fs::read(scene.data().join("journal/00000002.yzj")).unwrap().len() < full.len());
}

#[test]
fn whoever_is_erased_is_erased_there_too() {
    let scene = Scene::new();
    let store = scene.open();
    scene.put_away(&store);
    let entry = store.history("worker", id(3)).unwrap()[0].seq;
    let copy = || {
        let files = fs::read_dir(scene.archive()).unwrap().flatten();
        let mut all: Vec<(PathBuf, Vec<u8>)> =
            files.map(|file| (file.path(), fs::read(file.path()).unwrap())).collect();
        all.sort();
        all
    };
    let before = copy();
    let luo = store.opened_by().clone();
    let mo = given(&store, "mo", 20, ADMINISTRATOR);
    let asked = Draft { actor: "mo".into(), command: ERASE_REQUEST.into(), ..draft(Vec::new()) };
    let asked = store.submit(&mo, vec![asked]).wait().unwrap()[0];
    let erase = || store.erase(&luo, asked, &[entry], |entry| Some(without_text(entry)), last(3));
    scene.pull();
    assert!(matches!(erase(), Err(StoreError::Archived { .. })));
    scene.plug();
    erase().unwrap();
    let after = copy();
    assert_eq!(before.iter().zip(&after).filter(|(a, b)| a != b).count(), 1);
    assert!(!format!("{:?}", store.entry(entry).unwrap()).contains("王建国3"));
    assert!(store.verify(None).unwrap().ok);
    let report = verify_chain(&scene.data(), None).unwrap();
    assert_eq!((report.erased, report.archive_away), (1, false));
    // Whoever puts the old copy back is found out.
    for (path, bytes) in &before {
        fs::write(path, bytes).unwrap();
    }
    assert!(!verify_chain(&scene.data(), None).unwrap().ok);
}

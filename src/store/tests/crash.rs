//! The folder as a crash, a power cut or a bad disk may leave it.

use super::*;
use crate::store::files::layout::CHECKPOINT_FILE;
use std::fs::{self, OpenOptions};

fn cut(path: &Path, length: u64) {
    OpenOptions::new().write(true).open(path).unwrap().set_len(length).unwrap();
}

fn flip(path: &Path, at: u64) {
    let mut bytes = fs::read(path).unwrap();
    bytes[usize::try_from(at).unwrap()] ^= 0x20;
    fs::write(path, bytes).unwrap();
}

/// A folder whose table knows nothing newer than `known` entries, with a journal of more.
fn behind(dir: &Path, known: u64, entries: u64) -> (PathBuf, Vec<u64>) {
    let store = create(&dir.join("live"));
    let mut ends = vec![segment(store.dir(), 1).metadata().unwrap().len()];
    let mut step = |store: &Store, n: u64| {
        save(store, vec![put("worker", n % 7, &format!("text {n}"))]);
        ends.push(segment(store.dir(), 1).metadata().unwrap().len());
    };
    for n in 1..=known {
        step(&store, n);
    }
    store.close().unwrap();
    copy(&dir.join("live"), &dir.join("then"));
    let store = unlock(&dir.join("live")).unwrap();
    for n in known + 1..=entries {
        step(&store, n);
    }
    drop(store);
    fs::copy(segment(&dir.join("live"), 1), segment(&dir.join("then"), 1)).unwrap();
    (dir.join("then"), ends)
}

fn texts(upto: u64) -> BTreeMap<String, String> {
    (1..=upto).map(|n| (format!("worker T-{}", n % 7), format!("text {n}"))).collect()
}

#[test]
fn entries_the_table_has_not_are_replayed() {
    let dir = tempfile::tempdir().unwrap();
    let (then, _) = behind(dir.path(), 10, 25);
    let store = unlock(&then).unwrap();
    assert_eq!(store.notices(), []);
    assert_eq!(everything(&store), texts(25));
    assert_eq!(save(&store, vec![put("worker", 1, "next")]), [FIRST + 26]);
}

#[test]
fn a_tail_torn_at_any_byte_keeps_everything_before() {
    let dir = tempfile::tempdir().unwrap();
    let (then, ends) = behind(dir.path(), 0, 3);
    let whole = fs::read(segment(&then, 1)).unwrap();
    let anchor = station().anchor();
    let journal = then.join("journal");
    for length in ends[0]..=ends[3] {
        cut(&segment(&then, 1), length);
        let kept = ends.iter().filter(|end| **end <= length).count() as u64 - 1;
        let (opened, torn) =
            appending::Journal::open(&journal, anchor, None, 0, || 0, 1 << 20).unwrap();
        assert_eq!(opened.reader().end().seq, FIRST + kept);
        let known: Vec<u64> = opened.reader().keys().keys().iter().map(|key| key.since).collect();
        assert_eq!(known, [1, 2, 3], "whose keys hold is not forgotten with the tail");
        let on_edge = ends.contains(&length);
        assert_eq!(torn.is_none(), on_edge);
        if let Some(torn) = torn {
            assert_eq!(torn.seq, FIRST + kept + 1);
            assert_eq!(torn.bytes, length - ends[usize::try_from(kept).unwrap()]);
        }
        fs::write(segment(&then, 1), &whole).unwrap();
    }
    // Once through the front door, with zeros where the tail should be.
    let mut zeros = whole.clone();
    zeros[usize::try_from(ends[2]).unwrap() + 10..].fill(0);
    fs::write(segment(&then, 1), zeros).unwrap();
    let store = unlock(&then).unwrap();
    assert_eq!(store.notices().len(), 1);
    assert_eq!(everything(&store), texts(2));
    assert_eq!(save(&store, vec![put("worker", 1, "next")]), [FIRST + 3]);
    store.close().unwrap();
    assert_eq!(unlock(&then).unwrap().notices(), []);
}

#[test]
fn a_submission_is_kept_whole_or_not_at_all() {
    let dir = tempfile::tempdir().unwrap();
    let store = create(&dir.path().join("a"));
    save(&store, vec![put("worker", 1, "before")]);
    let path = segment(store.dir(), 1);
    let before = path.metadata().unwrap().len();
    copy(store.dir(), &dir.path().join("b"));
    save(&store, (2..4).map(|n| put("worker", n, "together")).collect());
    let whole = fs::read(&path).unwrap();
    let anchor = station().anchor();
    let journal = dir.path().join("b").join("journal");
    for length in before..=whole.len() as u64 {
        fs::write(segment(&dir.path().join("b"), 1), &whole[..usize::try_from(length).unwrap()])
            .unwrap();
        let (opened, torn) =
            appending::Journal::open(&journal, anchor, None, 0, || 0, 1 << 20).unwrap();
        let all = length == whole.len() as u64;
        assert_eq!(opened.reader().end().seq, FIRST + if all { 3 } else { 1 });
        assert_eq!(torn.is_none(), all || length == before);
    }
}

#[test]
fn damage_before_the_tail_stops_and_names_the_entry() {
    let dir = tempfile::tempdir().unwrap();
    let (then, ends) = behind(dir.path(), 0, 6);
    let path = segment(&then, 1);
    let whole = fs::read(&path).unwrap();
    for entry in 0..5u64 {
        let start = ends[usize::try_from(entry).unwrap()];
        for at in [start, start + 5, start + 8, start + 20, start + 100] {
            flip(&path, at);
            let damaged = fs::read(&path).unwrap();
            match unlock_fails(&then) {
                StoreError::Damaged { seq, .. } => assert_eq!(seq, FIRST + entry + 1),
                other => panic!("{other:?}"),
            }
            assert_eq!(fs::read(&path).unwrap(), damaged, "no file may be changed");
            fs::write(&path, &whole).unwrap();
        }
    }
    flip(&path, 3);
    assert!(matches!(unlock_fails(&then), StoreError::Damaged { seq: 1, .. }));
}

fn unlock_fails(dir: &Path) -> StoreError {
    match unlock(dir).err().unwrap() {
        StoreError::Broken(broken) => broken.cause,
        other => other,
    }
}

#[test]
fn entries_known_to_be_saved_are_never_taken_for_a_torn_tail() {
    let dir = tempfile::tempdir().unwrap();
    let store = create(dir.path());
    for n in 1..=5 {
        save(&store, vec![put("worker", n, "x")]);
    }
    let path = segment(store.dir(), 1);
    let before = path.metadata().unwrap().len();
    save(&store, vec![put("worker", 6, "x")]);
    store.close().unwrap();
    let whole = fs::read(&path).unwrap();
    cut(&path, before + 30);
    assert!(
        matches!(unlock_fails(dir.path()), StoreError::Damaged { seq, .. } if seq == FIRST + 6)
    );
    assert_eq!(path.metadata().unwrap().len(), before + 30);
    cut(&path, before);
    let short = StoreError::JournalShort { found: FIRST + 5, known: FIRST + 6 };
    assert_eq!(unlock_fails(dir.path()), short.clone());
    // Also when only the table knows.
    fs::remove_file(dir.path().join(CHECKPOINT_FILE)).unwrap();
    assert_eq!(unlock_fails(dir.path()), short);
    fs::write(&path, whole).unwrap();
    assert_eq!(everything(&unlock(dir.path()).unwrap()).len(), 6);
}

#[test]
fn a_segment_whose_head_was_never_finished_is_no_damage() {
    let dir = tempfile::tempdir().unwrap();
    let (then, _) = behind(dir.path(), 3, 5);
    fs::write(segment(&then, 2), b"YZJ").unwrap();
    let store = unlock(&then).unwrap();
    assert_eq!(everything(&store), texts(5));
    assert!(!segment(&then, 2).exists());
    drop(store);
    fs::copy(segment(&then, 1), segment(&then, 3)).unwrap();
    assert!(matches!(unlock_fails(&then), StoreError::BadFile { .. }));
}

#[test]
fn a_table_that_differs_is_set_aside_and_built_anew() {
    let dir = tempfile::tempdir().unwrap();
    type Harm = fn(&Path);
    let harms: [(&str, Harm); 5] = [
        ("missing", |dir| fs::remove_dir_all(dir.join("records")).unwrap()),
        ("unmarked", |dir| fs::remove_file(dir.join("records/format")).unwrap()),
        ("emptied", |dir| {
            fs::remove_dir_all(dir.join("records/sled")).unwrap();
        }),
        ("cut", |dir| {
            for entry in fs::read_dir(dir.join("records/sled")).unwrap() {
                let path = entry.unwrap().path();
                if path.is_file() {
                    cut(&path, path.metadata().unwrap().len() / 3);
                }
            }
        }),
        ("older", |dir| {
            fs::remove_dir_all(dir.join("records")).unwrap();
            copy(&dir.join("../older/records"), &dir.join("records"));
        }),
    ];
    for (name, harm) in harms {
        let base = dir.path().join(name);
        let store = create(&base.join("data"));
        save(&store, vec![put("worker", 1, "first")]);
        store.close().unwrap();
        copy(&base.join("data"), &base.join("older"));
        let store = unlock(&base.join("data")).unwrap();
        for n in 2..300 {
            drop(submit(&store, vec![put("worker", n, "x")]));
        }
        store.close().unwrap();
        harm(&base.join("data"));
        let store = unlock(&base.join("data")).unwrap();
        assert_eq!(store.notices().len(), 1, "{name}");
        assert_eq!(everything(&store).len(), 299, "{name}");
        let aside = base.join("data/records.aside-1");
        assert_eq!(aside.exists(), name != "missing", "{name}");
        store.close().unwrap();
        assert_eq!(unlock(&base.join("data")).unwrap().notices(), [], "{name}");
    }
}

#[test]
fn a_row_lost_unnoticed_is_found_by_the_walk() {
    let dir = tempfile::tempdir().unwrap();
    let store = create(dir.path());
    for n in 0..20 {
        save(&store, vec![put("worker", n, "x")]);
    }
    store.close().unwrap();
    let db = sled::Config::new().path(dir.path().join("records/sled")).open().unwrap();
    let key = Key::new(1, id(7));
    db.remove(key.bytes()).unwrap().unwrap();
    db.flush().unwrap();
    drop(db);
    let store = unlock(dir.path()).unwrap();
    let mut given = BTreeMap::new();
    let walk =
        store.for_each(|stored| drop(given.insert(stored.record.number.clone(), stored))).unwrap();
    assert_eq!(walk.notices.len(), 1);
    assert_eq!((walk.records, given.len()), (21, 21));
    assert!(dir.path().join("records.aside-1").exists());
    assert_eq!(everything(&store).len(), 20);
    assert_eq!(save(&store, vec![put("worker", 7, "y")]), [FIRST + 21]);
    assert_eq!(store.history("worker", id(7)).unwrap().len(), 2);
}

#[test]
fn rows_exchanged_do_not_open() {
    let dir = tempfile::tempdir().unwrap();
    let store = create(dir.path());
    save(&store, vec![put("worker", 1, "one")]);
    save(&store, vec![put("worker", 2, "two")]);
    store.close().unwrap();
    let db = sled::Config::new().path(dir.path().join("records/sled")).open().unwrap();
    let (one, two) = (Key::new(1, id(1)), Key::new(1, id(2)));
    let value = db.get(one.bytes()).unwrap().unwrap();
    db.insert(two.bytes(), value).unwrap();
    drop(db);
    let store = unlock(dir.path()).unwrap();
    assert!(matches!(store.get("worker", id(2)), Err(StoreError::Records(_))));
    // Reading it has set the rebuilding going; asking for everything waits for that.
    store.for_each(drop).unwrap();
    assert_eq!(store.notices().len(), 1);
    assert_eq!(text_of(&store, "worker", 2).unwrap(), "two");
    assert_eq!(store.trouble(), None);
}

#[test]
fn a_row_lost_before_a_replay_is_found_by_its_link() {
    let dir = tempfile::tempdir().unwrap();
    let store = create(&dir.path().join("a"));
    save(&store, vec![put("worker", 1, "one"), put("worker", 2, "other")]);
    store.close().unwrap();
    copy(&dir.path().join("a"), &dir.path().join("b"));
    let store = unlock(&dir.path().join("a")).unwrap();
    save(&store, vec![put("worker", 1, "two")]);
    drop(store);
    let then = dir.path().join("b");
    fs::copy(segment(&dir.path().join("a"), 1), segment(&then, 1)).unwrap();
    let db = sled::Config::new().path(then.join("records/sled")).open().unwrap();
    db.remove(Key::new(1, id(1)).bytes()).unwrap().unwrap();
    drop(db);
    let store = unlock(&then).unwrap();
    assert_eq!(store.notices().len(), 1);
    assert_eq!(everything(&store).len(), 2);
    assert_eq!(store.history("worker", id(1)).unwrap().len(), 2);
}

//! A disk that refuses, and files that are not ours to read.

use super::*;
use std::io::ErrorKind;
use std::sync::atomic::Ordering::SeqCst;

fn refused(result: Result<Vec<u64>, StoreError>) {
    match result {
        Err(StoreError::Io(trouble)) => assert_eq!(trouble.kind, ErrorKind::StorageFull),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_full_disk_refuses_and_saving_goes_on_when_it_has_room() {
    let dir = tempfile::tempdir().unwrap();
    let store = create(dir.path());
    save(&store, vec![put("worker", 1, "a")]);
    let head = store.head();
    let length = segment(dir.path(), 1).metadata().unwrap().len();
    let steps = [&store.faults.write, &store.faults.sync];
    for (round, step) in steps.into_iter().enumerate() {
        step.store(2, SeqCst);
        refused(submit(&store, vec![put("worker", 1, "lost")]).wait());
        assert!(store.trouble().is_some());
        assert_eq!(store.epoch(), 2 * round as u64 + 1);
        refused(submit(&store, vec![put("worker", 2, "lost")]).wait());
        assert_eq!(store.head(), head);
        assert_eq!(segment(dir.path(), 1).metadata().unwrap().len(), length);
        assert_eq!(text_of(&store, "worker", 1).unwrap(), "a");
        assert_eq!(store.latest("worker", id(2)).unwrap(), None);
    }
    let stale = submit_in(&store, 0, vec![put("worker", 3, "built on what was lost")]).wait();
    assert_eq!(stale, Err(StoreError::Superseded));
    assert_eq!(save(&store, vec![put("worker", 2, "b")]), [FIRST + 2]);
    assert_eq!(store.trouble(), None);
    assert_eq!(submit_in(&store, 4, vec![put("worker", 1, "c")]).wait().unwrap(), [FIRST + 3]);
    assert_eq!(store.history("worker", id(1)).unwrap().len(), 2);
    store.close().unwrap();
    let store = unlock(dir.path()).unwrap();
    assert_eq!(store.notices(), []);
    assert_eq!(everything(&store).len(), 2);
}

#[test]
fn a_tail_that_could_not_be_cut_is_cut_before_the_next_save() {
    let dir = tempfile::tempdir().unwrap();
    let store = create(dir.path());
    save(&store, vec![put("worker", 1, "a")]);
    store.faults.sync.store(1, SeqCst);
    store.faults.truncate.store(2, SeqCst);
    refused(submit(&store, vec![put("worker", 1, "lost")]).wait());
    refused(submit(&store, vec![put("worker", 1, "lost too")]).wait());
    assert_eq!(save(&store, vec![put("worker", 1, "b")]), [FIRST + 2]);
    store.close().unwrap();
    let store = unlock(dir.path()).unwrap();
    assert_eq!(store.notices(), []);
    assert_eq!(store.history("worker", id(1)).unwrap().len(), 2);
}

#[test]
fn everything_waiting_behind_a_refused_save_is_refused_with_it() {
    let dir = tempfile::tempdir().unwrap();
    let store = create(dir.path());
    store.faults.sync.store(1, SeqCst);
    let epoch = store.epoch();
    let tickets: Vec<_> =
        (0..30).map(|n| submit_in(&store, epoch, vec![put("worker", n, "x")])).collect();
    let results: Vec<_> = tickets.into_iter().map(Ticket::wait).collect();
    let saved = results.iter().filter(|result| result.is_ok()).count();
    assert_eq!(saved, 0, "all were built on the first");
    assert_eq!(store.head().0, FIRST);
    assert_eq!(save(&store, vec![put("worker", 1, "x")]), [FIRST + 1]);
}

#[test]
fn folders_that_cannot_be_used_are_refused_in_words() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    std::fs::write(&file, "x").unwrap();
    let made = Store::create(&file, &station(), &account(), first(), &setup());
    let error = made.err().unwrap();
    assert!(matches!(&error, StoreError::Io(_)), "{error:?}");
    assert!(!error.said().is_empty() && !error.next().is_empty());
    assert!(matches!(unlock(&dir.path().join("none")), Err(StoreError::NotAStation(_))));
    // A lock that cannot be made.
    let data = dir.path().join("data");
    create(&data).close().unwrap();
    std::fs::remove_file(data.join("lock")).unwrap();
    std::fs::create_dir(data.join("lock")).unwrap();
    assert!(matches!(unlock(&data), Err(StoreError::Io(_))));
}

#[test]
fn another_format_version_is_named_and_nothing_is_opened() {
    let dir = tempfile::tempdir().unwrap();
    create(dir.path()).close().unwrap();
    let path = dir.path().join(STATION_FILE);
    let text = std::fs::read_to_string(&path).unwrap().replace("format = 4", "format = 5");
    std::fs::write(&path, text).unwrap();
    std::fs::remove_file(dir.path().join("lock")).unwrap();
    let error = unlock(dir.path()).err().unwrap();
    assert_eq!(error, StoreError::OtherFormat { found: 5, ours: 4 });
    assert!(!dir.path().join("lock").exists());
}

#[test]
fn content_of_a_newer_schema_is_said_to_be_so() {
    let mut bytes = encode_record(&record("worker", 1, "a"));
    bytes[0] = 9;
    let error = decode::<Record>(&bytes).unwrap_err();
    assert_eq!(error, StoreError::NewerSchema { found: 9, known: SCHEMA });
    bytes[0] = SCHEMA;
    bytes[1] = 0x80;
    assert!(matches!(decode::<Record>(&bytes), Err(StoreError::Encoding(_))));
    assert!(decode::<Record>(&[]).is_err());
}

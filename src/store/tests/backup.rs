//! Backup, restore, and checks of whole folders.

use super::*;
use crate::store::files::layout::CHECKPOINT_FILE;
use std::fs;

/// A restore adds the branch and an entry that tells of it.
const RESTORED: u64 = 2;
const SECRET: Secret<'static> = Secret::Password { account: ACCOUNT, password: PASSWORD };

/// Records of several sizes, some changed, some seen, in submissions of several entries.
fn fill(store: &Store, upto: u64) {
    let tickets: Vec<_> = (1..=upto)
        .map(|n| {
            let text = "工会".repeat(usize::try_from(n * 37 % 2_000).unwrap());
            let seen = NewOp::Seen { kind: "worker".into(), id: id(n % 50), fields: Vec::new() };
            submit(
                store,
                vec![put("worker", n % 50, &text), draft(vec![seen]), put("visit", n, "v")],
            )
        })
        .collect();
    for ticket in tickets {
        ticket.wait().unwrap();
    }
}

#[test]
fn the_drill() {
    let dir = tempfile::tempdir().unwrap();
    let store = create(&dir.path().join("data"));
    fill(&store, 200);
    let file = dir.path().join("today.yzb");
    let report = store.backup(&file).unwrap();
    let head = store.head();
    let length = segment(store.dir(), 1).metadata().unwrap().len();
    assert_eq!((report.entries, report.head), (head.0, head.1.to_hex().to_string()));
    assert!(!file.with_extension("part").exists());
    let all = everything(&store);
    // The station goes on; the backup stays what it was.
    save(&store, vec![put("worker", 1, "later")]);
    drop(store);

    assert_eq!(verify_backup(&file, &SECRET).unwrap().entries, head.0);
    let wrong = Secret::Password { account: ACCOUNT, password: "x" };
    assert_eq!(verify_backup(&file, &wrong), Err(KeyringError::WrongPassword.into()));

    let to = dir.path().join("restored");
    assert_eq!(restored(&file, &to, &SECRET).unwrap().entries, head.0 + RESTORED);
    let bytes = fs::read(segment(&dir.path().join("data"), 1)).unwrap();
    let again = fs::read(segment(&to, 1)).unwrap();
    let same = usize::try_from(length).unwrap();
    assert_eq!(bytes[..same], again[..same], "the same bytes as far as they go");
    let report = verify_chain(&to, Some(&head.1)).unwrap();
    assert!(report.ok, "{report:?}");
    assert_eq!((report.incarnation, report.branches.len()), (2, 1));
    let store = unlock(&to).unwrap();
    assert_eq!(store.head().0, head.0 + RESTORED);
    assert_eq!(everything(&store), all);
    let report = store.verify(Some(&head.1)).unwrap();
    assert!(report.ok, "{report:?}");
    assert_eq!(report.head_found, Some(head.0));
    assert_eq!(save(&store, vec![put("worker", 1, "goes on")]), [head.0 + RESTORED + 1]);
    assert_eq!(
        restored(&file, &to, &SECRET),
        Err(StoreError::FolderNotEmpty(to.display().to_string()))
    );
    // Over an existing name: the new one or the old one, never a part.
    let fresh = store.backup(&file).unwrap();
    assert_eq!(store.check_backup(&file).unwrap(), fresh);
}

#[test]
fn an_empty_station_can_be_backed_up() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("empty.yzb");
    let (store, recovery) = create_with_key(&dir.path().join("data"));
    assert_eq!(store.backup(&file).unwrap().entries, FIRST);
    let shown = recovery.shown();
    restored(&file, &dir.path().join("to"), &Secret::Recovery(&shown)).unwrap();
    assert_eq!(unlock(&dir.path().join("to")).unwrap().head().0, store.head().0 + RESTORED);
}

#[test]
fn any_changed_byte_in_a_backup_is_seen() {
    let dir = tempfile::tempdir().unwrap();
    let store = create(&dir.path().join("data"));
    fill(&store, 3);
    let file = dir.path().join("b.yzb");
    store.backup(&file).unwrap();
    let whole = fs::read(&file).unwrap();
    for at in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[at] ^= 4;
        fs::write(&file, &bytes).unwrap();
        assert!(store.check_backup(&file).is_err(), "byte {at}");
    }
    for length in (0..whole.len()).step_by(7) {
        fs::write(&file, &whole[..length]).unwrap();
        assert!(store.check_backup(&file).is_err(), "cut at {length}");
    }
    let mut longer = whole.clone();
    longer.push(0);
    fs::write(&file, &longer).unwrap();
    assert!(store.check_backup(&file).is_err());
    let error = restored(&file, &dir.path().join("to"), &SECRET).unwrap_err();
    assert!(matches!(error, StoreError::Backup(_)));
    assert!(matches!(unlock(&dir.path().join("to")), Err(StoreError::NotAStation(_))));
}

#[test]
fn the_chain_is_checked_without_any_key() {
    let dir = tempfile::tempdir().unwrap();
    let setup = Setup { segment_bytes: 20_000, ..setup() };
    let store = create_with(dir.path(), &station(), &setup);
    fill(&store, 10);
    let middle = store.head();
    for _ in 0..6 {
        fill(&store, 10);
    }
    let end = store.head();
    // While the station is open.
    let report = verify_chain(dir.path(), Some(&middle.1)).unwrap();
    assert!(report.ok, "{report:?}");
    assert_eq!((report.entries, report.head_found), (end.0, Some(middle.0)));
    assert!(report.segments > 2);
    assert_eq!(report.head, end.1.to_hex().to_string());
    assert_eq!(verify_chain(dir.path(), Some(&station().genesis())).unwrap().head_found, Some(0));
    drop(store);
    assert!(verify_chain(dir.path(), None).unwrap().ok);
    // What the checkpoint knows is missed without a hash.
    let last = segment(dir.path(), report.segments);
    let whole = fs::read(&last).unwrap();
    fs::write(&last, &whole[..usize::try_from(segment::HEAD).unwrap()]).unwrap();
    assert!(!verify_chain(dir.path(), None).unwrap().ok);
    fs::remove_file(dir.path().join(CHECKPOINT_FILE)).unwrap();

    // The end cut off cleanly: only somebody who knows the last hash can tell.
    let report = verify_chain(dir.path(), None).unwrap();
    assert!(report.ok, "{report:?}");
    let report = verify_chain(dir.path(), Some(&end.1)).unwrap();
    assert!(!report.ok && report.head_found.is_none() && report.problems.len() == 1);
    fs::write(&last, &whole[..whole.len() - 1]).unwrap();
    let report = verify_chain(dir.path(), None).unwrap();
    assert!(report.ok && report.tail_bytes > 0);
    fs::write(&last, &whole).unwrap();

    let first = segment(dir.path(), 1);
    let mut bytes = fs::read(&first).unwrap();
    bytes[500] ^= 1;
    fs::write(&first, &bytes).unwrap();
    let report = verify_chain(dir.path(), None).unwrap();
    assert!(!report.ok);
    assert!(report.problems[0].seq.is_some());
    assert!(serde_json::to_string(&report).unwrap().contains("\"ok\":false"));
    fs::remove_file(&first).unwrap();
    assert!(!verify_chain(dir.path(), None).unwrap().ok);
}

#[test]
fn a_table_that_differs_from_the_journal_is_found_and_put_right() {
    let dir = tempfile::tempdir().unwrap();
    let store = create(dir.path());
    fill(&store, 30);
    assert!(store.verify(None).unwrap().ok);
    // A row with the right key and sequence and another content.
    let (key, stored) = (Key::new(0xffff, id(9)), store.get("visit", id(9)).unwrap().unwrap());
    store
        .records
        .with(|table| {
            let value = table.value(&key, &record("visit", 9, "forged"), stored.last_seq)?;
            let kinds = store.records.sentinels();
            table.apply(
                [(key, value)],
                &mut tree::Applied { seq: store.head().0, kinds, ..Default::default() },
            )
        })
        .unwrap();
    let report = store.verify(None).unwrap();
    let table = report.table.unwrap();
    assert_eq!((report.ok, table.missing, table.differing), (false, 0, 1));
    assert_eq!(table.put_right.len(), 1);
    assert_eq!(text_of(&store, "visit", 9).unwrap(), "v");
    let report = store.verify(None).unwrap();
    assert!(report.ok, "{report:?}");
}

#[test]
fn a_damaged_journal_leaves_the_table_where_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let store = create(dir.path());
    fill(&store, 30);
    store.close().unwrap();
    let mut bytes = fs::read(segment(dir.path(), 1)).unwrap();
    bytes[700] ^= 1;
    fs::write(segment(dir.path(), 1), &bytes).unwrap();
    // Opening reads the journal from its checkpoint on; the damage is before that.
    let store = unlock(dir.path()).unwrap();
    let count = everything(&store).len();
    assert!(!store.verify(None).unwrap().ok);
    store
        .records
        .with(|table| {
            table.apply([(Key::new(1, id(3)), vec![1; 60])], &mut tree::Applied::default())
        })
        .unwrap();
    assert!(matches!(store.for_each(drop), Err(StoreError::Damaged { .. })));
    assert!(!dir.path().join("records.aside-1").exists());
    assert!(count > 0 && store.get("visit", id(9)).unwrap().is_some());
}

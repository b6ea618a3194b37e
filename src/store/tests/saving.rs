//! Saving and reading back.

use super::*;

#[test]
fn saved_records_come_back_after_closing() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path().join("data");
    let store = create(&dir);
    assert_eq!(save(&store, vec![put("worker", 1, "陈志明"), put("visit", 2, "家访")]), [1, 2]);
    assert_eq!(save(&store, vec![put("worker", 1, "陈志明二")]), [3]);
    assert_eq!(text_of(&store, "worker", 1).unwrap(), "陈志明二");
    let head = store.head();
    assert_eq!(head.0, 3);
    store.close().unwrap();
    let store = unlock(&dir).unwrap();
    assert_eq!(store.notices(), []);
    assert_eq!(store.station(), &station());
    assert_eq!(store.head(), head);
    assert_eq!(text_of(&store, "worker", 1).unwrap(), "陈志明二");
    assert_eq!(store.get("worker", id(1)).unwrap().unwrap().last_seq, 3);
    assert_eq!(store.get("visit", id(9)).unwrap(), None);
    assert_eq!(store.count("worker").unwrap(), 1);
    assert_eq!(store.count("hardship_file").unwrap(), 0);
    assert_eq!(everything(&store).len(), 2);
    assert_eq!(save(&store, vec![put("worker", 5, "周")]), [4]);
}

#[test]
fn history_is_walked_back_through_puts_and_looks() {
    let dir = tempfile::tempdir().unwrap();
    let store = create(dir.path());
    let seen = |n: u64| DraftOp::Seen {
        kind: "worker".into(),
        id: id(n),
        fields: vec!["identity".into()],
    };
    save(&store, vec![put("worker", 1, "a")]);
    save(&store, vec![put("worker", 2, "other")]);
    save(&store, vec![draft(vec![seen(1)]), draft(vec![seen(99)])]);
    // Two operations on one record in one entry, and an entry that only notes something.
    let twice = vec![DraftOp::Put(record("worker", 1, "b")), seen(1)];
    save(&store, vec![draft(twice), draft(vec![DraftOp::Note(BTreeMap::new())])]);
    save(&store, vec![put("worker", 1, "c")]);
    let seqs = |n| -> Vec<u64> {
        store.history("worker", id(n)).unwrap().iter().map(|entry| entry.seq).collect()
    };
    assert_eq!(seqs(1), [7, 5, 3, 1]);
    assert_eq!(seqs(2), [2]);
    assert_eq!(seqs(99), [0; 0]);
    assert_eq!(text_of(&store, "worker", 1).unwrap(), "c");
    let store = reopen(store);
    assert_eq!(store.history("worker", id(1)).unwrap().len(), 4);
    assert_eq!(everything(&store).len(), 2);
    let mut commands = Vec::new();
    store
        .entries(5, |entry| {
            commands.push(entry.seq);
            if entry.seq == 6 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })
        .unwrap();
    assert_eq!(commands, [5, 6]);
    assert_eq!(store.entry(8).unwrap(), None);
    assert_eq!(store.entry(0).unwrap(), None);
}

fn reopen(store: Store) -> Store {
    let dir = store.dir().to_path_buf();
    store.close().unwrap();
    unlock(&dir).unwrap()
}

#[test]
fn eight_threads_share_the_disk_and_keep_their_order() {
    let dir = tempfile::tempdir().unwrap();
    let store = create(dir.path());
    let seqs: Vec<Vec<u64>> = std::thread::scope(|scope| {
        let work = |thread: u64| {
            let store = &store;
            move || {
                let mut seqs = Vec::new();
                for round in 0..25 {
                    let drafts = vec![
                        put("worker", thread, &round.to_string()),
                        put("visit", 1_000 + thread * 100 + round, "v"),
                    ];
                    seqs.extend(save(store, drafts));
                    // What the ticket says is saved is there to be read.
                    assert_eq!(text_of(store, "worker", thread).unwrap(), round.to_string());
                }
                seqs
            }
        };
        let threads: Vec<_> = (0..8).map(|thread| scope.spawn(work(thread))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    for own in &seqs {
        assert!(own.is_sorted());
        assert!(own.chunks(2).all(|pair| pair[1] == pair[0] + 1));
    }
    let mut all: Vec<u64> = seqs.concat();
    all.sort_unstable();
    assert_eq!(all, (1..=400).collect::<Vec<_>>());
    let mut seen = 0;
    store
        .entries(1, |entry| {
            seen += 1;
            assert_eq!(entry.seq, seen);
            ControlFlow::Continue(())
        })
        .unwrap();
    assert_eq!(seen, 400);
    for thread in 0..8 {
        assert_eq!(store.history("worker", id(thread)).unwrap().len(), 25);
    }
    assert_eq!(everything(&store).len(), 8 + 200);
}

#[test]
fn latest_sees_what_still_waits_and_links_run_through_it() {
    let dir = tempfile::tempdir().unwrap();
    let store = create(dir.path());
    let tickets: Vec<_> =
        (0..50).map(|round| store.submit(vec![put("worker", 1, &round.to_string())])).collect();
    assert_eq!(store.latest("worker", id(1)).unwrap().unwrap().record.text("name"), "49");
    for (at, ticket) in tickets.into_iter().enumerate() {
        assert_eq!(ticket.wait().unwrap(), [at as u64 + 1]);
    }
    assert_eq!(store.latest("worker", id(1)).unwrap().unwrap().last_seq, 50);
    assert_eq!(store.history("worker", id(1)).unwrap().len(), 50);
    assert_eq!(save(&store, Vec::new()), [0; 0]);
}

#[test]
fn sizes_from_nothing_to_a_megabyte_over_many_segments() {
    let dir = tempfile::tempdir().unwrap();
    let setup = Setup { segment_bytes: 100_000, ..setup() };
    let store = Store::create(dir.path(), &station(), ACCOUNT, PASSWORD, &setup).unwrap().0;
    let text =
        |n: u64| "驿".repeat([0, 340, 3_400, 34_000, 349_000][usize::try_from(n % 5).unwrap()]);
    for n in 0..40 {
        save(&store, vec![put("worker", n, &text(n))]);
    }
    // More operations than one table batch takes.
    let many = (1_000..1_350).map(|n| DraftOp::Put(record("visit", n, "x"))).collect();
    save(&store, vec![draft(many)]);
    for n in (0..40).rev() {
        assert_eq!(text_of(&store, "worker", n).unwrap(), text(n));
        assert_eq!(store.history("worker", id(n)).unwrap()[0].seq, n + 1);
    }
    store.close().unwrap();
    assert!(segment(dir.path(), 8).exists());
    let store = Store::unlock(dir.path(), ACCOUNT, PASSWORD, &setup).unwrap();
    assert_eq!(everything(&store).len(), 390);
    let page = store.scan("visit", None, 100).unwrap();
    assert_eq!(page.len(), 100);
    let next = store.scan("visit", Some(page[99].record.id), 1_000).unwrap();
    assert_eq!(next.len(), 250);
    assert_eq!(store.scan("hardship_file", None, 10).unwrap(), []);
    let huge = store.submit(vec![put("worker", 1, &"x".repeat(33 * 1024 * 1024))]).wait();
    assert!(matches!(huge, Err(StoreError::TooLarge { .. })));
    assert_eq!(save(&store, vec![put("worker", 1, "small")]), [42]);
}

#[test]
fn a_walk_while_others_save_counts_right() {
    let dir = tempfile::tempdir().unwrap();
    let store = create(dir.path());
    let all = (0..600).map(|n| DraftOp::Put(record("worker", n, "a"))).collect();
    save(&store, vec![draft(all)]);
    let mut given = 0;
    let walk = store
        .for_each(|_| {
            // New, changed ahead of the walk, changed behind it.
            for n in [10_000 + given, 599 - given % 300, given % 300] {
                if given % 40 == 0 {
                    save(&store, vec![put("worker", n, "b")]);
                }
            }
            given += 1;
        })
        .unwrap();
    assert_eq!(walk.notices, []);
    everything(&store);
}

#[test]
fn keys_kinds_and_locks_are_refused_in_words() {
    let dir = tempfile::tempdir().unwrap();
    let (store, recovery) =
        Store::create(dir.path(), &station(), ACCOUNT, PASSWORD, &setup()).unwrap();
    let error = store.submit(vec![put("worker", 1, "a"), put("unheard", 2, "b")]).wait();
    assert_eq!(error, Err(StoreError::UnknownKind("unheard".into())));
    assert_eq!(save(&store, vec![put("worker", 1, "a")]), [1]);
    assert_eq!(unlock(dir.path()).err(), Some(StoreError::Locked));
    store.check_password(ACCOUNT, PASSWORD).unwrap();
    store.change_password(ACCOUNT, PASSWORD, "neu").unwrap();
    store.add_account_slot("he", "second").unwrap();
    assert_eq!(store.check_password(ACCOUNT, PASSWORD), Err(KeyringError::WrongPassword.into()));
    store.remove_account_slot(ACCOUNT).unwrap();
    assert!(!store.has_account_slot(ACCOUNT).unwrap());
    drop(store);
    assert!(matches!(
        Store::create(dir.path(), &station(), ACCOUNT, PASSWORD, &setup()),
        Err(StoreError::FolderNotEmpty(_))
    ));
    let store = Store::unlock_with_recovery(dir.path(), &recovery.shown(), &setup()).unwrap();
    assert_eq!(text_of(&store, "worker", 1).unwrap(), "a");
    let fresh = store.replace_recovery_key().unwrap();
    assert!(store.check_recovery(&recovery.shown()).is_err());
    store.check_recovery(&fresh.shown()).unwrap();
    drop(store);
    Store::unlock(dir.path(), "he", "second", &setup()).unwrap();
}

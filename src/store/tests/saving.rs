//! Saving and reading back.

use super::*;

#[test]
fn saved_records_come_back_after_closing() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path().join("data");
    let store = create(&dir);
    let two = vec![put("worker", 1, "陈志明"), put("visit", 2, "家访")];
    assert_eq!(save(&store, two), [FIRST + 1, FIRST + 2]);
    assert_eq!(save(&store, vec![put("worker", 1, "陈志明二")]), [FIRST + 3]);
    assert_eq!(text_of(&store, "worker", 1).unwrap(), "陈志明二");
    let head = store.head();
    assert_eq!(head.0, FIRST + 3);
    store.close().unwrap();
    let store = unlock(&dir).unwrap();
    assert_eq!(store.notices(), []);
    assert_eq!(store.station(), &station());
    assert_eq!(store.head(), head);
    assert_eq!(text_of(&store, "worker", 1).unwrap(), "陈志明二");
    assert_eq!(store.get("worker", id(1)).unwrap().unwrap().last_seq, FIRST + 3);
    assert_eq!(store.get("visit", id(9)).unwrap(), None);
    assert_eq!(store.count("worker").unwrap(), 1);
    assert_eq!(store.count("hardship_file").unwrap(), 0);
    assert_eq!(everything(&store).len(), 2);
    assert_eq!(save(&store, vec![put("worker", 5, "周")]), [FIRST + 4]);
}

#[test]
fn history_is_walked_back_through_puts_and_looks() {
    let dir = tempfile::tempdir().unwrap();
    let store = create(dir.path());
    let seen =
        |n: u64| NewOp::Seen { kind: "worker".into(), id: id(n), fields: vec!["identity".into()] };
    save(&store, vec![put("worker", 1, "a")]);
    save(&store, vec![put("worker", 2, "other")]);
    save(&store, vec![draft(vec![seen(1)]), draft(vec![seen(99)])]);
    // Two operations on one record in one entry, and an entry that only notes something.
    let twice = vec![NewOp::Put(record("worker", 1, "b")), seen(1)];
    save(&store, vec![draft(twice), draft(vec![NewOp::Note(BTreeMap::new())])]);
    save(&store, vec![put("worker", 1, "c")]);
    let seqs = |n| -> Vec<u64> {
        store.history("worker", id(n)).unwrap().iter().map(|entry| entry.seq).collect()
    };
    assert_eq!(seqs(1), [7, 5, 3, 1].map(|n| FIRST + n));
    assert_eq!(seqs(2), [FIRST + 2]);
    assert_eq!(seqs(99), [0; 0]);
    assert_eq!(text_of(&store, "worker", 1).unwrap(), "c");
    let store = reopen(store);
    assert_eq!(store.history("worker", id(1)).unwrap().len(), 4);
    assert_eq!(everything(&store).len(), 2);
    let mut commands = Vec::new();
    store
        .entries(FIRST + 5, |entry| {
            commands.push(entry.seq);
            if entry.seq == FIRST + 6 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })
        .unwrap();
    assert_eq!(commands, [FIRST + 5, FIRST + 6]);
    // None after the end, none before the first, and a page is none.
    for seq in [FIRST + 8, 0, 1] {
        assert_eq!(store.entry(seq).unwrap(), None);
    }
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
    assert_eq!(all, (FIRST + 1..=FIRST + 400).collect::<Vec<_>>());
    let mut seen = FIRST;
    store
        .entries(FIRST + 1, |entry| {
            seen += 1;
            assert_eq!(entry.seq, seen);
            ControlFlow::Continue(())
        })
        .unwrap();
    assert_eq!(seen, FIRST + 400);
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
        (0..50).map(|round| submit(&store, vec![put("worker", 1, &round.to_string())])).collect();
    assert_eq!(store.latest("worker", id(1)).unwrap().unwrap().record.text("name"), "49");
    for (at, ticket) in tickets.into_iter().enumerate() {
        assert_eq!(ticket.wait().unwrap(), [FIRST + at as u64 + 1]);
    }
    assert_eq!(store.latest("worker", id(1)).unwrap().unwrap().last_seq, FIRST + 50);
    assert_eq!(store.history("worker", id(1)).unwrap().len(), 50);
    assert_eq!(save(&store, Vec::new()), [0; 0]);
}

#[test]
fn sizes_from_nothing_to_a_megabyte_over_many_segments() {
    let dir = tempfile::tempdir().unwrap();
    let setup = Setup { segment_bytes: 100_000, ..setup() };
    let store = create_with(dir.path(), &station(), &setup);
    let text =
        |n: u64| "驿".repeat([0, 340, 3_400, 34_000, 349_000][usize::try_from(n % 5).unwrap()]);
    for n in 0..40 {
        save(&store, vec![put("worker", n, &text(n))]);
    }
    // More operations than one table batch takes.
    let many = (1_000..1_350).map(|n| NewOp::Put(record("visit", n, "x"))).collect();
    save(&store, vec![draft(many)]);
    for n in (0..40).rev() {
        assert_eq!(text_of(&store, "worker", n).unwrap(), text(n));
        assert_eq!(store.history("worker", id(n)).unwrap()[0].seq, FIRST + n + 1);
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
    let huge = submit(&store, vec![put("worker", 1, &"x".repeat(33 * 1024 * 1024))]).wait();
    assert!(matches!(huge, Err(StoreError::TooLarge { .. })));
    assert_eq!(save(&store, vec![put("worker", 1, "small")]), [FIRST + 42]);
}

#[test]
fn a_walk_while_others_save_counts_right() {
    let dir = tempfile::tempdir().unwrap();
    let store = create(dir.path());
    let all = (0..600).map(|n| NewOp::Put(record("worker", n, "a"))).collect();
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
    let (store, recovery) = create_with_key(dir.path());
    let error = submit(&store, vec![put("worker", 1, "a"), put("unheard", 2, "b")]).wait();
    assert_eq!(error, Err(StoreError::UnknownKind("unheard".into())));
    assert_eq!(save(&store, vec![put("worker", 1, "a")]), [FIRST + 1]);
    assert_eq!(unlock(dir.path()).err(), Some(StoreError::Locked));
    let luo = store.check_password(ACCOUNT, PASSWORD).unwrap();
    assert_eq!(&luo, store.opened_by());
    // One's own password is put in another's place under the same key.
    let own = store.account_slot((ACCOUNT, id(0)), "neu", Some(luo.seed())).unwrap();
    assert!(store.keep_slot(&own).unwrap().is_some());
    assert_eq!(store.check_password(ACCOUNT, PASSWORD), Err(KeyringError::WrongPassword.into()));
    assert_eq!(store.check_password(ACCOUNT, "neu"), Ok(luo.clone()));
    // Another's slot counts once the journal has its key.
    let he = store.account_slot(("he", id(7)), "second", None).unwrap();
    assert!(store.keep_slot(&he).unwrap().is_none());
    let unknown = Err(KeyringError::WrongPassword.into());
    assert_eq!(store.check_password("he", "second"), unknown);
    let key = key_of(&he, ADMINISTRATOR);
    turned(&store, &luo, vec![key], vec![kept("he", 7, ACCOUNT)], None).unwrap();
    assert_eq!(store.check_password("he", "second").unwrap().public(), he.seed.signer().public());
    // The first account is disabled: what is saved from then on is sealed under another key.
    let told = NewEntry { actor: "he".into(), ..put("worker", 2, "b") };
    disable(&store, &he.seed.signer(), 0, vec![told]).unwrap();
    assert!(!store.has_slot(owner(0)));
    assert_eq!(store.check_password(ACCOUNT, "neu"), unknown);
    let late = submit(&store, vec![put("worker", 1, "late")]).wait();
    assert!(matches!(late, Err(StoreError::NotSigned(_))), "{late:?}");
    drop(store);
    assert!(matches!(
        Store::create(dir.path(), &station(), &account(), first(), &setup()),
        Err(StoreError::FolderNotEmpty(_))
    ));
    let store = Store::unlock_with_recovery(dir.path(), &recovery.shown(), &setup()).unwrap();
    assert_eq!(text_of(&store, "worker", 1).unwrap(), "a");
    // It is last among the pages: the one before signs them all.
    let before = store.check(&Secret::Recovery(&recovery.shown()), "").unwrap();
    let (slot, fresh) = store.recovery_slot().unwrap();
    store.keep_slot(&slot).unwrap();
    let public = slot.seed.signer().public();
    let (pages, turn) = store.prepare_epoch(&[Owner::Recovery], Some(public)).unwrap();
    let own = KeyFrame { owner: Owner::Recovery, public: Some(public), role: None, given: false };
    let pages = [pages, vec![Plain::Key(own)]].concat();
    turned(&store, &before, pages, Vec::new(), Some(turn)).unwrap();
    assert!(store.check(&Secret::Recovery(&recovery.shown()), "").is_err());
    store.check(&Secret::Recovery(&fresh.shown()), "").unwrap();
    drop(store);
    Store::unlock(dir.path(), "he", "second", &setup()).unwrap();
}

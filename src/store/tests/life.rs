//! What a station lives through, at random: whatever it is, the journal verifies without a password,
//! until one bit is changed.

use super::erasing::{last, put_back, under_way, without_text};
use super::evidence::{forget, given};
use super::*;
use std::fs;

/// A station that lives on: folders are copied, restored and repaired, accounts come and go.
struct Life {
    work: tempfile::TempDir,
    folders: u32,
    dir: PathBuf,
    recovery: RecoveryKey,
    /// Everybody who ever had a key: name, record and hand.
    people: Vec<(String, u64, Signer)>,
    random: u64,
    /// The records kept here; whoever was erased is not entered again.
    workers: [u64; 9],
    /// How often somebody was erased.
    erasures: u32,
}

/// Steps of a life.
const STEPS: usize = 14;
const SECRET: Secret<'static> = Secret::Password { account: ACCOUNT, password: PASSWORD };

impl Life {
    fn new(random: u64) -> Self {
        let work = tempfile::tempdir().unwrap();
        let dir = work.path().join("data");
        let (store, recovery) = create_with_key(&dir);
        let people = vec![(ACCOUNT.to_string(), 0, store.opened_by().clone())];
        Self {
            work,
            folders: 0,
            dir,
            recovery,
            people,
            random,
            workers: std::array::from_fn(|n| n as u64),
            erasures: 0,
        }
    }

    fn next(&mut self, below: u64) -> u64 {
        damage::next(&mut self.random) % below
    }

    fn worker(&mut self) -> u64 {
        self.workers[usize::try_from(self.next(9)).unwrap()]
    }

    fn luo(&self) -> Signer {
        self.people[0].2.clone()
    }

    fn open(&self) -> Store {
        open_with(&self.dir, self.luo().seed(), &setup()).unwrap()
    }

    fn folder(&mut self) -> PathBuf {
        self.folders += 1;
        self.work.path().join(format!("folder {}", self.folders))
    }

    /// Somebody whose key holds.
    fn somebody(&mut self, store: &Store) -> (String, u64, Signer) {
        let register = store.register();
        let holds = |(.., hand): &&(String, u64, Signer)| register.may_sign(hand.id()).is_ok();
        let present: Vec<_> = self.people.iter().filter(holds).cloned().collect();
        let at = self.next(present.len() as u64);
        present[usize::try_from(at).unwrap()].clone()
    }

    fn step(&mut self) {
        match self.next(13) {
            0 => self.join(),
            1 => self.leave(),
            2 => self.crash(),
            3 => self.restore(),
            4 => self.repair(),
            5 => self.erase(),
            _ => self.save(),
        }
        let report = verify_chain(&self.dir, None).unwrap();
        assert!(report.ok && report.tail_bytes == 0, "{}: {report:?}", self.random);
    }

    fn save(&mut self) {
        let store = self.open();
        for _ in 0..=self.next(4) {
            let (name, _, hand) = self.somebody(&store);
            let drafts = (0..=self.next(3)).map(|_| {
                let text = "字".repeat(usize::try_from(self.next(60)).unwrap());
                NewEntry { actor: name.clone(), ..put("worker", self.worker(), &text) }
            });
            drop(store.submit(&hand, drafts.collect()));
        }
        store.close().unwrap();
    }

    fn join(&mut self) {
        let store = self.open();
        let n = 100 + self.people.len() as u64;
        let name = format!("account {n}");
        let role = if self.next(2) == 0 { "volunteer" } else { ADMINISTRATOR };
        let hand = given(&store, &name, n, role);
        self.people.push((name, n, hand));
    }

    fn leave(&mut self) {
        let store = self.open();
        let (_, n, _) = self.somebody(&store);
        if n != 0 {
            disable(&store, &self.luo(), n, vec![put("worker", 50, "left")]).unwrap();
        }
    }

    /// One administrator asks for it, another erases what is kept of a record; sometimes power is cut
    /// before what was there is gone.
    fn erase(&mut self) {
        let store = self.open();
        let n = self.worker();
        let history = store.history("worker", id(n)).unwrap_or_default();
        let register = store.register();
        let keeps = |hand: &Signer| {
            register.may_sign(hand.id()).is_ok()
                && register.known(hand.id()).is_some_and(KnownKey::may_keep_keys)
        };
        let second = self.people.iter().find(|(_, n, hand)| *n != 0 && keeps(hand)).cloned();
        let (Some((name, _, hand)), false) = (second, history.is_empty()) else { return };
        let request = NewEntry { actor: name, command: ERASE_REQUEST.into(), ..draft(Vec::new()) };
        let request = store.submit(&hand, vec![request]).wait().unwrap()[0];
        let before = self.folder();
        copy(&self.dir, &before);
        let seqs: Vec<u64> = history.iter().map(|entry| entry.seq).collect();
        let rest = |entry| Some(without_text(entry));
        store.erase(&self.luo(), request, &seqs, rest, last(n)).unwrap();
        self.erasures += 1;
        self.workers.iter_mut().filter(|worker| **worker == n).for_each(|worker| *worker += 200);
        drop(store);
        if self.next(2) == 0 && segment::list(&self.dir.join("journal")).unwrap() == [1] {
            let rests = put_back(&self.dir, &before);
            under_way(&self.dir, rests);
            forget(&self.dir);
            drop(self.open());
        }
    }

    /// Power is cut: what the disk has is a copy of now, with half a save after it, or with the
    /// keyring behind the journal.
    fn crash(&mut self) {
        let store = self.open();
        let to = self.folder();
        if self.next(2) == 0 {
            let (pages, turn) = store.prepare_epoch(&[], None).unwrap();
            let luo = self.luo();
            let pages = pages.into_iter().map(|page| (luo.clone(), page)).collect();
            let drafts = vec![put("worker", 51, "turned")];
            let change = Change { hand: luo.into(), pages, drafts, turn: Some(turn) };
            store.submit_when(None, change).wait().unwrap();
            copy(&self.dir, &to);
        } else {
            copy(&self.dir, &to);
            let kept = segment(&to, 1).metadata().unwrap().len();
            save(&store, (52..57).map(|n| put("worker", n, "half of it")).collect());
            let whole = fs::read(segment(&self.dir, 1)).unwrap();
            let more = self.next(whole.len() as u64 - kept);
            let torn = usize::try_from(kept + more).unwrap();
            fs::write(segment(&to, 1), &whole[..torn]).unwrap();
            let report = verify_chain(&to, None).unwrap();
            assert!(report.ok && report.tail_bytes == more, "{report:?}");
        }
        drop(store);
        if self.next(2) == 0 {
            // Nor did the checkpoint reach the disk.
            forget(&to);
        }
        self.dir = to;
        drop(self.open());
    }

    fn restore(&mut self) {
        let store = self.open();
        let file = self.work.path().join("backup.yzb");
        store.backup(&file).unwrap();
        save(&store, vec![put("worker", 58, "after the backup")]);
        drop(store);
        let to = self.folder();
        let journal = (self.next(2) == 0).then(|| self.dir.join("journal"));
        let by = (ACCOUNT, now());
        restore(&file, journal.as_deref(), &to, &SECRET, by, &Progress::default()).unwrap();
        fs::remove_file(file).unwrap();
        self.dir = to;
    }

    fn repair(&mut self) {
        // So that the checkpoint knows the end.
        drop(self.open());
        let path = segment(&self.dir, 1);
        let mut bytes = fs::read(&path).unwrap();
        let at = usize::try_from(self.next(bytes.len() as u64)).unwrap();
        bytes[at] ^= 1 << self.next(8);
        fs::write(&path, bytes).unwrap();
        assert!(!verify_chain(&self.dir, None).unwrap().ok, "{at}");
        match heal(&self.dir, &SECRET, ACCOUNT, &setup()) {
            Err(StoreError::RootLost) => {
                let shown = self.recovery.shown();
                let recovery = Secret::Recovery(&shown);
                heal(&self.dir, &recovery, "recovery", &setup()).unwrap().unwrap();
                self.found(&recovery);
            }
            healed => assert!(healed.unwrap().is_some()),
        }
    }

    /// The first account gets a key again, by the recovery key.
    fn found(&mut self, recovery: &Secret<'_>) {
        let store = Store::open(&self.dir, recovery, &setup()).unwrap();
        let root = store.opened_by().clone();
        let slot = store.account_slot((ACCOUNT, id(0)), PASSWORD, None).unwrap();
        store.keep_slot(&slot).unwrap();
        let drafts = vec![kept(ACCOUNT, 0, "recovery")];
        turned(&store, &root, vec![key_of(&slot, ADMINISTRATOR)], drafts, None).unwrap();
        self.people[0].2 = slot.seed.signer();
    }
}

#[test]
fn whatever_a_station_lives_through_it_verifies_until_one_bit_is_changed() {
    let mut erasures = 0;
    // More by hand: `YIZHAN_LIVES=500`.
    let lives = std::env::var("YIZHAN_LIVES").ok().and_then(|lives| lives.parse().ok());
    for round in 1..=lives.unwrap_or(12u64) {
        let mut life = Life::new(round * 7_919);
        for _ in 0..STEPS {
            life.step();
        }
        erasures += life.erasures;
        let store = life.open();
        let report = store.verify(None).unwrap();
        assert!(report.ok, "{round}: {report:?}");
        store.close().unwrap();
        forget(&life.dir);
        let numbers = segment::list(&life.dir.join("journal")).unwrap();
        let path = segment(&life.dir, *numbers.last().unwrap());
        let whole = fs::read(&path).unwrap();
        for _ in 0..40 {
            let mut bytes = whole.clone();
            let at = usize::try_from(life.next(bytes.len() as u64)).unwrap();
            bytes[at] ^= 1 << life.next(8);
            fs::write(&path, bytes).unwrap();
            let report = verify_chain(&life.dir, None).unwrap();
            assert!(!report.ok || report.tail_bytes > 0, "{round}, byte {at}: {report:?}");
        }
    }
    assert!(erasures > 0, "no life in which anybody was erased");
}

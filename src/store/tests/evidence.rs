//! Somebody who can write the folder, with a colleague's seed or none, against what is signed: each
//! attack is noticed without any password or at the next opening, and an honest copy passes.

use super::*;
use crate::record::MoveMade;
use crate::store::files::layout::{CHECKPOINT_FILE, KEYRING_FILE};
use crate::store::journal::cover::message;
use crate::store::journal::frame::{self, ENTRIES, FIRST_OF_BATCH, Header, LOST, SIGNED, UNSIGNED};
use crate::store::journal::salvage::{Owned, Piece};
use crate::store::journal::slots;
use crate::store::keys::{EpochFrame, Public, REPAIR};
use std::fs;
use std::sync::OnceLock;

/// The first volunteer's record.
const HE: u64 = 7;

/// A station with an administrator, `luo`, and a volunteer, `he`, both of whom have saved, and that
/// went through one epoch when a third was disabled.
struct Base {
    dir: PathBuf,
    luo: Seed,
    he: Seed,
    /// The entries of one submission, in one block; and saves of their own by `luo`.
    three: u64,
    first: u64,
    second: u64,
}

/// Made once: every key under a password takes a moment.
fn base() -> &'static Base {
    static BASE: OnceLock<Base> = OnceLock::new();
    BASE.get_or_init(|| {
        let dir = tempfile::tempdir().unwrap().keep().join("data");
        let store = create(&dir);
        let luo = store.opened_by().clone();
        let he = given(&store, "he", HE, "volunteer");
        let xu = given(&store, "xu", 8, "volunteer");
        let three = save(&store, (1..=3).map(|n| put("worker", n, "three")).collect())[0];
        by(&store, &he, "he", 1, "by he");
        by(&store, &xu, "xu", 2, "by xu");
        let first = save(&store, vec![put("worker", 1, "approved")])[0];
        disable(&store, &luo, 8, vec![put("worker", 9, "xu has left")]).unwrap();
        let second = save(&store, vec![put("worker", 2, "refused")])[0];
        by(&store, &he, "he", 4, "by he");
        save(&store, vec![put("worker", 5, "the last")]);
        store.close().unwrap();
        let (luo, he) = (luo.seed().clone(), he.seed().clone());
        Base { dir, luo, he, three, first, second }
    })
}

/// Gives an account a key, and keeps its record.
pub(super) fn given(store: &Store, name: &str, n: u64, role: &str) -> Signer {
    let slot = store.account_slot((name, id(n)), "password of its own", None).unwrap();
    store.keep_slot(&slot).unwrap();
    let (luo, page) = (store.opened_by().clone(), key_of(&slot, role));
    turned(store, &luo, vec![page], vec![kept(name, n, ACCOUNT)], None).unwrap();
    slot.seed.signer()
}

/// Saves a record in somebody's name and by their hand.
fn by(store: &Store, hand: &Signer, name: &str, n: u64, text: &str) -> u64 {
    let named = NewEntry { actor: name.into(), ..put("worker", n, text) };
    store.submit(hand, vec![named]).wait().unwrap()[0]
}

/// A copy of the base, and its frames.
struct Copy {
    _dir: tempfile::TempDir,
    dir: PathBuf,
    frames: Vec<Owned>,
}

/// The frames of the only segment.
pub(super) fn frames(dir: &Path) -> Vec<Owned> {
    let mut frames = Vec::new();
    salvage::pieces(&dir.join("journal"), |piece| {
        let Piece::Frame(frame) = piece else { panic!("a gap in an honest copy") };
        frames.push(Owned::of(&frame));
        Ok(ControlFlow::Continue(()))
    })
    .unwrap();
    frames
}

/// Writes the only segment anew.
pub(super) fn write_frames(dir: &Path, frames: &[Owned]) {
    let mut bytes = segment::head(1).to_vec();
    frames.iter().for_each(|owned| owned.frame().encode(&mut bytes));
    fs::write(segment(dir, 1), bytes).unwrap();
}

impl Copy {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("data");
        copy(&base().dir, &data);
        let report = verify_chain(&data, None).unwrap();
        assert!(report.ok, "an honest copy: {report:?}");
        let frames = frames(&data);
        Self { _dir: dir, dir: data, frames }
    }

    /// The frame an entry is in.
    fn at(&self, seq: u64) -> usize {
        let holds = |owned: &Owned| (owned.header.seq..=owned.header.last()).contains(&seq);
        self.frames.iter().position(holds).unwrap()
    }

    fn frame(&mut self, seq: u64) -> &mut Owned {
        let at = self.at(seq);
        &mut self.frames[at]
    }

    /// Numbers and chains every header anew, as somebody without any seed can.
    fn chained(mut self) -> Self {
        let (mut seq, mut previous) = (1, station().genesis());
        for owned in &mut self.frames {
            (owned.header.seq, owned.header.previous) = (seq, previous);
            (seq, previous) = (owned.header.last() + 1, owned.header.hash());
        }
        self
    }

    /// Appends a batch of one page, signed by whoever holds the seed as the journal's next.
    fn page(mut self, page: &Plain, hand: &Seed) -> Self {
        let hand = hand.signer();
        let last = &self.frames.last().unwrap().header;
        let (seq, body) = (last.last() + 1, page.bytes().unwrap());
        let header = Header {
            kind: page.kind(),
            epoch: 0,
            signer: hand.id(),
            seq,
            count: 1,
            previous: last.hash(),
            body: blake3::hash(&body),
        };
        let signature = Some(hand.sign(&message(station().node, seq, &header.hash())));
        self.frames.push(Owned { flags: FIRST_OF_BATCH, header, signature, body });
        self
    }

    /// Writes the frames, and takes away what knows better: checkpoint and table.
    fn write(&self) {
        write_frames(&self.dir, &self.frames);
        forget(&self.dir);
    }

    /// Without any password it is told.
    fn is_noticed(&self, what: &str) -> VerifyReport {
        self.write();
        let report = verify_chain(&self.dir, None).unwrap();
        assert!(!report.ok && report.problem_count > 0, "{what}: {report:?}");
        report
    }

    /// And the station does not open.
    fn does_not_open(&self, what: &str) {
        let opened = open_with(&self.dir, &base().luo, &setup());
        let error = opened.err().unwrap_or_else(|| panic!("{what}: it opens"));
        assert!(error.is_damage(), "{what}: {error:?}");
    }
}

/// Takes away what knows how far the journal had come.
pub(super) fn forget(dir: &Path) {
    let _ = fs::remove_file(dir.join(CHECKPOINT_FILE));
    let _ = fs::remove_dir_all(dir.join("records"));
}

fn keys_of(dir: &Path, seed: &Seed) -> DataKeys {
    Keyring::load(dir).unwrap().with_seed(seed).unwrap().data_keys()
}

#[test]
fn an_entry_taken_out_of_its_block_is_missed() {
    let rests = |seq, rest: Vec<u8>| BTreeMap::from([(seq, rest)]);
    for empty in [true, false] {
        let mut copy = Copy::new();
        let (seq, keys) = (base().three + 1, keys_of(&base().dir, &base().he));
        let owned = copy.frame(seq);
        let place = (seq, &owned.header.previous);
        let rest = if empty { vec![] } else { block::seal_rest(&keys, place, b"x").unwrap() };
        owned.body = block::without(&owned.header, &owned.body, &rests(seq, rest)).unwrap();
        assert!(owned.frame().is_whole(), "the chain still holds");
        let report = copy.is_noticed("taken out");
        assert_eq!((report.erased, report.problems[0].seq), (1, Some(seq)));
    }
}

#[test]
fn an_entry_changed_removed_or_exchanged_is_noticed() {
    let base = base();
    // Another content, sealed with the key every account has.
    let mut copy = Copy::new();
    let keys = keys_of(&base.dir, &base.he);
    let owned = copy.frame(base.first);
    let header = &mut owned.header;
    let op = Op::Put { record: record("worker", 1, "never approved"), previous: base.three };
    let NewEntry { time, actor, origin, command, reason, .. } = draft(vec![]);
    let entry = Entry { seq: base.first, time, actor, origin, command, ops: vec![op], reason };
    let place = (header.seq, &header.previous);
    owned.body = block::seal(&keys, header.epoch, place, &[&encode(&entry)]).unwrap();
    header.body = slots::hash(&owned.body, 1).unwrap();
    copy.chained().is_noticed("changed");
    // The same without its signature.
    let mut copy = Copy::new();
    copy.frame(base.first).signature = None;
    copy.is_noticed("signature taken off");
    copy.does_not_open("signature taken off");

    let mut copy = Copy::new();
    let at = copy.at(base.second);
    copy.frames.remove(at);
    copy.is_noticed("removed");
    copy.chained().is_noticed("removed and chained anew");

    let mut copy = Copy::new();
    let (a, b) = (copy.at(base.first), copy.at(base.second));
    copy.frames.swap(a, b);
    copy.is_noticed("exchanged");
    copy.chained().is_noticed("exchanged and chained anew");
}

#[test]
fn an_entry_in_anothers_name_is_noticed() {
    let base = base();
    let he = base.he.signer();
    let mut copy = Copy::new();
    let at = copy.at(base.first);
    copy.frames[at].header.signer = he.id();
    copy = copy.chained();
    let Owned { header, .. } = &copy.frames[at];
    let signed = he.sign(&message(station().node, header.seq, &header.hash()));
    copy.frames[at].signature = Some(signed);
    copy.is_noticed("what came after no longer fits");
    // Cut off after it, the chain is a volunteer's own; but the entry names another.
    copy.frames.truncate(at + 1);
    let keys = keys_of(&base.dir, &base.he);
    let owned = &copy.frames[at];
    let opened = block::open(&keys, &owned.frame(), base.first);
    assert!(opened.unwrap().next().unwrap().is_ok(), "its content opens in its place");
    copy.write();
    // Fewer epochs than the keyring has.
    assert!(!verify_chain(&copy.dir, None).unwrap().ok);
}

#[test]
fn an_entry_signed_by_another_than_it_names_is_found_with_the_key() {
    let dir = tempfile::tempdir().unwrap();
    copy(&base().dir, dir.path());
    let store = open_with(dir.path(), &base().he, &setup()).unwrap();
    assert!(store.verify(None).unwrap().ok);
    // A program that has been changed: in the administrator's name, by a volunteer's hand.
    let seq = save(&store, vec![put("worker", 1, "approved by luo")])[0];
    assert!(verify_chain(dir.path(), None).unwrap().ok, "the chain itself is as it should be");
    let report = store.verify(None).unwrap();
    assert!(!report.ok && report.problems[0].seq == Some(seq), "{report:?}");
    // A move in another's name, in one's own entry.
    let mut approved = record("worker", 1, "approved by luo");
    approved.moves.push(MoveMade {
        id: "approve".into(),
        from: "review".into(),
        to: "approved".into(),
        by: ACCOUNT.into(),
        at: now(),
        answers: BTreeMap::new(),
        sheet: None,
        proposed_by: None,
        against: Vec::new(),
        afterwards: false,
    });
    let own = NewEntry { actor: "he".into(), ..draft(vec![NewOp::Put(approved)]) };
    let seq = save(&store, vec![own])[0];
    let report = store.verify(None).unwrap();
    assert!(report.problems.iter().any(|problem| problem.seq == Some(seq)), "{report:?}");
    // The station's own hand signs no record.
    let noted = put("worker", 2, "by the station");
    let seq = store.submit(Hand::Station, vec![noted]).wait().unwrap()[0];
    let report = store.verify(None).unwrap();
    assert!(report.problems.iter().any(|problem| problem.seq == Some(seq)), "{report:?}");
}

/// What a changed program could write past the door: signed by a volunteer's own hand, or by the
/// station's, whose key everybody has who can open it.
#[test]
fn what_is_written_past_the_door_is_found_with_the_key() {
    let note = |key: &str| NewOp::Note(BTreeMap::from([(key.to_string(), "9".to_string())]));
    let made = |id: &str, from: &str, to: &str, by: &str| MoveMade {
        id: id.into(),
        from: from.into(),
        to: to.into(),
        by: by.into(),
        at: now(),
        answers: BTreeMap::new(),
        sheet: None,
        proposed_by: None,
        against: Vec::new(),
        afterwards: false,
    };
    let mut moved = record("worker", 40, "a");
    moved.moves.push(made("submit", "draft", "review", "he"));
    moved.state = "review".into();
    let mut rewritten = moved.clone();
    rewritten.moves[0].by = ACCOUNT.into();
    let jumped = Record { state: "on_file".into(), ..moved.clone() };
    let renamed = Record { id: id(7), number: ACCOUNT.into(), ..record("account", 7, "") };
    let years_ago = now() - chrono::TimeDelta::days(2_000);
    let he = |ops: Vec<NewOp>| NewEntry { actor: "he".into(), ..draft(ops) };
    let puts = |record: &Record| he(vec![NewOp::Put(record.clone())]);
    // Somebody else's name, and a note that only a repair may write.
    let as_luo = draft(vec![NewOp::Put(record("worker", 41, "x")), note("was_entry")]);
    let station = NewEntry { command: "sign-in".into(), ..as_luo.clone() };
    let erased = NewEntry { command: ERASE.into(), ..he(vec![note("person")]) };
    let attacks: [(&str, bool, Vec<NewEntry>); 7] = [
        ("in another's name as if entered again", false, vec![as_luo]),
        ("a record by the station's key", true, vec![station]),
        ("earlier moves rewritten", false, vec![puts(&moved), puts(&rewritten)]),
        ("a state nobody moved to", false, vec![puts(&moved), puts(&jumped)]),
        ("an account renamed", false, vec![puts(&renamed)]),
        ("years back", false, vec![NewEntry { time: years_ago, ..he(vec![note("x")]) }]),
        ("nothing wrong with the rest", false, vec![erased, puts(&moved)]),
    ];
    for (what, by_station, drafts) in attacks {
        let dir = tempfile::tempdir().unwrap();
        copy(&base().dir, dir.path());
        let store = open_with(dir.path(), &base().he, &setup()).unwrap();
        let honest = what.starts_with("nothing");
        for draft in drafts {
            let hand = if by_station { Hand::Station } else { store.opened_by().into() };
            store.submit(hand, vec![draft]).wait().unwrap();
        }
        assert!(verify_chain(dir.path(), None).unwrap().ok, "{what}: its own chain is whole");
        assert_eq!(store.verify(None).unwrap().ok, honest, "{what}");
    }
}

/// An erase page that names as its request what is none, and takes out anybody's entry.
#[test]
fn one_administrator_alone_erases_nothing() {
    let dir = tempfile::tempdir().unwrap();
    copy(&base().dir, dir.path());
    let store = open_with(dir.path(), &base().luo, &setup()).unwrap();
    let hers = by(&store, &base().he.signer(), "he", 50, "of a volunteer");
    let victim = by(&store, &base().he.signer(), "he", 51, "to be gone");
    let draft = NewEntry { command: ERASE.into(), ..put("worker", 52, "erased") };
    let luo = store.opened_by().clone();
    store.erase(&luo, hers, &[victim], Some, draft).unwrap();
    let report = verify_chain(dir.path(), None).unwrap();
    assert!(!report.ok, "no administrator asked for it: {report:?}");
    assert!(!store.verify(None).unwrap().ok);
}

fn key_page(owner: Owner, public: Public) -> Plain {
    let role = matches!(owner, Owner::Account(_)).then(|| ADMINISTRATOR.to_string());
    Plain::Key(KeyFrame { owner, public: Some(public), role, given: false })
}

fn branch(incarnation: u32, vouched: Vec<(u64, u64)>) -> Plain {
    let why = REPAIR.to_string();
    let (from, lost) = (FIRST, Vec::new());
    Plain::Branch(Branch { incarnation, from, given_up: vec![], lost, vouched, why })
}

#[test]
fn pages_nobody_accountable_wrote_are_refused() {
    let base = base();
    let (own, he) = (Seed::generate().unwrap(), &base.he);
    let public = own.signer().public();
    let epoch = |number| {
        Plain::Epoch(EpochFrame { number, commitment: [0; 32], holders: vec![public.id()] })
    };
    let made = key_page(owner(9), public);
    let raised = key_page(owner(HE), he.signer().public());
    let root = key_page(Owner::Recovery, public);
    let erase = Plain::Erase(Erase { request: base.first, entries: Vec::new() });
    let pages = [
        ("an account made by a volunteer", &made, he),
        ("an account made by nobody", &made, &own),
        ("a volunteer made administrator by themselves", &raised, he),
        ("a second root", &root, &own),
        ("a second root by a volunteer", &root, he),
        ("an epoch by a volunteer", &epoch(3), he),
        ("an epoch skipped", &epoch(4), &base.luo),
        ("an epoch again", &epoch(2), &base.luo),
        ("a branch by a volunteer", &branch(2, Vec::new()), he),
        ("a branch out of its order", &branch(3, Vec::new()), &base.luo),
        ("an erasure by a volunteer", &erase, he),
    ];
    for (what, page, hand) in pages {
        let copy = Copy::new().page(page, hand);
        copy.is_noticed(what);
        copy.does_not_open(what);
    }
    // As the administrator's, with a signature that is none, or said to be lost.
    for (flags, what) in [(0, "no signature of theirs"), (UNSIGNED, "a signature said to be lost")]
    {
        let mut copy = Copy::new().page(&made, &base.luo);
        let page = copy.frames.last_mut().unwrap();
        (page.flags, page.signature) = (FIRST_OF_BATCH | flags, Some([7; 64]));
        if flags & UNSIGNED != 0 {
            page.signature = None;
            // And whom it makes vouches for it.
            let vouched = vec![(page.header.seq, page.header.seq)];
            copy = copy.page(&branch(2, vouched), &own);
        }
        copy.is_noticed(what);
        copy.does_not_open(what);
    }
    // The first page of all is the root's own.
    let mut copy = Copy::new();
    copy.frames.remove(0);
    copy.chained().is_noticed("the root taken away");
}

#[test]
fn signatures_and_flags_cannot_be_changed() {
    let base = base();
    let mut copy = Copy::new();
    if let Some(signature) = &mut copy.frame(base.first).signature {
        signature[9] ^= 1;
    }
    copy.is_noticed("a changed signature");
    // One of the same hand from another place.
    let mut copy = Copy::new();
    copy.frame(base.first).signature = copy.frame(base.second).signature;
    copy.is_noticed("an old signature in another place");

    for (flag, what) in [(LOST, "lost"), (UNSIGNED, "unsigned")] {
        let mut copy = Copy::new();
        let owned = copy.frame(base.first);
        owned.flags |= flag;
        if flag == LOST {
            owned.body.clear();
        } else {
            owned.signature = None;
        }
        let report = copy.is_noticed(what);
        assert_eq!(report.problems[0].seq, Some(base.first), "{what}");
        assert_eq!(report.lost, u64::from(flag == LOST));
        // A volunteer cannot explain it.
        copy.page(&branch(2, vec![(base.first, base.first)]), &base.he).is_noticed(what);
    }
    let mut copy = Copy::new();
    copy.frame(base.first).flags &= !FIRST_OF_BATCH;
    copy.is_noticed("a batch that goes on into the next");
    let mut copy = Copy::new();
    // The block after the pages that gave `he` a key.
    let middle = copy.frames.iter().position(|owned| owned.header.kind == ENTRIES).unwrap();
    assert_eq!(copy.frames[middle].flags & FIRST_OF_BATCH, 0);
    copy.frames[middle].flags |= FIRST_OF_BATCH;
    copy.is_noticed("a batch that begins in its middle");
}

/// What nobody signed at the very end is no entry: it is told, and the next opening cuts it off.
#[test]
fn an_unsigned_end_counts_for_nothing() {
    let whole = verify_chain(&base().dir, None).unwrap();
    for signed in [SIGNED, 0] {
        let mut copy = Copy::new();
        let last = copy.frames.last_mut().unwrap();
        if signed == 0 {
            last.signature = None;
        } else {
            last.flags |= frame::MORE;
        }
        copy.write();
        let report = verify_chain(&copy.dir, None).unwrap();
        assert_eq!(report.entries, whole.entries - 1);
        assert!(report.tail_bytes > 0 && report.head != whole.head, "{report:?}");
        assert!(report.signatures < whole.signatures);
        // Where the checkpoint knows better it is damage.
        let known = base().dir.join(CHECKPOINT_FILE);
        fs::copy(known, copy.dir.join(CHECKPOINT_FILE)).unwrap();
        assert!(!verify_chain(&copy.dir, None).unwrap().ok);
        copy.does_not_open("an end known to have been saved");
        forget(&copy.dir);
        let store = open_with(&copy.dir, &base().luo, &setup()).unwrap();
        assert_eq!((store.head().0, store.notices().is_empty()), (report.entries, false));
    }
}

/// A station that has backed up to a second place, with what was saved since.
fn outside() -> (tempfile::TempDir, PathBuf, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let (data, stick) = (dir.path().join("data"), dir.path().join("stick"));
    copy(&base().dir, &data);
    fs::create_dir(&stick).unwrap();
    let store = open_with(&data, &base().luo, &setup()).unwrap();
    store.set_second_place(Some(&stick)).unwrap();
    save(&store, vec![put("worker", 30, "soon missed")]);
    store.back_up_daily().unwrap().unwrap();
    store.close().unwrap();
    let report = verify_chain(&data, None).unwrap();
    assert!(report.ok && report.heads_known == 2, "{report:?}");
    (dir, data, stick)
}

fn backups_away(folder: &Path) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|found| found == "yzb") {
            fs::remove_file(path).unwrap();
        }
    }
}

/// The journal without its last save, and nothing left here that knows.
fn cut_off(data: &Path) {
    fs::copy(segment(&base().dir, 1), segment(data, 1)).unwrap();
    forget(data);
}

#[test]
fn an_end_cut_off_is_missed_by_what_lies_outside() {
    let (_dir, data, stick) = outside();
    cut_off(&data);
    // A backup is there: opening stops.
    assert!(!verify_chain(&data, None).unwrap().ok);
    let error = open_with(&data, &base().luo, &setup()).err().unwrap();
    assert!(error.is_damage(), "{error:?}");
    // The backups too are gone here and there; what the stick has written down is not.
    backups_away(&data.join("backup"));
    backups_away(&stick);
    let report = verify_chain(&data, None).unwrap();
    assert!(!report.ok && report.heads_known == 2, "{report:?}");
    let store = open_with(&data, &base().luo, &setup()).unwrap();
    let compared = store.heads().unwrap();
    assert_eq!((compared.known, compared.missing.len()), (2, 1), "told before work");
    // Other entries in the place of those cut off do not make it good.
    save(&store, vec![put("worker", 31, "instead"), put("worker", 32, "of it")]);
    store.look_at_heads();
    assert_eq!(store.heads().unwrap().missing.len(), 1);
    assert!(!verify_chain(&data, None).unwrap().ok);
}

#[test]
fn an_older_copy_of_everything_here_is_missed_by_the_second_place() {
    let (dir, data, stick) = outside();
    let older = dir.path().join("older");
    copy(&data, &older);
    let clock = Arc::new(FixedClock::new(now() + chrono::TimeDelta::days(1)));
    let later = Setup { clock, ..setup() };
    let store = open_with(&data, &base().luo, &later).unwrap();
    assert_eq!(store.heads().unwrap().missing, []);
    save(&store, vec![put("worker", 31, "a day later")]);
    store.back_up_daily().unwrap().unwrap();
    store.close().unwrap();
    backups_away(&stick);
    assert!(verify_chain(&data, None).unwrap().ok);
    let report = verify_chain(&older, None).unwrap();
    assert!(!report.ok && report.problem_count == 1, "{report:?}");
    let store = open_with(&older, &base().luo, &later).unwrap();
    assert_eq!(store.heads().unwrap().missing.len(), 1);
}

#[test]
fn keyring_and_journal_of_different_days_do_not_fit() {
    let dir = tempfile::tempdir().unwrap();
    let (older, newer) = (dir.path().join("older"), dir.path().join("newer"));
    copy(&base().dir, &older);
    copy(&base().dir, &newer);
    let store = open_with(&newer, &base().luo, &setup()).unwrap();
    let luo = store.opened_by().clone();
    disable(&store, &luo, HE, vec![put("worker", 9, "he has left")]).unwrap();
    store.close().unwrap();
    assert!(verify_chain(&newer, None).unwrap().ok);
    let mixed = |ring: &Path, rest: &Path, name: &str| {
        let to = dir.path().join(name);
        copy(rest, &to);
        fs::copy(ring.join(KEYRING_FILE), to.join(KEYRING_FILE)).unwrap();
        let report = verify_chain(&to, None).unwrap();
        assert!(!report.ok, "{name}: {report:?}");
        forget(&to);
        (open_with(&to, &base().luo, &setup()).err().unwrap(), to)
    };
    let (error, to) = mixed(&older, &newer, "old keyring");
    assert_eq!(error, StoreError::OldKeyring);
    // What was saved since is sealed under a key that whoever left never had.
    let keys = keys_of(&to, &base().he);
    assert_eq!(keys.newest() + 1, keys_of(&newer, &base().luo).newest());
    assert!(Keyring::load(&newer).unwrap().with_seed(&base().he).is_err());
    let (error, _) = mixed(&newer, &older, "old journal");
    assert_eq!(error, StoreError::OldJournal);
}

#[test]
fn a_slot_put_into_the_keyring_by_hand_opens_nothing() {
    let copy = Copy::new();
    let keys = keys_of(&copy.dir, &base().he);
    let newest = keys.key(keys.newest()).unwrap();
    let mut ring = Keyring::load(&copy.dir).unwrap();
    // An account of one's own, and another seed for one there is.
    for (name, n) in [("ghost", 40), (ACCOUNT, 0)] {
        let slot = ring.account_slot((name, id(n)), "mine", Seed::generate().unwrap()).unwrap();
        ring.add(&slot, &newest).unwrap();
    }
    let report = verify_chain(&copy.dir, None).unwrap();
    assert!(!report.ok && report.problem_count == 1, "{report:?}");
    for name in ["ghost", ACCOUNT] {
        let error = Store::unlock(&copy.dir, name, "mine", &setup()).err().unwrap();
        assert_eq!(error, KeyringError::WrongPassword.into(), "{name}");
    }
    // Opening takes them away.
    let store = open_with(&copy.dir, &base().luo, &setup()).unwrap();
    assert!(!store.has_slot(owner(40)) && store.has_slot(owner(0)));
    assert!(verify_chain(&copy.dir, None).unwrap().ok);
}

#[test]
fn a_register_put_into_the_checkpoint_by_hand_is_noticed() {
    let copy = Copy::new();
    let node = station().node;
    let mut known = checkpoint::Checkpoint::load(&copy.dir, node).unwrap().unwrap();
    let (luo, own) = (base().luo.signer(), Seed::generate().unwrap());
    let page = key_page(owner(40), own.signer().public());
    known.register.admit(known.position.seq, luo.id(), &page).unwrap();
    known.save(&copy.dir, node).unwrap();
    let report = verify_chain(&copy.dir, None).unwrap();
    assert!(!report.ok && report.problem_count == 1, "{report:?}");
    // Also after an opening that went by it, and further saves.
    let store = open_with(&copy.dir, &base().luo, &setup()).unwrap();
    save(&store, vec![put("worker", 1, "goes on")]);
    assert!(!verify_chain(&copy.dir, None).unwrap().ok);
    // No data key is handed to whom no page of the journal names.
    let (pages, _) = store.prepare_epoch(&[], None).unwrap();
    let Some(Plain::Epoch(epoch)) = pages.last() else { panic!("{pages:?}") };
    assert!(!epoch.holders.contains(&own.signer().id()), "{epoch:?}");
}

#[test]
fn rows_exchanged_or_put_back_are_found_with_the_key() {
    let dir = tempfile::tempdir().unwrap();
    copy(&base().dir, dir.path());
    let rows = [1, 2].map(|n| Key::new(1, id(n)));
    let db = sled::Config::new().path(dir.path().join("records/sled")).open().unwrap();
    let [a, b] = rows.map(|key| db.get(key.bytes()).unwrap().unwrap());
    db.insert(rows[0].bytes(), b).unwrap();
    db.insert(rows[1].bytes(), a).unwrap();
    db.flush().unwrap();
    drop(db);
    let store = open_with(dir.path(), &base().luo, &setup()).unwrap();
    let report = store.verify(None).unwrap();
    assert!(!report.ok, "{report:?}");
    assert_eq!(text_of(&store, "worker", 1).unwrap(), "approved");
    assert_eq!(text_of(&store, "worker", 2).unwrap(), "refused");
    // What it was before, sealed as it should be by somebody who has the data key.
    let kinds = store.records.sentinels();
    let mut applied = tree::Applied { seq: store.head().0, kinds, ..Default::default() };
    store
        .records
        .with(|table| {
            let before = record("worker", 1, "three");
            table.apply([(rows[0], table.value(&rows[0], &before, base().first)?)], &mut applied)
        })
        .unwrap();
    let report = store.verify(None).unwrap();
    assert_eq!((report.ok, report.table.unwrap().differing), (false, 1));
    assert_eq!(text_of(&store, "worker", 1).unwrap(), "approved");
}

#[test]
fn a_signature_fits_no_other_place_and_no_other_station() {
    let copy = Copy::new();
    let Owned { header, signature, .. } = &copy.frames[copy.at(base().first)];
    let (hash, signature) = (header.hash(), signature.unwrap());
    let public = base().luo.signer().public();
    assert!(public.signed(&message(station().node, header.seq, &hash), &signature));
    let other = uuid::Uuid::from_u128(1);
    assert!(!public.signed(&message(other, header.seq, &hash), &signature));
    assert!(!public.signed(&message(station().node, header.seq + 1, &hash), &signature));
}

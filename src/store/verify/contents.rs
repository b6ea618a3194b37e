//! Contents, entry by entry, and the table against what they amount to.

use super::chain::verify_chain;
use super::hands::Hands;
use super::ledger::Ledger;
use super::report::{TableReport, VerifyReport};
use crate::said;
use crate::store::Store;
use crate::store::copies::{backup, backups};
use crate::store::error::StoreError;
use crate::store::journal::entry::{self, Entry};
use crate::store::journal::frame::{ENTRIES, FIRST_OF_BATCH};
use crate::store::journal::{block, envelope};
use crate::store::keys::{KnownKey, Plain};
use crate::store::progress::Progress;
use crate::words::Said;
use blake3::Hash;
use std::ops::ControlFlow;
use std::panic::resume_unwind;
use std::sync::PoisonError;
use std::thread;

/// Says what is wrong with who wrote an entry.
pub type Judge<'a> = dyn Fn(&Entry, &KnownKey) -> Option<Said> + 'a;

impl Store {
    /// Checks everything: the chain, every entry's content, the links of every record's history, and
    /// the table against the journal; a table that differs is set aside and built anew. Takes about
    /// fifty bytes of memory a record while it runs. Saving may go on; what is saved meanwhile is not checked.
    ///
    /// # Errors
    /// What the machine gives; what is wrong is in the report.
    pub fn verify(&self, head: Option<&Hash>) -> Result<VerifyReport, StoreError> {
        self.verify_with(head, &|_, _| None)
    }

    /// The same, and asks `judge` of every entry whether whoever signed it may have written it; it
    /// says what is wrong.
    ///
    /// # Errors
    /// As [`Self::verify`].
    pub fn verify_with(
        &self,
        head: Option<&Hash>,
        judge: &Judge<'_>,
    ) -> Result<VerifyReport, StoreError> {
        let _nothing_rewritten = self.rewriting.lock().unwrap_or_else(PoisonError::into_inner);
        let upto = self.head().0;
        let mut report = verify_chain(&self.dir, head)?;
        report.contents = true;
        report.recovered = self.notices();
        self.progress.begin(Said::fixed("核对内容", "Checking the contents"), upto);
        let room = self.records.sentinels().values().map(|sentinel| sentinel.count).sum::<u64>();
        let mut ledger = Ledger::with_room(usize::try_from(room).unwrap_or(0));
        report.must_reach(report.entries, upto);
        // Whole files, read for themselves: there may be a second core.
        let sound: Vec<String> = report
            .backups
            .iter()
            .filter(|check| check.problem.is_none())
            .map(|check| check.file.clone())
            .collect();
        thread::scope(|scope| {
            let backups = scope.spawn(|| self.check_backups(&sound));
            if report.entries >= upto {
                self.read_contents(upto, (&mut ledger, judge), &mut report)?;
                report.table = Some(self.compare_table(upto, ledger, &mut report)?);
            }
            let wrong = backups.join().unwrap_or_else(|panic| resume_unwind(panic));
            for (name, error) in wrong {
                let Said { zh, en } = error.said();
                report.problem(None, said!("备份 {name}：{zh}", "Backup {name}: {en}"));
            }
            Ok::<_, StoreError>(())
        })?;
        self.progress.end();
        report.ok = report.problem_count == 0;
        Ok(report)
    }

    /// Opens everything in the backups that were whole on the outside, and gives those that are not.
    fn check_backups(&self, sound: &[String]) -> Vec<(String, StoreError)> {
        let mut wrong = Vec::new();
        for known in backups::known(&self.dir, &self.station) {
            let name = backups::name_of(&known.path);
            if !sound.contains(&name) {
                continue;
            }
            if let Err(error) = backup::verify(&known.path, &self.keys, &Progress::default()) {
                wrong.push((name, error));
            }
        }
        wrong
    }

    fn read_contents(
        &self,
        upto: u64,
        (ledger, judge): (&mut Ledger, &Judge<'_>),
        report: &mut VerifyReport,
    ) -> Result<(), StoreError> {
        if upto == 0 {
            return Ok(());
        }
        let register = self.register();
        let mut hands = Hands::default();
        let mut repairer = None;
        let walked = self.journal.frames(1, |frame| {
            let header = &frame.header;
            self.progress.at(header.seq);
            if frame.flags & FIRST_OF_BATCH != 0 {
                repairer = None;
            }
            match Plain::read(header.kind, frame.body) {
                Some(Plain::Branch(_)) => repairer = Some(header.signer),
                Some(Plain::Erase(erase)) => hands.erasure(header.seq, erase.request),
                _ => {}
            }
            if header.kind == ENTRIES && !frame.lost() {
                let key = register.known(header.signer);
                // Only what a repair enters again, in its own batch, names another than its signer.
                hands.repairs = repairer == Some(header.signer);
                match block::open(&self.keys, frame, header.seq) {
                    Ok(entries) => {
                        for opened in entries {
                            let entry = opened.and_then(|(seq, one)| {
                                let entry = block::decode(seq, &one)?;
                                // Unless a repair says that its rest was lost.
                                let lost = register.lost((seq, seq));
                                if one.erased.is_some() && entry.is_none() && !lost {
                                    hands.nothing_left(seq);
                                }
                                Ok(entry.map(|entry| (entry, one.erased.is_some())))
                            });
                            self.read_content(entry, (key, judge), &mut hands, ledger, report)?;
                        }
                    }
                    Err(error) => unread(header.seq, &error, report),
                }
            }
            let more = header.last() < upto;
            Ok(if more { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
        });
        for (seq, Said { zh, en }) in hands.end(&register) {
            report.problem(Some(seq), said!("第 {seq} 条：{zh}", "Entry {seq}: {en}"));
        }
        walked
    }

    /// One entry against those before it, and against whoever signed it.
    fn read_content(
        &self,
        entry: Result<Option<(Entry, bool)>, StoreError>,
        (key, judge): (Option<&KnownKey>, &Judge<'_>),
        hands: &mut Hands,
        ledger: &mut Ledger,
        report: &mut VerifyReport,
    ) -> Result<(), StoreError> {
        let (entry, erased) = match entry {
            Ok(Some(found)) => found,
            Ok(None) => return Ok(()),
            Err(error) => {
                unread(report.entries, &error, report);
                return Ok(());
            }
        };
        let seq = entry.seq;
        let lost = report.lost > 0;
        let fits = |op: &entry::Op| {
            let Some((kind, id, previous)) = op.touches() else { return true };
            let key = self.records.key(kind, id).ok();
            previous == seq || key.map_or(0, |key| ledger.last_seq(&key)) == previous
        };
        let again = hands.is_again(&entry);
        let wrong = hands.look(&entry, key, (erased, lost), fits);
        let wrong = wrong.or_else(|| key.filter(|_| !again).and_then(|key| judge(&entry, key)));
        if let Some(Said { zh, en }) = wrong {
            report.problem(Some(seq), said!("第 {seq} 条：{zh}", "Entry {seq}: {en}"));
        }
        for op in &entry.ops {
            let Some((kind, id, previous)) = op.touches() else { continue };
            let key = self.records.key(kind, id)?;
            let put = op.record().map(envelope::encode_record);
            let before = ledger.touch(key, seq, put.as_deref());
            // Where content was lost the link may lead past what is known.
            if before != previous && report.lost == 0 {
                report.problem(
                    Some(seq),
                    said!(
                        "第 {seq} 条与前一条的关联不对",
                        "Entry {seq} is not linked to the entry before it"
                    ),
                );
            }
        }
        Ok(())
    }

    fn compare_table(
        &self,
        upto: u64,
        mut ledger: Ledger,
        report: &mut VerifyReport,
    ) -> Result<TableReport, StoreError> {
        let _one_at_a_time = self.walking.lock().unwrap_or_else(PoisonError::into_inner);
        let mut found = TableReport::default();
        let walked = self.records.walk(&mut |record| {
            found.records += 1;
            let same = ledger.meet(&record.key, record.last_seq, record.plain());
            // What was saved since the check began is not held against it.
            found.differing += u64::from(!same && record.last_seq <= upto);
            Ok(())
        });
        found.missing = ledger.missing();
        if walked.is_err() || found.missing + found.differing > 0 {
            let (missing, differing) = (found.missing, found.differing);
            report.problem(
                None,
                said!(
                    "记录表与日志不一致：缺 {missing} 条，不同 {differing} 条",
                    "The table of records differs from the journal: {missing} missing, {differing} different"
                ),
            );
            // The journal is whole, so the table can be put right at once.
            if report.problem_count == 1 {
                let why =
                    StoreError::Records(Said::fixed("与日志不一致", "it differs from the journal"));
                found.put_right = self.queue.rebuild(Some(why)).wait()?;
            }
        }
        Ok(found)
    }
}

fn unread(seq: u64, error: &StoreError, report: &mut VerifyReport) {
    let Said { zh, en } = error.said();
    report.problem(Some(seq), said!("第 {seq} 条：{zh}", "Entry {seq}: {en}"));
}

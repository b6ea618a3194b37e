//! Heads of the journal that are known outside: what was once the end of the chain must be in it for
//! ever, or a branch must say that it was given up.
//!
//! They leave the house with every backup and, in a small file in the open, with every copy to the
//! second place. Whoever puts back an older copy of the folder, or cuts off its end, is found out by
//! any of them.

use crate::record::{Instant, china_offset};
use crate::said;
use crate::store::error::StoreError;
use crate::store::files::disk::{read_text, write_whole};
use crate::store::files::station::StationInfo;
use crate::store::journal::reader::JournalReader;
use crate::store::keys::Register;
use crate::words::Said;
use blake3::Hash;
use serde::{Deserialize, Serialize};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

/// At most so many are kept in a file; the first of all stays, the oldest after it go.
const MOST: usize = 400;

/// A head somebody outside has written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownHead {
    /// In which of the station's lives.
    pub incarnation: u32,
    /// The last entry then.
    pub seq: u64,
    /// The hash of its frame's header.
    pub hash: Hash,
    /// Where that frame was then: segment and offset.
    pub place: (u32, u64),
    /// When.
    pub made: Instant,
}

impl KnownHead {
    /// What it means that the journal does not have it.
    #[must_use]
    pub fn missing(&self) -> Said {
        let seq = self.seq;
        let made = self.made.with_timezone(&china_offset()).format("%Y-%m-%d %H:%M");
        said!(
            "{made} 时日志到第 {seq} 条，现在的日志里没有它：放回了旧的一份，或末尾被换掉。请先停下，找管理员和上级核对",
            "At {made} the journal ended with entry {seq}, and it is not in the journal now: an older copy was put in its place, or its end was changed. Stop here and have the administrator and the union above look into it"
        )
    }

    /// Whether a later branch gave it up.
    pub fn given_up_in(&self, register: &Register) -> bool {
        register.given_up(self.incarnation, self.seq, self.hash.as_bytes())
    }

    /// Whether a journal holds it, or a branch says that it was given up.
    pub fn is_in(&self, journal: &JournalReader, register: &Register) -> bool {
        if self.seq == 0 || self.given_up_in(register) {
            return true;
        }
        if self.seq > journal.end().seq {
            return false;
        }
        if journal.has_at(self.place, &self.hash) {
            return true;
        }
        // The files were written anew since, by a repair or an erasure.
        let mut found = false;
        let walked = journal.frames(self.seq, |frame| {
            let header = &frame.header;
            found = header.last() == self.seq && header.hash() == self.hash;
            Ok(ControlFlow::Break(()))
        });
        walked.is_ok() && found
    }
}

#[derive(Default, Serialize, Deserialize)]
struct File {
    #[serde(default, rename = "head")]
    heads: Vec<Head>,
}

#[derive(Serialize, Deserialize)]
struct Head {
    made: Instant,
    life: u32,
    entry: u64,
    hash: String,
    segment: u32,
    offset: u64,
}

/// The file of a station in a folder outside, named after its node.
fn path(folder: &Path, station: &StationInfo) -> PathBuf {
    folder.join(format!("heads-{}.toml", station.short_node()))
}

/// The heads in a file outside; none where there is no such file yet.
///
/// # Errors
/// [`StoreError::BadFile`] for one that is not as it was written, or what the machine gives.
pub fn read(folder: &Path, station: &StationInfo) -> Result<Vec<KnownHead>, StoreError> {
    let path = path(folder, station);
    let Some(text) = read_text(&path)? else { return Ok(Vec::new()) };
    let bad = |detail: String| StoreError::BadFile { file: path.display().to_string(), detail };
    let file: File = toml::from_str(&text).map_err(|error| bad(error.message().to_string()))?;
    let known = |line: &Head| {
        let Head { made, life, entry, hash, segment, offset } = line;
        let hash = Hash::from_hex(hash).map_err(|error| bad(error.to_string()))?;
        let place = (*segment, *offset);
        Ok(KnownHead { incarnation: *life, seq: *entry, hash, place, made: *made })
    };
    file.heads.iter().map(known).collect()
}

/// Adds a head to the file outside.
///
/// # Errors
/// As [`read`], which leaves a file nobody understands as it is, for whoever looks into it.
pub fn add(folder: &Path, station: &StationInfo, head: KnownHead) -> Result<(), StoreError> {
    let mut heads = read(folder, station)?;
    if heads.last().is_some_and(|last| last.hash == head.hash) {
        return Ok(());
    }
    heads.push(head);
    if heads.len() > MOST {
        heads.remove(1);
    }
    let line = |head: &KnownHead| Head {
        made: head.made,
        life: head.incarnation,
        entry: head.seq,
        hash: head.hash.to_hex().to_string(),
        segment: head.place.0,
        offset: head.place.1,
    };
    let file = File { heads: heads.iter().map(line).collect() };
    let text = toml::to_string(&file).map_err(|error| StoreError::Encoding(error.to_string()))?;
    write_whole(&path(folder, station), text.as_bytes())
}

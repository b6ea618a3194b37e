//! The small file that keeps sentinels outside the table they watch.
//!
//! The file also says which table is the one in use. Another one takes its place by this file
//! alone: the moment it is replaced is the moment of the change.

use super::sentinels::{Sentinel, Sentinels};
use crate::store::error::StoreError;
use crate::store::files::disk::{hex, read_text, unhex, write_whole};
use crate::store::files::layout::CHECKPOINT_FILE;
use crate::store::journal::place::Position;
use crate::store::keys::Register;
use blake3::Hash;
use serde::{Deserialize, Serialize};
use std::path::Path;
use uuid::Uuid;

const FORMAT: u32 = 4;

/// What was on the disk for certain when the checkpoint was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The last entry the table holds, and where it is in the journal.
    pub position: Position,
    /// Whose keys held there.
    pub register: Register,
    /// Which table it describes, the one in use: see [`super::building::folder`].
    pub generation: u32,
    /// Bytes of sled's main file then: one that is shorter now is damaged, which is told before
    /// sled opens it and writes to it.
    pub size: u64,
    /// What the table holds.
    pub kinds: Sentinels,
}

#[derive(Serialize, Deserialize)]
struct Kind {
    code: u16,
    count: u64,
    sum: String,
}

#[derive(Serialize, Deserialize)]
struct File {
    format: u32,
    /// The station it belongs to: another's, put here by mistake, says nothing about this one.
    station: Uuid,
    table: u32,
    size: u64,
    applied: u64,
    head: String,
    segment: u32,
    offset: u64,
    /// The register as packed bytes, in hexadecimal: nobody reads it here, it is in the journal.
    register: String,
    /// Hash of all the rest: a changed digit here may not condemn a whole table.
    check: String,
    #[serde(default, rename = "kind", skip_serializing_if = "Vec::is_empty")]
    kinds: Vec<Kind>,
}

impl File {
    fn check(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        let Self { format, station, table, size, applied, head, segment, offset, .. } = self;
        let Self { kinds, register, .. } = self;
        let fixed =
            format!("{format} {station} {table} {size} {applied} {head} {segment} {offset}");
        hasher.update(fixed.as_bytes()).update(b" ").update(register.as_bytes());
        for Kind { code, count, sum } in kinds {
            hasher.update(format!(" {code} {count} {sum}").as_bytes());
        }
        hex(&hasher.finalize().as_bytes()[..16])
    }
}

impl Checkpoint {
    /// Reads the checkpoint of a data folder; nothing when there is none, or it is not whole or
    /// another station's, in which case opening looks at everything.
    pub(in crate::store) fn load(dir: &Path, station: Uuid) -> Result<Option<Self>, StoreError> {
        let text = read_text(&dir.join(CHECKPOINT_FILE))?;
        Ok(text.as_deref().and_then(|text| Self::parse(text, station)))
    }

    fn parse(text: &str, station: Uuid) -> Option<Self> {
        let file: File = toml::from_str(text).ok()?;
        if file.format != FORMAT || file.station != station || file.check != file.check() {
            return None;
        }
        let kinds = file.kinds.iter().map(|kind| {
            let sum = u128::from_str_radix(&kind.sum, 16).ok()?;
            Some((kind.code, Sentinel { count: kind.count, sum }))
        });
        let hash = Hash::from_bytes(unhex(&file.head)?.try_into().ok()?);
        let position =
            Position { segment: file.segment, offset: file.offset, seq: file.applied, hash };
        let (generation, size) = (file.table, file.size);
        let register = rmp_serde::from_slice(&unhex(&file.register)?).ok()?;
        Some(Self { position, register, generation, size, kinds: kinds.collect::<Option<_>>()? })
    }

    /// Writes the checkpoint, on the disk when this returns.
    pub(in crate::store) fn save(&self, dir: &Path, station: Uuid) -> Result<(), StoreError> {
        let Position { segment, offset, seq, hash } = self.position;
        let kinds = self.kinds.iter().map(|(code, sentinel)| Kind {
            code: *code,
            count: sentinel.count,
            sum: format!("{:032x}", sentinel.sum),
        });
        let register = rmp_serde::to_vec(&self.register);
        let register = register.map_err(|error| StoreError::Encoding(error.to_string()))?;
        let mut file = File {
            format: FORMAT,
            station,
            table: self.generation,
            size: self.size,
            applied: seq,
            head: hex(hash.as_bytes()),
            segment,
            offset,
            register: hex(&register),
            check: String::new(),
            kinds: kinds.collect(),
        };
        file.check = file.check();
        let text = toml::to_string_pretty(&file).map_err(|error| StoreError::BadFile {
            file: CHECKPOINT_FILE.into(),
            detail: error.to_string(),
        })?;
        write_whole(&dir.join(CHECKPOINT_FILE), text.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::super::sentinels::Sentinel;
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn comes_back_and_a_changed_digit_is_seen() {
        let dir = tempfile::tempdir().unwrap();
        let (ours, theirs) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let position = Position { segment: 2, offset: 77, seq: 9, hash: blake3::hash(b"h") };
        let kinds = BTreeMap::from([(3, Sentinel { count: 4, sum: u128::MAX - 5 })]);
        let register = Register::default();
        let checkpoint = Checkpoint { position, register, generation: 3, size: 9, kinds };
        checkpoint.save(dir.path(), ours).unwrap();
        assert_eq!(Checkpoint::load(dir.path(), ours).unwrap(), Some(checkpoint));
        assert_eq!(Checkpoint::load(dir.path(), theirs).unwrap(), None);
        let path = dir.path().join(CHECKPOINT_FILE);
        let whole = std::fs::read_to_string(&path).unwrap();
        for (from, to) in [("offset = 77", "offset = 78"), ("table = 3", "table = 2")] {
            assert!(whole.contains(from));
            std::fs::write(&path, whole.replace(from, to)).unwrap();
            assert_eq!(Checkpoint::load(dir.path(), ours).unwrap(), None);
        }
        std::fs::remove_file(&path).unwrap();
        assert_eq!(Checkpoint::load(dir.path(), ours).unwrap(), None);
    }
}

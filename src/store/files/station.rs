//! Which station a data folder holds, and in which format.

use super::disk::{read_text, write_whole};
use super::layout::STATION_FILE;
use super::strict;
use crate::store::error::StoreError;
use blake3::Hash;
use serde::{Deserialize, Serialize};
use std::path::Path;
use uuid::Uuid;

/// The format of the data folder this program reads and writes.
pub const FORMAT: u32 = 4;

/// The station a data folder belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StationInfo {
    /// The node's identity among stations and hubs.
    pub node: Uuid,
    /// The station's name as it is printed.
    pub name: String,
    /// Division code of where it is.
    pub region: String,
}

#[derive(Serialize, Deserialize)]
struct File {
    format: u32,
    #[serde(flatten)]
    info: StationInfo,
}

#[derive(Deserialize)]
struct FormatOnly {
    format: u32,
}

impl StationInfo {
    /// Reads the station of a data folder that nobody else can reach.
    ///
    /// # Errors
    /// [`StoreError::NotAStation`], [`StoreError::Unfit`] for a folder open to others, [`StoreError::OtherFormat`] naming both versions, or
    /// [`StoreError::BadFile`].
    pub fn load(dir: &Path) -> Result<Self, StoreError> {
        let text = read_text(&dir.join(STATION_FILE))?;
        let text = text.ok_or_else(|| StoreError::NotAStation(dir.display().to_string()))?;
        strict::data_folder(dir)?;
        Self::parse(&text)
    }

    /// Reads a station file's text. The version is looked at before anything else.
    pub(in crate::store) fn parse(text: &str) -> Result<Self, StoreError> {
        let bad = |error: toml::de::Error| StoreError::BadFile {
            file: STATION_FILE.into(),
            detail: error.message().to_string(),
        };
        let found = toml::from_str::<FormatOnly>(text).map_err(bad)?.format;
        if found != FORMAT {
            return Err(StoreError::OtherFormat { found, ours: FORMAT });
        }
        Ok(toml::from_str::<File>(text).map_err(bad)?.info)
    }

    /// The station file's text.
    pub(in crate::store) fn text(&self) -> Result<String, StoreError> {
        toml::to_string_pretty(&File { format: FORMAT, info: self.clone() }).map_err(|error| {
            StoreError::BadFile { file: STATION_FILE.into(), detail: error.to_string() }
        })
    }

    /// Writes the station file.
    pub(in crate::store) fn save(&self, dir: &Path) -> Result<(), StoreError> {
        write_whole(&dir.join(STATION_FILE), self.text()?.as_bytes())
    }

    /// What its journal's signatures and its first header are bound to.
    pub(in crate::store) fn anchor(&self) -> Anchor {
        Anchor { node: self.node, genesis: self.genesis() }
    }

    /// What files of this station are named after in places that others use too.
    pub(in crate::store) fn short_node(&self) -> String {
        let mut node = self.node.simple().to_string();
        node.truncate(12);
        node
    }

    /// The hash the first entry of this station's journal is chained to.
    #[must_use]
    pub fn genesis(&self) -> Hash {
        Hash::from_bytes(blake3::derive_key(
            "yizhan 2025 journal v1: before the first entry",
            self.node.as_bytes(),
        ))
    }
}

/// Which journal it is: the station's node and the hash its first header is chained to.
#[derive(Clone, Copy, Debug)]
pub struct Anchor {
    /// The station's node, which every signature names.
    pub node: Uuid,
    /// The hash before the first header.
    pub genesis: Hash,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info() -> StationInfo {
        StationInfo {
            node: Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0001),
            name: "解放碑驿站".into(),
            region: "500103".into(),
        }
    }

    #[test]
    fn comes_back() {
        let dir = tempfile::tempdir().unwrap();
        strict::close_folder(dir.path()).unwrap();
        info().save(dir.path()).unwrap();
        assert_eq!(StationInfo::load(dir.path()).unwrap(), info());
    }

    #[test]
    fn another_version_is_named_whatever_else_it_holds() {
        let error = StationInfo::parse("format = 7\nnodes = [1]\n").unwrap_err();
        assert_eq!(error, StoreError::OtherFormat { found: 7, ours: FORMAT });
        let said = error.said();
        assert!(
            said.zh.contains('7') && said.zh.contains(&FORMAT.to_string()) && said.en.contains('7')
        );
    }

    #[test]
    fn an_empty_folder_is_no_station() {
        let dir = tempfile::tempdir().unwrap();
        assert!(matches!(StationInfo::load(dir.path()), Err(StoreError::NotAStation(_))));
    }
}

//! Formulas written in files an office edits.

use super::Formula;
use crate::edited::{At, Node};
use crate::words::Said;

impl Formula {
    /// The formula at a key of an edited file; a mistake is told with its column.
    pub fn at(node: &Node<'_>, key: &'static str) -> Option<Self> {
        let At { value, place } = node.text(key)?;
        Self::parse(&value)
            .map_err(|error| {
                let (column, said) = (error.column, error.said);
                let said = Said::new(
                    format!("“{key}”的公式第 {column} 个字符：{}", said.zh),
                    format!("\"{key}\": in the formula, character {column}: {}", said.en),
                );
                node.problems().add(&place, said);
            })
            .ok()
    }

    /// A formula that must be there.
    pub fn need(node: &Node<'_>, key: &'static str) -> Option<Self> {
        node.need(key);
        Self::at(node, key)
    }
}

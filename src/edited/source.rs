//! One edited file.

use super::{Node, Place, Problems};
use crate::said;
use std::ops::Range;
use std::sync::Arc;
use toml::de::DeTable;

/// One edited file: its name, its tables and where its lines begin.
#[derive(Debug)]
pub struct Source<'s> {
    file: Arc<str>,
    line_starts: Vec<usize>,
    table: DeTable<'s>,
    problems: &'s Problems,
}

impl<'s> Source<'s> {
    /// Reads `text`; what is no TOML is noted line by line and the rest is kept.
    pub fn open(file: &str, text: &'s str, problems: &'s Problems) -> Self {
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let line_starts = std::iter::once(0).chain(breaks.map(|(at, _)| at + 1)).collect();
        let (root, errors) = DeTable::parse_recoverable(text);
        let source =
            Self { file: Arc::from(file), line_starts, table: root.into_inner(), problems };
        for error in errors {
            let detail = error.message().replace('\n', " ");
            problems.add(
                &source.place(&error.span().unwrap_or_default()),
                said!(
                    "这里不合 TOML 写法（{detail}），常见原因是少了引号、等号或逗号",
                    "this is not written as TOML ({detail}); often a quote, equals sign or comma \
                     is missing"
                ),
            );
        }
        source
    }

    /// The table at the root of the file.
    #[must_use]
    pub fn root(&self) -> Node<'_> {
        Node::new(self, &self.table, self.place(&(0..0)))
    }

    /// The problems everything is added to.
    #[must_use]
    pub fn problems(&self) -> &Problems {
        self.problems
    }

    /// Where a span of the text begins.
    pub(super) fn place(&self, span: &Range<usize>) -> Place {
        let line = self.line_starts.partition_point(|start| *start <= span.start).max(1);
        Place { file: Arc::clone(&self.file), line }
    }
}

//! The check a rule file gets when it is loaded: every name known, every operator fitting.

use super::parse::{Comparison, Node, What};
use super::{Formula, FormulaError, Kind};
use crate::said;
use crate::words::Said;

impl Formula {
    /// The kind the formula comes to, `kind_of` telling the kind of each name.
    ///
    /// # Errors
    /// With the column, when a name is not known or values of two kinds meet.
    pub fn kind(&self, kind_of: &dyn Fn(&str) -> Option<Kind>) -> Result<Kind, FormulaError> {
        kind(&self.root, kind_of)
    }
}

type KindOf<'k> = &'k dyn Fn(&str) -> Option<Kind>;

fn kind(node: &Node, kind_of: KindOf) -> Result<Kind, FormulaError> {
    match &node.what {
        What::Literal(value) => Ok(value.kind()),
        What::Name(name) => kind_of(name).ok_or_else(|| FormulaError {
            column: node.column,
            said: said!(
                "没有名为“{name}”的事实、参数或计算值",
                "no fact, parameter or computed value is called \"{name}\""
            ),
        }),
        What::Not(a) => expect(a, Kind::YesNo, kind_of),
        What::Negate(a) => expect(a, Kind::Integer, kind_of),
        What::And(a, b) | What::Or(a, b) => {
            expect(a, Kind::YesNo, kind_of)?;
            expect(b, Kind::YesNo, kind_of)
        }
        What::If(condition, yes, no) => {
            expect(condition, Kind::YesNo, kind_of)?;
            let wanted = kind(yes, kind_of)?;
            expect(no, wanted, kind_of)
        }
        What::Compare(how, a, b) => {
            let wanted = match how {
                Comparison::Equal | Comparison::NotEqual => kind(a, kind_of)?,
                _ => expect(a, Kind::Integer, kind_of)?,
            };
            expect(b, wanted, kind_of)?;
            Ok(Kind::YesNo)
        }
        What::Arithmetic(_, a, b) => {
            expect(a, Kind::Integer, kind_of)?;
            expect(b, Kind::Integer, kind_of)
        }
        What::In(a, b) => {
            expect(a, Kind::Text, kind_of)?;
            expect(b, Kind::List, kind_of)?;
            Ok(Kind::YesNo)
        }
        What::List(items) => {
            for item in items {
                expect(item, Kind::Text, kind_of)?;
            }
            Ok(Kind::List)
        }
        What::Size(a) => match kind(a, kind_of)? {
            Kind::Text | Kind::List => Ok(Kind::Integer),
            _ => expect(a, Kind::List, kind_of),
        },
    }
}

fn expect(node: &Node, wanted: Kind, kind_of: KindOf) -> Result<Kind, FormulaError> {
    let found = kind(node, kind_of)?;
    if found == wanted {
        return Ok(found);
    }
    let (found, wanted) = (found.said(), wanted.said());
    let said = Said::new(
        format!("这里应是{}，现在是{}", wanted.zh, found.zh),
        format!("{} is wanted here, and this is {}", wanted.en, found.en),
    );
    Err(FormulaError { column: node.column, said })
}

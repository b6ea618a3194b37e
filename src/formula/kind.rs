//! The check a rule file gets when it is loaded: every name known, every operator fitting.

use super::parse::{Arithmetic, Comparison, Node, What};
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
        What::Name(name) => named(node, name, kind_of),
        What::Given(name) => named(node, name, kind_of).map(|_| Kind::YesNo),
        What::Not(a) => expect(a, Kind::YesNo, kind_of),
        What::Negate(a) => expect(a, Kind::Integer, kind_of),
        What::And(a, b) | What::Or(a, b) => {
            expect(a, Kind::YesNo, kind_of)?;
            expect(b, Kind::YesNo, kind_of)
        }
        What::If(condition, yes, no) => {
            expect(condition, Kind::YesNo, kind_of)?;
            either(yes, no, kind_of)
        }
        What::Compare(how, a, b) => {
            match how {
                Comparison::Equal | Comparison::NotEqual => either(a, b, kind_of)?,
                _ => expect(a, Kind::Integer, kind_of).and(expect(b, Kind::Integer, kind_of))?,
            };
            Ok(Kind::YesNo)
        }
        What::Arithmetic(how, a, b) => {
            let a = expect(a, Kind::Integer, kind_of)?;
            let b = expect(b, Kind::Integer, kind_of)?;
            // So many days after or before a day is a day; between two days is a number.
            Ok(match (how, a, b) {
                (Arithmetic::Plus, Kind::Date, Kind::Integer)
                | (Arithmetic::Plus, Kind::Integer, Kind::Date)
                | (Arithmetic::Minus, Kind::Date, Kind::Integer) => Kind::Date,
                _ => Kind::Integer,
            })
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
        What::Year(a) | What::Month(a) => expect(a, Kind::Date, kind_of).map(|_| Kind::Integer),
    }
}

fn named(node: &Node, name: &str, kind_of: KindOf) -> Result<Kind, FormulaError> {
    kind_of(name).ok_or_else(|| FormulaError {
        column: node.column,
        said: said!(
            "没有名为“{name}”的事实、参数或计算值",
            "no fact, parameter or computed value is called \"{name}\""
        ),
    })
}

/// The kind two branches or two sides have in common; things of which a formula only knows that
/// they are there have none.
fn either(a: &Node, b: &Node, kind_of: KindOf) -> Result<Kind, FormulaError> {
    let wanted = match kind(a, kind_of)? {
        Kind::Thing => expect(a, Kind::Text, kind_of)?,
        Kind::Date => Kind::Integer,
        other => other,
    };
    match (kind(a, kind_of)?, expect(b, wanted, kind_of)?) {
        (Kind::Date, Kind::Date) => Ok(Kind::Date),
        _ => Ok(wanted),
    }
}

fn expect(node: &Node, wanted: Kind, kind_of: KindOf) -> Result<Kind, FormulaError> {
    let found = kind(node, kind_of)?;
    if wanted.takes(found) {
        return Ok(found);
    }
    let (found, wanted) = (found.said(), wanted.said());
    let said = Said::new(
        format!("这里应是{}，现在是{}", wanted.zh, found.zh),
        format!("{} is wanted here, and this is {}", wanted.en, found.en),
    );
    Err(FormulaError { column: node.column, said })
}

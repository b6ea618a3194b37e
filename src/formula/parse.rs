//! Text to formula: the `cel` crate parses, this file keeps the operators rules may use.

use crate::said;
use crate::words::Said;
use cel::common::ast::{CallExpr, Expr, IdedExpr, LiteralValue, SourceInfo, operators};
use cel::parser::Parser;
use serde::{Serialize, Serializer};
use std::collections::BTreeSet;
use std::fmt;

use super::Val;

/// Longest formula taken, in characters. Rules are a line or two; the bound keeps a damaged
/// file from building a tree too deep to walk.
const LONGEST: usize = 1000;

/// Deepest nesting of brackets. The crate's parser spends some 150 KB of stack on each pair in
/// a debug build and has no bound of its own, so the bound is set before it is called.
const DEEPEST: usize = 6;

/// Why a text is no formula.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("column {column}: {}", said.en)]
pub struct FormulaError {
    /// Where in the text, in characters counted from 1.
    pub column: usize,
    /// What is wrong and what to write.
    pub said: Said,
}

/// How two values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// What is computed from two whole numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arithmetic {
    Plus,
    Minus,
    Times,
}

/// A formula's tree, each node with its column for messages.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Node {
    pub column: usize,
    pub what: What,
}

/// What is at one place of the tree.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum What {
    Literal(Val),
    Name(String),
    /// Whether a name is known, which itself always is.
    Given(String),
    Not(Box<Node>),
    And(Box<Node>, Box<Node>),
    Or(Box<Node>, Box<Node>),
    If(Box<Node>, Box<Node>, Box<Node>),
    Compare(Comparison, Box<Node>, Box<Node>),
    Arithmetic(Arithmetic, Box<Node>, Box<Node>),
    Negate(Box<Node>),
    In(Box<Node>, Box<Node>),
    List(Vec<Node>),
    Size(Box<Node>),
    /// The year of a day.
    Year(Box<Node>),
    /// The month of a day, from 1.
    Month(Box<Node>),
}

/// A parsed condition or computed value.
#[derive(Clone, PartialEq)]
pub struct Formula {
    text: String,
    pub(super) root: Node,
}

impl Formula {
    /// Parses CEL, refusing what rules may not use: division, fractions, loops, function calls.
    ///
    /// # Errors
    /// With the column and a sentence, when the text is no formula.
    pub fn parse(text: &str) -> Result<Self, FormulaError> {
        if text.trim().is_empty() {
            let said =
                Said::fixed("公式是空的，请写出条件", "the formula is empty; write a condition");
            return Err(FormulaError { column: 1, said });
        }
        if text.chars().count() > LONGEST {
            let said = said!(
                "公式超过 {LONGEST} 个字符，请拆成几个计算值",
                "the formula is longer than {LONGEST} characters; split it into computed values"
            );
            return Err(FormulaError { column: LONGEST, said });
        }
        if let Some(column) = too_deep(text) {
            let said = said!(
                "括号嵌套超过 {DEEPEST} 层，请拆成几个计算值",
                "brackets nest deeper than {DEEPEST}; split the formula into computed values"
            );
            return Err(FormulaError { column, said });
        }
        let (expr, source) = Parser::new().parse_with_source_info(text).map_err(|errors| {
            let first = errors.errors.first();
            let column = first.map_or(1, |error| usize::try_from(error.pos.1).unwrap_or(1));
            let told = first.map_or_else(String::new, |error| error.msg.clone());
            FormulaError {
                column: column.max(1),
                said: said!("这里不是合法的公式：{told}", "not a formula here: {told}"),
            }
        })?;
        let root = Reading { source: &source }.node(&expr)?;
        Ok(Self { text: text.to_owned(), root })
    }

    /// The text it was parsed from.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The names it refers to, dotted names whole.
    #[must_use]
    pub fn inputs(&self) -> BTreeSet<&str> {
        let mut names = BTreeSet::new();
        collect(&self.root, &mut names);
        names
    }
}

impl fmt::Debug for Formula {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Formula").field(&self.text).finish()
    }
}

impl Serialize for Formula {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

/// The column of the first bracket that nests too deep, text in quotes left aside.
fn too_deep(text: &str) -> Option<usize> {
    let (mut depth, mut quote) = (0usize, None);
    for (at, c) in text.chars().enumerate() {
        match (quote, c) {
            (Some(open), _) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(c),
            (None, '(' | '[' | '{') => depth += 1,
            (None, ')' | ']' | '}') => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > DEEPEST {
            return Some(at + 1);
        }
    }
    None
}

fn collect<'f>(node: &'f Node, names: &mut BTreeSet<&'f str>) {
    match &node.what {
        What::Literal(_) => {}
        What::Name(name) | What::Given(name) => {
            names.insert(name);
        }
        What::Not(a) | What::Negate(a) | What::Size(a) | What::Year(a) | What::Month(a) => {
            collect(a, names);
        }
        What::And(a, b)
        | What::Or(a, b)
        | What::Compare(_, a, b)
        | What::Arithmetic(_, a, b)
        | What::In(a, b) => {
            collect(a, names);
            collect(b, names);
        }
        What::If(a, b, c) => {
            for part in [a, b, c] {
                collect(part, names);
            }
        }
        What::List(items) => {
            for item in items {
                collect(item, names);
            }
        }
    }
}

/// Turns the crate's tree into ours.
struct Reading<'s> {
    source: &'s SourceInfo,
}

impl Reading<'_> {
    fn node(&self, expr: &IdedExpr) -> Result<Node, FormulaError> {
        let what = match &expr.expr {
            Expr::Literal(literal) => What::Literal(self.literal(expr.id, literal)?),
            Expr::Ident(name) => What::Name(name.clone()),
            Expr::Select(_) => {
                let name = self.dotted(expr)?;
                match name.strip_suffix(".given") {
                    Some(name) => What::Given(name.to_owned()),
                    None => What::Name(name),
                }
            }
            Expr::List(list) => {
                let items = list.elements.iter().map(|item| self.node(item));
                What::List(items.collect::<Result<_, _>>()?)
            }
            Expr::Call(call) => self.call(expr.id, call)?,
            _ => return Err(self.refuse(expr.id, "")),
        };
        Ok(Node { column: self.column(expr.id), what })
    }

    fn literal(&self, id: u64, literal: &LiteralValue) -> Result<Val, FormulaError> {
        match literal {
            LiteralValue::Boolean(yes) => Ok(Val::YesNo(*yes.inner())),
            LiteralValue::Int(number) => Ok(Val::Integer(*number.inner())),
            LiteralValue::String(text) => Ok(Val::Text(text.inner().to_owned())),
            LiteralValue::Double(_) => Err(FormulaError {
                column: self.column(id),
                said: Said::fixed(
                    "公式里不用小数：金额写成分，倍数写成两个整数之比",
                    "no fractions in formulas: write money in fen and multiples as two whole numbers",
                ),
            }),
            _ => Err(self.refuse(id, "")),
        }
    }

    fn dotted(&self, expr: &IdedExpr) -> Result<String, FormulaError> {
        match &expr.expr {
            Expr::Ident(name) => Ok(name.clone()),
            Expr::Select(select) if !select.test => {
                Ok(format!("{}.{}", self.dotted(&select.operand)?, select.field))
            }
            _ => Err(self.refuse(expr.id, "")),
        }
    }

    fn call(&self, id: u64, call: &CallExpr) -> Result<What, FormulaError> {
        let arguments: Vec<&IdedExpr> =
            call.target.as_deref().into_iter().chain(&call.args).collect();
        let name = call.func_name.as_str();
        match arguments.as_slice() {
            [a] => {
                let a = Box::new(self.node(a)?);
                match name {
                    operators::LOGICAL_NOT => Ok(What::Not(a)),
                    operators::NEGATE => Ok(What::Negate(a)),
                    "size" => Ok(What::Size(a)),
                    "year" => Ok(What::Year(a)),
                    "month" => Ok(What::Month(a)),
                    _ => Err(self.refuse(id, name)),
                }
            }
            [a, b] => {
                if name == operators::DIVIDE || name == operators::MODULO {
                    return Err(FormulaError {
                        column: self.column(id),
                        said: Said::fixed(
                            "公式里不用除法：请把除数乘到另一边再比较",
                            "no division in formulas: multiply the other side instead",
                        ),
                    });
                }
                let (a, b) = (Box::new(self.node(a)?), Box::new(self.node(b)?));
                binary(name, a, b).ok_or_else(|| self.refuse(id, name))
            }
            [a, b, c] if name == operators::CONDITIONAL => {
                let part = |expr: &IdedExpr| self.node(expr).map(Box::new);
                Ok(What::If(part(a)?, part(b)?, part(c)?))
            }
            _ => Err(self.refuse(id, name)),
        }
    }

    fn refuse(&self, id: u64, name: &str) -> FormulaError {
        let shown = if name.is_empty() { String::new() } else { format!(" {name} ") };
        FormulaError {
            column: self.column(id),
            said: said!(
                "公式里不能用{shown}这种写法；可用 && || ! == != < <= > >= + - * in ?: size() year() month() .given",
                "{shown}cannot be used in a formula; use && || ! == != < <= > >= + - * in ?: size() year() month() .given"
            ),
        }
    }

    /// The crate counts bytes; people count characters.
    fn column(&self, id: u64) -> usize {
        let Some((start, _)) = self.source.offset_for(id) else { return 1 };
        let before = self.source.source.char_indices().take_while(|(at, _)| *at < start as usize);
        before.count() + 1
    }
}

fn binary(name: &str, a: Box<Node>, b: Box<Node>) -> Option<What> {
    let comparison = |how| What::Compare(how, a.clone(), b.clone());
    let arithmetic = |how| What::Arithmetic(how, a.clone(), b.clone());
    Some(match name {
        operators::LOGICAL_AND => What::And(a, b),
        operators::LOGICAL_OR => What::Or(a, b),
        operators::EQUALS => comparison(Comparison::Equal),
        operators::NOT_EQUALS => comparison(Comparison::NotEqual),
        operators::LESS => comparison(Comparison::Less),
        operators::LESS_EQUALS => comparison(Comparison::LessOrEqual),
        operators::GREATER => comparison(Comparison::Greater),
        operators::GREATER_EQUALS => comparison(Comparison::GreaterOrEqual),
        operators::ADD => arithmetic(Arithmetic::Plus),
        operators::SUBSTRACT => arithmetic(Arithmetic::Minus),
        operators::MULTIPLY => arithmetic(Arithmetic::Times),
        operators::IN => What::In(a, b),
        _ => return None,
    })
}

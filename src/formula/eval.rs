//! The walk over a formula's tree.

use super::parse::{Arithmetic, Comparison, Node, What};
use super::{Formula, Input, Inputs, Outcome, Val};
use crate::said;
use crate::words::Said;
use chrono::{Datelike, NaiveDate};
use std::cmp::Ordering;
use std::collections::BTreeSet;

impl Formula {
    /// What the formula comes to. Never panics; whole numbers that grow too large fail.
    #[must_use]
    pub fn eval(&self, inputs: &Inputs) -> Outcome {
        eval(&self.root, inputs)
    }
}

fn eval(node: &Node, inputs: &Inputs) -> Outcome {
    match &node.what {
        What::Literal(value) => Outcome::Known(value.clone()),
        What::Name(name) => match inputs.get(name) {
            Some(Input::Known(value)) => Outcome::Known(value.clone()),
            Some(Input::Unknown(names)) => Outcome::Unknown(names.clone()),
            Some(Input::There) | None => Outcome::Unknown(BTreeSet::from([name.clone()])),
        },
        What::Given(name) => {
            let given = matches!(inputs.get(name), Some(Input::Known(_) | Input::There));
            Outcome::Known(Val::YesNo(given))
        }
        What::Not(a) => strict1(eval(a, inputs), |a| match a {
            Val::YesNo(yes) => Outcome::Known(Val::YesNo(!yes)),
            _ => misfit("!"),
        }),
        What::Negate(a) => strict1(eval(a, inputs), |a| match a {
            Val::Integer(number) => whole(number.checked_neg()),
            _ => misfit("-"),
        }),
        What::And(a, b) => logic(eval(a, inputs), eval(b, inputs), false),
        What::Or(a, b) => logic(eval(a, inputs), eval(b, inputs), true),
        What::If(condition, yes, no) => choose(condition, yes, no, inputs),
        What::Compare(how, a, b) => {
            strict2(eval(a, inputs), eval(b, inputs), |a, b| compare(*how, &a, &b))
        }
        What::Arithmetic(how, a, b) => {
            strict2(eval(a, inputs), eval(b, inputs), |a, b| compute(*how, &a, &b))
        }
        What::In(a, b) => strict2(eval(a, inputs), eval(b, inputs), |a, b| match (a, b) {
            (Val::Text(text), Val::List(items)) => Outcome::Known(items.contains(&text).into()),
            _ => misfit("in"),
        }),
        What::List(items) => list(items, inputs),
        What::Size(a) => strict1(eval(a, inputs), |a| {
            let size = match a {
                Val::Text(text) => text.chars().count(),
                Val::List(items) => items.len(),
                _ => return misfit("size()"),
            };
            whole(i64::try_from(size).ok())
        }),
        What::Year(a) => strict1(eval(a, inputs), |a| of_day(&a, |day| day.year().into())),
        What::Month(a) => strict1(eval(a, inputs), |a| of_day(&a, |day| day.month().into())),
    }
}

/// `&&` and `||`: one side that settles the matter settles it whatever the other side is.
fn logic(a: Outcome, b: Outcome, settles: bool) -> Outcome {
    if a.yes_no() == Some(settles) || b.yes_no() == Some(settles) {
        return Outcome::Known(Val::YesNo(settles));
    }
    strict2(a, b, |a, b| match (a, b) {
        (Val::YesNo(_), Val::YesNo(_)) => Outcome::Known(Val::YesNo(!settles)),
        _ => misfit(if settles { "||" } else { "&&" }),
    })
}

/// `?:` with an unknown condition still knows what both branches agree on.
fn choose(condition: &Node, yes: &Node, no: &Node, inputs: &Inputs) -> Outcome {
    match eval(condition, inputs) {
        Outcome::Known(Val::YesNo(true)) => eval(yes, inputs),
        Outcome::Known(Val::YesNo(false)) => eval(no, inputs),
        Outcome::Known(_) => misfit("?:"),
        Outcome::Unknown(names) => match (eval(yes, inputs), eval(no, inputs)) {
            (Outcome::Known(a), Outcome::Known(b)) if a == b => Outcome::Known(a),
            _ => Outcome::Unknown(names),
        },
        failed @ Outcome::Failed(_) => failed,
    }
}

fn list(items: &[Node], inputs: &Inputs) -> Outcome {
    let start = Outcome::Known(Val::List(Vec::new()));
    items.iter().fold(start, |so_far, item| {
        strict2(so_far, eval(item, inputs), |so_far, item| match (so_far, item) {
            (Val::List(mut texts), Val::Text(text)) => {
                texts.push(text);
                Outcome::Known(Val::List(texts))
            }
            _ => misfit("[]"),
        })
    })
}

fn compare(how: Comparison, a: &Val, b: &Val) -> Outcome {
    let ordering = match (a, b) {
        (Val::Integer(a), Val::Integer(b)) => a.cmp(b),
        (Val::YesNo(_), Val::YesNo(_))
        | (Val::Text(_), Val::Text(_))
        | (Val::List(_), Val::List(_))
            if matches!(how, Comparison::Equal | Comparison::NotEqual) =>
        {
            a.cmp(b)
        }
        _ => return misfit("== != < <= > >="),
    };
    Outcome::Known(Val::YesNo(match how {
        Comparison::Equal => ordering == Ordering::Equal,
        Comparison::NotEqual => ordering != Ordering::Equal,
        Comparison::Less => ordering == Ordering::Less,
        Comparison::LessOrEqual => ordering != Ordering::Greater,
        Comparison::Greater => ordering == Ordering::Greater,
        Comparison::GreaterOrEqual => ordering != Ordering::Less,
    }))
}

fn compute(how: Arithmetic, a: &Val, b: &Val) -> Outcome {
    let (Val::Integer(a), Val::Integer(b)) = (a, b) else { return misfit("+ - *") };
    whole(match how {
        Arithmetic::Plus => a.checked_add(*b),
        Arithmetic::Minus => a.checked_sub(*b),
        Arithmetic::Times => a.checked_mul(*b),
    })
}

/// A part of a day, given as days since the first of the year 1.
fn of_day(day: &Val, part: impl Fn(NaiveDate) -> i64) -> Outcome {
    let Val::Integer(number) = day else { return misfit("year() month()") };
    let day = i32::try_from(*number).ok().and_then(NaiveDate::from_num_days_from_ce_opt);
    whole(day.map(part))
}

fn strict1(a: Outcome, then: impl FnOnce(Val) -> Outcome) -> Outcome {
    match a {
        Outcome::Known(a) => then(a),
        other => other,
    }
}

/// Both sides are needed. Lacking goes before failing, for what is lacking may still mend it.
fn strict2(a: Outcome, b: Outcome, then: impl FnOnce(Val, Val) -> Outcome) -> Outcome {
    match (a, b) {
        (Outcome::Known(a), Outcome::Known(b)) => then(a, b),
        (Outcome::Unknown(mut a), Outcome::Unknown(b)) => {
            a.extend(b);
            Outcome::Unknown(a)
        }
        (Outcome::Unknown(names), _) | (_, Outcome::Unknown(names)) => Outcome::Unknown(names),
        (Outcome::Failed(said), _) | (_, Outcome::Failed(said)) => Outcome::Failed(said),
    }
}

fn whole(number: Option<i64>) -> Outcome {
    number.map_or_else(
        || {
            Outcome::Failed(Said::fixed(
                "数字太大，算不出来；请检查金额是否多写了几位",
                "the numbers grow too large to compute; check the amounts for extra digits",
            ))
        },
        |number| Outcome::Known(Val::Integer(number)),
    )
}

fn misfit(operator: &str) -> Outcome {
    Outcome::Failed(said!(
        "“{operator}”两边的值不是同一类，请检查规则",
        "the values beside \"{operator}\" are not of one kind; check the rule"
    ))
}

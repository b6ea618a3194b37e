//! Exact comparison of a quotient with thresholds, and how it is written for people.

use super::Round;
use crate::said;
use crate::words::Said;
use std::cmp::Ordering;

/// A quotient kept as two whole numbers, in fen; the divisor is above zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Quotient {
    pub num: i128,
    pub den: i128,
}

/// A level with its multiple, in fen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Level {
    pub title: Said,
    /// Level times the multiple's numerator.
    pub num: i128,
    /// The multiple's denominator, above zero.
    pub den: i128,
}

impl Quotient {
    /// Rounded half up to the fen, the half going away from zero as 四舍五入 does.
    pub fn rounded(self) -> i128 {
        half_up(self.num, self.den)
    }

    /// As a whole number.
    pub fn whole(self, round: Round) -> i64 {
        let (below, rest) = (self.num.div_euclid(self.den), self.num.rem_euclid(self.den));
        let whole = match round {
            Round::Up => below + i128::from(rest > 0),
            Round::Down => below,
            Round::HalfUp => self.rounded(),
        };
        // Both sides were 64 bits, and the divisor is at least one.
        i64::try_from(whole).unwrap_or(i64::MAX)
    }

    /// Compares exactly; `None` when the numbers grow too large.
    fn compare(self, level: &Level) -> Option<Ordering> {
        let (mine, limit) = self.against(level)?;
        Some(mine.cmp(&limit))
    }

    /// Both sides over one divisor: what is divided, and what it may come to.
    fn against(self, level: &Level) -> Option<(i128, i128)> {
        Some((self.num.checked_mul(level.den)?, level.num.checked_mul(self.den)?))
    }

    /// How far what is divided lies above the level, in fen and rounded away from zero.
    pub fn distance(self, level: &Level) -> Option<i64> {
        let (mine, limit) = self.against(level)?;
        let (distance, den) = (mine.checked_sub(limit)?, level.den);
        let whole = distance / den + (distance % den).signum();
        i64::try_from(whole).ok()
    }
}

impl Level {
    fn rounded(&self) -> i128 {
        half_up(self.num, self.den)
    }
}

fn half_up(num: i128, den: i128) -> i128 {
    let size = (num.unsigned_abs() * 2 + den.unsigned_abs()) / (den.unsigned_abs() * 2);
    i128::try_from(size).unwrap_or(i128::MAX) * num.signum()
}

/// Fen as yuan with two decimals and a true minus sign: `−166.67`.
pub(super) fn yuan(fen: i128) -> String {
    let sign = if fen < 0 { "−" } else { "" };
    let size = fen.unsigned_abs();
    format!("{sign}{}.{:02}", size / 100, size % 100)
}

/// A score as people read it, whole parts of a point as decimals: `83.5`.
pub(super) fn scaled(parts: i64, scale: Option<i64>) -> String {
    let scale = u64::try_from(scale.unwrap_or(1)).unwrap_or(1).max(1);
    let (sign, size) = (if parts < 0 { "−" } else { "" }, parts.unsigned_abs());
    let places = scale.ilog10() as usize;
    let rest = format!("{:0places$}", size % scale);
    let rest = rest.trim_end_matches('0');
    match (places, rest.is_empty()) {
        (0, _) | (_, true) => format!("{sign}{}", size / scale),
        _ => format!("{sign}{}.{rest}", size / scale),
    }
}

/// The comparison with one or two levels, lowest first, as it is: `770.00<833.33≤1155.00`.
///
/// Where rounding would make two different amounts look the same, the undivided amounts are
/// compared instead: `按分比较：27720.01>27720.00`.
pub(super) fn chain(quotient: Quotient, levels: &[&Level]) -> Option<Said> {
    let orders =
        levels.iter().map(|level| quotient.compare(level)).collect::<Option<Vec<Ordering>>>()?;
    match (levels, orders.as_slice()) {
        ([low, high], [Ordering::Greater | Ordering::Equal, Ordering::Less | Ordering::Equal]) => {
            let blurred = levels.iter().zip(&orders).find(|(level, order)| {
                **order != Ordering::Equal && level.rounded() == quotient.rounded()
            });
            if let Some((level, order)) = blurred {
                return undivided(quotient, level, *order);
            }
            let (lower, amount) = (yuan(low.rounded()), yuan(quotient.rounded()));
            let sign = if orders.first() == Some(&Ordering::Equal) { "=" } else { "<" };
            Some(Said::same(format!("{lower}{sign}{amount}≤{}", yuan(high.rounded()))))
        }
        ([_, high], [_, Ordering::Greater]) => single(quotient, high, Ordering::Greater),
        ([low, ..], [order, ..]) => single(quotient, low, *order),
        _ => None,
    }
}

fn single(quotient: Quotient, level: &Level, order: Ordering) -> Option<Said> {
    if order != Ordering::Equal && level.rounded() == quotient.rounded() {
        return undivided(quotient, level, order);
    }
    let (amount, level) = (yuan(quotient.rounded()), yuan(level.rounded()));
    Some(Said::same(format!("{amount}{}{level}", sign(order))))
}

fn undivided(quotient: Quotient, level: &Level, order: Ordering) -> Option<Said> {
    let (mine, limit) = quotient.against(level)?;
    // A multiple such as 3/2 mostly divides out; where it does not, both sides keep it.
    let whole = limit % level.den == 0;
    let den = if whole { level.den } else { 1 };
    let (mine, limit, sign) = (yuan(mine / den), yuan(limit / den), sign(order));
    Some(said!("按分比较：{mine}{sign}{limit}", "in whole fen: {mine}{sign}{limit}"))
}

fn sign(order: Ordering) -> &'static str {
    match order {
        Ordering::Less => "<",
        Ordering::Equal => "=",
        Ordering::Greater => ">",
    }
}

/// How near the nearest of the levels is: `833.33，比低保标准770.00高63.33（8.2%）`.
pub(super) fn near(quotient: Quotient, levels: &[&Level]) -> Option<Said> {
    let mut nearest: Option<(i128, Said)> = None;
    for level in levels {
        let (mine, limit) = quotient.against(level)?;
        if limit <= 0 {
            continue;
        }
        let permille = half_up(mine.checked_sub(limit)?.abs().checked_mul(1000)?, limit);
        if nearest.as_ref().is_none_or(|(known, _)| permille < *known) {
            nearest = Some((permille, near_one(quotient, level, permille, mine.cmp(&limit))));
        }
    }
    nearest.map(|(_, said)| said)
}

fn near_one(quotient: Quotient, level: &Level, permille: i128, order: Ordering) -> Said {
    let (amount, line) = (yuan(quotient.rounded()), yuan(level.rounded()));
    let by = yuan((quotient.rounded() - level.rounded()).abs());
    let share = format!("{}.{}%", permille / 10, permille % 10);
    let (zh, en) = (&level.title.zh, &level.title.en);
    match order {
        Ordering::Equal => said!("{amount}，正好等于{zh}{line}", "{amount}, exactly {en} {line}"),
        Ordering::Greater => said!(
            "{amount}，比{zh}{line}高{by}（{share}）",
            "{amount}, {by} ({share}) above {en} {line}"
        ),
        Ordering::Less => said!(
            "{amount}，比{zh}{line}低{by}（{share}）",
            "{amount}, {by} ({share}) below {en} {line}"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_score_is_written_in_points() {
        for (parts, scale, shown) in [
            (85, 10, "8.5"),
            (40, 10, "4"),
            (-5, 10, "−0.5"),
            (1, 100, "0.01"),
            (100_050, 1000, "100.05"),
            (7, 1, "7"),
        ] {
            assert_eq!(scaled(parts, Some(scale)), shown);
        }
        assert_eq!(scaled(12, None), "12");
    }

    proptest! {
        /// The whole number above is the least one that is no less, and so on.
        #[test]
        fn quotients_are_made_whole(num in -10_000..10_000_i64, den in 1..500_i64) {
            let quotient = Quotient { num: num.into(), den: den.into() };
            let whole = |round| quotient.whole(round);
            let (up, down, half) = (whole(Round::Up), whole(Round::Down), whole(Round::HalfUp));
            prop_assert!(up * den >= num && (up - 1) * den < num);
            prop_assert!(down * den <= num && (down + 1) * den > num);
            let off = (2 * (half * den - num)).abs();
            prop_assert!(off < den || off == den && half.abs() * den > num.abs());
        }
    }
}

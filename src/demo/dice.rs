//! The dice of the demo: the same seed throws the same numbers on every machine.

/// `SplitMix64` (Steele, Lea, Flood 2014): small, quick, and good enough for invented people.
#[derive(Clone, Debug)]
pub(super) struct Dice(u64);

impl Dice {
    /// Dice that throw the row of numbers belonging to `seed`.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn throw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `sides`; 0 for no sides.
    pub fn below(&mut self, sides: usize) -> usize {
        let sides = u64::try_from(sides).unwrap_or(u64::MAX).max(1);
        usize::try_from(self.throw() % sides).unwrap_or(0)
    }

    /// A whole number from `least` to `most`, both included.
    pub fn between(&mut self, least: i64, most: i64) -> i64 {
        let sides = usize::try_from(most - least + 1).unwrap_or(1);
        least + i64::try_from(self.below(sides)).unwrap_or(0)
    }

    /// True once in `times`.
    pub fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    /// One of a table; the empty text for an empty table.
    pub fn pick<T: Copy + Default>(&mut self, table: &[T]) -> T {
        let at = self.below(table.len());
        table.get(at).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn throws_the_published_row() {
        // The row for seed 1234567 as published with the reference code.
        let mut dice = Dice::new(1_234_567);
        let row: Vec<u64> = (0..5).map(|_| dice.throw()).collect();
        assert_eq!(
            row,
            [
                6_457_827_717_110_365_317,
                3_203_168_211_198_807_973,
                9_817_491_932_198_370_423,
                4_593_380_528_125_082_431,
                16_408_922_859_458_223_821,
            ]
        );
    }

    #[test]
    fn stays_within_its_sides() {
        let mut dice = Dice::new(7);
        assert!((0..500).all(|_| (-3..=3).contains(&dice.between(-3, 3))));
        assert!((0..500).all(|_| dice.below(6) < 6));
        assert_eq!(dice.below(0), 0);
        assert_eq!(dice.pick::<&str>(&[]), "");
    }
}

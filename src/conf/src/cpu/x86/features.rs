//! A set of x86 features, by their places in the map: all arithmetic with CPUs is done on these.

/// Whether each feature is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FeatureSet([u64; FeatureSet::WORDS]);

impl FeatureSet {
    const WORDS: usize = 8;
    /// How many features there can be.
    pub const CAPACITY: usize = Self::WORDS * 64;

    pub fn insert(&mut self, place: usize) {
        self.0[place / 64] |= 1 << (place % 64);
    }

    pub fn remove(&mut self, place: usize) {
        self.0[place / 64] &= !(1 << (place % 64));
    }

    pub fn contains(&self, place: usize) -> bool {
        self.0[place / 64] & (1 << (place % 64)) != 0
    }

    pub fn is_empty(&self) -> bool {
        self.0 == [0; Self::WORDS]
    }

    pub fn is_subset(&self, other: &Self) -> bool {
        self.minus(other).is_empty()
    }

    pub fn count(&self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }

    pub fn plus(&self, other: &Self) -> Self {
        self.with(other, |a, b| a | b)
    }

    pub fn minus(&self, other: &Self) -> Self {
        self.with(other, |a, b| a & !b)
    }

    pub fn both(&self, other: &Self) -> Self {
        self.with(other, |a, b| a & b)
    }

    fn with(&self, other: &Self, operation: impl Fn(u64, u64) -> u64) -> Self {
        Self(std::array::from_fn(|word| operation(self.0[word], other.0[word])))
    }

    /// The places of what is there, ascending.
    pub fn iter(&self) -> impl Iterator<Item = usize> + use<> {
        let set = *self;
        (0..Self::CAPACITY).filter(move |place| set.contains(*place))
    }
}

impl FromIterator<usize> for FeatureSet {
    fn from_iter<I: IntoIterator<Item = usize>>(places: I) -> Self {
        let mut set = Self::default();
        places.into_iter().for_each(|place| set.insert(place));
        set
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_are_added_and_taken_apart() {
        let low: FeatureSet = [0, 63, 64].into_iter().collect();
        let high: FeatureSet = [64, 500].into_iter().collect();
        assert_eq!(low.plus(&high).iter().collect::<Vec<_>>(), [0, 63, 64, 500]);
        assert_eq!(low.minus(&high).iter().collect::<Vec<_>>(), [0, 63]);
        assert_eq!(low.both(&high).iter().collect::<Vec<_>>(), [64]);
        assert!(low.both(&high).is_subset(&low) && !high.is_subset(&low));
        assert_eq!((low.count(), FeatureSet::default().is_empty()), (3, true));
    }
}

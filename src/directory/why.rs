//! How a card was found, and how good that is.

/// How a card matched, the closest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Why {
    /// The file number.
    Number,
    /// An identity number.
    IdNumber,
    /// A phone number.
    Phone,
    /// A name, as written.
    Name,
    /// The beginning of a name, as written.
    NameStart,
    /// The pinyin of a whole name.
    Pinyin,
    /// The last four places of an identity number.
    IdNumberEnd,
    /// The last digits of a file number, or its running number without zeros.
    NumberEnd,
    /// A whole name by initials, or partly so.
    Initials,
    /// The last four digits of a phone number.
    PhoneEnd,
    /// The beginning of a name in whole syllables.
    PinyinStart,
    /// The beginning of a name, its last syllable not finished.
    SyllableStart,
    /// The beginning of a name by initials.
    InitialsStart,
    /// A piece of a file number.
    NumberPart,
    /// A piece of a name, as written.
    NamePart,
    /// A piece of a name in whole syllables.
    PinyinPart,
    /// A piece of a name, its last syllable not finished.
    SyllablePart,
    /// A piece of a name by initials.
    InitialsPart,
    /// What a whole series of file numbers has in common.
    NumberSeries,
}

impl Why {
    pub(super) const ALL: [Self; 19] = [
        Self::Number,
        Self::IdNumber,
        Self::Phone,
        Self::Name,
        Self::NameStart,
        Self::Pinyin,
        Self::IdNumberEnd,
        Self::NumberEnd,
        Self::Initials,
        Self::PhoneEnd,
        Self::PinyinStart,
        Self::SyllableStart,
        Self::InitialsStart,
        Self::NumberPart,
        Self::NamePart,
        Self::PinyinPart,
        Self::SyllablePart,
        Self::InitialsPart,
        Self::NumberSeries,
    ];
    /// Ranks of one way to match: a less likely reading adds one, a name other than the
    /// card's own adds two.
    const STEP: Rank = 4;
    /// What another name than the card's own adds to a rank.
    pub(super) const NOT_FIRST: Rank = 2;

    pub(super) fn rank(self) -> Rank {
        self as Rank * Self::STEP
    }

    pub(super) fn of(rank: Rank) -> Self {
        let at = usize::from(rank / Self::STEP);
        Self::ALL.get(at).copied().unwrap_or(Self::NumberSeries)
    }

    /// True when it was one of the card's names that matched.
    #[must_use]
    pub fn is_name(self) -> bool {
        !matches!(
            self,
            Self::Number
                | Self::NumberEnd
                | Self::NumberPart
                | Self::NumberSeries
                | Self::IdNumber
                | Self::IdNumberEnd
                | Self::Phone
                | Self::PhoneEnd
        )
    }
}

/// The rank of a match, lower is better: how it matched, then whether a less likely
/// reading was needed.
pub(super) type Rank = u8;
/// The rank of no match.
pub(super) const NONE: Rank = Rank::MAX;

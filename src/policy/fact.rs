//! What is known of one household when a rule set is applied.

use crate::formula::Val;
use crate::words::Said;
use std::collections::BTreeMap;

/// One fact with where it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// What is known.
    pub value: FactValue,
    /// Where it came from, or would come from: a field, a paper, a visit, a check.
    pub source: Said,
}

/// What is known of a fact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FactValue {
    /// Its value.
    Known(Val),
    /// Not known.
    Unknown {
        /// What is lacking, as it goes into a sentence after 还缺：, such as 妻子的收入证明.
        missing: Said,
        /// The code of the paper that would settle it, in the pack's paper list.
        paper: Option<String>,
    },
}

/// Facts by name.
///
/// A rule set declares the facts it asks for with their units; one that is absent counts as
/// unknown, and so does one whose value is of another kind.
///
/// # Facts of `hardship-eligibility`
///
/// | name | unit | meaning |
/// | --- | --- | --- |
/// | `area` | area | `urban` or `rural`: which low-income standard applies (place of work for migrants) |
/// | `id_numbers_valid` | yes/no | every identity number of head and members passes structure, date and check digit |
/// | `id_warning` | text | a remark on identity numbers that decides nothing, such as an unknown address code; `""` for none |
/// | `id_warning_en` | text | the same in English |
/// | `duplicate_file` | text | number (and owning union) of an active file that holds one of the members; `""` for none |
/// | `unit_has_union` | yes/no | the unit has a union; for flexible and unemployed workers the street or community union counts |
/// | `is_migrant` | yes/no | the worker is a migrant worker (农民工) |
/// | `is_union_member` | yes/no | the worker is a union member |
/// | `labour_months` | months | length of the labour relation; asked for migrants only |
/// | `household_size` | people | household members counted |
/// | `household_complete` | yes/no | each member has relation, status, identity number, and income or "none" with a reason |
/// | `income_fen` | fen | household income of the window (12 months) |
/// | `income_months_covered` | months | months of the window for which every member's income is covered |
/// | `income_gaps` | text | the uncovered months by member, for the sentence; `""` for none |
/// | `rigid_fen` | fen | rigid expense of the window |
/// | `expenses_evidenced` | yes/no | each rigid expense has its paper |
/// | `expenses_admissible` | yes/no | each rigid expense is of an admissible kind |
/// | `accident_claimed` | yes/no | the household states an accident, disaster or sudden serious illness |
/// | `accident_loss_fen` | fen | loss by that event after compensation; asked only when claimed |
/// | `dwellings` | count | dwellings owned; unknown while not checked |
/// | `has_business_premises` | check | owns commercial premises |
/// | `employs_others` | check | employs others in a business |
/// | `high_fee_schooling` | check | a child in a high-fee private school or self-funded study abroad |
/// | `vehicle` | check | regular use of a motor vehicle not needed for work |
/// | `controls_company` | check | a member controls a company |
/// | `refuses_investigation` | check | refuses investigation, hides income or changes, false papers |
/// | `refuses_work` | check | of working age and able, refuses work without good reason |
///
/// `check` is the text `none`, `has` or `unchecked`; `unchecked` is unknown, and an unknown
/// fact is taken the same way.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts(BTreeMap<String, Fact>);

impl Facts {
    /// No facts.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets a known fact.
    pub fn know(&mut self, name: impl Into<String>, value: impl Into<Val>, source: Said) {
        self.0.insert(name.into(), Fact { value: FactValue::Known(value.into()), source });
    }

    /// Sets a fact that is not known, with what is lacking and the paper that would settle it.
    pub fn lack(
        &mut self,
        name: impl Into<String>,
        missing: Said,
        paper: Option<String>,
        source: Said,
    ) {
        self.0.insert(name.into(), Fact { value: FactValue::Unknown { missing, paper }, source });
    }

    /// Sets a fact.
    pub fn set(&mut self, name: impl Into<String>, fact: Fact) {
        self.0.insert(name.into(), fact);
    }

    /// A fact by name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Fact> {
        self.0.get(name)
    }
}

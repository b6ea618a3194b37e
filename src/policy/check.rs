//! What must hold between documents, clauses, parameters and rule sets.

use super::load::{GIVES, Places, ROLES, word_of};
use super::render::{ENDINGS, Piece, SPECIAL, pieces};
use super::{
    Basis, Computed, Gives, Grade, Library, LineRole, Parameter, ParameterRow, RuleLine, RuleSet,
    Unit,
};
use crate::edited::Problems;
use crate::formula::{Formula, Kind};
use crate::said;
use crate::words::{Said, closest};
use std::collections::BTreeSet;

/// Tells of everything that does not hold together.
pub(super) fn check(library: &Library, places: &Places, problems: &Problems) {
    let check = Check { library, places, problems };
    for clause in library.clauses.values() {
        if !library.documents.contains_key(&clause.document) {
            let thing = format!("clause {}", clause.id);
            let meant = closest(&clause.document, library.documents.keys().map(String::as_str));
            let document = &clause.document;
            let said = said!("没有文件“{document}”", "there is no document \"{document}\"");
            check.wrong(&thing, "document", said, meant);
        }
    }
    for parameter in library.parameters.values() {
        check.parameter(parameter);
    }
    for rules in library.rule_sets.values() {
        check.rule_set(rules);
    }
}

struct Check<'c> {
    library: &'c Library,
    places: &'c Places,
    problems: &'c Problems,
}

impl Check<'_> {
    fn wrong(&self, thing: &str, key: &'static str, message: Said, meant: Option<String>) {
        let place = self
            .places
            .get(&(thing.to_owned(), key))
            .or_else(|| self.places.get(&(thing.to_owned(), "id")))
            .cloned()
            .unwrap_or_default();
        self.problems.add_meant(&place, message, meant);
    }

    /// A clause that is cited must exist.
    fn clause(&self, thing: &str, clause: &str) {
        if !self.library.clauses.contains_key(clause) {
            let meant = closest(clause, self.library.clauses.keys().map(String::as_str));
            let said = said!("没有条款“{clause}”", "there is no clause \"{clause}\"");
            self.wrong(thing, "clause", said, meant);
        }
    }

    /// A mirror or program code may only back what is marked as to be confirmed.
    fn grade(&self, thing: &str, clause: &str, allowed: bool) {
        let poor = self
            .library
            .document_of(clause)
            .is_some_and(|document| matches!(document.grade, Grade::C | Grade::D));
        if poor && !allowed {
            let said = Said::fixed(
                "来源等级为 C 或 D 的条款只能作 basis = \"to-confirm\"（待确认）",
                "a clause read from a source of grade C or D can only be basis = \"to-confirm\"",
            );
            self.wrong(thing, "basis", said, None);
        }
    }

    fn parameter(&self, parameter: &Parameter) {
        for (at, row) in parameter.rows.iter().enumerate() {
            let thing = row.thing(&parameter.id);
            self.clause(&thing, &row.clause);
            self.grade(&thing, &row.clause, row.basis == Basis::ToConfirm);
            let same = |other: &&ParameterRow| other.is_beside(row);
            if let Some(before) = parameter.rows.iter().take(at).rfind(same)
                && (before.start.latest() >= row.start.earliest()
                    || before.to.is_some_and(|last| last >= row.start.latest()))
            {
                let said = Said::fixed(
                    "与上一行（同一地区、同样的 where）的有效期重叠，请按生效先后排列并改正日期",
                    "overlaps the row before it (same region and `where`); order rows by start and mend the dates",
                );
                self.wrong(&thing, "from", said, None);
            }
            if row.to.is_some_and(|last| last < row.start.latest()) {
                let said = Said::fixed("to 早于生效日期", "`to` lies before the start");
                self.wrong(&thing, "to", said, None);
            }
        }
    }

    fn rule_set(&self, rules: &RuleSet) {
        for (at, value) in rules.values.iter().enumerate() {
            let thing = format!("value {}/{}", rules.id, value.id);
            let wanted = value.unit.kind();
            self.formula(rules, at, &thing, "is", &value.is, wanted);
            if let Some(divisor) = &value.divide_by {
                self.formula(rules, at, &thing, "divide_by", divisor, Some(Kind::Integer));
            } else if value.round.is_some() {
                let said = Said::fixed(
                    "round 只用于带 divide_by 的计算值",
                    "`round` goes with `divide_by`",
                );
                self.wrong(&thing, "round", said, None);
            }
            if value.is_quotient() && value.unit != Unit::Fen {
                let said = Said::fixed(
                    "不取整的商只用于金额（unit = \"fen\"）；其他请写 round",
                    "a quotient without `round` is money (unit = \"fen\"); others need `round`",
                );
                self.wrong(&thing, "divide_by", said, None);
            }
            self.template(rules, &thing, "sum", &value.sum, &[]);
        }
        for fact in &rules.facts {
            let thing = format!("fact {}/{}", rules.id, fact.id);
            if (fact.unit == Unit::Choice) == fact.words.is_empty() {
                let said = Said::fixed(
                    "unit = \"choice\" 的事实要列出 word，其他事实没有 word",
                    "a fact of unit choice lists its `word`s, and no other fact has any",
                );
                self.wrong(&thing, "word", said, None);
            }
        }
        let all = rules.values.len();
        for threshold in &rules.thresholds {
            let thing = format!("threshold {}/{}", rules.id, threshold.id);
            self.formula(rules, all, &thing, "level", &threshold.level, Some(Kind::Integer));
            if rules.value(&threshold.of).is_none_or(|value| !value.is_quotient()) {
                let of = &threshold.of;
                let said = said!(
                    "“{of}”不是带 divide_by、不带 round 的计算值",
                    "\"{of}\" is not a value with divide_by and without `round`"
                );
                let meant = closest(of, rules.values.iter().map(|value| value.id.as_str()));
                self.wrong(&thing, "of", said, meant);
            } else if rules.value(&threshold.of).is_some_and(|value| value.title.is_none()) {
                let of = &threshold.of;
                let said = said!(
                    "与界线比较的“{of}”要写 title：离界线多远，用这个名称来说",
                    "\"{of}\" is compared with a threshold and needs `title`: how far it is from it is told by that name"
                );
                self.wrong(&thing, "of", said, None);
            }
            if let Some(times) = &threshold.times {
                let parameter = self.library.parameters.get(times);
                if parameter.is_none_or(|found| !matches!(found.unit, Unit::Ratio | Unit::Share)) {
                    let said = said!(
                        "“{times}”不是倍数参数",
                        "\"{times}\" is not a parameter of unit ratio"
                    );
                    let meant = closest(times, self.library.parameters.keys().map(String::as_str));
                    self.wrong(&thing, "times", said, meant);
                }
            }
        }
        for line in &rules.lines {
            self.line(rules, line);
        }
        self.score(rules);
    }

    /// A score has a scale, and bands that begin somewhere; other rule sets have neither.
    fn score(&self, rules: &RuleSet) {
        let thing = format!("rule set {}", rules.id);
        let is_score = rules.gives == Gives::Score;
        let tens = |scale: i64| (0..=12).any(|zeros| scale == 10_i64.pow(zeros));
        if rules.scale.is_some_and(|scale| !is_score || !tens(scale)) {
            let said = Said::fixed(
                "scale 只用于 gives = \"score\"，是 1、10、100……：多少份合一分",
                "`scale` goes with gives = \"score\" and is 1, 10, 100 …: how many parts make a point",
            );
            self.wrong(&thing, "scale", said, None);
        }
        let least: BTreeSet<Option<i64>> = rules.outcomes.iter().map(|band| band.least).collect();
        if is_score && least.len() < rules.outcomes.len() {
            let said = Said::fixed("两个分档的 least 相同", "two bands have the same `least`");
            self.wrong(&thing, "outcome", said, None);
        }
        if rules.outcomes.iter().any(|outcome| outcome.least.is_some() != is_score) {
            let said = Said::fixed(
                "gives = \"score\" 的每个 outcome 要写 least：从多少分起；其他规则不写",
                "each `outcome` of a score has `least`, the score it begins with; others have none",
            );
            self.wrong(&thing, "outcome", said, None);
        }
    }

    fn line(&self, rules: &RuleSet, line: &RuleLine) {
        let thing = format!("line {}/{}", rules.id, line.id);
        self.clause(&thing, &line.clause);
        // What the law says it says in a poor copy too; a local rule or a figure must have been read.
        self.grade(&thing, &line.clause, line.basis != Basis::Local);
        if let Some(id) =
            line.clause_of.as_ref().filter(|id| !self.library.parameters.contains_key(*id))
        {
            let said = said!("没有参数“{id}”", "there is no parameter \"{id}\"");
            let meant = closest(id, self.library.parameters.keys().map(String::as_str));
            self.wrong(&thing, "clause_of", said, meant);
        }
        let all = rules.values.len();
        self.formula(rules, all, &thing, "condition", &line.condition, Some(Kind::YesNo));
        if let Some(when) = &line.when {
            self.formula(rules, all, &thing, "when", when, Some(Kind::YesNo));
        }
        if let Some(points) = &line.points {
            self.formula(rules, all, &thing, "points", points, Some(Kind::Integer));
        }
        if line.points.is_some() != (line.role == LineRole::Points) {
            let said = Said::fixed(
                "role = \"points\" 的行要写 points，其他行不写",
                "a line with role = \"points\" has `points`, and no other line has",
            );
            self.wrong(&thing, "points", said, None);
        }
        for id in &line.compares {
            if !rules.thresholds.iter().any(|threshold| threshold.id == *id) {
                let said = said!("没有界线“{id}”", "there is no threshold \"{id}\"");
                let meant = closest(id, rules.thresholds.iter().map(|known| known.id.as_str()));
                self.wrong(&thing, "compares", said, meant);
            }
        }
        self.outcome(rules, line, &thing);
        if line.role == LineRole::Edge && line.compares.is_empty() {
            let said = Said::fixed("edge 行要写 compares", "an edge line needs `compares`");
            self.wrong(&thing, "role", said, None);
        }
        for (key, said) in
            [("met", &line.met), ("not_met", &line.not_met), ("unknown", &line.unknown)]
        {
            self.template(rules, &thing, key, &said.zh, SPECIAL);
            self.template(rules, &thing, key, &said.en, SPECIAL);
        }
    }

    /// A line that names an outcome names one the rule set has, and no other line does.
    fn outcome(&self, rules: &RuleSet, line: &RuleLine, thing: &str) {
        let fits = match rules.gives {
            Gives::Verdict => &[LineRole::Must, LineRole::Should, LineRole::Completeness][..],
            Gives::Category => &[
                LineRole::Precondition,
                LineRole::Completeness,
                LineRole::Outcome,
                LineRole::Exclusion,
                LineRole::Edge,
            ],
            Gives::Score => {
                &[LineRole::Points, LineRole::Veto, LineRole::Exclusion, LineRole::Completeness]
            }
        };
        if !fits.contains(&line.role) {
            let known: Vec<&str> = fits.iter().map(|role| word_of(ROLES, role)).collect();
            let (known, gives) = (known.join(", "), word_of(GIVES, &rules.gives));
            let said = said!(
                "gives = \"{gives}\" 的规则，role 是这些之一：{known}",
                "with gives = \"{gives}\" `role` is one of: {known}"
            );
            self.wrong(thing, "role", said, None);
        }
        let known = || rules.outcomes.iter().map(|outcome| outcome.id.as_str());
        match (&line.outcome, line.role) {
            (None, LineRole::Outcome) => {
                let said = Said::fixed(
                    "role = \"outcome\" 的行要写 outcome：满足时是哪一种结果",
                    "a line with role = \"outcome\" needs `outcome`: which one when it is met",
                );
                self.wrong(thing, "role", said, None);
            }
            (Some(outcome), LineRole::Outcome | LineRole::Veto)
                if rules.outcome(outcome).is_none() =>
            {
                let said = said!("没有“{outcome}”这种结果", "there is no outcome \"{outcome}\"");
                self.wrong(thing, "outcome", said, closest(outcome, known()));
            }
            (Some(_), role) if !matches!(role, LineRole::Outcome | LineRole::Veto) => {
                let said = Said::fixed(
                    "只有 role = \"outcome\" 和 \"veto\" 的行写 outcome",
                    "only a line with role = \"outcome\" or \"veto\" has `outcome`",
                );
                self.wrong(thing, "outcome", said, None);
            }
            _ => {}
        }
    }

    /// Names must be known (values only those `before`) and values of two kinds must not meet.
    fn formula(
        &self,
        rules: &RuleSet,
        before: usize,
        thing: &str,
        key: &'static str,
        formula: &Formula,
        wanted: Option<Kind>,
    ) {
        let library = self.library;
        let kind_of = |name: &str| kind_of(library, rules, before, name);
        let strange: Vec<&str> =
            formula.inputs().into_iter().filter(|name| kind_of(name).is_none()).collect();
        for name in &strange {
            let (said, meant) = self.strange(rules, name);
            self.wrong(thing, key, said, meant);
        }
        if !strange.is_empty() {
            return;
        }
        let (column, zh, en) = match formula.kind(&kind_of) {
            Ok(found) if wanted.is_none_or(|wanted| wanted == found) => return,
            Ok(found) => {
                let (found, wanted) = (found.said(), wanted.map(Kind::said).unwrap_or_default());
                let zh = format!("结果应是{}，现在是{}", wanted.zh, found.zh);
                (1, zh, format!("must come to {}, comes to {}", wanted.en, found.en))
            }
            Err(error) => (error.column, error.said.zh.into_owned(), error.said.en.into_owned()),
        };
        let said = said!("“{key}”第 {column} 个字符：{zh}", "\"{key}\", character {column}: {en}");
        self.wrong(thing, key, said, None);
    }

    /// What to say of a name that may not be in a formula.
    fn strange(&self, rules: &RuleSet, name: &str) -> (Said, Option<String>) {
        if rules.value(name).is_some_and(Computed::is_quotient) {
            let said = said!(
                "“{name}”是除出来的数，只供阅读；条件请用乘法比较，或写 round 取整",
                "\"{name}\" is a quotient for reading only; compare by multiplying, or make it whole with `round`"
            );
            return (said, None);
        }
        let said = said!(
            "没有名为“{name}”的事实、参数或前面的计算值",
            "no fact, parameter or earlier value is called \"{name}\""
        );
        let names = self.names(rules);
        (said, closest(name, names.iter().map(String::as_str).filter(|known| *known != name)))
    }

    /// All names formulas may use, for what may have been meant.
    fn names(&self, rules: &RuleSet) -> BTreeSet<String> {
        let mut names: BTreeSet<String> = rules.facts.iter().map(|fact| fact.id.clone()).collect();
        names.extend(rules.values.iter().map(|value| value.id.clone()));
        names.extend(self.library.parameters.keys().cloned());
        names
    }

    fn template(
        &self,
        rules: &RuleSet,
        thing: &str,
        key: &'static str,
        text: &str,
        special: &[&str],
    ) {
        let names = self.names(rules);
        for piece in pieces(text) {
            let Piece::Name(name) = piece else { continue };
            let stem = name
                .rsplit_once('.')
                .filter(|(_, ending)| ENDINGS.contains(ending))
                .map_or(name, |(stem, _)| stem);
            if special.contains(&name) || names.contains(stem) {
                continue;
            }
            let said = said!(
                "句子里的 {{{name}}} 没有对应的值",
                "nothing stands behind {{{name}}} in the sentence"
            );
            let known = names.iter().map(String::as_str).chain(special.iter().copied());
            self.wrong(thing, key, said, closest(name, known));
        }
    }
}

/// The kind of a name in a formula; none when it may not be there.
fn kind_of(library: &Library, rules: &RuleSet, before: usize, name: &str) -> Option<Kind> {
    if let Some(fact) = rules.fact(name) {
        return fact.unit.kind();
    }
    if let Some(value) = rules.values.iter().take(before).find(|value| value.id == name) {
        return value.unit.kind().filter(|_| !value.is_quotient());
    }
    let (id, ending) = name.split_once('.').unwrap_or((name, ""));
    let parameter = library.parameters.get(id)?;
    match ending {
        "" => parameter.unit.kind(),
        "dated" => Some(Kind::YesNo),
        "num" | "den" => {
            matches!(parameter.unit, Unit::Ratio | Unit::Share).then_some(Kind::Integer)
        }
        _ => None,
    }
}

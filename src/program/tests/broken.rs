//! Packs with one thing wrong each: the place, what is told, what was probably meant.

use super::*;

const GOOD: &str = r#"[pack]
id = "p"
title = { zh = "包", en = "Pack" }
[list.colour]
title = { zh = "颜色", en = "Colour" }
entry = [
  { code = "red", zh = "红", en = "Red" },
  { code = "blue", zh = "蓝", en = "Blue" },
]
[kind.thing]
code = 9
title = { zh = "物品", en = "Thing" }
number = "{station}-{year}-{seq:05}"
shows = ["number", "colour"]
[[kind.thing.section]]
id = "main"
title = { zh = "主要", en = "Main" }
field = [
  { id = "colour", type = "choice", list = "colour", title = { zh = "颜色", en = "Colour" } },
  { id = "price", type = "money", min = 0, title = { zh = "价格", en = "Price" } },
  { id = "cost", type = "money", title = { zh = "成本", en = "Cost" } },
  { id = "gain", type = "computed", is = "price - cost", gives = "money", title = { zh = "毛利", en = "Gain" } },
]
[kind.thing.workflow]
start = "draft"
state = [
  { id = "draft", title = { zh = "草稿", en = "Draft" } },
  { id = "done", title = { zh = "完成", en = "Done" }, final = true },
]
[[kind.thing.workflow.move]]
id = "finish"
title = { zh = "完成", en = "Finish" }
from = "draft"
to = "done"
by = "volunteer"
asks = ["reason?"]
"#;

/// What is changed, the line of the problem, a part of what is told, what was meant.
type Case = (&'static str, &'static str, usize, &'static str, Option<&'static str>);

const CASES: &[Case] = &[
    // keys, types, translations
    ("shows =", "show =", 14, "\"show\" is not known here", Some("shows")),
    ("min = 0, title", "minimum = 0, title", 20, "\"minimum\" is not known here", Some("min")),
    ("type = \"choice\"", "type = \"chioce\"", 19, "no field type `chioce`", Some("choice")),
    (
        "{ zh = \"颜色\", en = \"Colour\" }\nentry",
        "{ zh = \"颜色\" }\nentry",
        5,
        "translation \"en\" is missing",
        None,
    ),
    ("zh = \"红\", ", "", 7, "translation \"zh\" is missing", None),
    ("en = \"Price\"", "eng = \"Price\"", 20, "\"eng\" is not known here", Some("en")),
    ("code = 9", "code = \"9\"", 11, "must be a whole number", None),
    ("code = 9", "code = 70000", 11, "1 to 65535", None),
    ("code = 9\n", "\n", 10, "`code` (1 to 65535) is missing", None),
    ("id = \"price\"", "id = \"Price\"", 20, "lower-case", None),
    ("code = \"blue\"", "code = \"red\"", 8, "already used on line 7", None),
    ("en = \"Blue\"", "en = \"Red\"", 8, "already means `red`", None),
    ("id = \"cost\"", "id = \"price\"", 21, "already there on line 20", None),
    ("zh = \"成本\"", "zh = \"价格\"", 21, "already belongs to `price`", None),
    // names of other things
    ("list = \"colour\"", "list = \"color\"", 19, "no code list `color`", Some("colour")),
    ("\"colour\"]\n[[", "\"colours\"]\n[[", 14, "in the list is no field", Some("colour")),
    ("{seq:05}", "{seq", 13, "stands alone", None),
    ("{year}-{seq:05}", "{yaer}-{seq}", 13, "no `{yaer}`", Some("year")),
    ("-{seq:05}", "", 13, "lacks the running number", None),
    // formulas
    ("price - cost", "price - cots", 22, "`cots` in the formula", Some("cost")),
    ("price - cost", "price -", 22, "formula, character", None),
    ("price - cost", "price / cost", 22, "formula, character", None),
    ("price - cost", "price > cost", 22, "where a whole number is wanted", None),
    ("price - cost", "price && cost", 22, "in the formula", None),
    ("price - cost", "gain - cost", 22, "go in a circle: gain → gain", None),
    ("gives = \"money\"", "gives = \"table\"", 22, "cannot give the type `table`", None),
    // workflow
    ("start = \"draft\"", "start = \"draf\"", 25, "no state `draf`", Some("draft")),
    ("to = \"done\"", "to = \"doen\"", 34, "no state `doen`", Some("done")),
    ("to = \"done\"", "to = \"draft\"", 28, "cannot be reached", None),
    (", final = true", "", 28, "cannot be left", None),
    ("by = \"volunteer\"", "by = \"volunter\"", 35, "no role `volunter`", Some("volunteer")),
    ("by = \"volunteer\"\n", "", 30, "nobody may make this move", None),
    ("\"reason?\"", "\"reson\"", 36, "no common question `reson`", Some("reason")),
    ("asks = [", "needs = \"complet\"\nasks = [", 36, "no check `complet`", Some("complete")),
    ("asks = [", "key = \"A\"\nasks = [", 36, "`key` is one of a r d", None),
    (
        "asks = [",
        "due = { days = 5, unit = \"workng\" }\nasks = [",
        36,
        "working or natural",
        Some("working"),
    ),
    (
        "asks = [",
        "due = { days = 5, unit = \"natural\", from = \"bought\" }\nasks = [",
        36,
        "no field `bought`",
        None,
    ),
    // not TOML
    ("code = 9", "code 9", 11, "not written as TOML", None),
    ("code = 9", "code = 9\ncode = 8", 12, "not written as TOML", None),
    ("id = \"p\"", "id = \"p", 2, "not written as TOML", None),
];

#[test]
fn the_good_pack_is_good() {
    if let Err(problems) = Catalogue::from_texts(&[("own.toml", GOOD)]) {
        panic!("{}", told(&problems));
    }
}

#[test]
fn each_problem_has_its_line_and_what_was_meant() {
    for (was, is, line, words, meant) in CASES {
        assert!(GOOD.contains(was), "{was}");
        let text = GOOD.replacen(was, is, 1);
        let problems = Catalogue::from_texts(&[("own.toml", &text)]).unwrap_err();
        let found = problems.iter().find(|problem| problem.message.en.contains(words));
        let found = found.unwrap_or_else(|| panic!("{is}: {words}\n{}", told(&problems)));
        assert_eq!((found.file.as_str(), found.line), ("own.toml", *line), "{is}");
        assert_eq!(found.meant.as_deref(), *meant, "{is}");
        assert!(!found.message.zh.is_empty());
    }
}

#[test]
fn a_circle_is_told_with_its_way() {
    let text = GOOD.replacen(
        "  { id = \"cost\", type = \"money\",",
        "  { id = \"cost\", type = \"computed\", is = \"gain + 1\", gives = \"money\",",
        1,
    );
    let problems = Catalogue::from_texts(&[("own.toml", &text)]).unwrap_err();
    assert_eq!(problems.len(), 1, "{}", told(&problems));
    assert!(problems[0].message.en.contains("cost → gain → cost"), "{}", told(&problems));
    assert_eq!(problems[0].line, 21);
}

#[test]
fn all_problems_of_all_files_are_told_at_once() {
    let second = GOOD.replace("id = \"p\"", "id = \"q\"").replace("seq:05", "sek");
    let first = GOOD.replace("list = \"colour\"", "list = \"color\"");
    let problems = Catalogue::from_texts(&[("a.toml", &first), ("b.toml", &second)]).unwrap_err();
    let places: Vec<(&str, usize)> =
        problems.iter().map(|problem| (problem.file.as_str(), problem.line)).collect();
    // b: the list of the same id, then the template; its kind is not read without a number.
    assert_eq!(places, [("a.toml", 19), ("b.toml", 4), ("b.toml", 13)], "{}", told(&problems));
}

#[test]
fn kinds_and_codes_stand_once_in_all_files() {
    let second = GOOD.replace("id = \"p\"", "id = \"q\"").replace("list.colour", "list.paint");
    let problems = Catalogue::from_texts(&[("a.toml", GOOD), ("b.toml", &second)]).unwrap_err();
    let all = told(&problems);
    assert!(all.contains("b.toml, line 10: kind `thing` is already used at a.toml:10"), "{all}");
    assert!(all.contains("b.toml, line 10: kind code `9` is already used at a.toml:10"), "{all}");
}

#[test]
fn a_field_of_the_person_may_not_be_a_field_of_the_record_too() {
    let catalogue = packs();
    let text = |id: &str| catalogue.pack(id).unwrap().text.clone();
    let hardship = text("hardship").replacen("id = \"worker_no\"", "id = \"employer\"", 1);
    let hardship = hardship.replace("\"worker_no\"", "\"employer\"");
    let problems = Catalogue::from_texts(&[
        ("lists.toml", &text("code_lists")),
        ("person.toml", &text("person")),
        ("hardship.toml", &hardship),
    ])
    .unwrap_err();
    assert!(told(&problems).contains("field `employer` is also a field of `person`"));
}

#[test]
fn unknown_groups_and_bad_defaults_are_told() {
    let catalogue = packs();
    let text = |id: &str| catalogue.pack(id).unwrap().text.clone();
    let hardship = text("hardship")
        .replacen("sensitive = \"household-finance\"", "sensitive = \"household-finanse\"", 1)
        .replacen("default = \"urban\"", "default = \"urbane\"", 1)
        .replacen("consent:publicity", "consent:publicty", 1);
    let problems = Catalogue::from_texts(&[
        ("lists.toml", &text("code_lists")),
        ("person.toml", &text("person")),
        ("hardship.toml", &hardship),
    ])
    .unwrap_err();
    assert_eq!(problems.len(), 3, "{}", told(&problems));
    let meant: Vec<_> = problems.iter().filter_map(|problem| problem.meant.as_deref()).collect();
    assert_eq!(meant, ["household-finance", "publicity"]);
    assert!(told(&problems).contains("the default cannot be used"));
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]

    /// A damaged file is told about, and nothing breaks.
    #[test]
    fn no_damage_breaks_the_loader(at in 0_usize..1500, cut in 0_usize..40, put in "[\\[\\]{}=\"a1, \n]{0,4}") {
        let mut text: Vec<char> = GOOD.chars().collect();
        let start = at.min(text.len());
        let end = (start + cut).min(text.len());
        text.splice(start..end, put.chars());
        let text: String = text.into_iter().collect();
        let _ = Catalogue::from_texts(&[("own.toml", &text)]);
    }
}

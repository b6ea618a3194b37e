//! Headings and what they mean.

use super::*;
use crate::exchange::{Book, Plan, headings};
use crate::program::Catalogue;

fn find<'c>(
    catalogue: &'c Catalogue,
    plan: &str,
    text: &str,
    map: Option<&str>,
) -> Result<Columns<'c>, FileTrouble> {
    let plan = Plan::named(catalogue, plan).unwrap();
    let kind = plan.kind(catalogue).unwrap();
    let target = Target::new(catalogue, kind, plan.table(kind).unwrap());
    let map = map.map(|text| HeadingMap::read("map.toml", text)).transpose()?;
    let book = Book::read("x.csv", text.as_bytes()).unwrap();
    if let Some(map) = &map {
        map.check(&target)?;
    }
    let rows: Vec<_> = book.rows(0, None).map(Result::unwrap).collect();
    let known = |text: &str| {
        target.is_known(text) || map.as_ref().is_some_and(|map| map.of(text).is_some())
    };
    let found = headings::find(&rows, &known, &|found| {
        Columns::of(&target, found.clone(), map.as_ref()).is_ok()
    });
    let found = found.ok_or_else(|| target.no_headings(rows[0].texts().join(",")))?;
    Columns::of(&target, found, map.as_ref())
}

fn ids(columns: &Columns<'_>) -> Vec<String> {
    let one = |meaning: &Column<'_>| match meaning {
        Column::Number(field) => format!("#{}", field.map_or("", |field| &field.id)),
        Column::Field(Owner::Person, field) => format!("person.{}", field.id),
        Column::Field(_, field) => field.id.clone(),
        Column::Left => "-".to_string(),
    };
    columns.meanings.iter().map(one).collect()
}

#[test]
fn plans_by_id_and_title() {
    let catalogue = Catalogue::built_in().unwrap();
    let named = |name: &str| Plan::named(&catalogue, name).map(|plan| plan.to_string());
    assert_eq!(named("hardship_file").as_deref(), Ok("hardship_file"));
    assert_eq!(named("困难职工档案").as_deref(), Ok("hardship_file"));
    assert_eq!(named("hardship_file.members").as_deref(), Ok("hardship_file.members"));
    assert_eq!(named("困难职工档案.家庭成员").as_deref(), Ok("hardship_file.members"));
    assert!(named("hardship_fiel").unwrap_err().next.en.contains("hardship_file"));
    assert!(named("hardship_file.annual_income").is_err());
}

#[test]
fn a_title_row_stands_above_the_headings() {
    let catalogue = Catalogue::built_in().unwrap();
    let text =
        "某某工会名册,,\n职工编号,户主姓名,身份证号码,近12个月家庭总收入,颜色\nBN1,张三,,,红\n";
    let columns = find(&catalogue, "hardship_file", text, None).unwrap();
    assert_eq!(columns.skip, 2);
    let expected = ["#worker_no", "person.name", "person.id_number", "annual_income", "-"];
    assert_eq!(ids(&columns), expected);
    assert_eq!(columns.notices.len(), 1);
    assert!(columns.notices[0].zh.contains("颜色"));
}

#[test]
fn the_identity_number_is_no_number_of_a_person_record() {
    let catalogue = Catalogue::built_in().unwrap();
    let columns = find(&catalogue, "person", "人员编号,身份证号,姓名\n", None).unwrap();
    assert_eq!(ids(&columns), ["#", "id_number", "name"]);
    let columns = find(&catalogue, "person", "身份证号,姓名\n", None).unwrap();
    assert_eq!(ids(&columns), ["id_number", "name"]);
}

#[test]
fn a_map_gives_headings_a_meaning() {
    let catalogue = Catalogue::built_in().unwrap();
    let map = "\"代号\" = \"number\"\n\"谁\" = \"name\"\n\"备注\" = \"\"\n";
    let columns = find(&catalogue, "hardship_file", "代号,谁,备注\n", Some(map)).unwrap();
    assert_eq!(ids(&columns), ["#", "person.name", "-"]);
    assert!(columns.notices.is_empty());
    let wrong = find(&catalogue, "hardship_file", "姓名\n", Some("\n\"谁\" = \"nmae\"\n"));
    let Err(FileTrouble::Map(problems)) = wrong else { panic!("{wrong:?}") };
    assert_eq!((problems[0].line, problems[0].meant.as_deref()), (2, Some("name")));
}

#[test]
fn what_every_row_needs_is_missed_at_once() {
    let catalogue = Catalogue::built_in().unwrap();
    let missing = |plan, text| match find(&catalogue, plan, text, None) {
        Err(FileTrouble::MissingColumn(title)) => title.zh.into_owned(),
        other => panic!("{other:?}"),
    };
    assert_eq!(missing("hardship_file", "职工编号,身份证号\n"), "姓名");
    assert_eq!(missing("hardship_file.members", "姓名,关系\n"), "职工编号");
    let none = find(&catalogue, "hardship_file", "甲,乙\n1,2\n", None);
    assert!(matches!(none, Err(FileTrouble::NoHeadings { .. })));
}

#[test]
fn two_columns_for_one_field() {
    let catalogue = Catalogue::built_in().unwrap();
    let columns = find(&catalogue, "person", "姓名,联系电话,手机号码\n", None).unwrap();
    assert_eq!(ids(&columns), ["name", "-", "phone"]);
    assert_eq!(columns.notices.len(), 1);
}

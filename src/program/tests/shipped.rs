//! The packs that come with the program.

use super::*;

#[test]
fn the_shipped_packs_load_without_a_problem() {
    let catalogue = packs();
    assert_eq!(catalogue.kind_code("person"), 1);
    assert_eq!(catalogue.kind_code("hardship_file"), 2);
    assert_eq!(catalogue.kind_of_code(2).unwrap().id, "hardship_file");
    assert_eq!(catalogue.find_kind("困难职工档案").unwrap().id, "hardship_file");
    assert_eq!(catalogue.hash("hardship_file").len(), 16);
    assert_ne!(catalogue.hash("hardship_file"), catalogue.hash("person"));
}

#[test]
fn the_fixed_field_ids_are_there() {
    let catalogue = packs();
    let person = catalogue.kind("person").unwrap();
    for id in ["name", "id_number", "phone"] {
        assert!(person.field(id).is_some(), "{id}");
    }
    let file = catalogue.kind("hardship_file").unwrap();
    for id in ["annual_income", "rigid_expense", "household_size", "members", "head"] {
        assert!(file.field(id).is_some(), "{id}");
    }
    assert_eq!(catalogue.person_kind(file).unwrap().id, "person");
}

/// The headings of the office files, with the kind and field each leads to.
const HEADINGS: [(&str, &str, &str); 18] = [
    ("职工编号", "hardship_file", "worker_no"),
    ("姓名", "person", "name"),
    ("性别", "person", "sex"),
    ("身份证号", "person", "id_number"),
    ("手机号码", "person", "phone"),
    ("户口类型", "person", "hukou"),
    ("婚姻状况", "person", "marital_status"),
    ("健康状况", "hardship_file", "health"),
    ("工作单位", "person", "employer"),
    ("工作状态", "person", "work_status"),
    ("家庭人口", "hardship_file", "household_size"),
    ("近12个月家庭总收入", "hardship_file", "annual_income"),
    ("近12个月刚性支出", "hardship_file", "rigid_expense"),
    ("主要致困原因", "hardship_file", "main_cause"),
    ("住房套数", "hardship_file", "dwellings"),
    ("是否有机动车", "hardship_file", "has_vehicle"),
    ("申请日期", "hardship_file", "application_date"),
    ("备注", "hardship_file", "remarks"),
];

#[test]
fn the_headings_of_the_office_files_are_recognised() {
    let catalogue = packs();
    let file = catalogue.kind("hardship_file").unwrap();
    for (heading, kind, field) in HEADINGS {
        let found = catalogue.heading(file, heading).unwrap_or_else(|| panic!("{heading}"));
        assert_eq!((found.kind.id.as_str(), found.field.id.as_str()), (kind, field));
    }
    let members = file.field("members").unwrap();
    for (heading, column) in [
        ("姓名", "name"),
        ("与户主关系", "relation"),
        ("性别", "sex"),
        ("身份证号", "id_number"),
        ("月收入", "monthly_income"),
        ("在读学段", "schooling"),
        ("学校", "school"),
        ("健康状况", "health"),
    ] {
        assert_eq!(members.column_heading(heading).map(|c| c.id.as_str()), Some(column));
    }
    assert!(file.is_number_heading("职工编号"));
    assert!(!file.is_number_heading("姓名"));
    for loose in
        ["annual_income", "Household income, 12 months", "近１２个月家庭总收入 ", "*申请日期"]
    {
        assert!(catalogue.heading(file, loose).is_some(), "{loose}");
    }
    assert!(catalogue.heading(file, "星座").is_none());
}

/// Every value the office files hold in these columns.
#[test]
fn the_codes_of_the_office_files_are_recognised() {
    let catalogue = packs();
    for (list, labels) in [
        ("hukou", "农转居 农业 非农业"),
        ("marital_status", "未婚 丧偶 已婚 离异"),
        ("health", "糖尿病 残疾 一般疾病 癌症/恶性肿瘤 良好"),
        ("work_status", "农民工 失(无)业 下(待)岗 在岗 失（无）业"),
        (
            "hardship_cause",
            "有劳动能力而未就业 子女上学 患重特大疾病 其他 无劳动能力 遭受意外事故 下岗失业",
        ),
        ("evidence", "是 否"),
        ("relation", "子女 父母 配偶"),
        ("schooling", "小学 大学本科 高中"),
        ("sex", "男 女"),
    ] {
        let list = catalogue.code_list(list).unwrap();
        for label in labels.split(' ') {
            assert!(list.parse_choice(label, today()).is_ok(), "{label}");
        }
    }
}

#[test]
fn a_supervisor_has_one_key_forward_in_every_state() {
    let catalogue = packs();
    let workflow = catalogue.kind("hardship_file").unwrap().workflow.as_ref().unwrap();
    for (state, step) in [
        ("submitted", "accept"),
        ("first_review_done", "record_visit"),
        ("home_visited", "start_means_check"),
        ("means_check", "means_check_back"),
        ("means_check_back", "appraise"),
        ("appraisal", "post_notice"),
        ("notice_period", "notice_over"),
        ("to_approve", "approve"),
    ] {
        let found = workflow.move_on(state, 'a').unwrap();
        assert_eq!(found.id, step);
        assert!(found.by.contains(&Role::Supervisor));
    }
    // Trust page, "Decisions": reviewers are never authors, and accept and approve are two people.
    let clerical = ["submit", "take_over", "record_visit", "reopen", "not_as_entered"];
    for step in &workflow.moves {
        let entry = clerical.contains(&step.id.as_str());
        assert_eq!(step.not_by_author, !entry, "{}", step.id);
    }
    assert_eq!(workflow.apart, ["accept", "approve"]);
    for state in ["on_file", "declined", "watch"] {
        assert!(workflow.is_closed(state), "{state}");
    }
}

#[test]
fn a_stations_own_pack_takes_the_place_of_the_built_in_one() {
    let own = packs().pack("person").unwrap().text.replace("en = \"Employer\"", "en = \"Unit\"");
    let catalogue =
        Catalogue::with_own(&[("ours.toml", &own)]).unwrap_or_else(|p| panic!("{}", told(&p)));
    let employer = catalogue.kind("person").unwrap().field("employer").unwrap();
    assert_eq!(employer.title.en, "Unit");
    assert_ne!(catalogue.hash("person"), packs().hash("person"));
    assert_eq!(catalogue.hash("hardship_file"), packs().hash("hardship_file"));
}

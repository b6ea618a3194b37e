//! The cast: files worth opening, each there for one thing it shows.

use super::diary::{About, FileAt, Who};
use super::household::Household;
use super::story::{Stage, Story, answer};
use crate::calendar::Unit;
use crate::office::Answers;
use crate::record::{Sex::Female, Sex::Male, Value};

/// Everybody of the cast, on stage once.
pub(super) fn enter(story: &mut Story) {
    people_to_search_for(story);
    worked_examples(story);
    open_questions(story);
    papers_and_items(story);
    exclusions(story);
    one_child_in_two_files(story);
    returned_files(story);
    notices(story);
    decided_by_a_person(story);
    waiting_at_the_desk(story);
    decided_elsewhere(story);
    drafts(story);
}

/// Names that search must tell apart or read right, without files of their own.
fn people_to_search_for(story: &mut Story) {
    story.volunteer("周丽");
    for age in [27, 44] {
        story.named("张伟", Male, age);
    }
    story.named("单静", Female, 29);
    story.named("区洁", Female, 37);
    story.named("朴和平", Male, 55);
}

/// The worked examples of the domain page: three people, yuan of twelve months.
fn worked_examples(story: &mut Story) {
    let head = story.named("欧阳靖雯", Female, 38);
    let home = story.family(head, 3).with_money(52_000, 28_000).itemised(12);
    let home = home.with("bank_card", bank_card()).showing("深度困难，收支逐项录入");
    let file = story.file(head, &home, Stage::OnFile, 1);
    story.reveal(Who::Supervisor, About::File(file), "bank_card", story.ago(2));
    story.new_phone(head, story.ago(2));

    let head = story.named("曾解", Male, 45);
    let home = story.family(head, 3).with_money(52_000, 22_000);
    let home = home.showing("相对困难：833.33 元，高于低保标准、低于 1.5 倍");
    story.file(head, &home, Stage::ToApprove, 1);

    let head = story.named("罗德明", Male, 51);
    let home = story.family(head, 3).with_money(60_000, 13_200);
    let home = home.showing("人均 1300 元，高于相对困难线，不予建档");
    let file = story.file(head, &home, Stage::Checked, 2);
    let reason = "近 12 个月人均 1300.00 元，高于 1.5 倍低保标准；已告知可申请送温暖慰问。";
    story.decline(file, story.sitting(2), "yuyao-2024/relative", reason);

    let head = story.named("秦秀英", Female, 53);
    let home = story.family(head, 3).with_money(40_000, 46_000);
    let home = home.chosen("health", "kidney").showing("支出大于收入，人均为负");
    let found = ("rigid_expense", Value::Money(4_786_000));
    let file = story.file_found(head, &home, found, (Stage::ToApprove, 2));
    let day = story.sitting(2);
    story.approve(file, day, Some("透析费用按入户核对的结算单计算；长期支出型困难。"));
    story.reveal(Who::Volunteer, About::Person(head), "id_number", story.ago(1));
}

/// What the rules cannot settle: an accident, an old number, a short labour relation.
fn open_questions(story: &mut Story) {
    let head = story.named("尉迟英明", Male, 49);
    let home = story.family(head, 4).with_money(66_000, 6_000).chosen("main_cause", "8");
    let home = home
        .with("accident", Value::YesNo(true))
        .with("accident_date", Value::Date(story.ago(30)))
        .with("accident_loss", Value::Money(5_800_000))
        .showing("申报意外事故；本市认定标准未知，须人工核实");
    let file = story.submitted(head, &home, story.ago(2));
    story.reveal(Who::Volunteer, About::Person(head), "phone", story.ago(1));
    story.reveal(Who::Supervisor, About::File(file), "accident_loss", story.ago(1));

    let head = story.with_old_number("张伟", Male, 58);
    let home = story.family(head, 2).with_money(26_000, 9_000);
    let home = home.showing("户主身份证号为 15 位旧号");
    story.file(head, &home, Stage::Visited, 1);

    let head = story.named("冉小兵", Male, 31);
    let home = story.family(head, 2).with_money(24_000, 8_000);
    let home = home.with("is_migrant", Value::YesNo(true)).without("labour_since");
    let home = home.with("labour_months", Value::Integer(11)).showing("农民工，劳动关系 11 个月");
    story.submitted(head, &home, story.ago(2));

    let head = story.named("任勇", Male, 33);
    let home = story.family(head, 3).with_money(30_000, 8_000);
    let home = home.with("unit_has_union", Value::YesNo(false)).showing("单位未建工会");
    let file = story.submitted(head, &home, story.ago(12));
    let reason = "单位尚未建会，请先到街道工会办理入会，再补填工会关系。";
    story.return_for(file, story.sitting(3), &["unit_has_union", "union_member"], reason);

    let head = story.named("查文斌", Male, 47);
    let home = story.family(head, 4).with_money(38_000, 10_000).chosen("standard_area", "rural");
    story.file(head, &home.showing("适用农村低保标准"), Stage::Appraised, 1);
}

/// What is missing or does not add up.
fn papers_and_items(story: &mut Story) {
    let head = story.named("区海波", Male, 42);
    let home = story.family(head, 3).with_money(31_000, 12_000).lacking_paper("wage_record");
    story.submitted(head, &home.showing("缺近一年工资流水"), story.ago(1));

    let head = story.named("覃桂兰", Female, 50);
    let home = story.family(head, 3).with_money(33_000, 9_600).itemised(10);
    story.file(head, &home.showing("收入明细只有 10 个月"), Stage::Checking, 1);

    let head = story.named("诸葛明亮", Male, 36);
    let home = story.family(head, 3).with_money(29_000, 6_000);
    let home = home.with("household_size", Value::Integer(4));
    let home = home.showing("填写 4 人，成员表计 3 人");
    story.file(head, &home, Stage::ToVisit, 1);

    let head = story.named("朴玉梅", Female, 46);
    let soldier = story.soldier(head);
    let home = Household::of(vec![soldier]).with_money(11_000, 4_000);
    story.file(head, &home.showing("服役子女不计入家庭人口"), Stage::Visited, 1);
}

/// Exclusions: one found, one nobody has checked.
fn exclusions(story: &mut Story) {
    let head = story.named("解光荣", Male, 54);
    let home = story.family(head, 3).with_money(28_000, 9_000);
    let home = home.with("dwellings", Value::Integer(2)).showing("住房 2 套，不予建档");
    let file = story.file(head, &home, Stage::Visited, 3);
    let reason = "不动产登记核对为住房 2 套，其中一套出租；已当面告知并留存告知书。";
    story.decline(file, story.sitting(2), "zhengzhou-2018/dwellings", reason);

    let head = story.named("仇永福", Male, 44);
    let home = story.family(head, 2).with_money(19_000, 5_000).chosen("has_vehicle", "unchecked");
    story.file(head, &home.showing("机动车未核对；入户逾期"), Stage::ToVisit, 3);

    let head = story.named("向海波", Male, 39);
    let home = story.family(head, 2).with_money(19_000, 5_000).chosen("has_vehicle", "has");
    let home = home.with("vehicle_for_work", Value::YesNo(true));
    story.file(head, &home.showing("有车，为送货就业所需"), Stage::Notice, 1);
}

/// Divorced parents who both count their daughter.
fn one_child_in_two_files(story: &mut Story) {
    let child = story.child_of_two("张");
    let mother = story.named("单静", Female, 39);
    let home = Household::of(vec![child.clone()]).with_money(20_400, 6_000);
    let home = home.with("single_parent", Value::YesNo(true)).showing("女儿同时在父亲的档案里");
    story.file(mother, &home, Stage::OnFile, 2);
    let father = story.named("张伟", Male, 40);
    let home = Household::of(vec![child]).with_money(25_000, 8_000);
    story.submitted(father, &home.showing("女儿已在母亲的档案里"), story.ago(1));
}

/// Files that went back to the counter, and one that came through the second time.
fn returned_files(story: &mut Story) {
    let head = story.named("邓素琴", Female, 48);
    let home = story.family(head, 3).with_money(30_500, 16_000).lacking_paper("medical_receipts");
    let file = story.submitted(head, &home.showing("退回补正"), story.ago(5));
    let reason = "刚性支出 16000 元没有自付票据，请补交或更正。";
    story.return_for(file, story.sitting(1), &["rigid_expense", "papers"], reason);

    let head = story.named("田春林", Male, 52);
    let home = story.family(head, 3).with_money(34_000, 12_000).showing("退回补正，已逾期");
    let file = story.file(head, &home, Stage::Visited, 4);
    let reason = "核对授权书签名与身份证姓名不一致，请重签。";
    story.return_for(file, story.sitting(3), &["consents"], reason);

    let head = story.named("谭永碧", Female, 43);
    let home = story.family(head, 4).with_money(39_000, 9_000).showing("退回补正后重新提交");
    let file = story.submitted(head, &home, story.ago(25));
    let reason = "漏填低保以外的社保缴费；请核对近 12 个月刚性支出。";
    story.return_for(file, story.sitting(6), &["rigid_expense", "other_causes"], reason);
    let day = story.ago(21);
    story.amend(Who::Volunteer, file, day, "rigid_expense", Value::Money(1_235_000));
    story.amend(Who::Volunteer, file, day, "other_causes", Value::Tags(vec!["9".into()]));
    story.step(Who::Volunteer, file, day, "submit", Answers::new());
    story.lead(file, Stage::OnFile, 5);
}

/// Notices: ending today, over and waiting, and one that was objected to.
fn notices(story: &mut Story) {
    let home_of = |story: &mut Story, name: &str, remark: &str| {
        let head = story.named(name, Female, 45);
        let home = story.family(head, 3).with_money(37_000, 11_000).showing(remark);
        (head, home)
    };
    if let Some(day) = story.almanac.ends_today(5, Unit::Working) {
        let (head, home) = home_of(story, "潘淑华", "公示今日到期");
        let file = story.file(head, &home, Stage::Appraised, 2);
        let posted = answer("posted_on", Value::Date(day));
        story.decide(file, day, "post_notice", posted);
    }
    let (head, home) = home_of(story, "廖月娥", "公示期满，待登记");
    story.file(head, &home, Stage::Notice, 2);

    let (head, home) = home_of(story, "向玉兰", "公示有异议，正在复查");
    let file = story.file(head, &home, Stage::Notice, 2);
    let reason = "有居民反映其子已就业三个月，需重新核对收入。";
    story.because(file, story.sitting(1), "objection", reason);
}

/// Where a person decided otherwise than the numbers, or again.
fn decided_by_a_person(story: &mut Story) {
    let head = story.named("田建华", Male, 47);
    let home =
        story.family(head, 4).at_line(31, 20, 0).showing("人均为低保标准的 1.55 倍，边缘关注");
    let file = story.file(head, &home, Stage::Checked, 2);
    story.because(file, story.sitting(2), "watch", "孩子明年上大学，支出将增加，每季度回访一次。");

    let head = story.named("蒋红梅", Female, 41);
    let home = story.family(head, 3).at_line(103, 100, 0).showing("边缘带内，经人工核实批准");
    let file = story.file(head, &home, Stage::ToApprove, 1);
    story.approve(file, story.sitting(1), Some("处于边缘带，入户核实药费仍在增加，集体研究同意。"));

    let head = story.named("邓芳", Female, 35);
    let home = story.family(head, 2).with_money(35_000, 3_000).showing("不予建档后重新申请");
    let file = story.file(head, &home, Stage::Checked, 3);
    let reason = "近 12 个月人均 1333.33 元，高于相对困难线。";
    story.decline(file, story.sitting(3), "yuyao-2024/relative", reason);
    let again = answer("reason", Value::Text("本月失业，收入减少，重新申请。".into()));
    story.step(Who::Volunteer, file, story.ago(2), "reopen", again);
}

/// What lies on the supervisor's desk: due today, overlooked, and the supervisor's own.
fn waiting_at_the_desk(story: &mut Story) {
    let waiting = |story: &mut Story, name: &str, remark: &str| {
        let head = story.named(name, Male, 50);
        let home = story.family(head, 3).with_money(30_000, 9_000).showing(remark);
        (head, home)
    };
    if let Some(day) = story.almanac.ends_today(5, Unit::Natural) {
        let (head, home) = waiting(story, "石正华", "待初审，今日到期");
        story.submitted(head, &home, day);
    }
    let (head, home) = waiting(story, "汪世忠", "待初审，已逾期");
    story.submitted(head, &home, story.ago(9));
    let (head, home) = waiting(story, "夏国庆", "主管自己提交，须另一位主管审核");
    story.submitted_by(Who::Supervisor, head, &home, story.sitting(1));
}

/// Decided by the union above and entered from paper, and a file of before this program.
fn decided_elsewhere(story: &mut Story) {
    let from_above = |document: &str, day| {
        Answers::from([
            ("union".to_string(), Value::Text("巴南区总工会".into())),
            ("document".to_string(), Value::Text(document.into())),
            ("decided_on".to_string(), Value::Date(day)),
        ])
    };
    let day = story.sitting(1);
    let head = story.named("费玉清", Female, 49);
    let home = story.family(head, 3).with_money(36_000, 12_000).showing("上级已批，待第二人核对");
    let file = story.file(head, &home, Stage::ToApprove, 1);
    let mut approved = from_above("巴工帮〔2025〕31号", day);
    approved.insert("category".to_string(), Value::Choice("deep".into()));
    story.decide(file, day, "enter_approval", approved);

    let head = story.named("毛建国", Male, 56);
    let home = story.family(head, 2).with_money(22_000, 5_000).showing("上级不批，待第二人核对");
    let file = story.file(head, &home, Stage::ToApprove, 1);
    let mut refused = from_above("巴工帮〔2025〕32号", day);
    let reason = "上级核对发现上年已由配偶所在单位工会建档。";
    refused.insert("reason".to_string(), Value::Text(reason.into()));
    story.decide(file, day, "enter_refusal", refused);

    let head = story.named("龚素珍", Female, 60);
    let home = story.family(head, 2).with_money(20_000, 6_000).showing("接收的旧档案，待核对");
    let file = story.open(head, &home, day, Who::Supervisor);
    let taken = Answers::from([
        ("document".to_string(), Value::Text("巴工帮〔2024〕17号".into())),
        ("decided_on".to_string(), Value::Date(story.ago(60))),
        ("category".to_string(), Value::Choice("relative".into())),
    ]);
    story.step(Who::Supervisor, file, day, "take_over", taken);
}

/// Not handed in yet: one lacks the consents, one half its answers.
fn drafts(story: &mut Story) -> FileAt {
    let head = story.named("上官雪梅", Female, 57);
    let home = story.family(head, 1).with_money(9_000, 4_000).lacking_consent("household-finance");
    story.draft(head, &home.showing("草稿：家庭收支的同意书未签"), story.ago(1));
    let head = story.named("钟文斌", Male, 30);
    let home = story.family(head, 2).without("annual_income").without("main_cause");
    story.draft(head, &home.showing("草稿：收入和致困原因未填"), story.ago(1))
}

/// A card number the card schemes publish for tests.
fn bank_card() -> Value {
    Value::Text("6200000000000005".into())
}

//! Words by which rows that belong to no list are told: as they are in rosters of offices.

use crate::record::fold;

/// Words of a row of totals.
const TOTALS: [&str; 23] = [
    "总数",
    "总人数",
    "合计人数",
    "总计人数",
    "人数",
    "平均",
    "计",
    "合计",
    "小计",
    "总计",
    "共计",
    "总和",
    "累计",
    "合共",
    "本页合计",
    "本页小计",
    "总合计",
    "汇总",
    "total",
    "subtotal",
    "grandtotal",
    "sum",
    "totals",
];

/// Words a row of totals begins with, with a number, a mark or nothing after it.
const TOTAL_STARTS: [&str; 7] = ["合计", "小计", "总计", "共计", "累计", "total", "subtotal"];

/// Words a row of totals ends with: `鱼洞街道小计`.
const TOTAL_ENDS: [&str; 3] = ["合计", "小计", "总计"];

/// Labels that are alone or before a colon in the rows below a table.
const LABELS: [&str; 56] = [
    "年月日",
    "单位盖章处",
    "盖章处",
    "领款人签字",
    "领取人签字",
    "签收人",
    "填表人",
    "填报人",
    "填写人",
    "制表人",
    "制表",
    "审核",
    "审核人",
    "审批",
    "审批人",
    "复核",
    "复核人",
    "校对",
    "负责人",
    "单位负责人",
    "工会主席",
    "经办人",
    "经手人",
    "统计人",
    "统计负责人",
    "分管领导",
    "填表单位",
    "填报单位",
    "报送单位",
    "制表单位",
    "填表日期",
    "填报日期",
    "填表时间",
    "填报时间",
    "制表日期",
    "制表时间",
    "打印日期",
    "打印时间",
    "打印人",
    "报送日期",
    "报表日期",
    "报送人",
    "填表说明",
    "填报说明",
    "备注",
    "说明",
    "注",
    "附注",
    "注意",
    "注意事项",
    "签字",
    "签名",
    "盖章",
    "单位盖章",
    "preparedby",
    "checkedby",
];

/// Labels that need a colon: alone they may be a value, or a heading.
const LABELS_WITH_COLON: [&str; 10] =
    ["日期", "时间", "单位", "联系人", "联系电话", "电话", "合计人数", "note", "notes", "remarks"];

/// Words of the rows that end a table.
const ENDS: [&str; 17] = [
    "转下页",
    "接上页",
    "接下页",
    "承上页",
    "此页无正文",
    "本页无正文",
    "完",
    "end",
    "以下无",
    "以下空白",
    "以下为空白",
    "此页以下空白",
    "以下无正文",
    "以下空",
    "以下无内容",
    "此处空白",
    "endoflist",
];

/// What a text in a row's only cell has when it is a title or a remark and no name.
const REMARKS: [&str; 12] = [
    "花名册",
    "名册",
    "名单",
    "统计表",
    "汇总表",
    "登记表",
    "明细表",
    "一览表",
    "续表",
    "（续）",
    "(续)",
    "一式",
];

/// What `第二` comes before in the name of a part of a list, and in no name of a person.
const PARTS: [char; 12] = ['组', '部', '批', '类', '页', '队', '班', '期', '届', '车', '科', '季'];

/// What the parts of a list are called; nobody is called so.
const DIVISIONS: [&str; 29] = [
    "镇",
    "乡",
    "村",
    "厂",
    "湾",
    "居委会",
    "村委会",
    "单位",
    "企业",
    "职工",
    "商会",
    "委员会",
    "集团",
    "小组",
    "车间",
    "班组",
    "街道",
    "社区",
    "公司",
    "分会",
    "工会",
    "部门",
    "科室",
    "支部",
    "学校",
    "医院",
    "分公司",
    "项目部",
    "人员",
];

/// What is in the place of a name where there is none.
const NOBODY: [&str; 14] = [
    "无",
    "待定",
    "空缺",
    "同上",
    "示例",
    "样例",
    "例",
    "例如",
    "填写示例",
    "无人",
    "暂无",
    "空",
    "略",
    "其中女职工",
];

/// A text in a row's only cell that is longer is no name.
const LONGEST_ALONE: usize = 24;

/// Characters of a cell that are looked at as a label.
pub(super) const LABEL_LOOKED_AT: usize = 100;

/// A label as it is compared: no spaces, small letters, half width.
pub(super) fn bare(text: &str) -> String {
    let text: String = text.chars().take(LABEL_LOOKED_AT).collect();
    let folded = fold(&text).to_lowercase();
    let bare: String = folded.chars().filter(|c| !c.is_whitespace()).collect();
    let open = ['(', '（', '【', '[', '“', '"', '—', '-', '*', '★', '※', '△'];
    let close = [')', '）', '】', ']', '”', '"', '—', '-', '*', '。', '★', '※'];
    bare.trim_start_matches(open).trim_end_matches(close).to_string()
}

pub(super) fn is_total(bare: &str) -> bool {
    let alone = bare.trim_end_matches([':', '：']);
    let numbered = |start: &str| {
        let rest = bare.strip_prefix(start).unwrap_or("-");
        rest.starts_with(|c: char| {
            c.is_ascii_digit() || matches!(c, ':' | '：' | '(' | '（' | '共')
        })
    };
    // `鱼洞街道小计`; of three characters it may be a name.
    let long = (4..=20).contains(&bare.chars().count());
    let ends = long && TOTAL_ENDS.iter().any(|end| bare.ends_with(end));
    // `共 12 人`, `共三户`.
    let counted = bare.strip_prefix(['共', '计']).is_some_and(|rest| {
        let rest = rest.trim_end_matches(['。', '.']);
        let unit = rest.trim_start_matches(|c: char| c.is_ascii_digit() || COUNTS.contains(c));
        unit.len() < rest.len()
            && matches!(unit, "人" | "名" | "户" | "行" | "条" | "页" | "家" | "个" | "位")
    });
    TOTALS.contains(&alone) || TOTAL_STARTS.iter().any(|start| numbered(start)) || ends || counted
}

/// Whether a text is where a name belongs and is none.
pub(super) fn is_nobody(bare: &str) -> bool {
    NOBODY.contains(&bare)
}

/// Whether a text is the title of a list, wherever it is.
pub(super) fn is_title(text: &str) -> bool {
    let text: String = text.chars().take(LABEL_LOOKED_AT).collect();
    REMARKS.iter().any(|word| fold(&text).contains(word))
}

/// Numerals of a count.
const COUNTS: &str = "零一二三四五六七八九十百千两壹贰叁肆伍陆柒捌玖拾佰仟〇";

pub(super) fn is_label(bare: &str) -> bool {
    let (before, colon) = match bare.split_once([':', '：']) {
        Some((before, _)) => (before, true),
        None => (bare, false),
    };
    // `单位负责人（签字）：`, `注1：`, `填表人、审核人`.
    let before = before.split(['(', '（', '、', '/']).next().unwrap_or(before);
    let before = before.trim_end_matches(|c: char| c.is_ascii_digit());
    let numbered_note = bare.starts_with('注')
        && bare.chars().nth(1).is_some_and(|c| c.is_ascii_digit() || c == '.');
    LABELS.contains(&before) && (colon || before != "注")
        || colon && LABELS_WITH_COLON.contains(&before)
        || numbered_note
}

/// `填表人：孙三` beside `审核：`: rows of signatures begin with any of them.
pub(super) fn is_signature(text: &str) -> bool {
    let bare = bare(text);
    bare.contains([':', '：']) && is_label(&bare)
}

pub(super) fn is_end(bare: &str) -> bool {
    let page = bare.strip_prefix('第').and_then(|rest| rest.split_once('页'));
    ENDS.contains(&bare)
        || page.is_some_and(|(number, _)| {
            !number.is_empty() && number.chars().all(|c| c.is_ascii_digit())
        })
}

/// The only cell of a row: the name of a part of the list, such as `第二组`, `一、退休职工`.
pub(super) fn is_division(bare: &str) -> bool {
    let counted = bare.strip_prefix('第').is_some_and(|rest| {
        let part = rest.trim_start_matches(|c: char| {
            c.is_ascii_digit() || "一二三四五六七八九十百".contains(c)
        });
        part.len() < rest.len() && part.starts_with(PARTS)
    });
    let listed = ["、", ".", "．", "）", ")"].iter().any(|mark| {
        bare.split_once(mark).is_some_and(|(number, rest)| {
            !rest.is_empty()
                && !number.is_empty()
                && number.chars().all(|c| c.is_ascii_digit() || "一二三四五六七八九十".contains(c))
        })
    });
    let long = bare.chars().count() >= 3;
    counted || listed || long && DIVISIONS.iter().any(|end| bare.ends_with(end))
}

/// The only cell of a row: a title, or a sentence.
pub(super) fn is_remark(text: &str) -> bool {
    let text = fold(text);
    text.chars().count() > LONGEST_ALONE
        || text.contains(['：', ':', '。', '；', ';', '，', ','])
        || REMARKS.iter().any(|word| text.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_rows_that_are_nobody() {
        for text in [
            "合计",
            "合 计",
            "小　计：",
            "总计（人）",
            "合计：2",
            "共计3人",
            "鱼洞街道小计",
            "共 12 人",
            "Total",
            "Grand total",
        ] {
            assert!(is_total(&bare(text)), "{text}");
        }
        for text in [
            "填表人：孙三",
            "填表人",
            "审核",
            "制 表：",
            "单位负责人（签字）：",
            "备注：",
            "备注",
            "注：本表一式两份",
            "注1：",
            "注 2. 见附件",
            "说明：",
            "日期：2025年3月3日",
            "填表人、审核人",
            "Prepared by: Sun",
        ] {
            assert!(is_label(&bare(text)), "{text}");
        }
        for text in ["以下空白", "（以下空白）", "——以下空白——", "第 2 页 共 5 页"]
        {
            assert!(is_end(&bare(text)), "{text}");
        }
    }

    #[test]
    fn names_stay_names() {
        for text in [
            "张三",
            "计小合",
            "总某",
            "共某",
            "合某",
            "注某",
            "单某",
            "说某明",
            "审某",
            "第某",
            "共青",
            "日期",
            "Sumer",
            "Totala",
            "某计",
            "小计划书店",
        ] {
            let bare = bare(text);
            assert!(!is_total(&bare) && !is_label(&bare) && !is_end(&bare), "{text}");
        }
        for text in ["第二组", "一、退休职工", "2.在职", "鱼洞街道", "二车间"] {
            assert!(is_division(&bare(text)), "{text}");
        }
        for text in ["张第二", "第五", "一一", "买买提·艾力", "J. Smith"] {
            assert!(!is_division(&bare(text)), "{text}");
        }
        assert!(!is_remark("买买提·艾力"));
        assert!(is_remark("某街道困难职工花名册（续）") && is_remark("本表一式两份"));
    }
}

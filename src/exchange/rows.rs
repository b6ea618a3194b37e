//! What a row of a sheet is: a row of the list, or one of those that stand below and between it —
//! totals, signatures, remarks, headings printed again. None of the latter may become a record.

use super::book::{Cell, Merged, SheetRow};
use super::columns::{Columns, LONGEST_HEADING, Target};
use super::told::words;
use crate::record::{IdNumber, fold};

/// What a row is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum RowIs {
    /// Nothing.
    Blank,
    /// A row of the list.
    Data,
    /// The headings once more.
    HeadingsAgain,
    /// Other headings: what stands below them means something else.
    OtherHeadings,
    /// A total, a signature, a remark; its words, as far as they are shown.
    Aside(String),
}

/// Words of a row of totals.
const TOTALS: [&str; 16] = [
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

/// Words a row of totals begins with, with a number, a mark or nothing behind.
const TOTAL_STARTS: [&str; 7] = ["合计", "小计", "总计", "共计", "累计", "total", "subtotal"];

/// Words a row of totals ends with: `鱼洞街道小计`.
const TOTAL_ENDS: [&str; 3] = ["合计", "小计", "总计"];

/// Labels that stand alone or before a colon in the rows below a table.
const LABELS: [&str; 50] = [
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
const ENDS: [&str; 8] = [
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

/// What the parts of a list are called; nobody is called so.
const DIVISIONS: [&str; 16] = [
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

/// A text in a row's only cell that is longer is no name.
const LONGEST_ALONE: usize = 24;

/// Characters of a cell that are looked at as a label.
const LABEL_LOOKED_AT: usize = 100;

/// Looks at a row below the headings.
pub(super) fn what(row: &SheetRow, columns: &Columns<'_>, target: &Target<'_>) -> RowIs {
    if row.broken {
        return RowIs::Data;
    }
    if row.is_blank() {
        return RowIs::Blank;
    }
    // Whoever has an identity number is somebody, whatever else the row says.
    if own_cells(row).any(|(_, cell)| is_id_number(&cell.text)) {
        return RowIs::Data;
    }
    let own: Vec<(usize, &Cell)> = own_cells(row).collect();
    if let Some(headings) = headings(&own, columns, target) {
        return headings;
    }
    if is_numbering(&own) {
        return RowIs::Aside(words(
            &own.iter().map(|(_, cell)| fold(&cell.text)).collect::<Vec<_>>().join(" "),
        ));
    }
    let Some(label) = label(&own) else { return RowIs::Data };
    let bare = bare(label);
    let alone = own.len() == 1 && columns.meant() > 1;
    let aside = is_total(&bare)
        || is_label(&bare)
        || is_end(&bare)
        || alone && (is_remark(label) || is_division(&bare) || is_spread(row))
        || own.iter().filter(|(_, cell)| is_signature(&cell.text)).count() > 1;
    if aside { RowIs::Aside(words(label)) } else { RowIs::Data }
}

fn own_cells(row: &SheetRow) -> impl Iterator<Item = (usize, &Cell)> {
    let cells = row.cells.iter().enumerate();
    cells.filter(|(_, cell)| cell.merged == Merged::No && !cell.is_blank())
}

/// Most cells are told to be none by their length, which costs nothing.
fn is_id_number(text: &str) -> bool {
    (15..LONGEST_HEADING).contains(&text.len())
        && text.contains(|c: char| c.is_numeric())
        && IdNumber::parse(text).is_ok()
}

/// Whether a row is headings: the same ones, or enough others that the columns change their
/// meaning.
fn headings(own: &[(usize, &Cell)], columns: &Columns<'_>, target: &Target<'_>) -> Option<RowIs> {
    let same = |(at, cell): &&(usize, &Cell)| columns.heading_is(*at, &cell.text);
    let again = own.iter().filter(same).count();
    if again > 0 && (again == own.len() || again >= 2 && again * 2 >= own.len()) {
        return Some(RowIs::HeadingsAgain);
    }
    // Once half of them are none, the rest need not be looked at.
    let mut others = 0;
    for (_, cell) in own {
        if !target.is_known(&cell.text) {
            others += 1;
            if others * 2 >= own.len() {
                return None;
            }
        }
    }
    (own.len() >= 2 + others).then_some(RowIs::OtherHeadings)
}

/// A row that numbers the columns, as printed forms have: 1, 2, 3 and so on.
fn is_numbering(own: &[(usize, &Cell)]) -> bool {
    let number = |cell: &Cell| {
        let text = fold(&cell.text);
        text.trim_matches(['(', ')', '栏']).parse::<usize>().ok()
    };
    own.len() >= 3
        && own.windows(2).all(|pair| match pair {
            [(_, left), (_, right)] => {
                number(left).zip(number(right)).is_some_and(|(left, right)| left + 1 == right)
            }
            _ => false,
        })
        && own.first().is_some_and(|(_, cell)| number(cell).is_some_and(|first| first <= 1))
}

/// The words a row begins with: its first cell that is no serial number.
fn label<'c>(own: &[(usize, &'c Cell)]) -> Option<&'c str> {
    let mut texts = own.iter().map(|(_, cell)| cell.text.as_str());
    let short = |text: &str| text.chars().take(LABEL_LOOKED_AT).collect::<String>();
    texts.find(|text| {
        !fold(&short(text)).chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | '-' | '/'))
    })
}

/// A label as it is compared: no spaces, small letters, half width.
fn bare(text: &str) -> String {
    let text: String = text.chars().take(LABEL_LOOKED_AT).collect();
    let folded = fold(&text).to_lowercase();
    let bare: String = folded.chars().filter(|c| !c.is_whitespace()).collect();
    let open = ['(', '（', '【', '[', '“', '"', '—', '-', '*', '★', '※', '△'];
    let close = [')', '）', '】', ']', '”', '"', '—', '-', '*', '。', '★', '※'];
    bare.trim_start_matches(open).trim_end_matches(close).to_string()
}

fn is_total(bare: &str) -> bool {
    let alone = bare.trim_end_matches([':', '：']);
    let numbered = |start: &str| {
        let rest = bare.strip_prefix(start).unwrap_or("-");
        rest.starts_with(|c: char| {
            c.is_ascii_digit() || matches!(c, ':' | '：' | '(' | '（' | '共')
        })
    };
    // `鱼洞街道小计`, `共 12 人`.
    let ends = TOTAL_ENDS.iter().any(|end| bare.ends_with(end)) && bare.chars().count() <= 20;
    let counted = bare.strip_prefix('共').is_some_and(|rest| {
        let rest = rest.trim_end_matches(['。', '.']);
        let unit = rest.trim_start_matches(|c: char| c.is_ascii_digit());
        unit.len() < rest.len()
            && matches!(unit, "人" | "名" | "户" | "行" | "条" | "页" | "家" | "个")
    });
    TOTALS.contains(&alone) || TOTAL_STARTS.iter().any(|start| numbered(start)) || ends || counted
}

fn is_label(bare: &str) -> bool {
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
fn is_signature(text: &str) -> bool {
    let bare = bare(text);
    bare.contains([':', '：']) && is_label(&bare)
}

fn is_end(bare: &str) -> bool {
    let page = bare.strip_prefix('第').and_then(|rest| rest.split_once('页'));
    ENDS.contains(&bare)
        || page.is_some_and(|(number, _)| {
            !number.is_empty() && number.chars().all(|c| c.is_ascii_digit())
        })
}

/// The only cell of a row: the name of a part of the list, such as `第二组`, `一、退休职工`.
fn is_division(bare: &str) -> bool {
    let ordinal = |text: &str| {
        let number = text.trim_start_matches(|c: char| {
            c.is_ascii_digit() || "一二三四五六七八九十百".contains(c)
        });
        number.len() < text.len() && !number.is_empty()
    };
    let counted = bare.strip_prefix('第').is_some_and(ordinal);
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

/// Whether the only cell of a row is merged over most of it.
fn is_spread(row: &SheetRow) -> bool {
    row.cells.iter().filter(|cell| cell.merged == Merged::Over).count() >= 2
}

/// The only cell of a row: a title, or a sentence.
fn is_remark(text: &str) -> bool {
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

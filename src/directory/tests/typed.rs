//! One test for each way to type.

use super::{FILE, PERSON, few, own, person};
use crate::directory::{Card, Directory, IdNumber, IdRole, Query, Why};

fn directory(names: &[&str]) -> Directory {
    let mut directory = Directory::new();
    for (at, name) in (0..).zip(names) {
        directory.put(&person(at, name));
    }
    directory
}

/// The titles found, closest first.
fn found(directory: &Directory, text: &str) -> Vec<String> {
    let hits = directory.search(&Query::new(text, 50));
    hits.iter().map(|hit| directory.get(hit.id).unwrap().title.into_owned()).collect()
}

fn why(directory: &Directory, text: &str) -> Vec<Why> {
    directory.search(&Query::new(text, 50)).iter().map(|hit| hit.why).collect()
}

#[test]
fn nothing_finds_nothing() {
    let directory = directory(&["张伟"]);
    for text in ["", "  ", "·", "-", "　"] {
        assert_eq!(found(&directory, text), [""; 0]);
    }
    assert_eq!(directory.search(&Query::new("张", 0)), []);
}

#[test]
fn characters_whole_then_beginning_then_inside() {
    let directory = directory(&["李张伟", "张伟明", "张伟", "王小明"]);
    assert_eq!(found(&directory, "张伟"), ["张伟", "张伟明", "李张伟"]);
    assert_eq!(why(&directory, "张伟"), [Why::Name, Why::NameStart, Why::NamePart]);
    assert_eq!(found(&directory, "明"), ["王小明", "张伟明"]);
}

#[test]
fn pinyin_whole_partial_and_with_blanks() {
    let directory = directory(&["张伟明", "张伟", "赵婉"]);
    for text in ["zhangwei", "zhang wei", "ZhangWei", "ｚｈａｎｇｗｅｉ", "zhang'wei"] {
        assert_eq!(found(&directory, text), ["张伟", "张伟明"], "{text}");
        assert_eq!(why(&directory, text)[0], Why::Pinyin, "{text}");
    }
    assert_eq!(why(&directory, "zhangw"), [Why::Initials, Why::InitialsStart]);
    assert_eq!(why(&directory, "zhangwe"), [Why::SyllableStart, Why::SyllableStart]);
    assert_eq!(why(&directory, "weim"), [Why::InitialsPart]);
    assert_eq!(found(&directory, "zhax"), [""; 0]);
}

#[test]
fn initials_and_mixtures() {
    let directory = directory(&["张文敏", "张伟明", "周伟", "张伟"]);
    assert_eq!(found(&directory, "zw"), ["张伟", "周伟", "张伟明", "张文敏"]);
    assert_eq!(found(&directory, "zhw"), ["张伟", "周伟", "张伟明", "张文敏"]);
    assert_eq!(found(&directory, "张wm"), ["张伟明", "张文敏"]);
    assert_eq!(found(&directory, "zhang伟"), ["张伟", "张伟明"]);
    assert_eq!(found(&directory, "zhangwm"), ["张伟明", "张文敏"]);
    assert_eq!(found(&directory, "z伟明"), ["张伟明"]);
}

#[test]
fn surname_readings_come_first_and_the_common_ones_still_find() {
    let rows = [
        ("单小雨", "shan", "dan"),
        ("曾小雨", "zeng", "ceng"),
        ("解小雨", "xie", "jie"),
        ("仇小雨", "qiu", "chou"),
        ("区小雨", "ou", "qu"),
        ("盖小雨", "ge", "gai"),
        ("朴小雨", "piao", "pu"),
        ("查小雨", "zha", "cha"),
        ("洗小雨", "xian", "xi"),
        ("翟小雨", "zhai", "di"),
        ("乐小雨", "yue", "le"),
        ("覃小雨", "qin", "tan"),
        ("尉迟小雨", "yuchi", "weichi"),
        ("万俟小雨", "moqi", "wansi"),
    ];
    for (name, surname, common) in rows {
        let directory = directory(&[name, "王芳"]);
        for reading in [surname, common] {
            assert_eq!(found(&directory, reading), [name], "{reading}");
            assert_eq!(found(&directory, &format!("{reading}xiaoyu")), [name], "{reading}");
        }
    }
    let directory = directory(&["山小雨", "单小雨", "丹小雨"]);
    assert_eq!(found(&directory, "shanxiaoyu"), ["单小雨", "山小雨"]);
    assert_eq!(found(&directory, "danxiaoyu"), ["丹小雨", "单小雨"]);
}

#[test]
fn u_umlaut_in_any_spelling() {
    let directory = directory(&["吕红", "女贞"]);
    for text in ["lvhong", "luhong", "lühong", "LYUHONG", "lvh", "lh"] {
        assert_eq!(found(&directory, text), ["吕红"], "{text}");
    }
}

#[test]
fn names_with_dots_and_letters() {
    let directory = directory(&["阿依古丽·买买提", "Anna 李"]);
    for text in ["阿依古丽买买提", "古丽·买", "aygl", "ayigulimaimaiti"] {
        assert_eq!(found(&directory, text), ["阿依古丽·买买提"], "{text}");
    }
    assert_eq!(found(&directory, "annal"), ["Anna 李"]);
    assert_eq!(why(&directory, "anna李"), [Why::Name]);
}

#[test]
fn phones_identity_numbers_and_file_numbers() {
    let mut directory = directory(&["张丽"]);
    directory.put(&Card {
        number: "BN-困-2025-00017".into(),
        phones: few(["13812345678".into()]),
        id_numbers: [own("50019919900307002X")].into_iter().collect(),
        ..person(9, "周立")
    });
    let rows = [
        ("5678", Why::PhoneEnd),
        ("138 1234 5678", Why::Phone),
        ("138-1234-5678", Why::Phone),
        ("+8613812345678", Why::Phone),
        ("002x", Why::IdNumberEnd),
        ("００２Ｘ", Why::IdNumberEnd),
        ("50019919900307002x", Why::IdNumber),
        ("bn-困-2025-00017", Why::Number),
        ("00017", Why::NumberEnd),
        ("17", Why::NumberEnd),
        ("困-2025", Why::NumberSeries),
    ];
    for (text, expected) in rows {
        assert_eq!(found(&directory, text), ["周立"], "{text}");
        assert_eq!(why(&directory, text), [expected], "{text}");
    }
    // A whole number may be short; no part of it is looked for.
    let short = Card { id_numbers: [own("W-12")].into_iter().collect(), ..person(10, "吴敏") };
    directory.put(&short);
    for text in ["W-12", "w12", "Ｗ－１２"] {
        assert_eq!(found(&directory, text), ["吴敏"], "{text}");
        assert_eq!(why(&directory, text), [Why::IdNumber], "{text}");
    }
    assert_eq!(found(&directory, "w-1"), [""; 0]);
    // Nothing between the last four places and the whole number.
    for text in ["2X", "02x", "139", "138", "1381234", "2345", "12345678", "500199", "199003"] {
        assert_eq!(found(&directory, text), [""; 0], "{text}");
    }
}

#[test]
fn several_words_must_all_match() {
    let mut directory = Directory::new();
    directory.put(&Card { phones: few(["13800000001".into()]), ..person(1, "张丽") });
    directory.put(&Card { phones: few(["13900000002".into()]), ..person(2, "周立") });
    assert_eq!(found(&directory, "zl"), ["周立", "张丽"]);
    assert_eq!(found(&directory, "zl 0001"), ["张丽"]);
    assert_eq!(found(&directory, "0002 zl"), ["周立"]);
    assert_eq!(found(&directory, "zl 0001 周"), [""; 0]);
}

#[test]
fn kinds_limits_and_the_last_changed_first() {
    let mut directory = directory(&["王芳", "王芳", "王芳"]);
    let file = Card { kind: FILE, ..person(7, "王芳") };
    directory.put(&file);
    let search = |kind, limit| {
        let hits = directory.search(&Query { text: "wf".into(), kind, limit });
        hits.iter().map(|hit| (hit.id, hit.kind)).collect::<Vec<_>>()
    };
    assert_eq!(search(None, 2), [(file.id, FILE), (super::id(2), PERSON)]);
    assert_eq!(search(Some(PERSON), 1), [(super::id(2), PERSON)]);
    assert_eq!(search(Some(FILE), 5), [(file.id, FILE)]);
    assert_eq!(search(Some(9), 5), []);
}

#[test]
fn the_own_name_goes_before_the_household() {
    let mut directory = directory(&["王芳"]);
    let names = few(["李强".to_string(), "王芳".to_string()]);
    directory.put(&Card { names, ..person(5, "李强") });
    let hits = directory.search(&Query::new("wangfang", 9));
    assert_eq!(hits.iter().map(|hit| hit.name).collect::<Vec<_>>(), [Some(0), Some(1)]);
    assert_eq!(found(&directory, "王芳"), ["王芳", "李强"]);
}

#[test]
fn an_identity_number_is_found_with_its_role() {
    let mut directory = directory(&["王芳"]);
    let number = "500199198505050011";
    let member = IdNumber { role: IdRole::Household, number: number.into() };
    directory.put(&Card { id_numbers: [own(number)].into_iter().collect(), ..person(3, "李强") });
    let file =
        Card { kind: FILE, id_numbers: [member].into_iter().collect(), ..person(4, "赵敏") };
    directory.put(&file);
    let bearers = directory.by_id_number(" 500199 19850505 0011 ");
    let seen: Vec<_> = bearers.iter().map(|bearer| (bearer.id, bearer.kind, bearer.role)).collect();
    let expected = [(super::id(3), PERSON, IdRole::Own), (super::id(4), FILE, IdRole::Household)];
    assert_eq!(seen, expected);
    assert_eq!(directory.by_id_number("500199198505050012"), []);
    assert_eq!(directory.by_id_number(""), []);
}

#[test]
fn of_very_many_the_last_changed_are_kept() {
    use crate::record::RecordId;
    let mut directory = Directory::new();
    let mut all = Vec::new();
    for at in 0..3000_u16 {
        let [high, low] = at.to_be_bytes();
        let id = RecordId::new(super::moment(0), [high, low, 0, 0, 0, 0, 0, 0, 0, 0]);
        let updated = super::moment((i64::from(at) * 7919) % 1000);
        directory.put(&Card { id, updated, ..person(0, "王芳") });
        all.push((updated, id));
    }
    all.sort();
    let expected: Vec<RecordId> = all.iter().rev().take(40).map(|(_, id)| *id).collect();
    let hits = directory.search(&Query::new("wf", 40));
    assert_eq!(hits.iter().map(|hit| hit.id).collect::<Vec<_>>(), expected);
}

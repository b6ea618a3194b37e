//! How characters are read when they are surnames.
//!
//! Only where the surname is read differently from the character's first reading in the
//! `pinyin` tables, or where two surname readings are both alive. The character's other
//! readings find the person too, but later, so a surname missing here costs rank and nothing else.

/// Surnames of two characters.
const COMPOUND: &[([char; 2], [&[&str]; 2])] = &[
    (['万', '俟'], [&["mo"], &["qi"]]),
    (['尉', '迟'], [&["yu"], &["chi"]]),
    (['单', '于'], [&["chan", "shan"], &["yu"]]),
    (['长', '孙'], [&["zhang"], &["sun"]]),
    (['澹', '台'], [&["tan"], &["tai"]]),
    (['令', '狐'], [&["ling"], &["hu"]]),
    (['鲜', '于'], [&["xian"], &["yu"]]),
];

/// Surnames of one character.
const SINGLE: &[(char, &[&str])] = &[
    ('么', &["yao"]),
    ('乐', &["yue", "le"]),
    ('仇', &["qiu"]),
    ('任', &["ren"]),
    ('佴', &["nai"]),
    ('冼', &["xian"]),
    ('区', &["ou"]),
    ('华', &["hua"]),
    ('单', &["shan"]),
    ('卜', &["bu"]),
    ('召', &["shao"]),
    ('句', &["gou"]),
    ('员', &["yun", "yuan"]),
    ('宓', &["mi", "fu"]),
    ('尉', &["wei"]),
    ('折', &["she"]),
    ('撒', &["sa"]),
    ('曾', &["zeng"]),
    ('朴', &["piao"]),
    ('柏', &["bai", "bo"]),
    ('查', &["zha"]),
    ('洗', &["xian"]),
    ('牟', &["mou", "mu"]),
    ('盖', &["ge", "gai"]),
    ('相', &["xiang"]),
    ('眭', &["sui"]),
    ('祭', &["zhai"]),
    ('种', &["chong"]),
    ('秘', &["bi"]),
    ('繁', &["po"]),
    ('缪', &["miao"]),
    ('翟', &["zhai"]),
    ('能', &["nai"]),
    ('臧', &["zang"]),
    ('薄', &["bo"]),
    ('藏', &["zang"]),
    ('覃', &["qin", "tan"]),
    ('解', &["xie"]),
    ('谌', &["chen", "shen"]),
    ('贠', &["yun"]),
    ('费', &["fei", "bi"]),
    ('逄', &["pang"]),
    ('郇', &["xun", "huan"]),
    ('郗', &["xi", "chi"]),
    ('都', &["du"]),
    ('钭', &["tou"]),
    ('阚', &["kan"]),
    ('隗', &["wei", "kui"]),
    ('黑', &["he", "hei"]),
];

/// The surname readings of the first characters of a name, best first: none, one or two.
pub(super) fn readings(first: char, second: Option<char>) -> [Option<&'static [&'static str]>; 2] {
    if let Some((_, [one, two])) =
        COMPOUND.iter().find(|(chars, _)| chars[0] == first && Some(chars[1]) == second)
    {
        return [Some(one), Some(two)];
    }
    [SINGLE.iter().find(|(c, _)| *c == first).map(|(_, readings)| *readings), None]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_compound_surname_reads_as_one() {
        assert_eq!(readings('尉', Some('迟')), [Some(&["yu"][..]), Some(&["chi"][..])]);
        assert_eq!(readings('尉', Some('明')), [Some(&["wei"][..]), None]);
        assert_eq!(readings('张', Some('伟')), [None, None]);
    }
}

use super::*;
use crate::words::{Problem, Said};

/// Reads one text and gives what was told, by line.
fn told(text: &str, read: impl FnOnce(&Node<'_>)) -> Vec<Problem> {
    let problems = Problems::default();
    let source = Source::open("x.toml", text, &problems);
    read(&source.root());
    problems.into_sorted()
}

fn lines(problems: &[Problem]) -> Vec<usize> {
    problems.iter().map(|problem| problem.line).collect()
}

#[test]
fn every_problem_is_found_and_placed() {
    let text = "\
name = 7
[[day]]
kind = \"of\"
[[day]]
kind = \"off\"
many = [\"a\", 3,
  \"\"]
[head]
said = { zh = \"一\", en = \" \" }
number = \"x\"
";
    let problems = told(text, |root| {
        assert_eq!(root.need_text("name"), None);
        let days = root.tables("day");
        let kinds: Vec<_> =
            days.iter().map(|day| day.need_word("kind", &[("off", 1), ("work", 2)])).collect();
        assert_eq!(kinds, [None, Some(1)]);
        let many = days[1].texts("many");
        assert_eq!(many[0].place, Place { file: "x.toml".into(), line: 6 });
        assert_eq!(values(many), ["a"]);
        let head = root.table("head").unwrap();
        assert_eq!(head.need_said("said"), Said::fixed("一", ""));
        assert_eq!(head.whole("number"), None);
        assert_eq!(head.place().line, 8);
        assert_eq!(head.place_of("number").line, 10);
        assert_eq!(head.place_of("absent").line, 8);
        assert_eq!(head.need_text("absent"), None);
        for node in days.iter().chain([&head, root]) {
            node.finish();
        }
    });
    assert_eq!(lines(&problems), [1, 3, 6, 7, 8, 9, 10], "{problems:#?}");
    assert_eq!(problems[1].meant.as_deref(), Some("off"));
    assert!(problems[4].message.en.contains("\"absent\" is missing"));
}

#[test]
fn a_misspelt_key_is_told_once_where_it_stands() {
    let problems = told("title = \"x\"\n\n[[day]]\nnmae = \"元旦\"\nother = 1\n", |root| {
        assert!(root.need_text("title").is_some());
        for day in root.tables("day") {
            assert_eq!(day.need_text("name"), None);
            assert_eq!(day.text("kind"), None);
            day.finish();
        }
        root.finish();
    });
    assert_eq!(lines(&problems), [4, 5], "{problems:#?}");
    assert_eq!(problems[0].meant.as_deref(), Some("name"));
    assert_eq!(problems[1].meant, None);
    assert_eq!(problems[1].message.zh, "不认识“other”，这里可以写：name, kind");
}

#[test]
fn a_missing_key_is_told_beside_one_that_is_like_it_and_known() {
    let problems = told("clause_of = \"x\"\n", |root| {
        assert_eq!(root.need_text("clause"), None);
        assert!(root.text("clause_of").is_some());
        root.finish();
    });
    assert_eq!(lines(&problems), [1]);
    assert!(problems[0].message.en.contains("\"clause\" is missing"));
}

#[test]
fn a_file_that_is_not_toml_says_where_and_is_read_on() {
    let problems = told("a = 1\nb = \nc = 3\n", |root| {
        assert_eq!(root.whole("a").map(|at| at.value), Some(1));
        assert_eq!(root.whole("c").map(|at| (at.value, at.place.line)), Some((3, 3)));
    });
    assert_eq!(problems[0].line, 2);
}

#[test]
fn one_thing_is_as_good_as_a_list_of_one() {
    let problems = told("by = \"a\"\nrow = { id = 1 }\nask = [\"b\", { id = 2 }]\n", |root| {
        assert_eq!(values(root.texts("by")), ["a"]);
        assert_eq!(root.tables("row").len(), 1);
        let asks = root.tables_or_texts("ask");
        assert_eq!(asks[0].as_ref().err().map(|at| at.value.as_str()), Some("b"));
        assert!(asks[1].is_ok());
        assert!(root.tables("absent").is_empty() && root.texts("absent").is_empty());
        root.finish();
    });
    assert_eq!(problems, []);
}

proptest::proptest! {
    #[test]
    fn a_place_is_the_line_its_text_stands_in(lines in proptest::collection::vec("[a-z]{0,3}", 0..6)) {
        let comments: String = lines.iter().map(|line| format!("# {line}\n")).collect();
        let problems = Problems::default();
        let text = format!("{comments}key = 1");
        let source = Source::open("x.toml", &text, &problems);
        proptest::prop_assert_eq!(source.root().place_of("key").line, lines.len() + 1);
    }
}

//! Nothing about a person is in a data folder in the open.

use super::*;

fn files(dir: &Path, out: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        out.push(path.clone());
        if path.is_dir() {
            files(&path, out);
        }
    }
}

/// Planted words in the encodings they could be in.
fn planted() -> Vec<(String, Vec<u8>)> {
    let words = [
        "欧阳若水",
        "13800005678",
        "500199199003071234",
        "渝北罗站长",
        "BN-困-2025-00017",
        "雨天收伞",
    ];
    let mut forms = Vec::new();
    for word in words {
        forms.push((word.to_string(), word.as_bytes().to_vec()));
        forms.push((word.to_string(), encoding_rs::GB18030.encode(word).0.into_owned()));
        forms.push((word.to_string(), word.encode_utf16().flat_map(u16::to_le_bytes).collect()));
        forms.push((word.to_string(), word.encode_utf16().flat_map(u16::to_be_bytes).collect()));
    }
    forms
}

#[test]
fn no_planted_word_is_found_in_any_file_or_name() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let account = "渝北罗站长";
    let first = FirstAccount { name: account, ..super::account() };
    let kept = vec![kept(account, 0, "recovery")];
    let store = Store::create(&data, &station(), &first, kept, &setup()).unwrap().0;
    let mut person = record("worker", 1, "欧阳若水");
    person.number = "BN-困-2025-00017".into();
    person.created_by = account.into();
    person.fields.insert("phone".into(), Value::Text("13800005678".into()));
    person.fields.insert("identity".into(), Value::Text("500199199003071234".into()));
    let mut entry = draft(vec![NewOp::Put(person)]);
    entry.actor = account.into();
    entry.reason = Some("欧阳若水本人申请".into());
    save(&store, vec![entry]);
    assert!(store.check_password(account, "雨天收伞").is_err());
    assert!(store.check_password("欧阳若水", "13800005678").is_err());
    store.close().unwrap();
    let mut found = Vec::new();
    files(dir.path(), &mut found);
    assert!(found.len() > 10);
    for path in found {
        let name = path.file_name().unwrap().to_str().unwrap().to_string();
        let content = if path.is_file() { std::fs::read(&path).unwrap() } else { Vec::new() };
        for (word, form) in planted() {
            assert!(!name.contains(&word), "{word} in the name {name}");
            let open = content.windows(form.len()).any(|window| window == form);
            assert!(!open, "{word} lies open in {name}");
        }
    }
}

#[test]
fn errors_and_debug_texts_hold_no_secret() {
    let recovery = RecoveryKey::generate().unwrap();
    let shown = recovery.shown();
    assert!(shown.split('-').all(|group| !format!("{recovery:?}").contains(group)));
}

//! Names in a pack that have to be there: fields by their paths, codes, roles.

use crate::edited::{At, Node, Problems};
use crate::program::{Catalogue, Kind, Role};
use crate::said;
use crate::words::{Said, closest};

/// A problem when the path leads to no field or column.
pub(super) fn is_path(kind: &Kind, at: &At<String>, problems: &Problems) {
    if kind.field_at(&at.value).is_some() {
        return;
    }
    let path = &at.value;
    let known: Vec<String> = kind
        .fields()
        .flat_map(|field| {
            let columns = field.field_type.columns().iter();
            std::iter::once(field.id.clone())
                .chain(columns.map(move |column| format!("{}.{}", field.id, column.id)))
        })
        .collect();
    problems.add_meant(
        &at.place,
        said!("没有“{path}”这个字段", "there is no field `{path}`"),
        closest(path, known.iter().map(String::as_str)),
    );
}

/// A code that is asked for is one of its list.
pub(super) fn known_code(catalogue: &Catalogue, list: &str, at: &At<String>, problems: &Problems) {
    if let Some(list) = catalogue.code_list(list).filter(|list| list.entry(&at.value).is_none()) {
        let (code, title) = (&at.value, &list.title);
        problems.add_meant(
            &at.place,
            Said::new(
                format!("“{}”里没有“{code}”", title.zh),
                format!("there is no `{code}` in {}", title.en),
            ),
            closest(code, list.entries.iter().map(|entry| entry.code.as_str())),
        );
    }
}

pub(super) fn roles_in(item: &Node<'_>, key: &'static str) -> Vec<Role> {
    let mut roles = Vec::new();
    for at in item.texts(key) {
        match Role::from_id(&at.value) {
            Some(role) => roles.push(role),
            None => item.problems().add_meant(
                &at.place,
                said!("没有“{}”这个角色", "there is no role `{}`", at.value),
                closest(&at.value, Role::ALL.map(Role::id)),
            ),
        }
    }
    roles
}

//! In which fields two values differ.

use serde_json::Value;

use crate::view::FieldChange;

/// The fields of `from` and `to` that differ, by their paths. Items of lists are compared by their
/// places.
pub(crate) fn differences(from: &Value, to: &Value) -> Vec<FieldChange> {
    let mut changes = Vec::new();
    walk("", Some(from), Some(to), &mut changes);
    changes
}

fn walk(path: &str, from: Option<&Value>, to: Option<&Value>, changes: &mut Vec<FieldChange>) {
    let below = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
    match (from, to) {
        (Some(from), Some(to)) if from == to => {}
        (Some(Value::Object(from)), Some(Value::Object(to))) => {
            for (key, value) in from {
                walk(&below(key), Some(value), to.get(key), changes);
            }
            for (key, value) in to.iter().filter(|(key, _)| !from.contains_key(*key)) {
                walk(&below(key), None, Some(value), changes);
            }
        }
        (Some(Value::Array(from)), Some(Value::Array(to))) => {
            for place in 0..from.len().max(to.len()) {
                walk(&format!("{path}[{place}]"), from.get(place), to.get(place), changes);
            }
        }
        (from, to) => changes.push(FieldChange {
            field: path.to_owned(),
            from: from.cloned().unwrap_or(Value::Null),
            to: to.cloned().unwrap_or(Value::Null),
        }),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn paths_name_what_differs() {
        let from = json!({"a": 1, "b": {"c": [1, 2]}, "gone": true});
        let to = json!({"a": 1, "b": {"c": [1, 3, 4]}, "new": null});
        let changes = differences(&from, &to);
        let fields: Vec<_> = changes.iter().map(|change| change.field.as_str()).collect();
        assert_eq!(fields, ["b.c[1]", "b.c[2]", "gone", "new"]);
        assert_eq!((&changes[0].from, &changes[0].to), (&json!(2), &json!(3)));
        assert!(differences(&from, &from).is_empty());
    }
}

//! `vsectl decode --list-fields`: what filters and columns know.

use std::io::{self, Write};

use dissect::registry;
use serde_json::json;

/// Prints a field a line: name, type, protocol, description, values; or as JSON.
pub(super) fn print(as_json: bool, out: &mut impl Write) -> io::Result<()> {
    if as_json {
        let fields: Vec<_> = registry::all_fields()
            .map(|(protocol, field)| {
                let values = field.kind.names().map(|names| {
                    let all = (names.all)().into_iter();
                    all.map(
                        |(value, name)| json!({"value": value, "name": name.to_ascii_lowercase()}),
                    )
                    .collect::<Vec<_>>()
                });
                json!({
                    "name": field.name,
                    "type": field.kind.name(),
                    "protocol": protocol.name,
                    "layer": registry::has_layers(protocol),
                    "key": field.key,
                    "doc": field.doc,
                    "values": values,
                })
            })
            .collect();
        let document = json!({"schema": "vsectl.fields/1", "fields": fields});
        serde_json::to_writer_pretty(&mut *out, &document)?;
        return writeln!(out);
    }
    for (protocol, field) in registry::all_fields() {
        write!(out, "{}\t{}\t{}\t{}", field.name, field.kind.name(), protocol.name, field.doc)?;
        if let Some(names) = field.kind.names() {
            let names: Vec<String> =
                (names.all)().iter().map(|(_, name)| name.to_ascii_lowercase()).collect();
            write!(out, "\t{}", names.join(" "))?;
        }
        writeln!(out)?;
    }
    Ok(())
}

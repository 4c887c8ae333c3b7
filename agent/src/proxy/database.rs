//! What Open vSwitch's database says of its ports: OVSDB, RFC 7047, over a stream. No I/O.
//!
//! A port is that of a VM where its interface has these `external_ids`:
//!
//! | key | value |
//! | --- | --- |
//! | `vse-vm-id` | the VM's number in the Flow Control Field, 1 to 4094 |
//! | `vse-tenant-id` | whose it is; 0 where it is not given |
//! | `vse-vm-name` | its name; that of the port where it is not given |
//! | `vse-core` | the core that it runs on |
//! | `vse-pid` | the process whose threads are followed |
//! | `attached-mac` | its Ethernet address, as for any interface of a VM; that of the port where it is not given |

use std::collections::HashMap;

use codec::vse::Core;
use serde_json::{Value, json};

use super::vms::Vm;

/// Bytes of one message of the database that are kept at most.
const MAX_MESSAGE: usize = 16 << 20;

/// Why nothing more can be taken from a database.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// What it says is no JSON.
    #[error("the database does not speak JSON-RPC: {0}")]
    Json(#[from] serde_json::Error),
    /// One message has more bytes than are kept.
    #[error("a message of the database has more than {MAX_MESSAGE} bytes")]
    TooLong,
    /// It refused what was asked.
    #[error("the database refused to tell of its interfaces: {0}")]
    Refused(String),
}

/// What the database says of a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// The name of the port.
    pub port: String,
    /// The VM behind it; nothing for none.
    pub vm: Option<Vm>,
}

/// A conversation with a database.
#[derive(Debug, Default)]
pub struct Database {
    buffer: Vec<u8>,
    /// The names of the interfaces, by the number that the database has for them.
    names: HashMap<String, String>,
}

impl Database {
    /// The request to tell of all interfaces, now and whenever one changes.
    #[must_use]
    pub fn request() -> Vec<u8> {
        let columns = json!({"Interface": {"columns": ["name", "external_ids"]}});
        let request = json!({
            "method": "monitor", "params": ["Open_vSwitch", null, columns], "id": "interfaces",
        });
        request.to_string().into_bytes()
    }

    /// Takes bytes of the database; what it said of ports. What it wants to hear goes to
    /// `answers`.
    pub fn take(
        &mut self,
        bytes: &[u8],
        answers: &mut Vec<u8>,
    ) -> Result<Vec<Said>, DatabaseError> {
        self.buffer.extend_from_slice(bytes);
        let mut messages = serde_json::Deserializer::from_slice(&self.buffer).into_iter::<Value>();
        let mut taken = Vec::new();
        let mut end = 0;
        while let Some(message) = messages.next() {
            match message {
                Ok(message) => taken.push(message),
                Err(error) if error.is_eof() => break,
                Err(error) => return Err(error.into()),
            }
            end = messages.byte_offset();
        }
        self.buffer.drain(..end);
        if self.buffer.len() > MAX_MESSAGE {
            return Err(DatabaseError::TooLong);
        }
        let mut said = Vec::new();
        for message in &taken {
            self.message(message, answers, &mut said)?;
        }
        Ok(said)
    }

    fn message(
        &mut self,
        message: &Value,
        answers: &mut Vec<u8>,
        said: &mut Vec<Said>,
    ) -> Result<(), DatabaseError> {
        match message.get("method").and_then(Value::as_str) {
            Some("echo") => {
                let answer = json!({
                    "id": message.get("id"), "result": message.get("params"), "error": null,
                });
                answers.extend(answer.to_string().into_bytes());
            }
            Some("update") => {
                if let Some(tables) = message.pointer("/params/1") {
                    self.interfaces(tables, said);
                }
            }
            Some(_) => {}
            None if message.get("id").and_then(Value::as_str) == Some("interfaces") => {
                if let Some(error) = message.get("error").filter(|error| !error.is_null()) {
                    return Err(DatabaseError::Refused(error.to_string()));
                }
                if let Some(tables) = message.get("result") {
                    self.interfaces(tables, said);
                }
            }
            None => {}
        }
        Ok(())
    }

    fn interfaces(&mut self, tables: &Value, said: &mut Vec<Said>) {
        let rows = tables.get("Interface").and_then(Value::as_object);
        for (row, change) in rows.into_iter().flatten() {
            let new = change.get("new");
            let name = new.and_then(|new| new.get("name")).and_then(Value::as_str);
            if let Some(before) = self.names.get(row).filter(|before| name != Some(before)) {
                said.push(Said { port: before.clone(), vm: None });
            }
            match (new, name) {
                (Some(new), Some(name)) => {
                    self.names.insert(row.clone(), name.to_owned());
                    said.push(Said { port: name.to_owned(), vm: vm(name, new) });
                }
                _ => _ = self.names.remove(row),
            }
        }
    }
}

/// The VM that a row of the table Interface tells of.
fn vm(port: &str, row: &Value) -> Option<Vm> {
    // A map is ["map", [[key, value], …]]: RFC 7047 section 5.1.
    let pairs = row.pointer("/external_ids/1").and_then(Value::as_array)?;
    let value = |key: &str| {
        let mut found =
            pairs.iter().filter(|pair| pair.get(0).and_then(Value::as_str) == Some(key));
        found.next()?.get(1)?.as_str()
    };
    let number = |key: &str, max: u32| {
        let text = value(key)?;
        let parsed = text.parse().ok().filter(|number| *number <= max);
        if parsed.is_none() {
            tracing::warn!(port, "external_ids:{key}={text} is no number up to {max}: left out");
        }
        parsed
    };
    let vm_id = number("vse-vm-id", 4094).filter(|id| *id > 0)?;
    let core = number("vse-core", u32::from(Core::NONE.0) - 1);
    Some(Vm {
        vm_id: u16::try_from(vm_id).ok()?,
        tenant_id: number("vse-tenant-id", u32::MAX).unwrap_or(0),
        name: value("vse-vm-name").unwrap_or(port).to_owned(),
        core: core.and_then(|core| u16::try_from(core).ok()).map(Core),
        pid: number("vse-pid", u32::MAX).unwrap_or(0),
        hw_addr: value("attached-mac").and_then(|text| {
            let parsed = text.parse().ok();
            if parsed.is_none() {
                tracing::warn!(port, "external_ids:attached-mac={text} is no address: left out");
            }
            parsed
        }),
    })
}

#[cfg(test)]
mod tests {
    use codec::types::MacAddr;

    use super::*;

    const FIRST: &str = r#"{"id":"interfaces","error":null,"result":{"Interface":{
        "a1":{"new":{"name":"vm5","external_ids":["map",[["iface-id","x"],["vse-vm-id","5"],
            ["vse-tenant-id","7"],["vse-core","1"],["attached-mac","02:00:00:00:00:05"]]]}},
        "b2":{"new":{"name":"eth0","external_ids":["map",[]]}}}}}"#;

    fn five() -> Vm {
        let hw_addr = Some(MacAddr([2, 0, 0, 0, 0, 5]));
        Vm { vm_id: 5, tenant_id: 7, name: "vm5".to_owned(), core: Some(Core(1)), pid: 0, hw_addr }
    }

    fn said(port: &str, vm: Option<Vm>) -> Said {
        Said { port: port.to_owned(), vm }
    }

    #[test]
    fn in_pieces_of_any_size() {
        for piece in [1, 7, 10_000] {
            let mut database = Database::default();
            let mut answers = Vec::new();
            let pieces = FIRST.as_bytes().chunks(piece);
            let told: Vec<Said> =
                pieces.flat_map(|bytes| database.take(bytes, &mut answers).unwrap()).collect();
            assert_eq!(told, [said("vm5", Some(five())), said("eth0", None)]);
            assert!(answers.is_empty());
        }
    }

    #[test]
    fn changes() {
        let mut database = Database::default();
        let mut answers = Vec::new();
        database.take(FIRST.as_bytes(), &mut answers).unwrap();
        let update = r#"{"method":"update","id":null,"params":[null,{"Interface":{
            "b2":{"old":{},"new":{"name":"vm6","external_ids":["map",[["vse-vm-id","6"]]]}},
            "a1":{"old":{"name":"vm5"}}}}]}{"method":"echo","id":"echo","params":[]}"#;
        let told = database.take(update.as_bytes(), &mut answers).unwrap();
        let name = "vm6".to_owned();
        let six = Vm { vm_id: 6, tenant_id: 0, name, core: None, pid: 0, hw_addr: None };
        assert_eq!(told, [said("eth0", None), said("vm6", Some(six)), said("vm5", None)]);
        let answer: Value = serde_json::from_slice(&answers).unwrap();
        assert_eq!(answer, json!({"id": "echo", "result": [], "error": null}));
    }

    #[test]
    fn what_is_wrong_is_told() {
        let mut answers = Vec::new();
        let mut take = |text: &str| Database::default().take(text.as_bytes(), &mut answers);
        assert!(matches!(take("hello"), Err(DatabaseError::Json(_))));
        let refused = r#"{"id":"interfaces","error":{"error":"unknown database"},"result":null}"#;
        let error = take(refused).unwrap_err().to_string();
        assert!(error.contains("unknown database"), "{error}");
    }

    #[test]
    fn a_vm_id_out_of_range_is_no_vm() {
        for id in ["0", "4095", "x"] {
            let row = json!({"external_ids": ["map", [["vse-vm-id", id]]]});
            assert_eq!(vm("p", &row), None);
        }
    }
}

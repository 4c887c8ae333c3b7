//! Tables: those of an agent, of flow texts, or of JSON that a command printed.

use std::collections::BTreeMap;

use codec::types::Hex;
use serde::Serialize;
use serde_json::Value;

use super::Ignored;
use super::fields::differences;
use crate::agent_option::connect;
use crate::flow_set::FlowSet;
use crate::flow_source;
use crate::saved::Saved;
use crate::view::{ChangedRow, CoreView, FlowDiffView, FlowView, RowsDiff, TableDiffView, VmView};

/// Tables of one moment; nothing for those that are not told.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tables {
    flows: Option<FlowSet>,
    cores: Option<Vec<CoreView>>,
    vms: Option<Vec<VmView>>,
    config: Option<codec::vse::Config>,
}

impl Tables {
    /// The tables of `source`: a target, a file, or `-` for standard input.
    pub(crate) fn read(source: &str, lenient: bool) -> anyhow::Result<Self> {
        if flow_source::is_target(source) {
            let mut client = connect(&source.parse()?)?;
            return Ok(Self {
                flows: Some(flow_source::of_agent(&mut client)?),
                cores: Some(client.cores()?.into_iter().map(CoreView::from).collect()),
                vms: Some(client.vms()?.into_iter().map(VmView::from).collect()),
                config: Some(client.config()?),
            });
        }
        let text = flow_source::read(source)?;
        if !flow_source::is_json(&text) {
            let flows = Some(flow_source::table_of_text(source, &text, lenient)?);
            return Ok(Self { flows, ..Self::default() });
        }
        let saved = Saved::parse(&text)?;
        let flows = saved.flows.map(|flows| FlowSet::new(flows.iter().map(FlowView::to_flow)));
        Ok(Self { flows, cores: saved.cores, vms: saved.vms, config: saved.config })
    }

    /// How `to` differs, in what both have.
    pub(crate) fn diff(self, to: Self, ignored: &Ignored) -> TableDiffView {
        let flows = self.flows.zip(to.flows);
        let flows = flows.map(|(from, to)| flow_sets(from, to, ignored));
        let by_core = |cores: Vec<CoreView>| rows(cores, |core| core.core.to_string(), ignored);
        let by_id = |vms: Vec<VmView>| rows(vms, |vm| vm.vm_id.to_string(), ignored);
        let by_name = |config| rows(vec![config], |_| "config".to_owned(), ignored);
        TableDiffView::new(
            flows,
            self.cores.zip(to.cores).map(|(from, to)| compare(&by_core(from), &by_core(to))),
            self.vms.zip(to.vms).map(|(from, to)| compare(&by_id(from), &by_id(to))),
            self.config.zip(to.config).map(|(from, to)| compare(&by_name(from), &by_name(to))),
        )
    }
}

/// How two flow tables differ.
pub(crate) fn flow_sets(from: FlowSet, to: FlowSet, ignored: &Ignored) -> FlowDiffView {
    let plain = |set: FlowSet| {
        FlowSet::new(set.iter().cloned().map(|mut flow| {
            let flow_mod = &mut flow.flow_mod;
            if ignored.has("cookie") {
                flow_mod.cookie = Hex(0);
            }
            if ignored.has("idle_timeout") {
                flow_mod.idle_timeout = 0;
            }
            if ignored.has("hard_timeout") {
                flow_mod.hard_timeout = 0;
            }
            if ignored.has("flags") {
                flow_mod.flags = codec::of10::FlowModFlags::empty();
            }
            if ignored.has("actions") {
                flow_mod.actions.clear();
            }
            flow
        }))
    };
    plain(from).diff(&plain(to))
}

fn rows<T: Serialize>(
    items: Vec<T>,
    key: impl Fn(&T) -> String,
    ignored: &Ignored,
) -> BTreeMap<String, Value> {
    let row = |item: T| {
        let mut value = serde_json::to_value(&item).unwrap_or_default();
        ignored.strip(&mut value);
        (key(&item), value)
    };
    items.into_iter().map(row).collect()
}

fn compare(from: &BTreeMap<String, Value>, to: &BTreeMap<String, Value>) -> RowsDiff {
    let absent = |rows: &BTreeMap<String, Value>, others: &BTreeMap<String, Value>| {
        rows.keys().filter(|key| !others.contains_key(*key)).cloned().collect()
    };
    let changed = from.iter().filter_map(|(key, from)| {
        let fields = differences(from, to.get(key)?);
        (!fields.is_empty()).then(|| ChangedRow { key: key.clone(), fields })
    });
    RowsDiff { added: absent(to, from), removed: absent(from, to), changed: changed.collect() }
}

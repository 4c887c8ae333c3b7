//! Layouts of the Flow Control Field and what they give.

use codec::fcf::{Fcf, FcfLayout, set_fcf_ipv4};

use crate::SOURCE;
use crate::page::{Page, Table, number};

/// Whether a test here reads the table.
pub(crate) fn reads(table: &Table) -> bool {
    matches!(&*table.heading, "Named layouts" | "Values of the FCF")
}

fn short(text: &str) -> u16 {
    number(text).try_into().unwrap()
}

#[test]
fn named_layouts() {
    let page = Page::parse(SOURCE);
    let rows = page.table("Named layouts").rows.iter();
    let on_page: Vec<_> = rows
        .map(|row| (&*row[0], row[1].clone(), short(&row[2]), short(&row[3]), short(&row[4])))
        .collect();
    let in_code: Vec<_> = FcfLayout::NAMED
        .iter()
        .map(|(name, layout)| {
            let carrier = layout.carrier.to_string();
            (*name, carrier, layout.priority_mask, layout.vm_id_mask, layout.max_vm_id())
        })
        .collect();
    assert_eq!(on_page, in_code);
}

#[test]
fn values() {
    for row in &Page::parse(SOURCE).table("Values of the FCF").rows {
        let layout: FcfLayout = row[0].parse().unwrap();
        let field = Fcf { vm_id: short(&row[1]), priority: row[2] == "1" };
        let bits = short(&row[3]);
        assert_eq!(layout.write(field, 0).unwrap(), bits, "{row:?}");
        assert_eq!(layout.read(bits), field, "{row:?}");
    }
}

#[test]
fn ipv4_header() {
    let page = Page::parse(SOURCE);
    let heading = "Example: FCF in an IPv4 header";
    let dumps: Vec<_> = page.dumps.iter().filter(|dump| dump.heading == heading).collect();
    let [before, after] = &*dumps else { panic!("{heading} has a header before and after") };
    let mut header = before.bytes.clone();
    set_fcf_ipv4(FcfLayout::DSCP, Fcf { vm_id: 5, priority: true }, &mut header).unwrap();
    assert_eq!(header, after.bytes);
}

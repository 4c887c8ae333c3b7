//! Reads layers as people write them: `eth dst=02:00:00:00:00:02 / ip src=10.0.0.0/24 / udp`.
//!
//! A layer's word, then words of its fields; a slash that stands alone is between layers. What is
//! always the same may be left out: Ethernet, and UDP below a tunnel that needs it.

use std::ops::Range;

use codec::fcf::FcfLayout;
use codec::text::{Diagnostic, nearest};

use super::field::{FieldType, Kind, LayerType, Protocol};
use super::fragment;
use super::layers::{self, LAYERS, View, layouts};
use super::probe::{self, Probe};
use super::spec::{Layer, Setting};
use super::values::{Counter, Item, Values};

/// Layers that mean nothing; its text has the words and carets under what is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct SpecError(pub(crate) Box<Diagnostic>);

/// What is wrong, and where.
#[derive(Debug)]
struct Problem {
    span: Range<usize>,
    message: String,
    help: Option<String>,
}

/// A word and where it stands.
#[derive(Debug, Clone)]
struct Word {
    /// Without quotes.
    text: String,
    span: Range<usize>,
}

/// Reads the layers, from the outermost on, and adds what was left out.
pub(crate) fn parse(text: &str) -> Result<Vec<Layer>, SpecError> {
    read(text).map_err(|Problem { span, message, help }| {
        SpecError(Box::new(Diagnostic { text: text.to_owned(), span, message, help }))
    })
}

fn read(text: &str) -> Result<Vec<Layer>, Problem> {
    let words = words(text)?;
    let mut layers: Vec<Layer> = Vec::new();
    for group in words.split(|word| word.text == "/") {
        let Some((name, settings)) = group.split_first() else {
            let end = text.trim_end().len();
            let span = if words.is_empty() { 0..end } else { end..end };
            return Err(problem(span, "a layer is missing", Some("eth / ip / udp".to_owned())));
        };
        let r#type = layer_type(name)?;
        add_between(&mut layers, r#type, name)?;
        layers.push(read_layer(r#type, settings)?);
    }
    Ok(layers)
}

fn problem(span: Range<usize>, message: impl Into<String>, help: Option<String>) -> Problem {
    Problem { span, message: message.into(), help }
}

/// The words; quotes keep blanks within one.
fn words(text: &str) -> Result<Vec<Word>, Problem> {
    let mut words: Vec<Word> = Vec::new();
    let mut word: Option<Word> = None;
    let mut quote = None;
    for (at, char) in text.char_indices() {
        let end = at + char.len_utf8();
        if char == '"' {
            quote = if quote.is_none() { Some(at) } else { None };
            word.get_or_insert_with(|| Word { text: String::new(), span: at..end }).span.end = end;
        } else if char.is_whitespace() && quote.is_none() {
            words.extend(word.take());
        } else {
            let word = word.get_or_insert_with(|| Word { text: String::new(), span: at..end });
            word.text.push(char);
            word.span.end = end;
        }
    }
    if let Some(at) = quote {
        return Err(problem(at..at + 1, "this quote has no other half", None));
    }
    words.extend(word);
    Ok(words)
}

fn layer_type(word: &Word) -> Result<&'static LayerType, Problem> {
    let known = |r#type: &&&'static LayerType| {
        r#type.name == word.text || r#type.aliases.contains(&word.text.as_str())
    };
    if let Some(r#type) = LAYERS.iter().find(known) {
        return Ok(r#type);
    }
    let names = LAYERS.iter().map(|r#type| r#type.name);
    let help = match nearest(&word.text, names.clone()) {
        Some(like) => format!("did you mean {like}?"),
        None => format!("one of {}", names.collect::<Vec<_>>().join(", ")),
    };
    Err(problem(word.span.clone(), format!("{:?} is no layer", word.text), Some(help)))
}

/// Adds what must stand between the layers so far and `next`, and refuses what cannot follow.
fn add_between(
    layers: &mut Vec<Layer>,
    next: &'static LayerType,
    word: &Word,
) -> Result<(), Problem> {
    let below = layers.last().map(|layer| layer.r#type.protocol);
    let missing = match (below, next.protocol) {
        (None | Some(Protocol::Vxlan | Protocol::Nvgre | Protocol::Geneve), protocol)
            if protocol != Protocol::Ethernet =>
        {
            // Whatever stands alone stands in a frame.
            Some(&layers::ETHERNET)
        }
        (Some(Protocol::Ipv4 | Protocol::Ipv6), Protocol::Vxlan | Protocol::Geneve) => {
            Some(&layers::UDP)
        }
        _ => None,
    };
    layers.extend(missing.map(Layer::new));
    let Some(below) = layers.last() else { return Ok(()) };
    if follows(below.r#type.protocol, next.protocol) {
        return Ok(());
    }
    let message = format!("{} cannot follow {}", next.name, below.r#type.name);
    let help = match next.protocol {
        Protocol::Udp
        | Protocol::Tcp
        | Protocol::Icmp
        | Protocol::Nvgre
        | Protocol::Esp
        | Protocol::Vxlan
        | Protocol::Geneve => Some(format!("put ip in front of it: ip / {}", next.name)),
        Protocol::Icmpv6 => Some("put ip6 in front of it: ip6 / icmp6".to_owned()),
        _ => None,
    };
    Err(problem(word.span.clone(), message, help))
}

/// Whether a layer can carry another.
fn follows(below: Protocol, above: Protocol) -> bool {
    use Protocol::{
        Arp, Esp, Ethernet, Geneve, Icmp, Icmpv6, Ipv4, Ipv6, Nvgre, Payload, Tcp, Udp, Vlan, Vxlan,
    };
    match below {
        Ethernet | Vlan => matches!(above, Vlan | Arp | Ipv4 | Ipv6 | Payload),
        Ipv4 => matches!(above, Icmp | Udp | Tcp | Nvgre | Esp | Ipv4 | Ipv6 | Payload),
        Ipv6 => matches!(above, Icmpv6 | Udp | Tcp | Nvgre | Esp | Ipv4 | Ipv6 | Payload),
        Udp => matches!(above, Vxlan | Geneve | Payload),
        Vxlan | Nvgre | Geneve => above == Ethernet,
        Esp => matches!(above, Icmp | Udp | Tcp | Ipv4 | Ipv6 | Payload),
        Icmp | Icmpv6 | Tcp | Arp => above == Payload,
        Payload => false,
    }
}

fn read_layer(r#type: &'static LayerType, words: &[Word]) -> Result<Layer, Problem> {
    let mut layer = Layer::new(r#type);
    // Where each setting stands, for what is wrong with several of them together.
    let mut spans: Vec<Range<usize>> = Vec::new();
    for word in words {
        let setting = read_setting(r#type, word)?;
        if layer.values(setting.field.name).is_some() {
            let message = format!("{} is given twice", setting.field.name);
            return Err(problem(word.span.clone(), message, None));
        }
        layer.settings.push(setting);
        spans.push(word.span.clone());
    }
    for (setting, span) in layer.settings.iter().zip(&spans) {
        check(&layer, setting).map_err(|(message, help)| problem(span.clone(), message, help))?;
    }
    fit_vm(&mut layer);
    add_probe(&mut layer);
    Ok(layer)
}

fn read_setting(r#type: &'static LayerType, word: &Word) -> Result<Setting, Problem> {
    let (name, value) = match word.text.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (word.text.as_str(), None),
    };
    let Some(field) = r#type.field(name) else {
        let names = r#type.fields.iter().map(|field| field.name);
        // The word alone, as shuffled.
        let chosen = r#type
            .fields
            .iter()
            .find(|field| matches!(field.kind, Kind::Word(words) if words.contains(&name)));
        let help = match (chosen, nearest(name, names.clone())) {
            (Some(field), _) => format!("write {}={name}", field.name),
            (None, Some(like)) => format!("did you mean {like}?"),
            (None, None) => format!("one of {}", names.collect::<Vec<_>>().join(", ")),
        };
        let message = format!("{} has no field {name:?}", r#type.name);
        return Err(problem(word.span.clone(), message, Some(help)));
    };
    let values = match (field.kind, value) {
        (Kind::Switch, None) => Values::one(1),
        (_, None) => {
            let help = format!("{name}=…: {}", field.doc);
            return Err(problem(word.span.clone(), format!("{name} needs a value"), Some(help)));
        }
        (kind, Some(value)) => Values::read(kind, value).map_err(|message| {
            let start = word.span.end.saturating_sub(value.len());
            let span = if word.span.len() == word.text.len() {
                start..word.span.end
            } else {
                word.span.clone()
            };
            problem(span, message, None)
        })?,
    };
    Ok(Setting { field, values })
}

/// What is wrong with a setting beside the others of its layer, and what to write.
fn check(layer: &Layer, setting: &Setting) -> Result<(), (String, Option<String>)> {
    let FieldType { name, needs, .. } = setting.field;
    if let Some(needs) = needs
        && layer.values(needs).is_none()
    {
        return Err((
            format!("{name} means nothing without {needs}"),
            Some(format!("{needs} {setting}")),
        ));
    }
    let plain = |message: String| (message, None);
    match (*name, &setting.values) {
        ("vm", values) if *values != all_vms() => {
            let field = codec::fcf::Fcf {
                vm_id: u16::try_from(values.highest()).unwrap_or(u16::MAX),
                priority: false,
            };
            for layout in layouts(layer) {
                layout.write(field, 0).map_err(|error| plain(error.to_string()))?;
            }
        }
        ("layout", values) => {
            let carrier = match layer.r#type.protocol {
                Protocol::Vlan => codec::vse::Carrier::Vlan,
                _ => codec::vse::Carrier::Tos,
            };
            for item in values.items() {
                if !matches!(item, Item::Layout(layout) if layout.carrier == carrier) {
                    let name = layer.r#type.name;
                    return Err(plain(format!("the layout {item} is not for {name}")));
                }
            }
        }
        ("mtu", values) => {
            let view = View { layer, values: &[] };
            let mtu = usize::try_from(values.lowest()).unwrap_or(usize::MAX);
            fragment::room(mtu, layers::fragment_header_len(view))
                .map_err(|error| plain(error.to_string()))?;
        }
        ("len", values)
            if layer.values("probe").is_some()
                && usize::try_from(values.lowest()).is_ok_and(|len| len < Probe::LEN) =>
        {
            let error = layers::BuildError::Probe(usize::try_from(values.lowest()).unwrap_or(0));
            return Err((error.to_string(), Some(format!("len={}", Probe::LEN))));
        }
        _ => {}
    }
    Ok(())
}

/// What `vm=random` is read as before the layout is known.
fn all_vms() -> Values {
    Values::Random { low: 0, high: 0xfff }
}

/// Any VM is one that the layout can hold.
fn fit_vm(layer: &mut Layer) {
    let highest = layouts(layer).into_iter().map(FcfLayout::max_vm_id).min();
    let high = highest.unwrap_or(0).into();
    for setting in &mut layer.settings {
        if setting.field.name == "vm" && setting.values == all_vms() {
            setting.values = Values::Random { low: 1, high };
        }
    }
}

/// What a probe says is counted, unless it is given.
fn add_probe(layer: &mut Layer) {
    if layer.r#type.protocol != Protocol::Payload || layer.values("probe").is_none() {
        return;
    }
    for (name, counter) in [
        (probe::FLOW, Counter::Flow),
        (probe::SEQUENCE, Counter::Sequence),
        (probe::TIME, Counter::Time),
    ] {
        if let (None, Some(field)) = (layer.values(name), layer.r#type.field(name)) {
            layer.settings.push(Setting { field, values: Values::Counter(counter) });
        }
    }
}

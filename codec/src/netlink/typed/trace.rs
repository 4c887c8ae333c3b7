//! Traces, decisions and bundles.

use super::{NetlinkObject, no_pad};
use crate::error::{DecodeError, EncodeError};
use crate::netlink::object::{AttributeValue, Object};
use crate::netlink::schema;
use crate::of10::PortNo;
use crate::types::Hex;
use crate::vse::{Assignment, Bundle, Core, TraceCandidate, TraceReply, TraceRequest};

use AttributeValue::{Binary, Nest, U8, U16, U32, U64};

impl NetlinkObject for TraceRequest {
    fn to_object(&self) -> Result<Object, EncodeError> {
        Object::new(&schema::TRACE)
            .with("in-port", U16(self.in_port.0))?
            .with("core", U16(self.core.0))?
            .with("frame", Binary(self.frame.clone()))
    }

    fn from_object(object: &Object) -> Result<Self, DecodeError> {
        Ok(Self {
            in_port: object.u16("in-port").map_or(PortNo::NONE, PortNo),
            core: object.u16("core").map_or(Core::NONE, Core),
            pad: no_pad(),
            frame: object.binary("frame").unwrap_or_default().into(),
        })
    }
}

impl NetlinkObject for TraceReply {
    fn to_object(&self) -> Result<Object, EncodeError> {
        let object = Object::new(&schema::TRACE)
            .with("core", U16(self.core.0))?
            .with("reason", U8(self.reason.into()))?;
        self.candidates.iter().try_fold(object, |object, candidate| {
            object.with("candidate", Nest(candidate.to_object()?))
        })
    }

    fn from_object(object: &Object) -> Result<Self, DecodeError> {
        let candidates = object.values().filter_map(|(name, value)| match (name, value) {
            ("candidate", Nest(candidate)) => Some(TraceCandidate::from_object(candidate)),
            _ => None,
        });
        Ok(Self {
            reason: object.u8("reason").into(),
            pad: no_pad(),
            core: object.u16("core").map_or(Core::NONE, Core),
            pad2: no_pad(),
            candidates: candidates.collect::<Result<_, _>>()?,
        })
    }
}

impl NetlinkObject for TraceCandidate {
    fn to_object(&self) -> Result<Object, EncodeError> {
        let flow = Object::new(&schema::FLOW)
            .with("priority", U16(self.priority))?
            .with("cookie", U64(self.cookie.0))?
            .with_match(&self.r#match, &self.tlvs)?
            .with("core", U16(self.core.0))?;
        Object::new(&schema::CANDIDATE)
            .with("outcome", U8(self.outcome.into()))?
            .with("field", U8(self.field.into()))?
            .with("flow", Nest(flow))
    }

    fn from_object(object: &Object) -> Result<Self, DecodeError> {
        let none = Object::new(&schema::FLOW);
        let flow = object.nest("flow").unwrap_or(&none);
        let (r#match, tlvs) = flow.matched()?;
        Ok(Self {
            outcome: object.u8("outcome").into(),
            field: object.u8("field").into(),
            core: flow.u16("core").map_or(Core::NONE, Core),
            priority: flow.u16("priority").unwrap_or(0),
            cookie: Hex(flow.u64("cookie")),
            r#match,
            pad: no_pad(),
            tlvs,
        })
    }
}

impl NetlinkObject for Assignment {
    /// The object of the notification, which goes to a group: it has no monitor's number.
    fn to_object(&self) -> Result<Object, EncodeError> {
        let flow = Object::new(&schema::FLOW)
            .with("priority", U16(self.priority))?
            .with("cookie", U64(self.cookie.0))?
            .with_match(&self.r#match, &self.tlvs)?
            .with("rxhash", U32(self.rxhash.0))?;
        Object::new(&schema::ASSIGNMENT)
            .with("event", U8(self.event.into()))?
            .with("reason", U8(self.reason.into()))?
            .with("old-core", U16(self.old_core.0))?
            .with("new-core", U16(self.new_core.0))?
            .with("time", U64(self.time))?
            .with("vm", U16(self.vm_id))?
            .with("load", U16(self.load))?
            .with("flow", Nest(flow))
    }

    fn from_object(object: &Object) -> Result<Self, DecodeError> {
        let none = Object::new(&schema::FLOW);
        let flow = object.nest("flow").unwrap_or(&none);
        let (r#match, tlvs) = flow.matched()?;
        Ok(Self {
            monitor_id: 0,
            event: object.u8("event").into(),
            reason: object.u8("reason").into(),
            priority: flow.u16("priority").unwrap_or(0),
            cookie: Hex(flow.u64("cookie")),
            r#match,
            old_core: object.u16("old-core").map_or(Core::NONE, Core),
            new_core: object.u16("new-core").map_or(Core::NONE, Core),
            rxhash: Hex(flow.u32("rxhash")),
            time: object.u64("time"),
            vm_id: object.u16("vm").unwrap_or(0),
            load: object.u16("load").unwrap_or(0),
            pad: no_pad(),
            tlvs,
        })
    }
}

impl NetlinkObject for Bundle {
    fn to_object(&self) -> Result<Object, EncodeError> {
        Object::new(&schema::BUNDLE).with("command", U16(self.command.into()))
    }

    fn from_object(object: &Object) -> Result<Self, DecodeError> {
        Ok(Self::new(object.u16("command").unwrap_or(0).into()))
    }
}

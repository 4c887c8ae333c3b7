//! VSE itself: the engine with its flow table, core table and policy, the service that runs it, and
//! the datapaths that act on its decisions.

pub mod client;
pub mod controller;
pub mod datapath;
pub mod doctor;
pub mod engine;
pub mod experiment;
pub mod host;
pub mod measure;
pub mod proxy;
pub mod server;

//! An unmodified Open vSwitch with a datapath in memory, which needs no privileges, and a clock that
//! stands still.

use std::fs;
use std::process::{Command, Stdio};

use crate::hypervisor::{Beside, run, until};
use crate::world::Scratch;

const SCHEMA: &str = "/usr/share/openvswitch/vswitch.ovsschema";

/// A switch with the bridge br0 and the ports p1 and p2.
pub(crate) struct DummySwitch {
    // In the order in which they end.
    _switch: Beside,
    _database: Beside,
    pub(crate) dir: Scratch,
}

impl DummySwitch {
    pub(crate) fn new() -> Self {
        let dir = Scratch::new();
        let path = |name: &str| dir.0.join(name).display().to_string();
        run(&format!("ovsdb-tool create {} {SCHEMA}", path("conf.db")));
        let ovs = |program: &str, words: &[&str]| {
            let mut command = Command::new(program);
            for variable in ["OVS_RUNDIR", "OVS_LOGDIR", "OVS_DBDIR"] {
                command.env(variable, &dir.0);
            }
            command.args(words).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            Beside(command.spawn().expect("apt-get install openvswitch-switch"))
        };
        let remote = format!("--remote=punix:{}", path("db.sock"));
        let control = format!("--unixctl={}", path("db.ctl"));
        let database = ovs("ovsdb-server", &[&path("conf.db"), "-vconsole:off", &remote, &control]);
        until("the database listens", || fs::metadata(path("db.sock")).is_ok());
        let (place, control) =
            (format!("unix:{}", path("db.sock")), format!("--unixctl={}", path("vswitchd.ctl")));
        let arguments = [place.as_str(), "--enable-dummy", "-vconsole:off", &control];
        let this = Self { _switch: ovs("ovs-vswitchd", &arguments), _database: database, dir };
        this.vsctl("--no-wait init");
        this.vsctl(
            "add-br br0 -- set bridge br0 datapath_type=dummy fail_mode=secure \
             protocols=OpenFlow10 other_config:datapath-id=0000000000000001 \
             other_config:hwaddr=02:00:00:00:00:01 -- add-port br0 p1 -- add-port br0 p2 -- set \
             interface p1 type=dummy ofport_request=1 mac=\"02:00:00:00:00:11\" -- set interface \
             p2 type=dummy ofport_request=2 mac=\"02:00:00:00:00:12\"",
        );
        this
    }

    fn vsctl(&self, words: &str) {
        run(&format!("ovs-vsctl --db=unix:{} {words}", self.path("db.sock")));
    }

    fn path(&self, name: &str) -> String {
        self.dir.0.join(name).display().to_string()
    }

    /// Tells the running switch something: ovs-appctl(8).
    pub(crate) fn tell(&self, words: &[&str]) {
        let mut command = Command::new("ovs-appctl");
        let told = command.args(["-t", &self.path("vswitchd.ctl")]).args(words).output();
        let told = told.expect("ovs-appctl is installed");
        assert!(told.status.success(), "{words:?}: {}", String::from_utf8_lossy(&told.stderr));
    }

    /// Has it connect to the controller at a unix socket of its folder. From then on its clock
    /// stands still: what it tells of durations is equal each time.
    pub(crate) fn control(&self, socket: &str) {
        self.vsctl(&format!("set-controller br0 unix:{}", self.path(socket)));
        self.tell(&["time/stop"]);
    }
}

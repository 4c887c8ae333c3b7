//! Messages that a controller sends to the VSE behind a switch, and what it is told of them.

use std::os::unix::net::{UnixListener, UnixStream};
use std::process::{Command, Output, Stdio};

use crate::commands::{done, vsectl};
use crate::hypervisor::until;
use crate::world::{Agent, Proxy, Scratch};

const FLOW: &str = "add-flow priority=9,ip,nw_dst=10.0.0.1,actions=set_irq_core:0";
const NO_SUCH_CORE: &str = "add-flow priority=8,ip,actions=set_irq_core:999";

fn send(args: &[&str]) -> Output {
    vsectl("unix:/nonexistent", &[&["controller", "send"], args].concat())
}

fn flows(dir: &Scratch) -> String {
    done(&dir.target(), &["flow", "list", "--no-stats", "-o", "ofctl"])
}

/// Its standard error, where it failed.
fn failed(ran: &Output) -> String {
    assert_eq!(ran.status.code(), Some(1));
    String::from_utf8_lossy(&ran.stderr).into_owned()
}

#[test]
fn plainly_to_who_answers() {
    let dir = Scratch::new();
    let _agent = Agent::start(&dir, &[]);
    let ran = send(&[&dir.target(), "--carry", "plain", FLOW]);
    let errors = String::from_utf8_lossy(&ran.stderr).into_owned();
    assert!(ran.status.success() && errors.contains("acknowledged after"), "{errors}");
    let session = String::from_utf8(ran.stdout).expect("text");
    assert!(session.contains("OFPT_BARRIER_REPLY (xid=0x2)"), "{session}");
    assert!(flows(&dir).contains("priority=9,ip,nw_dst=10.0.0.1"));

    // A question in JSON: its answer is printed.
    let question =
        r#"{"type":"vendor","xid":7,"body":{"vendor":"vse","subtype":"host_features_request"}}"#;
    let ran = send(&[&dir.target(), "--carry", "plain", question]);
    let session = String::from_utf8_lossy(&ran.stdout).into_owned();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    assert!(session.contains("HOST_FEATURES_REPLY"), "{session}");
}

#[test]
fn inside_of_a_packet_out_through_the_proxy() {
    let dir = Scratch::new();
    let _agent = Agent::start(&dir, &[]);
    let path = |name: &str| dir.0.join(name);
    let controller = format!("unix:{}", path("controller").display());
    let switch = format!("punix:{}", path("switch").display());
    let args = ["--switch", &switch, "--controller", &controller];
    let mut proxy = Proxy::start(None, &dir.target(), &args);
    assert_eq!(proxy.line(), "ready");
    // The switch comes when the controller is there: the proxy connects at once.
    let through = |flow: &str| -> Output {
        let child = Command::new(env!("CARGO_BIN_EXE_vsectl"))
            .args(["controller", "send", &format!("p{controller}"), flow])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("vsectl starts");
        until("the controller listens", || path("controller").exists());
        let _switch = UnixStream::connect(path("switch")).expect("the proxy listens");
        let ran = child.wait_with_output().expect("it ends");
        assert!(!path("controller").exists(), "the socket goes with the program");
        ran
    };
    let ran = through(FLOW);
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let one = flows(&dir);
    assert!(one.contains("priority=9,ip,nw_dst=10.0.0.1"), "{one}");

    let words = failed(&through(NO_SUCH_CORE));
    assert!(words.contains("message 1 (flow_mod) was refused: actions: the core does"), "{words}");
    assert_eq!(flows(&dir), one);
    let last = proxy.end();
    assert!(last.contains("4 bare"), "{last}");
}

#[test]
fn nobody_answers() {
    let dir = Scratch::new();
    let place = dir.0.join("switch");
    let listener = UnixListener::bind(&place).expect("the scratch folder is ours");
    let target = format!("unix:{}", place.display());
    // One that accepts, and says nothing.
    let words = failed(&send(&[&target, "--timeout", "200ms", FLOW]));
    assert!(words.contains("no acknowledgement within 0.2 s: is the proxy"), "{words}");
    // One that hangs up.
    let hangs_up = std::thread::spawn(move || {
        drop(listener.accept());
        listener.accept().map(drop)
    });
    let words = failed(&send(&[&target, FLOW]));
    assert!(
        words.contains("it closed before an answer came") || words.contains("broke"),
        "{words}"
    );
    hangs_up.join().expect("it accepts").expect("somebody comes");
    let words = failed(&send(&[&target, FLOW]));
    assert!(words.contains("Connection refused"), "{words}");
}

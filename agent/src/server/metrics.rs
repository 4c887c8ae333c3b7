//! What the agent counts, as text for Prometheus, over HTTP on a loopback address: for whoever asks for it in the
//! configuration. A thread of its own serves it from the kernel's counters, so that a slow reader holds nobody up.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::time::Duration;

use crate::datapath::{PinnedTables, inspect};
use crate::measure::{Activity, CONTENT_TYPE, CpumapTrace, prometheus_text};

/// No client is waited for longer.
const PATIENCE: Duration = Duration::from_secs(1);
/// Bytes of a request's head at most.
const HEAD: usize = 8192;

/// A datapath whose counters are told.
#[derive(Debug)]
struct Source {
    pins: PathBuf,
    /// Counts what goes through its cpumap; without it nothing is said of that.
    trace: Option<CpumapTrace>,
}

/// Serves from here on, until the process ends; where a datapath is pinned, with its counters.
pub(crate) fn serve(address: SocketAddr, pins: Option<PathBuf>) -> io::Result<()> {
    let listener = TcpListener::bind(address)?;
    tracing::info!(address = %listener.local_addr()?, "metrics");
    let source = pins.map(|pins| {
        let trace = CpumapTrace::start().inspect_err(|error| {
            let error: &dyn std::error::Error = error;
            tracing::warn!(error, "metrics: nothing is told of the cpumap");
        });
        let trace = trace.ok();
        Source { pins, trace }
    });
    std::thread::Builder::new().name("metrics".to_owned()).spawn(move || {
        for stream in listener.incoming() {
            let answered = stream.and_then(|stream| answer(stream, source.as_ref()));
            if let Err(error) = answered {
                tracing::debug!(%error, "a reader of metrics has gone");
            }
        }
    })?;
    Ok(())
}

/// One request, one answer.
fn answer(mut stream: TcpStream, source: Option<&Source>) -> io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let head = head(&mut stream)?;
    let mut words = head.split(|byte| *byte == b' ');
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let (status, kind, text) = match (method, path) {
        (b"GET", b"/metrics") => match text(source) {
            Ok(text) => ("200 OK", CONTENT_TYPE, text),
            Err(error) => ("500 Internal Server Error", PLAIN, format!("{error}\n")),
        },
        (b"GET", _) => ("404 Not Found", PLAIN, "the metrics are at /metrics\n".to_owned()),
        _ => ("405 Method Not Allowed", PLAIN, "GET alone\n".to_owned()),
    };
    let len = text.len();
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len}\r\nConnection: close\r\n\r\n{text}"
    )
}

const PLAIN: &str = "text/plain; charset=utf-8";

/// The head of a request.
fn head(stream: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    let mut chunk = [0; 1024];
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        let n = stream.read(&mut chunk)?;
        head.extend_from_slice(chunk.get(..n).unwrap_or_default());
        if n == 0 || head.len() > HEAD {
            return Err(io::ErrorKind::InvalidData.into());
        }
    }
    Ok(head)
}

fn text(source: Option<&Source>) -> io::Result<String> {
    let trace = source.and_then(|source| source.trace.as_ref());
    // The pinned maps are others after a rebuild.
    let map = source.and_then(|source| inspect(&source.pins).ok()?.cpumap);
    let activity = Activity::read(trace.filter(|_| map.is_some()), map)?;
    let tables = source.and_then(|source| PinnedTables::open(&source.pins).ok());
    let datapath = tables.as_ref().and_then(|tables| tables.datapath().ok());
    let cores = tables.and_then(|tables| tables.cores().ok()).unwrap_or_default();
    prometheus_text(&activity, datapath.as_ref(), &cores).map_err(io::Error::other)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(request: &str) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        client.write_all(request.as_bytes()).unwrap();
        client.shutdown(std::net::Shutdown::Write).unwrap();
        drop(answer(listener.accept().unwrap().0, None));
        let mut text = String::new();
        // What was not read to its end ends in a reset.
        drop(client.read_to_string(&mut text));
        text
    }

    #[test]
    fn metrics_are_told_to_who_asks_rightly() {
        let told = ask("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
        assert!(told.starts_with("HTTP/1.1 200 OK\r\n"), "{told}");
        assert!(told.contains("vse_core_busy_seconds_total{core=\"0\"}"), "{told}");
        assert!(told.ends_with("# EOF\n"), "{told}");
        assert!(ask("GET / HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 404 "));
        assert!(ask("POST /metrics HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 405 "));
        assert_eq!(ask("GET /metrics HTTP/1.1\r\n"), "");
        assert_eq!(ask(&"x".repeat(2 * HEAD)), "");
    }
}

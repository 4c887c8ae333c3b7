//! What a proxy keeps of the streams of its frames over a restart: without it, a frame that was
//! recorded before would be taken once more.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use codec::types::MacAddr;
use serde::{Deserialize, Serialize};

/// The schema of the file.
const SCHEMA: &str = "vse.replay/1";

/// What is known of the streams of an interface.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReplayState {
    /// The highest sequence of a stream that was forgotten.
    pub floor: u64,
    /// Each stream.
    pub streams: Vec<StreamState>,
}

/// What is known of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StreamState {
    /// Its number.
    pub stream_id: u32,
    /// Who sent the last frame of it.
    pub peer: MacAddr,
    /// The highest sequence that was accepted.
    pub highest: u64,
}

/// The file where the state is kept.
#[derive(Debug)]
pub(super) struct ReplayFile {
    path: PathBuf,
}

/// A file that is not what it should be.
#[derive(Debug, thiserror::Error)]
#[error(
    "{}: {source}; it keeps old frames from being taken once more: remove it only if none was \
     recorded", path.display()
)]
pub struct ReplayFileError {
    path: PathBuf,
    source: io::Error,
}

#[derive(Serialize, Deserialize)]
struct Document {
    schema: String,
    #[serde(flatten)]
    state: ReplayState,
}

impl ReplayFile {
    /// Reads what the file says, if it is there.
    pub(super) fn open(path: &Path) -> Result<(Self, ReplayState), ReplayFileError> {
        let fail = |source| ReplayFileError { path: path.to_owned(), source };
        let state = match fs::read(path) {
            Ok(text) => {
                let read: Document = serde_json::from_slice(&text).map_err(|e| fail(e.into()))?;
                if read.schema != SCHEMA {
                    let text = format!("the schema is {:?}, want {SCHEMA:?}", read.schema);
                    return Err(fail(io::Error::other(text)));
                }
                read.state
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => ReplayState::default(),
            Err(error) => return Err(fail(error)),
        };
        let file = Self { path: path.to_owned() };
        // A file that cannot be written is told of now, not with the first frame.
        file.write(&state).map_err(fail)?;
        Ok((file, state))
    }

    /// Keeps `state`: it is on the disk when this returns.
    pub(super) fn write(&self, state: &ReplayState) -> io::Result<()> {
        let document = Document { schema: SCHEMA.to_owned(), state: state.clone() };
        let beside = self.path.with_extension("new");
        let mut file = File::create(&beside)?;
        file.write_all(&serde_json::to_vec(&document)?)?;
        file.sync_data()?;
        fs::rename(&beside, &self.path)?;
        let dir = self.path.parent().filter(|dir| !dir.as_os_str().is_empty());
        File::open(dir.unwrap_or(Path::new(".")))?.sync_all()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_read_back() {
        let dir = std::env::temp_dir().join(format!("vse-replay-{}", std::process::id()));
        fs::create_dir_all(&dir).unwrap();
        let path = dir.join("replay.json");
        let (file, state) = ReplayFile::open(&path).unwrap();
        assert_eq!(state, ReplayState::default());
        let peer = MacAddr([2, 0, 0, 0, 0, 1]);
        let streams = vec![StreamState { stream_id: 9, peer, highest: u64::MAX - 1 }];
        let state = ReplayState { floor: 7, streams };
        file.write(&state).unwrap();
        assert_eq!(ReplayFile::open(&path).unwrap().1, state);
        for broken in ["", "{}", r#"{"schema":"vse.replay/2","floor":0,"streams":[]}"#] {
            fs::write(&path, broken).unwrap();
            let error = ReplayFile::open(&path).unwrap_err().to_string();
            assert!(error.contains("replay.json"), "{error}");
        }
        fs::remove_dir_all(&dir).unwrap();
    }
}

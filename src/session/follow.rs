//! Following a log that another process writes: whole records only, each once.

use std::io;
use std::path::{Path, PathBuf};

use crate::domain::Record;

use super::line::{Decoded, decode};
use super::lines::Lines;

/// A place in a log.
#[derive(Debug)]
pub struct Follow {
    path: PathBuf,
    at: u64,
}

impl Follow {
    /// Begins with what is added from now on; a log that is not there yet is followed from its beginning.
    pub fn new(path: &Path) -> Self {
        let at = std::fs::metadata(path).map_or(0, |found| found.len());
        Self { path: path.to_path_buf(), at }
    }

    /// Begins with the first record of the log.
    pub fn whole(path: &Path) -> Self {
        Self { path: path.to_path_buf(), at: 0 }
    }

    /// The records that were added since. A line that is not whole yet comes the next time.
    pub fn more(&mut self) -> io::Result<Vec<Record>> {
        let mut lines = match Lines::open(&self.path, self.at) {
            Ok(lines) => lines,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut records = Vec::new();
        while let Some(line) = lines.next()? {
            if !line.ended {
                break;
            }
            self.at = line.end;
            if let (false, Decoded::Record(record)) = (line.too_long, decode(line.bytes)) {
                records.push(record);
            }
        }
        Ok(records)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use std::io::Write;

    use super::*;
    use crate::domain::Body;
    use crate::session::line::encode;

    #[test]
    fn whole_records_come_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.jsonl");
        let mut follow = Follow::new(&path);
        assert!(follow.more().unwrap().is_empty());
        let mut line = Vec::new();
        let mut file = std::fs::File::create(&path).unwrap();
        for seq in 0..2 {
            encode(&Record { seq, at: 0, body: Body::Cleared }, &mut line).unwrap();
            file.write_all(&line).unwrap();
        }
        encode(&Record { seq: 2, at: 0, body: Body::Cleared }, &mut line).unwrap();
        let (start, rest) = line.split_at(10);
        file.write_all(start).unwrap();
        let seqs = |follow: &mut Follow| follow.more().unwrap().iter().map(|record| record.seq).collect::<Vec<_>>();
        assert_eq!(seqs(&mut follow), [0, 1]);
        assert!(seqs(&mut follow).is_empty());
        file.write_all(rest).unwrap();
        assert_eq!(seqs(&mut follow), [2]);
        assert!(Follow::new(&path).more().unwrap().is_empty());
    }
}

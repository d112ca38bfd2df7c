//! Logs to import, and what must be in a store after that.

use std::fs;
use std::io::Write;
use std::path::Path;

use event_sourcing::RecordedEvent;
use flate2::Compression;
use flate2::write::GzEncoder;
use uuid::Uuid;

/// One line of a made-up log; `n` decides all of it.
pub(crate) fn line(n: usize, streams: usize) -> String {
    let id = Uuid::from_u128(n as u128);
    let (kind, subject) = (
        ["incoming claim", "assess claim", "end"][n % 3],
        n * 13 % streams,
    );
    let (hour, minute) = (n / 60 % 24, n % 60);
    format!(
        r#"{{"specversion":"1.0","id":"{id}","source":"urn:log:test","type":"{kind}","subject":"Claim/{subject}","time":"2026-01-05T{hour:02}:{minute:02}:00Z","datacontenttype":"application/json","correlationid":"{subject}","data":{{"n":{n}}}}}"#
    )
}

pub(crate) fn lines(count: usize, streams: usize) -> Vec<String> {
    (0..count).map(|n| line(n, streams)).collect()
}

pub(crate) fn write(path: &Path, lines: &[String]) {
    fs::write(path, lines.join("\n") + "\n").unwrap();
}

pub(crate) fn gzip(lines: &[String]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder
        .write_all((lines.join("\n") + "\n").as_bytes())
        .unwrap();
    encoder.finish().unwrap()
}

/// Requires that the store holds just these lines, in this order.
#[track_caller]
pub(crate) fn assert_stored(events: &[RecordedEvent], lines: &[String]) {
    assert_eq!(events.len(), lines.len());
    for (event, line) in events.iter().zip(lines) {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(event.id.uuid().to_string(), line["id"].as_str().unwrap());
        assert_eq!(event.stream.as_str(), line["subject"].as_str().unwrap());
        assert_eq!(event.name.as_str(), line["type"].as_str().unwrap());
        let data: serde_json::Value = serde_json::from_slice(&event.payload.data).unwrap();
        assert_eq!(data, line["data"]);
        assert_eq!(event.metadata.source(), line["source"].as_str());
        assert_eq!(event.metadata.correlation(), line["correlationid"].as_str());
        assert_eq!(
            event.occurred_at(),
            line["time"].as_str().unwrap().parse().unwrap()
        );
    }
}

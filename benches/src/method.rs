//! How each figure is made, for `--help`.

/// What stands after the options.
pub(crate) const METHOD: &str = "\
How the figures are made:
  Each task works in a closed loop: it waits for its answer before it goes on. A run takes
  --seconds; the ceiling (raw) and the store run in turns, --runs times each, on fresh content.
  Printed are the medians; `spread` is the range of the runs over the median. `ratio` is ours over
  raw, the median of the ratios of each turn. Compare ratios, not absolute figures of different times
  or machines. `goals` are the ratios to reach, and the ones to aim at after that.

  append   Events of --payload-bytes bytes of JSON, with an event id and a correlation id, in
           appends of --events-per-append; 20 appends to a stream, then a new one; every append
           states the exact version it expects. After each run the store is read to the end:
           positions and versions dense, as many events as were acknowledged (`verified`).
           raw, memory:   a vector of events and a map of streams behind a lock.
           raw, embedded: a raw log: one file filled beforehand, length and crc32c for each
                          record, one writer thread, one fdatasync for each batch.
           engine_*:      the bare storage engine with two keyspaces, driven the same way.
           raw, mongo:    insert commands made beforehand, of 2,000 events each, one after the
                          other on one connection, by the bare driver: the same documents, indexes
                          and write concern. `connections4_*`: on four. `insert_*`: a single
                          insert for each append, by as many tasks. `bytes_*`: documents and indexes on the
                          server's disk, over the BSON of a document for each event.
           With --processes N as many processes append to one namespace, with --concurrency tasks
           each. raw: one such process. `least_share` is the events of the slowest over the mean,
           `p99_ratio` is over one process, `connection1_ratio` over the bare driver.
  load     An aggregate is rebuilt from a stream of each length in --stream-events, without and
           with a snapshot ten events before its end. `read_*` is the store alone, payloads left
           as bytes. raw, embedded: the bare engine reads the same records, nothing is made of
           them; raw, memory: the events are cloned; raw, mongo: `find` by the bare driver, of the
           same stream. `read_p50_ratio` is of latencies.
  scan     All events of a store with --events in the order of positions, payloads left as bytes;
           an operation is a page of up to 5,000. `decoded_*` decodes each payload. raw: as for
           load, over the whole log; for mongo one cursor with 5,000 documents a batch.
  command  Repository: create, then 19 times execute on the same aggregate; each decides on as
           many events as an append has. Aggregates are cached unless --no-cache is given. raw: the
           same appends to the same kind of store, already encoded. `ratio` is commands over appends.
  live     From the acknowledgement of an append to the delivery of its last event at a
           subscription in the same process; each task waits for the delivery. raw: the same append,
           then its position handed over through a watch channel. `ratio` is of p99_ms, ours over
           raw: lower is better.
           With --across-processes the subscriber is another process, and the time is from the
           call of the append. raw: a bare insert here, a bare change stream there.
  naive    raw: a transaction for each append, which takes positions from a counter, looks at the
           end of the stream and inserts a document for each event; the driver repeats it.

For mongo each run has a database of its own, es_bench_..., which is dropped afterwards.

One JSON object a line goes to the standard output, progress to the standard error.";

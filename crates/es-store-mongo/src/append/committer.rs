//! The one task of a store that writes appends.

mod log_end;
mod write;

use std::collections::{HashMap, VecDeque};
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use es_core::{AppendError, Appended, Position, StreamId};
use tokio::sync::mpsc;
use tokio::time::Instant;

use self::log_end::LogEnd;
use self::write::Writing;
use super::batch::Batch;
use super::gathering::{Gathered, Gathering, Knowledge};
use super::job::Job;
use super::judge::{Verdict, View};
use super::own_writes::OwnWrites;
use super::queue::{CloseReply, Queued};
use super::recent::Recent;
use super::repeat;
use super::turns::Turns;
use crate::error::CloseError;
use crate::layout::encode::Mark;
use crate::shared::{Counters, Shared};

/// Takes what waits, sends it as one batch to the head of the log, and answers.
///
/// One batch is under way at a time; meanwhile the next one is [gathered](Gathering) and numbered,
/// and the streams that it needs are looked up. It is sent when the answer to the one before is
/// there, and only then are the callers of that one answered.
pub(crate) struct Committer {
    shared: Arc<Shared>,
    queued: Queued,
    /// No more appends come.
    drained: bool,
    /// Jobs come back from a look-up, or nothing if they were answered there. Never more than were
    /// handed out.
    returned: mpsc::UnboundedReceiver<Option<Box<Job>>>,
    return_to: mpsc::UnboundedSender<Option<Box<Job>>>,
    away: usize,
    ready: VecDeque<Box<Job>>,
    /// The next batch, while one is under way.
    gathering: Option<Gathering>,
    /// The batch before the one under way: stored, and not yet concluded.
    before: Option<Writing>,
    /// Given once the next batch is on its way.
    answers: Vec<(Job, Result<Appended, AppendError>)>,
    recent: Recent,
    own: OwnWrites,
    turns: Turns,
    /// Unknown before the first read, and after a race was lost.
    log_end: Option<LogEnd>,
    closing: Option<Closing>,
}

struct Closing {
    reply: CloseReply,
    deadline: Instant,
}

/// How many appends are taken from the queue at once.
const AT_ONCE: usize = 128;

impl Committer {
    pub(crate) fn new(shared: Arc<Shared>, queued: Queued, writer: i64) -> Self {
        let (return_to, returned) = mpsc::unbounded_channel();
        Self {
            turns: Turns::new(writer, shared.options.fair_turns),
            shared,
            queued,
            drained: false,
            returned,
            return_to,
            away: 0,
            ready: VecDeque::new(),
            gathering: None,
            before: None,
            answers: Vec::new(),
            recent: Recent::new(),
            own: OwnWrites::new(),
            log_end: None,
            closing: None,
        }
    }

    /// Runs until the store is closed or its last handle is dropped, and what waits is written.
    pub(crate) async fn run(mut self) {
        while self.wait_for_work().await {
            if !self.take_turn().await {
                continue;
            }
            let mut next = self.next_batch();
            while let Some(batch) = next {
                next = self.write(batch).await;
            }
        }
        self.flush();
        self.shared.hub.close();
        let left = self.ready.len() + self.away + self.queued.appends.len();
        if let Some(closing) = self.closing.take() {
            let closed = if left == 0 {
                Ok(())
            } else {
                Err(CloseError::Unwritten { appends: left })
            };
            let _ = closing.reply.send(closed);
        }
    }

    /// Whether there is an append to write; returns false when there never will be one again.
    async fn wait_for_work(&mut self) -> bool {
        loop {
            self.take_what_is_there();
            if self.out_of_time() {
                return false;
            }
            if !self.ready.is_empty() {
                if self.find_log_end().await {
                    return true;
                }
                continue;
            }
            if self.drained && self.away == 0 {
                return false;
            }
            self.flush();
            self.take_one().await;
        }
    }

    fn out_of_time(&self) -> bool {
        self.closing
            .as_ref()
            .is_some_and(|closing| Instant::now() >= closing.deadline)
    }

    /// Lets others go first whose turn it is; what they wrote meanwhile is before us. Whether what
    /// is known of the log is still good.
    async fn take_turn(&mut self) -> bool {
        let held_up_since = self.ready.iter().filter_map(|job| job.held_up_since).min();
        if let Some(since) = held_up_since
            && self.turns.reserve(&self.shared, since).await
        {
            self.log_end = None;
            return false;
        }
        if self.turns.must_wait(&self.shared) {
            // Who is answered may call again, and be in the batch that is waited for.
            self.flush();
            let heard = self.turns.wait(&self.shared).await;
            if let (Some(log_end), Some(ring)) = (&mut self.log_end, heard) {
                log_end.found(&ring);
            }
        }
        self.take_what_is_there();
        true
    }

    /// A batch of what can be placed at the head now.
    fn next_batch(&mut self) -> Option<Batch> {
        let log_end = self.log_end?;
        let limits = self.shared.options.batch_limits();
        let gathering = Gathering::after(log_end.head, log_end.alone_since, limits);
        self.gathering = Some(gathering);
        self.gather();
        self.finish_gathered()
    }

    /// Takes what is ready into the batch that is in the making.
    fn gather(&mut self) {
        let Some(mut gathering) = self.gathering.take() else {
            return;
        };
        while let Some(job) = self.ready.pop_front() {
            let known = Knowledge {
                heads: &self.shared.heads,
                own: &self.own,
                recent: &self.recent,
            };
            match gathering.gather(job, &known) {
                Gathered::Kept => {}
                Gathered::Full(job) => {
                    self.ready.push_front(job);
                    break;
                }
                Gathered::Repeat(job, hint) => self.look_for_repeat(job, hint),
                Gathered::LookUp(job, streams) => self.look_up(job, streams),
            }
        }
        self.gathering = Some(gathering);
    }

    /// What was gathered, to be sent now.
    fn finish_gathered(&mut self) -> Option<Batch> {
        if self.shared.database.is_chained() && self.log_end?.chain.is_none() {
            // Others wrote, and it is not known with which hash: the end has to be read.
            self.log_end = None;
            self.take_gathered_apart();
            return None;
        }
        let (gathering, log_end) = (self.gathering.take()?, self.log_end?);
        let recorded_at = self.shared.options.clock.now().max(log_end.recorded_at);
        let mark = Mark {
            writer: self.turns.writer(),
            waited: self.turns.waited(),
        };
        let (batch, again) = gathering.finish(recorded_at, mark, log_end.chain);
        self.put_first(again);
        batch
    }

    /// What was gathered rests on something that did not come true.
    fn take_gathered_apart(&mut self) {
        if let Some(gathering) = self.gathering.take() {
            self.put_first(gathering.take_apart());
        }
    }

    fn put_first(&mut self, mut jobs: VecDeque<Box<Job>>) {
        jobs.append(&mut self.ready);
        self.ready = jobs;
    }

    fn take_what_is_there(&mut self) {
        while let Ok(job) = self.returned.try_recv() {
            self.take_back(job);
        }
        if let Ok(reply) = self.queued.closings.try_recv() {
            self.begin_closing(reply);
        }
        while self.wants_more() {
            match self.queued.appends.try_recv() {
                Ok(job) => self.receive(job),
                Err(mpsc::error::TryRecvError::Empty) => return,
                Err(mpsc::error::TryRecvError::Disconnected) => self.drained = true,
            }
        }
    }

    /// The queue is the place to wait in: here gathers no more than the next batch or two.
    fn wants_more(&self) -> bool {
        let gathered = self.gathering.as_ref().map_or(0, Gathering::len);
        let here = self.ready.len() + self.away + gathered;
        !self.drained && here < 2 * self.shared.options.batch_limits().0
    }

    /// Takes the next thing that comes in, and what came with it.
    async fn take_one(&mut self) {
        let mut jobs = Vec::new();
        let wants_more = self.wants_more();
        tokio::select! {
            Some(job) = self.returned.recv() => self.take_back(job),
            Some(reply) = self.queued.closings.recv() => self.begin_closing(reply),
            taken = self.queued.appends.recv_many(&mut jobs, AT_ONCE), if wants_more => {
                self.drained = taken == 0;
            }
        }
        for job in jobs {
            self.receive(job);
        }
    }

    /// Does something else to its end, and gathers the next batch meanwhile.
    async fn meanwhile<T: Send + 'static>(
        &mut self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, tokio::task::JoinError> {
        let mut work = tokio::spawn(work);
        self.conclude_before();
        self.flush();
        loop {
            self.gather();
            tokio::select! {
                biased;
                done = &mut work => match done {
                    // The runtime is shutting down, and drops this task as well.
                    Err(error) if error.is_cancelled() => std::future::pending().await,
                    done => return done,
                },
                () = self.take_one() => {}
            }
        }
    }

    fn take_back(&mut self, job: Option<Box<Job>>) {
        self.away -= 1;
        self.ready.extend(job);
    }

    /// What waits is still written; nothing more is taken.
    fn begin_closing(&mut self, reply: CloseReply) {
        self.queued.appends.close();
        let deadline = Instant::now() + self.shared.options.append_timeout;
        self.closing = Some(Closing { reply, deadline });
    }

    /// Starts a look-up early if one will be needed.
    fn receive(&mut self, job: Box<Job>) {
        let view = View {
            heads: &self.shared.heads,
            own: &self.own,
            // Nothing is certain yet: what is known may be old when the batch is made.
            alone_since: self.log_end.map_or(Position::MAX, |end| end.alone_since),
            staged: [&HashMap::new(), &HashMap::new()],
        };
        match view.judge(&job) {
            Verdict::LookUp(streams) if self.log_end.is_some() => self.look_up(job, streams),
            _ => self.ready.push_back(job),
        }
    }

    /// Reads the versions of streams and puts the job back.
    fn look_up(&mut self, job: Box<Job>, streams: Vec<StreamId>) {
        let known_at = self.log_end.map_or(Position::START, |end| end.head);
        self.send_away(|shared| repeat::look_up(shared, job, streams, known_at));
    }

    /// Finds out whether an append that cannot happen has happened before, and answers; or puts
    /// the job back, if it can happen after all.
    fn look_for_repeat(&mut self, job: Box<Job>, first: Option<Position>) {
        let known_at = self.log_end.map_or(Position::START, |end| end.head);
        self.send_away(|shared| repeat::settle(shared, job, first, known_at));
    }

    fn send_away<F>(&mut self, work: impl FnOnce(Arc<Shared>) -> F)
    where
        F: Future<Output = Option<Box<Job>>> + Send + 'static,
    {
        self.away += 1;
        let back = self.return_to.clone();
        let work = work(Arc::clone(&self.shared));
        tokio::spawn(async move {
            let _ = back.send(work.await);
        });
    }

    fn answer(&mut self, job: Job, result: Result<Appended, AppendError>) {
        self.answers.push((job, result));
    }

    fn flush(&mut self) {
        for (job, result) in self.answers.drain(..) {
            job.answer(result);
        }
    }

    fn count(&self, counter: impl Fn(&Counters) -> &AtomicU64, count: u64) {
        Counters::add(counter(&self.shared.counters), count);
    }
}

//! The one task of a store that writes appends.

mod log_end;
mod write;

use std::collections::{HashMap, VecDeque};
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use es_core::{AppendError, Appended, Position, StreamId};
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use self::log_end::LogEnd;
use super::batch::{Batch, BatchBuilder};
use super::job::Job;
use super::judge::{Verdict, View};
use super::queue::Message;
use super::recent::Recent;
use super::repeat;
use super::turns::Turns;
use crate::error::CloseError;
use crate::layout::encode::Mark;
use crate::shared::{Counters, Shared};

/// Takes what waits, sends it as one batch to the head of the log, and answers.
///
/// One batch is under way at a time; meanwhile the next one gathers, and the streams that it needs
/// are looked up.
pub(crate) struct Committer {
    shared: Arc<Shared>,
    messages: mpsc::Receiver<Message>,
    /// No more messages come.
    drained: bool,
    /// Jobs come back from a look-up, or nothing if they were answered there. Never more than were
    /// handed out.
    returned: mpsc::UnboundedReceiver<Option<Box<Job>>>,
    return_to: mpsc::UnboundedSender<Option<Box<Job>>>,
    away: usize,
    ready: VecDeque<Box<Job>>,
    /// Given once the next batch is on its way.
    answers: Vec<(Job, Result<Appended, AppendError>)>,
    recent: Recent,
    turns: Turns,
    /// Unknown before the first read, and after a race was lost.
    log_end: Option<LogEnd>,
    closing: Option<Closing>,
}

struct Closing {
    reply: oneshot::Sender<Result<(), CloseError>>,
    deadline: Instant,
}

/// How many messages are taken from the queue at once.
const AT_ONCE: usize = 128;

impl Committer {
    pub(crate) fn new(shared: Arc<Shared>, messages: mpsc::Receiver<Message>, writer: i64) -> Self {
        let (return_to, returned) = mpsc::unbounded_channel();
        Self {
            turns: Turns::new(writer, shared.options.fair_turns),
            shared,
            messages,
            drained: false,
            returned,
            return_to,
            away: 0,
            ready: VecDeque::new(),
            answers: Vec::new(),
            recent: Recent::new(),
            log_end: None,
            closing: None,
        }
    }

    /// Runs until the store is closed or its last handle is dropped, and what waits is written.
    pub(crate) async fn run(mut self) {
        while self.wait_for_work().await {
            self.take_turn().await;
            if let Some(batch) = self.next_batch() {
                self.write(batch).await;
            }
        }
        self.flush();
        self.shared.hub.close();
        let left = self.ready.len() + self.away;
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

    /// Lets others go first whose turn it is; what they wrote meanwhile is before us.
    async fn take_turn(&mut self) {
        let Some(log_end) = &mut self.log_end else {
            return;
        };
        if let Some(ring) = self.turns.wait(&self.shared).await {
            log_end.found(ring.head, ring.at);
        }
        self.take_what_is_there();
    }

    /// A batch of what can be placed at the head now.
    fn next_batch(&mut self) -> Option<Batch> {
        let log_end = self.log_end?;
        let options = &self.shared.options;
        let (events, bytes) = (options.batch_events, options.batch_bytes);
        let recorded_at = options.clock.now().max(log_end.recorded_at);
        let mut builder = BatchBuilder::after(log_end.head, recorded_at);
        let mut staged = HashMap::new();
        let mut later = Vec::new();
        while let Some(job) = self.ready.pop_front() {
            if !builder.has_room(&job, events, bytes) {
                self.ready.push_front(job);
                break;
            }
            if builder.contains_repeat(&job) {
                later.push(job);
                continue;
            }
            if let Some(first) = self.recent.get(job.append.id()) {
                self.look_for_repeat(job, Some(first));
                continue;
            }
            let view = View {
                heads: &self.shared.heads,
                alone_since: log_end.alone_since,
                staged: &staged,
            };
            match view.judge(&job) {
                Verdict::Place(versions) => {
                    // Nobody is told of an append that was given up before it was sent.
                    if job.ticket.take() {
                        for (write, before) in job.append.writes().iter().zip(&versions) {
                            let after = before.plus(write.events.len() as u64);
                            staged.insert(write.stream.clone(), after);
                        }
                        builder.push(*job, versions);
                    }
                }
                Verdict::Refuse => self.look_for_repeat(job, None),
                Verdict::LookUp(streams) => self.look_up(job, streams),
                Verdict::Later => later.push(job),
            }
        }
        for job in later.into_iter().rev() {
            self.ready.push_front(job);
        }
        if builder.is_empty() {
            return None;
        }
        let mark = Mark {
            writer: self.turns.writer(),
            waited: self.turns.waited(),
        };
        Some(builder.finish(mark))
    }

    fn take_what_is_there(&mut self) {
        while let Ok(job) = self.returned.try_recv() {
            self.take_back(job);
        }
        while self.wants_more() {
            match self.messages.try_recv() {
                Ok(message) => self.take(message),
                Err(mpsc::error::TryRecvError::Empty) => return,
                Err(mpsc::error::TryRecvError::Disconnected) => self.drained = true,
            }
        }
    }

    /// The queue is the place to wait in: here gathers no more than the next batch or two.
    fn wants_more(&self) -> bool {
        !self.drained && self.ready.len() + self.away < 2 * self.shared.options.batch_events
    }

    async fn take_one(&mut self) {
        let mut messages = Vec::new();
        let wants_more = self.wants_more();
        tokio::select! {
            Some(job) = self.returned.recv() => self.take_back(job),
            taken = self.messages.recv_many(&mut messages, AT_ONCE), if wants_more => {
                self.drained = taken == 0;
            }
        }
        for message in messages {
            self.take(message);
        }
    }

    /// Does something else to its end, and gathers the next batch meanwhile.
    async fn meanwhile<T: Send + 'static>(
        &mut self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, tokio::task::JoinError> {
        let mut work = tokio::spawn(work);
        self.flush();
        loop {
            let wants_more = self.wants_more();
            let mut messages = Vec::new();
            tokio::select! {
                biased;
                done = &mut work => return done,
                Some(job) = self.returned.recv() => self.take_back(job),
                taken = self.messages.recv_many(&mut messages, AT_ONCE), if wants_more => {
                    self.drained = taken == 0;
                }
            }
            for message in messages {
                self.take(message);
            }
        }
    }

    fn take_back(&mut self, job: Option<Box<Job>>) {
        self.away -= 1;
        self.ready.extend(job);
    }

    fn take(&mut self, message: Message) {
        match message {
            Message::Append(job) => self.receive(job),
            Message::Close(reply) => {
                // What waits is still written; nothing more is taken.
                self.messages.close();
                let deadline = Instant::now() + self.shared.options.append_timeout;
                self.closing = Some(Closing { reply, deadline });
            }
        }
    }

    /// Starts a look-up early if one will be needed.
    fn receive(&mut self, job: Box<Job>) {
        let view = View {
            heads: &self.shared.heads,
            // Nothing is certain yet: what is known may be old when the batch is made.
            alone_since: self.log_end.map_or(Position::MAX, |end| end.alone_since),
            staged: &HashMap::new(),
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

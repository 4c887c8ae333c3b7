//! Threads that take batches of frames, each batch as a whole, while another thread reads and writes
//! in the order of the capture.
//!
//! The thread that reads follows the streams, which only the order of the frames allows, and does
//! batches itself where those that it may have under way are handed out. So one more thread keeps
//! two cores busy, and how much is kept in memory does not depend on the capture.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, Scope, ScopedJoinHandle};

use dissect::Dissector;

use super::batch::Batch;
use super::lane::Lane;

/// More threads would wait for the one that reads.
const MOST_THREADS: usize = 4;

/// How many threads are of use on this machine, the one that reads included.
pub(super) fn threads() -> usize {
    thread::available_parallelism().map_or(1, usize::from).min(MOST_THREADS)
}

/// Batches that nobody has taken.
#[derive(Default)]
pub(super) struct Queue {
    state: Mutex<Waiting>,
    changed: Condvar,
}

#[derive(Default)]
struct Waiting {
    batches: VecDeque<Batch>,
    closed: bool,
}

impl Queue {
    fn state(&self) -> MutexGuard<'_, Waiting> {
        // Nothing is half done while it is locked.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put(&self, batch: Batch) {
        self.state().batches.push_back(batch);
        self.changed.notify_one();
    }

    /// The next batch, unless one of so many others will take it soon.
    fn take(&self, others: usize) -> Option<Batch> {
        let mut state = self.state();
        if state.batches.len() > others { state.batches.pop_front() } else { None }
    }

    /// The next batch, once there is one; nothing when there will be none.
    fn wait(&self) -> Option<Batch> {
        let mut state = self.state();
        loop {
            if state.closed {
                return None;
            }
            if let Some(batch) = state.batches.pop_front() {
                return Some(batch);
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn close(&self) {
        self.state().closed = true;
        self.changed.notify_all();
    }
}

/// A batch that was taken, and how that ended.
struct Taken(Batch, thread::Result<io::Result<()>>);

/// The threads, and the batches that are under way.
pub(super) struct Crew<'scope, 'env> {
    queue: &'env Queue,
    taken: Receiver<Taken>,
    threads: Vec<ScopedJoinHandle<'scope, Lane>>,
    /// What this thread takes batches with.
    lane: Lane,
    dissector: Dissector,
    /// Batches that are done, and wait for those before them.
    done: BTreeMap<u64, Batch>,
    /// The number of the batch to write next, and of the one to hand out next.
    next: u64,
    handed: u64,
    spare: Vec<Batch>,
}

impl<'scope, 'env> Crew<'scope, 'env> {
    /// A crew of this thread, for `lane`, and one more for each of `others`.
    pub(super) fn new(
        scope: &'scope Scope<'scope, 'env>,
        queue: &'env Queue,
        front: &Dissector,
        lane: Lane,
        others: Vec<Lane>,
    ) -> Self {
        let (done, taken) = channel();
        let threads = others.into_iter().map(|lane| {
            let (followers, done) = (front.followers(), done.clone());
            scope.spawn(move || work(queue, lane, followers.dissector(), &done))
        });
        Self {
            queue,
            taken,
            threads: threads.collect(),
            lane,
            dissector: front.followers().dissector(),
            done: BTreeMap::new(),
            next: 0,
            handed: 0,
            spare: Vec::new(),
        }
    }

    /// A batch to fill, while there may be one more under way.
    pub(super) fn spare(&mut self) -> Option<Batch> {
        let most = 2 * (self.threads.len() + 1) + 1;
        let under_way = self.handed - self.next;
        (under_way < u64::try_from(most).unwrap_or(u64::MAX))
            .then(|| self.spare.pop().unwrap_or_default())
    }

    /// Hands out a batch, whose frames come behind those of the batch before.
    pub(super) fn put(&mut self, mut batch: Batch) {
        batch.number = self.handed;
        self.handed += 1;
        self.queue.put(batch);
    }

    /// The next batch in the order of the capture, if it is done.
    pub(super) fn done(&mut self) -> io::Result<Option<Batch>> {
        while let Ok(taken) = self.taken.try_recv() {
            self.keep(taken)?;
        }
        let batch = self.done.remove(&self.next);
        self.next += u64::from(batch.is_some());
        Ok(batch)
    }

    /// Gives back a batch that is written.
    pub(super) fn give_back(&mut self, batch: Batch) {
        self.spare.push(batch);
    }

    /// Helps with a batch where the others have enough to do, or waits until one is done. Returns
    /// whether there was any.
    pub(super) fn help(&mut self) -> io::Result<bool> {
        if let Some(mut batch) = self.queue.take(self.threads.len()) {
            batch.run(&mut self.lane, &mut self.dissector)?;
            self.done.insert(batch.number, batch);
        } else if self.next == self.handed {
            return Ok(false);
        } else if let Ok(taken) = self.taken.recv() {
            self.keep(taken)?;
        }
        Ok(true)
    }

    fn keep(&mut self, Taken(batch, result): Taken) -> io::Result<()> {
        result.unwrap_or_else(|panic| resume_unwind(panic))?;
        self.done.insert(batch.number, batch);
        Ok(())
    }

    /// Ends the threads, and adds to `lane` what they counted.
    pub(super) fn end(mut self, lane: &mut Lane) {
        self.queue.close();
        lane.join(&self.lane);
        for thread in self.threads.drain(..) {
            lane.join(&thread.join().unwrap_or_else(|panic| resume_unwind(panic)));
        }
    }
}

impl Drop for Crew<'_, '_> {
    /// The threads end also where an error ends the writing.
    fn drop(&mut self) {
        self.queue.close();
    }
}

fn work(queue: &Queue, mut lane: Lane, mut dissector: Dissector, done: &Sender<Taken>) -> Lane {
    while let Some(mut batch) = queue.wait() {
        // Whoever waits for the batch is to hear of a panic, and not to wait for ever.
        let run = AssertUnwindSafe(|| batch.run(&mut lane, &mut dissector));
        let result = catch_unwind(run);
        if done.send(Taken(batch, result)).is_err() {
            break;
        }
    }
    lane
}

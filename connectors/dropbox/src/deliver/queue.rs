//! Between threads that download and threads that store: files in the order in which they come.

use std::{
    sync::{
        Condvar, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering::SeqCst},
        mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel},
    },
    time::Duration,
};

use larder_connect::{Deliveries, Delivery, Forecast, Next};
use larder_model::{Problem, Result};

/// Files that wait to be stored: a few megabytes, since larger ones come in pieces.
const WAITING_MAX: usize = 24;

pub struct Queue {
    forecast: Forecast,
    sender: Mutex<Option<SyncSender<Box<Delivery>>>>,
    receiver: Mutex<Receiver<Box<Delivery>>>,
    stopped: AtomicBool,
    problem: Mutex<Option<Problem>>,
    begun: (Mutex<bool>, Condvar),
}

/// Nobody takes any more.
pub struct Stopped;

/// Closes the queue of a leader that did not come to its end: whoever takes must not wait for it.
pub struct CloseAtPanic<'q>(&'q Queue);

impl Drop for CloseAtPanic<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.close(Some(Problem::failed("a thread that downloads has ended by a defect in Larder")));
        }
    }
}

/// Stops the queue when it is dropped.
pub struct StopAtEnd<'q>(&'q Queue);

impl Drop for StopAtEnd<'_> {
    fn drop(&mut self) {
        self.0.stop();
    }
}

impl Queue {
    pub fn new(forecast: Forecast) -> Self {
        let (sender, receiver) = sync_channel(WAITING_MAX);
        Self {
            forecast,
            sender: Mutex::new(Some(sender)),
            receiver: Mutex::new(receiver),
            stopped: AtomicBool::new(false),
            problem: Mutex::new(None),
            begun: (Mutex::new(false), Condvar::new()),
        }
    }

    /// Waits until somebody asks for the first file; `false` when nobody will: in a dry run.
    pub fn wait_for_begin(&self) -> bool {
        let mut begun = self.begun.0.lock().unwrap_or_else(PoisonError::into_inner);
        while !*begun && !self.is_stopped() {
            begun = self.begun.1.wait(begun).unwrap_or_else(PoisonError::into_inner);
        }
        !self.is_stopped()
    }

    fn begin(&self) {
        let mut begun = self.begun.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !*begun {
            *begun = true;
            self.begun.1.notify_all();
        }
    }

    pub fn put(&self, delivery: Delivery) -> Result<(), Stopped> {
        let sender = self.sender.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut delivery = Box::new(delivery);
        let Some(sender) = sender else { return Err(Stopped) };
        loop {
            if self.is_stopped() {
                return Err(Stopped);
            }
            // Not forever: whoever stores may have stopped.
            match sender.try_send(delivery) {
                Ok(()) => return Ok(()),
                Err(std::sync::mpsc::TrySendError::Full(back)) => {
                    delivery = back;
                    std::thread::sleep(Duration::from_millis(5));
                }
                Err(std::sync::mpsc::TrySendError::Disconnected(_)) => return Err(Stopped),
            }
        }
    }

    /// Nothing more will come: all is here, or `problem` ended it.
    pub fn close(&self, problem: Option<Problem>) {
        *self.problem.lock().unwrap_or_else(PoisonError::into_inner) = problem;
        *self.sender.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    pub fn close_at_panic(&self) -> CloseAtPanic<'_> {
        CloseAtPanic(self)
    }

    pub fn stop_at_end(&self) -> StopAtEnd<'_> {
        StopAtEnd(self)
    }

    fn stop(&self) {
        self.stopped.store(true, SeqCst);
        // Under the lock, so that whoever is about to wait sees it.
        let _begun = self.begun.0.lock().unwrap_or_else(PoisonError::into_inner);
        self.begun.1.notify_all();
        // What waits to be taken is dropped, so that threads that still send notice.
        let receiver = self.receiver.lock().unwrap_or_else(PoisonError::into_inner);
        while receiver.try_recv().is_ok() {}
    }

    pub fn is_stopped(&self) -> bool {
        self.stopped.load(SeqCst)
    }
}

impl Deliveries for Queue {
    fn forecast(&self) -> Forecast {
        self.forecast
    }

    fn next(&self, patience: Duration) -> Result<Next> {
        self.begin();
        let next = self.receiver.lock().unwrap_or_else(PoisonError::into_inner).recv_timeout(patience);
        match next {
            Ok(delivery) => Ok(Next::File(delivery)),
            Err(RecvTimeoutError::Timeout) => Ok(Next::Later),
            Err(RecvTimeoutError::Disconnected) => {
                let problem = self.problem.lock().unwrap_or_else(PoisonError::into_inner).clone();
                problem.map_or(Ok(Next::End), Err)
            }
        }
    }
}

//! The one owner of an open log: a thread that writes what it is handed, in order, and answers when it stands there.
//!
//! The queue is short, because whoever hands something over waits for the answer before he shows it. A disk that is
//! slow holds up this thread and nothing else.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};

use crate::domain::Record;
use crate::session::Log;

/// Orders that wait.
const QUEUE: usize = 64;
/// Bytes of the thread's stack; a record is serialised on it.
const STACK: usize = 512 * 1024;

/// The handle of the thread. Without it the thread ends and the log is free.
#[derive(Debug)]
pub(super) struct Pen {
    orders: mpsc::Sender<Order>,
    path: PathBuf,
}

#[derive(Debug)]
enum Order {
    /// The answer is the length of the log.
    Append(Arc<Record>, oneshot::Sender<io::Result<u64>>),
    /// Force what was written to the disk itself.
    Sync(oneshot::Sender<io::Result<()>>),
    /// Nothing comes any more; answered when the log is free.
    Close(oneshot::Sender<()>),
}

impl Pen {
    /// Takes the log over.
    pub(super) fn take(log: Log) -> io::Result<Self> {
        let (orders, heard) = mpsc::channel(QUEUE);
        let path = log.path().to_path_buf();
        std::thread::Builder::new().name("log".to_owned()).stack_size(STACK).spawn(move || write(log, heard))?;
        Ok(Self { orders, path })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a record; done when it stands in the file. The answer is the length of the log.
    pub(super) async fn append(&self, record: Arc<Record>) -> io::Result<u64> {
        self.order(|answer| Order::Append(record, answer)).await?
    }

    /// Waits until everything is on the disk itself.
    pub(super) async fn sync(&self) -> io::Result<()> {
        self.order(Order::Sync).await?
    }

    /// Waits until the log is free for others.
    pub(super) async fn close(self) {
        // A thread that is gone has let it go.
        let _free = self.order(Order::Close).await;
    }

    async fn order<T>(&self, order: impl FnOnce(oneshot::Sender<T>) -> Order) -> io::Result<T> {
        let gone = || io::Error::other("nobody writes the log any more; this is a fault of the program");
        let (answer, wait) = oneshot::channel();
        self.orders.send(order(answer)).await.map_err(|_| gone())?;
        wait.await.map_err(|_| gone())
    }
}

fn write(mut log: Log, mut heard: mpsc::Receiver<Order>) {
    while let Some(order) = heard.blocking_recv() {
        // Whoever does not wait for an answer any more needs none.
        match order {
            Order::Append(record, answer) => {
                let written = log.append(&record).map(|()| log.len());
                let _gone = answer.send(written);
            }
            Order::Sync(answer) => {
                let _gone = answer.send(log.sync());
            }
            Order::Close(answer) => {
                drop(log);
                let _gone = answer.send(());
                return;
            }
        }
    }
}

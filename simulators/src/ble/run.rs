//! A simulation's own thread, and the handle to it.

use std::sync::Arc;
use std::sync::mpsc as reply;
use std::thread::JoinHandle;

use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::command::{Command, obey};
use super::plan::Plan;
use super::report::{self, Report};
use super::stack::{Options, Stack};
use super::{scan, send};
use crate::error::SimError;

/// A simulated Bluetooth daemon with its wearables, running on a thread of its own. Dropped, it ends.
#[derive(Debug)]
pub struct Bluetooth {
    orders: mpsc::UnboundedSender<Order>,
    thread: Option<JoinHandle<()>>,
}

type Answer = Result<Report, SimError>;

#[derive(Debug)]
struct Order {
    command: Command,
    answer: reply::Sender<Answer>,
}

impl Bluetooth {
    /// Starts one on the bus at this address, and waits until it can be used.
    pub fn start(address: &str, plan: Plan, options: &Options) -> Result<Self, SimError> {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(SimError::Start)?;
        let (address, options) = (address.to_owned(), options.clone());
        let (orders, mut received) = mpsc::unbounded_channel();
        let (started, is_started) = reply::channel::<Result<(), SimError>>();
        let thread = std::thread::Builder::new().name("bluetooth".to_owned()).spawn(move || {
            runtime.block_on(async {
                let up = async {
                    let stack = Stack::new(plan, &options)?;
                    stack.come_up(&address).await?;
                    Ok(stack)
                };
                match up.await {
                    Ok(stack) => {
                        // It fails only where nobody waits for it any more.
                        let _ = started.send(Ok(()));
                        serve(&stack, &address, &mut received).await;
                    }
                    Err(error) => drop(started.send(Err(error))),
                }
            });
        });
        let thread = Some(thread.map_err(SimError::Start)?);
        is_started.recv().map_err(|_| SimError::Ended)??;
        Ok(Self { orders, thread })
    }

    /// Does something to it, and gives the report of afterwards.
    pub fn command(&self, command: Command) -> Result<Report, SimError> {
        let (answer, answered) = reply::channel();
        self.orders.send(Order { command, answer }).map_err(|_| SimError::Ended)?;
        answered.recv().map_err(|_| SimError::Ended)?
    }

    /// Whether it has ended by itself, because the bus is gone.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.thread.as_ref().is_none_or(JoinHandle::is_finished)
    }

    /// The truth so far.
    pub fn report(&self) -> Result<Report, SimError> {
        self.command(Command::Report)
    }

    /// Ends it, and gives the last report.
    pub fn stop(mut self) -> Result<Report, SimError> {
        let report = self.command(Command::Stop);
        self.join();
        report
    }

    fn join(&mut self) {
        if let Some(thread) = self.thread.take() {
            // It fails only where the thread has panicked: that was printed.
            let _ = thread.join();
        }
    }
}

impl Drop for Bluetooth {
    fn drop(&mut self) {
        let (answer, _) = reply::channel();
        // It fails only where it has ended already.
        let _ = self.orders.send(Order { command: Command::Stop, answer });
        self.join();
    }
}

async fn serve(stack: &Arc<Stack>, address: &str, orders: &mut mpsc::UnboundedReceiver<Order>) {
    let mut tasks = JoinSet::new();
    for device in &stack.devices {
        tasks.spawn(send::live(Arc::clone(stack), Arc::clone(device)));
    }
    for adapter in 0..stack.adapters.len() {
        tasks.spawn(scan::listen(Arc::clone(stack), adapter));
    }
    loop {
        tokio::select! {
            order = orders.recv() => {
                let Some(Order { command, answer }) = order else { break };
                let done = async {
                    obey(stack, address, &command).await?;
                    stack.ledger().check()?;
                    Ok(report::make(stack))
                };
                let done = done.await;
                // It fails only where nobody waits for the answer.
                let _ = answer.send(done);
                if command == Command::Stop {
                    break;
                }
            }
            () = bus_gone(stack) => break,
        }
    }
    tasks.shutdown().await;
    stack.go_down().await;
}

/// Waits until the bus is gone.
async fn bus_gone(stack: &Stack) {
    match stack.bus() {
        Some(bus) => bus.closed().await,
        None => std::future::pending().await,
    }
}

//! A router on a port and threads of its own, which can be closed as if its process had ended.

use std::io;
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpStream as Socket};
use std::sync::mpsc;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use axum::Router;
use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::runtime::Runtime;
use tokio::sync::oneshot;

/// Connections that wait to be taken.
const BACKLOG: u32 = 1024;

/// Ends with all its connections when it is closed or dropped.
#[derive(Debug)]
pub(super) struct Serving {
    runtime: Option<Runtime>,
    stop: Option<oneshot::Sender<()>>,
    stopped: mpsc::Receiver<()>,
    lines: Lines,
}

impl Serving {
    /// Serves from now on.
    pub(super) fn start(socket: TcpSocket, router: Router) -> io::Result<Self> {
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        let runtime = builder.worker_threads(1).enable_all().thread_name("influx-front").build()?;
        let inside = runtime.enter();
        let listener = socket.listen(BACKLOG)?;
        drop(inside);
        let lines = Lines::default();
        let listening = Listening { listener, lines: lines.clone() };
        let (stop, stopping) = oneshot::channel::<()>();
        let (done, stopped) = mpsc::channel();
        runtime.spawn(async move {
            let served = axum::serve(listening, router.into_make_service_with_connect_info::<Line>());
            tokio::select! {
                _ = served.into_future() => {}
                _ = stopping => {}
            }
            // The listener is gone here.
            let _ = done.send(());
        });
        Ok(Self { runtime: Some(runtime), stop: Some(stop), stopped, lines })
    }

    /// When this returns, the port refuses and every connection is cut.
    pub(super) fn close(&mut self) {
        drop(self.stop.take());
        let _ = self.stopped.recv();
        for line in lock(&self.lines).drain(..).filter_map(|line| line.upgrade()) {
            let _ = line.shutdown(Shutdown::Both);
        }
        // What waits for a server that does not answer ends when that does.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.close();
    }
}

/// A port of 127.0.0.1 that is held and refuses connections until it is served; 0 for any.
pub(super) fn hold(port: u16) -> io::Result<(TcpSocket, SocketAddr)> {
    let socket = TcpSocket::new_v4()?;
    // So that a port with ended connections can be had again at once.
    socket.set_reuseaddr(true)?;
    socket.bind((Ipv4Addr::LOCALHOST, port).into())?;
    let address = socket.local_addr()?;
    Ok((socket, address))
}

type Lines = Arc<Mutex<Vec<Weak<Socket>>>>;

/// A client's connection, in the hands of a handler.
#[derive(Clone, Debug)]
pub(super) struct Line(Arc<Socket>);

impl Line {
    /// Ends it both ways; what was not yet sent never is.
    pub(super) fn cut(&self) {
        let _ = self.0.shutdown(Shutdown::Both);
    }
}

impl Connected<IncomingStream<'_, Listening>> for Line {
    fn connect_info(stream: IncomingStream<'_, Listening>) -> Self {
        stream.remote_addr().clone()
    }
}

struct Listening {
    listener: TcpListener,
    lines: Lines,
}

impl Listening {
    async fn next(&self) -> io::Result<(TcpStream, Line)> {
        let (stream, _) = self.listener.accept().await?;
        stream.set_nodelay(true)?;
        let stream = stream.into_std()?;
        let line = Line(Arc::new(stream.try_clone()?));
        let mut lines = lock(&self.lines);
        lines.retain(|line| line.strong_count() > 0);
        lines.push(Arc::downgrade(&line.0));
        Ok((TcpStream::from_std(stream)?, line))
    }
}

impl Listener for Listening {
    type Io = TcpStream;
    type Addr = Line;

    async fn accept(&mut self) -> (TcpStream, Line) {
        loop {
            match self.next().await {
                Ok(taken) => return taken,
                // Too many open files, or a client that is gone already.
                Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
            }
        }
    }

    fn local_addr(&self) -> io::Result<Line> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

/// What a panic left behind is still a list.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

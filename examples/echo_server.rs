//! S18: a server that answers each line in capitals, written in five ways, and a client that opens five
//! hundred connections.
//!
//! ```text
//! cargo run --release --example echo_server          # 500 clients
//! cargo run --release --example echo_server -- 50
//! ```
//!
//! With a pool of four, four clients are served at a time and the others wait. The connections stay in this
//! process: what goes to another one is the line, and what comes back is written by a callback.

use concurrent_futures::process::{Process, RawValue, Sender, one_way_pipe};
use concurrent_futures::queue::Queue;
use concurrent_futures::{Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor};
use serde::{Deserialize, Serialize};
use std::error::Error;
use std::io::{self, BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt};

/// How long it takes to serve a client.
const SERVICE: Duration = Duration::from_millis(1);

/// How many clients are being served, in whatever process, and how many there were at most.
#[derive(Clone, Serialize, Deserialize)]
struct Counter {
    now: RawValue<u32>,
    most: RawValue<u32>,
}

impl Counter {
    fn new() -> io::Result<Self> {
        Ok(Self { now: RawValue::new(0)?, most: RawValue::new(0)? })
    }

    fn enter(&self) {
        self.most.fetch_max(self.now.fetch_add(1) + 1);
    }

    fn leave(&self) {
        self.now.fetch_sub(1);
    }
}

/// The service.
fn answer((counter, line): (Counter, String)) -> String {
    counter.enter();
    thread::sleep(SERVICE);
    counter.leave();
    line.to_uppercase()
}

fn read(connection: &TcpStream) -> io::Result<String> {
    let mut line = String::new();
    BufReader::new(connection).read_line(&mut line)?;
    Ok(line)
}

fn serve(mut connection: &TcpStream, counter: &Counter) -> io::Result<()> {
    let line = read(connection)?;
    connection.write_all(answer((counter.clone(), line)).as_bytes())
}

type Outcome = Result<(), Box<dyn Error>>;

fn thread_each(listener: &TcpListener, clients: usize, counter: &Counter) -> Outcome {
    thread::scope(|scope| {
        for connection in listener.incoming().take(clients) {
            let connection = connection?;
            scope.spawn(move || serve(&connection, counter).expect("a client that stays"));
        }
        Ok(())
    })
}

fn process_each(listener: &TcpListener, clients: usize, counter: &Counter) -> Outcome {
    fn answer_once((counter, line, reply): (Counter, String, Sender<String>)) {
        reply.send(answer((counter, line))).expect("somebody waits for it");
    }
    let serve = |mut connection: TcpStream| -> Outcome {
        let (reply, answer) = one_way_pipe()?;
        let argument = (counter.clone(), read(&connection)?, reply);
        let process = Process::new(answer_once, argument);
        process.start()?;
        connection.write_all(answer.recv()?.as_bytes())?;
        process.join()?;
        Ok(())
    };
    // Some threads look after the processes, so that clients are accepted at once.
    let accepted = Queue::new();
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                while let Ok(connection) = accepted.get() {
                    serve(connection).expect("a process can be started");
                }
            });
        }
        for connection in listener.incoming().take(clients) {
            accepted.put(connection?)?;
        }
        accepted.shutdown();
        Ok(())
    })
}

fn thread_pool(listener: &TcpListener, clients: usize, counter: &Counter) -> Outcome {
    let pool = ThreadPoolExecutor::builder().max_workers(4).build()?;
    pool.scope(|scope| {
        for connection in listener.incoming().take(clients) {
            let connection = connection?;
            let served = scope.spawn(move || serve(&connection, counter));
            drop(served?); // the scope waits for it
        }
        Ok(())
    })
}

fn process_pool(listener: &TcpListener, clients: usize, counter: &Counter) -> Outcome {
    let pool = ProcessPoolExecutor::builder().max_workers(4).build()?;
    for connection in listener.incoming().take(clients) {
        let mut connection = connection?;
        let future: Future<String> = pool.submit(answer, (counter.clone(), read(&connection)?))?;
        future.add_done_callback(move |answer| {
            let answer = answer.as_ref().expect("it does not fail");
            connection.write_all(answer.as_bytes()).expect("a client that stays");
        });
    }
    Ok(())
}

fn coroutines(listener: &TcpListener, clients: usize, counter: &Counter) -> Outcome {
    async fn serve(mut connection: tokio::net::TcpStream, counter: Counter) -> io::Result<()> {
        let (reader, mut writer) = connection.split();
        let mut line = String::new();
        tokio::io::BufReader::new(reader).read_line(&mut line).await?;
        counter.enter();
        tokio::time::sleep(SERVICE).await;
        counter.leave();
        writer.write_all(line.to_uppercase().as_bytes()).await
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        listener.set_nonblocking(true)?;
        let listener = tokio::net::TcpListener::from_std(listener.try_clone()?)?;
        let mut all = Vec::new();
        for _ in 0..clients {
            let (connection, _) = listener.accept().await?;
            all.push(tokio::spawn(serve(connection, counter.clone())));
        }
        for one in all {
            one.await??;
        }
        Ok(())
    })
}

/// The client, in a process of its own. How many of its connections were answered well.
fn visit((server, clients): (SocketAddr, usize)) -> Result<usize, String> {
    let open = |number: usize| {
        let mut connection = TcpStream::connect(server)?;
        writeln!(connection, "hello from {number}")?;
        Ok(connection)
    };
    let say = |error: io::Error| error.to_string();
    let open: io::Result<Vec<_>> = (0..clients).map(open).collect();
    let mut well = 0;
    for (number, connection) in open.map_err(say)?.iter().enumerate() {
        let answer = read(connection).map_err(say)?;
        well += usize::from(answer == format!("HELLO FROM {number}\n"));
    }
    Ok(well)
}

fn main() -> Outcome {
    concurrent_futures::init();
    let clients = std::env::args().nth(1).map_or(Ok(500), |clients| clients.parse())?;
    let visitors = ProcessPoolExecutor::builder().max_workers(1).build()?;
    type Server = fn(&TcpListener, usize, &Counter) -> Outcome;
    let servers: [(&str, Server); 5] = [
        ("a thread for each", thread_each),
        ("a process for each", process_each),
        ("a thread pool of 4", thread_pool),
        ("a process pool of 4", process_pool),
        ("coroutines on one thread", coroutines),
    ];
    for (name, serve) in servers {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let well = visitors.submit(visit, (listener.local_addr()?, clients))?;
        let counter = Counter::new()?;
        serve(&listener, clients, &counter)?;
        let (well, most) = (well.result()??, counter.most.get());
        println!("{name}: {well} of {clients} clients were answered, at most {most} at a time");
    }
    Ok(())
}

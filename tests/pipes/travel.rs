//! Ends that travel.

use crate::support::guarded;
use crate::{echo, join, start};
use concurrent_futures::process::{Connection, Receiver, SendError, Sender, one_way_pipe, pipe};
use concurrent_futures::{Executor, ProcessPoolExecutor};
use serde::{Deserialize, Serialize};
use std::io;
use std::time::Duration;

/// PIPE-10: an end goes to another process through a pipe, and from there back, and works at every place.
#[test]
fn through_a_pipe() {
    fn pass_on(connection: Connection<Receiver<String>, Sender<String>>) -> io::Result<()> {
        let (ours, theirs) = one_way_pipe()?;
        connection.send(theirs)?;
        let sender = connection.recv()?;
        sender.send("through theirs".to_owned())?;
        Ok(ours.send("through ours".to_owned())?)
    }
    guarded("through_a_pipe", || {
        let (here, there) = pipe().unwrap();
        let process = start(pass_on, there);
        let (sender, receiver) = one_way_pipe().unwrap();
        here.send(sender).unwrap();
        let made_there = here.recv().unwrap();
        assert_eq!(receiver.recv().unwrap(), "through theirs");
        assert!(receiver.recv().unwrap_err().is_end_of_file());
        assert_eq!(made_there.recv().unwrap(), "through ours");
        assert!(made_there.recv().unwrap_err().is_end_of_file());
        join(&process);
    });
}

/// PIPE-10: tasks of a pool take ends, and return them, in structures as well.
#[test]
fn through_a_pool() {
    #[derive(Serialize, Deserialize)]
    struct Order {
        number: u32,
        replies: Vec<Sender<u32>>,
    }

    fn answer(order: Order) -> Result<usize, String> {
        for sender in &order.replies {
            sender.send(order.number).map_err(|error| error.to_string())?;
        }
        Ok(order.replies.len())
    }
    fn make(numbers: Vec<u32>) -> Receiver<u32> {
        let (sender, receiver) = one_way_pipe().expect("a pipe");
        for number in numbers {
            sender.send(number).expect("we have the receiver");
        }
        receiver
    }
    guarded("through_a_pool", || {
        let pool = ProcessPoolExecutor::builder().max_workers(2).build().unwrap();
        let (sender, receiver) = one_way_pipe().unwrap();
        let orders = (0..4).map(|number| Order { number, replies: vec![sender.clone(); 3] });
        let counts: Result<Vec<_>, _> = pool.map(answer, orders).unwrap().collect();
        assert_eq!(counts.unwrap(), vec![Ok(3); 4]);
        drop(sender);
        let mut replies = receiver.iter().collect::<Result<Vec<_>, _>>().unwrap();
        replies.sort_unstable();
        assert_eq!(replies, [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3]);
        let made = pool.submit(make, vec![5, 6]).unwrap().result().unwrap();
        assert_eq!(made.iter().collect::<Result<Vec<_>, _>>().unwrap(), [5, 6]);
    });
}

/// PIPE-10: ends inside of ends inside of ends, none of which anybody else holds: what is on its way is
/// open, and so is what is on its way inside of that.
#[test]
fn ends_inside_of_ends() {
    type One = Receiver<u32>;
    type Two = Receiver<One>;
    type Three = Receiver<Two>;

    fn unpack((three, answer): (Three, Sender<u32>)) -> io::Result<()> {
        let number = three.recv()?.recv()?.recv()?;
        Ok(answer.send(number)?)
    }
    fn inside<T>(message: T) -> Receiver<T>
    where
        T: Serialize + serde::de::DeserializeOwned + Send + 'static,
    {
        let (sender, receiver) = one_way_pipe().unwrap();
        sender.send(message).unwrap();
        receiver
    }
    guarded("ends_inside_of_ends", || {
        let three: Three = inside(inside(inside(42)));
        let (answer, answers) = one_way_pipe().unwrap();
        let process = start(unpack, (three, answer));
        assert_eq!(answers.recv().unwrap(), 42);
        join(&process);
    });
}

/// PIPE-10: whoever sends an end may drop his own at once: it is open while it is on its way. When nobody
/// receives it any more it is closed.
#[test]
fn on_its_way_is_open() {
    guarded("on_its_way_is_open", || {
        let (sender, receiver) = one_way_pipe::<u32>().unwrap();
        let (carrier, arrival) = one_way_pipe().unwrap();
        carrier.send(sender).unwrap();
        assert!(receiver.try_recv().unwrap_err().is_empty());
        let sender = arrival.recv().unwrap();
        sender.send(1).unwrap();
        assert_eq!(receiver.recv().unwrap(), 1);
        carrier.send(sender).unwrap();
        assert!(receiver.try_recv().unwrap_err().is_empty());
        drop(arrival);
        // The next one to send finds nobody, and throws away what is on its way.
        let (other, _) = one_way_pipe().unwrap();
        assert!(carrier.send(other).unwrap_err().is_broken_pipe());
        assert!(receiver.recv().unwrap_err().is_end_of_file());
    });
}

#[derive(Serialize, Deserialize)]
enum Anything {
    Sender(Sender<Anything>),
    Receiver(Receiver<Anything>),
    Witness(Sender<()>),
    Bytes(Vec<u8>),
}

/// PIPE-10: an end in its own pipe. The sender comes out, and is the last one. The receiver cannot; nobody
/// hangs for it who does not ask to.
#[test]
fn in_its_own_pipe() {
    guarded("in_its_own_pipe", || {
        let (sender, receiver) = one_way_pipe().unwrap();
        sender.send(Anything::Sender(sender.clone())).unwrap();
        drop(sender);
        let Anything::Sender(sender) = receiver.recv().unwrap() else { panic!("something else") };
        sender.send(Anything::Bytes(vec![1])).unwrap();
        drop(sender);
        assert!(matches!(receiver.recv().unwrap(), Anything::Bytes(bytes) if bytes == [1]));
        assert!(receiver.recv().err().unwrap().is_end_of_file());

        let (sender, receiver) = one_way_pipe().unwrap();
        sender.send(Anything::Receiver(receiver)).unwrap();
        while sender.try_send(Anything::Bytes(vec![0; 100_000])).is_ok() {}
        let late = sender.send_timeout(Anything::Bytes(Vec::new()), Duration::from_millis(10));
        assert!(late.unwrap_err().is_timed_out());
    });
}

/// PIPE-10: what can never arrive, since it is in a pipe that is in itself, is closed by the system when
/// nobody outside has an end any more.
#[cfg(target_os = "linux")]
#[test]
fn circles_are_collected() {
    guarded("circles_are_collected", || {
        let (witness, end) = one_way_pipe::<()>().unwrap();
        let (one, in_other) = one_way_pipe().unwrap();
        let (other, in_one) = one_way_pipe().unwrap();
        one.send(Anything::Witness(witness)).unwrap();
        one.send(Anything::Receiver(in_one)).unwrap();
        other.send(Anything::Receiver(in_other)).unwrap();
        assert!(end.try_recv().unwrap_err().is_empty());
        drop((one, other));
        assert!(end.recv().unwrap_err().is_end_of_file());
    });
}

/// PIPE-10: many handles of one end in a message, and many ends; more than can travel at once come back with
/// an error, and none of them is lost.
#[test]
fn many_ends() {
    guarded("many_ends", || {
        let (carrier, arrival) = one_way_pipe::<Vec<Sender<usize>>>().unwrap();
        let (sender, receiver) = one_way_pipe().unwrap();
        carrier.send(vec![sender; 40]).unwrap();
        for (n, sender) in arrival.recv().unwrap().into_iter().enumerate() {
            sender.send(n).unwrap();
        }
        assert!(receiver.iter().map(Result::unwrap).eq(0..40));

        let (senders, receivers): (Vec<_>, Vec<_>) =
            (0..80).map(|_| one_way_pipe().unwrap()).unzip();
        let error = carrier.send(senders).unwrap_err();
        assert!(matches!(error, SendError::NotSent(..)), "{error}");
        assert!(error.to_string().contains("handles"), "{error}");
        let mut senders = error.into_message();
        senders.truncate(20);
        carrier.send(senders).unwrap();
        for (sender, receiver) in arrival.recv().unwrap().iter().zip(&receivers) {
            sender.send(1).unwrap();
            assert_eq!(receiver.recv().unwrap(), 1);
        }
        assert!(receivers[79].recv().unwrap_err().is_end_of_file());
    });
}

/// PIPE-10: a connection goes to a process, and its own end goes with another message.
#[test]
fn a_connection_through_a_connection() {
    fn introduce(connection: Connection<Connection<u32, u32>, ()>) -> io::Result<()> {
        let (mine, yours) = pipe()?;
        connection.send(yours)?;
        echo(mine)
    }
    guarded("a_connection_through_a_connection", || {
        let (here, there) = pipe().unwrap();
        let process = start(introduce, there);
        let direct = here.recv().unwrap();
        direct.send(9).unwrap();
        assert_eq!(direct.recv().unwrap(), 9);
        drop(direct);
        join(&process);
    });
}

//! Descriptors, of which none is left behind. Each test looks at a process of its own, in which nothing
//! else happens.
use crate::support::{guarded, leak};
use crate::{join, start};
use concurrent_futures::process::{Connection, Receiver, Sender, one_way_pipe, pipe};
use std::io;

fn all_kinds_of_use(connection: Connection<u32, Sender<u32>>) -> io::Result<()> {
    let before = leak::descriptors();
    for n in 0..50 {
        let (here, there) = pipe::<u32, String>()?;
        there.send("unread".to_owned())?;
        here.clone().send(n)?;
        there.recv()?;
        // An end that is received, one that is never received, and one that does not get away.
        let (carrier, arrival) = one_way_pipe::<Receiver<u32>>()?;
        let ((one, in_one), (_two, in_two)) = (one_way_pipe()?, one_way_pipe()?);
        carrier.send(in_one)?;
        carrier.send(in_two)?;
        let in_one = arrival.recv()?;
        one.send(vec_len(n))?;
        in_one.recv()?;
        drop(arrival);
        assert!(carrier.send(in_one).is_err());
        // From another process.
        connection.send(n)?;
        connection.recv()?.send(n)?;
    }
    assert_eq!(leak::descriptors(), before);
    Ok(())
}

fn vec_len(n: u32) -> u32 {
    vec![0; n as usize].len() as u32
}

fn provide(connection: Connection<Sender<u32>, u32>) -> io::Result<()> {
    let before = leak::descriptors();
    for number in &connection {
        let number = number?;
        let (sender, receiver) = one_way_pipe()?;
        connection.send(sender)?;
        assert_eq!(receiver.recv()?, number);
        assert!(receiver.recv().unwrap_err().is_end_of_file());
    }
    assert_eq!(leak::descriptors(), before);
    Ok(())
}

/// PIPE-07, PIPE-10: after all kinds of use two processes have as many descriptors as before.
#[test]
fn none_is_left() {
    guarded("none_is_left", || {
        let (one, other) = pipe().unwrap();
        let users = [start(all_kinds_of_use, one)];
        let provider = start(provide, other);
        users.iter().for_each(join);
        join(&provider);
    });
}

/// PIPE-07: pipes that cannot be made are errors, and leave nothing behind.
#[test]
fn no_descriptors_left() {
    fn exhaust(_: ()) -> io::Result<()> {
        let before = leak::descriptors();
        rustix::process::setrlimit(
            rustix::process::Resource::Nofile,
            rustix::process::Rlimit { current: Some(64), maximum: Some(64) },
        )?;
        let mut pipes = Vec::new();
        let error = loop {
            match pipe::<u32, u32>() {
                Ok(pipe) => pipes.push(pipe),
                Err(error) => break error,
            }
        };
        assert_eq!(error.raw_os_error(), Some(rustix::io::Errno::MFILE.raw_os_error()));
        assert!(pipes.len() >= 2, "{} pipes with 64 descriptors", pipes.len());
        pipes[0].0.send(1)?;
        assert_eq!(pipes[0].1.recv()?, 1);
        drop(pipes);
        assert_eq!(leak::descriptors(), before);
        Ok(())
    }
    guarded("no_descriptors_left", || join(&start(exhaust, ())));
}

//! Workers that do not say hello as they should.

use crate::bootstrap::identity::Identity;
use crate::bootstrap::line;
use crate::shared::courier::Courier;
use crate::transport::channel::{MAX_LEN, Receiver, Sender, channel};
use crate::transport::message::{Introduction, ToPool, ToWorker};
use crate::transport::noise::Noise;
use executor_core::PanicReport;
use std::fs::File;
use std::os::fd::{AsFd, OwnedFd};
use std::thread;
use std::time::Duration;

pub(super) fn play(noise: &mut Noise) {
    let line = line::pick_up().expect("a worker has a line");
    let sender = Receiver::<Sender<ToPool>>::from(line.clone()).recv().expect("the channel");
    let (to_us, receiver) = channel::<ToWorker>().expect("descriptors");
    let raw = raw(&sender);
    match noise.below(10) {
        0 => drop(line),
        1 => {
            let len = 1 + noise.below(2 * MAX_LEN as u64) as usize;
            let _too_long_perhaps = raw.send(&noise.bytes(len), &[]);
        }
        2 => {
            for _ in 0..1 + noise.below(100) {
                let len = 1 + noise.below(100) as usize;
                let _ = raw.send(&noise.bytes(len), &[line.as_fd(), line.as_fd()]);
            }
        }
        3 => say(&sender, out_of_turn(noise)),
        4 => {
            // Somebody else.
            hello(&sender, Identity::of_another(), to_us);
        }
        5 => {
            // The right words, and an end of nothing.
            let end = match noise.below(3) {
                0 => OwnedFd::from(File::open("/dev/null").expect("there is one")),
                1 => OwnedFd::from(std::io::pipe().expect("descriptors").1),
                _ => Courier::pair()
                    .expect("descriptors")
                    .0
                    .as_fd()
                    .try_clone_to_owned()
                    .expect("one"),
            };
            hello(&sender, Identity::own(), Courier::from(end).into());
            thread::sleep(Duration::from_millis(noise.below(5)));
        }
        6 => {
            // The right words, and then not what follows.
            hello(&sender, Identity::own(), to_us);
            let _welcome = receiver.recv();
            say(&sender, out_of_turn(noise));
            thread::sleep(Duration::from_millis(noise.below(5)));
        }
        7 => {
            // The right words, and the end before the answer, or after it.
            hello(&sender, Identity::own(), to_us);
            if noise.below(2) == 0 {
                let _welcome = receiver.recv();
            }
        }
        8 => {
            hello(&sender, Identity::own(), to_us.clone());
            hello(&sender, Identity::own(), to_us);
            let _ = sender.send(ToPool::Ready);
            let _ = sender.send(ToPool::Ready);
        }
        _ => {
            // The words, but not all of them.
            let (one, other) = channel::<ToPool>().expect("descriptors");
            hello(&one, Identity::own(), to_us);
            let mut bytes = vec![0; MAX_LEN];
            let message = raw_receiver(&other).receive(&mut bytes).expect("sent").expect("sent");
            let cut = noise.below(message.len as u64) as usize;
            let flipped = noise.below(message.len as u64) as usize;
            bytes[flipped] ^= 1 << noise.below(8);
            let descriptors: Vec<_> = message.descriptors.iter().map(AsFd::as_fd).collect();
            let count = noise.below(2) as usize;
            let _ = raw.send(&bytes[..cut.max(1)], &descriptors[..count.min(descriptors.len())]);
        }
    }
}

fn hello(sender: &Sender<ToPool>, identity: Identity, to_us: Sender<ToWorker>) {
    let introduction = Introduction { identity, address: to_us.into(), lifeline: None };
    say(sender, ToPool::Hello(Box::new(introduction)));
}

fn say(sender: &Sender<ToPool>, message: ToPool) {
    let _the_pool_may_have_gone = sender.send(message);
}

/// A message that does not belong there.
pub(super) fn out_of_turn(noise: &mut Noise) -> ToPool {
    match noise.below(5) {
        0 => ToPool::Ready,
        1 => ToPool::InitializerFailed(PanicReport::from_message("x".repeat(MAX_LEN - 100))),
        2 => ToPool::CannotServe("because".to_owned()),
        3 => ToPool::Wake,
        _ => ToPool::Ended,
    }
}

/// The socket of a channel.
pub(super) fn raw<T>(sender: &Sender<T>) -> Courier {
    Courier::from(sender.as_fd().try_clone_to_owned().expect("a descriptor"))
}

fn raw_receiver<T>(receiver: &Receiver<T>) -> Courier {
    Courier::from(receiver.as_fd().try_clone_to_owned().expect("a descriptor"))
}

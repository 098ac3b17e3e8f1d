//! Workers that send what nobody expects.

use super::hello::{out_of_turn, raw};
use super::script::Act;
use crate::transport::channel::MAX_LEN;
use crate::transport::message::ToPool;
use crate::transport::region::Word;
use rustix::process::getpid;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

pub(super) fn play(act: &mut Act) {
    let channel = raw(&act.serving.sender);
    let (reader, writer) = std::io::pipe().expect("descriptors");
    let (reader, writer) = (OwnedFd::from(reader), OwnedFd::from(writer));
    for _ in 0..1 + act.noise.below(5) {
        let taken = act.take(Duration::from_millis(1));
        let len = act.noise.of(&[1, 2, 8, 16, 24, 100, MAX_LEN, 3 * MAX_LEN]);
        let bytes = act.noise.bytes(len);
        let count = act.noise.of(&[0, 0, 1, 2, 200]);
        let descriptors: Vec<BorrowedFd<'_>> =
            [reader.as_fd(), writer.as_fd()].into_iter().cycle().take(count).collect();
        match act.noise.below(5) {
            0 => {
                let _too_much_perhaps = channel.try_send(&bytes, &descriptors);
            }
            1 => {
                let _too_much_perhaps = act.serving.line.try_send(&bytes, &descriptors);
            }
            2 => {
                // As it should be sent, under some number, for a task that has none, or several.
                let number = act.noise.of(&[0, 1, 2, u32::MAX, 1 << 31]);
                let said = act.noise.of(&[count as u32, 0, u32::MAX]);
                let header = [number.to_le_bytes(), said.to_le_bytes()].concat();
                let _too_much_perhaps = act.serving.line.try_send(&header, &descriptors);
                let number = taken.map_or(0, |taken| taken.number);
                let attachments = act.noise.of(&[0, 1, count as u16, u16::MAX]);
                for _ in 0..act.noise.below(20) {
                    act.publish(number, 0, attachments, &[0]);
                }
            }
            3 => {
                for _ in 0..act.noise.below(2000) {
                    let _ = act.serving.sender.try_send(&ToPool::Wake);
                }
            }
            _ => {
                let _ = act.serving.sender.try_send(&out_of_turn(&mut act.noise));
            }
        }
        if let Some(taken) = taken {
            act.publish(taken.number, 0, 0, &[7]);
        }
        act.ring();
    }
}

const ASLEEP: u32 = 1;

/// Says that it has ended while it has a task, and does not.
pub(super) fn say_ended(act: &mut Act) {
    let _task = act.take(Duration::from_secs(30));
    let _ = act.serving.sender.send(ToPool::Ended);
    std::thread::sleep(Duration::from_secs(120));
}

/// Answers, says that it has ended while the pool has no time to listen, and leaves no room for anybody else to say
/// that. Then it ends, or does not.
pub(super) fn stuff(act: &mut Act) {
    let Some(taken) = act.take(Duration::from_secs(30)) else { return };
    act.publish(taken.number, 0, 0, &[7]);
    act.ring();
    std::thread::sleep(Duration::from_millis(20));
    let _ = act.serving.sender.try_send(&ToPool::Ended);
    while act.serving.sender.try_send(&ToPool::Wake).is_ok() {}
    // Nor for whoever would find this, in place of a reader that is said to sleep.
    act.publish(taken.number, 0, 0, &[7]);
    act.serving.region.word(Word::PoolBell).store(ASLEEP, SeqCst);
    if act.noise.below(2) == 0 {
        std::thread::sleep(Duration::from_secs(120));
    }
}

/// Ends, and leaves a process behind that has all that it had, and talks for a while.
pub(super) fn leave_somebody(act: &Act) {
    let parent = getpid();
    // SAFETY: there is one thread, and the new process uses what it has copies of.
    if unsafe { libc::fork() } != 0 {
        return;
    }
    let start = std::time::Instant::now();
    while start.elapsed() < Duration::from_secs(2) && rustix::process::getppid() == Some(parent) {
        std::thread::yield_now();
    }
    let start = std::time::Instant::now();
    while start.elapsed() < Duration::from_millis(300) {
        let _ = act.serving.sender.try_send(&ToPool::Wake);
        let _ = act.serving.line.try_send(&[1; 8], &[]);
    }
}

//! Creators and users that are killed. `KILLS` sets how many at any moment, `KILLS_SEED` the moments.

use crate::Dice;
use crate::place::{descriptors_of, entry, fresh, identity, names};
use crate::support::watchdog::guarded_for;
use crate::support::{child, eventually, guarded, setting};
use concurrent_futures::process::{SharedMemory, SharedMemoryError};
use std::io::{BufRead, BufReader, Lines};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::thread;
use std::time::Duration;

const NAME: &str = "TEST_NAME";
const MB: usize = 1 << 20;

fn name() -> String {
    std::env::var(NAME).expect("set by the test")
}

fn wait_for_death() -> ! {
    loop {
        thread::sleep(Duration::from_secs(1));
    }
}

/// A process that says what it has done, line by line.
struct Player {
    process: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Player {
    fn start(role: &str, name: &str) -> Self {
        let mut command: Command = child::program(role);
        command.env(NAME, name).stdout(Stdio::piped());
        let mut process = command.spawn().expect("this program starts");
        let lines = BufReader::new(process.stdout.take().expect("a pipe")).lines();
        Self { process, lines }
    }

    fn wait_for(&mut self, what: &str) {
        let found = self.lines.by_ref().map(Result::unwrap).any(|line| line.ends_with(what));
        assert!(found, "it has not said {what:?}");
    }

    fn kill(mut self) {
        self.process.kill().expect("our child");
        self.process.wait().expect("our child");
    }
}

/// Creates a block, fills it, and waits.
#[test]
fn creator() {
    if child::is_program() {
        let block = SharedMemory::create(&name(), 64 * MB).unwrap();
        block.write_at(0, &vec![7; 64 * MB]).unwrap();
        println!("\ncreated");
        wait_for_death();
    }
}

/// Opens a block, and waits.
#[test]
fn user() {
    if child::is_program() {
        let block = SharedMemory::open(&name()).unwrap();
        assert_eq!(block.len(), 64 * MB);
        println!("\nopened");
        wait_for_death();
    }
}

/// SHM-07: the creator is killed, and the others keep the block and its name.
#[test]
fn the_creator_is_killed() {
    guarded("the_creator_is_killed", || {
        let name = fresh("creator");
        let mut creator = Player::start("killed::creator", &name);
        creator.wait_for("created");
        let mut user = Player::start("killed::user", &name);
        user.wait_for("opened");
        creator.kill();
        let block = SharedMemory::open(&name).unwrap();
        assert_eq!(block.to_vec(), vec![7; 64 * MB]);
        assert_eq!(entry(&name).1.len(), 2, "the creator's line is passed over");
        assert!(matches!(
            SharedMemory::create(&name, 1),
            Err(SharedMemoryError::AlreadyExists { .. })
        ));
        drop(block);
        assert_eq!(names(&name), [&*name]);
        user.kill();
        assert!(matches!(SharedMemory::open(&name), Err(SharedMemoryError::NotFound { .. })));
        assert_eq!(names(&name), [""; 0]);
    });
}

/// SHM-07, SHM-08: all are killed. The memory is gone at once, the name with the next block.
#[test]
fn all_are_killed() {
    guarded("all_are_killed", || {
        let name = fresh("all");
        let mut players = vec![Player::start("killed::creator", &name)];
        players[0].wait_for("created");
        for _ in 0..2 {
            players.push(Player::start("killed::user", &name));
            players.last_mut().unwrap().wait_for("opened");
        }
        let holders = entry(&name).1;
        let memory = identity(holders[0]);
        assert_eq!(holders.len(), 3);
        assert!(holders.iter().all(|&holder| identity(holder) == memory));
        assert_eq!(descriptors_of(memory), 3);
        players.into_iter().for_each(Player::kill);
        assert_eq!(descriptors_of(memory), 0);
        let block = SharedMemory::create(&name, 1).unwrap();
        assert_eq!(entry(&name).1.len(), 1);
        drop(block);
        assert_eq!(names(&name), [""; 0]);
    });
}

/// Creates, opens, drops and unlinks blocks of a few names, until it is killed.
#[test]
fn busy() {
    if !child::is_program() {
        return;
    }
    let mut dice = Dice::new(u64::from(std::process::id()));
    let mut kept = Vec::new();
    println!("\nready");
    loop {
        let number = dice.roll(4);
        let name = format!("{}-{number}", name());
        let block = match dice.roll(3) {
            0 => SharedMemory::create(&name, 1000 + number as usize),
            _ => SharedMemory::open(&name),
        };
        match block {
            Ok(block) => {
                assert_eq!(block.len() as u64, 1000 + number);
                block.words()[0].store(number, std::sync::atomic::Ordering::Relaxed);
                match dice.roll(4) {
                    0 => drop(block.unlink()),
                    1 => kept.push(block),
                    _ => {}
                }
            }
            Err(SharedMemoryError::AlreadyExists { .. } | SharedMemoryError::NotFound { .. }) => {}
            Err(error) => panic!("{error:?}"),
        }
        if kept.len() > 5 {
            kept.clear();
        }
    }
}

/// SHM-08: processes are killed in the middle of anything; the names stay usable, and go.
#[test]
fn killed_at_any_moment() {
    let kills = setting("KILLS").unwrap_or(60);
    guarded_for("killed_at_any_moment", Duration::from_secs(60 + kills), || {
        let prefix = fresh("any");
        let mut dice = Dice::new(setting("KILLS_SEED").unwrap_or(3));
        let start = || {
            let mut player = Player::start("killed::busy", &prefix);
            player.wait_for("ready");
            player
        };
        let mut players: Vec<_> = (0..3).map(|_| start()).collect();
        for _ in 0..kills {
            thread::sleep(Duration::from_micros(dice.roll(3000)));
            let player = players.swap_remove(dice.roll(3) as usize);
            player.kill();
            players.push(start());
            for number in 0..4 {
                match SharedMemory::open(&format!("{prefix}-{number}")) {
                    Ok(block) => assert_eq!(block.len(), 1000 + number),
                    Err(SharedMemoryError::NotFound { .. }) => {}
                    Err(error) => panic!("{error:?}"),
                }
            }
        }
        for mut player in players {
            assert_eq!(player.process.try_wait().unwrap(), None, "none ends by itself");
            player.kill();
        }
        eventually("the names to be swept", || {
            drop(SharedMemory::new(1).unwrap());
            names(&prefix).is_empty()
        });
    });
}

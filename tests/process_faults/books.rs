//! [`Books`]: what the futures say of each task, what the ledger says, and that both agree.

use crate::ledger::{Event, Record};
use crate::plan::{Ending, Plan};
use concurrent_futures::process::{OnWorkerDeath, Stats};
use std::collections::HashMap;

/// What a future says became of its task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Value,
    Panicked,
    Cancelled,
    /// It was lost with the process of this id.
    Died(u32),
    Killed,
    /// It passed its deadline.
    Late,
    /// The pool broke.
    Broken,
    /// It was not accepted.
    Refused,
}

/// What is known of one task.
#[derive(Clone, Debug, Default)]
struct Account {
    fate: Option<Fate>,
    begun: u32,
    ended: u32,
    /// What `cancel` and `kill` have said, if they were called.
    cancelled: Option<bool>,
    killed: Option<bool>,
}

/// The books of one run.
#[derive(Debug)]
pub(crate) struct Books<'p> {
    plan: &'p Plan,
    accounts: Vec<Account>,
    stats: Option<Stats>,
    deaths: Option<u64>,
    callbacks: Option<usize>,
}

/// What one thread of one worker did last.
#[derive(Clone, Copy, Debug)]
struct Last {
    index: u32,
    ended: bool,
}

impl<'p> Books<'p> {
    pub(crate) fn new(plan: &'p Plan) -> Self {
        let accounts = vec![Account::default(); plan.tasks as usize];
        Self { plan, accounts, stats: None, deaths: None, callbacks: None }
    }

    pub(crate) fn note(&mut self, index: u32, fate: Fate) {
        let before = self.accounts[index as usize].fate.replace(fate);
        assert_eq!(before, None, "task {index} was resolved twice");
    }

    /// Notes what `cancel` said.
    pub(crate) fn note_cancel(&mut self, index: u32, said: bool) {
        let known = &mut self.accounts[index as usize].cancelled;
        *known = Some(known.unwrap_or_default() || said);
    }

    /// Notes what `kill` said.
    pub(crate) fn note_kill(&mut self, index: u32, said: bool) {
        let known = &mut self.accounts[index as usize].killed;
        *known = Some(known.unwrap_or_default() || said);
    }

    /// Notes the counters of a pool that has nothing left to do.
    pub(crate) fn note_stats(&mut self, stats: Stats) {
        self.stats = Some(stats);
        self.note_deaths(stats.died);
    }

    /// Notes how many workers have died that the pool did not end itself.
    pub(crate) fn note_deaths(&mut self, deaths: u64) {
        self.deaths = Some(deaths);
    }

    /// Notes how many callbacks were called.
    pub(crate) fn note_callbacks(&mut self, callbacks: usize) {
        self.callbacks = Some(callbacks);
    }

    /// Checks everything.
    pub(crate) fn check(mut self, ledger: &[Record]) {
        self.check_workers(ledger);
        for (index, account) in self.accounts.iter().enumerate() {
            let wrong = self.verdict(account);
            assert!(wrong.is_none(), "task {index} {}: {account:?}", wrong.unwrap_or_default());
        }
        if let Some(callbacks) = self.callbacks {
            assert_eq!(callbacks, self.accounts.len() - self.count(Fate::Refused), "callbacks");
        }
        self.check_sums();
        println!("{}: {}", self.plan.name, self.summary());
    }

    /// Goes through what each thread of each worker did: one task after the other.
    fn check_workers(&mut self, ledger: &[Record]) {
        // By process id and thread.
        let mut last: HashMap<(u32, u32), Last> = HashMap::new();
        for record in ledger {
            let Record { pid, thread, index, event } = *record;
            let who = (pid, thread);
            match event {
                Event::Opened => {
                    // A new process, perhaps with the id of an old one, which is closed then.
                    let old: Vec<_> = last.extract_if(|(found, _), _| *found == pid).collect();
                    old.iter().for_each(|&((pid, _), last)| self.check_last(pid, last));
                }
                Event::Began => {
                    self.accounts[index as usize].begun += 1;
                    if let Some(before) = last.insert(who, Last { index, ended: false }) {
                        self.check_finished(before);
                    }
                }
                Event::Ended => {
                    self.accounts[index as usize].ended += 1;
                    let before = last.insert(who, Last { index, ended: true });
                    let before = before.expect("a task ends after it has begun");
                    assert_eq!((before.index, before.ended), (index, false), "tasks are mixed up");
                }
            }
        }
        last.into_iter().for_each(|((pid, _), last)| self.check_last(pid, last));
    }

    /// A task after which its worker began another: so it had been over, and reported.
    fn check_finished(&self, task: Last) {
        let fate = self.accounts[task.index as usize].fate;
        let fits = match fate {
            Some(Fate::Value) => task.ended,
            Some(Fate::Panicked) => !task.ended,
            _ => false,
        };
        assert!(fits, "{task:?} was finished and reported, but its future says {fate:?}");
    }

    /// The last task that a worker began.
    fn check_last(&self, pid: u32, task: Last) {
        let fate = self.accounts[task.index as usize].fate;
        let fits = match fate {
            Some(Fate::Value) => task.ended || self.plan.retries > 0,
            Some(Fate::Panicked) => !task.ended || self.plan.retries > 0,
            // If it was retried, its last worker is the one to blame.
            Some(Fate::Died(blamed)) => blamed == pid || self.plan.retries > 0,
            Some(Fate::Killed | Fate::Late | Fate::Broken) => true,
            // It was to be retried, and cancelled before that.
            Some(Fate::Cancelled) => self.plan.retries > 0,
            Some(Fate::Refused) | None => false,
        };
        assert!(fits, "{task:?} was the last of process {pid}, but its future says {fate:?}");
    }

    /// What is wrong with a task, if anything.
    fn verdict(&self, account: &Account) -> Option<&'static str> {
        let Account { fate, begun, ended, cancelled, killed } = *account;
        let Some(fate) = fate else { return Some("was not resolved") };
        let attempts = 1 + self.plan.retries;
        let once = attempts == 1;
        if begun > attempts {
            return Some("was begun too often");
        }
        if cancelled == Some(true) && fate != Fate::Cancelled {
            return Some("was cancelled, but its future does not say so");
        }
        if killed == Some(false) && fate == Fate::Killed {
            return Some("was not killed, but its future says so");
        }
        match fate {
            Fate::Value if begun == 0 || ended == 0 => Some("has a value but was not run"),
            Fate::Panicked if begun == 0 || ended != 0 && once => Some("did not panic"),
            Fate::Cancelled
                if cancelled != Some(true) && killed != Some(true) && !self.cancels() =>
            {
                Some("was cancelled by nobody")
            }
            Fate::Cancelled if begun > self.plan.retries => Some("was cancelled but begun"),
            Fate::Refused if begun > 0 => Some("was refused but begun"),
            Fate::Died(_) if !self.plan.has_enemies() && !self.plan.ending.is_violent() => {
                Some("lost its worker, which nobody killed")
            }
            Fate::Killed if killed != Some(true) => Some("was killed by nobody"),
            Fate::Late if self.plan.deadlines == 0 => Some("had no deadline"),
            Fate::Broken if !self.plan.may_break() => Some("was in a pool that cannot break"),
            Fate::Refused if self.plan.ending == Ending::Collect && !self.plan.may_break() => {
                Some("was refused by a pool that was open")
            }
            _ => None,
        }
    }

    /// Whether the end of the run cancels tasks.
    fn cancels(&self) -> bool {
        self.plan.ending == Ending::ShutdownAndCancel || self.plan.ending.is_violent()
    }

    fn count(&self, fate: Fate) -> usize {
        self.accounts.iter().filter(|account| account.fate == Some(fate)).count()
    }

    fn check_sums(&self) {
        let Plan { threads, workers, policy, ending, .. } = *self.plan;
        let mut victims: HashMap<u32, usize> = HashMap::new();
        for account in &self.accounts {
            if let Some(Fate::Died(pid)) = account.fate {
                *victims.entry(pid).or_default() += 1;
            }
        }
        let lost: usize = victims.values().sum();
        if self.plan.tasks < 20_000 || self.plan.max_tasks_per_child.is_none() {
            // Otherwise there are so many processes that ids are used again.
            let most = victims.values().max().copied().unwrap_or_default();
            assert!(most <= threads, "one death cost {most} tasks");
        }
        if let Some(deaths) = self.deaths {
            let by_us = if ending.is_violent() { workers } else { 0 };
            let limit = (deaths as usize + by_us) * threads;
            assert!(lost <= limit, "{deaths} deaths cost {lost} tasks");
        }
        let broken = |account: &&Account| account.fate == Some(Fate::Broken) && account.begun > 0;
        let running = self.accounts.iter().filter(broken).count();
        assert!(running <= workers * threads, "{running} tasks were running when the pool broke");
        if policy == OnWorkerDeath::BreakPool {
            assert!(lost <= threads, "the first death breaks the pool, but {lost} tasks died");
        }
        if let Some(stats) = self.stats {
            assert_eq!((stats.queued, stats.with_workers), (0, 0), "{stats:?}");
            assert_eq!(stats.completed, self.count(Fate::Value) as u64, "{stats:?}");
            assert_eq!(stats.failed, self.count(Fate::Panicked) as u64, "{stats:?}");
            let stopped = self.count(Fate::Killed) + self.count(Fate::Late);
            let lost = (lost + stopped) as u64;
            // A task may have been started, and killed by the break, before it left a record.
            let unsure = self.count(Fate::Broken).min(workers * threads) as u64;
            assert!((lost..=lost + unsure).contains(&stats.lost), "{lost} lost, {stats:?}");
        }
    }

    fn summary(&self) -> String {
        let died = |account: &&Account| matches!(account.fate, Some(Fate::Died(_)));
        format!(
            "{} values, {} panics, {} cancelled, {} died, {} killed, {} late, {} broken, {} refused; \
             {:?} deaths",
            self.count(Fate::Value),
            self.count(Fate::Panicked),
            self.count(Fate::Cancelled),
            self.accounts.iter().filter(died).count(),
            self.count(Fate::Killed),
            self.count(Fate::Late),
            self.count(Fate::Broken),
            self.count(Fate::Refused),
            self.deaths,
        )
    }
}

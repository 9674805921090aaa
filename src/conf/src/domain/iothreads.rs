//! I/O threads: how many, which, and how they behave.

use ferrovirt_core::{Error, Result};
use ferrovirt_xml::XmlElement;
use serde::{Deserialize, Serialize};
use std::num::NonZeroU32;

/// `<iothreads>`, `<iothreadids>` and `<defaultiothread>`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
pub struct IoThreads {
    /// How many there are.
    #[xml(value = "iothreads")]
    pub count: Option<u32>,
    /// Those of which more is known than that they exist.
    #[xml(child = "iothreadids/iothread")]
    pub threads: Vec<IoThread>,
    #[xml(flatten = "defaultiothread")]
    pub default_thread: ThreadPool,
}

/// `<iothread>`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
pub struct IoThread {
    #[xml(attr)]
    pub id: NonZeroU32,
    #[xml(flatten)]
    pub pool: ThreadPool,
    #[xml(flatten = "poll")]
    pub poll: Polling,
}

impl IoThread {
    /// A thread of which nothing but its number is known.
    pub fn new(id: NonZeroU32) -> Self {
        Self { id, pool: ThreadPool::default(), poll: Polling::default() }
    }
}

/// How many threads work for an event loop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
pub struct ThreadPool {
    #[xml(attr = "thread_pool_min")]
    pub min: Option<u32>,
    #[xml(attr = "thread_pool_max")]
    pub max: Option<u32>,
}

/// How long an event loop looks for work before it sleeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
pub struct Polling {
    /// In nanoseconds.
    #[xml(attr)]
    pub max: Option<u64>,
    #[xml(attr)]
    pub grow: Option<u64>,
    #[xml(attr)]
    pub shrink: Option<u64>,
}

impl IoThreads {
    /// The numbers of all threads: those listed, then the lowest free ones, up to the count.
    pub fn ids(&self) -> Vec<NonZeroU32> {
        let mut ids: Vec<NonZeroU32> = self.threads.iter().map(|thread| thread.id).collect();
        let wanted = self.count.unwrap_or(0) as usize;
        let free = (1..).filter_map(NonZeroU32::new).filter(|id| self.find(*id).is_none());
        ids.extend(free.take(wanted.saturating_sub(self.threads.len())));
        ids
    }

    /// What is known of a listed thread.
    pub fn find(&self, id: NonZeroU32) -> Option<&IoThread> {
        self.threads.iter().find(|thread| thread.id == id)
    }

    /// Counts the threads, and lists all of them if any is listed.
    pub fn fill_defaults(&mut self) {
        let ids = self.ids();
        self.count = (!ids.is_empty()).then_some(ids.len() as u32);
        if !self.threads.is_empty() {
            self.threads.extend(ids.into_iter().skip(self.threads.len()).map(IoThread::new));
        }
    }

    /// Refuses numbers that are there twice.
    pub fn check(&self) -> Result<()> {
        for (index, thread) in self.threads.iter().enumerate() {
            if self.threads[..index].iter().any(|earlier| earlier.id == thread.id) {
                return Err(Error::xml(format!("I/O thread {} is listed twice", thread.id)));
            }
        }
        Ok(())
    }

    /// Refuses pools that are empty, or larger at least than at most.
    pub fn validate(&self) -> Result<()> {
        for thread in &self.threads {
            thread.pool.validate(&format!("I/O thread {}", thread.id))?;
        }
        self.default_thread.validate("<defaultiothread>")
    }
}

impl ThreadPool {
    fn validate(&self, of: &str) -> Result<()> {
        match (self.min, self.max) {
            (_, Some(0)) => Err(Error::config_unsupported(format!("thread_pool_max of {of} can't be 0"))),
            (Some(min), Some(max)) if min > max => {
                let text = format!("thread_pool_min {min} of {of} is above thread_pool_max {max}");
                Err(Error::config_unsupported(text))
            }
            (Some(min), None) => Err(Error::config_unsupported(format!(
                "thread_pool_min {min} of {of} needs a thread_pool_max"
            ))),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn thread(id: u32) -> IoThread {
        IoThread::new(NonZeroU32::new(id).unwrap())
    }

    #[test]
    fn unlisted_threads_take_the_lowest_free_numbers() {
        let mut threads =
            IoThreads { count: Some(4), threads: vec![thread(2), thread(4)], ..Default::default() };
        let ids: Vec<u32> = threads.ids().into_iter().map(NonZeroU32::get).collect();
        assert_eq!(ids, [2, 4, 1, 3]);
        threads.fill_defaults();
        assert_eq!(threads.threads.len(), 4);
    }

    #[test]
    fn numbers_are_not_listed_twice() {
        let threads = IoThreads { threads: vec![thread(2), thread(2)], ..Default::default() };
        assert!(threads.check().unwrap_err().to_string().contains("I/O thread 2 is listed twice"));
    }
}

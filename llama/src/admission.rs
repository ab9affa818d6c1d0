//! Who may begin while others are at work, and who waits: first come, first served.
//!
//! All jobs share the cells of one KV cache. How many a job will take is not known before it ends, so
//! one is let in when there is room for its prompt and for what those at work are about to write, and
//! should room run out after all, the youngest gives way: it loses its place, not what it has
//! written, and is the first to come back. Until another has ended nobody is let in then, so that
//! every loss is paid for with a finished job, and two that are too large for each other run one
//! after the other. Nobody overtakes, so the large are not starved by the small; the oldest never
//! gives way, and whoever fits alone comes through. There is no llama.cpp here.

use std::collections::VecDeque;

/// Tokens of room that a job should find for what it writes next.
pub const AHEAD: usize = 256;

/// The jobs that wait, oldest first.
pub struct Admission<T> {
    /// Cells of the cache.
    cells: usize,
    /// Jobs at once.
    places: usize,
    waiting: VecDeque<T>,
    /// Room ran out, and no job has ended since.
    full: bool,
}

/// What those at work take.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Taken {
    /// How many they are.
    pub jobs: usize,
    /// Cells that they hold, or will within the next [`AHEAD`] tokens of each.
    pub cells: usize,
}

/// Cells that a job with `tokens` behind it takes, with `left` tokens at most to write.
pub fn cells_for(tokens: usize, left: usize) -> usize {
    tokens + left.min(AHEAD)
}

impl<T> Admission<T> {
    pub fn new(cells: usize, places: usize) -> Self {
        Admission { cells, places, waiting: VecDeque::new(), full: false }
    }

    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// The job waits behind all others.
    pub fn join(&mut self, job: T) {
        self.waiting.push_back(job);
    }

    /// The youngest of those at work has lost its place. It is older than all that wait.
    pub fn give_way(&mut self, job: T) {
        self.waiting.push_front(job);
        self.full = true;
    }

    /// One of those at work has ended.
    pub fn ended(&mut self) {
        self.full = false;
    }

    /// The next job, if it may begin now. `need` tells the cells that it takes beside those at work.
    pub fn next(&mut self, taken: Taken, need: impl FnOnce(&T) -> usize) -> Option<T> {
        let first = self.waiting.front()?;
        let alone = taken.jobs == 0;
        let fits = !self.full && taken.jobs < self.places && taken.cells + need(first) <= self.cells;
        if alone || fits { self.waiting.pop_front() } else { None }
    }

    /// Takes out those that wait in vain.
    pub fn take_out(&mut self, gone: impl Fn(&T) -> bool) -> Vec<T> {
        let (out, kept) = std::mem::take(&mut self.waiting).into_iter().partition(|job| gone(job));
        self.waiting = kept;
        out.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A job that reads its prompt at once, then writes a token a step.
    #[derive(Debug, Clone)]
    struct Job {
        id: usize,
        prompt: usize,
        writes: usize,
        written: usize,
        /// How often it lost its place.
        lost: usize,
    }

    impl Job {
        fn cells(&self) -> usize {
            self.prompt + self.written
        }

        fn ahead(&self) -> usize {
            cells_for(self.cells(), self.writes - self.written)
        }
    }

    /// The scheduler's loop with jobs that are only numbers.
    struct Bench {
        cells: usize,
        admission: Admission<Job>,
        running: Vec<Job>,
        begun: Vec<usize>,
        ended: Vec<Job>,
        most: usize,
    }

    impl Bench {
        fn new(cells: usize, places: usize, jobs: &[(usize, usize)]) -> Self {
            let mut admission = Admission::new(cells, places);
            for (id, (prompt, writes)) in jobs.iter().enumerate() {
                admission.join(Job { id, prompt: *prompt, writes: *writes, written: 0, lost: 0 });
            }
            Bench { cells, admission, running: vec![], begun: vec![], ended: vec![], most: 0 }
        }

        fn step(&mut self) {
            loop {
                let taken = Taken { jobs: self.running.len(), cells: self.running.iter().map(Job::ahead).sum() };
                let Some(job) = self.admission.next(taken, Job::ahead) else { break };
                self.begun.push(job.id);
                self.running.push(job);
            }
            while self.running.iter().map(|job| job.cells() + 1).sum::<usize>() > self.cells {
                let mut youngest = self.running.pop().expect("one alone fits");
                assert!(!self.running.is_empty(), "the oldest never gives way: {youngest:?}");
                youngest.lost += 1;
                self.admission.give_way(youngest);
            }
            self.most = self.most.max(self.running.len());
            self.running.iter_mut().for_each(|job| job.written += 1);
            let (ended, on): (Vec<Job>, Vec<Job>) =
                std::mem::take(&mut self.running).into_iter().partition(|j| j.written == j.writes);
            self.running = on;
            for job in ended {
                self.admission.ended();
                self.ended.push(job);
            }
        }

        fn run(mut self) -> Self {
            for _ in 0..100_000 {
                if self.running.is_empty() && self.admission.is_empty() {
                    return self;
                }
                self.step();
            }
            panic!("it never ends: {:?} at work", self.running);
        }
    }

    /// All jobs end, and they begin in the order in which they came.
    #[track_caller]
    fn check(cells: usize, jobs: &[(usize, usize)]) -> Bench {
        let bench = Bench::new(cells, 16, jobs).run();
        assert_eq!(bench.ended.len(), jobs.len());
        let mut first = Vec::new();
        bench.begun.iter().for_each(|id| {
            if !first.contains(id) {
                first.push(*id)
            }
        });
        assert!(first.is_sorted(), "somebody was overtaken: {first:?}");
        // Each loss is followed by the end of another.
        let lost: usize = bench.ended.iter().map(|job| job.lost).sum();
        assert!(lost <= jobs.len() * 16, "{lost} losses of {} jobs", jobs.len());
        bench
    }

    #[test]
    fn those_that_fit_run_side_by_side() {
        let bench = check(4096, &[(100, 50); 16]);
        assert_eq!((bench.most, bench.ended.iter().map(|job| job.lost).sum::<usize>()), (16, 0));
        assert_eq!(Bench::new(100_000, 4, &[(10, 10); 9]).run().most, 4, "no more than there are places");
    }

    #[test]
    fn two_that_are_too_large_for_each_other_run_in_turn() {
        let bench = check(1024, &[(700, 200), (700, 200)]);
        assert_eq!((bench.most, bench.begun), (1, vec![0, 1]));
        assert!(bench.ended.iter().all(|job| job.lost == 0), "nothing is read twice");
    }

    #[test]
    fn who_outgrows_the_cache_gives_way_and_comes_back() {
        // Each may begin, and in the end they are too large for each other.
        let bench = check(1024, &[(100, 800), (100, 800)]);
        let order: Vec<usize> = bench.ended.iter().map(|job| job.id).collect();
        assert_eq!((order, bench.most), (vec![0, 1], 2));
        assert_eq!((bench.ended[0].lost, bench.ended[1].lost), (0, 1), "the older goes on, the younger loses once");
    }

    #[test]
    fn the_large_are_not_starved_by_the_small() {
        let mut jobs = vec![(50, 40); 6];
        jobs.insert(1, (900, 100));
        jobs.extend([(30, 900), (10, 5), (1000, 20), (10, 5)]);
        check(1024, &jobs);
    }

    #[test]
    fn any_mixture_comes_through() {
        let mut seed: usize = 7;
        let mut random = |below: usize| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) % below
        };
        for _ in 0..60 {
            let jobs: Vec<(usize, usize)> = (0..random(40) + 1).map(|_| (random(500) + 1, random(500) + 1)).collect();
            check(1024, &jobs);
        }
    }

    #[test]
    fn who_leaves_makes_way_for_those_behind() {
        let mut bench = Bench::new(1024, 16, &[(600, 300), (1000, 20), (100, 20)]);
        bench.step();
        assert_eq!(bench.begun, [0], "nobody overtakes");
        let gone = bench.admission.take_out(|job| job.id == 1);
        assert_eq!((gone.len(), gone[0].id), (1, 1));
        bench.step();
        assert_eq!(bench.begun, [0, 2]);
    }
}

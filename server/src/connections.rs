//! Who is connected, and who has to go when there are too many.
//!
//! A connection waits, for a request or for the rest of one, or works, from the end of a request to
//! the end of its answer. Opening connections and sending nothing costs a stranger next to nothing, so
//! those that wait are worth as little: a new one takes the place of one of them, first among those of
//! the address that has most of them, the oldest first. One that works never gives way. Thus a client
//! that sends its request at once is answered, however many others sit there.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio_util::sync::CancellationToken;

/// The connections that are open.
#[derive(Clone)]
pub struct Connections(Arc<Mutex<Table>>);

struct Table {
    connections: usize,
    per_address: usize,
    /// Counts what happens, to know what happened first.
    tick: u64,
    open: BTreeMap<u64, Open>,
}

struct Open {
    from: IpAddr,
    /// The tick at which it began to wait; none while it works.
    waits: Option<u64>,
    close: CancellationToken,
}

/// A connection's place; dropping it gives it back.
pub struct Seat {
    id: u64,
    table: Connections,
    close: CancellationToken,
}

impl Connections {
    /// At most so many, in all and of one address.
    pub fn new(connections: usize, per_address: usize) -> Self {
        Connections(Arc::new(Mutex::new(Table { connections, per_address, tick: 0, open: BTreeMap::new() })))
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place for a new connection, at the cost of one that waits where there is none left. None when
    /// all that could give way are at work.
    pub fn enter(&self, from: IpAddr) -> Option<Seat> {
        let from = network(from);
        let mut table = self.lock();
        if table.of(from) >= table.per_address && !table.close_one(Some(from)) {
            return None;
        }
        if table.open.len() >= table.connections && !table.close_one(None) {
            return None;
        }
        let id = table.tick();
        let close = CancellationToken::new();
        table.open.insert(id, Open { from, waits: Some(id), close: close.clone() });
        Some(Seat { id, table: self.clone(), close })
    }

    /// Closes a connection that waits, if there is one.
    pub fn close_one(&self) -> bool {
        self.lock().close_one(None)
    }
}

impl Table {
    fn tick(&mut self) -> u64 {
        self.tick += 1;
        self.tick
    }

    fn of(&self, from: IpAddr) -> usize {
        self.open.values().filter(|open| open.from == from).count()
    }

    /// Closes the connection that has waited for longest, of this address or of the one with most.
    fn close_one(&mut self, of: Option<IpAddr>) -> bool {
        let mut waiting: BTreeMap<IpAddr, (usize, u64, u64)> = BTreeMap::new();
        for (id, open) in self.open.iter().filter(|(_, open)| of.is_none_or(|of| open.from == of)) {
            let Some(since) = open.waits else { continue };
            let (count, oldest, whose) = waiting.entry(open.from).or_insert((0, since, *id));
            *count += 1;
            if since < *oldest {
                (*oldest, *whose) = (since, *id);
            }
        }
        let worst = waiting.into_values().max_by_key(|(count, oldest, _)| (*count, std::cmp::Reverse(*oldest)));
        let Some(closed) = worst.and_then(|(_, _, id)| self.open.remove(&id)) else { return false };
        closed.close.cancel();
        true
    }
}

impl Seat {
    /// A whole request has come.
    pub fn works(&self) {
        if let Some(open) = self.table.lock().open.get_mut(&self.id) {
            open.waits = None;
        }
    }

    /// Its answer is written.
    pub fn waits(&self) {
        let mut table = self.table.lock();
        let tick = table.tick();
        if let Some(open) = table.open.get_mut(&self.id) {
            open.waits = Some(tick);
        }
    }

    pub fn is_working(&self) -> bool {
        self.table.lock().open.get(&self.id).is_some_and(|open| open.waits.is_none())
    }

    /// Comes to its end when the connection has to go.
    pub async fn given_away(&self) {
        self.close.cancelled().await;
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.table.lock().open.remove(&self.id);
    }
}

/// What counts as one address.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64).into(),
        v4 => v4,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn closed(seats: &[Seat]) -> Vec<usize> {
        (0..seats.len()).filter(|i| seats[*i].close.is_cancelled()).collect()
    }

    #[test]
    fn the_one_that_waited_longest_gives_way() {
        let connections = Connections::new(3, 3);
        let mut seats: Vec<Seat> = (0..3).map(|_| connections.enter(ip("127.0.0.1")).unwrap()).collect();
        seats[0].works();
        seats[1].works();
        seats[1].waits();
        seats.push(connections.enter(ip("127.0.0.1")).unwrap());
        assert_eq!(closed(&seats), [2], "the second has just had an answer");
        seats.push(connections.enter(ip("127.0.0.1")).unwrap());
        assert_eq!(closed(&seats), [1, 2]);
        assert!(seats[0].is_working());
    }

    #[test]
    fn who_works_is_left_alone() {
        let connections = Connections::new(2, 2);
        let seats: Vec<Seat> = (0..2).map(|_| connections.enter(ip("::1")).unwrap()).collect();
        seats.iter().for_each(Seat::works);
        assert!(connections.enter(ip("::1")).is_none());
        assert!(closed(&seats).is_empty());
        drop(seats);
        assert!(connections.enter(ip("::1")).is_some());
    }

    #[test]
    fn a_crowd_gives_way_before_one_that_came_alone() {
        let connections = Connections::new(5, 4);
        let alone = connections.enter(ip("192.0.2.1")).unwrap();
        // One host has a whole network of such addresses.
        let crowd: Vec<Seat> = (1..6).map(|i| connections.enter(ip(&format!("2001:db8::{i}"))).unwrap()).collect();
        assert_eq!(closed(&crowd), [0], "of one address there are four");
        let other = connections.enter(ip("192.0.2.2")).unwrap();
        assert_eq!(closed(&crowd), [0, 1]);
        assert!(closed(&[alone, other]).is_empty());
    }
}

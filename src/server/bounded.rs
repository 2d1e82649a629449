//! Map that unauthenticated callers can fill. Its size is limited, in total and per network.

use std::{
    borrow::Borrow,
    collections::{BTreeMap, BTreeSet, HashMap},
    hash::Hash,
    net::IpAddr,
};

/// Map with a maximum number of entries, in total and per network. A network at its limit loses its
/// own oldest entry. At the total limit, the network with the most entries loses its oldest entry.
/// A flood from one network therefore never evicts entries of a network with fewer entries.
pub(crate) struct Bounded<K, V> {
    total: usize,
    each: usize,
    next: u64,
    entries: HashMap<K, BoundedEntry<V>>,
    order: BTreeMap<u64, K>,
    networks: HashMap<IpAddr, BTreeSet<u64>>,
}

struct BoundedEntry<V> {
    at: u64,
    network: IpAddr,
    value: V,
}

impl<K: Clone + Eq + Hash, V> Bounded<K, V> {
    /// Creates a map of at most `total` entries, and at most `each` per network.
    pub fn new(total: usize, each: usize) -> Self {
        Self {
            total,
            each,
            next: 0,
            entries: HashMap::new(),
            order: BTreeMap::new(),
            networks: HashMap::new(),
        }
    }

    /// Inserts or replaces a value as the newest entry. Evicts an old entry if a limit is reached.
    pub fn insert(&mut self, key: K, value: V, network: IpAddr) {
        self.remove(&key);
        let own = self.networks.get(&network);
        let evicted = match own.filter(|own| own.len() >= self.each).and_then(BTreeSet::first) {
            Some(at) => self.order.get(at).cloned(),
            None if self.entries.len() >= self.total => {
                let fullest = self.networks.values().max_by_key(|own| own.len());
                let at = fullest.and_then(BTreeSet::first);
                at.and_then(|at| self.order.get(at)).cloned()
            }
            None => None,
        };
        if let Some(oldest) = evicted {
            self.remove(&oldest);
        }
        let at = self.next;
        self.next += 1;
        self.order.insert(at, key.clone());
        self.networks.entry(network).or_default().insert(at);
        self.entries.insert(key, BoundedEntry { at, network, value });
    }

    pub fn remove<Q>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        let BoundedEntry { at, network, value } = self.entries.remove(key)?;
        self.order.remove(&at);
        if let Some(own) = self.networks.get_mut(&network) {
            own.remove(&at);
            if own.is_empty() {
                self.networks.remove(&network);
            }
        }
        Some(value)
    }

    pub fn get<Q>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        self.entries.get(key).map(|entry| &entry.value)
    }

    pub fn get_mut<Q>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        self.entries.get_mut(key).map(|entry| &mut entry.value)
    }

    pub fn values(&self) -> impl Iterator<Item = &V> {
        self.entries.values().map(|entry| &entry.value)
    }

    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut V> {
        self.entries.values_mut().map(|entry| &mut entry.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(last: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, last])
    }

    fn held(map: &Bounded<u32, ()>) -> Vec<u32> {
        let mut keys: Vec<_> = map.entries.keys().copied().collect();
        keys.sort_unstable();
        assert_eq!(map.order.len(), keys.len());
        assert_eq!(map.networks.values().map(BTreeSet::len).sum::<usize>(), keys.len());
        keys
    }

    #[test]
    fn a_flood_evicts_its_own_oldest_entries_first() {
        let mut map = Bounded::new(6, 3);
        map.insert(0, (), network(1));
        for key in 1..=9 {
            map.insert(key, (), network(2));
        }
        assert_eq!(held(&map), [0, 7, 8, 9]);
    }

    #[test]
    fn the_total_is_kept_across_networks() {
        let mut map = Bounded::new(3, 2);
        map.insert(0, (), network(1));
        map.insert(1, (), network(2));
        map.insert(2, (), network(2));
        map.insert(3, (), network(3));
        assert_eq!(held(&map), [0, 2, 3], "the fullest network loses its oldest entry");
        map.insert(2, (), network(3));
        map.insert(4, (), network(4));
        assert_eq!(held(&map), [0, 2, 4], "a replaced entry becomes the newest");
        assert_eq!(map.remove(&4), Some(()));
        assert_eq!(map.remove(&4), None);
        assert_eq!(held(&map), [0, 2]);
    }
}

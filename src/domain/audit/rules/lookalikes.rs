//! Compares the appearance of names, and finds hosts that resemble other hosts.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
    hash::{BuildHasher as _, Hasher as _},
    sync::LazyLock,
};

use foldhash::{HashMap, HashMapExt as _, HashSet};

use super::{
    Hit,
    fleet::{FindingPlace, SEED, each, hash_of},
};
use crate::domain::audit::{AuditContext, Fact, engine::FleetInput, host};

/// Minimum length, in bytes, of labels that are compared letter by letter. Shorter labels are
/// similar to too many other labels.
const SHORTEST_LABEL: usize = 5;

/// Precomputed skeletons of the ASCII characters (UTS #39 section 4). With them, most names are
/// compared without Unicode tables. Skeletons are in lower case, because case is ignored.
static ASCII: LazyLock<Vec<String>> = LazyLock::new(|| {
    let skeleton = |byte: u8| {
        let text = char::from(byte).to_string();
        unicode_security::skeleton(&text).map(|c| c.to_ascii_lowercase()).collect()
    };
    (0..128).map(skeleton).collect()
});

/// Returns a hash of a name's appearance. Names that look the same have the same hash.
pub(super) fn looks(name: &str) -> u64 {
    let mut hasher = SEED.build_hasher();
    let mut write = |text: &str| text.bytes().for_each(|byte| hasher.write_u8(byte));
    if name.is_ascii() {
        name.bytes().for_each(|byte| write(&ASCII[usize::from(byte)]));
    } else {
        let skeleton: String = unicode_security::skeleton(name).collect();
        write(&skeleton.to_ascii_lowercase());
    }
    hasher.finish()
}

/// Registrable domain: its first place in each credential, and whether it is trusted
/// ([`AuditContext::trusts`]).
#[derive(Default)]
struct KnownDomain {
    spots: Vec<FindingPlace>,
    trusted: bool,
}

pub(super) fn lookalikes(fleet: &FleetInput<'_>, context: &AuditContext) -> Vec<(u32, Hit)> {
    let mut known: BTreeMap<&str, KnownDomain> = BTreeMap::new();
    for (at, _, digest) in each(fleet) {
        let mut own = BTreeSet::new();
        for (fact, entry, host) in &digest.hosts {
            if *fact == Fact::Referers {
                continue;
            }
            if let Some(domain) = host::registrable(host).filter(|domain| own.insert(*domain)) {
                let known = known.entry(domain).or_insert_with(|| KnownDomain {
                    spots: Vec::new(),
                    trusted: context.trusts(domain),
                });
                known.spots.push((at, *fact, *entry));
            }
        }
    }
    for own in &context.place.trusted_hosts {
        if let Some(domain) = host::registrable(own) {
            known.entry(domain).or_default().trusted = true;
        }
    }
    let mut accused: BTreeMap<&str, (&str, &'static str)> = BTreeMap::new();
    let mut compare = |one: &'_ str, other: &'_ str, how: &'static str| {
        let (Some((one, a)), Some((other, b))) =
            (known.get_key_value(one), known.get_key_value(other))
        else {
            return;
        };
        if one == other || (a.trusted && b.trusted) {
            return;
        }
        let first_is_odd = match (a.trusted, b.trusted) {
            (true, _) => false,
            (_, true) => true,
            _ => (a.spots.len(), Reverse(one)) < (b.spots.len(), Reverse(other)),
        };
        let (odd, real) = if first_is_odd { (*one, *other) } else { (*other, *one) };
        // Keep the smallest pair, so that the result does not depend on the order of the hash maps.
        let because = (real, how);
        accused.entry(odd).and_modify(|known| *known = because.min(*known)).or_insert(because);
    };
    let mut by_look: HashMap<u64, Vec<&str>> = HashMap::new();
    let mut by_hole: HashMap<u64, Vec<&str>> = HashMap::new();
    for domain in known.keys() {
        by_look.entry(looks(&unicode(domain))).or_default().push(domain);
        let label = domain.split('.').next().unwrap_or_default();
        if label.len() >= SHORTEST_LABEL && label.is_ascii() {
            // Two labels that are one edit apart become equal after at most one character is
            // deleted from each.
            let hole = |at: usize| hash_of(format!("{}{}", &label[..at], &label[at + 1..]));
            let holes: HashSet<u64> = (0..label.len()).map(hole).collect();
            for hole in holes.into_iter().chain([hash_of(label)]) {
                by_hole.entry(hole).or_default().push(domain);
            }
        }
    }
    for group in by_look.values().filter(|group| group.len() > 1) {
        let standing = |domain: &str| {
            known.get(domain).map(|it| (it.trusted, it.spots.len())).unwrap_or_default()
        };
        let best = group
            .iter()
            .max_by(|one, other| standing(one).cmp(&standing(other)).then_with(|| other.cmp(one)));
        let Some(real) = best else { continue };
        for other in group {
            compare(other, real, "looks the same as");
        }
    }
    for group in by_hole.values().filter(|group| group.len() > 1) {
        for (at, one) in group.iter().enumerate() {
            for other in &group[at + 1..] {
                let (one_label, other_label) = (label(one), label(other));
                if one_edit_apart(one_label, other_label) && !are_numbered(one_label, other_label) {
                    compare(one, other, "is one letter away from");
                }
            }
        }
    }
    let mut hits: Vec<(u32, Hit)> = Vec::new();
    for (odd, (real, how)) in accused {
        let spots = known.get(odd).map_or(&[][..], |known| &known.spots);
        hits.extend(spots.iter().map(|(at, fact, entry)| {
            (*at, Hit::at(*fact, *entry).with(odd).noting(format!("{how} {real}")))
        }));
    }
    hits.sort_by_key(|(at, hit)| (*at, hit.place));
    hits
}

fn label(domain: &str) -> &str {
    domain.split('.').next().unwrap_or_default()
}

fn unicode(domain: &str) -> String {
    if domain.contains("xn--") { idna::domain_to_unicode(domain).0 } else { domain.to_owned() }
}

/// Returns true if one edit separates two labels: one character is changed, added or removed, or
/// two adjacent characters are swapped.
fn one_edit_apart(one: &str, other: &str) -> bool {
    let (a, b) = (one.as_bytes(), other.as_bytes());
    let start = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let (rest_a, rest_b) = (&a[start..], &b[start..]);
    let end = rest_a.iter().rev().zip(rest_b.iter().rev()).take_while(|(x, y)| x == y).count();
    let (left, right) = (rest_a.len() - end, rest_b.len() - end);
    one != other
        && (left.max(right) == 1
            || (left == 2 && right == 2 && rest_a[0] == rest_b[1] && rest_a[1] == rest_b[0]))
}

/// Returns true if two labels differ only in numbers, such as `shop-1` and `shop-2`. Numbered hosts
/// are common, and usually have the same owner.
fn are_numbered(one: &str, other: &str) -> bool {
    let without_numbers = |label: &str| {
        let mut text = label.replace(|c: char| c.is_ascii_digit(), "0");
        while text.contains("00") {
            text = text.replace("00", "0");
        }
        text
    };
    without_numbers(one) == without_numbers(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_look_the_same_look_the_same_in_ascii_and_beyond() {
        for (one, other, same) in [
            ("billing", "bi1ling", true),
            ("modern", "rnodern", true),
            ("payments", "pаyments", true), // a Cyrillic а
            ("store 10", "store lo", true),
            ("billing", "filling", false),
        ] {
            assert_eq!(looks(one) == looks(other), same, "{one} {other}");
        }
    }

    #[test]
    fn numbers_of_hosts_are_no_disguise() {
        for (one, other, numbered) in [
            ("shop-1", "shop-2", true),
            ("shop9", "shop10", true),
            ("eu1-shop", "eu2-shop", true),
            ("shop", "shop1", false), // a letter more
            ("shop-1", "shop-l", false),
        ] {
            assert_eq!(are_numbered(one, other), numbered, "{one} {other}");
        }
    }

    #[test]
    fn one_edit() {
        for (one, other, near) in [
            ("acme", "acne", true),
            ("acme", "acmee", true),
            ("acme", "amce", true),
            ("acme", "acme", false),
            ("acme", "apex", false),
        ] {
            assert_eq!(one_edit_apart(one, other), near, "{one} {other}");
        }
    }
}

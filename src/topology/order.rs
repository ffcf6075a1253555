//! In which order resources become known: what is followed comes before who follows it. Finds the circles.

use super::targets::Node;

/// For each resource, whom it follows, with the number of the source there.
#[derive(Debug)]
pub(super) struct Wires {
    follows: Vec<Vec<Wire>>,
}

/// One wire, seen from its follower.
#[derive(Debug, Clone, Copy)]
struct Wire {
    to: Node,
    source: usize,
    cut: bool,
}

/// A wire that goes in a circle.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Circle {
    /// The resources, each following the next and the last the first; the first in the file begins.
    pub(super) nodes: Vec<Node>,
    /// The source of the first one that is the next.
    pub(super) source: usize,
}

impl Wires {
    /// No wires between so many resources.
    pub(super) fn new(count: usize) -> Self {
        Self {
            follows: vec![Vec::new(); count],
        }
    }

    /// `follower` follows `to`, by its source of that number.
    pub(super) fn add(&mut self, follower: Node, to: Node, source: usize) {
        self.follows[follower].push(Wire {
            to,
            source,
            cut: false,
        });
    }

    /// All resources in an order in which each comes after what it follows, and the circles. Each circle is cut at
    /// its beginning, so that the others show.
    pub(super) fn order(mut self) -> (Vec<Node>, Vec<Circle>) {
        let count = self.follows.len();
        let mut followers = vec![Vec::new(); count];
        for (node, wires) in self.follows.iter().enumerate() {
            for wire in wires {
                followers[wire.to].push(node);
            }
        }
        let mut waits_for: Vec<usize> = self.follows.iter().map(Vec::len).collect();
        let mut ready: Vec<Node> = (0..count).filter(|node| waits_for[*node] == 0).collect();
        let (mut order, mut circles) = (Vec::with_capacity(count), Vec::new());
        let mut known = vec![false; count];
        let mut first = 0;
        loop {
            while let Some(node) = ready.pop() {
                known[node] = true;
                order.push(node);
                for follower in &followers[node] {
                    // a wire that was cut is not waited for
                    let waited = self.waits(*follower, node);
                    waits_for[*follower] -= usize::from(waited);
                    if waited && waits_for[*follower] == 0 {
                        ready.push(*follower);
                    }
                }
            }
            while first < count && known[first] {
                first += 1;
            }
            if first == count {
                return (order, circles);
            }
            let circle = self.circle(first, &known);
            let begin = circle.nodes[0];
            for wire in &mut self.follows[begin] {
                wire.cut |= wire.source == circle.source;
            }
            waits_for[begin] -= 1;
            if waits_for[begin] == 0 {
                ready.push(begin);
            }
            circles.push(circle);
        }
    }

    fn waits(&self, follower: Node, node: Node) -> bool {
        self.follows[follower]
            .iter()
            .any(|wire| wire.to == node && !wire.cut)
    }

    /// Walks from a resource that is not known along others that are not, until it meets its own way.
    fn circle(&self, from: Node, known: &[bool]) -> Circle {
        let mut way: Vec<(Node, usize)> = Vec::new();
        let mut met = vec![None; known.len()];
        let mut node = from;
        let nodes = loop {
            if let Some(step) = met[node] {
                break way.split_off(step);
            }
            met[node] = Some(way.len());
            let wire = self.follows[node]
                .iter()
                .find(|wire| !wire.cut && !known[wire.to])
                .expect("a resource that is not known waits for another that is not");
            way.push((node, wire.source));
            node = wire.to;
        };
        let mut nodes = nodes;
        let begin = (0..nodes.len())
            .min_by_key(|index| nodes[*index].0)
            .unwrap_or(0);
        nodes.rotate_left(begin);
        Circle {
            source: nodes[0].1,
            nodes: nodes.into_iter().map(|(node, _)| node).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// `follows[n]` lists whom the resource `n` follows.
    fn ordered(follows: &[Vec<Node>]) -> (Vec<Node>, Vec<Vec<Node>>) {
        let mut wires = Wires::new(follows.len());
        for (node, sources) in follows.iter().enumerate() {
            for (source, to) in sources.iter().enumerate() {
                wires.add(node, *to, source);
            }
        }
        let (order, circles) = wires.order();
        (
            order,
            circles.into_iter().map(|circle| circle.nodes).collect(),
        )
    }

    #[test]
    fn what_is_followed_comes_before_who_follows_it() {
        let (order, circles) = ordered(&[vec![1, 2], vec![2], vec![], vec![0]]);
        assert_eq!(order, [2, 1, 0, 3]);
        assert!(circles.is_empty());
    }

    #[test]
    fn a_circle_is_named_whole_from_its_first_and_who_hangs_on_it_is_not_blamed() {
        let (order, circles) = ordered(&[vec![2], vec![3], vec![1], vec![2], vec![3]]);
        assert_eq!(circles, [[1, 3, 2]]);
        assert_eq!(order.len(), 5);
    }

    #[test]
    fn two_circles_that_meet_in_one_resource_are_both_named() {
        let (_, circles) = ordered(&[vec![1, 2], vec![0], vec![0]]);
        assert_eq!(circles, [[0, 1], [0, 2]]);
    }

    #[test]
    fn a_circle_of_a_thousand_is_no_trouble() {
        let follows: Vec<Vec<Node>> = (0..1000).map(|node| vec![(node + 1) % 1000]).collect();
        let (_, circles) = ordered(&follows);
        assert_eq!(circles, [(0..1000).collect::<Vec<_>>()]);
    }

    proptest! {
        #[test]
        fn every_resource_is_ordered_and_only_cut_wires_run_backwards(
            wires in proptest::collection::vec((0usize..8, 0usize..8), 0..30)
        ) {
            let mut follows = vec![Vec::new(); 8];
            for (from, to) in wires {
                if from != to && !follows[from].contains(&to) {
                    follows[from].push(to);
                }
            }
            let (order, circles) = ordered(&follows);
            let mut all = order.clone();
            all.sort_unstable();
            prop_assert_eq!(all, (0..8).collect::<Vec<_>>());
            let at = |node: Node| order.iter().position(|known| *known == node);
            let mut backwards = Vec::new();
            for (node, sources) in follows.iter().enumerate() {
                for to in sources {
                    if at(*to) > at(node) {
                        backwards.push((node, *to));
                    }
                }
            }
            let mut cut = Vec::new();
            for circle in &circles {
                for (index, node) in circle.iter().enumerate() {
                    let next = circle[(index + 1) % circle.len()];
                    prop_assert!(follows[*node].contains(&next), "no such circle: {:?}", circle);
                }
                cut.push((circle[0], circle[1]));
            }
            prop_assert!(backwards.iter().all(|wire| cut.contains(wire)));
        }
    }
}

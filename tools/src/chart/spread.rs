//! Names beside each other along a line: each as near to its place as the others allow.

use super::text::TICK;

/// From one name to the next, in pixels.
pub const END_LINE: f64 = TICK * 1.15;

/// Places moved as little as it takes to be `apart` and within these ends, in the order in which they are given.
/// Where there is no room for all, they go beyond the upper end.
pub fn spread(places: &[f64], apart: f64, (low, high): (f64, f64)) -> Vec<f64> {
    let mut order: Vec<usize> = (0..places.len()).collect();
    order.sort_by(|a, b| places[*a].total_cmp(&places[*b]));
    // Neighbours that are too near stand around the middle of what they want (the pool-adjacent-violators algorithm:
    // Barlow et al., Statistical Inference under Order Restrictions, 1972).
    let mut groups: Vec<(f64, usize)> = Vec::new();
    for (n, i) in order.iter().enumerate() {
        groups.push((places[*i] - n as f64 * apart, 1));
        while let [.., (a, many), (b, more)] = groups[..]
            && a > b
        {
            let all = many + more;
            groups.truncate(groups.len() - 2);
            groups.push(((a * many as f64 + b * more as f64) / all as f64, all));
        }
    }
    let start = groups.into_iter().flat_map(|(at, count)| std::iter::repeat_n(at, count));
    let last = (places.len().max(1) - 1) as f64 * apart;
    let within = |at: f64| at.clamp(low, (high - last).max(low));
    let mut moved = vec![0.0; places.len()];
    for ((n, i), at) in order.iter().enumerate().zip(start) {
        moved[*i] = within(at) + n as f64 * apart;
    }
    moved
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(places: &[f64], want: &[f64]) {
        assert_eq!(spread(places, 10.0, (0.0, 100.0)), want);
    }

    #[test]
    fn names_move_as_little_as_they_must() {
        check(&[], &[]);
        check(&[20.0, 50.0], &[20.0, 50.0]);
        check(&[50.0, 48.0], &[54.0, 44.0]);
        check(&[50.0, 50.0, 50.0], &[40.0, 50.0, 60.0]);
        check(&[99.0, 98.0], &[100.0, 90.0]);
        check(&[1.0, 2.0], &[0.0, 10.0]);
    }
}

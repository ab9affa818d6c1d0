//! Names at an axis: in one line, broken into several, tilted, or upright, whichever is the first that does
//! not overlap; where nothing else helps, not all of them.

use super::text::{Anchor, Label, TICK, shorten, wrap};
use crate::raster::widths;

/// Between two names, in pixels.
const GAP: f64 = 10.0;
const LINE: f64 = TICK * 1.2;
const TILT: f64 = 35.0;
/// The longest that a tilted or upright name may be, in pixels.
const LONGEST: f64 = 320.0;

#[derive(Debug, Clone, Copy, PartialEq)]
enum Way {
    Beside,
    Below,
    Tilted,
    Upright,
}

/// Names with how they are written.
#[derive(Debug, Clone, PartialEq)]
pub struct Names {
    way: Way,
    /// Lines of each; none of what is left out.
    lines: Vec<Vec<String>>,
    size: f64,
    /// Those of the other axis.
    others: Option<Box<Names>>,
}

impl Names {
    pub fn none() -> Names {
        Names { way: Way::Below, lines: Vec::new(), size: 0.0, others: None }
    }

    /// What they take up, at right angles to their axis, in pixels.
    pub fn size(&self) -> f64 {
        self.size
    }

    /// These and those of the other axis.
    pub fn and(self, others: Names) -> Names {
        Names { others: Some(Box::new(others)), ..self }
    }

    /// Names under an axis of this width, with `left` pixels to its left.
    pub fn below(names: &[String], width: f64, left: f64) -> Names {
        let slot = width / names.len().max(1) as f64;
        for most in 1..=4 {
            let broken: Vec<_> = names.iter().map(|name| wrap(name, TICK, slot - GAP, most)).collect();
            if broken.iter().all(|lines| lines.whole) {
                let lines: Vec<Vec<String>> = broken.into_iter().map(|lines| lines.lines).collect();
                let size = LINE * lines.iter().map(Vec::len).max().unwrap_or(0) as f64;
                return Names { way: Way::Below, lines, size, others: None };
            }
            // Breaking hundreds of names that stand closer than a few letters leads nowhere.
            if slot < 3.0 * TICK {
                break;
            }
        }
        let (sin, cos) = (TILT.to_radians().sin(), TILT.to_radians().cos());
        let tilted = slot * sin >= LINE;
        // A tilted name must not leave the picture at its left.
        let longest = |i: usize| LONGEST.min((left + slot * (i as f64 + 0.5)) / cos);
        if tilted {
            let tilt = |(i, name): (usize, &String)| vec![shorten(name, TICK, longest(i))];
            let lines: Vec<Vec<String>> = names.iter().enumerate().map(tilt).collect();
            let whole = lines.iter().zip(names).all(|(line, name)| line[0] == *name);
            // Upright in several lines they may be whole where tilted ones are not.
            let upright = Names::upright(names, slot);
            if let (false, Some(upright)) = (whole, upright) {
                return upright;
            }
            return Names { way: Way::Tilted, size: widest(&lines) * sin + LINE, lines, others: None };
        }
        let every = if slot >= LINE { 1 } else { (LINE / slot).ceil() as usize };
        let one = |(i, name): (usize, &String)| {
            if i % every == 0 { vec![shorten(name, TICK, LONGEST)] } else { Vec::new() }
        };
        let lines: Vec<Vec<String>> = names.iter().enumerate().map(one).collect();
        Names { way: Way::Upright, size: widest(&lines), lines, others: None }
    }

    /// Upright names in as many lines as there is room for; none where some would be cut all the same.
    fn upright(names: &[String], slot: f64) -> Option<Names> {
        let most = (slot / LINE).floor().min(3.0) as usize;
        let broken: Vec<_> = names.iter().map(|name| wrap(name, TICK, LONGEST, most.max(1))).collect();
        if most == 0 || !broken.iter().all(|lines| lines.whole) {
            return None;
        }
        let lines: Vec<Vec<String>> = broken.into_iter().map(|lines| lines.lines).collect();
        Some(Names { way: Way::Upright, size: widest(&lines), lines, others: None })
    }

    /// Names beside an axis of this height, the first on top, none wider than `most_wide`.
    pub fn beside(names: &[String], height: f64, most_wide: f64) -> Names {
        let slot = height / names.len().max(1) as f64;
        let most = ((slot - 4.0) / LINE).floor().clamp(1.0, 3.0) as usize;
        let every = (LINE / slot).ceil().max(1.0) as usize;
        let one = |(i, name): (usize, &String)| {
            if i % every == 0 { wrap(name, TICK, most_wide, most).lines } else { Vec::new() }
        };
        let lines: Vec<Vec<String>> = names.iter().enumerate().map(one).collect();
        Names { way: Way::Beside, size: widest(&lines), lines, others: None }
    }

    /// Sets them; `place` finds the pixel of a place of both axes, `corner` is the axes' lower left one.
    pub fn labels(&self, place: impl Fn((f64, f64)) -> (i32, i32) + Copy, corner: (f64, f64), labels: &mut Vec<Label>) {
        if let Some(others) = &self.others {
            others.labels(place, corner, labels);
        }
        for (i, lines) in self.lines.iter().enumerate() {
            let (x, y) = match self.way {
                Way::Beside => (corner.0 - 12.0, f64::from(place((0.0, i as f64)).1)),
                _ => (f64::from(place((i as f64, 0.0)).0), corner.1 + 12.0),
            };
            for (n, line) in lines.iter().enumerate() {
                let down = LINE * n as f64;
                let label = match self.way {
                    Way::Beside => {
                        let up = LINE * (lines.len() - 1) as f64 / 2.0;
                        Label::new(line, (x, y - up + down), TICK, Anchor::End)
                    }
                    Way::Below => Label::new(line, (x, y + LINE / 2.0 + down), TICK, Anchor::Middle),
                    Way::Tilted => Label { turned: -TILT, ..Label::new(line, (x + 4.0, y + 4.0), TICK, Anchor::End) },
                    Way::Upright => {
                        let across = down - LINE * (lines.len() - 1) as f64 / 2.0;
                        Label { turned: -90.0, ..Label::new(line, (x + across, y), TICK, Anchor::End) }
                    }
                };
                labels.push(label);
            }
        }
    }
}

/// The width of the widest line, in pixels.
fn widest(lines: &[Vec<String>]) -> f64 {
    widths(lines.iter().flatten().map(String::as_str), TICK).into_iter().fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(names: usize, name: &str, way: Way, shown: usize) {
        let names: Vec<String> = (0..names).map(|i| format!("{name} {i}")).collect();
        let got = Names::below(&names, 1300.0, 90.0);
        assert_eq!((got.way, got.lines.iter().filter(|l| !l.is_empty()).count()), (way, shown), "{name}");
    }

    #[test]
    fn names_that_are_too_long_are_broken_tilted_or_left_out() {
        check(5, "Town", Way::Below, 5);
        check(8, "Upper Varn power station", Way::Below, 8);
        check(25, "Dam no", Way::Tilted, 25);
        check(25, "Upper Varn power station", Way::Upright, 25);
        check(20, "Upper Varn hydroelectric power station", Way::Upright, 20);
        check(48, "Upper Varn power station", Way::Upright, 48);
        check(300, "Upper Varn power station", Way::Upright, 43);
    }

    #[test]
    fn names_beside_are_as_wide_as_they_are() {
        let names = ["Oslo".to_owned(), "The Upper Varn hydroelectric power station of the western region".to_owned()];
        let got = Names::beside(&names, 600.0, 400.0);
        assert!(got.size > 200.0 && got.size <= 400.0 && got.lines[1].len() > 1, "{got:?}");
    }
}

//! Where the objects of a picture go: on the ground or in the air, none over another by accident, and as large
//! beside each other as the things are.
//!
//! The plan says of each object where about it is to be and how large; what it looks like, and how much of its
//! square it fills, is known from its shapes. Things stand with what they are lowest at, not with their square.

use super::plan::{NO_GROUND, Object, Plan, Square};

/// What an object fills of its square of 100 by 100.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Extent {
    pub left: f64,
    pub top: f64,
    pub right: f64,
    pub bottom: f64,
}

impl Extent {
    fn width(&self) -> f64 {
        (self.right - self.left).max(1.0)
    }
}

/// The part of the canvas that objects may be in.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Area {
    pub left: f64,
    pub top: f64,
    pub width: f64,
    pub height: f64,
}

/// Where the ground begins, as a share of the area's height, and where things stand on it: far, near and nearest.
pub const HORIZON: f64 = 0.72;
const STANDS: [f64; 3] = [0.77, 0.88, 0.97];
/// How much larger signs are made at most, to fill the picture.
const MOST_LARGER: f64 = 1.8;
/// How much smaller what stands is made, as long as something in the air has no place.
const GIVING_WAY: [f64; 6] = [1.0, 0.9, 0.8, 0.7, 0.6, 0.5];
/// Symbols that don't stand on the ground, wherever the plan puts them.
const AIRBORNE: &[&str] = &[
    "cloud",
    "sun",
    "moon",
    "star",
    "airplane",
    "rocket",
    "bird",
    "rainbow",
    "lightning",
    "rain",
    "snowflake",
    "balloon",
    "hot air balloon",
    "helicopter",
    "butterfly",
    "bee",
    "satellite",
    "planet",
    "comet",
    "musical note",
    "speech bubble",
];
/// Heights of things beside each other, in four steps from a person's: what is named nowhere is no thing of a
/// landscape but a sign, and keeps the size that the plan gives it.
const TINY: &[&str] = &[
    "bee",
    "butterfly",
    "snail",
    "spider",
    "key",
    "coin",
    "ring",
    "pill",
    "egg",
    "strawberry",
    "grapes",
    "leaf",
    "mushroom",
    "chip",
    "cheese",
    "carrot",
    "banana",
    "pear",
    "apple",
    "cup",
    "wine glass",
    "glasses",
    "shoe",
    "hat",
];
const SMALL: &[&str] = &[
    "cat",
    "rabbit",
    "bird",
    "duck",
    "chicken",
    "fish",
    "frog",
    "turtle",
    "owl",
    "fox",
    "snake",
    "flower",
    "campfire",
    "suitcase",
    "backpack",
    "bottle",
    "teapot",
    "bread",
    "pizza",
    "burger",
    "cake",
    "ice cream",
    "gift",
    "ball",
    "book",
    "laptop",
    "camera",
    "phone",
    "lamp",
    "radio",
    "pumpkin",
    "trash can",
    "drum",
    "guitar",
    "basket",
];
const LARGE: &[&str] = &[
    "car",
    "bus",
    "truck",
    "tractor",
    "train",
    "elephant",
    "dinosaur",
    "whale",
    "tree",
    "pine tree",
    "palm tree",
    "tent",
    "house",
    "barn",
    "sailing boat",
    "hot air balloon",
    "helicopter",
    "solar panel",
    "submarine",
];
const HUGE: &[&str] = &[
    "office building",
    "city",
    "factory",
    "castle",
    "church",
    "windmill",
    "wind turbine",
    "lighthouse",
    "skyscraper",
    "bridge",
    "ship",
    "mountain",
    "volcano",
];

/// How much larger a thing is drawn than one of a person's height.
fn scale(symbol: &str) -> f64 {
    match symbol {
        s if TINY.contains(&s) => 0.62,
        s if SMALL.contains(&s) => 0.8,
        s if LARGE.contains(&s) => 1.2,
        s if HUGE.contains(&s) => 1.45,
        _ => 1.0,
    }
}

/// Where an object ended up.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Placed {
    pub square: Square,
    /// Where its shadow lies, of what stands on the ground: the middle, and half its width.
    pub shadow: Option<(f64, f64, f64)>,
    /// What has less is farther away.
    depth: f64,
}

/// An object on its way: its place in the plan, its size and the middle of what it fills.
struct Item {
    at: usize,
    side: f64,
    x: f64,
    y: f64,
    flies: bool,
    stand: usize,
}

/// The objects' places, farthest first, each with its place in the plan.
pub fn arrange(plan: &Plan, extents: &[Extent], area: Area) -> Vec<(usize, Placed)> {
    let grounded = plan.ground != NO_GROUND;
    let places = plan.places();
    let item = |(at, (object, (x, y))): (usize, (&Object, (f64, f64)))| {
        let real = if grounded && plan.objects.len() > 1 { scale(&object.symbol) } else { 1.0 };
        let side = (plan.wanted_side(object) * real).min(area.height * 0.9).min(area.width * 0.9);
        let flies = grounded && (AIRBORNE.contains(&object.symbol.as_str()) || y < 0.4 && scale(&object.symbol) < 1.2);
        let far = HUGE.contains(&object.symbol.as_str());
        let stand = if far {
            0
        } else if y > 0.6 {
            2
        } else {
            1
        };
        Item { at, side, x, y, flies, stand }
    };
    let mut items: Vec<Item> = plan.objects.iter().zip(places).enumerate().map(item).collect();
    // Side by side on the ground, in the order of their places; the rest where it is wanted.
    items.sort_by(|a, b| a.x.total_cmp(&b.x));
    let mut done: Vec<(usize, Placed)> = Vec::new();
    if grounded {
        let (air, ground): (Vec<Item>, Vec<Item>) = items.into_iter().partition(|item| item.flies);
        // What stands gives way to what flies, which would else be before it.
        for smaller in GIVING_WAY {
            let ground = ground.iter().map(|item| Item { side: item.side * smaller, ..*item }).collect();
            done = row(ground, extents, area);
            let mut free = true;
            for item in &air {
                let (placed, fits) = hang(item, extents, area, &done);
                free &= fits;
                done.push((item.at, placed));
            }
            if free {
                break;
            }
        }
    } else {
        done.extend(float(items, extents, area));
    }
    done.sort_by(|(_, a), (_, b)| a.depth.total_cmp(&b.depth));
    done
}

/// Things on the ground: beside each other, smaller where there is no room for all.
fn row(mut items: Vec<Item>, extents: &[Extent], area: Area) -> Vec<(usize, Placed)> {
    let wide = |item: &Item| item.side * extents[item.at].width() / 100.0;
    // What stands at another depth may be partly behind its neighbour.
    let gap = |a: &Item, b: &Item| if a.stand == b.stand { 3.0 } else { -0.2 * wide(a).min(wide(b)) };
    let needed = |items: &[Item]| {
        items.iter().map(wide).sum::<f64>() + items.windows(2).map(|two| gap(&two[0], &two[1])).sum::<f64>()
    };
    let room = area.width - 4.0;
    for _ in 0..60 {
        if needed(&items) <= room {
            break;
        }
        items.iter_mut().for_each(|item| item.side *= 0.96);
    }
    // From the left each as far right as it wants to be, then from the right what went too far.
    let mut middles: Vec<f64> = items.iter().map(|item| area.left + item.x * area.width).collect();
    let least = |a: &Item, b: &Item| (wide(a) + wide(b)) / 2.0 + gap(a, b);
    for i in 0..items.len() {
        let floor = match i {
            0 => area.left + 2.0 + wide(&items[0]) / 2.0,
            _ => middles[i - 1] + least(&items[i - 1], &items[i]),
        };
        middles[i] = middles[i].max(floor);
    }
    for i in (0..items.len()).rev() {
        let ceiling = match items.get(i + 1) {
            None => area.left + area.width - 2.0 - wide(&items[i]) / 2.0,
            Some(next) => middles[i + 1] - least(&items[i], next),
        };
        middles[i] = middles[i].min(ceiling);
    }
    let stand = |(item, middle): (&Item, f64)| {
        let extent = extents[item.at];
        let line = area.top + area.height * STANDS[item.stand];
        let x = middle - item.side * (extent.left + extent.right) / 200.0;
        let y = line - item.side * extent.bottom / 100.0;
        let square = Square { x, y, side: item.side };
        let half = item.side * extent.width() / 200.0;
        (item.at, Placed { square, shadow: Some((middle, line, half)), depth: 1.0 + STANDS[item.stand] })
    };
    items.iter().zip(middles).map(stand).collect()
}

/// Something in the air: near where it is wanted, in front of nothing that is there already; and whether there is
/// room for it.
fn hang(item: &Item, extents: &[Extent], area: Area, done: &[(usize, Placed)]) -> (Placed, bool) {
    let others: Vec<[f64; 4]> = done.iter().map(|(at, placed)| bounds(&placed.square, &extents[*at])).collect();
    let place = |x: f64, y: f64, side: f64| {
        let extent = &extents[item.at];
        let centre = (area.left + x * area.width, area.top + y * area.height);
        let (x, y) = (
            centre.0 - side * (extent.left + extent.right) / 200.0,
            centre.1 - side * (extent.top + extent.bottom) / 200.0,
        );
        let half = (side * extent.width() / 200.0, side * (extent.bottom - extent.top) / 200.0);
        let fit = |at: f64, centre: f64, half: f64, from: f64, to: f64| {
            at + (from + 2.0 + half - centre).max(0.0) - (centre + half + 2.0 - to).max(0.0)
        };
        Square {
            x: fit(x, centre.0, half.0, area.left, area.left + area.width),
            y: fit(y, centre.1, half.1, area.top, area.top + area.height),
            side,
        }
    };
    let mut side = item.side.min(area.height * 0.42);
    let y = item.y.min(0.28);
    for _ in 0..8 {
        let tries = [0.0, 0.1, -0.1, 0.2, -0.2, 0.32, -0.32, 0.46, -0.46, 0.6, -0.6].map(|off| item.x + off);
        for x in tries.into_iter().filter(|x| (0.08..=0.92).contains(x)) {
            for lower in [0.0, -0.08, 0.08] {
                let square = place(x, (y + lower).max(0.1), side);
                let own = bounds(&square, &extents[item.at]);
                if others.iter().all(|other| !overlap(&own, other)) {
                    return (Placed { square, shadow: None, depth: 0.0 }, true);
                }
            }
        }
        side *= 0.9;
    }
    (Placed { square: place(item.x, y, side), shadow: None, depth: 0.0 }, false)
}

/// Signs without a ground: where they are wanted, all of them smaller until none covers another, and then as large
/// as the area is.
fn float(mut items: Vec<Item>, extents: &[Extent], area: Area) -> Vec<(usize, Placed)> {
    let place = |item: &Item| {
        let extent = &extents[item.at];
        let (wide, high) = (item.side * extent.width() / 100.0, item.side * (extent.bottom - extent.top) / 100.0);
        let middle = |share: f64, from: f64, length: f64, size: f64| {
            (from + share * length)
                .clamp(from + size / 2.0 + 2.0, (from + length - size / 2.0 - 2.0).max(from + length / 2.0))
        };
        let x = middle(item.x, area.left, area.width, wide);
        let y = middle(item.y, area.top, area.height, high);
        let square = Square {
            x: x - item.side * (extent.left + extent.right) / 200.0,
            y: y - item.side * (extent.top + extent.bottom) / 200.0,
            side: item.side,
        };
        (item.at, Placed { square, shadow: None, depth: -item.side })
    };
    for _ in 0..60 {
        let placed: Vec<(usize, Placed)> = items.iter().map(place).collect();
        let boxes: Vec<[f64; 4]> = placed.iter().map(|(at, p)| bounds(&p.square, &extents[*at])).collect();
        let crowded = |i: usize| boxes[..i].iter().any(|other| overlap(&boxes[i], other));
        if !(0..boxes.len()).any(crowded) {
            return filling(placed, &boxes, area);
        }
        items.iter_mut().for_each(|item| item.side *= 0.95);
    }
    items.iter().map(place).collect()
}

/// What was placed, made as large as the area is and put into its middle. `boxes` are what the objects fill.
fn filling(placed: Vec<(usize, Placed)>, boxes: &[[f64; 4]], area: Area) -> Vec<(usize, Placed)> {
    let widest = |a: [f64; 4], b: &[f64; 4]| [a[0].min(b[0]), a[1].min(b[1]), a[2].max(b[2]), a[3].max(b[3])];
    let all = boxes.iter().fold([f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY], widest);
    let room = [area.width, area.height].map(|side| side * 0.9);
    let larger = (room[0] / (all[2] - all[0])).min(room[1] / (all[3] - all[1])).min(MOST_LARGER);
    let (x, y) = ((all[0] + all[2]) / 2.0, (all[1] + all[3]) / 2.0);
    let middle = (area.left + area.width / 2.0, area.top + area.height / 2.0);
    let one = |(at, placed): (usize, Placed)| {
        let square = placed.square;
        let square = Square {
            x: middle.0 + (square.x - x) * larger,
            y: middle.1 + (square.y - y) * larger,
            side: square.side * larger,
        };
        (at, Placed { square, depth: -square.side, ..placed })
    };
    placed.into_iter().map(one).collect()
}

/// What an object in a square fills: left, top, right and bottom.
pub fn bounds(square: &Square, extent: &Extent) -> [f64; 4] {
    let at = |from: f64, share: f64| from + square.side * share / 100.0;
    [at(square.x, extent.left), at(square.y, extent.top), at(square.x, extent.right), at(square.y, extent.bottom)]
}

fn overlap(a: &[f64; 4], b: &[f64; 4]) -> bool {
    a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3]
}

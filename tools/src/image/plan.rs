//! What is to be seen, decided before anything is drawn, and where each object goes.
//!
//! A small model that draws a whole scene at once heaps everything in one corner. So it only names
//! the objects, their size and place; where they stand is worked out in `scene.rs`.

use super::symbols;
use serde::Deserialize;
use serde_json::{Value, json};

/// Colours that look well together and have names a model knows, with their red, green and blue.
const PALETTE: &[(&str, u32)] = &[
    ("white", 0xffffff),
    ("whitesmoke", 0xf5f5f5),
    ("lightgray", 0xd3d3d3),
    ("gray", 0x808080),
    ("dimgray", 0x696969),
    ("black", 0x000000),
    ("midnightblue", 0x191970),
    ("navy", 0x000080),
    ("royalblue", 0x4169e1),
    ("dodgerblue", 0x1e90ff),
    ("skyblue", 0x87ceeb),
    ("lightblue", 0xadd8e6),
    ("aliceblue", 0xf0f8ff),
    ("teal", 0x008080),
    ("turquoise", 0x40e0d0),
    ("seagreen", 0x2e8b57),
    ("green", 0x008000),
    ("limegreen", 0x32cd32),
    ("palegreen", 0x98fb98),
    ("olive", 0x808000),
    ("gold", 0xffd700),
    ("khaki", 0xf0e68c),
    ("lemonchiffon", 0xfffacd),
    ("orange", 0xffa500),
    ("coral", 0xff7f50),
    ("tomato", 0xff6347),
    ("crimson", 0xdc143c),
    ("firebrick", 0xb22222),
    ("pink", 0xffc0cb),
    ("hotpink", 0xff69b4),
    ("plum", 0xdda0dd),
    ("orchid", 0xda70d6),
    ("purple", 0x800080),
    ("indigo", 0x4b0082),
    ("lavender", 0xe6e6fa),
    ("tan", 0xd2b48c),
    ("peru", 0xcd853f),
    ("saddlebrown", 0x8b4513),
    ("wheat", 0xf5deb3),
    ("beige", 0xf5f5dc),
];

/// Colours less than this apart (the sum over red, green and blue) are hard to tell from each other.
const NEAR: u32 = 110;

/// Those of the colours that stand out from nearly everything, in the order they are taken.
const ACCENTS: &[&str] = &["royalblue", "tomato", "seagreen", "orange", "purple", "gold", "teal"];

/// What some symbols look like, whatever else.
const NATURAL: &[(&str, &str)] = &[
    ("cloud", "white"),
    ("sun", "gold"),
    ("moon", "lemonchiffon"),
    ("star", "gold"),
    ("tree", "seagreen"),
    ("pine tree", "seagreen"),
    ("palm tree", "seagreen"),
    ("cactus", "seagreen"),
    ("leaf", "seagreen"),
    ("frog", "limegreen"),
    ("horse", "saddlebrown"),
    ("bear", "saddlebrown"),
    ("fox", "orange"),
    ("lion", "orange"),
    ("duck", "gold"),
    ("pig", "pink"),
    ("elephant", "gray"),
    ("sheep", "whitesmoke"),
    ("strawberry", "crimson"),
    ("mushroom", "tomato"),
    ("lightning", "gold"),
    ("snowflake", "white"),
    ("rain", "gray"),
    ("wave", "dodgerblue"),
    ("campfire", "tomato"),
    ("wheat", "gold"),
    ("bread", "peru"),
    ("coin", "gold"),
    ("heart", "crimson"),
];

/// Objects of one picture: fewer say more, and each costs a few seconds.
const MAX_OBJECTS: usize = 5;

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Plan {
    /// The picture in one sentence.
    pub idea: String,
    pub background: String,
    /// The lower part of the picture: a colour, or `none`.
    pub ground: String,
    pub objects: Vec<Object>,
    /// A short text below, or nothing.
    pub caption: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Object {
    pub name: String,
    /// The symbol that shows it, or `other` for one that has to be drawn.
    pub symbol: String,
    pub color: String,
    pub place: String,
    pub size: String,
}

/// A square on the canvas that an object is drawn into; the canvas is 100 high or wide, whichever
/// is less.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Square {
    pub x: f64,
    pub y: f64,
    pub side: f64,
}

/// In place of the ground's colour: the background goes all the way down.
pub const NO_GROUND: &str = "none";

/// In place of a symbol's name: there is none, the object is drawn.
pub const OTHER: &str = "other";

const PLACES: &[(&str, f64, f64)] = &[
    ("center", 0.5, 0.5),
    ("left", 0.24, 0.5),
    ("right", 0.76, 0.5),
    ("top", 0.5, 0.24),
    ("bottom", 0.5, 0.76),
    ("top left", 0.24, 0.24),
    ("top right", 0.76, 0.24),
    ("bottom left", 0.24, 0.76),
    ("bottom right", 0.76, 0.76),
];

const SIZES: &[(&str, f64)] = &[("large", 58.0), ("medium", 40.0), ("small", 26.0)];

/// The names of the colours.
pub fn colors() -> impl Iterator<Item = &'static str> {
    PALETTE.iter().map(|(name, _)| *name)
}

/// Red, green and blue; of a colour that is not in the palette, those of white.
fn channels(color: &str) -> [u32; 3] {
    let rgb = PALETTE.iter().find(|(name, _)| *name == color).map_or(0xff_ffff, |(_, rgb)| *rgb);
    [rgb >> 16, rgb >> 8 & 0xff, rgb & 0xff]
}

fn are_near(a: &str, b: &str) -> bool {
    channels(a).into_iter().zip(channels(b)).map(|(a, b)| a.abs_diff(b)).sum::<u32>() < NEAR
}

/// Whether white text stands out on a colour (ITU-R BT.601 luma).
pub fn is_dark(color: &str) -> bool {
    let [red, green, blue] = channels(color);
    299 * red + 587 * green + 114 * blue < 140_000
}

pub fn schema() -> Value {
    let places: Vec<&str> = PLACES.iter().map(|(name, ..)| *name).collect();
    let sizes: Vec<&str> = SIZES.iter().map(|(name, _)| *name).collect();
    let symbols: Vec<&str> = symbols::names().chain([OTHER]).collect();
    let colors: Vec<&str> = colors().collect();
    let grounds: Vec<&str> = [NO_GROUND].into_iter().chain(self::colors()).collect();
    json!({
        "type": "object",
        "properties": {
            "idea": {"type": "string", "minLength": 10, "maxLength": 120},
            "background": {"enum": colors},
            "ground": {"enum": grounds},
            "objects": {
                "type": "array", "minItems": 1, "maxItems": MAX_OBJECTS,
                "items": {
                    "type": "object",
                    "properties": {
                        "name": {"type": "string", "minLength": 2, "maxLength": 40},
                        "symbol": {"enum": symbols},
                        "color": {"enum": colors},
                        "place": {"enum": places},
                        "size": {"enum": sizes}
                    },
                    "required": ["name", "symbol", "color", "place", "size"],
                    "additionalProperties": false
                }
            },
            "caption": {"type": "string", "maxLength": 30}
        },
        "required": ["idea", "background", "ground", "objects", "caption"],
        "additionalProperties": false
    })
}

impl Plan {
    /// Reads what the model decided. A caption of words that `prompt` does not have is dropped:
    /// what a small model writes into pictures is misspelt.
    pub fn read(reply: &str, prompt: &str) -> Result<Plan, String> {
        let mut plan: Plan = serde_json::from_str(reply.trim()).map_err(|e| e.to_string())?;
        plan.objects.truncate(MAX_OBJECTS);
        plan.objects.dedup_by(|a, b| a.name == b.name && a.place == b.place);
        if plan.objects.is_empty() {
            return Err("it has no objects".into());
        }
        plan.keep_apart();
        plan.caption = plan.caption.trim().to_owned();
        if !prompt.to_lowercase().contains(&plan.caption.to_lowercase()) {
            plan.caption.clear();
        }
        Ok(plan)
    }

    /// Gives an object that could not be told from the background, or from all the others, another
    /// colour.
    fn keep_apart(&mut self) {
        let first = self.objects[0].color.clone();
        let alike = self.objects.len() > 1 && self.objects.iter().all(|o| o.color == first);
        for at in 0..self.objects.len() {
            if are_near(&self.objects[at].color, &self.background) || (alike && at > 0) {
                let taken =
                    |color: &str| are_near(color, &self.background) || self.objects.iter().any(|o| o.color == color);
                let natural =
                    NATURAL.iter().filter(|(symbol, _)| *symbol == self.objects[at].symbol).map(|(_, color)| color);
                if let Some(free) = natural.chain(ACCENTS).find(|color| !taken(color)) {
                    self.objects[at].color = (*free).to_owned();
                }
            }
        }
    }

    /// The side of an object's square, on a canvas of 100.
    pub fn wanted_side(&self, object: &Object) -> f64 {
        let side = SIZES.iter().find(|(name, _)| *name == object.size).map_or(40.0, |(_, side)| *side);
        if self.objects.len() == 1 { 86.0 } else { side }
    }

    /// Where each object goes, as fractions of the canvas: the place it was given, or the nearest
    /// one that nobody before it has.
    pub fn places(&self) -> Vec<(f64, f64)> {
        let mut taken: Vec<&str> = Vec::new();
        let mut places = Vec::with_capacity(self.objects.len());
        for object in &self.objects {
            let wanted = *PLACES.iter().find(|(name, ..)| *name == object.place).unwrap_or(&PLACES[0]);
            let distance = |p: &&(&str, f64, f64)| (((p.1 - wanted.1).powi(2) + (p.2 - wanted.2).powi(2)) * 1e6) as i64;
            let place = PLACES.iter().filter(|p| !taken.contains(&p.0)).min_by_key(distance).unwrap_or(&PLACES[0]);
            taken.push(place.0);
            places.push((place.1, place.2));
        }
        places
    }
}

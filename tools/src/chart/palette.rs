//! Colours: of series, that people who see few of them can tell apart, and of values.

use plotters::style::RGBColor;

/// Of series: Okabe and Ito's (Color Universal Design, 2008) without black and with yellow late, between them
/// darker ones of Tol's (Colour Schemes, 2021).
pub const COLORS: [RGBColor; 12] = [
    RGBColor(0, 114, 178),
    RGBColor(230, 159, 0),
    RGBColor(0, 158, 115),
    RGBColor(213, 94, 0),
    RGBColor(204, 121, 167),
    RGBColor(86, 180, 233),
    RGBColor(51, 34, 136),
    RGBColor(153, 153, 51),
    RGBColor(136, 34, 85),
    RGBColor(68, 170, 153),
    RGBColor(240, 228, 66),
    RGBColor(120, 94, 60),
];
pub const GREY: RGBColor = RGBColor(127, 127, 127);
/// Of trends and their bands.
pub const TREND: RGBColor = COLORS[3];

/// Values from small to large (ColorBrewer's Blues), and those below zero (its Oranges).
const RISING: [RGBColor; 4] =
    [RGBColor(239, 243, 255), RGBColor(189, 215, 231), RGBColor(107, 174, 214), RGBColor(8, 69, 148)];
const BELOW: [RGBColor; 4] =
    [RGBColor(254, 237, 222), RGBColor(253, 190, 133), RGBColor(253, 141, 60), RGBColor(140, 45, 4)];

pub fn color(i: usize) -> RGBColor {
    COLORS[i % COLORS.len()]
}

/// A colour as what is estimated is filled with.
pub fn light(color: RGBColor) -> RGBColor {
    mix(RGBColor(255, 255, 255), color, 0.25)
}

fn mix(a: RGBColor, b: RGBColor, share: f64) -> RGBColor {
    let one = |a: u8, b: u8| (f64::from(a) * (1.0 - share) + f64::from(b) * share) as u8;
    RGBColor(one(a.0, b.0), one(a.1, b.1), one(a.2, b.2))
}

/// The colour of a value between the least and the greatest; around zero where these have two signs.
pub fn heat(value: f64, min: f64, max: f64) -> RGBColor {
    let (share, scale) = match min < 0.0 && max > 0.0 {
        true if value < 0.0 => (value / min.min(-max), BELOW),
        true => (value / max.max(-min), RISING),
        false if max > min => ((value - min) / (max - min), RISING),
        false => (0.5, RISING),
    };
    let at = share.clamp(0.0, 1.0) * (scale.len() - 1) as f64;
    let i = (at as usize).min(scale.len() - 2);
    mix(scale[i], scale[i + 1], at - i as f64)
}

/// The colour of text that can be read on another one.
pub fn on(color: RGBColor) -> &'static str {
    let light = 0.299 * f64::from(color.0) + 0.587 * f64::from(color.1) + 0.114 * f64::from(color.2);
    if light > 140.0 { "#222222" } else { "white" }
}

/// As an SVG and Vega have it.
pub fn hex(color: RGBColor) -> String {
    format!("#{:02x}{:02x}{:02x}", color.0, color.1, color.2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_have_their_shades() {
        assert_eq!((heat(1.0, 1.0, 4.0), heat(4.0, 1.0, 4.0)), (RISING[0], RISING[3]));
        assert_eq!((heat(0.0, -8.0, 4.0), heat(-8.0, -8.0, 4.0)), (RISING[0], BELOW[3]));
        assert_eq!(heat(7.0, 7.0, 7.0), mix(RISING[1], RISING[2], 0.5));
        assert_eq!((on(RISING[0]), on(RISING[3])), ("#222222", "white"));
        assert_eq!((hex(COLORS[0]), light(RGBColor(0, 0, 0))), ("#0072b2".to_owned(), RGBColor(191, 191, 191)));
    }
}

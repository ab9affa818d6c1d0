//! Colours: of series, that people who see few of them can tell apart, and of values.

use plotters::style::RGBColor;
use polymath_chat::Chart;
use std::str::FromStr;
use svgtypes::Color;

/// How many series can be told apart.
pub const SERIES: usize = 12;

/// Of series: Okabe and Ito's (Color Universal Design, 2008) without black and with yellow late, between them
/// darker ones of Tol's (Colour Schemes, 2021).
const COLORS: [RGBColor; SERIES] = [
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

/// The same on a dark background: lighter, and none of them near it.
const BRIGHT: [RGBColor; SERIES] = [
    RGBColor(86, 172, 238),
    RGBColor(240, 178, 50),
    RGBColor(46, 196, 148),
    RGBColor(242, 120, 62),
    RGBColor(222, 148, 192),
    RGBColor(150, 214, 250),
    RGBColor(160, 140, 240),
    RGBColor(194, 194, 84),
    RGBColor(220, 96, 148),
    RGBColor(112, 206, 192),
    RGBColor(244, 232, 104),
    RGBColor(190, 158, 118),
];

/// What a chart looks like: the colours of what is behind, of what is written and of what is drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Theme {
    pub background: RGBColor,
    /// Of text, of axes and whiskers, and of what marks a place: reference lines and today.
    pub text: RGBColor,
    pub axis: RGBColor,
    pub muted: RGBColor,
    /// Of grid lines with and without a number.
    pub grid: [RGBColor; 2],
    pub grey: RGBColor,
    series: &'static [RGBColor; SERIES],
    /// Of the first series, where a chart names it.
    first: Option<RGBColor>,
    /// Values from small to large, and those below zero.
    rising: [RGBColor; 4],
    below: [RGBColor; 4],
}

const LIGHT: Theme = Theme {
    background: RGBColor(255, 255, 255),
    text: RGBColor(34, 34, 34),
    axis: RGBColor(60, 60, 60),
    muted: RGBColor(80, 80, 80),
    grid: [RGBColor(215, 215, 215), RGBColor(238, 238, 238)],
    grey: RGBColor(127, 127, 127),
    series: &COLORS,
    first: None,
    // ColorBrewer's Blues and Oranges.
    rising: [RGBColor(239, 243, 255), RGBColor(189, 215, 231), RGBColor(107, 174, 214), RGBColor(8, 69, 148)],
    below: [RGBColor(254, 237, 222), RGBColor(253, 190, 133), RGBColor(253, 141, 60), RGBColor(140, 45, 4)],
};

const DARK: Theme = Theme {
    background: RGBColor(24, 27, 32),
    text: RGBColor(232, 234, 237),
    axis: RGBColor(160, 166, 174),
    muted: RGBColor(178, 184, 192),
    grid: [RGBColor(62, 67, 75), RGBColor(42, 46, 52)],
    grey: RGBColor(150, 155, 162),
    series: &BRIGHT,
    first: None,
    rising: [RGBColor(30, 42, 62), RGBColor(33, 84, 140), RGBColor(66, 146, 214), RGBColor(206, 228, 248)],
    below: [RGBColor(58, 36, 24), RGBColor(140, 66, 18), RGBColor(232, 122, 46), RGBColor(254, 217, 176)],
};

/// The looks that there are; the first is taken where none is named.
pub const THEMES: [(&str, Theme); 2] = [("light", LIGHT), ("dark", DARK)];

impl Theme {
    pub fn of(chart: &Chart) -> Theme {
        let named = |(name, _): &&(&str, Theme)| chart.theme.as_deref() == Some(*name);
        let first = chart.color.as_deref().and_then(self::named);
        Theme { first, ..THEMES.iter().find(named).unwrap_or(&THEMES[0]).1 }
    }

    /// The colour of a series.
    pub fn color(&self, i: usize) -> RGBColor {
        match self.first {
            Some(first) if i == 0 => first,
            _ => self.series[i % self.series.len()],
        }
    }

    /// All colours of series, as SVG has them.
    pub fn hexes(&self) -> [String; SERIES] {
        std::array::from_fn(|i| hex(self.color(i)))
    }

    /// The colour of trends and their bands.
    pub fn trend(&self) -> RGBColor {
        self.series[3]
    }

    /// A colour as what is estimated is filled with.
    pub fn pale(&self, color: RGBColor) -> RGBColor {
        mix(self.background, color, 0.25)
    }

    /// The colour of a value between the least and the greatest; around zero where these have two signs.
    pub fn heat(&self, value: f64, min: f64, max: f64) -> RGBColor {
        let (share, scale) = match min < 0.0 && max > 0.0 {
            true if value < 0.0 => (value / min.min(-max), self.below),
            true => (value / max.max(-min), self.rising),
            false if max > min => ((value - min) / (max - min), self.rising),
            false => (0.5, self.rising),
        };
        let at = share.clamp(0.0, 1.0) * (scale.len() - 1) as f64;
        let i = (at as usize).min(scale.len() - 2);
        mix(scale[i], scale[i + 1], at - i as f64)
    }
}

/// A colour by its CSS name or notation; none that lets through what is behind it.
pub fn named(text: &str) -> Option<RGBColor> {
    let color = Color::from_str(text).ok().filter(|color| color.alpha == u8::MAX)?;
    Some(RGBColor(color.red, color.green, color.blue))
}

fn mix(a: RGBColor, b: RGBColor, share: f64) -> RGBColor {
    let one = |a: u8, b: u8| (f64::from(a) * (1.0 - share) + f64::from(b) * share) as u8;
    RGBColor(one(a.0, b.0), one(a.1, b.1), one(a.2, b.2))
}

/// The colour of text that can be read on another one.
pub fn on(color: RGBColor) -> &'static str {
    if luma(color) > 140.0 { "#222222" } else { "white" }
}

/// How light a colour is, 0 to 255 (ITU-R BT.601).
fn luma(color: RGBColor) -> f64 {
    0.299 * f64::from(color.0) + 0.587 * f64::from(color.1) + 0.114 * f64::from(color.2)
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
        let (rising, below) = (LIGHT.rising, LIGHT.below);
        assert_eq!((LIGHT.heat(1.0, 1.0, 4.0), LIGHT.heat(4.0, 1.0, 4.0)), (rising[0], rising[3]));
        assert_eq!((LIGHT.heat(0.0, -8.0, 4.0), LIGHT.heat(-8.0, -8.0, 4.0)), (rising[0], below[3]));
        assert_eq!(LIGHT.heat(7.0, 7.0, 7.0), mix(rising[1], rising[2], 0.5));
        assert_eq!((on(rising[0]), on(rising[3])), ("#222222", "white"));
        assert_eq!((hex(COLORS[0]), LIGHT.pale(RGBColor(0, 0, 0))), ("#0072b2".to_owned(), RGBColor(191, 191, 191)));
    }

    #[test]
    fn a_chart_may_name_the_first_color() {
        let theme = |color: &str| Theme::of(&Chart { color: Some(color.into()), ..Chart::default() });
        assert_eq!((theme("darkgreen").color(0), theme("darkgreen").color(1)), (RGBColor(0, 100, 0), COLORS[1]));
        assert_eq!(theme("#1b7837").hexes()[..2], ["#1b7837".to_owned(), hex(COLORS[1])]);
        assert_eq!((named("blurple"), named("rgba(0,0,0,0.5)")), (None, None));
    }

    /// Contrast after WCAG 2.2: (L1 + 0.05) / (L2 + 0.05) of relative luminances; 3 is what it asks of graphics.
    fn contrast(a: RGBColor, b: RGBColor) -> f64 {
        let part = |c: u8| {
            let c = f64::from(c) / 255.0;
            if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
        };
        let light = |c: RGBColor| 0.2126 * part(c.0) + 0.7152 * part(c.1) + 0.0722 * part(c.2) + 0.05;
        (light(a) / light(b)).max(light(b) / light(a))
    }

    #[test]
    fn what_is_drawn_stands_out() {
        for (name, theme) in THEMES {
            assert!(contrast(theme.text, theme.background) > 12.0, "text of {name}");
            assert!(contrast(theme.axis, theme.background) > 6.0, "axes of {name}");
        }
        for (i, color) in DARK.series.iter().enumerate() {
            assert!(contrast(*color, DARK.background) > 4.5, "series {i}: {}", contrast(*color, DARK.background));
        }
        // The light ones as the source has them: yellow and sky blue are paler than WCAG asks for.
        assert!(LIGHT.series[..1].iter().all(|color| contrast(*color, LIGHT.background) > 4.5));
    }
}

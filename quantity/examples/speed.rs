//! How fast running text is read: `cargo run --release -p polymath-quantity --example speed [FILE]`.

#![allow(clippy::unwrap_used)]

use std::time::Instant;

fn main() {
    let line = "In July 2017 the tower, 118 m (387 ft) tall, cost $4.5 million, or 3,5 Mrd. Yen; about 17.5% of it was paid by 2,340 \
                people from 12 towns, and 2021年4月 3.25亿美元 more came. The rest of the line has no figures at all in it, as most prose.\n";
    let text = std::env::args()
        .nth(1)
        .map_or_else(|| line.repeat(840_000 / line.len()), |f| std::fs::read_to_string(f).unwrap());
    polymath_quantity::figures("1 m");
    for _ in 0..3 {
        let begun = Instant::now();
        let found = polymath_quantity::figures(&text).len();
        println!("{} KB, {found} figures: {:.1} ms", text.len() / 1000, begun.elapsed().as_secs_f64() * 1e3);
    }
}

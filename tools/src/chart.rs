//! `chart`: a picture of a table of the conversation.
//!
//! Whoever calls says which columns; what is drawn is the table as it is, and what of it could not be drawn is
//! told. Plotters draws the marks into an SVG, resvg makes a PNG of it. Nothing is counted, summed or smoothed
//! here but a histogram's bins, a box's quartiles and a trend's curve: other numbers are made by `sql` or `python`
//! first. Beside the picture stand the same chart as a Vega-Lite specification and as a matplotlib script.

mod across;
mod axis;
mod columns;
mod data;
mod dates;
mod decimate;
mod draw;
mod fit;
#[cfg(test)]
mod gallery;
mod layout;
mod marks;
mod names;
mod palette;
mod pie;
mod plot;
mod request;
mod script;
mod shapes;
mod sides;
#[cfg(test)]
mod testing;
mod text;
mod ticks;
mod trend;
mod vega;
mod words;

use crate::files::{clean, write_new};
use crate::{CallCx, Tool, ToolError, raster};
use async_trait::async_trait;
use data::Data;
use plot::{Drawing, Plot};
use polymath_chat::{Artifact, Chart, Table, ToolOutput, ToolSpec};
use serde_json::{Value, json};
use std::path::Path;
use trend::Trend;

pub use columns::column;
pub use request::KINDS;

/// The `chart` tool.
pub struct Charts {
    spec: ToolSpec,
}

impl Default for Charts {
    fn default() -> Self {
        let column = |what: &str| json!({"type": "string", "description": what});
        let spec = ToolSpec {
            name: "chart".to_owned(),
            description:
                "Draws a chart of one of the conversation's tables (t1, t2, …) and saves it as a picture. Rows are \
                          drawn as they are: group or choose them with sql first."
                    .to_owned(),
            parameters: json!({
                "type": "object",
                "properties": {
                    "data": {"type": "string", "description": "the table's name, such as t1"},
                    "kind": {"type": "string", "enum": KINDS},
                    "x": column("the column across: names, dates or numbers; a histogram has none"),
                    "y": column("the column of numbers"),
                    "series": column("a column whose values become lines or groups of bars"),
                    "log": {"type": "boolean", "description": "a logarithmic axis for y"},
                    "symlog": {"type": "boolean", "description": "the same for zero and negative values"},
                    "grid": {"type": "boolean"},
                    "stack": {"type": "boolean", "description": "series on top of each other"},
                    "error": column("a column of how far y may be off"),
                    "lines": {"type": "array", "items": {"type": "number"}, "description": "values of y marked by a line"},
                    "sort": {"type": "boolean", "description": "bars and slices by size"},
                    "trend": {"type": "boolean", "description": "the straight line of least squares; with log, of the logarithm"},
                    "fit": {"type": "string", "enum": fit::METHODS, "description": "another curve for the trend"},
                    "order": {"type": "integer", "description": "a polynomial's degree, or points of an average"},
                    "band": {"type": "boolean", "description": "the trend's 95% confidence"},
                    "until": {"type": ["string", "number"], "description": "where the trend is drawn to: YYYY-MM-DD, or a number"},
                    "today": {"type": ["string", "boolean"], "description": "true, or YYYY-MM-DD: a vertical line at today"},
                    "title": {"type": "string"},
                    "width": {"type": "integer", "description": "of the picture, in pixels"}
                },
                "required": ["data", "kind", "y"],
                "additionalProperties": false
            }),
            raw_argument: None,
            stateful: false,
        };
        Charts { spec }
    }
}

#[async_trait]
impl Tool for Charts {
    fn spec(&self) -> &ToolSpec {
        &self.spec
    }

    async fn call(&self, args: Value, cx: &CallCx) -> Result<ToolOutput, ToolError> {
        let (tables, today) = (cx.tables.clone(), cx.today);
        let work = tokio::task::spawn_blocking(move || -> Result<_, String> {
            let (chart, table) = request::settle(request::read(&args, today), &tables)?;
            let made = Made::of(chart, table)?;
            let Drawing { svg, width, height } = &made.drawing;
            let png = raster::render(svg, *width, *height)?;
            Ok((made, png))
        });
        let (made, png) = tokio::select! {
            made = work => made.map_err(|e| ToolError::Abort(e.into()))?.map_err(|why| ToolError::tell("arguments", why))?,
            () = cx.cancel.cancelled() => return Err(ToolError::tell("cancelled", "the drawing was cancelled")),
        };
        let name = Some(clean(&made.title)).filter(|name| !name.is_empty()).unwrap_or_else(|| "chart".to_owned());
        let unwritable = |e: std::io::Error| {
            ToolError::tell("unavailable", format!("the chart can't be saved in {}: {e}", cx.out.display()))
        };
        let artifacts = made.save(&cx.out, &name, &png).map_err(unwritable)?;
        let words = words::words(&made.chart, &made.data, &made.trends, made.today);
        let content = format!("figure saved: {}\n{words}", artifacts[0].name);
        let tables = trend::values(&made.trends, &made.chart, &made.data).into_iter().collect();
        Ok(ToolOutput { artifacts, tables, charts: vec![made.chart], ..ToolOutput::text(content) })
    }
}

/// A chart with all that is known of it.
struct Made {
    chart: Chart,
    data: Data,
    trends: Vec<Trend>,
    today: Option<f64>,
    title: String,
    /// None of a pie.
    plot: Option<Plot>,
    drawing: Drawing,
}

impl Made {
    /// Draws a settled chart of its table.
    fn of(chart: Chart, table: &Table) -> Result<Made, String> {
        let data = Data::of(&chart, table)?;
        let trends = trend::trends(&chart, &data)?;
        let today = trend::today(&chart, &data);
        let title = chart.title.clone().unwrap_or_else(|| match chart.kind.as_str() {
            "hist" => format!("{}: {}", table.title, chart.y),
            _ => format!("{}: {} by {}", table.title, chart.y, chart.x),
        });
        let (plot, drawing) = match chart.kind.as_str() {
            "pie" => (None, pie::draw(&chart, &data, &title)?),
            _ => {
                let plot = marks::plot(&chart, &data, &trends, today, title.clone());
                let drawing = draw::draw(&plot)?;
                (Some(plot), drawing)
            }
        };
        Ok(Made { chart, data, trends, today, title, plot, drawing })
    }

    /// Writes the picture, its specification and its script under one name; the picture is the first.
    fn save(&self, out: &Path, name: &str, png: &[u8]) -> std::io::Result<Vec<Artifact>> {
        let picture = write_new(out, name, "png", png)?;
        let stem = picture.name.strip_suffix(".png").unwrap_or(&picture.name);
        let Made { chart, data, trends, today, title, plot, .. } = self;
        let parts = vega::Parts { chart, data, trends, today: *today, title, plot: plot.as_ref() };
        let spec = format!("{:#}\n", vega::spec(&parts));
        let spec = write_new(out, stem, "vl.json", spec.as_bytes())?;
        let script = write_new(out, stem, "py", script::script(&parts).as_bytes())?;
        Ok(vec![picture, spec, script])
    }
}

#[cfg(test)]
mod tests;

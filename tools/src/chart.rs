//! `chart`: a picture of a table of the conversation.
//!
//! Whoever calls says which columns; what is drawn is the table as it is, and what of it could not be drawn is
//! told. Plotters draws the marks into an SVG, resvg makes a PNG of it with the system's fonts. Nothing is
//! counted, summed or smoothed here but a histogram's bins and a trend's straight line: other numbers are
//! made by `sql` or `python` first.

mod axis;
mod columns;
mod data;
mod fit;
mod marks;
mod names;
mod pie;
mod plot;
mod request;
#[cfg(test)]
mod testing;
mod text;
mod ticks;
mod trend;

use crate::files::{clean, write_new};
use crate::{CallCx, Tool, ToolError, raster};
use async_trait::async_trait;
use data::{Across, Data, told};
use plot::Drawing;
use polymath_chat::{Chart, Table, ToolOutput, ToolSpec};
use serde_json::{Value, json};
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
                    "grid": {"type": "boolean"},
                    "sort": {"type": "boolean", "description": "bars and slices by size"},
                    "trend": {"type": "boolean", "description": "the straight line of least squares; with log, of the logarithm"},
                    "until": {"type": ["string", "number"], "description": "where the trend is drawn to: YYYY-MM-DD, or a number"},
                    "today": {"type": ["string", "boolean"], "description": "true, or YYYY-MM-DD: a vertical line at today"},
                    "title": {"type": "string"}
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
        let artifact = write_new(&cx.out, &name, "png", &png).map_err(unwritable)?;
        let content = format!("figure saved: {}\n{}", artifact.name, made.told());
        let tables = trend::values(&made.trends, &made.chart, &made.data).into_iter().collect();
        Ok(ToolOutput { artifacts: vec![artifact], tables, charts: vec![made.chart], ..ToolOutput::text(content) })
    }
}

/// A chart with all that is known of it.
struct Made {
    chart: Chart,
    data: Data,
    trends: Vec<Trend>,
    today: Option<f64>,
    title: String,
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
        let drawing = match chart.kind.as_str() {
            "pie" => pie::draw(&chart, &data, &title)?,
            _ => plot::draw(&marks::plot(&chart, &data, &trends, today, title.clone()))?,
        };
        Ok(Made { chart, data, trends, today, title, drawing })
    }

    /// What was drawn, as the model reads it.
    fn told(&self) -> String {
        let chart = &self.chart;
        let across = match &self.data.across {
            _ if chart.kind == "hist" => String::new(),
            Across::Dates { .. } => format!(" over {} (dates)", chart.x),
            Across::Numbers => format!(" over {} (numbers)", chart.x),
            Across::Names(_) => format!(" by {}", chart.x),
        };
        let mut lines = vec![format!(
            "{} chart of {}: {}{across}, {} rows drawn",
            chart.kind,
            chart.table,
            self.data.labels.1,
            self.data.points().count()
        )];
        if let Some(series) = &chart.series {
            lines[0].push_str(&format!(", {} series by {series}", self.data.series.len()));
        }
        for (on, what) in [(chart.log, "logarithmic axis"), (chart.grid, "grid"), (chart.sort, "sorted")] {
            lines[0].push_str(&if on { format!(", {what}") } else { String::new() });
        }
        if !self.data.dropped.is_empty() {
            lines.push(format!("rows left out: {}", told(&self.data.dropped)));
        }
        let estimated = self.data.points().filter(|point| point.estimated).count();
        if estimated > 0 {
            lines.push(format!("estimated values, marked so: {estimated}"));
        }
        if let Some(day) = self.today {
            lines.push(format!("today is marked: {}", data::day_name(day)));
        } else if chart.today.is_some() {
            lines.push("today is not marked: there are no dates across, or bars".to_owned());
        }
        lines.extend(self.trends.iter().map(|trend| format!("trend: {}", trend.told(chart, &self.data))));
        if let Some(values) = trend::values(&self.trends, chart, &self.data) {
            lines.push(format!("values of the trend (extrapolated):\n{}", values.markdown().trim_end()));
        }
        lines.join("\n")
    }
}

#[cfg(test)]
mod tests;
